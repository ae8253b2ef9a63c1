"""One small network on 4,000 digits under SGD, SGDM and Adam, and under Adam that becomes SGDM."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from engine.model import Result
from engine.network import Network
from engine.tape import Tape
from engine.trainer import Trainer
from lessons.data import mnist
from lessons.labs import race
from lessons.labs.base import Training
from lessons.labs.written import minus
from lessons.views import Curve, Line, Numbers, Step, Table

EXAMPLES, CHECKED = 4000, 2000
BATCH, EPOCHS, WIDTH = 32, 6, 64
WINDOW = 50  # updates in the mean that a curve of the loss shows
EVERY = 25  # updates between two measurements on the digits put aside
RATES = {
    "sgd": 0.3,
    "sgdm": 0.06,
    "adam": 0.006,
}  # lowest training loss after six epochs among 0.01, 0.03, 0.06 …
LECTURE = {
    "sgd": (0.961, 0.9725),
    "sgdm": (None, 0.9825),
    "adam": (0.988, 0.98),
}  # read off the slide's chart
SGDM_GAP = 0.31  # the mean over ten seeds
SWITCHED, SHARE = 0, 2  # places in what SWATS keeps for all of θ


@lru_cache(maxsize=1)
def digits() -> tuple[np.ndarray, ...]:
    x, y, u, v = mnist()
    return np.ascontiguousarray(x[:EXAMPLES]), y[:EXAMPLES], np.ascontiguousarray(u[:CHECKED]), v[:CHECKED]


def train(optimizer: str, rate: float, seed: int, **more: Any) -> Trainer:
    net = Network()
    hidden = net.activation(net.dense(net.input(784), WIDTH, name="hidden"), "relu")
    net.loss(net.dense(hidden, 10, name="output", init="xavier"), "cross-entropy")
    x, y, *_ = digits()
    name = race.value_of(optimizer)
    return Trainer(net, x, y, optimizer=name, rate=rate, batch=BATCH, seed=seed, **more)


class Runner(Training):
    """A network that is measured on digits put aside every EVERY updates."""

    def __init__(self, settings: Mapping[str, Any], seed: int, trainer: Trainer):
        super().__init__(settings, seed, trainer, EPOCHS * trainer.epoch)
        self.record, self.checked = Tape(trainer.columns), ()
        self._measure()

    def _measure(self) -> None:
        self.checked = (*self.checked, self.trainer.evaluate(*digits()[2:])["accuracy"])

    def train(self, updates: int) -> np.ndarray:
        rows, left = [np.empty((0, len(self.columns)))], min(updates, self.limit - self.step)
        while left > 0 and self.fault() is None:
            piece = min(left, EVERY - self.step % EVERY)
            rows.append(self.trainer.train(piece))
            left -= piece
            self.record.append(rows[-1])
            if self.fault() is None and self.step % EVERY == 0:
                self._measure()
            self.turn()
        return np.concatenate(rows)

    def turn(self) -> None:
        """What happens between two updates."""

    def state(self) -> Sequence[Any]:
        return (*super().state(), self.record.copy(), self.checked)

    def restore(self, state: Sequence[Any]) -> None:
        super().restore(state[:2])
        self.record, self.checked = state[2].copy(), state[3]

    def look(self, view: str, past: Sequence[Result]) -> Any:
        name = str(self.settings.get("optimizer", self.settings.get("method")))
        return PICTURES[view]({name: self}, name, past)

    def metrics(self) -> Mapping[str, float]:
        if self.fault() is not None:
            return {}
        here, there = self.trainer.evaluate(), self.trainer.evaluate(*digits()[2:])
        return {
            "training-loss": here["loss"],
            "validation-loss": there["loss"],
            "training-accuracy": here["accuracy"],
            "validation-accuracy": there["accuracy"],
        }


class Digits(Runner):
    """One of three optimizers with its own rate times the factor."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        name = settings["optimizer"]
        super().__init__(settings, seed, train(name, RATES[name] * settings["factor"], seed))


