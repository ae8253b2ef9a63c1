"""Data before they reach a trainer: checked, split, folded, standardised, cut into windows, spoiled on purpose."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from engine import random
from engine.draws import FLIP, SPLIT, Draws
from engine.errors import EngineError


def check_values(x, name: str = "x") -> np.ndarray:
    """x as a float64 array of at least one dimension, all finite; bytes and other whole numbers too.

    Raises no-data, not-numbers, not-finite (with the first bad place).
    """
    try:
        array = np.atleast_1d(np.asarray(x, np.float64))
    except (TypeError, ValueError):
        raise EngineError("not-numbers", name=name) from None
    if not array.size:
        raise EngineError("no-data")
    if not np.isfinite(array).all():
        place = np.unravel_index(int(np.argmin(np.isfinite(array))), array.shape)
        raise EngineError("not-finite", name=name, place=", ".join(str(int(k)) for k in place))
    return array


def check_rows(x, name: str = "x", width: int | None = None) -> np.ndarray:
    """(N, D) float64, finite; a vector becomes one column. `width`: the D that it must have."""
    array = check_values(x, name)
    array = array[:, None] if array.ndim == 1 else array
    if array.ndim != 2:
        raise EngineError("wrong-axes", name=name, shape=array.shape, expected="(N, D)")
    if width is not None and array.shape[1] != width:
        raise EngineError("wrong-width", node=name, width=array.shape[1], expected=width)
    return array


def check_labels(y, count: int | None = None, classes: int | None = None, name: str = "label") -> np.ndarray:
    """(N,) int64, whole and in 0 … classes - 1. Raises no-data, wrong-count, not-whole, out-of-range."""
    values = check_values(y, name)
    if values.ndim != 1:
        raise EngineError("wrong-axes", name=name, shape=values.shape, expected="(N,)")
    if count is not None and len(values) != count:
        raise EngineError("wrong-count", name=name, count=len(values), expected=count)
    labels = values.astype(np.int64)
    if (labels != values).any():
        raise EngineError("not-whole", name=name, value=float(values[labels != values][0]))
    top = int(labels.max()) if classes is None else classes - 1
    outside = (labels < 0) | (labels > top)
    if outside.any():
        raise EngineError("out-of-range", name=name, value=int(labels[outside][0]), hi=top)
    return labels


def split(
    count: int, validation: float = 0.1, test: float = 0.0, seed: int = 1, shuffle: bool = True
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places (int64) of the training, validation and test examples out of `count`.

    validation, test: shares of the whole, rounded; a part asked for gets at least one example.
    Without `shuffle` the order stays and the last part is the test's, as a series needs it.
    """
    if count < 1:
        raise EngineError("no-data")
    for name, share in (("validation", validation), ("test", test), ("validation + test", validation + test)):
        if not 0 <= share < 1:
            raise EngineError("not-a-share", name=name, value=share)
    held, kept = (max(1, round(share * count)) if share else 0 for share in (validation, test))
    if held + kept >= count:
        raise EngineError("too-few", name="examples", count=count, least=held + kept + 1)
    order = random.permutation(seed, SPLIT, 0, count) if shuffle else np.arange(count)
    train = count - held - kept
    return order[:train], order[train : train + held], order[train + held :]


def folds(count: int, parts: int, seed: int = 1, shuffle: bool = True) -> list[tuple[np.ndarray, np.ndarray]]:
    """N-fold cross-validation: for each part in turn, the places (train, validation), int64.

    Every example is in exactly one validation part; the parts' sizes differ by at most one.
    """
    if parts < 2:
        raise EngineError("too-few", name="folds", count=parts, least=2)
    if count < parts:
        raise EngineError("too-few", name="examples", count=count, least=parts)
    order = random.permutation(seed, SPLIT, 1, count) if shuffle else np.arange(count)
    pieces = np.array_split(order, parts)
    return [(np.concatenate(pieces[:k] + pieces[k + 1 :]), pieces[k]) for k in range(parts)]


def cross_validate(
    score: Callable[[np.ndarray, np.ndarray], float], count: int, parts: int, seed: int = 1
) -> np.ndarray:
    """(parts,) score(train, validation) of each fold, the places as in `folds`."""
    return np.array([score(*fold) for fold in folds(count, parts, seed)])


@dataclass(frozen=True)
class Standardizer:
    """Per feature (x - mean) / deviation, both from the training data alone; D features.

    A constant feature has deviation 0: it is told by `constant`, and becomes 0.
    """

    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def fit(cls, x) -> Standardizer:
        """From x (N, D); the deviation divides by N."""
        x = check_rows(x)
        mean, deviation = x.mean(axis=0), x.std(axis=0)
        # The sum of N equal numbers is rounded, so their deviation may not come out as 0.
        deviation[(x == x[0]).all(axis=0)] = 0
        return cls(mean, deviation)

    @property
    def constant(self) -> np.ndarray:
        """(D,) bool: the features without any spread."""
        return self.deviation == 0

    def apply(self, x) -> np.ndarray:
        """(N, D) → (N, D); constants of the training data give 0, whatever they are now."""
        x = check_rows(x, width=len(self.mean))
        return np.where(self.constant, 0.0, (x - self.mean) / np.where(self.constant, 1.0, self.deviation))

    def invert(self, z) -> np.ndarray:
        """Back to the units of the data."""
        return check_rows(z, "z", len(self.mean)) * self.deviation + self.mean


def windows(series, days: int, begin: int = 0, end: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Each value of a series (T,) in begin … end - 1 with the `days` before it, the newest first.

    x (n, days), y (n,); values with fewer than `days` before them are left out.
    """
    series = check_values(series, "series")
    if series.ndim != 1:
        raise EngineError("wrong-axes", name="series", shape=series.shape, expected="(T,)")
    if days < 1:
        raise EngineError("not-positive", name="days", value=days)
    end = len(series) if end is None else min(end, len(series))
    begin = max(begin, days)
    if begin >= end:
        raise EngineError("too-few", name="days", count=end, least=days + 1)
    x = np.lib.stride_tricks.sliding_window_view(series, days)[begin - days : end - days, ::-1]
    return x.copy(), series[begin:end].copy()


def sort_by_class(y) -> np.ndarray:
    """(N,) places that put the examples in the order of their labels, each class in its old order."""
    return np.argsort(check_labels(y), kind="stable")


def flip_labels(y, share: float, classes: int | None = None, seed: int = 1) -> np.ndarray:
    """Label noise: round(share · N) labels, chosen by the seed, become another class, evenly. (N,) int64."""
    y = check_labels(y, classes=classes).copy()
    classes = int(y.max()) + 1 if classes is None else classes
    if not 0 <= share <= 1:
        raise EngineError("not-a-share", name="label noise", value=share)
    if classes < 2:
        raise EngineError("too-few", name="classes", count=classes, least=2)
    chosen = random.permutation(seed, FLIP, 0, len(y))[: round(share * len(y))]
    y[chosen] = (y[chosen] + Draws(seed, FLIP, 1).integers(1, classes, len(chosen))) % classes
    return y
