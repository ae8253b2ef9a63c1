"""Networks on points of the plane and on images, and what their hidden layers make of the input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from engine.analysis.examples import losses
from engine.network import Network
from engine.trainer import Trainer
from lessons.data import generators, mnist
from lessons.labs.base import Training
from lessons.labs.functions import sigmoid
from lessons.views import Bars, Dots, Grid, Images, Line, Plane

POINTS = 400  # training examples of a plane set, and as many again to validate
STORY = 1500  # updates of a run on points
GLIMPSE = 2000  # test digits of a quick measurement
SHOWN = 300  # test digits in a plane
MAP = 28  # pixels of a side of a unit's map
FIELD = 48  # cells of a side of a class field
CLASSES = ("series.class-0", "series.class-1")
PLANES = {"xor": generators.xor, "spirals": generators.spirals}


def stack(net: Network, x: int, widths: Sequence[int], activation: str) -> int:
    """Dense layers of these widths, each followed by the activation; named hidden-1, hidden-2, …"""
    init = "he" if activation in ("relu", "leaky-relu") else "xavier"
    for number, width in enumerate(widths, 1):
        x = net.activation(
            net.dense(x, width, name=f"hidden-{number}", init=init), activation, name=f"bend-{number}"
        )
    return x


@lru_cache(maxsize=1)
def glimpse() -> tuple[np.ndarray, np.ndarray]:
    """The test digits of a quick measurement: x (GLIMPSE, 784) uint8, y."""
    _, _, x, y = mnist()
    return np.ascontiguousarray(x[:GLIMPSE]), y[:GLIMPSE]


def linear_accuracy(x: np.ndarray, y: np.ndarray, updates: int = 400) -> float:
    """Training accuracy of logistic regression on standardized features x (N, d), y (N,) of 0 and 1."""
    net = Network()
    net.loss(net.dense(net.input(x.shape[1]), 1, name="line", init="zero"), "binary-cross-entropy")
    scaled = (x - x.mean(axis=0)) / (x.std(axis=0) + 1e-9)
    line = Trainer(net, scaled, y[:, None], optimizer="adam", rate=0.1, dtype="float64")
    line.train(updates)
    return line.evaluate()["accuracy"]


def spread(vectors: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """(N, 2) places of vectors (N, d) along the two directions in which they spread most."""
    v = vectors.astype(np.float64) - vectors.mean(axis=0)
    _, directions = np.linalg.eigh(v.T @ v)
    at = v @ directions[:, :-3:-1]
    # An eigenvector's sign is arbitrary: zeros lie right of ones, and above sevens.
    for axis, (more, less) in enumerate(((0, 1), (0, 7))):
        if at[labels == more, axis].mean() < at[labels == less, axis].mean():
            at[:, axis] *= -1
    return at


class Hidden(Training):
    """What the learner's hidden layers make of the input; subclasses bring data and pictures.

    `hidden` is the node of the last hidden layer (the input where there is none).
    """

    sparse_every = 50
    looks = frozenset({"unit"})

    def __init__(
        self, settings: Mapping[str, Any], seed: int, net: Network, hidden: int, data: tuple, limit: int
    ):
        self.hidden = hidden
        (x, y), self.check = data
        options = {name: settings[name] for name in ("optimizer", "rate", "batch")}
        super().__init__(settings, seed, Trainer(net, x, y, seed=seed, **options), limit)
        self._kept: tuple[Any, Any] = (None, None)

    def sparse(self) -> Mapping[str, float]:
        found = self.trainer.evaluate(*self.check)
        return {"validation-loss": found["loss"], "validation-accuracy": found["accuracy"]}

    def metrics(self) -> Mapping[str, float]:
        return {"validation-accuracy": self.checked()}

    def checked(self) -> float:
        """Validation accuracy at the present step, measured once."""
        if self._kept[0] != self.step:
            self._kept = (self.step, self.trainer.evaluate(*self.check)["accuracy"])
        return self._kept[1]

    def chosen(self, count: int) -> int:
        """The unit in the learner's hand, of `count`."""
        return min(int(self.settings["unit"]), count - 1)

    def restore(self, state: Sequence[Any]) -> None:
        super().restore(state)
        self._kept = (None, None)

    def look(self, view: str, past: Sequence[Any]) -> Any:
        return getattr(self, view)()


