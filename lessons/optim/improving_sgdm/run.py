"""Builds the four experiments on learning-rate schedules and checks their claims."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from engine.model import Model, Result
from engine.network import Network
from engine.trainer import Trainer
from lessons.labs import race
from lessons.labs.schedules import EXAMPLES, Scheduled, arm_word, average, looks, plan, plans, smooth
from lessons.views import Curve, Dots, Line, Table

Runs = Mapping[str, Result]

LOWEST = 1e-5  # where the range test begins
EVERY = 10  # updates between two looks at the test digits
FIXED = 200  # updates of a run at a fixed rate
BASE, START, SWINGS = 0.05, -1.0, 600
BOWL = (-2.5, 9.5, -1.6, 3.2)
DENTS = (2.11, 6.0)  # the two places where the bowl is lowest, the narrow one first
RESTARTS, EPOCH = 900, -(-EXAMPLES // 64)
SNAP = 50  # updates of a mean before and after a restart


def build(settings: Mapping[str, Any], seed: int) -> Model:
    if "run" in settings:
        return tested(settings, seed)
    if "noise" in settings:
        return Hill(settings, seed)
    shape, rate = settings["shape"], settings["rate"]
    brief = "epochs" in settings
    updates = settings["epochs"] * EPOCH if brief else RESTARTS
    return Scheduled(
        settings,
        seed,
        updates=updates,
        widths=(64,) if brief else (32,),
        every=EPOCH // 3,
        optimizer="momentum" if brief else "sgd",
        rate=rate / 2 if shape == "half" else rate,
        schedule=plan(shape, updates, settings),
        name=shape,
        pictures=PICTURES["one-cycle" if brief else "restarts"],
    )


def tested(settings: Mapping[str, Any], seed: int) -> Scheduled:
    """The range test, or a run at a fixed rate."""
    test = settings["run"] == "test"
    updates = settings["updates"] if test else FIXED
    growth = ("range-test", {"updates": updates, "ratio": settings["top"] / LOWEST})
    return Test(
        settings,
        seed,
        updates=updates,
        widths=(64,),
        every=EVERY,
        optimizer=settings["optimizer"],
        rate=LOWEST if test else float(settings["run"]),
        schedule=growth if test else None,
        name=settings["run"],
        pictures=PICTURES["range-test"],
    )


class Test(Scheduled):
    """A run whose looks at the test digits are read over η."""

    def found(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(η, accuracy as a mean of three looks, loss) of the looks so far."""
        steps = sorted(self.seen)
        accuracy, loss = (np.array([self.seen[t][name] for t in steps]) for name in ("accuracy", "loss"))
        return np.array([self.trainer.rate_at(t) for t in steps]), average(accuracy, 3), loss

    def facts(self) -> Mapping[str, Any]:
        rates, accuracy, loss = self.found()
        if len(rates) < 3:
            return {}
        calm = np.convolve(loss, np.ones(3) / 3, "valid")  # each with its neighbours
        best = float(rates[1 + int(calm.argmin())])
        return {"best": best, "top": float(accuracy.max()), "last": float(accuracy[-1])}


class Hill(race.Walker):
    """A ball on the bowl with two dents, pushed by gradients with noise."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        net = Network()
        net.surface("ripple-1d")
        shape, top = settings["shape"], settings["top"]
        trainer = Trainer(
            net,
            theta=(START,),
            dtype="float64",
            seed=seed,
            rate=BASE if shape == "low" else top,
            schedule=plan(shape, SWINGS, {**settings, "low": min(1.0, BASE / top)}),
            noise=settings["noise"],
            noise_decay=0.0,
            watch=(0,),
        )
        super().__init__(settings, seed, trainer, SWINGS, extent=BOWL, names=("axis.place", "axis.loss"))

    def metrics(self) -> Mapping[str, float]:
        return {"loss": self.trainer.evaluate()["loss"], "place": float(self.trainer.theta[0])}

    def look(self, view: str, past: Sequence[Result]) -> Any:
        return PICTURES["triangle"][view]({self.settings["shape"]: self}, self.settings["shape"], past)


# Pictures over all arms


def accuracy_by_rate(arms: Mapping[str, Test | None], chosen: str, past: Sequence[Result]) -> Curve:
    """The test's accuracy over η, and where each run at a fixed rate ended."""
    return by_rate(arms, 1, "axis.accuracy", (LOWEST, 10.0, 0.0, 1.0))


