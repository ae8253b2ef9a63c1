"""Three roads to one line: each worked out another way, the lecture's 13 rows, figures of the text, the screen."""

from fractions import Fraction

import numpy as np
import pytest
from formulas import prove
from scipy.optimize import minimize

from engine.statistics import GaussianClassifier
from lessons import catalog
from lessons.data import STATS, pokemon
from lessons.data.generators import draws
from lessons.labs.roads import DRAWS, HAIR, PICTURES, ROADS, SIZES, drawn, lecture_cut, once, walked, world

LESSON = catalog.load().lesson("logistic/versus")
EXPERIMENT = LESSON.experiments()["versus"]
X, Y, U, V = pokemon(STATS)


def model(action="", seed=1, **settings):
    """The section's model, after one of its actions."""
    done = next((one.set for one in EXPERIMENT.actions if one.id == action), {})
    return LESSON.call(EXPERIMENT.build)(EXPERIMENT.settings({**done, **settings}), seed)


@pytest.fixture(scope="module")
def done():
    """Both worlds and the Pokémon after all draws."""
    models = {name: model(name) for name in ("pokemon", "gaussian", "independent")}
    for one in models.values():
        one.train(DRAWS)
    return models


# The roads


@pytest.mark.parametrize("n", [20, 140])
@pytest.mark.parametrize("road", ["naive", "full"])
def test_generative_roads_by_hand(road, n):
    x, y = X[-n:], Y[-n:]
    scale = x.std(axis=0)
    means = [x[y == k].mean(axis=0) / scale for k in (0, 1)]
    sigma = sum((y == k).sum() * np.cov(x[y == k].T / scale[:, None], ddof=0) for k in (0, 1)) / n
    sigma = (np.diag(np.diag(sigma)) if road == "naive" else sigma) + HAIR * np.eye(6)
    w = np.linalg.solve(sigma, means[0] - means[1])
    b = -w @ (means[0] + means[1]) / 2 + np.log((y == 0).sum() / (y == 1).sum())
    way = walked(road, x, y, 0.01)
    assert np.allclose(way.weight, w / scale) and way.bias == pytest.approx(b)


@pytest.mark.parametrize("ridge", [0.01, 1.0])
def test_the_discriminative_road_is_the_best_there_is(ridge):
    x, y = X[:100], Y[:100]
    z, sign = (x - x.mean(axis=0)) / x.std(axis=0), np.where(Y[:100] == 0, 1, -1)
    loss = lambda v: np.logaddexp(0, -sign * (z @ v[:-1] + v[-1])).sum() + ridge * v[:-1] @ v[:-1] / 2
    best = minimize(loss, np.zeros(7), method="BFGS", options={"gtol": 1e-8})
    way = walked("logistic", x, y, ridge)
    assert np.allclose(way.weight * x.std(axis=0), best.x[:-1], atol=1e-4)
    assert way.bias + way.weight @ x.mean(axis=0) == pytest.approx(best.x[-1], abs=1e-4)


def test_one_class_alone_is_called_everything():
    for label in (0, 1):
        way = walked("logistic", X[:5], np.full(5, label), 0.01)
        assert (way.predict(U) == label).all()


@pytest.mark.parametrize("data", ["pokemon", "gaussian", "independent"])
def test_what_is_drawn(data):
    clean, noisy = (drawn(data, "6", noise, draws(3, 5000)) for noise in (0.0, 0.3))
    assert clean.x.tolist() == noisy.x.tolist() and clean.test_y.tolist() == noisy.test_y.tolist()
    assert len(clean.x) == SIZES[-1] and 0.2 < (clean.y != noisy.y).mean() < 0.4
    if data == "pokemon":
        rows = np.vstack((clean.x, clean.test_x))
        assert sorted(map(tuple, rows)) == sorted(map(tuple, np.vstack((X, U))))
        return
    source = world(data, "6")
    many = np.vstack([drawn(data, "6", 0.0, draws(1, k)).test_x for k in range(40)])
    kind = "shared" if data == "gaussian" else "shared-diagonal"
    fitted = GaussianClassifier.fit(X, Y, kind)
    assert np.allclose(source.gaussians[0].covariance, fitted.gaussians[0].covariance)
    assert np.allclose(many.mean(axis=0), X.mean(axis=0), atol=1.5)


def test_a_draw_is_the_same_however_the_updates_are_cut():
    whole, cut = model(seed=4), model(seed=4)
    rows = whole.train(6)
    first = cut.train(2)
    kept = cut.state()
    cut.train(3)
    cut.restore(kept)
    assert np.array_equal(np.vstack((first, cut.train(4))), rows)
    assert np.array_equal(whole.means(), cut.means())
    right, ways = once(0, 4, "pokemon", "6", 0.0, 0.01)
    sample = drawn("pokemon", "6", 0.0, draws(4, 5000))
    assert right[2, 3] == np.mean(ways["logistic"][3].predict(sample.test_x) == sample.test_y)


# The lecture's rows


