"""Builds three classes under two heads, and XOR by regressions in a row; checks the claims."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from engine.model import Result
from lessons.labs import regions as heads
from lessons.labs.cascade import NETS, Cascade

Runs = Mapping[str, Result]

SLIDE = (
    (0.27, 0.27),
    (0.73, 0.05),
    (0.05, 0.73),
    (0.27, 0.27),
)  # the lecture's features, of (0,0), (0,1), (1,0), (1,1)


def own(experiment: str, settings: Mapping[str, Any]) -> Mapping[str, Callable]:
    return heads.PICTURES if experiment == "regions" else {}


# Three classes


def regions(settings: Mapping[str, Any], seed: int) -> heads.Regions:
    return heads.Regions(settings, seed)


def borders(result: Result) -> str:
    """Whether every region of the softmax is bounded by straight lines."""
    softmax = result.facts.get("arms", {}).get("softmax", result.facts)
    if result.phase != "done" or (not result.tape.arms and result.settings["head"] != "softmax"):
        return ""
    return "curved" if softmax["bent"] > 0 else "straight"


def straight(runs: Runs) -> bool:
    """No chord of a region leaves it."""
    return runs["run"].facts["bent"] == 0


def sums_to_one(runs: Runs) -> bool:
    low, high = runs["run"].facts["sums"]
    return abs(low - 1) < 1e-9 and abs(high - 1) < 1e-9


def two_say_yes(runs: Runs) -> bool:
    """On a fifth of the picture and more, two of the three sigmoids say yes; of softmax's shares never two."""
    return runs["one-vs-rest"].facts["two"] > 0.2 and runs["softmax"].facts["two"] == 0


def middle(runs: Runs) -> bool:
    """Of three clouds in a row the middle one's sigmoid says yes to none of its own, softmax to nine of ten."""
    return runs["one-vs-rest"].facts["sure"][1] < 0.1 and runs["softmax"].facts["sure"][1] > 0.9


# XOR


def cascade(settings: Mapping[str, Any], seed: int) -> Cascade:
    return Cascade(settings, seed)


def most_of_four(result: Result) -> str:
    """How many of the four points a straight line had right at most, of all nets at any time."""
    if result.phase != "done" or result.settings["features"] != "plain":
        return ""
    return {2: "two", 3: "three", 4: "four"}.get(result.facts["most"], "")


def solved(runs: Runs) -> float:
    """The share of nets with all four points right."""
    return runs["run"].facts["counts"][4] / NETS


def three_of_four(runs: Runs) -> bool:
    """No net had more than three right at any time, and in the end all say one half."""
    facts = runs["run"].facts
    return facts["most"] == 3 and facts["unsure"] < 0.01


def all_solved(runs: Runs) -> bool:
    return solved(runs) == 1


def as_in_the_lecture(runs: Runs) -> bool:
    """The features are the slide's, and a line divides them."""
    found = np.round(np.reshape(runs["run"].facts["features"], (4, 2)), 2)
    return bool(np.array_equal(found, SLIDE)) and solved(runs) == 1


def most_solved(runs: Runs) -> bool:
    return solved(runs) > 0.5


def nearly_all_solved(runs: Runs) -> bool:
    return solved(runs) > 0.95
