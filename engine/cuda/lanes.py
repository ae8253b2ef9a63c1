"""Populations on the device: a block for each net, a whole chunk of its training in one launch.

θ, its gradient, the optimizer's rows and the activations of some examples lie in shared memory; a net too large for
that has them in global memory. Every sum is one thread's, in the order of the examples or units.
"""

from __future__ import annotations

import functools

import numpy as np
from numba import float32

from engine.cuda.device import guarded
from engine.cuda.index import split
from engine.cuda.kernel import THREADS, WARP, ceil_div, cuda, helper, kernel, maths, size, sum_block, twin
from engine.cuda.optimizers import parts
from engine.lanes import (
    ACTIVATION,
    BIAS,
    BINARY,
    COUNT,
    EVERY,
    LOSS,
    OUTPUTS,
    RELU,
    SIGMOID,
    SIZE,
    SOFTMAX,
    SOURCE,
    STEP,
    TANH,
    TARGET,
    UNITS,
    UPDATES,
    WEIGHT,
    WIDTH,
)
from engine.optim import OPTIMIZERS

AT_ONCE = 9  # entry of `plan`: examples whose activations are kept at a time
SHARED = size("SHARED", 12288, 4096)  # numbers of shared memory that a block may take without asking
TEAM = size("TEAM", 128, 8)  # threads of a net at most


@helper
def bend(kind, x):
    """The activation of a number."""
    if kind == RELU:
        return float32(0) if x < float32(0) else x
    if kind == SIGMOID:
        return float32(1) / (float32(1) + maths.exp(-x))
    return maths.tanh(x) if kind == TANH else x


@helper
def slope(kind, h):
    """Its derivative, from its value."""
    if kind == RELU:
        return float32(1) if h > float32(0) else float32(0)
    if kind == SIGMOID:
        return h * (float32(1) - h)
    return float32(1) - h * h if kind == TANH else float32(1)


@helper
def forward(layers, plan, x, first, count, room, act):
    """Activations of examples first … first + count - 1 from entry `act` of the room on; θ lies at its start."""
    width, last = plan[WIDTH], layers.shape[0] - 1
    for q in range(last + 1):
        units, outputs, source = layers[q, UNITS], layers[q, OUTPUTS], layers[q, SOURCE]
        for task in range(cuda.threadIdx.x, count * outputs, cuda.blockDim.x):
            e, j = split(task, outputs)
            total, w = room[layers[q, BIAS] + j], layers[q, WEIGHT] + j
            for i in range(units):
                h = x[first + e, i] if q == 0 else room[act + e * width + source + i]
                total += h * room[w + i * outputs]
            room[act + e * width + layers[q, TARGET] + j] = (
                total if q == last else bend(plan[ACTIVATION], total)
            )
        cuda.syncthreads()


@helper
def end(layers, plan, examples, targets, labels, first, count, room, act, gact):
    """This thread's part of the loss of some examples; ∂z of their outputs goes to entry `gact` on."""
    last, width = layers.shape[0] - 1, plan[WIDTH]
    outputs, z, total = layers[last, OUTPUTS], layers[last, TARGET], float32(0)
    zero, one = float32(0), float32(1)
    scale = one / float32(examples if plan[LOSS] == SOFTMAX else examples * outputs)
    for e in range(cuda.threadIdx.x, count, cuda.blockDim.x):
        a, g = act + e * width + z, gact + e * width + z
        if plan[LOSS] == SOFTMAX:
            top, each = room[a], zero
            for j in range(1, outputs):
                top = room[a + j] if room[a + j] > top else top
            for j in range(outputs):
                p = maths.exp(room[a + j] - top)
                room[g + j] = p
                each += p
            hit = labels[first + e]
            total += scale * (maths.log(each) - (room[a + hit] - top))
            for j in range(outputs):
                room[g + j] = room[g + j] * (scale / each) - (scale if j == hit else zero)
        else:
            for j in range(outputs):
                v, aim = room[a + j], targets[first + e, j]
                if plan[LOSS] == BINARY:
                    room[g + j] = scale * (one / (one + maths.exp(-v)) - aim)
                    total += scale * ((zero if v < zero else v) - v * aim + maths.log1p(maths.exp(-abs(v))))
                else:
                    d = v - aim
                    room[g + j] = (scale + scale) * d
                    total += scale * (d * d)
    cuda.syncthreads()
    return total


@helper
def backward(layers, plan, x, first, count, room, grad, act, gact):
    """Adds the gradient of some examples to entry `grad` on."""
    width = plan[WIDTH]
    for q in range(layers.shape[0] - 1, -1, -1):
        units, outputs, source = layers[q, UNITS], layers[q, OUTPUTS], layers[q, SOURCE]
        for task in range(cuda.threadIdx.x, (units + 1) * outputs, cuda.blockDim.x):
            i, j = split(task, outputs)
            place = layers[q, WEIGHT] + task if i < units else layers[q, BIAS] + j
            total = room[grad + place]
            for e in range(count):
                h = float32(1)
                if i < units:
                    h = x[first + e, i] if q == 0 else room[act + e * width + source + i]
                total += h * room[gact + e * width + layers[q, TARGET] + j]
            room[grad + place] = total
        for task in range(cuda.threadIdx.x, count * units if q else 0, cuda.blockDim.x):
            e, i = split(task, units)
            total, w = float32(0), layers[q, WEIGHT] + i * outputs
            for j in range(outputs):
                total += room[w + j] * room[gact + e * width + layers[q, TARGET] + j]
            h = room[act + e * width + source + i]
            room[gact + e * width + source + i] = total * slope(plan[ACTIVATION], h)
        cuda.syncthreads()


