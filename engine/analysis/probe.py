"""Losses and gradients of a trainer's network at many θ, in one call and without touching its run."""

from __future__ import annotations

import functools

import numpy as np
from numba import types

from engine import interpreter as walk
from engine.errors import EngineError
from engine.kernel import JIT, REAL, address, kernel, real
from engine.trainer import Trainer


@kernel
def slopes(machine, data, plan, cursor, ctx, total, values, points, table, losses):
    """∂L/∂θ over the data at each row of `points` into `table`, L into `losses`; θ is left as it was."""
    theta = machine.theta
    kept = theta.copy()
    for p in range(points.shape[0]):
        theta[:] = points[p]
        losses[p] = walk.measure(machine, data, plan, cursor, ctx, total, 0, values)
        table[p] = total
    theta[:] = kept


@functools.cache
def compile_slopes(dtype: str) -> None:
    """Compile `slopes`, or load it from the cache, once."""
    line, table = REAL[dtype][::1], REAL[dtype][:, ::1]
    run = walk.pass_signature(dtype).args
    if JIT:
        address(slopes, types.void(*run, line, table, table, table, types.float64[::1]))


def losses(trainer: Trainer, points) -> np.ndarray:
    """(M,) the loss over the trainer's data at each row of points (M, P)."""
    return trainer.survey(range(trainer.program.size), points)


def gradients(trainer: Trainer, points) -> np.ndarray:
    """(M, P) ∂L/∂θ over the trainer's data at each row of points (M, P), without the L2 term."""
    return differentiate(trainer, points)[1]


def differentiate(trainer: Trainer, points) -> tuple[np.ndarray, np.ndarray]:
    """(M,) losses and (M, P) gradients at each row of points (M, P)."""
    size, dtype = trainer.program.size, trainer.dtype
    points = real(dtype, points).reshape(-1, size)
    table, found, total = np.zeros(points.shape, dtype), np.zeros(len(points)), np.zeros(size, dtype)
    empty = np.zeros((trainer.examples, 0), dtype)
    compile_slopes(dtype)
    with np.errstate(all="ignore"):
        machine, *run = stage(trainer)
        slopes(machine, trainer._data, *run, total, empty, points, table, found)
    return found, table


def stage(trainer: Trainer, rows: int | None = None):
    """Machine, plan, cursor and context of a measurement over the trainer's data, `rows` examples at once."""
    plan, cursor, context = trainer._view(trainer.examples, "evaluate")
    plan[walk.ROWS] = min(trainer.examples, rows or plan[walk.ROWS])
    grad = np.zeros((1, trainer.program.size + 1), trainer.dtype)
    return trainer._machine(grad, trainer._room(int(plan[walk.ROWS]))), plan, cursor, context


def double(trainer: Trainer) -> Trainer:
    """The trainer, which has to compute in float64: second derivatives drown in float32's rounding."""
    if trainer.dtype != "float64":
        raise EngineError("needs-float64", dtype=trainer.dtype)
    return trainer
