"""What a row of a Program must move and compute, and how long a card takes for it on paper.

`python -m engine.cuda.roofline` prints the tables of `engine/cuda/ROOFLINE.md`, which a test compares.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, prod

import numpy as np

from engine.cuda.kernel import Launch
from engine.cuda.ops.fused import WIDTHS
from engine.cuda.ops.narrow import FEW, empty
from engine.cuda.products import DEEP, TILE
from engine.kernel import NEED, OP
from engine.network import Network
from engine.ops.registry import NUMBER
from engine.program import Program

START = 2.5e-6  # seconds between two kernels of one stream, at best
HOST = 1e-5  # seconds that Python takes to start one
AROUND = 8  # kernels of an update beside those of the rows: the batch, the norm, the optimizer, the clock
FULL = 256  # threads that keep a multiprocessor at work
SATURATING = 4  # a share of 1 in so many of them fills the memory's channels
GOOD = 0.5  # of the arithmetic: a tile's inner loop has 64 multiply-adds among 81 instructions, and waits for loads
HALF = 2  # as many times as in tiles is a convolution of few filters slower: it waits for what it multiplies
STEP, LINK = 600, 12  # cycles of a recurrent cell's step, and for each number that the step adds up
WALK = 60  # cycles of one window's number, and of four slopes of a pixel
CORES = 6e10  # operations a second of two cores of the machine that the README speaks of, where it has no measurement
# Bytes of θ and its rows that an optimizer reads and writes for each entry.
OPTIMIZERS = {"sgd": 12, "momentum": 20, "nesterov": 20, "adam": 28, "adamw": 28, "amsgrad": 36}


@dataclass(frozen=True)
class Card:
    """Bytes and float32 operations a second, without tensor cores; its multiprocessors and their clock."""

    name: str
    bandwidth: float
    rate: float
    multiprocessors: int = 108
    clock: float = 1.41e9


A100, H100 = Card("A100", 1.555e12, 19.5e12), Card("H100", 3.35e12, 66.9e12, 132, 1.98e9)


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
    node, row = program.nodes[program.owners[q]], program.rows[q]
    if row[OP] == NUMBER["fork"]:
        moved = Work(4.0 * batch * node.width * (1 + int(row[-1] or 2)), batch * node.width)
        return moved, moved
    enters = sum(program.nodes[i].width for i in node.inputs)
    weights = sum(int(np.prod(p.shape)) for p in node.parameters)
    forth = Work(4.0 * (batch * (enters + node.width) + weights), operations(node, batch))
    twice = 2 if row[NEED] or not weights else 1  # the first layer owes its input nothing
    back = Work(4.0 * (batch * (twice * enters + node.width) + 2 * weights), twice * forth.operations)
    return forth, back


def of_optimizer(name: str, size: int) -> Work:
    """An update of θ, |gradient| included."""
    return Work((OPTIMIZERS.get(name, 28) + 4.0) * size, 12.0 * size)


# What is computed besides: tiles are whole, a recurrent cell waits for itself, attention in one kernel starts anew.


def products(node, batch: int, need: bool = True) -> tuple[list[tuple], list[tuple]]:
    """The tiled products (count, m, n, k) of a node, forward and backward."""
    s = node.sizes
    if node.op in ("dense", "dense-each"):
        k, n, m = s[0], s[1], batch * (s[3] if len(s) > 3 else 1)
        return [(1, m, n, k)], [(1, k, n, m), *([(1, m, k, n)] if need else [])]
    if node.op == "convolution":
        k, o, places = s[0] * s[4] * s[5], s[3], batch * s[10] * s[11]
        forth = [] if o <= FEW else [(1, o, places, k)]
        weights = [] if empty(k, o) else [(1, k, o, places)]
        images = [(1, s[0], batch * s[1] * s[2], o * s[4] * s[5])] if need and s[0] > FEW else []
        return forth, weights + images
    if node.op in ("scores-dot", "mix"):
        m, n, each, count = s[0], s[1], s[2] // s[3], batch * s[3]
        scores, queries, keys = (count, m, n, each), (count, m, each, n), (count, n, each, m)
        return ([scores], [queries, keys]) if node.op == "scores-dot" else ([queries], [scores, keys])
    if node.op in ("rnn", "lstm"):
        times = 4 if node.op == "lstm" else 1
        return [], [(1, s[1], times * s[1], batch * (s[0] - 1))]
    return [], []


def executed(found: Sequence[tuple]) -> float:
    """Operations of products whose tiles are computed whole."""
    whole = lambda count, tile: ceil(count / tile) * tile
    return sum(2.0 * count * whole(m, TILE) * whole(n, TILE) * whole(k, DEEP) for count, m, n, k in found)


def walked(node, batch: int, need: bool) -> tuple[float, float]:
    """Operations of a convolution's products that have no tiles, forward and backward."""
    if node.op != "convolution":
        return 0.0, 0.0
    forth, _ = products(node, batch, need)
    each = operations(node, batch)
    small = empty(node.sizes[0] * node.sizes[4] * node.sizes[5], node.sizes[3])
    return each * (not forth), each * (small + (need and node.sizes[0] <= FEW))


