"""The lesson of schedules: its figures, and every formula that its text shows."""

import math

import numpy as np
import pytest

from engine import schedule
from engine.arms import Race
from lessons import catalog, proof
from lessons.labs.deepnet import Deep
from lessons.labs.schedules import average
from lessons.labs.valley import BIAS, WEIGHT
from tests.lessons.formulas import prove


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("training/schedules")


@pytest.fixture(scope="module")
def run(lesson):
    """(experiment, settings) → Result; the same settings run once."""
    runners = {name: proof.runner(lesson, one, 1) for name, one in lesson.experiments().items()}
    return lambda experiment, **settings: runners[experiment](settings)


@pytest.fixture(scope="module")
def model(lesson):
    """(experiment, settings) → model at update 0."""

    def make(experiment, **settings):
        one = lesson.experiments()[experiment]
        return lesson.call(one.build)(one.settings(settings), 1)

    return make


@pytest.mark.parametrize(
    ("settings", "b", "arrival", "eruptions"),
    [
        ({"schedule": "none"}, -190.09, 2_099, 21),
        ({"schedule": "inverse-sqrt"}, -170.71, -1, 0),
        ({"schedule": "inverse-sqrt", "updates": "100000"}, -188.37, 61_142, 0),
        ({"schedule": "exponential"}, -188.40, 2_657, 0),
        ({"schedule": "step"}, -176.24, -1, 0),
        ({"schedule": "drawn"}, -188.433, 2_140, 1),
        ({"schedule": "none", "optimizer": "adagrad"}, -170.71, -1, 0),
    ],
)
def test_what_each_plan_makes_of_the_eruptions(run, settings, b, arrival, eruptions):
    result = run("decay", **settings)
    assert result.metrics["b"] == pytest.approx(b, abs=0.006)
    assert (result.facts["arrival"], result.facts["excursions"]) == (arrival, eruptions)


def test_a_line_can_be_drawn_that_beats_the_exponential(run):
    """The challenge of the text: no eruption, and there before update 2657."""
    heights = (0.1, -0.5, *(-1.5,) * 9)
    result = run("decay", schedule="drawn", heights=heights)
    assert result.facts["excursions"] == 0 and 0 < result.facts["arrival"] < 2_657


def test_a_flat_line_is_a_constant_rate(run, model):
    flat, none = run("decay", schedule="drawn", heights=(0.0,) * 11), run("decay", schedule="none")
    assert flat.facts["excursions"] == none.facts["excursions"]
    drawn = model("decay", schedule="drawn")
    ends = [drawn.trainer.rate_at(t) for t in (0, 2000, 20_000)]
    assert ends == pytest.approx([1.0, 10**-0.2, 10**-1.7], rel=1e-9)


def test_warm_up_in_numbers(run):
    none, warm, wait, drawn = (
        run("warmup", schedule=name).metrics["training-loss"] for name in ("none", "warm-up", "wait", "drawn")
    )
    assert none == pytest.approx(2.4, abs=0.05) and none > math.log(10)
    assert (warm, drawn) == (pytest.approx(1.55, abs=0.03), pytest.approx(0.80, abs=0.03))
    assert warm < wait
    losses = average(run("warmup", schedule="warm-up").tape.column("loss"))[25:]
    assert losses.min() == pytest.approx(0.65, abs=0.03)
    assert run("warmup", schedule="none", rate=0.003).metrics["training-loss"] < 0.3
    spreads = run("warmup", schedule="none").facts["spreads"]
    assert spreads[2] / spreads[0] == pytest.approx(1.5, abs=0.05)


def test_full_rate_saturates_two_thirds_of_the_units_in_ten_updates(model):
    made = {name: model("warmup", schedule=name) for name in ("none", "warm-up")}
    for one in made.values():
        one.train(10)
    shares = {name: np.mean(one.fullness()) for name, one in made.items()}
    assert shares["none"] == pytest.approx(0.66, abs=0.02) and shares["warm-up"] < 0.005


