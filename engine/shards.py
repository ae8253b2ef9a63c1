"""The passes of a run whose batch is cut into shards, one thread each; imported by such runs only."""

from __future__ import annotations

from numba import prange

from engine.interpreter import (
    BACKWARD,
    FORWARD,
    GATHER,
    LIVE,
    SHARDS,
    SIZE,
    WORK,
    call_optimizer,
    call_work,
    squares,
)
from engine.kernel import kernel, parallel

BLOCK = 2048  # entries of θ: a block of every shard's gradient fits the nearest cache
FEW = 1 << 14  # entries of θ that one thread has added up before a second one is awake


@parallel
def run_shards(machine, data, plan, cursor, ctx, start, stop, tasks):
    """The same tasks on every shard at once."""
    for k in prange(plan[SHARDS]):
        call_work(plan[WORK], machine, data, plan, cursor, ctx, k, start, stop, tasks)


@kernel
def run_pass(machine, data, plan, cursor, ctx):
    """Gather, forward, backward: every shard leaves gradient and loss in its own row of `grad`.

    The walk stops at each row that needs the whole batch and runs it once, into `grad[0]`.
    """
    segments, shards = machine.segments, plan[SHARDS]
    pieces = segments.shape[0]
    if pieces == 1 and not segments[0, 2]:
        run_shards(machine, data, plan, cursor, ctx, 0, plan[LIVE], GATHER | FORWARD | BACKWARD)
        return
    if segments[0, 2]:
        run_shards(machine, data, plan, cursor, ctx, 0, 0, GATHER)
    for turn in range(2 * pieces):
        piece = turn if turn < pieces else 2 * pieces - 1 - turn
        tasks = FORWARD if turn < pieces else BACKWARD
        if turn == 0 and not segments[0, 2]:
            tasks |= GATHER
        start, stop = segments[piece, 0], segments[piece, 1]
        if segments[piece, 2]:
            call_work(plan[WORK], machine, data, plan, cursor, ctx, shards, start, stop, tasks)
        else:
            run_shards(machine, data, plan, cursor, ctx, start, stop, tasks)


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
    if size < FEW:
        for k in range(shards):
            parts[k] = add_rows(grad, k * size // shards, (k + 1) * size // shards)
        return
    for k in prange(shards):
        parts[k] = add_rows(grad, k * size // shards, (k + 1) * size // shards)


@parallel
def apply(optimizer, theta, grad, first, second, third, gauge, knobs, count, plan):
    """One update of θ, each thread its part."""
    shards, size = plan[SHARDS], plan[SIZE]
    if size < FEW:
        call_optimizer(optimizer, theta, grad[0, :size], first, second, third, gauge, knobs, count)
        return
    for k in prange(shards):
        a, b = k * size // shards, (k + 1) * size // shards
        rows = first[a:b], second[a:b], third[a:b]
        call_optimizer(optimizer, theta[a:b], grad[0, a:b], rows[0], rows[1], rows[2], gauge, knobs, count)
