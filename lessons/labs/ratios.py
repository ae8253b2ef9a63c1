"""Critical points of a small net on the sinc, found one by one, and the share of their positive eigenvalues."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from engine.analysis import critical
from engine.analysis.hessian import hessian, kind, signs
from engine.model import Result
from engine.network import Network
from engine.trainer import Trainer
from lessons.data.generators import draws, sinc
from lessons.labs.base import Still
from lessons.labs.critical import plane_along
from lessons.views import Bars, Curve, Dots, Grid, Line, Numbers, Plane, Step

WIDTH, EXAMPLES = 6, 20
NETS, BLOCK = 48, 50  # nets tried, and updates of the story for each
TRAINED = (0, 200, 800)  # Adam's updates before the search, in turn
RATE = 0.05
ZERO = 1e-3  # a gradient norm that counts as zero, as in the homework
TRIES = 60  # steps of the search
FLAT = 1e-7  # eigenvalues within this share of the largest are zero
WIDE = (-3.0, 3.0, -3.0, 3.0)


class Found(NamedTuple):
    """A critical point: θ (P,), eigenvalues (P,), both extreme eigenvectors (2, P), loss, |g|, updates before."""

    theta: np.ndarray
    values: np.ndarray
    frame: np.ndarray
    loss: float
    norm: float
    trained: int

    @property
    def ratio(self) -> float:
        """The share of positive eigenvalues: the lecture's minimum ratio."""
        return signs(self.values, FLAT).positive / len(self.values)


