"""Gaussians and likelihood: the lecture's figures, the lab against scipy, the climb, and what a wrong centre makes."""

import numpy as np
import pytest
from formulas import prove
from scipy import stats

from engine.statistics import KINDS, Gaussian, GaussianClassifier, accuracy
from lessons import catalog
from lessons.data import STATS, pokemon
from lessons.labs import forced, gauss
from lessons.labs.bells import TURTLE, Bells, water
from lessons.labs.fitting import LECTURE, around
from lessons.labs.suspects import Results

LESSON = catalog.load().lesson("classify/gaussian")
EXPERIMENTS = LESSON.experiments()
TWO = ("defense", "sp_defense")
X, Y, TEST_X, TEST_Y = pokemon(TWO)
WATER, NORMAL = Gaussian.fit(X[Y == 0]), Gaussian.fit(X[Y == 1])


def model(name, action="", seed=1, **settings):
    """The section's model, after one of its actions."""
    experiment = EXPERIMENTS[name]
    done = next((one.set for one in experiment.actions if one.id == action), {})
    return LESSON.call(experiment.build)(experiment.settings({**done, **settings}), seed)


# The lecture's figures


def test_means_and_covariances_of_the_data():
    assert WATER.mean.round(1).tolist() == [75.0, 71.3] and NORMAL.mean.round(1).tolist() == [55.6, 59.8]
    assert WATER.covariance.round().tolist() == [[874, 327], [327, 929]]
    assert NORMAL.covariance.round().tolist() == [[468, 198], [198, 553]]


def test_the_slides_covariance_is_around_the_wrong_mean():
    slide = np.array([[847, 422], [422, 685]])
    gap = NORMAL.mean - WATER.mean
    made = NORMAL.covariance + np.outer(gap, gap)
    assert np.abs(made - slide).max() < 1 < np.abs(NORMAL.covariance * 61 / 60 - slide).max()
    assert np.allclose(around(X[Y == 1], WATER.mean), made)
    assert made.round().tolist() == [[848, 422], [422, 685]]
    assert np.outer(gap, gap).round().tolist() in ([[379, 224], [224, 132]], [[380, 224], [224, 132]])


@pytest.mark.parametrize(
    ("features", "covariance", "train", "right"),
    [("2", "own", 92, 35), ("2", "shared", 87, 33), ("6", "own", 104, 43), ("6", "shared", 102, 52)],
)
def test_accuracies_of_right_code(features, covariance, train, right):
    fit = gauss.pokemon_fit(features, covariance, 0.0)
    assert (round(140 * fit.train), round(68 * fit.test)) == (train, right)
    assert gauss.pokemon_fit("7", covariance, 0.0).model is None
    if features == "6":
        assert gauss.pokemon_fit("7", covariance, 1.0).test == fit.test
    lines = {row[0]: row[1:] for row in model("results", "exam").table().rows}
    assert lines[f"row.{features}-{covariance}"][:2] == (round(100 * fit.train, 1), round(100 * fit.test, 1))


def test_the_test_is_sealed_until_it_is_opened():
    assert all(row[2] is None for row in model("results").table().rows)
    assert set(model("results").metrics()) == {"training-accuracy"}
    assert [row[3] for row in model("results").table().rows] == [47, None, None, None, 54, 73]


# The lab


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("features", ["2", "6"])
def test_the_lab_is_the_engines(features, kind):
    lab = gauss.Gauss({"features": features, "covariance": kind}, 1)
    x, y, test_x, test_y = pokemon(gauss.FEATURES[features])
    own = GaussianClassifier.fit(x, y, kind)
    assert lab.metrics()["test-accuracy"] == accuracy(test_y, own.predict(test_x))
    lab.set("points", "test")
    counts = lab.confusion().values
    assert counts.sum() == 68 and np.trace(counts) == round(68 * lab.metrics()["test-accuracy"])
    scores = lab.scores()
    assert sum(len(d.x) for d in scores.dots) == 68
    density = [stats.multivariate_normal(g.mean, g.covariance).logpdf(test_x) for g in own.gaussians]
    assert np.allclose(own.log_joint(test_x), np.stack(density, axis=1) + np.log([79 / 140, 61 / 140]))


