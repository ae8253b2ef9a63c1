"""The lesson on warm-up, RAdam and Lookahead: its figures, and every formula that its text shows."""

import math

import numpy as np
import pytest
from formulas import prove

from lessons import catalog


@pytest.fixture(scope="module")
def run():
    """(experiment, settings) → model at the end of its story, or after `updates`; each once."""
    lesson, kept = catalog.load().lesson("optim/warmup"), {}

    def go(name, updates=None, **settings):
        key = (name, updates, *sorted(settings.items()))
        if key not in kept:
            model = lesson.call("run:build")(lesson.experiments()[name].settings(settings), 1)
            model.train(model.limit if updates is None else updates)
            kept[key] = model
        return kept[key]

    return go


def test_the_first_ten_updates(run):
    plain, warm = (run("first-ten", start=start) for start in ("plain", "warm-up"))
    assert (plain.strides[0], warm.strides[0]) == pytest.approx((4.32, 0.086), abs=6e-3)
    assert plain.record.column("loss")[[0, 3]] == pytest.approx([2.35, 3.20], abs=6e-3)
    assert (np.ptp(plain.medians), np.ptp(warm.medians)) == pytest.approx((1.04, 0.25), abs=6e-3)
    ends = [model.metrics()["training-loss"] for model in (plain, warm)]
    assert ends == pytest.approx([0.93, 0.77], abs=6e-3)
    assert len(plain.heaps) == 10 and plain.heaps[0].sum() > 20_000


def test_a_small_rate_needs_no_warm_up(run):
    ends = [run("first-ten", start=s, rate=0.001).metrics()["training-loss"] for s in ("plain", "warm-up")]
    assert abs(ends[0] - ends[1]) < 0.03


def test_radam_on_the_deep_net(run):
    ends = {s: run("radam", start=s).metrics()["training-loss"] for s in ("radam", "plain", "warm-up")}
    assert ends == pytest.approx({"radam": 0.39, "plain": 0.93, "warm-up": 0.77}, abs=6e-3)
    gentle = [run("radam", start=s, rate=0.001).metrics()["training-loss"] for s in ("radam", "plain")]
    assert gentle == pytest.approx([1.00, 0.42], abs=6e-3)
    assert run("radam").strides[0] == pytest.approx(0.0267, abs=6e-5)


def test_r_is_the_engines_own(run):
    """A constant gradient makes m̂ = √v̂ = g, so that the step is r itself."""
    from lessons.labs.streams import ride

    theta = ride(np.ones(200), optimizer="radam", rate=1.0).theta[:, 0]
    lesson = catalog.load().lesson("optim/warmup")
    settled = lesson.call("run:settled")
    moves = -np.diff(theta)
    assert moves[:4] == pytest.approx(np.ones(4))
    assert moves[4:] == pytest.approx([settled(t, 0.999)[1] for t in range(5, 201)], rel=1e-5)


def test_lookahead_shakes_less(run):
    shake = {outer: run("lookahead", outer=outer).facts()["shake"] for outer in ("off", "on")}
    assert shake == pytest.approx({"off": 0.158, "on": 0.097}, abs=6e-4)
    losses = [run("lookahead", outer=outer).record.column("loss")[-400:].mean() for outer in ("off", "on")]
    assert losses == pytest.approx([1.55, 1.16], abs=6e-3)
    assert run("lookahead", alpha=0.1).slow()[-1, 0] == pytest.approx(2.94, abs=6e-3)


def rho(run):
    found = catalog.load().lesson("optim/warmup").call("run:settled")(4, 0.999)[0]
    return (
        math.isclose(found, 1999 - 2 * 4 * 0.999**4 / (1 - 0.999**4), rel_tol=1e-12)
        and round(found, 3) == 3.997
    )


def ratio(run):
    rho_t, r = catalog.load().lesson("optim/warmup").call("run:settled")(100, 0.999)
    a, b = (rho_t - 4) * (rho_t - 2) * 1999, 1995 * 1997 * rho_t
    return math.isclose(r, math.sqrt(a / b), rel_tol=1e-9) and round(r, 3) == 0.215


def full_step(run):
    """Every weight with a gradient moves by η in Adam's first update."""
    still, moved = run("first-ten", updates=0, start="plain"), run("first-ten", updates=1, start="plain")
    steps = np.abs(moved.trainer.theta - still.trainer.theta)
    return np.mean(np.abs(steps[steps > 0] - 0.03) < 3e-4) > 0.98 and steps.max() < 0.03 * (1 + 1e-3)


def outer_step(run):
    fast = run("lookahead", updates=5, outer="off").trainer.theta
    return np.allclose(
        run("lookahead", updates=5).trainer.theta, [10, 1] + 0.5 * (fast - [10, 1]), rtol=1e-12
    )


FORMULAS = {
    "η·m̂/√v̂ = η·g/|g| = ±η": full_step,
    "ρ_t = ρ∞ − 2·t·β₂ᵗ / (1 − β₂ᵗ)": rho,
    "A = (ρ_t − 4)·(ρ_t − 2)·ρ∞": ratio,
    "B = (ρ∞ − 4)·(ρ∞ − 2)·ρ_t": ratio,
    "r_t = √(A / B)": ratio,
    "φ ← φ + α·(θ − φ), θ ← φ": outer_step,
}


def test_formulas(run):
    prove("optim/warmup", FORMULAS, run)
