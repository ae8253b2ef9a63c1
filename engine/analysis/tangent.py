"""Second derivatives by tangents: how every number of a pass moves while θ moves along many directions at once.

Pearlmutter's R-operator (1994): Rz = dz(θ + ε v)/dε at 0, for activations on the way forward and for gradients
on the way back, where R(∂L/∂θ) = H v. Directions are innermost: tables are (numbers of the arena, directions).
"""

from __future__ import annotations

import functools

import numpy as np
from numba import types

from engine import interpreter as walk
from engine.analysis.probe import stage
from engine.kernel import (
    BATCH,
    FIRST,
    IN,
    IN2,
    INTEGERS,
    JIT,
    LAST,
    N0,
    N1,
    N2,
    N3,
    NEED,
    OP,
    OUT,
    PARAM,
    REAL,
    TABLE,
    address,
    borrow,
    kernel,
)
from engine.ops.registry import OPERATIONS
from engine.trainer import Trainer

KINDS = (
    "dense", "add", "fork", "identity", "relu", "leaky-relu", "sigmoid", "hard-sigmoid", "tanh",
    "mse", "mae", "cross-entropy", "binary-cross-entropy",
)  # fmt: skip
DENSE, ADD, FORK, IDENTITY, RELU, LEAKY, SIGMOID, HARD, TANH, MSE, MAE, SOFTMAX, BINARY = range(len(KINDS))
DIRECTIONS = 64  # taken at once
VECTOR = 8  # numbers that a loop takes at once: what is left over takes as long
NEAR = 1 << 15  # numbers of a table of tangents that stay near the processor


@kernel
def bends(kind, slope, x, y):
    """(f'(x), f''(x)) of an activation with y = f(x); `slope` is leaky-relu's."""
    if kind == TANH:
        first = 1.0 - y * y
        return first, -2.0 * y * first
    if kind == SIGMOID:
        first = y * (1.0 - y)
        return first, first * (1.0 - 2.0 * y)
    if kind == RELU:
        return (1.0 if x > 0.0 else 0.0), 0.0
    if kind == LEAKY:
        return (1.0 if x > 0.0 else slope), 0.0
    if kind == HARD:
        return (1.0 / 6.0 if -3.0 < x < 3.0 else 0.0), 0.0
    return 1.0, 0.0


@kernel
def dense_forward(row, theta, act, ract, v, spans, reach, b):
    """Ry (b·n, D) = Rx W + x RW + Rbias."""
    k, n, at, x, y = row[N0], row[N1], row[PARAM], row[IN] * b, row[OUT] * b
    for i in range(b * max(1, row[N3])):
        for j in range(n):
            z = y + i * n + j
            for d in range(reach):
                ract[z, d] = 0.0
            for u in range(k):
                p, h = at + u * n + j, x + i * k + u
                weight, value = theta[p], act[h]
                if row[NEED]:
                    for d in range(reach):
                        ract[z, d] += weight * ract[h, d]
                for d in range(spans[p, 0], spans[p, 1]):
                    ract[z, d] += value * v[p, d]
            if row[N2]:
                p = at + k * n + j
                for d in range(spans[p, 0], spans[p, 1]):
                    ract[z, d] += v[p, d]


@kernel
def dense_backward(row, theta, act, gact, ract, rgact, v, spans, reach, b, found):
    """R∂W (P, D) += Rxᵀ ∂y + xᵀ R∂y, R∂bias += Σ R∂y, R∂x (b·k, D) = R∂y Wᵀ + ∂y RWᵀ."""
    k, n, at, x, y = row[N0], row[N1], row[PARAM], row[IN] * b, row[OUT] * b
    for i in range(b * max(1, row[N3])):
        if row[NEED]:
            for h in range(x + i * k, x + i * k + k):
                for d in range(reach):
                    rgact[h, d] = 0.0
        for j in range(n):
            z = y + i * n + j
            slope = gact[z]
            for u in range(k):
                p, h = at + u * n + j, x + i * k + u
                weight, value = theta[p], act[h]
                if row[NEED]:
                    for d in range(reach):
                        g = rgact[z, d]
                        found[p, d] += value * g + slope * ract[h, d]
                        rgact[h, d] += weight * g
                    for d in range(spans[p, 0], spans[p, 1]):
                        rgact[h, d] += slope * v[p, d]
                else:
                    for d in range(reach):
                        found[p, d] += value * rgact[z, d]
            if row[N2]:
                p = at + k * n + j
                for d in range(reach):
                    found[p, d] += rgact[z, d]


