"""Runs: bit-identical in any chunks, the same on shards and without the JIT, stopped before they break."""

import dataclasses
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from engine.errors import EngineError
from engine.network import Network
from engine.optim import OPTIMIZERS
from engine.trainer import Trainer


@pytest.fixture
def run(build, draw):
    """run(**settings) -> Trainer of a small classifier on 40 examples."""

    def make(dtype="float64", loss="cross-entropy", activation="tanh", rows=40, **settings):
        settings = {"batch": 7, "optimizer": "momentum", "rate": 0.1, "seed": 3} | settings
        return Trainer(build(loss, activation), *draw(loss, rows), dtype=dtype, **settings)

    return make


@pytest.mark.parametrize("shards", [1, 2])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_the_same_bits_in_any_chunks(run, optimizer, shards):
    whole = run(optimizer=optimizer, shards=shards, watch=(5,))
    parts = run(optimizer=optimizer, shards=shards, watch=(5,))
    rows = np.concatenate([parts.train(k) for k in (1, 2, 13, 0, 14)])
    assert (whole.train(30) == rows).all()
    assert (whole.theta == parts.theta).all() and whole.step == parts.step == 30


def test_the_seed_draws_theta_and_the_order(run):
    first, second = run().train(8)[:, 0], run(seed=4).train(8)[:, 0]
    assert (first != second).all()
    theta = run().theta
    assert (run(seed=4, theta=theta).train(8)[1:, 0] != run(theta=theta).train(8)[1:, 0]).any()


@pytest.mark.parametrize(("dtype", "near"), [("float64", 1e-12), ("float32", 1e-5)])
@pytest.mark.parametrize("shards", [2, 3, 9])
@pytest.mark.parametrize("loss", ["cross-entropy", "mse", "binary-cross-entropy"])
def test_shards_agree_with_one(run, dtype, near, shards, loss):
    one, many = run(dtype, loss), run(dtype, loss, shards=shards)
    np.testing.assert_allclose(many.train(40), one.train(40), rtol=near)
    np.testing.assert_allclose(many.theta, one.theta, rtol=near, atol=near)


@pytest.mark.parametrize("op", ["dense", "tanh"])
def test_a_row_that_needs_the_whole_batch(build, draw, op):
    def make(shards, whole):
        net = build()
        at = next(n for n, node in enumerate(net.nodes) if node.op == op)
        net.nodes[at] = dataclasses.replace(net.nodes[at], whole=whole)
        return Trainer(net, *draw(), batch=7, dtype="float64", shards=shards)

    one, cut = make(1, False), make(2, True)
    assert len(cut.program.segments) > 1
    np.testing.assert_allclose(cut.train(30), one.train(30), rtol=1e-12)
    np.testing.assert_allclose(make(1, True).train(30), make(1, False).train(30), rtol=1e-12)


TELL = """
import json, sys
import numpy as np
sys.path.insert(0, sys.argv[1])
from engine.network import Network
from engine.trainer import Trainer
rng = np.random.default_rng(0)
told = {}
for dtype in ("float32", "float64"):
    for loss, activation, optimizer, shards in (
        ("cross-entropy", "relu", "adam", 1), ("mse", "tanh", "rmsprop", 2),
        ("mae", "sigmoid", "momentum", 1),
        ("binary-cross-entropy", "hard-sigmoid", "mean-rms", 1), ("mse", "leaky-relu", "adagrad", 1),
        ("mse", "identity", "sgd", 1),
    ):
        net = Network()
        h = net.dense(net.input(3), 4)
        h = net.add(net.activation(h, activation), h)
        net.loss(net.dense(h, 2), loss)
        x = rng.normal(size=(9, 3))
        y = rng.integers(0, 2, 9) if loss == "cross-entropy" else rng.random((9, 2))
        t = Trainer(net, x, y, optimizer=optimizer, rate=0.05, batch=4, dtype=dtype, shards=shards)
        rows = t.train(5).tolist()
        told[f"{dtype} {loss} {activation}"] = [rows, t.theta.tolist(), t.evaluate(), t.gradient().tolist()]
for name in ("quadratic-1d", "quadratic", "ripple-1d", "himmelblau", "rosenbrock"):
    net = Network()
    net.surface(name)
    t = Trainer(net, rate=1e-3, theta=[0.5] if name.endswith("1d") else [0.5, 0.2])
    told["float32-" + name] = [t.train(5).tolist(), t.theta.tolist()]
net = Network()
net.surface("himmelblau")
t = Trainer(net, rate=1e3, theta=[1, 1])
t.train(50)
told["fault"] = t.fault()
print(json.dumps(told))
"""


def flat(value):
    if isinstance(value, dict):
        value = list(value.values())
    return np.concatenate([flat(v) for v in value]) if isinstance(value, list) else np.atleast_1d(value)


