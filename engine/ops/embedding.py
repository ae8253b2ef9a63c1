"""Tokens: whole numbers in the arena as real ones (float32 has each up to 2²⁴), and their rows of a table."""

from __future__ import annotations

import numpy as np

from engine.kernel import FIRST, IN, LAST, N0, N1, N2, N3, OUT, PARAM, TIE, kernel, span


@kernel
def slice_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y (b, r, w) = x (b, r, k)[…, s : s + w]."""
    k, s, w, r = row[N0], row[N1], row[N2], row[N3]
    x, y = span(act, row[IN], r * k, ctx), span(act, row[OUT], r * w, ctx)
    for i in range((ctx[LAST] - ctx[FIRST]) * r):
        for j in range(w):
            y[i * w + j] = x[i * k + s + j]


@kernel
def slice_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x (b, r, k) = ∂y (b, r, w) in its columns, 0 elsewhere."""
    k, s, w, r = row[N0], row[N1], row[N2], row[N3]
    gx, gy = span(gact, row[IN], r * k, ctx), span(gact, row[OUT], r * w, ctx)
    zero = gact.dtype.type(0)
    for i in range(gx.size):
        gx[i] = zero
    for i in range((ctx[LAST] - ctx[FIRST]) * r):
        for j in range(w):
            gx[i * k + s + j] = gy[i * w + j]


@kernel
def embedding_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y (b, l, d) = table (v, d)[tokens (b, l)]."""
    length, d, at = row[N0], row[N2], row[PARAM]
    tokens, y = span(act, row[IN], length, ctx), span(act, row[OUT], length * d, ctx)
    for i in range(tokens.size):
        start = at + np.int64(tokens[i]) * d
        for j in range(d):
            y[i * d + j] = theta[start + j]


@kernel
def embedding_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂table (v, d): each position adds ∂y to its token's row, in the order of the examples."""
    length, d, at = row[N0], row[N2], row[PARAM]
    tokens, gy = span(act, row[IN], length, ctx), span(gact, row[OUT], length * d, ctx)
    if not row[TIE]:
        zero = grad.dtype.type(0)
        for i in range(row[N1] * d):
            grad[at + i] = zero
    for i in range(tokens.size):
        start = at + np.int64(tokens[i]) * d
        for j in range(d):
            grad[start + j] += gy[i * d + j]


OPERATIONS = {
    "slice": (slice_forward, slice_backward),
    "embedding": (embedding_forward, embedding_backward),
}
