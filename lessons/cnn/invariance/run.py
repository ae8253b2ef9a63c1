"""Builds the nets on turned and scaled digits, and checks their claims."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.model import Model, Result
from lessons.labs import turning

Runs = Mapping[str, Result]
SIXTY, SMALL = turning.ANGLES.index(60), turning.ZOOMS.index(0.6)


def build(settings: Mapping[str, Any], seed: int) -> Model:
    return turning.Turned(settings, seed)


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Views over all arms of the sweep."""
    return turning.PICTURES


def at_sixty(result: Result) -> str:
    """What is left at 60° of a net that has only seen upright digits."""
    facts = result.facts.get("arms", {}).get("none")
    if facts is None:
        if result.settings["augment"] != "none":
            return ""
        facts = result.facts
    share = facts["angle"][SIXTY]
    return "as-before" if share > 0.8 else "half" if share > 0.35 else "guessing"


def breaks(runs: Runs) -> bool:
    """Upright nearly nine in ten and at 60° not three in ten."""
    turned = runs["net"].facts["angle"]
    return turned[0] >= 0.85 and turned[SIXTY] <= 0.3


def mends(runs: Runs) -> bool:
    """With turned copies half of all digits more are right at 60°."""
    return runs["copied"].facts["angle"][SIXTY] >= runs["plain"].facts["angle"][SIXTY] + 0.4


def mends_size(runs: Runs) -> bool:
    """With copies of other sizes more digits are right at six tenths of the size."""
    return runs["copied"].facts["zoom"][SMALL] >= runs["plain"].facts["zoom"][SMALL] + 0.1