def loss_by_rate(arms: Mapping[str, Test | None], chosen: str, past: Sequence[Result]) -> Curve:
    return by_rate(arms, 2, "axis.loss", (LOWEST, 10.0, 0.0, 4.0))


def by_rate(arms: Mapping[str, Test | None], which: int, y: str, limits: tuple) -> Curve:
    lines, dots, ticks = [], [], []
    for name, model in arms.items():
        if model is None or not model.step:
            continue
        found = model.found()
        if name == "test":
            lines.append(Line(word="arm.test", x=found[0], y=np.minimum(found[which], 5.0), hue=0))
            ticks = [(rate, "tick.best") for rate in [model.facts().get("best")] if rate]
        else:
            dots.append((found[0][-1], found[which][-1]))
    if dots:
        x, y_ = np.array(dots).T
        dots = [Dots(word="series.fixed", x=x, y=y_, group=np.full(len(x), 4))]
    return Curve(
        lines=tuple(lines),
        dots=tuple(dots),
        x="axis.rate",
        y=y,
        log_x=True,
        limits=limits,
        ticks=tuple(ticks),
    )


def lulls(arms: Mapping[str, Scheduled | None], chosen: str, past: Sequence[Result]) -> Table:
    """The smoothed loss before and after every restart of the chosen period, and the digits missed."""
    period = next(model for model in arms.values() if model is not None).settings["period"]
    rows = []
    for name, model in arms.items():
        losses = model.record.column("loss")
        cells = [part(losses, at) for k in (1, 2) for at in (k * period - SNAP, k * period + 20)]
        found = model.seen.get(model.limit, {})
        rows.append((arm_word(name), *cells, part(losses, RESTARTS - SNAP), found.get("loss")))
    names = ("arm", "before-1", "after-1", "before-2", "after-2", "end", "validation-loss")
    return Table(
        columns=tuple(f"column.{n}" for n in names), rows=tuple(rows), chosen=list(arms).index(chosen)
    )


def part(losses: np.ndarray, start: int) -> float | None:
    """Mean loss of SNAP updates from `start` on, None while they are not done."""
    return float(losses[start : start + SNAP].mean()) if start >= 0 and len(losses) >= start + SNAP else None


def ends(arms: Mapping[str, Scheduled | None], chosen: str, past: Sequence[Result]) -> Table:
    """What each arm has reached."""
    rows = []
    for name, model in arms.items():
        found = model.seen[max(model.seen)] if model.seen else {}
        largest = float(max(model.trainer.rate_at(t) for t in range(model.limit)))
        rows.append((arm_word(name), found.get("accuracy"), largest, LECTURE.get(name), model.recent()))
    names = ("arm", "accuracy", "largest", "lecture", "training-loss")
    return Table(
        columns=tuple(f"column.{n}" for n in names), rows=tuple(rows), chosen=list(arms).index(chosen)
    )


LECTURE = {"one-cycle": "=92.4% @10k", "half": "=91.2% @80k"}
LOSSES = {"losses": smooth("loss", "axis.loss", log_y=True)}
PICTURES: dict[str, dict[str, Callable]] = {
    "range-test": {
        "accuracy": accuracy_by_rate,
        "losses": loss_by_rate,
        "rates": plans(log_y=True),
    },
    "triangle": {
        "rates": plans(),
        "place": race.curve("theta-0", log=False, x="axis.update", y="axis.place"),
        "plane": race.paths,
    },
    "restarts": {**LOSSES, "rates": plans(), "lulls": lulls},
    "one-cycle": {
        **LOSSES,
        "rates": plans(),
        "accuracy": looks("accuracy", "axis.accuracy", limits=(None, None, 0.75, 0.95)),
        "ends": ends,
    },
}


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, Callable]:
    """Views over all arms."""
    return PICTURES[experiment]


