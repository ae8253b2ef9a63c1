"""Batches: their order, the time they take, the noise they make, the wells they leave, and how to enlarge them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from engine.model import Result
from engine.network import Network
from engine.trainer import Trainer
from lessons.data.generators import line20
from lessons.data.generators.curves import LINE20_START
from lessons.labs.balls import Balls
from lessons.labs.functions import best_line
from lessons.labs.lanes import Lane
from lessons.labs.shuffling import Review
from lessons.labs.surface import Surface
from lessons.labs.sweeps import Arms, Swept, across, lanes, ordered, small_digits, table
from lessons.views import Curve, Dots, Line, Table

LEAST = 20  # updates of a run that measures time
EPOCHS = 20
# Read off the lecture's charts (V100, 60,000 digits): seconds of an update and of an epoch; accuracies.
LECTURE_TIME = {1: ("=≈0", 365), 10: ("=≈0", 43), 100: ("=≈0", 15), 1000: (0.15, 10)}
LECTURE_ACCURACY = {1: (0.983, 0.992), 10: (0.991, 0.993), 100: (0.993, 0.993), 1000: (0.987, 0.990)}
POINTS, POINTS_RATE = 20, 0.1


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, Callable]:
    """Views over all arms of a sweep."""
    if experiment == "speed":
        line = settings["data"] == "line20"
        return {"clock": clock, "after": after, "table": partial(times, line)}
    if experiment == "noise":
        by = {"by-epochs": "epochs", "by-time": "milliseconds"}
        return {"size": sizes, "table": accuracies} | {id: partial(race, how) for id, how in by.items()}
    if experiment == "fixes":
        return {"size": fixed_sizes, "table": fixed_table, "by-epochs": fixed_race}
    return {}


# Shuffling.


def review(settings: Mapping[str, Any], seed: int) -> Review:
    return Review(settings, seed)


def teeth(result: Result) -> float:
    """How far the loss swings within an epoch, in multiples of its mean; from the second epoch on."""
    epoch = result.facts["updates-an-epoch"]
    loss = result.tape.column("loss")[epoch:].reshape(-1, epoch)
    return float(np.mean((loss.max(axis=1) - loss.min(axis=1)) / loss.mean(axis=1)))


def saw_tooth(runs: Mapping[str, Result]) -> bool:
    return teeth(runs["one"]) > 1.2


def forgets(runs: Mapping[str, Result]) -> bool:
    """Without shuffling validation ends lower by more than a fifth of all digits."""
    return validation(runs["off"]) < validation(runs["on"]) - 0.2


def new_batches(runs: Mapping[str, Result]) -> bool:
    """Every epoch holds every example once, and no batch comes twice."""
    facts = runs["one"].facts
    return facts["whole"] and facts["different"] == facts["batches"]


def shape(result: Result) -> str:
    if result.settings["shuffle"] == "on":
        return ""
    return "teeth" if teeth(result) > 1.2 else "smooth"


def validation(result: Result) -> float:
    return result.metrics["validation-accuracy"]


# Time.


def speed(settings: Mapping[str, Any], seed: int) -> Points | Timed:
    return (Points if settings["data"] == "line20" else Timed)(settings, seed)


class Timed(Swept):
    """An epoch of digits, or LEAST updates."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        super().__init__({**settings, "rate": 0.01}, seed, lambda epoch: max(epoch, LEAST))

    def look(self, view: str, past: Sequence[Result]) -> Any:
        return own("speed", self.settings)[view]({str(self.batch): self}, str(self.batch), past)


