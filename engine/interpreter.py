"""Walks the operation table: one pass over a batch, many updates in a call, measurements over a data set."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
from numba import types

from engine.kernel import (
    BATCH,
    EVALUATE,
    FIRST,
    INTEGERS,
    LAST,
    MODE,
    OP,
    REAL,
    SEED,
    SHARD,
    STEP,
    TABLE,
    TRAIN,
    caller,
    constant,
    kernel,
)
from engine.random import SHUFFLE, key, permuted

# Entries of `plan`: what a run is.
EXAMPLES, ROWS, KEY, SHUFFLED, SHARDS, LIVE, TARGET, SIZE, MEAN = range(9)
# Entries of `cursor`: where it stands. PLACE is the next example of the epoch, COUNT the optimizer's updates.
UPDATE, EPOCH, PLACE, COUNT = range(4)


class Machine(NamedTuple):
    """A program with its memory."""

    fw: np.ndarray  # machine code by operation, forward
    bw: np.ndarray  # and backward
    rows: np.ndarray  # (rows, COLUMNS) the operation table
    hyper: np.ndarray  # (rows, longest) its real numbers
    segments: np.ndarray  # (segments, 3) pieces between rows that need the whole batch
    theta: np.ndarray  # (P,)
    grad: np.ndarray  # (shards, P + 1) gradient, then loss
    state: np.ndarray  # running statistics
    act: np.ndarray  # activations
    gact: np.ndarray  # and their gradients
    ints: np.ndarray  # (batch,) labels
    scratch: np.ndarray  # (shards, longest) working memory of an operation


class Data(NamedTuple):
    """Examples, read only: of x and of y one form each is empty."""

    x8: np.ndarray  # (N, width) bytes, to be scaled by 1/255
    xr: np.ndarray  # (N, width) real
    labels: np.ndarray  # (N,)
    targets: np.ndarray  # (N, outputs) real


call_operation = caller("row hyper theta grad state act gact scratch ints ctx")
call_pass = caller("machine data plan cursor ctx")
call_reduce = caller("grad parts plan")
call_apply = caller("optimizer theta grad first second knobs count plan")
call_optimizer = caller("theta grad first second knobs count")


@functools.cache
def machine_type(dtype: str) -> types.NamedTuple:
    line, table = REAL[dtype][::1], REAL[dtype][:, ::1]
    program = (INTEGERS, INTEGERS, TABLE, table, TABLE)
    return types.NamedTuple((*program, line, table, line, line, line, INTEGERS, table), Machine)


@functools.cache
def data_type(dtype: str) -> types.NamedTuple:
    arrays = (types.uint8[:, ::1], REAL[dtype][:, ::1], types.int64[::1], REAL[dtype][:, ::1])
    return types.NamedTuple([constant(array) for array in arrays], Data)


def pass_signature(dtype: str):
    return types.void(machine_type(dtype), data_type(dtype), INTEGERS, INTEGERS, TABLE)


def reduce_signature(dtype: str):
    return types.void(REAL[dtype][:, ::1], REAL[dtype][::1], INTEGERS)


def apply_signature(dtype: str):
    line = REAL[dtype][::1]
    return types.void(types.int64, line, REAL[dtype][:, ::1], line, line, line, types.int64, INTEGERS)


@kernel
def forward(machine, k, ctx, start, stop):
    """Some rows of the table on shard k."""
    m = machine
    grad, scratch = m.grad[k], m.scratch[k]
    for q in range(start, stop):
        row, hyper = m.rows[q], m.hyper[q]
        call_operation(m.fw[row[OP]], row, hyper, m.theta, grad, m.state, m.act, m.gact, scratch, m.ints, ctx)


@kernel
def backward(machine, k, ctx, start, stop):
    """The same rows from the last to the first."""
    m = machine
    grad, scratch = m.grad[k], m.scratch[k]
    for q in range(stop - 1, start - 1, -1):
        row, hyper = m.rows[q], m.hyper[q]
        call_operation(m.bw[row[OP]], row, hyper, m.theta, grad, m.state, m.act, m.gact, scratch, m.ints, ctx)


@kernel
def gather(machine, data, plan, shuffled, stream, place, ctx):
    """Copy a shard's rows of the batch that starts at `place` of the epoch into the arena."""
    act, x8, xr, labels, targets = machine.act, data.x8, data.xr, data.labels, data.targets
    by = act.dtype.type(1) / act.dtype.type(255)
    aim = plan[TARGET] * ctx[BATCH]
    for i in range(ctx[FIRST], ctx[LAST]):
        r = permuted(place + i, plan[EXAMPLES], stream) if shuffled else place + i
        if x8.shape[0]:
            for j in range(x8.shape[1]):
                act[i * x8.shape[1] + j] = act.dtype.type(x8[r, j]) * by
        elif xr.shape[0]:
            for j in range(xr.shape[1]):
                act[i * xr.shape[1] + j] = xr[r, j]
        if labels.shape[0]:
            machine.ints[i] = labels[r]
        elif targets.shape[0]:
            for j in range(targets.shape[1]):
                act[aim + i * targets.shape[1] + j] = targets[r, j]


