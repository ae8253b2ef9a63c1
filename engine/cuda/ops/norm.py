"""Normalisations: a block for each group of numbers that share a mean. Sums in a block, in one order.

γ comes before β in θ. A batch norm keeps 4 c numbers in `state`: running mean and variance, and of the batch at
hand the mean and 1/σ, which the backward half needs.
"""

from __future__ import annotations

from numba import float32

from engine.cuda.index import split, wide
from engine.cuda.kernel import (
    HALTED,
    THREADS,
    Launch,
    cuda,
    helper,
    kernel,
    lines,
    maths,
    over_rows,
    size,
    sum_block,
)
from engine.kernel import BATCH, EVALUATE, IN, MODE, N0, N1, N2, N3, NEED, OUT, PARAM, STATE, TRAIN

PARTS = size("PARTS", 64, 2)  # into which a sum over runs is cut


@helper
def keep_running(state, at, now, share):
    """The running number at `at` takes a share of `now`; 0 where that would slow every later update."""
    value = (float32(1) - share) * state[at] + share * now
    value = float32(0) if abs(value) < float32(1e-30) else value
    if maths.isfinite(value):
        state[at] = value


@kernel
def batch_norm_forward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y (b, c, p) = γ (x - μ) / √(σ² + ε) + β, a block for each channel; μ, σ² of the batch, or the running ones
    in evaluation."""
    room = cuda.shared.array(THREADS, float32)
    row, b, t = rows[q], ctx[BATCH], cuda.threadIdx.x
    c, p, gamma, at = row[N0], row[N1], row[PARAM], row[STATE]
    x, y, one = row[IN] * b, row[OUT] * b, float32(1)
    count = float32(b * p)
    for j in range(cuda.blockIdx.x, c, cuda.gridDim.x):
        if ctx[MODE] == EVALUATE:
            mean, variance = state[at + j], state[at + c + j]
        else:
            mean, variance = float32(0), float32(0)
            for k in range(t, b * p, cuda.blockDim.x):
                i, s = split(k, p)
                mean += act[x + (i * c + j) * p + s]
            mean = sum_block(mean, room) / count
            for k in range(t, b * p, cuda.blockDim.x):
                i, s = split(k, p)
                apart = act[x + (i * c + j) * p + s] - mean
                variance += apart * apart
            variance = sum_block(variance, room) / count
        inverse = one / maths.sqrt(variance + hyper[q, 0])
        if t == 0 and ctx[HALTED] == 0:
            if ctx[MODE] == TRAIN:
                keep_running(state, at + j, mean, hyper[q, 1])
                keep_running(state, at + c + j, count / (count - one) * variance, hyper[q, 1])
            state[at + 2 * c + j] = mean
            state[at + 3 * c + j] = inverse
        scale = theta[gamma + j] * inverse if row[N2] else inverse
        shift = theta[gamma + c + j] if row[N2] else float32(0)
        for k in range(t, b * p, cuda.blockDim.x):
            i, s = split(k, p)
            place = (i * c + j) * p + s
            act[y + place] = scale * (act[x + place] - mean) + shift


@kernel
def batch_norm_backward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂γ = Σ ∂y x̂, ∂β = Σ ∂y, ∂x = γ/σ (∂y - mean(∂y) - x̂ mean(∂y x̂)); in evaluation γ/σ ∂y."""
    room = cuda.shared.array(THREADS, float32)
    row, b, t = rows[q], ctx[BATCH], cuda.threadIdx.x
    c, p, gamma, at = row[N0], row[N1], row[PARAM], row[STATE]
    x, y = row[IN] * b, row[OUT] * b
    for j in range(cuda.blockIdx.x, c, cuda.gridDim.x):
        mean, inverse = state[at + 2 * c + j], state[at + 3 * c + j]
        lift, slope = float32(0), float32(0)
        for k in range(t, b * p, cuda.blockDim.x):
            i, s = split(k, p)
            place = (i * c + j) * p + s
            lift += gact[y + place]
            slope += gact[y + place] * (act[x + place] - mean)
        lift = sum_block(lift, room)
        slope = sum_block(slope, room)
        if t == 0 and row[N2]:
            grad[gamma + j] = slope * inverse
            grad[gamma + c + j] = lift
        if row[NEED]:
            gain = theta[gamma + j] * inverse if row[N2] else inverse
            share = float32(0) if ctx[MODE] == EVALUATE else float32(1) / float32(b * p)
            slope *= -share * gain * inverse * inverse
            lift *= -share * gain
            for k in range(t, b * p, cuda.blockDim.x):
                i, s = split(k, p)
                place = (i * c + j) * p + s
                gact[x + place] = gain * gact[y + place] + slope * (act[x + place] - mean) + lift


