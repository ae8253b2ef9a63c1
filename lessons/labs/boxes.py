"""Two boxes of blue and green balls: drawn one by one, and what a blue ball tells of its box."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.model import Result
from lessons.data.generators.points import drawn
from lessons.labs.base import Still
from lessons.labs.race import envelope
from lessons.labs.written import by_hand
from lessons.views import Bars, Curve, Line, Numbers, Step

BALLS = 3000
NAMES = ("blue-1", "green-1", "blue-2", "green-2")


class Boxes(Still):
    """An update draws a box, box 1 with chance `prior`, and a ball from it, blue with chance `blue1` or `blue2`."""

    limit = BALLS
    columns = ("frequency", "bayes")

    def __init__(self, settings: Mapping[str, Any], seed: int):
        super().__init__(settings, seed)
        chances = np.array([settings["blue1"], settings["blue2"]])
        which, colour = drawn(seed, 89).uniform(0, 1, (BALLS, 2)).T
        box = (which >= settings["prior"]).astype(int)
        kind = 2 * box + (colour >= chances[box])  # an index of NAMES
        self.counts = np.cumsum(np.eye(4, dtype=np.int64)[kind], axis=0)  # (BALLS, 4) after each ball
        self.step = 0

    def train(self, updates: int) -> np.ndarray:
        end = min(self.step + updates, self.limit)
        seen = self.counts[self.step : end]
        self.step = end
        blue = seen[:, 0] + seen[:, 2]
        share = np.where(blue > 0, seen[:, 0] / np.maximum(blue, 1), np.nan)
        return np.column_stack([share, np.full(len(seen), self.posterior())])

    def state(self) -> Sequence[Any]:
        return dict(self.settings), self.step

    def restore(self, state: Sequence[Any]) -> None:
        self.settings, self.step = dict(state[0]), state[1]

    # By Bayes

    def joint(self) -> np.ndarray:
        """(4,) the chance of each kind of ball, in the order of NAMES."""
        p, b1, b2 = (self.settings[name] for name in ("prior", "blue1", "blue2"))
        return np.array([p * b1, p * (1 - b1), (1 - p) * b2, (1 - p) * (1 - b2)])

    def posterior(self) -> float:
        """P(box 1 | blue); NaN where no ball is blue."""
        joint = self.joint()
        blue = joint[0] + joint[2]
        return float(joint[0] / blue) if blue else float("nan")

    def drawn(self) -> np.ndarray:
        """(4,) how many balls of each kind so far."""
        return self.counts[self.step - 1] if self.step else np.zeros(4, np.int64)

    def frequency(self) -> float:
        """Of the blue balls so far, the share from box 1."""
        seen = self.drawn()
        blue = seen[0] + seen[2]
        return float(seen[0] / blue) if blue else float("nan")

    # What is seen

    def look(self, view: str, past: Sequence[Result]) -> Any:
        return self.curve(past) if view == "curve" else getattr(self, view)()

    def curve(self, past: Sequence[Result]) -> Curve:
        """The frequency ball by ball, earlier runs faint, and where Bayes says that it goes."""
        lines = []
        for one in reversed(past):
            if "frequency" in one.tape.columns:
                y = one.tape.column("frequency")
                lines.append(Line(word="series.ghost", x=np.arange(1, len(y) + 1), y=y.copy(), role="ghost"))
        seen = self.counts[: self.step]
        blue = seen[:, 0] + seen[:, 2]
        y = np.where(blue > 0, seen[:, 0] / np.maximum(blue, 1), np.nan)
        x, y = envelope(np.arange(1, len(y) + 1), y)
        lines.append(Line(word="series.frequency", x=x, y=y, hue=0))
        ends = np.array([0.0, BALLS])
        lines.append(Line(word="series.bayes", x=ends, y=np.full(2, self.posterior()), role="target"))
        return Curve(lines=tuple(lines), x="axis.balls", limits=(0.0, BALLS, 0.0, 1.0))

    def bars(self) -> Bars:
        """The share of each kind among the balls drawn, beside its chance."""
        seen = self.drawn()
        values = seen / seen.sum() if self.step else np.zeros(4)
        labels = tuple(f"ball.{name}" for name in NAMES)
        return Bars(
            labels=labels,
            values=values,
            beside=self.joint(),
            word="series.drawn",
            beside_word="series.chance",
        )

    def numbers(self) -> Numbers:
        """Bayes with its numbers, then the count."""
        p, b1, b2 = (self.settings[name] for name in ("prior", "blue1", "blue2"))
        joint, seen = self.joint(), self.drawn()
        blue, m = joint[0] + joint[2], int(seen[0] + seen[2])
        steps = [
            Step(text=f"{p:.3f}·{b1:.3f} = {joint[0]:.3f}", note="note.blue-from-1"),
            Step(text=f"{1 - p:.3f}·{b2:.3f} = {joint[2]:.3f}", note="note.blue-from-2"),
            Step(text=f"{joint[0]:.3f} + {joint[2]:.3f} = {blue:.3f}", note="note.blue-at-all"),
        ]
        if not blue:
            return by_hand([*steps, Step(text="0 / 0", note="note.no-blue", hot=True)])
        steps.append(
            Step(
                text=f"{joint[0]:.3f} / {blue:.3f} = {self.posterior():.3f}", note="note.posterior", hot=True
            )
        )
        if m:
            steps.append(Step(text=f"{seen[0]} / {m} = {self.frequency():.3f}", note="note.counted"))
        steps.append(Step(text=f"{m} / {self.step}", note="note.blue-drawn"))
        return by_hand(steps)

    def metrics(self) -> Mapping[str, float]:
        values = {"posterior": self.posterior(), "frequency": self.frequency()}
        return {name: value for name, value in values.items() if value == value}

    def facts(self) -> Mapping[str, Any]:
        return {"posterior": self.posterior(), "frequency": self.frequency(), "drawn": self.drawn().tolist()}