@kernel
def order(plan, cursor, ctx):
    """Whether this epoch is shuffled, and the key of its order; a batch of everything needs no shuffling."""
    shuffled = plan[SHUFFLED] != 0 and ctx[0, BATCH] < plan[EXAMPLES]
    return shuffled, key(plan[KEY], SHUFFLE, cursor[EPOCH])


@kernel
def run_pass(machine, data, plan, cursor, ctx):
    """Gather, forward, backward of one batch on this thread: the gradient, then the loss, into `grad[0]`."""
    shuffled, stream = order(plan, cursor, ctx)
    gather(machine, data, plan, shuffled, stream, cursor[PLACE], ctx[0])
    forward(machine, 0, ctx[0], 0, plan[LIVE])
    backward(machine, 0, ctx[0], 0, plan[LIVE])


@kernel
def squares(g):
    """Σ g²."""
    total = g.dtype.type(0)
    for i in range(g.size):
        total += g[i] * g[i]
    return total


@kernel
def reduce(grad, parts, plan):
    """Σ g² of the gradient in `grad[0]` into `parts[0]`."""
    parts[0] = squares(grad[0, : plan[SIZE]])


@kernel
def apply(optimizer, theta, grad, first, second, knobs, count, plan):
    """One update of all of θ."""
    call_optimizer(optimizer, theta, grad[0, : plan[SIZE]], first, second, knobs, count)


@kernel
def length(g, total):
    """|g| from Σ g², computed anew with scaled entries where that sum has left the range of its type."""
    if np.isfinite(total) and total > g.dtype.type(1e-30):
        return np.sqrt(total)
    top = g.dtype.type(0)
    for i in range(g.size):
        a = abs(g[i])
        if not np.isfinite(a):
            return a
        top = a if a > top else top
    if top == g.dtype.type(0):
        return top
    total = g.dtype.type(0)
    for i in range(g.size):
        a = g[i] / top
        total += a * a
    return top * np.sqrt(total)


