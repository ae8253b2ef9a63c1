"""A Program on the device: its memory, allocated once, and its rows as launches."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.cuda.kernel import Launch, cuda
from engine.cuda.ops import registry
from engine.cuda.ops.registry import OPERATIONS
from engine.errors import EngineError
from engine.kernel import FIELDS, OP
from engine.ops.registry import OPERATIONS as NAMES
from engine.program import Program


class Memory(NamedTuple):
    """What every kernel of an operation is given after the row's number: arrays on the device."""

    rows: object  # (rows, COLUMNS) int64
    hyper: object  # (rows, longest)
    theta: object  # (P,)
    grad: object  # (P + 1,) gradient, then loss
    state: object  # running statistics
    act: object  # activations
    gact: object  # and their gradients
    scratch: object  # working memory
    ints: object  # labels of the batch
    ctx: object  # (FIELDS,) int64


def plans(program: Program, batch: int, fuse: bool = False) -> tuple[list[tuple[int, Launch]], ...]:
    """The launches (row, launch) of all rows forwards and of the live ones backwards, in their order.

    fuse: neighbours that nobody looks between become one launch.
    """
    names, found = list(NAMES), ([], [])
    together = registry.fuse(program.rows, program.live, batch) if fuse else {}
    for back, rows in ((0, range(len(program.rows))), (1, range(program.live - 1, -1, -1))):
        for q in rows:
            op = names[program.rows[q, OP]]
            if op not in OPERATIONS:
                raise EngineError("cuda-no-operation", operation=op)
            launches = together[q][back] if q in together else OPERATIONS[op][back](program.rows[q], batch)
            found[back].extend((q, launch) for launch in launches)
    return found


class Circuit:
    """The launches of one pass over batches of at most `batch` rows, and the memory that they share."""

    def __init__(self, program: Program, batch: int, stream=0, fuse: bool = False):
        self.program, self.batch = program, batch
        forward, backward = plans(program, batch, fuse)
        need = max([1, *(launch.scratch for _, launch in (*forward, *backward))])
        length = max(1, program.width * batch)
        single, whole = np.float32, np.int64
        self.memory = Memory(
            cuda.to_device(np.ascontiguousarray(program.rows)),
            cuda.to_device(np.ascontiguousarray(program.hyper, single)),
            cuda.device_array(max(1, program.size), single),
            cuda.device_array(program.size + 1, single),
            cuda.to_device(np.array(program.statistics or [0.0], single)),
            cuda.to_device(np.zeros(length, single)),  # no kernel writes all of it, an autopsy reads it
            cuda.to_device(np.zeros(length, single)),
            cuda.device_array(need, single),
            cuda.device_array(max(1, batch * program.labels), whole),
            cuda.to_device(np.zeros(FIELDS, whole)),
        )
        self._forward, self._backward, self.stream = forward, backward, stream

    def forwards(self, rows: int) -> list[tuple]:
        """The launches of the table's first rows: (kernel, blocks, threads, arguments)."""
        return [self._step(q, launch) for q, launch in self._forward if q < rows]

    def backwards(self) -> list[tuple]:
        """The launches of all live rows, from the loss back."""
        return [self._step(q, launch) for q, launch in self._backward]

    def _step(self, q: int, launch: Launch) -> tuple:
        return launch.kernel, launch.grid, launch.block, (q, launch.number, *self.memory)

    def run(self, steps: list[tuple]) -> None:
        start(steps, self.stream)


def start(steps: list[tuple], stream) -> None:
    """Start launches (kernel, blocks, threads, arguments), one after the other."""
    for kernel, blocks, threads, arguments in steps:
        kernel[blocks, threads, stream](*arguments)
