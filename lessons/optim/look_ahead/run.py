"""Builds the races of Nesterov's gradient and of Nadam, and checks their claims."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from engine.model import Model, Result
from engine.network import Network
from engine.trainer import Trainer
from lessons.labs import race
from lessons.labs.schedules import Scheduled, lines, looks, smooth
from lessons.views import Curve, Dots, Plane, Table

Runs = Mapping[str, Result]

ENGINE = {"sgdm": "momentum", "nag": "nesterov-ahead", "nag-prime": "nesterov"}
VALLEY, HILL = (-12.0, 12.0, -1.6, 1.6), (-2.5, 9.5, -1.6, 3.2)
UPDATES, SETTLED = 150, 1e-3
STORY, TENFOLD = 250, 10  # SGD's rate is ten times Adam's


def build(settings: Mapping[str, Any], seed: int) -> Model:
    if "method" in settings:
        return (Valley if settings["surface"] == "valley" else Hill)(settings, seed)
    name = settings["optimizer"]
    slow = name in ("sgdm", "nag")
    return Scheduled(
        settings,
        seed,
        updates=STORY,
        widths=(64, 64),
        every=25,
        optimizer={"sgdm": "momentum", "nag": "nesterov"}.get(name, name),
        rate=settings["rate"] * (TENFOLD if slow else 1),
        name=name,
        pictures=PICTURES["nadam"],
    )


class Ahead:
    """What both surfaces share; the loss that is told is that of θ itself, wherever the gradient is taken."""

    def places(self) -> np.ndarray:
        """(step + 1, entries) θ before every update and now."""
        return np.stack([self.series(entry) for entry in self.entries], axis=1)

    def levels(self) -> np.ndarray:
        """(step + 1,) L of θ."""
        return self.trainer.survey(self.entries, self.places())

    def ahead(self) -> np.ndarray:
        """(entries,) θ + λ·v, where momentum alone would carry it."""
        places = self.places()
        last = places[-1] - places[-2] if len(places) > 1 else 0.0
        return places[-1] + self.settings["momentum"] * last

    def facts(self) -> Mapping[str, Any]:
        places, heights = self.places(), self.levels()
        late = np.flatnonzero(heights >= SETTLED)
        lead = np.diff(places, axis=0, prepend=places[:1]) * self.settings["momentum"]
        return {
            "settled": int(late[-1]) if len(late) else 0,
            "peak": float(heights[1:].max()) if len(heights) > 1 else float(heights[0]),
            "first": float(heights[1]) if len(heights) > 1 else float(heights[0]),
            "far": float(places[:, 0].max()),
            "places": places[:40].tolist(),
            "leads": (places + lead)[:40].tolist(),
        }

    def metrics(self) -> Mapping[str, float]:
        return {"loss": float(self.levels()[-1])}

    def look(self, view: str, past: Sequence[Result]) -> Any:
        return PICTURES["nag"][view]({self.settings["method"]: self}, self.settings["method"], past)


class Valley(Ahead, race.Runner):
    """L = ½(x² + 100y²)."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        net = Network()
        net.surface("quadratic", (0.5, 50.0))
        trainer = made(net, settings, settings["start"], (0, 1))
        names = ("axis.x", "axis.y")
        super().__init__(settings, seed, trainer, UPDATES, extent=VALLEY, names=names, best=(0.0, 0.0))


