"""Logistic regression: likelihood, slopes and tables against independent computations; the figures of the text."""

import numpy as np
import pytest
from formulas import prove
from scipy.optimize import minimize
from scipy.special import expit

from lessons import catalog
from lessons.data import pokemon
from lessons.labs import corner, twins
from lessons.labs.likelihood import costs, powers

LESSON = catalog.load().lesson("logistic/regression")
EXPERIMENTS = LESSON.experiments()


def model(name, seed=1, steps=None, **settings):
    """The section's model after so many updates, all of its story unless told."""
    experiment = EXPERIMENTS[name]
    made = LESSON.call(experiment.build)(experiment.settings(settings), seed)
    made.train(made.limit if steps is None else steps)
    return made


def texts(numbers):
    return [step.text for step in numbers.steps]


# Model and loss


def water(features):
    """Standardized features and 1 for Water, by hand."""
    x, y, u, v = pokemon(features)
    mean, sd = x.mean(axis=0), x.std(axis=0)
    return (x - mean) / sd, 1 - y, (u - mean) / sd, 1 - v


def test_descent_ends_at_the_maximum_of_the_likelihood():
    s, y, u, v = water(("sp_attack", "speed"))
    cost = lambda t: -np.log(np.where(y == 1, expit(s @ t[:2] + t[2]), 1 - expit(s @ t[:2] + t[2]))).sum()
    best = minimize(cost, np.zeros(3), method="BFGS")
    found = model("likelihood")
    assert np.allclose(found.trainer.theta, best.x, atol=5e-3)
    assert found.metrics()["surprise"] == pytest.approx(best.fun, abs=1e-3)
    assert found.facts()["least"] == pytest.approx(best.fun, abs=1e-6)
    right = lambda x, t: np.mean((x @ found.trainer.theta[:2] + found.trainer.theta[2] > 0) == t)
    assert found.metrics()["training-accuracy"] == right(s, y)
    assert found.metrics()["test-accuracy"] == right(u, v)


def test_figures_of_the_likelihood():
    usual, lecture, clouds = (
        model("likelihood"),
        model("likelihood", data="lecture"),
        model("likelihood", data="clouds"),
    )
    facts = usual.facts()
    assert round(facts["first"], 1) == 163.4 and round(facts["surprise"], 1) == 85.7
    assert round(140 * np.log(2), 1) == 97.0 and round(facts["turned"]) == 115
    assert round(np.exp(facts["doubled"] - facts["surprise"])) == 875
    assert round(usual.metrics()["test-accuracy"], 2) == 0.78
    assert 0.28 < 1 - usual.metrics()["training-accuracy"] < 0.32
    assert round(lecture.metrics()["test-accuracy"], 2) == 0.49 and len(usual.test_y) == 68
    assert (
        round(100 * clouds.facts()["grown"]) == 117 and clouds.facts()["doubled"] < clouds.facts()["surprise"]
    )


def test_the_board_is_the_runs_own():
    found = model("likelihood", w1=1, w2=0.5, b=-0.25)
    rows = {row[0]: row for row in found.look("board", ()).rows}
    s, y, *_ = water(("sp_attack", "speed"))
    f = expit(s @ [1, 0.5] - 0.25)
    cost = -np.log(np.where(y == 1, f, 1 - f)).sum()
    assert rows["series.hand"][1:3] == ("=" + powers(cost), round(cost, 1))
    assert rows["series.coin"][2] == round(140 * np.log(2), 1)
    assert found.act("take") == {"w1": 0.88, "w2": -0.36, "b": 0.32}
    assert found.act("double") == {"w1": 1.77, "w2": -0.73, "b": 0.64}


def test_powers_of_ten():
    assert (
        powers(0.0) == "1.0·10⁰" and powers(np.log(2000)) == "5.0·10⁻⁴" and powers(-np.log(250)) == "2.5·10²"
    )


def test_the_ground_is_the_chance_of_normal():
    found = model("likelihood", steps=40)
    plane = found.look("plane", ())
    x0, x1, y0, y1 = plane.extent
    for row, col in ((0, 0), (20, 70), (63, 95)):
        at = np.array([np.linspace(x0, x1, 96)[col], np.linspace(y0, y1, 64)[row]])
        z = found.scale.apply(at[None]) @ found.trainer.theta[:2] + found.trainer.theta[2]
        assert plane.field[row, col] == pytest.approx(1 - float(expit(z)[0]), abs=1e-12)
    line = plane.paths[-1]
    ends = found.scale.apply(np.stack([line.x, line.y], axis=1))
    assert np.allclose(found.logit(ends), 0, atol=1e-9)


