"""Builds the experiments on feature ranges and on deep nets, and checks their claims."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.model import Model, Result
from lessons.labs.deep import Deep
from lessons.labs.norms import Scales

Runs = Mapping[str, Result]


def build(settings: Mapping[str, Any], seed: int) -> Model:
    return Layers(settings, seed) if "norm" in settings else Scales(settings, seed)


class Layers(Deep):
    """Six sigmoid layers on three arms; one action switches the norm on where the run stands."""

    DEFAULTS = {**Deep.DEFAULTS, "arms": 3, "turns": 1.0, "examples": 300, "updates": 1500}

    def act(self, action: str) -> Mapping[str, Any]:
        """The same weights, with batch norm before each activation, or without it again."""
        return {"norm": "none" if self.settings["norm"] == "batch" else "batch"}


# Feature ranges


def steeper(result: Result) -> str:
    """Along which weight the loss curves more, as the features come."""
    if result.settings["features"] != "raw" or result.settings["ratio"] != 100:
        return ""
    first, second = result.facts["bends"]
    return "steep-w2" if second > 10 * first else "steep-w1" if first > 10 * second else "alike"


def steep_across(runs: Runs) -> bool:
    """A hundredfold range makes a slope ten thousand times as steep."""
    first, second = runs["line"].facts["bends"]
    return 8_000 < second / first < 12_500


def needle(runs: Runs) -> bool:
    facts = runs["line"].facts
    return facts["condition"] > 1e6 and facts["arrived"] < 0 and runs["line"].steps == 200_000


def two_steps(runs: Runs) -> bool:
    facts = runs["line"].facts
    return facts["condition"] < 1.5 and 0 < facts["arrived"] <= 3


def reach(result: Result) -> str:
    """How many values lie beyond ±1 once they are standardized."""
    share = result.facts["would-be-beyond"]
    return "inside" if share == 0 else "some-outside" if share < 0.2 else "half-outside"


def mean_and_sd(runs: Runs) -> bool:
    facts = runs["line"].facts
    return all(abs(m) < 1e-9 for m in facts["mean"]) and all(abs(s - 1) < 1e-9 for s in facts["sd"])


def beyond_one(runs: Runs) -> bool:
    """Between a third and half of the values, of both features together."""
    facts = runs["line"].facts
    return 1 / 3 < facts["beyond"] < 1 / 2 and max(facts["sd"]) < 2


def both_halves(runs: Runs) -> bool:
    """With half of the recipe it takes at least thirty times as many updates."""
    both, *halves = (runs[name].facts["arrived"] for name in ("both", "centred", "scaled"))
    return 0 < both <= 3 and all(half >= 30 * both for half in halves)


# Hidden layers


def faded(result: Result) -> str:
    """The gradient of the first layer's weights against that of the last hidden layer's."""
    if result.settings["norm"] != "none" or result.settings["depth"] < 2:
        return ""
    return fading(result)


def fading(result: Result) -> str:
    share = result.facts["slopes"][0] / result.facts["slopes"][-1]
    return "tiny" if share < 0.01 else "half" if share < 0.7 else "same"


def dead(runs: Runs) -> bool:
    """The loss stands at ln 3, and the first layer's gradient is under a hundredth of the last one's."""
    run = runs["net"]
    stuck = abs(run.metrics["loss"] - run.tape.column("chance")[0]) < 0.02
    return bool(stuck and fading(run) == "tiny")


def alive(runs: Runs) -> bool:
    return runs["net"].metrics["training-accuracy"] >= 0.95


def stays_wide(runs: Runs) -> bool:
    """In every layer a unit's z differs between examples by at least 0.3."""
    return min(runs["net"].facts["spreads"]) > 0.3


def either_place(runs: Runs) -> bool:
    accuracies = [run.metrics["training-accuracy"] for run in runs.values()]
    return min(accuracies) >= 0.9
