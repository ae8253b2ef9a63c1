"""Lines and planes against single evaluations, directions, planes along paths, and what layers pass on."""

import numpy as np
import pytest

from engine.analysis.landscape import line, path_plane, plane, random_directions
from engine.analysis.layers import activations, describe, gradient_norms
from engine.network import Network
from engine.plane import loss_plane
from engine.trainer import Trainer

WIDTHS = (3, 5, 4, 2)


def make(build, draw, dtype="float64", rows=300, **settings):
    return Trainer(
        build("cross-entropy", "tanh", WIDTHS), *draw("cross-entropy", rows, WIDTHS), dtype=dtype, **settings
    )


def value(build, draw, theta):
    return make(build, draw, theta=theta).evaluate()["loss"]


def test_lines_and_planes_are_single_evaluations(build, draw):
    trainer, rng = make(build, draw), np.random.default_rng(0)
    start, (u, v), xs, ys = trainer.theta, rng.normal(size=(2, trainer.program.size)), [-1, 0, 0.5], [0, 2]
    along, across = line(trainer, u, xs), plane(trainer, (u, v), xs, ys)
    assert across.shape == (2, 3) and (trainer.theta == start).all()
    for i, x in enumerate(xs):
        assert along[i] == pytest.approx(value(build, draw, start + x * u), rel=1e-12)
        for j, y in enumerate(ys):
            assert across[j, i] == pytest.approx(value(build, draw, start + x * u + y * v), rel=1e-12)
    far = rng.normal(size=start.size)
    assert line(trainer, u, [2], far)[0] == pytest.approx(value(build, draw, far + 2 * u), rel=1e-12)
    axes = np.eye(start.size)[[4, 1]]
    moved = start.copy()
    moved[[4, 1]] = 0
    np.testing.assert_allclose(
        plane(trainer, axes, xs, ys, moved), loss_plane(trainer, 4, 1, xs, ys), rtol=1e-12
    )


def test_random_directions_are_as_long_as_the_filters(build, draw):
    trainer = make(build, draw, seed=5)
    found = random_directions(trainer, 3, seed=7)
    assert (random_directions(trainer, 3, seed=7) == found).all() and found.shape == (3, trainer.program.size)
    assert np.linalg.matrix_rank(found) == 3 and not (random_directions(trainer, 3, seed=8) == found).all()
    for name, (offset, shape) in trainer.named().items():
        for direction in found:
            block = direction[offset : offset + np.prod(shape)].reshape(shape)
            if name.endswith("bias"):
                assert not block.any()
            else:
                own = trainer.theta[offset : offset + np.prod(shape)].reshape(shape)
                np.testing.assert_allclose(np.linalg.norm(block, axis=0), np.linalg.norm(own, axis=0))


def test_a_planted_path_has_the_distances_that_it_was_given():
    rng = np.random.default_rng(3)
    basis = np.linalg.qr(rng.normal(size=(12, 3)))[0].T
    # Off the plane by amounts that are uncorrelated with the way along it.
    turns = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    spots = np.stack((9 * np.cos(turns), 4 * np.sin(turns)), axis=1)
    heights = 0.5 * np.cos(3 * turns)
    origin = rng.normal(size=12)
    path = origin + spots @ basis[:2] + np.outer(heights, basis[2])
    found = path_plane(path, origin)
    np.testing.assert_allclose(found.distances, np.abs(heights), atol=1e-12)
    np.testing.assert_allclose(np.abs(found.directions @ basis.T), np.eye(2, 3), atol=1e-12)
    np.testing.assert_allclose(np.abs(found.points), np.abs(spots), atol=1e-12)
    variance = np.array([81, 16, 0.25]) / 2
    np.testing.assert_allclose(found.explained, variance[:2] / variance.sum(), rtol=1e-12)
    last = path_plane(path)
    assert last.distances[-1] == 0 and not last.points[-1].any()
    np.testing.assert_allclose(last.distances, np.abs(heights - heights[-1]), atol=1e-12)
    rebuilt = last.origin + last.points @ last.directions
    np.testing.assert_allclose(np.linalg.norm(path - rebuilt, axis=1), last.distances, atol=1e-12)


