"""Normalisations and dropout: against central differences and plain NumPy, in every mode, on any shards."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import random
from engine.errors import EngineError
from engine.kernel import JIT
from engine.network import Network
from engine.trainer import Trainer

few = settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)
# rows, channels, positions of a channel, parameters or not, seed
shapes = st.tuples(
    st.integers(2, 9), st.sampled_from([2, 4, 6]), st.integers(1, 5), st.booleans(), st.integers(0, 2**31 - 1)
)
LAYERS = {
    "batch": lambda net, x, c, **rest: net.batch_norm(x, channels=c, **rest),
    "layer": lambda net, x, c, **rest: net.layer_norm(x, **rest),
    "token": lambda net, x, c, **rest: net.layer_norm(x, c, **rest),
    "group": lambda net, x, c, **rest: net.group_norm(x, c // 2, channels=c, **rest),
    "instance": lambda net, x, c, **rest: net.instance_norm(x, channels=c, **rest),
    "dropout": lambda net, x, c, **rest: net.dropout(x, 0.4),
}


def make(kind, shape, dtype="float64", **settings):
    """A trainer of dense, the layer, tanh, dense on rows drawn by the seed, with random θ.

    A large ε: two numbers that happen to be close would bend the loss too much for differences.
    """
    rows, c, p, affine, seed = shape
    p += kind == "instance" and p == 1
    rng = np.random.default_rng(seed)
    net = Network()
    h = LAYERS[kind](net, net.dense(net.input(3), c * p), c, affine=affine, epsilon=0.1)
    net.loss(net.dense(net.activation(h, "tanh"), 2, name="out"), "mse")
    x, y = rng.normal(size=(rows, 3)), rng.normal(size=(rows, 2))
    trainer = Trainer(net, x, y, dtype=dtype, seed=seed, rate=0.0, **settings)
    return Trainer(
        net,
        x,
        y,
        dtype=dtype,
        seed=seed,
        theta=rng.normal(size=trainer.theta.size),
        **{"rate": 0.0} | settings,
    )


def differences(trainer, mode, step=1e-5):
    """(P,) ∂L/∂θ by central differences."""
    points = trainer.theta[:, None, None] + np.array([[step], [-step]])
    losses = [trainer.survey((k,), points[k], mode) for k in range(len(points))]
    return np.array([up - down for up, down in losses]) / (2 * step)


@pytest.mark.parametrize("mode", ["train", "evaluate", "batch"])
@pytest.mark.parametrize("kind", LAYERS)
@few
@given(shapes)
def test_gradients(kind, mode, shape):
    trainer = make(kind, shape)
    trainer.train(3)  # the rate is 0: only the running statistics move
    gradient, expected = trainer.gradient(mode=mode), differences(trainer, mode)
    assert np.linalg.norm(gradient - expected) / max(np.linalg.norm(expected), 1e-3) < 1e-6
    if mode == "train":
        assert trainer.train(1)[0, 1] == pytest.approx(np.linalg.norm(gradient), rel=1e-12)


@pytest.mark.parametrize("kind", ["batch", "layer", "token", "group", "instance"])
@few
@given(shapes)
def test_formulas(kind, shape):
    rows, c, p, affine, seed = shape
    p += kind == "instance" and p == 1
    rng = np.random.default_rng(seed)
    net = Network()
    h = LAYERS[kind](net, net.input(c * p), c, affine=affine)
    net.loss(h, "mse")
    x = 3 + 2 * rng.normal(size=(rows, c * p))
    axes = {"batch": (rows, c, p, (0, 2)), "layer": (rows, c * p, 1, (1, 2)), "token": (rows * p, c, 1, 1)}
    axes |= {"group": (rows * c // 2, 2, p, (1, 2)), "instance": (rows * c, p, 1, 1)}
    *form, axis = axes[kind]
    blocks = x.reshape(form)
    scaled = (blocks - blocks.mean(axis, keepdims=True)) / np.sqrt(blocks.var(axis, keepdims=True) + 1e-5)
    size = {"layer": c * p}.get(kind, c) if affine else 0
    theta = rng.normal(size=2 * size)
    found = Trainer(net, x, theta=theta, dtype="float64").predict(node=h, mode="batch")
    gamma, beta = theta.reshape(2, -1)
    across = {"batch": (1, c, 1), "group": (1, c, 1), "instance": (1, c, 1), "token": (1, 1, c)}
    across = across.get(kind, (1, c * p))
    expected = scaled.reshape(
        (rows, p, c) if kind == "token" else (rows, c, p) if len(across) == 3 else (rows, -1)
    )
    if affine:
        expected = expected * gamma.reshape(across) + beta.reshape(across)
    np.testing.assert_allclose(found, expected.reshape(rows, -1), rtol=1e-9, atol=1e-12)


def test_gamma_begins_at_one_and_beta_at_zero():
    net = Network()
    net.loss(net.batch_norm(net.input(3), name="norm"), "mse")
    trainer = Trainer(net, np.zeros((4, 3)))
    assert trainer.theta.tolist() == [1, 1, 1, 0, 0, 0]
    assert trainer.named() == {"norm.gamma": (0, (3,)), "norm.beta": (3, (3,))}


def test_an_image_node_tells_its_channels():
    x = np.random.default_rng(0).normal(size=(5, 12))
    for kind in ("batch_norm", "instance_norm"):
        net, other = Network(), Network()
        h = getattr(net, kind)(net.input(12, shape=(3, 2, 2)))
        also = getattr(other, kind)(other.input(12), channels=3)
        assert net.nodes[h].shape == (3, 2, 2) and net.nodes[h].sizes == other.nodes[also].sizes
        net.loss(h, "mse"), other.loss(also, "mse")
        assert (Trainer(net, x).predict(node=h) == Trainer(other, x).predict(node=also)).all()


def test_running_statistics():
    rng = np.random.default_rng(1)
    x = rng.normal(3, 2, size=(12, 2))
    net = Network()
    h = net.batch_norm(net.input(2), momentum=0.3, name="norm")
    net.loss(h, "mse")
    trainer = Trainer(net, x, np.zeros((12, 2)), batch=4, shuffle=False, rate=0.0, dtype="float64")
    mean, variance = np.zeros(2), np.ones(2)
    for k in range(7):
        block = x[4 * (k % 3) :][:4]
        mean, variance = 0.7 * mean + 0.3 * block.mean(0), 0.7 * variance + 0.3 * block.var(0, ddof=1)
    trainer.train(7)
    kept = trainer.state()
    found = trainer.statistics()
    np.testing.assert_allclose(found["norm.mean"], mean, rtol=1e-13)
    np.testing.assert_allclose(found["norm.variance"], variance, rtol=1e-13)
    expected = (x - mean) / np.sqrt(variance + 1e-5)
    np.testing.assert_allclose(trainer.predict(x, node=h), expected, rtol=1e-12)
    # One example has the same answer in any company, but not by the statistics of its batch.
    np.testing.assert_allclose(trainer.predict(x[:1], node=h), expected[:1], rtol=1e-12)
    alone = trainer.predict(x[:3], node=h, mode="batch")[0]
    assert not np.isclose(alone, trainer.predict(x[:4], node=h, mode="batch")[0]).any()
    trainer.gradient(mode="train"), trainer.evaluate(mode="train")
    for array, copy in zip(trainer.state(), kept, strict=True):
        np.testing.assert_array_equal(array, copy)


def dropped(p=0.3, rows=400, width=50, layers=1, seed=1, shards=1, updates=1, **settings):
    """The values of the last of some dropout layers on ones, as an update left them."""
    net = Network()
    h = net.dense(net.input(width), width, init="zero", name="ones")
    for _ in range(layers):
        h = net.dropout(h, p)
    net.loss(h, "mse")
    theta = np.concatenate((np.zeros(width * width), np.ones(width)))
    trainer = Trainer(
        net, np.zeros((rows, width)), theta=theta, rate=0.0, seed=seed, shards=shards, **settings
    )
    trainer.train(updates)
    at = trainer.program.buffers[h] * rows
    return trainer._arena[0][at : at + rows * width].reshape(rows, width).copy(), trainer


def test_dropout_keeps_its_share_and_the_mean():
    for p in (0.1, 0.3, 0.5, 0.9):
        y, trainer = dropped(p)
        kept = (y != 0).mean()
        assert abs(kept - (1 - p)) < 4 * np.sqrt(p * (1 - p) / y.size)
        np.testing.assert_allclose(y[y != 0], 1 / (1 - p), rtol=1e-6)
        assert np.abs((y != 0).mean(0) - (1 - p)).max() < 5 * np.sqrt(p * (1 - p) / len(y))
        assert (trainer.predict() == 1).all()
    assert (dropped(0.0)[0] == 1).all() and (dropped(1.0)[0] == 0).all()


def test_dropout_masks_depend_on_seed_layer_update_row_and_feature_only():
    base, trainer = dropped()
    for other in (dropped(seed=2)[0], dropped(updates=2)[0]):
        assert abs(((other == 0) == (base == 0)).mean() - (0.49 + 0.09)) < 0.02
    kept = base != 0
    rows = np.corrcoef(kept.astype(float))[np.triu_indices(len(kept), 1)]
    assert np.abs(rows).max() < 0.75 and abs(rows.mean()) < 0.01
    two = dropped(layers=2)[0]
    assert abs((two != 0).mean() - 0.49) < 0.02 and ((two != 0) <= kept).all()
    for shards in (2, 3, 4):
        assert (dropped(shards=shards)[0] == base).all()
    with np.errstate(over="ignore"):
        each = random.plain(random.integer)(random.stream(1, random.MASK, 0), np.uint64(1))
        drawn = random.plain(random.mix)(
            each + np.arange(base.size, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        )
    share = (drawn >> np.uint64(40)) * 2.0**-24
    assert ((share >= 0.3).reshape(base.shape) == kept).all()
    assert (trainer.predict(mode="train") != base).any()  # the masks of the next update
    assert (trainer.predict(mode="train") == dropped(updates=2)[0]).all()


def test_the_share_of_dropout_changes_while_it_runs():
    trainer = dropped(0.3, layers=2)[1]
    trainer.set("dropout", 0.0)
    assert (trainer.predict(mode="train") == 1).all()
    state = trainer.state()
    trainer.set("dropout", 0.9)
    assert (trainer.predict(mode="train") != 0).mean() < 0.02
    trainer.restore(state)
    assert trainer.get("dropout") == 0 and (trainer.predict(mode="train") == 1).all()
    trainer.set("dropout", None)
    assert abs((trainer.predict(mode="train") != 0).mean() - 0.49) < 0.02
    with pytest.raises(EngineError, match="out-of-range"):
        trainer.set("dropout", 1.5)


def whole(shards=1, dtype="float64", seed=3, **settings):
    """A trainer with dropout, batch norm by feature and by channel, layer and group norm, shuffled batches."""
    rng = np.random.default_rng(0)
    net = Network()
    h = net.batch_norm(net.input(8), channels=2)
    h = net.activation(net.batch_norm(net.dense(h, 12)), "tanh")
    h = net.layer_norm(net.dropout(h, 0.2))
    h = net.dropout(net.group_norm(h, 3), 0.3)
    net.loss(net.dense(net.batch_norm(net.activation(net.dense(h, 6), "tanh")), 3), "cross-entropy")
    x, y = rng.normal(size=(41, 8)), rng.integers(0, 3, 41)
    settings = {"batch": 9, "optimizer": "momentum", "rate": 0.01} | settings
    return Trainer(net, x, y, dtype=dtype, shards=shards, seed=seed, **settings)


@pytest.mark.parametrize("shards", [1, 2, 4])
def test_the_same_bits_in_any_chunks_and_after_going_back(shards):
    one, cut = whole(shards), whole(shards)
    rows = np.concatenate([cut.train(k) for k in (1, 2, 17, 0, 3)])
    middle = cut.state()
    rows = np.concatenate((rows, cut.train(7)))
    cut.set("dropout", 0.5)
    rows = np.concatenate((rows, cut.train(5)))
    first = one.train(30)
    one.set("dropout", 0.5)
    assert (np.concatenate((first, one.train(5))) == rows).all()
    for array, other in zip(one.state(), cut.state(), strict=True):
        np.testing.assert_array_equal(array, other)
    for trainer in (cut, whole(shards)):
        trainer.restore(middle)
        assert trainer.step == 23 and (trainer.train(7) == rows[23:30]).all()
        trainer.evaluate(), trainer.predict(mode="train")
        trainer.set("dropout", 0.5)
        assert (trainer.train(5) == rows[30:]).all()
        for array, other in zip(trainer.state(), one.state(), strict=True):
            np.testing.assert_array_equal(array, other)


@pytest.mark.parametrize(("dtype", "near"), [("float64", 1e-12), ("float32", 1e-5)])
@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "adam"])
@pytest.mark.parametrize("shards", [2, 3, 4])
def test_shards_agree_on_a_short_smooth_run(shards, optimizer, dtype, near):
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(40, 6)), rng.normal(size=(40, 2))
    found = []
    for n in (1, shards):
        net = Network()
        # A bias before batch norm has the gradient 0: Adam would divide rounding errors by themselves.
        h = net.activation(net.batch_norm(net.dense(net.input(6), 8, bias=False)), "tanh")
        net.loss(net.dense(h, 2), "mse")
        trainer = Trainer(net, x, y, dtype=dtype, shards=n, optimizer=optimizer, rate=0.01, batch=10)
        trainer.train(10)
        found.append(trainer.theta)
    assert np.linalg.norm(found[1] - found[0]) <= near * np.linalg.norm(found[0])


@pytest.mark.parametrize(("dtype", "near"), [("float64", 1e-10), ("float32", 2e-4)])
@pytest.mark.parametrize("shards", [2, 3, 4])
def test_shards_agree_with_one(shards, dtype, near):
    one, many = whole(1, dtype), whole(shards, dtype)
    np.testing.assert_allclose(many.train(30), one.train(30), rtol=near)
    for array, other in zip(many.state(), one.state(), strict=True):
        assert np.linalg.norm(array - other) <= near * np.linalg.norm(other) or np.isnan(other).any()


TELL = """
import json, sys
sys.path[:0] = sys.argv[1:]
from test_norm_ops import whole
told = {}
for dtype in ("float32", "float64"):
    t = whole(1, dtype)
    rows = t.train(6).tolist()
    told[dtype] = [rows, t.theta.tolist(), t.gradient().tolist(), t.gradient(mode="train").tolist()]
    told[dtype] += [values.tolist() for values in t.statistics().values()]
