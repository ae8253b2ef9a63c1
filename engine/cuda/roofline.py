"""What a row of a Program must move and compute at least, and how long a card takes for it on paper.

`python -m engine.cuda.roofline` prints the tables of `engine/cuda/ROOFLINE.md`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.kernel import NEED, OP
from engine.network import Network
from engine.ops.registry import OPERATIONS as NAMES
from engine.program import Program

START = 2.5e-6  # seconds between two kernels of one stream, at best
HOST = 1e-5  # seconds that Python takes to start one
# Bytes of θ and its rows that an optimizer reads and writes for each entry.
OPTIMIZERS = {"sgd": 12, "momentum": 20, "nesterov": 20, "adam": 28, "adamw": 28, "amsgrad": 36}


@dataclass(frozen=True)
class Card:
    """Bytes and float32 operations a second, without tensor cores."""

    name: str
    bandwidth: float
    rate: float


A100, H100 = Card("A100", 1.555e12, 19.5e12), Card("H100", 3.35e12, 66.9e12)


@dataclass(frozen=True)
class Work:
    """Bytes that must be moved, each number once, and operations."""

    bytes: float
    operations: float

    def seconds(self, card: Card) -> float:
        """The larger of the two times: nothing is faster."""
        return max(self.bytes / card.bandwidth, self.operations / card.rate)


def operations(node, batch: int) -> float:
    """Floating-point operations of the forward pass: two a product, some for other numbers."""
    weights = [np.prod(p.shape) for p in node.parameters if len(p.shape) > 1]
    if node.op in ("scores-dot", "scores-additive", "mix"):
        m, n, width, _ = node.sizes[:4]
        return 2.0 * batch * m * n * width * (1 if node.op != "scores-additive" else 4)
    if node.op in ("rnn", "lstm"):
        return batch * node.sizes[0] * (2.0 * weights[0] + 30 * node.sizes[1])
    if node.op == "local":
        return 2.0 * batch * weights[0]
    if weights and node.op not in ("embedding",) and not node.op.startswith("position"):
        return 2.0 * batch * weights[0] * max(1, node.width // node.parameters[0].shape[1])
    each = {
        "softmax": 8,
        "rectified": 6,
        "batch-norm": 10,
        "layer-norm": 10,
        "group-norm": 10,
        "add": 1,
        "slice": 0,
    }
    return float(batch * node.width * each.get(node.op, 4))


def of_row(program: Program, q: int, batch: int) -> tuple[Work, Work]:
    """A row's forward and backward half."""
    node = program.nodes[program.owners[q]]
    enters = sum(program.nodes[i].width for i in node.inputs)
    weights = sum(int(np.prod(p.shape)) for p in node.parameters)
    forth = Work(4.0 * (batch * (enters + node.width) + weights), operations(node, batch))
    twice = 2 if program.rows[q, NEED] or not weights else 1  # the first layer owes its input nothing
    back = Work(4.0 * (batch * (twice * enters + node.width) + 2 * weights), twice * forth.operations)
    return forth, back


def of_optimizer(name: str, size: int) -> Work:
    """An update of θ, |gradient| included."""
    return Work((OPTIMIZERS.get(name, 28) + 4.0) * size, 12.0 * size)


def update(program: Program, batch: int, optimizer: str = "adam") -> tuple[list[Work], int]:
    """The pieces of an update, one after the other, and the kernels that it starts."""
    from engine.cuda.program import plans

    pieces = [of_optimizer(optimizer, program.size)]
    for q in range(program.live):
        pieces += of_row(program, q, batch)
    forward, backward = plans(program, batch, fuse=True)
    return pieces, sum(q < program.live for q, _ in forward) + len(backward) + 8


def examples() -> dict[str, tuple[Network, int]]:
    """Networks of lessons, with their batches; those with ×10 are ten times as wide or long."""
    from engine.cuda.bench import cnn, encoder, recurrent, stack

    return {
        "2-8-8-2, batch 10": (stack((2, 8, 8, 2)), 10),
        "784-128-10, batch 64": (stack((784, 128, 10)), 64),
        "784-256-128-10, batch 128": (stack((784, 256, 128, 10)), 128),
        "784-2560-1280-10, batch 1280 (×10)": (stack((784, 2560, 1280, 10)), 1280),
        "CNN 8-16, batch 64": (cnn((8, 16)), 64),
        "CNN 80-160, batch 64 (×10)": (cnn((80, 160)), 64),
        "encoder d 32, length 16, batch 32": (encoder(32, 2, 16), 32),
        "encoder d 320, length 160, batch 32 (×10)": (encoder(320, 8, 160), 32),
        "LSTM 32, length 16, batch 32": (recurrent(32, 16), 32),
    }


def table() -> list[str]:
    """One line a network: parameters, operations, bytes, kernels, µs on each card, µs that the host needs."""
    lines = [
        "| network | θ | MFLOP | MB | kernels | A100 µs | H100 µs | starting the kernels µs |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name, (network, batch) in examples().items():
        program = Program(network)
        pieces, kernels = update(program, batch)
        times = [1e6 * sum(work.seconds(card) for work in pieces) for card in (A100, H100)]
        moved, counted = sum(work.bytes for work in pieces), sum(work.operations for work in pieces)
        lines.append(
            f"| {name} | {program.size:,} | {counted / 1e6:.3g} | {moved / 1e6:.3g} | {kernels} "
            f"| {times[0]:.3g} | {times[1]:.3g} | {1e6 * kernels * START:.0f} to {1e6 * kernels * HOST:.0f} |"
        )
    return lines


def kernels() -> list[str]:
    """One line an operation, forward and backward together, at the lessons' size and at ten times that."""
    from engine.cuda.bench import cases
    from engine.cuda.program import plans

    found: dict[str, list[str]] = {}
    for scale in ("lesson", "ten"):
        seen = set()
        for case, network, batch in cases(scale):
            program = Program(network)
            starts = [q for half in plans(program, batch) for q, _ in half]
            for q in range(program.live):
                op = program.nodes[program.owners[q]].op
                if op in seen or list(NAMES)[program.rows[q, OP]] == "fork":
                    continue
                seen.add(op)
                halves = of_row(program, q, batch)
                moved, counted = (
                    sum(getattr(half, what) for half in halves) / 1e6 for what in ("bytes", "operations")
                )
                times = (1e6 * sum(half.seconds(card) for half in halves) for card in (A100, H100))
                cells = [f"{number:.3g}" for number in (moved, counted, *times)]
                line = found.setdefault(f"{op} ({case})", [str(starts.count(q))])
                line.extend(cells)
    head = ["operation (network)", "kernels", *["MB", "MFLOP", "A100 µs", "H100 µs"] * 2]
    return [
        _line(head),
        _line(["---"] * len(head)),
        *(_line([name, *cells]) for name, cells in found.items()),
    ]


def _line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    print("\n".join([*table(), "", *kernels()]))
