"""Computed classifiers: against scipy, by hand, and on the lecture's Pokémon."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats
from scipy.special import expit

from engine.errors import EngineError
from engine.statistics import (
    KINDS,
    BernoulliClassifier,
    Gaussian,
    GaussianClassifier,
    accuracy,
    confusion,
    least_squares,
    logistic_loss,
    logistic_regression,
    separable,
)
from lessons.data import STATS, generators, pokemon

TWO = ("defense", "sp_defense")


def clouds(seed, count=60, features=3, classes=2):
    g = np.random.default_rng(seed)
    y = np.arange(count) % classes
    mix = g.normal(0, 1, (classes, features, features))
    return g.normal(0, 2, (classes, features))[y] + np.einsum(
        "ndk,nk->nd", mix[y], g.normal(0, 1, (count, features))
    ), y


def fails(code, call, *arguments, **options):
    with pytest.raises(EngineError) as caught:
        call(*arguments, **options)
    assert caught.value.code == code
    return caught.value.facts


# Gaussians


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 5))
def test_density_against_scipy(seed, features):
    x, _ = clouds(seed, 40, features)
    ours = Gaussian.fit(x)
    np.testing.assert_allclose(
        ours.covariance, np.cov(x.T, bias=True).reshape(features, features), atol=1e-12
    )
    theirs = stats.multivariate_normal(ours.mean, ours.covariance)
    np.testing.assert_allclose(ours.log_density(x), theirs.logpdf(x).ravel(), rtol=1e-8, atol=1e-8)


def test_the_fit_is_the_likeliest():
    x, _ = clouds(3)
    best = Gaussian.fit(x)
    for change in np.random.default_rng(0).normal(0, 0.05, (20, 3)):
        assert Gaussian(best.mean + change, best.covariance).log_likelihood(x) < best.log_likelihood(x)
    for factor in (0.9, 1.1):
        assert Gaussian(best.mean, factor * best.covariance).log_likelihood(x) < best.log_likelihood(x)


def test_a_gaussian_by_hand():
    g = Gaussian(np.zeros(2), 2 * np.eye(2))
    assert g.density([[0, 0], [2, 0]]) == pytest.approx([1 / (4 * np.pi), np.exp(-1) / (4 * np.pi)])


def test_diagonal_and_ridge():
    x, _ = clouds(4)
    full, naive, ridged = Gaussian.fit(x), Gaussian.fit(x, diagonal=True), Gaussian.fit(x, ridge=0.5)
    assert (naive.covariance == np.diag(np.diag(full.covariance))).all()
    np.testing.assert_allclose(ridged.covariance - full.covariance, 0.5 * np.eye(3), atol=1e-14)
    alone = sum(Gaussian.fit(x[:, [k]]).log_density(x[:, [k]]) for k in range(3))
    np.testing.assert_allclose(naive.log_density(x), alone, rtol=1e-12)


def test_a_singular_covariance_is_told():
    x, y = clouds(5)
    doubled = np.column_stack((x, x.sum(axis=1)))
    assert fails("singular", Gaussian.fit(doubled).log_density, doubled) == {"name": "covariance"}
    fails("singular", Gaussian.fit(np.ones((4, 2))).log_density, [[1, 1]])
    assert np.isfinite(Gaussian.fit(doubled, ridge=1e-3).log_density(doubled)).all()
    # Features of very different size are not singular.
    assert np.isfinite(Gaussian.fit(x * [1e-6, 1, 1e6]).log_density(x * [1e-6, 1, 1e6])).all()
    small = GaussianClassifier.fit(x[:4], y[:4])
    fails("singular", small.predict, x)


@pytest.mark.parametrize("kind", KINDS)
def test_posteriors_are_bayes(kind):
    x, y = clouds(6, 90, 2, 3)
    model = GaussianClassifier.fit(x, y, kind)
    joint = np.stack(
        [
            p * stats.multivariate_normal(g.mean, g.covariance).pdf(x)
            for p, g in zip(model.priors, model.gaussians, strict=True)
        ],
        axis=1,
    )
    np.testing.assert_allclose(
        model.posterior(x), joint / joint.sum(axis=1, keepdims=True), rtol=1e-9, atol=1e-12
    )
    np.testing.assert_allclose(model.posterior(x).sum(axis=1), 1)
    assert (model.predict(x) == joint.argmax(axis=1)).all()


def test_shared_covariance_is_the_weighted_mean():
    x, y = clouds(7, 70, 2, 2)
    keep = (y == 0) | (np.arange(70) < 30)
    x, y = x[keep], y[keep]
    own, shared = GaussianClassifier.fit(x, y), GaussianClassifier.fit(x, y, "shared")
    n = np.bincount(y)
    wanted = (n[0] * own.gaussians[0].covariance + n[1] * own.gaussians[1].covariance) / n.sum()
    for g in shared.gaussians:
        np.testing.assert_allclose(g.covariance, wanted, rtol=1e-13)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 4), st.sampled_from(["shared", "shared-diagonal"]))
def test_the_posterior_is_a_sigmoid(seed, features, kind):
    x, y = clouds(seed, 60, features)
    model = GaussianClassifier.fit(x, y, kind)
    line = model.discriminant()
    np.testing.assert_allclose(line.posterior(x), model.posterior(x)[:, 0], atol=1e-12)
    np.testing.assert_allclose(model.discriminant(1, 0).posterior(x), model.posterior(x)[:, 1], atol=1e-12)


def test_bad_classes():
    x, y = clouds(8)
    fails("not-shared", GaussianClassifier.fit(x, y).discriminant)
    assert fails("unknown-covariance", GaussianClassifier.fit, x, y, "round")["kind"] == "round"
    assert fails("empty-class", GaussianClassifier.fit, x, 2 * y) == {"label": 1}
    fails("wrong-count", GaussianClassifier.fit, x, y[:-1])
    fails("wrong-width", GaussianClassifier.fit(x, y).predict, x[:, :2])


# The lecture's Pokémon


def test_water_and_normal():
    x, y, unseen, _ = pokemon(TWO)
    water, normal = Gaussian.fit(x[y == 0]), Gaussian.fit(x[y == 1])
    np.testing.assert_allclose(water.mean, [75.0, 71.3], atol=0.05)
    np.testing.assert_allclose(normal.mean, [55.6, 59.8], atol=0.05)
    np.testing.assert_allclose(water.covariance, [[874, 327], [327, 929]], atol=0.5)
    np.testing.assert_allclose(normal.covariance, [[468, 198], [198, 553]], atol=0.5)
    assert (len(x), len(unseen)) == (140, 68)
    # The slide's covariance of Normal is centred on the mean of Water.
    away = water.mean - normal.mean
    np.testing.assert_allclose(normal.covariance + np.outer(away, away), [[847, 422], [422, 685]], rtol=2e-3)
    assert water.density([[103, 45]])[0] > 0


def test_shared_line_of_water_and_normal():
    x, y, *_ = pokemon(TWO)
    model = GaussianClassifier.fit(x, y, "shared")
    np.testing.assert_allclose(model.gaussians[0].covariance, [[697, 271], [271, 765]], atol=0.5)
    np.testing.assert_allclose(model.priors, [79 / 140, 61 / 140])
    line = model.discriminant()
    np.testing.assert_allclose(line.weight, [0.0256, 0.0060], atol=5e-5)
    assert line.bias == pytest.approx(-1.805, abs=5e-4)


@pytest.mark.parametrize(
    ("features", "kind", "right"),
    [
        (TWO, "own", 35),
        (TWO, "shared", 33),
        (STATS, "own", 43),
        (STATS, "shared", 52),
        (STATS, "diagonal", 38),
    ],
)
def test_unseen_pokemon(features, kind, right):
    x, y, unseen, truth = pokemon(features)
    found = GaussianClassifier.fit(x, y, kind).predict(unseen)
    assert (found == truth).sum() == right and accuracy(truth, found) == right / 68


def test_unseen_pokemon_by_logistic_regression():
    x, y, unseen, truth = pokemon()
    assert (logistic_regression(x, y).predict(unseen) == truth).sum() == 53


def test_the_total_is_no_new_feature():
    x, y, unseen, _ = pokemon(("total", *STATS))
    fails("singular", GaussianClassifier.fit(x, y, "shared").predict, unseen)
    ridged = GaussianClassifier.fit(x, y, "shared", ridge=1e-3).predict(unseen)
    assert np.isin(ridged, (0, 1)).all()
    with_total, without = logistic_regression(x, y), logistic_regression(x[:, 1:], y)
    np.testing.assert_allclose(with_total.logit(unseen), without.logit(unseen[:, 1:]), atol=1e-5)


# Naive Bayes


def test_thirteen_rows():
    x, y = generators.boolean13()
    model = BernoulliClassifier.fit(x, y)
    np.testing.assert_allclose(model.priors, [1 / 13, 12 / 13])
    np.testing.assert_allclose(model.chances[1], 1 / 3)
    assert model.posterior([[1, 1]])[0] == pytest.approx([3 / 7, 4 / 7], rel=1e-12)
    assert model.predict([[1, 1]]) == [1]


def test_naive_bayes_against_counting():
    g = np.random.default_rng(2)
    x, y = g.integers(0, 2, (200, 4)), g.integers(0, 3, 200)
    model = BernoulliClassifier.fit(x, y, smoothing=1)
    row = x[7]
    joint = [
        np.mean(y == k)
        * np.prod([((x[y == k, j] == row[j]).sum() + 1) / ((y == k).sum() + 2) for j in range(4)])
        for k in range(3)
    ]
    np.testing.assert_allclose(model.posterior([row])[0], joint / np.sum(joint), rtol=1e-12)
    assert fails("not-bits", model.predict, [[0, 1, 2, 0]]) == {"value": 2.0}


def test_what_no_class_can_make_has_the_priors():
    model = BernoulliClassifier.fit([[0, 0], [1, 1], [1, 1]], [0, 1, 1])
    assert model.posterior([[0, 1], [0, 0]]).tolist() == [pytest.approx([1 / 3, 2 / 3]), [1, 0]]


# Lines


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.01, 10))
def test_least_squares_against_normal_equations(seed, ridge):
    g = np.random.default_rng(seed)
    x, y = g.normal(0, 1, (20, 3)), g.normal(0, 1, 20)
    a = np.column_stack((x, np.ones(20)))
    for each in (0.0, ridge):
        wanted = np.linalg.solve(a.T @ a + np.diag([each, each, each, 0]), a.T @ y)
        line = least_squares(x, y, each)
        np.testing.assert_allclose(np.append(line.weight, line.bias), wanted, rtol=1e-8, atol=1e-10)


def test_least_squares_of_several_outputs_and_dependent_features():
    g = np.random.default_rng(0)
    x, y = g.normal(0, 1, (20, 3)), g.normal(0, 1, (20, 2))
    both = least_squares(x, y)
    assert both.predict(x).shape == (20, 2)
    np.testing.assert_allclose(both.weight[:, 1], least_squares(x, y[:, 1]).weight, atol=1e-12)
    twice = least_squares(np.column_stack((x, x)), y[:, 0])
    np.testing.assert_allclose(twice.weight[:3], twice.weight[3:], atol=1e-10)
    fails("wrong-count", least_squares, x, y[:5])
    fails("negative", least_squares, x, y, -1)


def test_too_correct():
    """Far points of the right class turn the line of least squares, not the logistic one."""
    for seed in range(3):
        x, y = generators.far_cluster(seed)
        shares = []
        for count in (80, 95):
            line = least_squares(x[:count], 2 * y[:count] - 1)
            shares.append(accuracy(y[:80], line.predict(x[:80]) > 0))
        assert shares[0] == 1 and 0.85 <= shares[1] <= 0.96
        assert accuracy(y[:80], logistic_regression(x, y, ridge=0.01).predict(x[:80])) == 1


# Logistic regression


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.1, 10))
def test_newton_finds_the_least_loss(seed, ridge):
    g = np.random.default_rng(seed)
    x = g.normal(0, 2, (40, 3))
    y = (g.random(40) < expit(x @ [1, -1, 0.5] + 0.3)).astype(int)
    model = logistic_regression(x, y, ridge)
    found = optimize.minimize(lambda v: logistic_loss(v[:3], v[3], x, y, ridge), np.zeros(4), tol=1e-12)
    assert logistic_loss(model.weight, model.bias, x, y, ridge) <= found.fun + 1e-9
    np.testing.assert_allclose(np.append(model.weight, model.bias), found.x, atol=1e-3)
    assert model.path.shape == (model.steps + 1, 4) and (model.path[-1] == [*model.weight, model.bias]).all()


def test_newton_never_climbs():
    x, y, *_ = pokemon()
    path = logistic_regression(x, y).path
    losses = [logistic_loss(v[:-1], v[-1], x, y) for v in path]
    assert (np.diff(losses) <= 1e-9).all() and losses[0] == pytest.approx(140 * np.log(2))


def test_separable_classes_need_a_ridge():
    x = np.array([[-2.0], [-1.0], [1.0], [3.0]])
    assert separable(x, [0, 0, 1, 1]) and not separable(x, [0, 1, 0, 1])
    assert separable([[-1], [0], [0], [1]], [0, 0, 1, 1])  # points on the border: still no best w
    assert separable(x, [1, 1, 1, 1])
    fails("separable", logistic_regression, x, [0, 0, 1, 1])
    model = logistic_regression(x, [0, 0, 1, 1], ridge=1e-6)
    assert model.predict(x).tolist() == [0, 0, 1, 1] and model.weight[0] > 5
    assert not separable(*generators.xor4())


def test_a_line_cannot_do_xor():
    x, y = generators.xor4()
    model = logistic_regression(x, y)
    assert np.abs(model.weight).max() < 1e-12 and model.posterior(x) == pytest.approx(4 * [0.5])


def test_scales_do_not_matter():
    x, y, *_ = pokemon()
    scales = np.array([1e-4, 1, 1e4, 1, 1, 1])
    np.testing.assert_allclose(
        logistic_regression(x * scales, y).logit(x * scales), logistic_regression(x, y).logit(x), atol=1e-6
    )
    assert fails("no-convergence", logistic_regression, x, y, steps=1)["steps"] == 1
    fails("out-of-range", logistic_regression, x, y + 1)
    fails("not-finite", logistic_regression, x * np.nan, y)


# Scores


def test_scores():
    y, found = [0, 0, 1, 1, 2], [0, 1, 1, 1, 0]
    assert accuracy(y, found) == 0.6
    assert confusion(y, found).tolist() == [[1, 1, 0], [0, 2, 0], [1, 0, 0]]
    assert confusion(y, found, 4).sum() == 5 and confusion(y, found, 4).shape == (4, 4)
    fails("wrong-count", accuracy, y, found[:3])
    assert fails("out-of-range", confusion, y, found, 2)["value"] == 2