@kernel
def other_forward(kind, row, hyper, act, ract, reach, b):
    """Ry = f'(x) Rx of an activation; Ry = Ru + Rv of a sum; a copy each for a fork."""
    n, x, y = row[N0] * b, row[IN] * b, row[OUT] * b
    if kind == ADD:
        for i in range(n):
            for d in range(reach):
                ract[y + i, d] = ract[x + i, d] + ract[row[IN2] * b + i, d]
    elif kind == FORK:
        for c in range(row[N1]):
            for i in range(n):
                for d in range(reach):
                    ract[y + c * n + i, d] = ract[x + i, d]
    elif kind < MSE:
        for i in range(n):
            first, _ = bends(kind, hyper[0], act[x + i], act[y + i])
            for d in range(reach):
                ract[y + i, d] = first * ract[x + i, d]


@kernel
def other_backward(kind, row, hyper, act, gact, ract, rgact, scale, reach, b):
    """R∂x = f'(x) R∂y + f''(x) ∂y Rx of an activation; of a loss R∂z = scale · (∂²L/∂z²) Rz."""
    width, x, y = row[N0], row[IN] * b, row[OUT] * b
    n = width * b
    if kind == ADD:
        for i in range(n):
            for d in range(reach):
                rgact[x + i, d] = rgact[y + i, d]
                rgact[row[IN2] * b + i, d] = rgact[y + i, d]
    elif kind == FORK:
        for i in range(n):
            for d in range(reach):
                rgact[x + i, d] = rgact[y + i, d]
            for c in range(1, row[N1]):
                for d in range(reach):
                    rgact[x + i, d] += rgact[y + c * n + i, d]
    elif kind < MSE:
        for i in range(n):
            first, second = bends(kind, hyper[0], act[x + i], act[y + i])
            second *= gact[y + i]
            for d in range(reach):
                rgact[x + i, d] = first * rgact[y + i, d] + second * ract[x + i, d]
    elif kind == SOFTMAX:
        for i in range(0, n, width):
            for d in range(reach):
                mean = 0.0
                for j in range(i, i + width):
                    mean += act[y + j] * ract[x + j, d]
                for j in range(i, i + width):
                    rgact[x + j, d] = scale * act[y + j] * (ract[x + j, d] - mean)
    else:
        for i in range(n):
            curve = 2.0 if kind == MSE else 0.0
            if kind == BINARY:
                curve = act[y + i] * (1.0 - act[y + i])
            for d in range(reach):
                rgact[x + i, d] = scale * curve * ract[x + i, d]


@kernel
def push(machine, data, plan, cursor, ctx, kinds, reaches, scale, v, spans, ract, rgact, found):
    """H v (P, D) over the data for the columns of v (P, D); row p of v is zero outside of spans[p].

    reaches: by row of the table, how many directions, the first ones, matter there. Examples go through in
    blocks of plan[ROWS]; ract and rgact (arena, D) are their tangents.
    """
    machine, data, reaches, v, spans = (
        borrow(machine),
        borrow(data),
        borrow(reaches),
        borrow(v),
        borrow(spans),
    )
    ract, rgact, found = borrow(ract), borrow(rgact), borrow(found)
    rows, theta, act, gact = machine.rows, machine.theta, machine.act, machine.gact
    found[:] = 0.0
    before = 0
    for start in range(0, plan[walk.EXAMPLES], plan[walk.ROWS]):
        b = min(plan[walk.ROWS], plan[walk.EXAMPLES] - start)
        cursor[walk.PLACE] = start
        ctx[0, FIRST], ctx[0, LAST], ctx[0, BATCH] = 0, b, b
        tasks = walk.GATHER | walk.FORWARD | walk.BACKWARD
        walk.call_work(plan[walk.WORK], machine, data, plan, cursor, ctx, 0, 0, plan[walk.LIVE], tasks)
        if b != before:  # buffers have moved: what no row writes is zero
            ract[:] = 0.0
            rgact[:] = 0.0
        before = b
        share = b / plan[walk.EXAMPLES] if plan[walk.MEAN] else 1.0
        for i in range(gact.size):
            gact[i] *= share
        for q in range(plan[walk.LIVE]):
            row = rows[q]
            if kinds[q] == DENSE:
                dense_forward(row, theta, act, ract, v, spans, reaches[q], b)
            elif row[NEED] or kinds[q] == FORK:  # what needs no gradient has no tangent
                other_forward(kinds[q], row, machine.hyper[q], act, ract, reaches[q], b)
        for q in range(plan[walk.LIVE] - 1, -1, -1):
            row = rows[q]
            if kinds[q] == DENSE:
                dense_backward(row, theta, act, gact, ract, rgact, v, spans, reaches[q], b, found)
            elif row[NEED] or kinds[q] == FORK:
                hyper = machine.hyper[q]
                other_backward(kinds[q], row, hyper, act, gact, ract, rgact, scale, reaches[q], b)


