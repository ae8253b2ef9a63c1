"""A loss that a person has typed: a program of `engine.formula`, walked with both slopes beside each number."""

from __future__ import annotations

import numpy as np

from engine.formula import (
    ADD,
    CONSTANT,
    COS,
    DIVIDE,
    EXP,
    LOG,
    MULTIPLY,
    NEGATE,
    POWER,
    SIN,
    SQRT,
    SUBTRACT,
    TANH,
    X,
    Y,
)
from engine.kernel import N0, PARAM, kernel
from engine.mathematics import exp, tanh


@kernel
def join(code, u, v):
    """(u ∘ v, its slope in u, its slope in v)."""
    zero, one = u.dtype.type(0), u.dtype.type(1)
    a, b = u[0], v[0]
    if code == ADD:
        return a + b, one, one
    if code == SUBTRACT:
        return a - b, one, -one
    if code == MULTIPLY:
        return a * b, b, a
    if code == DIVIDE:
        return a / b, one / b, -a / (b * b)
    power = np.power(a, b)
    in_a = zero if b == zero else b * np.power(a, b - one)
    moves = v[1] != zero or v[2] != zero  # a fixed exponent needs no logarithm of what may be negative
    return power, in_a, power * np.log(a) if moves else zero


@kernel
def bend(code, u):
    """(f(u), f'(u))."""
    one, a = u.dtype.type(1), u[0]
    if code == NEGATE:
        return -a, -one
    if code == SIN:
        return np.sin(a), np.cos(a)
    if code == COS:
        return np.cos(a), -np.sin(a)
    if code == EXP:
        y = exp(a)
        return y, y
    if code == LOG:
        return np.log(a), one / a
    if code == SQRT:
        y = np.sqrt(a)
        return y, u.dtype.type(0.5) / y
    if code == TANH:
        y = tanh(a)
        return y, one - y * y
    return abs(a), np.sign(a)


@kernel
def formula_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """L = f(x, y); `scratch` (depth, 3) is the stack of numbers with ∂x and ∂y, its foot the result."""
    zero, one, top = theta.dtype.type(0), theta.dtype.type(1), -1
    for step in range(row[N0]):
        code = int(hyper[2 * step])
        if code <= Y:
            top += 1
            place = scratch[3 * top : 3 * top + 3]
            place[0] = hyper[2 * step + 1] if code == CONSTANT else theta[row[PARAM] + code - X]
            place[1] = one if code == X else zero
            place[2] = one if code == Y else zero
        elif code <= POWER:
            top -= 1
            u, v = scratch[3 * top : 3 * top + 3], scratch[3 * top + 3 : 3 * top + 6]
            value, in_u, in_v = join(code, u, v)
            for j in range(1, 3):
                u[j] = in_u * u[j] + (in_v * v[j] if v[j] != zero else zero)
            u[0] = value
        else:
            u = scratch[3 * top : 3 * top + 3]
            value, slope = bend(code, u)
            for j in range(1, 3):
                u[j] = slope * u[j] if u[j] != zero else zero
            u[0] = value
    grad[-1] = scratch[0]


@kernel
def formula_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x and ∂y, which the forward half has left."""
    grad[row[PARAM]], grad[row[PARAM] + 1] = scratch[1], scratch[2]


OPERATIONS = {"formula": (formula_forward, formula_backward)}
