"""Batch norm: the figures of its text, what a batch ties together, and every formula shown."""

import numpy as np
import pytest
from formulas import prove

from engine.session import Session
from lessons import catalog, proof
from lessons.labs.batchnorm import members

LESSON = catalog.load().lesson("training/batch_norm")
EXPERIMENTS = LESSON.experiments()


@pytest.fixture(scope="module")
def run():
    """(experiment, settings) → Result; the same settings run once."""
    runners = {name: proof.runner(LESSON, experiment, 1) for name, experiment in EXPERIMENTS.items()}
    return lambda name, **settings: runners[name](settings)


def model(name, **settings):
    experiment = EXPERIMENTS[name]
    return LESSON.call(experiment.build)(experiment.settings(settings), 1)


@pytest.mark.parametrize(("batch", "error"), [(1, 51), (2, 42), (4, 32), (10, 24), (50, 13)])
def test_the_smaller_the_batch_the_worse(run, batch, error):
    assert 100 * run("tied", batch=batch).facts["error"] == pytest.approx(error, abs=2)


def test_without_gamma_and_beta(run):
    assert run("tied", affine="off").facts["error"] == pytest.approx(0.31, abs=0.02)


def test_only_batch_norm_ties_examples_together(run):
    assert run("tied").facts["pull"] == pytest.approx(0.17, abs=0.01)
    assert run("tied", norm="layer").facts["pull"] == 0


def test_a_batch_of_one_is_the_same_example_twice():
    net = model("tied", batch=1)
    assert net.epoch == 400 and net.limit == 24_000
    net.train(3)
    z = net.trainer.predict(np.repeat(net.x[:1], 2, axis=0), node=net.node("bend-1") - 1, mode="batch")
    beta = net.trainer.named()["norm-1.beta"][0]
    assert z[0] == pytest.approx(net.trainer.theta[beta : beta + 16], abs=1e-6)


def test_alone_and_in_company(run):
    result = run("testing")
    assert result.facts["alone-range"] == 0 and result.facts["alone-accuracy"] == 0.5
    assert result.facts["swayed"] == pytest.approx(0.32, abs=0.03)
    assert result.facts["running-error"] == pytest.approx(0.44, abs=0.02)
    assert result.facts["batch-error"] == pytest.approx(0.24, abs=0.02)
    long = run("testing", updates="1200").facts
    assert (long["running-error"], long["batch-error"]) == pytest.approx((0.005, 0), abs=0.004)


@pytest.mark.parametrize(("p", "lag"), [(0.99, 0.5), (0.5, 0.05)])
def test_how_far_the_book_lags(run, p, lag):
    assert run("testing", p=p, updates="120").facts["lag"] == pytest.approx(lag, abs=0.02)


def test_running_statistics_give_one_answer_to_all_companies():
    net = model("testing")
    net.train(240)
    bars = net.look("bars", ())
    assert np.ptp(bars.values) > 0.01 and np.ptp(bars.beside) == 0
    net.set("statistics", "running")
    assert (net.look("bars", ()).values == bars.beside).all()


@pytest.mark.parametrize(
    ("settings", "error", "reached"),
    [
        ({}, 0.5, -1),
        ({"norm": "batch"}, 0.008, 450),
        ({"norm": "batch", "rate": 0.5}, 0, 275),
        ({"norm": "batch", "rate": 2.5}, 0.27, None),
        ({"depth": 3}, 0.33, -1),
        ({"depth": 3, "norm": "batch"}, 0.008, None),
        ({"depth": 3, "norm": "batch", "rate": 0.5}, 0, None),
        ({"depth": 7}, 0.5, -1),
        ({"depth": 7, "norm": "batch"}, 0, None),
    ],
)
def test_the_race(run, settings, error, reached):
    facts = run("race", **settings).facts
    assert facts["error"] == pytest.approx(error, abs=0.006)
    assert reached is None or facts["reached"] == reached


@pytest.mark.parametrize(
    ("norm", "swing", "change", "cosine"), [("batch", 0.011, 0.23, 0.94), ("none", 0.36, 0.91, 0.906)]
)
def test_smoothness(run, norm, swing, change, cosine):
    facts = run("smooth", norm=norm).facts
    assert facts["range"] == pytest.approx(swing, rel=0.05) and facts["change"] == pytest.approx(
        change, abs=0.01
    )
    assert facts["agreement"] == pytest.approx(cosine, abs=0.005)


