"""Which input moves which output: layers with random parameters, one vector disturbed.

    heard(stack("window", 2, 6, 4, seed), a)      # (N, N), row j: how far bʲ moves with each aⁱ

`Influence` is a whole section: settings layer (one of LAYERS), blocks and place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from engine.model import Result
from engine.network import Network
from engine.trainer import Trainer
from lessons.data.generators import draws
from lessons.labs.attend import names, up
from lessons.labs.base import Still
from lessons.views import Diagram, Grid, Node

LAYERS = ("fc", "window", "attention", "causal")
REACH = 1  # places on each side that a window sees
COUNT, WIDTH = 6, 4


def block(kind: str, length: int, d: int, seed: int) -> Callable[[np.ndarray], np.ndarray]:
    """A layer (N, d) → (N, d) with random parameters: fc, window, or attention with an fc behind it."""
    net = Network()
    if kind == "window":
        h = net.dense_each(net.input(length * (2 * REACH + 1) * d), d, length=length)
    elif kind == "fc":
        h = net.dense_each(net.input(length * d), d, length=length)
    else:
        h = net.attention(
            net.input(length * d), "look", length=length, mask="causal" if kind == "causal" else None
        )
        h = net.dense_each(h, d)
    net.loss(net.activation(h, "tanh"), "mse")
    end, columns = len(net.nodes) - 2, net.nodes[0].width
    trainer = Trainer(net, np.zeros((1, columns)), np.zeros((1, length * d)), seed=seed, dtype="float64")

    def apply(a: np.ndarray) -> np.ndarray:
        x = np.concatenate(
            [np.pad(a, ((REACH, REACH), (0, 0)))[k : k + length] for k in range(2 * REACH + 1)], axis=1
        ) if kind == "window" else a  # fmt: skip
        return trainer.predict(x.reshape(1, -1), node=end).reshape(length, d)

    return apply


def stack(kind: str, blocks: int, length: int, d: int, seed: int) -> Callable[[np.ndarray], np.ndarray]:
    """`blocks` layers one on the other, each with parameters of its own."""
    layers = [block(kind, length, d, 1000 * seed + k) for k in range(blocks)]

    def apply(a: np.ndarray) -> np.ndarray:
        for layer in layers:
            a = layer(a)
        return a

    return apply


def heard(function: Callable[[np.ndarray], np.ndarray], a: np.ndarray, by: np.ndarray) -> np.ndarray:
    """(N, N) ‖Δbʲ‖ in row j when `by` (d,) is added to aⁱ of column i."""
    before, places = function(a), range(len(a))
    moved = [function(a + np.outer(np.arange(len(a)) == i, by)) - before for i in places]
    return np.stack([np.linalg.norm(change, axis=1) for change in moved], axis=1)


class Influence(Still):
    """Six vectors through untrained layers; one of them is disturbed, and every output is compared."""

    def inputs(self) -> np.ndarray:
        return draws(self.seed, 71).normal(0, 1, (COUNT, WIDTH))

    def layers(self, **changes: Any) -> Callable[[np.ndarray], np.ndarray]:
        now = {**self.settings, **changes}
        return stack(now["layer"], now["blocks"], COUNT, WIDTH, self.seed)

    def moved(self, **changes: Any) -> np.ndarray:
        """(COUNT, COUNT) how far each output of a row moves with the input of the column."""
        return heard(self.layers(**changes), self.inputs(), np.ones(WIDTH))

    def look(self, view: str, past: Sequence[Result]) -> Diagram | Grid:
        return getattr(self, view)()

    def influence(self) -> Grid:
        return Grid(
            values=self.moved(),
            rows=names("b", COUNT),
            cols=names("a", COUNT),
            tensor="‖Δb‖",
            diverging=False,
        )

    def change(self) -> Grid:
        """Δbʲ of each output, entry by entry, for the input in hand."""
        function, a = self.layers(), self.inputs()
        at = np.arange(COUNT)[:, None] == self.settings["place"]
        return Grid(values=function(a + at) - function(a), rows=names("b", COUNT), tensor="Δb")

    def diagram(self) -> Diagram:
        """Inputs below, outputs above; lines from the input in hand to what it moves."""
        moved, place = self.moved(), self.settings["place"]
        x = (np.arange(COUNT) + 0.5) / COUNT
        nodes = [
            Node(
                id=f"b{j}",
                x=x[j],
                y=0,
                label="=" + up("b", j),
                value=moved[j, place],
                hot=moved[j, place] > 0,
            )
            for j in range(COUNT)
        ]
        nodes += [Node(id=f"a{i}", x=x[i], y=1, label="=" + up("a", i), hot=i == place) for i in range(COUNT)]
        edges = [
            (f"a{i}", f"b{j}", None, i == place)
            for i in range(COUNT)
            for j in range(COUNT)
            if moved[j, i] > 0 and i == place
        ]
        return Diagram(nodes=tuple(nodes), edges=tuple(edges))

    def metrics(self) -> Mapping[str, float]:
        return {"moved": float((self.moved()[:, self.settings["place"]] > 0).sum())}

    def facts(self) -> Mapping[str, Any]:
        attention = self.moved(layer="attention", blocks=1)[:, 0]
        return {"heard": (self.moved() > 0).tolist(), "attention": int((attention > 0).sum())}