def test_the_looks_at_sigma_are_the_same_however_the_updates_are_cut(model):
    whole, cut = (model("warmup", schedule="warm-up", depth=2) for _ in range(2))
    whole.train(150)
    cut.train(2)
    kept = cut.state()
    cut.train(40)
    cut.restore(kept)
    while cut.step < 150:
        cut.train(min(7, 150 - cut.step))
    assert sorted(whole.strips) == sorted(cut.strips) == [1, 3, 10, 100]
    for at in whole.strips:
        assert np.array_equal(whole.strips[at][0], cut.strips[at][0])
        assert whole.strips[at][0].sum() > 20_000
    assert len(whole.sigmas().strips) == 4 and len(whole.saturated().values) == 2


@pytest.mark.parametrize(
    ("mean", "scale", "plan", "arrived"),
    [
        ("g", "one", "constant", {"hills", "bowl"}),
        ("momentum", "rmsprop", "constant", {"hills", "bowl", "crescent", "cp10"}),
        ("momentum", "rmsprop", "cosine", {"hills", "bowl", "crescent", "cp10"}),
        ("g", "rmsprop", "constant", {"hills", "bowl"}),
    ],
)
def test_which_surfaces_an_optimizer_masters(run, mean, scale, plan, arrived):
    names = ("hills", "bowl", "crescent", "cp10")
    runs = {one: run("builder", mean=mean, scale=scale, plan=plan, surface=one) for one in names}
    assert {one for one in names if runs[one].facts["arrival"] is not None} == arrived


def test_every_combination_has_an_optimizer_that_trains(lesson, model):
    experiment = lesson.experiments()["builder"]
    words = lesson.words("en")
    for mean in experiment.control("mean").options:
        for scale in experiment.control("scale").options:
            made = model("builder", mean=mean, scale=scale)
            made.train(50)
            assert made.fault() is None and words.has(f"form.{mean}-{scale}")


def test_momentum_with_mean_rms_is_a_mean_of_all_squares(model):
    """Adam with β₂ → 1: its v̂ is the mean of all squares so far."""
    made = model("builder", mean="momentum", scale="rms", surface="bowl")
    squares = []
    for _ in range(30):
        squares.append(made.trainer.gradient() ** 2)
        made.train(1)
    v = made.trainer.state()[2] / -math.expm1(30 * math.log1p(-1e-9))
    assert v == pytest.approx(np.mean(squares, axis=0), rel=1e-5)


def test_answers(lesson, run):
    call = lesson.call
    assert call("run:cure")(run("decay", schedule="drawn")) == "fewer"
    assert call("run:cure")(run("decay", schedule="none")) == ""
    assert call("run:abrupt")(run("warmup", schedule="none")) == "stuck"
    assert call("run:abrupt")(run("warmup", schedule="none", rate=0.003)) == "trains"
    assert call("run:abrupt")(run("warmup", schedule="warm-up")) == ""
    assert call("run:at_goal")(run("builder")) == "trembles"
    assert call("run:at_goal")(run("builder", mean="momentum")) == ""


def test_pictures_of_all_arms(lesson):
    for name, experiment in lesson.experiments().items():
        arms, build = experiment.arms.arms, lesson.call(experiment.build)
        own = lesson.call("run:own")(name, {})
        short = {"depth": 2} if name == "warmup" else {}
        race = Race(
            {k: build(experiment.settings({**v, **short}), 1) for k, v in arms.items()}, arms, own=own
        )
        for updates in (0, 30):
            race.train(updates)
            for view in experiment.views:
                assert race.look(view.id, ()) is not None, (name, view.id)
    plan = race_plan(lesson)
    assert plan.lines[0].word == "arm.drawn" and len(plan.lines) == 5


def race_plan(lesson):
    experiment = lesson.experiments()["decay"]
    arms, build = experiment.arms.arms, lesson.call(experiment.build)
    race = Race(
        {k: build(experiment.settings(v), 1) for k, v in arms.items()},
        arms,
        own=lesson.call("run:own")("decay", {}),
    )
    return race.look("plan", ())


# Formulas


