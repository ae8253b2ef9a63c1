"""Builds the three experiments of the lesson and checks their claims."""

from __future__ import annotations

from collections.abc import Mapping

from engine.model import Model, Result
from lessons.labs.ledger import LECTURE, Ledger
from lessons.labs.net import Digits, Points
from lessons.labs.population import Search

Runs = Mapping[str, Result]


def build(settings: Mapping[str, object], seed: int) -> Model:
    if "trials" in settings:
        return Search(settings, seed)
    if "direction" in settings:
        return Ledger(settings, seed)
    return Digits(settings, seed) if settings["data"] == "mnist" else Points(settings, seed)


# Hidden layers


def separable(result: Result) -> str:
    """How many examples a straight line in h puts right: the net's own output layer is such a line."""
    share = result.metrics["validation-accuracy"]
    return "yes" if share >= 0.95 else "nearly" if share >= 0.6 else "no"


def separates(runs: Runs) -> bool:
    """A linear classifier finds at most three quarters on the input and 99 % on h."""
    return all(run.facts["on-input"] <= 0.76 and run.facts["on-hidden"] >= 0.99 for run in runs.values())


def beats_pixels(runs: Runs) -> bool:
    hidden, pixels = (runs[name].facts["test-accuracy"] for name in ("hidden", "pixels"))
    return hidden >= 0.95 and hidden >= pixels + 0.02


# A search for a structure


def winner(result: Result) -> str:
    if result.metrics["tied"] >= 3:
        return "tie"
    return "biggest" if result.facts["best-is-biggest"] else "middle"


def ties(runs: Runs) -> bool:
    return runs["search"].metrics["tied"] >= 3


def small_is_enough(runs: Runs) -> bool:
    """Some net with a quarter of the biggest one's parameters validates within 1 % of the best."""
    return runs["search"].facts["enough"] <= runs["search"].facts["biggest"] / 4


def improves(runs: Runs) -> bool:
    """The mean validation accuracy of the second half of the trials is higher under evolution."""
    return runs["evolution"].facts["late"] > runs["random"].facts["late"]


# The ledger


def first_sign(result: Result) -> str:
    slope = result.facts["gradients"][0][0]
    return "positive" if slope > 0 else "negative" if slope < 0 else "zero"


def against(runs: Runs) -> bool:
    """Every change of every parameter has the sign opposite to its slope."""
    book = runs["ledger"].facts
    pairs = zip(book["values"][:-1], book["values"][1:], book["gradients"], strict=True)
    return all((new - old) * g < 0 for row in pairs for old, new, g in zip(*row, strict=True))


def adds_up(runs: Runs) -> bool:
    facts = runs["ledger"].facts
    return abs(facts["loss"] - sum(facts["costs"])) < 1e-9 * max(1, facts["loss"])


def as_in_the_lecture(runs: Runs) -> bool:
    values = runs["ledger"].facts["values"][:3]
    return [[round(v, 2) + 0.0 for v in row] for row in values] == [list(row) for row in LECTURE]
