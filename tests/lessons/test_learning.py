"""Hidden layers, the search for a structure and the ledger: models, formulas of the text, claims."""

import numpy as np
import pytest
from formulas import prove

from engine.session import Session
from lessons import catalog, proof
from lessons.labs.ledger import LECTURE, Ledger, X, Y
from lessons.labs.net import Digits, Points, border, linear_accuracy
from lessons.labs.population import BLOCKS, Search, size


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("dl/learning")


def settings(lesson, name, **changes):
    return lesson.experiments()[name].settings(changes)


# Hidden layers


def test_the_border_in_h_is_the_networks_own(lesson):
    model = Points(settings(lesson, "hidden", data="xor"), 1)
    model.train(300)
    plane = model.look("features", ())
    (line,) = plane.paths
    u, v, b = model.trainer.theta[model.trainer.named()["output.weight"][0] :][:3]
    assert np.abs(u * line.x + v * line.y + b).max() < 1e-3
    h = model.trainer.predict(node=model.hidden)
    assert np.allclose(h @ [u, v] + b, model.trainer.predict()[:, 0], atol=1e-3)
    assert sum(len(dots.x) for dots in plane.dots) == len(h)


def test_a_border_outside_the_box_is_not_drawn():
    box = (-1, 1, -1, 1)
    assert border(1.0, 0.0, 5.0, box) == ()
    (line,) = border(1.0, 1.0, 0.0, box)
    assert sorted(zip(line.x, line.y, strict=True)) == [(-1, 1), (1, -1)]


def test_the_field_of_the_input_is_the_networks_answer(lesson):
    model = Points(settings(lesson, "hidden", data="xor"), 1)
    model.train(400)
    plane = model.look("input", ())
    x0, x1, y0, y1 = plane.extent
    rows, cols = plane.field.shape
    corner = plane.field[-1, 0], plane.field[0, 0]
    asked = model.trainer.predict(np.array([[x0, y1], [x0, y0]]))[:, 0]
    assert corner == pytest.approx(1 / (1 + np.exp(-asked)), abs=1e-4) and rows == cols and x1 > x0


def test_a_straight_line_on_the_input_and_on_h(lesson):
    model = Points(settings(lesson, "hidden", data="xor"), 1)
    model.train(600)
    bars = model.look("straight", ())
    facts = model.facts()
    assert bars.values[0] == facts["on-input"] < 0.7
    right = (model.trainer.predict()[:, 0] > 0) == (model.y > 0)
    assert bars.values[1] == pytest.approx(right.mean()) and bars.values[1] > 0.97
    assert abs(bars.values[1] - facts["on-hidden"]) < 0.02


def test_a_line_parts_what_a_line_can_part():
    g = np.random.default_rng(0)
    x = g.normal(size=(200, 2))
    assert linear_accuracy(x, (x[:, 0] > 0.2).astype(int)) > 0.97
    assert linear_accuracy(x, (x[:, 0] * x[:, 1] > 0).astype(int)) < 0.75


@pytest.mark.parametrize("data", ["xor", "mnist"])
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_every_view_at_every_depth(lesson, data, depth):
    chosen = settings(lesson, "hidden", data=data, depth=depth, width=8)
    model = lesson.call("run:build")(chosen, 1)
    model.train(20)
    fitting = [view for view in lesson.experiments()["hidden"].views if view.fits(chosen) and not view.series]
    assert len(fitting) >= 3
    for view in fitting:
        assert model.look(view.id, ()) is not None
    if data == "mnist":
        assert model.look("confusion", ()).values.sum(axis=1) == pytest.approx(100)
    assert model.sparse()["validation-accuracy"] == model.metrics()["validation-accuracy"]


def test_wrong_digits_come_worst_first(lesson):
    model = Digits(settings(lesson, "hidden", data="mnist"), 1)
    model.train(60)
    losses, guess = model._errors()
    truth = model.check[1]
    shown = [tuple(map(int, caption[1:].split("→"))) for caption in model.look("wrong", ()).captions]
    assert all(a != b for a, b in shown)
    missed = np.flatnonzero(guess != truth)
    worst = missed[losses[missed].argmax()]
    assert shown[0] == (truth[worst], guess[worst])
    loss = model.trainer.evaluate(*model.check)["loss"]
    assert losses.mean() == pytest.approx(loss, rel=1e-3)


