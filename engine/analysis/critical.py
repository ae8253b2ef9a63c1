"""The critical point next to θ: where the gradient vanishes, be it a minimum or a saddle."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.analysis.hessian import TOLERANCE, Spectrum, hessian, kind, spectrum
from engine.analysis.probe import differentiate, double
from engine.trainer import Trainer


class Critical(NamedTuple):
    """A point (P,) with its loss, |gradient|, eigenpairs and kind; `found` says that the gradient vanishes."""

    theta: np.ndarray
    loss: float
    norm: float
    spectrum: Spectrum
    kind: str
    found: bool
    steps: int


def find(trainer: Trainer, theta=None, limit: float = 1e-9, steps: int = 200, tolerance: float = TOLERANCE):
    """Go from θ, the trainer's unless given, to where |∇L| ≤ limit; the trainer stays where it is.

    Levenberg and Marquardt's method (1963) on |∇L|², whose Jacobian is the Hessian: a step solves
    (H² + μ I) d = -H ∇L, so saddles attract as minima do. `found` is False where it ends in a dale of |∇L|
    that is above zero.
    """
    kept = double(trainer).theta
    theta = kept.copy() if theta is None else np.array(theta, np.float64).ravel()
    try:
        return descend(trainer, theta, limit, steps, tolerance)
    finally:
        trainer._theta[:] = kept


def descend(trainer: Trainer, theta, limit, steps, tolerance) -> Critical:
    (loss,), (slope,) = differentiate(trainer, theta)
    damping, step, fresh = None, 0, True
    while True:
        if fresh:
            trainer._theta[:] = theta
            pairs = spectrum(hessian(trainer))
            along = pairs.vectors @ slope
            if damping is None:
                damping = 1e-3 * np.square(pairs.values).max()
        norm = float(np.linalg.norm(slope))
        if norm <= limit or step == steps or not np.isfinite(norm) or damping > 1e30:
            name = kind(pairs.values, tolerance)
            return Critical(theta, float(loss), norm, pairs, name, norm <= limit, step)
        step += 1
        move = -(pairs.values * along / (np.square(pairs.values) + damping)) @ pairs.vectors
        (ahead,), (there,) = differentiate(trainer, theta + move)
        fresh = bool(np.linalg.norm(there) < norm)
        if fresh:
            theta, loss, slope, damping = theta + move, ahead, there, damping / 10
        else:
            damping = max(4 * damping, 1e-20)
