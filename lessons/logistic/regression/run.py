"""Builds logistic regression on Pokémon, its twin race with a line, and the unit in its corner; checks the claims."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from engine.model import Result
from lessons.labs import corner as corners
from lessons.labs import twins
from lessons.labs.likelihood import Likelihood

Runs = Mapping[str, Result]


def own(experiment: str, settings: Mapping[str, Any]) -> Mapping[str, Callable]:
    return {"updates": twins.PICTURES, "corner": corners.PICTURES}.get(experiment, {})


# The most likely border


def likelihood(settings: Mapping[str, Any], seed: int) -> Likelihood:
    return Likelihood(settings, seed)


def doubled(result: Result) -> str:
    """What becomes of the likelihood when the w and b that descent found are doubled."""
    if result.settings["data"] != "pokemon" or result.phase != "done" or result.settings["loss"] == "mse":
        return ""
    now, twice = result.metrics["surprise"], result.facts["doubled"]
    return "same" if abs(twice - now) < 0.01 else "lower" if twice > now else "higher"


def turns(runs: Runs) -> bool:
    """The border turns by 60° and more while the cross-entropy falls by a fifth."""
    facts = runs["run"].facts
    return facts["turned"] > 60 and runs["run"].metrics["surprise"] < 0.8 * facts["first"]


def likeliest(runs: Runs) -> bool:
    """The likelihood ends within one per cent of the greatest that there is."""
    facts = runs["run"].facts
    return runs["run"].metrics["surprise"] - facts["least"] < 0.01


def same_thing(runs: Runs) -> bool:
    """−ln of the product of the chances is the sum of the losses."""
    facts = runs["run"].facts
    return abs(facts["surprise"] - facts["total"]) < 1e-9


def no_best(runs: Runs) -> bool:
    """w grows by a tenth and more in the second half of the run."""
    return runs["run"].facts["grown"] > 1.1


# Two regressions, one update


def updates(settings: Mapping[str, Any], seed: int) -> twins.Twin:
    return twins.Twin(settings, seed)


def pushed(result: Result) -> str:
    """Which way the line's update pushes its f for Cloyster at the end."""
    linear = result.facts.get("arms", {}).get("linear", result.facts)
    if (
        result.phase != "done"
        or "miss" not in linear
        or (not result.tape.arms and result.settings["model"] != "linear")
    ):
        return ""
    miss = linear["miss"]
    return "stays" if abs(miss) < 0.02 else "up" if miss > 0 else "down"


def same_form(runs: Runs) -> bool:
    """At the start the engine's slopes are the means of −(ŷ − f)·x and −(ŷ − f), in both models."""
    return all(np.allclose(run.facts["slopes"], run.facts["by-hand"], atol=1e-12) for run in runs.values())


def outputs(runs: Runs) -> bool:
    """The logistic f stays between 0 and 1, the line's goes above."""
    logistic, linear = runs["logistic"].metrics, runs["linear"].metrics
    return 0 < logistic["least-f"] < logistic["most-f"] < 1 < linear["most-f"]


def steady(runs: Runs) -> bool:
    """One far Pokémon moves the line's border by over 10 points of Defense, the logistic one by less than 1."""
    moved = {name: abs(runs[name].metrics["border"] - runs[f"{name}-far"].metrics["border"])
             for name in ("logistic", "linear")}  # fmt: skip
    return moved["logistic"] < 1 and moved["linear"] > 10


# The corner


def corner(settings: Mapping[str, Any], seed: int) -> corners.Corner:
    return (corners.One if settings["data"] == "one" else corners.Many)(settings, seed)


def who_arrives(result: Result) -> str:
    """How far the square error gets in 100 updates from z = −10."""
    arms = result.facts.get("arms", {})
    facts = arms.get("mse", result.facts)
    usual = {"data": "one", "z": -10, "label": "1", "updates": "100"}
    if result.phase != "done" or any(result.settings[name] != value for name, value in usual.items()):
        return ""
    if not arms and result.settings["loss"] != "mse":
        return ""
    return "both" if facts["arrived"] >= 0 else "half" if facts["moved"] > 1 else "ce-only"


def slopes(runs: Runs) -> bool:
    """Far on the wrong side, cross-entropy has nearly the full slope, square error a ten-thousandth of it."""
    ce, se = (abs(runs[name].facts["slope"]) for name in ("cross-entropy", "mse"))
    return round(ce, 5) == 0.99995 and round(se, 6) == 9.1e-5


def arrives(runs: Runs) -> bool:
    """Cross-entropy is there within 30 updates; in 100 square error moves less than a fiftieth."""
    ce, se = runs["cross-entropy"].facts, runs["mse"].facts
    return 0 <= ce["arrived"] < 30 and se["arrived"] < 0 and se["moved"] < 0.02


def real(runs: Runs) -> bool:
    """On the Pokémon, cross-entropy gets out of the corner within 100 updates, square error does not."""
    return runs["cross-entropy"].facts["arrived"] >= 0 and runs["mse"].facts["arrived"] < 0
