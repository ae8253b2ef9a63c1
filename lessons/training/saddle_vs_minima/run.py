"""Builds the population and checks what is claimed about its shelves."""

from __future__ import annotations

from collections.abc import Mapping

from engine.model import Result
from lessons.labs.ratios import Ratios
from lessons.labs.shelves import Shelves

Runs = Mapping[str, Result]


def build(settings: Mapping[str, object], seed: int) -> Shelves | Ratios:
    return Ratios(settings, seed) if settings["data"] == "sinc" else Shelves(settings, seed)


def freed(result: Result) -> str:
    """How many of those at rest solve XOR after one step along their eigenvector."""
    put = {"escape": "eigen", "activation": "tanh", "data": "xor"}
    if not put.items() <= result.settings.items():
        return ""
    shares = {"tenth": 0.1, "quarter": 0.25, "half": 0.5, "all": 1.0}
    return min(shares, key=lambda name: abs(shares[name] - result.facts["all-freed"]))


def on_shelves(runs: Runs) -> bool:
    """98 of 100 nets lie on one of the four levels, a good many on two of them at least."""
    facts = runs["run"].facts
    return facts["between"] <= 0.02 * sum(facts["counts"]) and sorted(facts["counts"])[-2] > 100


def ways_down(runs: Runs) -> bool:
    """Most nets above zero rest on a saddle, and most of these bend down along no single weight."""
    facts = runs["run"].facts
    return facts["ways"] > 0.7 and facts["hidden"] > 0.75


def higher_more_ways(runs: Runs) -> bool:
    """The higher the loss, the fewer eigenvalues are not negative."""
    facts = runs["run"].facts
    zero, half, more, _ = facts["ratio"]
    return bool(facts["correlation"] < -0.5 and zero > half > more)


def escapes(runs: Runs) -> bool:
    """The step along the eigenvector frees 40 % at least, and three times as many as either other way."""
    eigen, random, wait = (runs[name].facts["all-freed"] for name in ("eigen", "random", "wait"))
    return eigen > 0.4 and eigen > 3 * max(random, wait)


def all_saddles(runs: Runs) -> bool:
    """At nine of ten points without slope the loss bends down somewhere, and higher ones have a lower ratio."""
    facts = runs["run"].facts
    return facts["points"] >= 10 and facts["ways"] >= 0.9 and facts["correlation"] < -0.5
