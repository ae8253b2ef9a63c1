"""Builds the four experiments about critical points and checks their claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from time import perf_counter
from typing import Any

import numpy as np

from engine.analysis.hessian import hessian
from engine.model import Result
from lessons.data.generators import draws
from lessons.labs import critical
from lessons.labs.critical import NAMES, WIDE, Critical, plane_along, trainer
from lessons.labs.expansion import STILL, Expansion
from lessons.views import Bars, Plane, Table

REST, STORY = 200, 160  # updates
KICK = 20  # the update before which the step off the saddle is made
LONG = 600  # updates of the net with hidden units
RATE, GENTLE = 0.05, 0.15
Runs = Mapping[str, Result]


# The ball that comes to rest


class Rest(Critical):
    """Gradient descent on one of four surfaces."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        here = trainer(settings["surface"], settings["start"], rate=RATE)
        super().__init__(settings, seed, here, REST, extent=WIDE, names=NAMES)

    def look(self, view: str, past: Sequence[Result]) -> Any:
        return {"plane": self.plane, "ways": self.ways, "around": self.around}[view](past)

    def facts(self) -> Mapping[str, Any]:
        change = critical.ways(self.trainer, 0.3)
        signs = {"falling": int((change < -1e-9).sum()), "rising": int((change > 1e-9).sum())}
        return {**super().facts(), **signs}


def rest(settings: Mapping[str, Any], seed: int) -> Rest:
    return Rest(settings, seed)


def kind_of(result: Result) -> str:
    rests = result.settings["surface"] == "net" and result.metrics["gradient-norm"] < STILL
    return result.facts["kind"] if rests and result.facts["kind"] == "saddle" else ""


def stops_at_saddle(runs: Runs) -> bool:
    """No slope is left, yet a step away the loss falls in some directions and rises in others."""
    run = runs["run"]
    return run.metrics["gradient-norm"] < STILL and min(run.facts["falling"], run.facts["rising"]) > 0


def slope_cannot_tell(runs: Runs) -> bool:
    """Both balls rest without slope; below one of them it goes on down."""
    flat = all(run.metrics["gradient-norm"] < STILL for run in runs.values())
    return flat and runs["net"].facts["falling"] > 0 == runs["bowl"].facts["falling"]


# The expansion around a place


def taylor(settings: Mapping[str, Any], seed: int) -> Expansion:
    return Expansion(settings, seed)


def _shrink(result: Result, order: int) -> float:
    """By how much the error of an order falls when the distance is halved."""
    facts = result.facts  # none before the first picture is worked out
    return (
        facts["errors"][order] / facts["halved"][order] if facts and facts["halved"][order] > 1e-12 else 0.0
    )


def shrinks(result: Result) -> str:
    return {2: "half", 4: "quarter", 8: "eighth"}.get(round(_shrink(result, 2)), "")


def second_order(runs: Runs) -> bool:
    """Half the distance leaves an eighth of the error, to a tenth of it."""
    ratio = _shrink(runs["run"], runs["run"].settings["order"])
    return abs(ratio - 8) < 0.8


def flat_line(runs: Runs) -> bool:
    """The expansion does not move, while the loss itself does."""
    facts = runs["run"].facts
    return bool(facts) and facts["bent"] < 1e-9 < 0.01 < facts["bends"]


def signs_decide(runs: Runs) -> bool:
    """All eigenvalues have a sign, and they name what 64 directions show."""
    facts = runs["run"].facts
    return bool(facts) and facts["kind"] == facts.get("seen")


# Two weights


class Example(Critical):
    """L = (1 − w₁w₂)² under gradient descent with noise of standard deviation σ in the gradient."""

    LIVE = ("rate",)

    def __init__(self, settings: Mapping[str, Any], seed: int):
        here = trainer(
            "net",
            settings["start"],
            rate=settings["rate"],
            noise=settings["noise"] ** 2,
            noise_decay=0.0,
            seed=seed,
        )
        super().__init__(settings, seed, here, STORY, extent=WIDE, names=NAMES)

    def set(self, control: str, value: Any) -> None:
        super().set(control, value)
        if control == "noise":
            self.trainer.set("noise", value**2)

    def look(self, view: str, past: Sequence[Result]) -> Any:
        if view == "steps":
            return critical.worked(self.spot(), self.trainer.theta)
        return {"plane": self.plane, "hessian": self.matrix}[view](past)

    def facts(self) -> Mapping[str, Any]:
        """`arrival`: the update before which the loss is first below 0.01, −1 if never."""
        fallen = np.append(self.record.column("loss")[: self.step], self.trainer.evaluate()["loss"]) < 0.01
        return {**super().facts(), "arrival": int(fallen.argmax()) if fallen.any() else -1}


