"""The engine's optimizers on gradients that are given, one an update, with no loss behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np

from engine.optim import OPTIMIZERS, Rule
from engine.optimizers.knobs import FACTOR, LOG_MOMENTUM, RATE
from engine.schedule import factors
from engine.tape import Tape
from lessons.labs.base import Still
from lessons.views import Table

ROWS = ("first", "second", "third")


class Ride(NamedTuple):
    """What an optimizer made of T gradients of n parameters: θ before every update and after the last
    (T + 1, n), and its rows of memory after every update (T, n), NaN where it has none."""

    theta: np.ndarray
    first: np.ndarray
    second: np.ndarray
    third: np.ndarray


class Driver:
    """An optimizer of the engine in float64, driven one gradient at a time; `settings` as the Trainer's."""

    def __init__(self, start: Sequence[float], **settings: Any):
        self.theta = np.array(start, np.float64)
        self.rule, self.count = Rule("float64", self.theta.size), 0
        for name, value in settings.items():
            self.set(name, value)

    def set(self, setting: str, value: Any) -> None:
        self.rule.set(setting, value, self.theta)
        if setting == "optimizer":
            self.count = 0

    def rate(self) -> float:
        """η of the next update, its schedule's factor included."""
        return float(self.rule.values["rate"] * factors(self.rule.values["schedule"], self.count, 1)[0])

    def update(self, gradient: np.ndarray) -> None:
        """One update of θ; `gradient` (n,) may be changed by it."""
        chosen, memory, knobs = OPTIMIZERS[self.rule.values["optimizer"]], self.rule.memory, self.rule.knobs
        knobs[FACTOR] = factors(self.rule.values["schedule"], self.count, 1)[0]
        knobs[RATE] = self.rule.values["rate"] * knobs[FACTOR]
        self.count += 1
        rest = (*(memory[row] for row in ROWS), memory["gauge"], knobs, self.count)
        for step in (chosen.lead, chosen.update, chosen.settle):
            if step is not None:
                step(self.theta, gradient, *rest)

    def state(self) -> tuple[Any, ...]:
        return self.theta.copy(), {k: row.copy() for k, row in self.rule.memory.items()}, self.count

    def restore(self, state: tuple[Any, ...]) -> None:
        theta, memory, self.count = state
        self.theta[:] = theta
        for name, row in memory.items():
            self.rule.memory[name][:] = row


def ride(gradients: np.ndarray, start: Sequence[float] | None = None, **settings: Any) -> Ride:
    """Drive an optimizer from `start` (0 unless given) with gradients (T, n) or (T,)."""
    gradients = np.array(gradients, np.float64).reshape(len(gradients), -1)
    driver = Driver(np.zeros(gradients.shape[1]) if start is None else start, **settings)
    theta, rows = [driver.theta.copy()], {row: [] for row in ROWS}
    for gradient in gradients:
        driver.update(gradient.copy())
        theta.append(driver.theta.copy())
        for row in ROWS:
            kept = driver.rule.memory[row]
            rows[row].append(kept.copy() if kept.size else np.full(gradient.size, np.nan))
    return Ride(np.array(theta), *(np.array(rows[row]) for row in ROWS))


class Stream(Still):
    """One parameter and a stream of gradients; every update is a row of the tape.

    gradient: as given. move: how θ moves. theta: before the update. rate: how far θ moves for a direction
    of 1, the rate that the optimizer really has. squares: its memory of squared gradients, NaN if it has none.
    box: after every update θ is put back between these ends. pictures: functions (arms, chosen, past) by view,
    as those of `lessons.labs.race`, for a stream that is no race.
    """

    columns = ("gradient", "move", "theta", "rate", "squares")
    pictures: ClassVar[Mapping[str, Callable[..., Any]]] = {}
    LIVE = ("rate", "momentum", "decay")

    def __init__(
        self,
        settings: Mapping[str, Any],
        seed: int,
        gradients: np.ndarray,
        *,
        start: float = 0.0,
        box: tuple[float, float] | None = None,
        **options: Any,
    ):
        super().__init__(settings, seed)
        self.gradients, self.limit, self.box = np.asarray(gradients, np.float64), len(gradients), box
        self.driver = Driver([start], **options)
        self.record = Tape(self.columns)

    @property
    def step(self) -> int:
        return len(self.record)

    @property
    def theta(self) -> float:
        return float(self.driver.theta[0])

    def series(self, name: str) -> np.ndarray:
        """One column of the updates done: (step,)."""
        return self.record.column(name)

    def train(self, updates: int) -> np.ndarray:
        coming = self.gradients[self.step : self.step + max(0, updates)]
        block = np.array([self._update(float(gradient)) for gradient in coming])
        block = block.reshape(-1, len(self.columns))
        self.record.append(block)
        return block

    def _update(self, gradient: float) -> tuple[float, ...]:
        driver, memory, before = self.driver, self.driver.rule.memory, self.theta
        driver.update(np.array([gradient]))
        move, direction = self.theta - before, gradient
        if memory["first"].size and memory["second"].size:  # of Adam's family: m without its bias
            direction = memory["first"][0] / -np.expm1(driver.count * driver.rule.knobs[LOG_MOMENTUM])
        elif memory["first"].size:
            direction = memory["first"][0]
        if self.box is not None:
            driver.theta[:] = np.clip(driver.theta, *self.box)
        row = memory["third" if memory["third"].size else "second"]
        rate = -move / direction if direction else np.nan
        return gradient, move, before, rate, float(row[0]) if row.size else np.nan

    def state(self) -> Sequence[Any]:
        return (*super().state(), self.driver.state(), self.record.copy())

    def restore(self, state: Sequence[Any]) -> None:
        super().restore(state)
        self.driver.restore(state[1])
        self.record = state[2].copy()

    def set(self, control: str, value: Any) -> None:
        super().set(control, value)
        if control in self.LIVE:
            self.driver.set(control, value)

    def look(self, view: str, past: Sequence[Any]) -> Any:
        name = str(self.settings.get("optimizer", "run"))
        return self.pictures[view]({name: self}, name, past)

    def metrics(self) -> Mapping[str, float]:
        return {"theta": self.theta, "rate": float(self.series("rate")[-1]) if self.step else 0.0}

    def facts(self) -> Mapping[str, Any]:
        return {"theta": self.theta}


def milestones(column: str, updates: Sequence[int]) -> Callable[..., Table]:
    """A picture of one column at some updates (1-based), arm by arm; the gradient of the first arm beside."""

    def draw(arms: Mapping[str, Stream], chosen: str, past: Sequence[Any]) -> Table:
        columns = [f"arm.{name}" if len(arms) > 1 else f"column.{column}" for name in arms]
        rows = []
        for update in updates:
            done = [float(m.series(column)[update - 1]) if update <= m.step else None for m in arms.values()]
            first = next(iter(arms.values()))
            shown = float(first.gradients[update - 1]) if update <= first.limit else None
            rows.append((update, shown, *done))
        reached = [k for k, row in enumerate(rows) if row[2] is not None]
        last = reached[-1] if reached else -1
        return Table(columns=("column.update", "column.gradient", *columns), rows=tuple(rows), chosen=last)

    return draw
