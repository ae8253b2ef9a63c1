"""Sweeps: small digits trained with one value after another, and what a swept value does, as table and curves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from engine.model import Model
from engine.network import Network
from engine.trainer import Trainer
from lessons.data import mnist
from lessons.labs.base import Training
from lessons.labs.net import stack
from lessons.views import Curve, Dots, Line, Table

COUNT, FRESH = 4000, 1000  # digits to train on and to validate with
SIDE, WIDTH = 14, 32  # pixels of a side, four of MNIST's in each; units of the hidden layer
MARKS = 20  # measurements of a run

Arms = Mapping[str, Model | None]


def shrink(x: np.ndarray) -> np.ndarray:
    """Pictures (N, 784) uint8 at half the size, (N, 196) uint8: each pixel the mean of four."""
    four = np.asarray(x).reshape(len(x), SIDE, 2, SIDE, 2)
    return np.ascontiguousarray(four.mean(axis=(2, 4)).round().astype(np.uint8).reshape(len(x), -1))


@lru_cache(maxsize=1)
def small_digits() -> tuple[tuple[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """The first COUNT training digits at half size, x (COUNT, 196) uint8 and y, then FRESH of the test's."""
    x, y, u, v = mnist()
    return (shrink(x[:COUNT]), y[:COUNT]), (shrink(u[:FRESH]), v[:FRESH])


class Mark(NamedTuple):
    """What was measured at one update; accuracies are shares, `seconds` were spent on training so far."""

    step: int
    seconds: float
    loss: float  # over the first FRESH training digits, like `training`
    training: float
    validation: float


