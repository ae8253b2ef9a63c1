"""Maximum likelihood of a Gaussian: its mean climbs the real log-likelihood; around which mean Σ is measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from engine.model import Result
from engine.statistics import Gaussian
from lessons.labs.base import Still
from lessons.labs.gauss import CLASSES, EXTENT, Sample, contours, dots, pokemon, regions
from lessons.labs.surface import thin
from lessons.labs.written import by_hand
from lessons.views import Dots, Line, Numbers, Plane, Step, Table

UPDATES = 60
SLIDE_SPREAD = 5.0  # of the lecture's Σ = 5I
# The lecture's μ, Σ and N of each class; of Normal's Σ no entry follows from the data.
LECTURE = {
    "water": (75.0, 71.3, 874, 327, 929, 79),
    "normal": (55.6, 59.8, 847, 422, 685, 61),
}
NAMES = ("μ₁", "μ₂", "Σ₁₁", "Σ₁₂", "Σ₂₂", "N")


def around(x: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """(2, 2) the mean of (x − c)(x − c)ᵀ: the covariance, if c is the mean of x (N, 2)."""
    away = x - centre
    return away.T @ away / len(x)


class Climb(Still):
    """Gradient ascent on ln L / N over μ, its step `rate` in units of the mean variance.

    Settings: type (water, normal), start, rate, spread (fitted: Σ around `centre`; round: 5I), centre (own, other:
    the class around whose mean Σ is measured).
    """

    limit = UPDATES
    columns = ("log-likelihood",)

    def __init__(self, settings: Mapping[str, Any], seed: int):
        super().__init__(settings, seed)
        sample = Sample(*pokemon(("defense", "sp_defense")))
        which = CLASSES.index(settings["type"])
        self.sample, self.x, other = sample, sample.x[sample.y == which], sample.x[sample.y != which]
        self.mean = self.x.mean(axis=0)
        self.centre = self.mean if settings["centre"] == "own" else other.mean(axis=0)
        self.fitted = around(self.x, self.centre)
        self.covariance = self.fitted if settings["spread"] == "fitted" else SLIDE_SPREAD * np.eye(2)
        self.path = [np.array(settings["start"], float)]
        self._field: np.ndarray | None = None

    @property
    def step(self) -> int:
        return len(self.path) - 1

    @property
    def place(self) -> np.ndarray:
        """(2,) μ now."""
        return self.path[-1]

    def height(self, mean: np.ndarray) -> float:
        """ln L of the class's points under N(mean, Σ)."""
        return Gaussian(np.asarray(mean, float), self.covariance).log_likelihood(self.x)

    def slope(self, mean: np.ndarray) -> np.ndarray:
        """(2,) the gradient of ln L / N over μ: Σ⁻¹ times the mean of x − μ."""
        return np.linalg.solve(self.covariance, (self.x - mean).mean(axis=0))

    def train(self, updates: int) -> np.ndarray:
        rows = []
        for _ in range(min(updates, self.limit - self.step)):
            rows.append((self.height(self.place),))
            stride = self.settings["rate"] * np.trace(self.covariance) / 2
            self.path.append(self.place + stride * self.slope(self.place))
        return np.array(rows).reshape(-1, 1)

    def state(self) -> Sequence[Any]:
        return dict(self.settings), np.array(self.path)

    def restore(self, state: Sequence[Any]) -> None:
        self.settings, self.path = dict(state[0]), list(np.array(state[1]))

    # What is seen

    def look(self, view: str, past: Sequence[Result]) -> Any:
        return self.hill(past) if view == "hill" else getattr(self, view)()

    def hill(self, past: Sequence[Result]) -> Plane:
        """ln L / N at each μ, the ways of earlier runs and of this one, and the closed form."""
        if self._field is None:
            # Up to a constant, ln L / N falls with the square of the distance from the mean, in units of Σ.
            inverse = np.linalg.inv(self.covariance)
            peak = self.height(self.mean) / len(self.x)
            square = lambda at: np.einsum("nd,de,ne->n", at - self.mean, inverse, at - self.mean)
            self._field = regions(lambda at: peak - square(at) / 2)
        lines = []
        for one in reversed(past):
            if one.settings.get("type") == self.settings["type"] and "path" in one.facts:
                way = thin(*np.array(one.facts["path"]).T, EXTENT)
                lines.append(Line(word="series.ghost", x=way[0], y=way[1], role="ghost"))
        way = thin(*np.array(self.path).T, EXTENT)
        lines.append(Line(word="series.path", x=way[0], y=way[1], role="path"))
        marks = (
            Dots(word="dot.start", x=self.path[0][:1], y=self.path[0][1:], mark="start"),
            Dots(word="dot.closed-form", x=self.mean[:1], y=self.mean[1:], mark="best"),
            Dots(word="dot.now", x=self.place[:1], y=self.place[1:], mark="now"),
        )
        return Plane(
            extent=EXTENT, field=self._field, paths=tuple(lines), dots=marks, x="axis.defense", y="axis.sp-defense",
            cursor=tuple(self.path[0].tolist()),
        )  # fmt: skip

    def plane(self) -> Plane:
        """Both classes, and the Gaussian at the present μ; the fitted one around its own mean where they differ."""
        which = CLASSES.index(self.settings["type"])
        best = contours(Gaussian(self.mean, around(self.x, self.mean)), "series.likeliest", -1)
        lines = contours(Gaussian(self.place, self.covariance), "series.yours", which)
        lines += [replace(line, role="target") for line in best]
        return Plane(
            extent=EXTENT,
            paths=tuple(lines),
            dots=dots(*self.sample[:2]),
            x="axis.defense",
            y="axis.sp-defense",
        )

    def numbers(self) -> Numbers:
        """ln L here, at the start and at the closed form; the slope; what Σ the data give around either mean."""
        mine, theirs = around(self.x, self.mean), self.fitted
        written = lambda m: f"[{m[0, 0]:.0f} {m[0, 1]:.0f}; {m[0, 1]:.0f} {m[1, 1]:.0f}]"
        gap = self.mean - self.centre
        steps = [
            Step(text=f"μ = ({self.place[0]:.1f}, {self.place[1]:.1f})", note="note.here"),
            Step(text=f"ln L = {self.height(self.place):.2f}", note="note.height-here", hot=True),
            Step(text=f"ln L = {self.height(self.mean):.2f}", note="note.height-mean"),
            Step(text=f"|g| = {np.linalg.norm(self.slope(self.place)):.2e}", note="note.slope-per-one"),
            Step(text=f"μ* = ({self.mean[0]:.1f}, {self.mean[1]:.1f})", note="note.mean-of-all"),
            Step(text=f"Σ* = {written(mine)}", note="note.around-own"),
        ]
        if self.settings["centre"] == "other":
            steps += [
                Step(text=f"c = ({self.centre[0]:.1f}, {self.centre[1]:.1f})", note="note.other-mean"),
                Step(text=f"Δ = μ* − c = ({gap[0]:.1f}, {gap[1]:.1f})", note="note.gap"),
                Step(text=f"ΔΔᵀ = {written(np.outer(gap, gap))}", note="note.outer"),
                Step(text=f"Σ = {written(theirs)}", note="note.around-other", hot=True),
            ]
        return by_hand(steps)

    def table(self) -> Table:
        """Mean, covariance and count as the settings measure them, beside the slide's."""
        s = self.fitted
        ours = (*self.mean, s[0, 0], s[0, 1], s[1, 1], len(self.x))
        told = LECTURE[self.settings["type"]]
        lines = []
        for k, (name, value, slide) in enumerate(zip(NAMES, ours, told, strict=True)):
            digits, slack = (1, 0.05) if k < 2 else (0, 1)
            same = abs(float(value) - slide) < slack
            row = f"={name}", f"={value:.{digits}f}", f"={slide:.{digits}f}"
            lines.append((*row, "mark.right" if same else "mark.wrong"))
        return Table(
            columns=("column.entry", "column.value", "column.lecture", "column.same"), rows=tuple(lines)
        )

    def metrics(self) -> Mapping[str, float]:
        return {
            "log-likelihood": self.height(self.place),
            "away": float(np.linalg.norm(self.place - self.mean)),
        }

    def facts(self) -> Mapping[str, Any]:
        return {
            "mean": self.mean.tolist(), "end": self.place.tolist(), "count": len(self.x),
            "covariance": self.fitted.tolist(), "own": around(self.x, self.mean).tolist(),
            "gap": (self.mean - self.centre).tolist(), "best": self.height(self.mean),
            "path": np.array(self.path).tolist(),
        }  # fmt: skip
