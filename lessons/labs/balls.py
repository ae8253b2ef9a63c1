"""Balls in a landscape of two wells, one wide and one narrow: gradient descent with noise, many starts at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.draws import Draws
from engine.model import Result
from engine.network import Network
from engine.plane import loss_line
from engine.trainer import Trainer
from lessons.labs.base import Still
from lessons.views import Bars, Curve, Dots, Hist, Line, Strip

WIDE, NARROW = -2.5, 2.0  # the bottoms
# 0.01 x² − 1.15 e^(−((x + 2.5)/1.4)²) − 1.2 e^(−((x − 2)/0.22)²), and 1.2 on top.
COEFFICIENTS = (0.01, 0.0, 1.15, WIDE, 1.4, 1.2, NARROW, 0.22)
LIFT = 1.2
BALLS, NOISY, QUIET = 400, 2000, 400  # balls; updates with noise, then without
RATE, SPREAD = 0.05, 6.0  # η; noise of the gradient at batch size 1
SPAN = (-5.5, 4.0)
EDGE = 0.8  # between the two wells
REACH = 0.5  # a ball this near to the narrow bottom lies in the narrow well
BINS = 57
PURPOSE = 64


def landscape() -> Trainer:
    """The two wells as a loss of one parameter, without LIFT."""
    network = Network()
    network.surface("ripple-1d", COEFFICIENTS)
    return Trainer(network, theta=(NARROW,), dtype="float64")


def height(x: np.ndarray) -> np.ndarray:
    """L at each place, for every ball at every update; `Balls.height` has the engine's own."""
    a, b, c, d, e, f, g, h = COEFFICIENTS
    u, v = (x - d) / e, (x - g) / h
    return LIFT + a * (x - b) ** 2 - c * np.exp(-u * u) - f * np.exp(-v * v)


def slope(x: np.ndarray) -> np.ndarray:
    """dL/dx at each place; the engine's op has one θ a run, and here are many."""
    a, b, c, d, e, f, g, h = COEFFICIENTS
    u, v = (x - d) / e, (x - g) / h
    return 2 * (a * (x - b) + c * u / e * np.exp(-u * u) + f * v / h * np.exp(-v * v))


class Balls(Still):
    """BALLS that start at the narrow bottom; noise SPREAD/√B on every gradient, then a time without.

    Settings: batch (B), shift (δ, only looked at): the test loss is L(x + δ).
    """

    columns = ("training-loss", "left")
    looks = frozenset({"shift"})
    limit = NOISY + QUIET

    def __init__(self, settings: Mapping[str, Any], seed: int):
        super().__init__(settings, seed)
        self.surface = landscape()
        self.x = np.full(BALLS, NARROW)
        self.step = 0
        self.xs = np.linspace(*SPAN, 400)

    def height(self, x, shift: float = 0.0) -> np.ndarray:
        """L at each place, moved by `shift`."""
        return loss_line(self.surface, 0, np.asarray(x, np.float64) + shift) + LIFT

    def train(self, updates: int) -> np.ndarray:
        rows = []
        for _ in range(min(updates, self.limit - self.step)):
            rows.append(self._row())
            pull = slope(self.x)
            if self.step < NOISY:
                noise = Draws(self.seed, PURPOSE, self.step).normal(shape=(BALLS,))
                pull = pull + SPREAD / np.sqrt(self.settings["batch"]) * noise
            self.x = self.x - RATE * pull
            self.step += 1
        return np.array(rows, np.float64).reshape(-1, len(self.columns))

    def _row(self) -> tuple[float, float]:
        """Mean L of the balls, and the share that is out of the narrow well."""
        left = np.abs(self.x - NARROW) >= REACH
        return float(height(self.x).mean()), float(left.mean())

    def settled(self) -> dict[str, float]:
        """Shares of the balls in the wide well, in the narrow one, and elsewhere."""
        wide = self.x < EDGE
        narrow = np.abs(self.x - NARROW) < REACH
        shares = wide.mean(), narrow.mean()
        return {"wide": float(shares[0]), "narrow": float(shares[1]), "elsewhere": float(1 - sum(shares))}

    def state(self) -> Sequence[Any]:
        return dict(self.settings), self.step, self.x.copy()

    def restore(self, state: Sequence[Any]) -> None:
        self.settings, self.step, self.x = dict(state[0]), state[1], state[2].copy()

    # What is seen

    def look(self, view: str, past: Sequence[Result]) -> Any:
        return {"wells": self.wells, "ends": self.ends, "shares": self.bars, "lift": self.lift}[view]()

    def wells(self) -> Curve:
        """Training and test loss, with the balls on the training loss."""
        shift = self.settings["shift"]
        seen = np.sort(self.x[(self.x > SPAN[0]) & (self.x < SPAN[1])])
        lines = (
            Line(word="series.training-loss", x=self.xs.copy(), y=self.height(self.xs), role="sum", hue=0),
            Line(
                word="series.test-loss", x=self.xs.copy(), y=self.height(self.xs, shift), role="target", hue=1
            ),
        )
        dots = Dots(word="dot.ball", x=seen, y=self.height(seen), group=np.full(len(seen), 2))
        return Curve(lines=lines, dots=(dots,), x="=x", y="=L", limits=(*SPAN, 0.0, 1.6))

    def ends(self) -> Hist:
        """Where the balls are."""
        inside = np.clip(self.x, *SPAN)
        counts = np.histogram(inside, bins=BINS, range=SPAN)[0].astype(float)
        return Hist(
            strips=(Strip(word="series.balls", counts=counts),),
            lo=SPAN[0],
            hi=SPAN[1],
            x="=x",
            ticks=((WIDE, "well.wide"), (NARROW, "well.narrow")),
        )

    def bars(self) -> Bars:
        """The share of balls in each well."""
        shares = self.settled()
        return Bars(
            labels=tuple(f"well.{name}" for name in shares),
            values=100 * np.array(list(shares.values())),
            word="series.percent",
        )

    def lift(self) -> Bars:
        """Loss at the two bottoms, beside it the test loss there."""
        bottoms = np.array([WIDE, NARROW])
        return Bars(
            labels=("well.wide", "well.narrow"),
            values=self.height(bottoms),
            beside=self.height(bottoms, self.settings["shift"]),
            word="series.training-loss",
            beside_word="series.test-loss",
        )

    def metrics(self) -> Mapping[str, float]:
        shares, shift = self.settled(), self.settings["shift"]
        return {
            "training-loss": float(self.height(self.x).mean()),
            "test-loss": float(self.height(self.x, shift).mean()),
            "wide": float(shares["wide"]),
            "narrow": float(shares["narrow"]),
        }

    def facts(self) -> Mapping[str, Any]:
        bottoms, shift = (WIDE, NARROW), self.settings["shift"]
        return {
            "bottoms": tuple(self.height(bottoms).tolist()),
            "tested": tuple(self.height(bottoms, shift).tolist()),
        }
