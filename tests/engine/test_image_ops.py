"""Convolution and pooling against central differences and by hand; further activations; what cannot be built."""

import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine import kernel
from engine.errors import EngineError
from engine.network import Network
from engine.plane import loss_line
from engine.trainer import Trainer

few = settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)


@st.composite
def layers(draw):
    """An image's shape, kernel, stride and padding that fit it, and a seed."""
    shape = draw(st.tuples(st.integers(1, 3), st.integers(1, 6), st.integers(1, 6)))
    padding = draw(st.tuples(st.integers(0, 2), st.integers(0, 2)))
    kernel = tuple(draw(st.integers(1, min(4, n + 2 * p))) for n, p in zip(shape[1:], padding, strict=True))
    stride = draw(st.tuples(st.integers(1, 3), st.integers(1, 3)))
    return shape, kernel, stride, padding, draw(st.integers(0, 2**31 - 1))


def agree(trainer, step=1e-5):
    """The gradient against differences of the loss."""
    theta = trainer.theta
    points = theta[:, None] + np.array([[-step, step]])
    expected = np.array(
        [np.subtract(*loss_line(trainer, k, points[k])[::-1]) / (2 * step) for k in range(theta.size)]
    )
    assert np.linalg.norm(trainer.gradient() - expected) / max(np.linalg.norm(expected), 1e-3) < 1e-6


def behind_weights(layer, shape, rng, rows=3):
    """A trainer of a dense layer that makes an image, `layer` and another: its input needs a gradient too."""
    net = Network()
    width = int(np.prod(shape))
    image = net.dense(net.input(2), width, init="normal")
    y = layer(net, image)
    net.loss(net.dense(net.activation(y, "tanh"), 2, init="xavier"), "mse")
    x, targets = rng.normal(size=(rows, 2)), rng.normal(size=(rows, 2))
    return Trainer(net, x, targets, dtype="float64", seed=1)


@pytest.mark.parametrize("bias", [True, False, "place"])
@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("fill", ["zero", "edge", "mean"])
@few
@given(layers())
def test_convolution(fill, shared, bias, drawn):
    shape, kernel, stride, padding, seed = drawn

    def layer(net, x):
        return net.convolution(
            x, 1 + seed % 3, kernel, stride=stride, padding=padding, fill=fill, shared=shared, bias=bias,
            init="normal", shape=shape,
        )  # fmt: skip

    agree(behind_weights(layer, shape, np.random.default_rng(seed)))


@pytest.mark.parametrize("kind", ["max", "min", "average"])
@few
@given(layers())
def test_pool(kind, drawn):
    shape, kernel, stride, _, seed = drawn
    kernel = tuple(min(k, size) for k, size in zip(kernel, shape[1:], strict=True))
    rng = np.random.default_rng(seed)
    agree(behind_weights(lambda net, x: net.pool(x, kind, kernel, stride, shape=shape), shape, rng))


@pytest.mark.parametrize("kind", ["max", "min", "average"])
def test_global_pool(kind):
    def layer(net, x):
        return net.global_pool(net.convolution(x, 3, 2, shape=(2, 4, 3), init="xavier"), kind)

    agree(behind_weights(layer, (2, 4, 3), np.random.default_rng(0)))


def values(layer, x, shape, theta=(), dtype="float64"):
    """What `layer` makes of the images x with the weights theta."""
    net = Network()
    y = layer(net, net.input(int(np.prod(shape)), shape=shape))
    net.loss(y, "mse")
    trainer = Trainer(net, np.zeros_like(x), theta=theta, dtype=dtype)
    return trainer.predict(x, node=y).reshape(len(x), *net.nodes[y].shape)


IMAGE = np.array([[1, 0, 0, 0, 0, 1], [0, 1, 0, 0, 1, 0], [0, 0, 1, 1, 0, 0],
                  [1, 0, 0, 0, 1, 0], [0, 1, 0, 0, 1, 0], [0, 0, 1, 0, 1, 0]])  # fmt: skip
FILTERS = np.array([[[1, -1, -1], [-1, 1, -1], [-1, -1, 1]], [[-1, 1, -1], [-1, 1, -1], [-1, 1, -1]]])


def test_the_lecture_s_image_and_filters():
    """Two 3×3 filters on a 6×6 image of zeros and ones, then 2×2 max pooling: the lecture's numbers."""

    def convolve(net, x):
        return net.convolution(x, 2, 3, bias=False)

    theta = FILTERS.reshape(2, 9).T.ravel()
    maps = values(convolve, [IMAGE], (1, 6, 6), theta)[0]
    assert maps[0].tolist() == [[3, -1, -3, -1], [-3, 1, 0, -3], [-3, -3, 0, 1], [3, -2, -2, -1]]
    assert maps[1].tolist() == [[-1, -1, -1, -1], [-1, -1, -2, 1], [-1, -1, -2, 1], [-1, 0, -4, 3]]
    pooled = values(lambda net, x: net.pool(convolve(net, x)), [IMAGE], (1, 6, 6), theta)[0]
    assert pooled.tolist() == [[[3, 0], [3, 1]], [[-1, 1], [0, 3]]]


