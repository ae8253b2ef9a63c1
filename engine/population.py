"""Many small fully connected nets trained at once on the same data: the net's number is the innermost index.

A block of nets is a shard: its θ lies (P, nets of the block), so that every loop runs over nets side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numba import prange, types

from engine.errors import EngineError
from engine.interpreter import call_optimizer
from engine.kernel import (
    INTEGERS,
    REAL,
    TABLE,
    address,
    caller,
    constant,
    kernel,
    parallel,
    threading_layer,
)
from engine.mathematics import exp, tanh
from engine.network import LOSSES, Network
from engine.optim import OPTIMIZERS, fill, optimizer_signature
from engine.program import Program

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
LIVE = ("rate", "momentum", "l2", "decay", "epsilon", "optimizer")

call_block = caller("layers plan x targets labels theta slopes first second halted losses knobs block")


@kernel
def forward(layers, plan, x, theta, act, n):
    """Fill `act` (units, n) from the features x of one example; θ is (P, n)."""
    for q in range(layers.shape[0]):
        units, outputs = layers[q, UNITS], layers[q, OUTPUTS]
        for j in range(outputs):
            z, bias = (layers[q, TARGET] + j) * n, (layers[q, BIAS] + j) * n
            for t in range(n):
                act[z + t] = theta[bias + t]
            for i in range(units):
                w = (layers[q, WEIGHT] + i * outputs + j) * n
                if q == 0:
                    feature = x[i]
                    for t in range(n):
                        act[z + t] += feature * theta[w + t]
                else:
                    h = (layers[q, SOURCE] + i) * n
                    for t in range(n):
                        act[z + t] += act[h + t] * theta[w + t]
        if q + 1 < layers.shape[0]:
            bend(plan[ACTIVATION], act, layers[q, TARGET] * n, outputs * n)


@kernel
def bend(kind, act, start, count):
    """The activation, in place."""
    one, zero = act.dtype.type(1), act.dtype.type(0)
    if kind == RELU:
        for t in range(start, start + count):
            act[t] = zero if act[t] < zero else act[t]
    elif kind == SIGMOID:
        for t in range(start, start + count):
            act[t] = one / (one + exp(-act[t]))
    elif kind == TANH:
        for t in range(start, start + count):
            act[t] = tanh(act[t])


@kernel
def unbend(kind, act, gact, start, count):
    """∂z from ∂h and h = f(z), in place."""
    one, zero = act.dtype.type(1), act.dtype.type(0)
    if kind == RELU:
        for t in range(start, start + count):
            gact[t] = gact[t] if act[t] > zero else zero
    elif kind == SIGMOID:
        for t in range(start, start + count):
            gact[t] *= act[t] * (one - act[t])
    elif kind == TANH:
        for t in range(start, start + count):
            gact[t] *= one - act[t] * act[t]


@kernel
def end_mse(z, aim, act, gact, total, bad, scale, n):
    """∂z = 2 (z - aim) of one output; the loss is added to `total` unless that is empty."""
    zero, twice = act.dtype.type(0), scale + scale
    for t in range(n):
        d = act[z + t] - aim
        bad[t] += zero * (d * d)
        gact[z + t] = twice * d
    for t in range(total.size):
        d = act[z + t] - aim
        total[t] += scale * (d * d)


@kernel
def end_binary(z, aim, act, gact, total, bad, scale, n):
    """∂z = p - aim, p = σ(z), of one output."""
    zero, one = act.dtype.type(0), act.dtype.type(1)
    for t in range(n):
        bad[t] += zero * act[z + t]
        gact[z + t] = scale * (one / (one + exp(-act[z + t])) - aim)
    for t in range(total.size):
        v = act[z + t]
        total[t] += scale * ((zero if v < zero else v) - v * aim + np.log1p(exp(-abs(v))))


@kernel
def end_softmax(z, outputs, label, act, gact, total, bad, spare, scale, n):
    """∂z = p - 1[label], p = softmax(z), of all outputs; `spare` (2, n)."""
    zero = act.dtype.type(0)
    for t in range(n):
        spare[t] = act[z + t]
        spare[n + t] = zero
    for at in range(z + n, z + outputs * n, n):
        for t in range(n):
            spare[t] = act[at + t] if act[at + t] > spare[t] else spare[t]
    for at in range(z, z + outputs * n, n):
        for t in range(n):
            bad[t] += zero * act[at + t]
            gact[at + t] = exp(act[at + t] - spare[t])
            spare[n + t] += gact[at + t]
    right = z + label * n
    for t in range(total.size):
        total[t] += scale * (np.log(spare[n + t]) - (act[right + t] - spare[t]))
    for t in range(n):
        spare[n + t] = scale / spare[n + t]
    for at in range(z, z + outputs * n, n):
        hit = scale if at == right else zero
        for t in range(n):
            gact[at + t] = gact[at + t] * spare[n + t] - hit


@kernel
def backward(layers, plan, x, theta, grad, act, gact, n):
    """Add one example's ∂L/∂θ (P, n) to `grad`, from ∂z of the last layer in `gact`."""
    zero = act.dtype.type(0)
    for q in range(layers.shape[0] - 1, -1, -1):
        units, outputs, source = layers[q, UNITS], layers[q, OUTPUTS], layers[q, SOURCE]
        if q + 1 < layers.shape[0]:
            unbend(plan[ACTIVATION], act, gact, layers[q, TARGET] * n, outputs * n)
        if q:
            for t in range(source * n, (source + units) * n):
                gact[t] = zero
        for j in range(outputs):
            z, bias = (layers[q, TARGET] + j) * n, (layers[q, BIAS] + j) * n
            for t in range(n):
                grad[bias + t] += gact[z + t]
            for i in range(units):
                w, h = (layers[q, WEIGHT] + i * outputs + j) * n, (source + i) * n
                if q == 0:
                    feature = x[i]
                    for t in range(n):
                        grad[w + t] += feature * gact[z + t]
                else:
                    for t in range(n):
                        g = gact[z + t]
                        grad[w + t] += act[h + t] * g
                        gact[h + t] += theta[w + t] * g


