"""Dropout: the mask is drawn from (seed, layer, update, row of the batch, feature), so it needs no memory."""

from __future__ import annotations

from engine.kernel import FIRST, IN, MODE, N0, N1, NEED, OUT, SEED, STEP, TRAIN, kernel, span
from engine.random import MASK, integer, key, u64


@kernel
def mask(x, y, p, layer, start, ctx):
    """y = x / (1 - p) where the number of the entry, counted from `start`, is kept, else 0; y = x but in
    training."""
    zero, one = x.dtype.type(0), x.dtype.type(1)
    if ctx[MODE] != TRAIN or p == zero:
        for i in range(x.size):
            y[i] = x[i]
        return
    stream = integer(key(ctx[SEED], MASK, ctx[STEP]), u64(layer))
    lost, scale = u64(p * x.dtype.type(1 << 24)), one / (one - p)
    for i in range(x.size):
        bits = integer(stream, u64(start + i)) >> u64(40)
        y[i] = x[i] * scale if bits >= lost else zero


@kernel
def dropout_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y (b, n) = x (b, n) with a share p (hyper 0) of the entries 0, the others times 1 / (1 - p)
    (Srivastava et al. 2014)."""
    x, y = span(act, row[IN], row[N0], ctx), span(act, row[OUT], row[N0], ctx)
    mask(x, y, hyper[0], row[N1], ctx[FIRST] * row[N0], ctx)


@kernel
def dropout_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = ∂y under the same mask."""
    if row[NEED]:
        gx, gy = span(gact, row[IN], row[N0], ctx), span(gact, row[OUT], row[N0], ctx)
        mask(gy, gx, hyper[0], row[N1], ctx[FIRST] * row[N0], ctx)


OPERATIONS = {
    "dropout": (dropout_forward, dropout_backward),
}
