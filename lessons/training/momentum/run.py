"""Builds the ball with inertia and the race off a saddle, and checks their claims."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from engine.model import Model, Result
from lessons.labs.critical import NAMES, WIDE, Critical, trainer
from lessons.labs.inertia import Hill
from lessons.views import Curve, Dots, Line, Plane, Table

RACE = 150  # updates
RATE = 0.05
NOISE = 0.2  # standard deviation of the noise in the gradient
FLAT, KICK = 0.3, 0.1  # a gradient norm that calls for the eigenvector, and the step along it
GONE = 0.5  # a loss below which the saddle is left: half of its own
HUES = {"gd": 1, "noise": 3, "momentum": 0, "eigen": 2}
Runs = Mapping[str, Result]


def hill(settings: Mapping[str, Any], seed: int) -> Hill:
    return Hill(settings, seed)


def ends(result: Result) -> str:
    """Where the ball with λ = 0.85 comes to rest; other runs do not answer the question."""
    put = (result.settings["momentum"], result.settings["rate"]) == (0.85, 0.05)
    return result.facts["end"] if put and tuple(result.settings["start"]) == (-1.0, 2.4) else ""


def over_the_hill(runs: Runs) -> bool:
    return (runs["some"].facts["end"], runs["more"].facts["end"]) == ("dent", "deep")


def uphill(runs: Runs) -> bool:
    """The ball has climbed from the dent over the top, 0.218 higher."""
    return runs["run"].facts["climb"] > 0.2


def ripples(runs: Runs) -> bool:
    """The theory says ripples, and the bowl's steep part changes between falling and rising many times."""
    steep = runs["run"].tape.column("steep")[:60]
    turns = int((np.diff(np.sign(np.diff(steep))) != 0).sum())
    return runs["run"].facts["regime"] == "ripples" and turns >= 8


# The race


class Runner(Critical):
    """(1 − w₁w₂)² from beside (0.5, −0.5), with one helper."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        helper, off = settings["helper"], settings["beside"]
        more: dict[str, Any] = {"noise": NOISE**2, "noise_decay": 0.0} if helper == "noise" else {}
        if helper == "momentum":
            more = {"optimizer": "momentum", "momentum": 0.9}
        here = trainer("net", (0.5 + off, -0.5 + off), rate=RATE, seed=seed, **more)
        super().__init__(settings, seed, here, RACE, extent=WIDE, names=NAMES)
        self.kicked = -1

    @property
    def beyond(self) -> tuple[str, ...]:
        return ("kick",) if self.settings["helper"] == "eigen" else ()

    def train(self, updates: int) -> np.ndarray:
        """With the eigenvector's help: at the first update where the slope is next to nothing, one step."""
        if self.settings["helper"] != "eigen":
            return super().train(updates)
        rows = [np.empty((0, len(self.columns)))]
        for _ in range(min(updates, self.limit - self.step)):
            if self.kicked < 0 and np.linalg.norm(self.trainer.gradient()) < FLAT:
                theta, *rest = self.trainer.state()
                way = self.spot().vectors[0]
                self.trainer.restore((theta + KICK * way * (1 if way @ theta >= 0 else -1), *rest))
                self.kicked = self.step
            rows.append(super().train(1))
        return np.concatenate(rows)

    def state(self) -> Sequence[Any]:
        return (*super().state(), self.kicked)

    def restore(self, state: Sequence[Any]) -> None:
        super().restore(state[:-1])
        self.kicked = state[-1]

    def look(self, view: str, past: Sequence[Result]) -> Any:
        """The pictures of the race, with this run alone in it."""
        helper = self.settings["helper"]
        return PICTURES[view]({helper: self}, helper, past)

    def path(self) -> tuple[np.ndarray, np.ndarray]:
        return self.series(0), self.series(1)

    def facts(self) -> Mapping[str, Any]:
        """`out`: the first update with a loss below half the saddle's, −1 if there was none."""
        loss = np.append(self.record.column("loss")[: self.step], self.trainer.evaluate()["loss"])
        theta = np.stack(self.path(), axis=1)
        gone = (loss < GONE) & (theta[:, 0] * theta[:, 1] > 0)
        return {**super().facts(), "out": int(gone.argmax()) if gone.any() else -1}


def race(settings: Mapping[str, Any], seed: int) -> Runner:
    return Runner(settings, seed)


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, Callable]:
    """Views over all arms of the race."""
    return PICTURES if experiment == "race" else {}


def plane(arms: Mapping[str, Model | None], chosen: str, past: Sequence[Result]) -> Plane:
    """All four paths over the one surface."""
    models = {name: model for name, model in arms.items() if isinstance(model, Runner)}
    first = models[chosen]
    paths, dots = [], []
    for name, model in models.items():
        x, y = model.path()
        paths.append(Line(word=f"arm.{name}", x=x, y=y, role="path", hue=HUES[name]))
        dots.append(Dots(word="dot.now", x=x[-1:], y=y[-1:], mark="now"))
    return Plane(
        extent=WIDE, field=first.field(), paths=tuple(paths), dots=tuple(dots[-1:]), x=NAMES[0], y=NAMES[1]
    )


def falls(arms: Mapping[str, Model | None], chosen: str, past: Sequence[Result]) -> Curve:
    """The four losses, in the colours of their paths."""
    lines = []
    for name, model in arms.items():
        if isinstance(model, Runner):
            y = model.record.column("loss")[: model.step]
            lines.append(Line(word=f"arm.{name}", x=np.arange(len(y)), y=y.copy(), hue=HUES[name]))
    return Curve(lines=tuple(lines), y="series.loss", limits=(0.0, float(RACE), -0.05, 1.7))


def table(arms: Mapping[str, Model | None], chosen: str, past: Sequence[Result]) -> Table:
    """When each left, its loss, slope and what the Hessian says where it stands."""
    rows = []
    for name, model in arms.items():
        if not isinstance(model, Runner):
            continue
        facts, metrics = model.facts(), model.metrics()
        out = facts["out"] if facts["out"] >= 0 else None
        low, high = facts["eigenvalues"]
        bend = f"={low:.2g}, {high:.2g}".replace("-", "−")
        rows.append((f"arm.{name}", out, metrics["loss"], metrics["gradient-norm"], bend))
    columns = ("helper", "out", "loss", "slope", "bend")
    return Table(
        columns=tuple(f"column.{name}" for name in columns), rows=tuple(rows), chosen=list(arms).index(chosen)
    )


PICTURES: dict[str, Callable] = {"plane": plane, "falls": falls, "table": table}


def when(result: Result) -> str:
    """When plain gradient descent is off the saddle; the other arms do not answer the question."""
    if (result.settings["helper"], result.settings["beside"]) != ("gd", 0.001):
        return ""
    out = result.facts["out"]
    return "never" if out < 0 else "soon" if out <= 30 else "late"


def helpers_first(runs: Runs) -> bool:
    """Each helper has left before plain descent has, if that leaves at all."""
    times = {name: run.facts["out"] if run.facts["out"] >= 0 else RACE + 1 for name, run in runs.items()}
    return all(times[name] < times["gd"] for name in ("noise", "momentum", "eigen"))


def undecided(runs: Runs) -> bool:
    """Where plain descent ends, one eigenvalue is zero and none negative: second order cannot decide."""
    low, high = runs["gd"].facts["eigenvalues"]
    return abs(low) < 1e-3 < high
