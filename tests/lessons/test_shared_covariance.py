"""One covariance for both classes and other laws: figures of the text, another way of working them out, the screen."""

import numpy as np
import pytest
from formulas import prove
from scipy.stats import bernoulli, multivariate_normal, norm

from lessons import catalog
from lessons.data import STATS, pokedex, pokemon
from lessons.labs import splits
from lessons.labs.gauss import FEATURES, Sample, parameters
from lessons.labs.laws import Bits, law_fit, law_splits, second_types
from lessons.labs.odds import BLENDS, blend_rates, blended, odds, split_rates

LESSON = catalog.load().lesson("classify/shared_covariance")
EXPERIMENTS = LESSON.experiments()
X, Y, U, V = pokemon(FEATURES["2"])
WHOLE = X, Y, U, V
SIX = pokemon(STATS)


def model(name, action="", seed=1, **settings):
    """The section's model, after one of its actions."""
    experiment = EXPERIMENTS[name]
    done = next((one.set for one in experiment.actions if one.id == action), {})
    return LESSON.call(experiment.build)(experiment.settings({**done, **settings}), seed)


def texts(model):
    return [step.text for step in model.look("numbers", ()).steps]


def covariances(x, y):
    return [np.cov(x[y == k].T, ddof=0) for k in (0, 1)]


def pooled(x, y):
    first, second = covariances(x, y)
    return (79 * first + 61 * second) / 140


# The blend


@pytest.mark.parametrize("share", [0.0, 0.35, 1.0])
@pytest.mark.parametrize("data", [WHOLE, SIX], ids=["2", "6"])
def test_the_odds_are_those_of_two_densities(data, share):
    x, y, u, _ = data
    sigma, places = pooled(x, y), np.vstack((x, u))
    logs = [
        multivariate_normal(x[y == k].mean(axis=0), (1 - share) * own + share * sigma).logpdf(places)
        for k, own in enumerate(covariances(x, y))
    ]
    wanted = logs[0] - logs[1] + np.log(79 / 61)
    assert np.allclose(odds(blended(x, y, share)).at(places), wanted)


def test_the_lectures_line():
    shared = model("blend", "shared")
    facts = shared.facts()
    assert np.round(facts["gaussians"][1][1]).tolist() == [[697, 271], [271, 765]]
    sigma, means = pooled(X, Y), [X[k == Y].mean(axis=0) for k in (0, 1)]
    w = np.linalg.solve(sigma, means[0] - means[1])
    assert np.allclose(facts["w"], w) and np.round(w, 4).tolist() == [0.0256, 0.0060]
    assert facts["b"] == pytest.approx(-w @ (means[0] + means[1]) / 2 + np.log(79 / 61))
    assert round(facts["b"], 3) == -1.805 and facts["sag"] < 1e-12
    assert {"w = 0.0256, 0.0060", "b = −1.805", "Σ₁₁ = (79·874 + 61·468)/140 = 697"} <= set(texts(shared))


def test_figures_of_the_text():
    rate = lambda action: round(100 * model("blend", action).metrics()["test-accuracy"], 1)
    train = lambda action: round(100 * model("blend", action).metrics()["training-accuracy"], 1)
    assert [rate(a) for a in ("", "shared", "six-own", "six-shared")] == [51.5, 48.5, 63.2, 76.5]
    assert [train("six-own"), train("six-shared")] == [74.3, 72.9]
    assert [model("blend", a).facts()["parameters"] for a in ("six-own", "six-shared")] == [54, 33]
    gains = [(split_rates("6", "shared", s) - split_rates("6", "own", s)).mean() for s in (1, 2, 3)]
    assert all(0.035 < gain < 0.06 for gain in gains)
    assert all((split_rates("2", "shared", s) - split_rates("2", "own", s)).mean() < 0 for s in (1, 2, 3))


@pytest.mark.parametrize("features", ["2", "6"])
def test_rates_and_table_tell_the_same(features):
    curve = model("blend", blend=0.5, features=features).look("rates", ())
    assert curve.cursor == 0.5 and curve.lines[1].y.tolist() == (100 * blend_rates(features)[:, 1]).tolist()
    rows = {(str(row[0]), row[1]): row for row in model("blend").look("table", ()).rows}
    for kind, at in (("own", 0), ("shared", -1)):
        row = rows[features, f"option.{kind}"]
        assert (row[-1], row[3]) == tuple(round(100 * float(r), 1) for r in blend_rates(features)[at])
    assert rows["7", "option.own"][2:] == (70, None, 54, None, None)
    assert len(BLENDS) == 21 and BLENDS[10] == 0.5


