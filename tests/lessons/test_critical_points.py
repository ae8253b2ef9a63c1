"""The lesson on critical points: its figures, and every formula that its text shows."""

import math

import numpy as np
import pytest

from engine.analysis.hessian import difference_hessian
from lessons import catalog, proof
from lessons.labs import critical
from lessons.labs.expansion import Expansion
from tests.lessons import formulas

LESSON = "training/critical_points"


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson(LESSON)


@pytest.fixture(scope="module")
def run(lesson):
    """(experiment, settings, seed) → Result."""
    runners = {}

    def go(name, settings=None, seed=1):
        key = name, seed
        if key not in runners:
            runners[key] = proof.runner(lesson, lesson.experiments()[name], seed)
        return runners[key](settings or {})

    return go


def expansion(**settings):
    put = {"surface": "net", "point": (0.8, -0.6), "angle": 60, "distance": 0.1, "order": 2}
    return Expansion({**put, **settings}, 1)


def spot(*theta):
    return critical.examine(critical.trainer("net", theta))


def test_where_the_balls_rest(run):
    saddle, bowl = run("rest"), run("rest", {"surface": "bowl", "start": (-1.5, 1.0)})
    assert saddle.metrics["loss"] == pytest.approx(1) and saddle.metrics["gradient-norm"] < 1e-6
    assert (saddle.facts["falling"], saddle.facts["rising"]) == (2, 2)
    assert (bowl.facts["falling"], bowl.facts["rising"]) == (0, 8)
    change = critical.ways(critical.trainer("net", (0.0, 0.0)), 0.3)
    assert (change.min(), change.max()) == pytest.approx((-0.088, 0.092), abs=5e-4)
    assert run("rest", {"start": (-1.5, 1.4)}).metrics["loss"] < 1e-9


def test_the_errors_told(run):
    model = expansion()
    assert model.errors(0.1) == pytest.approx([0.127, 0.0109, 0.00036], rel=0.02)
    assert model.errors(0.1) / model.errors(0.05) == pytest.approx([2, 4, 8], rel=0.05)


@pytest.mark.parametrize("surface", ["bowl", "saddle", "hill", "well", "ripple"])
def test_an_expansion_of_every_surface_touches_it(surface):
    model = expansion(surface=surface, point=(0.4, -0.3))
    step = 1e-3 * model.direction()[None]
    assert model.guess(step, 2) == pytest.approx(model.true(step), abs=1e-7)
    assert {type(model.look(view, ())).__name__ for view in ("slice", "errors", "terms")} == {
        "Curve",
        "Bars",
        "Numbers",
    }


@pytest.mark.parametrize(
    ("start", "noise", "arrival"),
    [((1, -0.99), 0, 63), ((0.5, -0.499), 0, 89), ((1, -1), 0, -1), ((0, 0), 0, -1), ((0, 0), 0.01, 90)],
)
def test_arrivals_in_the_valley(run, start, noise, arrival):
    assert run("example", {"start": start, "noise": noise}).facts["arrival"] == arrival


def test_steps_off_the_saddle(run):
    for size, height in ((0.01, 0.9999), (0.1, 0.990), (0.5, 0.766)):
        after = run("escape", {"size": size}).facts["after"]
        assert after == pytest.approx((1 - size**2 / 2) ** 2, abs=1e-12)
        assert after == pytest.approx(height, abs=5e-4)
    assert run("escape").facts["out"] == 23
    drawn = [run("escape", {"kick": "random"}, seed).facts["out"] for seed in range(1, 11)]
    assert (min(drawn), max(drawn)) == (23, 42)
    assert run("escape", {"kick": "up"}).metrics["loss"] == pytest.approx(1)


def test_the_net_with_hidden_units_rests_on_its_saddle(run):
    waits = run("escape", {"model": "mlp", "size": 0.5, "kick": "wait"})
    leaves = run("escape", {"model": "mlp", "size": 0.5})
    assert waits.metrics["loss"] == pytest.approx(0.0835, abs=5e-5)
    assert leaves.facts["after"] < leaves.facts["before"] and leaves.metrics["loss"] < 0.075
    assert waits.facts["entries"] == 256 and waits.facts["parameters"] == 16


def test_a_run_off_the_saddle_is_the_same_in_pieces(lesson):
    experiment = lesson.experiments()["escape"]
    ends = []
    for pieces in ([160], [7, 13, 1, 139], [20, 140]):
        model = lesson.call(experiment.build)(experiment.settings({"kick": "random"}), 3)
        rows = [model.train(count) for count in pieces]
        ends.append(np.concatenate(rows).tobytes())
    assert len(set(ends)) == 1


