"""The walk lab on pictures: windows that slide, the products in each, and what a window never sees.

    class Mine(Slide):
        def worked(self): ...            # quantities from the controls; "map" (down, along) is what the slide fills
        def map(self): return self.filled("map")

A `Slide` has a time line: an update is one place of the map, in rows from the upper left. The learner's `place`
takes over where the slide stands still. All maps are the engine's, from `layer`; `patch` cuts the window that a
place sees, `products` writes its sum out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from engine.network import Network
from engine.trainer import Trainer
from lessons.labs.walk import Walk, minus
from lessons.views import Cube, Grid

Pair = tuple[int, int]
ROOM = 34  # cells of a worked line in half a picture's width


class Slide(Walk):
    """A walk from place to place of a map; `at` is the place in sight, `place` the control that picks one."""

    columns = ("value",)
    MAP = "map"  # the quantity (down, along) that fills

    def __init__(self, settings: Mapping[str, Any], seed: int):
        self.step, self.held = 0, True
        super().__init__(settings, seed)

    @property
    def places(self) -> int:
        return self.now[self.MAP].size

    @property
    def limit(self) -> int:
        return self.places

    @property
    def at(self) -> int:
        """The place whose window is shown: the learner's where the slide stands, else the newest."""
        return self.settings.get("place", 0) % max(1, self.places) if self.held else self.step - 1

    def train(self, updates: int) -> np.ndarray:
        stop = min(self.step + updates, self.limit)
        block = self.now[self.MAP].ravel()[self.step : stop, None].copy()
        self.step, self.held = stop, self.held and not len(block)
        return block

    def set(self, control: str, value: Any) -> None:
        super().set(control, value)
        self.held |= control == "place"

    def state(self) -> Sequence[Any]:
        return dict(self.settings), self.step, self.held

    def restore(self, state: Sequence[Any]) -> None:
        self.step, self.held = state[1:]
        super().restore(state[:1])

    def filled(self, name: str, **options: Any) -> Grid:
        """A map as far as the slide has come, the place in sight chosen."""
        values = self.now[name].copy()
        values.reshape(-1)[self.step :] = np.nan
        return Grid(values=values, tensor=name, chosen=divmod(self.at, values.shape[1]), **options)

    def facts(self) -> Mapping[str, Any]:
        return {**super().facts(), "visited": self.step}


def width(side: int, kernel: int, stride: int = 1, padding: int = 0) -> int:
    """Places of a kernel along a side; 0 where it does not fit."""
    return max(0, (side + 2 * padding - kernel) // stride + 1)


def bordered(picture: np.ndarray, padding: int, fill: str = "zero") -> np.ndarray:
    """(h + 2p, w + 2p) a picture (h, w) with zeros, its nearest pixels or its mean around it."""
    if fill == "edge":
        return np.pad(picture, padding, "edge")
    return np.pad(picture, padding, constant_values=picture.mean() if fill == "mean" else 0.0)


def corner(place: int, along: int, stride: int = 1) -> Pair:
    """The upper left pixel (row, column) of the window of a place."""
    return place // along * stride, place % along * stride


def patch(picture: np.ndarray, place: int, kernel: Pair, along: int, stride: int = 1) -> np.ndarray:
    """(…, kh, kw) what the window of a place sees of a picture (…, h, w), its border included."""
    i, j = corner(place, along, stride)
    return picture[..., i : i + kernel[0], j : j + kernel[1]]


def seen(shape: Pair, place: int, kernel: Pair, along: int, stride: int = 1) -> np.ndarray:
    """(h, w) bool: the window of a place."""
    mask = np.zeros(shape, bool)
    patch(mask, place, kernel, along, stride)[...] = True
    return mask


def visits(shape: Pair, kernel: Pair, stride: int = 1) -> np.ndarray:
    """(h, w) in how many windows each pixel of a picture with its border lies."""
    rows, cols = (
        np.array([sum(s <= i < s + k for s in range(0, size - k + 1, stride)) for i in range(size)])
        for size, k in zip(shape, kernel, strict=True)
    )
    return np.outer(rows, cols).astype(float)


@lru_cache(maxsize=64)
def _net(shape: tuple[int, int, int], out: int, kernel: Pair, options: tuple[tuple[str, Any], ...]):
    """(network, places) of one convolution of an image of this shape."""
    net = Network()
    node = net.convolution(net.input(prod(shape), shape=shape), out, kernel, **dict(options))
    net.loss(node, "mse")
    return net, net.nodes[node].shape


def parameters(shape: tuple[int, int, int], out: int, kernel: Pair, **options: Any) -> int:
    """How many numbers the engine learns in one convolution of an image of this shape (c, h, w)."""
    net, _ = _net(shape, out, kernel, tuple(sorted(options.items())))
    return sum(prod(parameter.shape) for node in net.nodes for parameter in node.parameters)


def layer(pictures: np.ndarray, filters: np.ndarray, bias: Any = 0.0, **options: Any) -> np.ndarray:
    """(N, out, down, along) the engine's convolution of pictures (N, c, h, w) with filters (out, c, kh, kw).

    Options as of `Network.convolution`. With shared=False filters are (places, out, c, kh, kw), each place its own.
    """
    own = options.get("shared", True) is False
    out, c, *kernel = filters.shape[1:] if own else filters.shape
    net, shape = _net(pictures.shape[1:], out, tuple(kernel), tuple(sorted(options.items())))
    weights = filters.reshape(-1, out, c * prod(kernel)).transpose(2, 1, 0)  # in·kh·kw, out, places
    biases = np.broadcast_to(bias, (shape[1] * shape[2], out)).T if own else np.broadcast_to(bias, out)
    theta = np.concatenate([weights.ravel(), biases.ravel()])
    x = np.ascontiguousarray(pictures.reshape(len(pictures), -1), dtype=np.float64)
    trainer = Trainer(net, x, np.zeros((len(x), prod(shape))), theta=theta, dtype="float64")
    return trainer.predict().reshape(len(x), *shape)


def factor(value: float) -> str:
    """A number in a product: whole ones without decimals, negative ones in brackets."""
    text = f"{value:.0f}" if value == round(value) else f"{value:.2f}"
    return f"({text})" if text.startswith("-") else text


def products(window: np.ndarray, kernel: np.ndarray) -> list[str]:
    """The worked sum of a window (kh, kw) times a kernel: a line for each row, and their total."""
    sums = (window * kernel).sum(axis=1)
    lines = [
        " + ".join(f"{factor(x)}·{factor(w)}" for x, w in zip(xs, ws, strict=True)) + f" = {number(total)}"
        for xs, ws, total in zip(window, kernel, sums, strict=True)
    ]
    whole = " + ".join(factor(total) for total in sums)
    lines.append(f"{whole} = {number(sums.sum())}")
    return [minus(line if len(line) <= ROOM else line.replace(" + ", "+")) for line in lines]


def number(value: float) -> str:
    return f"{value:.0f}" if value == round(value) else f"{value:.2f}"


def shown(picture: np.ndarray, window: np.ndarray | None = None, **options: Any) -> Cube:
    """A picture (h, w) or (c, h, w) with the pixels of a window marked."""
    values = np.array(picture, float).reshape(-1, *picture.shape[-2:])
    if window is not None:
        window = np.broadcast_to(window, values.shape).copy()
    return Cube(values=values, marked=window, **{"axes": ("axis.channel", "", ""), "tensor": "x", **options})
