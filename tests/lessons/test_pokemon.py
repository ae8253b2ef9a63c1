"""Pokémon and Bayes: the book and its counts, lines that far points pull, boxes against their chances, formulas."""

import numpy as np
import pytest
from formulas import prove

from engine.session import Session
from engine.statistics import GaussianClassifier, least_squares, logistic_loss
from lessons import catalog
from lessons.classify.pokemon.experiments import BESIDE, BOXES, EVEN, HOME, PIKACHU, WATER, WRONG
from lessons.data import STATS, pokemon
from lessons.data.generators import far_cluster
from lessons.labs import dex, rivals
from lessons.labs.boxes import BALLS, Boxes

LESSON = catalog.load().lesson("classify/pokemon")
EXPERIMENTS = LESSON.experiments()
TWO = ("defense", "sp_defense")


def model(name, seed=1, **settings):
    experiment = EXPERIMENTS[name]
    return LESSON.call(experiment.build)(experiment.settings(settings), seed)


# The book


def test_the_data_give_the_lectures_counts_and_means():
    x, y, _, test_y = pokemon(TWO)
    assert np.bincount(y).tolist() == [79, 61] and np.bincount(test_y).tolist() == [32, 36]
    assert model("pokedex").counts().tolist() == [[79, 32], [61, 36]]
    assert x[y == 0].mean(axis=0).round(1).tolist() == [75.0, 71.3]
    assert x[y == 1].mean(axis=0).round(1).tolist() == [55.6, 59.8]


def test_pikachu_and_its_row():
    walk = model("pokedex", who=PIKACHU)
    row = walk.table().rows[walk.table().chosen]
    assert row == ("=Pikachu", "type.electric", 320, 35, 55, 40, 50, 50, 90)
    assert walk.numbers().steps[0].text == "35+55+40+50+50+90 = 320"
    assert len(walk.table().rows) == dex.COUNT == EXPERIMENTS["pokedex"].control("who").count
    plane = walk.plane()
    assert (plane.dots[1].x.tolist(), plane.dots[1].y.tolist()) == ([40.0], [50.0])
    assert (len(plane.dots[0].x), plane.x, plane.y) == (dex.COUNT, "column.defense", "column.sp-defense")


def test_seven_numbers_of_which_six_are_independent():
    assert (model("pokedex").rank(), model("pokedex", features="6").rank()) == (6, 6)
    seven = dex.numbers("7")
    assert np.array_equal(seven[:, 0], seven[:, 1:].sum(axis=1))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_strangers_are_met_and_guessed(seed):
    walk, kind = model("pokedex", seed), dex.kind()
    at = dex.strangers(seed)
    assert len(set(at.tolist())) == dex.STRANGERS and (dex.rows().number[at] >= 400).all()
    assert "=?" in [row[1] for row in walk.strangers().rows]
    for row in at:
        changes = walk.act(f"say-{('water', 'normal')[kind[row]]}")
        walk.set("said", changes["said"])
    right, machine, met = walk.score()
    x, y, _, _ = pokemon(STATS)
    judge = GaussianClassifier.fit(x, y, "shared")
    wanted = judge.predict(dex.rows().stats[at]) == kind[at]
    assert (right, machine, met) == (dex.STRANGERS, int(wanted.sum()), dex.STRANGERS)
    assert walk.strangers().rows[0][2] == f"={dex.rows().name[at[-1]]}"
    assert walk.act("say-water") == {"said": (0.0,) * dex.STRANGERS} == walk.act("again")


# Far points


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_lines_are_the_engines(seed):
    walk = model("too-correct", seed, count=15)
    x, y = far_cluster(seed, 40)
    x, y = x[:95], y[:95]
    assert np.allclose(walk.x, x) and (walk.y == y).all()
    fitted = least_squares(x, 2.0 * y - 1)
    assert np.allclose(walk.squares.weight, fitted.weight)
    calls = fitted.predict(x) > 0
    assert walk.facts()["wrong"] == {"squares": int((calls != y).sum()), "logistic": 0}
    plane = walk.plane()
    for name, w, b in (
        ("squares", walk.squares.weight, walk.squares.bias),
        ("logistic", walk.logistic.weight, walk.logistic.bias),
    ):
        line = next(line for line in plane.paths if line.word == f"series.{name}")
        assert np.allclose(np.stack([line.x, line.y], axis=1) @ w + b, 0, atol=1e-6 * np.abs(w).max())
    assert walk.table().rows[0][2] == walk.facts()["wrong"]["squares"]


def test_far_points_of_the_text():
    walk = model("too-correct", count=15)
    outputs = walk.calm.predict(walk.x)[rivals.NEAR :]
    assert round(float(outputs.mean()), 1) == 5.8 and round(walk.burden(), 2) == 0.99
    assert model("too-correct", count=15, far=BESIDE).facts()["wrong"] == {"squares": 0, "logistic": 0}
    assert min(model("too-correct", count=15, far=WRONG).facts()["wrong"].values()) > 15
    walk.set("far", WRONG)
    assert np.allclose(walk.x[rivals.NEAR :].mean(axis=0), WRONG, atol=0.5)
    walk.set("far", HOME)
    walk.set("count", 0)
    assert (len(walk.x), walk.costs().ticks, walk.burden()) == (80, (), 0)