@helper
def moments(act, start, count, epsilon, room):
    """(mean, 1 / √(variance + ε)) of `count` numbers, for all threads of a block."""
    mean, variance = float32(0), float32(0)
    for k in range(cuda.threadIdx.x, count, cuda.blockDim.x):
        mean += act[start + k]
    mean = sum_block(mean, room) / float32(count)
    for k in range(cuda.threadIdx.x, count, cuda.blockDim.x):
        variance += (act[start + k] - mean) * (act[start + k] - mean)
    variance = sum_block(variance, room) / float32(count)
    return mean, float32(1) / maths.sqrt(variance + epsilon)


@kernel
def layer_norm_forward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y = γ (x - μ) / √(σ² + ε) + β over each run of d numbers of a row, γ and β (d)."""
    room = cuda.shared.array(THREADS, float32)
    row, b = rows[q], ctx[BATCH]
    x, y, d, gamma = row[IN] * b, row[OUT] * b, row[N1], row[PARAM]
    for run in range(cuda.blockIdx.x, b * row[N0] // d, cuda.gridDim.x):
        mean, inverse = moments(act, x + run * d, d, hyper[q, 0], room)
        for j in range(cuda.threadIdx.x, d, cuda.blockDim.x):
            value = (act[x + run * d + j] - mean) * inverse
            act[y + run * d + j] = value * theta[gamma + j] + theta[gamma + d + j] if row[N2] else value


@kernel
def layer_norm_slopes(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = (g - mean(g) - x̂ mean(g x̂)) / σ with g = γ ∂y; leaves μ and 1/σ of each run in `scratch`."""
    room = cuda.shared.array(THREADS, float32)
    row, b, t = rows[q], ctx[BATCH], cuda.threadIdx.x
    x, y, d, gamma = row[IN] * b, row[OUT] * b, row[N1], row[PARAM]
    for run in range(cuda.blockIdx.x, b * row[N0] // d, cuda.gridDim.x):
        start, mean_at = run * d, 2 * run
        mean, inverse = moments(act, x + start, d, hyper[q, 0], room)
        level, tilt = float32(0), float32(0)
        for j in range(t, d, cuda.blockDim.x):
            g = gact[y + start + j] * (theta[gamma + j] if row[N2] else float32(1))
            level += g
            tilt += g * (act[x + start + j] - mean)
        level = sum_block(level, room) / float32(d)
        tilt = sum_block(tilt, room) * inverse * inverse / float32(d)
        if t == 0:
            scratch[mean_at], scratch[mean_at + 1] = mean, inverse
        for j in range(t, d if row[NEED] else 0, cuda.blockDim.x):
            g = gact[y + start + j] * (theta[gamma + j] if row[N2] else float32(1))
            gact[x + start + j] = (g - level - tilt * (act[x + start + j] - mean)) * inverse


@kernel
def layer_norm_parts(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """Σ ∂y x̂ and Σ ∂y (2, d) over every PARTS-th run, behind what `layer_norm_slopes` left in `scratch`."""
    row, b, part = rows[q], ctx[BATCH], cuda.blockIdx.x
    x, y, d = row[IN] * b, row[OUT] * b, row[N1]
    runs = b * row[N0] // d
    for j in range(cuda.threadIdx.x, d, cuda.blockDim.x):
        gain, shift = float32(0), float32(0)
        for run in range(part, runs, PARTS):
            g = gact[y + run * d + j]
            gain += g * (act[x + run * d + j] - scratch[2 * run]) * scratch[2 * run + 1]
            shift += g
        scratch[2 * runs + 2 * part * d + j] = gain
        scratch[2 * runs + (2 * part + 1) * d + j] = shift


@kernel
def layer_norm_sums(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂γ and ∂β (2, d) from their PARTS parts."""
    row, b = rows[q], ctx[BATCH]
    d = row[N1]
    start = 2 * (b * row[N0] // d)
    for j in range(cuda.grid(1), 2 * d, cuda.gridsize(1)):
        total = float32(0)
        for part in range(PARTS):
            total += scratch[start + 2 * part * d + j]
        grad[row[PARAM] + j] = total


@kernel
def group_norm_forward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y (b, c, p) = γ (x - μ) / √(σ² + ε) + β, μ and σ² of each example's groups of k channels, γ and β (c)."""
    room = cuda.shared.array(THREADS, float32)
    row, b = rows[q], ctx[BATCH]
    x, y, c, p, k = row[IN] * b, row[OUT] * b, row[N0], row[N1], row[N2]
    gamma, groups = row[PARAM], c // k
    for group in range(cuda.blockIdx.x, b * groups, cuda.gridDim.x):
        start, first = group * k * p, gamma + split(group, groups)[1] * k
        mean, inverse = moments(act, x + start, k * p, hyper[q, 0], room)
        for s in range(cuda.threadIdx.x, k * p, cuda.blockDim.x):
            j = first + split(s, p)[0]
            value = (act[x + start + s] - mean) * inverse
            act[y + start + s] = value * theta[j] + theta[j + c] if row[N3] else value


@kernel
def group_norm_slopes(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = (g - mean(g) - x̂ mean(g x̂)) / σ with g = γ ∂y, over each group; leaves μ and 1/σ in `scratch`."""
    room = cuda.shared.array(THREADS, float32)
    row, b, t = rows[q], ctx[BATCH], cuda.threadIdx.x
    x, y, c, p, k = row[IN] * b, row[OUT] * b, row[N0], row[N1], row[N2]
    gamma, groups = row[PARAM], c // k
    for group in range(cuda.blockIdx.x, b * groups, cuda.gridDim.x):
        start, first = group * k * p, gamma + split(group, groups)[1] * k
        mean, inverse = moments(act, x + start, k * p, hyper[q, 0], room)
        level, tilt = float32(0), float32(0)
        for s in range(t, k * p, cuda.blockDim.x):
            g = gact[y + start + s] * (theta[first + split(s, p)[0]] if row[N3] else float32(1))
            level += g
            tilt += g * (act[x + start + s] - mean)
        level = sum_block(level, room) / float32(k * p)
        tilt = sum_block(tilt, room) * inverse * inverse / float32(k * p)
        if t == 0:
            scratch[2 * group], scratch[2 * group + 1] = mean, inverse
        for s in range(t, k * p if row[NEED] else 0, cuda.blockDim.x):
            g = gact[y + start + s] * (theta[first + split(s, p)[0]] if row[N3] else float32(1))
            gact[x + start + s] = (g - level - tilt * (act[x + start + s] - mean)) * inverse


@kernel
def group_norm_sums(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂γ = Σ ∂y x̂ and ∂β = Σ ∂y, a block for each channel."""
    room = cuda.shared.array(THREADS, float32)
    row, b, t = rows[q], ctx[BATCH], cuda.threadIdx.x
    x, y, c, p, k = row[IN] * b, row[OUT] * b, row[N0], row[N1], row[N2]
    groups = c // k
    for j in range(cuda.blockIdx.x, c, cuda.gridDim.x):
        gain, shift, channel = float32(0), float32(0), j // k
        for s in range(t, b * p, cuda.blockDim.x):
            i, r = split(s, p)
            place, group = (i * c + j) * p + r, 2 * (i * groups + channel)
            gain += gact[y + place] * (act[x + place] - scratch[group]) * scratch[group + 1]
            shift += gact[y + place]
        gain = sum_block(gain, room)
        shift = sum_block(shift, room)
        if t == 0:
            grad[row[PARAM] + j] = gain
            grad[row[PARAM] + c + j] = shift


def blocks(function, groups: int, numbers: int, scratch: int = 0) -> Launch:
    """A block for each of so many groups, as wide as it has numbers."""
    return Launch(function, over_rows(function, groups).grid, (wide(numbers),), scratch)


def by_channel(function):
    return lambda row, batch: [blocks(function, int(row[N0]), batch * int(row[N1]))]


def layer_forward(row, batch):
    return [blocks(layer_norm_forward, batch * int(row[N0] // row[N1]), int(row[N1]))]


def layer_backward(row, batch):
    d = int(row[N1])
    runs = batch * int(row[N0]) // d
    launches = [blocks(layer_norm_slopes, runs, d, 2 * runs)]
    if row[N2]:
        need = 2 * runs + PARTS * 2 * d
        launches.append(Launch(layer_norm_parts, (PARTS,), (wide(d),), need))
        launches.append(lines(layer_norm_sums, 2 * d)._replace(scratch=need))
    return launches


def group_forward(row, batch):
    c, p, k = int(row[N0]), int(row[N1]), int(row[N2])
    return [blocks(group_norm_forward, batch * c // k, k * p)]


def group_backward(row, batch):
    c, p, k = int(row[N0]), int(row[N1]), int(row[N2])
    groups = batch * c // k
    launches = [blocks(group_norm_slopes, groups, k * p, 2 * groups)]
    if row[N3]:
        launches.append(blocks(group_norm_sums, c, batch * p, 2 * groups))
    return launches


OPERATIONS = {
    "batch-norm": (by_channel(batch_norm_forward), by_channel(batch_norm_backward)),
    "layer-norm": (layer_forward, layer_backward),
    "group-norm": (group_forward, group_backward),
}
