"""The gauss lab: two classes of points under a Gaussian each; fitted at once, decided by Bayes.

`Gauss` fits the Pokémon as its settings say; a setting that an experiment has no control for keeps its DEFAULTS:

    features    2, 6, 7 (a key of FEATURES); 7 has the total, the sum of the six: its covariance has no inverse
    covariance  own, shared, diagonal, shared-diagonal
    ridge       added to every variance

A subclass overrides `data` for other points (a `Sample`), or `classifier` for other Gaussians, as ones that the
learner drags; `fit` keeps what either gives until a setting changes. Views of two features: `plane` (the posterior,
the border, both Gaussians' contours, points). Of any number: `scores` (ln joint of one class against that of the
other), `confusion`, `table` (every row of ROWS; the present one is lit). A view without a method here is one that the
subclass adds: `look("name")` calls `self.name()`, dashes as underscores. Where the covariance has no inverse,
`fit().model` is None, and the pictures show only the points.

The pieces stand alone, too: `ellipse` of a Gaussian, `regions` and `border` of any function of two features.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

import numpy as np

from engine.errors import EngineError
from engine.statistics import Gaussian, GaussianClassifier, accuracy, confusion
from lessons.data import STATS, pokemon
from lessons.labs.base import Still
from lessons.views import Dots, Grid, Line, Plane, Table

TWO = ("defense", "sp_defense")
FEATURES = {"2": TWO, "6": STATS, "7": ("total", *STATS)}
CLASSES = ("water", "normal")
EXTENT = (0.0, 200.0, 0.0, 170.0)
FIELD = (81, 57)  # places of the plane, across and up
DEFAULTS: Mapping[str, Any] = {"features": "2", "covariance": "own", "ridge": 0.0, "points": "train"}
# (features, covariance) of the table, and the lecture's accuracy on its test set, in per cent.
ROWS = {
    ("2", "own"): 47, ("2", "shared"): None, ("6", "own"): None, ("6", "shared"): None,
    ("7", "own"): 54, ("7", "shared"): 73,
}  # fmt: skip

Extent = tuple[float, float, float, float]


class Sample(NamedTuple):
    """Points (N, D) and their classes (N,), 0 or 1; and those to test on."""

    x: np.ndarray
    y: np.ndarray
    test_x: np.ndarray
    test_y: np.ndarray


class Fit(NamedTuple):
    """A classifier, None where its covariance has no inverse; shares of right answers; rank of its covariance."""

    model: GaussianClassifier | None
    train: float
    test: float
    rank: int


@lru_cache(maxsize=64)
def pokemon_fit(features: str, covariance: str, ridge: float) -> Fit:
    """Water and Normal Pokémon by these features."""
    sample = Sample(*pokemon(FEATURES[features]))
    return judged(GaussianClassifier.fit(sample.x, sample.y, covariance, ridge), sample)


def judged(model: GaussianClassifier, sample: Sample) -> Fit:
    """The model with its accuracies, NaN where it has no density."""
    rank = min(int(np.linalg.matrix_rank(g.covariance)) for g in model.gaussians)
    try:
        rates = [accuracy(y, model.predict(x)) for x, y in (sample[:2], sample[2:])]
    except EngineError:
        return Fit(None, np.nan, np.nan, rank)
    return Fit(model, *rates, rank)


def parameters(width: int, covariance: str, classes: int = 2) -> int:
    """How many numbers the data have to tell: means and covariances of `width` features; the priors are counts."""
    each = width if covariance.endswith("diagonal") else width * (width + 1) // 2
    return classes * width + each * (1 if covariance.startswith("shared") else classes)


def ellipse(gaussian: Gaussian, deviations: float = 1.0, count: int = 65) -> np.ndarray:
    """(count, 2) places of equal density, so many standard deviations from the mean; a closed line."""
    turn = np.linspace(0, 2 * np.pi, count)
    values, vectors = np.linalg.eigh(gaussian.covariance)
    circle = np.stack([np.cos(turn), np.sin(turn)])
    return gaussian.mean + deviations * (vectors @ (np.sqrt(values.clip(0))[:, None] * circle)).T


def contours(gaussian: Gaussian, word: str, hue: int, deviations: Sequence[float] = (1, 2)) -> list[Line]:
    """A Gaussian of two features as dotted ellipses of one colour."""
    each = [ellipse(gaussian, by) for by in deviations]
    return [Line(word=word, x=e[:, 0], y=e[:, 1], role="part", hue=hue) for e in each]


def regions(value: Callable[[np.ndarray], np.ndarray], extent: Extent = EXTENT, size=FIELD) -> np.ndarray:
    """(rows, cols) a function of places (N, 2), over the plane."""
    xs, ys = np.linspace(*extent[:2], size[0]), np.linspace(*extent[2:], size[1])
    gx, gy = np.meshgrid(xs, ys)
    return value(np.stack([gx.ravel(), gy.ravel()], axis=1)).reshape(gx.shape)


def border(field: np.ndarray, extent: Extent = EXTENT, level: float = 0.5) -> np.ndarray:
    """(N, 2) where the field crosses the level: pieces of line, NaN after each."""
    rows, cols = field.shape
    x, y = np.linspace(*extent[:2], cols), np.linspace(*extent[2:], rows)
    high, pieces = field > level, []
    for i, j in np.argwhere(_cells(high)):
        ring = ((i, j), (i, j + 1), (i + 1, j + 1), (i + 1, j))
        ends = []
        for a, b in zip(ring, (*ring[1:], ring[0]), strict=True):
            if high[a] != high[b]:
                t = (level - field[a]) / (field[b] - field[a])
                ends.append((x[a[1]] + t * (x[b[1]] - x[a[1]]), y[a[0]] + t * (y[b[0]] - y[a[0]])))
        for k in range(0, len(ends), 2):
            pieces += [*ends[k : k + 2], (np.nan, np.nan)]
    return np.array(pieces).reshape(-1, 2)


def _cells(high: np.ndarray) -> np.ndarray:
    """Squares of the grid whose corners are not all on one side."""
    count = high[:-1, :-1].astype(int) + high[1:, :-1] + high[:-1, 1:] + high[1:, 1:]
    return (count > 0) & (count < 4)


def dots(x: np.ndarray, y: np.ndarray, names: Sequence[str] = CLASSES) -> tuple[Dots, ...]:
    """Points (N, 2), a sign and a colour for each class."""
    return tuple(
        Dots(word=f"series.{name}", x=x[y == k, 0].copy(), y=x[y == k, 1].copy(), group=np.full((y == k).sum(), k))
        for k, name in enumerate(names)
    )  # fmt: skip


class Gauss(Still):
    """Two Gaussians on two classes of points."""

    axes: ClassVar[tuple[str, str]] = ("axis.defense", "axis.sp-defense")
    extent: ClassVar[Extent] = EXTENT

    def __init__(self, settings: Mapping[str, Any], seed: int):
        super().__init__(settings, seed)
        self._fit: Fit | None = None

    def setting(self, name: str) -> Any:
        return self.settings.get(name, DEFAULTS[name])

    def set(self, control: str, value: Any) -> None:
        super().set(control, value)
        self._fit = None

    def restore(self, state: Sequence[Any]) -> None:
        super().restore(state)
        self._fit = None

    def data(self) -> Sample:
        return Sample(*pokemon(FEATURES[self.setting("features")]))

    def classifier(self) -> GaussianClassifier:
        """The Gaussians of the present settings."""
        return GaussianClassifier.fit(*self.data()[:2], self.setting("covariance"), self.setting("ridge"))

    def fit(self) -> Fit:
        """The classifier and how it does."""
        if self._fit is None:
            self._fit = judged(self.classifier(), self.data())
        return self._fit

    def seen(self) -> tuple[np.ndarray, np.ndarray]:
        """The points in the pictures, (N, D) and (N,): those of the training or of the test."""
        sample = self.data()
        return (sample.test_x, sample.test_y) if self.setting("points") == "test" else sample[:2]

    def look(self, view: str, past: Sequence[Any]) -> Any:
        return getattr(self, view.replace("-", "_"))()

    def plane(self) -> Plane:
        """P(class 1) at each place of two features, the border, both Gaussians at 1 and 2 deviations, the points."""
        model, x = self.fit().model, self.seen()
        if model is None or x[0].shape[1] != 2:
            return Plane(extent=self.extent, dots=dots(*x), x=self.axes[0], y=self.axes[1])
        field = regions(lambda at: model.posterior(at)[:, 1], self.extent)
        edge = border(field, self.extent)
        paths = [Line(word="series.even", x=edge[:, 0], y=edge[:, 1], role="target")]
        for k, (gaussian, name) in enumerate(zip(model.gaussians, CLASSES, strict=True)):
            paths += contours(gaussian, f"series.gauss-{name}", k)
        return Plane(
            extent=self.extent, field=field, scale="class", paths=tuple(paths), dots=dots(*x),
            x=self.axes[0], y=self.axes[1],
        )  # fmt: skip

    def scores(self) -> Plane:
        """ln of each class's joint probability, of any number of features: the border is the diagonal."""
        model, (x, y) = self.fit().model, self.seen()
        axes = {"x": "axis.score-water", "y": "axis.score-normal"}
        if model is None:
            return Plane(extent=(-1.0, 1.0, -1.0, 1.0), **axes)
        at = model.log_joint(x)
        low, high = float(np.quantile(at, 0.02)), float(at.max()) + 0.5
        extent = (low, high, low, high)
        field = regions(lambda p: (p[:, 1] > p[:, 0]).astype(float), extent)
        line = Line(word="series.even", x=np.array([low, high]), y=np.array([low, high]), role="target")
        return Plane(
            extent=extent, field=field, scale="class", paths=(line,), dots=dots(at.clip(low), y), **axes
        )

    def confusion(self) -> Grid:
        """How many of each class, a row, are called what, a column; of the points in the pictures."""
        model, (x, y) = self.fit().model, self.seen()
        counts = np.full((2, 2), np.nan) if model is None else confusion(y, model.predict(x), 2).astype(float)
        names = tuple(f"series.{name}" for name in CLASSES)
        return Grid(values=counts, rows=names, cols=names, tensor="n", digits=0, diverging=False)

    def table(self) -> Table:
        """Per cent right of every model of ROWS with the present ridge, beside the lecture's on the test."""
        rows, chosen = [], -1
        for (features, covariance), told in ROWS.items():
            fit = pokemon_fit(features, covariance, self.setting("ridge"))
            rates = [None if fit.model is None else round(100 * rate, 1) for rate in (fit.train, fit.test)]
            count = parameters(len(FEATURES[features]), covariance)
            if (features, covariance) == (self.setting("features"), self.setting("covariance")):
                chosen = len(rows)
            rows.append((f"={features}", f"option.{covariance}", count, *rates, told))
        columns = ("features", "covariance", "parameters", "train", "test", "lecture")
        return Table(columns=tuple(f"column.{c}" for c in columns), rows=tuple(rows), chosen=chosen)

    def metrics(self) -> Mapping[str, float]:
        fit = self.fit()
        return {} if fit.model is None else {"training-accuracy": fit.train, "test-accuracy": fit.test}

    def facts(self) -> Mapping[str, Any]:
        fit = self.fit()
        if fit.model is None:
            return {"rank": fit.rank, "singular": True}
        gaussians = [(g.mean.tolist(), g.covariance.tolist()) for g in fit.model.gaussians]
        return {
            "rank": fit.rank,
            "singular": False,
            "gaussians": gaussians,
            "priors": fit.model.priors.tolist(),
        }
