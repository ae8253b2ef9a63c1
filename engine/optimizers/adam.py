"""Adam and its family: means of the gradient (m) and of its square (v) in the first two rows."""

from __future__ import annotations

import numpy as np

from engine.kernel import kernel
from engine.optimizers.knobs import (
    BOUND,
    DECAY,
    EPSILON,
    FACTOR,
    FLOOR,
    L2,
    LOG_DECAY,
    LOG_MOMENTUM,
    MOMENTUM,
    PSI,
    RATE,
    SWITCH,
    THRESHOLD,
    TIGHTENING,
    TOLERANCE,
    WEIGHT_DECAY,
)

SPENT = 0  # gauge of Nadam: 1 - Π μ of the updates done
SWITCHED, MEAN, SHARE = range(3)  # gauge of SWATS: phase, mean of the projected rates, SGD's rate over η


@kernel
def remember(first, second, i, g, beta, gamma, floor):
    """m ← β₁ m + (1 - β₁) g; v ← β₂ v + (1 - β₂) g² for entry i; returns both."""
    zero, one = first.dtype.type(0), first.dtype.type(1)
    m = beta * first[i] + (one - beta) * g
    v = gamma * second[i] + (one - gamma) * g * g
    m = zero if abs(m) < floor else m
    v = zero if v < floor else v
    first[i] = m
    second[i] = v
    return m, v


@kernel
def weights(theta, knobs, count):
    """(1 - β₁ᵗ, √(1 - β₂ᵗ)): what m and √v are divided by to be without bias."""
    time = theta.dtype.type(count)
    return -np.expm1(time * knobs[LOG_MOMENTUM]), np.sqrt(-np.expm1(time * knobs[LOG_DECAY]))


@kernel
def adam(theta, grad, first, second, third, gauge, knobs, count):
    """θ ← θ - η m̂ / (√v̂ + ε), m̂ and v̂ without bias (Kingma and Ba 2015)."""
    beta, gamma, epsilon, l2, floor = knobs[MOMENTUM], knobs[DECAY], knobs[EPSILON], knobs[L2], knobs[FLOOR]
    share, root = weights(theta, knobs, count)
    rate, scale = knobs[RATE] / share, theta.dtype.type(1) / root
    for i in range(theta.size):
        m, v = remember(first, second, i, grad[i] + l2 * theta[i], beta, gamma, floor)
        theta[i] -= rate * m / (np.sqrt(v) * scale + epsilon)


@kernel
def adam_biased(theta, grad, first, second, third, gauge, knobs, count):
    """θ ← θ - η m / (√v + ε): Adam without the correction of its bias towards 0."""
    beta, gamma, epsilon, l2, floor = knobs[MOMENTUM], knobs[DECAY], knobs[EPSILON], knobs[L2], knobs[FLOOR]
    rate = knobs[RATE]
    for i in range(theta.size):
        m, v = remember(first, second, i, grad[i] + l2 * theta[i], beta, gamma, floor)
        theta[i] -= rate * m / (np.sqrt(v) + epsilon)


@kernel
def adamw(theta, grad, first, second, third, gauge, knobs, count):
    """θ ← θ - η λ θ - η m̂ / (√v̂ + ε): the decay stays out of m and v (Loshchilov and Hutter 2019)."""
    beta, gamma, epsilon, l2, floor = knobs[MOMENTUM], knobs[DECAY], knobs[EPSILON], knobs[L2], knobs[FLOOR]
    one = theta.dtype.type(1)
    share, root = weights(theta, knobs, count)
    rate, scale, keep = knobs[RATE] / share, one / root, one - knobs[RATE] * knobs[WEIGHT_DECAY]
    for i in range(theta.size):
        m, v = remember(first, second, i, grad[i] + l2 * theta[i], beta, gamma, floor)
        theta[i] = keep * theta[i] - rate * m / (np.sqrt(v) * scale + epsilon)


@kernel
def amsgrad(theta, grad, first, second, third, gauge, knobs, count):
    """Adam with the largest v so far in place of v (Reddi et al. 2018; without bias, as in PyTorch)."""
    beta, gamma, epsilon, l2, floor = knobs[MOMENTUM], knobs[DECAY], knobs[EPSILON], knobs[L2], knobs[FLOOR]
    share, root = weights(theta, knobs, count)
    rate, scale = knobs[RATE] / share, theta.dtype.type(1) / root
    for i in range(theta.size):
        m, v = remember(first, second, i, grad[i] + l2 * theta[i], beta, gamma, floor)
        v = v if v > third[i] else third[i]
        third[i] = v
        theta[i] -= rate * m / (np.sqrt(v) * scale + epsilon)


@kernel
def adabound(theta, grad, first, second, third, gauge, knobs, count):
    """θ ← θ - clip(η̂ / (√v + ε), low, high) m, both bounds closing on one rate (Luo et al. 2019; without bias
    and with bounds that follow the schedule, as in the authors' code)."""
    beta, gamma, epsilon, l2, floor = knobs[MOMENTUM], knobs[DECAY], knobs[EPSILON], knobs[L2], knobs[FLOOR]
    one = theta.dtype.type(1)
    share, root = weights(theta, knobs, count)
    rate, last = knobs[RATE] * root / share, knobs[BOUND] * knobs[FACTOR]
    time = knobs[TIGHTENING] * theta.dtype.type(count)
    low, high = last * (one - one / (time + one)), last * (one + one / time)
    for i in range(theta.size):
        m, v = remember(first, second, i, grad[i] + l2 * theta[i], beta, gamma, floor)
        each = rate / (np.sqrt(v) + epsilon)
        each = low if each < low else each
        each = high if each > high else each
        theta[i] -= each * m


