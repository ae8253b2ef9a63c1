"""Five classic optimizers: two in a valley, two after a huge gradient, Adam worked out card by card."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from engine.model import Result
from engine.network import Network
from lessons.data.generators import spikes
from lessons.labs import race, streams
from lessons.labs.sort import Sort
from lessons.labs.walk import Walk
from lessons.labs.written import index, minus, signed
from lessons.optim.classics.experiments import ARRANGE, TEACHERS
from lessons.views import Bars, Numbers, Step, Table

EXTENT = (-10.0, 12.0, -1.5, 1.5)
LOW = 1e-3  # a loss that counts as having arrived
UPDATES = 300
STREAM = 500
MARKS = (1, 2, 11, 50, 101, 200, 500)
BETA = (0.9, 0.999)


def own(experiment: str, settings: Mapping[str, Any]) -> Mapping[str, Callable]:
    return Run.pictures if experiment == "valley" else Tally.pictures


# A valley a hundred times steeper across than along.


class Run(race.Runner):
    pictures = {"plane": race.paths, "loss": race.curve("loss", limits=(None, None, 1e-6, None))}

    def metrics(self) -> Mapping[str, float]:
        loss = np.append(self.record.column("loss")[: self.step], self.trainer.evaluate()["loss"])
        above = np.flatnonzero(~(loss < LOW))
        return {"loss": float(loss[-1]), "arrival": float(above[-1] + 1), "peak": float(loss.max())}


def valley(settings: Mapping[str, Any], seed: int) -> Run:
    net = Network()
    net.surface("quadratic", (0.5, 50.0))
    trainer = race.trainer(settings, seed, net, start=settings["start"])
    return Run(settings, seed, trainer, UPDATES, extent=EXTENT, names=("=x", "=y"), best=(0.0, 0.0))


def after_300(result: Result) -> str:
    """SGDM's last loss against SGD's 0.22."""
    if result.settings["optimizer"] != "sgdm" or result.phase == "diverged":
        return ""
    loss = result.metrics["loss"]
    return "above" if loss > 0.44 else "same" if loss > 0.022 else "below"


def faster(runs: Mapping[str, Result]) -> bool:
    """SGDM is below a thousandth for good within half of the updates, SGD never."""
    return runs["sgdm"].metrics["arrival"] < UPDATES / 2 and runs["sgd"].metrics["arrival"] > UPDATES


def rings(runs: Mapping[str, Result]) -> bool:
    """With this momentum SGDM ends higher than SGD does."""
    return runs["sgdm"].metrics["loss"] > runs["sgd"].metrics["loss"]


# One huge gradient, then gradients of 1.


def numbers(arms: Mapping[str, Any], chosen: str, past: Sequence[Result]) -> Numbers:
    """The arm's last update in numbers."""
    model = arms[chosen]
    k = model.step
    if not k:
        return Numbers(steps=(Step(text="t = 0", note="note.press"),))
    g, rate, squares, move = (float(model.series(c)[-1]) for c in ("gradient", "rate", "squares", "move"))
    eta, alpha = model.settings["rate"], model.settings["decay"]
    before = float(model.series("squares")[-2]) if k > 1 else 0.0
    if model.settings["optimizer"] == "adagrad":
        lines = [
            (f"Σg² = {before:.7g} + {g:g}² = {squares:.7g}", "sum"),
            (f"σ = √Σg² = {squares**0.5:.5g}", "root"),
        ]
    else:
        text = f"v = {alpha:g}·{before:.4g} + {1 - alpha:.3g}·{g:g}² = {squares:.4g}"
        lines = [(text, "average"), (f"σ = √v = {squares**0.5:.4g}", "root")]
    lines += [(f"η/σ = {eta:g}/{squares**0.5:.4g} = {rate:.3g}", "own-rate")]
    lines += [(f"Δθ = −{rate:.3g}·{g:g} = {move:.3g}", "move")]
    steps = [Step(text=minus(text), note=f"note.{n}", hot=n == "own-rate") for text, n in lines]
    return Numbers(steps=(Step(text=f"t = {k}, g = {g:g}", note="note.update"), *steps))


class Tally(streams.Stream):
    pictures = {
        "rates": race.curve("rate"),
        "theta": race.curve("theta", log=False),
        "squares": race.curve("squares"),
        "table": streams.milestones("rate", MARKS),
        "numbers": numbers,
    }


def big_first(settings: Mapping[str, Any], seed: int) -> Tally:
    size = settings["size"] if settings["first"] == "huge" else 1.0
    given = {name: settings[name] for name in ("optimizer", "rate", "decay")}
    return Tally(settings, seed, spikes(STREAM, size, 0, first=1), **given)


def rate_left(result: Result) -> str:
    """What is left of η at the end."""
    if result.settings["first"] != "huge" or result.settings["size"] != 1000:
        return ""
    share = result.metrics["rate"] / result.settings["rate"]
    return "thousandth" if share < 0.01 else "twentieth" if share < 0.2 else "one"


def comes_back(result: Result) -> str:
    if result.settings["optimizer"] != "rmsprop":
        return ""
    return "recovers" if result.metrics["rate"] > 0.5 * result.settings["rate"] else "stays"


def never_recovers(runs: Mapping[str, Result]) -> bool:
    """After 500 updates the rate is still a thousandth of η."""
    return bool(0.99e-3 < runs["huge"].metrics["rate"] < 1.01e-3)


def only_shrinks(runs: Mapping[str, Result]) -> bool:
    """No rate ever rises."""
    return all((np.diff(run.tape.column("rate")) <= 0).all() for run in runs.values())


def recovers(runs: Mapping[str, Result]) -> bool:
    """RMSProp has η back, Adagrad a thousandth of it."""
    return runs["rmsprop"].metrics["rate"] > 0.9 and runs["adagrad"].metrics["rate"] < 2e-3


