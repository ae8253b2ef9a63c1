"""Curves of straight pieces from ReLUs, exactly: side by side in one layer, or folded layer upon layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.model import Result
from engine.network import Network
from engine.program import Program
from engine.trainer import Trainer
from lessons.data.generators import draws, tent
from lessons.labs.bag import network
from lessons.labs.base import Training
from lessons.labs.net import stack
from lessons.views import Curve, Line, Numbers, Step

REACH = 4  # a drawn curve spans −4…4, a corner at every whole number
CLEAR = 1e-9
EXAMPLES, BATCH = 256, 32  # whole batches: a last one of a single example would be all noise
SHAPES = {"deep": (16, 16, 16), "fat": (197,)}  # 593 and 592 parameters
FINE = np.linspace(0, 1, 1025)


def split(heights: Sequence[float]) -> tuple[np.ndarray, np.ndarray]:
    """(places (K,), heights c (K,)) of the ReLUs c·max(0, x − place) whose sum, from the first height up, is drawn."""
    slopes = np.diff(np.asarray(heights, float))
    bends = np.diff(slopes, prepend=0.0)
    kept = np.flatnonzero(np.abs(bends) > CLEAR)
    return kept - float(REACH), bends[kept]


def drawn(heights: Sequence[float]) -> Trainer:
    """The network of those ReLUs: one layer, y = b + Σ c·max(0, b + w·x)."""
    places, bends = split(heights)
    if not len(places):
        places, bends = np.zeros(1), np.zeros(1)
    theta = np.concatenate((np.ones(len(places)), -places, bends, [heights[0]]))
    x = np.zeros((1, 1))
    return Trainer(network(len(places), "relu"), x, x, theta=theta, dtype="float64")


def pad(heights: Sequence[float]) -> Curve:
    """The drawn curve as the sum of its ReLUs, each in its colour."""
    x = np.linspace(-REACH, REACH, 161)
    places, bends = split(heights)
    low, high = -1.6, 2.1
    parts = []
    for k, (place, bend) in enumerate(zip(places, bends, strict=True)):
        y = bend * np.maximum(0, x - place)
        y = np.where((y >= low) & (y <= high), y, np.nan)
        parts.append(Line(word="series.relu", x=x, y=y, role="part", hue=1 + k % 7))
    total = drawn(heights).predict(x[:, None])[:, 0]
    aim = Line(
        word="series.target", x=np.arange(-REACH, REACH + 1.0), y=np.array(heights, float), role="target"
    )
    lines = (*parts, aim, Line(word="series.sum", x=x, y=total, role="sum", hue=0))
    return Curve(lines=lines, x="axis.x", y="axis.y", limits=(-float(REACH), float(REACH), low, high))


def folded(folds: int) -> Trainer:
    """The network of `folds` layers of two ReLUs that puts the tent into itself: a ↦ max(0, 2a) − max(0, 4a − 2)."""
    net = Network()
    x, theta = net.input(1), []
    for k in range(1, folds + 1):
        x = net.activation(net.dense(x, 2, name=f"fold-{k}"), "relu", name=f"bend-{k}")
        theta += [2, 4, 0, -2] if k == 1 else [2, 4, -2, -4, 0, -2]
    net.loss(net.dense(x, 1, name="output"), "mse")
    none = np.zeros((1, 1))
    return Trainer(net, none, none, theta=np.array([*theta, 1, -1, 0], float), dtype="float64")


def count_pieces(x: np.ndarray, y: np.ndarray) -> int:
    """Straight pieces of a curve at even places x (N,), y (N,): runs of equal slope, seen to a hundredth."""
    slopes = np.diff(y) / np.diff(x)
    turns = np.abs(np.diff(slopes)) > 0.01 * max(1.0, float(np.abs(slopes).max()))
    # A bend between two places changes two slopes in a row: it is one turn.
    return 1 + int(np.sum(turns & ~np.concatenate(([False], turns[:-1]))))


class Folding(Training):
    """A network of either shape that learns the line folded `folds` times, its place x in 0…1 put into −1…1.

    At the start every ReLU has its bend at some example, in both shapes, so that none lies idle.
    """

    looks = frozenset({"arm"})

    def __init__(self, settings: Mapping[str, Any], seed: int):
        x, y = 2 * np.linspace(0, 1, EXAMPLES)[:, None] - 1, self.aim(settings, np.linspace(0, 1, EXAMPLES))
        net, widths = Network(), SHAPES[settings["arm"]]
        net.loss(net.dense(stack(net, net.input(1), widths, "relu"), 1, name="output", init="xavier"), "mse")
        limit = int(settings["updates"])
        trainer = Trainer(
            net,
            x,
            y[:, None],
            optimizer="adam",
            rate=settings["rate"],
            batch=BATCH,
            seed=seed,
            theta=spread(Program(net), x, seed),
            schedule=("cosine", {"updates": limit, "low": 0.0}),
        )
        super().__init__(settings, seed, trainer, limit)

    @staticmethod
    def aim(settings: Mapping[str, Any], x: np.ndarray) -> np.ndarray:
        return tent(x, int(settings["folds"]))

    def learned(self) -> np.ndarray:
        """(1025,) what the network makes of the places of FINE."""
        return self.trainer.predict(2 * FINE[:, None] - 1)[:, 0].astype(np.float64)

    def look(self, view: str, past: Sequence[Result]) -> Any:
        return getattr(self, view)()

    def fold(self) -> Curve:
        """What the exact network has after each of its layers of two ReLUs; all but the last faint."""
        folds = int(self.settings["folds"])
        lines = [
            Line(
                word="series.layer", x=FINE, y=folded(k).predict(FINE[:, None])[:, 0], role="part", hue=1 + k
            )
            for k in range(max(1, folds - 1), folds)
        ]
        last = folded(folds).predict(FINE[:, None])[:, 0]
        lines.append(Line(word="series.folded", x=FINE, y=last, role="sum", hue=0))
        return Curve(lines=tuple(lines), x="axis.x", y="axis.y", limits=(0.0, 1.0, -0.1, 1.1))

    def numbers(self) -> Numbers:
        """Pieces and parameters, folded and side by side, and of the network that learns."""
        k, pieces = int(self.settings["folds"]), self.pieces()
        steps = (
            Step(text=f"2^{k} = {pieces}", note="note.pieces", hot=True),
            Step(text=f"2·{k} = {2 * k}", note="note.folded-relus"),
            Step(text=f"6·{k} + 1 = {len(folded(k).theta)}", note="note.folded-parameters"),
            Step(text=f"2^{k} = {2**k}", note="note.flat-relus"),
            Step(text=f"3·{2**k} + 1 = {3 * 2**k + 1}", note="note.flat-parameters"),
            Step(text=f"|θ| = {len(self.trainer.theta)}", note="note.learning-parameters"),
            Step(text=f"L = {self.metrics()['training-loss']:.4f}", note="note.learning-loss"),
        )
        return Numbers(steps=steps)

    def pieces(self) -> int:
        """Straight pieces of the exact network's line, counted on it."""
        return count_pieces(FINE, folded(int(self.settings["folds"])).predict(FINE[:, None])[:, 0])

    def metrics(self) -> Mapping[str, float]:
        return {"training-loss": self.trainer.evaluate()["loss"]}

    def facts(self) -> Mapping[str, Any]:
        return {"pieces": self.pieces(), "parameters": len(self.trainer.theta)}


