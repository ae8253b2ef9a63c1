"""Three roads to one line: naive Bayes, Gaussians that share Σ, logistic regression, on few examples or many.

One update is one draw: examples to learn from (their labels partly wrong), others to test on, and every road on the
first n of them for each n of SIZES. Settings of `Roads`:

    data        pokemon; gaussian, independent: drawn from Gaussians fitted to the Pokémon, with Σ or its diagonal
    features    2, 6
    noise       chance that a label to learn from is the other one
    n, road     which size and which generative road the pictures compare with logistic regression (live)
    ridge       of logistic regression, in standard units; that of the Gaussians is HAIR
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from engine.data import Standardizer
from engine.statistics import GaussianClassifier, accuracy, logistic_regression
from lessons.data import pokemon
from lessons.data.generators import draws
from lessons.labs.base import Still
from lessons.labs.gauss import EXTENT, FEATURES, Sample, dots
from lessons.views import Curve, Dots, Grid, Line, Plane, Table

SIZES = (5, 10, 20, 40, 80, 140)
ROADS = {
    "naive": "shared-diagonal",
    "full": "shared",
    "logistic": "",
}  # and the covariance of a generative one
HUES = {"naive": 3, "full": 4, "logistic": 2}  # 0 and 1 are the classes
DRAWS, FRESH = 100, 500  # draws of a run; drawn points to test on
FIRST = 5000  # of the draws' random streams
HAIR = 1e-3  # added to variances in standard units: five examples of six features have no other inverse
LINES = 12  # borders of the last draws in the picture
TOLD = {"full": 73, "logistic": 79}  # the lecture's per cent, six features


class Way(NamedTuple):
    """A line w·x + b > 0 for class 0."""

    weight: np.ndarray
    bias: float

    def predict(self, x: np.ndarray) -> np.ndarray:
        return (x @ self.weight + self.bias <= 0).astype(np.int64)


def walked(road: str, x: np.ndarray, y: np.ndarray, ridge: float) -> Way:
    """The line that a road finds; where all labels are one, everything is called so."""
    if y.min() == y.max():
        return Way(np.zeros(x.shape[1]), 1.0 - 2 * y[0])
    scale = Standardizer.fit(x)
    z = scale.apply(x)
    if road == "logistic":
        model = logistic_regression(z, 1 - y, ridge)
    else:
        model = GaussianClassifier.fit(z, y, ROADS[road], HAIR).discriminant()
    weight = np.where(scale.constant, 0, model.weight / np.where(scale.constant, 1, scale.deviation))
    return Way(weight, float(model.bias - weight @ scale.mean))


@lru_cache(maxsize=8)
def world(data: str, features: str) -> GaussianClassifier | Sample:
    """Where the examples come from."""
    sample = Sample(*pokemon(FEATURES[features]))
    if data == "pokemon":
        return sample
    return GaussianClassifier.fit(*sample[:2], "shared" if data == "gaussian" else "shared-diagonal")


def drawn(data: str, features: str, noise: float, g: np.random.Generator) -> Sample:
    """Examples to learn from, as many as the largest size, some labels turned; and others to test on."""
    source, most = world(data, features), SIZES[-1]
    if isinstance(source, Sample):
        x, y = np.vstack((source.x, source.test_x)), np.concatenate((source.y, source.test_y))
        order = g.permutation(len(x))
        x, y = x[order], y[order]
    else:
        y = (g.uniform(size=most + FRESH) < source.priors[1]).astype(np.int64)
        means = np.array([gaussian.mean for gaussian in source.gaussians])
        root = np.linalg.cholesky(source.gaussians[0].covariance)
        x = means[y] + g.normal(size=(len(y), means.shape[1])) @ root.T
    told = np.where(g.uniform(size=most) < noise, 1 - y[:most], y[:most])
    return Sample(x[:most], told, x[most:], y[most:])


@lru_cache(maxsize=1000)
def once(
    k: int, seed: int, data: str, features: str, noise: float, ridge: float
) -> tuple[np.ndarray, dict[str, list[Way]]]:
    """Draw k: (roads, sizes) shares of its test right, and the line of each road for each size."""
    sample = drawn(data, features, noise, draws(seed, FIRST + k))
    ways = {road: [walked(road, sample.x[:n], sample.y[:n], ridge) for n in SIZES] for road in ROADS}
    right = [[np.mean(way.predict(sample.test_x) == sample.test_y) for way in each] for each in ways.values()]
    return np.array(right), ways


class Roads(Still):
    """Accuracy of every road on every size, one draw an update."""

    columns = ("few", "many")

    def __init__(self, settings: Mapping[str, Any], seed: int):
        super().__init__(settings, seed)
        self.step, self.limit = 0, DRAWS
        self.found: list[np.ndarray] = []  # (roads, sizes) shares right of each draw
        self.ways: list[dict[str, list[Way]]] = []

    def asked(self) -> tuple[Any, ...]:
        """What decides a draw besides its number."""
        now = self.settings
        return self.seed, now["data"], now["features"], float(now["noise"]), float(now["ridge"])

    def train(self, updates: int) -> np.ndarray:
        rows = []
        for _ in range(min(updates, self.limit - self.step)):
            right, ways = once(self.step, *self.asked())
            self.found.append(right)
            self.ways = [*self.ways, ways][-LINES:]
            self.step += 1
            lead = self.lead("naive")
            rows.append((lead[1], lead[-1]))
        return np.array(rows, float).reshape(-1, 2)

    def state(self) -> Sequence[Any]:
        return dict(self.settings), self.step, tuple(self.found), tuple(self.ways)

    def restore(self, state: Sequence[Any]) -> None:
        self.settings, self.step = dict(state[0]), state[1]
        self.found, self.ways = list(state[2]), list(state[3])

    # What was measured

    def means(self) -> np.ndarray:
        """(roads, sizes) mean per cent right so far, NaN before the first draw."""
        return 100 * np.mean(self.found, axis=0) if self.found else np.full((len(ROADS), len(SIZES)), np.nan)

    def errors(self) -> np.ndarray:
        """(roads, sizes) standard errors of the means."""
        if len(self.found) < 2:
            return np.full((len(ROADS), len(SIZES)), np.nan)
        return 100 * np.std(self.found, axis=0, ddof=1) / np.sqrt(len(self.found))

    def lead(self, road: str) -> np.ndarray:
        """(sizes,) points by which a road is ahead of logistic regression."""
        means = self.means()
        return means[list(ROADS).index(road)] - means[-1]

    @property
    def at(self) -> int:
        """Which of SIZES the pictures are about."""
        return int(np.argmin(np.abs(np.array(SIZES) - self.settings["n"])))

    # What is seen

    def look(self, view: str, past: Sequence[Any]) -> Any:
        if view in PICTURES:
            name = f"{float(self.settings['noise']):g}"
            return PICTURES[view]({name: self}, name, past)
        return getattr(self, view)()

    def rates(self) -> Curve:
        """Per cent right over n, a line for each road."""
        means, x = self.means(), np.array(SIZES, float)
        lines, points = [], []
        for (road, hue), y in zip(HUES.items(), means, strict=True):
            lines.append(Line(word=f"road.{road}", x=x, y=y, role="sum", hue=hue))
            points.append(Dots(word="", x=x, y=y, group=np.full(len(x), hue)))
        shown = means[np.isfinite(means)]
        low, high = (float(shown.min()) - 2, float(shown.max()) + 2) if len(shown) else (45.0, 75.0)
        return Curve(
            lines=tuple(lines), dots=tuple(points), x="axis.n", log_x=True, cursor=float(SIZES[self.at]),
            limits=(SIZES[0], SIZES[-1], low, high),
        )  # fmt: skip

    def table(self) -> Table:
        """Each road with the n in hand, and on the lecture's cut with all its examples."""
        rows = []
        for road, mean, error in zip(ROADS, self.means()[:, self.at], self.errors()[:, self.at], strict=True):
            cells = [None if np.isnan(v) else f"={v:.1f}" for v in (mean, error)]
            told = TOLD.get(road) if self.settings["features"] == "6" else None
            cut = round(100 * lecture_cut(road, self.settings["features"]), 1)
            rows.append((f"road.{road}", cells[0], cut, told, cells[1]))
        columns = ("road", "at-n", "cut", "lecture", "error")
        chosen = list(ROADS).index(self.settings["road"])
        return Table(columns=tuple(f"column.{c}" for c in columns), rows=tuple(rows), chosen=chosen)

    def plane(self) -> Plane:
        """The newest draw's examples, and the borders that n examples gave in this draw and those before."""
        seed, *kind, _ = self.asked()
        sample, n = drawn(*kind, draws(seed, FIRST + max(0, self.step - 1))), SIZES[self.at]
        paths = []
        for road in (self.settings["road"], "logistic"):
            segments = [segment(ways[road][self.at]) for ways in self.ways]
            for k, (x, y) in enumerate(segments):
                last = k == len(segments) - 1
                paths.append(
                    Line(
                        word=f"road.{road}" if last else "",
                        x=x,
                        y=y,
                        role="sum" if last else "ghost",
                        hue=HUES[road],
                    )
                )
        return Plane(extent=EXTENT, paths=tuple(paths), dots=dots(sample.x[:n], sample.y[:n]), x="axis.defense",
                     y="axis.sp-defense")  # fmt: skip

    def metrics(self) -> Mapping[str, float]:
        now = self.means()[:, self.at]
        return {road: float(value) for road, value in zip(ROADS, now, strict=True) if np.isfinite(value)}

    def facts(self) -> Mapping[str, Any]:
        means = {road: row.tolist() for road, row in zip(ROADS, self.means(), strict=True)}
        leads = {road: self.lead(road).tolist() for road in ("naive", "full")}
        return {"means": means, "leads": leads}