def test_a_units_picture_is_its_weights(lesson):
    model = Digits(settings(lesson, "hidden", data="mnist", width=4), 1)
    pictures = model.look("units", ()).images
    weights = model.trainer.theta[: 784 * 4].reshape(784, 4)
    assert np.allclose(pictures[2].ravel(), weights[:, 2] / np.abs(weights[:, 2]).max(), atol=1e-6)


def test_looking_at_another_unit_is_no_change_of_the_run(lesson):
    experiment = lesson.experiments()["hidden"]
    build = lesson.call("run:build")
    run = Session(build, experiment.settings({"data": "xor"}), 1, live=experiment.live, threaded=False)
    run.advance(50)
    run.set("unit", 3)
    assert run.log == () and run._run.model.look("units", ()).chosen == 3


# A search for a structure


def test_the_size_is_the_networks(lesson):
    model = Search(settings(lesson, "search", updates=10, trials=5), 1)
    for _ in range(5):
        model.train(1)
        depth, width = model.candidate()
        assert model.trainer.program.size == size(depth, width)
        model.train(BLOCKS - 1)


@pytest.mark.parametrize("search", ["random", "evolution"])
def test_a_search_is_the_same_however_it_is_cut(lesson, search):
    chosen = settings(lesson, "search", search=search, updates=50, trials=10)
    whole, parts = Search(chosen, 1), Search(chosen, 1)
    rows = whole.train(100)
    states = {}
    for k in range(0, 100, 7):
        states[k] = parts.state()
        parts.train(7)
    assert parts.done == whole.done and parts.step == whole.step == 100
    back = Search(chosen, 1)
    back.restore(states[63])
    assert np.array_equal(back.train(37), rows[63:], equal_nan=True) and back.done == whole.done


def test_a_child_differs_from_a_parent_in_one_thing(lesson):
    model = Search(settings(lesson, "search", search="evolution", updates=20, trials=20), 2)
    for trial in range(20):
        depth, width = model.candidate()
        if trial >= 4:
            at = model.widths.index(width)
            steps = [abs(t.depth - depth) + abs(model.widths.index(t.width) - at) for t in model.ranked()[:3]]
            assert min(steps) <= 1
        model.train(BLOCKS)


def test_the_lines_lead_from_parent_to_child(lesson):
    model = Search(settings(lesson, "search", search="evolution", trials=10, updates=20), 1)
    model.train(model.limit)
    (line,) = model.look("trials", ()).paths
    pairs = [(model.done[t.parent], t) for t in model.done if t.parent >= 0]
    assert len(pairs) == 6 and len(line.x) == 18 and np.isnan(line.x[2::3]).all()
    for k, (parent, child) in enumerate(pairs):
        assert child.depth == parent.depth or child.width == parent.width
        assert abs(child.depth - parent.depth) <= 1 and child.width / parent.width in (0.5, 1, 2)
        assert line.y[3 * k] == parent.validation and line.y[3 * k + 1] == child.validation
    assert Search(settings(lesson, "search", trials=5), 1).look("trials", ()).paths == ()


def test_the_views_of_a_search(lesson):
    model = Search(settings(lesson, "search", updates=20, trials=5), 1)
    assert np.isnan(model.look("trials", ()).dots[0].y).all() and model.look("ranks", ()).rows == ()
    model.train(50)
    rows = model.look("ranks", ()).rows
    assert [row[4] for row in rows] == sorted((row[4] for row in rows), reverse=True) and len(rows) == 5
    best = np.nanmax(model.look("map", ()).values)
    assert best == pytest.approx(100 * model.metrics()["best-accuracy"])


# The ledger


def test_the_slopes_are_those_of_finite_differences(lesson):
    model = Ledger(settings(lesson, "ledger"), 1)
    for _ in range(8):
        assert model.slopes() == pytest.approx(model.trainer.gradient(), abs=1e-6)
        model.train(1)


def test_the_ledger_is_the_lectures_to_two_decimals(lesson):
    model = Ledger(settings(lesson, "ledger"), 1)
    model.train(2)
    rows = model.look("ledger", ()).rows
    for row, told in zip(rows, LECTURE, strict=True):
        assert [round(v, 2) for v in row[1:7:2]] == list(told) == list(row[2:7:2])


def test_the_ledger_can_be_taken_back(lesson):
    experiment = lesson.experiments()["ledger"]
    build = lesson.call("run:build")
    run = Session(build, experiment.settings({}), 1, live=experiment.live, threaded=False)
    run.finish()
    values = run.result().facts["values"]
    assert run.step == 8 and len(values) == 9
    run.seek(3)
    assert len(run._run.model.book) == 3
    run.finish()
    assert run.result().facts["values"] == values
    run.act("more")
    run.finish()
    assert run.step == 18 and run.result().facts["values"][:9] == values


