"""Other laws for a class: Gaussians with and without correlations, and bits under Bernoulli's law.

Settings of `Laws`: features (2, 6: stats; types: is the second type this one?), law (own, shared, diagonal,
shared-diagonal: Gaussians; bernoulli), smoothing (so many made-up 0s and 1s for every bit of a class), points.
Stats become bits under Bernoulli's law by whether they are above the training's median.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from engine.errors import EngineError
from engine.statistics import BernoulliClassifier, GaussianClassifier, accuracy
from lessons.data import pokedex, pokemon
from lessons.labs import splits
from lessons.labs.gauss import FEATURES, Fit, Gauss, Sample, dots, parameters, regions
from lessons.views import Bars, Grid, Plane, Table

GAUSSIANS = ("own", "shared", "diagonal", "shared-diagonal")
LAWS = (*GAUSSIANS, "bernoulli")
HALVES = (lambda number: number < 400, lambda number: number >= 400)


class Second(NamedTuple):
    """The second types of the Water and Normal Pokémon: bits of a Sample, the types asked for, the test's names."""

    sample: Sample
    types: tuple[str, ...]
    names: tuple[str, ...]
    worn: tuple[str, ...]  # the second type of each of the test


@lru_cache(maxsize=1)
def second_types() -> Second:
    """One bit for every second type that the training has; most Pokémon have none."""
    book = pokedex()
    first, second = np.array(book.types).T
    labels = {"Water": 0, "Normal": 1}
    chosen = [np.flatnonzero(half(book.number) & np.isin(first, list(labels))) for half in HALVES]
    asked = [str(name) for name in sorted(set(second[chosen[0]]) - {""})]
    parts = []
    for rows in chosen:
        parts += [
            (second[rows, None] == asked).astype(float),
            np.array([labels[name] for name in first[rows]]),
        ]
    test = chosen[1]
    return Second(
        Sample(*parts), tuple(asked), tuple(book.name[k] for k in test), tuple(second[test].tolist())
    )


class Bits(NamedTuple):
    """Bernoulli's law on whether each feature is above its cut (D,)."""

    model: BernoulliClassifier
    cut: np.ndarray

    @property
    def priors(self) -> np.ndarray:
        return self.model.priors

    def posterior(self, x: np.ndarray) -> np.ndarray:
        return self.model.posterior((x > self.cut).astype(float))

    def predict(self, x: np.ndarray) -> np.ndarray:
        return self.model.predict((x > self.cut).astype(float))


def fitted(law: str, x: np.ndarray, y: np.ndarray, smoothing: float) -> GaussianClassifier | Bits:
    """The classifier of a law."""
    if law != "bernoulli":
        return GaussianClassifier.fit(x, y, law)
    cut = np.full(x.shape[1], 0.5) if np.isin(x, (0, 1)).all() else np.median(x, axis=0)
    return Bits(BernoulliClassifier.fit((x > cut).astype(float), y, smoothing), cut)


def sample_of(features: str) -> Sample:
    return second_types().sample if features == "types" else Sample(*pokemon(FEATURES[features]))


@lru_cache(maxsize=128)
def law_fit(features: str, law: str, smoothing: float) -> Fit:
    """The law's classifier and how it does; no model where a variance is 0."""
    sample = sample_of(features)
    try:
        model = fitted(law, *sample[:2], smoothing)
        rates = [accuracy(y, model.predict(x)) for x, y in (sample[:2], sample[2:])]
    except EngineError:
        return Fit(None, np.nan, np.nan, 0)
    return Fit(model, *rates, sample.x.shape[1])


@lru_cache(maxsize=64)
def law_splits(features: str, law: str, seed: int) -> float:
    """The mean share of the test right on other cuts, NaN where the law has no density."""
    if law_fit(features, law, 1.0).model is None:
        return np.nan
    try:
        return float(splits.rates(sample_of(features), seed, lambda x, y: fitted(law, x, y, 1.0)).mean())
    except EngineError:  # a cut that leaves a variance at 0
        return np.nan


def numbers_of(law: str, width: int) -> int:
    """How many numbers the data have to tell."""
    return 2 * width if law == "bernoulli" else parameters(width, law)


@lru_cache(maxsize=16)
def patterns(width: int) -> np.ndarray:
    """(2^width, width) every row of bits."""
    return (np.arange(2**width)[:, None] >> np.arange(width) & 1).astype(float)


def total(model: GaussianClassifier | Bits) -> float:
    """Σ over all patterns of bits of Water's probability or density: 1 of a law for bits."""
    if isinstance(model, Bits):
        chance = model.model.chances[0]
        return float(np.where(patterns(len(chance)) > 0, chance, 1 - chance).prod(axis=1).sum())
    water = model.gaussians[0]
    return float(water.density(patterns(len(water.mean))).sum())


