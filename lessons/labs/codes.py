"""Three clouds of points, named by numbers or by vectors: what a network makes of either."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.model import Result
from engine.network import Network
from engine.trainer import Trainer
from lessons.data.generators import three_clusters
from lessons.labs import race
from lessons.labs.base import Training
from lessons.labs.net import stack
from lessons.views import Bars, Dots, Line, Plane

POINTS = 300
UPDATES = 400
RATE = 0.05
REACH = 3.6
FIELD = (96, 64)
WAY = 201  # places on the straight way from one cloud to another
GAP = 2.2  # between neighbours of clouds in a row
CLASSES = ("a", "b", "c")
NUMBERS = {
    "a": (2, 1, 3),
    "b": (1, 2, 3),
    "c": (1, 3, 2),
}  # the numbers of a, b, c, by which is in the middle
ANGLE = np.pi / 2 + 2 * np.pi * np.arange(3) / 3
CENTRES = {
    "triangle": 2 * np.stack([np.cos(ANGLE), np.sin(ANGLE)], axis=1),
    "row": np.array([[-GAP, 0.0], [0.0, 0.0], [GAP, 0.0]]),
}


class Codes(Training):
    """A network on three clouds whose targets are the numbers 1, 2, 3 or one-hot vectors; both by square error.

    settings: labels (numbers, vectors), data (triangle, row), middle (the class with number 2), width (units of a
    hidden layer; 0: none).
    """

    sparse_every = 10

    def __init__(self, settings: Mapping[str, Any], seed: int):
        points, self.y = three_clusters(POINTS, seed)
        self.centres = CENTRES[settings["data"]]
        self.x = points - CENTRES["triangle"][self.y] + self.centres[self.y]
        self.numbers = np.array(NUMBERS[settings["middle"]])
        net, width = Network(), int(settings["width"])
        top = stack(net, net.input(2), [width] if width else [], "tanh")
        if settings["labels"] == "numbers":
            outputs, target = 1, self.numbers[self.y][:, None].astype(float)
        else:
            outputs, target = 3, np.eye(3)[self.y]
        net.loss(net.dense(top, outputs, name="output", init="xavier"), "mse")
        trainer = Trainer(net, self.x, target, optimizer="adam", rate=RATE, seed=seed, dtype="float64")
        super().__init__(settings, seed, trainer, UPDATES)

    def named(self, x: np.ndarray) -> np.ndarray:
        """The class (N,) that the network gives each place of x (N, 2)."""
        z = self.trainer.predict(x)
        if z.shape[1] == 1:
            z = -np.abs(z - self.numbers)
        return z.argmax(axis=1)

    def recall(self) -> np.ndarray:
        """Of each class, the share of its points that are named rightly: (3,)."""
        found = self.named(self.x) == self.y
        return np.array([found[self.y == c].mean() for c in range(3)])

    def way(self) -> np.ndarray:
        """(WAY, 2) places from the middle of the class with number 1 to that of number 3."""
        ends = self.centres[[int(np.flatnonzero(self.numbers == n)[0]) for n in (1, 3)]]
        return ends[0] + np.linspace(0, 1, WAY)[:, None] * (ends[1] - ends[0])

    def sparse(self) -> Mapping[str, float]:
        return {"accuracy": float(self.recall().mean())}

    def metrics(self) -> Mapping[str, float]:
        return self.sparse()

    def facts(self) -> Mapping[str, Any]:
        middle = int(np.flatnonzero(self.numbers == 2)[0])
        return {
            "recall": tuple(self.recall().tolist()),
            "middle": middle,
            "band": float((self.named(self.way()) == middle).mean()),
        }

    def look(self, view: str, past: Sequence[Result]) -> Any:
        """As the only arm; both planes are its own."""
        name = self.settings["labels"]
        return PICTURES[view]({name: self}, name, past)

    def plane(self) -> Plane:
        """The class of each place, the points, and the straight way from number 1 to number 3."""
        wide = REACH * 1.5
        gx, gy = np.meshgrid(np.linspace(-wide, wide, FIELD[0]), np.linspace(-REACH, REACH, FIELD[1]))
        field = self.named(np.stack([gx.ravel(), gy.ravel()], axis=1)).astype(float)
        way = self.way()[[0, -1]]
        dots = tuple(
            Dots(word=f"series.class-{name}", x=self.x[self.y == c, 0].copy(), y=self.x[self.y == c, 1].copy(),
                 group=np.full(int((self.y == c).sum()), c))
            for c, name in enumerate(CLASSES)
        )  # fmt: skip
        return Plane(
            extent=(-wide, wide, -REACH, REACH), field=field.reshape(gx.shape), scale="class", dots=dots,
            paths=(Line(word="series.way", x=way[:, 0], y=way[:, 1], role="target"),), x="axis.x1", y="axis.x2",
        )  # fmt: skip


def plane(name: str) -> race.Picture:
    """The plane of one arm, whichever is in sight; of another where this one does not run."""
    return lambda arms, chosen, past: arms[name if name in arms else chosen].plane()


def bars(arms: race.Arms, chosen: str, past: Sequence[Result]) -> Bars:
    """Per cent of each class that is named rightly, of one arm and beside it of the other."""
    names = sorted(arms)
    shares = [100 * arms[name].recall() for name in names]
    numbers = arms[names[0]].numbers
    labels = tuple(f"={name.upper()} = {n}" for n, name in zip(numbers, CLASSES, strict=True))
    beside = {"beside": shares[1], "beside_word": f"arm.{names[1]}"} if len(names) > 1 else {}
    return Bars(labels=labels, values=shares[0], word=f"arm.{names[0]}", **beside)


PICTURES = {"bars": bars, "plane-numbers": plane("numbers"), "plane-vectors": plane("vectors")}