def example(settings: Mapping[str, Any], seed: int) -> Example:
    return Example(settings, seed)


def stopped(result: Result) -> str:
    """Where the run from the slide's start has come to rest; other runs do not answer the question."""
    put = tuple(result.settings["start"]) == (1.0, -1.0) and result.settings["noise"] == 0
    return stop(result) if put else ""


def stop(result: Result) -> str:
    if result.metrics["gradient-norm"] > 1e-3:
        return "never"
    return "saddle" if result.facts["kind"] == "saddle" else "valley"


def on_line(runs: Runs) -> bool:
    run = runs["run"]
    return stop(run) == "saddle" and abs(run.metrics["loss"] - 1) < 1e-6


def by_a_hair(runs: Runs) -> bool:
    return [runs[name].facts["arrival"] for name in ("one", "half")] == [63, 89]


def noise_frees(runs: Runs) -> bool:
    """From the saddle itself the loss comes below 0.01."""
    return 0 < runs["run"].facts["arrival"] < STORY


def valley_flat(runs: Runs) -> bool:
    """At the end one eigenvalue is zero and the other 2(w₁² + w₂²): no strict minimum."""
    low, high = runs["run"].facts["eigenvalues"]
    theta = np.array(runs["run"].facts["theta"])
    return abs(low) < 1e-6 and abs(high - 2 * theta @ theta) < 1e-6


# Off the saddle


class Escape(Critical):
    """A saddle, a step in a chosen direction before update KICK, and gradient descent from there on."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        self.small = settings["model"] == "net"
        start = settings["start"] if self.small else critical.saddle(settings["width"], seed)
        rate = RATE if self.small else GENTLE
        here = trainer(settings["model"], start, settings["width"], rate=rate, seed=seed)
        limit = STORY if self.small else LONG
        super().__init__(settings, seed, here, limit, extent=WIDE, names=NAMES)
        self.home = self.spot()

    @property
    def beyond(self) -> tuple[str, ...]:
        return () if self.settings["kick"] == "wait" else ("kick",)

    def train(self, updates: int) -> np.ndarray:
        rows = [np.empty((0, len(self.columns)))]
        if self.step < KICK:
            rows.append(super().train(min(updates, KICK - self.step)))
            updates -= len(rows[-1])
        if self.step >= KICK and updates > 0:
            if self.step == KICK:
                self._leave()
            rows.append(super().train(updates))
        return np.concatenate(rows)

    def _leave(self) -> None:
        theta, *rest = self.trainer.state()
        self.trainer.restore((theta + self.settings["size"] * self.way(theta), *rest))

    def way(self, theta: np.ndarray) -> np.ndarray:
        """(P,) of length 1, or zero for one that waits."""
        drawn = draws(self.seed, 37).normal(size=len(theta))
        ways = {
            "down": self.home.vectors[0],
            "up": self.home.vectors[-1],
            "random": drawn / np.linalg.norm(drawn),
        }
        return ways.get(self.settings["kick"], np.zeros(len(theta)))

    def look(self, view: str, past: Sequence[Result]) -> Any:
        drawn = {"plane": self.plane, "eigenvalues": self.eigenvalues, "cost": self.cost}
        return drawn[view](past)

    def plane(self, past: Sequence[Result]) -> Plane:
        """The two weights, or the plane of the two extreme eigenvectors with the path's shadow on it."""
        if self.small:
            return super().plane([one for one in past if one.settings["model"] == "net"])
        path = np.stack([self.series(k) for k in range(len(self.start))], axis=1)
        frame = self.home.vectors[[0, -1]]
        shadow = (path - self.start) @ frame.T
        if self._field is None:
            self._field = plane_along(self.trainer, frame, WIDE, self.start).field
        line = self._line("series.path", *shadow.T, "path")
        return Plane(extent=WIDE, field=self._field, paths=(line,), x="axis.lowest", y="axis.highest")

    def eigenvalues(self, past: Sequence[Result]) -> Bars:
        """All of them here, and beside them those at the start."""
        spot = self.spot()
        labels = tuple(f"=λ{k + 1}" for k in range(len(spot.values)))
        words = {"word": "bars.eigenvalue", "beside_word": "bars.at-start"}
        return Bars(labels=labels, values=spot.values, beside=self.home.values.copy(), **words)

    def cost(self, past: Sequence[Result]) -> Table:
        rows = costs()
        sizes = [row[0] for row in rows]
        mine = len(self.start)
        names = ("parameters", "entries", "slope-time", "hessian-time")
        return Table(
            columns=tuple(f"column.{name}" for name in names),
            rows=rows,
            bar=1,
            chosen=sizes.index(mine) if mine in sizes else -1,
        )

    def metrics(self) -> Mapping[str, float]:
        loss = self.record.column("loss")
        after = float(loss[KICK]) if self.step > KICK else float("nan")
        return {**super().metrics(), **({"after-step": after} if self.step > KICK else {})}

    def facts(self) -> Mapping[str, Any]:
        """`before`, `after`: the loss around the step; `out`: updates from it until the loss is halved, or −1."""
        loss = self.record.column("loss")[: self.step]
        low = loss[KICK:] < self.home.loss / 2
        found = {"out": int(low.argmax()) if low.any() else -1, "entries": self.home.hessian.size}
        found["parameters"] = len(self.start)
        if self.step > KICK:
            found |= {"before": float(loss[KICK - 1]), "after": float(loss[KICK])}
        return {**super().facts(), **found}


