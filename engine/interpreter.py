"""Walks the operation table: one pass over a batch, many updates in a call, measurements over a data set."""

from __future__ import annotations

import functools
from typing import NamedTuple

import numpy as np
from numba import types

from engine.kernel import (
    BATCH,
    BATCHWISE,
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
    borrow,
    caller,
    constant,
    kernel,
)
from engine.optimizers.knobs import BASE, FACTOR, RATE
from engine.random import SHUFFLE, grid, key, permuted

# Entries of `plan`: what a run is.
EXAMPLES, ROWS, KEY, SHUFFLED, SHARDS, LIVE, TARGET, SIZE, MEAN, WORK = range(10)
# Entries of `cursor`: where it stands. PLACE is the next example of the epoch, COUNT the optimizer's updates.
# TAKEN those since Lookahead's last look.
UPDATE, EPOCH, PLACE, COUNT, TAKEN = range(5)
GATHER, FORWARD, BACKWARD = 1, 2, 4
# How a measurement takes batch norm and dropout: `batch` normalises by the batch at hand and drops nothing.
MODES = {"evaluate": EVALUATE, "train": TRAIN, "batch": BATCHWISE}


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
    ints: np.ndarray  # (batch · positions,) labels
    scratch: np.ndarray  # (shards, longest) working memory of an operation


class Data(NamedTuple):
    """Examples, read only: of x and of y one form each is empty."""

    x8: np.ndarray  # (N, width) bytes, to be scaled by 1/255
    xr: np.ndarray  # (N, width) real
    labels: np.ndarray  # (N · positions,), -1 for padding
    targets: np.ndarray  # (N, outputs) real


call_operation = caller("row hyper theta grad state act gact scratch ints ctx")
call_work = caller("machine data plan cursor ctx k start stop tasks")
call_pass = caller("machine data plan cursor ctx")
call_reduce = caller("grad parts plan")
call_apply = caller("optimizer theta grad first second third gauge knobs count plan")
call_optimizer = caller("theta grad first second third gauge knobs count")
call_adjust = caller("grad norm knobs seed step")
call_follow = caller("theta slow knobs taken")


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


def work_signature(dtype: str):
    return types.void(*pass_signature(dtype).args, *[types.int64] * 4)


def reduce_signature(dtype: str):
    return types.void(REAL[dtype][:, ::1], REAL[dtype][::1], INTEGERS)


def apply_signature(dtype: str):
    line = REAL[dtype][::1]
    return types.void(types.int64, line, REAL[dtype][:, ::1], *[line] * 5, types.int64, INTEGERS)


@kernel
def copy(table, r, scale, act, start):
    """Row r of a table, scaled, into the arena; a function of its own, so that its loop is vectorised."""
    for j in range(table.shape[1]):
        act[start + j] = act.dtype.type(table[r, j]) * scale


@kernel
def gather(act, ints, data, plan, shuffled, stream, place, ctx):
    """Copy a shard's rows of the batch that starts at `place` of the epoch into the arena."""
    x8, xr, labels, targets = data.x8, data.xr, data.labels, data.targets
    digits, each = grid(plan[EXAMPLES]), labels.shape[0] // plan[EXAMPLES]
    one = act.dtype.type(1)
    by = one / act.dtype.type(255)
    aim = plan[TARGET] * ctx[BATCH]
    for i in range(ctx[FIRST], ctx[LAST]):
        r = permuted(place + i, plan[EXAMPLES], digits, stream) if shuffled else place + i
        if x8.shape[0]:
            copy(x8, r, by, act, i * x8.shape[1])
        elif xr.shape[0]:
            copy(xr, r, one, act, i * xr.shape[1])
        if each:
            for t in range(each):
                ints[i * each + t] = labels[r * each + t]
        elif targets.shape[0]:
            copy(targets, r, one, act, aim + i * targets.shape[1])


