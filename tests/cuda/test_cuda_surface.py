"""Losses that are formulas of θ, on the simulated GPU."""

import numpy as np
import pytest
from agreement import agree

from engine.network import SURFACES, Network


@pytest.mark.parametrize("kind", SURFACES)
def test_surfaces(kind):
    net = Network()
    net.surface(kind)
    agree(net, theta=[0.3, -1.2][: SURFACES[kind][0]])


@pytest.mark.parametrize(
    "text",
    [
        "x^2 + 3*sin(y) - cos(7*x)/2",
        "exp(-x*x) * tanh(y) + abs(x - y)",
        "sqrt(abs(x)) + log(2 + y) - 2^(x/3)",
    ],
)
def test_formulas(text):
    net = Network()
    net.formula(text)
    agree(net, theta=[0.3, -1.2])


def test_streams():
    net, rng = Network(), np.random.default_rng(8)
    net.stream(rng.normal(size=(4, 11)))
    agree(net, theta=rng.normal(size=11), step=6)


def test_angles_far_from_zero():
    from engine.cuda.angles import cosine, sine

    x = np.concatenate((np.linspace(-9000, 9000, 3001), np.linspace(-4, 4, 801))).astype(np.float32)
    for ours, theirs in ((sine, np.sin), (cosine, np.cos)):
        found = np.array([ours(number) for number in x])
        assert found.dtype == np.float32
        assert np.abs(found - theirs(x.astype(float))).max() < 3e-6
        assert np.isnan(ours(np.float32(np.inf))) and np.isnan(ours(np.float32(np.nan)))
