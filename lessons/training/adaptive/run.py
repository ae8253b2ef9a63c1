"""Races along the lecture's valley and over a cliff, and the late explosion; answers and claims."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np

from engine.model import Model, Result
from engine.network import Network
from lessons.labs import race, valley
from lessons.labs.race import across, curve, inside, paths, standings, strides
from lessons.labs.valley import BIAS, WEIGHT

Runs = Mapping[str, Result]

CLIFF = "-0.05*x - 1.5*tanh(4*(x - 2))"  # flat, a cliff at 2, flat
FLAT = 0.05  # slope of both plains
TRACK = 400  # updates on it


def place(name: str) -> Callable[[Any], Any]:
    """b or w of an arm now; nothing where it has diverged."""
    return lambda model: None if model.fault() else round(model.metrics()[name], 3)


def arrival(model: Any) -> int | None:
    at = model.facts()["arrival"]
    return at if at >= 0 else None


TABLE = standings(b=place("b"), w=place("w"), arrival=arrival, loss=lambda model: model.metrics()["loss"])
SHARED = {
    "plane": paths,
    "loss": curve("loss", log_x=True),
    "norm": curve("gradient-norm", log_x=True),
    "table": TABLE,
}
PICTURES = {
    "own-stride": {**SHARED, "bars": strides, "rates": inside("rate")},
    "brake": {
        "plane": paths,
        "sigma": across("sigma", 0),
        "rates": across("rate", 0),
        "slope": across("slope", 0),
        "loss": curve("loss", log=False),
    },
    "parts": {**SHARED, "rates": inside("rate")},
}


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, Callable]:
    return PICTURES[experiment]


# The models


class Arm(valley.Valley):
    """An arm in the valley; its facts hold the first step and the rates at the end."""

    def facts(self) -> Mapping[str, Any]:
        first = [float(self.series(k)[min(1, self.step)] - self.start[k]) for k in (BIAS, WEIGHT)]
        rates = [float(self.noted("rate", entry)[1][-1]) for entry in (BIAS, WEIGHT)]
        return {**super().facts(), "first": first, "rates": rates}


class Stride(Arm):
    pictures = PICTURES["own-stride"]


class Parts(Arm):
    pictures = PICTURES["parts"]


class BlowUp(valley.Erupting):
    pictures: ClassVar = {
        **SHARED,
        "sigma": inside("sigma"),
        "rates": inside(
            "rate", False, (WEIGHT,), ("series.limit", valley.Erupting.limit_of_rate), log_x=True
        ),
        "off": valley.offs,
    }


class Track(race.Walker):
    """A ball on the way over the cliff."""

    pictures = PICTURES["brake"]

    def __init__(self, settings: Mapping[str, Any], seed: int):
        net = Network()
        net.formula(CLIFF)
        trainer = race.trainer(settings, seed, net, start=(-1.0, 0.0), watch=(0,))
        race.recall_first(trainer)
        super().__init__(settings, seed, trainer, TRACK, extent=(-1.5, 7.0, -2.4, 2.0), names=("=x", "=L"))

    def facts(self) -> Mapping[str, Any]:
        return {**super().facts(), **braking(self)}


class Crescent(race.Runner):
    """The bent valley, (1 − x)² + 100(y − x²)²."""

    pictures = PICTURES["brake"]

    def __init__(self, settings: Mapping[str, Any], seed: int):
        net = Network()
        net.surface("rosenbrock")
        trainer = race.trainer(settings, seed, net, start=(-1.5, 1.5))
        race.recall_first(trainer)
        box = (-2.0, 2.0, -1.0, 3.0)
        super().__init__(settings, seed, trainer, TRACK, extent=box, names=("=w₁", "=w₂"), best=(1.0, 1.0))

    def facts(self) -> Mapping[str, Any]:
        return {**super().facts(), **braking(self)}


def braking(model: race.Noted) -> dict[str, float]:
    """How much of the steepest slope σ reached, σ at the end, and the longest step in units of η."""
    slope, sigma = (np.abs(model.noted(name, 0)[1]) for name in ("slope", "sigma"))
    steps = np.abs(np.diff(model.series(0)))
    longest = float(steps.max() / model.settings["rate"]) if len(steps) else 0.0
    high = float(np.nanmax(sigma[1:])) if len(sigma) > 1 else 0.0
    return {"reach": high / float(slope.max()), "sigma": float(sigma[-1]), "longest": longest}


def stride(settings: Mapping[str, Any], seed: int) -> Model:
    return Stride(settings, seed)


def brake(settings: Mapping[str, Any], seed: int) -> Model:
    return (Track if settings["surface"] == "cliff" else Crescent)(settings, seed)


def parts(settings: Mapping[str, Any], seed: int) -> Model:
    return Parts(settings, seed)


def blow_up(settings: Mapping[str, Any], seed: int) -> Model:
    return BlowUp(settings, seed)


# Answers that the run gives


def larger(result: Result) -> str:
    """Which parameter's first step is larger under mean-RMS."""
    if result.settings["optimizer"] == "gd":
        return ""
    b, w = (abs(step) for step in result.facts["first"])
    return "same" if abs(b - w) < 1e-9 else "b" if b > w else "w"


