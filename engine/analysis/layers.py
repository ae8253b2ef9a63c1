"""What goes through each layer: gradients and activations."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.trainer import Trainer


def gradient_norms(trainer: Trainer, x=None, y=None) -> dict[str, float]:
    """|∂L/∂θ| of each layer that has parameters, over the given data or the trainer's own."""
    slope, found = trainer.gradient(x, y).astype(np.float64), {}
    for name, (offset, shape) in trainer.named().items():
        layer = name.rsplit(".", 1)[0]
        found[layer] = np.hypot(
            found.get(layer, 0.0), np.linalg.norm(slope[offset : offset + np.prod(shape)])
        )
    return {layer: float(norm) for layer, norm in found.items()}


class Activations(NamedTuple):
    """The outputs of one layer over a data set."""

    mean: float
    sd: float
    dead: float  # share of units whose output is the same for every example
    counts: np.ndarray  # (bins,) how many outputs fall into each bin
    edges: np.ndarray  # (bins + 1,)


def activations(trainer: Trainer, x=None, bins: int = 32, span=None) -> dict[str, Activations]:
    """Every layer's outputs but the loss's, in order; `span` (low, high) is from the lowest to the highest
    output of the layer unless given, and what lies outside of a given one is in no bin. Outputs that are not
    finite count nowhere.
    """
    found = {}
    for n, node in enumerate(trainer.program.nodes):
        if node.op != "input" and n != trainer.program.end and node.width:
            found[node.name] = describe(trainer.predict(x, node=n).astype(np.float64), bins, span)
    return found


def describe(values: np.ndarray, bins: int = 32, span=None) -> Activations:
    """Statistics of outputs (N, units)."""
    finite = values[np.isfinite(values)]
    dead = float((np.ptp(values, axis=0) <= 1e-6 * np.abs(values).max(axis=0)).mean())
    if not finite.size:
        return Activations(np.nan, np.nan, dead, np.zeros(bins, np.int64), np.linspace(0, 1, bins + 1))
    counts, edges = np.histogram(finite, bins, span)
    return Activations(float(finite.mean()), float(finite.std()), dead, counts, edges)
