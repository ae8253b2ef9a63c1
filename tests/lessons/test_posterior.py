"""Bayes and the sigmoid: the derivation line by line, the figures of the text, the numbers on the screen."""

import numpy as np
import pytest
from formulas import prove
from scipy.stats import multivariate_normal

from lessons import catalog
from lessons.data import pokemon
from lessons.labs.gauss import TWO
from lessons.labs.posterior import STAGES, TERMS

LESSON = catalog.load().lesson("classify/posterior")
EXPERIMENT = LESSON.experiments()["posterior"]
X, Y, U, V = pokemon(TWO)
MEANS = [X[k == Y].mean(axis=0) for k in (0, 1)]
OWN = [np.cov(X[k == Y].T, ddof=0) for k in (0, 1)]
SIGMA = (79 * OWN[0] + 61 * OWN[1]) / 140
PLACES = [(103.0, 45.0), (48.0, 50.0), (0.0, 170.0)]


def model(action="", **settings):
    """The section's model, after one of its actions."""
    done = next((one.set for one in EXPERIMENT.actions if one.id == action), {})
    return LESSON.call(EXPERIMENT.build)(EXPERIMENT.settings({**done, **settings}), 1)


def texts(model):
    return [step.text for step in model.look("numbers", ()).steps]


def bayes(x, blend, prior=79 / 140):
    """P(Water | x) from scipy's densities."""
    sigmas = [(1 - blend) * own + blend * SIGMA for own in OWN]
    first, second = (multivariate_normal(m, s).pdf(x) for m, s in zip(MEANS, sigmas, strict=True))
    return first * prior / (first * prior + second * (1 - prior))


@pytest.mark.parametrize("at", PLACES)
@pytest.mark.parametrize("blend", [0.0, 0.5, 1.0])
def test_both_ways_at_a_place(blend, at):
    now = model(blend=blend, at=at, prior=0.3)
    wanted = bayes(np.array(at), blend, 0.3)
    assert now.metrics()["posterior"] == pytest.approx(wanted, rel=1e-10)
    terms = now.terms()
    assert tuple(terms) == TERMS and 1 / (1 + np.exp(-sum(terms.values()))) == pytest.approx(
        wanted, rel=1e-10
    )
    assert now.odds().at(np.array([at]))[0] == pytest.approx(sum(terms.values()))
    w = np.linalg.solve(SIGMA, MEANS[0] - MEANS[1])
    b = -w @ (MEANS[0] + MEANS[1]) / 2 + np.log(0.3 / 0.7)
    assert np.allclose(now.line().weight, w) and now.line().bias == pytest.approx(b)
    assert (now.metrics()["gap"] < 1e-12) == (blend == 1)


def test_figures_of_the_text():
    own, shared = model(), model("shared")
    squares = lambda now: [round(now.terms()[name], 2) for name in ("square-1", "square-2")]
    assert squares(own) == [-6.10, 11.33] and squares(shared) == [-7.63, 7.63]
    assert round(own.facts()["square"], 2) == 5.23 and shared.facts()["square"] == 0
    assert shared.facts()["gap"] < 1e-15 and own.facts()["gap"] > 0.5
    assert "(−7.6278) + 7.6278 = 0.0000" in texts(shared) and "(−6.0959) + 11.3300 = 5.2342" in texts(own)
    assert round(model("rare").line().bias - shared.line().bias, 2) == -2.46
    assert shared.look("sides", ()).rows[3] == ("row.posterior", "=0.750720223", "=0.750720223")
    assert own.look("sides", ()).rows[4][1] == "=1.4e−1"


@pytest.mark.parametrize("stage", range(len(STAGES)))
def test_the_step_in_hand_is_lit(stage):
    now = model(stage=stage)
    lit = [step.hot for step in now.look("numbers", ()).steps]
    assert any(lit) and not all(lit) and np.ptp(np.flatnonzero(lit)) == sum(lit) - 1
    assert now.act("next") == {"stage": (stage + 1) % len(STAGES)}


@pytest.mark.parametrize("blend", [0.0, 1.0])
def test_all_pokemon_on_the_screen(blend):
    plane = model(blend=blend, points="test").look("collapse", ())
    for k, dots in enumerate(plane.dots[:2]):
        assert np.allclose(dots.y, bayes(U[k == V], blend))
    off = np.concatenate([dots.y - 1 / (1 + np.exp(-dots.x)) for dots in plane.dots])
    assert (np.abs(off).max() < 1e-12) == (blend == 1)


