"""Positional encodings, added to a sequence: one number for every entry of an example, the same in all."""

from __future__ import annotations

from numba import float32

from engine.cuda.index import split
from engine.cuda.kernel import cuda, kernel, lines
from engine.kernel import BATCH, IN, N0, OUT, PARAM


@kernel
def learned_forward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y (b, n) = x (b, n) + e (n), e in θ."""
    row, b = rows[q], ctx[BATCH]
    x, y, n, at = row[IN] * b, row[OUT] * b, row[N0], row[PARAM]
    for i in range(cuda.grid(1), b * n, cuda.gridsize(1)):
        act[y + i] = act[x + i] + theta[at + split(i, n)[1]]


@kernel
def learned_backward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = ∂y, ∂e (n) = Σ ∂y."""
    row, b = rows[q], ctx[BATCH]
    x, y, n = row[IN] * b, row[OUT] * b, row[N0]
    for j in range(cuda.grid(1), n, cuda.gridsize(1)):
        total = float32(0)
        for i in range(j, b * n, n):
            slope = gact[y + i]
            gact[x + i] = slope
            total += slope
        grad[row[PARAM] + j] = total


@kernel
def fixed_forward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y (b, n) = x (b, n) + e (n), e in `hyper`."""
    row, b = rows[q], ctx[BATCH]
    x, y, n = row[IN] * b, row[OUT] * b, row[N0]
    for i in range(cuda.grid(1), b * n, cuda.gridsize(1)):
        act[y + i] = act[x + i] + hyper[q, split(i, n)[1]]


@kernel
def fixed_backward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = ∂y."""
    row, b = rows[q], ctx[BATCH]
    x, y = row[IN] * b, row[OUT] * b
    for i in range(cuda.grid(1), b * row[N0], cuda.gridsize(1)):
        gact[x + i] = gact[y + i]


def over(function, examples=True):
    """A plan with a thread for each number of the batch, or of one example."""
    return lambda row, batch: [lines(function, (batch if examples else 1) * int(row[N0]))]


OPERATIONS = {
    "position-learned": (over(learned_forward), over(learned_backward, examples=False)),
    "position-fixed": (over(fixed_forward), over(fixed_backward)),
}
