"""The loss and the mistakes of every example by itself."""

from __future__ import annotations

import numpy as np

from engine.trainer import Trainer


def losses(trainer: Trainer, x=None, y=None) -> np.ndarray:
    """(N,) the loss of each example, float64; of a sequence the mean over its positions that count."""
    z, y = _outputs(trainer, x, y)
    match trainer.program.loss.op:
        case "mse":
            each = (z - y) ** 2
        case "mae":
            each = abs(z - y)
        case "binary-cross-entropy":
            each = np.logaddexp(0, z) - y * z
        case _:  # over classes, at one place or at several
            total = np.logaddexp.reduce(z, axis=-1)
            each = total - np.take_along_axis(z, np.maximum(y, 0)[..., None], -1)[..., 0]
            smoothing = (trainer.program.loss.hyper or (0.0,))[0]
            each += smoothing * (total - z.mean(axis=-1) - each)
            real = y >= 0
            return (each * real).sum(axis=1) / np.maximum(real.sum(axis=1), 1)
    return each.mean(axis=1) if trainer.program.mean else each.sum(axis=1)


def mistakes(trainer: Trainer, x=None, y=None) -> np.ndarray:
    """(N,) how many answers of each example are wrong: the 0–1 loss, counted; -1 labels count for nothing."""
    z, y = _outputs(trainer, x, y)
    if trainer.program.targets == "labels":
        return ((z.argmax(axis=-1) != y) & (y >= 0)).sum(axis=1)
    return ((z > 0) != (y > 0.5)).sum(axis=1)


def _outputs(trainer: Trainer, x, y) -> tuple[np.ndarray, np.ndarray]:
    """What the network gives out, float64, and what it should: (N, outputs) both, or logits (N, places, classes)
    with labels (N, places)."""
    data = trainer.data if x is None else (x, y)
    z = trainer.predict(x).astype(np.float64)
    if trainer.program.targets == "labels":
        return z.reshape(len(z), trainer.program.labels, -1), np.asarray(data[1]).reshape(len(z), -1)
    return z, np.asarray(data[1], float).reshape(len(z), -1)
