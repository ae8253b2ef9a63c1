"""Builds the four ways to pull two noisy parameters to zero, and checks their claims."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from engine.model import Model, Result
from engine.tape import Tape
from lessons.data.generators import noise_gradients
from lessons.labs import race
from lessons.labs.base import Still
from lessons.labs.schedules import lines
from lessons.labs.streams import Driver
from lessons.views import Curve, Dots, Line, Plane, Table

Runs = Mapping[str, Result]

UPDATES, RATE, START = 5000, 0.001, (1.0, 1.0)
EXTENT = (-0.6, 1.6, -0.2, 1.2)
# Optimizer, and whether the pull stands in the gradient or beside it.
WAYS = {
    "sgd-l2": ("sgd", True),
    "sgd-decay": ("sgdw", False),
    "adam-l2": ("adam", True),
    "adamw": ("adamw", False),
}
SHOWN = 600  # points of a path


def build(settings: Mapping[str, Any], seed: int) -> Model:
    return Pull(settings, seed)


class Pull(Still):
    """θ from (1, 1) under gradients that are noise of two sizes, 5000 updates."""

    columns = ("theta-0", "theta-1")

    def __init__(self, settings: Mapping[str, Any], seed: int):
        super().__init__(settings, seed)
        optimizer, inside = WAYS[settings["way"]]
        pull = {"l2" if inside else "weight_decay": settings["gamma"]}
        self.noise = noise_gradients(UPDATES, seed, (settings["steep"], settings["gentle"]))
        momentum = 0.9 if optimizer.startswith("adam") else 0.0
        self.driver = Driver(START, optimizer=optimizer, rate=RATE, momentum=momentum, **pull)
        self.record, self.limit = Tape(self.columns), UPDATES

    @property
    def step(self) -> int:
        return len(self.record)

    def train(self, updates: int) -> np.ndarray:
        rows = []
        for gradient in self.noise[self.step : self.step + max(0, updates)]:
            rows.append(self.driver.theta.copy())
            self.driver.update(gradient.copy())
        block = np.array(rows).reshape(-1, 2)
        self.record.append(block)
        return block

    def state(self) -> Sequence[Any]:
        return (*super().state(), self.driver.state(), self.record.copy())

    def restore(self, state: Sequence[Any]) -> None:
        super().restore(state)
        self.driver.restore(state[1])
        self.record = state[2].copy()

    def metrics(self) -> Mapping[str, float]:
        large, small = self.driver.theta
        return {"large": float(large), "small": float(small)}

    def facts(self) -> Mapping[str, Any]:
        return {"theta": tuple(self.driver.theta.tolist()), "pure": pure(self.settings, UPDATES)}

    def look(self, view: str, past: Sequence[Result]) -> Any:
        return PICTURES[view]({self.settings["way"]: self}, self.settings["way"], past)


def pure(settings: Mapping[str, Any], updates: int) -> float:
    """What is left of 1 when only the pull acts."""
    return (1 - RATE * settings["gamma"]) ** updates


# Pictures over all arms


def plane(arms: Mapping[str, Pull], chosen: str, past: Sequence[Result]) -> Plane:
    """All paths; on the straight one both parameters shrink alike."""
    paths = [Line(word="series.even", x=np.array([0.0, 1.0]), y=np.array([0.0, 1.0]), role="target")]
    dots = [Dots(word="dot.start", x=np.array([1.0]), y=np.array([1.0]), mark="start")]
    for name, model in sorted(arms.items(), key=lambda pair: pair[0] == chosen):
        every = max(1, model.step // SHOWN)
        x, y = (
            np.append(model.record.column(c)[::every], model.driver.theta[k])
            for k, c in enumerate(Pull.columns)
        )
        hue = race.hue(arms, name)
        paths.append(Line(word=f"arm.{name}", x=x, y=y, role="path", hue=hue))
        dots.append(Dots(word="", x=x[-1:], y=y[-1:], group=np.array([hue])))
    settings = arms[chosen].settings
    goal = np.array([pure(settings, UPDATES)])
    dots.append(Dots(word="dot.pure", x=goal, y=goal, mark="best"))
    return Plane(extent=EXTENT, paths=tuple(paths), dots=tuple(dots), x="axis.large", y="axis.small")


def over_time(column: str, y: str) -> race.Picture:
    """One parameter of every arm, beside what the pull alone would leave."""

    def draw(arms: Mapping[str, Pull], chosen: str, past: Sequence[Result]) -> Curve:
        at = np.linspace(0, UPDATES, 101)
        alone = Line(
            word="series.pure",
            x=at,
            y=np.array([pure(arms[chosen].settings, int(t)) for t in at]),
            role="target",
        )

        def series(model: Pull) -> tuple[np.ndarray, np.ndarray]:
            values = model.record.column(column)
            return race.envelope(np.arange(len(values)), values)

        return Curve(lines=(*lines(arms, series), alone), x="axis.update", y=y)

    return draw


def table(arms: Mapping[str, Pull], chosen: str, past: Sequence[Result]) -> Table:
    rows = []
    for name, model in arms.items():
        large, small = model.driver.theta
        rows.append((f"arm.{name}", float(large), float(small), pure(model.settings, model.step)))
    names = ("arm", "large", "small", "pure")
    return Table(
        columns=tuple(f"column.{n}" for n in names), rows=tuple(rows), chosen=list(arms).index(chosen)
    )


PICTURES: dict[str, Callable] = {
    "plane": plane,
    "table": table,
    "large": over_time("theta-0", "axis.large"),
    "small": over_time("theta-1", "axis.small"),
}


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, Callable]:
    """Views over all arms."""
    return PICTURES


# The answer that the run gives


def weaker(result: Result) -> str:
    """AdamW treats both alike; that Adam with L2 does not is what the race shows beside it."""
    settings = result.settings
    if settings["way"] != "adamw" or settings["gamma"] == 0 or settings["steep"] <= settings["gentle"]:
        return ""
    return "large" if even({"run": result}) else "small"


# Claims


def uneven(runs: Runs) -> bool:
    """Pure decay leaves 0.607: the noisy parameter has lost little of its 1, the quiet one nearly all."""
    large, small = runs["run"].facts["theta"]
    return large > 0.75 and small < 0.2


def even(runs: Runs) -> bool:
    """Both are within 0.2 of what the pull alone leaves."""
    return all(abs(value - runs["run"].facts["pure"]) < 0.2 for value in runs["run"].facts["theta"])


def same(runs: Runs) -> bool:
    """The same path but for rounding."""
    return bool(np.allclose(runs["l2"].facts["theta"], runs["decay"].facts["theta"], rtol=1e-9))