@pytest.mark.parametrize(("fill", "mode"), [("zero", "constant"), ("edge", "edge"), ("mean", "mean")])
def test_borders_are_those_of_numpy(fill, mode):
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    unit = np.eye(2).ravel()  # a 1×1 kernel that copies each channel

    def layer(net, x):
        return net.convolution(x, 2, 1, padding=(2, 1), fill=fill, bias=False)

    expected = [np.pad(channel, ((2, 2), (1, 1)), "constant") for channel in x]
    if fill == "edge":
        expected = [np.pad(channel, ((2, 2), (1, 1)), "edge") for channel in x]
    elif fill == "mean":
        expected = [np.pad(channel, ((2, 2), (1, 1)), constant_values=channel.mean()) for channel in x]
    np.testing.assert_allclose(values(layer, [x], x.shape, unit)[0], expected, rtol=1e-14)


def test_equal_unshared_weights_are_shared_ones():
    rng = np.random.default_rng(1)
    x, weight, bias = rng.normal(size=(5, 2, 6, 5)), rng.normal(size=(18, 4)), rng.normal(size=4)
    places = 3 * 3

    def layer(shared):
        return lambda net, x: net.convolution(x, 4, 3, stride=2, padding=1, shared=shared)

    one = values(layer(True), x, x.shape[1:], np.concatenate((weight.ravel(), bias)))
    each = np.concatenate((np.repeat(weight.ravel(), places), np.repeat(bias, places)))
    np.testing.assert_allclose(values(layer(False), x, x.shape[1:], each), one, rtol=1e-12)


@pytest.mark.parametrize("kind", ["max", "min"])
def test_a_tie_goes_to_the_first_and_nan_passes(kind):
    shape = (1, 2, 4)
    net = Network()
    image = net.dense(net.input(1), 8, bias=False)
    y = net.pool(image, kind, 2, shape=shape)
    net.loss(y, "mse", "sum")
    trainer = Trainer(net, [[1.0]], [[0.0, 0.0]], theta=[2, 2, 5, 5, 2, 2, 5, 5], dtype="float64")
    assert trainer.gradient().tolist() == [4, 0, 10, 0, 0, 0, 0, 0]
    x = np.array([[1, np.nan, 3, 4, 2, 3, 4, 5.0]])
    found = values(lambda net, x: net.pool(x, kind), x, shape).ravel()
    assert np.isnan(found[0]) and found[1] == (5 if kind == "max" else 3)


def lesson(kernel=3, channels=(8, 16), stride=1, side=12, fill="zero"):
    """Convolution and pooling in turn, then a dense layer."""
    net = Network()
    h = net.input(side * side, shape=(1, side, side))
    for width in channels:
        h = net.activation(net.convolution(h, width, kernel, padding=1, stride=stride, fill=fill), "tanh")
        h = net.pool(h, "max", 2)
    net.loss(net.dense(net.flatten(h), 10), "cross-entropy")
    return net


@pytest.mark.parametrize("shards", [2, 3, 4])
def test_shards_agree(shards):
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(70, 144)), rng.integers(0, 10, 70)
    run = {"optimizer": "momentum", "rate": 0.05, "batch": 16}
    for fill in ("zero", "mean"):
        alone, together = (
            Trainer(lesson(fill=fill), x, y, dtype="float64", shards=n, **run) for n in (1, shards)
        )
        assert np.abs(alone.train(12) - together.train(12)).max() < 1e-12 * 10
        assert np.linalg.norm(alone.theta - together.theta) < 1e-12 * np.linalg.norm(alone.theta)


def test_any_cut_of_the_updates_gives_the_same_bits():
    rng = np.random.default_rng(3)
    x, y = rng.integers(0, 256, (50, 144)).astype(np.uint8), rng.integers(0, 10, 50)
    whole, parts = (Trainer(lesson(), x, y, batch=16) for _ in range(2))
    whole.train(9)
    for updates in (1, 5, 3):
        parts.train(updates)
    assert (whole.theta == parts.theta).all()


@pytest.mark.skipif(not kernel.JIT, reason="counts compilations")
def test_another_shape_compiles_nothing():
    x, y = np.random.default_rng(4).normal(size=(20, 144)), np.arange(20) % 10

    def compiled():
        modules = [module for name, module in list(sys.modules.items()) if name.startswith("engine.")]
        kernels = [f for module in modules for f in vars(module).values() if hasattr(f, "overloads")]
        return sum(len(f.overloads) for f in kernels), kernel.address.cache_info().misses

    for fill in ("zero", "edge"):
        first = Trainer(lesson(fill=fill), x, y, batch=8)
        first.train(2), first.evaluate()
    before = compiled()
    for other in (lesson(2, (3, 5)), lesson(5, (4,), fill="edge"), lesson(3, (2, 7), 2, fill="mean")):
        trainer = Trainer(other, x, y, batch=5)
        trainer.train(2), trainer.evaluate()
    assert compiled() == before