# Boxes


@pytest.mark.parametrize("settings", [BOXES, EVEN, WATER])
def test_bayes_by_hand(settings):
    p, a, b = settings["prior"], settings["blue1"], settings["blue2"]
    walk = Boxes(settings, 1)
    assert walk.posterior() == pytest.approx(
        p * a / (p * a + (1 - p) * b)
    ) and walk.joint().sum() == pytest.approx(1)


def test_balls_are_counted_as_they_are_drawn():
    whole, parts = Boxes(BOXES, 5), Boxes(BOXES, 5)
    rows = whole.train(BALLS)
    cut = [parts.train(n) for n in (1, 7, 500, BALLS)]
    np.testing.assert_array_equal(np.concatenate(cut), rows)
    assert whole.drawn().sum() == BALLS and whole.step == whole.limit
    kept = parts.state()
    again = Boxes(BOXES, 5)
    again.restore(kept)
    assert again.frequency() == whole.frequency() == rows[-1, 0]
    assert np.abs(whole.bars().values - whole.joint()).max() < 0.04


def test_no_blue_ball_at_all():
    walk = Boxes({"prior": 0.5, "blue1": 0.0, "blue2": 0.0}, 1)
    walk.train(10)
    assert np.isnan(walk.posterior()) and walk.metrics() == {}
    assert walk.numbers().steps[-1].note == "note.no-blue" and np.isnan(walk.curve(()).lines[0].y).all()


def test_the_story_in_a_session():
    experiment = EXPERIMENTS["boxes"]
    session = Session(
        LESSON.call(experiment.build), experiment.settings(), 1, live=experiment.live, threaded=False
    )
    session.advance(BALLS)
    assert session.phase == "done" and abs(session.result().metrics["frequency"] - 0.8) < 0.03


def test_defense_of_65_is_the_count():
    x, y, _, _ = pokemon(TWO)
    tough = x[:, 0] >= 65
    assert [int(tough[y == k].sum()) for k in (0, 1)] == [53, 21]
    assert (WATER["blue1"], WATER["blue2"], WATER["prior"]) == (53 / 79, 21 / 61, 79 / 140)


def test_formulas():
    g = np.random.default_rng(0)
    walk = model("too-correct", count=15)
    sign, outputs = walk.sign, walk.squares.predict(walk.x)
    x, y, at, _ = pokemon(TWO)
    judge = GaussianClassifier.fit(x, y)
    joint = np.stack([f.density(at) for f in judge.gaussians], axis=1) * judge.priors
    of_x = joint.sum(axis=1)
    box_1 = lambda: (BOXES["prior"], BOXES["blue1"]) == (2 / 3, 4 / 5)
    box_2 = lambda: np.allclose((1 - BOXES["prior"], BOXES["blue2"]), (1 / 3, 2 / 5))

    def squares():
        least = ((sign - outputs) ** 2).sum()
        for w in walk.squares.weight + g.normal(0, 0.1, (20, 2)):
            assert ((sign - walk.x @ w - walk.squares.bias) ** 2).sum() > least

    def cross_entropy():
        each = rivals.costs(sign * walk.logistic.logit(walk.x))["logistic"]
        assert np.isclose(each.sum(), logistic_loss(walk.logistic.weight, walk.logistic.bias, walk.x, walk.y))

    prove(
        LESSON.id,
        {
            "35 + 55 + 40 + 50 + 50 + 90 = 320": lambda: 35 + 55 + 40 + 50 + 50 + 90 == 320,
            "79/140 = 0.56, 61/140 = 0.44": lambda: (round(79 / 140, 2), round(61 / 140, 2)) == (0.56, 0.44),
            "L = Σ (ŷ − g(x))²": squares,
            "C = ln(1 + e^(−z))": cross_entropy,
            "(1 − 5.8)² = 23.0": lambda: round((1 - 5.8) ** 2, 1) == 23.0,
            "L = Σ δ(f(xⁿ) ≠ ŷⁿ)": lambda: (
                rivals.costs(sign * outputs)["ideal"].sum() == (np.sign(outputs) != sign).sum()
            ),
            "P(B₁) = 2/3, P(蓝|B₁) = 4/5": box_1,
            "P(B₂) = 1/3, P(蓝|B₂) = 2/5": box_2,
            "P(B₁) = 2/3, P(blue|B₁) = 4/5": box_1,
            "P(B₂) = 1/3, P(blue|B₂) = 2/5": box_2,
            "(2/3·4/5) / (2/3·4/5 + 1/3·2/5) = 0.8": lambda: np.isclose(Boxes(BOXES, 1).posterior(), 0.8),
            "P(x) = P(x|C₁)·P(C₁) + P(x|C₂)·P(C₂)": lambda: np.allclose(
                of_x, np.exp(judge.log_joint(at)).sum(axis=1)
            ),
            "P(C₁|x) = P(x|C₁)·P(C₁) / P(x)": lambda: np.allclose(
                joint[:, 0] / of_x, judge.posterior(at)[:, 0]
            ),
            "53 / (53 + 21) = 0.716": lambda: round(53 / 74, 3) == 0.716,
        },
    )