class Switch(Runner):
    """Adam throughout (adam), or SGDM from the switch on: with Adam's own η (naive) or SWATS' rate."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        optimizer = "swats" if settings["method"] == "swats" else "adam"
        more = {"switch": settings["switch"]} if optimizer == "swats" else {}
        super().__init__(settings, seed, train(optimizer, settings["rate"], seed, **more))

    @property
    def beyond(self) -> tuple[str, ...]:
        return ("switch",) if self.settings["method"] == "naive" else ()

    def train(self, updates: int) -> np.ndarray:
        at = self.settings["switch"]
        if self.settings["method"] != "naive" or not self.step < at < self.step + updates:
            return super().train(updates)
        head = super().train(at - self.step)
        return np.concatenate([head, super().train(updates - len(head))])

    def turn(self) -> None:
        if self.settings["method"] == "naive" and self.step == self.settings["switch"]:
            self.trainer.set("optimizer", "momentum")

    def handed(self) -> float:
        """The rate that SGDM got from SWATS, 0 before the switch."""
        kept = self.trainer.gauge
        return float(kept[SHARE]) * self.settings["rate"] if kept[SWITCHED] else 0.0

    def facts(self) -> Mapping[str, Any]:
        return {"handed": self.handed()}


# Pictures of all arms


def trailing(values: np.ndarray) -> np.ndarray:
    """(N,) the mean of the last WINDOW values, of fewer at the start."""
    total = np.cumsum(np.insert(np.asarray(values, float), 0, 0.0))
    end = np.arange(1, len(values) + 1)
    start = np.maximum(0, end - WINDOW)
    return (total[end] - total[start]) / (end - start)


def losses(arms: Mapping[str, Runner], chosen: str, past: Sequence[Result]) -> Curve:
    """The training loss of each arm, a mean over the last WINDOW updates."""
    lines = []
    for name, model in race.begun(arms, chosen):
        y = trailing(model.record.column("loss"))
        word = f"arm.{name}" if len(arms) > 1 else "series.training-loss"
        lines.append(Line(word=word, x=np.arange(len(y)), y=y, hue=race.hue(arms, name)))
    at = arms[chosen].settings.get("switch")
    ticks = ((float(at), "tick.switch"),) if at else ()
    return Curve(lines=tuple(lines), log_y=True, ticks=ticks, limits=(0, None, 0.03, 3))


def validation(arms: Mapping[str, Runner], chosen: str, past: Sequence[Result]) -> Curve:
    """The accuracy of each arm on the digits put aside."""
    lines = []
    for name, model in race.begun(arms, chosen):
        y = np.array(model.checked)
        word = f"arm.{name}" if len(arms) > 1 else "series.validation-accuracy"
        lines.append(Line(word=word, x=EVERY * np.arange(len(y)), y=y, hue=race.hue(arms, name)))
    return Curve(lines=tuple(lines), limits=(0, None, 0.7, 0.95))


def first_epoch(result: Result) -> float:
    """The mean training loss of the first epoch."""
    return float(result.tape.column("loss")[: EXAMPLES // BATCH].mean())


def table(arms: Mapping[str, Runner], chosen: str, past: Sequence[Result]) -> Table:
    """Accuracies of each arm and the gap of its losses, with the lecture's accuracies beside them."""
    rows = []
    for name, model in arms.items():
        now = model.metrics()
        here, there = LECTURE[name]
        gap = now["validation-loss"] - now["training-loss"] if now else None
        cells = (gap, now.get("validation-accuracy"), there, now.get("training-accuracy"), here)
        rows.append((f"arm.{name}", *cells, RATES[name] * model.settings["factor"]))
    names = ("arm", "gap", "validation", "lecture", "train", "lecture", "rate")
    return Table(
        columns=tuple(f"column.{n}" for n in names), rows=tuple(rows), chosen=list(arms).index(chosen)
    )


def numbers(arms: Mapping[str, Switch], chosen: str, past: Sequence[Result]) -> Numbers:
    """The rate that the switch hands over, beside Adam's η."""
    model = arms.get("swats", arms[chosen])
    rate, handed, at = model.settings["rate"], model.handed(), model.settings["switch"]
    steps = [Step(text=minus(f"η = {rate:g}"), note="note.eta")]
    if handed:
        steps += [
            Step(text=minus(f"Λ = {handed:.3g}"), note="note.handed", hot=True),
            Step(text=minus(f"Λ/η = {handed / rate:.0f}"), note="note.times"),
            Step(text=minus(f"(1 − 0.9)·Λ = {0.1 * handed:.3g}"), note="note.used"),
        ]
    else:
        steps.append(
            Step(text=f"{model.step} < {at}" if model.step < at else f"t = {at}", note="note.still-adam")
        )
    return Numbers(steps=tuple(steps))


PICTURES = {"loss": losses, "validation": validation, "table": table, "numbers": numbers}


def own(experiment: str, settings: Mapping[str, Any]) -> Mapping[str, Callable]:
    return PICTURES


# Answers and claims


def gap(result: Result) -> float:
    """How much higher the loss is on digits put aside than on those trained on."""
    return result.metrics["validation-loss"] - result.metrics["training-loss"]


def gap_size(result: Result) -> str:
    """Adam's gap beside SGDM's, with the rates that suit each."""
    if (result.settings["optimizer"], result.settings["factor"]) != ("adam", 1):
        return ""
    ratio = gap(result) / SGDM_GAP
    return "larger" if ratio > 1.3 else "smaller" if ratio < 1 / 1.3 else "same"


def handed_over(result: Result) -> str:
    """SWATS' rate for SGDM over Adam's η."""
    if result.settings["method"] != "swats" or not result.facts["handed"]:
        return ""
    ratio = result.facts["handed"] / result.settings["rate"]
    return "hundred" if ratio > 10 else "tenth" if ratio < 0.5 else "adams"


def fast(runs: Mapping[str, Result]) -> bool:
    """In the first epoch Adam's loss is lower by 5 % or more."""
    return first_epoch(runs["adam"]) < 0.95 * first_epoch(runs["sgdm"])


def same_gap(runs: Mapping[str, Result]) -> bool:
    """Neither gap is more than 1.18 times the other."""
    return 1 / 1.18 < gap(runs["adam"]) / gap(runs["sgdm"]) < 1.18


def adam_before(runs: Mapping[str, Result]) -> bool:
    """Up to update 250 the losses are those of Adam, but for rounding; after it they are others."""
    off = np.abs(runs["adam"].tape.column("loss") - runs["swats"].tape.column("loss"))
    return bool(off[:250].mean() < 1e-3 and off[250:].mean() > 0.01)


def own_rate(runs: Mapping[str, Result]) -> bool:
    """In the last epoch the loss is a fifth lower than with Adam's η kept."""
    last = {name: run.tape.column("loss")[-125:].mean() for name, run in runs.items()}
    return bool(last["swats"] < 0.8 * last["naive"])
