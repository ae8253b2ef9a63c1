"""The lesson on overfitting: what its text says, polynomials against least squares, early stopping, the U."""

import numpy as np
import pytest
from formulas import prove
from numpy.polynomial.legendre import legvander

from lessons import catalog, proof
from lessons.labs.polynomials import GRID, Freestyle, Repeats, fit, value


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("guide/overfitting")


@pytest.fixture(scope="module")
def run(lesson):
    """Experiment and settings → Result; the same settings run once."""
    runners = {
        name: proof.runner(lesson, one, 8 if name == "freestyle" else 1)
        for name, one in lesson.experiments().items()
    }
    return lambda name, **settings: runners[name](settings)


def free(seed=1, **settings):
    base = {"model": "polynomial", "points": 10, "degree": 9, "l2": 0.0, "cure": "none"}
    return Freestyle({**base, **settings}, seed)


@pytest.mark.parametrize(("points", "degree"), [(10, 2), (20, 5), (50, 9)])
def test_descent_ends_at_the_least_squares(points, degree):
    model = free(points=points, degree=degree)
    model.train(400)
    exact = value(fit(model.x, model.y, degree), GRID)
    assert model.curve(GRID) == pytest.approx(exact, abs=2e-4)


def test_the_penalty_ends_at_the_ridge():
    model = free(l2=0.01)
    model.train(400)
    rows = legvander(model.x, 9)
    exact = np.linalg.solve(rows.T @ rows + 10 * 0.01 * np.eye(10), rows.T @ model.y)
    assert model.back @ model.trainer.theta == pytest.approx(exact, abs=1e-4)


@pytest.mark.parametrize("settings", [{}, {"model": "network", "cure": "early-stop"}])
def test_a_run_does_not_depend_on_how_it_is_cut(settings):
    whole, cut = free(**settings), free(**settings)
    rows = whole.train(200)
    state = None
    for size in (3, 50, 7, 40, 100):
        cut.train(size)
        state = state or cut.state()
    assert (cut.trainer.theta == whole.trainer.theta).all() and len(rows) == 200
    cut.restore(state)
    cut.train(197)
    assert (cut.trainer.theta == whole.trainer.theta).all()


def test_early_stopping_ends_the_run(run):
    stopped = run("freestyle", model="network", cure="early-stop")
    assert stopped.phase == "done" and 0 < stopped.steps < 1200


def test_augmented_points_keep_their_labels():
    model = free(cure="augment", points=5, degree=2)
    assert model.trainer.examples == 50 and len(model.x) == 5


def test_all_degrees_see_the_same_data_sets():
    base = {"points": 20, "noise": 0.1, "curve": "hill", "repeats": 5}
    low, high = (Repeats({**base, "degree": str(k)}, 3) for k in (2, 7))
    assert all((a == b).all() for n in range(5) for a, b in zip(low.data(n), high.data(n), strict=True))
    assert not (low.data(0)[0] == low.data(1)[0]).any()


def test_the_u_shows_what_has_begun(lesson):
    base = {"points": 20, "noise": 0.1, "curve": "hill", "repeats": 20}
    arms = {str(k): Repeats({**base, "degree": str(k)}, 1) for k in (1, 4, 9)} | {"2": None}
    for model in arms.values():
        if model is not None:
            model.train(99)
    curve = lesson.call("run:own")("degrees", base)["u"](arms, "9", ())
    assert [line.x.tolist() for line in curve.lines] == [[1, 4, 9]] * 4
    assert curve.dots[0].x.tolist() == [4] and curve.cursor == 9
    below, above, _, test = (line.y for line in curve.lines)
    assert (below <= test).all() and (test <= above).all()


def test_answers_only_to_the_question_that_was_put(lesson, run):
    assert lesson.call("run:gap")(run("freestyle")) == "only-train"
    assert lesson.call("run:gap")(run("freestyle", points=50)) == ""
    assert lesson.call("run:times")(run("degrees", degree="9")) == "ten"
    assert lesson.call("run:times")(run("degrees", degree="4")) == ""


def test_the_figures_of_the_text(run):
    assert run("freestyle").metrics["test-loss"] == pytest.approx(5.5, abs=0.05)
    assert run("freestyle", cure="augment").metrics["test-loss"] == pytest.approx(0.024, abs=5e-4)
    cures = ("none", "dropout", "early-stop")
    network = [run("freestyle", model="network", cure=c).metrics["test-loss"] for c in cures]
    assert network == pytest.approx([0.024, 0.019, 0.039], abs=6e-4)
    for points, curve, best in ((10, "hill", 4), (100, "hill", 6), (100, "parabola", 2)):
        tests = [
            run("degrees", degree=str(k), points=points, curve=curve).metrics["test-loss"]
            for k in range(1, 10)
        ]
        assert 1 + int(np.argmin(tests)) == best


def errors(name, training, test, digits=4, **settings):
    def check(run):
        found = run(name, **settings).metrics
        room = 0.6 * 10**-digits
        assert (found["training-loss"], found["test-loss"]) == pytest.approx((training, test), abs=room)

    return check


def nine_powers(run):
    """A fit of degree nine is a sum of ten powers of x."""
    model = free()
    model.train(5)
    powers = np.polynomial.legendre.leg2poly(model.back @ model.trainer.theta)
    assert len(powers) == 10
    assert sum(c * GRID**k for k, c in enumerate(powers)) == pytest.approx(model.curve(GRID))


def penalized(run):
    """What is trained on, times rows over points, is the loss in the text."""
    model = free(l2=0.01)
    model.train(7)
    c = model.back @ model.trainer.theta
    by_hand = model.error(model.x, model.y) + 0.01 * (c**2).sum()
    assert model.trainer.evaluate()["loss"] * model.trainer.examples / 10 == pytest.approx(by_hand)


def never_rises(run):
    losses = [run("degrees", degree=str(k)).metrics["training-loss"] for k in range(1, 10)]
    assert losses == sorted(losses, reverse=True)


two = errors("freestyle", 0.0140, 0.0075, degree=2)
line = errors("freestyle", 0.0553, 0.1068, degree=1)
held = errors("freestyle", 0.0046, 0.0391, l2=0.01)
fifty = errors("freestyle", 0.0115, 0.0047, points=50)
one, four, nine = (
    errors("degrees", t, v, 3, degree=k)
    for k, t, v in (("1", 0.123, 0.131), ("4", 0.009, 0.006), ("9", 0.006, 0.234))
)
FORMULAS = {
    "y = c₀ + c₁·x + … + c₉·x⁹": nine_powers,
    "50 点 0.0115 / 0.0047": fifty,
    "50 points 0.0115 / 0.0047": fifty,
    "二次 0.0140 / 0.0075": two,
    "degree 2 0.0140 / 0.0075": two,
    "直线 0.0553 / 0.1068": line,
    "a line 0.0553 / 0.1068": line,
    "L2 0.0046 / 0.0391": held,
    "L = (1/N)·Σ (y − ŷ)² + λ·Σ c²": penalized,
    "L₁ ≥ L₂ ≥ … ≥ L₉": never_rises,
    "1 次 0.123 / 0.131": one,
    "degree 1 0.123 / 0.131": one,
    "4 次 0.009 / 0.006": four,
    "degree 4 0.009 / 0.006": four,
    "9 次 0.006 / 0.234": nine,
    "degree 9 0.006 / 0.234": nine,
}


def test_every_formula_shown_is_evaluated(run):
    prove("guide/overfitting", FORMULAS, run)
