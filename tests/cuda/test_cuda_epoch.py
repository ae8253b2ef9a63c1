"""The last batch of an epoch, smaller than what the kernels were planned for, on the simulated GPU."""

import numpy as np
import pytest
from agreement import agree

from engine.network import Network


def images(net):
    h = net.convolution(net.input(24, shape=(2, 3, 4)), 3, 2, padding=1, fill="edge", bias=False)
    h = net.group_norm(net.batch_norm(net.pool(h, "max", 2, 1)), 1)
    h = net.convolution(h, 9, 2)
    net.loss(net.dense(net.convolution(h, 2, 2, shared=False), 3), "cross-entropy")
    return 24, (3,), 3


def tokens(net):
    h = net.position(net.embedding(net.input(5), 4, 4), "learned")
    h = net.layer_norm(net.attention(h, "all", heads=2, mask="causal", bias=False), 4)
    h = net.attention(net.lstm(net.rnn(h, 3), 4), "additive", score="additive", normaliser="relu", bias=False)
    net.penalty(net.find("additive.weights"), np.arange(25.0).reshape(5, 5))
    net.sequence_loss(net.dense_each(h, 4))
    return 5, (3, 5), 4


@pytest.mark.parametrize("build", [images, tokens])
def test_a_smaller_batch(build):
    net, rng = Network(), np.random.default_rng(15)
    width, shape, classes = build(net)
    x = rng.integers(0, 4, (3, width)) if build is tokens else rng.normal(size=(3, width))
    agree(net, x, rng.integers(0, classes, shape), fuse=True, spare=4, skip=["all.scores", "all.weights"])
