"""A trainer's updates on the device: a chunk of them without a word to the host, then one snapshot."""

from __future__ import annotations

import numpy as np

from engine import interpreter as walk
from engine.cuda import graph, optimizers, updates
from engine.cuda.device import guarded
from engine.cuda.kernel import HALTED, THREADS, cuda
from engine.cuda.optimizers import (
    CLOCK,
    EXAMPLES,
    KEY,
    LEADS,
    LEFT,
    RIGHT,
    ROW,
    ROWS,
    SETTLES,
    SHUFFLED,
    UPDATES,
)
from engine.cuda.program import Circuit
from engine.cuda.updates import PIECES, span
from engine.kernel import BATCH
from engine.optimizers.knobs import COUNT as KNOBS
from engine.optimizers.knobs import GAUGES
from engine.random import grid

LINES = ("first", "second", "third", "slow")  # rows as long as θ


def work(program, batch: int) -> float:
    """Operations of an update, by its parameters: six a weight and place."""
    places = [
        max(1, node.width // max(1, node.parameters[0].shape[-1]))
        for node in program.nodes
        if node.parameters
    ]
    sizes = [sum(np.prod(p.shape) for p in node.parameters) for node in program.nodes if node.parameters]
    return 6.0 * batch * sum(place * size for place, size in zip(places, sizes, strict=True))


class Runner:
    """What `Trainer.train` does on the CPU, on the device; the trainer's own arrays follow after every chunk."""

    def __init__(self, trainer):
        self.trainer = trainer
        self.moved = True  # the trainer's arrays, since the last snapshot
        self.work = work(trainer.program, int(trainer._plan[walk.ROWS]))
        self._circuit: Circuit | None = None
        self._made_of, self._replay = None, None  # the launches of the last update, and their recording
        self._seen = np.zeros(0, np.float32)  # θ as of the last snapshot

    @guarded
    def train(self, out: np.ndarray) -> int:
        """Do len(out) updates and fill the rows of `out`; returns the rows written, as `engine.interpreter.train`.

        Raises EngineError with the trainer as it was before the call.
        """
        rows = int(self.trainer._plan[walk.ROWS])
        if self._circuit is None:
            self._settle()
        if self._circuit is None or self._circuit.batch != rows:
            self._room(rows)
        self._send(len(out))
        steps, left = self._steps(), len(out)
        made_of = [(kernel, *map(id, arguments)) for kernel, _, _, arguments in steps]
        if made_of != self._made_of:  # the first time compiles, so it cannot be recorded
            self._circuit.run(steps)
            self._made_of, self._replay, left = made_of, graph.record(steps, self.stream), left - 1
        for _ in range(left):
            if self._replay is not None:
                self._replay()
            else:
                self._circuit.run(steps)
        return self._fetch(out)

    # Memory, once

    def _settle(self) -> None:
        """What lasts as long as the run: data, the optimizer's rows, what a chunk needs."""
        trainer, single, whole = self.trainer, np.float32, np.int64
        self.stream, size = cuda.stream(), max(1, trainer.program.size)
        x8, xr, labels, targets = trainer._data
        self._bytes, self._reals = (self._flat(table) if table.size else None for table in (x8, xr))
        self._labels, self._targets = (
            self._flat(table) if table.size else None for table in (labels, targets)
        )
        self._rows = {name: cuda.device_array(size, single) for name in LINES}
        self._rows["gauge"] = cuda.device_array(GAUGES, single)
        self._knobs = cuda.device_array(KNOBS, single)
        self._clock = cuda.device_array(CLOCK, whole)
        self._parts = cuda.device_array(2 * PIECES, single)
        self._tally = cuda.device_array(4, single)
        self._watch = cuda.to_device(np.array([-1, *trainer._watch], whole))
        self._chunk = 0

    @staticmethod
    def _flat(table):
        return cuda.to_device(np.array(table).reshape(-1))

    def _room(self, rows: int) -> None:
        """The arenas of a batch, and pinned memory for the snapshots."""
        self._circuit = Circuit(self.trainer.program, rows, self.stream, fuse=True)
        self._picks = cuda.device_array(rows, np.int64)
        self._pinned: dict[str, np.ndarray] = {}
        self.moved = True

    # To the device

    def _send(self, count: int) -> None:
        """What the host knows and the device must: settings always, the run itself where it moved."""
        trainer, memory = self.trainer, self._circuit.memory
        plan, rule = trainer._plan, trainer._rule
        if self.moved or not np.array_equal(trainer._theta, self._seen):
            self._put(memory.theta, trainer._theta)
            self._put(memory.state, trainer._state)
            for name, row in rule.memory.items():
                self._put(self._rows[name], row)
        self._put(memory.hyper, trainer._hyper)
        self._put(self._knobs, rule.knobs)
        self._put(memory.ctx, np.zeros(len(memory.ctx), np.int64))
        clock = np.zeros(CLOCK, np.int64)
        clock[: len(trainer._cursor)] = trainer._cursor
        clock[[EXAMPLES, ROWS, KEY, SHUFFLED]] = plan[[walk.EXAMPLES, walk.ROWS, walk.KEY, walk.SHUFFLED]]
        clock[[LEFT, RIGHT]] = (
            grid.py_func(trainer.examples) if hasattr(grid, "py_func") else grid(trainer.examples)
        )
        self._put(self._clock, clock)
        if count > self._chunk:
            self._chunk = 1 << (count - 1).bit_length()
            self._factors = cuda.device_array(self._chunk + 1, np.float32)
            self._out = cuda.device_array((self._chunk, len(trainer.columns)), np.float32)
            self._pinned.pop("out", None)
        self._put(self._factors, rule.factors(trainer.step, count))

    def _put(self, there, here: np.ndarray) -> None:
        if here.size:
            here = np.ascontiguousarray(here, there.dtype)
            part = there if there.ndim > 1 else there[: here.size]
            part.copy_to_device(here, stream=self.stream)

    # One update

    def _steps(self) -> list[tuple]:
        """The launches of an update (kernel, blocks, threads, arguments), in their order."""
        trainer, circuit = self.trainer, self._circuit
        memory, program, values = circuit.memory, trainer.program, trainer._rule.values
        batch, size, found = circuit.batch, max(1, program.size), []

        def add(kernel, blocks, threads, *arguments):
            found.append((kernel, blocks, threads, arguments))

        theta, grad, ctx = memory.theta, memory.grad, memory.ctx
        rows = *(self._rows[name] for name in (*LINES[:3], "gauge")), self._knobs, self._clock, ctx
        optimizer, all_of = values["optimizer"], (span(size), (THREADS,))
        watch = self._watch, theta, self._out, self._picks
        add(updates.begin, (1,), (THREADS,), self._clock, ctx, self._knobs, self._factors, *watch)
        if optimizer in LEADS:
            add(LEADS[optimizer], *all_of, theta, grad, *rows)
        for kernel, table, aim in (
            (updates.gather_bytes, self._bytes, (memory.act, 0)),
            (updates.gather_reals, self._reals, (memory.act, 0)),
            (updates.gather_labels, self._labels, (memory.ints,)),
            (updates.gather_reals, self._targets, (memory.act, program.target)),
        ):
            if table is not None:
                width = table.size // trainer.examples
                add(kernel, span(batch * width), (THREADS,), table, width, self._picks, *aim, ctx)
        found += circuit.forwards(program.live)
        found += circuit.backwards()
        add(updates.square, (PIECES,), (THREADS,), grad, self._parts)
        add(updates.judge, (1,), (THREADS,), grad, self._parts, self._tally, self._clock, ctx, self._out)
        if optimizer in LEADS:
            add(optimizers.turn_back, *all_of, theta, grad, *rows)
        if values["clip"] or values["noise"]:
            add(optimizers.adjust, *all_of, grad, self._tally, self._knobs, self._clock, ctx)
        add(UPDATES[optimizer], *all_of, theta, grad, *rows)
        if optimizer in SETTLES:
            settle, threads = SETTLES[optimizer], 1 if optimizer == "nadam" else THREADS
            add(settle, (1,), (threads,), theta, grad, *rows)
        if values["lookahead"]:
            add(optimizers.follow, *all_of, theta, self._rows["slow"], self._knobs, self._clock, ctx)
        add(updates.finish, (1,), (1,), self._clock, ctx, self._knobs)
        return found

    # Back to the host

    def _fetch(self, out: np.ndarray) -> int:
        """The snapshot at the end of a chunk: all copies under way at once, one wait."""
        trainer, memory = self.trainer, self._circuit.memory
        wanted = {"theta": memory.theta, "state": memory.state, **self._rows}
        wanted |= {"clock": self._clock, "ctx": memory.ctx, "out": self._out}
        found = self._take(wanted)
        halted, done = found["ctx"][HALTED] != 0, int(found["clock"][ROW])
        if halted:  # what the autopsy looks at
            arena = self._take({"act": memory.act, "gact": memory.gact, "grad": memory.grad})
            trainer._arena[0][:], trainer._arena[1][:] = arena["act"], arena["gact"]
            trainer._grad[0, :] = arena["grad"]
            trainer._context[trainer.shards, BATCH] = found["ctx"][BATCH]
        done += bool(halted)
        out[:done] = found["out"][:done]
        trainer._cursor[:] = found["clock"][: len(trainer._cursor)]
        for here, there in ((trainer._theta, found["theta"]), (trainer._state, found["state"])):
            here[:] = there[: here.size]
        for name, row in trainer._rule.memory.items():
            row[:] = found[name][: row.size]
        self._seen = trainer._theta.copy()
        self.moved = False
        return done

    def _take(self, wanted: dict) -> dict[str, np.ndarray]:
        for name, there in wanted.items():
            if name not in self._pinned or self._pinned[name].shape != there.shape:
                self._pinned[name] = cuda.pinned_array(there.shape, there.dtype)
            there.copy_to_host(self._pinned[name], stream=self.stream)
        self.stream.synchronize()
        return self._pinned
