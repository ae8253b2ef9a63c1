"""Go boards: nets that find the capturing move; and spectrograms: fields of three shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from lessons.data import generators
from lessons.data.generators.images import liberties
from lessons.labs.convnet import (
    UNSEEN,
    Conv,
    ConvNet,
    Dense,
    Layer,
    Pictures,
    Pool,
    flat,
    numbered,
    rising,
    scaled,
)
from lessons.labs.race import Picture, standings
from lessons.views import Grid, Images

SIDE, MADE, FRESH, UPDATES = 9, 2400, 80, 240
# White, -1, has three black neighbours; the fourth point takes it: (row, column, stone).
MOTIF = ((0, 1, 1), (1, 0, 1), (2, 1, 1), (1, 1, -1))

NETS: Mapping[str, tuple[tuple[Layer, ...], str]] = {
    "full": ((Dense(128),), "dense"),
    "pooled": ((Conv(12, 5, 2), Pool(), Conv(12, 3, 1)), "dense"),
    "dense": ((Conv(12, 5, 2), Conv(12, 3, 1)), "dense"),
    "plain": ((Conv(12, 5, 2), Conv(12, 3, 1)), "place"),
}


def captures(boards: np.ndarray) -> np.ndarray:
    """(N, 9, 9) bool: empty points where black takes white stones: the last liberty of a white group."""
    white = (boards == -1) & (liberties(boards) == 1)
    framed = np.pad(white, ((0, 0), (1, 1), (1, 1)))
    beside = framed[:, :-2, 1:-1] | framed[:, 2:, 1:-1] | framed[:, 1:-1, :-2] | framed[:, 1:-1, 2:]
    return beside & (boards == 0)


@lru_cache(maxsize=2)
def problems(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Boards with exactly one capturing move, and the move 0…80; each in four turns; then fresh ones."""
    boards, _ = generators.go_atari(MADE, seed, SIDE, 0.4)
    points = captures(boards)
    one = points.reshape(len(boards), -1).sum(axis=1) == 1
    boards, points = boards[one], points[one]

    def turned(part: slice) -> tuple[np.ndarray, np.ndarray]:
        b, p = (np.concatenate([np.rot90(a[part], k, (1, 2)) for k in range(4)]) for a in (boards, points))
        return b, p.reshape(len(p), -1).argmax(axis=1)

    return *turned(slice(FRESH, None)), *turned(slice(0, FRESH))


def planes(boards: np.ndarray) -> np.ndarray:
    """(N, 3·81) black, white, empty: three channels of the picture (48 in the lecture)."""
    return flat(np.stack([boards == 1, boards == -1, boards == 0], axis=1).astype(np.float32))


def motifs() -> tuple[np.ndarray, np.ndarray]:
    """The motif everywhere on an empty board: boards (49, 9, 9), the capturing move of each."""
    boards, moves = [], []
    for row in range(SIDE - 2):
        for column in range(SIDE - 2):
            board = np.zeros((SIDE, SIDE), np.int8)
            for i, j, stone in MOTIF:
                board[row + i, column + j] = stone
            boards.append(board)
            moves.append((row + 1) * SIDE + column + 2)
    return np.array(boards), np.array(moves)


