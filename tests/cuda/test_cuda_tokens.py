"""Embeddings, positions, losses over positions, copying and penalties on the simulated GPU."""

import numpy as np
import pytest
from agreement import agree

from engine.network import Network


def labels(rng, rows, length, classes):
    """(rows, length) with some padding, but not everywhere."""
    y = rng.integers(-1, classes, (rows, length))
    y[0, 0] = 0
    return y


@pytest.mark.parametrize("position", ["learned", "sinusoidal"])
def test_embeddings_and_positions(position):
    net, rng = Network(), np.random.default_rng(4)
    tokens = net.input(5)
    h = net.embedding(tokens, 4, 3)
    h = net.add(net.position(h, position), net.embedding(tokens, 4, 3, tie=h))
    net.sequence_loss(net.dense_each(h, 4))
    agree(net, rng.integers(0, 4, (3, 5)), labels(rng, 3, 5, 4))


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("smoothing", [0, 0.3])
def test_a_loss_over_positions(reduction, smoothing):
    net, rng = Network(), np.random.default_rng(5)
    z = net.dense_each(net.input(6), 11, length=3)
    net.sequence_loss(z, smoothing, reduction)
    agree(net, rng.normal(size=(3, 6)), labels(rng, 3, 3, 11))


def test_slices():
    net, rng = Network(), np.random.default_rng(6)
    h = net.dense(net.input(2), 12)
    net.loss(net.add(net.slice(h, 1, 2, 2), net.slice(h, 0, 4)), "mse")
    agree(net, rng.normal(size=(3, 2)), rng.normal(size=(3, 4)))


def test_penalties_add_to_the_loss():
    net, rng = Network(), np.random.default_rng(7)
    h = net.dense(net.input(2), 12)
    net.loss(net.dense(h, 2), "mse")
    net.penalty(h, rng.normal(size=(2, 3)), 0.7)
    agree(net, rng.normal(size=(5, 2)), rng.normal(size=(5, 2)))
