"""The adaptive-rates lesson: its figures, and every formula that its text shows."""

import math

import numpy as np
import pytest

from engine.arms import Race
from engine.network import Network
from engine.trainer import Trainer
from lessons import catalog, proof
from lessons.labs import race
from lessons.labs.valley import BIAS, WEIGHT
from tests.lessons.formulas import prove


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("training/adaptive")


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


def own(**settings):
    return {key.replace("_", "-"): value for key, value in settings.items()}


@pytest.mark.parametrize(
    ("settings", "b", "w", "arrival"),
    [
        (own(optimizer="gd"), -149.23, 2.557, -1),
        (own(optimizer="mean-rms"), -188.433, 2.6695, 15_604),
        (own(optimizer="mean-rms", updates="20000"), -188.29, 2.669, 15_604),
        (own(optimizer="adagrad"), -188.433, 2.6695, 2_966),
        (own(optimizer="adagrad", rate_adagrad=1.0), -188.37, 2.669, 61_142),
    ],
)
def test_where_each_method_stands(run, settings, b, w, arrival):
    result = run("own-stride", **settings)
    assert result.metrics["b"] == pytest.approx(b, abs=0.006)
    assert result.metrics["w"] == pytest.approx(w, abs=6e-4)
    assert result.facts["arrival"] == arrival


def test_the_rates_told_by_the_text(run):
    b, w = run("own-stride", optimizer="mean-rms").facts["rates"]
    assert (b, w) == (pytest.approx(1.9e-4, abs=5e-6), pytest.approx(5.4e-7, abs=5e-9))
    assert b / w == pytest.approx(352, abs=0.5)


def test_braking_in_numbers(run):
    mean, short = (run("brake", optimizer=name).facts for name in ("mean-rms", "rmsprop"))
    assert (round(short["reach"], 2), round(mean["reach"], 2)) == (0.73, 0.15)
    assert (round(short["longest"], 1), round(mean["longest"], 1)) == (2.2, 9.9)
    assert short["sigma"] == pytest.approx(0.05, abs=1e-4) and mean["sigma"] > 0.4
    long = run("brake", decay=0.999).facts
    assert (round(long["reach"], 2), round(long["longest"], 1)) == (0.04, 24.7)


@pytest.mark.parametrize(
    ("settings", "arrival"),
    [
        (own(optimizer="rmsprop"), 3_624),
        (own(optimizer="adam"), 6_156),
        (own(optimizer="adam", rate=1.0), 1_486),
        (own(optimizer="adam", rate=0.01), 16_919),
    ],
)
def test_parts_of_adam(run, settings, arrival):
    result = run("parts", **settings)
    assert result.facts["arrival"] == arrival
    if settings["optimizer"] == "adam":
        assert result.metrics["b"] == pytest.approx(-188.433, abs=5e-4)
        assert result.metrics["w"] == pytest.approx(2.669, abs=5e-4)
    else:
        assert result.metrics["loss"] - 101_936.73 == pytest.approx(2_194, abs=1)
        assert result.facts["first"][0] == pytest.approx(31.6 * 0.1, abs=0.005)


def test_momentum_alone_is_still_on_its_way(run):
    assert run("parts", optimizer="momentum").metrics["b"] == pytest.approx(-127.2, abs=0.05)


def test_the_eruptions(run):
    facts = run("blow-up").facts
    assert facts["excursions"] == 21 and facts["at"] == 716 and facts["crossed"] == 550
    assert facts["where"] == pytest.approx(-168.4, abs=0.05)
    assert facts["farthest"] == pytest.approx(3.99, abs=0.005)
    calm = run("blow-up", rate=0.1).facts
    assert calm["excursions"] == 0 and calm["crossed"] == -1 and calm["farthest"] < 0.1
    assert run("blow-up", optimizer="adagrad").facts["excursions"] == 0