# Answers that the run gives


def shape_of_test(result: Result) -> str:
    """What accuracy does while the rate grows from 1e-5 to 10."""
    if result.settings["run"] != "test" or result.settings["top"] < 10:
        return ""
    top, last = result.facts["top"], result.facts["last"]
    return "rises-falls" if top > 2 * last else "rises" if top > 0.5 else "falls"


def home_of(result: Result) -> str:
    """Where the triangle's ball is at the end."""
    if result.settings["shape"] != "triangle" or result.settings["top"] != 1.0:
        return ""
    place = result.metrics["place"]
    return "narrow" if abs(place - DENTS[0]) < 0.5 else "wide" if abs(place - DENTS[1]) < 0.5 else "nowhere"


def after_restart(result: Result) -> str:
    if result.settings["shape"] != "sgdr":
        return ""
    before, after, end = restart(result, result.settings["period"])
    return "lower" if after > before > end else "stays" if after > before else "nothing"


def best_shape(result: Result) -> str:
    """Which of peak, half and one-cycle ends with the most digits right; asked of the whole race."""
    if result.settings["shape"] != "one-cycle":
        return ""
    return "one-cycle" if result.metrics["validation-accuracy"] > 0.905 else "peak"


# Claims


def rises_then_falls(runs: Runs) -> bool:
    """Accuracy passes 0.75 and has fallen under half of that at the end."""
    facts = runs["test"].facts
    return facts["top"] > 0.75 and facts["last"] < 0.5


def foretells(runs: Runs) -> bool:
    """The fixed rate next to the test's best ends within 2 % of the best fixed rate."""
    best = runs["test"].facts["best"]
    ends = {float(name): run.facts["last"] for name, run in runs.items() if name != "test"}
    near = min(ends, key=lambda rate: abs(np.log(rate / best)))
    return ends[near] > max(ends.values()) - 0.02


def leaves(runs: Runs) -> bool:
    """The low rate is in the narrow dent at the end, the triangle in the wide one."""
    low, triangle = (runs[name].metrics["place"] for name in ("low", "triangle"))
    return abs(low - DENTS[0]) < 0.3 and abs(triangle - DENTS[1]) < 0.3


def settles(runs: Runs) -> bool:
    """Both are near the wide dent; over its last 20 updates the triangle lies 0.15 lower."""
    high, triangle = (runs[name].tape.column("loss")[-20:].mean() for name in ("high", "triangle"))
    return bool(triangle < high - 0.15)


def restart(result: Result, period: int) -> tuple[float, float, float]:
    """Mean loss before the first restart, after it, and before the next."""
    losses = result.tape.column("loss")
    return part(losses, period - SNAP), part(losses, period + 20), part(losses, 2 * period - SNAP)


def jumps(runs: Runs) -> bool:
    """After both restarts the loss is higher than before, and each lull is deeper than the last."""
    losses = runs["sgdr"].tape.column("loss")
    one, two, three = (part(losses, at - SNAP) for at in (300, 600, 900))
    return part(losses, 320) > one and part(losses, 620) > two and one > two > three


def calmer(runs: Runs) -> bool:
    """At the end the loss on the test digits is lower than with the same rate kept."""
    return runs["sgdr"].metrics["validation-loss"] < runs["constant"].metrics["validation-loss"]


def high_peak(runs: Runs) -> bool:
    one, peak = (runs[name].metrics["validation-accuracy"] for name in ("one-cycle", "peak"))
    return one > peak + 0.005


def beats_half(runs: Runs) -> bool:
    """More digits right than with a constant rate of half the peak, the best of the constant ones."""
    one, half = (runs[name].metrics["validation-accuracy"] for name in ("one-cycle", "half"))
    return one > half