@pytest.mark.parametrize("path", [[[1.0, 2, 3]], [[1.0, 2, 3], [2, 2, 3]], [[0.0, 0, 0]] * 4])
def test_short_and_straight_paths_have_a_plane(path):
    found = path_plane(path)
    np.testing.assert_allclose(found.directions @ found.directions.T, np.eye(2), atol=1e-12)
    np.testing.assert_allclose(found.distances, 0, atol=1e-12)
    assert found.points.shape == (len(path), 2) and (found.points[-1] == 0).all()


def test_a_path_of_training_ends_on_its_plane(build, draw):
    trainer = make(build, draw, rate=0.5)
    path = [trainer.theta]
    for _ in range(30):
        trainer.train(5)
        path.append(trainer.theta)
    found = path_plane(path)
    assert found.explained.sum() > 0.9 and (found.points[0] < 0).any()
    x, y = found.points[-1]
    assert plane(trainer, found.directions, [x], [y], found.origin)[0, 0] == pytest.approx(
        trainer.evaluate()["loss"], rel=1e-12
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gradient_norms_by_layer(build, draw, dtype):
    trainer = make(build, draw, dtype)
    norms, slope = gradient_norms(trainer), trainer.gradient()
    assert list(norms) == ["layer-0", "layer-1", "layer-2"]
    assert norms["layer-0"] == pytest.approx(np.linalg.norm(slope[:20]), rel=1e-6)
    assert np.linalg.norm(list(norms.values())) == pytest.approx(np.linalg.norm(slope), rel=1e-6)
    x, y = draw("cross-entropy", 7, WIDTHS, seed=2)
    assert gradient_norms(trainer, x, y) != norms


def test_activations_by_layer(build, draw):
    trainer = make(build, draw)
    found = activations(trainer, bins=10)
    assert list(found) == [node.name for node in trainer.program.nodes[1:-1]]
    for n, name in enumerate(found, start=1):
        values, seen = trainer.predict(node=n), found[name]
        assert seen.mean == pytest.approx(values.mean()) and seen.sd == pytest.approx(values.std())
        assert seen.counts.sum() == values.size and len(seen.edges) == 11 and seen.dead == 0
        assert seen.edges[0] == values.min() and seen.edges[-1] == values.max()
    values = trainer.predict(node=2)
    assert activations(trainer, span=(-0.5, 0.5))["tanh-2"].counts.sum() == (np.abs(values) <= 0.5).sum()
    x, _ = draw("cross-entropy", 11, WIDTHS, seed=3)
    assert activations(trainer, x)["layer-0"].counts.sum() == 11 * 5


def test_dead_units():
    net = Network()
    net.loss(net.activation(net.dense(net.input(1), 4, name="hidden"), "relu", name="bent"), "mse")
    # Units that are 0 for every x in -1 … 1, alive, 0 for a part of them, and stuck at 5.
    theta = [1, 1, 1, 0, -3, 2, 0, 5]
    trainer = Trainer(net, np.linspace(-1, 1, 21), np.zeros((21, 4)), theta=theta)
    assert activations(trainer)["bent"].dead == 0.5 and activations(trainer)["hidden"].dead == 0.25


def test_outputs_that_are_not_finite_count_nowhere():
    found = describe(np.array([[1.0, np.nan], [2.0, np.inf], [3.0, 0.0]]), bins=4)
    assert found.counts.sum() == 4 and found.mean == 1.5 and found.dead == 0
    nothing = describe(np.full((3, 2), np.nan), bins=4)
    assert nothing.counts.sum() == 0 and np.isnan(nothing.mean)