@pytest.mark.parametrize("width", [2, 6, 7])
def test_parameters_are_entries(width):
    full, diagonal = len(np.tril_indices(width)[0]), width
    wanted = {"own": 2 * full, "shared": full, "diagonal": 2 * diagonal, "shared-diagonal": diagonal}
    assert {kind: gauss.parameters(width, kind) - 2 * width for kind in KINDS} == wanted


def test_ellipses_and_borders_lie_where_they_should():
    for by in (1.0, 2.0):
        at = gauss.ellipse(WATER, by)
        assert np.allclose(WATER.log_density(at), WATER.log_density(WATER.mean[None]) - by**2 / 2)
    lab = gauss.Gauss({}, 1)
    plane, judge = lab.plane(), lab.fit().model
    edge = np.stack([plane.paths[0].x, plane.paths[0].y], axis=1)
    edge = edge[np.isfinite(edge[:, 0])]
    assert len(edge) > 50 and np.abs(judge.posterior(edge)[:, 1] - 0.5).max() < 0.01
    row, col = 20, 30
    place = np.array([[np.linspace(0, 200, 81)[col], np.linspace(0, 170, 57)[row]]])
    assert plane.field[row, col] == pytest.approx(judge.posterior(place)[0, 1])
    assert len(gauss.border(np.zeros((5, 5)))) == 0


def test_a_covariance_without_an_inverse_is_shown_and_told():
    lab = model("results", "seven")
    assert lab.facts()["singular"] and lab.facts()["rank"] == 6 and "test-accuracy" not in lab.metrics()
    assert lab.plane().field is None and np.isnan(lab.confusion().values).all()
    for points in lab.scores().dots:
        assert np.allclose(points.x, points.y)
    assert lab.numbers().steps[-1].note == "note.no-inverse"
    assert model("results", "ridge").numbers().steps[-2].text == "43 / 68 = 0.632"
    assert model("results", "exam").numbers().steps[-1].text == "32 / 68 = 0.471"


# Gaussians by hand


def test_densities_of_the_text():
    lab = model("bells", "gaussian")
    assert lab.at()[0] == "Tirtouga" and tuple(lab.at()[1]) == TURTLE
    at = {name: k for k, name in enumerate(water()[0])}
    law = stats.multivariate_normal(lab.held().mean, lab.held().covariance)
    for name, place in (("Tirtouga", (103, 45)), ("Squirtle", (65, 64)), ("Psyduck", (48, 50))):
        lab.set("who", at[name])
        assert tuple(lab.at()[1]) == place and lab.density() == pytest.approx(law.pdf(place))
    lab.set("model", "counting")
    assert lab.density() == pytest.approx((water()[1][1:] == (48, 50)).all(axis=1).sum() / 79)
    assert model("bells").density() == 0 and model("bells").plane().field is None


def test_the_likeliest_is_one_key_away():
    lab = model("bells")
    for control, value in lab.act("fit").items():
        EXPERIMENTS["bells"].control(control).check(value)
        lab.set(control, value)
    both = lab.classifier().gaussians
    for ours, theirs in zip(both, (WATER, NORMAL), strict=True):
        assert np.allclose(ours.mean, theirs.mean) and np.allclose(ours.covariance, theirs.covariance)
    assert lab.likelihoods() == pytest.approx(
        (WATER.log_likelihood(X[Y == 0]), NORMAL.log_likelihood(X[Y == 1]))
    )
    assert lab.likelihoods()[0] > model("bells", "tilted").likelihoods()[0]


def test_shapes_of_the_lecture():
    wanted = {"round": [[2, 0], [0, 2]], "stretched": [[2, 0], [0, 6]], "tilted": [[2, -1], [-1, 2]]}
    for name, matrix in wanted.items():
        assert np.allclose(model("bells", name).held().covariance, 300 * np.array(matrix))
    assert [round(model("bells", name).tilt()) for name in wanted] == [0, 90, -45]
    assert np.allclose(np.array([110, 123]) - (75, 71.3), np.sqrt(300) * np.array([2, 3]), atol=0.5)


