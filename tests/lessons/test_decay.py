"""The lesson on L2 and weight decay: its figures, and every formula that its text shows."""

import numpy as np
import pytest
from formulas import prove

from lessons import catalog
from lessons.data.generators import noise_gradients
from lessons.labs.streams import ride


@pytest.fixture(scope="module")
def run():
    """Settings → model at the end of its story; each once."""
    lesson, kept = catalog.load().lesson("optim/decay"), {}

    def go(**settings):
        key = (*sorted(settings.items()),)
        if key not in kept:
            model = lesson.call("run:build")(lesson.experiments()["pull"].settings(settings), 1)
            model.train(model.limit)
            kept[key] = model
        return kept[key]

    return go


def test_what_is_left(run):
    assert run(way="adam-l2").facts()["theta"] == pytest.approx((0.895, -0.008), abs=6e-4)
    assert run(way="adamw").facts()["theta"] == pytest.approx((0.559, 0.557), abs=6e-4)
    assert run().facts()["pure"] == pytest.approx(0.606, abs=6e-4)


def test_near_the_lessons_table(run):
    """0.893 and 0.016 for Adam with L2, 0.54 and 0.60 for AdamW, on another draw of the noise."""
    assert run(way="adam-l2").facts()["theta"] == pytest.approx((0.893, 0.016), abs=0.03)
    assert run(way="adamw").facts()["theta"] == pytest.approx((0.54, 0.60), abs=0.05)


def test_equal_noise_is_treated_alike(run):
    large, small = run(way="adam-l2", steep=1, gentle=1).facts()["theta"]
    assert abs(large - small) < 0.15


def by_hand(decoupled):
    """θ after 300 updates of the slide's formula."""
    theta, m, v = np.ones(2), np.zeros(2), np.zeros(2)
    for t, noise in enumerate(noise_gradients(300, 1), 1):
        g = noise if decoupled else noise + 0.1 * theta
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        step = m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        theta = theta - 0.001 * (step + (0.1 * theta if decoupled else 0))
    return theta


def place(way):
    lesson = catalog.load().lesson("optim/decay")
    model = lesson.call("run:build")(lesson.experiments()["pull"].settings({"way": way}), 1)
    model.noise = noise_gradients(300, 1)
    model.train(300)
    return model.driver.theta


def adam_l2(run):
    return np.allclose(place("adam-l2"), by_hand(False), rtol=1e-9)


def adamw(run):
    return np.allclose(place("adamw"), by_hand(True), rtol=1e-9)


def outside(run):
    """The engine puts η in front of m and of the decay; with η = 1 it is the slide's line."""
    theta, m = 1.0, 0.0
    for g in (0.3, -0.1, 0.2):
        m = 0.9 * m + g
        theta = theta - m - 0.05 * theta
    engine = ride([0.3, -0.1, 0.2], (1.0,), optimizer="sgdw", rate=1.0, momentum=0.9, weight_decay=0.05)
    return np.isclose(engine.theta[-1, 0], theta, rtol=1e-12)


FORMULAS = {
    "θ ← θ − η·m̂/(√v̂ + ε)": adam_l2,
    "θ ← θ − η·(m̂/(√v̂ + ε) + γ·θ)": adamw,
    "θ ← θ − m − γ·θ": outside,
}


def test_formulas(run):
    prove("optim/decay", FORMULAS, run)
