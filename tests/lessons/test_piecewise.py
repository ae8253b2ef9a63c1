"""Curves from sigmoids: the bag by hand and by descent, the matrix form, the formulas of the text."""

import numpy as np
import pytest
from formulas import prove

from engine.network import Network
from engine.session import Session
from engine.trainer import Trainer
from lessons import catalog, proof
from lessons.data import generators
from lessons.labs.bag import FINE, GOAL, PAR, Bag, X, bend, split, target
from lessons.labs.matrix import Matrix


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("basics/piecewise")


def settings(lesson, name, **changes):
    return lesson.experiments()[name].settings(changes)


def session(lesson, **changes):
    experiment = lesson.experiments()["bag"]
    return Session(
        lesson.call("run:build"), experiment.settings(changes), 1, live=experiment.live, threaded=False
    )


@pytest.mark.parametrize("shape", ["sigmoid", "hard-sigmoid", "relu"])
def test_the_drawn_sum_is_the_networks(lesson, shape):
    bag = Bag(settings(lesson, "bag", shape=shape, pieces=5), 3)
    bag.train(50)
    assert np.abs(bag.sum(X) - bag.trainer.predict()[:, 0]).max() < 1e-9
    assert len(bag.lines(FINE)) == (10 if shape == "relu" else 5)


def test_a_piece_follows_the_three_dials(lesson):
    bag = Bag(settings(lesson, "bag"), 1)
    before = bag.pieces()
    for control, value in (("unit", 1), ("slope", 4.0), ("shift", 2.0), ("height", -1.0)):
        bag.set(control, value)
    after = bag.pieces()
    assert after[1] == pytest.approx([4, -8, -1])
    assert (after[[0, 2]] == before[[0, 2]]).all()
    assert bag.dials == {"unit": 1, "slope": 4.0, "shift": 2.0, "height": -1.0}


def test_the_dials_show_what_descent_made_of_the_piece(lesson):
    run = session(lesson)
    born = run.settings["slope"]
    run.advance(500)
    w, b, _ = run.result().facts["pieces"][0]
    assert run.settings["slope"] == pytest.approx(w, abs=5e-3) and run.settings["slope"] != born
    assert run.settings["shift"] == pytest.approx(-b / w, abs=5e-3)


def test_more_pieces_keep_those_in_the_bag(lesson):
    bag = Bag(settings(lesson, "bag"), 1)
    bag.train(100)
    before, step = bag.pieces(), bag.step
    bag.set("pieces", 5)
    assert bag.step == step and (bag.pieces()[:3] == before).all() and len(bag.pieces()) == 5
    bag.set("pieces", 2)
    assert (bag.pieces() == before[:2]).all()


def test_seeking_back_replays_hand_and_descent_bit_for_bit(lesson):
    run = session(lesson)
    run.set("slope", 3.0)
    run.advance(120)
    for control, value in (("pieces", 4), ("unit", 3), ("height", 0.9), ("shape", "hard-sigmoid")):
        run.set(control, value)
    run.advance(200)
    there = run.result().facts
    run.seek(60)
    assert run.settings["pieces"] == 3
    run.finish()
    run.seek(320)
    model = run._run.model
    assert model.pieces().tolist() == there["pieces"] and model.floor == there["floor"]


def test_descent_can_go_on_after_the_end(lesson):
    run = session(lesson)
    run.finish()
    assert run.phase == "done" and run.step == 4000
    run.act("fit")
    run.finish()
    assert run.step == 8000


def test_actions_add_swap_and_draw_again(lesson):
    run = session(lesson)
    run.act("add")
    assert run.settings["pieces"] == 4
    run.act("swap")
    assert run.settings["shape"] == "hard-sigmoid"
    before = run.result().facts["pieces"]
    run.act("fresh")
    assert run.settings["bag"] == 1 and run.result().facts["pieces"] != before


def test_one_hard_sigmoid_is_two_relus():
    pieces = np.array([[2.0, 1.0, -0.7], [-3.0, 0.5, 1.2]])
    for (w, b, c), pair in zip(pieces, split(pieces), strict=True):
        twice = sum(k[2] * np.maximum(0, k[0] * FINE + k[1]) for k in pair)
        assert np.abs(twice - c * bend(w * FINE + b, "hard-sigmoid")).max() < 1e-12


@pytest.mark.parametrize("name", ["corners", "sine", "births"])
def test_par_is_enough_for_descent(lesson, name):
    gaps = []
    for seed in (1, 2, 3):
        bag = Bag(settings(lesson, "bag", target=name, pieces=PAR[name]), seed)
        bag.train(4000)
        gaps.append(bag.gap())
    assert sorted(gaps)[1] <= GOAL


def test_the_drawn_curve_goes_through_its_heights(lesson):
    chosen = settings(lesson, "bag", target="drawn")
    places = np.linspace(-5, 5, len(chosen["drawn"]))
    assert target(chosen, places) == pytest.approx(chosen["drawn"])


def test_the_season_has_the_births_late_summer_peak(lesson):
    year = target(settings(lesson, "bag", target="births"), np.linspace(-5, 5, 52))
    assert np.abs(year).max() == pytest.approx(1) and 35 <= year.argmax() <= 39 and year.argmin() < 20


def test_points_of_the_plane_are_balanced_and_apart():
    for make in (generators.xor, generators.spirals):
        x, y = make(400, 1)
        assert x.shape == (400, 2) and y.sum() == 200
        assert (make(400, 1)[0] == x).all() and (make(400, 2)[0] != x).any()
    x, y = generators.xor(400, 1)
    assert ((x[:, 0] * x[:, 1] < 0) == (y == 1)).all()


