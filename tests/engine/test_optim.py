"""Optimizers against their formulas on numbers small enough to follow."""

import numpy as np
import pytest

from engine.errors import EngineError
from engine.network import Network
from engine.optim import OPTIMIZERS
from engine.trainer import Trainer


def bowl(optimizer, start=(3.0, -2.0), **settings):
    """L = x² + 4y²."""
    net = Network()
    net.surface("quadratic", (1, 4))
    return Trainer(net, theta=start, optimizer=optimizer, dtype="float64", watch=(0, 1), **settings)


def follow(rule, start=(3.0, -2.0), steps=20):
    theta, path, rows = np.array(start), [], {"m": np.zeros(2), "v": np.zeros(2)}
    for t in range(1, steps + 1):
        path.append(theta)
        theta = theta - rule(np.array([2, 8]) * theta, rows, t)
    return np.array(path)


def momentum(g, rows, t):
    rows["m"] = 0.8 * rows["m"] + g
    return 0.05 * rows["m"]


def adam(g, rows, t):
    rows["m"] = 0.8 * rows["m"] + 0.2 * g
    rows["v"] = 0.95 * rows["v"] + 0.05 * g * g
    return 0.05 * rows["m"] / (1 - 0.8**t) / (np.sqrt(rows["v"] / (1 - 0.95**t)) + 1e-8)


def summed(mean):
    def rule(g, rows, t):
        rows["v"] = rows["v"] + g * g
        return 0.05 * g / np.sqrt(rows["v"] / (t if mean else 1))

    return rule


def rmsprop(g, rows, t):
    rows["v"] = 0.95 * rows["v"] + 0.05 * g * g
    return 0.05 * g / (np.sqrt(rows["v"]) + 1e-8)


RULES = {
    "sgd": lambda g, rows, t: 0.05 * g,
    "momentum": momentum,
    "adam": adam,
    "mean-rms": summed(True),
    "adagrad": summed(False),
    "rmsprop": rmsprop,
}


@pytest.mark.parametrize("optimizer", RULES)
def test_the_formula(optimizer):
    decay = 0.95 if optimizer in ("adam", "rmsprop") else None
    trainer = bowl(optimizer, rate=0.05, momentum=0.8, decay=decay)
    np.testing.assert_allclose(trainer.train(20)[:, 2:], follow(RULES[optimizer]), rtol=1e-8)


@pytest.mark.parametrize("optimizer", RULES)
def test_weight_decay_adds_to_the_gradient(optimizer):
    trainer = bowl(
        optimizer, rate=0.05, momentum=0.8, decay=0.95 if optimizer in ("adam", "rmsprop") else None, l2=3
    )
    path = trainer.train(20)
    expected = follow(lambda g, rows, t: RULES[optimizer](g * np.array([5 / 2, 11 / 8]), rows, t))
    np.testing.assert_allclose(path[:, 2:], expected, rtol=1e-8)
    # Loss and its gradient are shown without that term.
    assert path[0, 0] == 9 + 16 and path[0, 1] == pytest.approx(np.hypot(6, 16))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_zero_gradient_moves_nothing(optimizer):
    trainer = bowl(optimizer, start=(0, 1))
    trainer.train(5)
    assert trainer.theta[0] == 0 and np.isfinite(trainer.theta[1]) and trainer.theta[1] != 1


@pytest.mark.parametrize("optimizer", [name for name, each in OPTIMIZERS.items() if each.rows])
def test_rows_never_hold_numbers_too_small_to_be_fast(optimizer):
    net = Network()
    net.surface("quadratic", (1e-25, 1))
    trainer = Trainer(net, theta=(1e-3, 1e-12), optimizer=optimizer, rate=1e-3)
    trainer.train(3000)
    for row in trainer.state()[1:4]:
        small = np.abs(row[row != 0])
        assert (small >= np.finfo(np.float32).tiny).all()


def test_a_new_optimizer_keeps_theta_and_starts_with_empty_rows():
    trainer = bowl("momentum", rate=0.05)
    trainer.train(7)
    start = trainer.theta
    trainer.set("optimizer", "adam")
    assert (trainer.theta == start).all()
    fresh = bowl("adam", rate=0.05, start=start)
    assert (trainer.train(9) == fresh.train(9)).all()


def test_a_rate_acts_on_the_next_update():
    trainer = bowl("sgd", rate=0.05)
    path = trainer.train(2)
    trainer.set("rate", 0.01)
    path = np.concatenate((path, trainer.train(2)))[:, 2]
    assert path == pytest.approx([3, 3 * 0.9, 3 * 0.81, 3 * 0.81 * 0.98])


def test_unknown_names():
    with pytest.raises(EngineError, match="unknown-optimizer"):
        bowl("sgd").set("optimizer", "lion")
    with pytest.raises(EngineError, match="unknown-setting"):
        bowl("sgd").set("depth", 3)