class Points(Surface):
    """The lecture's twenty points about a line, once through: θ is (w, b)."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        x, y = line20(seed, POINTS)
        self.batch = min(int(settings["batch"]), POINTS)
        b, w = LINE20_START
        network = Network()
        network.loss(network.dense(network.input(1), 1, name="line"), "mse")
        trainer = Trainer(
            network, x, y, rate=POINTS_RATE, batch=self.batch, seed=seed, theta=(w, b), dtype="float64", watch=(1, 0)
        )  # fmt: skip
        self.first = trainer.evaluate()["loss"]
        best = tuple(best_line(x, y[:, 0]).tolist())
        options = {"extent": (-1.0, 1.5, -0.5, 2.0), "axes": (1, 0), "names": ("=b", "=w"), "best": best}
        super().__init__(settings, seed, trainer, trainer.epoch, **options)

    def look(self, view: str, past: Sequence[Result]) -> Any:
        if view == "path":
            return self.plane(())
        return own("speed", self.settings)[view]({str(self.batch): self}, "", past)

    def metrics(self) -> Mapping[str, float]:
        return {"training-loss": self.trainer.evaluate()["loss"]}

    def facts(self) -> Mapping[str, Any]:
        return {
            **super().facts(),
            "updates-an-epoch": self.epoch,
            "work": 4 * self.batch,
            "first": self.first,
        }


def real(line: bool, arms: Arms) -> Arms:
    """The arms by the batch size that they have: twenty points make no larger batch than 20."""
    found = {str(min(int(name), POINTS if line else int(name))): arms[name] for name in ordered(arms)}
    return found


def clock(arms: Arms, chosen: str, past: Sequence[Result]) -> Curve:
    """Milliseconds of an update and of an epoch over B."""
    an_epoch = lambda m: m.per_update * m.epoch
    lines = {"series.an-update": lambda m: m.per_update, "series.an-epoch": an_epoch}
    return across(arms, chosen, lines, "axis.batch", "axis.milliseconds", log_y=True)


def after(arms: Arms, chosen: str, past: Sequence[Result]) -> Curve:
    """Losses on the twenty points at the start and after an epoch, over B."""
    lines = {"series.before": lambda m: m.first, "series.after": lambda m: m.metrics()["training-loss"]}
    return across(real(True, arms), chosen, lines, "axis.batch", log_y=True)


def times(line: bool, arms: Arms, chosen: str, past: Sequence[Result]) -> Table:
    """What an update and an epoch cost, and the lecture's seconds."""
    if line:
        row = lambda name, m: (
            (int(name), m.epoch, m.step, m.metrics()["training-loss"]) if m else (int(name), None, None, None)
        )
        return table(real(line, arms), chosen, ("batch", "updates-an-epoch", "updates", "loss"), row, bar=3)

    def row(name: str, m: Swept | None) -> tuple:
        mine = (m.per_update, m.epoch, m.per_update * m.epoch) if m and m.step else (None, None, None)
        return (int(name), *mine, *LECTURE_TIME.get(int(name), ("=–", "=–")))

    columns = ("batch", "ms-an-update", "updates-an-epoch", "ms-an-epoch", "lecture-update", "lecture-epoch")
    return table(arms, chosen, columns, row, bar=3)


def in_a_row(runs: Mapping[str, Result]) -> bool:
    """An epoch at B = 1 is a thousand times as many updates, one after the other, as at B = 1000."""
    one, large = (runs[name].facts["updates-an-epoch"] for name in ("1", "1000"))
    return one == 4000 and one == 1000 * large


def work(runs: Mapping[str, Result]) -> bool:
    """An update at B = 1000 multiplies a thousand times as much, an epoch as much."""
    one, large = runs["1"].facts, runs["1000"].facts
    an_epoch = lambda facts: facts["work"] * facts["updates-an-epoch"]
    return large["work"] == 1000 * one["work"] and an_epoch(large) == an_epoch(one)


def twenty(runs: Mapping[str, Result]) -> bool:
    """After one look at twenty points, single steps stand at less than a fifth of the full batch's loss."""
    one, all_ = (runs[name].metrics["training-loss"] for name in ("1", "20"))
    return one < 0.2 * all_


def updates_needed(result: Result) -> str:
    """Updates of one epoch of the digits at the batch size of the run."""
    return str(result.facts["updates-an-epoch"]) if result.settings["data"] == "digits" else ""


# Noise.


