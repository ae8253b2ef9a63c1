"""Many small fully connected nets trained at once on the same data, each as it would go alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine import device, lanes
from engine.errors import EngineError
from engine.kernel import REAL, address, threading_layer
from engine.lanes import (
    ACTIVATION,
    ACTIVATIONS,
    BLOCK,
    COUNT,
    ENDS,
    EVERY,
    LOSS,
    OPTIMIZER,
    SIZE,
    STEP,
    UPDATES,
    WIDTH,
    WORK,
)
from engine.network import LOSSES, Network
from engine.optim import OPTIMIZERS, fill, optimizer_signature
from engine.optimizers.knobs import COUNT as KNOBS
from engine.program import Program

LIVE = ("rate", "momentum", "l2", "decay", "epsilon", "optimizer")


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
        if np.size(theta) != self.count * self.size:
            expected = self.count * self.size
            raise EngineError("wrong-count", name="theta", count=np.size(theta), expected=expected)
        self._theta = np.ascontiguousarray(np.reshape(theta, (self.count, self.size)).T, dtype)
        self._first, self._second = np.zeros((2, self.size, self.count), dtype)
        self._halted = np.zeros(self.count, np.uint8)
        self._knobs = np.zeros(KNOBS, dtype)
        self.step = 0
        self._plan = np.zeros(10, np.int64)
        self._plan[[ACTIVATION, LOSS, SIZE]] = ACTIVATIONS[activation], ENDS[loss], self.size
        self._plan[EVERY] = 1
        self._layers = np.array(list(self._rows(program)), np.int64)
        self._plan[WIDTH] = sum(self.sizes[1:])
        self._blocks = -(-self.count // BLOCK)
        self._run = lanes.run_block
        signature = lanes.block_signature(dtype)
        self._plan[WORK] = address(lanes.run_block, signature)
        if threads and self._blocks > 1 and threading_layer():
            self._run = lanes.run_blocks
            address(lanes.run_blocks, signature)
        self._values = {
            "optimizer": optimizer, "rate": rate, "momentum": momentum, "l2": l2, "decay": None, "epsilon": None,
        }  # fmt: skip
        self.set("optimizer", optimizer)
        self._place = device.here()
        self._runner = self._place and self._place.runner(self, "population")

    def _rows(self, program):
        """The rows of `layers`, first layer first."""
        units = np.cumsum((0, *self.sizes[1:]))
        for q, (k, n) in enumerate(zip(self.sizes, self.sizes[1:], strict=False)):
            weight, bias = program.blocks[f"layer-{q + 1}.weight"], program.blocks[f"layer-{q + 1}.bias"]
            yield k, n, weight.offset, bias.offset, units[q - 1] if q else 0, units[q]

    def _read(self, x, y, loss):
        """Features (E, features), real targets (E, outputs) and labels (E,); one of the last two is empty."""
        x, y = np.asarray(x), np.asarray(y)
        if not len(x):
            raise EngineError("no-data")
        x = x.reshape(len(x), -1)
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
    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """The examples of every net, read only: x (E, features), and labels (E,) or targets (E, outputs)."""
        return self._x, self._targets if len(self._targets) else self._labels

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
            known = [
                name for name, each in OPTIMIZERS.items() if "third" not in each.rows and not each.settle
            ]
            if value not in known:
                raise EngineError("unknown-optimizer", optimizer=value, known=", ".join(known))
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
        if updates and self._runner is not None:
            try:
                self._runner.train(plan, losses)
                return
            except EngineError as error:
                self._runner = self._place.leave(self, error)
        slopes = np.empty((0, self.count), self.dtype) if slopes is None else slopes
        run = self._theta, slopes, self._first, self._second, self._halted, losses, self._knobs
        data = self._x, self._targets, self._labels
        with np.errstate(all="ignore"):
            if self._run is lanes.run_blocks:
                lanes.run_blocks(self._layers, plan, *data, *run, self._blocks)
            else:
                for b in range(self._blocks):
                    lanes.run_block(self._layers, plan, *data, *run, b)

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
