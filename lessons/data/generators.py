"""Data sets made on the spot, each a function of its seed: points of the plane, curves over a line."""

from __future__ import annotations

import numpy as np


def draws(seed: int, purpose: int) -> np.random.Generator:
    """A stream of random numbers of its own for one purpose of one seed."""
    return np.random.Generator(np.random.Philox(key=(seed << 16) + purpose))


def xor(count: int, seed: int, spread: float = 0.16) -> tuple[np.ndarray, np.ndarray]:
    """Four round clouds at (±1, ±1); opposite corners share a class. x (count, 2), y (count,) of 0 and 1."""
    g = draws(seed, 1)
    corner = np.arange(count) % 4
    centre = np.stack([1.0 - 2.0 * (corner % 2), 1.0 - 2.0 * (corner // 2)], axis=1)
    return centre + g.normal(0, spread, (count, 2)), ((corner == 1) | (corner == 2)).astype(np.int64)


def spirals(count: int, seed: int, turns: float = 1.5, noise: float = 0.03) -> tuple[np.ndarray, np.ndarray]:
    """Two arms that wind round each other, radius 0 to 2, equal density along the arm.

    x (count, 2), y (count,) of 0 and 1; `noise` is the standard deviation of both coordinates.
    """
    g = draws(seed, 2)
    arm = np.arange(count) % 2
    along = np.sqrt(g.uniform(0.0025, 1, count))
    angle = 2 * np.pi * turns * along + np.pi * arm
    points = 2 * along[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return points + g.normal(0, noise, (count, 2)), arm.astype(np.int64)


def corners(x: np.ndarray) -> np.ndarray:
    """The lecture's red curve: straight pieces that rise, fall, rise, stay; three corners; x in −5…5."""
    return np.interp(x, [-5.0, -2.5, 0.5, 2.5, 5.0], [-0.5, 0.9, -0.7, 0.4, 0.4])


def sine(x: np.ndarray) -> np.ndarray:
    """A smooth wave that falls, rises and falls once over −5…5."""
    return 0.8 * np.sin(x)


def season(dates: np.ndarray, counts: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Mean count of each week of the year, smoothed over three weeks, laid over −5…5 and scaled to ±1.

    dates (n,) datetime64[D] or days since 1970, counts (n,).
    """
    days = np.asarray(dates).astype("datetime64[D]")
    week = np.minimum((days - days.astype("datetime64[Y]")).astype(int) // 7, 51)
    mean = np.bincount(week, counts) / np.bincount(week)
    smooth = np.convolve(np.pad(mean, 1, mode="edge"), np.ones(3) / 3, "valid") - mean.mean()
    return np.interp(x, np.linspace(-5, 5, 52), smooth / np.abs(smooth).max())