def noise(settings: Mapping[str, Any], seed: int) -> Noise:
    return Noise(settings, seed)


class Noise(Lane):
    """A lane, which shows the pictures of all lanes with itself alone where there is no sweep."""

    def look(self, view: str, past: Sequence[Result]) -> Any:
        if view == "plane":
            return super().look(view, past)
        return own("noise", self.settings)[view]({str(self.batch): self}, str(self.batch), past)


def sizes(arms: Arms, chosen: str, past: Sequence[Result]) -> Curve:
    """Training and validation accuracy over B."""
    names = {"series.training-accuracy": "training", "series.validation-accuracy": "validation"}
    lines = {word: lambda m, name=name: m.lately(name) for word, name in names.items()}
    return across(arms, chosen, lines, "axis.batch", limits=(None, None, 0.0, 1.0))


def accuracies(arms: Arms, chosen: str, past: Sequence[Result]) -> Table:
    """Updates done and both accuracies, beside them the lecture's."""

    def row(name: str, m: Swept | None) -> tuple:
        mine = (m.step, m.lately("training"), m.lately("validation")) if m else (None, None, None)
        return (int(name), *mine, *LECTURE_ACCURACY.get(int(name), ("=–", "=–")))

    columns = ("batch", "updates", "train", "validation", "lecture-train", "lecture-validation")
    return table(arms, chosen, columns, row, bar=3)


def race(how: str, arms: Arms, chosen: str, past: Sequence[Result]) -> Curve:
    """Training loss of each lane by epochs or by this machine's clock."""
    return lanes(arms, chosen, how, "loss", "series.training-loss")


def worse(runs: Mapping[str, Result]) -> bool:
    """Validation falls from each of 10, 100, 1000 to the next by more than 0.1."""
    ten, hundred, thousand = (validation(runs[name]) for name in ("10", "100", "1000"))
    return ten - hundred > 0.1 and hundred - thousand > 0.1


def not_overfitting(runs: Mapping[str, Result]) -> bool:
    """The training accuracy falls as well, by more than 0.5."""
    small, large = (runs[name].metrics["training-accuracy"] for name in ("10", "1000"))
    return small - large > 0.5


def alike(runs: Mapping[str, Result]) -> bool:
    """All validation accuracies lie within 0.05."""
    found = [validation(run) for run in runs.values()]
    return max(found) - min(found) < 0.05


def other_batch(runs: Mapping[str, Result]) -> bool:
    """Where the first batch hardly slopes, the second slopes more than ten times as much."""
    one, two = runs["10"].facts["stuck"]
    return two > 10 * one


def full_batch(result: Result) -> str:
    """The training accuracy of the full batch after 20 epochs."""
    if result.settings["batch"] != "4000" or result.settings["same"] != "epochs":
        return ""
    found = result.metrics["training-accuracy"]
    return "high" if found > 0.9 else "middle" if found > 0.5 else "low"


# Flat or sharp.


def wells(settings: Mapping[str, Any], seed: int) -> Balls:
    return Balls(settings, seed)


def leaves(runs: Mapping[str, Result]) -> bool:
    found = runs["small"].metrics
    return found["wide"] > 0.6 and found["narrow"] < 0.3


def stays(runs: Mapping[str, Result]) -> bool:
    return runs["large"].metrics["narrow"] > 0.99


def lifted(runs: Mapping[str, Result]) -> bool:
    """Moved by δ, the narrow bottom rises more than twenty times as much as the wide one."""
    (wide, narrow), (wide_test, narrow_test) = (runs["one"].facts[name] for name in ("bottoms", "tested"))
    return narrow_test - narrow > 20 * abs(wide_test - wide) > 0


def where(result: Result) -> str:
    """Where most of the balls of the large batch end."""
    if result.settings["batch"] < 64:
        return ""
    return max(("wide", "narrow"), key=result.metrics.__getitem__)


# Large batches, mended.