@kernel
def work(machine, data, plan, cursor, ctx, k, start, stop, tasks):
    """Do some of GATHER, FORWARD and BACKWARD (a sum) for shard k, on the table's rows start … stop - 1.

    Leaves the shard's gradient, then its loss, in its row of `grad`; 0 if the shard has no examples.
    """
    m, c = machine, ctx[k]
    grad, scratch = m.grad[c[SHARD]], m.scratch[c[SHARD]]
    if c[FIRST] == c[LAST]:
        for i in range(grad.size):
            grad[i] = 0
        return
    if tasks & GATHER:  # a batch of everything needs no shuffling
        shuffled = plan[SHUFFLED] != 0 and c[BATCH] < plan[EXAMPLES]
        stream = key(plan[KEY], SHUFFLE, cursor[EPOCH])
        gather(m.act, m.ints, data, plan, shuffled, stream, cursor[PLACE], c)
    if tasks & FORWARD:
        for q in range(start, stop):
            row, hyper = m.rows[q], m.hyper[q]
            call_operation(
                m.fw[row[OP]], row, hyper, m.theta, grad, m.state, m.act, m.gact, scratch, m.ints, c
            )
    if tasks & BACKWARD:
        for q in range(stop - 1, start - 1, -1):
            row, hyper = m.rows[q], m.hyper[q]
            call_operation(
                m.bw[row[OP]], row, hyper, m.theta, grad, m.state, m.act, m.gact, scratch, m.ints, c
            )


