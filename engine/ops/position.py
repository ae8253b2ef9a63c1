"""Positional encodings, added to a sequence: one number for every entry of an example, the same in all."""

from __future__ import annotations

from engine.kernel import FIRST, IN, LAST, N0, OUT, PARAM, kernel, span


@kernel
def learned_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y (b, n) = x (b, n) + e (n), e in θ."""
    n, at = row[N0], row[PARAM]
    x, y = span(act, row[IN], n, ctx), span(act, row[OUT], n, ctx)
    for i in range(ctx[LAST] - ctx[FIRST]):
        for j in range(n):
            y[i * n + j] = x[i * n + j] + theta[at + j]


@kernel
def learned_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = ∂y, ∂e (n) = Σ ∂y."""
    n, at, zero = row[N0], row[PARAM], grad.dtype.type(0)
    gx, gy = span(gact, row[IN], n, ctx), span(gact, row[OUT], n, ctx)
    for j in range(n):
        grad[at + j] = zero
    for i in range(ctx[LAST] - ctx[FIRST]):
        for j in range(n):
            grad[at + j] += gy[i * n + j]
            gx[i * n + j] = gy[i * n + j]


@kernel
def fixed_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y (b, n) = x (b, n) + e (n), e in `hyper`."""
    n = row[N0]
    x, y = span(act, row[IN], n, ctx), span(act, row[OUT], n, ctx)
    for i in range(ctx[LAST] - ctx[FIRST]):
        for j in range(n):
            y[i * n + j] = x[i * n + j] + hyper[j]


@kernel
def fixed_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = ∂y."""
    gx, gy = span(gact, row[IN], row[N0], ctx), span(gact, row[OUT], row[N0], ctx)
    for i in range(gx.size):
        gx[i] = gy[i]


OPERATIONS = {
    "position-learned": (learned_forward, learned_backward),
    "position-fixed": (fixed_forward, fixed_backward),
}