def waits(node) -> tuple[float, float]:
    """Cycles that what one thread does takes one after the other, forward and backward: a recurrent node's steps, a
    window of few filters, a pixel of few channels."""
    if node.op in ("rnn", "lstm"):
        length, n = node.sizes[:2]
        return length * (STEP + LINK * n), length * (2 * STEP + LINK * n * (4 if node.op == "lstm" else 1))
    if node.op == "convolution":
        taps, (c, _, w, o) = node.sizes[4] * node.sizes[5], node.sizes[:4]
        return (WALK * c * taps if o <= FEW else 0), (WALK * max(taps * o / 4, 2 * w) if c <= FEW else 0)
    return 0.0, 0.0


@dataclass(frozen=True)
class Piece:
    """Half a row on its way through the card."""

    op: str
    q: int
    back: bool
    work: Work
    launches: tuple[Launch, ...]
    executed: float = 0.0
    cycles: float = 0.0

    def seconds(self, card: Card) -> float:
        """Expected: kernels start one by one, too few threads leave parts of the card idle, tiles are whole."""
        threads = max((prod(launch.grid) * prod(launch.block) for launch in self.launches), default=0)
        fill = min(1.0, threads / (FULL * card.multiprocessors)) or 1.0
        arithmetic = max(self.work.operations, self.executed / GOOD) / (card.rate * fill)
        moving = self.work.bytes / (card.bandwidth * min(1.0, SATURATING * fill))
        return len(self.launches) * START + max(moving, arithmetic, self.cycles / card.clock)


