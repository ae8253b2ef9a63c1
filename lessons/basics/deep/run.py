"""Forecasts by one to five layers, and a line folded again and again that two networks try to learn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.model import Result
from lessons.labs.relus import Folding, fits
from lessons.labs.series import Forecast, against_line, errors, table

__all__ = ["against_line"]
Runs = Mapping[str, Result]
DAYS, WIDTH, BATCH = 56, 100, 32
HALFWAY = 0.02  # between the losses that the deep and the fat network reach
# The lecture's errors in thousands of views: (trained on, unseen); of five layers it tells only the first.
LECTURE = {"1": (0.28, 0.43), "2": (0.18, 0.39), "3": (0.14, 0.38), "4": (0.10, 0.44), "5": (0.34, None)}
PLACES = {depth: int(depth) for depth in LECTURE}


class Layers(Forecast):
    """`depth` layers of 100 ReLUs."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        widths = (WIDTH,) * int(settings["depth"])
        super().__init__(settings, seed, DAYS, widths, optimizer="adam", batch=BATCH)

    def look(self, view: str, past: Sequence[Result]) -> Any:
        """A run by itself is a sweep of one arm."""
        depth = self.settings["depth"]
        over_all = own("depth", self.settings).get(view)
        return over_all({depth: self}, depth, past) if over_all else super().look(view, past)


class Folds(Folding):
    def look(self, view: str, past: Sequence[Result]) -> Any:
        arm = self.settings["arm"]
        return fits({arm: self}, arm, past) if view == "fits" else super().look(view, past)


def build(settings: Mapping[str, Any], seed: int) -> Layers | Folds:
    return Layers(settings, seed) if "depth" in settings else Folds(settings, seed)


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, Callable]:
    """Views over all arms."""
    if experiment == "fold":
        return {"fits": fits}
    return {
        "table": lambda arms, chosen, past: table(arms, chosen, (), "layers", LECTURE),
        "errors": lambda arms, chosen, past: errors(arms, PLACES, LECTURE, (), "axis.layers"),
    }


def winner(result: Result) -> str:
    """Which shape comes nearer, told from one of the two by the loss halfway between them."""
    if result.settings["folds"] != 4 or result.phase != "done":
        return ""
    near = result.metrics["training-loss"] < HALFWAY
    return "deep" if near == (result.settings["arm"] == "deep") else "same"


def deeper_lower(runs: Runs) -> bool:
    """Every layer more lowers the error trained on, by a thousandth at least."""
    found = [runs[name].metrics["train"] for name in sorted(runs)]
    return all(later < earlier - 0.001 for earlier, later in zip(found, found[1:], strict=False))


def unseen_not(runs: Runs) -> bool:
    """The error trained on more than halves, and no depth is better than one layer on unseen days by 0.02."""
    one, *more = (runs[name].metrics for name in sorted(runs))
    halves = more[-1]["train"] < 0.5 * one["train"]
    return bool(halves and min(found["unseen"] for found in more) > one["unseen"] - 0.02)


def deep_wins(runs: Runs) -> bool:
    """With as many parameters the deep network's loss is less than three quarters of the fat one's."""
    deep, fat = (runs[name].metrics["training-loss"] for name in ("deep", "fat"))
    return deep < 0.75 * fat


def doubles(runs: Runs) -> bool:
    """K layers of two ReLUs make 2^K straight pieces."""
    return all(run.facts["pieces"] == 2 ** int(name) for name, run in runs.items())