@kernel
def differentiate(layers, plan, x, targets, labels, theta, grad, act, gact, total, bad, spare, n):
    """The loss over the data into `total`, unless it is empty, and ∂L/∂θ into `grad`, for n nets.

    `bad` is 0 where loss and gradient are finite, else NaN.
    """
    examples, last, zero = x.shape[0], layers.shape[0] - 1, act.dtype.type(0)
    outputs, end = layers[last, OUTPUTS], layers[last, TARGET] * n
    count = examples if plan[LOSS] == SOFTMAX else examples * outputs
    scale = act.dtype.type(1) / act.dtype.type(count)
    for t in range(grad.size):
        grad[t] = zero
    for t in range(n):
        bad[t] = zero
    for t in range(total.size):
        total[t] = zero
    for e in range(examples):
        forward(layers, plan, x[e], theta, act, n)
        if plan[LOSS] == SOFTMAX:
            end_softmax(end, outputs, labels[e], act, gact, total, bad, spare, scale, n)
        else:
            for j in range(outputs):
                if plan[LOSS] == BINARY:
                    end_binary(end + j * n, targets[e, j], act, gact, total, bad, scale, n)
                else:
                    end_mse(end + j * n, targets[e, j], act, gact, total, bad, scale, n)
        backward(layers, plan, x[e], theta, grad, act, gact, n)
    for at in range(0, grad.size, n):
        for t in range(n):
            bad[t] += zero * grad[at + t]


