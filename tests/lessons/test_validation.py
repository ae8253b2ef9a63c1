"""The lesson on validation: coin-flippers against the binomial, folds against the engine's, the text's figures."""

import math

import numpy as np
import pytest
from formulas import prove

from lessons import catalog, proof
from lessons.labs import judges
from lessons.labs.judges import Choosing, Lottery


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("guide/validation")


@pytest.fixture(scope="module")
def run(lesson):
    runner = proof.runner(lesson, lesson.experiments()["choosing"], 1)
    return lambda **settings: runner(settings)


def lottery(points=50, models=10000, seed=1):
    return Lottery({"points": points, "models": models}, seed)


def choosing(points=50, folds=3, judge="folds", seed=1):
    return Choosing({"points": points, "folds": folds, "judge": judge}, seed)


@pytest.mark.parametrize("examples", [20, 50, 200])
def test_coin_flippers_are_binomial(examples):
    right = judges.flips(1, judges.PUBLIC_BITS, 0, 20000, examples)
    assert right.min() >= 0 and right.max() <= examples
    assert right.mean() == pytest.approx(examples / 2, abs=0.01 * examples)
    assert right.std() == pytest.approx(math.sqrt(examples) / 2, rel=0.03)
    fewer = judges.flips(1, judges.PUBLIC_BITS, 0, 7, examples)
    assert (fewer == right[:7]).all()  # a model's flips are its own, whatever is asked beside them


def test_the_leader_is_the_best_of_all():
    model = lottery(models=1000)
    model.train(judges.STEPS)
    scores = [judges.flips(1, judges.PUBLIC_BITS, step, 10, 50) for step in range(judges.STEPS)]
    assert model.scores()[0] == np.concatenate(scores).max() / 50
    tried = [lead[0] for lead in model.leads]
    assert tried == sorted(tried) and tried[-1] <= 1000


@pytest.mark.parametrize("make", [lottery, choosing])
def test_a_story_does_not_depend_on_how_it_is_cut(make):
    whole, cut = make(), make()
    rows = whole.train(60)
    cut.train(20)
    state = cut.state()
    cut.train(25)
    cut.restore(state)
    assert np.array_equal(np.vstack([rows[:20], cut.train(40)]), rows) and cut.metrics() == whole.metrics()


def test_each_point_validates_once():
    model = choosing(points=20, folds=5)
    held = [held for _, held in judges.cut(20, 5, 1000)]
    assert sorted(np.concatenate(held).tolist()) == list(range(20))
    assert model.table(0).shape == (5, 9)


def test_the_table_of_folds_ends_with_their_mean():
    model = choosing()
    model.train(3)
    table = model.look("table", ())
    body = np.array([row[1:4] for row in table.rows], float)
    assert body[3] == pytest.approx(body[:3].mean(axis=0)) and table.chosen == 3
    assert table.rows[3][4:] == (0.3, 0.5, 0.4)
    assert [row[4] for row in choosing(folds=4).look("table", ()).rows] == [0.2, 0.4, 0.3, "=–", "=–"]


def test_pictures_of_all_sizes(lesson):
    settings = lesson.experiments()["choosing"].settings({})
    arms = {"20": lottery(20), "200": lottery(200), "50": None}
    for model in arms.values():
        if model is not None:
            model.train(100)
    views = lesson.call("run:own")("choosing", settings)
    table, bars = views["table"](arms, "50", ()), views["bars"](arms, "50", ())
    assert [row[0] for row in table.rows] == [20, 50, 200] and table.rows[1][1] is None
    assert bars.labels == ("=n = 20", "=n = 200") and bars.values.tolist() == [0.95, 0.63]
    plane = lottery(50).look("plane", ())
    assert not len(plane.dots[0].x)


def test_answers_only_to_the_question_that_was_put(lesson, run):
    ask = lambda result: lesson.call("run:public_score")(result)
    assert ask(run()) == "seventy" and ask(run(models=10)) == "" and ask(run(task="degrees")) == ""


def test_the_figures_of_the_text(run):
    found = run(task="degrees").facts
    assert (found["folds"], found["split"]) == pytest.approx((0.47, 0.38), abs=0.005)
    assert run(points="50").metrics["public"] == 0.76  # the card's


def scores(points, public, private):
    def check(run):
        found = run(points=points).metrics
        assert (found["public"], found["private"]) == pytest.approx((public, private), abs=6e-3)

    return check


def bound(run):
    """Hoeffding's bound holds for the models of the experiment, wherever it says anything."""
    for points, slack in ((50, 0.3), (200, 0.2)):
        limit = 2 * 1000 * math.exp(-2 * points * slack**2)
        bad = 0
        for seed in range(30):
            right = judges.flips(seed, judges.PUBLIC_BITS, 0, 1000, points) / points
            bad += abs(right - 0.5).max() > slack
        assert bad / 30 <= limit + 0.1


def mean(*folds, result):
    return lambda run: sum(folds) / 3 == pytest.approx(result)


FORMULAS = {
    "n = 20 0.95 / 0.50": scores("20", 0.95, 0.50),
    "n = 50 0.76 / 0.51": scores("50", 0.76, 0.51),
    "n = 200 0.63 / 0.50": scores("200", 0.63, 0.50),
    "P(坏) ≤ 2·M·e^(−2·n·ε²)": bound,
    "P(bad) ≤ 2·M·e^(−2·n·ε²)": bound,
    **{
        f"{name} {k} ({a} + {b} + {c})/3 = {result}" if name == "model" else
        f"模型{'一二三'[k - 1]} ({a} + {b} + {c})/3 = {result}": mean(a, b, c, result=result)
        for name in ("model", "模型")
        for k, a, b, c, result in ((1, 0.2, 0.4, 0.3, 0.3), (2, 0.4, 0.5, 0.6, 0.5), (3, 0.4, 0.5, 0.3, 0.4))
    },
    "2·10000·e^(−2·50·0.2²) = 366": lambda run: round(20000 * math.exp(-2 * 50 * 0.2**2)) == 366,
    "2·10000·e^(−2·200·0.2²) = 0.002": lambda run: round(20000 * math.exp(-2 * 200 * 0.2**2), 3) == 0.002,
}  # fmt: skip


def test_every_formula_shown_is_evaluated(run):
    prove("guide/validation", FORMULAS, run)
