"""Series of days: each day's number told from the days before it, by a line or by a network of ReLUs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from engine.data import windows
from engine.model import Result
from engine.network import Network
from engine.trainer import Trainer
from lessons.data import births, generators
from lessons.data.generators.curves import YT_TRAIN
from lessons.labs.base import Training
from lessons.labs.functions import best_line
from lessons.labs.net import stack
from lessons.views import Curve, Line, Table

SOURCES = ("births", "yt-views")
SPAN = ("1985-01-01", "1988-01-01", "1989-01-01")  # births: trained on from the first, unseen from the second
SHOWN = 42  # days of the forecast that are shown
ENGINE = {"gd": "sgd"}  # our names of optimizers that the engine calls by another
BOTH = ("train", "unseen")


@lru_cache(maxsize=16)
def lagged(source: str, days: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Thousands a day: x (N, days), y (N,) to train on, then the same of the unseen days.

    Column j holds the number j + 1 days before the day of the label. Births are the same for every seed.
    """
    if source == "births":
        dates, counts = births()
        values = counts / 1000
        begin, middle, end = np.searchsorted(dates, np.array(SPAN, "datetime64[D]").astype(np.int64))
    else:
        values = generators.yt_views(seed)
        begin, middle, end = 0, YT_TRAIN, len(values)
    return *windows(values, days, begin, middle), *windows(values, days, middle, end)


@lru_cache(maxsize=16)
def least_squares(source: str, days: int, seed: int = 0) -> dict[str, float]:
    """Mean absolute errors of the exact linear solution, on the days trained on and on the unseen ones."""
    x, y, x_new, y_new = lagged(source, days, seed if source != "births" else 0)
    bias, *weights = best_line(x, y)
    error = lambda rows, truth: float(np.abs(bias + rows @ weights - truth).mean())
    return {"train": error(x, y), "unseen": error(x_new, y_new)}


class Forecast(Training):
    """Dense layers of these widths with ReLU between them (none: a linear model), on standardized numbers.

    The loss is the mean square; what is told are mean absolute errors in thousands, the lecture's measure.
    """

    def __init__(
        self,
        settings: Mapping[str, Any],
        seed: int,
        days: int,
        widths: Sequence[int] = (),
        limit: int | None = None,
        **options,
    ):
        source = settings.get("data", "births")
        x, y, x_new, y_new = lagged(source, days, 0 if source == "births" else seed)
        self.days, self.old, self.new = days, (x, y), (x_new, y_new)
        self.mean, self.scale = float(y.mean()), float(y.std())
        net = Network()
        top = stack(net, net.input(days), widths, "relu")
        net.loss(net.dense(top, 1, name="forecast", init="xavier" if widths else "zero"), "mse")
        trainer = Trainer(
            net, self.norm(x), self.norm(y)[:, None], rate=settings["rate"], seed=seed, **options
        )
        if limit is None:  # whole epochs, over which the rate fades out
            limit = trainer.epoch * int(settings["epochs"])
            trainer.set("schedule", ("cosine", {"updates": limit, "low": 0.0}))
        self.parameters = len(trainer.theta)
        self._kept: tuple[Any, dict[str, float]] = (None, {})
        super().__init__(settings, seed, trainer, limit)

    def norm(self, values: np.ndarray) -> np.ndarray:
        return (values - self.mean) / self.scale

    def set(self, control: str, value: Any) -> None:
        super().set(control, ENGINE.get(value, value) if control == "optimizer" else value)
        self.settings[control] = value

    def forecast(self, x: np.ndarray) -> np.ndarray:
        """(N, days) thousands → (N,) forecasts."""
        return self.trainer.predict(self.norm(x))[:, 0].astype(np.float64) * self.scale + self.mean

    def metrics(self) -> Mapping[str, float]:
        if self._kept[0] != self.step:
            error = lambda x, y: float(np.abs(self.forecast(x) - y).mean())
            self._kept = (self.step, {"train": error(*self.old), "unseen": error(*self.new)})
        return dict(self._kept[1])

    def restore(self, state: Sequence[Any]) -> None:
        super().restore(state)
        self._kept = (None, {})

    def facts(self) -> Mapping[str, Any]:
        line = least_squares(self.settings.get("data", "births"), self.days, self.seed)["unseen"]
        return {"parameters": self.parameters, "line": line}

    def look(self, view: str, past: Sequence[Result]) -> Any:
        return getattr(self, view)(past)

    def series(self, past: Sequence[Result]) -> Curve:
        """The last unseen days: the truth red, the forecast blue."""
        x, y = (part[-SHOWN:] for part in self.new)
        at = np.arange(len(y)) - float(len(y))
        lines = (
            Line(word="series.truth", x=at, y=y.copy(), role="target", hue=4),
            Line(word="series.forecast", x=at.copy(), y=self.forecast(x), role="raw", hue=0),
        )
        return Curve(lines=lines, x="axis.day", y="axis.thousands")


