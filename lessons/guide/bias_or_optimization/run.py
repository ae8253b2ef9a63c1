"""Builds the towers and judges whether depth failed for want of power or of training."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.model import Result
from lessons.labs import depth
from lessons.labs.depth import Tower

Runs = Mapping[str, Result]


class Alone(Tower):
    """A run by itself is a race of one arm."""

    def loss(self, past: Sequence[Result]) -> Any:
        return depth.losses({self.settings["depth"]: self}, self.settings["depth"], past)

    def errors(self, past: Sequence[Result]) -> Any:
        return depth.errors({self.settings["depth"]: self}, self.settings["depth"], past)


def build(settings: Mapping[str, Any], seed: int) -> Alone:
    return Alone(settings, seed)


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, Callable]:
    """The views over all depths."""
    return {"loss": depth.losses, "errors": depth.errors}


def against_shallow(result: Result) -> str:
    """The training error of the plain 56 layers, against the shallow network's, which is near none."""
    if (result.settings["depth"], result.settings["skip"]) != ("56", "off") or result.phase != "done":
        return ""
    error = result.metrics["error"]
    return "higher" if error > 0.05 else "same" if error > 0.005 else "lower"


def deep_worse(runs: Runs) -> bool:
    """On the points trained on, 2 and 8 layers are right, and 56 are wrong on a seventh at least."""
    shallow = max(runs["2"].metrics["error"], runs["8"].metrics["error"])
    return bool(shallow < 0.05 and runs["56"].metrics["error"] > 0.15)


def needle(runs: Runs) -> bool:
    """56 layers that copy these and pass the rest on have the same small loss: a good θ exists."""
    run = runs["8"]
    copied = run.facts["copied"]
    return copied < 0.1 and abs(copied - run.metrics["training-loss"]) < 1e-4


def cured(runs: Runs) -> bool:
    """With skip branches every depth learns the points trained on."""
    return all(run.metrics["error"] < 0.03 for run in runs.values())