def after_cliff(result: Result) -> str:
    """What RMSProp's η/σ does at the cliff and after it."""
    own = result.settings
    if (own["optimizer"], own["surface"], own["decay"]) != ("rmsprop", "cliff", 0.9):
        return ""
    falls, returns = result.facts["reach"] > 0.5, result.facts["sigma"] < 2 * FLAT
    return "returns" if falls and returns else "stays" if falls else "keeps"


def times(result: Result) -> str:
    """How much longer Adam's first step is without the correction."""
    own = result.settings
    if (own["optimizer"], own["momentum"], own["decay"]) != ("adam", 0.9, 0.999) or not result.steps:
        return ""
    twin = parts({**result.settings, "optimizer": "adam-biased", "updates": "100"}, result.seed)
    twin.train(1)
    ratio = twin.facts()["first"][0] / result.facts["first"][0]
    return "three" if abs(ratio - 10**0.5) < 0.01 else "tenth" if ratio < 0.2 else "same"


def direction(result: Result) -> str:
    """Where mean-RMS leaves its straight way."""
    if not result.facts.get("excursions"):
        return "" if result.settings["rate"] < 1 or result.settings["optimizer"] != "mean-rms" else "none"
    return "w"


# Claims


def first_step(runs: Runs) -> bool:
    """The first step of both parameters is ±η."""
    rates = {name: run.settings[f"rate-{name}"] for name, run in runs.items()}
    steps = ((abs(step), rates[name]) for name, run in runs.items() for step in run.facts["first"])
    return all(abs(step - rate) < 1e-6 * rate for step, rate in steps)


def flat_larger(runs: Runs) -> bool:
    """Under one rate b and w have the same; under the other b has over a hundred times w's."""
    one, own = ((run.facts["rates"][0] / run.facts["rates"][1]) for run in (runs["gd"], runs["mean-rms"]))
    return abs(one - 1) < 1e-9 and own > 100


def arrive(runs: Runs) -> bool:
    return all(run.facts["fate"] == "arrives" for run in runs.values())


def brakes(runs: Runs) -> bool:
    """RMSProp's σ comes to over half of the steepest slope, the mean of all to under a quarter."""
    return runs["rmsprop"].facts["reach"] > 0.5 and runs["mean-rms"].facts["reach"] < 0.25


def recovers(runs: Runs) -> bool:
    """On the second plain σ is again about the plain's slope."""
    return runs["rmsprop"].facts["sigma"] < 2 * FLAT


def late_too(runs: Runs) -> bool:
    return runs["rmsprop"].facts["reach"] < 0.25


def adam_arrives(runs: Runs) -> bool:
    b, w = (runs["adam"].metrics[name] for name in ("b", "w"))
    return bool(abs(b + 188.433) < 0.001 and abs(w - 2.669) < 0.001)


def root_ten(runs: Runs) -> bool:
    longer = [runs["adam-biased"].facts["first"][k] / runs["adam"].facts["first"][k] for k in (0, 1)]
    return all(abs(ratio - 10**0.5) < 0.001 for ratio in longer)


def settles(runs: Runs) -> bool:
    """RMSProp keeps a loss of a thousand above the lowest, Adam is within 1 of it."""
    above = {name: run.metrics["loss"] - 101_936.73 for name, run in runs.items()}
    return above["rmsprop"] > 1000 and above["adam"] < 1


def erupts(runs: Runs) -> bool:
    return runs["run"].facts["excursions"] >= 15 and runs["run"].facts["farthest"] > 3


def not_adam(runs: Runs) -> bool:
    return runs["mean-rms"].facts["excursions"] >= 15 and runs["adam"].facts["excursions"] == 0


def over_limit(runs: Runs) -> bool:
    """The rate of w passes 2/λ₂ within 250 updates before the first eruption."""
    facts = runs["run"].facts
    return facts["crossed"] >= 0 and facts["at"] - 250 <= facts["crossed"] <= facts["at"]