def test_the_border_is_where_both_are_equally_likely():
    for share in (0.0, 0.5, 1.0):
        now = model("blend", blend=share)
        line = next(path for path in now.look("plane", ()).paths if path.word == "series.border")
        places = np.column_stack((line.x, line.y))
        places = places[np.isfinite(places).all(axis=1)]
        assert len(places) > 40 and np.abs(now.odds().at(places)).max() < 0.02
    ends = places[[0, -2]]
    turn = np.cross(
        np.append(ends[1] - ends[0], 0), np.append(places - ends[0], np.zeros((len(places), 1)), 1)
    )
    assert np.abs(turn).max() < 1e-6  # all on one straight line


def test_both_covariances_on_the_screen():
    grid = model("blend", blend=0.25, features="6").look("covariances", ())
    own, sigma = covariances(*SIX[:2]), pooled(*SIX[:2])
    assert np.allclose(grid.values[:, :6], 0.75 * own[0] + 0.25 * sigma)
    assert np.allclose(grid.values[:, 7:], 0.75 * own[1] + 0.25 * sigma)


def test_other_cuts_are_of_the_same_pokemon():
    whole = Sample(*SIX)
    first, second = list(splits.shuffled(whole, 3, 2))
    rows = lambda part: sorted(map(tuple, np.vstack((part.x, part.test_x))))
    assert rows(first) == rows(second) == rows(whole) and first.x.tolist() != second.x.tolist()
    assert (len(first.x), len(first.test_x)) == (140, 68)
    log = [
        multivariate_normal(
            first.x[first.y == k].mean(axis=0), np.cov(first.x[first.y == k].T, ddof=0)
        ).logpdf(first.test_x)
        + np.log((first.y == k).mean())
        for k in (0, 1)
    ]
    assert split_rates("6", "own", 3)[0] == np.mean(np.argmax(log, axis=0) == first.test_y)
    strips = model("blend", features="6", seed=3).look("splits", ()).strips
    assert [strip.counts.sum() for strip in strips] == [100, 100]


# Other laws


@pytest.mark.parametrize("law", ["diagonal", "shared-diagonal"])
def test_naive_bayes_is_a_product(law):
    x, y, u, v = SIX
    spread = [x[y == k].std(axis=0) for k in (0, 1)]
    if law == "shared-diagonal":
        spread = [np.sqrt((79 * spread[0] ** 2 + 61 * spread[1] ** 2) / 140)] * 2
    joint = [
        norm(x[y == k].mean(axis=0), spread[k]).logpdf(u).sum(axis=1) + np.log(np.mean(y == k))
        for k in (0, 1)
    ]
    assert law_fit("6", law, 1.0).test == np.mean(np.argmax(joint, axis=0) == v)


def test_bits_by_bernoullis_law():
    second, fit = second_types(), law_fit("types", "bernoulli", 1.0)
    x, y = second.sample[:2]
    chances = [(x[y == k].sum(axis=0) + 1) / (np.sum(y == k) + 2) for k in (0, 1)]
    joint = [bernoulli(c).logpmf(second.sample.test_x).sum(axis=1) + np.log(np.mean(y == k))
             for k, c in enumerate(chances)]  # fmt: skip
    wanted = 1 / (1 + np.exp(joint[1] - joint[0]))
    assert np.allclose(fit.model.posterior(second.sample.test_x)[:, 0], wanted)
    assert isinstance(fit.model, Bits) and len(second.types) == 13 and len(second.names) == 68
    book = pokedex()
    assert all(
        book.types[book.name.index(n)][1] == worn for n, worn in zip(second.names, second.worn, strict=True)
    )
    bars = model("laws", "bits").look("chances", ())
    assert np.allclose([bars.values, bars.beside], chances)


