"""Nets of one shape side by side: every array is (rows, nets), every inner loop runs over nets."""

from __future__ import annotations

import numpy as np
from numba import prange, types

from engine.interpreter import call_optimizer
from engine.kernel import INTEGERS, REAL, TABLE, caller, constant, kernel, matrix, parallel
from engine.mathematics import exp, tanh

BLOCK = 256  # nets of a shard: its θ, gradient and activations stay in the nearest caches
# A row of `layers`: units in, units out, where its weights begin in θ, its bias, its input and its output
# among the units.
UNITS, OUTPUTS, WEIGHT, BIAS, SOURCE, TARGET = range(6)
# Entries of `plan`; COUNT is the updates done with the present optimizer.
ACTIVATION, LOSS, SIZE, WIDTH, UPDATES, EVERY, STEP, COUNT, OPTIMIZER, WORK = range(10)
IDENTITY, RELU, SIGMOID, TANH = range(4)
SQUARE, BINARY, SOFTMAX = range(3)
ACTIVATIONS = {"identity": IDENTITY, "relu": RELU, "sigmoid": SIGMOID, "tanh": TANH}
ENDS = {"mse": SQUARE, "binary-cross-entropy": BINARY, "cross-entropy": SOFTMAX}
call_block = caller("layers plan x targets labels theta slopes first second halted losses knobs block")


@kernel
def forward(layers, plan, x, theta, act):
    """Fill `act` (units, n) from the features x of one example; θ is (P, n)."""
    n, last = act.shape[1], layers.shape[0] - 1
    for q in range(last + 1):
        units, outputs, source = layers[q, UNITS], layers[q, OUTPUTS], layers[q, SOURCE]
        for j in range(outputs):
            z, bias, w = layers[q, TARGET] + j, layers[q, BIAS] + j, layers[q, WEIGHT] + j
            if q == 0:
                feature = x[0]
                for t in range(n):
                    act[z, t] = theta[bias, t] + feature * theta[w, t]
            else:
                for t in range(n):
                    act[z, t] = theta[bias, t] + act[source, t] * theta[w, t]
            for i in range(1, units):
                w = layers[q, WEIGHT] + i * outputs + j
                if q == 0:
                    feature = x[i]
                    for t in range(n):
                        act[z, t] += feature * theta[w, t]
                else:
                    for t in range(n):
                        act[z, t] += act[source + i, t] * theta[w, t]
            if q < last:
                bend(plan[ACTIVATION], act, z)


@kernel
def bend(kind, act, z):
    """The activation of unit z, in place."""
    one, zero = act.dtype.type(1), act.dtype.type(0)
    if kind == RELU:
        for t in range(act.shape[1]):
            act[z, t] = zero if act[z, t] < zero else act[z, t]
    elif kind == SIGMOID:
        for t in range(act.shape[1]):
            act[z, t] = one / (one + exp(-act[z, t]))
    elif kind == TANH:
        for t in range(act.shape[1]):
            act[z, t] = tanh(act[z, t])


@kernel
def unbend(kind, act, gact, z):
    """∂z from ∂h and h = f(z) of unit z, in place."""
    one, zero = act.dtype.type(1), act.dtype.type(0)
    if kind == RELU:
        for t in range(act.shape[1]):
            gact[z, t] = gact[z, t] if act[z, t] > zero else zero
    elif kind == SIGMOID:
        for t in range(act.shape[1]):
            gact[z, t] *= act[z, t] * (one - act[z, t])
    elif kind == TANH:
        for t in range(act.shape[1]):
            gact[z, t] *= one - act[z, t] * act[z, t]


@kernel
def end_mse(z, aim, act, gact, total, bad, scale):
    """∂z = 2 (z - aim) of one output; the loss is added to `total` unless that is empty."""
    zero, twice = act.dtype.type(0), scale + scale
    for t in range(act.shape[1]):
        d = act[z, t] - aim
        bad[t] += zero * (d * d)
        gact[z, t] = twice * d
    for t in range(total.size):
        d = act[z, t] - aim
        total[t] += scale * (d * d)


