"""The same small pictures for a CNN and for self-attention over patches of 2×2 pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.network import Network
from engine.trainer import Trainer
from lessons.data.generators import patterns12
from lessons.labs.base import Training
from lessons.views import Grid, Images

SIDE, EDGE = 12, 2  # pixels of a picture's side, of a patch's
ACROSS = SIDE // EDGE
PATCHES = ACROSS**2
WIDTH, HEADS, FILTERS, KERNEL = 16, 2, 8, 3
FRESH, UNSEEN, SHOWN = 500, 1_000_003, 40
NAMES = ("╲", "╱", "│", "┼")


def cut(x: np.ndarray) -> np.ndarray:
    """Pictures (N, 12, 12) as 36 patches of 4 pixels, (N, 144), patch after patch, row by row."""
    parts = x.reshape(len(x), ACROSS, EDGE, ACROSS, EDGE).transpose(0, 1, 3, 2, 4)
    return np.ascontiguousarray(parts.reshape(len(x), -1))


class Pictures(Training):
    """Four patterns anywhere in a picture, told apart by model: cnn | attention. Settings: model, count, patch."""

    sparse_every = 50

    def __init__(self, settings: Mapping[str, Any], seed: int, limit: int):
        self.pictures, y = patterns12(int(settings["count"]), seed)
        self.fresh, self.labels = patterns12(FRESH, seed + UNSEEN)
        self.convolves = settings["model"] == "cnn"
        net = Network()
        self.logits = self._cnn(net) if self.convolves else self._attention(net)
        net.loss(self.logits, "cross-entropy")
        options = {"optimizer": "adam", "rate": settings["rate"], "batch": 32, "seed": seed}
        super().__init__(settings, seed, Trainer(net, self.entered(self.pictures), y, **options), limit)
        self.net = net
        self._kept: tuple[Any, Mapping[str, float]] = (None, {})

    @staticmethod
    def _cnn(net: Network) -> int:
        maps = net.convolution(net.input(SIDE * SIDE, shape=(1, SIDE, SIDE)), FILTERS, KERNEL, "filters")
        return net.dense(
            net.pool(net.activation(maps, "relu"), "max", SIDE - KERNEL + 1), len(NAMES), "output"
        )

    @staticmethod
    def _attention(net: Network) -> int:
        h = net.dense_each(net.input(SIDE * SIDE), WIDTH, "patch", length=PATCHES)
        h = net.position(h, "learned", "places", std=0.3)
        h = net.layer_norm(net.add(h, net.attention(h, "look", heads=HEADS)), WIDTH)
        return net.dense(h, len(NAMES), "output")

    def entered(self, x: np.ndarray) -> np.ndarray:
        """Pictures as the network takes them."""
        return x.reshape(len(x), -1) if self.convolves else cut(x)

    def sparse(self) -> Mapping[str, float]:
        found = self.checked()
        return {"validation-loss": found["loss"], "validation-accuracy": found["accuracy"]}

    def checked(self) -> Mapping[str, float]:
        """Loss and accuracy on the fresh pictures, measured once a step."""
        if self._kept[0] != self.step:
            self._kept = (self.step, self.trainer.evaluate(self.entered(self.fresh), self.labels))
        return self._kept[1]

    def restore(self, state: Sequence[Any]) -> None:
        super().restore(state)
        self._kept = (None, {})

    def metrics(self) -> Mapping[str, float]:
        return {"validation-accuracy": self.checked()["accuracy"]}

    def facts(self) -> Mapping[str, Any]:
        return {"parameters": self.trainer.program.size}

    def guesses(self) -> np.ndarray:
        """(SHOWN,) the class given to the first fresh pictures."""
        return self.trainer.predict(self.entered(self.fresh[:SHOWN]), node=self.logits).argmax(axis=1)

    def images(self) -> Images:
        """Fresh pictures, each with its pattern, and what it was taken for where that is wrong."""
        pairs = zip(self.labels[:SHOWN].tolist(), self.guesses().tolist(), strict=True)
        names = tuple(f"={NAMES[a]}" if a == b else f"={NAMES[a]}→{NAMES[b]}" for a, b in pairs)
        return Images(images=self.fresh[:SHOWN].copy(), captions=names, tensor="x")

    def attended(self) -> np.ndarray:
        """(6, 6) how much the chosen patch looks at each, averaged over heads and fresh pictures."""
        weights = self.trainer.predict(self.entered(self.fresh), node=self.net.find("look.weights"))
        mean = weights.reshape(-1, HEADS, PATCHES, PATCHES).astype(float).mean(axis=(0, 1))
        return mean[int(self.settings["patch"])].reshape(ACROSS, ACROSS)

    def field(self) -> Grid:
        """Where the chosen patch looks; of the CNN the receptive field of that output, pixel by pixel."""
        row, column = divmod(int(self.settings["patch"]), ACROSS)
        if not self.convolves:
            return Grid(values=self.attended(), tensor="α′", diverging=False, chosen=(row, column))
        values = np.zeros((SIDE, SIDE))
        row, column = (min(EDGE * at, SIDE - KERNEL) for at in (row, column))
        values[row : row + KERNEL, column : column + KERNEL] = 1
        return Grid(values=values, tensor="field", digits=0, diverging=False)
