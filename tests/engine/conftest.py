"""Small networks and data that the engine's tests share."""

import numpy as np
import pytest

from engine.network import LOSSES, Network

WIDTHS = (3, 8, 4)


@pytest.fixture
def build():
    """build(loss, activation, widths, reduction) -> Network: dense layers with an activation between them."""

    def make(loss="cross-entropy", activation="tanh", widths=WIDTHS, reduction="mean"):
        net = Network()
        h = net.input(widths[0])
        for depth, width in enumerate(widths[1:]):
            h = net.activation(h, activation) if depth else h
            h = net.dense(h, width, name=f"layer-{depth}")
        net.loss(h, loss, reduction)
        return net

    return make


@pytest.fixture
def draw():
    """draw(loss, rows, widths, seed) -> x, y that fit such a network."""

    def make(loss="cross-entropy", rows=40, widths=WIDTHS, seed=0):
        rng = np.random.default_rng(seed)
        x = rng.normal(size=(rows, widths[0]))
        if LOSSES[loss] == "labels":
            return x, rng.integers(0, widths[-1], rows)
        if loss == "binary-cross-entropy":
            return x, rng.integers(0, 2, (rows, widths[-1])).astype(float)
        return x, rng.normal(size=(rows, widths[-1]))

    return make