class Swept(Training):
    """One run of a sweep: 196 → 32 → 10 on COUNT small digits, measured MARKS times on its way.

    Settings: batch, rate. `seconds` of training are this machine's and no part of the state.
    """

    def __init__(
        self, settings: Mapping[str, Any], seed: int, limit: Callable[[int], int], data=None, **options: Any
    ):
        """limit: updates of an epoch → updates of the run; data: other digits to train on, x and y."""
        known, self.check = small_digits()
        self.data = data or known
        self.batch = min(int(settings["batch"]), len(self.data[0]))
        net = Network()
        top = stack(net, net.input(SIDE * SIDE), [WIDTH], "relu")
        net.loss(net.dense(top, 10, name="output", init="xavier"), "cross-entropy")
        options = {"rate": settings["rate"], "batch": self.batch, "seed": seed, **options}
        trainer = Trainer(net, *self.data, **options)
        super().__init__(settings, seed, trainer, limit(trainer.epoch))
        self.every = max(1, self.limit // MARKS)
        self.seconds = 0.0
        self.marks: list[Mark] = []
        self._kept: tuple[Any, Mapping[str, float]] = (None, {})
        self._mark()

    def train(self, updates: int) -> np.ndarray:
        rows, left = [np.empty((0, len(self.columns)))], min(updates, self.limit - self.step)
        while left > 0:
            asked = min(left, self.every - self.step % self.every)
            began = perf_counter()
            rows.append(self.trainer.train(asked))
            self.seconds += perf_counter() - began
            left -= asked
            if self.fault() is not None:
                break
            if self.step % self.every == 0 or self.step == self.limit:
                self._mark()
        return np.concatenate(rows)

    def _mark(self) -> None:
        x, y = self.data
        known = self.trainer.evaluate(x[:FRESH], y[:FRESH])
        fresh = self.trainer.evaluate(*self.check)
        self.marks.append(Mark(self.step, self.seconds, known["loss"], known["accuracy"], fresh["accuracy"]))

    def state(self) -> Sequence[Any]:
        return (*super().state(), tuple(self.marks))

    def restore(self, state: Sequence[Any]) -> None:
        super().restore(state[:-1])
        self.marks = list(state[-1])
        self._kept = (None, {})

    @property
    def epochs(self) -> float:
        """Epochs done."""
        return self.step / self.epoch

    @property
    def per_update(self) -> float:
        """Milliseconds of an update on this machine, NaN before the first."""
        return 1000 * self.seconds / self.step if self.step else float("nan")

    @property
    def work(self) -> int:
        """Multiplications of one update: forwards, and twice as many backwards."""
        return 3 * self.batch * (SIDE * SIDE * WIDTH + WIDTH * 10)

    def metrics(self) -> Mapping[str, float]:
        """Loss and accuracy over all training digits, and the validation accuracy, at the present step."""
        if self._kept[0] != self.step:
            known, fresh = self.trainer.evaluate(), self.trainer.evaluate(*self.check)
            found = {
                "training-loss": known["loss"],
                "training-accuracy": known["accuracy"],
                "validation-accuracy": fresh["accuracy"],
            }
            self._kept = (self.step, found)
        return self._kept[1]

    def facts(self) -> Mapping[str, Any]:
        return {"updates-an-epoch": self.epoch, "work": self.work, "epochs": self.epochs}

    def lately(self, name: str) -> float:
        """The newest measurement of that name."""
        return getattr(self.marks[-1], name)


# What all arms show together; `arms`: {name: model, None if not begun}, names are whole numbers.


def ordered(arms: Arms) -> list[str]:
    """The names, small numbers first."""
    return sorted(arms, key=float)


def table(
    arms: Arms, chosen: str, columns: Sequence[str], row: Callable[[str, Any], Sequence], bar: int = -1
) -> Table:
    """One row an arm, `row(name, model)`; the model is None for arms that have not begun."""
    names = ordered(arms)
    rows = tuple(tuple(row(name, arms[name])) for name in names)
    words = tuple(f"column.{column}" for column in columns)
    return Table(columns=words, rows=rows, bar=bar, chosen=names.index(chosen) if chosen in names else -1)


def across(
    arms: Arms,
    chosen: str,
    lines: Mapping[str, Callable[[Any], float]],
    x: str,
    y: str = "",
    log_y: bool = False,
    log_x: bool = True,
    limits: tuple = (None, None, None, None),
) -> Curve:
    """Measurements over the swept value: a line for each word of `lines`, with a dot at each arm."""
    begun = [(float(name), arms[name]) for name in ordered(arms) if arms[name] is not None]
    at = np.array([place for place, _ in begun])
    drawn, dots = [], []
    for hue, (word, measure) in enumerate(lines.items()):
        values = np.array([measure(model) for _, model in begun], float)
        drawn.append(Line(word=word, x=at.copy(), y=values, role="sum", hue=hue))
        dots.append(Dots(word="", x=at.copy(), y=values.copy(), group=np.full(len(at), hue)))
    places = [float(name) for name in arms]
    limits = (min(places), max(places), *limits[2:]) if limits[:2] == (None, None) else limits
    return Curve(
        lines=tuple(drawn),
        dots=tuple(dots),
        x=x,
        y=y,
        log_x=log_x,
        log_y=log_y,
        limits=limits,
        cursor=float(chosen) if chosen in arms else None,
    )


def lanes(arms: Arms, chosen: str, clock: str, measure: str, y: str = "", prefix: str = "B = ") -> Curve:
    """One line an arm: a measurement of Mark over `clock`, epochs, updates or milliseconds."""
    drawn = []
    for hue, name in enumerate(ordered(arms)):
        model = arms[name]
        if model is None:
            continue
        scale = {
            "epochs": lambda mark, model=model: mark.step / model.epoch,
            "updates": lambda mark: mark.step,
            "milliseconds": lambda mark: 1000 * mark.seconds,
        }[clock]
        x = np.array([scale(mark) for mark in model.marks], float)
        values = np.array([getattr(mark, measure) for mark in model.marks], float)
        role = "sum" if name == chosen else "raw"
        drawn.append(Line(word=f"={prefix}{name}", x=x, y=values, role=role, hue=hue))
    return Curve(lines=tuple(drawn), x=f"axis.{clock}", y=y)