def divided(model):
    made = model("decay", schedule="exponential")
    made.train(100)
    before = made.trainer.theta
    made.train(1)
    sigma = np.sqrt(made.trainer.state()[2] / 101)
    slope = model("decay", schedule="exponential", rate=1.0)
    slope.train(100)
    expected = -(0.9995**100 / sigma) * slope.trainer.gradient()
    assert made.trainer.theta - before == pytest.approx(expected, rel=1e-9)


def root(model):
    made = model("decay", schedule="inverse-sqrt")
    assert [made.trainer.rate_at(t) for t in (0, 3, 99)] == pytest.approx([1, 0.5, 0.1], rel=1e-12)


def adagrad(model):
    mean, total = (
        model("decay", schedule="inverse-sqrt"),
        model("decay", schedule="none", optimizer="adagrad"),
    )
    for one in (mean, total):
        one.train(2000)
    for entry in (BIAS, WEIGHT):
        assert mean.series(entry) == pytest.approx(total.series(entry), abs=1e-9)


def linear(model):
    made = model("warmup", schedule="warm-up", warm=200, depth=2)
    rates = [made.trainer.rate_at(t) for t in (0, 99, 199, 300)]
    assert rates == pytest.approx([0.03 * min((t + 1) / 200, 1) for t in (0, 99, 199, 300)], rel=1e-6)


def transformer(model):
    """The engine's warm-up with decay is this formula over its peak; the figures of the fold."""
    rate = lambda t: 512**-0.5 * min(t**-0.5, t * 4000**-1.5)
    assert (rate(1), rate(4000), rate(40_000)) == (
        pytest.approx(1.7e-7, abs=5e-9), pytest.approx(7.0e-4, abs=2e-6), pytest.approx(2.2e-4, abs=2e-6),
    )  # fmt: skip
    plan = schedule.complete("warm-up-inverse-sqrt")
    for t in (1, 100, 4000, 40_000):
        assert schedule.factors(plan, t - 1, 1)[0] == pytest.approx(rate(t) / rate(4000), rel=1e-9)


def whole(model):
    """θ moves by −(η_t/σ)·m."""
    made = model("builder", mean="momentum", plan="cosine", surface="bowl")
    made.train(3)
    m, v = (row.copy() for row in made.trainer.state()[1:3])
    before, g = made.trainer.theta, made.trainer.gradient()
    made.train(1)
    m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g**2
    sigma, rate = np.sqrt(v / (1 - 0.99**4)), 0.1 * (1 + math.cos(math.pi * 3 / 3000)) / 2
    expected = -rate / (sigma + 1e-8) * m / (1 - 0.9**4)
    assert made.trainer.theta - before == pytest.approx(expected, rel=1e-9)


def cancel(model):
    """Late in the trembling, g has changed its sign again and again: m is small, σ is not."""
    made = model("builder", mean="momentum", surface="bowl")
    made.train(3000)
    sigma, mean = (np.abs(made.noted(name, made.axes[1])[1][-1]) for name in ("sigma", "mean"))
    assert mean < 0.3 * sigma
    assert (+1) + (-1) == 0 and (+1) ** 2 + (-1) ** 2 == 2


FORMULAS = {
    "θ ← θ − (η_t/σ)·g": divided,
    "η_t = η/√(t+1)": root,
    "(η/√(t+1))/√(Σg²/(t+1)) = η/√(Σg²)": adagrad,
    "η_t = η·min((t+1)/T, 1)": linear,
    "η_t = d^−0.5·min(t^−0.5, t·4000^−1.5)": transformer,
    "θ ← θ − (η_t/σ)·m": whole,
    "σ：陡缓 · m：来回 · η_t：收尾": None,
    "σ: steep · m: to and fro · η_t: the end": None,
    "(+1) + (−1) = 0, (+1)² + (−1)² = 2": cancel,
}


def test_every_formula_shown_is_evaluated(model):
    prove("training/schedules", FORMULAS, model)


def test_updates_of_the_deep_net():
    assert Deep.UPDATES == 400
