"""Small helps for training, one at a time, each measured on three nets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.model import Result
from engine.network import Network
from engine.tape import Tape
from engine.trainer import Trainer
from lessons.labs.base import Still
from lessons.labs.net import glimpse
from lessons.labs.race import Picture
from lessons.labs.schedules import average, sample
from lessons.views import Bars, Curve, Line, Table

NETS, UPDATES, BATCH = 3, 300, 32
LAYERS, WIDTH = 4, 32
OTHER = 999  # added to the seed: the digits on which a net is trained before fine-tuning


def network(dropout: float = 0.0, norm: bool = False) -> Network:
    net = Network()
    x = net.input(784)
    for k in range(1, LAYERS + 1):
        x = net.dense(x, WIDTH, name=f"hidden-{k}", init="he")
        x = net.batch_norm(x) if norm else x
        x = net.activation(x, "relu", name=f"bend-{k}")
        x = net.dropout(x, dropout) if dropout else x
    net.loss(net.dense(x, 10, name="output", init="xavier"), "cross-entropy")
    return net


def trainer(helper: str, seed: int, rate: float, examples: int) -> tuple[Trainer, int]:
    """A net with one help, and how many updates it may still make."""
    x, y = (part[:examples] for part in sample(seed))
    options: dict[str, Any] = {"optimizer": "adam", "rate": rate, "batch": BATCH, "seed": seed}
    left = UPDATES
    match helper:
        case "no-shuffle":  # the files as they lie in the folders, class by class
            order = np.argsort(y, kind="stable")
            x, y, options["shuffle"] = x[order], y[order], False
        case "gradient-noise":
            options["noise"] = 1e-3
        case "warm-up":
            options["schedule"] = ("warm-up", {"warm": 50})
        case "l2":
            options["l2"] = 1e-3
        case "curriculum":  # a quarter of the updates on the half that is nearest to the mean of its class
            means = np.stack(
                [x[y == c].mean(axis=0) if (y == c).any() else x.mean(axis=0) for c in range(10)]
            )
            easy = np.argsort(((x - means[y]) ** 2).sum(axis=1), kind="stable")[: len(y) // 2]
            first = Trainer(network(), x[easy], y[easy], **options)
            first.train(UPDATES // 4)
            options["theta"], left = first.theta, UPDATES - UPDATES // 4
        case "fine-tuning":
            before = Trainer(network(), *sample(seed + OTHER), **options)
            before.train(UPDATES)
            options["theta"] = before.theta
    net = network(0.1 if helper == "dropout" else 0.0, helper == "batch-norm")
    return Trainer(net, x, y, **options), left


class Trio(Still):
    """Three nets with one help, of three seeds, trained side by side; loss: their mean."""

    columns = ("loss",)

    def __init__(self, settings: Mapping[str, Any], seed: int):
        super().__init__(settings, seed)
        options = settings["helper"], settings["rate"], settings["examples"]
        made = [trainer(options[0], NETS * seed + k, *options[1:]) for k in range(NETS)]
        self.trainers, self.limit = [one for one, _ in made], made[0][1]
        self.record = Tape(self.columns)
        self._kept: tuple[int, tuple[float, ...]] = (-1, ())

    @property
    def learner(self) -> Trainer:
        return self.trainers[0]

    @property
    def step(self) -> int:
        return len(self.record)

    def train(self, updates: int) -> np.ndarray:
        count = max(0, min(updates, self.limit - self.step))
        rows = np.mean([one.train(count)[:, :1] for one in self.trainers], axis=0)
        self.record.append(rows)
        return rows

    def state(self) -> Sequence[Any]:
        return (*super().state(), [one.state() for one in self.trainers], self.record.copy())

    def restore(self, state: Sequence[Any]) -> None:
        super().restore(state)
        for one, kept in zip(self.trainers, state[1], strict=True):
            one.restore(kept)
        self.record, self._kept = state[2].copy(), (-1, ())

    def right(self) -> tuple[float, ...]:
        """Accuracy of each net on the test digits, measured once a step."""
        if self._kept[0] != self.step:
            found = tuple(one.evaluate(*glimpse())["accuracy"] for one in self.trainers)
            self._kept = (self.step, found)
        return self._kept[1]

    def metrics(self) -> Mapping[str, float]:
        losses = self.record.column("loss")[-25:]
        return {
            "accuracy": float(np.mean(self.right())),
            "loss": float(losses.mean()) if len(losses) else np.nan,
        }

    def facts(self) -> Mapping[str, Any]:
        return {"right": self.right()}

    def look(self, view: str, past: Sequence[Result]) -> Any:
        return PICTURES[view]({self.settings["helper"]: self}, self.settings["helper"], past)


def gains(arms: Mapping[str, Trio | None], chosen: str, past: Sequence[Result]) -> Bars:
    """Per cent of test digits right, more or less than without any help."""
    done = {name: model for name, model in arms.items() if model is not None and model.step == model.limit}
    plain = np.mean(done["none"].right()) if "none" in done else np.nan
    names = [name for name in arms if name != "none"] or list(arms)
    values = [100 * (np.mean(done[name].right()) - plain) if name in done else np.nan for name in names]
    at = names.index(chosen) if chosen in names else -1
    return Bars(
        labels=tuple(f"option.{n}" for n in names), values=np.array(values), word="series.gain", chosen=at
    )


def table(arms: Mapping[str, Trio | None], chosen: str, past: Sequence[Result]) -> Table:
    """Accuracy, its spread over the three nets, and the training loss."""
    rows = []
    for name, model in arms.items():
        if model is None:
            rows.append((f"option.{name}", None, None, None))
            continue
        right = 100 * np.array(model.right())
        rows.append(
            (f"option.{name}", f"={right.mean():.1f}", f"=±{right.std():.1f}", model.metrics()["loss"])
        )
    names = ("helper", "accuracy", "spread", "training-loss")
    return Table(
        columns=tuple(f"column.{n}" for n in names), rows=tuple(rows), chosen=list(arms).index(chosen)
    )


def losses(arms: Mapping[str, Trio | None], chosen: str, past: Sequence[Result]) -> Curve:
    found = []
    for hue, (name, model) in enumerate(arms.items()):
        if model is not None and model.step:
            y = average(model.record.column("loss"))
            found.append(Line(word=f"option.{name}", x=np.arange(len(y)) + 1.0, y=y, hue=hue % 8))
    return Curve(lines=tuple(found), x="axis.update", y="axis.loss")


PICTURES: dict[str, Picture] = {"gains": gains, "table": table, "losses": losses}