def test_hills_that_overlap_or_are_flat_draw_all_the_same():
    lab = model(
        "bells", "gaussian", **{"water-r": 0.95, "water-x": 3000, "water-y": 25, "normal": (75.0, 71.3)}
    )
    assert all(type(lab.look(view, ())) for view in ("plane", "posterior", "numbers"))
    assert np.isfinite(lab.plane().field).all() and lab.posterior().cursor == (75.0, 71.3)


# The climb


@pytest.mark.parametrize("spread", ["fitted", "round"])
@pytest.mark.parametrize("kind", ["water", "normal"])
def test_the_climb_follows_the_slope_of_the_likelihood(kind, spread):
    climb = model("climb", type=kind, spread=spread)
    count, step = len(climb.x), 1e-4
    for place in (np.array([140.0, 120.0]), np.array([40.0, 90.0])):
        ahead, back = ([climb.height(place + s * step * e) for e in np.eye(2)] for s in (1, -1))
        assert np.subtract(ahead, back) / (2 * step * count) == pytest.approx(climb.slope(place), rel=1e-4)
    rows = climb.train(60)
    assert (np.diff(rows[:, 0]) >= -1e-9).all() and np.allclose(climb.place, climb.mean, atol=0.01)
    plane = climb.hill(())
    xs, ys = np.linspace(0, 200, 81), np.linspace(0, 170, 57)
    for row, col in ((0, 0), (30, 40), (56, 80)):
        wanted = climb.height((xs[col], ys[row])) / count
        assert plane.field[row, col] == pytest.approx(wanted)


def test_the_climb_in_pieces_is_the_same():
    whole, parts = model("climb"), model("climb")
    rows = whole.train(60)
    cut = np.concatenate([parts.train(13), parts.train(60)])
    np.testing.assert_array_equal(cut, rows)
    again = model("climb")
    again.restore(parts.state())
    assert again.step == 60 and np.array_equal(again.place, whole.place)


def test_likelihoods_of_the_text():
    for name, told in (("near", -14619), ("far", -96159)):
        climb = model("climb", name)
        law = stats.multivariate_normal(climb.place, 5 * np.eye(2))
        assert (
            climb.height(climb.place) == pytest.approx(law.logpdf(X[Y == 0]).sum())
            and round(climb.height(climb.place)) == told
        )
    own, other = model("climb", "own-centre"), model("climb", "other-centre")
    assert [round(one.height(one.mean), 2) for one in (own, other)] == [-548.26, -552.88]


def test_what_the_table_of_the_case_says():
    marks = lambda action: [row[3] for row in model("climb", action).table().rows]
    right, wrong = "mark.right", "mark.wrong"
    assert marks("other-centre") == [right] * 6 == marks("")
    assert marks("own-centre") == [right, right, wrong, wrong, wrong, right]
    assert [row[1] for row in model("climb", "other-centre").table().rows][2:5] == ["=848", "=422", "=685"]
    assert LECTURE["water"][2:5] == (874, 327, 929)


# Inverted all the same


def test_forced_inverses_are_right_where_there_is_one():
    for features in ("2", "6"):
        for kind in ("own", "shared"):
            rates = getattr(forced.answers(features, 1), kind)
            assert set(rates.tolist()) == {gauss.pokemon_fit(features, kind, 0.0).test}
    wrong = forced.answers("2", 1, "other").own[0]
    priors = [79 / 140, 61 / 140]
    scores = [
        stats.multivariate_normal(m, s).logpdf(TEST_X) + np.log(p)
        for m, s, p in zip(
            (WATER.mean, NORMAL.mean), (WATER.covariance, around(X[Y == 1], WATER.mean)), priors, strict=True
        )
    ]
    assert wrong == accuracy(TEST_Y, np.argmax(scores, axis=0)) == 33 / 68


def test_orders_are_counted():
    lab = model("results", "seven")
    assert [strip.counts.sum() for strip in lab.orders().strips] == [
        np.isfinite(rates).sum() for rates in forced.answers("7", 1)
    ]
    assert isinstance(lab, Results) and isinstance(model("bells"), Bells)
    assert lab.suspects().rows[0][2] == "=48.5"


