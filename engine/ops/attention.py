"""Attention in three steps: scores (b, h, q, k), weights (b, h, q, k), and values mixed by them (b, q, d).

Head a of h owns columns a·d/h … (a + 1)·d/h of queries, keys and values (Vaswani et al. 2017).
"""

from __future__ import annotations

from engine.blas import product
from engine.kernel import FIRST, IN, IN2, LAST, N0, N1, N2, N3, OUT, PARAM, kernel, place, span
from engine.mathematics import exp, tanh


@kernel
def dot_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """s (b, h, m, n) = scale (hyper 0) · q (b, m, d) k (b, n, d)ᵀ, head by head."""
    m, n, d, heads = row[N0], row[N1], row[N2], row[N3]
    q, k, s = place(row[IN], m * d, ctx), place(row[IN2], n * d, ctx), place(row[OUT], heads * m * n, ctx)
    each, zero = d // heads, act.dtype.type(0)
    for i in range(ctx[LAST] - ctx[FIRST]):
        for a in range(heads):
            qi, ki, si = q + i * m * d + a * each, k + i * n * d + a * each, s + (i * heads + a) * m * n
            product(m, n, each, hyper[0], act, qi, d, False, act, ki, d, True, zero, act, si, n)


@kernel
def dot_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂q = scale · ∂s k, ∂k = scale · ∂sᵀ q."""
    m, n, d, heads = row[N0], row[N1], row[N2], row[N3]
    q, k, s = place(row[IN], m * d, ctx), place(row[IN2], n * d, ctx), place(row[OUT], heads * m * n, ctx)
    each, zero = d // heads, act.dtype.type(0)
    for i in range(ctx[LAST] - ctx[FIRST]):
        for a in range(heads):
            qi, ki, si = q + i * m * d + a * each, k + i * n * d + a * each, s + (i * heads + a) * m * n
            product(m, each, n, hyper[0], gact, si, n, False, act, ki, d, False, zero, gact, qi, d)
            product(n, each, m, hyper[0], gact, si, n, True, act, qi, d, False, zero, gact, ki, d)


@kernel
def additive_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """s_ij (b, h, m, n) = scale (hyper 0) · Σ v tanh(q_i + k_j), v (d) in θ (Bahdanau et al. 2015)."""
    m, n, d, heads = row[N0], row[N1], row[N2], row[N3]
    q, k, s = (
        span(act, row[IN], m * d, ctx),
        span(act, row[IN2], n * d, ctx),
        place(row[OUT], heads * m * n, ctx),
    )
    each, at = d // heads, row[PARAM]
    for i in range(ctx[LAST] - ctx[FIRST]):
        for a in range(heads):
            v = theta[at + a * each : at + (a + 1) * each]
            for r in range(m):
                qr = q[(i * m + r) * d + a * each : (i * m + r) * d + (a + 1) * each]
                for j in range(n):
                    kj = k[(i * n + j) * d + a * each : (i * n + j) * d + (a + 1) * each]
                    total = act.dtype.type(0)
                    for c in range(each):
                        total += v[c] * tanh(qr[c] + kj[c])
                    act[s + ((i * heads + a) * m + r) * n + j] = hyper[0] * total


@kernel
def additive_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂v = Σ ∂s tanh(q_i + k_j); ∂q_i and ∂k_j are the sums of ∂s v (1 - tanh²) over j and over i."""
    m, n, d, heads = row[N0], row[N1], row[N2], row[N3]
    q, k, s = (
        span(act, row[IN], m * d, ctx),
        span(act, row[IN2], n * d, ctx),
        place(row[OUT], heads * m * n, ctx),
    )
    gq, gk = span(gact, row[IN], m * d, ctx), span(gact, row[IN2], n * d, ctx)
    each, at = d // heads, row[PARAM]
    zero, one = act.dtype.type(0), act.dtype.type(1)
    for c in range(d):
        grad[at + c] = zero
    for c in range(gq.size):
        gq[c] = zero
    for c in range(gk.size):
        gk[c] = zero
    for i in range(ctx[LAST] - ctx[FIRST]):
        for a in range(heads):
            v, gv = theta[at + a * each : at + (a + 1) * each], grad[at + a * each : at + (a + 1) * each]
            for r in range(m):
                qi = (i * m + r) * d + a * each
                for j in range(n):
                    ki = (i * n + j) * d + a * each
                    gs = hyper[0] * gact[s + ((i * heads + a) * m + r) * n + j]
                    for c in range(each):
                        bent = tanh(q[qi + c] + k[ki + c])
                        slope = gs * v[c] * (one - bent * bent)
                        gv[c] += gs * bent
                        gq[qi + c] += slope
                        gk[ki + c] += slope