class Laws(Gauss):
    """The Pokémon under one law, and all laws side by side."""

    def data(self) -> Sample:
        return sample_of(self.settings["features"])

    def fit(self) -> Fit:
        return law_fit(self.settings["features"], self.settings["law"], float(self.settings["smoothing"]))

    def plane(self) -> Plane:
        """As of Gaussians; under Bernoulli's law four quarters."""
        if self.settings["law"] != "bernoulli":
            return super().plane()
        model = self.fit().model
        field = regions(lambda at: model.posterior(at)[:, 1], self.extent)
        return Plane(extent=self.extent, field=field, scale="class", dots=dots(*self.seen()), x=self.axes[0],
                     y=self.axes[1])  # fmt: skip

    def laws(self) -> Table:
        """Every law with these features: parameters, per cent right; on other cuts, or what it gives to all bits."""
        now, rows, bits = self.settings, [], self.settings["features"] == "types"
        for law in LAWS:
            fit = law_fit(now["features"], law, float(now["smoothing"]))
            rates = (fit.test, fit.train, law_splits(now["features"], law, self.seed))
            shown = [None if np.isnan(rate) else round(100 * rate, 1) for rate in rates]
            rest = shown[1:]
            if bits:
                rest = [None if fit.model is None else f"={total(fit.model):,.0f}"]
            rows.append((f"control.law.{law}", numbers_of(law, self.data().x.shape[1]), shown[0], *rest))
        columns = ("law", "parameters", "test", *(["sum"] if bits else ["train", "splits"]))
        chosen = LAWS.index(now["law"])
        return Table(columns=tuple(f"column.{c}" for c in columns), rows=tuple(rows), chosen=chosen)

    def correlations(self) -> Grid:
        """What the law knows of Water's correlations; nothing of those that it takes to be none."""
        names = tuple(f"column.{stat.replace('_', '-')}" for stat in FEATURES[self.settings["features"]])
        model = self.fit().model
        values = np.eye(len(names))
        if self.settings["law"] != "bernoulli":
            covariance = model.gaussians[0].covariance
            spread = np.sqrt(np.diag(covariance))
            values = covariance / np.outer(spread, spread)
        return Grid(values=values, rows=names, cols=("=",) * len(names), tensor="ρ")

    def chances(self) -> Bars:
        """The share of each second type among Water, as the law has it, beside that among Normal."""
        model, second = self.fit().model, second_types()
        if model is None:
            share = [second.sample.x[second.sample.y == k].mean(axis=0) for k in (0, 1)]
        elif isinstance(model, Bits):
            share = model.model.chances
        else:
            share = [g.mean for g in model.gaussians]
        labels = tuple(f"type.{name.lower()}" for name in second.types)
        return Bars(labels=labels, values=np.array(share[0]), beside=np.array(share[1]), word="series.water",
                    beside_word="series.normal")  # fmt: skip

    def strangers(self) -> tuple[np.ndarray, np.ndarray]:
        """Rows of the test whose second type its own class never had in training, and P(own class | x) of each."""
        sample, fit = second_types().sample, self.fit()
        seen = np.stack([sample.x[sample.y == k].any(axis=0) for k in (0, 1)])
        rows = np.flatnonzero(((sample.test_x > 0) & ~seen[sample.test_y]).any(axis=1))
        if fit.model is None:
            return rows, np.full(len(rows), np.nan)
        return rows, fit.model.posterior(sample.test_x[rows])[np.arange(len(rows)), sample.test_y[rows]]

    def surprises(self) -> Table:
        """The strangers: what they are, and what chance the law leaves to it."""
        second, (rows, chances) = second_types(), self.strangers()
        lines = tuple(
            (f"={second.names[k]}", None if np.isnan(p) else round(float(p), 4), f"type.{second.worn[k].lower()}")
            for k, p in zip(rows.tolist(), chances, strict=True)
        )  # fmt: skip
        columns = ("name", "chance", "second-type")
        return Table(columns=tuple(f"column.{c}" for c in columns), rows=lines)

    def metrics(self) -> Mapping[str, float]:
        fit = self.fit()
        return {} if fit.model is None else {"training-accuracy": fit.train, "test-accuracy": fit.test}

    def facts(self) -> Mapping[str, Any]:
        now, fit = self.settings, self.fit()
        found = {"singular": fit.model is None, "parameters": numbers_of(now["law"], self.data().x.shape[1])}
        found["others"] = law_splits(now["features"], now["law"], self.seed)
        if now["features"] == "types":
            whole = np.nan if fit.model is None else total(fit.model)
            found |= {"total": whole, "strangers": self.strangers()[1].tolist()}
        elif now["law"] != "bernoulli":
            gaussian, x = fit.model.gaussians[0], self.data().x
            found["factors"] = self.apart(gaussian.mean, gaussian.covariance, gaussian.log_density(x), x)
        return found

    @staticmethod
    def apart(mean: np.ndarray, covariance: np.ndarray, whole: np.ndarray, x: np.ndarray) -> float:
        """How far ln f(x) is at most from the sum of ln f of each feature by itself."""
        variance = np.diag(covariance)
        each = -((x - mean) ** 2 / variance + np.log(2 * np.pi * variance)) / 2
        return float(np.abs(whole - each.sum(axis=1)).max())
