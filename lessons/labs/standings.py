"""The cars of the grand prix as models, and pictures of the whole field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.model import Result
from lessons.labs import prix, race
from lessons.labs.schedules import Planned, average, lines
from lessons.labs.surface import Surface
from lessons.views import Curve, Diagram, Dots, Grid, Node, Plane, Table


class OnSurface(Surface):
    """A car on a track of x and y, at the best rate of its search."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        self.course = prix.track(settings["track"], settings["formula"], tuple(settings["start"]))
        self.found = prix.tuned(self.course, settings["car"], settings["updates"])
        trainer = prix.surface(self.course, settings["car"], self.found.best, watch=(0, 1))
        super().__init__(
            settings,
            seed,
            trainer,
            settings["updates"],
            extent=self.course.extent,
            names=("axis.x", "axis.y"),
        )

    def now(self) -> float:
        """The loss at the present place."""
        return float(self.trainer.survey((0, 1), self.trainer.theta)[0])

    def time(self) -> float:
        """The update from which it has stayed at the finish, infinite while it has not."""
        column = np.append(self.record.column("loss"), self.now())
        return prix.finished(column, self.course.lowest) if self.fault() is None else np.inf

    def metrics(self) -> Mapping[str, float]:
        now, time = self.now(), self.time()
        found = {"loss": now if np.isfinite(now) else float("nan"), "rate": self.found.best}
        return found | ({"time": time} if np.isfinite(time) else {})

    def facts(self) -> Mapping[str, Any]:
        scores = {car: prix.tuned(self.course, car, self.limit).score for car in prix.CARS}
        return {**super().facts(), "time": self.time(), "winner": min(scores, key=scores.get)}

    def look(self, view: str, past: Sequence[Result]) -> Any:
        return PICTURES[view]({self.settings["car"]: self}, self.settings["car"], past)


class OnDigits(Planned):
    """A car before a net on digits, at the best rate of its short search."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        self.found = prix.tuned_digits(seed, settings["car"])
        trainer = prix.digits(seed, settings["car"], self.found.best)
        super().__init__(settings, seed, trainer, prix.DIGITS, settings["car"], PICTURES)

    def now(self) -> float:
        losses = self.record.column("loss")[-25:]
        return float(losses.mean()) if len(losses) else float("inf")

    def time(self) -> float:
        return np.inf

    def metrics(self) -> Mapping[str, float]:
        now = self.now()
        return {"loss": now if np.isfinite(now) else float("nan"), "rate": self.found.best}


Arms = Mapping[str, Any]


def order(arms: Arms) -> list[str]:
    """The first at the finish first, then the lowest."""
    place = {name: (model.time(), model.now()) for name, model in arms.items()}
    return sorted(arms, key=lambda name: tuple(v if np.isfinite(v) else np.inf for v in place[name]))


def table(arms: Arms, chosen: str, past: Sequence[Result]) -> Table:
    """The field in its present order, with the rate that the search gave each car."""
    names = order(arms)
    rows = []
    for place, name in enumerate(names, 1):
        model = arms[name]
        time, now = model.time(), model.now()
        shown = f"={time:.0f}" if np.isfinite(time) else None
        loss = f"={now:.3g}".replace("-", "−") if np.isfinite(now) else None
        rows.append((place, f"arm.{name}", f"={model.found.best:g}", shown, loss))
    columns = ("rank", "car", "tuned", "time", "loss")
    return Table(columns=tuple(f"column.{n}" for n in columns), rows=tuple(rows), chosen=names.index(chosen))


def plane(arms: Arms, chosen: str, past: Sequence[Result]) -> Plane:
    return race.paths(
        {name: model for name, model in arms.items() if isinstance(model, OnSurface)}, chosen, past
    )


def basins(arms: Arms, chosen: str, past: Sequence[Result]) -> Plane:
    """Which minimum the chosen car reaches from where."""
    model = arms[chosen]
    label, minima = prix.basins(model.course, chosen, model.found.best)
    field = np.where(label >= 0, label, np.nan).astype(float)
    dots = (Dots(word="dot.minimum", x=minima[:, 0].copy(), y=minima[:, 1].copy(), mark="best"),)
    return Plane(extent=model.course.extent, field=field, scale="class", dots=dots, x="axis.x", y="axis.y")


def search(arms: Arms, chosen: str, past: Sequence[Result]) -> Curve:
    """The loss that every rate of the search reached; the chosen car's best is ticked."""

    def series(model: Any) -> tuple[np.ndarray, np.ndarray]:
        lowest = model.course.lowest if isinstance(model, OnSurface) else 0.0
        losses = np.array(model.found.losses) - lowest
        return np.array(model.found.rates), np.where(losses > 0, np.clip(losses, 1e-12, 1e4), np.nan)

    ticks = ((arms[chosen].found.best, "tick.tuned"),)
    return Curve(lines=lines(arms, series), x="axis.rate", y="axis.gap", log_x=True, log_y=True, ticks=ticks)


