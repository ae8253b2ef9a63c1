"""Three classes and XOR: regions, shares and features against independent computations; the figures of the text."""

import numpy as np
import pytest
from formulas import prove
from scipy.special import expit, softmax

from lessons import catalog
from lessons.labs import regions
from lessons.labs.cascade import NETS, POINTS, TARGETS
from lessons.logistic.multi_class.run import SLIDE

LESSON = catalog.load().lesson("logistic/multi_class")
EXPERIMENTS = LESSON.experiments()


def model(name, seed=1, updates=None, **settings):
    """The section's model after so many updates, all of its story unless told."""
    experiment = EXPERIMENTS[name]
    made = LESSON.call(experiment.build)(experiment.settings(settings), seed)
    made.train(made.limit if updates is None else updates)
    return made


def texts(numbers):
    return [step.text for step in numbers.steps]


# Three classes


@pytest.mark.parametrize("head", ["softmax", "one-vs-rest"])
def test_scores_and_shares(head):
    found = model("regions", head=head, updates=50)
    w, b = found.weights()
    z = found.x @ w + b
    assert np.allclose(found.logits(found.x), z)
    assert np.allclose(found.chances(z), softmax(z, axis=1) if head == "softmax" else expit(z))
    assert found.right() == np.mean(z.argmax(axis=1) == found.y)


def test_figures_of_the_digits():
    soft, rest = (model("regions", head=head) for head in ("softmax", "one-vs-rest"))
    assert (round(100 * soft.right()), round(100 * rest.right())) == (98, 97)
    assert soft.bent() == rest.bent() == 0 and soft.facts()["sums"] == pytest.approx((1, 1))
    low, high = rest.facts()["sums"]
    assert round(low, 1) == 0.4 and round(high, 1) == 2.0 and round(100 * rest.facts()["two"]) == 37
    assert len(soft.x) == 300 and np.bincount(soft.y).tolist() == [100, 100, 100]
    assert model("regions", head="softmax", width="16").bent() > 0


def test_figures_of_the_row():
    soft, rest = (model("regions", head=head, data="row") for head in ("softmax", "one-vs-rest"))
    assert rest.sure()[1] == 0 and round(100 * soft.sure()[1]) == 97 and rest.right() > 0.95


def test_the_three_lines_meet_in_one_point():
    found = model("regions", head="softmax")
    w, b = found.weights()
    pairs = [(w[:, i] - w[:, j], b[i] - b[j]) for i, j in ((0, 1), (1, 2), (0, 2))]
    at = np.linalg.solve(np.stack([u for u, _ in pairs[:2]]), [-c for _, c in pairs[:2]])
    assert pairs[2][0] @ at + pairs[2][1] == pytest.approx(0, abs=1e-9)
    for line in found.borders():
        z = np.sort(np.stack([line.x, line.y], axis=1) @ w + b, axis=1)
        assert np.allclose(z[:, 2], z[:, 1], atol=1e-9)


def test_pictures_of_both_heads():
    arms = {
        head: model("regions", head=head, updates=60, probe=(0.5, -1.0))
        for head in ("softmax", "one-vs-rest")
    }
    z = [arm.logits(np.array([[0.5, -1.0]]))[0] for arm in arms.values()]
    shares = regions.PICTURES["shares"](arms, "softmax", ())
    assert np.allclose(shares.values, softmax(z[0])) and np.allclose(shares.beside, expit(z[1]))
    lines = texts(regions.PICTURES["numbers"](arms, "softmax", ()))
    assert "y₁ + y₂ + y₃ = 1.0000" in lines and f"f₁ + f₂ + f₃ = {expit(z[1]).sum():.4f}" in lines
    yes = regions.PICTURES["yes"](arms, "softmax", ())
    assert yes.field.max() == 2
    plane = regions.PICTURES["plane-softmax"](arms, "one-vs-rest", ())
    places = arms["softmax"].square()
    assert np.array_equal(plane.field.ravel(), arms["softmax"].logits(places).argmax(axis=1))
    assert plane.cursor == (0.5, -1.0)


# XOR


@pytest.mark.parametrize("features", ["plain", "distance", "lecture", "learned"])
def test_what_the_nets_say_is_the_populations(features):
    found = model("cascade", features=features, updates=70)
    f = expit(found.logits(found.population.theta, POINTS))
    losses = -np.log(np.where(TARGETS == 1, f, 1 - f)).mean(axis=1)
    assert np.allclose(losses, found.population.losses(), atol=1e-10)
    assert np.array_equal(found.right(), ((f > 0.5) == TARGETS).sum(axis=1))


def test_features_made_by_hand():
    found = model("cascade", features="distance", updates=0)
    root = np.sqrt(2)
    assert np.allclose(found.given(POINTS), [(0, root), (1, 1), (1, 1), (root, 0)])
    lecture = model("cascade", features="lecture", updates=0)
    assert np.array_equal(np.round(lecture.given(POINTS), 2), SLIDE)