@functools.cache
def compile_push() -> None:
    """Compile `push`, or load it from the cache, once."""
    table, run = REAL["float64"][:, ::1], walk.pass_signature("float64").args
    signature = types.void(*run, INTEGERS, INTEGERS, types.float64, table, TABLE, table, table, table)
    if JIT:
        address(push, signature)


def names(program) -> list[str]:
    """The operation of each row on the way to the loss."""
    known = list(OPERATIONS)
    return [known[number] for number in program.rows[: program.live, OP]]


def covers(program) -> bool:
    """Whether every operation on the way to the loss has a tangent here."""
    return program.live > 0 and set(names(program)) <= set(KINDS)


def products(trainer: Trainer, vectors: np.ndarray) -> np.ndarray:
    """(M, P) H v for each row of vectors (M, P)."""
    found = np.empty(vectors.shape)
    for start in range(0, len(vectors), DIRECTIONS):
        part = np.ascontiguousarray(vectors[start : start + DIRECTIONS].T, np.float64)
        spans = np.tile(np.array([0, part.shape[1]]), (len(part), 1))
        reaches = np.full(trainer.program.live, part.shape[1])
        found[start : start + DIRECTIONS] = run(trainer, part, spans, reaches).T
    return found


def hessian(trainer: Trainer) -> np.ndarray:
    """(P, P) along every entry of θ: of each column only what lies on and below the diagonal is computed.

    A row of the table moves with the parameters met so far only, so that it needs no other direction.
    """
    program, size = trainer.program, trainer.program.size
    rows = program.rows[: program.live]
    owned = np.where(rows[:, OP] == list(OPERATIONS).index("dense"), rows[:, N0] * rows[:, N1], 0)
    ends = np.where(owned > 0, rows[:, PARAM] + owned + rows[:, N2] * rows[:, N1], 0)
    ends = np.maximum.accumulate(ends)
    found = np.zeros((size, size))
    for start in range(0, size, DIRECTIONS):
        count = min(DIRECTIONS, size - start)
        wide = -(-count // VECTOR) * VECTOR
        v, spans = np.zeros((size, wide)), np.zeros((size, 2), np.int64)
        each = np.arange(count)
        v[start + each, each] = 1
        spans[start + each] = np.stack((each, each + 1), axis=1)
        reaches = -(-np.clip(ends - start, 0, count) // VECTOR) * VECTOR
        found[:, start : start + count] = run(trainer, v, spans, reaches)[:, :count]
    return np.tril(found) + np.tril(found, -1).T


def run(trainer: Trainer, v: np.ndarray, spans: np.ndarray, reaches: np.ndarray) -> np.ndarray:
    """`push` on the trainer's own data at its present θ."""
    program, count = trainer.program, v.shape[1]
    rows = max(1, NEAR // (program.width * count))
    machine, plan, cursor, context = stage(trainer, rows)
    kinds = np.array([KINDS.index(name) for name in names(program)])
    outputs = 1 if program.loss.op == "cross-entropy" else program.loss.width
    scale = 1 / (trainer.examples * outputs) if program.mean else 1.0
    ract, rgact = np.zeros((2, int(plan[walk.ROWS]) * program.width, count))
    found = np.empty((program.size, count))
    compile_push()
    data = machine, trainer._data, plan, cursor, context, kinds, reaches.astype(np.int64), float(scale)
    with np.errstate(all="ignore"):
        push(*data, v, spans, ract, rgact, found)
    return found