def losses(arms: Arms, chosen: str, past: Sequence[Result]) -> Curve:
    """The loss of every car, of digits as a moving average."""

    def series(model: Any) -> tuple[np.ndarray, np.ndarray]:
        values = model.record.column("loss")
        smooth = average(values) if isinstance(model, OnDigits) else values
        return np.arange(len(values)) + 1.0, smooth

    low = getattr(arms[chosen], "course", None)
    return Curve(
        lines=lines(arms, series), x="axis.update", y="axis.loss", log_y=low is None or low.lowest >= 0
    )


def places(arms: Arms, chosen: str, past: Sequence[Result]) -> Grid:
    """The place of every car on every track, worked out when a race is over; 0 before."""
    over = all(model.step == model.limit or model.fault() for model in arms.values())
    shape = (len(prix.CARS), len(prix.TRACKS))
    values = prix.ranks(prix.UPDATES).astype(float) if over else np.zeros(shape)
    rows = tuple(f"arm.{car}" for car in prix.CARS)
    columns = tuple(f"option.{name}" for name in prix.TRACKS)
    return Grid(values=values, rows=rows, cols=columns, tensor="places", digits=0, diverging=False,
                chosen=(list(prix.CARS).index(chosen), 0))  # fmt: skip


# Every optimizer is one change of another: (id, x, y, from).
FAMILY = (
    ("sgd", 0.5, 0.95, ""),
    ("sgdm", 0.18, 0.72, "sgd"),
    ("nag", 0.05, 0.42, "sgdm"),
    ("sgdw", 0.27, 0.42, "sgdm"),
    ("adagrad", 0.82, 0.78, "sgd"),
    ("rmsprop", 0.82, 0.58, "adagrad"),
    ("adam", 0.6, 0.42, "rmsprop"),
    ("amsgrad", 0.96, 0.36, "adam"),
    ("adabound", 0.96, 0.16, "amsgrad"),
    ("nadam", 0.77, 0.1, "adam"),
    ("radam", 0.6, 0.1, "adam"),
    ("adamw", 0.43, 0.1, "adam"),
    ("swats", 0.45, 0.62, "adam"),
    ("lookahead", 0.14, 0.1, "sgdm"),
)


def family(arms: Arms, chosen: str, past: Sequence[Result]) -> Diagram:
    """The map of the lecture: team SGD left, team Adam right, SWATS between, Lookahead around any."""
    nodes = tuple(
        Node(
            id=name,
            x=x,
            y=1 - y,
            label=f"={race.SHORT.get(name, LABELS.get(name, name))}",
            hot=name == chosen,
        )
        for name, x, y, _ in FAMILY
    )
    edges = [(source, name, None, name == chosen) for name, _, _, source in FAMILY if source]
    edges += [("sgdm", "adam", None, False), ("sgdm", "swats", None, chosen == "swats")]
    return Diagram(nodes=nodes, edges=tuple(edges))


LABELS = {"lookahead": "Lookahead", "sgdw": "SGDWM", "nag": "NAG", "sgdm": "SGDM"}
PICTURES: dict[str, race.Picture] = {
    "plane": plane,
    "standings": table,
    "basins": basins,
    "places": places,
    "search": search,
    "family": family,
    "losses": losses,
}