@kernel
def pull(theta, knobs, count):
    """Nadam's μ at an update: β₁ (1 - 0.96^(ψ t) / 2)."""
    half, log = theta.dtype.type(0.5), theta.dtype.type(-0.040821994520255166)
    time = theta.dtype.type(count)
    return knobs[MOMENTUM] * (theta.dtype.type(1) - half * np.exp(log * time * knobs[PSI]))


@kernel
def nadam(theta, grad, first, second, third, gauge, knobs, count):
    """θ ← θ - η (μ' m / (1 - Π μ') + (1 - μ) g / (1 - Π μ)) / (√v̂ + ε), μ' the next μ (Dozat 2016)."""
    beta, gamma, epsilon, l2, floor = knobs[MOMENTUM], knobs[DECAY], knobs[EPSILON], knobs[L2], knobs[FLOOR]
    one = theta.dtype.type(1)
    _, root = weights(theta, knobs, count)
    mu, after = pull(theta, knobs, count), pull(theta, knobs, count + 1)
    left = (one - gauge[SPENT]) * mu
    slope, mean, scale = knobs[RATE] * (one - mu) / (one - left), knobs[RATE] * after, one / root
    mean /= one - left * after
    for i in range(theta.size):
        g = grad[i] + l2 * theta[i]
        m, v = remember(first, second, i, g, beta, gamma, floor)
        theta[i] -= (slope * g + mean * m) / (np.sqrt(v) * scale + epsilon)


@kernel
def nadam_settle(theta, grad, first, second, third, gauge, knobs, count):
    """Π μ of the updates done."""
    one = theta.dtype.type(1)
    gauge[SPENT] = one - (one - gauge[SPENT]) * pull(theta, knobs, count)


@kernel
def radam(theta, grad, first, second, third, gauge, knobs, count):
    """Adam times r once the variance of 1 / √v̂ has settled (ρ above its threshold), before it SGD with
    momentum (Liu et al. 2020)."""
    beta, gamma, epsilon, l2, floor = knobs[MOMENTUM], knobs[DECAY], knobs[EPSILON], knobs[L2], knobs[FLOOR]
    one, two, four = theta.dtype.type(1), theta.dtype.type(2), theta.dtype.type(4)
    share, root = weights(theta, knobs, count)
    rate, last, time = knobs[RATE] / share, two / -np.expm1(knobs[LOG_DECAY]) - one, theta.dtype.type(count)
    rho = last - two * time * np.exp(time * knobs[LOG_DECAY]) / (root * root)
    settled = rho > knobs[THRESHOLD]
    if settled:
        rate *= np.sqrt((rho - four) * (rho - two) * last / ((last - four) * (last - two) * rho)) * root
    for i in range(theta.size):
        m, v = remember(first, second, i, grad[i] + l2 * theta[i], beta, gamma, floor)
        theta[i] -= rate * m / (np.sqrt(v) + epsilon) if settled else rate * m


@kernel
def swats(theta, grad, first, second, third, gauge, knobs, count):
    """Adam, its step p kept in `third`, until the switch; then v ← β₁ v + g; θ ← θ - (1 - β₁) Λ v (Keskar and
    Socher 2017)."""
    beta, gamma, epsilon, l2, floor = knobs[MOMENTUM], knobs[DECAY], knobs[EPSILON], knobs[L2], knobs[FLOOR]
    zero, one = theta.dtype.type(0), theta.dtype.type(1)
    if gauge[SWITCHED] > zero:
        rate = (one - beta) * gauge[SHARE] * knobs[RATE]
        for i in range(theta.size):
            v = beta * first[i] + (grad[i] + l2 * theta[i])
            v = zero if abs(v) < floor else v
            first[i] = v
            theta[i] -= rate * v
        return
    share, root = weights(theta, knobs, count)
    rate = knobs[RATE] * root / share
    for i in range(theta.size):
        g = grad[i] + l2 * theta[i]
        m, v = remember(first, second, i, g, beta, gamma, floor)
        p = -rate * m / (np.sqrt(v) + epsilon)
        third[i] = p
        grad[i] = g
        theta[i] += p


@kernel
def swats_settle(theta, grad, first, second, third, gauge, knobs, count):
    """The rate γ = pᵀp / -pᵀg whose SGD step has Adam's step as its projection, its mean λ, and the switch with
    Λ = λ / (1 - β₂ᵗ) once the two agree, or after the given number of updates."""
    if gauge[SWITCHED] > theta.dtype.type(0):
        return
    zero, one, time = theta.dtype.type(0), theta.dtype.type(1), theta.dtype.type(count)
    gamma, pp, pg = knobs[DECAY], zero, zero
    for i in range(theta.size):
        pp += third[i] * third[i]
        pg += third[i] * grad[i]
    if pg == zero:
        return
    rate = -pp / pg
    gauge[MEAN] = gamma * gauge[MEAN] + (one - gamma) * rate
    mean = gauge[MEAN] / -np.expm1(time * knobs[LOG_DECAY])
    due = time >= knobs[SWITCH] if knobs[SWITCH] > zero else count > 1 and abs(mean - rate) < knobs[TOLERANCE]
    if due:
        gauge[SWITCHED], gauge[SHARE] = one, mean / knobs[RATE]
        for i in range(theta.size):
            first[i] = zero
