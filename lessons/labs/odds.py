"""ln of the odds of two Gaussians, in parts; and classifiers from covariances of their own to a shared one.

Settings of `Blended`, besides those of `gauss.Gauss`: blend, 0 (each class its own Σ) to 1 (the shared one).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from engine.statistics import Gaussian, GaussianClassifier, accuracy
from lessons.data import pokemon
from lessons.data.generators import draws
from lessons.labs import splits
from lessons.labs.gauss import (
    FEATURES,
    ROWS,
    Gauss,
    Sample,
    border,
    contours,
    parameters,
    pokemon_fit,
    regions,
)
from lessons.labs.written import by_hand
from lessons.views import Curve, Grid, Hist, Line, Numbers, Plane, Step, Table

BLENDS = np.linspace(0, 1, 21)
KINDS = ("own", "shared")
PAIRS = 200  # of places, to see whether z is straight between them


class Odds(NamedTuple):
    """z(x) = xᵀAx + w·x + b, ln of how much likelier class 0 is: bend A (D, D), slope w (D,), level b."""

    bend: np.ndarray
    slope: np.ndarray
    level: float

    def at(self, x: np.ndarray) -> np.ndarray:
        """(N,) z at each row of x."""
        return ((x @ self.bend) * x).sum(axis=1) + x @ self.slope + self.level


def odds(model: GaussianClassifier) -> Odds:
    """ln P(class 0 | x) / P(class 1 | x) of any two Gaussians (lecture, classification)."""
    (m1, s1), (m2, s2) = ((g.mean, g.covariance) for g in model.gaussians)
    i1, i2 = np.linalg.inv(s1), np.linalg.inv(s2)
    volumes = (np.linalg.slogdet(s2)[1] - np.linalg.slogdet(s1)[1]) / 2
    level = volumes - m1 @ i1 @ m1 / 2 + m2 @ i2 @ m2 / 2 + np.log(model.priors[0] / model.priors[1])
    return Odds((i2 - i1) / 2, i1 @ m1 - i2 @ m2, float(level))


def blended(x: np.ndarray, y: np.ndarray, share: float) -> GaussianClassifier:
    """Gaussians with Σᵏ(t) = (1 - t)·Σᵏ + t·Σ: their own at t = 0, the shared one at t = 1."""
    own = GaussianClassifier.fit(x, y)
    pooled = GaussianClassifier.fit(x, y, "shared").gaussians[0].covariance
    each = tuple(Gaussian(g.mean, (1 - share) * g.covariance + share * pooled) for g in own.gaussians)
    return GaussianClassifier(each, own.priors, shared=share == 1)


@lru_cache(maxsize=8)
def blend_rates(features: str) -> np.ndarray:
    """(21, 2) shares right at each of BLENDS, of the training and of the test."""
    sample = Sample(*pokemon(FEATURES[features]))
    models = [blended(*sample[:2], share) for share in BLENDS]
    return np.array([[accuracy(y, m.predict(x)) for x, y in (sample[:2], sample[2:])] for m in models])


@lru_cache(maxsize=64)
def split_rates(features: str, covariance: str, seed: int) -> np.ndarray:
    """Shares of the test right on other cuts of the Pokémon."""
    sample = Sample(*pokemon(FEATURES[features]))
    return splits.rates(sample, seed, lambda x, y: GaussianClassifier.fit(x, y, covariance))


@lru_cache(maxsize=4)
def end_border(share: float) -> Line:
    """The border of two features at one end of the blend."""
    return edge(odds(blended(*pokemon(FEATURES["2"])[:2], share)), "series.border-ends")


def edge(z: Odds, word: str, role: str = "ghost", hue: int = -1) -> Line:
    """Where z of two features is 0."""
    line = border(regions(z.at), level=0.0)
    return Line(word=word, x=line[:, 0], y=line[:, 1], role=role, hue=hue)


class Blended(Gauss):
    """Two Gaussians on the Pokémon whose covariances are blended; settings: blend, features, points."""

    def classifier(self) -> GaussianClassifier:
        return blended(*self.data()[:2], self.settings["blend"])

    def odds(self) -> Odds:
        return odds(self.fit().model)

    @property
    def covariance(self) -> str:
        """The covariance of the table's row that the blend stands on; "" in between."""
        return {0.0: "own", 1.0: "shared"}.get(float(self.settings["blend"]), "")

    @property
    def straight(self) -> bool:
        return self.covariance == "shared"

    def plane(self) -> Plane:
        """Everywhere P(class 1 | x); the border where z = 0, faint those at both ends of the blend; both shapes."""
        plane, model = super().plane(), self.fit().model
        now = edge(self.odds(), "series.border", "sum", 2)
        shapes = [line for k in (0, 1) for line in contours(model.gaussians[k], "", k, (1,))]
        return replace(plane, paths=(end_border(0.0), end_border(1.0), *shapes, now))

    def rates(self) -> Curve:
        """Per cent right over the blend; the present one marked."""
        shares = 100 * blend_rates(self.settings["features"])
        lines = (
            Line(word="series.trained", x=BLENDS.copy(), y=shares[:, 0], role="raw", hue=0),
            Line(word="series.test", x=BLENDS.copy(), y=shares[:, 1], role="validation", hue=1),
        )
        return Curve(lines=lines, x="axis.blend", limits=(0, 1, 40, 85), cursor=float(self.settings["blend"]))

    def table(self) -> Table:
        """Parameters and per cent right, on the lecture's cut and in the mean of others; the lecture's numbers."""
        rows, chosen = [], -1
        for (features, covariance), told in ROWS.items():
            fit, shown = pokemon_fit(features, covariance, 0.0), (None,) * 3
            if fit.model is not None:
                others = split_rates(features, covariance, self.seed).mean()
                shown = tuple(round(100 * float(rate), 1) for rate in (fit.train, fit.test, others))
            if (features, covariance) == (self.settings["features"], self.covariance):
                chosen = len(rows)
            count = parameters(len(FEATURES[features]), covariance)
            rows.append((int(features), f"option.{covariance}", count, shown[1], told, shown[2], shown[0]))
        columns = ("width", "shape", "parameters", "test", "lecture", "splits", "train")
        return Table(columns=tuple(f"column.{c}" for c in columns), rows=tuple(rows), chosen=chosen)

    def splits(self) -> Hist:
        """The test's per cent right on other cuts, own above shared; that of the lecture's cut marked."""
        features, kind = self.settings["features"], self.covariance or "own"
        rates = {f"option.{name}": split_rates(features, name, self.seed) for name in KINDS}
        ticks = ((100 * pokemon_fit(features, kind, 0.0).test, "tick.lecture-cut"),)
        return splits.hist(rates, ticks, KINDS.index(kind))

    def covariances(self) -> Grid:
        """Σ of both classes, side by side."""
        first, second = (g.covariance for g in self.fit().model.gaussians)
        width = len(first)
        names = tuple(f"column.{stat.replace('_', '-')}" for stat in FEATURES[self.settings["features"]])
        values = np.hstack((first, np.full((width, 1), np.nan), second))
        heads = ("=Σ¹", *["="] * width, "=Σ²", *["="] * (width - 1))
        return Grid(values=values, rows=names, cols=heads, tensor="Σ", digits=0)

    def numbers(self) -> Numbers:
        """The shared variance, the parameters, and z in its parts."""
        z, (s1, s2) = self.odds(), (g.covariance for g in self.fit().model.gaussians)
        x, y = self.data()[:2]
        counts, width = np.bincount(y), x.shape[1]
        total = parameters(width, self.covariance or "own")
        first, second = (x[y == k, 0].var() for k in (0, 1))
        each = f"{'' if self.straight else '2·'}{width * (width + 1) // 2}"
        weighed = f"({counts[0]}·{first:.0f} + {counts[1]}·{second:.0f})/{len(x)}"
        listed = lambda values, digits: ", ".join(f"{value:.{digits}f}" for value in values)
        bends = z.bend[np.triu_indices(width)] if width == 2 else [np.abs(z.bend).max()]
        steps = (
            Step(text=f"Σ₁₁ = {weighed} = {counts @ (first, second) / len(x):.0f}", note="note.pooled"),
            Step(text=f"Σ¹₁₁ = {s1[0, 0]:.0f}, Σ²₁₁ = {s2[0, 0]:.0f}", note="note.in-use"),
            Step(text=f"2·{width} + {each} = {total}", note="note.parameters"),
            Step(
                text=f"{'A' if width == 2 else 'max |A|'} = {listed(bends, 6)}",
                note="note.straight" if self.straight else "note.curved",
                hot=True,
            ),
            Step(text=f"w = {listed(z.slope, 4 if width == 2 else 3)}", note="note.slopes"),
            Step(text=f"b = {z.level:.3f}", note="note.level"),
        )
        return by_hand(steps)

    def sag(self) -> float:
        """How far z half-way between two Pokémon is from the mean of theirs, at most; 0 of a straight z."""
        model, (x, _) = self.fit().model, self.data()[:2]
        a, b = x[draws(self.seed, 4500).integers(len(x), size=(2, PAIRS))]
        z = lambda at: model.log_joint(at) @ (1.0, -1.0)
        return float(np.abs(z((a + b) / 2) - (z(a) + z(b)) / 2).max())

    def facts(self) -> Mapping[str, Any]:
        z, kind, width = self.odds(), self.covariance, len(FEATURES[self.settings["features"]])
        found = {
            "sag": self.sag(),
            "w": z.slope.tolist(),
            "b": z.level,
            "parameters": parameters(width, kind or "own"),
        }
        if kind:
            found["others"] = float(split_rates(self.settings["features"], kind, self.seed).mean())
        return {**super().facts(), **found}
