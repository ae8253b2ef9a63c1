"""The lesson on depth: its table, the folded line, the race of deep and fat, the formulas of its text."""

import numpy as np
import pytest
from formulas import prove

from engine.program import Program
from lessons import catalog, proof
from lessons.data.generators import tent
from lessons.labs import relus

LECTURE = {1: (0.28, 0.43), 2: (0.18, 0.39), 3: (0.14, 0.38), 4: (0.10, 0.44)}
# Of made-up views: what was measured once with other random numbers, 56 days, trained on.
BEFORE = {1: 0.21, 2: 0.09, 3: 0.04, 4: 0.04}


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("basics/deep")


@pytest.fixture(scope="module")
def run(lesson):
    runners = {name: proof.runner(lesson, one, 1) for name, one in lesson.experiments().items()}
    return lambda name, **settings: runners[name](settings)


def test_the_views_made_up_now_behave_as_those_made_up_before(run):
    found = {depth: run("depth", depth=str(depth), data="yt-views").metrics for depth in BEFORE}
    for depth, train in BEFORE.items():
        assert found[depth]["train"] == pytest.approx(train, abs=0.025)
        assert found[depth]["unseen"] > 0.36


@pytest.mark.parametrize("folds", range(1, 7))
def test_layers_of_two_relus_fold_exactly(folds):
    y = relus.folded(folds).predict(relus.FINE[:, None])[:, 0]
    assert np.abs(y - tent(relus.FINE, folds)).max() < 1e-12
    assert relus.count_pieces(relus.FINE, y) == 2**folds
    assert len(relus.folded(folds).theta) == 6 * folds + 1


def test_pieces_are_counted_wherever_the_corners_lie():
    x = np.linspace(0, 1, 1025)
    assert relus.count_pieces(x, 2 * x + 1) == 1
    assert relus.count_pieces(x, np.abs(x - 1 / 3)) == 2
    assert relus.count_pieces(x, np.interp(x, [0, 0.21, 0.4, 0.77, 1], [0, 1, 0, 3, 1])) == 4


def test_both_shapes_have_as_many_parameters(run):
    sizes = {arm: run("fold", arm=arm).facts["parameters"] for arm in ("deep", "fat")}
    assert sizes == {"deep": 593, "fat": 592}


def test_the_figures_of_the_race(run, lesson):
    deep, fat = run("fold", arm="deep"), run("fold", arm="fat")
    assert deep.metrics["training-loss"] < 5e-5
    assert fat.metrics["training-loss"] == pytest.approx(0.027, abs=0.0006)
    assert {lesson.call("run:winner")(one) for one in (deep, fat)} == {"deep"}


def test_every_bend_lies_at_an_example(lesson):
    experiment = lesson.experiments()["fold"]
    model = lesson.call(experiment.build)(experiment.settings({"arm": "fat"}), 3)
    offset, (_, count) = model.trainer.named()["hidden-1.weight"]
    w, b = model.trainer.theta[offset : offset + 2 * count].reshape(2, count).astype(float)
    assert np.abs(-b / w).max() <= 1 + 1e-5


def row(layers, train, unseen):
    def check(run):
        found = run("depth", depth=str(layers)).metrics
        assert [found["train"], found["unseen"]] == pytest.approx([train, unseen], abs=6e-4)

    lecture = LECTURE[layers]
    return f"{layers} {train:.3f} / {unseen:.3f} {lecture[0]:.2f} / {lecture[1]:.2f}", check


def rounds(run):
    """Two layers by hand are what the network puts out."""
    lesson = catalog.load().lesson("basics/deep")
    settings = lesson.experiments()["depth"].settings({"depth": "2"})
    model = lesson.call("run:build")(settings, 1)
    theta, named = model.trainer.theta.astype(float), model.trainer.named()
    part = lambda name: theta[named[name][0] :][: int(np.prod(named[name][1]))].reshape(named[name][1])
    a = x = model.norm(model.old[0][:5])
    for k in (1, 2):
        a = np.maximum(0, part(f"hidden-{k}.bias") + a @ part(f"hidden-{k}.weight"))
    by_hand = part("forecast.bias") + a @ part("forecast.weight")
    assert model.trainer.predict(x) == pytest.approx(by_hand, abs=1e-4)


def fold(run):
    a = np.linspace(0, 1, 9)
    assert np.maximum(0, 2 * a) - np.maximum(0, 4 * a - 2) == pytest.approx(tent(a, 1), abs=1e-12)
    assert relus.folded(1).predict(a[:, None])[:, 0] == pytest.approx(tent(a, 1), abs=1e-12)


def doubling(run):
    count = lambda k: relus.count_pieces(relus.FINE, relus.folded(k).predict(relus.FINE[:, None])[:, 0])
    assert [count(k) for k in (1, 2, 3, 4)] == [2, 4, 8, 16]


FORMULAS = {
    "a = σ(b + W·x)": rounds,
    "a′ = σ(b′ + W′·a)": rounds,
    "层 出生人数 课上": None,
    "layers births lecture": None,
    **dict(
        row(*figures)
        for figures in ((1, 0.176, 0.284), (2, 0.104, 0.308), (3, 0.073, 0.323), (4, 0.058, 0.300))
    ),
    "a ↦ max(0, 2·a) − max(0, 4·a − 2)": fold,
    "2 → 4 → 8 → 16 → …": doubling,
    "2·4 = 8": lambda run: sum(n.op == "relu" for n in relus.folded(4).program.nodes) * 2 == 8,
    "2⁴ = 16": lambda run: relus.count_pieces(relus.FINE, tent(relus.FINE, 4)) == 16,
    "6·4 + 1 = 25": lambda run: len(relus.folded(4).theta) == 25,
    "3·16 + 1 = 49": lambda run: Program(relus.network(16, "relu")).size == 49,
}


def test_every_formula_shown_is_one_that_is_evaluated(run):
    prove("basics/deep", FORMULAS, run)