def test_the_walk_along_w():
    for blend in (0.0, 1.0):
        now = model(blend=blend)
        bend, tangent, z = (line.y for line in now.look("slice", ()).lines)
        assert np.allclose(bend + tangent, z) and np.abs(np.diff(tangent, 2)).max() < 1e-9
        way = now.line().weight / np.linalg.norm(now.line().weight)
        ends = np.array([now.settings["at"]]) + np.outer((-60, 60), way)
        assert np.allclose(z[[0, -1]], np.log(bayes(ends, blend) / (1 - bayes(ends, blend))))
    assert bend.tolist() == [0] * len(bend)


def test_formulas():
    x, one = np.array([103.0, 45.0]), np.array([[103.0, 45.0]])
    own, shared = model(), model("shared")
    i1, i2, i = (np.linalg.inv(s) for s in (*OWN, SIGMA))
    m1, m2 = MEANS
    p1, p2 = 79 / 140, 61 / 140
    f1, f2 = (float(g.density(one)[0]) for g in own.fit().model.gaussians)
    det = np.linalg.det
    first = 0.5 * np.log(det(OWN[1]) / det(OWN[0])) + np.log(p1 / p2)
    second = -0.5 * x @ i1 @ x + m1 @ i1 @ x - 0.5 * m1 @ i1 @ m1
    third = 0.5 * x @ i2 @ x - m2 @ i2 @ x + 0.5 * m2 @ i2 @ m2
    z, t = np.log(f1 * p1 / (f2 * p2)), own.terms()
    away = x - m1
    line = shared.line()
    prove(
        LESSON.id,
        {
            "P(C₁|x) = f¹P₁/(f¹P₁ + f²P₂)": lambda: np.isclose(
                own.metrics()["posterior"], f1 * p1 / (f1 * p1 + f2 * p2), rtol=1e-12
            ),
            "z = ln(f¹P₁/f²P₂)": lambda: np.isclose(sum(t.values()), z),
            "P(C₁|x) = 1/(1 + e⁻ᶻ) = σ(z)": lambda: np.isclose(own.metrics()["posterior"], 1 / (1 + np.exp(-z))),
            "w = Σ⁻¹(μ¹ − μ²)": lambda: np.allclose(line.weight, i @ (m1 - m2)),
            "b = −½μ¹ᵀΣ⁻¹μ¹ + ½μ²ᵀΣ⁻¹μ² + ln(P₁/P₂)": lambda: np.isclose(
                line.bias, -0.5 * m1 @ i @ m1 + 0.5 * m2 @ i @ m2 + np.log(p1 / p2)
            ),
            "ln f = −½ ln|Σ| − ½(x − μ)ᵀΣ⁻¹(x − μ)": lambda: np.isclose(
                np.log(f1), -0.5 * np.log(det(OWN[0])) - 0.5 * away @ i1 @ away - np.log(2 * np.pi)
            ),
            "(x − μ)ᵀΣ⁻¹(x − μ)": lambda: np.isclose(
                away @ i1 @ away, -2 * (t["square-1"] + t["linear-1"] + t["constant-1"])
            ),
            "= xᵀΣ⁻¹x − 2μᵀΣ⁻¹x + μᵀΣ⁻¹μ": lambda: np.isclose(
                away @ i1 @ away, x @ i1 @ x - 2 * m1 @ i1 @ x + m1 @ i1 @ m1
            ),
            "z = ½ ln(|Σ²|/|Σ¹|) + ln(P₁/P₂)": lambda: np.isclose(first, t["volumes"] + t["priors"]),
            "− ½xᵀΣ¹⁻¹x + μ¹ᵀΣ¹⁻¹x − ½μ¹ᵀΣ¹⁻¹μ¹": lambda: np.isclose(
                second, t["square-1"] + t["linear-1"] + t["constant-1"]
            ),
            "+ ½xᵀΣ²⁻¹x − μ²ᵀΣ²⁻¹x + ½μ²ᵀΣ²⁻¹μ²": lambda: np.isclose(first + second + third, z),
        },
    )  # fmt: skip
