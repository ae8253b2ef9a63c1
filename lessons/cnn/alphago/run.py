"""Builds the players and the listeners, and checks their claims."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.model import Model, Result
from lessons.labs import board
from lessons.labs.race import Picture

Runs = Mapping[str, Result]


def build(settings: Mapping[str, Any], seed: int) -> Model:
    return board.Sound(settings, seed) if "field" in settings else board.Go(settings, seed)


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, Picture]:
    """Views over all arms of the race."""
    return board.HEARINGS if experiment == "sound" else board.PICTURES


# Answers that the run gives


def best(result: Result, key: str, least: float) -> str:
    """The arm with the best accuracy on fresh examples, if that is at least `least`."""
    arms = result.facts.get("arms") or {result.settings[key]: result.facts}
    first = max(arms, key=lambda name: arms[name]["accuracy"])
    return first if arms[first]["accuracy"] >= least else ""


def best_player(result: Result) -> str:
    return best(result, "net", 0.85)


def best_field(result: Result) -> str:
    return best(result, "field", 0.9) if result.settings["noise"] == 0.6 else ""


# Claims


def pooling_loses(runs: Runs) -> bool:
    """The same net with a pool finds fewer captures by a quarter of all boards."""
    return runs["without"].facts["accuracy"] >= runs["pooled"].facts["accuracy"] + 0.25


def follows(runs: Runs) -> bool:
    """Wherever the motif stands, convolution finds its move; the fully connected net in under half the places."""
    return runs["plain"].facts["follows"] >= 0.85 and runs["full"].facts["follows"] <= 0.5


def shape_fits(runs: Runs) -> bool:
    """Fields of all frequencies hear the sweep; fields of all time do little better than a coin."""
    return runs["tall"].facts["accuracy"] >= 0.9 and runs["wide"].facts["accuracy"] <= 0.65
