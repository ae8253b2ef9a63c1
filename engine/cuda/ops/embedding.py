"""Tokens and their rows of a table. The gradient of the table needs no atomics: a block for each of its rows goes
over the batch's tokens in order and adds up what belongs to it."""

from __future__ import annotations

from numba import float32, int64

from engine.cuda.index import split, wide
from engine.cuda.kernel import THREADS, Launch, cuda, kernel, lines, over_rows
from engine.kernel import BATCH, IN, N0, N1, N2, N3, OUT, PARAM, TIE


@kernel
def slice_forward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y (b, r, w) = x (b, r, k)[…, s : s + w]."""
    row, b = rows[q], ctx[BATCH]
    x, y, k, s, w = row[IN] * b, row[OUT] * b, row[N0], row[N1], row[N2]
    for i in range(cuda.grid(1), b * row[N3] * w, cuda.gridsize(1)):
        r, j = split(i, w)
        act[y + i] = act[x + r * k + s + j]


@kernel
def slice_backward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x (b, r, k) = ∂y (b, r, w) in its columns, 0 elsewhere."""
    row, b = rows[q], ctx[BATCH]
    x, y, k, s, w = row[IN] * b, row[OUT] * b, row[N0], row[N1], row[N2]
    for i in range(cuda.grid(1), b * row[N3] * k, cuda.gridsize(1)):
        r, j = split(i, k)
        gact[x + i] = gact[y + r * w + j - s] if s <= j and j < s + w else float32(0)


@kernel
def embedding_forward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y (b, l, d) = table (v, d)[tokens (b, l)]."""
    row, b = rows[q], ctx[BATCH]
    tokens, y, d, at = row[IN] * b, row[OUT] * b, row[N2], row[PARAM]
    for i in range(cuda.grid(1), b * row[N0] * d, cuda.gridsize(1)):
        place, j = split(i, d)
        act[y + i] = theta[at + int64(act[tokens + place]) * d + j]


@kernel
def embedding_backward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂table (v, d): row v adds up ∂y over the positions of token v, in the order of the examples."""
    room = cuda.shared.array(THREADS, float32)
    row, b, t, each = rows[q], ctx[BATCH], cuda.threadIdx.x, cuda.blockDim.x
    tokens, y, d, tie = row[IN] * b, row[OUT] * b, row[N2], row[TIE]
    count = b * row[N0]
    for v in range(cuda.blockIdx.x, row[N1], cuda.gridDim.x):
        for first in range(0, d, each):
            j, token = first + t, float32(v)
            at, total = row[PARAM] + v * d + j, float32(0)
            if tie and j < d:
                total = grad[at]
            for start in range(0, count, each):
                if start + t < count:
                    room[t] = act[tokens + start + t]
                cuda.syncthreads()
                for k in range(min(each, count - start)):
                    if room[k] == token and j < d:
                        total += gact[y + (start + k) * d + j]
                cuda.syncthreads()
            if j < d:
                grad[at] = total


def sliced(function, wider):
    """A plan with a thread for each number of the narrow or of the wide side."""
    return lambda row, batch: [lines(function, batch * int(row[N3] * row[N0 if wider else N2]))]


def embed(row, batch):
    return [lines(embedding_forward, batch * int(row[N0] * row[N2]))]


def collect(row, batch):
    grid = over_rows(embedding_backward, int(row[N1])).grid
    return [Launch(embedding_backward, grid, (wide(max(int(row[N2]), 128)),))]


OPERATIONS = {
    "slice": (sliced(slice_forward, False), sliced(slice_backward, True)),
    "embedding": (embed, collect),
}