def test_answers(lesson, run):
    call = lesson.call
    assert call("run:larger")(run("own-stride", optimizer="adagrad")) == "same"
    assert call("run:larger")(run("own-stride", optimizer="gd")) == ""
    assert call("run:after_cliff")(run("brake")) == "returns"
    assert call("run:after_cliff")(run("brake", decay=0.999)) == ""
    assert call("run:after_cliff")(run("brake", surface="crescent")) == ""
    assert call("run:times")(run("parts", decay=0.99)) == ""
    assert call("run:times")(run("parts")) == "three"
    assert call("run:direction")(run("blow-up")) == "w"
    assert call("run:direction")(run("blow-up", rate=0.1)) == ""


def test_notes_are_the_same_however_a_race_is_cut(lesson):
    experiment = lesson.experiments()["own-stride"]
    build, arms = lesson.call(experiment.build), experiment.arms.arms
    make = lambda: Race(
        {name: build(experiment.settings({**arm, "updates": "1000"}), 1) for name, arm in arms.items()},
        arms,
        own=lesson.call("run:own")("own-stride", {}),
    )
    whole, cut = make(), make()
    whole.train(1000)
    cut.train(3)
    kept = cut.state()
    cut.train(500)
    cut.restore(kept)
    while cut.step < 1000:
        cut.train(77)
    for name in arms:
        for one in whole.models[name].notes.columns:
            a, b = (race_.models[name].notes.column(one) for race_ in (whole, cut))
            assert np.array_equal(a, b, equal_nan=True), (name, one)
    plane, bars = whole.look("plane", ()), whole.look("bars", ())
    assert [line.word for line in plane.paths][-1] == "arm.gd" and len(plane.paths) == 3
    assert len(bars.values) == 6 and bars.values[3] - bars.values[2] < -2


# Formulas


def noted(model, quantity, entry, at):
    return float(model.noted(quantity, entry)[1][at])


def short(model, **settings):
    """A run of 1000 updates with a note at every second of them."""
    made = model("own-stride", updates="1000", **settings)
    made.train(1000)
    return made


def gradients(model, entry):
    """∂L/∂θ before each update so far."""
    x, y = model.trainer.predict(node=0), model.trainer._data.targets
    b, w = model.series(BIAS)[:-1], model.series(WEIGHT)[:-1]
    error = b + x * w - y
    return 2 * (error * (x if entry == WEIGHT else 1)).sum(axis=0)


def step(model):
    made = short(model, optimizer="mean-rms")
    sigma = math.sqrt(np.mean(gradients(made, WEIGHT)[:1000] ** 2))
    before, slope = made.series(WEIGHT), gradients(made, WEIGHT)
    assert noted(made, "sigma", WEIGHT, -1) == pytest.approx(sigma, rel=1e-9)
    assert before[1000] - before[999] == pytest.approx(-0.1 / sigma * slope[999], rel=1e-6)


def root_mean(model):
    made = short(model, optimizer="mean-rms")
    updates, sigma = made.noted("sigma", BIAS)
    slopes = gradients(made, BIAS)
    for t, value in list(zip(updates.astype(int), sigma, strict=True))[1:40]:
        assert value == pytest.approx(math.sqrt((slopes[:t] ** 2).sum() / t), rel=1e-9)


def first(model):
    made = model("own-stride", optimizer="mean-rms", updates="1000")
    made.train(1)
    assert np.abs(made.trainer.theta - made.start) == pytest.approx([0.1, 0.1], rel=1e-12)


def two_adagrads(model):
    plan = {"optimizer": "mean-rms", "rate": 1.0}
    mean = model("blow-up", **plan)
    mean.trainer.set("schedule", "inverse-sqrt")
    total = model("blow-up", optimizer="adagrad", rate=1.0)
    mean.train(3000)
    total.train(3000)
    assert mean.trainer.theta == pytest.approx(total.trainer.theta, rel=1e-9)


def fading(model):
    made = model("brake", optimizer="rmsprop")
    made.train(200)
    sigma, slope = made.noted("sigma", 0)[1], made.noted("slope", 0)[1]
    assert sigma[1] == pytest.approx(abs(slope[0]), rel=1e-9)
    for t in range(1, 200):
        old = abs(slope[0]) if t == 1 else sigma[t - 1]
        assert sigma[t] == pytest.approx(math.sqrt(0.9 * old**2 + 0.1 * slope[t - 1] ** 2), rel=1e-6)


