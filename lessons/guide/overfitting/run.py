"""Too free a curve through too few points, and the degree that tests best."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from engine.model import Result
from lessons.labs.polynomials import FLOOR, Freestyle, Repeats
from lessons.labs.sweeps import Arms, ordered
from lessons.views import Curve, Dots, Line

BAND = (0.25, 0.75)  # of the data sets lie between
HIGHEST = 10.0  # errors above are drawn here


def freestyle(settings: Mapping[str, Any], seed: int) -> Freestyle:
    return Freestyle(settings, seed)


def degrees(settings: Mapping[str, Any], seed: int) -> Degree:
    return Degree(settings, seed)


class Degree(Repeats):
    """One degree, which shows the curve of all degrees with itself alone where there is no sweep."""

    def look(self, view: str, past: Sequence[Result]) -> Curve:
        return (
            u_curve({str(self.degree): self}, str(self.degree), past)
            if view == "u"
            else super().look(view, past)
        )


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, Callable]:
    """Views over all arms of a sweep."""
    return {"u": u_curve} if experiment == "degrees" else {}


def u_curve(arms: Arms, chosen: str, past: Sequence[Result]) -> Curve:
    """Median training and test error over the degree, the middle half of the test errors, and the best degree."""
    begun = {name: arms[name] for name in ordered(arms) if arms[name] is not None and arms[name].step}
    x = np.array([float(name) for name in begun])
    at = lambda column, share: np.clip(
        [model.quantile(column, share) for model in begun.values()], FLOOR, HIGHEST
    )  # fmt: skip
    test = at(1, 0.5)
    lines = [Line(word="series.middle-half", x=x, y=at(1, share), role="part", hue=1) for share in BAND]
    lines += [
        Line(word="series.trained", x=x, y=at(0, 0.5), role="sum", hue=0),
        Line(word="series.tested", x=x, y=test, role="sum", hue=1),
    ]
    best = slice(int(test.argmin()), int(test.argmin()) + 1) if len(x) else slice(0)
    dots = Dots(word="dot.best-degree", x=x[best], y=test[best], mark="best")
    limits = (1.0, 9.0, 1e-4, HIGHEST)
    return Curve(
        lines=tuple(lines), dots=(dots,), x="axis.degree", log_y=True, limits=limits, cursor=float(chosen)
    )


def errors(result: Result) -> tuple[float, float]:
    return result.metrics["training-loss"], result.metrics["test-loss"]


def overfits(runs: Mapping[str, Result]) -> bool:
    """No training error to speak of, and more than 0.1 off the true curve."""
    training, test = errors(runs["wild"])
    return training < 1e-4 and test > 0.1


def more_data(runs: Mapping[str, Result]) -> bool:
    return errors(runs["many"])[1] < 0.1 * errors(runs["few"])[1]


def constrained(runs: Mapping[str, Result]) -> bool:
    return errors(runs["two"])[1] < 0.1 * errors(runs["nine"])[1]


def bias(runs: Mapping[str, Result]) -> bool:
    """Bad on both: the line cannot bend."""
    training, test = errors(runs["line"])
    return training > 0.015 and test > 0.08


def penalty(runs: Mapping[str, Result]) -> bool:
    return errors(runs["held"])[1] < 0.5 * errors(runs["free"])[1]


def gap(result: Result) -> str:
    """How the polynomial of degree nine does on ten points; no answer for other settings."""
    wanted = {"model": "polynomial", "points": 10, "degree": 9, "l2": 0.0, "cure": "none"}
    if any(result.settings[name] != value for name, value in wanted.items()):
        return ""
    training, test = errors(result)
    if training > 1e-4:
        return "neither"
    return "both" if test < 0.02 else "only-train"


def medians(runs: Mapping[str, Result], tag: str, column: int) -> list[float]:
    return [errors(runs[f"{tag}{k}"])[column] for k in range(1, 10)]


def train_falls(runs: Mapping[str, Result]) -> bool:
    """On every single data set a higher degree trains no worse."""
    tables = np.array([runs[str(k)].facts["training"] for k in range(1, 10)])
    return bool((np.diff(tables, axis=0) < 1e-9).all())


def u_shape(runs: Mapping[str, Result]) -> bool:
    """The median test error is lowest in between, and more than five times as high at both ends."""
    test = medians(runs, "", 1)
    return 0 < int(np.argmin(test)) < 8 and min(test[0], test[-1]) > 5 * min(test)


def moves_right(runs: Mapping[str, Result]) -> bool:
    few, many = (int(np.argmin(medians(runs, tag, 1))) for tag in ("few-", "many-"))
    return many > few


def times(result: Result) -> str:
    """Test over training error at degree nine with twenty points."""
    if (result.settings["degree"], result.settings["points"], result.settings["curve"]) != ("9", 20, "hill"):
        return ""
    training, test = errors(result)
    return "ten" if test > 10 * training else "few" if test > 2 * training else "same"
