"""A cost on what a layer gives out, beside the loss: its row stands after the loss's and adds to it."""

from __future__ import annotations

from numba import float32

from engine.cuda.index import split
from engine.cuda.kernel import THREADS, Launch, cuda, kernel, lines, size, sum_block
from engine.kernel import BATCH, IN, N0, N1, N2

PARTS = size("PARTS", 64, 2)  # blocks that add up a part each


@kernel
def penalty_parts(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """Σ c w over the numbers of each of PARTS blocks, w (b, n) in runs of c (size 1)."""
    room = cuda.shared.array(THREADS, float32)
    row, b, total = rows[q], ctx[BATCH], float32(0)
    w, run = row[IN] * b, row[N1]
    for i in range(cuda.grid(1), b * row[N0], cuda.gridsize(1)):
        total += hyper[q, 1 + split(i, run)[1]] * act[w + i]
    total = sum_block(total, room)
    if cuda.threadIdx.x == 0:
        scratch[cuda.blockIdx.x] = total


@kernel
def penalty_sum(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """L ← L + λ · mean over the examples and their rows (size 2) of Σ c w, λ is hyper 0."""
    if cuda.grid(1) == 0:
        total = float32(0)
        for part in range(PARTS):
            total += scratch[part]
        grad[grad.size - 1] += hyper[q, 0] * total / float32(ctx[BATCH] * rows[q, N2])


@kernel
def penalty_backward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂w = λ c / (b · rows)."""
    row, b = rows[q], ctx[BATCH]
    w, run, by = row[IN] * b, row[N1], hyper[q, 0] / float32(b * row[N2])
    for i in range(cuda.grid(1), b * row[N0], cuda.gridsize(1)):
        gact[w + i] = by * hyper[q, 1 + split(i, run)[1]]


def forward(row, batch):
    return [Launch(penalty_parts, (PARTS,), (THREADS,), PARTS), Launch(penalty_sum, (1,), (1,), PARTS)]


def backward(row, batch):
    return [lines(penalty_backward, batch * int(row[N0]))]


OPERATIONS = {"penalty": (forward, backward)}