def in_one(node, batch: int, back: bool, launches: Sequence[Launch]) -> tuple[Work, float]:
    """What attention in one kernel moves and computes; backward every score is computed three times anew."""
    m, n, d, heads = node.sizes
    queries, keys = batch * m * d, batch * n * d
    width = next(width for width in WIDTHS if d // heads <= width)
    of_scores = 10.0 * batch * heads * m * n
    if not back:
        work = Work(4.0 * (2 * queries + 2 * keys), 4.0 * batch * m * n * d + of_scores)
    else:
        work = Work(4.0 * (9 * queries + 8 * keys), 16.0 * batch * m * n * d + 3 * of_scores)
    sides, counts = (n, m, m), (3, 3, 2)  # of ∂q, ∂k, ∂v: the other side, and products with it
    if not back:
        sides, counts = (n,), (2,)
    done = zip(launches, sides, counts, strict=True)
    return work, sum(
        2.0 * prod(one.grid) * prod(one.block) * side * width * count for one, side, count in done
    )


def pieces(program: Program, batch: int, fuse: bool = True) -> Iterator[Piece]:
    """Both halves of all live rows, in their order."""
    from engine.cuda.program import plans

    halves = plans(program, batch, fuse)
    for back, order in ((0, range(program.live)), (1, range(program.live - 1, -1, -1))):
        for q in order:
            node, row = program.nodes[program.owners[q]], program.rows[q]
            launches = tuple(launch for other, launch in halves[back] if other == q)
            if not launches:
                continue
            if row[OP] == NUMBER["fork"]:
                yield Piece("fork", q, bool(back), of_row(program, q, batch)[back], launches)
            elif getattr(launches[0].kernel, "__name__", "").startswith("attend"):
                work, done = in_one(node, batch, bool(back), launches)
                yield Piece("attention in one", q, bool(back), work, launches, done)
            else:
                need = bool(row[NEED])
                done = executed(products(node, batch, need)[back]) + HALF * walked(node, batch, need)[back]
                work = of_row(program, q, batch)[back]
                yield Piece(node.op, q, bool(back), work, launches, done, waits(node)[back])


def update(program: Program, batch: int, optimizer: str = "adam") -> tuple[list[Work], int]:
    """The pieces of an update, one after the other, and the kernels that it starts."""
    found = list(pieces(program, batch))
    kernels = sum(len(piece.launches) for piece in found) + AROUND
    return [of_optimizer(optimizer, program.size), *(piece.work for piece in found)], kernels


def expected(program: Program, batch: int, card: Card, optimizer: str = "adam") -> float:
    """Seconds of an update that is recorded."""
    around = AROUND * START + of_optimizer(optimizer, program.size).seconds(card)
    return around + sum(piece.seconds(card) for piece in pieces(program, batch))


def examples() -> dict[str, tuple[Network, int, float | None]]:
    """Networks of lessons, their batches, and µs of an update on two cores as the README has measured it; those with
    ×10 are ten times as wide or long."""
    from engine.cuda.bench import cnn, encoder, recurrent, stack

    return {
        "2-8-8-2, batch 10": (stack((2, 8, 8, 2)), 10, 1.8),
        "784-128-10, batch 64": (stack((784, 128, 10)), 64, 154),
        "784-256-128-10, batch 128": (stack((784, 256, 128, 10)), 128, 507),
        "784-2560-1280-10, batch 1280 (×10)": (stack((784, 2560, 1280, 10)), 1280, None),
        "CNN 8-16, batch 64": (cnn((8, 16)), 64, 1143),
        "CNN 80-160, batch 64 (×10)": (cnn((80, 160)), 64, None),
        "encoder d 32, length 16, batch 32": (encoder(32, 2, 16), 32, 397),
        "encoder d 320, length 160, batch 32 (×10)": (encoder(320, 10, 160), 32, None),
        "LSTM 32, length 16, batch 32": (recurrent(32, 16), 32, None),
        "LSTM 320, length 160, batch 32 (×10)": (recurrent(320, 160), 32, None),
    }


def table() -> list[str]:
    """One line a network: the floor and what to expect on each card, beside the CPU."""
    head = ["network", "θ", "MFLOP", "MB", "kernels", "floor: A100", "H100 µs", "expected: A100", "H100 µs"]
    head += ["not recorded µs", "CPU µs", "gain on an A100"]
    lines = [_line(head), _line(["---"] * len(head))]
    for name, (network, batch, measured) in examples().items():
        program = Program(network)
        works, kernels = update(program, batch)
        floors = [1e6 * sum(work.seconds(card) for work in works) for card in (A100, H100)]
        times = [1e6 * expected(program, batch, card) for card in (A100, H100)]
        moved, counted = sum(work.bytes for work in works), sum(work.operations for work in works)
        cpu = measured or 1e6 * counted / CORES
        numbers = [_short(number) for number in (counted / 1e6, moved / 1e6)]
        rest = [_short(number) for number in (*floors, *times, 1e6 * kernels * HOST)]
        told = f"{_short(cpu)}{'' if measured else ' reckoned'}"
        lines.append(
            _line([name, f"{program.size:,}", *numbers, str(kernels), *rest, told, _short(cpu / times[0])])
        )
    return lines


def kernels() -> list[str]:
    """One line for each half of an operation, at the lessons' size and at ten times that."""
    from engine.cuda.bench import cases

    found: dict[str, dict] = {}
    for scale in ("lesson", "ten"):
        for case, network, batch in cases(scale):
            program = Program(network)
            some = [piece for fuse in (True, False) for piece in pieces(program, batch, fuse)]
            for piece in some:
                # Of an operation that comes several times, the largest: first in the order of the cases.
                halves = found.setdefault(piece.op, {"case": case})
                if halves["case"] == case:
                    key = f"{scale} {piece.back}"
                    old = halves.get(key)
                    if old is None or old.work.operations < piece.work.operations:
                        halves[key] = piece
    head = ["operation (network)", "half", "kernels", *["MB", "MFLOP", "A100 µs", "H100 µs"] * 2]
    lines = [_line(head), _line(["---"] * len(head))]
    for op, halves in found.items():
        for back, half in ((False, "forward"), (True, "backward")):
            cells = []
            for scale in ("lesson", "ten"):
                piece = halves.get(f"{scale} {back}")
                cells += ["–"] * 4 if piece is None else _cells(piece)
            lines.append(
                _line([f"{op} ({halves['case']})", half, str(len(halves[f"lesson {back}"].launches)), *cells])
            )
    return lines


def _cells(piece: Piece) -> list[str]:
    times = (1e6 * piece.seconds(card) for card in (A100, H100))
    return [_short(number) for number in (piece.work.bytes / 1e6, piece.work.operations / 1e6, *times)]


def _short(number: float) -> str:
    return (
        f"{number:,.0f}" if number >= 100 else f"{number:.2g}" if number >= 0.001 or not number else "< 0.001"
    )


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def document(text: str) -> str:
    """ROOFLINE.md with both of its tables worked out anew."""
    made = {lines[0]: lines for lines in (table(), kernels())}
    lines, inside = [], False
    for line in text.splitlines():
        inside = line.startswith("|") and (inside or line in made)
        if line in made:
            lines += made[line]
        elif not inside:
            lines.append(line)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print("\n".join([*table(), "", *kernels()]))