@kernel
def run_pass(machine, data, plan, cursor, ctx):
    """Gather, forward, backward of one batch on this thread."""
    call_work(plan[WORK], machine, data, plan, cursor, ctx, 0, 0, plan[LIVE], GATHER | FORWARD | BACKWARD)


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
def apply(optimizer, theta, grad, first, second, third, gauge, knobs, count, plan):
    """One update of all of θ."""
    call_optimizer(optimizer, theta, grad[0, : plan[SIZE]], first, second, third, gauge, knobs, count)


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
    passing, reduction, application, codes, machine, data, plan, cursor, ctx, first, second, third, slow, gauge,
    knobs, factors, parts, watch, out,
):  # fmt: skip
    """Do out.shape[0] updates; a loss or gradient that is not finite ends them before θ is touched.

    A row of `out` is loss, |gradient| and the watched entries of θ, all before that update. Returns the
    number of rows written. The first three arguments and the five of `codes` are addresses; `factors` are the
    schedule's, one an update.
    """
    machine, data, plan, cursor, ctx = (
        borrow(machine),
        borrow(data),
        borrow(plan),
        borrow(cursor),
        borrow(ctx),
    )
    first, second, third, slow = borrow(first), borrow(second), borrow(third), borrow(slow)
    gauge, knobs, parts, out = borrow(gauge), borrow(knobs), borrow(parts), borrow(out)
    size, shards, grad, theta = plan[SIZE], plan[SHARDS], machine.grad, machine.theta
    slopes = grad[0, :size]
    update, lead, settle, adjust, follow = codes[0], codes[1], codes[2], codes[3], codes[4]
    for u in range(out.shape[0]):
        batch = min(plan[ROWS], plan[EXAMPLES] - cursor[PLACE])
        for k in range(shards + 1):  # the last is the whole batch
            ctx[k, FIRST] = -(-k * batch // shards) if k < shards else 0
            ctx[k, LAST] = -(-(k + 1) * batch // shards) if k < shards else batch
            ctx[k, BATCH], ctx[k, STEP], ctx[k, SEED] = batch, cursor[UPDATE], plan[KEY]
            ctx[k, MODE], ctx[k, SHARD] = TRAIN, k % shards
        for w in range(watch.size):
            out[u, 2 + w] = theta[watch[w]]
        knobs[FACTOR], knobs[RATE], count = factors[u], factors[u] * knobs[BASE], cursor[COUNT] + 1
        if lead >= 0:
            call_optimizer(lead, theta, slopes, first, second, third, gauge, knobs, count)
        call_pass(passing, machine, data, plan, cursor, ctx)
        call_reduce(reduction, grad, parts, plan)
        loss, total = grad[0, size], parts[0]
        for k in range(1, shards):
            loss += grad[k, size]
            total += parts[k]
        norm = length(slopes, total)
        out[u, 0] = loss
        out[u, 1] = norm
        if not (np.isfinite(loss) and np.isfinite(norm)):
            if lead >= 0:  # it keeps θ there
                for i in range(size):
                    theta[i] = third[i]
            return u + 1
        if adjust >= 0:
            parts[0] = norm
            call_adjust(adjust, slopes, parts, knobs, plan[KEY], cursor[UPDATE])
        call_apply(application, update, theta, grad, first, second, third, gauge, knobs, count, plan)
        if settle >= 0:
            call_optimizer(settle, theta, slopes, first, second, third, gauge, knobs, count)
        if follow >= 0:
            call_follow(follow, theta, slow, knobs, cursor[TAKEN:])
        cursor[COUNT] = count
        cursor[UPDATE] += 1
        cursor[PLACE] += batch
        if cursor[PLACE] >= plan[EXAMPLES]:
            cursor[PLACE] = 0
            cursor[EPOCH] += 1
    return out.shape[0]


def train_signature(dtype: str):
    line = REAL[dtype][::1]
    addresses, run = [types.int64] * 3, pass_signature(dtype).args
    return types.int64(*addresses, INTEGERS, *run, *[line] * 8, INTEGERS, types.float64[:, ::1])


@kernel
def real_labels(labels, plan, start, stop):
    """What examples start … stop - 1 count in a mean: those with a label, or their positions that have one."""
    each, count = labels.shape[0] // plan[EXAMPLES], 0
    if not each:
        return stop - start
    for i in range(start * each, stop * each):
        count += labels[i] >= 0
    return count


@kernel
def measure(machine, data, plan, cursor, ctx, total, offset, values):
    """Go once through the data in blocks of plan[ROWS], in order; returns the loss over all of it.

    The gradient is summed into `total` unless that is empty; `values` (N, width), unless empty, gets the
    buffer at `offset`. The caller sets step, seed and mode in `ctx`.
    """
    machine, data = borrow(machine), borrow(data)
    size, width, loss, grad = plan[SIZE], values.shape[1], 0.0, machine.grad
    count = machine.rows.shape[0] if width else plan[LIVE]
    whole = real_labels(data.labels, plan, 0, plan[EXAMPLES])
    for i in range(total.size):
        total[i] = 0
    for start in range(0, plan[EXAMPLES], plan[ROWS]):
        batch = min(plan[ROWS], plan[EXAMPLES] - start)
        cursor[PLACE] = start
        ctx[0, FIRST], ctx[0, LAST], ctx[0, BATCH] = 0, batch, batch
        call_work(plan[WORK], machine, data, plan, cursor, ctx, 0, 0, count, GATHER | FORWARD)
        real = real_labels(data.labels, plan, start, start + batch)
        share = real / max(whole, 1) if plan[MEAN] else 1.0
        loss += share * grad[0, size]
        for i in range(batch):
            for j in range(width):
                values[start + i, j] = machine.act[offset * batch + i * width + j]
        if total.size:
            call_work(plan[WORK], machine, data, plan, cursor, ctx, 0, 0, plan[LIVE], BACKWARD)
            part = grad.dtype.type(share)
            for i in range(size):
                total[i] += part * grad[0, i]
    return loss


def measure_signature(dtype: str):
    line, table = REAL[dtype][::1], REAL[dtype][:, ::1]
    return types.float64(*pass_signature(dtype).args, line, types.int64, table)


@kernel
def survey(machine, data, plan, cursor, ctx, total, values, places, points, losses):
    """The loss over the data with θ[places] replaced by each row of `points`; θ is left as it was."""
    theta = machine.theta
    kept = theta[places]
    for p in range(points.shape[0]):
        for k in range(places.size):
            theta[places[k]] = points[p, k]
        losses[p] = measure(machine, data, plan, cursor, ctx, total, 0, values)
    for k in range(places.size):
        theta[places[k]] = kept[k]


def survey_signature(dtype: str):
    line, table = REAL[dtype][::1], REAL[dtype][:, ::1]
    return types.void(*pass_signature(dtype).args, line, table, INTEGERS, table, types.float64[::1])
