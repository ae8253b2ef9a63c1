"""Two ways to draw a line between two classes: least squares on ±1, and logistic regression; both fitted at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.statistics import LinearModel, LogisticModel, accuracy, least_squares, logistic_regression
from lessons.data.generators import far_cluster
from lessons.labs.base import Still
from lessons.views import Curve, Dots, Line, Plane, Table

MOST = 40  # far points
HOME = np.array([8.0, -6.0])  # where the generator puts them
NEAR = 80  # points of the two clouds
RIDGE = 0.01  # of the logistic regression: without it w grows for ever on classes that a line separates
EXTENT = (-5.0, 11.0, -8.5, 4.0)
HUES = {"squares": 3, "logistic": 2}
MARGIN = (-2.5, 8.0)  # of z = ŷ·g(x) in the picture of the costs


def costs(z: np.ndarray) -> dict[str, np.ndarray]:
    """What each loss asks for a point with ŷ·g(x) = z: the square, cross-entropy, and the count of mistakes."""
    return {"squares": (1 - z) ** 2, "logistic": np.logaddexp(0, -z), "ideal": (z <= 0).astype(float)}


class Rivals(Still):
    """Two clouds and `count` far points of class 1 around `far`; the line that each method draws."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        super().__init__(settings, seed)
        self._update()

    def set(self, control: str, value: Any) -> None:
        super().set(control, value)
        self._update()

    def restore(self, state: Sequence[Any]) -> None:
        super().restore(state)
        self._update()

    def _update(self) -> None:
        x, y = far_cluster(self.seed, MOST)
        count = NEAR + int(self.settings["count"])
        x[NEAR:] += np.array(self.settings["far"]) - HOME
        self.x, self.y = x[:count], y[:count]
        self.sign = 2.0 * self.y - 1
        self.squares: LinearModel = least_squares(self.x, self.sign)
        self.logistic: LogisticModel = logistic_regression(self.x, self.y, RIDGE)
        # The line of the two clouds alone: by it one sees what the far points cost before the line gives way.
        self.calm: LinearModel = least_squares(self.x[:NEAR], self.sign[:NEAR])

    def outputs(self) -> dict[str, np.ndarray]:
        """(N,) g(x) of each method."""
        return {"squares": self.squares.predict(self.x), "logistic": self.logistic.logit(self.x)}

    def right(self) -> dict[str, float]:
        return {name: accuracy(self.y, (g > 0).astype(int)) for name, g in self.outputs().items()}

    def burden(self) -> float:
        """The far points' part of the square loss while the line is that of the clouds alone."""
        loss = (self.calm.predict(self.x) - self.sign) ** 2
        return float(loss[NEAR:].sum() / loss.sum())

    def look(self, view: str, past: Sequence[Any]) -> Any:
        return getattr(self, view)()

    def plane(self) -> Plane:
        """Points and both lines g(x) = 0; the far points are moved with the cursor."""
        lines = [self._line("calm", self.calm.weight, self.calm.bias, "ghost")]
        lines.append(self._line("logistic", self.logistic.weight, self.logistic.bias, "target"))
        lines.append(self._line("squares", self.squares.weight, self.squares.bias, "sum"))
        dots = tuple(
            Dots(word=f"series.class-{1 - k}", x=self.x[self.y == k, 0].copy(), y=self.x[self.y == k, 1].copy(),
                 group=np.full(int((self.y == k).sum()), 1 - k))
            for k in (1, 0)
        )  # fmt: skip
        return Plane(
            extent=EXTENT, paths=tuple(lines), dots=dots, x="axis.x1", y="axis.x2",
            cursor=tuple(float(v) for v in self.settings["far"]),
        )  # fmt: skip

    def _line(self, name: str, weight: np.ndarray, bias: float, role: str) -> Line:
        """The part of w·x + b = 0 around the picture."""
        foot = -bias * weight / (weight @ weight)
        along = np.array([-weight[1], weight[0]]) / np.linalg.norm(weight)
        ends = foot + 30.0 * np.outer((-1, 1), along)
        return Line(word=f"series.{name}", x=ends[:, 0], y=ends[:, 1], role=role, hue=HUES.get(name, -1))

    def costs(self) -> Curve:
        """The three losses over z = ŷ·g(x), with the mean z of the far points by the clouds' own line."""
        z = np.linspace(*MARGIN, 211)
        roles = {"squares": "sum", "logistic": "raw", "ideal": "target"}
        lines = tuple(
            Line(word=f"series.{name}", x=z, y=cost, role=roles[name], hue=HUES.get(name, -1))
            for name, cost in costs(z).items()
        )
        ticks = ()
        if len(self.x) > NEAR:
            ticks = ((float((self.sign * self.calm.predict(self.x))[NEAR:].mean()), "dot.far"),)
        return Curve(lines=lines, x="axis.margin", limits=(*MARGIN, 0.0, 12.0), ticks=ticks)

    def table(self) -> Table:
        """Each method: right, wrong, its line, its g at the far points, its loss."""
        rows = []
        for name, g in self.outputs().items():
            model = getattr(self, name)
            far = float(g[NEAR:].mean()) if len(g) > NEAR else None
            loss = float(costs(self.sign * g)[name].sum())
            wrong = int((self.sign * g <= 0).sum())
            values = (*model.weight, model.bias)
            rows.append((f"series.{name}", round(100 * self.right()[name], 1), wrong, far and round(far, 2),
                         round(loss, 1), *(round(float(v), 3) for v in values)))  # fmt: skip
        columns = ("method", "right", "wrong", "far-output", "loss", "w1", "w2", "b")
        return Table(columns=tuple(f"column.{c}" for c in columns), rows=tuple(rows))

    def metrics(self) -> Mapping[str, float]:
        right = self.right()
        rates = {"right-squares": right["squares"], "right-logistic": right["logistic"]}
        return {**rates, "burden": self.burden()}

    def facts(self) -> Mapping[str, Any]:
        wrong = {name: int((self.sign * g <= 0).sum()) for name, g in self.outputs().items()}
        return {
            "wrong": wrong,
            "burden": self.burden(),
            "far-right": bool((self.calm.predict(self.x)[NEAR:] > 0).all()),
        }
