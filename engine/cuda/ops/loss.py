"""Losses: the forward half leaves the batch's loss in the entry of `grad` after the gradient.

Softmax and cross-entropy are one kernel. Each thread sums its own entries in order, a block its threads, and where
there are many, a second launch the blocks.
"""

from __future__ import annotations

from numba import float32

from engine.cuda.kernel import (
    THREADS,
    Launch,
    ceil_div,
    cuda,
    helper,
    kernel,
    lines,
    maths,
    one_block,
    sum_block,
)
from engine.kernel import BATCH, IN, IN2, N0, N1, OUT


@helper
def scale(row, b, width):
    """1 / (rows of the batch · width) for a mean, 1 for a sum."""
    return float32(1) / float32(b * width) if row[N1] else float32(1)


EACH = 8  # numbers of a thread before another block joins
MOST = 256  # blocks


def parts_of(count: int) -> int:
    """Into how many blocks a sum of so many numbers goes."""
    return max(1, min(MOST, ceil_div(count, EACH * THREADS)))


@helper
def leave(total, room, number, row, b, grad, scratch):
    """This thread's part of the loss, added up over the block; of several (`number`), its sum waits in `scratch`."""
    total = sum_block(total, room)
    if cuda.threadIdx.x == 0:
        if number == 1:
            grad[grad.size - 1] = total * scale(row, b, row[N0])
        else:
            scratch[cuda.blockIdx.x] = total


@kernel
def total_forward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """L = mean or sum of what the blocks left."""
    room = cuda.shared.array(THREADS, float32)
    total = float32(0)
    for i in range(cuda.threadIdx.x, number, cuda.blockDim.x):
        total += scratch[i]
    leave(total, room, 1, rows[q], ctx[BATCH], grad, scratch)


def summed(function):
    """The plan of a forward kernel that ends in `leave`."""

    def plan(row, batch):
        parts = parts_of(batch * int(row[N0]))
        first = Launch(function, (parts,), (THREADS,), parts, parts)
        return [first, one_block(total_forward, number=parts)] if parts > 1 else [first]

    return plan


@helper
def square(z, t):
    return (z - t) * (z - t)


@helper
def square_slope(z, t):
    return float32(2) * (z - t)


@helper
def distance(z, t):
    return abs(z - t)


@helper
def distance_slope(z, t):
    return float32(1) if z > t else (float32(-1) if z < t else float32(0))


def of_values(cost, slope):
    """Plans of a loss that is a sum of cost(z, t) over the numbers of z and t (b, n)."""

    def forward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
        room = cuda.shared.array(THREADS, float32)
        row, b = rows[q], ctx[BATCH]
        z, t, n = row[IN] * b, row[IN2] * b, row[N0]
        total = float32(0)
        for i in range(cuda.grid(1), b * n, cuda.gridsize(1)):
            total += cost(act[z + i], act[t + i])
        leave(total, room, number, row, b, grad, scratch)

    def backward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
        row, b = rows[q], ctx[BATCH]
        z, t, n = row[IN] * b, row[IN2] * b, row[N0]
        each = scale(row, b, n)
        for i in range(cuda.grid(1), b * n, cuda.gridsize(1)):
            gact[z + i] = each * slope(act[z + i], act[t + i])

    forward.__name__, backward.__name__ = f"{cost.__name__}_forward", f"{cost.__name__}_backward"
    back = kernel(backward)
    return summed(kernel(forward)), lambda row, batch: [lines(back, batch * int(row[N0]))]


@kernel
def cross_entropy_forward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """p (b, n) = softmax(z (b, n)), and -ln p[label] of each row into `scratch`; a thread a row."""
    row, b = rows[q], ctx[BATCH]
    z, p, n = row[IN] * b, row[OUT] * b, row[N0]
    for i in range(cuda.grid(1), b, cuda.gridsize(1)):
        zi, pi = z + i * n, p + i * n
        top = act[zi]
        for j in range(1, n):
            top = act[zi + j] if act[zi + j] > top else top
        each = float32(0)
        for j in range(n):
            e = maths.exp(act[zi + j] - top)
            act[pi + j] = e
            each += e
        inverse = float32(1) / each
        for j in range(n):
            act[pi + j] *= inverse
        scratch[i] = maths.log(each) - (act[zi + ints[i]] - top)


@kernel
def cross_entropy_sum(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """L = mean or sum of what the rows left."""
    room = cuda.shared.array(THREADS, float32)
    row, b = rows[q], ctx[BATCH]
    total = float32(0)
    for i in range(cuda.threadIdx.x, b, cuda.blockDim.x):
        total += scratch[i]
    total = sum_block(total, room)
    if cuda.threadIdx.x == 0:
        grad[grad.size - 1] = total * scale(row, b, 1)


@kernel
def cross_entropy_backward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂z = p - 1[label]."""
    row, b = rows[q], ctx[BATCH]
    z, p, n = row[IN] * b, row[OUT] * b, row[N0]
    each = scale(row, b, 1)
    for i in range(cuda.grid(1), b * n, cuda.gridsize(1)):
        hit = each if ints[i // n] == i % n else float32(0)
        gact[z + i] = act[p + i] * each - hit


@kernel
def binary_forward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """L = mean or sum of -t ln p - (1 - t) ln(1 - p), p = σ(z) (b, n)."""
    room = cuda.shared.array(THREADS, float32)
    row, b = rows[q], ctx[BATCH]
    z, t, p, n = row[IN] * b, row[IN2] * b, row[OUT] * b, row[N0]
    total, zero, one = float32(0), float32(0), float32(1)
    for i in range(cuda.grid(1), b * n, cuda.gridsize(1)):
        x = act[z + i]
        decay = maths.exp(-abs(x))
        act[p + i] = (decay if x < zero else one) / (one + decay)
        total += (zero if x < zero else x) - x * act[t + i] + maths.log1p(decay)
    leave(total, room, number, row, b, grad, scratch)


@kernel
def binary_backward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂z = p - t."""
    row, b = rows[q], ctx[BATCH]
    z, t, p, n = row[IN] * b, row[IN2] * b, row[OUT] * b, row[N0]
    each = scale(row, b, n)
    for i in range(cuda.grid(1), b * n, cuda.gridsize(1)):
        gact[z + i] = (act[p + i] - act[t + i]) * each


def cross_entropy_plan(row, batch):
    return [lines(cross_entropy_forward, batch, scratch=batch), one_block(cross_entropy_sum)]


OPERATIONS = {
    "mse": of_values(square, square_slope),
    "mae": of_values(distance, distance_slope),
    "cross-entropy": (
        cross_entropy_plan,
        lambda row, batch: [lines(cross_entropy_backward, batch * int(row[N0]))],
    ),
    "binary-cross-entropy": (
        summed(binary_forward),
        lambda row, batch: [lines(binary_backward, batch * int(row[N0]))],
    ),
}
