"""The loss around a trainer's θ along one or two of its entries."""

from __future__ import annotations

import numpy as np

from engine.trainer import Trainer


def loss_plane(trainer: Trainer, i: int, j: int, xs, ys) -> np.ndarray:
    """(len(ys), len(xs)) the loss over the trainer's data with θ_i = x and θ_j = y, the rest as it is."""
    x, y = np.meshgrid(np.asarray(xs, np.float64), np.asarray(ys, np.float64))
    return trainer.survey((i, j), np.stack((x.ravel(), y.ravel()), axis=1)).reshape(x.shape)


def loss_line(trainer: Trainer, i: int, xs) -> np.ndarray:
    """(len(xs),) the loss over the trainer's data with θ_i = x, the rest as it is."""
    return trainer.survey((i,), np.asarray(xs, np.float64).reshape(-1, 1))
