"""Points of the plane, and of more dimensions, in classes; y is int64."""

from __future__ import annotations

import numpy as np

from engine.draws import Draws
from engine.random import DATA
from lessons.data.origin import origin


def draws(seed: int, purpose: int) -> np.random.Generator:
    """A stream of random numbers of its own for one purpose of one seed."""
    return np.random.Generator(np.random.Philox(key=(seed << 16) + purpose))


def drawn(seed: int, number: int) -> Draws:
    """The numbers of data set `number` of a seed, one set a number over all files here."""
    return Draws(seed, DATA, number)


@origin
def xor(count: int, seed: int, spread: float = 0.16) -> tuple[np.ndarray, np.ndarray]:
    """Four round clouds at (±1, ±1); opposite corners share a class. x (count, 2), y (count,) of 0 and 1."""
    g = draws(seed, 1)
    corner = np.arange(count) % 4
    centre = np.stack([1.0 - 2.0 * (corner % 2), 1.0 - 2.0 * (corner // 2)], axis=1)
    return centre + g.normal(0, spread, (count, 2)), ((corner == 1) | (corner == 2)).astype(np.int64)


@origin
def spirals(
    count: int, seed: int, turns: float = 1.5, noise: float = 0.03, arms: int = 2
) -> tuple[np.ndarray, np.ndarray]:
    """Arms, two unless given, that wind round each other, radius 0 to 2, equal density along the arm.

    x (count, 2), y (count,) the number of the arm; `noise` is the standard deviation of both coordinates.
    """
    g = draws(seed, 2)
    arm = np.arange(count) % arms
    along = np.sqrt(g.uniform(0.0025, 1, count))
    angle = 2 * np.pi * turns * along + 2 * np.pi * arm / arms
    points = 2 * along[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return points + g.normal(0, noise, (count, 2)), arm.astype(np.int64)


@origin
def xor4() -> tuple[np.ndarray, np.ndarray]:
    """The lecture's four points: (0,0) and (1,1) are class 0, (0,1) and (1,0) class 1. x (4, 2), y (4,)."""
    return np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])


@origin
def three_clusters(count: int, seed: int, spread: float = 0.5) -> tuple[np.ndarray, np.ndarray]:
    """Three round clouds at the corners of an even triangle of radius 2, in turn. x (count, 2), y (count,)."""
    label = np.arange(count) % 3
    angle = np.pi / 2 + 2 * np.pi * label / 3
    centre = 2 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return centre + drawn(seed, 10).normal(0, spread, (count, 2)), label


@origin
def far_cluster(seed: int, far: int = 15) -> tuple[np.ndarray, np.ndarray]:
    """Two long clouds of 40 along (1, 1), class 1 right of class 0, then `far` points of class 1 near (8, -6).

    x (80 + far, 2), y (80 + far,): the far ones are on the right side, and far beyond (Bishop 2006, figure 4.4).
    """
    d = drawn(seed, 11)
    along = d.uniform(-1.5, 1.5, (80, 1))
    label = np.repeat([1, 0], 40)
    near = along + np.where(label[:, None] == 1, [1.2, -1.2], [-0.6, 1.6]) + d.normal(0, 0.35, (80, 2))
    beyond = np.array([8.0, -6.0]) + d.normal(0, 0.5, (far, 2))
    return np.concatenate([near, beyond]), np.concatenate([label, np.ones(far, np.int64)])


@origin
def proto64(count: int, seed: int, noise: float = 1.6) -> tuple[np.ndarray, np.ndarray]:
    """Ten classes of three prototypes each in 64 dimensions, the same for every seed. x (count, 64), y (count,).

    An example is a prototype, scaled by 0.7 to 1.3, with Gaussian noise on every number.
    """
    prototypes = drawn(0, 12).normal(0, 1, (10, 3, 64))
    d = drawn(seed, 13)
    label, which = d.integers(0, 10, count), d.integers(0, 3, count)
    x = prototypes[label, which] * d.uniform(0.7, 1.3, (count, 1)) + d.normal(0, noise, (count, 64))
    return x, label


@origin
def boolean13() -> tuple[np.ndarray, np.ndarray]:
    """The lecture's 13 rows of two bits: class 0 one (1,1); class 1 four each of (1,0), (0,1), (0,0)."""
    x = np.array([[1.0, 1]] + 4 * [[1, 0]] + 4 * [[0, 1]] + 4 * [[0, 0]])
    return x, np.array([0] + 12 * [1])