print(json.dumps(told))
"""


@pytest.mark.skipif(not JIT, reason="compares with compiled code")
def test_without_the_jit():
    def tell(off):
        here = Path(__file__).parent
        done = subprocess.run(
            [sys.executable, "-c", TELL, str(here), str(here.parents[1])],
            env=dict(os.environ, NUMBA_DISABLE_JIT=off),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    compiled, plain = tell("0"), tell("1")
    for dtype, near in (("float64", 1e-12), ("float32", 1e-5)):
        for a, b in zip(compiled[dtype], plain[dtype], strict=True):
            assert np.linalg.norm(np.subtract(a, b)) <= 10 * near * np.linalg.norm(b)


def test_no_number_slows_a_long_run():
    rng = np.random.default_rng(5)
    pixels = (rng.random((200, 64)) < 0.03) * rng.integers(1, 256, (200, 64))
    pixels[:, 40:] = 0
    net = Network()
    h = net.batch_norm(net.activation(net.dense(net.input(64), 32), "relu"))
    h = net.dropout(h, 0.5)
    net.loss(net.dense(net.batch_norm(h), 4), "cross-entropy")
    for optimizer in ("momentum", "adam"):
        theta = rng.normal(size=64 * 32 + 32 + 64 + 64 + 32 * 4 + 4) / 8
        theta[64 * 32 : 64 * 32 + 8] = -50  # units that are never on: their statistics fade
        trainer = Trainer(
            net, pixels.astype(np.uint8), np.arange(200) % 4, theta=theta, optimizer=optimizer, batch=20,
            rate=0.01, l2=0.001,
        )  # fmt: skip
        trainer.train(4000)
        theta, first, second, running, *_ = trainer.state()
        for row in (theta, first, second, running):
            small = np.abs(row[row != 0])
            assert (small >= np.finfo(np.float32).tiny).all()
        assert (trainer.statistics()["batch-norm-3.variance"][:8] == 0).all()


def test_a_blow_up_leaves_the_running_statistics():
    net = Network()
    net.loss(net.batch_norm(net.dense(net.input(1), 2)), "mse")
    trainer = Trainer(net, [1.0, 2.0, 3.0], np.zeros((3, 2)), theta=[1e38, 1, 0, 0, 1, 1, 0, 0])
    assert len(trainer.train(3)) == 1 and trainer.fault()["code"] == "diverged"
    assert all(np.isfinite(values).all() for values in trainer.statistics().values())


def test_a_single_row_in_a_batch_is_refused():
    def build(batch, rows=10, **settings):
        net = Network()
        net.loss(net.batch_norm(net.input(2), name="norm", **settings), "mse")
        return Trainer(net, np.zeros((rows, 2)), batch=batch)

    for batch, rows in ((1, 10), (3, 10), (9, 10), (None, 1)):
        with pytest.raises(EngineError) as caught:
            build(batch, rows)
        assert caught.value.code == "batch-of-one" and caught.value.facts["node"] == "norm"
    trainer = build(4)
    with pytest.raises(EngineError, match="batch-of-one"):
        trainer.set("batch", 3)
    assert trainer.get("batch") == 4
    state = trainer.state()
    trainer.train(1)  # six are left of this epoch
    with pytest.raises(EngineError, match="batch-of-one"):
        trainer.set("batch", 5)
    trainer.restore(state)
    trainer.set("batch", 5)
    trainer.train(1)
    trainer.restore(state)
    assert len(build(1, channels=1).train(3)) == 3  # two positions are enough


@pytest.mark.parametrize(
    ("code", "build"),
    [
        ("does-not-divide", lambda net, x: net.batch_norm(x, channels=5)),
        ("does-not-divide", lambda net, x: net.layer_norm(x, 4)),
        ("does-not-divide", lambda net, x: net.group_norm(x, 4)),
        ("does-not-divide", lambda net, x: net.group_norm(x, 4, channels=3)),
        ("one-number", lambda net, x: net.instance_norm(x)),
        ("one-number", lambda net, x: net.layer_norm(x, 1)),
        ("one-number", lambda net, x: net.group_norm(x, 6)),
        ("not-positive", lambda net, x: net.layer_norm(x, epsilon=0)),
        ("not-positive", lambda net, x: net.batch_norm(x, channels=-2)),
        ("out-of-range", lambda net, x: net.batch_norm(x, momentum=2)),
        ("out-of-range", lambda net, x: net.dropout(x, -0.1)),
        ("name-taken", lambda net, x: net.dropout(x, name="input")),
        ("unknown-node", lambda net, x: net.batch_norm(7)),
    ],
)
def test_what_cannot_be_built(code, build):
    net = Network()
    with pytest.raises(EngineError) as caught:
        build(net, net.input(6))
    assert caught.value.code == code


def test_an_unknown_mode():
    trainer = whole()
    with pytest.raises(EngineError, match="unknown-mode"):
        trainer.predict(mode="test")