def fixes(settings: Mapping[str, Any], seed: int) -> Swept:
    batch, warm = int(settings["batch"]), settings["warm"]
    factor = batch / 10 if settings["scale"] == "on" else 1.0
    an_epoch = -(-len(small_digits()[0][1]) // batch)
    plan = ("warm-up", {"warm": warm * an_epoch}) if warm else None
    return Fixed(settings, seed, factor, plan)


class Fixed(Swept):
    """EPOCHS epochs at η times `factor`, with warm-up or without."""

    def __init__(self, settings: Mapping[str, Any], seed: int, factor: float, plan: Any):
        self.factor = factor
        options = {"rate": settings["rate"] * factor, "schedule": plan}
        super().__init__(settings, seed, lambda epoch: EPOCHS * epoch, **options)

    def set(self, control: str, value: Any) -> None:
        super().set(control, value * self.factor if control == "rate" else value)
        self.settings[control] = value

    def look(self, view: str, past: Sequence[Result]) -> Any:
        name = f"{self.settings['batch']}, {self.settings['scale']}"
        return own("fixes", self.settings)[view]({name: self}, name, past)


def halves(arms: Arms) -> dict[str, dict[str, Any]]:
    """The arms by `scale`, then by batch size."""
    found: dict[str, dict[str, Any]] = {"off": {}, "on": {}}
    for name, model in arms.items():
        batch, scale = name.split(", ")
        found[scale][batch] = model
    return found


def fixed_sizes(arms: Arms, chosen: str, past: Sequence[Result]) -> Curve:
    """Validation accuracy over B, with η as it is and with η times B/10."""
    lines, dots = [], []
    for hue, (scale, part) in enumerate(halves(arms).items()):
        if part:
            curve = across(part, chosen.split(", ")[0], {f"series.scale-{scale}": lambda m: m.lately("validation")},
                           "axis.batch", limits=(None, None, 0.0, 1.0))  # fmt: skip
            lines.append(
                Line(
                    word=f"series.scale-{scale}", x=curve.lines[0].x, y=curve.lines[0].y, role="sum", hue=hue
                )
            )
            dots.append(Dots(word="", x=curve.dots[0].x, y=curve.dots[0].y, group=curve.dots[0].group + hue))
    return Curve(lines=tuple(lines), dots=tuple(dots), x="axis.batch", y="series.validation-accuracy", log_x=True,
                 limits=(10.0, 4000.0, 0.0, 1.0), cursor=float(chosen.split(", ")[0]))  # fmt: skip


def fixed_table(arms: Arms, chosen: str, past: Sequence[Result]) -> Table:
    """Validation accuracies by B without and with scaling."""
    parts = halves(arms)
    names = {
        name: parts["on"].get(name) or parts["off"].get(name) for part in parts.values() for name in part
    }
    at = lambda m: m.lately("validation") if m else None

    def row(name: str, m: Swept | None) -> tuple:
        off, on = (parts[scale].get(name) for scale in ("off", "on"))
        rate = m.settings["rate"] if m else None
        return (int(name), at(off), at(on), rate * int(name) / 10 if rate else None, m.step if m else None)

    columns = ("batch", "plain", "scaled", "scaled-rate", "updates")
    return table(names, chosen.split(", ")[0], columns, row, bar=2)


def fixed_race(arms: Arms, chosen: str, past: Sequence[Result]) -> Curve:
    """Validation accuracy of the scaled lanes by epochs."""
    part = {name: model for name, model in halves(arms)[chosen.split(", ")[1]].items()}
    return lanes(part, chosen.split(", ")[0], "epochs", "validation", "series.validation-accuracy")


def lost(runs: Mapping[str, Result]) -> bool:
    """Even with scaling the full batch ends below 0.5."""
    return validation(runs["4000"]) < 0.5


def rescued(result: Result) -> str:
    """How B = 1000 does with η a hundred times as large, against about 0.87 at B = 10."""
    if (result.settings["batch"], result.settings["scale"]) != ("1000", "on"):
        return ""
    found = validation(result)
    return "same" if found > 0.82 else "half" if found > 0.3 else "lost"
