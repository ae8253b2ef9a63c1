"""A loss that a person has typed: one thread walks the formula as the CPU does, from the same source."""

from __future__ import annotations

from types import ModuleType

from numba import float32

from engine.cuda.angles import cosine, sine
from engine.cuda.kernel import SIMULATED, Launch, cuda, helper, kernel, maths, twin
from engine.cuda.ops.surface import once
from engine.kernel import N0, PARAM
from engine.ops import formula


@helper
def power(a, b):
    """aᵇ."""
    return maths.power(a, b) if SIMULATED else a**b


@helper
def sign(a):
    """-1, 0 or 1; NaN stays NaN."""
    return (
        a if a != a else (float32(1) if a > float32(0) else (float32(-1) if a < float32(0) else float32(0)))
    )


numbers = ModuleType("numbers")  # what the CPU's source calls np
vars(numbers).update(power=power, sign=sign, sin=sine, cos=cosine, log=maths.log, sqrt=maths.sqrt)
join = twin(formula.join, np=numbers)
bend = twin(formula.bend, np=numbers, exp=maths.exp, tanh=maths.tanh)
forward = once(formula.formula_forward, join=join, bend=bend)


@kernel
def formula_slopes(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x and ∂y, which the forward kernel has left in `scratch`."""
    if cuda.grid(1) < 2:
        grad[rows[q, PARAM] + cuda.grid(1)] = scratch[1 + cuda.grid(1)]


def room(row, batch) -> int:
    """The stack: a formula pushes at most every step's number with its two slopes."""
    return 3 * int(row[N0])


def plan_forward(row, batch):
    return [forward._replace(scratch=room(row, batch))]


def plan_backward(row, batch):
    """The forward kernel once more: nothing stays in `scratch` from one half to the other."""
    need = room(row, batch)
    return [forward._replace(scratch=need), Launch(formula_slopes, (1,), (2,), need)]


OPERATIONS = {"formula": (plan_forward, plan_backward)}
