"""The lesson on NAG and Nadam: its figures, and every formula that its text shows."""

import numpy as np
import pytest
from formulas import prove

from lessons import catalog
from lessons.labs.streams import ride

HILL = {"surface": "hill", "rate": 0.05}


@pytest.fixture(scope="module")
def run():
    """(experiment, seed, settings) → model at the end of its story; each once."""
    lesson, kept = catalog.load().lesson("optim/look_ahead"), {}

    def go(name, seed=1, **settings):
        key = (name, seed, *sorted(settings.items()))
        if key not in kept:
            model = lesson.call("run:build")(lesson.experiments()[name].settings(settings), seed)
            model.train(model.limit)
            kept[key] = model
        return kept[key]

    return go


def test_the_valley_as_in_the_lessons_table(run):
    sgdm, nag = (run("nag", method=method).facts() for method in ("sgdm", "nag"))
    assert (sgdm["settled"], nag["settled"]) == (102, 94)
    assert (sgdm["first"], nag["first"]) == pytest.approx((49.6, 49.6), abs=6e-3)
    assert (sgdm["peak"], nag["peak"]) == pytest.approx((84.7, 49.6), abs=0.03)
    assert nag["places"][2][1] == pytest.approx(-0.07, abs=2e-3)


def test_the_hill_and_a_heavy_momentum(run):
    far = [run("nag", method=method, **HILL).facts()["far"] for method in ("sgdm", "nag")]
    assert far == pytest.approx([6.64, 6.39], abs=6e-3)
    peaks = [run("nag", method=method, momentum=0.95).facts()["peak"] for method in ("sgdm", "nag")]
    assert peaks == pytest.approx([93.2, 49.6], abs=0.03)


def test_the_mean_losses_on_digits(run):
    mean = lambda name, **more: np.mean(
        [run("nadam", seed, optimizer=name, **more).record.column("loss").mean() for seed in range(1, 11)]
    )
    assert [mean(name) for name in ("adam", "nadam", "sgdm", "nag")] == pytest.approx(
        [0.352, 0.347, 0.451, 0.414], abs=6e-4
    )
    assert [mean(name, rate=0.01) for name in ("nadam", "adam")] == pytest.approx([0.317, 0.304], abs=6e-4)


SLOPE = np.array([1.0, 100.0])


def nesterov(run):
    """Both lines, worked out by hand for forty updates."""
    theta, m = np.array([10.0, 1.0]), np.zeros(2)
    for place in run("nag", method="nag").facts()["places"]:
        assert np.allclose(theta, place, rtol=1e-12)
        m = 0.9 * m + 0.009 * SLOPE * (theta - 0.9 * m)
        theta = theta - m


def prime(run):
    theta, m = np.array([10.0, 1.0]), np.zeros(2)
    for place in run("nag", method="nag-prime").facts()["places"]:
        assert np.allclose(theta, place, rtol=1e-12)
        gradient = SLOPE * theta
        m = 0.9 * m + 0.009 * gradient
        theta = theta - 0.9 * m - 0.009 * gradient


def point_ahead(run):
    return np.allclose(
        run("nag", method="nag").facts()["leads"], run("nag", method="nag-prime").facts()["places"]
    )


def numerator(run):
    """With a fixed β₁ (ψ very large takes the rise away) the engine's step is the slide's m̂ over √v̂."""
    gradients, m, v = np.array([3.0, -1.0, 2.0, 0.5]), 0.0, 0.0
    theta = ride(gradients, optimizer="nadam", rate=1.0, momentum=0.9, psi=1e6).theta[:, 0]
    for t, g in enumerate(gradients, 1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        top = 0.9 * m / (1 - 0.9 ** (t + 1)) + 0.1 * g / (1 - 0.9**t)
        assert theta[t - 1] - theta[t] == pytest.approx(top / np.sqrt(v / (1 - 0.999**t)), rel=1e-6)


def rising(run):
    """The first step of a gradient of 1 is m̂ of μ₁ and μ₂."""
    mu = lambda t: 0.9 * (1 - 0.5 * 0.96 ** (0.004 * t))
    theta = ride(np.ones(1), optimizer="nadam", rate=1.0).theta[:, 0]
    step = mu(2) * 0.1 / (1 - mu(1) * mu(2)) + (1 - mu(1)) / (1 - mu(1))
    assert mu(1) == pytest.approx(0.45, abs=1e-3)
    assert theta[0] - theta[1] == pytest.approx(step, rel=1e-6)


FORMULAS = {
    "m ← λ·m + η·∇L(θ − λ·m)": nesterov,
    "θ ← θ − m": nesterov,
    "θ′ = θ − λ·m": point_ahead,
    "θ′ ← θ′ − λ·m − η·∇L(θ′)": prime,
    "A = β₁·m / (1 − β₁ᵗ⁺¹)": numerator,
    "B = (1 − β₁)·g / (1 − β₁ᵗ)": numerator,
    "m̂ = A + B": numerator,
    "μ_t = β₁·(1 − ½·0.96^(0.004·t))": rising,
}


def test_formulas(run):
    prove("optim/look_ahead", FORMULAS, run)
