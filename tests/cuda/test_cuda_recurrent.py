"""Recurrent cells on the simulated GPU."""

import numpy as np
import pytest
from agreement import agree

from engine.network import Network


@pytest.mark.parametrize(
    ("kind", "size", "length"),
    [("tanh", 3, 4), ("relu", 4, 3), ("lstm", 2, 4), ("lstm", 4, 3), ("lstm", 3, 1)],
)
def test_cells(kind, size, length):
    net, rng = Network(), np.random.default_rng(13)
    h = net.embedding(net.input(length), 4, 2)
    h = net.lstm(h, size) if kind == "lstm" else net.rnn(h, size, activation=kind)
    net.sequence_loss(net.dense_each(h, 4))
    y = rng.integers(-1, 4, (3, length))
    y[0, 0] = 0
    agree(net, rng.integers(0, 4, (3, length)), y)


def test_slopes_of_all_that_a_cell_holds_over_many_steps():
    net, rng = Network(), np.random.default_rng(14)
    net.lstm(net.input(22), 2, "memory", length=11)
    net.loss(net.dense(net.find("memory.cells"), 2), "mse")
    agree(net, rng.normal(size=(4, 22)), rng.normal(size=(4, 2)))
