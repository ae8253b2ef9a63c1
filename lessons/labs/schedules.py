"""Networks on a sample of MNIST whose learning rate follows a schedule, and curves over all arms of a race."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from engine.model import Result
from engine.network import Network
from engine.tape import Tape
from engine.trainer import Trainer
from lessons.data import generators, mnist
from lessons.data.origin import origin
from lessons.labs.base import Training
from lessons.labs.net import glimpse, stack
from lessons.labs.race import Picture
from lessons.views import Curve, Line

EXAMPLES = 4000  # training digits, drawn by the seed
SAMPLE = 70  # number of the stream that draws them
WINDOW = 25  # updates of a moving average

Plan = tuple[str, dict[str, Any]] | None


@origin
@lru_cache(maxsize=2)
def sample(seed: int, count: int = EXAMPLES) -> tuple[np.ndarray, np.ndarray]:
    """`count` training digits of a seed: x (count, 784) uint8, y."""
    x, y, _, _ = mnist()
    rows = np.sort(generators.draws(seed, SAMPLE).choice(len(x), count, replace=False))
    return np.ascontiguousarray(x[rows]), y[rows]


def plan(shape: str, updates: int, settings: Mapping[str, Any]) -> Plan:
    """The engine's schedule for a shape; `settings` may hold period, low, warm and heights."""
    low = settings.get("low", 0.0)
    return {
        "cosine": ("cosine", {"updates": updates, "low": low}),
        "sgdr": ("sgdr", {"first": settings.get("period", updates), "low": low}),
        "triangle": ("triangular", {"up": settings.get("period", updates), "low": low}),
        "one-cycle": ("one-cycle", {"updates": updates}),
        "warm-up": ("warm-up", {"warm": settings.get("warm", 1)}),
        "drawn": ("drawn", {"updates": updates, "heights": settings.get("heights", (1.0,))}),
    }.get(shape)


class Planned(Training):
    """A trainer under a schedule: keeps the series of every update, η (`rate`) among them, for its pictures.

    pictures: functions (arms, chosen, past) → payload by view, for a run that is its only arm.
    """

    def __init__(
        self,
        settings: Mapping[str, Any],
        seed: int,
        trainer: Trainer,
        limit: int,
        name: str = "",
        pictures: Mapping[str, Picture] | None = None,
    ):
        super().__init__(settings, seed, trainer, limit)
        self.name, self.pictures = name, pictures or {}
        self.record = Tape(self.columns)

    def look(self, view: str, past: Sequence[Result]) -> Any:
        return self.pictures[view]({self.name: self}, self.name, past)

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.trainer.columns, "rate")

    def train(self, updates: int) -> np.ndarray:
        step = self.step
        rows = super().train(updates)
        rates = [self.trainer.rate_at(step + k) for k in range(len(rows))]
        rows = np.column_stack([rows, np.array(rates)]) if len(rows) else np.empty((0, len(self.columns)))
        self.record.append(rows)
        return rows

    def state(self) -> Sequence[Any]:
        return (*super().state(), self.record.copy())

    def restore(self, state: Sequence[Any]) -> None:
        super().restore(state[:-1])
        self.record = state[-1].copy()


