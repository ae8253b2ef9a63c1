"""The lesson on momentum: the ball on the hill, its knobs, and the race off a saddle."""

import numpy as np
import pytest

from engine.analysis.hessian import kind
from lessons import catalog, proof
from lessons.labs.inertia import BENDS, Hill, chart, make, regime
from tests.lessons import formulas

LESSON = "training/momentum"
BASE = {"momentum": 0.85, "rate": 0.05, "map": "hill", "start": (-1.0, 2.4)}


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson(LESSON)


def ball(momentum, rate=0.05, updates=300):
    model = Hill({**BASE, "momentum": momentum, "rate": rate}, 1)
    model.train(updates)
    return model


@pytest.mark.parametrize(
    ("momentum", "rate", "end", "x", "height"),
    [
        (0.0, 0.05, "dent", 2.11, 0.228),
        (0.7, 0.05, "dent", 2.11, 0.228),
        (0.8, 0.05, "dent", 2.11, 0.228),
        (0.85, 0.05, "deep", 6.0, -1.2),
        (0.9, 0.05, "deep", 6.0, -1.2),
        (0.8, 0.1, "deep", 6.0, -1.2),
    ],
)
def test_where_the_ball_rests(momentum, rate, end, x, height):
    model = ball(momentum, rate)
    assert model.facts()["end"] == end
    assert model.metrics()["x"] == pytest.approx(x, abs=0.005)
    assert model.metrics()["loss"] == pytest.approx(height, abs=5e-4)


def test_the_hill_has_a_top_between(lesson):
    xs = np.linspace(2.3, 4, 1701)
    heights = ball(0, updates=0).height(xs)
    assert xs[heights.argmax()] == pytest.approx(2.82, abs=0.006)
    assert heights.max() == pytest.approx(0.446, abs=5e-4)
    assert heights.max() - 0.228 == pytest.approx(0.218, abs=1e-3)
    assert ball(0.99).facts()["end"] == "elsewhere"


def test_the_last_movement_is_the_sum_of_all_gradients():
    for updates in (1, 7, 40):
        assert abs(ball(0.9, updates=updates).facts()["memory"]) < 1e-12


@pytest.mark.parametrize(
    ("momentum", "rate", "name"),
    [(0, 0.05, "monotone"), (0.85, 0.05, "ripples"), (0, 0.2, "swinging"), (0, 0.3, "diverging")],
)
def test_the_regime_is_what_the_bowl_does(momentum, rate, name):
    assert regime(momentum, rate, BENDS[0]) == name
    bowl = make("bowl", momentum, rate)
    steep = bowl.train(12)[:, 2]
    signs = np.sign(steep)
    if name == "monotone":
        assert (signs == 1).all() and (np.diff(steep) < 0).all()
    elif name == "ripples":
        assert 1 < (np.diff(signs) != 0).sum() < 10 and abs(steep[-1]) < 1
    else:
        assert (np.diff(signs) != 0).all()
        assert (np.diff(np.abs(steep)) > 0).all() == (name == "diverging")


def test_the_map_agrees_with_the_runs():
    found = chart("hill", -1.0, 0)
    rates, momenta = np.linspace(0.01, 0.3, found.shape[1]), np.linspace(0, 0.99, found.shape[0])
    for row, col in ((18, 4), (5, 4), (19, 10)):
        end = ball(float(momenta[row]), float(rates[col])).facts()["end"]
        assert {0: "dent", 1: "deep"}.get(int(found[row, col]), end) == end


def test_a_run_is_the_same_in_pieces_and_after_going_back():
    whole, pieces = Hill(BASE, 1), Hill(BASE, 1)
    rows = whole.train(120)
    first = pieces.train(50)
    kept = pieces.state()
    pieces.train(33)
    pieces.restore(kept)
    assert np.concatenate((first, pieces.train(70))).tobytes() == rows.tobytes()


def test_a_live_knob_turns_for_all_three():
    model = Hill(BASE, 1)
    model.set("momentum", 0.5)
    assert [one.get("momentum") for one in (model.trainer, *model.company)] == [0.5] * 3


def out(lesson, helper, beside, seed=1):
    run = lesson.call("run:race")({"helper": helper, "beside": beside}, seed)
    run.train(run.limit)
    return run.facts()["out"]


def test_the_race(lesson):
    assert [out(lesson, helper, 0.001) for helper in ("gd", "momentum", "eigen")] == [67, 24, 37]
    noise = [out(lesson, "noise", 0.001, seed) for seed in range(1, 11)]
    assert (min(noise), max(noise)) == (33, 58)
    assert [out(lesson, helper, 0) for helper in ("gd", "momentum")] == [-1, -1]
    assert out(lesson, "noise", 0) > 0 and out(lesson, "eigen", 0) == 37


def test_the_eigenvectors_runner_is_the_same_in_pieces(lesson):
    build = lesson.call("run:race")
    whole, pieces = (build({"helper": "eigen", "beside": 0.001}, 1) for _ in range(2))
    rows = whole.train(150)
    parts = [pieces.train(20)]
    kept = pieces.state()
    pieces.train(60)
    pieces.restore(kept)
    assert np.concatenate((*parts, pieces.train(130))).tobytes() == rows.tobytes()


def test_only_plain_descent_answers(lesson):
    experiment = lesson.experiments()["race"]
    result = proof.run_arm(lesson, experiment, {}, 1)
    assert lesson.call("run:when")(result) == "late"


def carried():
    model = ball(0.85, updates=9)
    before, (pushed, kept, move) = model.series(0), model.moves()
    assert pushed + kept == pytest.approx(move)
    model.train(1)
    assert model.series(0)[-1] - before[-1] == pytest.approx(move, abs=1e-12)


def first_steps():
    model = make("hill", 0.7, 0.05)
    g0 = model.gradient()[0]
    theta = [float(model.theta[0])]
    model.train(1)
    g1 = model.gradient()[0]
    theta.append(float(model.theta[0]))
    model.train(1)
    theta.append(float(model.theta[0]))
    assert theta[1] - theta[0] == pytest.approx(-0.05 * g0)
    assert theta[2] - theta[1] == pytest.approx(-0.7 * 0.05 * g0 - 0.05 * g1)


def distance():
    d = make("bowl", 0.85, 0.05).train(4)[:, 2]
    assert d[3] == pytest.approx((1 + 0.85 - 0.05 * BENDS[0]) * d[2] - 0.85 * d[1])


def no_bend():
    assert kind([0.0, 4.0]) == "flat-minimum"


def same_hessian():
    """Second differences at the origin of both functions."""
    step = 1e-3
    for f in (lambda x, y: x**2 + y**4, lambda x, y: x**2 - y**4):
        bends = [(f(step, 0) + f(-step, 0)) / step**2, (f(0, step) + f(0, -step)) / step**2]
        assert bends == pytest.approx([2, 0], abs=1e-5)


FORMULAS = {
    "m ← λ·m − η·g": carried,
    "θ ← θ + m": carried,
    "m¹ = −η·g⁰": first_steps,
    "m² = −λη·g⁰ − η·g¹": first_steps,
    "d⁺ = (1 + λ − ηh)·d − λ·d⁻": distance,
    "λ = 0": no_bend,
    "x² + y⁴, x² − y⁴": same_hessian,
}


def test_every_formula_shown_is_evaluated():
    formulas.prove(LESSON, FORMULAS)
