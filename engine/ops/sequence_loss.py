"""Cross-entropy over positions, and the mixture of a vocabulary's and a copy distribution before it."""

from __future__ import annotations

import numpy as np

from engine.kernel import FIRST, IN, IN2, LAST, N0, N1, N2, N3, OUT, kernel, span
from engine.mathematics import exp
from engine.sums import add_up, center, clear, greatest


@kernel
def share(row, act, ints, ctx):
    """1 / (positions of these rows whose label is not -1) for a mean, 1 for a sum."""
    one, real = act.dtype.type(1), 0
    for i in range(ctx[FIRST] * row[N2], ctx[LAST] * row[N2]):
        real += ints[i] >= 0
    return one / act.dtype.type(max(real, 1)) if row[N1] else one


@kernel
def cross_entropy_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """L = mean or sum over positions of -(1 - ε) ln p[label] - ε/n Σ ln p, p (b, l, n) = softmax(z); ε is hyper 0.

    Positions with label -1 do not count. A mean needs the whole batch, since it divides by what counts.
    """
    n, length = row[N0], row[N2]
    z, p = span(act, row[IN], n * length, ctx), span(act, row[OUT], n * length, ctx)
    zero, one = act.dtype.type(0), act.dtype.type(1)
    total, each, first = zero, hyper[0] / act.dtype.type(n), ctx[FIRST] * length
    for i in range(p.size // n):
        label, line = ints[first + i], p[i * n : i * n + n]
        center(z[i * n : i * n + n], greatest(z[i * n : i * n + n]), line)
        if label >= 0:
            total -= (one - hyper[0]) * line[label]
            total -= each * add_up(line) if each > zero else zero
    for i in range(p.size):
        p[i] = exp(p[i])
    for i in range(p.size // n):
        line = p[i * n : i * n + n]
        mass = add_up(line)
        inverse = one / mass
        for j in range(n):
            line[j] *= inverse
        if ints[first + i] >= 0:
            total += np.log(mass)
    grad[-1] = total * share(row, act, ints, ctx)


@kernel
def cross_entropy_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂z = p - (1 - ε) 1[label] - ε/n, 0 where the label is -1."""
    n, length = row[N0], row[N2]
    p, gz = span(act, row[OUT], n * length, ctx), span(gact, row[IN], n * length, ctx)
    by, one = share(row, act, ints, ctx), act.dtype.type(1)
    each = hyper[0] / act.dtype.type(n)
    for i in range(p.size):
        gz[i] = by * (p[i] - each)
    for i in range((ctx[LAST] - ctx[FIRST]) * length):
        label = ints[ctx[FIRST] * length + i]
        if label >= 0:
            gz[i * n + label] -= by * (one - hyper[0])
        else:
            clear(gz[i * n : i * n + n])


@kernel
def copy_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """c (b, m, v): the mean over heads of the weights w (b, h, m, n) that fall on each token (b, n)."""
    m, n, v, heads = row[N0], row[N1], row[N2], row[N3]
    w, tokens = span(act, row[IN], heads * m * n, ctx), span(act, row[IN2], n, ctx)
    c, each = span(act, row[OUT], m * v, ctx), act.dtype.type(1) / act.dtype.type(heads)
    zero = act.dtype.type(0)
    for i in range(c.size):
        c[i] = zero
    for i in range(ctx[LAST] - ctx[FIRST]):
        for a in range(heads):
            for r in range(m):
                for j in range(n):
                    c[(i * m + r) * v + np.int64(tokens[i * n + j])] += (
                        each * w[((i * heads + a) * m + r) * n + j]
                    )


@kernel
def copy_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂w = ∂c of the token, over the heads."""
    m, n, v, heads = row[N0], row[N1], row[N2], row[N3]
    gw, tokens = span(gact, row[IN], heads * m * n, ctx), span(act, row[IN2], n, ctx)
    gc, each = span(gact, row[OUT], m * v, ctx), act.dtype.type(1) / act.dtype.type(heads)
    for i in range(ctx[LAST] - ctx[FIRST]):
        for a in range(heads):
            for r in range(m):
                for j in range(n):
                    gw[((i * heads + a) * m + r) * n + j] = (
                        each * gc[(i * m + r) * v + np.int64(tokens[i * n + j])]
                    )


@kernel
def gate(z, p, v):
    """σ(z[v]), and the softmax of z (v) into p (v)."""
    top, mass, one = z[0], z.dtype.type(0), z.dtype.type(1)
    for j in range(1, v):
        top = z[j] if z[j] > top else top
    for j in range(v):
        p[j] = exp(z[j] - top)
    for j in range(v):
        mass += p[j]
    inverse = one / mass
    for j in range(v):
        p[j] *= inverse
    return one / (one + exp(-z[v]))


@kernel
def pointer_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y (b, l, v) = ln(g p + (1 - g) c), p = softmax(z[: v]), g = σ(z[v]); z (b, l, v + 1), c (b, l, v).

    Logarithms, since a loss then takes them as logits (See et al. 2017).
    """
    length, v = row[N0], row[N1]
    z, c = span(act, row[IN], length * (v + 1), ctx), span(act, row[IN2], length * v, ctx)
    y, p = span(act, row[OUT], length * v, ctx), scratch[:v]
    one, least = act.dtype.type(1), act.dtype.type(1e-30)
    for i in range((ctx[LAST] - ctx[FIRST]) * length):
        g = gate(z[i * (v + 1) : (i + 1) * (v + 1)], p, v)
        for j in range(v):
            mixed = g * p[j] + (one - g) * c[i * v + j]
            y[i * v + j] = np.log(least if mixed < least else mixed)


@kernel
def pointer_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """With ∂m = ∂y / (g p + (1 - g) c): ∂c = (1 - g) ∂m, ∂p = g ∂m, ∂g = Σ (p - c) ∂m."""
    length, v = row[N0], row[N1]
    z, c = span(act, row[IN], length * (v + 1), ctx), span(act, row[IN2], length * v, ctx)
    gz, gc = span(gact, row[IN], length * (v + 1), ctx), span(gact, row[IN2], length * v, ctx)
    gy, p = span(gact, row[OUT], length * v, ctx), scratch[:v]
    zero, one, least = act.dtype.type(0), act.dtype.type(1), act.dtype.type(1e-30)
    for i in range((ctx[LAST] - ctx[FIRST]) * length):
        g = gate(z[i * (v + 1) : (i + 1) * (v + 1)], p, v)
        mean, change = zero, zero
        for j in range(v):
            mixed = g * p[j] + (one - g) * c[i * v + j]
            slope = zero if mixed < least else gy[i * v + j] / mixed
            mean += p[j] * slope
            change += (p[j] - c[i * v + j]) * slope
            gc[i * v + j] = (one - g) * slope
            gz[i * (v + 1) + j] = slope
        for j in range(i * (v + 1), i * (v + 1) + v):
            gz[j] = g * p[j - i * (v + 1)] * (gz[j] - mean)
        gz[i * (v + 1) + v] = change * g * (one - g)


OPERATIONS = {
    "sequence-cross-entropy": (cross_entropy_forward, cross_entropy_backward),
    "copy": (copy_forward, copy_backward),
    "copy-softmax": (pointer_forward, pointer_backward),
}