@pytest.mark.parametrize("norm", ["batch", "layer", "instance", "group", "none"])
def test_the_cells_of_a_mean_are_those_that_the_engine_takes(norm):
    net, here = model("smooth", norm=norm), (1, 2, 3)
    z = net.values()
    marked = members(norm, z.shape, here)
    assert (
        marked.sum() == {"batch": 4, "layer": 16, "instance": 4, "group": 8, "none": 1}[norm] and marked[here]
    )
    out = net.trainer.predict(net.x[:4], node=net.node("bend-1") - 1, mode="batch").reshape(z.shape)
    wanted = z[here] if norm == "none" else (z[here] - z[marked].mean()) / z[marked].std()
    assert out[here] == pytest.approx(wanted, abs=0.02)
    net.set("cell", int(np.ravel_multi_index(here, z.shape)))
    assert (net.look("cube", ()).marked == marked).all() and net.look("cube", ()).chosen == here


@pytest.mark.parametrize("name", ["race", "smooth"])
def test_records_are_the_same_after_going_back_and_however_updates_are_cut(name):
    experiment = EXPERIMENTS[name]
    build = LESSON.call(experiment.build)
    here = Session(build, experiment.settings(), 1, live=experiment.live, threaded=False)
    here.advance(101)
    facts = here.result().facts
    here.seek(0)
    here.seek(101)
    assert here.result().facts == facts
    cut = model(name)
    while cut.step < 101:
        assert len(cut.train(min(7, 101 - cut.step))) in (3, 7)
    assert cut.facts() == facts


def normalized():
    net = model("tied")
    z = net.trainer.predict(node=net.node("layer-2"), mode="batch").astype(float)
    assert net.entrance(2) == pytest.approx((z - z.mean(axis=0)) / z.std(axis=0), abs=0.02)


def scaled():
    net = model("tied")
    net.train(50)
    z = net.trainer.predict(node=net.node("layer-2"), mode="batch").astype(float)
    (g, (size,)), (b, _) = net.trainer.named()["norm-2.gamma"], net.trainer.named()["norm-2.beta"]
    gamma, beta = net.trainer.theta[g : g + size], net.trainer.theta[b : b + size]
    tilde = (z - z.mean(axis=0)) / np.sqrt(z.var(axis=0) + 1e-5)
    assert net.entrance(2) == pytest.approx(gamma * tilde + beta, abs=1e-3)


def book():
    """One update of a net whose batch is all examples moves the running mean by (1 − p) towards theirs."""
    net = model("testing", p=0.9)
    net.trainer.set("batch", 400)
    net.train(1)
    before = net.trainer.statistics()["norm-1.mean"]
    mean = net.trainer.predict(node=net.node("norm-1") - 1).mean(axis=0)
    net.train(1)
    assert net.trainer.statistics()["norm-1.mean"] == pytest.approx(0.9 * before + 0.1 * mean, abs=1e-5)


def by_the_book():
    net = model("testing")
    net.train(30)
    z = net.trainer.predict(node=net.node("norm-1") - 1).astype(float)
    found = net.trainer.statistics()
    tilde = (z - found["norm-1.mean"]) / np.sqrt(found["norm-1.variance"] + 1e-5)
    (g, (size,)), (b, _) = net.trainer.named()["norm-1.gamma"], net.trainer.named()["norm-1.beta"]
    theta = net.trainer.theta
    out = net.trainer.predict(node=net.node("norm-1"))
    assert out == pytest.approx(theta[g : g + size] * tilde + theta[b : b + size], abs=1e-3)


def cosine():
    net = model("smooth")
    slope, rate = net._slope(), net.given["rate"]
    offset, shape = net.trainer.named()["layer-3.weight"]
    below = net.trainer.theta.astype(float)
    below[:offset] -= rate * slope[:offset]
    part = slice(offset, offset + shape[0] * shape[1])
    g, after = slope[part], net._slope(below)[part]
    assert net.measure()[2] == pytest.approx(g @ after / np.sqrt(g @ g * (after @ after)), rel=1e-6)


def test_formulas():
    prove(
        "training/batch_norm",
        {
            "z̃ = (z − μ) / σ": normalized,
            "ẑ = γ ⊙ z̃ + β": scaled,
            "m ← p·m + (1 − p)·μᵗ": book,
            "z̃ = (z − m) / s": by_the_book,
            "0.9¹⁰ = 0.349": lambda: round(0.9**10, 3) == 0.349,
            "0.99¹²⁰ = 0.299": lambda: round(0.99**120, 3) == 0.299,
            "31.0 / 2.1 = 14.8": lambda: round(31.0 / 2.1, 1) == 14.8,
            "cos = g·g′ / (‖g‖·‖g′‖)": cosine,
        },
    )
