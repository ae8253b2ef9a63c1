"""Normalization of features: the line y = b + w₁x₁ + w₂x₂ on two features of different ranges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from engine.model import Result
from engine.network import Network
from engine.plane import loss_line
from engine.trainer import Trainer
from lessons.data.generators import two_scales
from lessons.labs.surface import Surface
from lessons.labs.written import by_hand, minus
from lessons.views import Curve, Hist, Line, Numbers, Plane, Step, Strip, Table

THERE = 1e-4  # "arrived": what is left of the loss above the lowest, as a share of the start's
REACH = 1.5  # the picture goes so many times as far from the lowest place as the start lies
BINS = 24
MOVED = 1e-3  # b may move so much before the picture over (w₁, w₂) is drawn anew


def treat(x: np.ndarray, features: str) -> tuple[np.ndarray, np.ndarray]:
    """What is subtracted (2,) and what it is divided by (2,): the mean and the standard deviation, or not."""
    centre = x.mean(axis=0) if features in ("centred", "standardized") else np.zeros(2)
    scale = x.std(axis=0) if features in ("scaled", "standardized") else np.ones(2)
    return centre, scale


class Scales(Surface):
    """Gradient descent on the mean square error from θ = 0, with the step 1/λ of the steepest direction.

    θ: w₁, w₂, b; λ are the eigenvalues of the Hessian. The picture is over w₁ and w₂ at the present b. A run
    ends where it has arrived.
    """

    def __init__(self, settings: Mapping[str, Any], seed: int):
        self.raw, y = two_scales(seed, settings["ratio"])
        self.centre, self.scale = treat(self.raw, settings["features"])
        self.x = (self.raw - self.centre) / self.scale
        design = np.column_stack([self.x, np.ones(len(y))])
        hessian = 2 * design.T @ design / len(y)
        self.curvature, self.bends = np.linalg.eigvalsh(hessian), np.diag(hessian)
        optimum = np.linalg.lstsq(design, y[:, 0], rcond=None)[0]
        self.lowest = float(np.mean((y[:, 0] - design @ optimum) ** 2))
        self.highest = float(np.mean(y**2))
        network = Network()
        network.loss(network.dense(network.input(2), 1, name="line"), "mse")
        trainer = Trainer(
            network, self.x, y, rate=settings["rate"] / self.curvature[-1], dtype="float64", shuffle=False,
            theta=np.zeros(3), watch=(0, 1),
        )  # fmt: skip
        far = REACH * float(np.hypot(*optimum[:2]))
        extent = (optimum[0] - far, optimum[0] + far, optimum[1] - far, optimum[1] + far)
        super().__init__(
            settings, seed, trainer, int(settings["updates"]), extent=tuple(map(float, extent)),
            names=("=w₁", "=w₂"), best=tuple(optimum[:2].tolist()), constants={"lowest-loss": self.lowest},
        )  # fmt: skip
        self.optimum, self._at = optimum, np.nan
        self.valley = Trainer(
            network, self.x, y, dtype="float64", theta=optimum
        )  # stands at the lowest place

    def train(self, updates: int) -> np.ndarray:
        kept, asked = self.trainer.state(), min(updates, self.limit - self.step)
        rows = self.trainer.train(asked)
        there = np.flatnonzero(self._left(rows[:, 0]) < THERE)
        if len(there):  # it ends at the very update, however the updates were cut
            self.trainer.restore(kept)
            rows = self.trainer.train(int(there[0]))
        self.record.append(rows)
        return np.column_stack([rows, np.full(len(rows), self.lowest)])

    def _left(self, loss: Any) -> Any:
        return (loss - self.lowest) / (self.highest - self.lowest)

    def set(self, control: str, value: Any) -> None:
        self.settings[control] = value
        if control == "rate":
            self.trainer.set("rate", value / self.curvature[-1])

    def field(self) -> np.ndarray:
        b = float(self.trainer.theta[2])
        if self._field is None or abs(b - self._at) > MOVED:
            self._field, self._at = None, b
        return super().field()

    @property
    def condition(self) -> float:
        return float(self.curvature[-1] / self.curvature[0])

    def arrived(self) -> int:
        """The update at which it arrived; −1: not yet."""
        return self.step if self._left(self.trainer.evaluate()["loss"]) < THERE else -1

    def metrics(self) -> Mapping[str, float]:
        return {**super().metrics(), "condition": self.condition}

    def facts(self) -> Mapping[str, Any]:
        mean, sd = self.x.mean(axis=0), self.x.std(axis=0)
        standard = (self.x - mean) / sd
        return {
            **super().facts(),
            "condition": self.condition,
            "bends": tuple(self.bends[:2].tolist()),
            "arrived": self.arrived(),
            "mean": tuple(mean.tolist()),
            "sd": tuple(sd.tolist()),
            "beyond": float((np.abs(self.x) > 1).mean()),
            "would-be-beyond": float((np.abs(standard) > 1).mean()),
        }

    # Pictures

    def look(self, view: str, past: Sequence[Result]) -> Any:
        if view == "plane":
            return self.plane([one for one in past if one.settings["features"] == self.settings["features"]])
        return getattr(self, view)(past)

    def plane(self, past: Sequence[Result]) -> Plane:
        same = [one for one in past if one.settings["ratio"] == self.settings["ratio"]]
        return replace(super().plane(same), cursor=None)

    def slices(self, past: Sequence[Result]) -> Curve:
        """How far the loss rises when one weight alone moves by Δ from the lowest place."""
        spot = np.linspace(-1.0, 1.0, 81)
        words = ("=w₁", "=w₂")
        lines = [
            Line(word=word, x=spot, y=loss_line(self.valley, entry, self.optimum[entry] + spot) - self.lowest,
                 role="part", hue=entry)
            for entry, word in enumerate(words)
        ]  # fmt: skip
        top = 4 * float(self.bends[:2].min()) / 2
        return Curve(lines=tuple(lines), x="axis.delta", limits=(None, None, 0.0, top))

    def hist(self, past: Sequence[Result]) -> Hist:
        """Both features as the net gets them, on one axis."""
        lo, hi = float(min(0.0, self.x.min())), float(self.x.max())
        pad = 0.04 * (hi - lo)
        lo, hi = lo - pad, hi + pad
        counts = [np.histogram(self.x[:, k], BINS, (lo, hi))[0] for k in range(2)]
        names = ("=x₁", "=x₂") if self.settings["features"] == "raw" else ("=x̃₁", "=x̃₂")
        strips = tuple(Strip(word=name, counts=count) for name, count in zip(names, counts, strict=True))
        ticks = tuple((v, minus(f"={v:g}")) for v in (-1.0, 0.0, 1.0) if lo < v < hi and hi < 20)
        return Hist(strips=strips, lo=lo, hi=hi, x="axis.value", ticks=ticks)

    def numbers(self, past: Sequence[Result]) -> Numbers:
        """Mean and standard deviation of both features, one example of each, and the condition number."""
        steps = []
        for k, name in enumerate("₁₂"):
            m, s, x = self.raw[:, k].mean(), self.raw[:, k].std(), self.raw[0, k]
            c, d = self.centre[k], self.scale[k]
            steps.append(Step(text=f"m{name} = {m:.4g}  σ{name} = {s:.3g}", note="note.mean-sd"))
            text = f"({x:.4g} − {c:.4g}) / {d:.3g} = {self.x[0, k]:.3g}"
            steps.append(Step(text=text, note="note.standardize", hot=True))
        steps.append(Step(text=f"λ₃/λ₁ = {self.condition:,.4g}", note="note.condition"))
        steps.append(Step(text=f"η = 1/λ₃ = {1 / self.curvature[-1]:.3g}", note="note.rate"))
        return by_hand(steps)

    def table(self, past: Sequence[Result]) -> Table:
        """A row for each earlier run and, last, the present one."""
        runs = [(one.settings, one.facts, one.steps) for one in reversed(past)]
        rows = []
        for settings, facts, steps in [*runs, (self.settings, self.facts(), self.step)]:
            there = facts["arrived"] if facts["arrived"] >= 0 else "fate.on-the-way"
            name, ratio = f"control.features.{settings['features']}", f"={settings['ratio']:g}"
            rows.append((name, ratio, f"={facts['condition']:,.4g}", there, steps))
        columns = ("features", "ratio", "condition", "arrived", "updates")
        return Table(columns=tuple(f"column.{c}" for c in columns), rows=tuple(rows), chosen=len(rows) - 1)
