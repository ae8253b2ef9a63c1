"""A network as the interpreter runs it: a table of integers over one flat θ and one arena of activations."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from engine import random
from engine.blas import hold_blas
from engine.errors import EngineError
from engine.kernel import (
    COLUMNS,
    IN,
    IN2,
    N0,
    NEED,
    OP,
    OUT,
    PARAM,
    STATE,
    TIE,
    WHOLE,
    address,
    operation_signature,
)
from engine.network import LOSSES, Network
from engine.node import Node, Parameter
from engine.ops.registry import NUMBER, OPERATIONS, PRODUCTS


@dataclass(frozen=True)
class Block:
    """Where a parameter lies in θ."""

    parameter: Parameter
    offset: int

    @property
    def size(self) -> int:
        return int(np.prod(self.parameter.shape))


class Program:
    """Rows (operation, buffers, parameter offset, sizes) in the order of the forward pass: first those on the
    way to the loss (`live` of them), then the ones that are only looked at.

    A buffer at offset o of width w holds, in a batch of b rows, the numbers o·b … (o + w)·b of the arena.
    """

    def __init__(self, network: Network):
        if network.end is None:
            raise EngineError("no-loss")
        self.nodes, self.end, self.penalties = network.nodes, network.end, set(network.penalties)
        self.loss = self.nodes[self.end]
        # "labels", "values" or, for a surface, None; so many labels an example, of so many classes
        self.targets = "labels" if self.loss.op == "sequence-cross-entropy" else LOSSES.get(self.loss.op)
        sequence = self.loss.op == "sequence-cross-entropy"
        self.labels, self.classes = self.loss.shape if sequence else (1, self.loss.width)
        self.mean = self.targets is None or bool(self.loss.sizes[1])
        self.output = self.loss.inputs[0] if self.loss.inputs else self.end
        self._place_parameters()
        self._place_rows()

    def _place_parameters(self):
        self.blocks: dict[str, Block] = {}
        self.offsets, self.size = [], 0
        for node in self.nodes:
            self.offsets.append(self.size if node.tie is None else self.offsets[node.tie])
            for parameter in node.parameters:
                block = Block(parameter, self.size)
                self.blocks[f"{node.name}.{parameter.name}"] = block
                self.size += block.size

    def _place_rows(self):
        live = self._reach()
        need = self._learn()
        uses = Counter(i for n in live for i in self.nodes[n].inputs)
        self.buffers, self.width, self.scratch = [], 0, 1
        self.statistics: list[float] = []  # running ones, as they begin
        rows, late, hypers = [], [], []
        copies: dict[int, int] = {}  # buffer of the next copy of a node that is used more than once
        for n, node in enumerate(self.nodes):
            out = self._buffer(node.width)
            self.buffers.append(out)
            if node.op != "input":
                row = np.zeros(COLUMNS, np.int64)
                row[[OP, WHOLE, OUT, PARAM]] = NUMBER[node.op], node.whole, out, self.offsets[n]
                for column, i in zip((IN, IN2), node.inputs, strict=False):
                    row[column] = self.buffers[i]
                    if n in live and i in copies:
                        row[column] = copies[i]
                        copies[i] += self.nodes[i].width
                if self.targets == "values" and n == self.end:
                    row[IN2] = self._buffer(node.width)
                    self.target = int(row[IN2])
                row[N0 : N0 + len(node.sizes)] = node.sizes
                row[NEED] = any(i in need for i in node.inputs)
                row[STATE] = len(self.statistics)
                self.statistics += node.state
                (rows if n in live else late).append((n, row, node.hyper))
                self.scratch = max(self.scratch, node.scratch)
            if n in live and n in need and uses[n] > 1:
                row = np.zeros(COLUMNS, np.int64)
                copies[n] = self._buffer(node.width * uses[n])
                row[[OP, IN, OUT, N0, N0 + 1]] = NUMBER["fork"], out, copies[n], node.width, uses[n]
                rows.append((n, row, ()))
        rows.sort(key=lambda one: one[0] in self.penalties)  # they add to what the loss has written
        self._mark_ties(rows)
        self.live = len(rows)
        rows += late
        self.owners = [n for n, _, _ in rows]  # the node of each row
        self.rows = np.array([row for _, row, _ in rows])
        longest = max(1, *(len(hyper) for _, _, hyper in rows)) if rows else 1
        hypers = [tuple(hyper) + (0.0,) * (longest - len(hyper)) for _, _, hyper in rows]
        self.hyper = np.array(hypers, dtype=np.float64)
        self.segments = self._segments()

    target = -1  # the buffer of the targets, if they are real numbers

    def _buffer(self, width: int) -> int:
        self.width += width
        return self.width - width

    def _reach(self) -> set[int]:
        """The nodes that the loss and what is added to it depend on."""
        reached, ahead = set(), [self.end, *self.penalties]
        while ahead:
            n = ahead.pop()
            if n not in reached:
                reached.add(n)
                ahead += self.nodes[n].inputs
        return reached

    def _learn(self) -> set[int]:
        """The nodes that depend on θ: those whose gradient somebody needs."""
        need: set[int] = set()
        for n, node in enumerate(self.nodes):
            if node.parameters or node.tie is not None or any(i in need for i in node.inputs):
                need.add(n)
        return need

    def _mark_ties(self, rows):
        """The backward pass runs from the end: the first row to meet a parameter writes, the others add."""
        written = set()
        for n, row, _ in reversed(rows):
            node = self.nodes[n]
            if node.op in ("dense", "dense-each", "embedding") and row[OP] == NUMBER[node.op]:
                row[TIE] = int(row[PARAM]) in written
                written.add(int(row[PARAM]))

    def _segments(self) -> np.ndarray:
        """(segments, 3): first row, row after the last, whether it needs the whole batch."""
        cuts = []
        for q in range(self.live):
            whole = int(self.rows[q, WHOLE])
            if cuts and not whole and not cuts[-1][2]:
                cuts[-1][1] = q + 1
            else:
                cuts.append([q, q + 1, whole])
        return np.array(cuts, dtype=np.int64)

    def calls(self, op: str) -> list[tuple[int, Node]]:
        """The rows of an operation, with their nodes."""
        return [(q, self.nodes[n]) for q, n in enumerate(self.owners) if self.rows[q, OP] == NUMBER[op]]

    def addresses(self, dtype: str) -> tuple[np.ndarray, np.ndarray]:
        """Machine code by operation number, forward and backward; only what this program uses is compiled."""
        tables = np.zeros((2, len(OPERATIONS)), np.int64)
        names = list(OPERATIONS)
        if any(names[number] in PRODUCTS for number in self.rows[:, OP]):
            hold_blas()
        for back, rows in ((0, self.rows), (1, self.rows[: self.live])):
            for number in set(rows[:, OP].tolist()):
                tables[back, number] = address(OPERATIONS[names[number]][back], operation_signature(dtype))
        return tables[0], tables[1]

    def initial(self, seed: int) -> np.ndarray:
        """θ (size,) float64 drawn by the parameters' rules: he has variance 2/in, xavier 2/(in + out)."""
        theta = np.zeros(self.size)
        for number, block in enumerate(self.blocks.values()):
            parameter, fan = block.parameter, sum(block.parameter.shape[:2])
            if parameter.init in ("zero", "one"):
                theta[block.offset : block.offset + block.size] = parameter.init == "one"
                continue
            std = {
                "he": np.sqrt(2 / parameter.shape[0]),
                "xavier": np.sqrt(2 / fan),
                "normal": parameter.std,
            }[parameter.init]
            draws = random.normals(seed, random.INITIAL, number, block.size)
            theta[block.offset : block.offset + block.size] = std * draws
        return theta
