"""Lanes: the same digits in batches of another size, and the surface of the batch that comes next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.analysis.landscape import plane as surface
from engine.model import Result
from engine.network import Network
from engine.random import DATA, normals
from engine.trainer import Trainer
from lessons.labs.batches import order
from lessons.labs.sweeps import SIDE, WIDTH, Swept
from lessons.views import Dots, Line, Plane

UPDATES = 400  # of each run where all make as many
GLANCE = 200  # digits of a batch whose loss fills the plane
REACH = (-1.0, 3.0, -2.0, 2.0)  # distances in θ: downhill for all the data across, at right angles up
LONG = 2.5  # of the two arrows


class Lane(Swept):
    """One lane: by epochs or by updates, with the surface of the batch that comes next."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        by_epochs = settings["same"] == "epochs"
        super().__init__(settings, seed, lambda epoch: settings["epochs"] * epoch if by_epochs else UPDATES)
        self.start = self.trainer.theta
        self._stuck: tuple[float, float] | None = None

    def part(self, update: int) -> tuple[np.ndarray, np.ndarray]:
        """The examples of an update."""
        x, y = self.data
        if self.batch >= len(y):
            return x, y
        epoch, place = divmod(update, self.epoch)
        chosen = order(self.seed, epoch, len(y))[place * self.batch :][: self.batch]
        return x[chosen], y[chosen]

    def alone(self, x: np.ndarray, y: np.ndarray, theta: np.ndarray) -> Trainer:
        """The network on one batch only."""
        net = Network()
        top = net.activation(net.dense(net.input(SIDE * SIDE), WIDTH), "relu")
        net.loss(net.dense(top, 10), "cross-entropy")
        return Trainer(net, x, y, rate=0.3, theta=theta)

    def stuck(self) -> tuple[float, float]:
        """‖∇L¹‖ and ‖∇L²‖ after training on the first batch alone, until it hardly slopes."""
        if self._stuck is None:
            one, two = self.alone(*self.part(0), self.start), self.part(1)
            one.train(max(10, 5000 // self.batch))
            self._stuck = tuple(float(np.linalg.norm(g)) for g in (one.gradient(), one.gradient(*two)))
        return self._stuck

    def look(self, view: str, past: Sequence[Result]) -> Any:
        x, y = self.part(self.step)
        here = self.alone(x[:GLANCE], y[:GLANCE], self.trainer.theta)
        all_, this = -self.trainer.gradient().astype(float), -self.trainer.gradient(x, y).astype(float)
        across_ = all_ / (np.linalg.norm(all_) + 1e-12)
        along = float(this @ across_)
        up = this - along * across_
        aside = float(np.linalg.norm(up))
        up = up / aside if aside > 1e-4 * np.linalg.norm(this) else random_up(across_)
        field = surface(here, (across_, up), np.linspace(*REACH[:2], 17), np.linspace(*REACH[2:], 13))
        length = np.hypot(along, aside) + 1e-12
        arrows = {"series.all": (LONG, 0.0), "series.this": (LONG * along / length, LONG * aside / length)}
        paths = tuple(
            Line(word=word, x=np.array([0.0, x]), y=np.array([0.0, y]), role="path", hue=hue)
            for hue, (word, (x, y)) in zip((-1, 1), arrows.items(), strict=True)
        )
        dots = (Dots(word="dot.now", x=np.zeros(1), y=np.zeros(1), mark="now"),)
        return Plane(extent=REACH, field=field, paths=paths, dots=dots, x="axis.downhill", y="axis.aside")

    def facts(self) -> Mapping[str, Any]:
        return {**super().facts(), "stuck": self.stuck()}


def random_up(across_: np.ndarray) -> np.ndarray:
    """A direction of length 1 at right angles to another."""
    drawn = normals(1, DATA, 0, len(across_))
    drawn -= (drawn @ across_) * across_
    return drawn / np.linalg.norm(drawn)
