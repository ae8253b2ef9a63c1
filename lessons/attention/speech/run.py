"""Attention that leaves out pairs: a window of the learner's, and a zoo of masks; cells are counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from engine.layers.sequence import visible
from engine.model import Result
from lessons.attention.speech.experiments import LENGTH
from lessons.labs.seq import Encoder, Shape, heads_grid, told
from lessons.labs.spans import across, ended
from lessons.views import Curve, Grid, Line, Numbers, Step, Table

Runs = Mapping[str, Result]
WIDTH, COUNT, FRESH = 16, 1024, 256
DISTANCE = {"near": 1, "far": 8}
HUES = {"near": 0, "far": 1}
FRAME = 100  # frames in a second of speech
STRIDE, BLOCK, MIDDLE, REACH = 4, 4, LENGTH // 2, 2
LAYERS = 2  # blocks of attention in the zoo
SHORT, LONG = 500, 1000


def cells_of(length: int, reach: int) -> int:
    """Cells of A′ that a window of `reach` on both sides computes."""
    reach = min(reach, length - 1)
    return length * (2 * reach + 1) - reach * (reach + 1)


class Truncated(Encoder):
    """Does this token equal the one before (near), or the one eight before (far)? Settings: task, reach, frames."""

    sparse_every = 50

    def __init__(self, settings: Mapping[str, Any], seed: int):
        task = told("recall", seed, COUNT, LENGTH, fresh=FRESH, distance=DISTANCE[settings["task"]])
        shape = Shape(mask=int(settings["reach"]), position="learned", width=WIDTH, feed=2)
        super().__init__(settings, seed, task, shape, 400)

    def window(self, length: int) -> int:
        """The reach at another length: the whole of it, if here the whole is in reach."""
        reach = int(self.settings["reach"])
        return length - 1 if reach >= LENGTH - 1 else reach

    def look(self, view: str, past: Sequence[Result]) -> Any:
        name = f"{self.settings['task']}, {self.settings['reach']}"
        over_all = own("truncate", self.settings).get(view)
        return over_all({name: self}, name, past) if over_all else super().look(view, past)

    def maps(self) -> Grid:
        return heads_grid(self.attention(self.example()[None])[0], self.labels(), digits=1)

    def numbers(self) -> Numbers:
        """What A′ costs at the chosen number of frames."""
        length = int(self.settings["frames"])
        reach = self.window(length)
        cells = cells_of(length, reach)
        lines = (
            (f"L = {length} = {length / FRAME:g} s", "note.frames"),
            (f"L·L = {length**2:,}", "note.full"),
            (f"w = {reach}", "note.reach"),
            (f"L·(2w+1) − w·(w+1) = {cells:,}", "note.band"),
            (f"{100 * cells / length**2:.3g} %", "note.percent"),
        )
        return Numbers(
            steps=tuple(Step(text=text, note=note, hot=note == "note.band") for text, note in lines)
        )

    def cost(self) -> Curve:
        """Cells over the number of frames, all of A′ and the window."""
        frames = np.geomspace(10, 2000, 40).round()
        band = np.array([cells_of(int(n), self.window(int(n))) for n in frames], float)
        lines = (
            Line(word="line.full", x=frames, y=frames**2, role="sum", hue=4),
            Line(word="line.band", x=frames.copy(), y=band, role="sum", hue=2),
        )
        return Curve(
            lines=lines, x="axis.frames", y="axis.cells", log_x=True, log_y=True,
            cursor=float(self.settings["frames"]),
        )  # fmt: skip

    def facts(self) -> Mapping[str, Any]:
        """cells: of A′ in the network; doubled: the growth of cells from 500 frames to 1000."""
        growth = cells_of(LONG, self.window(LONG)) / cells_of(SHORT, self.window(SHORT))
        seen = int(visible(self.shape.mask, LENGTH, LENGTH).sum())
        return {"cells": seen, "doubled": growth}


def mask_of(pattern: str, drawn: Sequence[float]) -> np.ndarray:
    """(LENGTH, LENGTH) bool; every place sees itself."""
    i = np.arange(LENGTH)
    apart = np.abs(i[:, None] - i)
    local = apart <= REACH
    return {
        "full": np.ones((LENGTH, LENGTH), bool),
        "local": local,
        "stride": (apart <= 1) | (apart % STRIDE == 0),
        "blocks": i[:, None] // BLOCK == i // BLOCK,
        "global": local | (i[:, None] == MIDDLE) | (i == MIDDLE),
        "own": (np.array(drawn).reshape(LENGTH, LENGTH) > 0.5) | np.eye(LENGTH, dtype=bool),
    }[pattern]


def hops(mask: np.ndarray) -> int:
    """Blocks of attention until the first token can have reached the last place; 0 for never."""
    there = np.zeros(LENGTH, bool)
    there[-1] = True
    for count in range(1, LENGTH + 1):
        there = mask[there].any(axis=0)
        if there[0]:
            return count
    return 0


class Masked(Encoder):
    """Two blocks behind one mask; settings: pattern, mask (the learner's), task, rate."""

    sparse_every = 50

    def __init__(self, settings: Mapping[str, Any], seed: int):
        self.seen = mask_of(settings["pattern"], settings["mask"])
        first = settings["task"] == "first"
        name, symbols = ("first-last", 8) if first else ("saw", LENGTH)
        shape = Shape(mask=self.seen, position="learned", width=WIDTH, blocks=LAYERS, feed=0)
        limit = 450 if first else 300
        super().__init__(settings, seed, told(name, seed, COUNT, LENGTH, symbols, FRESH), shape, limit)

    @property
    def cells(self) -> int:
        return int(self.seen.sum())

    def look(self, view: str, past: Sequence[Result]) -> Any:
        name = self.settings["pattern"]
        return zoo({name: self}, name, past) if view == "table" else super().look(view, past)

    def mask(self) -> Grid:
        """Which cells of A′ are computed."""
        return Grid(values=self.seen.astype(float), tensor="mask", digits=0, diverging=False)

    def numbers(self) -> Numbers:
        hop = hops(self.seen)
        lines = (
            (f"{LENGTH}·{LENGTH} = {LENGTH**2}", "note.full"),
            (f"{self.cells}", "note.seen"),
            (f"{self.cells / LENGTH**2:.2f}", "note.share"),
            (f"{hop}" if hop else "∞", "note.hops"),
            (f"{LAYERS}", "note.layers"),
        )
        return Numbers(
            steps=tuple(Step(text=text, note=note, hot=note == "note.hops") for text, note in lines)
        )

    def facts(self) -> Mapping[str, Any]:
        return {"cells": self.cells, "hops": hops(self.seen)}


def build(settings: Mapping[str, Any], seed: int) -> Truncated | Masked:
    return Truncated(settings, seed) if "reach" in settings else Masked(settings, seed)


def zoo(arms: Mapping[str, Any], chosen: str, past: Sequence[Result]) -> Table:
    """One row a mask: cells, blocks needed from first to last, share right."""
    rows = []
    for name, run in arms.items():
        share = run.checked()["accuracy"] if ended(run) else None
        rows.append(
            (f"mask.{name}", *((None, None) if run is None else (run.cells, hops(run.seen) or None)), share)
        )
    columns = ("column.mask", "column.cells", "column.hops", "column.share")
    return Table(columns=columns, rows=tuple(rows), bar=3, chosen=list(arms).index(chosen))


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, Callable]:
    if experiment == "masks":
        return {"table": zoo}
    return {"reaches": lambda arms, chosen, past: across(arms, "axis.reach", HUES, "task", False, 0.7)}


