"""Schedules: the factor on the learning rate at update t, counted from 0, whatever happened before.

All are plain arithmetic in double, one update at a time, so that the same update has the same bits in any
chunk. Beyond their last update those with an end stay there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from engine.errors import EngineError


def constant(t: int) -> float:
    """1."""
    return 1.0


def inverse_sqrt(t: int) -> float:
    """1 / √(t + 1) (the lecture's decay)."""
    return 1 / math.sqrt(t + 1)


def exponential(t: int, gamma: float) -> float:
    """γᵗ."""
    return math.exp(min(t * math.log(gamma), 700.0))


def step(t: int, every: int, gamma: float) -> float:
    """γ to the number of whole `every` updates."""
    return exponential(int(t // every), gamma)


def warm_inverse_sqrt(t: int, warm: int) -> float:
    """Linear to 1 at update number `warm`, from there √(warm / (t + 1)) (Vaswani et al. 2017)."""
    return min((t + 1) / warm, math.sqrt(warm / (t + 1)))


def warm_constant(t: int, warm: int) -> float:
    """Linear to 1 at update number `warm`, then 1 (Goyal et al. 2017)."""
    return min((t + 1) / warm, 1.0)


def anneal(start: float, end: float, share: float) -> float:
    """Half a cosine from start (share 0) to end (share 1)."""
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2


def cosine(t: int, updates: int, low: float) -> float:
    """Half a cosine from 1 to `low` (Loshchilov and Hutter 2017, without restarts)."""
    return anneal(1.0, low, min(t / updates, 1.0))


def restarts(t: int, first: int, growth: float, low: float) -> float:
    """SGDR: half a cosine after the other, each `growth` ≥ 1 times as long (Loshchilov and Hutter 2017)."""
    if growth <= 1:
        return anneal(1.0, low, t % first / first)
    while t >= first:
        t, first = t - first, first * growth
    return anneal(1.0, low, t / first)


def triangular(t: int, up: int, down: int | None, low: float) -> float:
    """Straight from `low` to 1 in `up` updates, back in `down` (as many), and again (Smith 2017)."""
    down = up if down is None else down
    t %= up + down
    return low + (1 - low) * (t / up if t <= up else (up + down - t) / down)


def one_cycle(t: int, updates: int, rise: float, start: float, end: float) -> float:
    """Up from `start` to 1 in the share `rise` of the updates, then down to `end`, both half a cosine (Smith and
    Topin 2018, as in PyTorch)."""
    peak, last = rise * updates - 1, updates - 1
    if t <= peak:
        return anneal(start, 1.0, t / peak if peak > 0 else 1.0)
    return anneal(1.0, end, (min(t, last) - peak) / (last - peak) if last > peak else 1.0)


def drawn(t: int, updates: int, heights: Sequence[float]) -> float:
    """Straight lines through `heights`, spread evenly over the updates."""
    place = min(t / updates, 1.0) * (len(heights) - 1)
    left = min(int(place), max(0, len(heights) - 2))
    right = min(left + 1, len(heights) - 1)
    return heights[left] + (heights[right] - heights[left]) * (place - left)


def range_test(t: int, updates: int, ratio: float) -> float:
    """From 1 to `ratio`, by the same factor each update (the learning-rate range test, Smith 2017)."""
    return ratio ** min(t / updates, 1.0)


class Schedule(NamedTuple):
    """A function of t, with its settings as they are unless given."""

    factor: Callable[..., float]
    defaults: Mapping[str, Any] = {}


SCHEDULES = {
    "constant": Schedule(constant),
    "inverse-sqrt": Schedule(inverse_sqrt),
    "exponential": Schedule(exponential, {"gamma": 0.999}),
    "step": Schedule(step, {"every": 1000, "gamma": 0.1}),
    "warm-up-inverse-sqrt": Schedule(warm_inverse_sqrt, {"warm": 4000}),
    "warm-up": Schedule(warm_constant, {"warm": 400}),
    "cosine": Schedule(cosine, {"updates": 1000, "low": 0.0}),
    "sgdr": Schedule(restarts, {"first": 300, "growth": 1, "low": 0.0}),
    "triangular": Schedule(triangular, {"up": 300, "down": None, "low": 0.1}),
    "one-cycle": Schedule(one_cycle, {"updates": 1000, "rise": 0.3, "start": 0.04, "end": 4e-6}),
    "drawn": Schedule(drawn, {"updates": 1000, "heights": (1.0,)}),
    "range-test": Schedule(range_test, {"updates": 400, "ratio": 1e6}),
}
POSITIVE = ("gamma", "every", "warm", "updates", "first", "growth", "up", "down", "ratio")


def complete(schedule) -> tuple[str, dict[str, Any]] | None:
    """A schedule as (name, all settings) from None, a name, or (name, some settings).

    EngineError unknown-schedule, unknown-schedule-setting, not-positive.
    """
    if schedule is None:
        return None
    name, given = (schedule, {}) if isinstance(schedule, str) else schedule
    if name not in SCHEDULES:
        raise EngineError("unknown-schedule", schedule=name, known=", ".join(SCHEDULES))
    defaults = SCHEDULES[name].defaults
    for setting, value in given.items():
        if setting not in defaults:
            known = ", ".join(defaults) or "–"
            raise EngineError("unknown-schedule-setting", schedule=name, setting=setting, known=known)
        if setting in POSITIVE and value is not None and not value > 0:
            raise EngineError("not-positive", name=setting, value=value)
    settings = {**defaults, **given}
    if name == "drawn":
        settings["heights"] = [float(height) for height in settings["heights"]]
        if not settings["heights"]:
            raise EngineError("not-positive", name="heights", value=0)
    return name, settings


def factors(schedule, start: int, count: int) -> list[float]:
    """The factors of updates start … start + count - 1; `schedule` as `complete` returns it."""
    if schedule is None:
        return [1.0] * count
    name, settings = schedule
    rule = SCHEDULES[name].factor
    return [rule(t, **settings) for t in range(start, start + count)]
