"""Every net of a population against its own run alone, and what a thousand XOR nets do."""

import numpy as np
import pytest

from engine.lanes import ACTIVATIONS, BLOCK, ENDS
from engine.network import LOSSES
from engine.population import Population
from engine.trainer import Trainer

XOR = np.array([[-1, -1], [-1, 1], [1, -1], [1, 1]]), np.array([-1, 1, 1, -1])


def draw(loss, rows, features, outputs, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, features))
    if LOSSES[loss] == "labels":
        return x, rng.integers(0, outputs, rows)
    return x, rng.random((rows, outputs)).round(int(loss != "binary-cross-entropy"))


def alone(nets, k, theta, data, **settings):
    return Trainer(nets.network, *data, theta=theta[k], dtype=nets.dtype, **settings)


@pytest.mark.parametrize("loss", ENDS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("sizes", [(2, 1), (2, 2, 1), (3, 5, 4, 2), (1, 16, 3, 7, 3)])
def test_every_net_is_its_own_run(sizes, activation, loss):
    data = draw(loss, 7, sizes[0], sizes[-1])
    settings = {"optimizer": "momentum", "rate": 0.02, "momentum": 0.8, "l2": 0.01}
    nets = Population(
        sizes, 5, *data, activation=activation, loss=loss, seed=3, dtype="float64", init="xavier", **settings
    )
    start = nets.theta
    losses = nets.train(200, every=50)
    gradients, last = nets.gradients(), nets.losses()
    for k in range(5):
        single = alone(nets, k, start, data, **settings)
        rows = single.train(200)
        np.testing.assert_allclose(losses[:, k], rows[::50, 0], rtol=1e-9)
        assert np.linalg.norm(nets.theta[k] - single.theta) < 1e-9 * np.linalg.norm(single.theta)
        assert last[k] == pytest.approx(single.evaluate()["loss"], rel=1e-9)
        np.testing.assert_allclose(gradients[k], single.gradient(), rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
def test_optimizers_blocks_and_threads(optimizer):
    # Not XOR: its symmetry makes gradients of rounding size, which Adam blows up to full steps.
    count, data = 2 * BLOCK + 37, draw("mse", 6, 2, 1)
    settings = {"optimizer": optimizer, "rate": 0.05}
    nets = Population((2, 2, 1), count, *data, dtype="float64", seed=9, **settings)
    serial = Population((2, 2, 1), count, *data, dtype="float64", seed=9, threads=False, **settings)
    nets.train(200)
    serial.train(200)
    assert (nets.theta == serial.theta).all()
    for k in (0, 1, BLOCK - 1, BLOCK, 2 * BLOCK, count - 1):
        single = Trainer(nets.network, *data, dtype="float64", seed=9 + k, **settings)
        single.train(200)
        assert np.linalg.norm(nets.theta[k] - single.theta) < 1e-9 * np.linalg.norm(single.theta)


def test_float32_runs_agree():
    nets = Population((2, 3, 1), 40, *XOR, rate=0.1)
    start = nets.theta
    nets.train(100)
    for k in range(0, 40, 7):
        single = alone(nets, k, start, XOR, rate=0.1)
        single.train(100)
        assert np.linalg.norm(nets.theta[k] - single.theta) < 1e-4 * np.linalg.norm(single.theta)
