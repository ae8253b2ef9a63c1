"""Attention on the simulated GPU: step by step, and all in one."""

import numpy as np
import pytest
from agreement import agree

from engine.network import Network


def labels(rng, rows, length, classes):
    """(rows, length) with some padding, but not everywhere."""
    y = rng.integers(-1, classes, (rows, length))
    y[0, 0] = 0
    return y


def self_attention(heads=2, size=3, rows=2, length=5, tokens=False, **rest):
    """(network, x, y) of one self-attention over embedded tokens, whose last is padding.

    No biases: the slope of that of the keys is 0, and of what rounding leaves of it no digit agrees.
    """
    net, rng = Network(), np.random.default_rng(10)
    x = rng.integers(1, 4, (rows, length))
    x[:, -1] = 0
    row = net.input(length)
    h = net.position(net.embedding(row, 4, 3), "learned")
    h = net.attention(
        h, "att", heads=heads, width=heads * size, tokens=row if tokens else None, bias=False, **rest
    )
    net.sequence_loss(net.dense_each(h, 4))
    return net, x, labels(rng, rows, length, 4)


@pytest.mark.parametrize("score", ["dot", "additive"])
@pytest.mark.parametrize(
    ("normaliser", "mask", "tokens"),
    [("softmax", None, False), ("softmax", "causal", True), ("relu", 1, True)],
)
def test_self_attention(score, normaliser, mask, tokens):
    net, x, y = self_attention(
        score=score, normaliser=normaliser, mask=mask, tokens=tokens, scaled=tokens, temperature=1.5
    )
    agree(net, x, y)


def test_attention_over_another_sequence_with_copying():
    net, rng = Network(), np.random.default_rng(11)
    row = net.input(7)
    source, target = net.slice(row, 0, 3), net.slice(row, 3, 4)
    memory, h = net.embedding(source, 4, 3), net.embedding(target, 4, 3)
    h = net.attention(h, "cross", heads=2, context=memory, width=4, tokens=source, bias=False)
    z = net.copy_softmax(net.dense_each(h, 5), net.find("cross.weights"), source)
    net.sequence_loss(z)
    agree(net, rng.integers(1, 4, (2, 7)), labels(rng, 2, 4, 4))


def test_softmax_with_a_temperature():
    net, rng = Network(), np.random.default_rng(12)
    z = net.dense(net.input(2), 6)
    net.loss(net.dense(net.softmax(z, 2, 0.7), 2), "mse")
    agree(net, rng.normal(size=(3, 2)), rng.normal(size=(3, 2)))


def fused(net, x, y):
    """Assert that one kernel does what three do on the CPU; scores and weights stay away."""
    inner = [node.name for node in net.nodes if node.name.endswith((".scores", ".weights"))]
    agree(net, x, y, fuse=True, skip=inner)


@pytest.mark.parametrize(
    ("mask", "tokens", "size", "length"), [(None, False, 4, 9), ("causal", True, 3, 6), (1, False, 18, 5)]
)
def test_attention_in_one_kernel(mask, tokens, size, length):
    net, x, y = self_attention(mask=mask, tokens=tokens, size=size, length=length, temperature=1.5)
    fused(net, x, y)


def test_what_is_looked_at_is_not_fused():
    from engine.cuda.ops.fused import fuse
    from engine.program import Program

    plain, copied = self_attention()[0], self_attention()[0]
    copied.penalty(copied.find("att.weights"), np.ones((5, 5)))
    wide = self_attention(size=40)[0]
    for net, rows in ((plain, 3), (copied, 0), (wide, 0)):
        program = Program(net)
        assert len(fuse(program.rows, program.live, 2)) == rows