# Answers that the run gives.


def survives(result: Result) -> str:
    """Which task can be learned when each place sees two on both sides, told by either."""
    settings = result.settings
    if result.phase != "done" or settings["reach"] != 2:
        return ""
    good = result.metrics["validation-accuracy"] > 0.9
    return "near" if good == (settings["task"] == "near") else "both" if good else "neither"


def repairs(result: Result) -> str:
    """Which mask lets the last place know the first token."""
    settings = result.settings
    if (
        result.phase != "done"
        or settings["task"] != "first"
        or settings["pattern"] not in ("stride", "global")
    ):
        return ""
    good = result.metrics["validation-accuracy"] > 0.5
    return "global" if good == (settings["pattern"] == "global") else "stride"


# Claims.


def share(runs: Runs) -> dict[str, float]:
    return {name: run.metrics["validation-accuracy"] for name, run in runs.items()}


def narrow_enough(runs: Runs) -> bool:
    """Two neighbours do as well as all, within 0.02."""
    right = share(runs)
    return right["narrow"] > 0.95 and right["narrow"] > right["all"] - 0.02


def narrow_loses(runs: Runs) -> bool:
    """Two neighbours have 0.1 less right than all."""
    right = share(runs)
    return right["narrow"] < right["all"] - 0.1


def linear(runs: Runs) -> bool:
    """Twice the frames, about twice the cells."""
    return runs["net"].facts["doubled"] < 2.1


def cheaper(runs: Runs) -> bool:
    """Both masks compute less than two fifths of all cells."""
    return all(run.facts["cells"] < 0.4 * LENGTH**2 for run in runs.values())


def repaired(runs: Runs) -> bool:
    """From guessing to 0.6 and more."""
    right = share(runs)
    return right["before"] < 0.3 and right["after"] > 0.6
