"""Losses: the forward half leaves this shard's part of the batch's loss in the entry after the gradient."""

from __future__ import annotations

import numpy as np

from engine.kernel import BATCH, FIRST, IN, IN2, LAST, N0, N1, OUT, kernel, span
from engine.mathematics import exp


@kernel
def scale(row, act, ctx, width):
    """1 / (rows of the batch · width) for a mean, 1 for a sum."""
    one = act.dtype.type(1)
    return one / act.dtype.type(ctx[BATCH] * width) if row[N1] else one


@kernel
def mse_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """L = mean or sum of (z - t)², z and t (b, n)."""
    z, t = span(act, row[IN], row[N0], ctx), span(act, row[IN2], row[N0], ctx)
    total = act.dtype.type(0)
    for i in range(z.size):
        total += (z[i] - t[i]) * (z[i] - t[i])
    grad[-1] = total * scale(row, act, ctx, row[N0])


@kernel
def mse_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂z = 2 (z - t)."""
    z, t = span(act, row[IN], row[N0], ctx), span(act, row[IN2], row[N0], ctx)
    gz = span(gact, row[IN], row[N0], ctx)
    twice = act.dtype.type(2) * scale(row, act, ctx, row[N0])
    for i in range(z.size):
        gz[i] = twice * (z[i] - t[i])


@kernel
def mae_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """L = mean or sum of |z - t|, z and t (b, n)."""
    z, t = span(act, row[IN], row[N0], ctx), span(act, row[IN2], row[N0], ctx)
    total = act.dtype.type(0)
    for i in range(z.size):
        total += abs(z[i] - t[i])
    grad[-1] = total * scale(row, act, ctx, row[N0])


@kernel
def mae_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂z = sign(z - t), 0 where they meet."""
    z, t = span(act, row[IN], row[N0], ctx), span(act, row[IN2], row[N0], ctx)
    gz = span(gact, row[IN], row[N0], ctx)
    each, zero = scale(row, act, ctx, row[N0]), act.dtype.type(0)
    for i in range(z.size):
        gz[i] = each if z[i] > t[i] else (-each if z[i] < t[i] else zero)


@kernel
def cross_entropy_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """L = mean or sum over rows of -ln p[label], p (b, n) = softmax(z (b, n)); p is this row's output."""
    n = row[N0]
    z, p = span(act, row[IN], n, ctx), span(act, row[OUT], n, ctx)
    total = act.dtype.type(0)
    for i in range(ctx[LAST] - ctx[FIRST]):
        zi, pi = z[i * n : i * n + n], p[i * n : i * n + n]
        top = zi[0]
        for j in range(1, n):
            top = zi[j] if zi[j] > top else top
        each = act.dtype.type(0)
        for j in range(n):
            pi[j] = exp(zi[j] - top)
        for j in range(n):
            each += pi[j]
        inverse = act.dtype.type(1) / each
        for j in range(n):
            pi[j] *= inverse
        total += np.log(each) - (zi[ints[ctx[FIRST] + i]] - top)
    grad[-1] = total * scale(row, act, ctx, 1)


@kernel
def cross_entropy_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂z = p - 1[label]."""
    n = row[N0]
    p, gz = span(act, row[OUT], n, ctx), span(gact, row[IN], n, ctx)
    each = scale(row, act, ctx, 1)
    for i in range(p.size):
        gz[i] = p[i] * each
    for i in range(ctx[LAST] - ctx[FIRST]):
        gz[i * n + ints[ctx[FIRST] + i]] -= each


@kernel
def binary_cross_entropy_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """L = mean or sum of -t ln p - (1 - t) ln(1 - p), p = σ(z) (b, n); p is this row's output."""
    z, t = span(act, row[IN], row[N0], ctx), span(act, row[IN2], row[N0], ctx)
    p = span(act, row[OUT], row[N0], ctx)
    total, zero, one = act.dtype.type(0), act.dtype.type(0), act.dtype.type(1)
    for i in range(z.size):
        decay = exp(-abs(z[i]))
        p[i] = (decay if z[i] < zero else one) / (one + decay)
        total += (zero if z[i] < zero else z[i]) - z[i] * t[i] + np.log1p(decay)
    grad[-1] = total * scale(row, act, ctx, row[N0])


@kernel
def binary_cross_entropy_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂z = p - t."""
    p, t = span(act, row[OUT], row[N0], ctx), span(act, row[IN2], row[N0], ctx)
    gz = span(gact, row[IN], row[N0], ctx)
    each = scale(row, act, ctx, row[N0])
    for i in range(p.size):
        gz[i] = (p[i] - t[i]) * each


OPERATIONS = {
    "mse": (mse_forward, mse_backward),
    "mae": (mae_forward, mae_backward),
    "cross-entropy": (cross_entropy_forward, cross_entropy_backward),
    "binary-cross-entropy": (binary_cross_entropy_forward, binary_cross_entropy_backward),
}
