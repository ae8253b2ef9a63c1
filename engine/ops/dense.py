"""Fully connected layers."""

from __future__ import annotations

from engine.blas import product
from engine.kernel import FIRST, IN, LAST, N0, N1, N2, N3, NEED, OUT, PARAM, TIE, kernel, place


@kernel
def dense_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y (b, n) = x (b, k) W (k, n) + bias (n), for every position of an example (size 3, if not 0)."""
    k, n, at, each = row[N0], row[N1], row[PARAM], max(1, row[N3])
    b, x, y = (ctx[LAST] - ctx[FIRST]) * each, place(row[IN], k * each, ctx), place(row[OUT], n * each, ctx)
    zero, one = act.dtype.type(0), act.dtype.type(1)
    product(b, n, k, one, act, x, k, False, theta, at, n, False, zero, act, y, n)
    if row[N2]:
        bias = theta[at + k * n : at + k * n + n]
        for i in range(b):
            line = act[y + i * n : y + i * n + n]
            for j in range(n):
                line[j] += bias[j]


@kernel
def dense_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂W (k, n) = xᵀ ∂y, ∂bias (n) = Σ ∂y, ∂x (b, k) = ∂y Wᵀ; added where another row has written before."""
    k, n, at, each = row[N0], row[N1], row[PARAM], max(1, row[N3])
    b, x, y = (ctx[LAST] - ctx[FIRST]) * each, place(row[IN], k * each, ctx), place(row[OUT], n * each, ctx)
    zero, one = act.dtype.type(0), act.dtype.type(1)
    kept = one if row[TIE] else zero
    product(k, n, b, one, act, x, k, True, gact, y, n, False, kept, grad, at, n)
    if row[N2]:
        gb = grad[at + k * n : at + k * n + n]
        for j in range(n):
            gb[j] = gb[j] if row[TIE] else zero
        for i in range(b):
            line = gact[y + i * n : y + i * n + n]
            for j in range(n):
                gb[j] += line[j]
    if row[NEED]:
        product(b, k, n, one, gact, y, n, False, theta, at, n, True, zero, gact, x, k)


OPERATIONS = {
    "dense": (dense_forward, dense_backward),
    "dense-each": (dense_forward, dense_backward),
}
