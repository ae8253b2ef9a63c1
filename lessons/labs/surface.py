"""The surface lab: training seen from above, as a path over the loss of two parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.model import Result
from engine.plane import loss_line, loss_plane
from engine.tape import Tape
from engine.trainer import Trainer
from lessons.labs.base import Training
from lessons.views import Dots, Line, Plane

FIELD = (96, 64)  # points of the field, across and up
FINE = 400  # a path keeps its points where they leave a cell of 1/400 of the picture
FAR = 3.0  # pictures away from the picture: a path that goes farther and never comes back ends there

Extent = tuple[float, float, float, float]


class Surface(Training):
    """A trainer whose θ is recorded at every update and drawn over the loss of two of its entries.

    axes: the entries of θ across and up, which the trainer must watch. extent: (x0, x1, y0, y1) seen.
    constants: series with the same value at every update, for a line to compare with. best: the lowest place.
    """

    def __init__(
        self,
        settings: Mapping[str, Any],
        seed: int,
        trainer: Trainer,
        limit: int,
        *,
        extent: Extent,
        axes: tuple[int, int] = (0, 1),
        names: tuple[str, str] = ("", ""),
        best: tuple[float, float] | None = None,
        constants: Mapping[str, float] | None = None,
    ):
        super().__init__(settings, seed, trainer, limit)
        self.axes, self.extent, self.names, self.best = axes, extent, names, best
        self.constants = dict(constants or {})
        self.start = trainer.theta
        self.record = Tape(trainer.columns)
        self._field: np.ndarray | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.trainer.columns, *self.constants)

    def train(self, updates: int) -> np.ndarray:
        rows = super().train(updates)
        self.record.append(rows)
        return np.column_stack([rows, *(np.full(len(rows), value) for value in self.constants.values())])

    def state(self) -> Sequence[Any]:
        return (*super().state(), self.record.copy())

    def restore(self, state: Sequence[Any]) -> None:
        super().restore(state[:-1])
        self.record = state[-1].copy()

    def series(self, entry: int) -> np.ndarray:
        """One entry of θ before every update and now: (step + 1,)."""
        return np.append(self.record.column(f"theta-{entry}")[: self.step], self.trainer.theta[entry])

    def field(self) -> np.ndarray:
        """(rows, cols) the loss over the picture, worked out once."""
        if self._field is None:
            x0, x1, y0, y1 = self.extent
            xs, ys = np.linspace(x0, x1, FIELD[0]), np.linspace(y0, y1, FIELD[1])
            self._field = loss_plane(self.trainer, *self.axes, xs, ys)
        return self._field

    def plane(self, past: Sequence[Result]) -> Plane:
        """The field, the paths of earlier runs and of this one, start, now and the lowest place."""
        i, j = self.axes
        paths = [
            self._line("series.ghost", *ghost, "ghost")
            for ghost in (self._ghost(result) for result in reversed(past))
            if ghost is not None
        ]
        across, up = self.series(i), self.series(j)
        paths.append(self._line("series.path", across, up, "path"))
        dots = [
            Dots(word="dot.start", x=self.start[[i]], y=self.start[[j]], mark="start"),
            Dots(word="dot.now", x=across[-1:], y=up[-1:], mark="now"),
        ]
        if self.best is not None:
            dots.insert(
                1, Dots(word="dot.best", x=np.array(self.best[:1]), y=np.array(self.best[1:]), mark="best")
            )
        return Plane(
            extent=self.extent,
            field=self.field(),
            paths=tuple(paths),
            dots=tuple(dots),
            x=self.names[0],
            y=self.names[1],
            cursor=(float(self.start[i]), float(self.start[j])),
        )

    def metrics(self) -> Mapping[str, float]:
        with np.errstate(over="ignore"):
            norm = np.linalg.norm(self.trainer.gradient())
        return {"loss": self.trainer.evaluate()["loss"], "gradient-norm": float(norm)}

    def facts(self) -> Mapping[str, Any]:
        return {"theta": tuple(self.trainer.theta.tolist())}

    def _ghost(self, result: Result) -> tuple[np.ndarray, np.ndarray] | None:
        """The path of an earlier run over the same plane, if it has one."""
        names = [f"theta-{entry}" for entry in self.axes]
        theta = result.facts.get("theta", ())
        if not set(names) <= set(result.tape.columns) or len(theta) != len(self.start):
            return None
        return tuple(
            np.append(result.tape.column(name)[: result.steps], theta[entry])
            for name, entry in zip(names, self.axes, strict=True)
        )

    def _line(self, word: str, x: np.ndarray, y: np.ndarray, role: str) -> Line:
        return Line(word=word, **dict(zip("xy", thin(x, y, self.extent), strict=True)), role=role)


def thin(x: np.ndarray, y: np.ndarray, extent: Extent) -> tuple[np.ndarray, np.ndarray]:
    """A path without the points that stay within a small cell of the point before, and without its flight."""
    x0, x1, y0, y1 = extent
    u, v = (x - x0) / (x1 - x0), (y - y0) / (y1 - y0)
    near = np.flatnonzero(np.maximum(np.abs(u - 0.5), np.abs(v - 0.5)) < FAR)
    end = near[-1] + 2 if len(near) else 1
    x = np.clip(x[:end], x0 - FAR * (x1 - x0), x1 + FAR * (x1 - x0))
    y = np.clip(y[:end], y0 - FAR * (y1 - y0), y1 + FAR * (y1 - y0))
    cells = np.floor(np.stack([u[:end], v[:end]]) * FINE)
    keep = np.ones(len(x), bool)
    keep[1:-1] = (cells[:, 1:-1] != cells[:, :-2]).any(axis=0)
    return x[keep], y[keep]


class Track(Surface):
    """A surface of one parameter: θ₀ across, its loss up. extent: (x0, x1, y0, y1) seen."""

    def __init__(self, settings: Mapping[str, Any], seed: int, trainer: Trainer, limit: int, **options: Any):
        super().__init__(settings, seed, trainer, limit, axes=(0, 0), **options)
        self.xs = np.linspace(*self.extent[:2], 4 * FIELD[0])
        self.heights = loss_line(trainer, 0, self.xs)

    def height(self, x: np.ndarray) -> np.ndarray:
        """The loss at each place of x."""
        return loss_line(self.trainer, 0, x)

    def plane(self, past: Sequence[Result]) -> Plane:
        """The loss as a line, with the ways of earlier runs and of this one on it."""
        ways = [ghost[0] for ghost in map(self._ghost, reversed(past)) if ghost is not None]
        words = ["series.ghost"] * len(ways) + ["series.path"]
        roles = ["ghost"] * len(ways) + ["path"]
        ways.append(self.series(0))
        paths = [Line(word="series.loss", x=self.xs.copy(), y=self.heights.copy(), role="sum")]
        for word, role, x in zip(words, roles, ways, strict=True):
            x = thin(x, x, (*self.extent[:2], *self.extent[:2]))[0]
            paths.append(Line(word=word, x=x, y=self.height(x), role=role))
        now = self.series(0)[-1:]
        dots = (
            Dots(word="dot.start", x=self.start[:1], y=self.height(self.start[:1]), mark="start"),
            Dots(word="dot.now", x=now, y=self.height(now), mark="now"),
        )
        return Plane(extent=self.extent, paths=tuple(paths), dots=dots, x=self.names[0], y=self.names[1])
