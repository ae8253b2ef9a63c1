"""Gaussians by hand, the climb to the likeliest, the results, and the checks of their claims."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.model import Result
from lessons.labs.bells import Bells
from lessons.labs.fitting import LECTURE, Climb
from lessons.labs.suspects import Results

__all__ = ["Bells", "Climb", "Results"]

Runs = Mapping[str, Result]


# Gaussians by hand


def turtle(result: Result) -> str:
    """The likeliest Gaussian's density at the turtle, against that at Squirtle; no answer for other Gaussians."""
    if (result.settings["water"], result.settings["water-r"]) != ((75.0, 71.3), 0.363):
        return ""
    at = [Bells({**result.settings, "model": "gaussian", "who": k}, result.seed).density() for k in (0, 1)]
    return "zero" if at[0] == 0 else "less" if at[0] < at[1] else "more"


def unseen(runs: Runs) -> bool:
    """The turtle, at a place where none of the 79 stands, has a density."""
    return runs["run"].facts["density"] > 0


def tilts(runs: Runs) -> bool:
    """The long axis is along neither axis of the plane."""
    tilt = abs(runs["run"].facts["tilt"])
    return 1 < tilt < 89


def peak(runs: Runs) -> bool:
    """Elsewhere, the hill is exactly as high."""
    here, there = (runs[name].facts for name in ("here", "there"))
    return here["mean"] != there["mean"] and bool(np.isclose(here["peak"], there["peak"], rtol=1e-12))


# The climb


def culprit(result: Result) -> str:
    """Which mistake makes Normal's covariance that of the slide, to one unit; only a typo if none does."""
    facts = Climb({**result.settings, "type": "normal", "centre": "other"}, result.seed).facts()
    own, count = np.array(facts["own"]), facts["count"]
    made = {"minus-one": own * count / (count - 1), "other-mean": np.array(facts["covariance"])}
    return next((name for name, matrix in made.items() if as_on_slide(matrix, "normal")), "typo")


def as_on_slide(matrix: np.ndarray, kind: str) -> bool:
    """Whether a covariance is the slide's, each entry to less than one unit."""
    s11, s12, s22 = LECTURE[kind][2:5]
    return bool(np.abs(np.asarray(matrix) - [[s11, s12], [s12, s22]]).max() < 1)


def as_in_the_lecture(runs: Runs) -> bool:
    """Count, mean to one decimal and covariance are those of Water on the slide."""
    facts, told = runs["run"].facts, LECTURE["water"]
    mean = tuple(round(v, 1) for v in facts["mean"])
    rounded = [[round(v) for v in row] for row in facts["covariance"]]
    return (*mean, facts["count"]) == (*told[:2], told[5]) and rounded == [list(told[2:4]), list(told[3:5])]


def arrives(runs: Runs) -> bool:
    """The ascent ends within a tenth of a point of the mean."""
    facts = runs["run"].facts
    return float(np.linalg.norm(np.subtract(facts["end"], facts["mean"]))) < 0.1


def wrong_centre(runs: Runs) -> bool:
    """The covariance of Normal is the slide's."""
    return as_on_slide(runs["run"].facts["covariance"], "normal")


def difference(runs: Runs) -> bool:
    """What a wrong centre adds is (μ − c)(μ − c)ᵀ, and not nothing."""
    facts = runs["run"].facts
    added = np.subtract(facts["covariance"], facts["own"])
    gap = np.array(facts["gap"])
    return bool(np.allclose(added, np.outer(gap, gap), atol=1e-9) and added[0, 0] > 1)


def likelier(runs: Runs) -> bool:
    """The covariance around the own mean makes the points likelier."""
    return runs["own"].facts["best"] > runs["other"].facts["best"] + 1


# The results


def exam(result: Result) -> str:
    """About what share of the test two features call rightly; of others no answer."""
    if (result.settings["features"], result.settings["covariance"]) != ("2", "own"):
        return ""
    rate = result.facts["test"]
    return "half" if rate < 0.6 else "three-quarters" if rate < 0.82 else "nine-tenths"


def coin(runs: Runs) -> bool:
    """Hardly more of the test than a coin."""
    return runs["run"].facts["test"] < 0.55


def more_features(runs: Runs) -> bool:
    """Six features call a tenth more of the test rightly."""
    return runs["six"].facts["test"] > runs["two"].facts["test"] + 0.1


def singular(runs: Runs) -> bool:
    """The covariance has no inverse: its rank is one less than the seven features."""
    facts = runs["run"].facts
    return facts["singular"] and facts["rank"] == 6


def cured(runs: Runs) -> bool:
    """With a ridge, seven features do exactly as well as the six."""
    return runs["six"].facts["test"] == runs["seven"].facts["test"]


def noise(runs: Runs) -> bool:
    """Inverting all the same, the accuracies depend on the order of the columns."""
    return min(runs["run"].facts["orders"]) >= 3
