"""A rate for every entry of θ, from the squares of its gradients."""

from __future__ import annotations

import numpy as np

from engine.kernel import kernel
from engine.optimizers.knobs import DECAY, EPSILON, FLOOR, L2, RATE


@kernel
def mean_rms(theta, grad, first, second, third, gauge, knobs, count):
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
def adagrad(theta, grad, first, second, third, gauge, knobs, count):
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
def rmsprop(theta, grad, first, second, third, gauge, knobs, count):
    """v ← α v + (1 - α) g²; θ ← θ - η g / (√v + ε) (Hinton's Coursera lecture 6e, 2012)."""
    rate, alpha, epsilon, l2, floor = knobs[RATE], knobs[DECAY], knobs[EPSILON], knobs[L2], knobs[FLOOR]
    zero, one = theta.dtype.type(0), theta.dtype.type(1)
    for i in range(theta.size):
        g = grad[i] + l2 * theta[i]
        v = alpha * second[i] + (one - alpha) * g * g
        v = zero if v < floor else v
        second[i] = v
        theta[i] -= rate * g / (np.sqrt(v) + epsilon)