@kernel
def run_block(layers, plan, x, targets, labels, theta, slopes, first, second, halted, losses, knobs, block):
    """plan[UPDATES] updates of one block of nets; every plan[EVERY]-th writes a row of `losses` before it.

    θ and the optimizer's rows are (P, N) and come back changed. Without updates: one row of losses, and the
    gradient into `slopes` unless that is empty. A net whose loss or gradient is not finite stays as it is.
    """
    a, size, real = block * BLOCK, plan[SIZE], theta.dtype
    n = min(BLOCK, theta.shape[1] - a)
    own, grad = np.empty(size * n, real), np.empty(size * n, real)
    one, two = np.zeros(first.shape[0] * n, real), np.zeros(second.shape[0] * n, real)
    act, gact = np.empty(plan[WIDTH] * n, real), np.empty(plan[WIDTH] * n, real)
    total, bad, spare = np.empty(n, real), np.empty(n, real), np.empty(2 * n, real)
    load(theta, own, a, n)
    load(first, one, a, n)
    load(second, two, a, n)
    stopped = False
    for t in range(n):
        stopped |= halted[a + t] != 0
    row = 0
    for u in range(max(1, plan[UPDATES])):
        shown = row < losses.shape[0] and (plan[STEP] + u) % plan[EVERY] == 0
        seen = total if shown else total[:0]
        differentiate(layers, plan, x, targets, labels, own, grad, act, gact, seen, bad, spare, n)
        if shown:
            for t in range(n):
                losses[row, a + t] = total[t]
            row += 1
        if plan[UPDATES] == 0:
            break
        sick = act.dtype.type(0)
        for t in range(n):
            sick += bad[t]
        if sick != 0:  # NaN too
            for t in range(n):
                halted[a + t] |= bad[t] != 0
            stopped = True
        count = plan[COUNT] + u + 1
        if stopped:
            kept = own.copy(), one.copy(), two.copy()
            call_optimizer(plan[OPTIMIZER], own, grad, one, two, knobs, count)
            for t in range(n):
                if halted[a + t]:
                    for at in range(t, size * n, n):
                        own[at] = kept[0][at]
                    for at in range(t, one.size, n):
                        one[at] = kept[1][at]
                    for at in range(t, two.size, n):
                        two[at] = kept[2][at]
        else:
            call_optimizer(plan[OPTIMIZER], own, grad, one, two, knobs, count)
    store(own, theta, a, n)
    store(one, first, a, n)
    store(two, second, a, n)
    if slopes.shape[0]:
        store(grad, slopes, a, n)


@kernel
def load(table, lanes, a, n):
    """Columns a … a + n - 1 of a table (rows, N) as a flat (rows, n)."""
    for r in range(table.shape[0]):
        for t in range(n):
            lanes[r * n + t] = table[r, a + t]


@kernel
def store(lanes, table, a, n):
    """The way back."""
    for r in range(table.shape[0]):
        for t in range(n):
            table[r, a + t] = lanes[r * n + t]


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


