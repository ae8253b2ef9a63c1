"""Bayes beside the sigmoid, and the checks of what the derivation says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from engine.model import Result
from lessons.labs.posterior import STAGES, Posterior

Runs = Mapping[str, Result]

CLOSE = 1e-12
W, B = (0.0256, 0.0060), -1.805  # of the shared covariance and the priors of the data


class Steps(Posterior):
    """With an action that goes on to the next line of the derivation."""

    def act(self, action: str) -> Mapping[str, Any]:
        return {"stage": (self.settings["stage"] + 1) % len(STAGES)}


def build(settings: Mapping[str, Any], seed: int) -> Steps:
    return Steps(settings, seed)


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, Callable]:
    return {}


def how_far(result: Result) -> str:
    """How far Bayes and the sigmoid are apart once the covariance is shared, over all Pokémon and the place."""
    gap = Posterior({**result.settings, "blend": 1.0}, result.seed).facts()["gap"]
    return "rounding" if gap < CLOSE else "small" if gap < 0.02 else "depends"


def collapse(runs: Runs) -> bool:
    """At every Pokémon and at the place both ways give the same."""
    return runs["run"].facts["gap"] < CLOSE


def cancels(runs: Runs) -> bool:
    """The quadratic terms add up to nothing."""
    return abs(runs["run"].facts["square"]) < CLOSE


def as_by_the_formula(runs: Runs) -> bool:
    facts = runs["run"].facts
    return tuple(np.round(facts["w"], 4)) == W and round(facts["b"], 3) == B


def moves_only_b(runs: Runs) -> bool:
    """Another prior leaves w and shifts b by the difference of ln P₁/P₂."""
    usual, rare = (runs[name] for name in ("usual", "rare"))
    shift = rare.facts["b"] - usual.facts["b"]
    logit = lambda run: np.log(run.settings["prior"] / (1 - run.settings["prior"]))
    same = np.abs(np.subtract(usual.facts["w"], rare.facts["w"])).max() < CLOSE
    return bool(same and shift < -1 and abs(shift - (logit(rare) - logit(usual))) < CLOSE)
