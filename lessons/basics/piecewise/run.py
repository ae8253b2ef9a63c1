"""Builds both experiments of the lesson and checks their claims."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.model import Model, Result
from lessons.labs.bag import GOAL, Bag
from lessons.labs.matrix import Matrix

Runs = Mapping[str, Result]


def build(settings: Mapping[str, Any], seed: int) -> Model:
    return Bag(settings, seed) if "pieces" in settings else Matrix(settings, seed)


def closeness(result: Result) -> str:
    """How near the sum came to the target."""
    gap = result.metrics["gap"]
    return "close" if gap <= GOAL else "rough" if gap <= 0.3 else "far"


def matches(runs: Runs) -> bool:
    return runs["bag"].metrics["gap"] <= 0.06


def misses(runs: Runs) -> bool:
    return runs["bag"].metrics["gap"] >= 0.2


def closer(runs: Runs) -> bool:
    """The mean square error falls with every doubling, and by a third from two pieces to four."""
    one, two, four = (runs[name].metrics["mse"] for name in ("one", "two", "four"))
    return two < one * 0.95 and four < two * 2 / 3


def harder(runs: Runs) -> bool:
    """The ramp narrows by the factor by which |w| grows."""
    gentle, steep = (runs[name] for name in ("gentle", "steep"))
    return abs(gentle.facts["ramp"] / steep.facts["ramp"] - 8) < 1e-6


def equals_relus(runs: Runs) -> bool:
    return runs["bag"].facts["split"] < 1e-9


def moved(result: Result) -> str:
    """Which r feel w₁₂."""
    rows = result.facts["touched"]
    return {(0,): "first", (1,): "second"}.get(tuple(rows), "all")


def one_row(runs: Runs) -> bool:
    """Of r, a and y, only r₁, a₁ and y differ."""
    before, after = (runs[name].facts for name in ("before", "after"))
    changed = {
        name: [k for k, (u, v) in enumerate(zip(before[name], after[name], strict=True)) if u != v]
        for name in "ra"
    }
    return changed == {"r": [0], "a": [0]} and before["y"] != after["y"]


def counts(runs: Runs) -> bool:
    return (runs["three"].metrics["parameters"], runs["four"].metrics["parameters"]) == (16, 21)
