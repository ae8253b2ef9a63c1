"""Two losses on the same three logits: how far a ball rolls over each, from the same place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from engine.model import Result
from engine.network import Network
from engine.tape import Tape
from lessons.labs import race
from lessons.labs.surface import Surface, thin
from lessons.views import Curve, Line, Plane

REACH = 10.0
THIRD = -1000.0  # the third logit: so low that the third class has no share
SURE = 0.9  # the share of the right class with which a run has arrived
WHOLE, PARTS = 1000, 2000  # updates that are all recorded; of those after them so many
ENDS = (-REACH, REACH, -REACH, REACH)
NAMES = ("=y₁", "=y₂")


def classifier(loss: str) -> tuple[Network, np.ndarray]:
    """Three logits that are θ itself, under cross-entropy or square error, and the target of class 1."""
    net = Network()
    logits = net.dense(net.input(1), 3, name="logits", bias=False, init="zero")
    if loss == "cross-entropy":
        net.loss(logits, loss)
        return net, np.array([0])
    net.loss(net.softmax(logits, name="shares"), "mse", "sum")
    return net, np.array([[1.0, 0.0, 0.0]])


class Logits(Surface):
    """Gradient descent on (y₁, y₂), the label being class 1; a run ends where y′₁ is above SURE.

    Of a long run the record keeps the first updates and then every so many: its column "update" tells which.
    """

    def __init__(self, settings: Mapping[str, Any], seed: int):
        net, target = classifier(settings["loss"])
        start = (*settings["start"], THIRD)
        trainer = race.trainer(settings, seed, net, np.ones((1, 1)), target, start=start)
        super().__init__(settings, seed, trainer, int(settings["updates"]), extent=ENDS, names=NAMES)
        self.record = Tape(("update", *trainer.columns))
        self.steepness = float(np.linalg.norm(trainer.gradient()))

    @property
    def columns(self) -> tuple[str, ...]:
        return ("loss",)

    @property
    def limit(self) -> int:
        return self.step if self.share() > SURE else self.most

    @limit.setter
    def limit(self, updates: int) -> None:
        self.most = updates

    def share(self) -> float:
        """y′₁ now."""
        return float(first_share(*self.trainer.theta[:2]))

    def train(self, updates: int) -> np.ndarray:
        kept, first = self.trainer.state(), self.step
        rows = self.trainer.train(max(0, min(updates, self.limit - first)))
        there = np.flatnonzero(first_share(rows[:, 2], rows[:, 3]) > SURE)
        if len(there):  # it ends at the very update, however the updates were cut
            self.trainer.restore(kept)
            rows = self.trainer.train(int(there[0]))
        steps = first + np.arange(len(rows))
        keep = (steps < WHOLE) | (steps % max(1, self.most // PARTS) == 0)
        self.record.append(np.column_stack([steps, rows])[keep])
        return rows[:, :1]

    def set(self, control: str, value: Any) -> None:
        self.settings[control] = value
        if control in ("rate", "optimizer"):
            self.trainer.set(control, race.value_of(value))

    def series(self, entry: int) -> np.ndarray:
        """One logit at the recorded updates and now."""
        return np.append(self.record.column(f"theta-{entry}"), self.trainer.theta[entry])

    def look(self, view: str, past: Sequence[Result]) -> Any:
        """As the only arm; both planes are its own."""
        name = self.settings["loss"]
        return PICTURES[view]({name: self}, name, past)

    def plane(self, past: Sequence[Result]) -> Plane:
        """The surface in colours of equal height, so that a plateau is one colour."""
        return replace(super().plane(past), scale="linear")

    def facts(self) -> Mapping[str, Any]:
        way = thin(self.series(0), self.series(1), self.extent)
        moved = np.abs(self.trainer.theta[:2] - self.start[:2]).max()
        return {
            "way": tuple(tuple(part.tolist()) for part in way),
            "arrived": self.step if self.share() > SURE else -1,
            "moved": float(moved),
            "steepness": self.steepness,
            "share": self.share(),
        }

    def metrics(self) -> Mapping[str, float]:
        return {**super().metrics(), "share": self.share()}

    def _ghost(self, result: Result) -> tuple[np.ndarray, np.ndarray] | None:
        way = result.facts.get("way")
        return tuple(np.array(part) for part in way) if way else None


def first_share(y1: Any, y2: Any) -> Any:
    """y′₁ of softmax where the third class has none."""
    return 1 / (1 + np.exp(np.clip(y2 - y1, -700, 700)))


def surface(name: str) -> race.Picture:
    """The plane of one arm, whichever is in sight; of another where this one does not run."""

    def draw(arms: race.Arms, chosen: str, past: Sequence[Result]) -> Plane:
        arm = name if name in arms else chosen
        plane = arms[arm].plane(race.ghosts(past, arm))
        path = replace(plane.paths[-1], hue=race.hue(arms, arm))
        return replace(plane, paths=(*plane.paths[:-1], path))

    return draw


def curve(column: str, log: bool) -> race.Picture:
    """A recorded series of both arms; of long runs over a logarithm of the updates."""

    def draw(arms: race.Arms, chosen: str, past: Sequence[Result]) -> Curve:
        wide = max(model.most for model in arms.values()) > WHOLE
        lines = []
        for name, model in arms.items():
            x, y = model.record.column("update") + wide, model.record.column(column)
            lines.append(Line(word=f"arm.{name}", x=x, y=y.copy(), hue=race.hue(arms, name)))
        top = None if log else 1.05 * max((line.y.max() for line in lines if len(line.y)), default=1.0)
        return Curve(
            lines=tuple(lines), log_y=log, log_x=wide, limits=(None, None, None if log else 0.0, top)
        )

    return draw


PICTURES: Mapping[str, Callable] = {
    "plane-mse": surface("mse"),
    "plane-ce": surface("cross-entropy"),
    "slope": curve("gradient-norm", log=True),
    "loss": curve("loss", log=False),
}
