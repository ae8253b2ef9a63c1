"""The passes of a run whose batch is cut into shards, one thread each; imported by such runs only."""

from __future__ import annotations

from numba import prange

from engine.interpreter import (
    LIVE,
    PLACE,
    SHARDS,
    SIZE,
    backward,
    call_optimizer,
    forward,
    gather,
    order,
    squares,
)
from engine.kernel import FIRST, LAST, kernel, parallel

BLOCK = 2048  # entries of θ: a block of every shard's gradient fits the nearest cache


@kernel
def run_rows(machine, k, ctx, start, stop, back):
    """Some rows of the table on shard k, forwards or backwards; a shard without rows has gradient 0."""
    if ctx[FIRST] == ctx[LAST]:
        machine.grad[k, :] = 0
    elif back:
        backward(machine, k, ctx, start, stop)
    else:
        forward(machine, k, ctx, start, stop)


@parallel
def run_pass(machine, data, plan, cursor, ctx):
    """Gather, forward, backward: every shard leaves gradient and loss in its own row of `grad`.

    The walk stops at each row that needs the whole batch and runs it once, into `grad[0]`.
    """
    segments, shards, live, place = machine.segments, plan[SHARDS], plan[LIVE], cursor[PLACE]
    shuffled, stream = order(plan, cursor, ctx)
    pieces = segments.shape[0]
    if pieces == 1 and not segments[0, 2]:
        for k in prange(shards):
            gather(machine, data, plan, shuffled, stream, place, ctx[k])
            run_rows(machine, k, ctx[k], 0, live, 0)
            run_rows(machine, k, ctx[k], 0, live, 1)
    else:
        for k in prange(shards):
            gather(machine, data, plan, shuffled, stream, place, ctx[k])
        for turn in range(2 * pieces):
            back = turn // pieces
            piece = 2 * pieces - 1 - turn if back else turn
            start, stop = segments[piece, 0], segments[piece, 1]
            if segments[piece, 2]:
                run_rows(machine, 0, ctx[shards], start, stop, back)
            else:
                for k in prange(shards):
                    run_rows(machine, k, ctx[k], start, stop, back)


@kernel
def add_rows(grad, start, stop):
    """Sum the shards' gradients into row 0, in their order, block by block; returns Σ g² of the sums."""
    total = grad.dtype.type(0)
    for at in range(start, stop, BLOCK):
        end = min(stop, at + BLOCK)
        g = grad[0, at:end]
        for k in range(1, grad.shape[0]):
            other = grad[k, at:end]
            for i in range(end - at):
                g[i] += other[i]
        total += squares(g)
    return total


@parallel
def reduce(grad, parts, plan):
    """The gradient of the batch into `grad[0]`, and Σ g² of each part of θ into `parts`."""
    shards, size = plan[SHARDS], plan[SIZE]
    for k in prange(shards):
        parts[k] = add_rows(grad, k * size // shards, (k + 1) * size // shards)


@parallel
def apply(optimizer, theta, grad, first, second, knobs, count, plan):
    """One update of θ, each thread its part."""
    shards, size = plan[SHARDS], plan[SIZE]
    for k in prange(shards):
        a, b = k * size // shards, (k + 1) * size // shards
        call_optimizer(optimizer, theta[a:b], grad[0, a:b], first[a:b], second[a:b], knobs, count)