@kernel
def hide(row, hyper, p, tokens, fill):
    """Put `fill` into the weights p (b, r, n) of masked keys, and of keys whose token is the padding one."""
    n, zero = row[N0], p.dtype.type(0)
    for r in range(p.size // n if row[N2] else 0):
        mask = 2 + r % row[N2] * n
        for j in range(n):
            p[r * n + j] = p[r * n + j] if hyper[mask + j] != zero else fill
    for r in range(p.size // n if row[N3] else 0):
        first = r // row[N1] * n
        for j in range(n):
            p[r * n + j] = p[r * n + j] if tokens[first + j] != hyper[1] else fill


@kernel
def softmax_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """p = softmax(x / temperature) over the last axis, x and p (b, r, n), 0 for keys that are hidden.

    hyper: 1 / temperature, the padding token, and the mask (q, n) of row r mod q where q (size 2) is not 0.
    A row without a visible key is 0.
    """
    n, rows = row[N0], row[N1]
    x, y = span(act, row[IN], n * rows, ctx), span(act, row[OUT], n * rows, ctx)
    tokens = span(act, row[IN2], n, ctx)
    zero, one, least = act.dtype.type(0), act.dtype.type(1), act.dtype.type(-1e30)
    for i in range(y.size):
        y[i] = x[i] * hyper[0]
    hide(row, hyper, y, tokens, least)
    for r in range(y.size // n):
        p = y[r * n : r * n + n]
        top = p[0]
        for j in range(1, n):
            top = p[j] if p[j] > top else top
        for j in range(n):
            p[j] -= top
    for i in range(y.size):
        y[i] = exp(y[i])
    hide(row, hyper, y, tokens, zero)
    for r in range(y.size // n):
        p = y[r * n : r * n + n]
        total = zero
        for j in range(n):
            total += p[j]
        inverse = zero if total == zero else one / total
        for j in range(n):
            p[j] *= inverse


@kernel
def softmax_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = p (∂p - Σ p ∂p) / temperature."""
    n, rows = row[N0], row[N1]
    y, gx, gy = (
        span(act, row[OUT], n * rows, ctx),
        span(gact, row[IN], n * rows, ctx),
        span(gact, row[OUT], n * rows, ctx),
    )
    for r in range((ctx[LAST] - ctx[FIRST]) * rows):
        p, gp, g = y[r * n : r * n + n], gy[r * n : r * n + n], gx[r * n : r * n + n]
        mean = act.dtype.type(0)
        for j in range(n):
            mean += p[j] * gp[j]
        for j in range(n):
            g[j] = hyper[0] * p[j] * (gp[j] - mean)


@kernel
def rectified_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """p = max(x / temperature, 0), x and p (b, r, n), 0 for keys that are hidden as in softmax."""
    n, rows = row[N0], row[N1]
    x, y = span(act, row[IN], n * rows, ctx), span(act, row[OUT], n * rows, ctx)
    tokens, zero = span(act, row[IN2], n, ctx), act.dtype.type(0)
    for i in range(y.size):
        y[i] = zero if x[i] < zero else x[i] * hyper[0]
    hide(row, hyper, y, tokens, zero)


@kernel
def rectified_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = ∂p / temperature where p > 0."""
    width = row[N0] * row[N1]
    y, gx, gy = (
        span(act, row[OUT], width, ctx),
        span(gact, row[IN], width, ctx),
        span(gact, row[OUT], width, ctx),
    )
    zero = act.dtype.type(0)
    for i in range(y.size):
        gx[i] = hyper[0] * gy[i] if y[i] > zero else zero


@kernel
def mix_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y (b, m, d) = w (b, h, m, n) v (b, n, d), head by head."""
    m, n, d, heads = row[N0], row[N1], row[N2], row[N3]
    w, v, y = place(row[IN], heads * m * n, ctx), place(row[IN2], n * d, ctx), place(row[OUT], m * d, ctx)
    each, zero, one = d // heads, act.dtype.type(0), act.dtype.type(1)
    for i in range(ctx[LAST] - ctx[FIRST]):
        for a in range(heads):
            wi, vi, yi = w + (i * heads + a) * m * n, v + i * n * d + a * each, y + i * m * d + a * each
            product(m, each, n, one, act, wi, n, False, act, vi, d, False, zero, act, yi, d)


@kernel
def mix_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂w = ∂y vᵀ, ∂v = wᵀ ∂y."""
    m, n, d, heads = row[N0], row[N1], row[N2], row[N3]
    w, v, y = place(row[IN], heads * m * n, ctx), place(row[IN2], n * d, ctx), place(row[OUT], m * d, ctx)
    each, zero, one = d // heads, act.dtype.type(0), act.dtype.type(1)
    for i in range(ctx[LAST] - ctx[FIRST]):
        for a in range(heads):
            wi, vi, yi = w + (i * heads + a) * m * n, v + i * n * d + a * each, y + i * m * d + a * each
            product(m, n, each, one, gact, yi, d, False, act, vi, d, True, zero, gact, wi, n)
            product(n, each, m, one, act, wi, n, True, gact, yi, d, False, zero, gact, vi, d)


OPERATIONS = {
    "scores-dot": (dot_forward, dot_backward),
    "scores-additive": (additive_forward, additive_backward),
    "softmax": (softmax_forward, softmax_backward),
    "rectified": (rectified_forward, rectified_backward),
    "mix": (mix_forward, mix_backward),
}