# The matrix form


def test_the_matrix_form_is_the_networks(lesson):
    net = Network()
    hidden = net.activation(net.dense(net.input(3), 3, name="hidden"), "sigmoid")
    net.loss(net.dense(hidden, 1, name="output"), "mse")
    model = Matrix(settings(lesson, "matrix"), 1)
    now = model.now
    theta = np.concatenate((now["W"].T.ravel(), now["b"], now["c"], now["floor"]))
    trainer = Trainer(net, now["x"][None], dtype="float64", theta=theta)
    assert trainer.predict()[0, 0] == pytest.approx(now["y"][0], abs=1e-9)
    assert model.unknowns().size == trainer.program.size == 16


def test_only_what_moved_is_marked(lesson):
    model = Matrix(settings(lesson, "matrix"), 1)
    model.set("weights", model.act("raise")["weights"])
    hot = [step.text.split(" = ")[0] for step in model.look("numbers", ()).steps if step.hot]
    assert hot == ["r₁", "a₁", "y"]
    assert model.look("weights", ()).chosen == (0, 1)
    model.set("x2", model.act("feature")["x2"])
    hot = [step.text.split(" = ")[0] for step in model.look("numbers", ()).steps if step.hot]
    assert hot == ["r₁", "r₂", "r₃", "a₁", "a₂", "a₃", "y"]


@pytest.mark.parametrize("units", [1, 2, 3, 4])
def test_every_view_holds_the_units_in_use(lesson, units):
    model = Matrix(settings(lesson, "matrix", units=units), 1)
    assert model.look("weights", ()).values.shape == (units, 3)
    assert len(model.look("theta", ()).rows) == 5 * units + 1
    assert len(model.look("network", ()).nodes) == 3 + 2 * units + 1


# Text and claims


Z = np.linspace(-9, 9, 37)


def relu(v):
    return np.maximum(0, v)


def hard(lesson):
    return np.allclose(bend(Z, "hard-sigmoid"), relu(Z / 6 + 0.5) - relu(Z / 6 - 0.5))


def ramps(lesson):
    """A bag of ReLUs is a sum of ramps, two for each piece."""
    bag = Bag(settings(lesson, "bag", shape="relu", pieces=1), 1)
    by_hand = bag.floor + sum(c * relu(w * X + b) for w, b, c in split(bag.pieces())[0])
    return np.allclose(by_hand, bag.sum(X), atol=1e-9)


def bag_sum(lesson):
    bag = Bag(settings(lesson, "bag"), 1)
    by_hand = bag.floor + sum(c / (1 + np.exp(-(b + w * X))) for w, b, c in bag.pieces())
    return np.allclose(by_hand, bag.trainer.predict()[:, 0], atol=1e-9)


def matrix(lesson):
    return Matrix(settings(lesson, "matrix"), 1).now


def inner(now):
    """r by loops over i and j."""
    return [now["b"][i] + sum(now["W"][i, j] * now["x"][j] for j in range(3)) for i in range(3)]


def outer(lesson):
    now = matrix(lesson)
    a = 1 / (1 + np.exp(-np.array(inner(now))))
    return now["floor"][0] + sum(now["c"] * a) == pytest.approx(now["y"][0])


def activations(lesson):
    now = matrix(lesson)
    return np.allclose(now["a"], bend(now["r"], "sigmoid"))


def column(lesson):
    now = matrix(lesson)
    return now["floor"][0] + now["c"] @ now["a"] == pytest.approx(now["y"][0])


FORMULAS = {
    "σ(z) = 1 / (1 + e⁻ᶻ)": lambda _: np.allclose(bend(Z, "sigmoid"), 1 / (1 + np.exp(-Z))),
    "y = b + Σᵢ cᵢ · σ(bᵢ + wᵢ·x)": bag_sum,
    "r(z) = max(0, z)": ramps,
    "h(z) = r(z/6 + ½) − r(z/6 − ½)": hard,
    "y = b + Σᵢ cᵢ·σ(bᵢ + Σⱼ wᵢⱼ·xⱼ)": outer,
    "r = (b₁ b₂ b₃) + W·x": lambda lesson: np.allclose(inner(matrix(lesson)), matrix(lesson)["r"]),
    "a = σ(r)": activations,
    "y = b + cᵀ·a": column,
    "|θ| = 3·3 + 3 + 3 + 1 = 16": lambda lesson: Matrix(settings(lesson, "matrix"), 1).unknowns().size == 16,
}


def test_the_formulas_of_the_text_hold(lesson):
    prove("basics/piecewise", FORMULAS, lesson)


@pytest.mark.parametrize(
    "claim",
    ["three-match", "one-cannot", "more-closer", "steeper-harder", "two-relus", "one-weight", "count"],
)
def test_a_claim_holds_and_its_counter_does_not(lesson, claim):
    assert proof.prove(lesson, claim, 1) == (True, True)


def test_the_run_grades_the_guesses(lesson):
    closeness, moved = (lesson.call(f"run:{name}") for name in ("closeness", "moved"))
    experiments = lesson.experiments()
    assert closeness(proof.run_arm(lesson, experiments["bag"], {}, 1)) == "close"
    assert closeness(proof.run_arm(lesson, experiments["bag"], {"pieces": 1}, 1)) == "far"
    assert moved(proof.run_arm(lesson, experiments["matrix"], {}, 1)) == "first"
