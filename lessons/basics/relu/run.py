"""Forecasts of a day from the 56 before it, by a line or one layer of ReLUs, and the learner's drawing pad."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.model import Result
from lessons.labs import relus
from lessons.labs.series import Forecast, against_line, errors, table

__all__ = ["against_line"]
Runs = Mapping[str, Result]
DAYS, BATCH = 56, 32
# The lecture's errors in thousands of views: (trained on, unseen).
LECTURE = {"linear": (0.32, 0.46), "10": (0.32, 0.45), "100": (0.28, 0.43), "1000": (0.27, 0.43)}
PLACES = {"linear": 1, "10": 10, "100": 100, "1000": 1000}


class Wide(Forecast):
    """One layer of `width` ReLUs, or none."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        widths = () if settings["width"] == "linear" else (int(settings["width"]),)
        super().__init__(settings, seed, DAYS, widths, optimizer="adam", batch=BATCH)

    def pad(self, past: Sequence[Result]):
        return relus.pad(self.settings["pad"])

    def facts(self) -> Mapping[str, Any]:
        return {**super().facts(), "relus": len(relus.split(self.settings["pad"])[0])}

    def look(self, view: str, past: Sequence[Result]) -> Any:
        """A run by itself is a sweep of one arm."""
        width = self.settings["width"]
        over_all = own("width", self.settings).get(view)
        return over_all({width: self}, width, past) if over_all else super().look(view, past)


def build(settings: Mapping[str, Any], seed: int) -> Wide:
    return Wide(settings, seed)


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, Callable]:
    """Views over all arms; what the pad shows has no part in them, so earlier runs fill what is not trained yet."""
    free = ("pad", "width")

    def alike(arms, past):
        seed = next(model.seed for model in arms.values() if model is not None)
        fits = lambda ghost: all(ghost.settings[k] == v for k, v in settings.items() if k not in free)
        return [ghost for ghost in past if ghost.phase == "done" and ghost.seed == seed and fits(ghost)]

    return {
        "table": lambda arms, chosen, past: table(arms, chosen, alike(arms, past), "relus", LECTURE),
        "errors": lambda arms, chosen, past: errors(
            arms, PLACES, LECTURE, alike(arms, past), "axis.relus", log=True
        ),
    }


def two_relus(runs: Runs) -> bool:
    """The curve on the pad is the sum of just two ReLUs."""
    return runs["pad"].facts["relus"] == 2


def more_lower(runs: Runs) -> bool:
    """On the days trained on, 10 ReLUs are about the line, 100 clearly lower, 1000 lower still."""
    line, ten, hundred, thousand = (runs[name].metrics["train"] for name in PLACES)
    return abs(ten - line) < 0.04 and hundred < min(line, ten) - 0.03 and thousand < hundred - 0.03


def unseen_not(runs: Runs) -> bool:
    """With 1000 ReLUs the error trained on is less than 0.6 of the line's, and the unseen one no lower."""
    line, wide = (runs[name].metrics for name in ("linear", "1000"))
    return wide["train"] < 0.6 * line["train"] and wide["unseen"] > line["unseen"]
