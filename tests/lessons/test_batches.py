"""The lesson on batches: what its text counts, and that the examples it marks are those that trained."""

import math

import numpy as np
import pytest
from formulas import prove

from engine.network import Network
from engine.session import Session
from engine.trainer import Trainer
from lessons import catalog, proof
from lessons.labs.batches import Batches, order


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("basics/batches")


@pytest.fixture(scope="module")
def run(lesson):
    return proof.runner(lesson, lesson.experiments()["epochs"], 1)


def model(seed=1, **settings):
    base = {"examples": 20, "batch": 6, "epochs": 1, "units": "3", "rate": 0.1}
    return Batches({**base, **settings}, seed)


@pytest.mark.parametrize(("count", "batch"), [(20, 6), (20, 5), (50, 7), (10, 1)])
def test_the_marked_examples_are_those_that_trained(count, batch):
    """With one input and one weight for each example, an update moves just the weights of its batch."""
    net = Network()
    net.loss(net.dense(net.input(count), 1, bias=False, init="zero"), "mse", reduction="sum")
    trainer = Trainer(net, np.eye(count), np.ones((count, 1)), batch=batch, seed=3, rate=0.1)
    marked = model(3, examples=count, batch=batch, epochs=3)
    while marked.step < marked.limit:
        before = trainer.theta
        trainer.train(1)
        marked.train(1)
        assert sorted(marked.last()) == np.flatnonzero(trainer.theta != before).tolist()


def test_an_epoch_has_n_over_b_updates_rounded_up():
    for count in (20, 21, 50):
        for batch in (1, 6, 7, 20, 49, 50, 1000):
            assert model(examples=count, batch=batch, epochs=3).limit == 3 * math.ceil(count / batch)


def test_a_batch_size_changed_on_the_way_keeps_the_place():
    run = model(examples=50, batch=10, epochs=2)
    run.train(2)
    kept = run.state()
    run.set("batch", 20)
    assert run.where() == (0, 20) and run.limit == 2 + 2 + 3
    run.train(2)
    assert run.where() == (1, 0) and set(run.seen()) == {1}
    run.train(9)
    assert run.step == run.limit == 7 and set(run.seen()) == {2}
    run.restore(kept)
    assert run.where() == (0, 20) and run.settings["batch"] == 10 and run.limit == 10


def test_strips_fill_from_the_left(lesson):
    run = model(examples=1000, batch=100, epochs=2)
    run.train(3)
    batch, epoch, uses = (strip.counts for strip in run.look("strips", ()).strips)
    assert (batch.sum(), epoch.sum(), uses.sum()) == (100, 300, 300)
    assert epoch[:12].min() == 25 and epoch[12:].max() == 0 and batch[:8].max() == 0
    run.train(7)
    assert run.look("strips", ()).strips[1].counts.tolist() == [25] * 40
    assert sorted(order(1, 0, 1000)) == list(range(1000))


def test_the_figures_of_the_text(run):
    small = run({"examples": 1000, "batch": 10, "epochs": 5})
    whole = run({"examples": 1000, "batch": 1000, "epochs": 5})
    assert (small.steps, whole.steps) == (500, 5)
    assert small.metrics["training-loss"] == pytest.approx(0.03, abs=0.005)
    assert whole.metrics["training-loss"] == pytest.approx(0.35, abs=0.005)


def test_only_the_question_that_was_put_is_graded(lesson, run):
    assert lesson.call("run:count")(run({})) == "1000"
    assert lesson.call("run:count")(run({"examples": 1000, "batch": 100})) == ""


def test_seeking_back_repeats_the_bits(lesson):
    experiment = lesson.experiments()["epochs"]
    settings = experiment.settings({"examples": 200, "batch": 10, "epochs": 2})
    session = Session(lesson.call(experiment.build), settings, 1, live=experiment.live, threaded=False)
    session.advance(15)
    session.set("batch", 50)
    session.finish()
    end = session.result()
    session.seek(3)
    session.seek(end.steps)
    assert session.result().metrics == end.metrics and end.steps == 15 + 1 + 4


def step():
    run = model()
    before, slope = (
        run.trainer.theta,
        run.trainer.gradient(run.x[run.visited(0)[:6]], run.y[run.visited(0)[:6]]),
    )
    run.train(1)
    assert run.trainer.theta == pytest.approx(before - 0.1 * slope, rel=1e-4, abs=1e-6)


FORMULAS = {
    "θ ← θ − η·g": step,
    "10,000 / 10 = 1,000": lambda: model(examples=10_000, batch=10).limit == 1000,
    "1,000 / 100 = 10": lambda: model(examples=1000, batch=100).limit == 10,
    "20 − 3·6 = 2": lambda: len(model().visited(0)[18:]) == 2,
}


def test_every_formula_shown_is_one_that_is_evaluated():
    prove("basics/batches", FORMULAS)