class Go(ConvNet):
    """One of NETS. Settings: net, board (cells in the learner's hand)."""

    sparse_every = 60

    def __init__(self, settings: Mapping[str, Any], seed: int):
        x, y, u, v = problems(seed)
        task = Pictures(planes(x), y, planes(u), v, (3, SIDE, SIDE), SIDE * SIDE)
        layers, top = NETS[settings["net"]]
        super().__init__(settings, seed, task, layers, UPDATES, top, rate=0.01)

    @property
    def board(self) -> np.ndarray:
        return np.array(self.settings["board"]).reshape(1, SIDE, SIDE)

    def moves(self) -> np.ndarray:
        """(9, 9) the chance given to each move on the board in hand."""
        return self.chances(planes(self.board))[0].reshape(SIDE, SIDE)

    def follows(self) -> float:
        """Share of the places of the motif at which its capturing move is found."""
        boards, moves = motifs()
        return float((self.chances(planes(boards)).argmax(axis=1) == moves).mean())

    def facts(self) -> Mapping[str, Any]:
        return {**super().facts(), "follows": self.follows()}

    def act(self, action: str) -> Mapping[str, Any] | None:
        """Push all stones on the board one point to the right, or down; what leaves comes in at the other side."""
        shift = {"right": (0, 1), "down": (1, 0)}[action]
        return {"board": tuple(np.roll(self.board[0], shift, (0, 1)).ravel().tolist())}

    def look(self, view: str, past: Sequence[Any]) -> Any:
        if view in PICTURES:
            return PICTURES[view]({self.settings["net"]: self}, self.settings["net"], past)
        return super().look(view, past)

    def stones(self) -> Grid:
        stones = self.board[0].astype(float)
        return Grid(values=np.where(stones == 0, np.nan, stones), tensor="board", digits=0)

    def answer(self) -> Images:
        """The board, and the chance given to each move; below, the chosen one as row, column."""
        p = self.moves()
        row, column = divmod(int(p.argmax()), SIDE)
        return Images(
            images=np.stack([self.board[0].astype(float), p]),
            captions=("=x", f"=({row + 1},{column + 1}) {100 * p.max():.0f}%"), diverging=True, tensor="chance",
        )  # fmt: skip

    def thinned(self) -> Grid:
        """The board with every other line taken away."""
        left = self.board[0, ::2, ::2].astype(float)
        return Grid(values=np.where(left == 0, np.nan, left), tensor="board[::2, ::2]", digits=0)


PICTURES: dict[str, Picture] = {
    "curve": rising,
    "table": standings(
        "net",
        parameters=lambda m: f"={m.parameters:,}",
        unseen=lambda m: f"={100 * m.lately:.0f} %",
        follows=lambda m: f"={100 * m.follows():.0f} %",
    ),
}


# Spectrograms

FIELDS = {"tall": (20, 8), "square": (13, 13), "wide": (4, 40)}
HEARD, HEARD_FRESH, HEARD_UPDATES = 400, 400, 150


@lru_cache(maxsize=2)
def sounds(seed: int, noise: float) -> Pictures:
    x, y = generators.chirps(HEARD, seed, noise)
    u, v = generators.chirps(HEARD_FRESH, seed + UNSEEN, noise)
    return Pictures(flat(x).astype(np.float32), y, flat(u).astype(np.float32), v, (1, 20, 40), 2)


class Sound(ConvNet):
    """Four filters of one shape swept over a spectrogram, the strongest answer of each kept. Settings: field, noise."""

    sparse_every = 25

    def __init__(self, settings: Mapping[str, Any], seed: int):
        layers = (Conv(4, FIELDS[settings["field"]]), Pool("max", 0))
        super().__init__(settings, seed, sounds(seed, settings["noise"]), layers, HEARD_UPDATES, rate=0.01)

    def look(self, view: str, past: Sequence[Any]) -> Any:
        if view in HEARINGS:
            return HEARINGS[view]({self.settings["field"]: self}, self.settings["field"], past)
        return super().look(view, past)

    def spectrogram(self) -> Grid:
        """The fresh sound in hand: rows are frequencies, high ones above; columns are frames."""
        return Grid(values=self.example().reshape(20, 40)[::-1].astype(float), tensor="u", digits=1)

    def filters(self) -> Images:
        found = self.weights()[:, 0, ::-1]
        return Images(
            images=scaled(found), captions=numbered(len(found)), diverging=True, tensor="conv-1.weight"
        )

    @property
    def shape(self) -> str:
        return "={}×{}".format(*FIELDS[self.settings["field"]])


HEARINGS: dict[str, Picture] = {
    "hearing": rising,
    "fields": standings(
        "field",
        shape=lambda m: m.shape,
        unseen=lambda m: f"={100 * m.lately:.0f} %",
        parameters=lambda m: f"={m.parameters:,}",
    ),
}
