"""The lesson on saddles and minima: a thousand XOR nets, their shelves and what their Hessians say."""

import numpy as np
import pytest

from engine.analysis.hessian import hessian, minimum_ratio
from lessons import catalog, proof
from lessons.labs.ratios import Ratios
from lessons.labs.shelves import AFTER, FALL, LEVELS, Shelves, corners
from tests.lessons import formulas

LESSON = "training/saddle_vs_minima"
BASE = {
    "data": "xor",
    "escape": "eigen",
    "net": 8,
    "nets": 64,
    "spread": 2.0,
    "activation": "tanh",
    "rate": 0.2,
}


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson(LESSON)


@pytest.fixture(scope="module")
def whole(lesson):
    """escape → Result of the section's run with seed 1."""
    run = proof.runner(lesson, lesson.experiments()["shelves"], 1)
    return lambda escape="eigen": run({"escape": escape})


@pytest.fixture(scope="module")
def small():
    model = Shelves(BASE, 2)
    model.train(FALL + AFTER)
    return model


def test_the_figures_told(whole):
    facts = whole().facts
    assert facts["counts"] == (537, 429, 45, 10) and facts["between"] == 3
    assert [round(v, 2) for v in facts["ratio"]] == [0.98, 0.87, 0.77, 0.73]
    assert facts["ways"] == pytest.approx(0.86, abs=0.005) and facts["hidden"] == pytest.approx(
        0.89, abs=0.005
    )
    assert facts["correlation"] == pytest.approx(-0.65, abs=0.005)
    assert facts["counts"][0] / 1024 == pytest.approx(0.52, abs=0.005)
    shares = [whole(way).facts["all-freed"] for way in ("eigen", "random", "wait")]
    assert shares == pytest.approx([0.53, 0.10, 0.10], abs=0.005)


def test_the_step_makes_no_net_worse(small):
    stuck = small.seen()[2] > 0.03
    rest = small._nets(small.rest)
    moved = small._nets(small.search(small.rest, small.ways()))
    assert (moved.losses() <= rest.losses()).all() and (moved.losses() < rest.losses())[stuck].mean() > 0.8


def test_a_run_is_the_same_in_pieces_and_after_going_back(small):
    again = Shelves(BASE, 2)
    again.train(FALL - 7)
    kept = again.state()
    again.train(300)
    other = Shelves(BASE, 2)
    other.restore(kept)
    for count in (7, 1, FALL + AFTER):
        other.train(count)
    assert other.population.theta.tobytes() == small.population.theta.tobytes()
    assert other.rest.tobytes() == small.rest.tobytes()
    assert np.array_equal(np.isnan(other.rain), np.isnan(small.rain)) and not np.isnan(small.rain).any()


def test_the_nets_to_pick_stand_on_their_shelves(whole, lesson):
    model = Shelves({**BASE, "nets": 1024}, 1)
    model.train(FALL)
    losses = model.seen()[2][model.picks()].reshape(4, 8)
    assert np.abs(losses - np.array(LEVELS[::-1])[:, None]).max() < 0.03
    assert [model.act(name) for name in ("top", "solved")] == [{"net": 0}, {"net": 24}]


def test_every_view_of_the_picked_net_is_of_that_net(small):
    k = small.picked()
    net = small.trainer(small.population.theta[k])
    assert net.evaluate()["loss"] == pytest.approx(small.population.losses()[k])
    assert small.look("eigenvalues", ()).values == pytest.approx(np.linalg.eigvalsh(hessian(net)), abs=1e-9)
    plane = small.look("slice", ())
    middle = plane.field[23:25, 35:37].mean()
    assert middle == pytest.approx(small.seen()[2][k], abs=0.1)
    assert small.look("one", ()).lines[-1].y[-1] == pytest.approx(small.population.losses()[k], rel=1e-5)


def test_at_zero_loss_five_of_nine_are_zero(small):
    k = int(np.argmin(small.seen()[2]))
    values = small.seen()[0][k]
    assert (np.abs(values) < 1e-5).sum() == 5 and minimum_ratio(values, 1e-4) == pytest.approx(4 / 9)


def test_points_on_the_sinc(lesson):
    result = proof.run_arm(lesson, lesson.experiments()["shelves"], {"data": "sinc"}, 1)
    facts = result.facts
    assert facts["points"] == 20 and facts["ways"] == 1
    assert (facts["least"], facts["most"]) == pytest.approx((0.42, 0.89), abs=0.006)
    assert facts["correlation"] == pytest.approx(-0.86, abs=0.006)


def test_a_search_is_the_same_in_pieces_and_after_going_back():
    settings = {"activation": "tanh", "net": 0}
    whole, pieces = Ratios(settings, 2), Ratios(settings, 2)
    rows = whole.train(200)
    first = pieces.train(70)
    kept = pieces.state()
    pieces.train(60)
    pieces.restore(kept)
    assert np.array_equal(np.concatenate((first, pieces.train(130))), rows, equal_nan=True)
    assert [one.theta.tobytes() for one in pieces.found] == [one.theta.tobytes() for one in whole.found]
    assert all(one.norm <= 1e-3 for one in whole.found) and whole.found
    values = np.linalg.eigvalsh(whole.look("hessian", ()).values)
    assert values == pytest.approx(whole.found[0].values, abs=1e-9)


def test_a_net_that_says_nothing_has_a_loss_of_one():
    _, y = corners()
    assert np.mean(np.square(y)) == 1


def ratio():
    assert minimum_ratio([-1.0, 0.5, 2.0, 3.0]) == 3 / 4


FORMULAS = {
    "minimum ratio = 正特征值个数 / 总个数": ratio,
    "minimum ratio = positive eigenvalues / all": ratio,
}


def test_every_formula_shown_is_evaluated():
    formulas.prove(LESSON, FORMULAS)
