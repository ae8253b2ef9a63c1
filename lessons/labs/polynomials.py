"""Curves through few noisy points: polynomials and small networks, trained in sight or fitted many times over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.polynomial.legendre import legvander

from engine.model import Result
from engine.network import Network
from engine.stopping import EarlyStopping
from engine.trainer import Trainer
from lessons.data.generators import draws, quad_noisy
from lessons.labs.base import Still, Training
from lessons.views import Bars, Curve, Dots, Line

GRID = np.linspace(-1, 1, 201)  # where a curve is compared with the true one
UPDATES = {"polynomial": 400, "network": 1200}
WIDTH, DROP = 64, 0.2
COPIES, JITTER = 9, 0.1  # augmented copies of each point, and how far x may be moved (deviation)
FRESH = 20  # points that early stopping watches
EVERY, PATIENCE = 10, 20  # updates between two looks; looks without a better one
FLOOR = 1e-12
CURVES: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "parabola": lambda x: x**2,
    "hill": lambda x: np.exp(-4 * x**2),
}


def fit(x: np.ndarray, y: np.ndarray, degree: int) -> np.ndarray:
    """(degree + 1,) Legendre coefficients of the least-squares polynomial through x, y (N,)."""
    return np.linalg.lstsq(legvander(x, degree), y, rcond=None)[0]


def turned(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Features (N, r) at right angles and of equal length, on which descent learns all directions equally fast,
    and the matrix that takes their weights to coefficients of `rows` (N, P); r is the rank."""
    u, s, vt = np.linalg.svd(rows, full_matrices=False)
    kept, scale = s > 1e-10 * s[0], np.sqrt(len(rows))
    return u[:, kept] * scale, vt[kept].T / s[kept] * scale


