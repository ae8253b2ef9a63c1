"""Every net of a population against its own run alone, and what a thousand XOR nets do."""

import re

import numpy as np
import pytest

from engine import lanes, random
from engine.analysis.hessian import hessian, minimum_ratio
from engine.errors import EngineError
from engine.kernel import INTEGERS, JIT, OPTIONS, REAL, TABLE
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


def test_any_cut_of_the_updates_gives_the_same_bits():
    nets, cut = (Population((2, 2, 1), 30, *XOR, optimizer="adam", rate=0.05) for _ in range(2))
    rows = nets.train(50, every=7)
    parts = [cut.train(k, every=7) for k in (1, 20, 0, 29)]
    assert (np.concatenate(parts) == rows).all() and rows.shape == (8, 30)
    assert (nets.theta == cut.theta).all() and nets.step == cut.step == 50
    assert nets.train(3).shape == (0, 30)


def test_state_and_restore_and_live_settings():
    nets = Population((2, 2, 1), 30, *XOR, optimizer="momentum", rate=0.05)
    nets.train(10)
    kept = nets.state()
    nets.train(10)
    nets.set("rate", 0.01)
    nets.train(5)
    first = nets.theta
    nets.set("optimizer", "adam")
    nets.train(5)
    nets.restore(kept)
    assert nets.step == 10 and nets.get("optimizer") == "momentum" and nets.get("rate") == 0.05
    nets.train(10)
    nets.set("rate", 0.01)
    nets.train(5)
    assert (nets.theta == first).all()


@pytest.mark.parametrize("optimizer", ["sgd", "momentum"])
def test_a_net_that_blows_up_stays_where_it_was(optimizer):
    data = draw("mse", 6, 2, 1)
    nets = Population(
        (2, 8, 1),
        60,
        *data,
        activation="relu",
        rate=0.35,
        optimizer=optimizer,
        dtype="float64",
        init="normal",
    )
    start = nets.theta
    nets.train(700)
    assert 0 < nets.halted.sum() < 60 and np.isfinite(nets.theta).all()
    for k in range(60):
        single = alone(nets, k, start, data, rate=0.35, optimizer=optimizer)
        single.train(700)
        assert (single.fault() is not None) == nets.halted[k]
        if nets.halted[k]:
            assert np.isfinite(single.theta).all()
            # Rounding has grown as θ has.
            np.testing.assert_allclose(nets.theta[k], single.theta, rtol=1e-3)
    kept = nets.theta[nets.halted]
    nets.train(10)
    assert (nets.theta[nets.halted] == kept).all()


@pytest.mark.parametrize("loss", ENDS)
def test_hessians_are_those_of_single_nets(loss):
    data = draw(loss, 9, 2, 3)
    nets = Population((2, 3, 3), 12, *data, loss=loss, dtype="float64", init="xavier")
    theta, found = nets.theta, nets.hessians()
    assert (nets.theta == theta).all() and (found == found.transpose(0, 2, 1)).all()
    for k in range(12):
        exact = hessian(alone(nets, k, theta, data))
        assert np.linalg.norm(found[k] - exact) < 1e-8 * np.linalg.norm(exact)


def test_the_start_is_that_of_trainers_with_the_seeds_that_follow():
    nets = Population((2, 3, 1), 4, *XOR, seed=11, dtype="float64")
    for k in range(4):
        assert (Trainer(nets.network, *XOR, seed=11 + k, dtype="float64").theta == nets.theta[k]).all()


def test_a_thousand_xor_nets_freeze_on_shelves_and_the_higher_the_more_ways_lead_down():
    theta = 1.5 * random.normals(1, random.DATA, 0, 1024 * 9)
    nets = Population((2, 2, 1), 1024, *XOR, rate=0.05, theta=theta, dtype="float64")
    nets.train(6000)
    shelves = np.array([0, 1 / 2, 2 / 3, 1])
    on = np.abs(nets.losses()[:, None] - shelves) < 0.02
    assert on.any(axis=1).mean() > 0.98
    assert 0.55 < on[:, 0].mean() < 0.8 and 0.2 < on[:, 1].mean() < 0.45 and on[:, 2:].sum() < 60
    values = np.linalg.eigvalsh(nets.hessians())
    ratios = np.array([minimum_ratio(each, flat=True) for each in values])
    solved, half, third = (ratios[on[:, k]].mean() for k in range(3))
    assert solved > 0.97 and solved > half + 0.03 and half > third + 0.03


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("unknown-loss", {"loss": "mae"}),
        ("unknown-activation", {"activation": "tent"}),
        ("unknown-dtype", {"dtype": "float16"}),
        ("unknown-optimizer", {"optimizer": "swats"}),
        ("unknown-init", {"init": "ones"}),
        ("not-positive", {"count": 0}),
        ("wrong-count", {"sizes": (2,)}),
        ("wrong-count", {"theta": np.zeros(5)}),
        ("wrong-width", {"sizes": (3, 1)}),
        ("wrong-width", {"sizes": (2, 2, 2)}),
        ("wrong-count", {"y": [1, 2, 3]}),
        ("no-data", {"x": np.zeros((0, 2)), "y": []}),
        ("out-of-range", {"loss": "cross-entropy", "y": [0, 1, 2, 1], "sizes": (2, 2)}),
    ],
)
def test_what_cannot_be_built(code, change):
    with pytest.raises(EngineError) as caught:
        Population(**{"sizes": (2, 2, 1), "count": 3, "x": XOR[0], "y": XOR[1]} | change)
    assert caught.value.code == code


@pytest.mark.skipif(not JIT, reason="looks at compiled code")
@pytest.mark.parametrize(
    "inner", [lanes.forward, lanes.backward, lanes.end_mse, lanes.end_binary, lanes.end_softmax]
)
def test_no_double_in_float32(inner):
    numba = pytest.importorskip("numba")
    table, line, whole = REAL["float32"][:, ::1], REAL["float32"][::1], numba.types.int64
    number, real = REAL["float32"], [table, table, line, line]
    arguments = {
        lanes.forward: (TABLE, INTEGERS, line, table, table),
        lanes.backward: (TABLE, INTEGERS, line, table, table, table, table),
        lanes.end_mse: (whole, number, *real, number),
        lanes.end_binary: (whole, number, *real, number),
        lanes.end_softmax: (whole, whole, whole, *real, table, number),
    }[inner]
    fresh = numba.njit(numba.types.void(*arguments), **OPTIONS | {"cache": False})(inner.py_func)
    # Where it is called from Python, and only there, numbers come as doubles.
    assert not re.search(
        r"= (f(add|sub|mul|div|neg|cmp|pext)|[us]itofp)[^\n]*double", *fresh.inspect_llvm().values()
    )
