"""The ledger of gradient descent: three parameters, three examples, every slope and every new value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.analysis.examples import losses
from engine.network import Network
from engine.plane import loss_plane
from engine.trainer import Trainer
from lessons.labs.base import Training
from lessons.labs.functions import sigmoid
from lessons.labs.written import by_hand, index, raised
from lessons.views import Dots, Line, Numbers, Plane, Step, Table

# The slide's w₁, w₂, b₁ at three moments. Its data are not told; these examples give it to two decimals.
LECTURE = ((0.2, -0.1, 0.3), (0.15, 0.05, 0.2), (0.09, 0.15, 0.1))
X = np.array([[-2.0, -2.0], [-2.2, 1.0], [0.1, 1.6]])
Y = np.array([[0.0], [1.0], [0.0]])  # the share of class 1
STORY = 8
MORE = 10  # updates of one more story
NAMES = ("w₁", "w₂", "b₁")
PUSH = 1e-4  # of a finite difference
SIDE = 41


class Ledger(Training):
    """Logistic regression on three examples in float64; `direction` plus climbs, `total` is sum or mean."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        net = Network()
        net.loss(net.dense(net.input(2), 1, name="line"), "binary-cross-entropy", reduction=settings["total"])
        start, rate = settings["start"], self._rate(settings)
        trainer = Trainer(net, X, Y, rate=rate, dtype="float64", seed=seed, theta=start, watch=(0, 1, 2))
        super().__init__(settings, seed, trainer, STORY)
        self.book: list[tuple[np.ndarray, np.ndarray, float]] = []  # θ, ∂L/∂θ and L before each update

    @staticmethod
    def _rate(settings: Mapping[str, Any]) -> float:
        return settings["rate"] if settings["direction"] == "minus" else -settings["rate"]

    def train(self, updates: int) -> np.ndarray:
        rows = [np.empty((0, len(self.columns)))]
        for _ in range(min(updates, self.limit - self.step)):
            gradient = self.trainer.gradient()
            row = self.trainer.train(1)
            if not len(row):
                break
            self.book.append((row[0, 2:].copy(), gradient, float(row[0, 0])))
            rows.append(row)
        return np.concatenate(rows)

    def set(self, control: str, value: Any) -> None:
        self.settings[control] = value
        self.trainer.set("rate", self._rate(self.settings))

    def act(self, action: str) -> Mapping[str, Any] | None:
        if action != "more" or self.step < self.limit:
            return {}
        self.limit = self.step + MORE
        return None

    def state(self) -> Sequence[Any]:
        return (*super().state(), tuple(self.book))

    def restore(self, state: Sequence[Any]) -> None:
        super().restore(state[:2])
        self.book = list(state[2])

    # What one update is made of

    def slopes(self) -> np.ndarray:
        """(3,) slopes by finite differences, to check the engine's gradient with."""
        theta = self.trainer.theta
        points = theta + PUSH * np.concatenate((np.eye(3), -np.eye(3)))
        losses = self.trainer.survey((0, 1, 2), points)
        return (losses[:3] - losses[3:]) / (2 * PUSH)

    def costs(self) -> np.ndarray:
        """(N,) cross-entropy of each example by itself."""
        return losses(self.trainer)

    def look(self, view: str, past: Sequence[Any]) -> Any:
        return {"ledger": self._table, "numbers": self._numbers, "plane": self._plane}[view]()

    def _table(self) -> Table:
        rows = []
        for step, (theta, _, loss) in enumerate([*self.book, (self.trainer.theta, None, self._loss())]):
            told = LECTURE[step] if step < len(LECTURE) else (None,) * 3
            pairs = [v for k in range(3) for v in (round(float(theta[k]), 3), told[k])]
            rows.append((step, *pairs, round(loss, 3)))
        columns = (
            "column.update",
            *(c for k in ("w1", "w2", "b1") for c in (f"column.{k}", "column.lecture")),
        )
        return Table(columns=(*columns, "column.total"), rows=tuple(rows), chosen=len(rows) - 1)

    def _loss(self) -> float:
        return self.trainer.evaluate()["loss"]

    def _numbers(self) -> Numbers:
        theta, steps = self.trainer.theta, []
        z = X @ theta[:2] + theta[2]
        costs, loss = self.costs(), self._loss()
        for n, cost in enumerate(costs):
            y = sigmoid(z[n])
            right, k = (y, 1) if Y[n, 0] else (1 - y, 2)
            text = f"C{raised(n + 1)} = −ln y{index(k)} = −ln {right:.3f} = {cost:.3f}"
            steps.append(Step(text=text, note="" if n else "note.example"))
        parts = "+".join(f"{c:.3f}" for c in costs)
        mean = self.settings["total"] == "mean"
        text = f"L = ({parts})/3 = {loss:.3f}" if mean else f"L = {parts} = {loss:.3f}"
        steps.append(Step(text=text, note="note.mean" if mean else "note.total", hot=True))
        gradient, checked = self.trainer.gradient(), self.slopes()
        for name, g, check in zip(NAMES, gradient, checked, strict=True):
            steps.append(
                Step(
                    text=f"∂L/∂{name} = {g:+.3f} ≈ {check:+.3f}",
                    note="note.slope" if name == NAMES[-1] else "",
                )
            )
        plus = self.settings["direction"] == "plus"
        sign, rate = "+" if plus else "−", self.settings["rate"]
        for name, old, g in zip(NAMES, theta, gradient, strict=True):
            new = old - self._rate(self.settings) * g
            text = f"{name} ← {old:.3f}{sign}{rate:g}·({g:.3f}) = {new:.3f}"
            last = "note.away" if plus else "note.new"
            steps.append(Step(text=text, note=last if name == NAMES[-1] else ""))
        return by_hand(steps)

    def _plane(self) -> Plane:
        walk = np.array([*(theta for theta, _, _ in self.book), self.trainer.theta])[:, :2]
        low, high = np.minimum(walk.min(axis=0), (-1.0, -0.6)), np.maximum(walk.max(axis=0), (0.6, 1.0))
        xs, ys = np.linspace(low[0], high[0], SIDE), np.linspace(low[1], high[1], SIDE)
        path = Line(word="series.path", x=walk[:, 0].copy(), y=walk[:, 1].copy(), role="path")
        marks = (
            Dots(word="dot.start", x=walk[:1, 0].copy(), y=walk[:1, 1].copy(), mark="start"),
            Dots(word="dot.now", x=walk[-1:, 0].copy(), y=walk[-1:, 1].copy(), mark="now"),
        )
        extent = (float(low[0]), float(high[0]), float(low[1]), float(high[1]))
        field = loss_plane(self.trainer, 0, 1, xs, ys)
        return Plane(extent=extent, field=field, paths=(path,), dots=marks, x="axis.w1", y="axis.w2")

    def metrics(self) -> Mapping[str, float]:
        return {"loss": self._loss(), "off": float(np.abs(self.slopes() - self.trainer.gradient()).max())}

    def facts(self) -> Mapping[str, Any]:
        values = [theta.tolist() for theta, _, _ in self.book] + [self.trainer.theta.tolist()]
        gradients = [gradient.tolist() for _, gradient, _ in self.book]
        return {
            "values": values,
            "gradients": gradients,
            "loss": self._loss(),
            "costs": self.costs().tolist(),
        }