def test_without_the_jit():
    def tell(off):
        environment = dict(os.environ, NUMBA_DISABLE_JIT=off, PYTHONWARNINGS="error")
        root = str(Path(__file__).parents[2])
        done = subprocess.run(
            [sys.executable, "-c", TELL, root], env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    compiled, plain = tell("0"), tell("1")
    assert compiled.pop("fault") == plain.pop("fault")
    for name, numbers in compiled.items():
        near = 1e-12 if name.startswith("float64") else 1e-5
        np.testing.assert_allclose(flat(plain[name]), flat(numbers), rtol=near, atol=near, err_msg=name)


def test_epochs_visit_every_example_once(run):
    trainer = run(rows=1096, batch=100)
    assert trainer.epoch == 11
    x = np.arange(1096.0)
    net = Network()
    net.loss(net.dense(net.input(1), 1, init="zero"), "mse", "sum")
    trainer = Trainer(net, np.zeros(1096), np.sqrt(x), batch=100, rate=0.0, dtype="float64")
    losses = trainer.train(22)[:, 0]
    assert losses[:11].sum() == pytest.approx(x.sum()) and losses[11:].sum() == pytest.approx(x.sum())
    assert not np.isclose(losses[:11], losses[11:]).any()
    assert trainer.epoch == 11 and trainer.step == 22
    trainer.set("batch", None)
    assert trainer.epoch == 1 and trainer.train(1)[0, 0] == pytest.approx(x.sum())


def test_unshuffled_batches_come_in_order_and_the_last_is_what_is_left():
    net = Network()
    net.loss(net.dense(net.input(1), 1, init="zero"), "mse")
    y = np.sqrt(np.arange(10.0))
    trainer = Trainer(net, np.zeros(10), y, batch=4, rate=0.0, shuffle=False, dtype="float64")
    np.testing.assert_allclose(trainer.train(4)[:, 0], [1.5, 5.5, 8.5, 1.5])


def test_a_batch_changes_in_the_middle_of_an_epoch():
    net = Network()
    net.loss(net.dense(net.input(1), 1, init="zero"), "mse")
    trainer = Trainer(
        net, np.zeros(10), np.sqrt(np.arange(10.0)), batch=4, rate=0.0, shuffle=False, dtype="float64"
    )
    trainer.train(1)
    trainer.set("batch", 5)
    np.testing.assert_allclose(trainer.train(3)[:, 0], [6, 9, 2])


@pytest.mark.parametrize("shards", [1, 2])
def test_going_back(run, shards):
    trainer = run(shards=shards)
    trainer.train(11)
    state = trainer.state()
    kept = [array.copy() for array in state]
    ahead = trainer.train(9)
    trainer.set("optimizer", "adam")
    trainer.set("batch", 3)
    trainer.set("rate", 0.5)
    trainer.train(5)
    for array, copy in zip(state, kept, strict=True):
        np.testing.assert_array_equal(array, copy)
    trainer.restore(state)
    assert trainer.step == 11 and trainer.get("optimizer") == "momentum" and trainer.get("batch") == 7
    assert (trainer.train(9) == ahead).all()
    other = run(shards=shards)
    other.restore(state)
    assert (other.train(9) == ahead).all()


def test_a_run_stops_before_theta_breaks():
    net = Network()
    h = net.dense(net.input(1), 4, name="hidden")
    net.loss(net.dense(h, 1, name="out"), "mse")
    x = np.linspace(-1, 1, 8)
    trainer = Trainer(net, x, 3 * x, rate=1e3, dtype="float32")
    rows = trainer.train(100)
    assert 1 < len(rows) < 100 and trainer.step == len(rows) - 1
    assert np.isfinite(rows[:-1]).all() and not np.isfinite(rows[-1]).all()
    assert np.isfinite(trainer.theta).all()
    fault = trainer.fault()
    assert fault["code"] == "diverged" and fault["rate"] == 1e3
    assert fault["layer"] in ("hidden", "out") and fault["cause"] in ("loss", "activation")
    assert len(trainer.train(10)) == 0
    again = Trainer(net, x, 3 * x, rate=1e3, dtype="float32")
    again.train(len(rows) - 2)
    before = again.state()
    again.train(50)
    again.restore(before)
    assert again.fault() is None
    again.set("rate", 0.0)
    assert len(again.train(5)) == 5


@pytest.mark.parametrize(
    ("theta", "cause", "layer"),
    [
        ((1e30, 1e30, 0), "activation", "second"),
        ((1e25, 1, 0), "loss", "first"),
        ((np.nan, 1, 0), "activation", "first"),
    ],
)
def test_the_fault_names_the_layer(theta, cause, layer):
    net = Network()
    h = net.dense(net.input(1), 1, name="first", bias=False)
    net.loss(net.dense(h, 1, name="second"), "mse")
    trainer = Trainer(net, [1.0], [0.0], theta=theta, rate=0.1)
    assert len(trainer.train(3)) == 1
    assert trainer.fault() == {"code": "diverged", "cause": cause, "layer": layer, "rate": 0.1}
    assert trainer.step == 0


def test_a_gradient_can_break_alone():
    net = Network()
    net.loss(net.dense(net.input(1), 1, name="only"), "mse", "sum")
    trainer = Trainer(net, [3e38, 3e38], [1e18, 1e18], theta=(0, 0), rate=0.1, dtype="float32")
    row = trainer.train(1)[0]
    assert np.isfinite(row[0]) and not np.isfinite(row[1])
    assert trainer.fault() == {"code": "diverged", "cause": "gradient", "layer": "only", "rate": 0.1}


def test_the_gradient_norm_where_its_square_leaves_the_range():
    net = Network()
    net.surface("quadratic", (1e-10, 1e-10))
    for size in (1e-15, 1, 1e24):  # the loss, smaller by as much, stays in the range
        trainer = Trainer(net, theta=(3 * size, 4 * size), rate=0.0, dtype="float32")
        assert trainer.train(1)[0, 1] == pytest.approx(size * 1e-9, rel=1e-5)


def test_measurements_over_more_examples_than_fit_at_once(run):
    trainer = run(rows=1000, loss="mse")
    x = trainer.predict(node=0)
    for part in (slice(0, 1000), slice(0, 256), slice(3, 700)):
        y = np.asarray(trainer._data.targets)[part]
        expected = ((trainer.predict(x[part]) - y) ** 2).mean()
        assert trainer.evaluate(x[part], y)["loss"] == pytest.approx(expected, rel=1e-12)
    halves = [trainer.gradient(x[k : k + 500], trainer._data.targets[k : k + 500]) for k in (0, 500)]
    np.testing.assert_allclose(trainer.gradient(), np.mean(halves, axis=0), rtol=1e-9, atol=1e-15)


def test_training_lets_other_threads_run(run):
    trainer = run("float32", rows=4000, batch=None)
    trainer.train(1)
    done, turns = threading.Event(), 0
    worker = threading.Thread(target=lambda: (trainer.train(2000), done.set()))
    worker.start()
    while not done.is_set():
        turns += 1
    worker.join()
    assert turns > 1000


def test_what_does_not_fit(build, draw):
    x, y = draw()
    for code, change in (
        ("wrong-width", {"x": x[:, :2]}),
        ("wrong-count", {"y": y[:-1]}),
        ("out-of-range", {"y": y + 1}),
        ("out-of-range", {"y": y - 1}),
        ("no-data", {"x": None}),
        ("wrong-count", {"theta": [1, 2]}),
        ("unknown-dtype", {"dtype": "float16"}),
        ("out-of-range", {"watch": (10**6,)}),
        ("not-positive", {"shards": 0}),
        ("not-positive", {"batch": 0}),
    ):
        with pytest.raises(EngineError) as caught:
            Trainer(build(), **({"x": x, "y": y} | change))
        assert caught.value.code == code
    with pytest.raises(EngineError, match="no-loss"):
        Trainer(Network())


def test_named_parameters(build, draw):
    trainer = Trainer(build(), *draw())
    assert trainer.named() == {
        "layer-0.weight": (0, (3, 8)),
        "layer-0.bias": (24, (8,)),
        "layer-1.weight": (32, (8, 4)),
        "layer-1.bias": (64, (4,)),
    }
    assert trainer.theta.dtype == np.float32 and trainer.columns == ("loss", "gradient-norm")
    assert (trainer.theta[24:32] == 0).all() and (trainer.theta[:24] != 0).all()


def test_initial_spread():
    for init, variance in (("he", 2 / 300), ("xavier", 2 / 500), ("normal", 0.09), ("zero", 0)):
        net = Network()
        net.loss(net.dense(net.input(300), 200, init=init, std=0.3, bias=False), "mse")
        weights = Trainer(net, np.zeros((1, 300)), np.zeros((1, 200))).theta
        assert weights.mean() == pytest.approx(0, abs=0.01) and weights.var() == pytest.approx(
            variance, rel=0.03
        )


def test_data_that_is_mapped_from_a_file(build, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (30, 3), dtype=np.uint8)
    np.save(tmp_path / "x.npy", pixels)
    y = np.arange(30) % 4
    mapped = Trainer(build(), np.load(tmp_path / "x.npy", mmap_mode="r"), y, batch=7)
    assert (mapped.train(9) == Trainer(build(), pixels, y, batch=7).train(9)).all()
