"""A linear forecast of births, tested on a year like those it knows and on one whose week is turned over."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from engine.data import windows
from engine.model import Result
from engine.network import Network
from engine.trainer import Trainer
from lessons.data import births
from lessons.labs.base import Training
from lessons.labs.polynomials import turned
from lessons.labs.sweeps import Arms, across
from lessons.views import Curve, Line

UPDATES = 200
RATE = 0.05
WEEKS = 42  # days that are shown
LAST, YEARS = 1988, 12  # the year that seed 1 is tested on; further seeds go back, and round again
PAST = 1096  # days before the year, from which the pattern of the week is taken
FEW = 90


@lru_cache(maxsize=16)
def year(seed: int) -> tuple[np.ndarray, int, int, np.ndarray]:
    """Births in thousands, first day of the year tested and of the next, and each day's part of the weekday (T,)."""
    dates, counts = births()
    tested = LAST - (seed - 1) % YEARS
    begin, end = np.searchsorted(
        dates, np.array([f"{tested}", f"{tested + 1}"], "datetime64[D]").astype(np.int64)
    )
    values, weekday = counts / 1000, (dates + 3) % 7  # 1970-01-01 was a Thursday; Monday is 0
    before = slice(begin - PAST, begin)
    means = np.array([values[before][weekday[before] == k].mean() for k in range(7)])
    return values, int(begin), int(end), (means - values[before].mean())[weekday]


def peak(settings: Mapping[str, Any], seed: int) -> Peak:
    return Peak(settings, seed)


class Peak(Training):
    """y = b + Σ wⱼ·xⱼ over the last `lags` days, trained on the `days` before the year.

    Settings: shift s; on each day tested, the label has 2·s times its weekday's part taken off: at 1 the
    week stands on its head. Inputs are the true past, so nothing in them tells.
    """

    def __init__(self, settings: Mapping[str, Any], seed: int):
        self.days, self.lags = int(settings["days"]), int(settings["lags"])
        values, begin, end, self.part = year(seed)
        self.x, self.y = windows(values, self.lags, begin - self.days, begin)
        self.u, self.v = windows(values, self.lags, begin, end)
        self.part = self.part[begin:end]
        self.mean = float(self.y.mean())
        features, self.back = turned(self.design(self.x))
        net = Network()
        net.loss(net.dense(net.input(features.shape[1]), 1, bias=False, init="zero"), "mse")
        trainer = Trainer(net, features, self.y[:, None] - self.mean, rate=RATE, seed=seed, dtype="float64")
        super().__init__(settings, seed, trainer, UPDATES)

    def design(self, x: np.ndarray) -> np.ndarray:
        """(N, lags + 1): the days before, about their mean, and 1."""
        return np.column_stack([x - self.mean, np.ones(len(x))])

    def forecast(self, x: np.ndarray) -> np.ndarray:
        """(N, lags) births of the days before → (N,) forecasts."""
        return self.design(x) @ (self.back @ self.trainer.theta) + self.mean

    def labels(self, shift: float) -> np.ndarray:
        """The births of the year tested, with the week turned over by `shift`."""
        return self.v - 2 * shift * self.part

    def error(self, shift: float) -> float:
        """Mean absolute error on the year tested."""
        return float(np.abs(self.forecast(self.u) - self.labels(shift)).mean())

    def metrics(self) -> Mapping[str, float]:
        train = float(np.abs(self.forecast(self.x) - self.y).mean())
        return {"train": train, "same": self.error(0.0), "unseen": self.error(self.settings["shift"])}

    def facts(self) -> Mapping[str, Any]:
        return {"few": few(self.seed, self.lags, self.settings["shift"])}

    def look(self, view: str, past: Sequence[Result]) -> Curve:
        if view == "errors":
            return errors({str(self.days): self}, str(self.days), past)
        at = np.arange(WEEKS, dtype=float)
        lines = (
            Line(
                word="series.truth", x=at, y=self.labels(self.settings["shift"])[:WEEKS], role="target", hue=4
            ),
            Line(word="series.forecast", x=at.copy(), y=self.forecast(self.u[:WEEKS]), role="raw", hue=0),
        )
        return Curve(lines=lines, x="axis.day", y="axis.thousands")


@lru_cache(maxsize=64)
def few(seed: int, lags: int, shift: float) -> float:
    """The error on the year tested after training on FEW days only."""
    model = Peak({"days": str(FEW), "lags": str(lags), "shift": shift}, seed)
    model.train(UPDATES)
    return model.error(shift)


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, Callable]:
    """Views over all numbers of training days."""
    return {"errors": errors}


def errors(arms: Arms, chosen: str, past: Sequence[Result]) -> Curve:
    """Mean absolute errors over the days trained on."""
    begun = {name: model if model is not None and model.step else None for name, model in arms.items()}
    lines = {
        "series.trained": lambda m: m.metrics()["train"],
        "series.same": lambda m: m.metrics()["same"],
        "series.shifted": lambda m: m.metrics()["unseen"],
    }
    return across(begun, chosen, lines, "axis.days", "axis.thousands", limits=(None, None, 0.0, None))


def unseen(run: Result) -> float:
    return run.metrics["unseen"]


def data_cures(runs: Mapping[str, Result]) -> bool:
    """From few to many days the error on the year tested falls by more than a quarter."""
    return unseen(runs["many"]) < 0.75 * unseen(runs["few"])


def data_does_not_cure(runs: Mapping[str, Result]) -> bool:
    """From few to many days it changes by less than an eighth."""
    return abs(unseen(runs["many"]) / unseen(runs["few"]) - 1) < 0.125


def no_model_helps(runs: Mapping[str, Result]) -> bool:
    """Every model errs more than three times as much as on the days that it was trained on."""
    return all(unseen(run) > 3 * run.metrics["train"] for run in runs.values())


def cured(result: Result) -> str:
    """How the error under the whole shift goes on from few days to a thousand."""
    if (result.settings["days"], result.settings["shift"]) != ("1000", 1.0):
        return ""
    share = unseen(result) / result.facts["few"]
    return "falls" if share < 0.8 else "rises" if share > 1.2 else "flat"
