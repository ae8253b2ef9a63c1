"""Normalisations: numbers are brought to mean 0 and variance 1, then scaled by γ and moved by β, if it has them.

γ comes before β in θ. A batch norm keeps 4 c numbers in `state`: running mean and variance, and of the batch at
hand the mean and 1/σ, which the backward half needs.
"""

from __future__ import annotations

import numpy as np

from engine.kernel import (
    EVALUATE,
    IN,
    MODE,
    N0,
    N1,
    N2,
    N3,
    NEED,
    OUT,
    PARAM,
    STATE,
    TRAIN,
    inlined,
    kernel,
    span,
)
from engine.sums import add_up, center, clear, products


@kernel
def add_channels(a, total, p):
    """total (c) += Σ a (b, c, p) over rows and positions."""
    c = total.size
    if p == 1:
        for start in range(0, a.size, c):
            row = a[start : start + c]
            for j in range(c):
                total[j] += row[j]
        return
    for k in range(a.size // p):
        part, each = a.dtype.type(0), a[k * p : k * p + p]
        for t in range(p):
            part += each[t]
        total[k % c] += part


@kernel
def add_products(a, level, x, mean, total, p):
    """total (c) += Σ (a - level)(x - mean) over rows and positions; a and x (b, c, p), level and mean (c)."""
    c = total.size
    if p == 1:
        for start in range(0, a.size, c):
            u, v = a[start : start + c], x[start : start + c]
            for j in range(c):
                total[j] += (u[j] - level[j]) * (v[j] - mean[j])
        return
    for k in range(a.size // p):
        u, v, here, middle = a[k * p : k * p + p], x[k * p : k * p + p], level[k % c], mean[k % c]
        part = a.dtype.type(0)
        for t in range(p):
            part += (u[t] - here) * (v[t] - middle)
        total[k % c] += part


@kernel
def mix_channels(a, x, mean, gain, slope, lift, y, p):
    """y = gain a + slope (x - mean) + lift, a, x and y (b, c, p), the others (c)."""
    c = mean.size
    if p == 1:
        for start in range(0, a.size, c):
            u, v, w = a[start : start + c], x[start : start + c], y[start : start + c]
            for j in range(c):
                w[j] = gain[j] * u[j] + slope[j] * (v[j] - mean[j]) + lift[j]
        return
    for k in range(a.size // p):
        u, v, w, j = a[k * p : k * p + p], x[k * p : k * p + p], y[k * p : k * p + p], k % c
        by, tilt, middle, up = gain[j], slope[j], mean[j], lift[j]
        for t in range(p):
            w[t] = by * u[t] + tilt * (v[t] - middle) + up


@kernel
def keep_running(running, now, share, factor):
    """running (c) ← (1 - share) running + share · factor · now; 0 where that would slow every later update."""
    one, zero, floor = running.dtype.type(1), running.dtype.type(0), running.dtype.type(1e-30)
    for j in range(running.size):
        value = (one - share) * running[j] + share * factor * now[j]
        value = zero if abs(value) < floor else value
        running[j] = value if np.isfinite(value) else running[j]  # a blow-up is seen elsewhere


@kernel
def batch_norm_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y (b, c, p) = γ (x - μ) / √(σ² + ε) + β by channel; μ, σ² (c) of the batch, running ones in evaluation
    (Ioffe and Szegedy 2015).

    Training moves the running ones by the share hyper 1, the variance divided by n - 1 there, as PyTorch does.
    """
    c, p, gamma, at = row[N0], row[N1], row[PARAM], row[STATE]
    x, y = span(act, row[IN], c * p, ctx), span(act, row[OUT], c * p, ctx)
    mean, inverse = state[at + 2 * c : at + 3 * c], state[at + 3 * c : at + 4 * c]
    one, zero = act.dtype.type(1), act.dtype.type(0)
    if ctx[MODE] == EVALUATE:
        for j in range(c):
            mean[j], inverse[j] = state[at + j], state[at + c + j]
    else:
        count = act.dtype.type(x.size // c)
        clear(mean)
        add_channels(x, mean, p)
        for j in range(c):
            mean[j] /= count
        clear(inverse)
        add_products(x, mean, x, mean, inverse, p)
        for j in range(c):
            inverse[j] /= count
        if ctx[MODE] == TRAIN:
            keep_running(state[at : at + c], mean, hyper[1], one)
            keep_running(state[at + c : at + 2 * c], inverse, hyper[1], count / (count - one))
    gain, slope, lift = scratch[:c], scratch[c : 2 * c], scratch[2 * c : 3 * c]
    for j in range(c):
        inverse[j] = one / np.sqrt(inverse[j] + hyper[0])
        gain[j] = zero
        slope[j] = theta[gamma + j] * inverse[j] if row[N2] else inverse[j]
        lift[j] = theta[gamma + c + j] if row[N2] else zero
    mix_channels(x, x, mean, gain, slope, lift, y, p)


@kernel
def batch_norm_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂γ = Σ ∂y x̂, ∂β = Σ ∂y, ∂x = γ/σ (∂y - mean(∂y) - x̂ mean(∂y x̂)); in evaluation γ/σ ∂y."""
    c, p, gamma, at = row[N0], row[N1], row[PARAM], row[STATE]
    x, gy = span(act, row[IN], c * p, ctx), span(gact, row[OUT], c * p, ctx)
    mean, inverse = state[at + 2 * c : at + 3 * c], state[at + 3 * c : at + 4 * c]
    gain, slope, lift = scratch[:c], scratch[c : 2 * c], scratch[2 * c : 3 * c]
    one, zero, count = act.dtype.type(1), act.dtype.type(0), act.dtype.type(x.size // c)
    clear(gain)
    clear(slope)
    clear(lift)
    add_channels(gy, lift, p)
    add_products(gy, gain, x, mean, slope, p)
    share = zero if ctx[MODE] == EVALUATE else one / count
    for j in range(c):
        if row[N2]:
            grad[gamma + j] = slope[j] * inverse[j]
            grad[gamma + c + j] = lift[j]
        gain[j] = theta[gamma + j] * inverse[j] if row[N2] else inverse[j]
        slope[j] *= -share * gain[j] * inverse[j] * inverse[j]
        lift[j] *= -share * gain[j]
    if row[NEED]:
        mix_channels(gy, x, mean, gain, slope, lift, span(gact, row[IN], c * p, ctx), p)


@inlined
def moments(x, epsilon, spare):
    """(mean, 1 / √(variance + ε)) of a few numbers; leaves x - mean in `spare`."""
    count = x.dtype.type(x.size)
    mean = add_up(x) / count
    center(x, mean, spare)
    return mean, x.dtype.type(1) / np.sqrt(products(spare, spare) / count + epsilon)


@kernel
def layer_norm_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y = γ (x - μ) / √(σ² + ε) + β over each run of d numbers of a row, γ and β (d) (Ba et al. 2016)."""
    n, d, gamma = row[N0], row[N1], row[PARAM]
    x, y = span(act, row[IN], n, ctx), span(act, row[OUT], n, ctx)
    scale, shift, u = theta[gamma : gamma + d], theta[gamma + d : gamma + 2 * d], scratch[:d]
    for start in range(0, x.size, d):
        v = y[start : start + d]
        _, inverse = moments(x[start : start + d], hyper[0], u)
        if row[N2]:
            for j in range(d):
                v[j] = u[j] * inverse * scale[j] + shift[j]
        else:
            for j in range(d):
                v[j] = u[j] * inverse


@kernel
def layer_norm_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂γ = Σ ∂y x̂, ∂β = Σ ∂y, ∂x = (g - mean(g) - x̂ mean(g x̂)) / σ with g = γ ∂y, over each run."""
    n, d, gamma = row[N0], row[N1], row[PARAM]
    x, gx, gy = span(act, row[IN], n, ctx), span(gact, row[IN], n, ctx), span(gact, row[OUT], n, ctx)
    scale, gain, shift = theta[gamma : gamma + d], grad[gamma : gamma + d], grad[gamma + d : gamma + 2 * d]
    u, slopes, count = scratch[:d], scratch[d : 2 * d], act.dtype.type(d)
    if row[N2]:
        clear(gain)
        clear(shift)
    for start in range(0, x.size, d):
        g = gy[start : start + d]
        _, inverse = moments(x[start : start + d], hyper[0], u)
        if row[N2]:
            for j in range(d):
                gain[j] += g[j] * u[j] * inverse
                shift[j] += g[j]
                slopes[j] = g[j] * scale[j]
        else:
            for j in range(d):
                slopes[j] = g[j]
        if row[NEED]:
            level, out = add_up(slopes) / count, gx[start : start + d]
            tilt = products(slopes, u) * inverse * inverse / count
            for j in range(d):
                out[j] = (slopes[j] - level - tilt * u[j]) * inverse


@kernel
def group_norm_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y (b, c, p) = γ (x - μ) / √(σ² + ε) + β, μ and σ² of each example's groups of k channels, γ and β (c)
    (Wu and He 2018; k = 1: instance norm, Ulyanov et al. 2016)."""
    c, p, k, gamma = row[N0], row[N1], row[N2], row[PARAM]
    x, y = span(act, row[IN], c * p, ctx), span(act, row[OUT], c * p, ctx)
    one, zero, spare = act.dtype.type(1), act.dtype.type(0), scratch[: k * p]
    at = gamma  # of the group's first channel
    for start in range(0, x.size, k * p):
        mean, inverse = moments(x[start : start + k * p], hyper[0], spare)
        for i in range(k):
            u, v = x[start + i * p : start + i * p + p], y[start + i * p : start + i * p + p]
            scale = inverse * (theta[at + i] if row[N3] else one)
            shift = theta[at + c + i] if row[N3] else zero
            for t in range(p):
                v[t] = (u[t] - mean) * scale + shift
        at = at + k if at + k < gamma + c else gamma


@kernel
def group_norm_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂γ = Σ ∂y x̂, ∂β = Σ ∂y, ∂x = (g - mean(g) - x̂ mean(g x̂)) / σ with g = γ ∂y, over each group."""
    c, p, k, gamma = row[N0], row[N1], row[N2], row[PARAM]
    x, gx = span(act, row[IN], c * p, ctx), span(gact, row[IN], c * p, ctx)
    gy = span(gact, row[OUT], c * p, ctx)
    zero, one, count = act.dtype.type(0), act.dtype.type(1), act.dtype.type(k * p)
    spare = scratch[: k * p]
    if row[N3]:
        clear(grad[gamma : gamma + 2 * c])
    at = gamma
    for start in range(0, x.size, k * p):
        mean, inverse = moments(x[start : start + k * p], hyper[0], spare)
        level, tilt = zero, zero
        for i in range(k):
            u, g = x[start + i * p : start + i * p + p], gy[start + i * p : start + i * p + p]
            total, product = zero, zero
            for t in range(p):
                total += g[t]
                product += g[t] * (u[t] - mean)
            scale = theta[at + i] if row[N3] else one
            level += scale * total
            tilt += scale * product
            if row[N3]:
                grad[at + i] += product * inverse
                grad[at + c + i] += total
        if row[NEED]:
            level, tilt = level / count, tilt * inverse * inverse / count
            for i in range(k):
                here, end = start + i * p, start + i * p + p
                u, g, out = x[here:end], gy[here:end], gx[here:end]
                scale = theta[at + i] if row[N3] else one
                for t in range(p):
                    out[t] = (scale * g[t] - level - tilt * (u[t] - mean)) * inverse
        at = at + k if at + k < gamma + c else gamma


OPERATIONS = {
    "batch-norm": (batch_norm_forward, batch_norm_backward),
    "layer-norm": (layer_norm_forward, layer_norm_backward),
    "group-norm": (group_norm_forward, group_norm_backward),
}