def fades(runs: Mapping[str, Result]) -> bool:
    """Ten updates after the huge gradient v is down to 1/e, give or take a twentieth."""
    squares = runs["rmsprop"].tape.column("squares")
    return bool(abs(squares[10] / squares[0] * np.e - 1) < 0.06)


# Adam, five gradients.


def ride(gradients: np.ndarray, optimizer: str) -> streams.Ride:
    """An optimizer of the engine on given gradients, with η = 1 and Adam's own β₁ and β₂."""
    return streams.ride(gradients, optimizer=optimizer, rate=1.0, momentum=BETA[0], decay=BETA[1])


def steps(gradients: np.ndarray, optimizer: str) -> np.ndarray:
    return np.diff(ride(gradients, optimizer).theta[:, 0])


class Cards(Walk):
    """Five gradients through an optimizer of the engine with η = 1: its memory and its steps, number by number."""

    def worked(self) -> Mapping[str, Any]:
        g, name = np.array(self.settings["gradients"]), self.settings["optimizer"]
        went = ride(g, name)
        powers = np.arange(1, len(g) + 1)
        m, v = went.first[:, 0], went.second[:, 0]
        corrected = name == "adam"
        return {
            "g": g,
            "m": m,
            "m-hat": m / (1 - BETA[0] ** powers) if corrected else m,
            "v": v,
            "v-hat": v / (1 - BETA[1] ** powers) if corrected else v,
            "step": np.diff(went.theta[:, 0]),
            "uncorrected": steps(g, "adam-biased"),
        }

    def table(self) -> Table:
        columns = {f"column.{name}": name for name in ("g", "m", "m-hat", "v", "v-hat", "step")}
        return super().table(columns, range(1, 6), head="column.update")

    def steps(self) -> Bars:
        """The steps, with η = 1; beside them those of Adam without its correction."""
        labels = tuple(f"=t={k}" for k in range(1, 6))
        words = {"word": "series.step", "beside_word": "series.uncorrected"}
        return self.bars("step", labels, "uncorrected", **words)

    def numbers(self) -> Numbers:
        """The first update and the last, as far as this optimizer goes."""
        lines = []
        for t in (1, 5):
            lines += [
                self.line(text, (name, t - 1), note=f"note.{note}") for text, name, note in self._update(t)
            ]
        return Numbers(steps=tuple(lines))

    def _update(self, t: int) -> list[tuple[str, str, str]]:
        """(line, the quantity that it works out, note) of update t."""
        now, sub, (b1, b2) = {n: x[t - 1] for n, x in self.now.items()}, index(t), BETA
        m0, v0 = (self.now[n][t - 2] if t > 1 else 0.0 for n in ("m", "v"))
        optimizer, g = self.settings["optimizer"], signed(now["g"], 1)
        lines = []
        if optimizer == "momentum":
            lines.append((f"m{sub} = {b1}·{signed(m0)} + {g} = {now['m']:.4g}", "m", "gather"))
            return [*lines, (f"Δθ = −η·{now['m']:.4g} = {now['step']:.4g}η", "step", "step")]
        if optimizer != "rmsprop":
            lines.append((f"m{sub} = {b1}·{signed(m0)} + {1 - b1:.1f}·{g} = {now['m']:.4g}", "m", "mean"))
        lines.append((f"v{sub} = {b2}·{v0:.4g} + {1 - b2:.3f}·{g}² = {now['v']:.4g}", "v", "square"))
        if optimizer == "adam":
            one, two = 1 - b1**t, 1 - b2**t
            lines.append((f"m̂{sub} = {now['m']:.4g}/{one:.4g} = {now['m-hat']:.4g}", "m-hat", "unbias"))
            lines.append((f"v̂{sub} = {now['v']:.4g}/{two:.4g} = {now['v-hat']:.4g}", "v-hat", "unbias"))
        top = now["g"] if optimizer == "rmsprop" else now["m-hat"]
        text = f"Δθ = −η·{top:.4g}/√{now['v-hat']:.4g} = {now['step']:.3f}η"
        return [*lines, (text, "step", "step")]

    def metrics(self) -> Mapping[str, float]:
        return {"first-step": float(abs(self.now["step"][0])), "last-step": float(abs(self.now["step"][-1]))}


def first_step(result: Result) -> str:
    """The first step, in η, with Adam as it is."""
    if result.settings["optimizer"] != "adam":
        return ""
    size = result.metrics["first-step"]
    return "tenth" if size < 0.5 else "one" if size < 2 else "three" if size < 3.6 else "four"


def first_is_rate(runs: Mapping[str, Result]) -> bool:
    return abs(runs["cards"].metrics["first-step"] - 1) < 1e-6


def same_steps(runs: Mapping[str, Result]) -> bool:
    """All five steps are those of gradients a hundredth as large."""
    facts, optimizer = runs["cards"].facts, runs["cards"].settings["optimizer"]
    return bool(np.allclose(facts["step"], steps(np.array(facts["g"]) / 100, optimizer), rtol=1e-5))


def cancels(runs: Mapping[str, Result]) -> bool:
    """Gradients that change sign each time: the last step is under a quarter of η."""
    return runs["cards"].metrics["last-step"] < 0.25


# Who uses what.


def history(settings: Mapping[str, Any], seed: int) -> Sort:
    return Sort(settings, seed, ARRANGE, TEACHERS)


def resnet_bin(result: Result) -> str:
    return result.facts["bins"]["resnet"]


def resnet_right(runs: Mapping[str, Result]) -> bool:
    return runs["sorted"].facts["found"]["resnet"]


def all_right(runs: Mapping[str, Result]) -> bool:
    return all(runs["sorted"].facts["found"].values())