class Points(Hidden):
    """Two classes in the plane; the last hidden layer is two linear units, so that it can be seen."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        make = PLANES[settings["data"]]
        (x, y), (u, v) = make(POINTS, seed), make(POINTS, seed + 1_000_003)
        self.x, self.y = x, y
        self._line: float | None = None
        net = Network()
        top = stack(net, net.input(2), [settings["width"]] * settings["depth"], settings["activation"])
        pair = net.dense(top, 2, name="features", init="xavier")
        self.top = top
        net.loss(net.dense(pair, 1, name="output", init="xavier"), "binary-cross-entropy")
        super().__init__(settings, seed, net, pair, ((x, y[:, None]), (u, v[:, None])), STORY)

    def features(self) -> Plane:
        """The points where the last hidden layer puts them, with the output layer's straight border."""
        h = self.trainer.predict(node=self.hidden)
        low, high = h.min(axis=0), h.max(axis=0)
        pad = 0.08 * (high - low) + 1e-3
        (x0, y0), (x1, y1) = low - pad, high + pad
        offset, _ = self.trainer.named()["output.weight"]
        u, v, b = (float(t) for t in self.trainer.theta[offset : offset + 3])
        gx, gy = np.meshgrid(np.linspace(x0, x1, FIELD), np.linspace(y0, y1, FIELD))
        field = sigmoid(u * gx + v * gy + b)
        extent = (float(x0), float(x1), float(y0), float(y1))
        paths, dots = border(u, v, b, extent), self._dots(h)
        return Plane(
            extent=extent, field=field, scale="class", paths=paths, dots=dots, x="axis.h1", y="axis.h2"
        )

    def straight(self) -> Bars:
        """What a straight line gets right: the best one on the input, and the output layer's on h."""
        if self._line is None:
            self._line = linear_accuracy(self.x, self.y)
        values = np.array([self._line, self.trainer.evaluate()["accuracy"]])
        return Bars(labels=("=x", "=h"), values=values, beside=np.full(2, 0.5), word="series.line",
                    beside_word="series.coin")  # fmt: skip

    def input(self) -> Plane:
        """The points as they are, on the class that the network gives each place."""
        reach = float(np.abs(self.x).max() * 1.08)
        z = self.trainer.predict(self._square(reach, FIELD))[:, 0]
        field = sigmoid(z).reshape(FIELD, FIELD)
        extent, dots = (-reach, reach, -reach, reach), self._dots(self.x)
        return Plane(extent=extent, field=field, scale="class", dots=dots, x="axis.x1", y="axis.x2")

    @staticmethod
    def _square(reach: float, side: int) -> np.ndarray:
        """(side², 2) places of a square grid, row by row from the bottom."""
        line = np.linspace(-reach, reach, side)
        gx, gy = np.meshgrid(line, line)
        return np.stack([gx.ravel(), gy.ravel()], axis=1)

    def _dots(self, at: np.ndarray) -> tuple[Dots, ...]:
        return tuple(
            Dots(word=word, x=at[self.y == c, 0].copy(), y=at[self.y == c, 1].copy(),
                 group=np.full(int((self.y == c).sum()), c))
            for c, word in enumerate(CLASSES)
        )  # fmt: skip

    def units(self) -> Images:
        """The output of each unit below the features, over the plane, scaled to its largest; top row high."""
        reach = float(np.abs(self.x).max())
        out = self.trainer.predict(self._square(reach, MAP), node=self.top)
        maps = out.T.reshape(-1, MAP, MAP)[:, ::-1]
        maps = maps / (np.abs(maps).max(axis=(1, 2), keepdims=True) + 1e-9)
        names = tuple(f"={k + 1}" for k in range(len(maps)))
        return Images(
            images=maps, captions=names, diverging=True, tensor="hidden", chosen=self.chosen(len(maps))
        )

    def facts(self) -> Mapping[str, Any]:
        h = self.trainer.predict(node=self.hidden)
        return {"on-input": linear_accuracy(self.x, self.y), "on-hidden": linear_accuracy(h, self.y)}


