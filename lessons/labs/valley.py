"""The lecture's long valley: a line y = b + w·x through ten Pokémon, its squared error seen over b and w."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.model import Result
from engine.network import Network
from lessons.data import cp10
from lessons.labs import race
from lessons.labs.functions import best_line
from lessons.views import Curve, Line

WEIGHT, BIAS = 0, 1  # places in θ
EXTENT = (-200.0, -100.0, -6.0, 11.0)
START = (-120.0, -4.0)  # the slide's b and w
NEAR = (1.0, 0.05)  # "arrived": this near to the optimum in b and w
JUMP = 1.0  # a change of w by more than this, back and forth, is a bounce
SHARE = 0.1  # of the updates must be bounces for the run to count as bouncing

SETTLED = 200  # updates after which w has found the floor


class Valley(race.Runner):
    """Two parameters, ten examples, L = Σ(y − b − w·x)², from the start (b, w) of the settings."""

    def __init__(self, settings: Mapping[str, Any], seed: int, **more: Any):
        x, y = cp10()
        network = Network()
        network.loss(network.dense(network.input(1), 1, name="line"), "mse", reduction="sum")
        b, w = settings.get("start", START)
        watch = (BIAS, WEIGHT)
        trainer = race.trainer(settings, seed, network, x, y, start=(w, b), watch=watch, **more)
        design = np.column_stack([np.ones(len(x)), x])
        self.optimum = best_line(x, y[:, 0])
        self.curvature = np.linalg.eigvalsh(2 * design.T @ design)
        # On the floor of the valley w is the best one for this b: what slope is left there is along b.
        self.bottom = (-np.sum(x) / np.sum(x * x), np.sum(x * y) / np.sum(x * x))
        floor = self.bottom[0] * b + self.bottom[1]
        constants = {
            "lowest-loss": float(np.sum((y[:, 0] - design @ self.optimum) ** 2)),
            "floor-norm": float(np.abs(2 * np.sum(y[:, 0] - b - floor * x[:, 0]))),
        }
        super().__init__(
            settings,
            seed,
            trainer,
            int(settings["updates"]),
            extent=EXTENT,
            axes=(BIAS, WEIGHT),
            names=("=b", "=w"),
            best=tuple(self.optimum.tolist()),
            constants=constants,
        )

    def floor(self, b: np.ndarray) -> np.ndarray:
        """The best w for each b: where the floor of the valley runs."""
        return self.bottom[0] * b + self.bottom[1]

    def metrics(self) -> Mapping[str, float]:
        w, b = self.trainer.theta.tolist()
        return {**super().metrics(), "b": b, "w": w}

    def facts(self) -> Mapping[str, Any]:
        b, w = self.series(BIAS), self.series(WEIGHT)
        there = (abs(b - self.optimum[0]) < NEAR[0]) & (abs(w - self.optimum[1]) < NEAR[1])
        arrival = int(there.argmax()) if there.any() else -1
        fate = "diverges" if self.fault() else "arrives" if there[-1] else self.motion()
        return {**super().facts(), "arrival": arrival, "fate": fate}

    def motion(self) -> str:
        """What a run does that is on its way: starting, bounces or crawls."""
        steps = np.diff(self.series(WEIGHT))
        if not len(steps):
            return "starting"
        turns = (steps[1:] * steps[:-1] < 0) & (np.abs(steps[1:]) > JUMP)
        return "bounces" if turns.sum() > SHARE * len(steps) else "crawls"


class Erupting(Valley):
    """The valley with what becomes of w beside the floor: "off", a view of its own, and the eruptions."""

    def off(self) -> np.ndarray:
        """(step + 1,) how far w is from the best one for the b of the moment."""
        return self.series(WEIGHT) - self.floor(self.series(BIAS))

    def limit_of_rate(self) -> float:
        """2/λ₂: a larger rate of w makes every jump across longer than the last."""
        return float(2 / self.curvature[1])

    def excursions(self) -> list[int]:
        """Updates at which w leaves the floor by more than 1 after having found it."""
        away = np.flatnonzero(np.abs(self.off()[SETTLED:]) > 1) + SETTLED
        return [int(t) for k, t in enumerate(away) if k == 0 or t - away[k - 1] > 20]

    def facts(self) -> Mapping[str, Any]:
        times, off, b = self.excursions(), np.abs(self.off()), self.series(BIAS)
        first = times[0] if times else -1
        update, rate = self.noted("rate", WEIGHT)
        over = np.flatnonzero((update >= SETTLED) & (rate > self.limit_of_rate()))
        return {
            **super().facts(),
            "excursions": len(times),
            "at": first,
            "where": float(b[first]),
            "farthest": float(off[SETTLED:].max()) if len(off) > SETTLED else 0.0,
            "crossed": int(update[over[0]]) if len(over) else -1,
        }

    def metrics(self) -> Mapping[str, float]:
        return {**super().metrics(), "excursions": float(len(self.excursions()))}


def offs(arms: race.Arms, chosen: str, past: Sequence[Result]) -> Curve:
    """How far w of the chosen arm is from the floor."""
    model = arms[chosen]
    x, y = race.envelope(np.arange(model.step + 1), model.off())
    line = Line(word="series.off", x=x, y=y, role="raw", hue=race.hue(arms, chosen))
    return Curve(lines=(line,), x="axis.update", limits=(None, None, -5.0, 5.0))