def test_laws_of_the_text():
    naive, two, bits, never, gauss = (
        model("laws", a) for a in ("naive", "naive-two", "bits", "never", "gauss-bits")
    )
    rate = lambda now: round(100 * now.metrics()["test-accuracy"], 1)
    assert [rate(naive), rate(two)] == [55.9, 51.5] and naive.facts()["parameters"] == 24
    assert round(100 * law_fit("6", "shared-diagonal", 1.0).test, 1) == 60.3
    losses = [
        law_splits("6", full, s) - law_splits("6", thin, s)
        for s in (1, 2, 3)
        for full, thin in (("own", "diagonal"), ("shared", "shared-diagonal"))
    ]
    assert min(losses) > 0.015 and max(losses) < 0.08
    assert model("laws", "full").look("correlations", ()).values[1, 3] == pytest.approx(0.54, abs=0.005)
    assert naive.look("correlations", ()).values.tolist() == np.eye(6).tolist()
    assert law_fit("types", "own", 1.0).model is None and model("laws", "bits", law="own").metrics() == {}
    assert round(gauss.facts()["total"]) == 338843 and bits.facts()["total"] == pytest.approx(1, abs=1e-12)
    rows = {row[0]: row[1:] for row in never.look("surprises", ()).rows}
    assert rows["=Diggersby"] == (0.0, "type.ground") and len(rows) == 4
    assert {row[0]: row[1] for row in bits.look("surprises", ()).rows}["=Diggersby"] == 0.1068
    assert [row[3] for row in bits.look("laws", ()).rows] == [None, "=277,570", None, "=338,843", "=1"]


@pytest.mark.parametrize("law", ["own", "shared", "diagonal", "shared-diagonal", "bernoulli"])
@pytest.mark.parametrize("features", ["2", "6", "types"])
def test_every_law_on_every_kind_of_feature(features, law):
    now = model("laws", features=features, law=law, smoothing=0)
    for view in EXPERIMENTS["laws"].views:
        if view.fits(now.settings):
            assert now.look(view.id, ()) is not None
    now.facts(), now.metrics()


def test_formulas():
    first, second = covariances(X, Y)
    sigma, facts = pooled(X, Y), model("blend", "shared").facts()
    half = model("blend", blend=0.5).facts()["gaussians"]
    naive = law_fit("6", "diagonal", 1.0).model.gaussians[0]
    each = norm(naive.mean, np.sqrt(np.diag(naive.covariance))).pdf(SIX[0]).prod(axis=1)
    line = next(
        path for path in model("blend", "shared").look("plane", ()).paths if path.word == "series.border"
    )
    on = np.isfinite(line.x)
    chance = law_fit("types", "bernoulli", 0.0).model.model.chances[0]
    prove(
        LESSON.id,
        {
            "Σ = (79·Σ¹ + 61·Σ²)/140": lambda: np.allclose(facts["gaussians"][0][1], sigma),
            "Σᵏ(t) = (1 − t)·Σᵏ + t·Σ": lambda: all(
                np.allclose(half[k][1], 0.5 * own + 0.5 * sigma) for k, own in enumerate((first, second))
            ),
            "w = (0.0256, 0.0060), b = −1.805": lambda: (
                np.round(facts["w"], 4).tolist() == [0.0256, 0.006] and round(facts["b"], 3) == -1.805
            ),
            "w·x + b = 0": lambda: np.allclose(
                np.column_stack((line.x[on], line.y[on])) @ facts["w"] + facts["b"], 0
            ),
            "2·6 + 2·(6·7/2) = 54": lambda: 2 * 6 + 2 * (6 * 7 // 2) == 54 == parameters(6, "own"),
            "2·6 + 6·7/2 = 33": lambda: 2 * 6 + 6 * 7 // 2 == 33 == parameters(6, "shared"),
            "f(x) = f₁(x₁)·f₂(x₂)·…·f_D(x_D)": lambda: np.allclose(naive.density(SIX[0]), each),
            "P(x) = pˣ·(1 − p)^(1 − x)": lambda: np.allclose(
                [chance**x * (1 - chance) ** (1 - x) for x in (0, 1)], [1 - chance, chance]
            ),
            "p = (0 + 1)/(61 + 2)": lambda: np.isclose(
                law_fit("types", "bernoulli", 1.0).model.model.chances[1][
                    second_types().types.index("Ground")
                ],
                1 / 63,
            ),
        },
    )