class Population:
    """`count` nets of the same shape on the same data, trained on all of it at every update.

    sizes: units of every layer, features first; x (E, features); y (E,) labels for cross-entropy, else
    (E, outputs) real. Net k starts as `Trainer` does with seed + k, unless θ (count, P) is given, and goes
    on as it would alone; one whose loss or gradient is not finite stays where it is.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        count: int,
        x,
        y,
        *,
        activation: str = "tanh",
        loss: str = "mse",
        optimizer: str = "sgd",
        rate: float = 0.1,
        seed: int = 1,
        dtype: str = "float32",
        momentum: float = 0.9,
        l2: float = 0.0,
        init: str = "he",
        std: float = 1.0,
        theta=None,
        threads: bool = True,
    ):
        known = {"loss": (loss, ENDS), "activation": (activation, ACTIVATIONS), "dtype": (dtype, REAL)}
        for what, (value, choices) in known.items():
            if value not in choices:
                raise EngineError(f"unknown-{what}", **{what: value}, known=", ".join(choices))
        if count < 1:
            raise EngineError("not-positive", name="count", value=count)
        self.sizes, self.count, self.dtype, self.seed = tuple(sizes), int(count), dtype, int(seed)
        self.network = chain(self.sizes, activation, loss, init, std)
        program = Program(self.network)
        self.size = program.size
        self._x, self._targets, self._labels = self._read(x, y, loss)
        if theta is None:
            theta = np.array([program.initial(self.seed + k) for k in range(self.count)])
        self._theta = np.ascontiguousarray(np.reshape(theta, (self.count, self.size)).T, dtype)
        self._first, self._second = np.zeros((2, self.size, self.count), dtype)
        self._halted = np.zeros(self.count, np.uint8)
        self._knobs = np.zeros(8, dtype)
        self.step = 0
        self._plan = np.zeros(10, np.int64)
        self._plan[[ACTIVATION, LOSS, SIZE]] = ACTIVATIONS[activation], ENDS[loss], self.size
        self._plan[EVERY] = 1
        self._layers = np.array(list(self._rows(program)), np.int64)
        self._plan[WIDTH] = sum(self.sizes[1:])
        self._blocks = -(-self.count // BLOCK)
        self._run = run_block
        signature = block_signature(dtype)
        self._plan[WORK] = address(run_block, signature)
        if threads and self._blocks > 1 and threading_layer():
            self._run = run_blocks
            address(run_blocks, signature)
        self._values = {
            "optimizer": optimizer, "rate": rate, "momentum": momentum, "l2": l2, "decay": None, "epsilon": None,
        }  # fmt: skip
        self.set("optimizer", optimizer)

    def _rows(self, program):
        """The rows of `layers`, first layer first."""
        units = np.cumsum((0, *self.sizes[1:]))
        for q, (k, n) in enumerate(zip(self.sizes, self.sizes[1:], strict=False)):
            weight, bias = program.blocks[f"layer-{q + 1}.weight"], program.blocks[f"layer-{q + 1}.bias"]
            yield k, n, weight.offset, bias.offset, units[q - 1] if q else 0, units[q]

    def _read(self, x, y, loss):
        """Features (E, features), real targets (E, outputs) and labels (E,); one of the last two is empty."""
        x = np.asarray(x)
        x, y = x.reshape(len(x), -1), np.asarray(y)
        if not len(x):
            raise EngineError("no-data")
        if x.shape[1] != self.sizes[0]:
            raise EngineError("wrong-width", node="input", width=x.shape[1], expected=self.sizes[0])
        if len(y) != len(x):
            raise EngineError("wrong-count", name="y", count=len(y), expected=len(x))
        targets, labels = np.zeros((0, 0), self.dtype), np.zeros(0, np.int64)
        y, outputs = y.reshape(len(x), -1), self.sizes[-1]
        width = 1 if LOSSES[loss] == "labels" else outputs
        if y.shape[1] != width:
            raise EngineError("wrong-width", node="y", width=y.shape[1], expected=width)
        if LOSSES[loss] == "labels":
            labels = np.ascontiguousarray(y[:, 0], np.int64)
            if labels.min() < 0 or labels.max() >= outputs:
                bad = int(labels.max() if labels.min() >= 0 else labels.min())
                raise EngineError("out-of-range", name="label", value=bad, hi=outputs - 1)
        else:
            targets = np.ascontiguousarray(y, self.dtype)
        arrays = np.ascontiguousarray(x, self.dtype), targets, labels
        arrays = tuple(array.view(np.ndarray).view() for array in arrays)
        for array in arrays:
            array.flags.writeable = False
        return arrays

    # Where it stands

    @property
    def theta(self) -> np.ndarray:
        """(N, P) a copy of every net's θ."""
        return self._theta.T.copy()

    @property
    def halted(self) -> np.ndarray:
        """(N,) which nets have stopped, for a loss or gradient that is not finite."""
        return self._halted != 0

    def get(self, setting: str) -> Any:
        """The present value of a setting that `set` takes."""
        return self._values[setting]

    def set(self, setting: str, value: Any) -> None:
        """Change one of LIVE from the next update on; a new optimizer keeps θ and starts with empty rows.

        Nets that have stopped go on trying.
        """
        if setting not in LIVE:
            raise EngineError("unknown-setting", setting=setting, known=", ".join(LIVE))
        if setting == "optimizer":
            if value not in OPTIMIZERS:
                raise EngineError("unknown-optimizer", optimizer=value, known=", ".join(OPTIMIZERS))
            self._plan[OPTIMIZER] = address(OPTIMIZERS[value].update, optimizer_signature(self.dtype))
            self._plan[COUNT] = 0
            self._first[:], self._second[:] = 0, 0
        self._values[setting] = value
        self._halted[:] = 0
        fill(self._knobs, self._values)

    # What it does

    def train(self, updates: int, every: int | None = None) -> np.ndarray:
        """Do `updates` updates of all nets in one call without the interpreter lock.

        Returns (rows, N) float64: the losses before every update whose number is a multiple of `every`, if
        that is given.
        """
        updates, start = max(0, int(updates)), self.step
        rows = 0 if every is None else -(-(start + updates) // every) - -(-start // every)
        losses = np.empty((rows, self.count))
        if updates:
            self._call(updates, every or 1, losses)
            self.step += updates
            self._plan[COUNT] += updates
        return losses

    def losses(self) -> np.ndarray:
        """(N,) every net's loss at the present θ."""
        return self._look()[0]

    def gradients(self) -> np.ndarray:
        """(N, P) every net's ∂L/∂θ, without the L2 term."""
        return self._look(slopes=True)[1].T.copy()

    def hessians(self, step: float = 1e-5) -> np.ndarray:
        """(N, P, P) every net's ∂²L/∂θ², by central differences of gradients, made symmetric.

        Every net's own step is step · max(1, |θ_i|): near the cube root of float64's precision, where rounding
        and truncation meet at about 1e-10; float32 needs one of 1e-2 and is exact to 1e-3.
        """
        theta, found = self._theta, np.empty((self.count, self.size, self.size))
        try:
            for i in range(self.size):
                moved = step * np.maximum(1, np.abs(theta[i]))
                ends = []
                for sign in (1, -1):
                    self._theta = theta.copy()
                    self._theta[i] += (sign * moved).astype(self.dtype)
                    ends.append((self._theta[i], self._look(slopes=True)[1].astype(np.float64)))
                (right, above), (left, below) = ends
                found[:, i] = ((above - below) / (right.astype(np.float64) - left)).T
        finally:
            self._theta = theta
        return (found + found.transpose(0, 2, 1)) / 2

    def _look(self, slopes: bool = False):
        losses = np.empty((1, self.count))
        table = np.empty((self.size if slopes else 0, self.count), self.dtype)
        self._call(0, 1, losses, table)
        return losses[0], table

    def _call(self, updates: int, every: int, losses, slopes=None):
        plan = self._plan.copy()
        plan[[UPDATES, EVERY, STEP]] = updates, every, self.step if updates else 0
        slopes = np.empty((0, self.count), self.dtype) if slopes is None else slopes
        run = self._theta, slopes, self._first, self._second, self._halted, losses, self._knobs
        data = self._x, self._targets, self._labels
        with np.errstate(all="ignore"):
            if self._run is run_blocks:
                run_blocks(self._layers, plan, *data, *run, self._blocks)
            else:
                for b in range(self._blocks):
                    run_block(self._layers, plan, *data, *run, b)

    # Going back

    def state(self) -> tuple[np.ndarray, ...]:
        """A complete copy, settings included: restoring it continues bit-identically."""
        values = dict(self._values, optimizer=list(OPTIMIZERS).index(self._values["optimizer"]))
        settings = [np.nan if values[name] is None else values[name] for name in LIVE]
        place = np.array([self.step, self._plan[COUNT]], np.int64)
        memory = self._theta.copy(), self._first.copy(), self._second.copy(), self._halted.copy()
        return *memory, place, np.array(settings, np.float64)

    def restore(self, state: Sequence[np.ndarray]) -> None:
        """Back to what `state` copied."""
        theta, first, second, halted, place, settings = state
        for name, number in zip(LIVE, settings.tolist(), strict=True):
            value = list(OPTIMIZERS)[int(number)] if name == "optimizer" else number
            self.set(name, None if number != number else value)
        self._theta[:], self._first[:], self._second[:], self._halted[:] = theta, first, second, halted
        self.step, self._plan[COUNT] = int(place[0]), place[1]


def chain(sizes: Sequence[int], activation: str, loss: str, init: str, std: float) -> Network:
    """The net that a population has many of, as a graph: dense layers with an activation between them."""
    net = Network()
    if len(sizes) < 2:
        raise EngineError("wrong-count", name="sizes", count=len(sizes), expected=2)
    h = net.input(sizes[0])
    for q, width in enumerate(sizes[1:]):
        h = net.activation(h, activation) if q else h
        h = net.dense(h, width, name=f"layer-{q + 1}", init=init, std=std)
    net.loss(h, loss)
    return net