@kernel
def train(
    work, reduction, application, optimizer, machine, data, plan, cursor, ctx, first, second, knobs, parts,
    watch, out,
):  # fmt: skip
    """Do out.shape[0] updates; a loss or gradient that is not finite ends them before θ is touched.

    A row of `out` is loss, |gradient| and the watched entries of θ, all before that update. Returns the
    number of rows written. The first four arguments are addresses.
    """
    size, shards, grad, theta = plan[SIZE], plan[SHARDS], machine.grad, machine.theta
    for u in range(out.shape[0]):
        batch = min(plan[ROWS], plan[EXAMPLES] - cursor[PLACE])
        for k in range(shards + 1):  # the last is the whole batch
            ctx[k, FIRST] = -(-k * batch // shards) if k < shards else 0
            ctx[k, LAST] = -(-(k + 1) * batch // shards) if k < shards else batch
            ctx[k, BATCH], ctx[k, STEP], ctx[k, SEED] = batch, cursor[UPDATE], plan[KEY]
            ctx[k, MODE], ctx[k, SHARD] = TRAIN, k % shards
        call_pass(work, machine, data, plan, cursor, ctx)
        call_reduce(reduction, grad, parts, plan)
        loss, total = grad[0, size], parts[0]
        for k in range(1, shards):
            loss += grad[k, size]
            total += parts[k]
        norm = length(grad[0, :size], total)
        out[u, 0] = loss
        out[u, 1] = norm
        for w in range(watch.size):
            out[u, 2 + w] = theta[watch[w]]
        if not (np.isfinite(loss) and np.isfinite(norm)):
            return u + 1
        cursor[COUNT] += 1
        call_apply(application, optimizer, theta, grad, first, second, knobs, cursor[COUNT], plan)
        cursor[UPDATE] += 1
        cursor[PLACE] += batch
        if cursor[PLACE] >= plan[EXAMPLES]:
            cursor[PLACE] = 0
            cursor[EPOCH] += 1
    return out.shape[0]


def train_signature(dtype: str):
    line = REAL[dtype][::1]
    addresses, run = [types.int64] * 4, (machine_type(dtype), data_type(dtype), INTEGERS, INTEGERS, TABLE)
    return types.int64(*addresses, *run, *[line] * 4, INTEGERS, types.float64[:, ::1])


@kernel
def measure(machine, data, plan, ctx, total, offset, values):
    """Go once through the data in blocks of plan[ROWS], in order; returns the loss over all of it.

    The gradient is summed into `total` unless that is empty; `values` (N, width), unless empty, gets the
    buffer at `offset`.
    """
    size, width, loss, grad = plan[SIZE], values.shape[1], 0.0, machine.grad
    count = machine.rows.shape[0] if width else plan[LIVE]
    total[:] = 0
    for start in range(0, plan[EXAMPLES], plan[ROWS]):
        batch = min(plan[ROWS], plan[EXAMPLES] - start)
        ctx[0, FIRST], ctx[0, LAST], ctx[0, BATCH], ctx[0, MODE] = 0, batch, batch, EVALUATE
        gather(machine, data, plan, False, key(0, 0, 0), start, ctx[0])
        forward(machine, 0, ctx[0], 0, count)
        share = batch / plan[EXAMPLES] if plan[MEAN] else 1.0
        loss += share * grad[0, size]
        for i in range(batch * width):
            values[start + i // width, i % width] = machine.act[offset * batch + i]
        if total.size:
            backward(machine, 0, ctx[0], 0, plan[LIVE])
            part = grad.dtype.type(share)
            for i in range(size):
                total[i] += part * grad[0, i]
    return loss


def measure_signature(dtype: str):
    line, table = REAL[dtype][::1], REAL[dtype][:, ::1]
    return types.float64(machine_type(dtype), data_type(dtype), INTEGERS, TABLE, line, types.int64, table)


@kernel
def survey(machine, data, plan, ctx, total, values, places, points, losses):
    """The loss over the data with θ[places] replaced by each row of `points`; θ is left as it was."""
    theta = machine.theta
    kept = theta[places]
    for p in range(points.shape[0]):
        for k in range(places.size):
            theta[places[k]] = points[p, k]
        losses[p] = measure(machine, data, plan, ctx, total, 0, values)
    for k in range(places.size):
        theta[places[k]] = kept[k]


def survey_signature(dtype: str):
    line, table = REAL[dtype][::1], REAL[dtype][:, ::1]
    places = (INTEGERS, table, types.float64[::1])
    return types.void(machine_type(dtype), data_type(dtype), INTEGERS, TABLE, line, table, *places)
