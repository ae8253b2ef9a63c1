"""What is added to the loss, and what each example adds to it by itself."""

import numpy as np
import pytest
from test_ops import agree

from engine.analysis.examples import losses, mistakes
from engine.errors import EngineError
from engine.layers.sequence import off_diagonal
from engine.network import Network
from engine.trainer import Trainer


def looking(strength=0.7, ends="sequence", smoothing=0.0, shards=1, dtype="float64", pad=False):
    """Attention with two heads whose weights cost what lies off the diagonal."""
    rng = np.random.default_rng(2)
    x, y = rng.integers(0, 5, (23, 4)), rng.integers(0, 5, (23, 4))
    net = Network()
    h = net.position(net.embedding(net.input(4), 5, 6), "learned")
    h = net.attention(h, "look", heads=2)
    if strength:
        net.penalty(net.find("look.weights"), off_diagonal(4, 4), strength)
    if ends == "sequence":
        net.sequence_loss(net.dense_each(h, 5), smoothing)
        y[:, 2:] = np.where(rng.random((23, 2)) < 0.5, -1, y[:, 2:]) if pad else y[:, 2:]
    else:
        y = y[:, 0]
        net.loss(net.dense(h, 5), "cross-entropy")
    return Trainer(net, x, y, dtype=dtype, batch=23, seed=3, shards=shards, optimizer="momentum", rate=0.02)


@pytest.mark.parametrize("ends", ["sequence", "whole"])
def test_a_penalty_is_part_of_loss_and_gradient(ends):
    with_it, without = looking(ends=ends), looking(0.0, ends)
    weights = with_it.predict(
        node=next(n for n, v in enumerate(with_it.program.nodes) if v.name == "look.weights")
    )
    cost = (weights.reshape(-1, 4, 4) * off_diagonal(4, 4)).sum(axis=(1, 2)).mean() / 4
    assert with_it.evaluate()["loss"] == pytest.approx(without.evaluate()["loss"] + 0.7 * cost, rel=1e-12)
    agree(with_it)


@pytest.mark.parametrize("shards", [2, 3])
def test_a_penalty_on_shards(shards):
    one, many = looking(), looking(shards=shards)
    np.testing.assert_allclose(many.train(10), one.train(10), rtol=1e-11)


def test_a_penalty_draws_attention_to_the_diagonal():
    def off(strength):
        trainer = looking(strength)
        trainer.train(300)
        node = next(n for n, v in enumerate(trainer.program.nodes) if v.name == "look.weights")
        return (trainer.predict(node=node).reshape(-1, 4, 4) * off_diagonal(4, 4)).sum(axis=2).mean()

    assert off(20.0) < 0.5 * off(0.0)


def test_costs_that_do_not_fit():
    net = Network()
    h = net.attention(net.embedding(net.input(4), 5, 6), "look")
    with pytest.raises(EngineError, match="wrong-width"):
        net.penalty(net.find("look.weights"), np.ones((3, 3)))
    assert h and off_diagonal(5, 5).diagonal().tolist() == [0] * 5


@pytest.mark.parametrize("kind", ["mse", "mae", "binary-cross-entropy", "cross-entropy"])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_losses_of_examples_make_up_the_loss(kind, reduction):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 4)), rng.integers(0, 2, (30, 3)).astype(float)
    y = y.argmax(axis=1) if kind == "cross-entropy" else y
    net = Network()
    net.loss(net.dense(net.input(4), 3), kind, reduction)
    trainer = Trainer(net, x, y, dtype="float64")
    each, found = losses(trainer), trainer.evaluate()
    assert (each.mean() if reduction == "mean" else each.sum()) == pytest.approx(found["loss"], rel=1e-12)
    np.testing.assert_allclose(losses(trainer, x[3:5], y[3:5]), each[3:5])
    if "accuracy" in found:
        assert 1 - mistakes(trainer).sum() / np.size(y) == pytest.approx(found["accuracy"])


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_losses_of_sequences(smoothing):
    trainer = looking(0.0, smoothing=smoothing)
    assert losses(trainer).mean() == pytest.approx(trainer.evaluate()["loss"], rel=1e-12)
    padded = looking(0.0, pad=True)
    real = (padded.data[1].reshape(23, 4) >= 0).sum(axis=1)
    assert (losses(padded) * real).sum() / real.sum() == pytest.approx(padded.evaluate()["loss"], rel=1e-12)
    found = padded.evaluate()
    assert (mistakes(padded) == 0).mean() == pytest.approx(found["exact"])
    assert 1 - mistakes(padded).sum() / real.sum() == pytest.approx(found["accuracy"])