class Ratios(Still):
    """1-6-1 nets, partly trained by Adam, each led to a point without slope (Levenberg on |∇L|²)."""

    columns = ("mean-loss", "solved")
    limit = NETS * BLOCK

    def __init__(self, settings: Mapping[str, Any], seed: int):
        super().__init__(settings, seed)
        self.step = 0
        self.found: tuple[Found, ...] = ()
        self._shown = self.trainer(np.zeros(3 * WIDTH + 1))

    def trainer(self, theta: np.ndarray) -> Trainer:
        net = Network()
        hidden = net.activation(net.dense(net.input(1), WIDTH, name="hidden"), self.settings["activation"])
        net.loss(net.dense(hidden, 1, name="output"), "mse")
        known = {"optimizer": "adam", "rate": RATE, "dtype": "float64", "shuffle": False}
        return Trainer(net, *sinc(EXAMPLES), theta=theta, **known)

    def search(self, number: int) -> Found | None:
        """Where net `number` gets to, None if the slope does not vanish there."""
        trainer = self.trainer(draws(self.seed, 100 + number).normal(0, 1, 3 * WIDTH + 1))
        trained = TRAINED[number % len(TRAINED)]
        trainer.train(trained)
        end = critical.find(trainer, limit=ZERO, steps=TRIES)
        pairs = end.spectrum
        return (
            Found(end.theta, pairs.values, pairs.vectors[[0, -1]], end.loss, end.norm, trained)
            if end.found
            else None
        )

    # The model's promises

    def train(self, updates: int) -> np.ndarray:
        rows = []
        for _ in range(min(updates, self.limit - self.step)):
            losses = [one.loss for one in self.found]
            rows.append((np.mean(losses) if losses else np.nan, len(losses) / NETS))
            if self.step % BLOCK == BLOCK - 1 and (one := self.search(self.step // BLOCK)) is not None:
                self.found = (*self.found, one)
            self.step += 1
        return np.array(rows, np.float64).reshape(-1, 2)

    def state(self) -> Sequence[Any]:
        return dict(self.settings), self.step, self.found

    def restore(self, state: Sequence[Any]) -> None:
        settings, self.step, self.found = state
        self.settings = {**settings, "net": self.settings["net"]}

    def act(self, action: str) -> Mapping[str, Any] | None:
        """Pick the point of the highest or of the lowest loss, or one between."""
        order = np.argsort([-one.loss for one in self.found])
        place = {"top": 0, "two-thirds": 1 / 3, "half": 2 / 3, "solved": 1}[action]
        return {"net": min(31, int(order[round(place * (len(order) - 1))]))} if len(order) else {}

    def picked(self) -> Found | None:
        return self.found[min(self.settings["net"], len(self.found) - 1)] if self.found else None

    # What is seen

    def look(self, view: str, past: Sequence[Result]) -> Any:
        drawn = {"scatter": self.scatter, "eigenvalues": self.bars, "slice": self.slice}
        return {**drawn, "hessian": self.matrix, "verdict": self.verdict, "one": self.one}[view]()

    def scatter(self) -> Plane:
        """Minimum ratio across, loss up, one dot a point; the group is how long it was trained before."""
        x = np.array([one.ratio for one in self.found] or [np.nan])
        y = np.array([one.loss for one in self.found] or [np.nan])
        group = np.array([TRAINED.index(one.trained) for one in self.found] or [0])
        dots = [Dots(word="series.found", x=x, y=y, group=group)]
        if (mine := self.picked()) is not None:
            dots.append(
                Dots(word="dot.picked-net", x=np.array([mine.ratio]), y=np.array([mine.loss]), mark="now")
            )
        return Plane(extent=(0.2, 1.05, -0.005, 0.1), dots=tuple(dots), x="axis.positive", y="series.loss")

    def bars(self) -> Bars:
        mine = self.picked()
        values = mine.values.copy() if mine is not None else np.zeros(3 * WIDTH + 1)
        labels = tuple(f"=λ{n + 1}" for n in range(len(values)))
        return Bars(labels=labels, values=values, word="bars.eigenvalue")

    def slice(self) -> Plane:
        """The loss around the picked point along its two extreme eigenvectors."""
        mine = self.picked()
        if mine is None:
            return Plane(extent=WIDE, x="axis.lowest", y="axis.highest")
        field = plane_along(self._shown, mine.frame, WIDE, mine.theta)
        here = Dots(word="dot.here", x=np.zeros(1), y=np.zeros(1), mark="now")
        return Plane(extent=WIDE, field=field.field, dots=(here,), x=field.x, y=field.y)

    def matrix(self) -> Grid:
        mine = self.picked()
        theta = mine.theta if mine is not None else np.zeros(3 * WIDTH + 1)
        return Grid(values=hessian(self.trainer(theta)), tensor="H")

    def one(self) -> Curve:
        """What the net of the picked point has learned, beside the sinc."""
        x, y = sinc(EXAMPLES)
        mine = self.picked()
        lines = [Line(word="series.target", x=x[:, 0], y=y[:, 0], role="target")]
        if mine is not None:
            says = self.trainer(mine.theta).predict()[:, 0]
            lines.append(Line(word="series.picked-net", x=x[:, 0], y=says, role="path"))
        return Curve(lines=tuple(lines), x="axis.x", limits=(-1.0, 1.0, -0.5, 1.2))

    def verdict(self) -> Numbers:
        mine = self.picked()
        if mine is None:
            return Numbers(steps=(Step(text="0", note="note.found"),))
        found = signs(mine.values, FLAT)
        lines = (
            (f"L = {mine.loss:.4f}", "note.rest-loss"),
            (f"|g| = {mine.norm:.1e}", "note.rest-norm"),
            (f"λ < 0: {found.negative} / {len(mine.values)}", "note.rest-negative"),
            (f"λ > 0: {found.positive} / {len(mine.values)}", f"kind.{kind(mine.values, FLAT)}"),
            (f"{len(self.found)} / {NETS}", "note.found"),
        )
        return Numbers(steps=tuple(Step(text=text.replace("-", "−"), note=note) for text, note in lines))

    def metrics(self) -> Mapping[str, float]:
        losses = [one.loss for one in self.found]
        return {"mean-loss": float(np.mean(losses)) if losses else 0.0, "found": float(len(losses))}

    def facts(self) -> Mapping[str, Any]:
        """Of the points found: `ways`, the share of saddles; the ratios; how ratio and loss go together."""
        ratios, losses = (np.array([getattr(one, name) for one in self.found]) for name in ("ratio", "loss"))
        below = [signs(one.values, FLAT).negative > 0 for one in self.found]
        linked = len(self.found) > 2 and np.std(ratios) > 0 and np.std(losses) > 1e-6
        return {
            "points": len(self.found),
            "ways": float(np.mean(below)) if below else 0.0,
            "least": float(ratios.min(initial=1)),
            "most": float(ratios.max(initial=0)),
            "correlation": float(np.corrcoef(losses, ratios)[0, 1]) if linked else 0.0,
        }
