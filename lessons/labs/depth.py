"""Very deep networks of ReLUs on two spirals, with or without skip branches: what depth does to training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.model import Result
from engine.network import Network
from engine.program import Program
from engine.trainer import Trainer
from lessons.data import generators
from lessons.labs.base import Training
from lessons.labs.functions import sigmoid
from lessons.views import Curve, Dots, Line, Plane

POINTS, WIDTH, BATCH, CLIP = 400, 16, 50, 5.0
EVERY = 20  # updates between two measurements
FIELD, REACH = 40, 2.2
CLASSES = ("series.class-0", "series.class-1")


def tower(
    depth: int, skip: bool, seed: int, inputs: int = 2, width: int = WIDTH
) -> tuple[Network, np.ndarray]:
    """`depth` layers of ReLUs and one output, and the start of θ.

    skip: each layer after the first adds to what came in (He et al. 2015); such branches start at 1/√depth
    of their usual size, so that their sum is as large as one layer.
    """
    net = Network()
    x = net.activation(net.dense(net.input(inputs), width, name="layer-1"), "relu", name="bend-1")
    for k in range(2, depth + 1):
        y = net.activation(net.dense(x, width, name=f"layer-{k}"), "relu", name=f"bend-{k}")
        x = net.add(x, y, name=f"sum-{k}") if skip else y
    net.loss(net.dense(x, 1, name="output", init="xavier"), "binary-cross-entropy")
    program = Program(net)
    theta = program.initial(seed)
    if skip:
        for k in range(2, depth + 1):
            block = program.blocks[f"layer-{k}.weight"]
            theta[block.offset : block.offset + width * width] /= np.sqrt(depth)
    return net, theta


class Tower(Training):
    """A tower that learns two spirals; as many other points are kept back to test it."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        self.depth, self.skip = int(settings["depth"]), settings["skip"] == "on"
        self.x, self.y = generators.spirals(POINTS, seed)
        x, y = generators.spirals(POINTS, seed + 1_000_003)
        self.test = x, y[:, None]
        net, theta = tower(self.depth, self.skip, seed)
        options = {"optimizer": "momentum", "rate": settings["rate"], "batch": BATCH, "clip": CLIP}
        trainer = Trainer(net, self.x, self.y[:, None], seed=seed, theta=theta, **options)
        self._kept: tuple[Any, dict[str, float]] = (None, {})
        super().__init__(settings, seed, trainer, trainer.epoch * int(settings["epochs"]))
        self.history: list[tuple[int, float]] = []  # update, loss on all points trained on
        self.note()

    def note(self) -> None:
        self.history.append((self.step, self.trainer.evaluate()["loss"]))

    def train(self, updates: int) -> np.ndarray:
        """Measured at every mark, however the updates are cut."""
        rows, left = [np.empty((0, len(self.columns)))], min(updates, self.limit - self.step)
        while left > 0:
            asked = min(left, EVERY - self.step % EVERY)
            rows.append(super().train(asked))
            left -= asked
            if self.step % EVERY == 0:
                self.note()
            if len(rows[-1]) < asked:
                break
        return np.concatenate(rows)

    def state(self) -> Sequence[Any]:
        return *super().state(), tuple(self.history)

    def metrics(self) -> Mapping[str, float]:
        if self._kept[0] != self.step:
            own, test = self.trainer.evaluate(), self.trainer.evaluate(*self.test)
            found = {
                "training-loss": own["loss"],
                "error": 1 - own["accuracy"],
                "test-error": 1 - test["accuracy"],
            }
            self._kept = (self.step, found)
        return dict(self._kept[1])

    def restore(self, state: Sequence[Any]) -> None:
        super().restore(state[:2])
        self.history = list(state[2])
        self._kept = (None, {})

    def copied(self, depth: int = 56) -> float:
        """The loss of a plain tower of `depth` layers whose first ones are these and whose others pass on."""
        net, theta = tower(depth, False, self.seed)
        mine, named = self.trainer.theta, self.trainer.named()
        trainer = Trainer(net, self.x, self.y[:, None], theta=theta)
        for name, (offset, shape) in trainer.named().items():
            size = int(np.prod(shape))
            if name in named:
                here = named[name][0]
                theta[offset : offset + size] = mine[here : here + size]
            else:  # ReLUs of what is not negative change nothing
                theta[offset : offset + size] = np.eye(*shape).ravel() if len(shape) == 2 else 0
        return Trainer(net, self.x, self.y[:, None], theta=theta).evaluate()["loss"]

    def facts(self) -> Mapping[str, Any]:
        return {} if self.skip else {"copied": self.copied()}

    def look(self, view: str, past: Sequence[Result]) -> Any:
        return getattr(self, view)(past)

    def plane(self, past: Sequence[Result]) -> Plane:
        """The points on the class that the network gives each place."""
        return decision(self.trainer, self.x, self.y, REACH)


def decision(trainer: Trainer, x: np.ndarray, y: np.ndarray, reach: float, side: int = FIELD) -> Plane:
    """Points x (N, D) of classes y (N,) on the probability of class one; features after the second are 0 there."""
    line = np.linspace(-reach, reach, side)
    gx, gy = np.meshgrid(line, line)
    rest = np.zeros((side * side, x.shape[1] - 2))
    z = trainer.predict(np.column_stack([gx.ravel(), gy.ravel(), rest]))[:, 0]
    field = sigmoid(z)
    dots = tuple(
        Dots(word=word, x=x[y == c, 0].copy(), y=x[y == c, 1].copy(), group=np.full(int((y == c).sum()), c))
        for c, word in enumerate(CLASSES)
    )
    extent = (-reach, reach, -reach, reach)
    return Plane(
        extent=extent, field=field.reshape(side, side), scale="class", dots=dots, x="axis.x1", y="axis.x2"
    )


def losses(arms: Mapping[str, Tower], chosen: str, past: Sequence[Result]) -> Curve:
    """The loss on all points trained on, of each depth in its own colour, and that of tossing a coin."""
    lines = []
    for hue, (arm, model) in enumerate(arms.items()):
        at, loss = np.array(model.history, float).T
        lines.append(Line(word=f"arm.{arm}", x=at, y=np.minimum(loss, 2.0), role="raw", hue=hue))
    ends = np.array([0.0, max(model.limit for model in arms.values())])
    coin = Line(word="series.coin", x=ends, y=np.full(2, np.log(2)), role="target", hue=-1)
    return Curve(lines=(coin, *lines), limits=(0.0, float(ends[1]), 0.0, 0.85))


def errors(arms: Mapping[str, Tower], chosen: str, past: Sequence[Result]) -> Curve:
    """Errors trained on and on other points, in per cent, over the depth."""
    depth = np.array([float(model.depth) for model in arms.values()])
    lines = []
    for word, name, role, hue in (
        ("series.error", "error", "raw", 0),
        ("series.test-error", "test-error", "validation", 4),
    ):
        y = np.array([100 * model.metrics()[name] for model in arms.values()])
        lines.append(Line(word=word, x=depth, y=y, role=role, hue=hue))
    return Curve(
        lines=tuple(lines), x="axis.depth", y="axis.percent", log_x=True, limits=(None, None, 0.0, 60.0)
    )
