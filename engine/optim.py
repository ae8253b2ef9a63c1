"""Optimizers: one update of a slice of θ from its gradient, on at most two rows of memory per entry.

All have the signature of `optimizer_signature`; `knobs` holds the numbers named below, `count` the updates
done with this optimizer, this one included. Rows fall to 0 below the floor: numbers too small for the
processor's fast path make every later update slower.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numba import types

from engine.kernel import REAL, kernel

RATE, MOMENTUM, DECAY, EPSILON, L2, FLOOR, LOG_MOMENTUM, LOG_DECAY = range(8)


def optimizer_signature(dtype: str):
    """(theta, grad, first, second, knobs, count) -> nothing; the first four are slices of equal length."""
    return types.void(*[REAL[dtype][::1]] * 5, types.int64)


@kernel
def sgd(theta, grad, first, second, knobs, count):
    """θ ← θ - η g (Robbins and Monro 1951)."""
    rate, l2 = knobs[RATE], knobs[L2]
    for i in range(theta.size):
        theta[i] -= rate * (grad[i] + l2 * theta[i])


@kernel
def momentum(theta, grad, first, second, knobs, count):
    """m ← μ m + g; θ ← θ - η m (Polyak 1964, as in PyTorch)."""
    rate, mu, l2, floor, zero = knobs[RATE], knobs[MOMENTUM], knobs[L2], knobs[FLOOR], theta.dtype.type(0)
    for i in range(theta.size):
        m = mu * first[i] + (grad[i] + l2 * theta[i])
        m = zero if abs(m) < floor else m
        first[i] = m
        theta[i] -= rate * m


@kernel
def adam(theta, grad, first, second, knobs, count):
    """m ← β₁ m + (1 - β₁) g; v ← β₂ v + (1 - β₂) g²; θ ← θ - η m̂ / (√v̂ + ε), both without bias
    (Kingma and Ba 2015)."""
    beta, gamma, epsilon, l2, floor = knobs[MOMENTUM], knobs[DECAY], knobs[EPSILON], knobs[L2], knobs[FLOOR]
    zero, one, time = theta.dtype.type(0), theta.dtype.type(1), theta.dtype.type(count)
    rate = knobs[RATE] / -np.expm1(time * knobs[LOG_MOMENTUM])
    scale = one / np.sqrt(-np.expm1(time * knobs[LOG_DECAY]))
    for i in range(theta.size):
        g = grad[i] + l2 * theta[i]
        m = beta * first[i] + (one - beta) * g
        v = gamma * second[i] + (one - gamma) * g * g
        m = zero if abs(m) < floor else m
        v = zero if v < floor else v
        first[i] = m
        second[i] = v
        theta[i] -= rate * m / (np.sqrt(v) * scale + epsilon)


@kernel
def mean_rms(theta, grad, first, second, knobs, count):
    """s ← s + g²; σ = √(s / t); θ ← θ - η g / σ (the lecture's Adagrad, t the number of gradients so far)."""
    l2, floor, zero, time = knobs[L2], knobs[FLOOR], theta.dtype.type(0), theta.dtype.type(count)
    rate = knobs[RATE] * np.sqrt(time)
    for i in range(theta.size):
        g = grad[i] + l2 * theta[i]
        s = second[i] + g * g
        s = zero if s < floor else s
        second[i] = s
        theta[i] -= rate * g / np.sqrt(s) if s > zero else zero


@kernel
def adagrad(theta, grad, first, second, knobs, count):
    """s ← s + g²; θ ← θ - η g / (√s + ε) (Duchi et al. 2011)."""
    rate, epsilon, l2, floor = knobs[RATE], knobs[EPSILON], knobs[L2], knobs[FLOOR]
    zero = theta.dtype.type(0)
    for i in range(theta.size):
        g = grad[i] + l2 * theta[i]
        s = second[i] + g * g
        s = zero if s < floor else s
        second[i] = s
        theta[i] -= rate * g / (np.sqrt(s) + epsilon)


@kernel
def rmsprop(theta, grad, first, second, knobs, count):
    """v ← α v + (1 - α) g²; θ ← θ - η g / (√v + ε) (Hinton's Coursera lecture 6e, 2012)."""
    rate, alpha, epsilon, l2, floor = knobs[RATE], knobs[DECAY], knobs[EPSILON], knobs[L2], knobs[FLOOR]
    zero, one = theta.dtype.type(0), theta.dtype.type(1)
    for i in range(theta.size):
        g = grad[i] + l2 * theta[i]
        v = alpha * second[i] + (one - alpha) * g * g
        v = zero if v < floor else v
        second[i] = v
        theta[i] -= rate * g / (np.sqrt(v) + epsilon)


class Optimizer(NamedTuple):
    """An update, its default decay and ε (PyTorch's), and the rows that it remembers."""

    update: Callable
    decay: float = 0.0
    epsilon: float = 0.0
    rows: tuple[str, ...] = ()


OPTIMIZERS = {
    "sgd": Optimizer(sgd),
    "momentum": Optimizer(momentum, rows=("first",)),
    "adam": Optimizer(adam, 0.999, 1e-8, ("first", "second")),
    "mean-rms": Optimizer(mean_rms, rows=("second",)),
    "adagrad": Optimizer(adagrad, 0.0, 1e-10, ("second",)),
    "rmsprop": Optimizer(rmsprop, 0.99, 1e-8, ("second",)),
}


def log(x: float) -> float:
    return math.log(x) if x > 0 else -math.inf


def fill(knobs: np.ndarray, values: Mapping[str, Any]) -> None:
    """Write the settings of a run into `knobs` (8); decay and ε of None mean the optimizer's defaults."""
    default = OPTIMIZERS[values["optimizer"]]
    decay = default.decay if values["decay"] is None else values["decay"]
    epsilon = default.epsilon if values["epsilon"] is None else values["epsilon"]
    floor = np.finfo(knobs.dtype).tiny * 1e8
    beta = values["momentum"]
    knobs[:] = (values["rate"], beta, decay, epsilon, values["l2"], floor, log(beta), log(decay))
