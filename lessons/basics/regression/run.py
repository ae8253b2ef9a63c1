"""Tasks to sort, a line through the births of two days in a row, linear models of up to 56 days."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from engine.model import Model, Result
from engine.network import Network
from engine.trainer import Trainer
from lessons.basics.regression.experiments import ARRANGE, TASKS
from lessons.labs.functions import best_line
from lessons.labs.series import ENGINE, Forecast, lagged, least_squares
from lessons.labs.series import table as errors_table
from lessons.labs.sort import Sort
from lessons.labs.surface import Surface, Track
from lessons.views import Bars, Curve, Dots, Line, Numbers, Step, Table

EXTENT = (-2.0, 12.0, -0.5, 1.5)  # b across, w up
DENTS = (0.0, 9.0, -1.3, 2.2)
LAGS = 14  # weights that are shown
# The lecture's results on its video views, in thousands: (train, unseen) by days; its weights for 7 days.
LECTURE = {"1": (0.48, 0.58), "7": (0.38, 0.49), "28": (0.33, 0.46), "56": (0.32, 0.46)}
LECTURE_WEIGHTS = (0.79, -0.31, 0.12, -0.01, -0.10, 0.30, 0.18)


# Three kinds of tasks.


def tasks(settings: Mapping[str, Any], seed: int) -> Sort:
    return Sort(settings, seed, ARRANGE, TASKS)


def go_bin(result: Result) -> str:
    return result.facts["bins"]["go"]


def all_right(runs: Mapping[str, Result]) -> bool:
    return all(runs["sorted"].facts["found"].values())


def go_is_classification(runs: Mapping[str, Result]) -> bool:
    return runs["sorted"].facts["found"]["go"]


# Three steps: y = b + w·x₁ on the births of one day after another.


def steps(settings: Mapping[str, Any], seed: int) -> Surface:
    return (Roll if settings["surface"] == "births" else Dent)(settings, seed)


class Roll(Surface):
    """Two parameters, the births of 1985 to 1987: θ is (w, b)."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        x, y, *_ = lagged("births", 1)
        network = Network()
        network.loss(network.dense(network.input(1), 1, name="line"), settings["loss"])
        b, w = settings["start"]
        options = {"optimizer": "sgd", "rate": settings["rate"], "dtype": "float64", "shuffle": False}
        trainer = Trainer(network, x, y[:, None], theta=(w, b), watch=(1, 0), **options)
        limit = int(settings["updates"])
        super().__init__(settings, seed, trainer, limit, extent=EXTENT, axes=(1, 0), names=("=b", "=w"))
        self.x, self.y = x[:, 0], y
        if settings["loss"] == "mse":
            self.best = tuple(best_line(self.x, self.y).tolist())

    @property
    def line(self) -> tuple[float, float]:
        """(b, w) now."""
        w, b = self.trainer.theta.tolist()
        return b, w

    def look(self, view: str, past: Sequence[Result]) -> Any:
        return {"plane": self.plane, "fit": self.fit, "numbers": self.numbers}[view](past)

    def fit(self, past: Sequence[Result]) -> Curve:
        """The line through the cloud of days."""
        b, w = self.line
        ends = np.array([self.x.min(), self.x.max()])
        low, high = float(self.y.min()) - 0.5, float(self.y.max()) + 0.5
        return Curve(
            lines=(Line(word="series.line", x=ends, y=np.clip(b + w * ends, low - 9, high + 9), role="sum"),),
            dots=(Dots(word="dot.day", x=self.x.copy(), y=self.y.copy()),),
            x="axis.today",
            y="axis.tomorrow",
            limits=(None, None, low, high),
        )

    def numbers(self, past: Sequence[Result]) -> Numbers:
        """The forecasts of the first two days, their errors, the loss, and the slopes."""
        b, w = self.line
        worked = [Step(text=f"y = {b:.3f} + {w:.3f}·x₁", note="note.function")]
        for k in (1, 2):
            x, label = self.x[k], self.y[k]
            worked.append(
                Step(text=f"{b:.3f} + {w:.3f}·{x:.2f} = {b + w * x:.2f}", note=f"note.forecast-{k}")
            )
            worked.append(
                Step(
                    text=f"|{b + w * x:.2f} − {label:.2f}| = {abs(b + w * x - label):.2f}", note="note.error"
                )
            )
        mean = np.abs(b + w * self.x - self.y).mean()
        worked.append(Step(text=f"L = {mean:.3f}", note="note.mean-error", hot=True))
        slope = self.trainer.gradient()
        worked.append(Step(text=f"∂L/∂w = {slope[0]:.4f}, ∂L/∂b = {slope[1]:.4f}", note="note.slopes"))
        return Numbers(steps=tuple(worked))

    def metrics(self) -> Mapping[str, float]:
        b, w = self.line
        with np.errstate(all="ignore"):
            return {**super().metrics(), "b": b, "w": w, "mae": float(np.abs(b + w * self.x - self.y).mean())}


