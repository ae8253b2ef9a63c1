"""Covariances blended into one, laws side by side, and the checks of their claims."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from engine.model import Result
from lessons.labs.laws import Laws, law_fit
from lessons.labs.odds import Blended

Runs = Mapping[str, Result]

LECTURE = ([[697, 271], [271, 765]], (0.0256, 0.0060), -1.805)  # Σ, w and b


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, Callable]:
    return {}


# A covariance for both


def blend(settings: Mapping[str, Any], seed: int) -> Blended:
    return Blended(settings, seed)


def border(result: Result) -> str:
    """The shape of the border once the covariance is shared."""
    shared = Blended({**result.settings, "blend": 1.0, "features": "2"}, result.seed)
    return "line" if shared.sag() < 1e-9 else "curve"


def straight(runs: Runs) -> bool:
    """z half-way between two places is the mean of theirs, to rounding."""
    return runs["run"].facts["sag"] < 1e-9


def as_in_the_lecture(runs: Runs) -> bool:
    """Σ to whole numbers, w to four decimals, b to three."""
    facts, (covariance, w, b) = runs["run"].facts, LECTURE
    found = np.round(facts["gaussians"][0][1]).tolist()
    return found == covariance and tuple(np.round(facts["w"], 4)) == w and round(facts["b"], 3) == b


def fewer(runs: Runs) -> bool:
    return (runs["own"].facts["parameters"], runs["shared"].facts["parameters"]) == (54, 33)


def jump(runs: Runs) -> bool:
    """The lecture's test rises by ten points and more."""
    return runs["shared"].metrics["test-accuracy"] >= runs["own"].metrics["test-accuracy"] + 0.1


def elsewhere(runs: Runs) -> bool:
    """On a hundred other cuts it rises by two points in the mean."""
    return runs["shared"].facts["others"] >= runs["own"].facts["others"] + 0.02


# Other laws


def laws(settings: Mapping[str, Any], seed: int) -> Laws:
    return Laws(settings, seed)


def cost(result: Result) -> str:
    """What independence does to the test with six features."""
    full, naive = (law_fit("6", law, 1.0).test for law in ("own", "diagonal"))
    return "costs" if naive < full - 0.05 else "gains" if naive > full + 0.05 else "nothing"


def _losses(runs: Runs, rate: Callable[[Result], float]) -> list[float]:
    pairs = (("own", "diagonal"), ("shared", "shared-diagonal"))
    return [rate(runs[full]) - rate(runs[naive]) for full, naive in pairs]


def naive_costs(runs: Runs) -> bool:
    """On the lecture's test both Gaussians lose five points and more without correlations."""
    return min(_losses(runs, lambda run: run.metrics["test-accuracy"])) >= 0.05


def naive_elsewhere(runs: Runs) -> bool:
    """On other cuts both lose a point and more in the mean, the shared one four."""
    own, shared = _losses(runs, lambda run: run.facts["others"])
    return own >= 0.01 and shared >= 0.04


def factors(runs: Runs) -> bool:
    """f(x) is the product of the densities of single features, to rounding."""
    return runs["run"].facts["factors"] < 1e-9


def sums_to_one(runs: Runs) -> bool:
    """All patterns of thirteen bits together have the probability 1."""
    return abs(runs["run"].facts["total"] - 1) < 1e-12


def ruled_out(runs: Runs) -> bool:
    """Four Pokémon of the test are certain not to be what they are."""
    chances = runs["run"].facts["strangers"]
    return len(chances) == 4 and not any(chances)
