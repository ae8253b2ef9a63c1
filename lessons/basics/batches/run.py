"""Builds the run that is cut into batches and counts its updates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.model import Result
from lessons.labs.batches import Batches

Runs = Mapping[str, Result]


def build(settings: Mapping[str, Any], seed: int) -> Batches:
    return Batches(settings, seed)


def count(result: Result) -> str:
    """The updates of the lecture's first epoch; other runs answer another question."""
    asked = {"examples": 10_000, "batch": 10, "epochs": 1}
    same = all(result.settings[name] == value for name, value in asked.items())
    return str(result.steps) if same and result.phase == "done" else ""


def thousand(runs: Runs) -> bool:
    """One epoch of 10,000 examples took 1,000 updates."""
    return runs["run"].steps == 1000 and runs["run"].facts["least"] == 1


def last_batch(runs: Runs) -> bool:
    """An epoch of 20 examples takes four updates, and the last of them has two examples."""
    return runs["run"].steps == 4 and runs["run"].facts["last"] == 2


def once(runs: Runs) -> bool:
    """Each example has been in exactly one batch."""
    return runs["run"].facts["least"] == runs["run"].facts["most"] == 1


def more_updates(runs: Runs) -> bool:
    """After the same epochs: a hundred times the updates, and less than half the loss."""
    small, whole = runs["small"], runs["whole"]
    half = small.metrics["training-loss"] < 0.5 * whole.metrics["training-loss"]
    return bool(half and small.steps == 100 * whole.steps)