def value(coefficients: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The polynomial at each x."""
    return legvander(x, len(coefficients) - 1) @ coefficients


def sample(curve: str, count: int, noise: float, seed: int, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Data set `number` of a seed: x even in −1 … 1, y on the curve with noise; (count,) each."""
    g = draws(seed, 2000 + number)
    x = g.uniform(-1, 1, count)
    return x, CURVES[curve](x) + g.normal(0, noise, count)


class Freestyle(Training):
    """A polynomial or a network through `points` noisy points of y = x², trained by gradient descent.

    Settings: model, points, degree, l2, cure. The polynomial's features are turned and scaled so that
    all directions are learned equally fast; it ends at the least squares of Σ(y − ŷ)²/N + λ·Σc².
    """

    sparse_every = EVERY

    def __init__(self, settings: Mapping[str, Any], seed: int):
        self.x, self.y = (part[:, 0] for part in quad_noisy(settings["points"], seed))
        x, y = self.x, self.y
        if settings["cure"] == "augment":
            g = draws(seed, 210)
            x = np.concatenate([x, *(x + g.normal(0, JITTER, len(x)) for _ in range(COPIES))])
            y = np.tile(y, COPIES + 1)
        self.polynomial = settings["model"] == "polynomial"
        build = self._polynomial if self.polynomial else self._network
        super().__init__(settings, seed, build(settings, x, y, seed), UPDATES[settings["model"]])
        self.fresh = tuple(part[:, 0] for part in quad_noisy(FRESH, seed + 1_000_003))
        self.watch = EarlyStopping(PATIENCE) if settings["cure"] == "early-stop" else None

    def _polynomial(self, settings: Mapping[str, Any], x: np.ndarray, y: np.ndarray, seed: int) -> Trainer:
        degree, penalty = settings["degree"], settings["l2"]
        rows, labels = legvander(x, degree), y
        if penalty:
            rows = np.vstack([rows, np.sqrt(len(x) * penalty) * np.eye(degree + 1)])
            labels = np.append(y, np.zeros(degree + 1))
        features, self.back = turned(rows)
        net = Network()
        net.loss(net.dense(net.input(features.shape[1]), 1, bias=False, init="zero"), "mse")
        return Trainer(net, features, labels[:, None], rate=0.015, dtype="float64", seed=seed)

    def _network(self, settings: Mapping[str, Any], x: np.ndarray, y: np.ndarray, seed: int) -> Trainer:
        net = Network()
        top = net.input(1)
        for _ in range(2):
            top = net.activation(net.dense(top, WIDTH), "tanh")
            if settings["cure"] == "dropout":
                top = net.dropout(top, DROP)
        net.loss(net.dense(top, 1, init="xavier"), "mse")
        options = {"optimizer": "adam", "rate": 0.01, "l2": settings["l2"], "seed": seed}
        return Trainer(net, x[:, None], y[:, None], **options)

    def curve(self, x: np.ndarray) -> np.ndarray:
        """The fitted function at each x."""
        if self.polynomial:
            return value(self.back @ self.trainer.theta, x)
        return self.trainer.predict(x[:, None])[:, 0].astype(np.float64)

    def error(self, x: np.ndarray, y: np.ndarray) -> float:
        """The mean squared error on points."""
        return float(np.mean((self.curve(x) - y) ** 2))

    def train(self, updates: int) -> np.ndarray:
        """Fewer rows, and then none, when early stopping has ended the run."""
        rows, left = [np.empty((0, len(self.columns)))], updates
        while left > 0 and self.step < self.limit and not (self.watch and self.watch.stopped):
            asked = min(left, EVERY - self.step % EVERY, self.limit - self.step)
            rows.append(self.trainer.train(asked))
            left -= asked
            if self.fault() is not None:
                break
            if self.watch and self.step % EVERY == 0:
                self.watch.see(self.step, self.error(*self.fresh))
        return np.concatenate(rows)

    def state(self) -> Sequence[Any]:
        return (*super().state(), self.watch.state() if self.watch else None)

    def restore(self, state: Sequence[Any]) -> None:
        super().restore(state[:-1])
        if self.watch:
            self.watch.restore(state[-1])

    def sparse(self) -> Mapping[str, float]:
        return self.metrics()

    def metrics(self) -> Mapping[str, float]:
        """Errors on the points trained on, and against the true curve."""
        return {"training-loss": self.error(self.x, self.y), "test-loss": self.error(GRID, GRID**2)}

    def look(self, view: str, past: Sequence[Result]) -> Curve | Bars:
        if view == "errors":
            found = self.metrics()
            logs = np.log10(np.maximum(list(found.values()), FLOOR))
            return Bars(
                labels=("series.training-loss", "series.test-loss"), values=logs, word="series.log-loss"
            )
        drawn = np.clip(self.curve(GRID), -9, 9)
        lines = (
            Line(word="series.true-curve", x=GRID.copy(), y=GRID**2, role="target", hue=4),
            Line(word="series.fit", x=GRID.copy(), y=drawn, role="sum", hue=0),
        )
        dots = Dots(word="dot.point", x=self.x.copy(), y=self.y.copy(), group=np.full(len(self.x), 1))
        return Curve(lines=lines, dots=(dots,), x="axis.x", y="axis.y", limits=(-1.0, 1.0, -0.6, 1.6))


class Repeats(Still):
    """One degree on `repeats` data sets, an update each: training and test error of every fit.

    Settings: degree, points, noise, curve, repeats. All degrees see the same data sets.
    """

    columns = ("training-loss", "test-loss")

    def __init__(self, settings: Mapping[str, Any], seed: int):
        super().__init__(settings, seed)
        self.degree, self.limit, self.step = int(settings["degree"]), int(settings["repeats"]), 0
        self.errors = np.empty((0, 2))
        self.last = np.zeros(1)  # coefficients of the newest fit

    def data(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        s = self.settings
        return sample(s["curve"], s["points"], s["noise"], self.seed, number)

    def train(self, updates: int) -> np.ndarray:
        start = self.step
        for _ in range(min(updates, self.limit - start)):
            x, y = self.data(self.step)
            self.last = fit(x, y, self.degree)
            training = np.mean((value(self.last, x) - y) ** 2)
            test = np.mean((value(self.last, GRID) - CURVES[self.settings["curve"]](GRID)) ** 2)
            self.errors = np.vstack([self.errors, (training, test)])
            self.step += 1
        return self.errors[start:]

    def state(self) -> Sequence[Any]:
        return dict(self.settings), self.step, self.errors, self.last

    def restore(self, state: Sequence[Any]) -> None:
        self.settings, self.step, self.errors, self.last = dict(state[0]), *state[1:]

    def quantile(self, column: int, share: float) -> float:
        """Of the errors so far, training (0) or test (1); NaN before the first."""
        return float(np.quantile(self.errors[:, column], share)) if self.step else float("nan")

    def metrics(self) -> Mapping[str, float]:
        """Medians over the data sets."""
        return {"training-loss": self.quantile(0, 0.5), "test-loss": self.quantile(1, 0.5)}

    def facts(self) -> Mapping[str, Any]:
        return {"training": tuple(self.errors[:, 0].tolist()), "test": tuple(self.errors[:, 1].tolist())}

    def look(self, view: str, past: Sequence[Result]) -> Curve:
        """The newest fit among its points, and the true curve."""
        x, y = self.data(max(0, self.step - 1))
        truth = CURVES[self.settings["curve"]](GRID)
        lines = (
            Line(word="series.true-curve", x=GRID.copy(), y=truth, role="target", hue=4),
            Line(
                word="series.fit", x=GRID.copy(), y=np.clip(value(self.last, GRID), -9, 9), role="sum", hue=0
            ),
        )
        dots = Dots(word="dot.point", x=x, y=y, group=np.full(len(x), 1))
        return Curve(lines=lines, dots=(dots,), x="axis.x", y="axis.y", limits=(-1.0, 1.0, -0.6, 1.6))
