"""Adam's trouble and two answers to it: the figures of the lesson and its formulas."""

import math

import numpy as np
import pytest
from formulas import prove

from lessons import catalog, proof
from lessons.labs import streams


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("optim/improving_adam")


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


def test_the_rare_gradient_is_outvoted(run):
    adam = run("rare")
    assert adam.metrics["theta"] == pytest.approx(924, abs=0.5)
    moves = adam.tape.column("move")
    assert moves[:999].sum() == pytest.approx(999, abs=0.01) and moves[999] == pytest.approx(-25.1, abs=0.05)
    assert all(run("rare", optimizer=one, period=30).metrics["theta"] < 0 for one in ("sgd", "adam"))


def test_two_against_one(run, model):
    moves, rates = run("reddi").tape.column("move"), 0.5 / np.sqrt(np.arange(1, 601))
    share = np.abs(moves / rates)[300:]  # in η, far from the start
    assert share.reshape(-1, 3).mean(axis=0) == pytest.approx([1.05, 0.76, 0.97], abs=0.01)
    assert run("reddi").metrics["theta"] == 1 and run("reddi", optimizer="amsgrad").metrics["theta"] < -0.98


def test_the_band_presses_both_rates(run):
    small, large = (run("bounds", scale=one).tape.column("rate") for one in ("small", "large"))
    low, high = band(np.arange(1, 10_001))
    assert 50 < np.argmax(np.isclose(small, high)) < 200 and np.argmax(np.isclose(large, low)) < 20
    adam = run("bounds", optimizer="adam").tape.column("rate")
    assert adam[-1] == pytest.approx(1, abs=0.1)


def test_the_band_drawn_is_the_engines(model):
    held = model("bounds", optimizer="adabound", rate=0.1)
    held.train(1000)
    assert held.series("rate")[10:] == pytest.approx(band(np.arange(11, 1001))[1], rel=1e-9)
    held = model("bounds", optimizer="adabound", rate=1e-4, scale="large")
    held.train(1000)
    assert held.series("rate")[100:] == pytest.approx(band(np.arange(101, 1001))[0], rel=1e-9)
    payload = held.look("rates", ())
    assert [line.role for line in payload.lines] == ["raw", "target", "target"] and payload.log_x


def band(t):
    return 0.1 - 0.1 / (0.001 * t + 1), 0.1 + 0.1 / (0.001 * t)


def between(t, low, high, digits=4):
    """A row of the text's table, as its lesson shows it."""

    def check(run, model):
        rows = lesson_band(model("bounds"), t)
        return [round(value, digits) for value in rows] == [low, high]

    return check


def lesson_band(held, t):
    from lessons.optim.improving_adam.run import band as shown

    return [float(value) for value in shown(held, np.array(float(t)))]


def square(run, model):
    held = model("rare", optimizer="adam-biased", period=10)
    held.train(20)
    v, g = held.series("squares"), held.gradients
    assert v[10] == pytest.approx(0.999 * v[9] + 0.001 * g[10] ** 2)
    return held.series("move")[10] == pytest.approx(-g[10] / math.sqrt(v[10]), rel=1e-6)


def largest(run, model):
    g = np.array([3.0, -1, -1, 3, -1, -1])
    ride = streams.ride(g, optimizer="amsgrad", rate=0.5, momentum=0.0, decay=0.1)
    assert ride.third[:, 0] == pytest.approx(np.maximum.accumulate(ride.second[:, 0]))
    late = np.tile(g, 10)
    ride = streams.ride(late, optimizer="amsgrad", rate=0.5, momentum=0.0, decay=0.1)
    return np.diff(ride.theta[-2:, 0])[0] == pytest.approx(-0.5 * late[-1] / math.sqrt(ride.third[-1, 0]))


def bounds(run, model):
    held = model("bounds")
    return lesson_band(held, 37) == pytest.approx([0.1 - 0.1 / (0.001 * 37 + 1), 0.1 + 0.1 / (0.001 * 37)])


FORMULAS = {
    "v ← β₂·v + (1 − β₂)·g²": square,
    "θ ← θ − η·g / √v": square,
    "√(1 / (1 − 0.999)) = 31.6": lambda run, model: (
        -run("rare", optimizer="adam-biased").tape.column("move")[999] == pytest.approx(31.6, abs=0.05)
    ),
    "10^(−3.5) = 0.000316": lambda run, model: (
        run("rare", optimizer="adam-biased").tape.column("move")[1000] == pytest.approx(0.000316, abs=1e-6)
    ),
    "31.6 · √(1 − 0.999¹⁰⁰⁰) = 25.1": lambda run, model: (
        math.sqrt(1000) * math.sqrt(1 - 0.999**1000)
        == pytest.approx(-run("rare").tape.column("move")[999], abs=1e-4)
    ),
    "v̂ ← max(v̂, v)": largest,
    "θ ← θ − η·m / √v̂": largest,
    "3 − 1 − 1 = 1": lambda run, model: model("reddi").gradients[:3].sum() == 1,
    "low = 0.1 − 0.1 / ((1 − β₂)·t + 1)": bounds,
    "high = 0.1 + 0.1 / ((1 − β₂)·t)": bounds,
    "t = 1 0.0001 … 100.1": between(1, 0.0001, 100.1),
    "t = 100 0.0091 … 1.1": between(100, 0.0091, 1.1),
    "t = 1000 0.05 … 0.2": between(1000, 0.05, 0.2),
    "t = 10⁵ 0.099 … 0.101": between(1e5, 0.099, 0.101),
}


def test_formulas(run, model):
    prove("optim/improving_adam", FORMULAS, run, model)


def test_answers_are_given_only_to_the_question_that_was_put(lesson, run):
    ask = lambda name, result: lesson.call(f"run:{name}")(result)
    assert ask("which_way", run("rare")) == "right" and ask("which_way", run("rare", optimizer="sgd")) == ""
    assert ask("where", run("reddi")) == "plus" and ask("where", run("reddi", decay=0.99)) == ""
    assert ask("end", run("bounds")) == "meet" and ask("end", run("bounds", optimizer="adam")) == ""
