"""Builds the helpers and the grand prix, and checks their claims."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.model import Model, Result
from lessons.labs import helpers, race, standings

Runs = Mapping[str, Result]


def build(settings: Mapping[str, Any], seed: int) -> Model:
    if "helper" in settings:
        return helpers.Trio(settings, seed)
    if settings["track"] == "digits":
        return standings.OnDigits(settings, seed)
    return standings.OnSurface(settings, seed)


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, race.Picture]:
    """Views over all arms."""
    return helpers.PICTURES if experiment == "helpers" else standings.PICTURES


# Answers that the run gives


def shuffling(result: Result) -> str:
    """Whether a net fed class by class is far below the 79 % of the others."""
    if result.settings["helper"] != "no-shuffle" or result.settings["examples"] != 500:
        return ""
    return "much" if result.metrics["accuracy"] < 0.7 else "little"


def winner(result: Result) -> str:
    """The car that is first at the finish of the ellipse, every one at its own best rate."""
    return result.facts.get("winner", "") if result.settings["track"] == "ellipse" else ""


# Claims


def shuffle_matters(runs: Runs) -> bool:
    """Without shuffling a tenth fewer test digits are right."""
    return runs["with"].metrics["accuracy"] > runs["without"].metrics["accuracy"] + 0.1


def fine_tuning_helps(runs: Runs) -> bool:
    return runs["with"].metrics["accuracy"] > runs["without"].metrics["accuracy"] + 0.01


def momentum_pays(runs: Runs) -> bool:
    """At its best rate SGDM needs less than a third of the updates of SGD at its own."""
    return runs["sgdm"].facts["time"] < runs["sgd"].facts["time"] / 3


def no_universal(runs: Runs) -> bool:
    """Adagrad is first on one track, SGDM on the other."""
    time = {name: run.facts["time"] for name, run in runs.items()}
    return time["adagrad-here"] < time["sgdm-here"] and time["sgdm-there"] < time["adagrad-there"]


def adam_on_digits(runs: Runs) -> bool:
    adam, sgd = (runs[name].tape.column("loss")[-25:] for name in ("adam", "sgd"))
    return bool(np.mean(adam) < np.mean(sgd))
