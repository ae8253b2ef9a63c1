"""Pokémon to look at, two methods on far points, boxes of balls, and the checks of their claims."""

from __future__ import annotations

from collections.abc import Mapping

from engine.model import Result
from lessons.labs.boxes import Boxes
from lessons.labs.dex import LECTURE, Dex
from lessons.labs.rivals import Rivals

__all__ = ["Boxes", "Dex", "Rivals"]

Runs = Mapping[str, Result]

SLIDE = {"water": 0.56, "normal": 0.44}  # the lecture's priors
BLUE_FROM_ONE = 0.8  # the lecture's chance that a blue ball is of box 1


# Pokémon


def independent(result: Result) -> str:
    """How many of the numbers tell something that the others do not."""
    if result.settings["features"] != "7":
        return ""
    return {7: "seven", 6: "six", 1: "one"}.get(result.facts["rank"], "")


def counts(runs: Runs) -> bool:
    """Of the numbers that train, as many of each type as in the lecture."""
    return [train for train, _ in runs["run"].facts["counts"]] == list(LECTURE.values())


def prior(runs: Runs) -> bool:
    """The shares of the types, to two decimals."""
    train = [train for train, _ in runs["run"].facts["counts"]]
    return [round(n / sum(train), 2) for n in train] == list(SLIDE.values())


def dependent(runs: Runs) -> bool:
    """One of the numbers follows from the others."""
    facts = runs["run"].facts
    return facts["rank"] == facts["count"] - 1


# Far points


def who_swings(result: Result) -> str:
    """Whose line calls some points wrongly once fifteen points stand far on the right side."""
    more = Rivals({"count": 15, "far": (8.0, -6.0)}, result.seed).facts()["wrong"]
    wrong = [name for name, count in more.items() if count]
    return {1: wrong[0], 2: "both"}.get(len(wrong), "neither") if wrong else "neither"


def swings(runs: Runs) -> bool:
    """Least squares calls some wrongly, logistic regression none, and every far point is on the right side."""
    facts = runs["run"].facts
    return facts["wrong"]["squares"] >= 3 and facts["wrong"]["logistic"] == 0 and facts["far-right"]


def burden(runs: Runs) -> bool:
    """Fifteen points, all right, make up over nine tenths of the square loss of all."""
    return runs["run"].facts["burden"] > 0.9 and runs["run"].facts["far-right"]


def steady(runs: Runs) -> bool:
    """Logistic regression calls every point rightly."""
    return runs["run"].facts["wrong"]["logistic"] == 0


# Boxes


def chance_of_box_one(result: Result) -> str:
    """The chance that a blue ball is of box 1, by Bayes, with the lecture's boxes."""
    return f"{result.facts['posterior']:.2f}"


def frequency(runs: Runs) -> bool:
    """The counted share is within three hundredths of the lecture's chance."""
    return abs(runs["run"].facts["frequency"] - BLUE_FROM_ONE) < 0.03


def accident(runs: Runs) -> bool:
    """The chance of the box given the colour is another number than that of the colour given the box."""
    run = runs["run"]
    return abs(run.facts["posterior"] - run.settings["blue1"]) > 0.1


def water(runs: Runs) -> bool:
    """By Bayes, what counting gives: 53 of the 74 with a defense of 65 and more."""
    return abs(runs["run"].facts["posterior"] - 53 / 74) < 1e-12
