"""Dropout: the mask is drawn from (seed, layer, update, row of the batch, feature), so it needs no memory."""

from __future__ import annotations

from numba import float32

from engine.cuda.chance import integer, key
from engine.cuda.kernel import cuda, helper, kernel, lines
from engine.kernel import BATCH, IN, MODE, N0, N1, NEED, OUT, SEED, STEP, TRAIN
from engine.random import MASK, u64


@helper
def keep(source, x, out, y, count, p, layer, ctx):
    """out = source / (1 - p) where the number of the entry is kept, else 0; in training only."""
    stream = integer(key(ctx[SEED], MASK, ctx[STEP]), u64(layer))
    idle = ctx[MODE] != TRAIN or p == float32(0)
    lost, scale = u64(p * float32(1 << 24)), float32(1) if idle else float32(1) / (float32(1) - p)
    for i in range(cuda.grid(1), count, cuda.gridsize(1)):
        stays = idle or integer(stream, u64(i)) >> u64(40) >= lost
        out[y + i] = source[x + i] * scale if stays else float32(0)


@kernel
def dropout_forward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y (b, n) = x (b, n) with a share p (hyper 0) of the entries 0 (Srivastava et al. 2014)."""
    row, b = rows[q], ctx[BATCH]
    keep(act, row[IN] * b, act, row[OUT] * b, b * row[N0], hyper[q, 0], row[N1], ctx)


@kernel
def dropout_backward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = ∂y under the same mask."""
    row, b = rows[q], ctx[BATCH]
    keep(gact, row[OUT] * b, gact, row[IN] * b, b * row[N0], hyper[q, 0], row[N1], ctx)


OPERATIONS = {
    "dropout": (
        lambda row, batch: [lines(dropout_forward, batch * int(row[N0]))],
        lambda row, batch: [lines(dropout_backward, batch * int(row[N0]))] if row[NEED] else [],
    ),
}
