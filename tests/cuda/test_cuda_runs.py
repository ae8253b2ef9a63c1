"""Whole runs on the simulated GPU beside the same runs on the CPU."""

import numpy as np
import pytest

from engine.cuda import graph
from engine.cuda.program import start
from engine.device import Place, using
from engine.network import Network
from engine.optim import OPTIMIZERS
from engine.trainer import Trainer

RANDOM = np.random.default_rng(5)
X, Y = RANDOM.normal(size=(14, 3)).astype(np.float32), RANDOM.integers(0, 3, 14)
CLOSE = 1e-5


def network():
    net = Network()
    net.loss(net.dense(net.activation(net.dense(net.input(3), 5), "tanh"), 3), "cross-entropy")
    return net


def pair(build=network, x=X, y=Y, **options):
    """The same trainer on the CPU and on the device."""
    with using(Place("cuda")) as place:
        there = Trainer(build(), x, y, **options)
    assert place.error is None and there._runner is not None
    return Trainer(build(), x, y, **options), there


def apart(one, other) -> float:
    return float(np.linalg.norm(one.theta - other.theta) / np.linalg.norm(one.theta))


def same(here, there, updates=10):
    rows, others = here.train(updates), there.train(updates)
    assert there._place.error is None, there._place.error
    assert rows.shape == others.shape
    assert np.abs(rows - others).max() < CLOSE * max(1, np.abs(rows).max())
    assert apart(here, there) < CLOSE
    assert here.step == there.step


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_does_ten_updates_as_on_the_cpu(optimizer):
    options = {"switch": 5} if optimizer == "swats" else {}
    here, there = pair(optimizer=optimizer, rate=0.02, batch=4, watch=(1, 4), l2=1e-3, **options)
    same(here, there, 10)
    for row, other in zip(here.state(), there.state(), strict=True):
        assert np.allclose(row, other, rtol=1e-4, atol=1e-5)
    assert (here.state()[-2] == there.state()[-2]).all()  # the cursor


def test_clipping_noise_schedule_and_lookahead():
    options = {"clip": 0.5, "noise": 0.01, "lookahead": 3, "schedule": "cosine"}
    here, there = pair(optimizer="adam", rate=0.02, batch=5, **options)
    same(here, there, 7)
    assert np.allclose(here.slow, there.slow, atol=1e-5)


def test_a_run_moves_between_devices_and_settings_change_on_the_way():
    here, there = pair(optimizer="momentum", rate=0.1, batch=4)
    for trainer in (here, there):
        trainer.train(3)
        trainer.set("rate", 0.05)
        trainer.set("batch", 7)
    same(here, there, 3)
    here.restore(there.state())
    same(here, there, 3)
    there.restore(here.state())
    same(here, there, 3)


def test_chunks_of_any_size_give_the_same_bits():
    _, one = pair(optimizer="adam", rate=0.02, batch=4)
    _, other = pair(optimizer="adam", rate=0.02, batch=4)
    one.train(6)
    for count in (1, 2, 3):
        other.train(count)
    assert (one.theta == other.theta).all()


def test_a_blow_up_is_found_before_θ_is_touched_and_told_as_on_the_cpu():
    def build():
        net = Network()
        net.loss(net.dense(net.dense(net.input(3), 4, name="first"), 2), "mse")
        return net

    y = RANDOM.normal(size=(14, 2))
    for optimizer in ("sgd", "nesterov-ahead"):
        here, there = pair(build, X, y, optimizer=optimizer, rate=1e9)
        rows, others = here.train(12), there.train(12)
        assert len(rows) == len(others) < 12
        assert here.step == there.step and np.isfinite(there.theta).all()
        assert here.fault() == there.fault()
        assert np.allclose(here.theta, there.theta, rtol=1e-4)


def test_an_update_is_recorded_once_and_again_where_it_changes(monkeypatch):
    recorded = []

    def record(steps, stream):
        recorded.append(len(steps))
        return lambda: start(steps, stream)

    monkeypatch.setattr(graph, "record", record)
    here, there = pair(optimizer="adam", rate=0.02, batch=4)
    same(here, there, 2)
    same(here, there, 2)
    assert len(recorded) == 1
    for trainer in (here, there):
        trainer.set("rate", 0.01)
    same(here, there, 2)
    assert len(recorded) == 1
    for trainer in (here, there):
        trainer.set("lookahead", 2)
    same(here, there, 2)
    assert len(recorded) == 2 and recorded[1] == recorded[0] + 1


def test_a_device_that_fails_leaves_the_run_to_the_cpu_at_the_same_update():
    here, there = pair(optimizer="adam", rate=0.02, batch=4)
    here.train(3), there.train(3)

    def broken(*_):
        raise RuntimeError("CUDA_ERROR_ILLEGAL_ADDRESS")

    there._runner._circuit.run = broken
    rows, others = here.train(4), there.train(4)
    assert there._place.error.code == "cuda-fault" and there._place.used == "cpu"
    assert len(others) == 4 and there.step == 7
    assert np.allclose(rows, others, atol=1e-5) and apart(here, there) < CLOSE
