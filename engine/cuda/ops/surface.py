"""Losses that are formulas of θ itself: one thread does what the CPU's operation does, from its source."""

from __future__ import annotations

from numba import float32

from engine.cuda.kernel import THREADS, Launch, cuda, kernel, lines, maths, one_block, sum_block, twin
from engine.kernel import N0, N1, PARAM, STEP
from engine.ops import surface


def once(function, **names) -> Launch:
    """The launch of one thread that does what an operation of the CPU does, on the same arguments."""
    does = twin(function, **names)

    def operation(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
        if cuda.grid(1) == 0:
            does(rows[q], hyper[q], theta, grad, state, act, gact, scratch, ints, ctx)

    operation.__name__ = does.__name__
    return Launch(kernel(operation), (1,), (1,))


def always(*launches):
    """A plan that is the same for every row and batch."""
    return lambda row, batch: list(launches)


@kernel
def stream_forward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """L = Σ gᵢ θᵢ with the gradient g (p) of this update, from a stream (n, p) that begins anew after n."""
    room = cuda.shared.array(THREADS, float32)
    row, total = rows[q], float32(0)
    at, start = row[PARAM], ctx[STEP] % row[N0] * row[N1]
    for i in range(cuda.threadIdx.x, row[N1], cuda.blockDim.x):
        total += hyper[q, start + i] * theta[at + i]
    total = sum_block(total, room)
    if cuda.threadIdx.x == 0:
        grad[grad.size - 1] = total


@kernel
def stream_backward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂θᵢ = gᵢ."""
    row = rows[q]
    at, start = row[PARAM], ctx[STEP] % row[N0] * row[N1]
    for i in range(cuda.grid(1), row[N1], cuda.gridsize(1)):
        grad[at + i] = hyper[q, start + i]


OPERATIONS = {
    name: tuple(always(once(half, exp=maths.exp)) for half in halves)
    for name, halves in surface.OPERATIONS.items()
    if name != "stream"
} | {"stream": (always(one_block(stream_forward)), lambda row, batch: [lines(stream_backward, int(row[N1]))])}
