"""Builds the experiments on batch norm and checks their claims."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from engine.model import Model, Result
from lessons.labs.batchnorm import Smooth, Testing, Tied
from lessons.labs.deep import Deep
from lessons.views import Curve, Line, Table

Runs = Mapping[str, Result]
LECTURE = {"plain": "=72.2% · 31.0M", "bn": "=72.2% · 13.3M", "bn-5": "=72.2% · 2.1M", "bn-25": "=×30: 74.8%"}
NEAR = 0.9  # accuracy at which an arm counts as having learned


def build(settings: Mapping[str, Any], seed: int) -> Model:
    if "guest" in settings:
        return Tied(settings, seed)
    if "sample" in settings:
        return Testing(settings, seed)
    return Smooth(settings, seed) if "cell" in settings else Arm(settings, seed)


class Arm(Deep):
    """One net of the race; it remembers when it first gave nine of ten examples their arm."""

    DEFAULTS = {**Deep.DEFAULTS, "optimizer": "momentum"}
    records = True

    def __init__(self, settings: Mapping[str, Any], seed: int):
        super().__init__(settings, seed)
        self.way: tuple[tuple[int, float], ...] = ()  # (update, training accuracy)
        self.record()

    def record(self) -> None:
        self.way = (*self.way, (self.step, self.training()["accuracy"]))

    def state(self) -> Sequence[Any]:
        return (*super().state(), self.way)

    def restore(self, state: Sequence[Any]) -> None:
        super().restore(state[:-1])
        self.way = state[-1]

    @property
    def reached(self) -> int:
        """When it first gave nine of ten examples their arm; −1: not yet."""
        return next((step for step, share in self.way if share >= NEAR), -1)

    def facts(self) -> Mapping[str, Any]:
        return {"error": 1 - self.training()["accuracy"], "reached": self.reached}

    def accuracy(self, word: str = "series.training-accuracy", hue: int = 0) -> Curve:
        return Curve(lines=(self.line(word, hue),), limits=(None, None, 0.4, 1.0))

    def table(self) -> Table:
        """The row of this net alone."""
        rates = {0.1: "bn", 0.5: "bn-5"}
        name = "plain" if self.given["norm"] == "none" else rates.get(self.given["rate"], "bn-25")
        return table({name: self}, name, ())

    def line(self, word: str, hue: int) -> Line:
        x, y = np.array(self.way, float).reshape(-1, 2).T
        return Line(word=word, x=x, y=y, role="smooth", hue=hue)


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, Callable]:
    """Views over all arms of the race."""
    return {"table": table, "accuracy": accuracy}


def accuracy(arms: Mapping[str, Arm | None], chosen: str, past: Sequence[Result]) -> Curve:
    """The training accuracy of each arm so far."""
    begun = enumerate(arms.items())
    lines = tuple(arm.line(f"arm.{name}", hue) for hue, (name, arm) in begun if arm is not None)
    return Curve(lines=lines, limits=(None, None, 0.4, 1.0))


def table(arms: Mapping[str, Arm | None], chosen: str, past: Sequence[Result]) -> Table:
    """A row an arm: errors with the batch's and with running statistics, when it had learned, the lecture's."""
    rows = []
    for name, arm in arms.items():
        if arm is None:
            continue
        error, running = (100 - 100 * share for share in (arm.training()["accuracy"], arm.validation()))
        reached = arm.reached if arm.reached >= 0 else None
        rows.append((f"arm.{name}", f"={error:.1f} %", LECTURE[name], reached, f"={running:.1f} %"))
    names = ("arm", "error", "lecture", "reached", "new-error")
    return Table(
        columns=tuple(f"column.{n}" for n in names), rows=tuple(rows), chosen=list(arms).index(chosen)
    )


# Examples tied to their batch


def moved(result: Result) -> str:
    """What becomes of the other examples' answers when one example of the batch goes elsewhere."""
    return "move" if result.facts["pull"] > 1e-3 else "still"


def tied(runs: Runs) -> bool:
    """Some other example's answer changes by at least two hundredths."""
    return runs["net"].facts["pull"] > 0.02


def small_is_worse(runs: Runs) -> bool:
    two, fifty = (runs[name].facts["error"] for name in ("two", "fifty"))
    return two >= 0.3 and fifty <= two - 0.1


def learns_nothing(runs: Runs) -> bool:
    return runs["net"].facts["error"] > 0.38


def free_mean(runs: Runs) -> bool:
    """γ and β lower the error by at least a tenth."""
    return runs["free"].facts["error"] <= runs["fixed"].facts["error"] - 0.1


# Test time


def right_alone(result: Result) -> str:
    """How many new examples the net gives their arm when each is tested alone, with its own statistics."""
    if result.settings["norm"] != "batch":
        return ""
    share = result.facts["alone-accuracy"]
    return "half" if share < 0.65 else "some" if share < 0.85 else "most"


def alone(runs: Runs) -> bool:
    """All of them get the same answer."""
    return runs["net"].facts["alone-range"] < 1e-4


def swayed(runs: Runs) -> bool:
    """Of a hundred examples at least three are given both arms, depending on their company."""
    return runs["net"].facts["swayed"] >= 0.03


def lags(runs: Runs) -> bool:
    """After 120 updates the running means are still a fifth short of what they should be."""
    return runs["net"].facts["lag"] > 0.2


# The race


def fate(result: Result) -> str:
    """What becomes of the net without batch norm."""
    if result.settings["norm"] != "none" or result.settings["depth"] != 5:
        return ""
    error = result.facts["error"]
    return "guesses" if error > 0.3 else "slowly" if error > 0.1 else "learns"


def dead(runs: Runs) -> bool:
    """The loss stands at ln 2."""
    return abs(runs["net"].metrics["loss"] - np.log(2)) < 0.01


def trains(runs: Runs) -> bool:
    return max(run.facts["error"] for run in runs.values()) <= 0.12


def too_large(runs: Runs) -> bool:
    fast, faster = (runs[name].facts["error"] for name in ("fast", "faster"))
    return faster >= 0.1 and faster >= fast + 0.1


def sooner(runs: Runs) -> bool:
    """With it, the loss that the other net has at its end is passed in under half of the updates."""
    losses = runs["with"].tape.column("loss")
    smooth = np.convolve(losses, np.full(24, 1 / 24), "valid")
    passed = np.flatnonzero(smooth < runs["without"].metrics["loss"] - 0.02)
    return bool(len(passed) and passed[0] + 24 < len(losses) / 2)


# Why


def direction(result: Result) -> str:
    """Where layer 3's gradient points after the layers below it made their step."""
    if result.settings["norm"] != "batch":
        return ""
    agree = result.facts["agreement"]
    return "same" if agree > 0.7 else "back" if agree < -0.3 else "sideways"


def over_examples(runs: Runs) -> bool:
    """Another example's normalized numbers move when the first example does."""
    return runs["net"].facts["pull"] > 0.01


def smoother(runs: Runs) -> bool:
    """Along the gradient the loss varies less than half as much, and so does the gradient's change."""
    without, batch = (runs[name].facts for name in ("without", "with"))
    return batch["range"] < without["range"] / 2 and batch["change"] < 0.8 * without["change"]


def no_shift(runs: Runs) -> bool:
    """With and without it a gradient mostly keeps its direction: the mean cosine is at least 0.74."""
    return min(run.facts["agreement"] for run in runs.values()) >= 0.74