@kernel
def end_binary(z, aim, act, gact, total, bad, scale):
    """∂z = p - aim, p = σ(z), of one output."""
    zero, one = act.dtype.type(0), act.dtype.type(1)
    for t in range(act.shape[1]):
        bad[t] += zero * act[z, t]
        gact[z, t] = scale * (one / (one + exp(-act[z, t])) - aim)
    for t in range(total.size):
        v = act[z, t]
        total[t] += scale * ((zero if v < zero else v) - v * aim + np.log1p(exp(-abs(v))))


@kernel
def end_softmax(z, outputs, label, act, gact, total, bad, spare, scale):
    """∂z = p - 1[label], p = softmax(z), of all outputs; `spare` is (2, n)."""
    n, zero = act.shape[1], act.dtype.type(0)
    for t in range(n):
        spare[0, t] = act[z, t]
        spare[1, t] = zero
    for j in range(z + 1, z + outputs):
        for t in range(n):
            spare[0, t] = act[j, t] if act[j, t] > spare[0, t] else spare[0, t]
    for j in range(z, z + outputs):
        for t in range(n):
            bad[t] += zero * act[j, t]
            gact[j, t] = exp(act[j, t] - spare[0, t])
            spare[1, t] += gact[j, t]
    for t in range(total.size):
        total[t] += scale * (np.log(spare[1, t]) - (act[z + label, t] - spare[0, t]))
    for t in range(n):
        spare[1, t] = scale / spare[1, t]
    for j in range(z, z + outputs):
        hit = scale if j == z + label else zero
        for t in range(n):
            gact[j, t] = gact[j, t] * spare[1, t] - hit


@kernel
def backward(layers, plan, x, theta, grad, act, gact):
    """Add one example's ∂L/∂θ (P, n) to `grad`, from ∂z of the last layer in `gact`."""
    n, last = act.shape[1], layers.shape[0] - 1
    for q in range(last, -1, -1):
        units, outputs, source = layers[q, UNITS], layers[q, OUTPUTS], layers[q, SOURCE]
        for j in range(outputs):
            z, bias = layers[q, TARGET] + j, layers[q, BIAS] + j
            if q < last:
                unbend(plan[ACTIVATION], act, gact, z)
            for t in range(n):
                grad[bias, t] += gact[z, t]
            for i in range(units):
                w, h = layers[q, WEIGHT] + i * outputs + j, source + i
                if q == 0:
                    feature = x[i]
                    for t in range(n):
                        grad[w, t] += feature * gact[z, t]
                elif j == 0:
                    for t in range(n):
                        grad[w, t] += act[h, t] * gact[z, t]
                        gact[h, t] = theta[w, t] * gact[z, t]
                else:
                    for t in range(n):
                        grad[w, t] += act[h, t] * gact[z, t]
                        gact[h, t] += theta[w, t] * gact[z, t]


@kernel
def differentiate(layers, plan, x, targets, labels, theta, grad, act, gact, total, bad, spare):
    """The loss over the data into `total`, unless it is empty, and ∂L/∂θ into `grad`, for n nets.

    `bad` is 0 where loss and gradient are finite, else NaN.
    """
    examples, last, zero = x.shape[0], layers.shape[0] - 1, act.dtype.type(0)
    outputs, end = layers[last, OUTPUTS], layers[last, TARGET]
    scale = act.dtype.type(1) / act.dtype.type(examples if plan[LOSS] == SOFTMAX else examples * outputs)
    grad[:] = zero
    bad[:] = zero
    total[:] = zero
    for e in range(examples):
        forward(layers, plan, x[e], theta, act)
        if plan[LOSS] == SOFTMAX:
            end_softmax(end, outputs, labels[e], act, gact, total, bad, spare, scale)
        else:
            for j in range(outputs):
                if plan[LOSS] == BINARY:
                    end_binary(end + j, targets[e, j], act, gact, total, bad, scale)
                else:
                    end_mse(end + j, targets[e, j], act, gact, total, bad, scale)
        backward(layers, plan, x[e], theta, grad, act, gact)
    for p in range(grad.shape[0]):
        for t in range(grad.shape[1]):
            bad[t] += zero * grad[p, t]


