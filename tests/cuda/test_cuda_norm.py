"""Normalisations on the simulated GPU, in every mode."""

import numpy as np
import pytest
from agreement import agree

from engine.kernel import BATCHWISE, EVALUATE, TRAIN
from engine.network import Network

LAYERS = {
    "batch": lambda net, x, **rest: net.batch_norm(x, channels=4, **rest),
    "layer": lambda net, x, **rest: net.layer_norm(x, **rest),
    "token": lambda net, x, **rest: net.layer_norm(x, 4, **rest),
    "group": lambda net, x, **rest: net.group_norm(x, 2, channels=4, **rest),
    "instance": lambda net, x, **rest: net.instance_norm(x, channels=4, **rest),
}


def norm_net(kind, **rest):
    """Dense, the layer, tanh, dense; with data for it and θ that is not at its beginning."""
    net, rng = Network(), np.random.default_rng(2)
    h = LAYERS[kind](net, net.dense(net.input(3), 12), **rest)
    net.loss(net.dense(net.activation(h, "tanh"), 2), "mse")
    size = 48 + 26 + 2 * (rest.get("affine", True)) * (12 if kind == "layer" else 4)
    return net, rng.normal(size=(3, 3)), rng.normal(size=(3, 2)), rng.normal(size=size)


@pytest.mark.parametrize("kind", LAYERS)
def test_norms(kind):
    net, x, y, theta = norm_net(kind)
    agree(net, x, y, theta=theta)


@pytest.mark.parametrize("kind", ["batch", "token", "group"])
def test_without_parameters(kind):
    net, x, y, theta = norm_net(kind, affine=False)
    agree(net, x, y, theta=theta)


@pytest.mark.parametrize("mode", [EVALUATE, BATCHWISE, TRAIN])
def test_batch_norm_in_every_mode_on_features_too(mode):
    net, rng = Network(), np.random.default_rng(3)
    net.loss(net.dense(net.batch_norm(net.input(3), momentum=0.3), 2), "mse")
    agree(net, rng.normal(size=(5, 3)), rng.normal(size=(5, 2)), theta=rng.normal(size=14), mode=mode)