def errors(
    arms: Mapping[str, Training | None],
    places: Mapping[str, float],
    lecture: Mapping[str, tuple[float, float]],
    past: Sequence[Result],
    x: str,
    log: bool = False,
) -> Curve:
    """Errors trained on and unseen of each arm over its place on the axis; the lecture's as ghosts behind."""
    lines = []
    for k, name in enumerate(BOTH):
        known = [
            (places[arm], lecture[arm][k]) for arm in arms if lecture.get(arm, (None,) * 2)[k] is not None
        ]
        lines.append(_line(f"series.lecture-{name}", known, role="ghost"))
    for k, name in enumerate(BOTH):
        found = [(places[arm], measured(arm, model, past).get(name)) for arm, model in arms.items()]
        found = [pair for pair in found if pair[1] is not None]
        lines.append(_line(f"series.{name}", found, role=("raw", "validation")[k], hue=(0, 4)[k]))
    top = 1.08 * max(float(line.y.max()) for line in lines if len(line.y))
    return Curve(lines=tuple(lines), x=x, y="axis.thousands", log_x=log, limits=(None, None, 0.0, top))


def _line(word: str, pairs: Sequence[tuple[float, float]], **look) -> Line:
    x, y = np.array(pairs, float).reshape(-1, 2).T
    return Line(word=word, x=x, y=y, **look)


def measured(arm: str, model: Training | None, past: Sequence[Result]) -> dict[str, float]:
    """An arm's two errors; before it begins those of the newest of the earlier runs, or none."""
    if model is not None and model.step:
        return dict(model.metrics())
    for ghost in past:
        if f"{arm}/unseen" in ghost.metrics:
            return {name: ghost.metrics[f"{arm}/{name}"] for name in BOTH}
    return {}


def table(
    arms: Mapping[str, Training | None],
    chosen: str,
    past: Sequence[Result],
    first: str,
    lecture: Mapping[str, tuple[float | None, ...]],
) -> Table:
    """One row for each arm, its name under the column `first`: both errors, the lecture's two, the parameters."""
    rows = []
    for arm, model in arms.items():
        found = measured(arm, model, past)
        size = model.parameters if model is not None else None
        told = " / ".join("…" if error is None else f"{error:.2f}" for error in lecture[arm])
        rows.append((f"arm.{arm}", found.get("train"), found.get("unseen"), f"={told}", size))
    names = (first, "train", "unseen", "lecture", "parameters")
    return Table(
        columns=tuple(f"column.{name}" for name in names),
        rows=tuple(rows),
        bar=2,
        chosen=list(arms).index(chosen),
    )


def against_line(result: Result) -> str:
    """What became of the error on unseen days, against the best line: falls, stays or rises."""
    share = result.metrics["unseen"] / result.facts["line"]
    return "falls" if share < 0.95 else "stays" if share <= 1.05 else "rises"
