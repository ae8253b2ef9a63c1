"""Populations on the simulated GPU: a block for each net."""

import numpy as np
import pytest

from engine.cuda import lanes
from engine.device import Place, using
from engine.population import Population

RANDOM = np.random.default_rng(11)
X = RANDOM.normal(size=(6, 2)).astype(np.float32)
REAL, LABELS = RANDOM.normal(size=(6, 2)), RANDOM.integers(0, 3, 6)


def pair(sizes, y, **options):
    with using(Place("cuda")) as place:
        there = Population(sizes, 3, X, y, threads=False, **options)
    assert place.error is None and there._runner is not None
    return Population(sizes, 3, X, y, threads=False, **options), there


def same(here, there, updates=4, every=2):
    losses, others = here.train(updates, every), there.train(updates, every)
    assert there._place.error is None, there._place.error
    assert np.abs(losses - others).max() < 1e-5
    assert np.linalg.norm(here.theta - there.theta) < 1e-5 * np.linalg.norm(here.theta)
    assert (here.halted == there.halted).all()


@pytest.mark.parametrize(
    "options",
    [
        {"optimizer": "adam", "activation": "tanh"},
        {"optimizer": "sgd", "activation": "relu"},
        {"optimizer": "momentum", "activation": "sigmoid", "l2": 0.01},
        {"optimizer": "rmsprop", "activation": "identity"},
    ],
    ids=lambda options: options["optimizer"],
)
def test_nets_train_as_on_the_cpu(options):
    here, there = pair((2, 3, 2), REAL, rate=0.05, **options)
    same(here, there)
    for population in (here, there):
        population.set("rate", 0.02)
    same(here, there, 3)


@pytest.mark.parametrize("loss", ["cross-entropy", "binary-cross-entropy"])
def test_losses(loss):
    y = LABELS if loss == "cross-entropy" else REAL > 0
    here, there = pair((2, 4, 3 if loss == "cross-entropy" else 2), y, rate=0.1, loss=loss)
    same(here, there, 3, 1)


def test_nets_too_large_for_shared_memory_and_examples_in_turns(monkeypatch):
    monkeypatch.setattr(lanes, "SHARED", 8)
    same(*pair((2, 3, 2), REAL, rate=0.1), 3)
    monkeypatch.setattr(lanes, "SHARED", lanes.THREADS + 4 * 17 + 2 * 5 * 4)
    here, there = pair((2, 3, 2), REAL, rate=0.1)
    assert there._runner.fits and there._runner.at_once == 4
    same(here, there, 3)


def test_a_net_that_blows_up_stops_and_the_others_go_on():
    here, there = pair((2, 3, 2), REAL, rate=0.1)
    theta = here.theta
    theta[1] *= 1e30
    for population in (here, there):
        population._theta[:] = theta.T.astype(np.float32)
    here.train(3), there.train(3)
    assert here.halted.tolist() == there.halted.tolist() == [False, True, False]
    assert np.allclose(here.theta, there.theta, rtol=1e-4)
