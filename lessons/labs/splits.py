"""Other cuts: the same examples parted into training and test by chance, to tell a gain from luck."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from engine.statistics import accuracy
from lessons.data.generators import draws
from lessons.labs.gauss import Sample
from lessons.views import Hist, Strip

COUNT = 100
BINS = (0.35, 0.95, 24)  # of the accuracies: from, to, how many


def shuffled(sample: Sample, seed: int, count: int = COUNT) -> Iterator[Sample]:
    """All rows in another order, as many of them for training as before."""
    x, y = np.vstack((sample.x, sample.test_x)), np.concatenate((sample.y, sample.test_y))
    train = len(sample.x)
    for k in range(count):
        order = draws(seed, 4000 + k).permutation(len(x))
        first, rest = order[:train], order[train:]
        yield Sample(x[first], y[first], x[rest], y[rest])


def rates(sample: Sample, seed: int, fit: Callable) -> np.ndarray:
    """(COUNT,) shares of the test right of fit(x, y), which has a method predict, on other cuts."""
    parts = shuffled(sample, seed)
    return np.array([accuracy(part.test_y, fit(*part[:2]).predict(part.test_x)) for part in parts])


def hist(strips: Mapping[str, np.ndarray], ticks: tuple[tuple[float, str], ...], chosen: int) -> Hist:
    """Accuracies on other cuts in per cent, {word: rates}; ticks (place, word)."""
    lo, hi, count = BINS
    edges = np.linspace(lo, hi, count + 1)
    parts = [Strip(word=w, counts=np.histogram(r.clip(lo, hi), edges)[0]) for w, r in strips.items()]
    axis = "axis.percent-right"
    return Hist(strips=tuple(parts), lo=100 * lo, hi=100 * hi, x=axis, ticks=ticks, chosen=chosen)