def test_figures_of_the_cascade():
    counts = lambda **settings: model("cascade", **settings).facts()["counts"]
    learned = counts(features="learned")
    assert sum(learned) == NETS and round(100 * learned[4] / NETS) == 68
    assert counts(features="distance")[4] == counts(features="lecture")[4] == NETS
    assert counts(features="learned", width="8")[4] == NETS
    assert counts(features="learned", activation="identity")[4] == 0
    plain = model("cascade", features="plain").facts()
    assert plain["most"] == 3 and plain["unsure"] < 1e-6


def test_no_line_has_all_four():
    w = np.random.default_rng(2).normal(size=(200_000, 3))
    right = ((w[:, :2] @ POINTS.T + w[:, 2:] > 0) == TARGETS).sum(axis=1)
    assert right.max() == 3


def test_the_same_however_it_is_cut():
    whole, cut = (
        model("cascade", features="learned", updates=130),
        model("cascade", features="learned", updates=0),
    )
    for updates in (1, 49, 7, 73):
        cut.train(updates)
    assert np.array_equal(whole.population.theta, cut.population.theta)
    assert np.array_equal(whole.peak, cut.peak)
    kept = whole.state()
    whole.train(100)
    whole.restore(kept)
    assert whole.step == 130 and np.array_equal(whole.peak, cut.peak)


def test_pictures_of_one_net():
    found = model("cascade", features="learned", net=3)
    hidden = found.look("hidden", ())
    at = found.features(found.population.theta[[3]], POINTS)[0]
    assert np.array_equal(np.sort(hidden.dots[0].x), np.sort(at[TARGETS == 1, 0]))
    for line in hidden.paths:
        *_, w, b = (part[0] for part in found.parts(found.one))
        assert np.allclose(np.stack([line.x, line.y], axis=1) @ w + b, 0, atol=1e-9)
    solved = found.look("solved", ())
    assert solved.values.sum() == solved.beside.sum() == NETS
    assert len(found.look("maps", ()).images) == 3
    wanted = found.act("stuck")["net"]
    assert found.right()[wanted] < 4 and found.right()[found.act("solved")["net"]] == 4
    lecture = model("cascade", features="lecture", updates=0)
    assert lecture.look("points", ()).rows[1][2:4] == (0.73, 0.05)
    assert "x′₁ = σ(−2.00·0 + 2.00·1 + (−1.00)) = 0.73" in texts(lecture.look("numbers", ()))


# Formulas


def test_formulas():
    g = np.random.default_rng(4)
    w, b, x = g.normal(size=(3, 2)), g.normal(size=3), g.normal(size=2)
    found = model("regions", head="softmax", updates=30)
    wide, offset = found.weights()
    z = found.x[0] @ wide + offset
    length = lambda *v: np.hypot(*v)

    def border():
        one, other = w[0] - w[1], b[0] - b[1]
        at = -other * one / (one @ one)
        assert np.isclose(w[0] @ at + b[0], w[1] @ at + b[1])

    def diagonals():
        score = lambda *at: w[0] @ np.array(at) + b[0]
        assert np.isclose(score(0, 0) + score(1, 1), score(0, 1) + score(1, 0))

    prove(
        LESSON.id,
        {
            "zᵢ = wᵢ·x + bᵢ": lambda: np.allclose(found.logits(found.x[:1])[0], z),
            "yᵢ = e^zᵢ / Σⱼ e^zⱼ": lambda: np.allclose(
                found.chances(z[None])[0], np.exp(z) / np.exp(z).sum()
            ),
            "e³ / (e³ + e¹ + e⁻³) = 0.88": lambda: round(softmax([3, 1, -3])[0], 2) == 0.88,
            "(wᵢ − wⱼ)·x + (bᵢ − bⱼ) = 0": border,
            "(0,1): √(0² + 1²) = 1, √(1² + 0²) = 1": lambda: length(0, 1) == 1 == length(1, 0),
            "(1,1): √(1² + 1²) = √2, √(0² + 0²) = 0": lambda: (
                np.isclose(length(1, 1), np.sqrt(2)) and length(0, 0) == 0
            ),
            "z(0,0) + z(1,1) = z(0,1) + z(1,0)": diagonals,
            "σ(−2·0 + 2·0 − 1) = 0.27": lambda: round(expit(-1), 2) == 0.27,
            "σ(−2·0 + 2·1 − 1) = 0.73": lambda: round(expit(1), 2) == 0.73,
            "σ(2·0 − 2·1 − 1) = 0.05": lambda: round(expit(-3), 2) == 0.05,
        },
    )
    assert x.shape == (2,)