def spread(program: Program, x: np.ndarray, seed: int) -> np.ndarray:
    """The start of θ with the bias of each hidden unit such that its bend lies at a random example of x."""
    theta, g, number = program.initial(seed), draws(seed, 210), 1
    while f"hidden-{number}.weight" in program.blocks:
        weight, bias = (program.blocks[f"hidden-{number}.{name}"] for name in ("weight", "bias"))
        shape = weight.parameter.shape
        z = x @ theta[weight.offset : weight.offset + shape[0] * shape[1]].reshape(shape)
        shift = -z[g.integers(0, len(x), shape[1]), np.arange(shape[1])]
        theta[bias.offset : bias.offset + shape[1]] = shift
        x, number = np.maximum(z + shift, 0), number + 1
    return theta


def fits(arms: Mapping[str, Folding], chosen: str, past: Sequence[Result]) -> Curve:
    """The folded line and what each network has made of it."""
    settings = next(iter(arms.values())).settings
    lines = [Line(word="series.target", x=FINE, y=tent(FINE, int(settings["folds"])), role="ghost")]
    for name, hue in (("fat", 1), ("deep", 0)):
        if name in arms:
            y = np.clip(arms[name].learned(), -0.2, 1.2)
            lines.append(Line(word=f"arm.{name}", x=FINE, y=y, role="raw", hue=hue))
    return Curve(lines=tuple(lines), x="axis.x", y="axis.y", limits=(0.0, 1.0, -0.2, 1.2))
