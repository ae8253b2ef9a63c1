"""Taylor's expansion of a loss around a place, order by order, beside the loss itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import radians
from typing import Any

import numpy as np

from engine.analysis.probe import losses
from engine.model import Result
from lessons.labs import critical
from lessons.labs.base import Still
from lessons.labs.critical import NAMES, WIDE, examine, trainer
from lessons.views import Bars, Curve, Dots, Line, Numbers, Plane, Step

STILL = 1e-6  # a gradient norm that counts as zero
AROUND = 64  # directions in which a place is looked at
FIELD = (64, 44)


class Expansion(Still):
    """L near θ′ by its value, its slope and its Hessian; nothing is trained."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        super().__init__(settings, seed)
        self._known: tuple | None = None

    def here(self):
        """Trainer and Spot at the point, worked out once."""
        key = self.settings["surface"], tuple(self.settings["point"])
        if self._known is None or self._known[0] != key:
            there = trainer(*key)
            self._known = key, there, examine(there)
        return self._known[1:]

    def direction(self) -> np.ndarray:
        theta = self.here()[0].theta
        angle = radians(self.settings["angle"])
        return np.array([np.cos(angle), np.sin(angle)]) if len(theta) == 2 else np.ones(1)

    def guess(self, steps: np.ndarray, order: int) -> np.ndarray:
        """(N,) the expansion up to `order` at θ′ + each row of steps (N, P)."""
        spot = self.here()[1]
        found = np.full(len(steps), spot.loss)
        if order >= 1:
            found = found + steps @ spot.slope
        if order >= 2:
            found = found + 0.5 * np.einsum("ni,ij,nj->n", steps, spot.hessian, steps)
        return found

    def true(self, steps: np.ndarray) -> np.ndarray:
        there = self.here()[0]
        return losses(there, there.theta + steps)

    def errors(self, distance: float) -> np.ndarray:
        """(3,) how far each order is off, `distance` away along the direction."""
        step = distance * self.direction()[None]
        return np.array([abs(float(self.true(step)[0] - self.guess(step, k)[0])) for k in range(3)])

    def look(self, view: str, past: Sequence[Result]) -> Any:
        drawn = {"slice": self.slice, "plane": self.plane, "errors": self.bars, "terms": self.terms}
        return {**drawn, "copy": self.copy}[view]()

    def slice(self) -> Curve:
        """The loss along the direction, and the expansion up to the chosen order."""
        t = np.linspace(-1.6, 1.6, 161)
        steps = t[:, None] * self.direction()
        true, spot = self.true(steps), self.here()[1]
        lines = [Line(word="series.loss", x=t, y=true, role="sum")]
        for order in range(self.settings["order"] + 1):
            role = "path" if order == self.settings["order"] else "ghost"
            lines.append(Line(word=f"series.order-{order}", x=t, y=self.guess(steps, order), role=role))
        low, high = float(true.min()), float(true.max())
        top, bottom = min(high, spot.loss + 3.0), max(low, spot.loss - 3.0)
        room = 0.25 * max(top - bottom, 0.2)
        here = Dots(word="dot.here", x=np.zeros(1), y=np.array([spot.loss]), mark="now")
        limits = (-1.6, 1.6, bottom - room, top + room)
        return Curve(lines=tuple(lines), dots=(here,), x="axis.along", limits=limits)

    def plane(self) -> Plane:
        """The true loss, θ′ and the direction of the slice."""
        return self._field(self.true)

    def copy(self) -> Plane:
        """What the expansion takes the loss for."""
        return self._field(lambda steps: self.guess(steps, self.settings["order"]))

    def _field(self, height) -> Plane:
        theta = self.here()[0].theta
        xs, ys = np.linspace(*WIDE[:2], FIELD[0]), np.linspace(*WIDE[2:], FIELD[1])
        x, y = np.meshgrid(xs, ys)
        field = height(np.stack((x.ravel(), y.ravel()), axis=1) - theta).reshape(x.shape)
        ends = theta + 1.6 * np.outer((-1, 1), self.direction())
        line = Line(word="series.direction", x=ends[:, 0], y=ends[:, 1], role="part", hue=2)
        return Plane(
            extent=WIDE, field=field, paths=(line,), x=NAMES[0], y=NAMES[1], cursor=tuple(theta.tolist())
        )

    def bars(self) -> Bars:
        """The error of each order up to the chosen one; beside it at half the distance."""
        h, shown = self.settings["distance"], self.settings["order"] + 1
        labels = tuple(f"series.order-{order}" for order in range(shown))
        words = {"word": "bars.error", "beside_word": "bars.half"}
        return Bars(labels=labels, values=self.errors(h)[:shown], beside=self.errors(h / 2)[:shown], **words)

    def terms(self) -> Numbers:
        _, spot = self.here()
        h, v = self.settings["distance"], self.direction()
        first, second = float(h * v @ spot.slope), float(0.5 * h * h * v @ spot.hessian @ v)
        true = float(self.true(h * v[None])[0])
        total = sum((spot.loss, first, second)[: self.settings["order"] + 1])
        bend = " ".join(f"{value + 0.0:.2f}" for value in spot.values)
        flat = np.linalg.norm(spot.slope) < STILL
        lines = (
            (f"L(θ′) = {spot.loss:.5f}", "note.order-0"),
            (f"(θ−θ′)ᵀg = {first + 0.0:.5f}", "note.order-1"),
            (f"½(θ−θ′)ᵀH(θ−θ′) = {second + 0.0:.5f}", "note.order-2"),
            (f"Σ = {total:.5f}", "note.guess"),
            (f"L(θ) = {true:.5f}", "note.truth"),
            (f"|g| = {np.linalg.norm(spot.slope):.4f}", "note.critical" if flat else "note.not-critical"),
        )
        steps = [Step(text=critical.minus(text), note=note) for text, note in lines]
        verdict = f"kind.{spot.kind}" if flat else "note.no-verdict"
        steps.append(Step(text=critical.minus(f"λ = {bend}"), note=verdict, hot=True))
        return Numbers(steps=tuple(steps))

    def metrics(self) -> Mapping[str, float]:
        spot = self.here()[1]
        return {"loss": spot.loss, "gradient-norm": float(np.linalg.norm(spot.slope))}

    def facts(self) -> Mapping[str, Any]:
        """Errors at the distance and at half of it, the verdict of the signs and what is seen all around."""
        there, spot = self.here()
        h, order = self.settings["distance"], self.settings["order"]
        t = np.linspace(-1.6, 1.6, 33)[:, None] * self.direction()
        found = {
            "errors": tuple(self.errors(h)),
            "halved": tuple(self.errors(h / 2)),
            "bent": float(np.ptp(self.guess(t, order))),
            "bends": float(np.ptp(self.true(t))),
            "kind": spot.kind,
        }
        if len(there.theta) == 2:
            change = critical.ways(there, 0.05, AROUND)
            below, above = bool((change < 0).any()), bool((change > 0).any())
            found["seen"] = "saddle" if below and above else "maximum" if below else "minimum"
        return found