class Scheduled(Planned):
    """A classifier of digits on a sample of MNIST, validated on test digits every `every` updates."""

    def __init__(
        self,
        settings: Mapping[str, Any],
        seed: int,
        *,
        updates: int,
        widths: Sequence[int] = (32,),
        activation: str = "relu",
        batch: int = 64,
        every: int = 20,
        watch: Sequence[int] = (),
        name: str = "",
        pictures: Mapping[str, Picture] | None = None,
        **options: Any,
    ):
        net = Network()
        top = stack(net, net.input(784), widths, activation)
        net.loss(net.dense(top, 10, name="output", init="xavier"), "cross-entropy")
        trainer = Trainer(net, *sample(seed), batch=batch, seed=seed, watch=watch, **options)
        super().__init__(settings, seed, trainer, updates, name, pictures)
        self.sparse_every = every
        self.seen: dict[int, Mapping[str, float]] = {}  # step → loss and accuracy on the test digits

    def train(self, updates: int) -> np.ndarray:
        """Measures at every mark that it passes, however the updates are cut."""
        rows, end = [np.empty((0, len(self.columns)))], min(self.step + updates, self.limit)
        self._measure()
        while self.step < end:
            before = self.step
            rows.append(super().train(min(self.sparse_every - before % self.sparse_every, end - before)))
            if self.step == before or self.fault() is not None:
                break
            self._measure()
        return np.concatenate(rows)

    def _measure(self) -> None:
        if self.step not in self.seen and (self.step % self.sparse_every == 0 or self.step == self.limit):
            found = self.trainer.evaluate(*glimpse())
            self.seen[self.step] = {"loss": found["loss"], "accuracy": found["accuracy"]}

    def sparse(self) -> Mapping[str, float]:
        """Loss and accuracy on the test digits at the last mark."""
        self._measure()
        found = self.seen[max(self.seen)]
        return {"validation-loss": found["loss"], "validation-accuracy": found["accuracy"]}

    def metrics(self) -> Mapping[str, float]:
        return {**self.sparse(), "training-loss": self.recent()}

    def recent(self) -> float:
        """Training loss, the mean of the last updates."""
        losses = self.record.column("loss")[-WINDOW:]
        return float(losses.mean()) if len(losses) else float("nan")

    def state(self) -> Sequence[Any]:
        return (*super().state(), dict(self.seen))

    def restore(self, state: Sequence[Any]) -> None:
        super().restore(state[:-1])
        self.seen = dict(state[-1])


# Curves over all arms


def average(values: np.ndarray, window: int = WINDOW) -> np.ndarray:
    """The mean over the last `window` values, fewer at the start: (N,) → (N,)."""
    total = np.concatenate([[0.0], np.nancumsum(values)])
    end = np.arange(1, len(values) + 1)
    start = np.maximum(0, end - window)
    return (total[end] - total[start]) / (end - start)


def arm_word(name: str) -> str:
    """The word of an arm; a number stands for itself."""
    return f"={name}" if name[:1].isdigit() else f"arm.{name}"


def lines(
    arms: Mapping[str, Any], series: Callable[[Any], tuple[np.ndarray, np.ndarray]]
) -> tuple[Line, ...]:
    """A line for each arm that has begun, in its hue; `series(model)` gives x and y."""
    found = []
    for hue, (name, model) in enumerate(arms.items()):
        if model is not None:
            x, y = series(model)
            found.append(Line(word=arm_word(name), x=x, y=y, hue=hue % 8))
    return tuple(found)


def smooth(column: str, y: str, window: int = WINDOW, **options: Any) -> Picture:
    """A recorded series of every arm as a moving average. options: of Curve."""

    def series(model: Any) -> tuple[np.ndarray, np.ndarray]:
        values = model.record.column(column)
        return np.arange(len(values)) + 1.0, average(values, window)

    return lambda arms, chosen, past: Curve(lines=lines(arms, series), x="axis.update", y=y, **options)


def looks(column: str, y: str, **options: Any) -> Picture:
    """What every arm measured on the test digits now and then."""

    def series(model: Any) -> tuple[np.ndarray, np.ndarray]:
        steps = np.array(sorted(model.seen), float)
        return steps, np.array([model.seen[int(step)][column] for step in steps])

    return lambda arms, chosen, past: Curve(lines=lines(arms, series), x="axis.update", y=y, **options)


def rates(model: Any) -> np.ndarray:
    """(limit,) η of every update: as it was, and as it will be."""
    at = model.step if isinstance(model, Planned) else 0
    was = model.record.column("rate")[:at] if at else []
    return np.concatenate([was, [model.trainer.rate_at(t) for t in range(at, model.limit)]])


def plans(**options: Any) -> Picture:
    """η of every arm over the whole run, with a cursor at the present update."""

    def draw(arms: Mapping[str, Any], chosen: str, past: Sequence[Result]) -> Curve:
        step = max(model.step for model in arms.values() if model is not None)
        limit = max(model.limit for model in arms.values() if model is not None)
        series = lambda model: (np.arange(model.limit) + 1.0, rates(model))
        cursor = float(step) if 0 < step < limit else None
        return Curve(lines=lines(arms, series), x="axis.update", y="axis.rate", cursor=cursor, **options)

    return draw
