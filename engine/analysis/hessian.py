"""The Hessian of a network's loss over its data: whole, times a vector, its extreme eigenvalues."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.linalg import eigh

from engine.analysis import tangent
from engine.analysis.probe import double, gradients
from engine.trainer import Trainer

STEP = 6e-6  # cube root of float64's precision: rounding and truncation of a central difference meet here
TOLERANCE = 1e-6


def hessian(trainer: Trainer, exact: bool = True) -> np.ndarray:
    """(P, P) ∂²L/∂θ², without the L2 term, of a trainer in float64.

    By tangents, exact to rounding, if every operation has one, unless `exact` is False; else by differences.
    """
    if exact and tangent.covers(trainer.program):
        return tangent.hessian(double(trainer))
    return difference_hessian(trainer)


def difference_hessian(trainer: Trainer, step: float = STEP) -> np.ndarray:
    """(P, P) central differences of the gradient, 2 P of them in one call, made symmetric; exact to 1e-9 or so.

    Entry θ_i moves by step · max(1, |θ_i|).
    """
    theta = double(trainer).theta
    moved = np.diag(step * np.maximum(1, np.abs(theta)))
    right, left = theta + moved, theta - moved
    found = gradients(trainer, np.concatenate((right, left)))
    slopes = (found[: theta.size] - found[theta.size :]) / np.diag(right - left)[:, None]
    return (slopes + slopes.T) / 2


def product(trainer: Trainer, vectors, exact: bool = True) -> np.ndarray:
    """H v for a vector (P,) or for each row of vectors (M, P), without H: by tangents as `hessian`, or else
    by a central difference of the gradient along v.
    """
    vectors = np.asarray(vectors, np.float64)
    if exact and tangent.covers(trainer.program):
        return tangent.products(double(trainer), np.atleast_2d(vectors)).reshape(vectors.shape)
    return difference_product(trainer, vectors)


def difference_product(trainer: Trainer, vectors, step: float = STEP) -> np.ndarray:
    """H v by (g(θ + ε v) - g(θ - ε v)) / 2ε, ε = step · max(1, |θ|) / |v|: θ moves as far for every v."""
    theta, vectors = double(trainer).theta, np.asarray(vectors, np.float64)
    rows = vectors.reshape(-1, theta.size)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    ratio = step * max(1.0, float(np.linalg.norm(theta))) / np.where(lengths > 0, lengths, 1)
    found = gradients(trainer, np.concatenate((theta + ratio * rows, theta - ratio * rows)))
    return ((found[: len(rows)] - found[len(rows) :]) / (2 * ratio)).reshape(vectors.shape)


class Spectrum(NamedTuple):
    """Eigenvalues (K,) in rising order and their vectors, the rows of (K, P), of length 1."""

    values: np.ndarray
    vectors: np.ndarray


def spectrum(matrix: np.ndarray) -> Spectrum:
    """All eigenpairs of a symmetric (P, P)."""
    values, vectors = eigh(matrix)
    return Spectrum(values, vectors.T)


def extremes(trainer: Trainer, count: int = 1, exact: bool = True, tolerance: float = 1e-8) -> Spectrum:
    """The `count` smallest and `count` largest eigenpairs of the Hessian, by Lanczos' method, without H.

    The start is drawn by the trainer's seed: the same run gives the same numbers. All pairs if P ≤ 2 count.
    """
    from scipy.sparse.linalg import LinearOperator, eigsh  # 0.1 s that few need

    size = double(trainer).program.size
    if size <= 2 * count + 1:
        return spectrum(hessian(trainer, exact))
    operator = LinearOperator((size, size), lambda v: product(trainer, v.ravel(), exact), dtype=np.float64)
    start = np.random.default_rng(trainer.seed).normal(size=size)
    values, vectors = eigsh(operator, 2 * count, which="BE", v0=start, tol=tolerance)
    order = np.argsort(values)
    return Spectrum(values[order], vectors.T[order])


class Signs(NamedTuple):
    """How many eigenvalues are below, within and above a tolerance about zero."""

    negative: int
    flat: int
    positive: int


def signs(values, tolerance: float = TOLERANCE) -> Signs:
    """An eigenvalue within tolerance · max |λ| of zero is flat."""
    values = np.asarray(values)
    limit = tolerance * np.abs(values).max(initial=0)
    negative, positive = int((values < -limit).sum()), int((values > limit).sum())
    return Signs(negative, values.size - negative - positive, positive)


def minimum_ratio(values, tolerance: float = TOLERANCE, flat: bool = False) -> float:
    """The share of positive eigenvalues; `flat` counts those that are zero within the tolerance with them."""
    found = signs(values, tolerance)
    return (found.positive + flat * found.flat) / max(1, sum(found))


def kind(values, tolerance: float = TOLERANCE) -> str:
    """What a critical point with these eigenvalues is.

    minimum, maximum or saddle; flat-minimum and flat-maximum where some are zero: the next terms decide; flat.
    """
    negative, flat, positive = signs(values, tolerance)
    if negative and positive:
        return "saddle"
    if not negative and not positive:
        return "flat"
    return ("flat-" if flat else "") + ("minimum" if positive else "maximum")
