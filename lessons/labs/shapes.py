"""The shapes lab: a line of tensor algebra for a puzzle; its cells fly to their places, its shapes are told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.model import Result
from lessons.labs.base import Still
from lessons.labs.expressions import Answer, evaluate
from lessons.labs.puzzles import LETTERS, PUZZLES, TRIALS, Misfit, given, misfit, tried
from lessons.labs.tensors import ExpressionError, Tensor, printable, written
from lessons.views import Cube, Grid, Numbers, Step, Table

UPDATES, FLIGHT = 48, 12  # of the story, and of one cell in the air
GAP = 3  # columns between what is given and what comes out
BESIDE = 9  # columns of a stage on which the result stands beside what is given, else below
WIDEST, TALLEST = 24, 16  # of what is drawn of a result
HINTS = 2
SOLVED: set[str] = set()  # puzzles solved since the app was started


def laid(shape: Sequence[int]) -> tuple[np.ndarray, np.ndarray]:
    """Row and column of each cell, in order: the last two axes down and right, slices side by side."""
    rows, columns = ((1, 1) + tuple(shape))[-2:]
    slices = int(np.prod(shape[:-2], dtype=int))
    s, r, c = np.indices((slices, rows, columns)).reshape(3, -1)
    return r, c + s * (columns + 1)


class Shapes(Still):
    """One puzzle and one line for it. Settings: puzzle, line (a, b, c), typed (goes before), hint, list.

    An update is a moment of the flight: cell by cell, from where it comes to where it goes.
    """

    looks = frozenset({"hint", "list"})

    def __init__(self, settings: Mapping[str, Any], seed: int):
        super().__init__(settings, seed)
        self.step = 0
        self.puzzle = PUZZLES[settings["puzzle"]]
        self.names = given(self.puzzle, self.puzzle.sizes)
        self.tensors = {name: x for name, x in self.names.items() if isinstance(x, Tensor)}
        self.goal: Tensor = evaluate(self.puzzle.answer, self.names).value
        typed = printable(settings["typed"].strip())
        self.line = typed or self.puzzle.lines[LETTERS.index(settings["line"])]
        self.error: ExpressionError | None = None
        self.answer = Answer(None, ())
        try:
            self.answer = evaluate(self.line, self.names)
        except ExpressionError as error:
            self.error = error
        self.misfit = misfit(self.answer.value, self.goal) if self.error is None else None
        self.tried = tried(self.puzzle, self.line, seed) if self.fits else (0, "")
        self.flies = isinstance(self.answer.value, Tensor)
        self.limit = UPDATES if self.flies else 0
        self._stage()

    @property
    def fits(self) -> bool:
        """Whether the line gives what is asked for at the sizes on the screen."""
        return self.error is None and self.misfit is None

    @property
    def solved(self) -> bool:
        return self.fits and self.tried[0] == TRIALS

    @property
    def ended(self) -> bool:
        return self.step >= self.limit

    # The story

    def train(self, updates: int) -> np.ndarray:
        done = max(0, min(updates, self.limit - self.step))
        self.step += done
        if self.ended and self.solved:
            SOLVED.add(self.settings["puzzle"])
        return np.empty((done, 0))

    def state(self) -> Sequence[Any]:
        return dict(self.settings), self.step

    def restore(self, state: Sequence[Any]) -> None:
        self.settings, self.step = dict(state[0]), state[1]

    def act(self, action: str) -> Mapping[str, Any]:
        """hint: one more; list: shown or not; next: the puzzle after this one."""
        if action == "hint":
            return {"hint": min(HINTS, self.settings["hint"] + 1)}
        if action == "list":
            return {"list": "off" if self.settings["list"] == "on" else "on"}
        ids = self.ids()
        at = (ids.index(self.settings["puzzle"]) + 1) % len(ids)
        return {"puzzle": ids[at], "line": LETTERS[0], "typed": "", "hint": 0}

    def ids(self) -> tuple[str, ...]:
        """The puzzles of the section, in order."""
        return tuple(PUZZLES)

    # The stage

    def _stage(self) -> None:
        """Places of all cells, and the flights: (input cell or −1, cell of the result, update of departure)."""
        rows, columns, values = [], [], []
        down = 0
        self.labels: dict[int, str] = {}
        for name, x in self.tensors.items():
            r, c = laid(x.shape)
            self.labels[down] = name
            rows, columns = [*rows, *(r + down)], [*columns, *c]
            values = [*values, *x.values.ravel().astype(float)]
            down += int(r.max(initial=0)) + 2
        self.from_place = np.array([rows, columns], int).reshape(2, -1)
        self.from_values = np.array(values, float)
        result = self.answer.value if self.flies else None
        shape = result.shape if result is not None else (0,)
        r, c = laid(shape)
        left = max(columns, default=-1) + 1
        if left and left + GAP + c.max(initial=0) + 1 > BESIDE:
            r, self.labels[down] = r + down, "→"
        else:
            c, self.labels[0] = c + (left + GAP if left else 0), self.labels.get(0, "→")
        self.to_place = np.array([r, c])
        self.to_values = np.zeros(0) if result is None else result.values.ravel().astype(float)
        self.shown = (r < TALLEST + down) & (c < WIDEST + left)
        sources = [] if result is None else result.sources.ravel().tolist()
        ways = [
            (source, cell)
            for cell, bits in enumerate(sources)
            if self.shown[cell]
            for source in ([k for k in range(len(values)) if bits >> k & 1] or [-1])
        ]
        self.ways = np.array(ways, int).reshape(-1, 2)
        self.starts = np.rint(np.linspace(0, UPDATES - FLIGHT, len(ways))).astype(int)

    def stage(self) -> np.ndarray:
        """What stands where at the present update, NaN where nothing stands: (rows, columns)."""
        both = np.concatenate([self.from_place, self.to_place[:, self.shown]], axis=1)
        height, width = (int(axis.max(initial=0)) + 1 for axis in both)
        canvas = np.full((height, width), np.nan)
        gone = {source: start for (source, _), start in zip(self.ways, self.starts, strict=True)}
        stays = [k for k in range(len(self.from_values)) if self.step <= gone.get(k, UPDATES)]
        canvas[tuple(self.from_place[:, stays])] = self.from_values[stays]
        flown = np.clip((self.step - self.starts) / FLIGHT, 0, 1)
        missing: dict[int, int] = {}
        for (_, cell), way in zip(self.ways, flown, strict=True):
            missing[cell] = missing.get(cell, 0) + (way < 1)
        for (source, cell), way, start in zip(self.ways, flown, self.starts, strict=True):
            if way >= 1:
                value = self.to_values[cell] if not missing[cell] else self.from_values[source]
                canvas[tuple(self.to_place[:, cell])] = value
            elif source >= 0 and self.step > start:
                a, b = self.from_place[:, source], self.to_place[:, cell]
                canvas[tuple(np.rint(a + (b - a) * way).astype(int))] = self.from_values[source]
        return canvas

    def landing(self) -> int:
        """The cell of the result that was reached last, −1 before the first."""
        landed = self.ways[self.starts + FLIGHT <= self.step, 1]
        return int(landed[-1]) if len(landed) else -1

    # Pictures

    def look(self, view: str, past: Sequence[Result]) -> Any:
        return getattr(self, view.replace("-", "_"))()

    def move(self) -> Grid:
        """What is given, what comes out beside or below it, cells on their way between."""
        canvas = self.stage()
        beside = self.flies and self.shown.any() and int(self.to_place[1, self.shown].min())
        head = ["=→" if k == beside else "=" for k in range(canvas.shape[1])] if beside else ()
        rows = tuple(f"={self.labels.get(k, '')}" for k in range(len(canvas)))
        return Grid(values=canvas, rows=rows, cols=tuple(head), tensor="cells")

    def block(self, x: Tensor, name: str, marked: np.ndarray | None) -> Cube:
        """A tensor as slices; axes before the last two are one."""
        shape = (-1, *((1, 1) + x.shape)[-2:])
        return Cube(
            values=x.values.astype(float).reshape(shape),
            axes=("axis.slice", "axis.dim-down", "axis.dim-right"),
            marked=None if marked is None else marked.reshape(shape), tensor=name,
            slices=("=",) if x.values.ndim < 3 else (),
        )  # fmt: skip

    def wanted(self) -> Cube:
        """The goal; at the end, the cells that the result has right are lit."""
        result = self.answer.value
        same = self.flies and self.ended and result.shape == self.goal.shape
        right = np.isclose(result.values, self.goal.values, rtol=1e-4, equal_nan=True) if same else None
        return self.block(self.goal, "goal", right)

    def given(self) -> Cube:
        """The first tensor: lit are the cells that go into the one that was reached last, or the guilty axis."""
        name, x = next(iter(self.tensors.items()), ("goal", self.goal))
        cell, marked = self.landing(), None
        if self.flies and cell >= 0 and self.tensors:
            bits = np.uint64(self.answer.value.sources.ravel()[cell])
            marked = (x.sources & bits) > 0
        elif self.error is not None and (place := dict(self.error.shapes).get(x.shape, -1)) >= 0:
            at = [0] * x.values.ndim
            at[place] = slice(None)
            marked = np.zeros(x.shape, bool)
            marked[tuple(at)] = True
        return self.block(x, name, marked)

    def numbers(self) -> Numbers:
        """The task, what is given, the lines to try, and what came of the one that was chosen."""
        typed = bool(self.settings["typed"].strip())
        steps = [Step(text="", note=f"task.{self.settings['puzzle']}")]
        steps += [Step(text=f"{name}  {told(x)}") for name, x in self.tensors.items()]
        steps.append(
            Step(text=", ".join(f"{k} = {v}" for k, v in self.puzzle.sizes.items()), note="note.sizes")
        )
        steps.append(Step(text=f"→  {written(self.goal.shape)}  {self.goal.dtype}", note="note.goal"))
        for letter, line in zip(LETTERS, self.puzzle.lines, strict=True):
            chosen = not typed and letter == self.settings["line"]
            steps.append(Step(text=f"{letter.upper()}  {line}", hot=chosen))
        if typed:
            steps.append(Step(text=self.line, note="note.yours", hot=True))
        steps += self.outcome()
        if self.settings["hint"] > 0:
            steps.append(Step(text="", note=f"hint.{self.settings['puzzle']}"))
        if self.settings["hint"] > 1:
            steps.append(Step(text=self.puzzle.answer, note="note.answer"))
        return Numbers(steps=tuple(steps))

    def outcome(self) -> list[Step]:
        """What became of the line; of one that flies, only when all cells have landed."""
        if self.error is not None:
            note = f"expression.{self.error.code}"
            return [
                *drawn(self.error.shapes, self.error.code == "no-broadcast"),
                said(note, self.error.facts),
            ]
        if not self.ended:
            return []
        steps = [Step(text=f"{part} → {told(x)}") for part, x in self.answer.steps]
        if self.misfit is not None:
            found: Misfit = self.misfit
            return [*steps, *drawn(found.shapes), said(f"misfit.{found.code}", found.facts)]
        if not self.solved:
            facts = {"right": self.tried[0], "count": TRIALS, "sizes": self.tried[1]}
            return [*steps, said("misfit.sizes", facts)]
        return [*steps, said("note.solved", {"count": TRIALS})]

    def list(self) -> Table:
        """The puzzles of the section, and which are solved."""
        ids = self.ids()
        rows = tuple(
            (f"option.{id}", "=✓" if id in SOLVED else "=", f"={written(goal(id).shape)}") for id in ids
        )
        columns = ("column.puzzle", "column.solved", "column.goal")
        return Table(columns=columns, rows=rows, chosen=ids.index(self.settings["puzzle"]))

    # What claims look at

    def metrics(self) -> Mapping[str, float]:
        if not self.ended:
            return {}
        cells = float(self.answer.value.values.size) if self.flies else 0.0
        return {"cells": cells, "sizes": float(self.tried[0])}

    def facts(self) -> Mapping[str, Any]:
        found: dict[str, Any] = {"fits": self.fits, "solved": self.solved, "goal": list(self.goal.shape)}
        found["given"] = {name: list(x.shape) for name, x in self.tensors.items()}
        if self.error is not None:
            return found | {
                "error": self.error.code,
                **{f"error-{k}": v for k, v in self.error.facts.items()},
            }
        if self.flies:
            x: Tensor = self.answer.value
            found |= {"shape": list(x.shape), "strides": list(x.strides), "values": x.values.ravel().tolist()}
        return found | {"error": "", "misfit": self.misfit.code if self.misfit else ""}


def goal(id: str) -> Tensor:
    """What a puzzle asks for, at the sizes on the screen."""
    puzzle = PUZZLES[id]
    return evaluate(puzzle.answer, given(puzzle, puzzle.sizes)).value


def told(x: Tensor) -> str:
    """Shape, dtype, strides and bytes."""
    bytes = x.values.size * x.values.itemsize
    return f"{written(x.shape)}  {x.dtype}  stride {written(x.strides)}  {bytes} B"


def said(note: str, facts: Mapping[str, Any]) -> Step:
    """A sentence to look at."""
    return Step(text="", note=note, facts=facts, hot=True)


def drawn(shapes: Sequence[tuple[tuple[int, ...], int]], right: bool = False) -> list[Step]:
    """Shapes one under the other, the guilty axis of each in brackets; `right`: set against the right side."""
    longest = max((len(shape) for shape, _ in shapes), default=0)
    found = []
    for shape, guilty in shapes:
        cells = [f"[{n}]" if k == guilty else f" {n} " for k, n in enumerate(shape)]
        lead = ["   "] * (longest - len(shape)) if right else []
        found.append(Step(text=" ".join([*lead, *cells]).rstrip() or "()", hot=True))
    return found
