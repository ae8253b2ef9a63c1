"""Random numbers for data, outside kernels: streams read in order, and numbers of one example at one step."""

from __future__ import annotations

import numpy as np

from engine import random
from engine.random import u64

AUGMENT, JITTER, SPLIT, FLIP, SAMPLE = range(32, 37)  # purposes, beyond those of engine.random


class Draws:
    """The numbers of one (seed, purpose, step), read in order: the same on every machine."""

    def __init__(self, seed: int, purpose: int, step: int = 0):
        self.key = (seed, purpose, step)
        self.place = 0

    def uniform(self, low: float = 0.0, high: float = 1.0, shape=()) -> np.ndarray:
        """Even in low ≤ u < high."""
        return low + (high - low) * self._take(random.uniforms, shape, 1)

    def normal(self, mean: float = 0.0, std: float = 1.0, shape=()) -> np.ndarray:
        """Gaussian with that mean and standard deviation."""
        # A normal is made of two uniforms, so it starts at an even place and moves on by two.
        self.place += self.place % 2
        return mean + std * self._take(random.normals, shape, 2)

    def integers(self, low: int, high: int, shape=()) -> np.ndarray:
        """Whole numbers in low … high - 1, int64."""
        return low + np.floor((high - low) * self._take(random.uniforms, shape, 1)).astype(np.int64)

    def _take(self, numbers, shape, each: int) -> np.ndarray:
        count = int(np.prod(shape))
        taken = numbers(*self.key, count, self.place // each).reshape(shape)
        self.place += each * count
        return taken


def uniforms_of(seed: int, purpose: int, step: int, index: np.ndarray, each: int) -> np.ndarray:
    """(len(index), each) uniforms in [0, 1): the numbers that belong to these examples at this step."""
    place = np.asarray(index, u64)[:, None] * u64(each) + np.arange(each, dtype=u64)
    with np.errstate(over="ignore"):
        start = random.stream(seed, purpose, step)
        bits = random.plain(random.mix)(start + place * u64(0x9E3779B97F4A7C15))
    return (bits >> u64(11)) * 2.0**-53


def normals_of(seed: int, purpose: int, step: int, index: np.ndarray, each: int) -> np.ndarray:
    """(len(index), each) normals, as `uniforms_of` (Box and Muller 1958)."""
    pairs = uniforms_of(seed, purpose, step, index, 2 * each)
    return np.sqrt(-2 * np.log1p(-pairs[:, ::2])) * np.cos(2 * np.pi * pairs[:, 1::2])