class Hill(Ahead, race.Walker):
    """The bowl with two dents, from x = −1."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        net = Network()
        net.surface("ripple-1d")
        trainer = made(net, settings, (-1.0,), (0,))
        super().__init__(settings, seed, trainer, UPDATES, extent=HILL, names=("axis.x", "axis.loss"))


def made(net: Network, settings: Mapping[str, Any], start: Sequence[float], watch: tuple) -> Trainer:
    return Trainer(
        net,
        theta=start,
        dtype="float64",
        optimizer=ENGINE[settings["method"]],
        rate=settings["rate"],
        momentum=settings["momentum"],
        watch=watch,
    )


# Pictures over all arms


def plane(arms: Mapping[str, Any], chosen: str, past: Sequence[Result]) -> Plane:
    """The paths; a cross marks where NAG takes its next gradient."""
    picture = race.paths(arms, chosen, past)
    model = arms.get("nag")
    if model is None or len(model.entries) < 2:
        return picture
    x, y = model.ahead()
    cross = Dots(word="dot.ahead", x=np.array([x]), y=np.array([y]), mark="cross")
    return replace(picture, dots=(*picture.dots, cross))


def height(arms: Mapping[str, Any], chosen: str, past: Sequence[Result]) -> Curve:
    series = lambda model: (np.arange(model.step + 1.0), model.levels())
    log = next(iter(arms.values())).settings["surface"] == "valley"
    return Curve(lines=lines(arms, series), x="axis.update", y="axis.loss", log_y=log)


def table(arms: Mapping[str, Any], chosen: str, past: Sequence[Result]) -> Table:
    """When each stays under 0.001, how high and how far it came on the way."""
    rows = []
    for name, model in arms.items():
        found = model.facts()
        valley = len(model.entries) == 2 and found["settled"] < model.step
        there = found["settled"] if valley else None
        rows.append((f"arm.{name}", there, found["peak"], found["far"]))
    names = ("arm", "settled", "peak", "far")
    return Table(
        columns=tuple(f"column.{n}" for n in names), rows=tuple(rows), chosen=list(arms).index(chosen)
    )


def standings(arms: Mapping[str, Scheduled], chosen: str, past: Sequence[Result]) -> Table:
    rows = []
    for name, model in arms.items():
        found = model.seen[max(model.seen)] if model.seen else {}
        losses = model.record.column("loss")
        mean = float(losses.mean()) if len(losses) else None
        rows.append((f"arm.{name}", model.trainer.rate_at(0), mean, model.recent(), found.get("accuracy")))
    names = ("arm", "rate", "mean-loss", "training-loss", "accuracy")
    return Table(
        columns=tuple(f"column.{n}" for n in names), rows=tuple(rows), chosen=list(arms).index(chosen)
    )


PICTURES: dict[str, dict[str, Callable]] = {
    "nag": {"plane": plane, "height": height, "table": table},
    "nadam": {
        "losses": smooth("loss", "axis.loss", log_y=True),
        "standings": standings,
        "accuracy": looks("accuracy", "axis.accuracy", limits=(None, None, 0.7, 0.95)),
    },
}


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, Callable]:
    """Views over all arms."""
    return PICTURES[experiment]


# Answers that the run gives


def where_gradient(result: Result) -> str:
    """NAG's first step is SGD's, its second is not momentum's: its gradient is that of the point ahead."""
    if result.settings["method"] != "nag" or result.settings["surface"] != "valley":
        return ""
    places, leads = np.array(result.facts["places"]), np.array(result.facts["leads"])
    rate, mu = result.settings["rate"], result.settings["momentum"]
    gradient = np.array([1.0, 100.0]) * leads[1]
    expected = places[1] + mu * (places[1] - places[0]) - rate * gradient
    return "ahead" if np.allclose(places[2], expected) else "here"


def how_near(result: Result) -> str:
    """Whether Nadam has come as far as Adam does at this rate."""
    if result.settings["optimizer"] != "nadam" or result.settings["rate"] != 0.003:
        return ""
    return "near" if result.metrics["training-loss"] < 0.3 else "far"


# Claims


def never_higher(runs: Runs) -> bool:
    """After the first update NAG never rises again; SGDM rises by half."""
    nag, sgdm = runs["nag"].facts, runs["sgdm"].facts
    return nag["peak"] <= nag["first"] and sgdm["peak"] > 1.5 * sgdm["first"]


def sooner(runs: Runs) -> bool:
    return runs["nag"].facts["settled"] < runs["sgdm"].facts["settled"]


def same_path(runs: Runs) -> bool:
    """θ′ is the point ahead of θ at every update."""
    return bool(
        np.allclose(runs["nag"].facts["leads"], runs["nag-prime"].facts["places"], rtol=1e-9, atol=1e-12)
    )


def overshoots_less(runs: Runs) -> bool:
    """Both cross the hill and come past the minimum at 6; NAG by less."""
    return 6.0 < runs["nag"].facts["far"] < runs["sgdm"].facts["far"] - 0.1


def near_adam(runs: Runs) -> bool:
    """The means of the training loss over the run differ by less than 8 %."""
    adam, nadam = (runs[name].tape.column("loss").mean() for name in ("adam", "nadam"))
    return abs(nadam / adam - 1) < 0.08


def nag_faster(runs: Runs) -> bool:
    return bool(runs["nag"].tape.column("loss").mean() < runs["sgdm"].tape.column("loss").mean())