@lru_cache(maxsize=1)
def costs() -> tuple[tuple[object, ...], ...]:
    """Parameters, numbers in the Hessian, and the milliseconds that gradient and Hessian took here."""
    rows = []
    for width in (1, 3, 5, 10, 20, 40):
        here = trainer("mlp", np.linspace(-1, 1, 3 * width + 1), width)
        spent = []
        for work in (here.gradient, lambda here=here: hessian(here)):
            times = []
            for _ in range(6):
                began = perf_counter()
                work()
                times.append(perf_counter() - began)
            spent.append(round(1000 * min(times), 3))
        size = 3 * width + 1
        rows.append((size, size * size, *spent))
    return tuple(rows)


def escape(settings: Mapping[str, Any], seed: int) -> Escape:
    return Escape(settings, seed)


def after_step(result: Result) -> str:
    """Where the step along the eigenvector of the negative eigenvalue leads."""
    put = result.settings["kick"] == "down" and result.settings["model"] == "net"
    if not put or "after" not in result.facts:
        return ""
    change = result.facts["after"] - result.facts["before"]
    return "lower" if change < -1e-12 else "higher" if change > 1e-12 else "same"


def step_down(runs: Runs) -> bool:
    run = runs["run"]
    return run.facts["after"] < run.facts["before"] and run.facts["out"] > 0


HEIGHTS = {"0.01": 0.9999, "0.1": 0.990, "0.5": 0.766}


def sizes(runs: Runs) -> bool:
    """(1 − s²/2)² after a step of s along (1, 1)/√2, to the figures that are told."""
    off = {name: abs(run.facts["after"] - HEIGHTS[name]) for name, run in runs.items()}
    return off["0.01"] < 5e-5 and off["0.1"] < 5e-4 and off["0.5"] < 5e-4


def first_out(runs: Runs) -> bool:
    """The eigenvector's way halves the loss first, the random one later, and who waits never does."""
    first, random, wait = (runs[name].facts["out"] for name in ("first", "random", "wait"))
    return 0 < first <= (random if random > 0 else STORY) and wait < 0


def cost(runs: Runs) -> bool:
    """Numbers in the Hessian grow with the square of the parameters."""
    small, large = (runs[name].facts for name in ("small", "large"))
    growth = large["parameters"] / small["parameters"]
    return growth > 1.5 and abs(large["entries"] / small["entries"] - growth**2) < 1e-9
