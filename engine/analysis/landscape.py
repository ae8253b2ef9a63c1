"""The loss around θ: along a direction, on a plane of two, and on the plane that a path of θ lies near."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine import random
from engine.analysis.probe import losses
from engine.trainer import Trainer


def line(trainer: Trainer, direction, xs, origin=None) -> np.ndarray:
    """(len(xs),) the loss at origin + x · direction; the origin is the trainer's θ unless given."""
    origin = trainer.theta if origin is None else np.asarray(origin, np.float64)
    return losses(trainer, origin + np.multiply.outer(np.asarray(xs, np.float64), direction))


def plane(trainer: Trainer, directions, xs, ys, origin=None) -> np.ndarray:
    """(len(ys), len(xs)) the loss at origin + x · directions[0] + y · directions[1], directions (2, P)."""
    origin = trainer.theta if origin is None else np.asarray(origin, np.float64)
    x, y = np.meshgrid(np.asarray(xs, np.float64), np.asarray(ys, np.float64))
    spread = np.stack((x.ravel(), y.ravel()), axis=1) @ np.asarray(directions, np.float64)
    return losses(trainer, origin + spread).reshape(x.shape)


def random_directions(trainer: Trainer, count: int = 2, seed: int = 1) -> np.ndarray:
    """(count, P) Gaussian directions scaled filter by filter to the length that θ has there (Li et al. 2018).

    A filter is what feeds one output: the first axis of a block of θ. Biases, and blocks of one axis, as
    scales are, do not move.
    """
    theta, found = trainer.theta.astype(np.float64), np.zeros((count, trainer.program.size))
    for row in range(count):
        for name, (offset, shape) in trainer.named().items():
            if len(shape) < 2 or name.endswith(".bias"):
                continue
            part = slice(offset, offset + int(np.prod(shape)))
            drawn = random.normals(seed, random.DATA, row, int(np.prod(shape)), offset).reshape(shape[0], -1)
            own = np.linalg.norm(theta[part].reshape(shape[0], -1), axis=0)
            found[row, part] = (drawn * (own / np.linalg.norm(drawn, axis=0))).ravel()
    return found


class PathPlane(NamedTuple):
    """A plane with a path beside it."""

    origin: np.ndarray  # (P,) a point of the plane
    directions: np.ndarray  # (2, P) of length 1, at right angles
    points: np.ndarray  # (T, 2) the path's shadow on the plane, in their measure
    distances: np.ndarray  # (T,) how far off the plane each point of the path is
    explained: np.ndarray  # (2,) share of the path's variance along each direction


def path_plane(path, origin=None) -> PathPlane:
    """The plane through `origin`, the last θ of the path (T, P) unless given, along the path's two principal
    components (Li et al. 2018); a component without variance is any direction at right angles.
    """
    path = np.asarray(path, np.float64)
    origin = path[-1] if origin is None else np.asarray(origin, np.float64)
    _, lengths, directions = np.linalg.svd(path - path.mean(axis=0), full_matrices=False)
    if len(directions) < 2:  # one point has no directions of its own
        directions = np.linalg.qr(np.vstack((directions, np.eye(2, path.shape[1]))).T)[0].T
        lengths = np.append(lengths, 0.0)
    directions, variance = directions[:2], np.square(lengths)
    # The sign of a component is free: the path's end lies towards its positive side.
    directions = directions * np.where((path[-1] - path[0]) @ directions.T < 0, -1, 1)[:, None]
    points = (path - origin) @ directions.T
    distances = np.linalg.norm(path - origin - points @ directions, axis=1)
    return PathPlane(origin, directions, points, distances, variance[:2] / max(variance.sum(), 1e-300))
