"""A line y = b + w·x through ten Pokémon, trained on Σ(y − b − w·x)² from a start far from its optimum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.model import Result
from engine.network import Network
from engine.tape import Tape
from lessons.data.generators import sinc
from lessons.labs import race, valley
from lessons.labs.base import Training
from lessons.labs.valley import BIAS, WEIGHT
from lessons.labs.written import by_hand, minus
from lessons.views import Numbers, Step, Table

WIDTH, EXAMPLES = 16, 40  # of the net
LECTURE = {("gd", 1e-7): "=b ≈ −124", ("gd", 1e-2): "fate.bounces"}


NORM = "=0.1–0.6"  # the slide's, late in the run


def build(settings: Mapping[str, Any], seed: int) -> Valley | Net:
    return Net(settings, seed) if settings.get("model") == "mlp" else Valley(settings, seed)


class Net(Training):
    """1-16-16-1 tanh units on the sinc, all of it at every update: with a large η it bounces, bounded by tanh."""

    columns = ("loss", "gradient-norm", "lowest-loss", "floor-norm")

    def __init__(self, settings: Mapping[str, Any], seed: int):
        net = Network()
        top = net.activation(net.dense(net.input(1), WIDTH, name="first", init="normal", std=4.0), "tanh")
        top = net.activation(net.dense(top, WIDTH, name="second", init="xavier"), "tanh")
        net.loss(net.activation(net.dense(top, 1, name="output", init="xavier"), "tanh"), "mse")
        trainer = race.trainer(settings, seed, net, *sinc(EXAMPLES), watch=())
        super().__init__(settings, seed, trainer, int(settings["updates"]))
        self.falls = Tape(("loss",))

    def train(self, updates: int) -> np.ndarray:
        rows = super().train(updates)
        self.falls.append(rows[:, :1])
        return np.column_stack((rows, np.full((len(rows), 2), np.nan)))

    def state(self) -> Sequence[Any]:
        return (*super().state(), self.falls.copy())

    def restore(self, state: Sequence[Any]) -> None:
        super().restore(state[:2])
        self.falls = state[2].copy()

    def set(self, control: str, value: Any) -> None:
        self.settings[control] = value
        if control in self.LIVE:
            self.trainer.set(control, {"gd": "sgd"}.get(value, value) if control == "optimizer" else value)

    def look(self, view: str, past: Sequence[Result]) -> Table:
        """One row for each earlier run of the net and, last, the present one."""
        runs = [(one.settings, one.steps, one.metrics, one.facts) for one in reversed(same(past, "mlp"))]
        rows = []
        for settings, steps, metrics, facts in [
            *runs,
            (self.settings, self.step, self.metrics(), self.facts()),
        ]:
            rate = minus(f"={settings['rate']:g}")
            norm, loss = metrics["gradient-norm"], metrics["loss"]
            rows.append(
                (rate, f"fate.{facts['fate']}", loss, norm, NORM, f"option.{settings['optimizer']}", steps)
            )
        names = ("rate", "fate", "loss", "norm", "lecture", "optimizer", "updates")
        return Table(
            columns=tuple(f"column.{name}" for name in names), rows=tuple(rows), chosen=len(rows) - 1
        )

    def metrics(self) -> Mapping[str, float]:
        norm = float(np.linalg.norm(self.trainer.gradient()))
        return {"loss": self.trainer.evaluate()["loss"], "gradient-norm": norm}

    def facts(self) -> Mapping[str, Any]:
        """It bounces if over the last half the loss turned at most updates."""
        loss = self.falls.column("loss")[: self.step]
        steps = np.diff(loss[len(loss) // 2 :])
        turns = int((steps[1:] * steps[:-1] < 0).sum())
        fate = "starting" if len(steps) < 3 else "bounces" if turns > 0.5 * len(steps) else "crawls"
        return {"fate": "diverges" if self.fault() else fate, "arrival": -1}


def same(past: Sequence[Result], model: str) -> list[Result]:
    """The earlier runs of one model."""
    return [one for one in past if one.settings.get("model", "line") == model]


class Valley(valley.Valley):
    """The valley with a table of the learner's runs and the numbers of one step."""

    def look(self, view: str, past: Sequence[Result]) -> Any:
        return {"plane": self.plane, "table": self.table, "numbers": self.numbers}[view](past)

    def table(self, past: Sequence[Result]) -> Table:
        """One row for each earlier run of this section and, last, the present one."""
        present = (self.settings, self.step, self.metrics(), self.facts())
        runs = [(one.settings, one.steps, one.metrics, one.facts) for one in reversed(same(past, "line"))]
        runs.append(present)
        rows = []
        for settings, steps, metrics, facts in runs:
            rate, optimizer = settings["rate"], settings["optimizer"]
            here = [minus(f"={metrics['b']:.5g}"), minus(f"={metrics['w']:.4g}"), metrics["loss"]]
            b, w, loss = here if facts["fate"] != "diverges" else (None, None, None)
            rows.append(
                (
                    minus(f"={rate:g}"),
                    f"fate.{facts['fate']}",
                    b,
                    LECTURE.get((optimizer, rate)),
                    w,
                    facts["arrival"] if facts["arrival"] >= 0 else None,
                    loss,
                    f"option.{optimizer}",
                    steps,
                )
            )
        names = ("rate", "fate", "b", "lecture", "w", "arrival", "loss", "optimizer", "updates")
        return Table(
            columns=tuple(f"column.{name}" for name in names), rows=tuple(rows), chosen=len(rows) - 1
        )

    def numbers(self, past: Sequence[Result]) -> Numbers:
        """The next step of gradient descent in numbers, or, for other optimizers, the last one."""
        rate, slope = self.settings["rate"], self.trainer.gradient()
        gd = self.settings["optimizer"] == "gd"
        steps = []
        for name, entry, goal in (("b", BIAS, self.optimum[0]), ("w", WEIGHT, self.optimum[1])):
            path = self.series(entry)
            move = -rate * slope[entry] if gd else path[-1] - path[-2] if len(path) > 1 else 0.0
            left = goal - path[-1]
            steps += [
                Step(text=f"∂L/∂{name} = {slope[entry]:.4g}", note=f"note.slope-{name}"),
                Step(text=f"Δ{name} = {move:.3g}", note=f"note.step-{name}" if gd else "note.last", hot=True),
            ]
            if name == "b":
                steps.append(Step(text=f"b* − b = {brief(left, '.2f')}", note="note.left"))
                if move * left > 0:
                    steps.append(Step(text=brief(left / move, ",.0f"), note="note.needed"))
        low, high = self.curvature
        steps.append(Step(text=f"λ₂/λ₁ = {high / low:,.0f}", note="note.condition"))
        steps.append(Step(text=f"2/λ₂ = {2 / high:.5e}", note="note.limit"))
        return by_hand(steps)