def test_curve_and_worked_numbers():
    found = model("likelihood", steps=25)
    curve = found.look("cost", ())
    line = next(line for line in curve.lines if line.word == "series.descent")
    assert np.allclose(line.y[:-1], found.record.column("loss")) and len(line.y) == 26
    assert line.y[-1] == pytest.approx(found.trainer.evaluate()["loss"])
    lines = texts(found.look("numbers", ()))
    assert lines[-2].removeprefix("−ln L = ") == lines[-1].removeprefix("Σ CE = ")
    assert lines[-1] == f"Σ CE = {140 * found.trainer.evaluate()['loss']:.10f}"
    kept = found.state()
    found.set("w1", 3.0)
    found.train(5)
    found.restore(kept)
    assert found.step == 25 and found.settings["w1"] == 3.0


# Gradient


@pytest.mark.parametrize("name", ["logistic", "linear"])
def test_both_descend_by_the_same_rule(name):
    twin = model("updates", steps=0, model=name, start=(0.7, -0.4))
    x, y, *_ = pokemon(("defense",))
    s, y = ((x - x.mean()) / x.std())[:, 0], 1.0 - y
    theta = np.array([0.7, -0.4])
    for _ in range(5):
        z = theta[0] * s + theta[1]
        f = expit(z) if name == "logistic" else z
        theta = theta - 0.2 * np.array([np.mean(-(y - f) * s), np.mean(-(y - f))])
        twin.train(1)
        assert np.allclose(twin.trainer.theta, theta, atol=1e-12)


def test_figures_of_the_twins():
    home = {name: model("updates", model=name) for name in ("logistic", "linear")}
    away = {name: model("updates", model=name, defense=600) for name in ("logistic", "linear")}
    border = lambda arms, name: round(arms[name].metrics()["border"], 1)
    assert border(home, "linear") == 55.9 and border(away, "linear") == 40.8
    assert round(home["logistic"].border()) == round(away["logistic"].border()) == 56
    assert border(away, "logistic") == 56.2
    far = home["linear"].x[home["linear"].rows[0]]
    assert round(float(home["linear"].output(far)), 2) == 1.25
    assert round(float(home["logistic"].output(far)), 3) == 0.979
    x, y, *_ = pokemon(("defense",))
    slope, level = np.polyfit(((x - x.mean()) / x.std())[:, 0], 1.0 - y, 1)
    assert np.allclose(home["linear"].trainer.theta, (slope, level), atol=1e-6)


def test_the_table_of_terms():
    arms = {name: model("updates", model=name, steps=7) for name in ("logistic", "linear")}
    table = twins.PICTURES["terms"](arms, "linear", ())
    for row, k in zip(table.rows, arms["linear"].rows, strict=True):
        x, y = arms["linear"].x[k], arms["linear"].y[k]
        wanted = [v for arm in arms.values() for v in (y - arm.output(x), (y - arm.output(x)) * x)]
        assert row[3:] == tuple(round(float(v), 2) for v in wanted)
    lines = texts(twins.PICTURES["numbers"](arms, "linear", ()))
    sums, slopes = ([t.rpartition(" = ")[2] for t in lines if t.startswith(head)] for head in ("Σ", "∂L"))
    assert sums == slopes and len(sums) == 2
    assert arms["linear"].act("next") == {"example": 1}


# Square error


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_slopes_are_those_of_the_losses(label):
    z, h = np.linspace(-9, 9, 37), 1e-5
    for loss in corner.LOSSES:
        numeric = (corner.height(loss, z + h, label) - corner.height(loss, z - h, label)) / (2 * h)
        assert np.allclose(corner.slope(loss, z, label), numeric, atol=1e-9)


@pytest.mark.parametrize("loss", ["cross-entropy", "mse"])
def test_the_engine_has_the_same_slope(loss):
    one = model("corner", steps=0, loss=loss)
    assert one.trainer.gradient()[0] == pytest.approx(float(corner.slope(loss, np.array(-10.0), 1)), rel=1e-9)


def test_figures_of_the_corner():
    short = {name: model("corner", loss=name) for name in corner.LOSSES}
    long = {name: model("corner", loss=name, updates="20000") for name in corner.LOSSES}
    assert short["cross-entropy"].arrived() == 21 and long["mse"].arrived() == 11068
    assert round(short["mse"].facts()["moved"], 3) == 0.009
    real = {name: model("corner", loss=name, data="pokemon") for name in corner.LOSSES}
    assert real["cross-entropy"].arrived() == 33 and real["mse"].arrived() == -1
    assert np.round(real["mse"].trainer.theta, 1).tolist() == [-9.4, 10.1]
    assert round(real["mse"].right(), 2) == 0.36
    assert model("corner", loss="mse", data="pokemon", updates="3000").arrived() == 1868


