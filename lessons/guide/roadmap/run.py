"""Brings a patient to bed and judges what the tests have shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.model import Result
from lessons.labs.doctor import CURED, LARGE, Doctor

Runs = Mapping[str, Result]
FIRST_BRANCH = {"bias": "large", "optimization": "large"}  # the others train to a small error


def build(settings: Mapping[str, Any], seed: int) -> Doctor:
    return Doctor(settings, seed)


def branch(result: Result) -> str:
    """Whether the error of the first patient on its training data is small or large."""
    if result.settings["patient"] != "1" or "self" not in result.facts["found"]:
        return ""
    return "large" if result.facts["found"]["self"][0] > LARGE else "small"


def train_first(runs: Runs) -> bool:
    """The training error alone tells who is on the left branch: the patients with bias or bad optimization."""
    large = {name for name, run in runs.items() if run.facts["found"]["self"][0] > LARGE}
    return large == {"1", "3"}


def twin(runs: Runs) -> bool:
    """The patient fails on its own training data, and a shallower twin does not."""
    found = runs["twin"].facts["found"]
    return bool(found["self"][0] > LARGE and found["shallower"][0] < CURED)


def more_data(runs: Runs) -> bool:
    """More data cures the patient with few points, and does nothing for the one whose test is different."""
    few, shifted = (runs[name].facts["found"] for name in ("few", "shifted"))
    cured = few["self"][1] > LARGE and few["more"][1] < CURED
    return bool(cured and shifted["more"][1] > 0.8 * shifted["self"][1])


def right_cure(runs: Runs) -> bool:
    """In each patient the test aimed at its disease is also its cure."""
    for disease, run in runs.items():
        found = run.facts["found"]
        (test,) = set(found) - {"self"}
        which = 0 if disease in FIRST_BRANCH else 1
        if not (found["self"][which] > LARGE and found[test][which] < CURED):
            return False
    return True