def brief(number: float, form: str) -> str:
    """The number in this form, with no minus before 0.00; where a run blows up, three digits."""
    return f"{number:.3g}" if not abs(number) < 1e9 else f"{round(number, 2) + 0.0:{form}}"


# Answers that the run gives, to the question as it was put; other runs give none.


def crawling(result: Result) -> str:
    """What becomes of the slide's small rate: arrives, crawls, bounces or diverges."""
    settings = result.settings
    return fate(result) if (settings["optimizer"], settings["rate"]) == ("gd", 1e-7) else ""


def norm_size(result: Result) -> str:
    """Whether the gradient of a bouncing run is small or large at the end, against its start."""
    if fate(result) != "bounces":
        return ""
    first = result.tape.column("gradient-norm")[0]
    return "large" if result.metrics["gradient-norm"] > 0.01 * first else "small"


def fate(result: Result) -> str:
    """arrives, crawls, bounces or diverges."""
    return result.facts["fate"]


# Claims.


def large_gradient(runs: Mapping[str, Result]) -> bool:
    """The loss fell by less than 1.5 %, and the norm is still above a million."""
    run = runs["edge"]
    stands = run.metrics["loss"] > 0.985 * run.tape.column("loss")[0]
    return bool(stands and run.metrics["gradient-norm"] > 1e6)


def two_illnesses(runs: Mapping[str, Result]) -> bool:
    """Neither loss has moved by 1 % in the last 20 updates, and one norm is 1000 times the other."""
    flat = all(run.metrics["loss"] > 0.99 * run.tape.column("loss")[-20] for run in runs.values())
    return bool(
        flat and runs["bounces"].metrics["gradient-norm"] > 1000 * runs["crawls"].metrics["gradient-norm"]
    )


def net_too(runs: Mapping[str, Result]) -> bool:
    """Over its second half the net's loss stays within a fifth, and its norm above 0.3."""
    tape = runs["net"].tape
    loss, norm = (tape.column(name)[len(tape) // 2 :] for name in ("loss", "gradient-norm"))
    return bool(loss.max() < 1.2 * loss.min() and norm.min() > 0.3 and fate(runs["net"]) == "bounces")


def crawls(runs: Mapping[str, Result]) -> bool:
    """Less than a tenth of the way in b is done."""
    run = runs["tiny"]
    start, goal = run.settings["start"][0], -188.433
    return bool(fate(run) == "crawls" and (start - run.metrics["b"]) / (start - goal) < 0.1)


def bounces(runs: Mapping[str, Result]) -> bool:
    return fate(runs["edge"]) == "bounces"


def limit(runs: Mapping[str, Result]) -> bool:
    return fate(runs["below"]) != "diverges" and fate(runs["above"]) == "diverges"


def own_rates(runs: Mapping[str, Result]) -> bool:
    return fate(runs["one"]) != "arrives" and fate(runs["own"]) == "arrives"
