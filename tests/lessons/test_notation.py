"""Notation and the goal, on-line and off-line: the map's numbers beside the engine's, the figures of the text."""

import numpy as np
import pytest
from formulas import prove

from engine.network import Network
from engine.trainer import Trainer
from lessons import catalog, proof
from lessons.optim.notation.experiments import SYMBOLS


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("optim/notation")


@pytest.fixture(scope="module")
def run(lesson):
    """Experiment and settings → Result; the same settings run once."""
    runners = {name: proof.runner(lesson, one, 1) for name, one in lesson.experiments().items()}
    return lambda name, **settings: runners[name](settings)


@pytest.fixture(scope="module")
def model(lesson):
    """Experiment and settings → model at update 0."""

    def build(name, **settings):
        experiment = lesson.experiments()[name]
        return lesson.call(experiment.build)(experiment.settings(settings), 1)

    return build


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9])
def test_the_map_is_what_the_engine_does(model, momentum):
    net = Network()
    net.loss(net.dense(net.input(1), 1, name="line", bias=False), "mse", "sum")
    data = np.array([[1.0], [2.0], [3.0]])
    given = {"optimizer": "momentum", "momentum": momentum, "rate": 0.02, "dtype": "float64"}
    trainer = Trainer(net, data, 2 * data, theta=[0.0], watch=(0,), **given)
    rows = trainer.train(2)
    now = model("map", momentum=momentum).now
    theta = [*rows[:, 2], trainer.theta[0]]
    assert [now[f"theta{t}"] for t in range(3)] == pytest.approx(theta, rel=1e-12)
    assert [abs(now[f"g{t}"]) for t in range(2)] == pytest.approx(rows[:, 1])
    assert [now[f"m{t}"] for t in (1, 2)] == pytest.approx(np.diff(theta))


def test_a_push_only_goes_forward(model):
    for place, symbol in enumerate(SYMBOLS):
        one = model("map", pick=place)
        assert one.reached() == SYMBOLS[place + 1 :], symbol
        assert one.facts()["picked"] == symbol and one.metrics()["reached"] == len(SYMBOLS) - place - 1


def test_what_a_push_moves_is_lit_and_explained(model):
    one = model("map", pick=SYMBOLS.index("m1"))
    before = dict(one.now)
    one.set("nudge", "on")
    assert one.now["m1"] == before["m1"] + 0.5 and one.now["g0"] == before["g0"]
    assert {name for name in SYMBOLS if one.hot(name)} == {"m1", "theta1", "g1", "m2", "theta2"}
    payload = one.look("map", ())
    assert [node.id for node in payload.nodes if node.hot] == ["m1"]
    lit = {(start, stop) for start, stop, _, hot in payload.edges if hot}
    assert ("m1", "theta1") in lit and ("theta0", "theta1") not in lit and ("m1", "m2") in lit
    assert one.look("meaning", ()).steps[-1].text == "θ₁, g₁, m₂, θ₂"
    heights = [float(dots.y[0]) for dots in model("map").look("goal", ()).dots]
    assert heights == sorted(heights, reverse=True)


def test_the_jitter(run):
    online, offline = run("feed", feed="online"), run("feed", feed="offline")
    assert online.metrics["jitter"] == pytest.approx(0.1, abs=0.01)
    assert offline.metrics["jitter"] == pytest.approx(4e-8, abs=1e-8)
    small = run("feed", feed="online", rate=0.02)
    assert online.metrics["jitter"] / small.metrics["jitter"] == pytest.approx(5, abs=0.5)
    assert run("feed", feed="online", scatter=0).metrics["jitter"] < 1e-6


def test_both_are_judged_on_all_pairs(model):
    one = model("feed", feed="online")
    one.train(30)
    whole = one.whole()
    assert len(whole) == 31 and whole[0] == pytest.approx(7.37, abs=0.01)
    assert one.strides().shape == (30,)
    payload = one.look("loss", ())
    assert np.array_equal(payload.lines[0].y, whole)


def at(name, value):
    return lambda run, model: float(model("map").now[name]) == pytest.approx(value)


def one_pair(run, model):
    """The update of the on-line run is the slope of its pair alone."""
    one = model("feed", feed="online")
    x, y = one.pairs
    slope, before = one.trainer.gradient(x[:1], y[:1]), one.trainer.theta
    one.train(1)
    return one.trainer.theta == pytest.approx(before - 0.1 * slope)


def all_pairs(run, model):
    one = model("feed", feed="offline")
    x, y = one.pairs
    slopes = [one.trainer.gradient(x[n : n + 1], y[n : n + 1]) for n in range(300)]
    before = one.trainer.theta
    one.train(1)
    return one.trainer.theta == pytest.approx(before - 0.1 * np.mean(slopes, axis=0))


def least(run, model):
    from lessons.optim.notation.run import slope

    here, there = slope(2.0), min(slope(theta)[0] for theta in np.linspace(-1, 5, 61))
    return here == pytest.approx((0, 0)) and there == pytest.approx(0, abs=1e-9)


def looked_at(run, model):
    online, offline = model("feed", feed="online"), model("feed", feed="offline")
    rows = [one.trainer.get("batch") or one.trainer.examples for one in (online, offline)]
    return [one * count for one, count in zip((online.limit, offline.limit), rows, strict=True)] == [
        300,
        90_000,
    ]


FORMULAS = {
    "θ* = argmin Σ L(θ; x)": least,
    "m₁ = 0.5·0 − 0.02·(−56) = 1.12": at("m1", 1.12),
    "θ₁ = 0 + 1.12 = 1.12": at("theta1", 1.12),
    "m₂ = 0.5·1.12 − 0.02·(−24.64) = 1.0528": at("m2", 1.0528),
    "on-line：g = ∇L(θ; x_t)": one_pair,
    "on-line: g = ∇L(θ; x_t)": one_pair,
    "off-line：g = (1/N)·Σ ∇L(θ; x_n)": all_pairs,
    "off-line: g = (1/N)·Σ ∇L(θ; x_n)": all_pairs,
    "300·1 = 300": looked_at,
    "300·300 = 90000": looked_at,
}


def test_formulas(run, model):
    prove("optim/notation", FORMULAS, run, model)


def test_answers_are_given_only_to_the_question_that_was_put(lesson, run):
    ask = lambda name, result: lesson.call(f"run:{name}")(result)
    assert (
        ask("calmer", run("feed", feed="online")) == "offline"
        and ask("calmer", run("feed", feed="offline")) == ""
    )
    assert ask("used_for", run("map")) == "next"
