"""Fully connected layers."""

from __future__ import annotations

import numpy as np

from engine.kernel import FIRST, IN, LAST, N0, N1, N2, NEED, OUT, PARAM, TIE, kernel, span


@kernel
def dense_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y (b, n) = x (b, k) W (k, n) + bias (n)."""
    k, n, at, b = row[N0], row[N1], row[PARAM], ctx[LAST] - ctx[FIRST]
    x = span(act, row[IN], k, ctx).reshape((b, k))
    y = span(act, row[OUT], n, ctx).reshape((b, n))
    np.dot(x, theta[at : at + k * n].reshape((k, n)), y)
    if row[N2]:
        bias = theta[at + k * n : at + k * n + n]
        for i in range(b):
            for j in range(n):
                y[i, j] += bias[j]


@kernel
def dense_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂W (k, n) = xᵀ ∂y, ∂bias (n) = Σ ∂y, ∂x (b, k) = ∂y Wᵀ; added where another row has written before."""
    k, n, at, b = row[N0], row[N1], row[PARAM], ctx[LAST] - ctx[FIRST]
    x = span(act, row[IN], k, ctx).reshape((b, k))
    gy = span(gact, row[OUT], n, ctx).reshape((b, n))
    if row[TIE]:
        gw = scratch[: k * n]
        np.dot(x.T, gy, gw.reshape((k, n)))
        for i in range(k * n):
            grad[at + i] += gw[i]
    else:
        np.dot(x.T, gy, grad[at : at + k * n].reshape((k, n)))
    if row[N2]:
        gb = grad[at + k * n : at + k * n + n]
        if not row[TIE]:
            gb[:] = 0
        for i in range(b):
            for j in range(n):
                gb[j] += gy[i, j]
    if row[NEED]:
        gx = span(gact, row[IN], k, ctx).reshape((b, k))
        np.dot(gy, theta[at : at + k * n].reshape((k, n)).T, gx)
