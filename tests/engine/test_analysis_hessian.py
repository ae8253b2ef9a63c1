"""Hessians against differences of the loss and against PyTorch; eigenpairs, products, kinds, critical points."""

import numpy as np
import pytest

from engine.analysis import critical, tangent
from engine.analysis.hessian import (
    difference_hessian,
    difference_product,
    extremes,
    hessian,
    kind,
    minimum_ratio,
    product,
    signs,
    spectrum,
)
from engine.analysis.probe import differentiate, gradients, losses
from engine.errors import EngineError
from engine.network import SURFACES, Network
from engine.trainer import Trainer

LOSSES = ("mse", "mae", "cross-entropy", "binary-cross-entropy")
SMOOTH = ("tanh", "sigmoid", "identity")
BENT = ("relu", "leaky-relu", "hard-sigmoid")


def near(found, expected, limit):
    assert np.linalg.norm(found - expected) <= limit * np.linalg.norm(expected)


def second_differences(trainer, step=2e-4):
    """(P, P) ∂²L/∂θ² from losses alone, four of them an entry."""
    theta, size = trainer.theta, trainer.program.size
    steps = step * np.eye(size)
    corners = [theta + a * steps[:, None] + b * steps[None] for a in (1, -1) for b in (1, -1)]
    high, left, right, low = (losses(trainer, c.reshape(-1, size)).reshape(size, size) for c in corners)
    return (high - left - right + low) / (4 * step * step)


def surface(name, theta, *coefficients):
    net = Network()
    net.surface(name, *coefficients)
    return Trainer(net, theta=theta, dtype="float64")


def make(build, draw, loss, activation, widths=(3, 5, 4, 2), rows=30, reduction="mean"):
    net = build(loss, activation, widths, reduction)
    return Trainer(net, *draw(loss, rows, widths), dtype="float64", seed=4)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", SMOOTH + BENT)
def test_the_hessian_is_the_differences_of_the_loss(build, draw, activation, loss, reduction):
    trainer = make(build, draw, loss, activation, reduction=reduction)
    assert tangent.covers(trainer.program)
    start, exact = trainer.theta, hessian(trainer)
    assert (trainer.theta == start).all() and (exact == exact.T).all()
    if loss == "mae" or activation in BENT:  # no second derivative at the kinks that a step crosses
        near(difference_hessian(trainer, 1e-7), exact, 1e-5)
        return
    near(second_differences(trainer), exact, 1e-5)
    near(hessian(trainer, exact=False), exact, 1e-6)


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("activation", SMOOTH + BENT)
def test_the_hessian_is_pytorchs(build, draw, activation, loss):
    torch = pytest.importorskip("torch")
    trainer = make(build, draw, loss, activation)
    x, y = (torch.as_tensor(array) for array in draw(loss, 30, (3, 5, 4, 2)))
    bend = {
        "tanh": torch.tanh,
        "sigmoid": torch.sigmoid,
        "identity": lambda h: h,
        "relu": torch.relu,
        "leaky-relu": torch.nn.functional.leaky_relu,
        "hard-sigmoid": lambda h: torch.clamp(h / 6 + 0.5, 0, 1),
    }[activation]
    end = {
        "mse": torch.nn.functional.mse_loss,
        "mae": torch.nn.functional.l1_loss,
        "cross-entropy": torch.nn.functional.cross_entropy,
        "binary-cross-entropy": torch.nn.functional.binary_cross_entropy_with_logits,
    }[loss]

    def forward(theta):
        h = x
        for depth in range(3):
            parts = [trainer.named()[f"layer-{depth}.{what}"] for what in ("weight", "bias")]
            weight, bias = (theta[at : at + int(np.prod(shape))].reshape(shape) for at, shape in parts)
            h = (bend(h) if depth else h) @ weight + bias
        return end(h, y)

    expected = torch.autograd.functional.hessian(forward, torch.as_tensor(trainer.theta)).numpy()
    near(hessian(trainer), expected, 1e-9)


@pytest.mark.parametrize("rows", [1, 300])
@pytest.mark.parametrize("widths", [(2, 1), (2, 20, 9, 3)])
def test_many_directions_and_blocks_of_examples(build, draw, widths, rows):
    trainer = make(build, draw, "cross-entropy" if widths[-1] > 1 else "mse", "tanh", widths, rows)
    near(hessian(trainer), difference_hessian(trainer), 1e-7)


def test_nodes_used_twice_shared_parameters_and_sums():
    rng = np.random.default_rng(0)
    net = Network()
    x = net.input(4)
    h = net.dense(x, 4, init="normal")
    again = net.dense(net.activation(h, "tanh"), 4, tie=h)
    both = net.add(net.activation(again, "sigmoid"), net.add(h, x))
    net.loss(net.dense(both, 2), "mse")
    trainer = Trainer(net, rng.normal(size=(20, 4)), rng.normal(size=(20, 2)), dtype="float64")
    near(hessian(trainer), difference_hessian(trainer), 1e-7)
    vectors = rng.normal(size=(3, trainer.program.size))
    near(product(trainer, vectors), vectors @ hessian(trainer), 1e-12)


@pytest.mark.parametrize("name", SURFACES)
def test_surfaces_have_their_hessians_by_differences(name):
    trainer = surface(name, np.array([0.7, -0.4])[: SURFACES[name][0]])
    near(hessian(trainer), second_differences(trainer), 1e-4)
    if name == "rosenbrock":
        x, y = 0.7, -0.4
        near(hessian(trainer), np.array([[2 - 400 * (y - 3 * x * x), -400 * x], [-400 * x, 200]]), 1e-8)


