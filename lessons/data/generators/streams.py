"""Gradients that come one an update, for optimizers alone, without any data."""

from __future__ import annotations

import numpy as np

from lessons.data.generators.points import drawn


def spikes(count: int, size: float = 1e5, period: int = 1000, first: int | None = None) -> np.ndarray:
    """(count,) gradients of 1 with one of `size` every `period` updates, from update `first` (1-based) on.

    first: `period` unless given; 1 puts the large one at the start. A period of 0 has one only.
    """
    first = period if first is None else first
    update = np.arange(1, count + 1)
    large = (update - first) % period == 0 if period else update == first
    return np.where(large & (update >= first), float(size), 1.0)


def reddi(count: int, large: float = 3.0) -> np.ndarray:
    """(count,) gradients 3, -1, -1 and again: their sum says go left, most of them right (Reddi et al. 2018)."""
    return np.where(np.arange(count) % 3 == 0, float(large), -1.0)


def noise_gradients(count: int, seed: int, scales: tuple[float, ...] = (10.0, 0.1)) -> np.ndarray:
    """(count, len(scales)) gradients that are noise alone, with those standard deviations."""
    return drawn(seed, 60).normal(0, 1, (count, len(scales))) * scales