def test_formulas():
    lab = model("bells", "gaussian")
    held, g = lab.held(), np.random.default_rng(1)
    x = g.normal(70, 30, (20, 2))
    square = np.array([(p - held.mean) @ np.linalg.inv(held.covariance) @ (p - held.mean) for p in x])
    law = stats.multivariate_normal(held.mean, held.covariance)
    climb = model("climb", "other-centre")
    judge = GaussianClassifier.fit(X, Y)
    densities = [f.density(TEST_X) for f in judge.gaussians]
    joint = [f * p for f, p in zip(densities, judge.priors, strict=True)]
    matrix = lambda name: model("bells", name).held().covariance
    slide = lambda kind: np.array([LECTURE[kind][2:4], LECTURE[kind][3:5]])

    def slope():
        each = np.linalg.inv(climb.covariance) @ (climb.x - climb.place).sum(axis=0)
        return np.allclose(each, len(climb.x) * climb.slope(climb.place))

    prove(
        LESSON.id,
        {
            "P(x|C) = 0/79 = 0": lambda: model("bells").density() == 0,
            "f(x) = e^(−d²/2) / (2π·√|Σ|)": lambda: np.allclose(
                np.exp(-square / 2) / (2 * np.pi * np.sqrt(np.linalg.det(held.covariance))), held.density(x)
            ),
            "d² = (x − μ)ᵀΣ⁻¹(x − μ)": lambda: np.allclose(
                law.logpdf(x) - law.logpdf(held.mean), -square / 2
            ),
            "5.2·10⁻⁵ < 1.8·10⁻⁴": lambda: [
                f"{model('bells', 'gaussian', who=k).density():.1e}" for k in (0, 1)
            ] == ["5.2e-05", "1.8e-04"],
            "3: Σ = 300·[2 0; 0 2]": lambda: np.allclose(matrix("round"), 300 * np.array([[2, 0], [0, 2]])),
            "4: Σ = 300·[2 0; 0 6]": lambda: np.allclose(matrix("stretched"), 300 * np.array([[2, 0], [0, 6]])),
            "5: Σ = 300·[2 −1; −1 2]": lambda: np.allclose(
                matrix("tilted"), 300 * np.array([[2, -1], [-1, 2]])
            ),
            "L(μ, Σ) = f(x¹)·f(x²)·…·f(x⁷⁹)": lambda: np.isclose(
                np.log(WATER.density(X[Y == 0])).sum(), WATER.log_likelihood(X[Y == 0])
            ),
            "Σ² = [847 422; 422 685]": lambda: slide("normal").tolist() == [[847, 422], [422, 685]],
            "Σ* = [468 198; 198 553]": lambda: NORMAL.covariance.round().tolist() == [[468, 198], [198, 553]],
            "μ* = (1/N)·Σₙ xⁿ": lambda: np.allclose(climb.mean, sum(climb.x) / len(climb.x)),
            "Σ* = (1/N)·Σₙ (xⁿ − μ*)(xⁿ − μ*)ᵀ": lambda: np.allclose(
                sum(np.outer(p - climb.mean, p - climb.mean) for p in climb.x) / len(climb.x), NORMAL.covariance
            ),
            "Σ_c = Σ* + (μ* − c)(μ* − c)ᵀ": lambda: np.allclose(
                climb.fitted, NORMAL.covariance + np.outer(climb.mean - climb.centre, climb.mean - climb.centre)
            ),
            "∂(ln L)/∂μ = Σ⁻¹·Σₙ (xⁿ − μ)": slope,
            "P(C₁|x) = f₁·P(C₁) / (f₁·P(C₁) + f₂·P(C₂))": lambda: np.allclose(
                joint[0] / (joint[0] + joint[1]), judge.posterior(TEST_X)[:, 0]
            ),
            "|Σ| = 0": lambda: np.linalg.matrix_rank(
                Gaussian.fit(pokemon(("total", *STATS))[0][Y == 0]).covariance
            ) == 6,
        },
    )  # fmt: skip
