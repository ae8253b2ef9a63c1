"""Dense layers, activations, joins and losses on the simulated GPU."""

import numpy as np
import pytest
from agreement import agree

from engine.kernel import EVALUATE, TRAIN
from engine.network import ACTIVATIONS, Network

RANDOM = np.random.default_rng(3)


def data(rows, width, outputs=None):
    x = RANDOM.normal(size=(rows, width))
    return x, RANDOM.integers(0, 3, rows) if outputs is None else RANDOM.normal(size=(rows, outputs))


@pytest.mark.parametrize("sizes", [(3, 5, 3), (8, 12, 3), (17, 9, 3)])
def test_dense_layers_of_any_size(sizes):
    net = Network()
    h = net.activation(net.dense(net.input(sizes[0]), sizes[1]), "tanh")
    net.loss(net.dense(h, 3), "cross-entropy")
    agree(net, *data(6, sizes[0]))


def test_long_sums_are_cut_into_parts():
    net = Network()
    net.loss(net.dense(net.activation(net.dense(net.input(70), 4), "relu"), 2), "mse")
    agree(net, *data(5, 70, 2))


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_activations(kind):
    net = Network()
    net.loss(net.dense(net.activation(net.dense(net.input(3), 4), kind), 2), "mse")
    agree(net, *data(4, 3, 2))


@pytest.mark.parametrize("loss", ["mse", "mae", "binary-cross-entropy", "cross-entropy"])
def test_losses(loss):
    net = Network()
    net.loss(net.dense(net.input(3), 3), loss)
    x, y = data(5, 3, None if loss == "cross-entropy" else 3)
    agree(net, x, np.abs(y) > 0.5 if loss == "binary-cross-entropy" else y)


@pytest.mark.parametrize("loss", ["mse", "binary-cross-entropy"])
def test_losses_of_many_numbers_go_over_several_blocks(loss):
    net = Network()
    net.loss(net.dense(net.input(3), 25), loss)
    x, y = data(6, 3, 25)
    agree(net, x, np.abs(y) > 0.5 if loss == "binary-cross-entropy" else y)


def test_nodes_that_are_used_twice_and_joined():
    net = Network()
    h = net.activation(net.dense(net.input(4), 4), "tanh")
    net.loss(net.add(h, net.add(h, net.activation(h, "relu"))), "mse")
    agree(net, *data(5, 4, 4))


def test_tied_layers_add_their_gradients():
    net = Network()
    h = net.dense(net.input(4), 4)
    net.loss(net.dense(net.activation(h, "tanh"), 4, tie=h), "mse")
    agree(net, *data(5, 4, 4))


@pytest.mark.parametrize("mode", [TRAIN, EVALUATE])
def test_dropout_has_the_same_masks(mode):
    net = Network()
    h = net.dropout(net.activation(net.dense(net.input(4), 6), "relu"), 0.4)
    net.loss(net.dense(net.dropout(h, 0.2), 2), "mse")
    agree(net, *data(6, 4, 2), mode=mode)