class Dent(Track):
    """One parameter on a curve with two minima: the lower one at 6, the other near 2."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        network = Network()
        network.surface("ripple-1d")
        options = {"optimizer": "sgd", "rate": settings["rate"], "dtype": "float64"}
        trainer = Trainer(network, theta=(settings["place"],), watch=(0,), **options)
        limit = int(settings["updates"])
        super().__init__(settings, seed, trainer, limit, extent=DENTS, names=("=w", "=L"))

    def look(self, view: str, past: Sequence[Result]) -> Any:
        return {"plane": self.plane, "fit": self.fit, "numbers": self.numbers}[view](past)

    def fit(self, past: Sequence[Result]) -> Curve:
        plane = self.plane(past)
        return Curve(lines=plane.paths[:1], dots=plane.dots, x="=w", y="=L")

    def numbers(self, past: Sequence[Result]) -> Numbers:
        """The next step downhill."""
        w, slope, rate = self.trainer.theta[0], self.trainer.gradient()[0], self.settings["rate"]
        return Numbers(
            steps=(
                Step(text=f"w = {w:.4f}", note="note.place"),
                Step(text=f"∂L/∂w = {slope:.4f}", note="note.slope"),
                Step(
                    text=f"{w:.4f} − {rate:g}·({slope:.4f}) = {w - rate * slope:.4f}",
                    note="note.next",
                    hot=True,
                ),
            )
        )

    def metrics(self) -> Mapping[str, float]:
        return {**super().metrics(), "w": float(self.trainer.theta[0])}


def weight(result: Result) -> str:
    """Where the line through the births has its w, against the lecture's 0.97; no answer off the way."""
    if result.settings["surface"] != "births" or result.settings["loss"] != "mse" or result.phase != "done":
        return ""
    w = result.metrics["w"]
    return "below" if w < 0.7 else "near-one" if w < 1.3 else "above"


def rolls(runs: Mapping[str, Result]) -> bool:
    """Nine tenths of the fall in loss within 100 updates, with less than a tenth of the way in b done."""
    run = runs["wall"]
    loss, b = run.tape.column("loss"), run.tape.column("theta-1")
    fallen = (loss[0] - loss[100]) / (loss[0] - run.metrics["loss"])
    return bool(fallen > 0.9 and abs(b[100] - b[0]) < 0.1 * abs(run.metrics["b"] - b[0]))


def too_large(runs: Mapping[str, Result]) -> bool:
    return runs["small"].phase != "diverged" and runs["large"].phase == "diverged"


def other_loss(runs: Mapping[str, Result]) -> bool:
    """Trained on absolute errors, the mean absolute error ends lower, by more than 0.02."""
    return runs["absolute"].metrics["mae"] < runs["squares"].metrics["mae"] - 0.02


def two_minima(runs: Mapping[str, Result]) -> bool:
    """Both stand still, at different places and heights."""
    left, right = runs["left"].metrics, runs["right"].metrics
    still = max(left["gradient-norm"], right["gradient-norm"]) < 0.01
    return bool(still and right["w"] - left["w"] > 1 and left["loss"] - right["loss"] > 0.1)


# Linear models of the last 1, 7, 28, 56 days.


def days(settings: Mapping[str, Any], seed: int) -> Linear:
    return Linear(settings, seed)


class Linear(Forecast):
    """y = b + Σ wⱼ·xⱼ over the last k days, all of them in every update."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        options = {"optimizer": ENGINE.get(settings["optimizer"], settings["optimizer"]), "shuffle": False}
        limit = int(settings["updates"])
        super().__init__(settings, seed, int(settings["days"]), limit=limit, dtype="float64", **options)

    def facts(self) -> Mapping[str, Any]:
        weights = tuple(self.trainer.theta[:-1].tolist())
        best = {days: least_squares(self.settings["data"], days, self.seed) for days in (1, self.days)}
        return {"yesterday": best[1]["unseen"], "best": best[self.days], "weights": weights}

    def weights(self, past: Sequence[Result]) -> Bars:
        """The weight of each past day; the lecture's beside, where it gives them."""
        shown = min(self.days, LAGS)
        beside = np.array(LECTURE_WEIGHTS) if self.days == 7 else None
        names = tuple(f"={k}" for k in range(1, shown + 1))
        values = self.trainer.theta[:shown]
        return Bars(
            labels=names, values=values, beside=beside, word="series.weight", beside_word="column.lecture"
        )

    def table(self, past: Sequence[Result]) -> Table:
        return table({str(self.days): self}, str(self.days), past)


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, Callable]:
    """Views over all arms of a sweep."""
    return {"table": table} if experiment == "days" else {}


def table(arms: Mapping[str, Model | None], chosen: str, past: Sequence[Result]) -> Table:
    """Mean absolute errors of each number of days, with the lecture's beside them."""
    return errors_table(arms, chosen, (), "days", LECTURE)


def fall(result: Result) -> str:
    """How far the error on unseen days fell against one day; no answer for one day itself."""
    if result.settings["days"] == "1":
        return ""
    share = result.metrics["unseen"] / result.facts["yesterday"]
    return "little" if share > 0.75 else "half" if share > 0.4 else "third"


def week(runs: Mapping[str, Result]) -> bool:
    """The error on unseen days of 7 days is less than half that of one."""
    return runs["7"].metrics["unseen"] < 0.5 * runs["1"].metrics["unseen"]


def train_falls(runs: Mapping[str, Result]) -> bool:
    found = [runs[days].metrics["train"] for days in LECTURE]
    return all(later < earlier - 0.005 for earlier, later in zip(found, found[1:], strict=False))


def last_days(runs: Mapping[str, Result]) -> bool:
    """From 28 to 56 days the unseen error gains less than a fifth of what it gains from 7 to 28."""
    seven, month, double = (runs[name].metrics["unseen"] for name in ("7", "28", "56"))
    return month - double < 0.2 * (seven - month)


def reaches_best(runs: Mapping[str, Result]) -> bool:
    """Training has come within 0.005 of the errors of the exact solution."""
    gaps = [
        abs(run.metrics[name] - error) for run in runs.values() for name, error in run.facts["best"].items()
    ]
    return max(gaps) < 0.005
