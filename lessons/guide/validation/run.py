"""Choosing among many models: by luck on a public set, by one split, by N folds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from engine.model import Result
from lessons.labs.judges import Choosing, Lottery
from lessons.labs.sweeps import Arms, ordered, table
from lessons.views import Bars, Table


def choosing(settings: Mapping[str, Any], seed: int) -> Lottery | Choosing:
    return (Leaders if settings["task"] == "lottery" else Choosing)(settings, seed)


class Leaders(Lottery):
    """A lottery, which shows the pictures of all sizes with itself alone where there is no sweep."""

    def look(self, view: str, past: Sequence[Result]) -> Any:
        if view == "plane":
            return super().look(view, past)
        return own("choosing", self.settings)[view]({str(self.points): self}, str(self.points), past)


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, Callable]:
    """Views over all sizes of the public set, or of the data that choose a degree."""
    if settings["task"] == "lottery":
        return {"table": leaders, "bars": falls}
    return {"bars": choices}


def leaders(arms: Arms, chosen: str, past: Sequence[Result]) -> Table:
    """The leader's public and private score by the size of the public set."""

    def row(name: str, model: Lottery | None) -> tuple:
        if model is None or not model.leads:
            return (int(name), None, None, None, None)
        public, private = model.scores()
        return (int(name), model.models * model.step // model.limit, public, private, public - private)

    return table(arms, chosen, ("points", "tried", "public", "private", "fall"), row, bar=4)


def sizes(arms: Arms) -> list[str]:
    return [name for name in ordered(arms) if arms[name] is not None]


def falls(arms: Arms, chosen: str, past: Sequence[Result]) -> Bars:
    """Public score of each leader, beside it the private one."""
    names = sizes(arms)
    scores = np.array([arms[name].scores() for name in names]).reshape(-1, 2)
    labels = tuple(f"=n = {name}" for name in names)
    words = {"word": "series.public", "beside_word": "series.private"}
    return Bars(labels=labels, values=scores[:, 0], beside=scores[:, 1], **words)


def choices(arms: Arms, chosen: str, past: Sequence[Result]) -> Bars:
    """How often N folds choose the best degree, in per cent, beside it one split."""
    names = sizes(arms)
    shares = 100 * np.array([arms[name].right() for name in names]).reshape(-1, 2)
    labels = tuple(f"=n = {name}" for name in names)
    words = {"word": "judge.folds", "beside_word": "judge.split"}
    return Bars(labels=labels, values=shares[:, 1], beside=shares[:, 0], **words)


def winner_falls(runs: Mapping[str, Result]) -> bool:
    """The winner loses more than 0.2 from the public to the private set, where it is at chance."""
    found = runs["one"].metrics
    return found["public"] - found["private"] > 0.2 and abs(found["private"] - 0.5) < 0.05


def luck_grows(runs: Mapping[str, Result]) -> bool:
    few, many = (runs[name].metrics["public"] for name in ("few", "many"))
    return many > few


def larger_set(runs: Mapping[str, Result]) -> bool:
    """On ten times as many public examples the fall is less than half."""
    small, large = (
        runs[name].metrics["public"] - runs[name].metrics["private"] for name in ("small", "large")
    )
    return large < 0.5 * small


def folds_choose_better(runs: Mapping[str, Result]) -> bool:
    """The chosen degree is the best one more often than with a single split."""
    run = runs["one"]
    return run.metrics["right"] > run.facts["split"] + 0.03


def public_score(result: Result) -> str:
    """The best public score of 10,000 coin-flippers on 50 examples."""
    wanted = {"task": "lottery", "points": "50", "models": 10000}
    if any(result.settings[name] != value for name, value in wanted.items()):
        return ""
    found = result.metrics["public"]
    return "seventy" if found > 0.7 else "sixty" if found > 0.6 else "half"