@pytest.mark.parametrize("ones", [1, 2, 4])
def test_the_toy_by_fractions(ones):
    n, third = 12 + ones, Fraction(1, 3)
    joint = Fraction(ones, n), Fraction(12, n) * third * third
    naive, logistic = model(ones=ones).judged
    assert naive == pytest.approx(float(joint[0] / sum(joint))) and logistic > 0.8
    assert (naive > 0.5) == (ones > 1)


def test_the_toy_on_the_screen():
    now = model()
    texts = [step.text for step in now.look("toy", ()).steps]
    assert "= 0.4286 → C₂" in texts and "C₂: (1,1) 0/12 = 0" in texts
    rows = now.look("corners", ()).rows
    assert [row[:3] for row in rows] == [("=1, 1", 1, 0), ("=1, 0", 0, 4), ("=0, 1", 0, 4), ("=0, 0", 0, 4)]
    assert rows[0][3] == 0.429 and [row[3] for row in rows[1:]] == [0, 0, 0]
    now.set("ones", 2)
    assert "= 0.6000 → C₁" in [step.text for step in now.look("toy", ()).steps]


# Figures and pictures


def test_figures_of_the_text(done):
    lead = {name: dict(zip(SIZES, one.lead("naive"), strict=True)) for name, one in done.items()}
    assert -4.5 < lead["pokemon"][10] < -2 and -8.5 < lead["pokemon"][140] < -5.5
    assert (
        1.2 < lead["independent"][10] < 3 and lead["gaussian"][10] > 0 and -3.6 < lead["gaussian"][140] < -2.5
    )
    two = model("two")
    two.train(DRAWS)
    assert 0.3 < two.lead("naive")[1:5].mean() < 2
    assert np.abs(done["pokemon"].lead("full")[2:]).max() < 2
    cuts = [round(100 * lecture_cut(road, "6"), 1) for road in ("full", "logistic")]
    assert cuts == [76.5, 77.9] and round(68 * lecture_cut("logistic", "6")) == 53
    noisy = model("gaussian", noise=0.3)
    noisy.train(DRAWS)
    assert lead["gaussian"][40] < 0 < noisy.lead("naive")[3]  # the crossover has moved
    ridged = model("gaussian", ridge=1)
    ridged.train(DRAWS)
    assert abs(ridged.lead("naive")[1]) < 1


def test_what_is_on_the_screen_was_measured(done):
    one = done["pokemon"]
    found = np.array([once(k, *one.asked())[0] for k in range(DRAWS)])
    means = 100 * found.mean(axis=0)
    for road, line in zip(ROADS, one.look("rates", ()).lines, strict=True):
        assert line.word == f"road.{road}" and np.allclose(line.y, means[list(ROADS).index(road)])
    rows = one.look("table", ()).rows
    assert [row[1] for row in rows] == [f"={value:.1f}" for value in means[:, 1]]
    assert rows[1][4] == f"={100 * found[:, 1, 1].std(ddof=1) / 10:.1f}"
    assert [row[2] for row in rows] == [60.3, 76.5, 77.9] and [row[3] for row in rows] == [None, 73, 79]
    assert model(features="2").look("table", ()).rows[2][3] is None
    grid = PICTURES["winners"]({"0": one, "0.1": None}, "0", ())
    assert np.allclose(grid.values[0], means[0] - means[2]) and np.isnan(grid.values[1]).all()
    lines = PICTURES["settling"]({"0": one, "0.1": None}, "0", ()).lines
    assert len(lines) == 1 and lines[0].y[-1] == pytest.approx(means[0, 1] - means[2, 1])
    assert lines[0].y[4] == pytest.approx(100 * (found[:5, 0, 1] - found[:5, 2, 1]).mean())
    assert grid.chosen == (0, 1) and grid.rows == ("=0%", "=10%")


def test_borders_on_the_plane():
    now = model("two")
    now.train(20)
    plane = now.look("plane", ())
    ways = once(19, *now.asked())[1]
    for line, road in ((plane.paths[11], "naive"), (plane.paths[23], "logistic")):
        way, on = ways[road][1], np.isfinite(line.x)
        assert np.allclose(np.column_stack((line.x, line.y))[on] @ way.weight + way.bias, 0, atol=1e-9)
    assert sum(len(dots.x) for dots in plane.dots) == 10


def test_formulas():
    toy = model().judged[0]
    naive = GaussianClassifier.fit(X, Y, "shared-diagonal").gaussians[0]
    spread = np.sqrt(np.diag(naive.covariance))
    each = np.exp(-(((X - naive.mean) / spread) ** 2) / 2) / (spread * np.sqrt(2 * np.pi))
    prove(
        LESSON.id,
        {
            "f(x) = f₁(x₁)·f₂(x₂)·…·f_D(x_D)": lambda: np.allclose(naive.density(X), each.prod(axis=1)),
            "P(1,1|C₂) = 1/3·1/3 = 1/9": lambda: Fraction(1, 3) ** 2 == Fraction(1, 9),
            "P(C₁|1,1) = 1/13 / (1/13 + 12/13·1/9)": lambda: np.isclose(toy, 1 / 13 / (1 / 13 + 12 / 13 / 9)),
            "= 3/7": lambda: np.isclose(toy, 3 / 7),
        },
    )