@functools.cache
def trainer(optimizer: str, fits: bool):
    """The kernel of a population under an optimizer."""
    step = twin(OPTIMIZERS[optimizer].update, **parts)

    def train_nets(
        layers, plan, x, targets, labels, theta_of, first_of, second_of, halted, tape, knobs, spare
    ):
        """plan[UPDATES] updates of net blockIdx.x; every plan[EVERY]-th writes its loss into a row of `tape`."""
        sums = cuda.shared.array(THREADS, float32)
        room = cuda.shared.array(0, float32)
        if not fits:
            room = spare[cuda.blockIdx.x]
        t, team, net, size, examples = (
            cuda.threadIdx.x,
            cuda.blockDim.x,
            cuda.blockIdx.x,
            plan[SIZE],
            x.shape[0],
        )
        grad, one, two, act = size, 2 * size, 3 * size, 4 * size
        gact = act + plan[AT_ONCE] * plan[WIDTH]
        for p in range(t, size, team):
            room[p] = theta_of[p, net]
            room[one + p] = first_of[p, net]
            room[two + p] = second_of[p, net]
        stopped, row = halted[net] != 0, 0
        cuda.syncthreads()
        for u in range(plan[UPDATES]):
            for p in range(t, size, team):
                room[grad + p] = float32(0)
            cuda.syncthreads()
            total = float32(0)
            for at in range(0, examples, plan[AT_ONCE]):
                count = min(plan[AT_ONCE], examples - at)
                forward(layers, plan, x, at, count, room, act)
                total += end(layers, plan, examples, targets, labels, at, count, room, act, gact)
                backward(layers, plan, x, at, count, room, grad, act, gact)
            bad, zero = total * float32(0), float32(0)
            for p in range(t, size, team):
                bad += zero * room[grad + p]
            total, bad = sum_block(total, sums), sum_block(bad, sums)
            if (plan[STEP] + u) % plan[EVERY] == 0 and row < tape.shape[0]:
                if t == 0:
                    tape[row, net] = total
                row += 1
            stopped = stopped or bad != zero  # NaN too
            if t < size and not stopped:
                own, slopes = room[t:size:team], room[grad + t : grad + size : team]
                m, v = room[one + t : one + size : team], room[two + t : two + size : team]
                step(own, slopes, m, v, v, sums, knobs, plan[COUNT] + u + 1)
            cuda.syncthreads()
        for p in range(t, size, team):
            theta_of[p, net] = room[p]
            first_of[p, net] = room[one + p]
            second_of[p, net] = room[two + p]
        if t == 0:
            halted[net] = 1 if stopped else 0

    train_nets.__name__ = f"train_nets_{optimizer.replace('-', '_')}" + ("" if fits else "_large")
    return kernel(train_nets)


class Lanes:
    """What `Population.train` does on the CPU, on the device; its own arrays follow after every chunk."""

    def __init__(self, population):
        self.population = population
        p = population
        self.work = 6.0 * p.size * len(p._x) * p.count
        width = int(p._plan[WIDTH])
        left = (SHARED - THREADS - 4 * p.size) // (2 * width)
        self.fits = left >= 1
        self.at_once = max(1, min(len(p._x), left if self.fits else 256))
        self.length = 4 * p.size + 2 * self.at_once * width
        busy = max(p.size, self.at_once * max(p.sizes[1:]))
        self.team = min(TEAM, ceil_div(busy, WARP) * WARP)
        self._device = None

    @guarded
    def train(self, plan: np.ndarray, losses: np.ndarray) -> None:
        """plan[UPDATES] updates of all nets. Raises EngineError with the population as it was before."""
        p = self.population
        if self._device is None:
            self._device = self._settle()
        place = {"theta": p._theta, "first": p._first, "second": p._second, "halted": p._halted}
        for name, array in place.items():
            self._device[name].copy_to_device(np.ascontiguousarray(array))
        plan = plan.copy()
        plan[AT_ONCE] = self.at_once
        single = np.zeros((max(1, len(losses)), p.count), np.float32)
        tape, knobs = cuda.to_device(single), cuda.to_device(p._knobs)
        data = (
            self._device[name] for name in ("x", "targets", "labels", "theta", "first", "second", "halted")
        )
        run = trainer(p.get("optimizer"), self.fits)
        shared = 4 * self.length if self.fits else 0
        run[p.count, self.team, 0, shared](
            self._device["layers"], cuda.to_device(plan), *data, tape, knobs, self._device["spare"]
        )
        for name, array in place.items():
            array[...] = self._device[name].copy_to_host()
        losses[:] = tape.copy_to_host()[: len(losses)]

    def _settle(self) -> dict:
        p = self.population
        some = lambda array, shape, kind: cuda.to_device(
            np.array(array, kind) if array.size else np.zeros(shape, kind)
        )
        return {
            "layers": cuda.to_device(p._layers),
            "x": cuda.to_device(np.array(p._x)),
            "targets": some(p._targets, (1, 1), np.float32),
            "labels": some(p._labels, 1, np.int64),
            "theta": cuda.device_array(p._theta.shape, np.float32),
            "first": cuda.device_array(p._theta.shape, np.float32),
            "second": cuda.device_array(p._theta.shape, np.float32),
            "halted": cuda.device_array(p.count, np.uint8),
            "spare": cuda.device_array((1, 1) if self.fits else (p.count, self.length), np.float32),
        }
