"""The net lab on images: nets built of layers named in order, their filters, feature maps and what they look at.

    class Mine(ConvNet):
        def __init__(self, settings, seed):
            layers = (Conv(8), Pool(), Conv(16), Pool("max", 0), Dense(32))
            super().__init__(settings, seed, told("digits", seed, count=2000), layers, limit=300)

Nodes are named by kind and number: conv-1, bend-1 (its ReLU), pool-1, dense-1, output. Settings named rate,
batch, optimizer act live; `example` picks the fresh picture in the learner's hand. Views: `look` calls the
method of the view's name (filters, maps, guess, wrong, picture); a subclass adds its own. `weights`, `feature_maps`,
`chances`, `occlusion` give the tensors behind every picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np

from engine.network import Network
from engine.trainer import Trainer
from lessons.data import generators, mnist
from lessons.labs.base import Training
from lessons.labs.sweeps import shrink
from lessons.views import Bars, Curve, Images, Line

UNSEEN = 1_000_003  # added to the seed for fresh pictures
MISSED = 48  # wrong answers shown


class Pictures(NamedTuple):
    """A task: pictures x (N, …) with labels y (N,), fresh ones u, v; shape (channels, height, width)."""

    x: np.ndarray
    y: np.ndarray
    u: np.ndarray
    v: np.ndarray
    shape: tuple[int, int, int]
    classes: int

    def moved(self, order: np.ndarray) -> Pictures:
        """The same task with the pixels of every picture put in another order (one for all)."""
        return self._replace(x=flat(self.x)[:, order], u=flat(self.u)[:, order])


def flat(x: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(np.asarray(x).reshape(len(x), -1))


@lru_cache(maxsize=4)
def digits(side: int = 14) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """The first 10,000 training and 2,000 test digits of MNIST, 14 or 28 pixels a side, uint8, flat."""
    x, y, u, v = mnist()
    small = shrink if side == 14 else np.ascontiguousarray
    return small(x[:10_000]), y[:10_000], small(u[:2000]), v[:2000]


def told(task: str, seed: int, count: int = 1000, fresh: int = 500, where: str = "any", side: int = 14):
    """Pictures by name: "digits" (MNIST, another part for each seed), "patterns" (3×3 patterns on 12×12).

    where: the half in which the patterns to train on lie; fresh ones lie anywhere.
    """
    if task == "patterns":
        x, y = generators.patterns12(count, seed, where)
        u, v = generators.patterns12(fresh, seed + UNSEEN)
        return Pictures(flat(x), y, flat(u), v, (1, 12, 12), 4)
    x, y, u, v = digits(side)
    part = generators.draws(seed, 71).permutation(len(x))[:count]
    return Pictures(x[part], y[part], u[:fresh], v[:fresh], (1, side, side), 10)


# Layers, as data


@dataclass(frozen=True)
class Conv:
    """`channels` filters and a ReLU; shared False: every place has filters of its own."""

    channels: int
    kernel: int | tuple[int, int] = 3
    padding: int = 0
    stride: int = 1
    shared: bool = True


@dataclass(frozen=True)
class Pool:
    """max, min or average over windows of `size` a side; 0: over the whole map."""

    kind: str = "max"
    size: int = 2


@dataclass(frozen=True)
class Dense:
    """Every unit sees everything; then a ReLU."""

    width: int


Layer = Conv | Pool | Dense


def stack(net: Network, x: int, layers: Sequence[Layer]) -> int:
    """The layers on top of a node; each is named by its kind and number."""
    convs = pools = denses = bends = 0
    for layer in layers:
        match layer:
            case Conv():
                convs += 1
                x = net.convolution(
                    x, layer.channels, layer.kernel, f"conv-{convs}",
                    padding=layer.padding, stride=layer.stride, shared=layer.shared,
                )  # fmt: skip
            case Pool():
                pools += 1
                pool = net.pool if layer.size else net.global_pool
                size = {"kernel": layer.size} if layer.size else {}
                x = pool(x, layer.kind, name=f"pool-{pools}", **size)
            case Dense():
                denses += 1
                x = net.dense(x, layer.width, f"dense-{denses}")
        if not isinstance(layer, Pool):
            bends += 1
            x = net.activation(x, "relu", f"bend-{bends}")
    return x


class ConvNet(Training):
    """A net on pictures in training; `layers` stand between the picture and the logits."""

    sparse_every = 50

    def __init__(
        self, settings: Mapping[str, Any], seed: int, told: Pictures, layers: Sequence[Layer], limit: int,
        top: str = "dense", **options: Any,
    ):  # fmt: skip
        """top: "dense", or "place": one 1×1 filter with a bias for every place, a class for every place."""
        self.told, self.layers = told, tuple(layers)
        net = Network()
        h = stack(net, net.input(prod(told.shape), shape=told.shape), layers)
        if top == "place":
            self.logits = net.convolution(h, 1, 1, "output", bias="place", init="xavier")
        else:
            self.logits = net.dense(h, told.classes, "output", init="xavier")
        net.loss(self.logits, "cross-entropy")
        options = {"optimizer": "adam", "rate": 0.003, "batch": 32, **options}
        options |= {name: settings[name] for name in self.LIVE if name in settings}
        super().__init__(settings, seed, Trainer(net, told.x, told.y, seed=seed, **options), limit)
        self.net = net
        self._kept: tuple[Any, Mapping[str, float]] = (None, {})
        self.marks: dict[int, float] = {}  # update → accuracy on fresh pictures

    def checked(self) -> Mapping[str, float]:
        """Loss and accuracy on the fresh pictures, measured once a step."""
        if self._kept[0] != self.step:
            self._kept = (self.step, self.trainer.evaluate(self.told.u, self.told.v))
        return self._kept[1]

    def restore(self, state: Sequence[Any]) -> None:
        super().restore(state)
        self._kept = (None, {})

    def set(self, control: str, value: Any) -> None:
        super().set(control, value)
        if control in self.LIVE:
            self.marks = {step: share for step, share in self.marks.items() if step <= self.step}

    def sparse(self) -> Mapping[str, float]:
        found = self.checked()
        self.marks[self.step] = found["accuracy"]
        return {"validation-loss": found["loss"], "validation-accuracy": found["accuracy"]}

    @property
    def accuracy(self) -> float:
        """Share of the fresh pictures that are right now."""
        return self.checked()["accuracy"]

    @property
    def lately(self) -> float:
        """The accuracy as it was at the last mark, now at the end; cheap enough for every frame."""
        known = [step for step in self.marks if step <= self.step]
        return self.marks[max(known)] if known and self.step < self.limit else self.accuracy

    @property
    def parameters(self) -> int:
        return self.trainer.program.size

    def metrics(self) -> Mapping[str, float]:
        return {"validation-accuracy": self.accuracy, "parameters": self.parameters}

    def facts(self) -> Mapping[str, Any]:
        return {"parameters": self.parameters, "accuracy": self.accuracy}

    # What it has learned

    def parameter(self, name: str) -> np.ndarray:
        """A parameter of θ in its shape, a copy."""
        offset, shape = self.trainer.named()[name]
        return self.trainer.theta[offset : offset + prod(shape)].reshape(shape).astype(np.float64)

    def weights(self, layer: str = "conv-1", place: int = 0) -> np.ndarray:
        """(out, in, kh, kw) the filters of a convolution; of one that shares nothing those at `place`."""
        found = self.parameter(f"{layer}.weight")
        found = found if found.ndim == 2 else found[:, :, place]
        inputs, *kernel = self.node(layer).sizes[0], *self.node(layer).sizes[4:6]
        return found.T.reshape(-1, inputs, *kernel)

    def node(self, name: str):
        return self.net.nodes[self.net.find(name)]

    def feature_maps(self, x: np.ndarray, layer: str = "bend-1") -> np.ndarray:
        """(N, channels, height, width) what a layer makes of pictures x."""
        values = self.trainer.predict(flat(x), node=self.net.find(layer))
        return values.reshape(len(x), *self.node(layer).shape)

    def chances(self, x: np.ndarray) -> np.ndarray:
        """softmax of the logits, (N, classes) float64."""
        z = self.trainer.predict(flat(x), node=self.logits).astype(np.float64)
        p = np.exp(z - z.max(axis=1, keepdims=True))
        return p / p.sum(axis=1, keepdims=True)

    def occlusion(self, x: np.ndarray, label: int, size: int = 3, fill: float = 0.0) -> np.ndarray:
        """(height, width): how much of the chance of `label` is lost when a square around that pixel is covered."""
        _, h, w = self.told.shape
        picture, reach = np.asarray(x).reshape(self.told.shape), size // 2
        covered = np.repeat(picture[None], h * w, axis=0)
        for k, (i, j) in enumerate(np.ndindex(h, w)):
            covered[k, :, max(0, i - reach) : i + reach + 1, max(0, j - reach) : j + reach + 1] = fill
        before = self.chances(picture[None])[0, label]
        return (before - self.chances(covered)[:, label]).reshape(h, w)

    # Views

    def look(self, view: str, past: Sequence[Any]) -> Any:
        return getattr(self, view.replace("-", "_"))()

    @property
    def at(self) -> int:
        """The number of the fresh picture in the learner's hand."""
        return int(self.settings.get("example", 0)) % len(self.told.u)

    def example(self) -> np.ndarray:
        """(pixels,) that picture."""
        return self.told.u[self.at]

    def first(self) -> np.ndarray:
        """(units, height, width) the weights of the first layer's units, each over what it sees."""
        if "conv-1.weight" in self.trainer.named():
            return self.weights()[:, 0]
        name = "dense-1" if "dense-1.weight" in self.trainer.named() else "output"
        return self.parameter(f"{name}.weight").T.reshape(-1, *self.told.shape)[:, 0]

    def filters(self) -> Images:
        """The first layer's weights as pictures, each scaled to its largest."""
        found = self.first()
        tensor = "conv-1.weight" if "conv-1.weight" in self.trainer.named() else "dense-1.weight"
        return Images(images=scaled(found), captions=numbered(len(found)), diverging=True, tensor=tensor)

    def maps(self, layer: str = "bend-1") -> Images:
        """The picture in hand, then what each channel of a layer makes of it."""
        found = self.feature_maps(self.example()[None], layer)[0]
        return Images(images=scaled(found), captions=numbered(len(found)), diverging=True, tensor=layer)

    def picture(self) -> Images:
        """The picture in hand."""
        c, h, w = self.told.shape
        image = np.asarray(self.example()).reshape(c, h, w)
        return Images(images=image.copy(), captions=(f"={self.told.v[self.at]}",) * c, tensor="x")

    def guess(self) -> Bars:
        """The chance of each class for the picture in hand."""
        p = self.chances(self.example()[None])[0]
        names = tuple(f"={k}" for k in range(len(p)))
        return Bars(labels=names, values=p.round(3), word="series.chance-given", chosen=int(p.argmax()))

    def wrong(self) -> Images:
        """Fresh pictures that are answered wrong now, most confident mistake first."""
        p = self.chances(self.told.u)
        guess, v = p.argmax(axis=1), self.told.v
        missed = np.flatnonzero(guess != v)
        missed = missed[np.argsort(p[missed, v[missed]], kind="stable")][:MISSED]
        names = tuple(f"={v[k]}→{guess[k]}" for k in missed)
        images = self.told.u[missed].reshape(-1, *self.told.shape[1:])
        return Images(images=images.copy(), captions=names, tensor="u")


def rising(arms: Mapping[str, ConvNet | None], chosen: str, past: Sequence[Any]) -> Curve:
    """Accuracy on fresh pictures of every arm so far."""
    lines = []
    for hue, (name, model) in enumerate(arms.items()):
        if model is not None:
            marks = {step: share for step, share in model.marks.items() if step <= model.step}
            x, y = np.array(sorted(marks), float), np.array([marks[k] for k in sorted(marks)])
            lines.append(Line(word=f"arm.{name}", x=x, y=y, role="raw", hue=hue % 8))
    return Curve(lines=tuple(lines), x="axis.update", limits=(0, None, 0, 1))


def scaled(images: np.ndarray) -> np.ndarray:
    """Each picture (N, h, w) divided by its largest number."""
    return images / (np.abs(images).max(axis=(1, 2), keepdims=True) + 1e-9)


def numbered(count: int) -> tuple[str, ...]:
    return tuple(f"={k + 1}" for k in range(count))