@kernel
def run_block(layers, plan, x, targets, labels, theta, slopes, first, second, halted, losses, knobs, block):
    """plan[UPDATES] updates of one block of nets; every plan[EVERY]-th writes a row of `losses` before it.

    θ and the optimizer's rows are (P, N) and come back changed. Without updates: one row of losses, and the
    gradient into `slopes` unless that is empty. A net whose loss or gradient is not finite stays as it is.
    """
    a, size, real = block * BLOCK, plan[SIZE], theta.dtype
    n = min(BLOCK, theta.shape[1] - a)
    # θ and what belongs to it: flat for the optimizer, and a table of it for all else.
    lines = (
        np.empty(size * n, real),
        np.empty(size * n, real),
        np.empty(size * n, real),
        np.empty(size * n, real),
    )
    own, one = matrix(lines[0], 0, size, n), matrix(lines[1], 0, size, n)
    two, grad = matrix(lines[2], 0, size, n), matrix(lines[3], 0, size, n)
    act, gact = np.empty((plan[WIDTH], n), real), np.empty((plan[WIDTH], n), real)
    total, bad, spare = np.empty(n, real), np.empty(n, real), np.empty((2, n), real)
    copy(theta, own, a, 0, n)
    copy(first, one, a, 0, n)
    copy(second, two, a, 0, n)
    stopped = False
    for t in range(a, a + n):
        stopped |= halted[t] != 0
    row = 0
    for u in range(max(1, plan[UPDATES])):
        shown = row < losses.shape[0] and (plan[STEP] + u) % plan[EVERY] == 0
        seen = total if shown else total[:0]
        differentiate(layers, plan, x, targets, labels, own, grad, act, gact, seen, bad, spare)
        if shown:
            for t in range(n):
                losses[row, a + t] = total[t]
            row += 1
        if plan[UPDATES] == 0:
            break
        for t in range(n):
            if bad[t] != 0:  # NaN too
                halted[a + t] = 1
                stopped = True
        count, none = plan[COUNT] + u + 1, lines[2][:0]
        if stopped:
            kept = own.copy(), one.copy(), two.copy()
            call_optimizer(plan[OPTIMIZER], lines[0], lines[3], lines[1], lines[2], none, none, knobs, count)
            for t in range(n):
                if halted[a + t]:
                    own[:, t], one[:, t], two[:, t] = kept[0][:, t], kept[1][:, t], kept[2][:, t]
        else:
            call_optimizer(plan[OPTIMIZER], lines[0], lines[3], lines[1], lines[2], none, none, knobs, count)
    copy(own, theta, 0, a, n)
    copy(one, first, 0, a, n)
    copy(two, second, 0, a, n)
    if slopes.shape[0]:
        copy(grad, slopes, 0, a, n)


@kernel
def copy(source, aim, a, b, n):
    """n columns of a table from column a on to the columns from b on of another."""
    for r in range(source.shape[0]):
        for t in range(n):
            aim[r, b + t] = source[r, a + t]


def block_signature(dtype: str):
    table, line = REAL[dtype][:, ::1], REAL[dtype][::1]
    data = (constant(table), constant(table), constant(types.int64[::1]))
    arrays = (*[table] * 4, types.uint8[::1], types.float64[:, ::1], line)
    return types.void(TABLE, INTEGERS, *data, *arrays, types.int64)


@parallel
def run_blocks(layers, plan, x, targets, labels, theta, slopes, first, second, halted, losses, knobs, blocks):
    """All blocks, over threads."""
    for b in prange(blocks):
        call_block(
            plan[WORK],
            layers,
            plan,
            x,
            targets,
            labels,
            theta,
            slopes,
            first,
            second,
            halted,
            losses,
            knobs,
            b,
        )
