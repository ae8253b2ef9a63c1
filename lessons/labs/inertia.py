"""Momentum: a ball on a hill of one parameter; a bowl and a small net that the same two knobs drive beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from engine.model import Result
from engine.network import Network
from engine.trainer import Trainer
from lessons.data.generators import sinc
from lessons.labs.surface import Track
from lessons.views import Dots, Line, Numbers, Plane, Step

EXTENT = (-1.5, 8.5, -1.5, 2.8)
DENT, TOP, DEEP = 2.11, 2.82, 6.0  # places on the hill: two minima and the top between them
STORY = 300  # updates
BENDS = (8.0, 0.2)  # curvatures of the bowl: across and along
BOWL_START = (1.0, 4.0)
WIDTH, EXAMPLES = 4, 20  # of the net
GRID = (25, 22)  # places of a map across and up
KNOBS = (0.01, 0.3, 0.0, 0.99)  # rates and momenta that a map shows
FLOOR = 1e-9  # smaller losses are shown as this
ARROW = 5.0  # arrows are drawn so many times as long
REGIMES = ("monotone", "swinging", "ripples", "diverging")


def make(what: str, momentum: float, rate: float, start: Sequence[float] = (-1.0,), seed: int = 1) -> Trainer:
    """The hill, the bowl or the net under gradient descent with momentum, in float64."""
    net, data = Network(), ()
    options: dict[str, Any] = {"theta": start}
    if what == "hill":
        net.surface("ripple-1d")
    elif what == "bowl":
        net.surface("quadratic", [bend / 2 for bend in BENDS])
        options["theta"] = BOWL_START
    else:
        hidden = net.activation(net.dense(net.input(1), WIDTH, name="hidden", init="normal", std=2.0), "tanh")
        net.loss(net.dense(hidden, 1, name="output"), "mse")
        data, options = sinc(EXAMPLES), {}
    watch = range({"hill": 1, "bowl": 2}.get(what, 0))
    knobs = {"optimizer": "momentum", "momentum": momentum, "rate": rate}
    return Trainer(net, *data, dtype="float64", shuffle=False, seed=seed, watch=watch, **knobs, **options)


def regime(momentum: float, rate: float, bend: float) -> str:
    """How the distance to the bottom of a parabola of this curvature goes, one of REGIMES.

    It obeys d⁺ = (1 + λ - η h) d - λ d⁻: the roots of its quadratic tell (Goh, Why Momentum Really Works, 2017).
    """
    middle = 1 + momentum - rate * bend
    left = middle**2 - 4 * momentum
    if left < 0:
        return "ripples"
    largest = (abs(middle) + left**0.5) / 2
    return "diverging" if largest >= 1 else "monotone" if middle >= 0 else "swinging"


@lru_cache(maxsize=12)
def chart(what: str, x: float, seed: int) -> np.ndarray:
    """(rows, cols) what becomes of a run with each momentum (up) and rate (across).

    bowl: number of the steep way's regime; hill: 0 in the dent, 1 in the deep, 2 elsewhere; net: log₁₀ of its
    last loss.
    """
    momenta, rates = np.linspace(*KNOBS[2:], GRID[1]), np.linspace(*KNOBS[:2], GRID[0])
    found = np.empty((GRID[1], GRID[0]))
    for row, momentum in enumerate(momenta):
        for col, rate in enumerate(rates):
            if what == "bowl":
                found[row, col] = REGIMES.index(regime(momentum, rate, BENDS[0]))
                continue
            trainer = make(what, momentum, rate, (x,), seed)
            trainer.train(STORY)
            if what == "hill":
                place = float(trainer.theta[0])
                near = abs(place - DENT) < 0.3, abs(place - DEEP) < 0.3
                found[row, col] = 0 if near[0] else 1 if near[1] else 2
            else:
                loss = trainer.evaluate()["loss"]
                found[row, col] = np.log10(min(max(loss, 1e-9), 10.0)) if np.isfinite(loss) else 1.0
    found.flags.writeable = False
    return found


class Hill(Track):
    """The ball's run; bowl and net take the same knobs at the same updates."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        momentum, rate = settings["momentum"], settings["rate"]
        trainer = make("hill", momentum, rate, settings["start"][:1])
        super().__init__(settings, seed, trainer, STORY, extent=EXTENT, names=("axis.x", "axis.loss"))
        self.company = [make(what, momentum, rate, seed=seed) for what in ("bowl", "net")]

    columns = ("loss", "gradient-norm", "theta-0", "steep", "gentle", "net")  # type: ignore[assignment]

    @property
    def learner(self) -> Trainer:
        return self.company[1]

    def train(self, updates: int) -> np.ndarray:
        rows = super().train(updates)
        bowl, net = (trainer.train(len(rows)) for trainer in self.company)
        beside = np.full((len(rows), 3), np.nan)
        beside[: len(bowl), :2] = 0.5 * np.array(BENDS) * bowl[:, 2:4] ** 2
        beside[: len(net), 2] = net[:, 0]
        return np.column_stack((rows, np.clip(beside, FLOOR, 1e6)))

    def state(self) -> Sequence[Any]:
        return (*super().state(), *(trainer.state() for trainer in self.company))

    def restore(self, state: Sequence[Any]) -> None:
        super().restore(state[:3])
        for trainer, kept in zip(self.company, state[3:], strict=True):
            trainer.restore(kept)

    def set(self, control: str, value: Any) -> None:
        super().set(control, value)
        if control in self.LIVE:
            for trainer in self.company:
                trainer.set(control, value)

    def look(self, view: str, past: Sequence[Result]) -> Any:
        return {"hill": self.plane, "knobs": self.knobs, "steps": self.numbers}[view](past)

    # The ball

    def moves(self) -> tuple[float, float, float]:
        """-η g, λ m and the next movement, their sum."""
        path = self.series(0)
        last = float(path[-1] - path[-2]) if len(path) > 1 else 0.0
        slope = float(self.trainer.gradient()[0])
        pushed, carried = -self.settings["rate"] * slope, self.settings["momentum"] * last
        return pushed, carried, pushed + carried

    def plane(self, past: Sequence[Result]) -> Plane:
        """The hill with the ball's way, and the three arrows above it."""
        found = super().plane(past)
        x = float(self.series(0)[-1])
        y = float(self.height(np.array([x]))[0])
        arrows = []
        for lift, (word, hue, move) in enumerate(
            zip(("series.push", "series.carry", "series.move"), (3, 2, 0), self.moves(), strict=True)
        ):
            ends = np.array([x, np.clip(x + ARROW * move, *EXTENT[:2])])
            arrows.append(Line(word=word, x=ends, y=np.full(2, y + 0.35 * (lift + 1)), role="part", hue=hue))
        start = float(self.start[0])
        return Plane(
            extent=EXTENT,
            paths=(*found.paths, *arrows),
            dots=found.dots,
            x=found.x,
            y=found.y,
            cursor=(start, float(self.height(np.array([start]))[0])),
        )

    def knobs(self, past: Sequence[Result]) -> Plane:
        """The plane of rate and momentum: what each choice leads to, the present one and earlier ones."""
        which = self.settings["map"]
        field = chart(which, round(float(self.start[0]), 3), self.seed if which == "net" else 0)
        here = (np.array([self.settings[name]]) for name in ("rate", "momentum"))
        dots = [Dots(word="dot.now", x=next(here), y=next(here), mark="now")]
        if past:
            x, y = (np.array([one.settings[name] for one in past]) for name in ("rate", "momentum"))
            dots.insert(0, Dots(word="series.ghost", x=x, y=y, mark="cross"))
        words = {"hill": ("in-dent", "in-deep", "elsewhere"), "bowl": REGIMES}.get(which, ())
        off = np.full(2, -1.0)  # lines out of sight: they name the colours
        names = tuple(
            Line(word=f"regime.{word}", x=off, y=off, role="part", hue=hue) for hue, word in enumerate(words)
        )
        scale = "linear" if which == "net" else "class"
        extent = (KNOBS[0], KNOBS[1], KNOBS[2], 1.0)
        return Plane(
            extent=extent,
            field=field.copy(),
            scale=scale,
            paths=names,
            dots=tuple(dots),
            x="axis.rate",
            y="axis.momentum",
        )

    def numbers(self, past: Sequence[Result]) -> Numbers:
        """The next movement, the share of each past gradient in it, and the bowl's regimes."""
        momentum, rate = self.settings["momentum"], self.settings["rate"]
        pushed, carried, move = self.moves()
        lines = [
            (f"−η·g = {pushed:.4f}", "note.push"),
            (f"λ·m = {carried:.4f}", "note.carry"),
            (f"m⁺ = {move:.4f}", "note.move"),
            (f"g⁰, g⁻¹, g⁻²: {1:.2f}, {momentum:.2f}, {momentum**2:.2f}", "note.memory"),
            (f"1/(1−λ) = {1 / (1 - momentum):.3g}", "note.gain"),
            *((f"h = {bend:g}", f"regime.{regime(momentum, rate, bend)}") for bend in BENDS),
        ]
        hot = ("note.move",)
        return Numbers(
            steps=tuple(Step(text=text.replace("-", "−"), note=note, hot=note in hot) for text, note in lines)
        )

    def metrics(self) -> Mapping[str, float]:
        return {**super().metrics(), "x": float(self.trainer.theta[0])}

    def facts(self) -> Mapping[str, Any]:
        """`end`: where the ball is; `climb`: the most it rose; `passes`: how often the bowl's ball went through 0."""
        place = float(self.trainer.theta[0])
        heights = np.append(self.record.column("loss")[: self.step], self.trainer.evaluate()["loss"])
        lows = np.minimum.accumulate(heights)
        bowl = self.company[0]
        return {
            **super().facts(),
            "end": "dent" if abs(place - DENT) < 0.1 else "deep" if abs(place - DEEP) < 0.1 else "elsewhere",
            "climb": float((heights - lows).max()),
            "memory": self._memory(),
            "regime": regime(self.settings["momentum"], self.settings["rate"], BENDS[0]),
            "steep": float(abs(bowl.theta[0])),
        }

    def _memory(self) -> float:
        """The last movement less the weighted sum of all gradients so far: zero, if momentum is that sum."""
        path = self.series(0)
        if len(path) < 2:
            return 0.0
        probe = make("hill", 0.0, 1.0, (0.0,))
        slopes = np.array([self._slope(probe, x) for x in path[:-1]])
        ages = np.arange(len(slopes))[::-1]
        total = -self.settings["rate"] * float(np.sum(self.settings["momentum"] ** ages * slopes))
        return float(path[-1] - path[-2]) - total

    @staticmethod
    def _slope(probe: Trainer, x: float) -> float:
        _, *rest = probe.state()
        probe.restore((np.array([x]), *rest))
        return float(probe.gradient()[0])
