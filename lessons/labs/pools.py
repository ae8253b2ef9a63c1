"""Pooling: what it does to the lecture's maps, and to nets on a coarse and on a fine task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.network import Network
from engine.trainer import Trainer
from lessons.data import generators
from lessons.data.generators.images import LECTURE_MAPS
from lessons.labs.convnet import UNSEEN, Conv, ConvNet, Pictures, Pool, flat, rising, told
from lessons.labs.race import Picture, standings
from lessons.views import Grid, Images

KINDS = ("none", "max", "average", "min")
UPDATES, COUNT, FRESH, SIDE, FILTERS = 300, 1000, 400, 12, 8


def columns(count: int, seed: int, noise: float = 0.15) -> tuple[np.ndarray, np.ndarray]:
    """One bright pixel in noise: x (count, 12, 12); y: 0 if its column is odd (1, 3, …), 1 if it is even."""
    d = generators.draws(seed, 72)
    x = d.normal(0, noise, (count, SIDE, SIDE))
    row, column = d.integers(0, SIDE, count), d.integers(0, SIDE, count)
    x[np.arange(count), row, column] += 1
    return x, column % 2


def task(name: str, seed: int) -> Pictures:
    """coarse: which of four patterns; fine: in which of two neighbouring columns a pixel is."""
    if name == "coarse":
        return told("patterns", seed, COUNT, FRESH)
    (x, y), (u, v) = columns(COUNT, seed), columns(FRESH, seed + UNSEEN)
    return Pictures(flat(x), y, flat(u), v, (1, SIDE, SIDE), 2)


def pooled(images: np.ndarray, kind: str, size: int) -> np.ndarray:
    """Images (N, h, w) after a pool of the engine, (N, h/size, w/size); the same with kind none."""
    if kind == "none":
        return np.array(images, float)
    net = Network()
    _, h, w = np.shape(images)
    x = net.input(h * w, shape=(1, h, w))
    net.loss(net.pool(x, kind, size), "mse")
    out = net.nodes[-2].shape
    return Trainer(net, flat(images).astype(float), theta=[]).predict().reshape(-1, *out[1:])


class Pooling(ConvNet):
    """Eight filters, a pool, the classes. Settings: kind (none: no pool), size, task."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        self.kind, self.size = settings["kind"], settings["size"]
        pool = () if self.kind == "none" else (Pool(self.kind, self.size),)
        layers = (Conv(FILTERS, padding=1), *pool)
        super().__init__(settings, seed, task(settings["task"], seed), layers, UPDATES, rate=0.01)

    @property
    def numbers(self) -> int:
        """Numbers that are handed to the classifier for each picture."""
        return self.node("pool-1" if self.kind != "none" else "bend-1").width

    def facts(self) -> Mapping[str, Any]:
        maps = pooled(LECTURE_MAPS, self.kind, 2)
        return {**super().facts(), "numbers": self.numbers, "maps": maps.tolist()}

    def look(self, view: str, past: Sequence[Any]) -> Any:
        if view in PICTURES:
            return PICTURES[view]({self.kind: self}, self.kind, past)
        return super().look(view, past)

    def lecture(self) -> Grid:
        """The lecture's two maps, one above the other; to the right what the pool leaves of them."""
        values = np.full((9, 7), np.nan)
        for k, small in enumerate(
            pooled(LECTURE_MAPS, self.kind, 2) if self.kind != "none" else (None, None)
        ):
            values[5 * k : 5 * k + 4, :4] = LECTURE_MAPS[k]
            if small is not None:
                values[5 * k + 1 : 5 * k + 3, 5:] = small
        return Grid(values=values, tensor="maps", digits=2)

    def pictures(self) -> Images:
        """Four pictures of the task, and what a pool over the pixels would leave of each."""
        u, v = self.told.u[:60].reshape(-1, SIDE, SIDE), self.told.v[:60]
        shown = [int(np.flatnonzero(v == k % self.told.classes)[k // self.told.classes]) for k in range(4)]
        small = pooled(u[shown], self.kind, self.size)
        times = SIDE // small.shape[1]
        large = np.zeros((4, SIDE, SIDE))
        grown = small.repeat(times, axis=1).repeat(times, axis=2)
        large[:, : grown.shape[1], : grown.shape[2]] = grown
        names = [f"={v[k] + 1}" for k in shown]
        images = np.clip(np.concatenate([u[shown], large]), -0.2, 1.2)
        captions = tuple(names + [f"{name} ↓{small.shape[1]}" for name in names])
        return Images(images=images, captions=captions, diverging=True, tensor="u")


PICTURES: dict[str, Picture] = {
    "curve": rising,
    "table": standings(
        "pool",
        parameters=lambda m: f"={m.parameters:,}",
        numbers=lambda m: f"={m.numbers:,}",
        unseen=lambda m: f"={100 * m.lately:.0f} %",
    ),
}
