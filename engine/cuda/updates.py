"""What stands around the operations of an update: the batch, |gradient|, the verdict, the clock.

Nothing here waits for the host: where a batch begins, the schedule's factor, the rows of the tape are all on the
device. A loss or gradient that is not finite sets HALTED: the updates of the chunk that are still to come repeat
that one without a trace.
"""

from __future__ import annotations

from numba import float32

from engine.cuda.chance import key, permuted
from engine.cuda.kernel import BLOCKS, HALTED, THREADS, cuda, kernel, maths, max_block, size, sum_block
from engine.cuda.optimizers import (
    COUNT,
    EPOCH,
    EXAMPLES,
    KEY,
    LEFT,
    NORM,
    PLACE,
    RIGHT,
    ROW,
    ROWS,
    SHUFFLED,
    TAKEN,
    UPDATE,
)
from engine.kernel import BATCH, FIRST, LAST, MODE, SEED, SHARD, STEP, TRAIN
from engine.optimizers.knobs import BASE, FACTOR, INNER, RATE
from engine.random import SHUFFLE, u64

PIECES = size("PIECES", 256, 2)  # blocks that add up the squares of the gradient


@kernel
def begin(clock, ctx, knobs, factors, watch, theta, out, picks):
    """One block: the context of the update, its rate, the watched entries of θ, and the batch's examples."""
    batch = min(clock[ROWS], clock[EXAMPLES] - clock[PLACE])
    if cuda.threadIdx.x == 0:
        ctx[FIRST], ctx[LAST], ctx[BATCH], ctx[SHARD] = 0, batch, batch, 0
        ctx[STEP], ctx[SEED], ctx[MODE] = clock[UPDATE], clock[KEY], TRAIN
        knobs[FACTOR] = factors[clock[ROW]]
        knobs[RATE] = factors[clock[ROW]] * knobs[BASE]
        for w in range(watch.size - 1):  # the first is no entry: no array is empty
            out[clock[ROW], 2 + w] = theta[watch[1 + w]]
    shuffled = clock[SHUFFLED] != 0 and batch < clock[EXAMPLES]
    stream = key(clock[KEY], SHUFFLE, clock[EPOCH])
    digits = u64(clock[LEFT]), u64(clock[RIGHT])
    for i in range(cuda.threadIdx.x, batch, cuda.blockDim.x):
        place = clock[PLACE] + i
        picks[i] = permuted(place, clock[EXAMPLES], digits, stream) if shuffled else place


@kernel
def gather_bytes(bytes8, width, picks, act, start, ctx):
    """Rows of bytes into the arena, as shares of 255; a buffer begins at start · batch."""
    b, by = ctx[BATCH], float32(1) / float32(255)
    for i in range(cuda.grid(1), b * width, cuda.gridsize(1)):
        act[start * b + i] = float32(bytes8[picks[i // width] * width + i % width]) * by


@kernel
def gather_reals(reals, width, picks, act, start, ctx):
    """Rows of real numbers into the arena."""
    b = ctx[BATCH]
    for i in range(cuda.grid(1), b * width, cuda.gridsize(1)):
        act[start * b + i] = reals[picks[i // width] * width + i % width]


@kernel
def gather_labels(labels, width, picks, ints, ctx):
    """The labels of the batch, `width` an example."""
    for i in range(cuda.grid(1), ctx[BATCH] * width, cuda.gridsize(1)):
        ints[i] = labels[picks[i // width] * width + i % width]


@kernel
def square(grad, parts):
    """Σ g² and the largest |g| (NaN if there is one) of each block's share of the gradient."""
    room = cuda.shared.array(THREADS, float32)
    total, top = float32(0), float32(0)
    for i in range(cuda.grid(1), grad.size - 1, cuda.gridsize(1)):
        g = grad[i]
        total += g * g
        top = abs(g) if abs(g) > top or g != g else top
    total, top = sum_block(total, room), max_block(top, room)
    if cuda.threadIdx.x == 0:
        parts[cuda.blockIdx.x] = total
        parts[cuda.gridDim.x + cuda.blockIdx.x] = top


@kernel
def judge(grad, parts, tally, clock, ctx, out):
    """One block: |gradient| (as `engine.interpreter.length` has it), the row of the tape, whether all is finite."""
    room = cuda.shared.array(THREADS, float32)
    t, pieces = cuda.threadIdx.x, parts.size // 2
    total, top = float32(0), float32(0)
    for i in range(t, pieces, cuda.blockDim.x):
        total += parts[i]
        other = parts[pieces + i]
        top = other if other > top or other != other else top
    total, top = sum_block(total, room), max_block(top, room)
    norm = maths.sqrt(total)
    if not (maths.isfinite(total) and total > float32(1e-30)):
        norm = top
        if maths.isfinite(top) and top > float32(0):  # the squares have left the range of their type
            total = float32(0)
            for i in range(t, grad.size - 1, cuda.blockDim.x):
                a = grad[i] / top
                total += a * a
            norm = top * maths.sqrt(sum_block(total, room))
    if t == 0 and ctx[HALTED] == 0:
        loss = grad[grad.size - 1]
        tally[NORM] = norm
        out[clock[ROW], 0] = loss
        out[clock[ROW], 1] = norm
        if not (maths.isfinite(loss) and maths.isfinite(norm)):
            ctx[HALTED] = 1


@kernel
def finish(clock, ctx, knobs):
    """One thread: the clock after an update that was done."""
    if ctx[HALTED] == 0:
        if knobs[INNER] > float32(0):
            clock[TAKEN] = 0 if float32(clock[TAKEN] + 1) >= knobs[INNER] else clock[TAKEN] + 1
        clock[COUNT] += 1
        clock[UPDATE] += 1
        clock[ROW] += 1
        clock[PLACE] += ctx[BATCH]
        if clock[PLACE] >= clock[EXAMPLES]:
            clock[PLACE] = 0
            clock[EPOCH] += 1


def span(count: int) -> tuple[int]:
    """The grid of a kernel that goes over `count` numbers."""
    return (max(1, min(BLOCKS, -(-count // THREADS))),)