def test_initial_weights_have_the_variance_that_their_rule_names():
    net = Network()
    h = net.convolution(net.input(4 * 12 * 12, shape=(4, 12, 12)), 64, 5, init="he", name="shared")
    net.convolution(h, 4, 5, init="he", shared=False, name="each", padding=1)
    net.loss(h, "mse")
    trainer = Trainer(net, np.zeros((1, 576)))
    for name, fan in (("shared.weight", 4 * 25), ("each.weight", 64 * 25)):
        at, shape = trainer.named()[name]
        assert shape[0] == fan
        assert trainer.theta[at : at + np.prod(shape)].std() == pytest.approx((2 / fan) ** 0.5, rel=0.03)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kind", ["gelu", "gelu-tanh", "swish", "tent"])
def test_activations_in_both_dtypes_and_at_the_edges(kind, dtype):
    special = pytest.importorskip("scipy.special")
    x = np.array([-50, -6, -3, -1, -1e-3, 0, 1e-6, 0.25, 0.5, 0.75, 1, 3, 6, 50, np.nan])
    net = Network()
    y = net.activation(net.input(1), kind)
    net.loss(net.dense(y, 1), "mse")
    found = Trainer(net, [[1.0]], [[0.0]], dtype=dtype).predict(x, node=y)[:, 0]
    expected = {
        "gelu": lambda: x * special.ndtr(x),
        "gelu-tanh": lambda: x / 2 * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))),
        "swish": lambda: x * special.expit(x),
        "tent": lambda: np.where(x < 0.5, 2 * x, 2 - 2 * x),
    }[kind]()
    assert np.isnan(found[-1])
    loose = {"float32": (1e-6, 1e-6), "float64": (1e-13, 1e-13)}[dtype]
    np.testing.assert_allclose(found[:-1], expected[:-1], *loose)


def test_tents_on_tents_fold_once_more_each():
    net = Network()
    h = net.input(1)
    for _ in range(4):
        h = net.activation(h, "tent")
    net.loss(h, "mse")
    x = np.linspace(0, 1, 2**4 * 8 + 1)
    y = Trainer(net, x, np.zeros(len(x)), theta=[], dtype="float64").predict()[:, 0]
    slopes = np.diff(y) / np.diff(x)
    assert np.abs(slopes).tolist() == [16.0] * len(slopes)
    assert 1 + np.count_nonzero(np.diff(np.sign(slopes))) == 16


@pytest.mark.parametrize(
    ("code", "facts", "build"),
    [
        ("no-image", {"node": "convolution-1", "input": "dense-1"}, lambda n, x, i: n.convolution(x, 2)),
        ("no-image", {"node": "max-pool-1"}, lambda n, x, i: n.pool(x)),
        ("no-image", {"node": "global-max-pool-1"}, lambda n, x, i: n.global_pool(x)),
        ("wrong-shape", {"width": 24}, lambda n, x, i: n.convolution(i, 2, shape=(3, 3, 3))),
        ("wrong-shape", {"shape": (4, 6)}, lambda n, x, i: n.pool(i, shape=(4, 6))),
        (
            "kernel-too-large",
            {"node": "eyes", "kernel": (7, 7), "image": (6, 5)},
            lambda n, x, i: n.convolution(i, 2, 7, "eyes", padding=1),
        ),
        ("kernel-too-large", {"kernel": (5, 5)}, lambda n, x, i: n.pool(i, "average", 5)),
        ("unknown-padding", {"padding": "wrap"}, lambda n, x, i: n.convolution(i, 2, fill="wrap")),
        ("unknown-pool", {"pool": "median"}, lambda n, x, i: n.pool(i, "median")),
        ("unknown-init", {}, lambda n, x, i: n.convolution(i, 2, init="ones")),
        ("not-positive", {"name": "kernel"}, lambda n, x, i: n.convolution(i, 2, 0)),
        ("not-positive", {"name": "stride"}, lambda n, x, i: n.pool(i, stride=0)),
        ("not-positive", {"name": "channels"}, lambda n, x, i: n.convolution(i, 0)),
        ("negative", {"name": "padding"}, lambda n, x, i: n.convolution(i, 2, padding=-1)),
        ("wrong-count", {"name": "kernel"}, lambda n, x, i: n.convolution(i, 2, (3, 3, 3))),
        (
            "shapes-differ",
            {"expected": (2, 4, 3), "shape": (4, 2, 3)},
            lambda n, x, i: n.add(i, n.convolution(i, 4, (1, 1), shape=(4, 2, 3))),
        ),
    ],
)
def test_what_cannot_be_built(code, facts, build):
    net = Network()
    image = net.input(24, shape=(2, 4, 3))
    with pytest.raises(EngineError) as caught:
        build(net, net.dense(image, 24), image)
    assert caught.value.code == code
    assert facts.items() <= caught.value.facts.items()


def test_an_input_whose_shape_does_not_fit_its_width():
    with pytest.raises(EngineError) as caught:
        Network().input(784, shape=(3, 28, 28))
    assert caught.value.code == "wrong-shape" and caught.value.facts["shape"] == (3, 28, 28)
