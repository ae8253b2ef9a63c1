"""Every operation against central differences in float64, with hypothesis-drawn shapes."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import EngineError
from engine.network import ACTIVATIONS, LOSSES, SURFACES, Network
from engine.ops.registry import OPERATIONS
from engine.plane import loss_line, loss_plane
from engine.trainer import Trainer

few = settings(
    max_examples=4,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)
shapes = st.tuples(*[st.integers(1, 6)] * 4, st.integers(0, 2**31 - 1))


def targets(kind, rng, rows, width):
    if LOSSES[kind] == "labels":
        return rng.integers(0, width, rows)
    if kind == "binary-cross-entropy":
        return rng.random((rows, width))
    return rng.normal(size=(rows, width)) * 3


def differences(trainer, step=1e-5):
    """(P,) ∂L/∂θ by central differences of the loss that the trainer surveys."""
    theta = trainer.theta
    points = theta[:, None] + np.array([[-step, step]])
    return np.array(
        [np.subtract(*loss_line(trainer, k, points[k])[::-1]) / (2 * step) for k in range(theta.size)]
    )


def agree(trainer):
    """The gradient over the data and the one left by an update with a rate of zero, against differences."""
    expected, gradient = differences(trainer), trainer.gradient()
    scale = max(np.linalg.norm(expected), 1e-3)
    assert np.linalg.norm(gradient - expected) / scale < 1e-6
    trainer.set("rate", 0.0)
    loss, norm = trainer.train(1)[0]
    assert loss == pytest.approx(trainer.evaluate()["loss"], rel=1e-12)
    assert norm == pytest.approx(np.linalg.norm(gradient), rel=1e-9)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("kind", LOSSES)
@few
@given(shapes)
def test_dense_and_losses(kind, reduction, shape):
    rows, width, hidden, out, seed = shape
    rng = np.random.default_rng(seed)
    net = Network()
    h = net.dense(net.input(width), hidden, init="xavier", bias=seed % 2 == 0)
    net.loss(net.dense(h, out, init="normal", std=0.5), kind, reduction)
    x, y = rng.normal(size=(rows, width)), targets(kind, rng, rows, out)
    agree(Trainer(net, x, y, dtype="float64", seed=seed))


@pytest.mark.parametrize("kind", ACTIVATIONS)
@few
@given(shapes)
def test_activations(kind, shape):
    rows, width, hidden, out, seed = shape
    rng = np.random.default_rng(seed)
    net = Network()
    h = net.activation(net.dense(net.input(width), hidden, init="normal"), kind, slope=0.2)
    net.loss(net.dense(h, out, init="normal"), "mse")
    x, y = rng.normal(size=(rows, width)), rng.normal(size=(rows, out))
    agree(
        Trainer(
            net,
            x,
            y,
            dtype="float64",
            seed=seed,
            theta=rng.normal(size=width * hidden + hidden + hidden * out + out),
        )
    )


@few
@given(shapes)
def test_a_node_used_twice_and_a_sum(shape):
    rows, width, hidden, out, seed = shape
    rng = np.random.default_rng(seed)
    net = Network()
    h = net.dense(net.input(width), hidden)
    u = net.activation(h, "tanh")
    v = net.activation(net.dense(h, hidden, init="normal"), "sigmoid")
    net.loss(net.dense(net.add(net.add(u, v), h), out), "mse")
    agree(
        Trainer(net, rng.normal(size=(rows, width)), rng.normal(size=(rows, out)), dtype="float64", seed=seed)
    )


@few
@given(shapes)
def test_parameters_used_twice(shape):
    rows, width, hidden, _, seed = shape
    rng = np.random.default_rng(seed)
    net = Network()
    first = net.dense(net.input(width), hidden, init="normal")
    again = net.dense(net.activation(first, "tanh"), hidden, init="normal", std=0.7)
    third = net.dense(net.activation(again, "tanh"), hidden, tie=again)
    net.loss(third, "mse")
    trainer = Trainer(
        net, rng.normal(size=(rows, width)), rng.normal(size=(rows, hidden)), dtype="float64", seed=seed
    )
    assert trainer.theta.size == width * hidden + hidden + hidden * hidden + hidden
    agree(trainer)


@pytest.mark.parametrize("kind", SURFACES)
@few
@given(st.tuples(st.floats(-2, 2), st.floats(-2, 2), st.integers(0, 5)))
def test_surfaces(kind, drawn):
    *point, lift = drawn
    size, default = SURFACES[kind]
    net = Network()
    net.surface(kind, [c * (1 + lift / 10) for c in default])
    agree(Trainer(net, theta=point[:size], dtype="float64"))


def test_surfaces_are_the_formulas_that_they_name():
    def at(kind, theta, coefficients=()):
        net = Network()
        net.surface(kind, coefficients)
        return Trainer(net, theta=theta, dtype="float64").evaluate()["loss"]

    assert at("quadratic-1d", [3], [2, -1, 5]) == 20
    assert at("quadratic", [2, 3], [1, 2, 3, 4, 5, 6]) == 4 + 18 + 18 + 8 + 15 + 6
    assert at("himmelblau", [3, 2]) == 0 and at("rosenbrock", [1, 1]) == 0
    net = Network()
    net.surface("ripple-1d")
    trainer = Trainer(net, theta=[0], dtype="float64")
    xs = np.linspace(-1, 9, 2001)
    losses = loss_line(trainer, 0, xs)
    low = np.flatnonzero((losses[1:-1] < losses[:-2]) & (losses[1:-1] < losses[2:])) + 1
    assert len(low) == 2 and losses[low[1]] < losses[low[0]]
    assert xs[low] == pytest.approx([2.11, 6.0], abs=0.01)
    assert losses[low] == pytest.approx([0.228, -1.2], abs=2e-3)


IMAGES = ("border", "convolution", "local", "max-pool", "min-pool", "average-pool")  # in test_image_ops
# Those of test_sequence_ops.py.
SEQUENCES = {
    "slice", "embedding", "dense-each", "position-learned", "position-fixed", "scores-dot", "scores-additive",
    "softmax", "rectified", "mix", "rnn", "lstm", "copy", "copy-softmax", "sequence-cross-entropy",
}  # fmt: skip
NORMS = ("batch-norm", "layer-norm", "group-norm", "dropout")  # in test_norm_ops


def test_every_operation_is_tested_here():
    assert set(OPERATIONS) == {
        "dense",
        "add",
        "fork",
        *IMAGES,
        *NORMS,
        *SEQUENCES,
        *ACTIVATIONS,
        *LOSSES,
        *SURFACES,
        *("formula", "stream", "penalty"),  # in test_formula, test_penalty
    }


@pytest.mark.parametrize("kind", ["relu", "leaky-relu", "sigmoid", "hard-sigmoid", "tanh", "identity"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_activations_in_both_dtypes_and_at_the_edges(kind, dtype):
    x = np.array([-1e30, -100, -20, -3, -1, -1e-6, 0, 1e-6, 0.5, 1, 3, 20, 100, 1e30, np.nan])
    net = Network()
    y = net.activation(net.input(1), kind)
    net.loss(net.dense(y, 1), "mse")
    found = Trainer(net, [[1.0]], [[0.0]], dtype=dtype).predict(x, node=y)[:, 0]
    with np.errstate(over="ignore"):
        expected = {
            "identity": x,
            "relu": np.maximum(x, 0),
            "leaky-relu": np.where(x < 0, 0.01 * x, x),
            "sigmoid": 1 / (1 + np.exp(-x)),
            "hard-sigmoid": np.clip(x / 6 + 0.5, 0, 1),
            "tanh": np.tanh(x),
        }[kind]
    assert np.isnan(found[-1])
    loose = {"float32": (1e-6, 1e-30), "float64": (4e-15, 1e-16)}[dtype]
    np.testing.assert_allclose(found[:-1], expected[:-1], *loose)


def test_losses_stay_finite_far_from_zero():
    for kind, y in (("cross-entropy", [0, 1]), ("binary-cross-entropy", [[0, 1], [1, 0]])):
        net = Network()
        net.loss(net.activation(net.input(2), "identity"), kind)
        trainer = Trainer(net, [[1e4, -1e4], [-1e4, 1e4]], y, theta=[])
        assert trainer.evaluate() == {
            "loss": pytest.approx(0 if kind == "cross-entropy" else 1e4),
            "accuracy": float(kind == "cross-entropy"),
        }


def test_bytes_are_scaled_while_they_are_gathered():
    x = np.arange(256, dtype=np.uint8).reshape(64, 4)
    net = Network()
    entry = net.input(4)
    net.loss(net.dense(entry, 1), "mse")
    found = Trainer(net, x, np.zeros(64)).predict(node=entry)
    np.testing.assert_allclose(found, x / 255, rtol=1e-6)


def test_a_plane_is_the_loss_with_two_entries_replaced():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(700, 2)), rng.normal(size=700)
    net = Network()
    net.loss(net.dense(net.input(2), 1), "mse")
    trainer = Trainer(net, x, y, dtype="float64", theta=[1, 2, 3])
    plane = loss_plane(trainer, 2, 0, [0, 1, 4], [-1, 1])
    expected = [[np.mean((x @ [w, 2] + b - y) ** 2) for b in (0, 1, 4)] for w in (-1, 1)]
    np.testing.assert_allclose(plane, expected, rtol=1e-12)
    assert trainer.theta.tolist() == [1, 2, 3]


def test_a_node_off_the_way_to_the_loss_is_computed_and_learns_nothing():
    rng = np.random.default_rng(4)
    net = Network()
    h = net.dense(net.input(3), 4)
    probe = net.dense(h, 2, name="probe")
    net.loss(net.dense(net.activation(h, "tanh"), 1), "mse")
    x, y = rng.normal(size=(5, 3)), rng.normal(size=5)
    trainer = Trainer(net, x, y, dtype="float64")
    offset, shape = trainer.named()["probe.weight"]
    before = trainer.theta
    trainer.train(3)
    assert (trainer.theta[offset : offset + np.prod(shape)] == before[offset : offset + np.prod(shape)]).all()
    assert not (trainer.theta == before).all()
    weight = trainer.theta[offset : offset + 8].reshape(4, 2)
    np.testing.assert_allclose(trainer.predict(node=probe), trainer.predict(node=h) @ weight, rtol=1e-12)


@pytest.mark.parametrize(
    ("code", "build"),
    [
        ("unknown-activation", lambda net, x: net.activation(x, "softsign")),
        ("unknown-loss", lambda net, x: net.loss(x, "hinge")),
        ("unknown-reduction", lambda net, x: net.loss(x, "mse", "max")),
        ("unknown-surface", lambda net, x: net.surface("cone")),
        ("wrong-count", lambda net, x: net.surface("himmelblau", [1, 2, 3])),
        ("unknown-init", lambda net, x: net.dense(x, 2, init="ones")),
        ("unknown-node", lambda net, x: net.dense(9, 2)),
        ("not-positive", lambda net, x: net.dense(x, 0)),
        ("name-taken", lambda net, x: net.dense(x, 1, name="input")),
        ("second-input", lambda net, x: net.input(2, "other")),
        ("second-loss", lambda net, x: (net.loss(x, "mse"), net.loss(x, "mae"))),
        ("wrong-width", lambda net, x: net.add(x, net.dense(x, 2))),
        ("cannot-tie", lambda net, x: net.dense(x, 2, tie=x)),
    ],
)
def test_what_cannot_be_built(code, build):
    net = Network()
    with pytest.raises(EngineError) as caught:
        build(net, net.input(3))
    assert caught.value.code == code