def test_pictures_of_the_corner():
    arms = {name: model("corner", loss=name, steps=30) for name in ("mse", "cross-entropy")}
    slopes = corner.PICTURES["slope"](arms, "mse", ())
    assert [dot.y[0] for dot in slopes.dots] == pytest.approx([0.9999546, 9.0787e-5], rel=1e-4)
    cells = corner.PICTURES["cases"](arms, "mse", ()).rows
    assert cells[0] == ("=1", "=−10", "=4.5e−5", "=−0.99995", "=−9.1e−5", "cell.far")
    assert [row[-1] for row in cells] == ["cell.far", "cell.near", "cell.near", "cell.far"]
    lines = texts(corner.PICTURES["numbers"](arms, "mse", ()))
    assert "∂CE/∂z = f − ŷ = −0.99995" in lines and "−9.08e−5 / 2 = −4.54e−5" in lines


# Formulas


def test_formulas():
    g = np.random.default_rng(5)
    x, w, b, h = g.normal(size=(6, 3)), g.normal(size=3), 0.4, 1e-6
    y = np.array([1.0, 1, 0, 1, 0, 0])
    f = expit(x @ w + b)
    cost = lambda v: costs(x @ v + b, y).sum()
    numeric = np.array([(cost(w + h * e) - cost(w - h * e)) / (2 * h) for e in np.eye(3)])
    hand = (-(y - f)[:, None] * x).sum(axis=0)
    usual = model("likelihood", steps=3)
    three = [k for _, k in usual.three]
    chance = expit(usual.logit(usual.s))[three]
    product = chance[0] * chance[1] * (1 - chance[2])
    slope = lambda function, at: (function(at + h) - function(at - h)) / (2 * h)
    tail = expit(-10)

    def squares():
        square = lambda v: ((expit(x @ v + b) - y) ** 2).sum()
        found = np.array([(square(w + h * e) - square(w - h * e)) / (2 * h) for e in np.eye(3)])
        assert np.allclose(found, (2 * (f - y) * f * (1 - f))[:, None].T @ x, atol=1e-6)

    def update():
        twin = model("updates", steps=0, model="logistic")
        before, by = twin.trainer.theta, twin.by_hand()
        twin.train(1)
        assert np.allclose(twin.trainer.theta, before - 0.2 * by)

    prove(
        LESSON.id,
        {
            "f(x) = σ(w·x + b)": lambda: np.allclose(
                expit(usual.trainer.predict()[:, 0]),
                expit(usual.s @ usual.trainer.theta[:2] + usual.trainer.theta[2]),
            ),
            "L = f(x¹)·f(x²)·(1 − f(x³))": lambda: np.isclose(
                product, np.exp(-costs(usual.logit(usual.s)[three], usual.y[three]).sum())
            ),
            "−ln L = −ln f(x¹)−ln f(x²)−ln(1−f(x³))": lambda: np.isclose(
                -np.log(product), -np.log(chance[0]) - np.log(chance[1]) - np.log(1 - chance[2])
            ),
            "−[ŷ·ln f + (1 − ŷ)·ln(1 − f)]": lambda: np.allclose(
                -(y * np.log(f) + (1 - y) * np.log(1 - f)), costs(x @ w + b, y)
            ),
            "dσ/dz = σ(z)·(1 − σ(z))": lambda: np.isclose(slope(expit, 0.7), expit(0.7) * (1 - expit(0.7))),
            "∂L/∂wᵢ = Σ −(ŷ − f(x))·xᵢ": lambda: np.allclose(numeric, hand, atol=1e-6),
            "wᵢ ← wᵢ − η·Σ −(ŷ − f(x))·xᵢ": update,
            "logistic: 0 < σ(z) < 1": lambda: 0 < expit(-30) < expit(30) < 1,
            "linear: −∞ < z < ∞": lambda: model("updates", model="linear").metrics()["most-f"] > 1,
            "d(−ln f)/dz = −(1 − f)": lambda: np.isclose(
                slope(lambda z: -np.log(expit(z)), 0.7), -(1 - expit(0.7))
            ),
            "d(−ln(1 − f))/dz = −(0 − f)": lambda: np.isclose(
                slope(lambda z: -np.log(1 - expit(z)), 0.7), expit(0.7)
            ),
            "∂(f − ŷ)²/∂wᵢ = 2(f − ŷ)·f·(1 − f)·xᵢ": squares,
            "f = σ(−10) = 0.0000454": lambda: round(tail, 7) == 0.0000454,
            "∂CE/∂z = f − ŷ = −0.99995": lambda: round(tail - 1, 5) == -0.99995,
            "∂SE/∂z = 2(f − ŷ)·f·(1 − f) = −0.0000908": lambda: (
                round(2 * (tail - 1) * tail * (1 - tail), 7) == -0.0000908
            ),
        },
    )
