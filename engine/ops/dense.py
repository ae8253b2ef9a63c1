"""Fully connected layers."""

from __future__ import annotations

import numpy as np

from engine.kernel import FIRST, IN, LAST, N0, N1, N2, N3, NEED, OUT, PARAM, TIE, kernel, matrix, place


@kernel
def dense_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y (b, n) = x (b, k) W (k, n) + bias (n), for every position of an example (size 3, if not 0)."""
    k, n, at, each = row[N0], row[N1], row[PARAM], max(1, row[N3])
    b = (ctx[LAST] - ctx[FIRST]) * each
    x = matrix(act, place(row[IN], k * each, ctx), b, k)
    y = matrix(act, place(row[OUT], n * each, ctx), b, n)
    np.dot(x, matrix(theta, at, k, n), y)
    if row[N2]:
        bias = theta[at + k * n : at + k * n + n]
        for i in range(b):
            for j in range(n):
                y[i, j] += bias[j]


@kernel
def dense_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂W (k, n) = xᵀ ∂y, ∂bias (n) = Σ ∂y, ∂x (b, k) = ∂y Wᵀ; added where another row has written before."""
    k, n, at, each = row[N0], row[N1], row[PARAM], max(1, row[N3])
    b = (ctx[LAST] - ctx[FIRST]) * each
    x = matrix(act, place(row[IN], k * each, ctx), b, k)
    gy = matrix(gact, place(row[OUT], n * each, ctx), b, n)
    np.dot(x.T, gy, matrix(scratch, 0, k, n) if row[TIE] else matrix(grad, at, k, n))
    if row[TIE]:
        for i in range(k * n):
            grad[at + i] += scratch[i]
    if row[N2]:
        gb, zero = grad[at + k * n : at + k * n + n], grad.dtype.type(0)
        for j in range(n):
            gb[j] = gb[j] if row[TIE] else zero
        for i in range(b):
            for j in range(n):
                gb[j] += gy[i, j]
    if row[NEED]:
        np.dot(gy, matrix(theta, at, k, n).T, matrix(gact, place(row[IN], k * each, ctx), b, k))


OPERATIONS = {
    "dense": (dense_forward, dense_backward),
    "dense-each": (dense_forward, dense_backward),
}
