"""Descent along the gradient, with and without momentum.

Every update has the parameters of `optimizer_signature`: slices of θ, of its gradient and of up to three rows
of memory (empty where an optimizer has fewer), `gauge` for all of θ together, `knobs`, and `count`, the number
of updates with this optimizer, this one included. Rows fall to 0 below the floor: numbers too small for the
processor's fast path make every later update slower.
"""

from __future__ import annotations

from engine.kernel import kernel
from engine.optimizers.knobs import FLOOR, L2, MOMENTUM, RATE, WEIGHT_DECAY


@kernel
def sgd(theta, grad, first, second, third, gauge, knobs, count):
    """θ ← θ - η g (Robbins and Monro 1951)."""
    rate, l2 = knobs[RATE], knobs[L2]
    for i in range(theta.size):
        theta[i] -= rate * (grad[i] + l2 * theta[i])


@kernel
def momentum(theta, grad, first, second, third, gauge, knobs, count):
    """m ← μ m + g; θ ← θ - η m (Polyak 1964, as in PyTorch)."""
    rate, mu, l2, floor, zero = knobs[RATE], knobs[MOMENTUM], knobs[L2], knobs[FLOOR], theta.dtype.type(0)
    for i in range(theta.size):
        m = mu * first[i] + (grad[i] + l2 * theta[i])
        m = zero if abs(m) < floor else m
        first[i] = m
        theta[i] -= rate * m


@kernel
def nesterov(theta, grad, first, second, third, gauge, knobs, count):
    """m ← μ m + g; θ ← θ - η (g + μ m): θ is the point looked ahead to (Bengio et al. 2013, as in PyTorch)."""
    rate, mu, l2, floor, zero = knobs[RATE], knobs[MOMENTUM], knobs[L2], knobs[FLOOR], theta.dtype.type(0)
    for i in range(theta.size):
        g = grad[i] + l2 * theta[i]
        m = mu * first[i] + g
        m = zero if abs(m) < floor else m
        first[i] = m
        theta[i] -= rate * (g + mu * m)


@kernel
def look_ahead(theta, grad, first, second, third, gauge, knobs, count):
    """θ ← θ + μ v, the old θ kept in `third`: where Nesterov's gradient is taken."""
    mu = knobs[MOMENTUM]
    for i in range(theta.size):
        third[i] = theta[i]
        theta[i] += mu * first[i]


@kernel
def nesterov_ahead(theta, grad, first, second, third, gauge, knobs, count):
    """v ← μ v - η ∇L(θ + μ v); θ ← θ + v (Nesterov 1983, Sutskever et al. 2013); comes after `look_ahead`."""
    rate, mu, l2, floor, zero = knobs[RATE], knobs[MOMENTUM], knobs[L2], knobs[FLOOR], theta.dtype.type(0)
    for i in range(theta.size):
        v = mu * first[i] - rate * (grad[i] + l2 * theta[i])
        v = zero if abs(v) < floor else v
        first[i] = v
        theta[i] = third[i] + v


@kernel
def sgdw(theta, grad, first, second, third, gauge, knobs, count):
    """m ← μ m + g; θ ← θ - η (m + λ θ) (Loshchilov and Hutter 2019; η in front of λ, as PyTorch's AdamW)."""
    rate, mu, l2, floor, zero = knobs[RATE], knobs[MOMENTUM], knobs[L2], knobs[FLOOR], theta.dtype.type(0)
    shrink = knobs[WEIGHT_DECAY]
    for i in range(theta.size):
        m = mu * first[i] + (grad[i] + l2 * theta[i])
        m = zero if abs(m) < floor else m
        first[i] = m
        theta[i] -= rate * (m + shrink * theta[i])