# Formulas of the text


def last_layer(lesson):
    """h is what the network puts out before its last layer; the answer is softmax of a linear map of h."""
    model = Digits(settings(lesson, "hidden", data="mnist", width=4), 1)
    some = model.test[:5]
    h = model.trainer.predict(some, node=model.hidden)
    offset, shape = model.trainer.named()["output.weight"]
    w, b = model.trainer.theta[offset : offset + 40].reshape(shape), model.trainer.theta[offset + 40 :]
    assert np.allclose(h @ w + b, model.trainer.predict(some), atol=1e-4)
    scores = np.exp(h @ w + b)
    truth = model.check[1][:5].astype(int)
    cost = -np.log((scores / scores.sum(1, keepdims=True))[np.arange(5), truth]).mean()
    assert model.trainer.evaluate(some, model.check[1][:5])["loss"] == pytest.approx(cost, rel=1e-4)


def first_layer(lesson):
    model = Digits(settings(lesson, "hidden", data="mnist", width=4), 1)
    return model.trainer.predict(model.test[:5], node=model.hidden).shape == (5, 4)


def parameters(lesson):
    return size(3, 16) == (2 * 16 + 16) + 2 * (16 * 16 + 16) + (16 * 1 + 1)


def cross_entropy(lesson):
    return -(1 * np.log(0.6) + 0 * np.log(0.4)) == pytest.approx(0.51, abs=5e-3)


def ledger(lesson):
    """The ledger's book before its first line, and y₁ of each example by hand."""
    book = Ledger(settings(lesson, "ledger"), 1)
    w1, w2, b1 = book.trainer.theta
    return book, 1 / (1 + np.exp(-(w1 * X[:, 0] + w2 * X[:, 1] + b1)))


def answers(lesson):
    book, y1 = ledger(lesson)
    costs = -(Y[:, 0] * np.log(y1) + (1 - Y[:, 0]) * np.log(1 - y1))
    return book.costs() == pytest.approx(costs, abs=1e-9)


def total(lesson):
    """The gradient is that of the sum of the costs, not of their mean."""
    book, y1 = ledger(lesson)
    return book.trainer.gradient()[2] == pytest.approx((y1 - Y[:, 0]).sum())


def slope(lesson):
    book, y1 = ledger(lesson)
    return book.trainer.gradient()[0] == pytest.approx(((y1 - Y[:, 0]) * X[:, 0]).sum())


def descent(lesson):
    book, _ = ledger(lesson)
    before, gradient = book.trainer.theta, book.trainer.gradient()
    book.train(1)
    return book.trainer.theta == pytest.approx(before - 0.2 * gradient)


FORMULAS = {
    "h = f(x)": first_layer,
    "y = softmax(W·h + b)": last_layer,
    "P = n·m + m": parameters,
    "C = −Σᵢ ŷᵢ·ln yᵢ": cross_entropy,
    "L = Σₙ Cⁿ": total,
    "θ ← θ − η·∂L/∂θ": descent,
    "z = w₁x₁ + w₂x₂ + b₁": answers,
    "y₁ = 1 / (1 + e⁻ᶻ), y₂ = 1 − y₁": answers,
    "∂C/∂w₁ = (y₁ − ŷ₁)·x₁": slope,
}


def test_the_formulas_of_the_text_hold(lesson):
    prove("dl/learning", FORMULAS, lesson)
    assert all("0.51" in (lesson.folder / f"text.{lang}.md").read_text("utf-8") for lang in ("zh", "en"))


@pytest.mark.parametrize(
    "claim",
    [
        "separable",
        "beats-pixels",
        "tie",
        "bigger-not-better",
        "evolution-learns",
        "against",
        "sum",
        "lecture-ledger",
    ],
)
def test_a_claim_holds_and_its_counter_does_not(lesson, claim):
    assert proof.prove(lesson, claim, 1) == (True, True)


def test_the_run_grades_the_guesses(lesson):
    experiments = lesson.experiments()
    for name, check, changes, answer in (
        ("hidden", "separable", {"data": "xor"}, "yes"),
        ("hidden", "separable", {"data": "spirals", "activation": "identity"}, "nearly"),
        ("search", "winner", {}, "tie"),
        ("ledger", "first_sign", {}, "positive"),
    ):
        assert lesson.call(f"run:{check}")(proof.run_arm(lesson, experiments[name], changes, 1)) == answer
