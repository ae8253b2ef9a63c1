"""Trains one network on one data set, many updates a call: the same bits however the updates are cut."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine import device
from engine import interpreter as walk
from engine.data import check_values
from engine.errors import EngineError
from engine.kernel import FIELDS, JIT, OUT, PARAM, REAL, STATE, address, real, threading_layer
from engine.layers.tokens import check_tokens, readers
from engine.network import Network
from engine.optim import DEFAULTS, Rule
from engine.program import Program

GLANCE = 256  # examples that a measurement takes through the network at once
FIRST = {**DEFAULTS, "batch": None, "dropout": None}  # the live settings, as they are unless given
LIVE = tuple(FIRST)


class Trainer:
    """A network with its data, optimizer and place in the run.

    x: (N, width), uint8 or real; y: (N,) labels, or (N, outputs) real targets; neither for a surface.
    batch: examples an update, None for all of them; the last batch of an epoch has what is left.
    watch: entries of θ that every row of `train` reports.
    settings: others of `engine.optim.DEFAULTS`: momentum, l2, schedule, clip, …
    Built under `engine.device.using` it trains there; measurements are always the CPU's.
    """

    _runner = None  # what trains on a device; None: the CPU does

    def __init__(
        self,
        network: Network,
        x=None,
        y=None,
        *,
        optimizer: str = "sgd",
        rate: float = 0.1,
        batch: int | None = None,
        seed: int = 1,
        dtype: str = "float32",
        shards: int = 1,
        shuffle: bool = True,
        theta=None,
        watch: Sequence[int] = (),
        **settings,
    ):
        if dtype not in REAL:
            raise EngineError("unknown-dtype", dtype=dtype, known=", ".join(REAL))
        self.program, self.dtype, self.seed, self.shards = Program(network), dtype, int(seed), int(shards)
        if self.shards < 1:
            raise EngineError("not-positive", name="shards", value=shards)
        size = self.program.size
        self._data = self._read(x, y)
        for name, values in (("x", self._data.xr), ("y", self._data.targets)):
            if not np.isfinite(values).all():
                check_values(values, name)  # tells where
        self.examples = self._count(self._data)
        start = self.program.initial(self.seed) if theta is None else np.asarray(theta, np.float64).ravel()
        if start.size != size:
            raise EngineError("wrong-count", name="theta", count=start.size, expected=size)
        self._theta = np.array(start, dtype=dtype)
        self._rule = Rule(dtype, size)
        self._grad = np.zeros((self.shards, size + 1), dtype)
        self._state = real(dtype, self.program.statistics or [0.0])
        self._scratch = np.zeros((self.shards, self.program.scratch), dtype)
        self._parts = np.zeros(self.shards, dtype)
        self._context = np.zeros((self.shards + 1, FIELDS), np.int64)
        self._cursor = np.zeros(5, np.int64)
        self._watch = np.array(watch, dtype=np.int64).reshape(-1)
        if ((self._watch < 0) | (self._watch >= size)).any():
            raise EngineError("out-of-range", name="watch", value=list(watch), hi=size - 1)
        self._hyper = np.array(self.program.hyper, dtype)  # its own: some of it changes
        self._plan = self._plans(self.examples, shuffle)
        self._fault: dict[str, Any] | None = None
        self._values = {"batch": None, "dropout": None}
        self._compile()
        for setting, value in {"batch": batch, "rate": rate, "optimizer": optimizer, **settings}.items():
            self.set(setting, value)
        self.columns = ("loss", "gradient-norm", *(f"theta-{k}" for k in self._watch))
        self._place = device.here()
        self._runner = self._place and self._place.runner(self, "trainer")

    # What it is made of

    def _compile(self):
        """Find the machine code of every kernel that this run calls, compiling what is new."""
        dtype, passes = self.dtype, walk
        self._tables = self.program.addresses(dtype)
        if self.shards > 1:
            threading_layer()
            from engine import shards as passes
        self._passes = (
            address(passes.run_pass, walk.pass_signature(dtype)),
            address(passes.reduce, walk.reduce_signature(dtype)),
            address(passes.apply, walk.apply_signature(dtype)),
        )
        address(walk.train, walk.train_signature(dtype))

    def _plans(self, examples: int, shuffle: bool) -> np.ndarray:
        plan = np.zeros(10, np.int64)
        plan[walk.EXAMPLES], plan[walk.ROWS], plan[walk.KEY] = examples, 1, self.seed
        plan[walk.SHUFFLED], plan[walk.SHARDS], plan[walk.LIVE] = shuffle, self.shards, self.program.live
        plan[walk.TARGET], plan[walk.SIZE], plan[walk.MEAN] = (
            self.program.target,
            self.program.size,
            self.program.mean,
        )
        plan[walk.WORK] = address(walk.work, walk.work_signature(self.dtype))
        return plan

    def _read(self, x, y) -> walk.Data:
        """Data as the kernels take it: x as bytes or as real numbers, y as labels or as real numbers."""
        program, dtype = self.program, np.dtype(self.dtype)
        x8, xr = np.zeros((0, 0), np.uint8), np.zeros((0, 0), dtype)
        labels, targets = np.zeros(0, np.int64), np.zeros((0, 0), dtype)
        if program.targets is not None:
            if x is None:
                raise EngineError("no-data")
            x = np.asarray(x)
            x = x.reshape(len(x), -1) if x.ndim > 1 else x.reshape(-1, 1)
            entry = next((node for node in program.nodes if node.op == "input"), None)
            if entry is not None and x.shape[1] != entry.width:
                raise EngineError("wrong-width", node=entry.name, width=x.shape[1], expected=entry.width)
            if not len(x):
                raise EngineError("no-data")
            tokens = readers(program.nodes)
            if tokens:
                check_tokens(tokens, x)
            if x.dtype == np.uint8 and not tokens:
                x8 = np.ascontiguousarray(x)
            else:
                xr = np.ascontiguousarray(x, dtype)
            y = (
                np.zeros((len(x), program.labels if program.targets == "labels" else program.loss.width))
                if y is None
                else y
            )
            y = np.asarray(y)
            if len(y) != len(x):
                raise EngineError("wrong-count", name="y", count=len(y), expected=len(x))
            if program.targets == "labels":
                labels = np.ascontiguousarray(y.reshape(-1), np.int64)
                each, classes = program.labels, program.classes
                if labels.size != len(x) * each:
                    raise EngineError("wrong-width", node="y", width=labels.size // len(x), expected=each)
                least = 0 if program.loss.op == "cross-entropy" else -1
                if labels.min() < least or labels.max() >= classes:
                    bad = int(labels.max() if labels.min() >= least else labels.min())
                    raise EngineError("out-of-range", name="label", value=bad, hi=classes - 1)
            else:
                targets = np.ascontiguousarray(y.reshape(len(x), -1), dtype)
                if targets.shape[1] != program.loss.width:
                    raise EngineError(
                        "wrong-width", node="y", width=targets.shape[1], expected=program.loss.width
                    )
        arrays = tuple(array.view(np.ndarray).view() for array in (x8, xr, labels, targets))
        for array in arrays:
            array.flags.writeable = False
        return walk.Data(*arrays)

    @staticmethod
    def _count(data) -> int:
        return max(len(data.x8), len(data.xr), 1)

    # Where it stands

    @property
    def step(self) -> int:
        """Updates done."""
        return int(self._cursor[walk.UPDATE])

    @property
    def epoch(self) -> int:
        """Updates in one epoch."""
        return -(-self.examples // int(self._plan[walk.ROWS]))

    @property
    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """Its own examples, read only: x (N, width), and labels (N · places,) or targets (N, outputs)."""
        x8, xr, labels, targets = self._data
        return (x8 if len(x8) else xr), (labels if self.program.targets == "labels" else targets)

    @property
    def shuffled(self) -> bool:
        """Whether every epoch has its own order; a batch of all examples has theirs."""
        return bool(self._plan[walk.SHUFFLED])

    @property
    def gauge(self) -> np.ndarray:
        """A copy of what the optimizer remembers for all of θ together; see `engine.optimizers.adam`."""
        return self._rule.memory["gauge"].copy()

    @property
    def theta(self) -> np.ndarray:
        """A copy of θ."""
        return self._theta.copy()

    def named(self) -> dict[str, tuple[int, tuple[int, ...]]]:
        """Offset in θ and shape of each parameter: {"hidden.weight": (0, (784, 128)), …}."""
        return {name: (block.offset, block.parameter.shape) for name, block in self.program.blocks.items()}

    def rate_at(self, step: int) -> float:
        """η of an update, schedule included, as settings are now."""
        return self._rule.rate_at(step)

    @property
    def slow(self) -> np.ndarray | None:
        """A copy of Lookahead's slow θ, None without it."""
        return self._rule.memory["slow"].copy() if self.get("lookahead") else None

    def get(self, setting: str) -> Any:
        """The present value of a setting that `set` takes."""
        return self._settings()[setting]

    def set(self, setting: str, value: Any) -> None:
        """Change one of LIVE from the next update on; a new optimizer keeps θ and starts with empty rows."""
        if setting not in LIVE:
            raise EngineError("unknown-setting", setting=setting, known=", ".join(LIVE))
        if setting in DEFAULTS:
            self._rule.set(setting, value, self._theta)
            if setting in ("optimizer", "lookahead"):
                self._cursor[walk.COUNT if setting == "optimizer" else walk.TAKEN] = 0
        elif setting == "batch":
            rows = self.examples if value is None else min(int(value), self.examples)
            if rows < 1:
                raise EngineError("not-positive", name="batch", value=value)
            self._forbid_one(rows)
            self._plan[walk.ROWS] = rows
            self._arena = self._room(rows)
        elif setting == "dropout":
            if value is not None and not 0 <= value <= 1:
                raise EngineError("out-of-range", name="dropout", value=value, hi=1)
            for q, _ in self.program.calls("dropout"):
                self._hyper[q, 0] = self.program.hyper[q, 0] if value is None else value
        if setting in self._values:
            self._values[setting] = value
        self._fault = None
        self._move()

    def _move(self) -> None:
        """The arrays of the run are no longer what a device was last given."""
        if self._runner is not None:
            self._runner.moved = True

    def _forbid_one(self, rows: int) -> None:
        """A single number has no variance: refuse batches of one row, the last of an epoch too, to batch norm."""
        if 1 in (rows, self.examples % rows, (self.examples - self._cursor[walk.PLACE]) % rows):
            for q, node in self.program.calls("batch-norm"):
                if q < self.program.live and node.sizes[1] == 1:
                    raise EngineError("batch-of-one", node=node.name, batch=rows, examples=self.examples)

    def _room(self, rows: int) -> tuple[np.ndarray, ...]:
        """Activations, their gradients and labels for a batch of `rows`."""
        length = max(1, self.program.width * rows)
        labels = np.zeros(rows * self.program.labels, np.int64)
        return np.zeros(length, self.dtype), np.zeros(length, self.dtype), labels

    def _machine(self, grad: np.ndarray, arena) -> walk.Machine:
        program = self.program
        tables, texts = self._tables, (program.rows, self._hyper, program.segments)
        state = self._state if grad is self._grad else self._state.copy()  # a measurement moves nothing
        return walk.Machine(*tables, *texts, self._theta, grad, state, *arena, self._scratch)

    def statistics(self) -> dict[str, np.ndarray]:
        """Running statistics by layer: {"batch-norm-2.mean": (c,), "batch-norm-2.variance": (c,), …}."""
        found = {}
        for q, node in self.program.calls("batch-norm"):
            at, c = int(self.program.rows[q, STATE]), node.sizes[0]
            found[f"{node.name}.mean"] = self._state[at : at + c].copy()
            found[f"{node.name}.variance"] = self._state[at + c : at + 2 * c].copy()
        return found

    # What it does

    def train(self, updates: int) -> np.ndarray:
        """Do `updates` updates in one call without the interpreter lock: (done, len(columns)) float64.

        Each row is as of before its update. When loss or gradient is not finite, that row is the last,
        θ is not touched, and `fault` tells why; then there are no more rows until a setting changes.
        """
        out = np.empty((max(0, updates) if self._fault is None else 0, len(self.columns)))
        if not len(out):
            return out
        done = self._update(out)
        if not np.isfinite(out[done - 1, :2]).all():
            self._fault = self._autopsy(*out[done - 1, :2])
        return out[:done]

    def _update(self, out: np.ndarray) -> int:
        """Do len(out) updates where the run trains; a device that fails leaves them to the CPU."""
        if self._runner is not None:
            try:
                return self._runner.train(out)
            except EngineError as error:
                self._runner = self._place.leave(self, error)
        with np.errstate(all="ignore"):
            machine, run = self._machine(self._grad, self._arena), (self._plan, self._cursor, self._context)
            rule, factors = self._rule, self._rule.factors(self.step, len(out))
            memory = (*rule.memory.values(), rule.knobs, factors, self._parts)
            return walk.train(*self._passes, rule.codes, machine, self._data, *run, *memory, self._watch, out)

    def fault(self) -> Mapping[str, Any] | None:
        """None, or {"code": "diverged", "cause": activation | loss | gradient, "layer": name, "rate": η}."""
        return self._fault

    def _autopsy(self, loss: float, norm: float) -> dict[str, Any]:
        """The first layer on the way whose numbers are not finite, or the one with the largest."""
        program, batch = self.program, int(self._context[self.shards, 2])
        act, gact, _ = self._arena
        forward, backward = [], []
        for q in range(program.live):
            node = program.nodes[program.owners[q]]
            start = int(program.rows[q, OUT]) * batch
            forward.append((node.name, act[start : start + node.width * batch]))
            offset = int(program.rows[q, PARAM])
            size = sum(int(np.prod(parameter.shape)) for parameter in node.parameters)
            slopes = gact[start : start + node.width * batch] if q + 1 < program.live else act[:0]
            backward.append((node.name, np.concatenate((self._grad[0, offset : offset + size], slopes))))
        cause, layers = "loss", forward
        if np.isfinite(loss) and not np.isfinite(norm):
            cause, layers = "gradient", backward[::-1]
        broken = next((name for name, numbers in layers if not np.isfinite(numbers).all()), None)
        if broken is None:
            broken = max(layers, key=lambda layer: np.abs(layer[1]).max(initial=0))[0]
        elif cause == "loss" and broken != program.loss.name:
            cause = "activation"
        return {"code": "diverged", "layer": broken, "rate": self.rate_at(self.step), "cause": cause}

    # What it can tell

    def _view(self, examples: int, mode: str) -> tuple[np.ndarray, ...]:
        """Plan, cursor and context of a measurement; but in evaluation all examples are one batch."""
        if mode not in walk.MODES:
            raise EngineError("unknown-mode", mode=mode, known=", ".join(walk.MODES))
        plan, context = self._plans(examples, False), np.zeros((1, FIELDS), np.int64)
        plan[walk.ROWS] = min(examples, GLANCE) if mode == "evaluate" else examples
        context[0, [walk.STEP, walk.SEED, walk.MODE]] = self.step, self.seed, walk.MODES[mode]
        return plan, np.zeros(4, np.int64), context

    def _measure(self, data, mode="evaluate", *, gradient: bool = False, node: int | None = None):
        """Loss over `data`, and ∂L/∂θ or a node's values, or empty arrays."""
        program, examples = self.program, self._count(data)
        run = self._view(examples, mode)
        total = np.zeros(program.size if gradient else 0, self.dtype)
        width = 0 if node is None else program.nodes[node].width
        values = np.zeros((examples, width), self.dtype)
        grad = np.zeros((1, program.size + 1), self.dtype)
        offset = 0 if node is None else program.buffers[node]
        if JIT:
            address(walk.measure, walk.measure_signature(self.dtype))
        with np.errstate(all="ignore"):
            machine = self._machine(grad, self._room(int(run[0][walk.ROWS])))
            loss = walk.measure(machine, data, *run, total, offset, values)
        return float(loss), total, values

    def evaluate(self, x=None, y=None, mode: str = "evaluate") -> dict[str, float]:
        """{"loss"} over the given data, else its own, with {"accuracy"} if the loss is a cross-entropy.

        For sequences: of positions that are not padding, with {"exact"}, the share of sequences all right.
        """
        data = self._data if x is None else self._read(x, y)
        kind = self.program.loss.op
        if kind not in ("cross-entropy", "binary-cross-entropy", "sequence-cross-entropy"):
            return {"loss": self._measure(data, mode)[0]}
        loss, _, z = self._measure(data, mode, node=self.program.output)
        if kind == "sequence-cross-entropy":
            labels = data.labels.reshape(len(z), -1)
            right, real = z.reshape(*labels.shape, -1).argmax(axis=2) == labels, labels >= 0
            exact = (right | ~real).all(axis=1).mean()
            return {"loss": loss, "accuracy": float(right[real].mean()), "exact": float(exact)}
        right = (
            z.argmax(axis=1) == data.labels if kind == "cross-entropy" else (z > 0) == (data.targets > 0.5)
        )
        return {"loss": loss, "accuracy": float(right.mean())}

    def predict(self, x=None, node: int | None = None, mode: str = "evaluate") -> np.ndarray:
        """(N, width) values of a node, the network's output unless one is named, for x or its own data."""
        data = self._data if x is None else self._read(x, None)
        return self._measure(data, mode, node=self.program.output if node is None else node)[2]

    def gradient(self, x=None, y=None, mode: str = "evaluate") -> np.ndarray:
        """(P,) ∂L/∂θ at the present θ over the given data, else its own; without the L2 term.

        Like every measurement in evaluation, unless asked: in `train` with the masks of the next update.
        """
        return self._measure(self._data if x is None else self._read(x, y), mode, gradient=True)[1]

    def survey(self, places: Sequence[int], points: np.ndarray, mode: str = "evaluate") -> np.ndarray:
        """(M,) the loss over its own data with θ[places] replaced by each row of points (M, len(places))."""
        places, run = np.array(places, np.int64), self._view(self.examples, mode)
        points = real(self.dtype, points).reshape(-1, len(places))
        if ((places < 0) | (places >= self.program.size)).any():
            raise EngineError("out-of-range", name="theta", value=places.tolist(), hi=self.program.size - 1)
        grad = np.zeros((1, self.program.size + 1), self.dtype)
        losses = np.zeros(len(points))
        if JIT:
            address(walk.survey, walk.survey_signature(self.dtype))
        with np.errstate(all="ignore"):
            machine = self._machine(grad, self._room(int(run[0][walk.ROWS])))
            empty = np.zeros(0, self.dtype), np.zeros((self.examples, 0), self.dtype)
            walk.survey(machine, self._data, *run, *empty, places, points, losses)
        return losses

    # Going back

    def state(self) -> tuple[np.ndarray, ...]:
        """A complete copy, settings included: restoring it continues bit-identically."""
        changed = {name: value for name, value in self._settings().items() if value != FIRST.get(name)}
        settings = np.frombuffer(json.dumps(changed, default=float).encode(), np.uint8)
        memory = [row.copy() for row in self._rule.memory.values()]
        return self._theta.copy(), *memory, self._state.copy(), self._cursor.copy(), settings

    def restore(self, state: Sequence[np.ndarray]) -> None:
        """Back to what `state` copied."""
        theta, *memory, running, cursor, settings = state
        self._cursor[:] = cursor  # a batch is checked against the place in the epoch
        for name, value in {**FIRST, **json.loads(settings.tobytes())}.items():
            if value != self.get(name):
                self.set(name, value)
        self._fault = None
        self._theta[:], self._state[:], self._cursor[:] = theta, running, cursor
        for row, kept in zip(self._rule.memory.values(), memory, strict=True):
            row[:] = kept
        self._move()

    def _settings(self) -> dict[str, Any]:
        """The live settings as they are."""
        return self._rule.values | self._values
