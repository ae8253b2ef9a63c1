"""Builds the pools and the whole net, and checks their claims."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.model import Model, Result
from lessons.labs import canvas, pools
from lessons.labs.race import Picture

Runs = Mapping[str, Result]


def build(settings: Mapping[str, Any], seed: int) -> Model:
    return pools.Pooling(settings, seed) if "kind" in settings else canvas.Whole(settings, seed)


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, Picture]:
    """Views over all arms of the race."""
    return pools.PICTURES if experiment == "pools" else {}


# Answers that the run gives


def on_fine(result: Result) -> str:
    """Max pooling of 2×2 on the fine task, beside the net without; alone, beside the 95 % of that net."""
    if result.settings["size"] != 2 or result.settings["task"] != "fine":
        return ""
    arms = result.facts.get("arms") or {result.settings["kind"]: result.facts}
    if "max" not in arms:
        return ""
    without = arms["none"]["accuracy"] if "none" in arms else 0.95
    gain = arms["max"]["accuracy"] - without
    return "better" if gain > 0.03 else "worse" if gain < -0.03 else "same"


def who_needs_less(result: Result) -> str:
    """The lecture's net against the 13,258 parameters of a fully connected one."""
    if result.settings["stack"] != "lecture" or any(result.settings["layers"]):
        return ""
    return "fewer" if result.facts["parameters"] < 13_258 else "more"


# Claims


def coarse_gains(runs: Runs) -> bool:
    """With a quarter of the numbers the pooled net is at least as good."""
    none, pooled = runs["none"].facts, runs["max"].facts
    return 4 * pooled["numbers"] == none["numbers"] and pooled["accuracy"] >= none["accuracy"]


def fine_loses(runs: Runs) -> bool:
    return runs["none"].facts["accuracy"] >= runs["max"].facts["accuracy"] + 0.08


def lecture_maps(runs: Runs) -> bool:
    return runs["pool"].facts["maps"] == [[[3, 0], [3, 1]], [[-1, 1], [0, 3]]]


def lean(runs: Runs) -> bool:
    """Fewer than a fifth of the parameters, and no worse by more than half a per cent."""
    full, lecture = runs["full"].facts, runs["lecture"].facts
    fewer = 5 * lecture["parameters"] < full["parameters"]
    return fewer and lecture["accuracy"] >= full["accuracy"] - 0.005


def reads_a_seven(runs: Runs) -> bool:
    return runs["net"].facts["drawn"] == 7
