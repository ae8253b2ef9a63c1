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


@pytest.mark.parametrize(
    ("shared", "bias", "stride", "padding"),
    [(True, True, 1, 1), (True, "place", (2, 1), (2, 0)), (True, False, 2, 1), (False, True, (1, 2), (0, 1)),
     (False, False, 1, 1)],
)  # fmt: skip
@pytest.mark.parametrize("filters", [3, 8, 9])  # walked through, by quads, and in tiles
def test_convolutions(filters, shared, bias, stride, padding):
    def layer(net, x):
        return net.convolution(
            x, filters, (3, 2), stride=stride, padding=padding, shared=shared, bias=bias, init="normal", shape=(2, 5, 4)
        )  # fmt: skip

    agree(*image_net(layer))


@pytest.mark.parametrize("channels", [8, 9])
def test_convolutions_of_many_channels(channels):
    shape = (channels, 3, 2)
    agree(*image_net(lambda net, x: net.convolution(x, 2, 2, padding=1, shape=shape, init="normal"), shape))


def test_a_convolution_without_a_slope_to_its_images():
    net, rng = Network(), np.random.default_rng(9)
    h = net.convolution(net.input(20, shape=(1, 5, 4)), 9, 3, padding=1)
    net.loss(net.dense(net.pool(net.activation(h, "relu"), "max", 2), 3), "cross-entropy")
    agree(net, rng.normal(size=(4, 20)), [0, 2, 1, 1])