@lru_cache(maxsize=8)
def lecture_cut(road: str, features: str) -> float:
    """The share of the lecture's test right, all 140 learnt from."""
    sample = Sample(*pokemon(FEATURES[features]))
    return accuracy(sample.test_y, walked(road, *sample[:2], 0.01).predict(sample.test_x))


def segment(way: Way) -> tuple[np.ndarray, np.ndarray]:
    """The two ends of w·x + b = 0 on the plane, NaN where it passes by."""
    x0, x1, y0, y1 = EXTENT
    (u, v), b = way.weight, way.bias
    if abs(u) * (x1 - x0) < abs(v) * (y1 - y0):
        x = np.linspace(x0, x1, 60)
        y = -(u * x + b) / v
    else:
        y = np.linspace(y0, y1, 60)
        x = -(v * y + b) / u if u else np.full(60, np.nan)
    inside = (x >= x0) & (x <= x1) & (y >= y0) & (y <= y1)
    return np.where(inside, x, np.nan), np.where(inside, y, np.nan)


# What all arms of a sweep over the noise show together.


def winners(arms: Mapping[str, Roads | None], chosen: str, past: Sequence[Any]) -> Grid:
    """Points by which the generative road in hand is ahead, at each noise (a row) and n (a column)."""
    shown = next(model for model in arms.values() if model is not None)
    shown = arms.get(chosen) or shown
    road, none = shown.settings["road"], np.full(len(SIZES), np.nan)
    values = np.array([none if model is None else model.lead(road) for model in arms.values()])
    rows = tuple(f"={100 * float(name):.0f}%" for name in arms)
    at = (list(arms).index(chosen) if chosen in arms else 0, shown.at)
    at = at if np.isfinite(values[at]) else None
    return Grid(values=values, rows=rows, cols=tuple(f"={n}" for n in SIZES), tensor="Δ", digits=1, chosen=at)


def settling(arms: Mapping[str, Roads | None], chosen: str, past: Sequence[Any]) -> Curve:
    """The mean lead with the n in hand as draws are added, a line for each noise."""
    lines = []
    for hue, (name, model) in enumerate(arms.items()):
        if model is None or not model.found:
            continue
        right = np.array(model.found)[:, :, model.at]
        lead = 100 * (right[:, list(ROADS).index(model.settings["road"])] - right[:, -1])
        count = np.arange(1, len(lead) + 1)
        role = "sum" if name == chosen else "raw"
        lines.append(
            Line(word=f"={100 * float(name):.0f}%", x=count, y=lead.cumsum() / count, role=role, hue=hue)
        )
    return Curve(lines=tuple(lines), x="axis.draws", limits=(1, DRAWS, -10, 5))


PICTURES: dict[str, Callable[..., Grid | Curve]] = {"winners": winners, "settling": settling}