def test_gradients_and_losses_at_many_points_are_those_at_one(build, draw):
    trainer = make(build, draw, "mse", "tanh")
    points = np.random.default_rng(1).normal(size=(4, trainer.program.size))
    before = trainer.state()
    values, slopes = differentiate(trainer, points)
    assert all(
        np.array_equal(a, b) for a, b in zip(before, trainer.state(), strict=True) if not np.isnan(a).any()
    )
    assert (losses(trainer, points) == values).all() and (gradients(trainer, points) == slopes).all()
    for point, value, slope in zip(points, values, slopes, strict=True):
        single = make(build, draw, "mse", "tanh")
        single._theta[:] = point
        assert value == single.evaluate()["loss"] and (slope == single.gradient()).all()


def test_products(build, draw):
    trainer = make(build, draw, "cross-entropy", "tanh")
    whole, vectors = hessian(trainer), np.random.default_rng(2).normal(size=(70, trainer.program.size))
    near(product(trainer, vectors), vectors @ whole, 1e-12)
    near(product(trainer, vectors[0]), whole @ vectors[0], 1e-12)
    near(difference_product(trainer, vectors), vectors @ whole, 1e-6)
    near(difference_product(trainer, 1e6 * vectors[0]), 1e6 * whole @ vectors[0], 1e-6)
    assert not difference_product(trainer, 0 * vectors[0]).any()


def test_eigenpairs(build, draw):
    whole = hessian(make(build, draw, "mse", "tanh"))
    values, vectors = spectrum(whole)
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(len(whole)), atol=1e-12)
    np.testing.assert_allclose(whole @ vectors.T, vectors.T * values, atol=1e-12 * np.abs(values).max())
    assert (np.diff(values) >= 0).all() and values.sum() == pytest.approx(np.trace(whole))


@pytest.mark.parametrize("exact", [True, False])
def test_lanczos_finds_the_ends_of_the_spectrum(build, draw, exact):
    trainer = make(build, draw, "cross-entropy", "tanh", (3, 16, 16, 2))
    whole = spectrum(hessian(trainer))
    ends = extremes(trainer, 3, exact)
    expected = np.concatenate((whole.values[:3], whole.values[-3:]))
    np.testing.assert_allclose(ends.values, expected, rtol=1e-5)
    for vector, reference in zip(ends.vectors[[0, -1]], whole.vectors[[0, -1]], strict=True):
        assert abs(vector @ reference) == pytest.approx(1, abs=1e-5)
    assert (extremes(trainer, 3, exact).values == ends.values).all()
    assert len(extremes(surface("himmelblau", [0, 0])).values) == 2


def test_signs_ratio_and_kind():
    values = [-1.0, -1e-9, 0.0, 2.0, 3.0]
    assert signs(values) == (1, 2, 2) and signs(values, 0) == (2, 1, 2)
    assert minimum_ratio(values) == 0.4 and minimum_ratio(values, flat=True) == 0.8
    kinds = {
        "saddle": [-1, 0, 1],
        "minimum": [1, 2],
        "maximum": [-2, -1],
        "flat-minimum": [0, 1],
        "flat-maximum": [-1, 0],
        "flat": [0, 0],
    }
    assert {name: kind(numbers) for name, numbers in kinds.items()} == {name: name for name in kinds}


@pytest.mark.parametrize(
    ("name", "start", "place", "expected"),
    [
        ("himmelblau", (2.5, 2.5), (3, 2), "minimum"),
        ("himmelblau", (-0.2, -0.9), (-0.270845, -0.923039), "maximum"),
        ("himmelblau", (3.3, 0.2), (3.385154, 0.073852), "saddle"),
        ("rosenbrock", (0.9, 0.8), (1, 1), "minimum"),
    ],
)
def test_critical_points(name, start, place, expected):
    trainer = surface(name, start)
    point = critical.find(trainer)
    assert point.found and point.kind == expected and point.norm < 1e-9
    assert point.theta == pytest.approx(place, abs=1e-5) and (trainer.theta == start).all()
    near(point.spectrum.values, np.linalg.eigvalsh(hessian(surface(name, point.theta))), 1e-6)
    assert critical.find(trainer, steps=0).steps == 0 and not critical.find(trainer, steps=0).found


def test_the_critical_point_of_the_lectures_saddle():
    # Two weights in a row, one example: L = (1 - w₁ w₂)², with a saddle at the origin.
    net = Network()
    net.loss(net.dense(net.dense(net.input(1), 1, bias=False), 1, bias=False), "mse")
    trainer = Trainer(net, [[1.0]], [[1.0]], theta=[0.1, -0.2], dtype="float64")
    point = critical.find(trainer)
    assert point.kind == "saddle" and point.loss == pytest.approx(1)
    assert point.theta == pytest.approx([0, 0], abs=1e-9)
    np.testing.assert_allclose(point.spectrum.values, [-2, 2], rtol=1e-9)
    np.testing.assert_allclose(hessian(trainer), [[0.08, -2.08], [-2.08, 0.02]], atol=1e-12)
    ridge = critical.find(trainer, [1.2, 0.9])
    assert ridge.kind == "flat-minimum" and ridge.theta.prod() == pytest.approx(1)


def test_a_dale_of_the_gradient_above_zero_is_no_critical_point():
    trainer = surface("rosenbrock", (-0.5, 0.5))
    point = critical.find(trainer)
    assert not point.found and point.norm > 1 and trainer.theta.tolist() == [-0.5, 0.5]


def test_float32_is_refused(build, draw):
    trainer = Trainer(build(), *draw())
    for ask in (hessian, difference_hessian, extremes, critical.find):
        with pytest.raises(EngineError, match="needs-float64"):
            ask(trainer)
