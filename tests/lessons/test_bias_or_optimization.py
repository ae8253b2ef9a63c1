"""The lesson on bias and optimization: its figures, the copied tower, skip branches, the formulas."""

import math

import numpy as np
import pytest
from formulas import prove

from engine.trainer import Trainer
from lessons import catalog, proof
from lessons.labs.depth import errors, tower


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("guide/bias_or_optimization")


@pytest.fixture(scope="module")
def run(lesson):
    runner = proof.runner(lesson, lesson.experiments()["towers"], 1)
    return lambda depth, skip="off": runner({"depth": str(depth), "skip": skip})


def test_the_figures_of_the_text(lesson, run):
    deep = run(56)
    assert deep.metrics == pytest.approx(
        {"training-loss": 0.693, "error": 0.5, "test-error": 0.5}, abs=0.0006
    )
    assert run(8).facts["copied"] == pytest.approx(0.0001, abs=5e-5)
    assert lesson.call("run:against_shallow")(deep) == "higher"
    assert lesson.call("run:against_shallow")(run(8)) == ""
    assert all(run(depth, "on").metrics["error"] < 0.01 for depth in (2, 8, 20, 56))


def test_a_copied_tower_is_the_same_function(lesson):
    experiment = lesson.experiments()["towers"]
    model = lesson.call(experiment.build)(experiment.settings({"depth": "8"}), 2)
    model.train(40)
    assert model.copied(12) == pytest.approx(model.metrics()["training-loss"], abs=1e-6)


def test_what_was_measured_does_not_depend_on_how_updates_are_cut(lesson):
    experiment = lesson.experiments()["towers"]
    build, settings = lesson.call(experiment.build), experiment.settings({"depth": "2"})
    whole, cut = build(settings, 2), build(settings, 2)
    rows = whole.train(100)
    kept = cut.state()
    assert len(rows) == 100 and (np.concatenate([cut.train(n) for n in (7, 20, 53, 20)]) == rows).all()
    assert cut.history == whole.history and [at for at, _ in cut.history] == [0, 20, 40, 60, 80, 100]
    cut.restore(kept)
    assert cut.step == 0 and len(cut.history) == 1


def test_all_depths_stand_in_one_picture(lesson):
    experiment = lesson.experiments()["towers"]
    build = lesson.call(experiment.build)
    arms = {depth: build(experiment.settings({"depth": depth}), 1) for depth in ("2", "8")}
    curve = errors(arms, "2", ())
    assert [line.x.tolist() for line in curve.lines] == [[2, 8], [2, 8]]
    assert curve.lines[0].y[1] == pytest.approx(100 * arms["8"].metrics()["error"])


def skipped(run):
    """A layer with a skip branch adds to what came in."""
    net, theta = tower(2, True, 1)
    x = np.random.default_rng(1).normal(size=(4, 2))
    trainer = Trainer(net, x, np.zeros((4, 1)), theta=theta, dtype="float64")
    names = {node.name: index for index, node in enumerate(net.nodes)}
    a = trainer.predict(node=names["bend-1"])
    offset, shape = trainer.named()["layer-2.weight"]
    W = trainer.theta[offset : offset + 256].reshape(shape)
    b = trainer.theta[offset + 256 : offset + 272]
    assert trainer.predict(node=names["sum-2"]) == pytest.approx(a + np.maximum(0, b + a @ W), abs=1e-12)


def worse(run):
    return run(56).metrics["training-loss"] > run(2).metrics["training-loss"]


def passes(run):
    a = np.linspace(0, 3, 7)
    return bool((np.maximum(0, a) == a).all())


FORMULAS = {
    "loss(56 层) > loss(2 层)": worse,
    "loss(56 layers) > loss(2 layers)": worse,
    "ln 2 = 0.693": lambda run: round(math.log(2), 3) == 0.693,
    "max(0, a) = a (a ≥ 0)": passes,
    "a′ = a + max(0, b + W·a)": skipped,
}


def test_every_formula_shown_is_one_that_is_evaluated(run):
    prove("guide/bias_or_optimization", FORMULAS, run)