class Digits(Hidden):
    """MNIST, whole, as a classifier of ten; depth 0 is softmax on the raw pixels."""

    sparse_every = 100

    def __init__(self, settings: Mapping[str, Any], seed: int):
        x, y, self.test, self.labels = mnist()
        net = Network()
        pixels = net.input(784)
        top = stack(net, pixels, [settings["width"]] * settings["depth"], settings["activation"])
        net.loss(net.dense(top, 10, name="output", init="xavier"), "cross-entropy")
        updates = -(-len(x) // settings["batch"])
        super().__init__(settings, seed, net, top, ((x, y), glimpse()), updates * settings["epochs"])
        self._whole: tuple[Any, float] = (None, 0.0)

    def spread(self) -> Plane:
        """Test digits on the two directions in which their features spread most; hue by digit."""
        vectors = self.trainer.predict(self.test[:SHOWN], node=self.hidden)
        y, at = self.labels[:SHOWN], spread(vectors, self.labels[:SHOWN])
        reach = float(np.abs(at).max() * 1.05) + 1e-6
        dots = Dots(word="series.digits", x=at[:, 0].copy(), y=at[:, 1].copy(), group=y.copy())
        return Plane(extent=(-reach, reach, -reach, reach), dots=(dots,), x="axis.first", y="axis.second")

    def units(self) -> Images:
        """The weights of the first layer's units as pictures, each scaled to its largest weight."""
        first = "hidden-1.weight" if self.settings["depth"] else "output.weight"
        offset, (rows, count) = self.trainer.named()[first]
        weights = self.trainer.theta[offset : offset + rows * count].reshape(rows, count).T
        pictures = (weights / (np.abs(weights).max(axis=1, keepdims=True) + 1e-9)).reshape(count, 28, 28)
        names = tuple(f"={k + 1 if self.settings['depth'] else k}" for k in range(count))
        return Images(
            images=pictures, captions=names, diverging=True, tensor=first, chosen=self.chosen(count)
        )

    def _errors(self) -> tuple[np.ndarray, np.ndarray]:
        """(loss of each test digit of the glimpse, the guess)."""
        x, y = self.check
        return losses(self.trainer, x, y), self.trainer.predict(x).argmax(axis=1)

    def wrong(self) -> Images:
        """The digits of the glimpse that are answered wrong now, most confident mistake first."""
        x, y = self.check
        costs, guess = self._errors()
        missed = np.flatnonzero(guess != y)
        missed = missed[np.argsort(-costs[missed], kind="stable")][:64]
        names = tuple(f"={y[k]}→{guess[k]}" for k in missed)
        return Images(images=x[missed].reshape(-1, 28, 28).copy(), captions=names, tensor="x_test")

    def confusion(self) -> Grid:
        return _confusion(self.check[1], self._errors()[1])

    def tested(self) -> float:
        """Accuracy on the whole test set at the present step."""
        if self._whole[0] != self.step:
            self._whole = (self.step, self.trainer.evaluate(self.test, self.labels)["accuracy"])
        return self._whole[1]

    def metrics(self) -> Mapping[str, float]:
        found = dict(super().metrics())
        if self.step and self.step % self.epoch == 0:
            found["test-accuracy"] = self.tested()
        return found

    def facts(self) -> Mapping[str, Any]:
        return {"test-accuracy": self.tested()}

    def restore(self, state: Sequence[Any]) -> None:
        super().restore(state)
        self._whole = (None, 0.0)


def _confusion(truth: np.ndarray, guess: np.ndarray) -> Grid:
    """Per cent of each true digit (row) that was given each digit (column)."""
    counts = np.bincount(10 * truth.astype(int) + guess, minlength=100).reshape(10, 10)
    shares = 100 * counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    names = tuple(f"={k}" for k in range(10))
    return Grid(values=shares, rows=names, cols=names, tensor="confusion", digits=0, diverging=False)


def border(
    u: float, v: float, b: float, box: Sequence[float], word: str = "series.border", role: str = "target"
) -> tuple[Line, ...]:
    """The line u·x + v·y + b = 0 inside the box (x0, x1, y0, y1), or nothing."""
    x0, x1, y0, y1 = box
    ends = [(x, -(u * x + b) / v) for x in (x0, x1) if abs(v) > 1e-9]
    ends += [(-(v * y + b) / u, y) for y in (y0, y1) if abs(u) > 1e-9]
    slack_x, slack_y = 1e-6 * (x1 - x0), 1e-6 * (y1 - y0)
    inside = [
        (x, y) for x, y in ends if x0 - slack_x <= x <= x1 + slack_x and y0 - slack_y <= y <= y1 + slack_y
    ]
    if len(inside) < 2:
        return ()
    (xa, ya), (xb, yb) = min(inside), max(inside)
    return (Line(word=word, x=np.array([xa, xb]), y=np.array([ya, yb]), role=role),)
