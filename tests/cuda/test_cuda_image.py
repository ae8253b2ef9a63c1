"""Pooling and borders on the simulated GPU."""

import numpy as np
import pytest
from agreement import agree

from engine.network import Network


def image_net(layer, shape=(2, 5, 4)):
    """A dense layer that makes an image, `layer`, a dense layer and a loss; with data for it."""
    net, rng = Network(), np.random.default_rng(1)
    image = net.dense(net.input(2), int(np.prod(shape)), init="normal")
    net.loss(net.dense(net.activation(layer(net, image), "tanh"), 2, init="xavier"), "mse")
    return net, rng.normal(size=(3, 2)), rng.normal(size=(3, 2))


@pytest.mark.parametrize("kind", ["max", "min", "average"])
@pytest.mark.parametrize(("kernel", "stride"), [(2, None), ((3, 2), (2, 1)), ((5, 4), None)])
def test_pools(kind, kernel, stride):
    agree(*image_net(lambda net, x: net.pool(x, kind, kernel, stride, shape=(2, 5, 4))))


def test_a_tie_goes_to_the_first():
    net = Network()
    image = net.dense(net.input(1), 8, bias=False)
    net.loss(net.pool(image, "max", 2, 1, shape=(1, 2, 4)), "mse", "sum")
    agree(net, [[1.0]], [[0.0, 0.0, 1.0]], theta=[2, 2, 5, 5, 2, 2, 5, 5])


@pytest.mark.parametrize("fill", ["edge", "mean"])
def test_borders(fill):
    agree(*image_net(lambda net, x: net._border(x, (2, 5, 4), (2, 1), fill, "padded")))