def bound(model):
    for decay in (0.5, 0.9, 0.99):
        made = model("brake", optimizer="rmsprop", decay=decay)
        made.train(400)
        assert np.abs(np.diff(made.series(0))).max() <= 0.02 / math.sqrt(1 - decay) * (1 + 1e-9)
    assert 1 / math.sqrt(1 - 0.9) == pytest.approx(3.16, abs=0.005)


def adam(model):
    """All five lines of Adam at once, update by update."""
    made = model("parts", updates="100")
    m = v = np.zeros(2)
    for t in range(1, 30):
        before, g = made.trainer.theta, made.trainer.gradient()
        made.train(1)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        right, scale = m / (1 - 0.9**t), v / (1 - 0.999**t)
        expected = -0.1 * right / (np.sqrt(scale) + 1e-8)
        assert made.trainer.theta - before == pytest.approx(expected, rel=1e-9)


def root_ten(model):
    made = [model("parts", updates="100", optimizer=name) for name in ("adam-biased", "adam")]
    for one in made:
        one.train(1)
    ratio = made[0].facts()["first"][0] / made[1].facts()["first"][0]
    assert ratio == pytest.approx((1 - 0.9) / math.sqrt(1 - 0.999), rel=1e-6)
    assert round(ratio, 2) == 3.16


def limit(model):
    assert 2 / model("blow-up").curvature[1] == pytest.approx(1.145e-6, abs=5e-10)


def shrinks(model):
    """Where no squares come in, σ at t and at 4 t differ by a factor 2."""
    made = model("blow-up", rate=0.1)
    made.train(20_000)
    early, late = (noted(made, "sigma", WEIGHT, k) for k in (100, 400))
    assert early / late == pytest.approx(2, rel=0.01)
    total = math.sqrt((gradients(made, WEIGHT) ** 2).sum())
    assert late == pytest.approx(total / math.sqrt(20_000), rel=1e-6)


FORMULAS = {
    "θ ← θ − (η/σ)·g": step,
    "σ = √((g₀² + g₁² + … + g_t²)/(t+1))": root_mean,
    "(η/σ)·g₀ = ±η": first,
    "η/√(Σg²) = (η/√(t+1))/σ": two_adagrads,
    "σ ← √(α·σ² + (1 − α)·g²)": fading,
    "|Δθ| ≤ η/√(1 − α)": bound,
    "m ← β₁·m + (1 − β₁)·g": adam,
    "v ← β₂·v + (1 − β₂)·g²": adam,
    "θ ← θ − η·m̂/(√v̂ + ε)": adam,
    "m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ)": adam,
    "(1 − β₁)/√(1 − β₂) = 3.16": root_ten,
    "2/λ₂ = 1.145·10⁻⁶": limit,
    "σ = √(Σg²)/√(t+1)": shrinks,
}


def test_every_formula_shown_is_evaluated(model):
    prove("training/adaptive", FORMULAS, model)


# The race lab


def test_what_each_optimizer_remembers():
    """σ and m of `remembered` explain the step that each optimizer made."""
    gradients, net = np.random.default_rng(0).normal(size=(40, 2)), Network()
    net.stream(gradients)
    for name in ("sgd", "mean-rms", "adagrad", "rmsprop", "adam", "adam-biased", "adamw", "amsgrad"):
        trainer = Trainer(net, optimizer=name, rate=0.01, dtype="float64", weight_decay=0.0)
        trainer.train(29)
        before = trainer.theta
        trainer.train(1)
        sigma, mean = race.remembered(trainer)
        mean = gradients[29] if mean is None else mean
        assert trainer.theta - before == pytest.approx(-0.01 / sigma * mean, rel=1e-5), name


def test_an_envelope_keeps_the_extremes():
    y = np.zeros(10_000)
    y[7777], y[3], y[-1] = 5.0, -2.0, 1.0
    for log in (False, True):
        x, kept = race.envelope(np.arange(10_000), y, 100, log)
        assert (kept.max(), kept.min(), kept[-1]) == (5.0, -2.0, 1.0) and 7777 in x and len(x) < 250
