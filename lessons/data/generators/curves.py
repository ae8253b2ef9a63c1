"""Curves over a line, lines with noise, and series of days."""

from __future__ import annotations

import numpy as np

from lessons.data.generators.points import drawn
from lessons.data.origin import origin

LINE20_START = (0.5, 1.5)  # b, w
YT_TRAIN = 1461  # days that train; the last 45 are "2021"


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


@origin
def line20(seed: int, count: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """Points about the line y = x: x even in 0…2, noise 0.15; descent starts at LINE20_START. x, y (count, 1)."""
    d = drawn(seed, 20)
    x = d.uniform(0, 2, (count, 1))
    return x, x + d.normal(0, 0.15, (count, 1))


@origin
def quad_noisy(count: int, seed: int, noise: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """Points about the parabola y = x², x even in -1…1. x, y (count, 1)."""
    d = drawn(seed, 21)
    x = d.uniform(-1, 1, (count, 1))
    return x, x**2 + d.normal(0, noise, (count, 1))


def tent(x, folds: int) -> np.ndarray:
    """The tent 2·min(x, 1 - x) over 0…1 put into itself `folds` times: 2^folds straight pieces."""
    y = np.asarray(x, np.float64)
    for _ in range(folds):
        y = 2 * np.minimum(y, 1 - y)
    return y


@origin
def sinc(count: int) -> tuple[np.ndarray, np.ndarray]:
    """sin(5πx) / (5πx) at even steps over -1…1. x, y (count, 1)."""
    x = np.linspace(-1, 1, count)[:, None]
    return x, np.sinc(5 * x)


@origin
def two_scales(seed: int, ratio: float = 100, count: int = 200) -> tuple[np.ndarray, np.ndarray]:
    """y = 2·x₁ + (5/ratio)·x₂ + 1 with noise 0.05; x₁ in 1…2, x₂ in ratio…2·ratio. x (count, 2), y (count, 1)."""
    d = drawn(seed, 22)
    x = d.uniform(1, 2, (count, 2)) * [1, ratio]
    return x, (2 * x[:, :1] + 5 / ratio * x[:, 1:] + 1) + d.normal(0, 0.05, (count, 1))


def yt_views(seed: int, days: int = 1506) -> np.ndarray:
    """Views of a channel a day, in thousands, made up; day 0 is Sunday 2017-01-01, YT_TRAIN days train. (days,)

    A trend, two seasons a year, weak Fridays and Saturdays, moods that fall back hard from either end, and
    four poor days at each New Year.
    """
    d, t = drawn(seed, 23), np.arange(days)
    kick, shake = d.normal(0, 0.07, days), d.normal(0, 0.035, days)
    level = 2.6 + 2.0 * (t / days) ** 1.5
    season = 1 + 0.22 * np.sin(2 * np.pi * (t - 40) / 182.5)
    week = np.array([1.06, 1.08, 1.07, 1.03, 0.72, 0.74, 1.02])[(t + 6) % 7]  # Monday first
    mood = np.zeros(days)
    for k in range(1, days):
        a = mood[k - 1]
        mood[k] = 0.9 * a - 1.6 * max(0.0, a - 0.10) + 1.2 * max(0.0, -a - 0.10) + kick[k]
    views = level * season * week * np.exp(1.3 * mood) * np.exp(shake)
    for new_year in (26, 411, 765, 1119, 1502):
        part = views[new_year : new_year + 4]
        part *= np.array([0.8, 0.6, 0.7, 0.85])[: len(part)]
    return views