def test_only_the_question_that_was_put_is_graded(lesson, run):
    stopped, kind = lesson.call("run:stopped"), lesson.call("run:kind_of")
    assert stopped(run("example")) == "saddle" and stopped(run("example", {"start": (1, -0.99)})) == ""
    assert kind(run("rest")) == "saddle" and kind(run("rest", {"surface": "bowl"})) == ""


def descent():
    here = critical.trainer("net", (0.7, -0.4), rate=0.05)
    slope, before = here.gradient(), here.theta
    here.train(1)
    assert here.theta == pytest.approx(before - 0.05 * slope, rel=1e-12)


def expanded():
    """Exact on a surface of second order."""
    model, step = expansion(surface="saddle"), np.array([[0.7, -0.3]])
    _, known = model.here()
    heights = known.loss + step @ known.slope + 0.5 * step[0] @ known.hessian @ step[0]
    assert heights == pytest.approx(model.true(step), abs=1e-6)
    assert heights == pytest.approx(model.guess(step, 2), abs=1e-9)


def form():
    here, v = spot(0.3, 0.2), np.array([0.6, -0.8])
    a = here.vectors @ v
    assert v @ here.hessian @ v == pytest.approx(here.values[0] * a[0] ** 2 + here.values[1] * a[1] ** 2)


def net_output():
    here = critical.trainer("net", (0.7, -0.4))
    assert here.predict([[3.0]])[0, 0] == pytest.approx(0.7 * -0.4 * 3.0)


def loss():
    assert spot(0.7, -0.4).loss == pytest.approx((1 + 0.28) ** 2)


def slope(entry):
    def check():
        w = np.array([0.7, -0.4])
        assert spot(*w).slope[entry] == pytest.approx(2 * (1 - w[0] * w[1]) * -w[1 - entry])

    return check


def at_origin():
    here = spot(0.0, 0.0)
    assert here.hessian.tolist() == [[0, -2], [-2, 0]] and here.values.tolist() == [-2, 2]


def floor():
    here = spot(0.5, 2.0)
    assert here.values == pytest.approx([0, 2 * (0.25 + 4)], abs=1e-9)


def diagonal():
    here = spot(0.7, -0.4)
    assert np.diag(here.hessian) == pytest.approx([2 * 0.16, 2 * 0.49])
    assert difference_hessian(critical.trainer("net", (0.7, -0.4))) == pytest.approx(here.hessian, abs=1e-8)


def mixed():
    assert spot(0.7, -0.4).hessian[0, 1] == pytest.approx(-2 + 4 * 0.7 * -0.4)


def eigen():
    here = spot(0.0, 0.0)
    u = 0.3 * here.vectors[0]
    assert here.hessian @ u == pytest.approx(-2 * u) and u @ here.hessian @ u == pytest.approx(-2 * 0.09)


def below():
    here = critical.trainer("net", (0.0, 0.0))
    u = 0.05 * spot(0.0, 0.0).vectors[0]
    moved = critical.trainer("net", tuple(u)).evaluate()["loss"]
    assert moved == pytest.approx(here.evaluate()["loss"] + 0.5 * -2 * u @ u, abs=1e-5)
    assert math.isclose(np.linalg.norm(u), 0.05)


FORMULAS = {
    "θ ← θ − η·g": descent,
    "L(θ) ≈ L(θ′) + (θ−θ′)ᵀg": expanded,
    "+ ½(θ−θ′)ᵀH(θ−θ′)": expanded,
    "vᵀHv, v = θ − θ′": form,
    "vᵀHv = λ₁·a₁² + λ₂·a₂²": form,
    "y = w₁·w₂·x": net_output,
    "L = (1 − w₁w₂)²": loss,
    "∂L/∂w₁ = 2·(1 − w₁w₂)·(−w₂)": slope(0),
    "∂L/∂w₂ = 2·(1 − w₁w₂)·(−w₁)": slope(1),
    "H = [[0, −2], [−2, 0]], λ = −2, 2": at_origin,
    "λ = 0, 2(w₁² + w₂²)": floor,
    "H₁₁ = 2w₂², H₂₂ = 2w₁²": diagonal,
    "H₁₂ = −2 + 4w₁w₂": mixed,
    "Hu = λu, uᵀHu = λ·‖u‖²": eigen,
    "L(θ′ + u) ≈ L(θ′) + ½·λ·‖u‖²": below,
}


def test_every_formula_shown_is_evaluated():
    formulas.prove(LESSON, FORMULAS)
