"""Feature scales, standardization, deep nets layer by layer: their figures and formulas."""

import math

import numpy as np
import pytest
from formulas import prove

from engine.session import Session
from lessons import catalog, proof
from lessons.labs.deep import by_name

LESSON = catalog.load().lesson("training/normalization")
EXPERIMENTS = LESSON.experiments()


@pytest.fixture(scope="module")
def run():
    """(experiment, settings) → Result; the same settings run once."""
    runners = {name: proof.runner(LESSON, experiment, 1) for name, experiment in EXPERIMENTS.items()}
    return lambda name, **settings: runners[name](settings)


def model(name, **settings):
    experiment = EXPERIMENTS[name]
    return LESSON.call(experiment.build)(experiment.settings(settings), 1)


def test_the_line_as_it_comes_and_standardized(run):
    raw, fine = run("features"), run("features", features="standardized")
    assert raw.facts["condition"] == pytest.approx(1.49e6, rel=2e-3) and raw.facts["arrived"] == -1
    assert raw.facts["bends"] == pytest.approx((4.645, 46_600), rel=1e-3)
    assert fine.facts["condition"] == pytest.approx(1.06, abs=0.005) and fine.steps == 2
    assert fine.facts["beyond"] == 0.42


@pytest.mark.parametrize(
    ("features", "condition", "steps"), [("centred", 9851, 15_492), ("scaled", 3483, 144)]
)
def test_half_of_the_recipe(run, features, condition, steps):
    result = run("features", features=features)
    assert round(result.facts["condition"]) == condition and result.steps == steps


def test_equal_ranges_still_pull(run):
    result = run("features", ratio=1)
    assert round(result.facts["condition"]) == 387 and result.steps == 158


def test_a_run_ends_at_the_same_update_however_it_is_cut():
    whole, cut = model("features", features="scaled"), model("features", features="scaled")
    whole.train(5000)
    while len(cut.train(7)):
        pass
    assert whole.step == cut.step == 144 and (whole.trainer.theta == cut.trainer.theta).all()


def test_the_net_that_sees_nothing(run):
    dead = run("layers")
    assert dead.metrics["loss"] == pytest.approx(math.log(3), abs=0.002)
    assert dead.facts["spreads"][0] == pytest.approx(0.52, abs=0.005)
    assert dead.facts["spreads"][5] == pytest.approx(0.0003, abs=5e-5)
    assert dead.facts["slopes"][5] / dead.facts["slopes"][0] == pytest.approx(350, rel=0.02)
    assert run("layers", norm="batch").metrics["training-accuracy"] > 0.99
    assert run("layers", spread=8).metrics["training-accuracy"] == 1


@pytest.mark.parametrize("spread", [0.5, 1, 2, 4, 8])
def test_with_norm_any_first_weights_will_do(run, spread):
    assert run("layers", norm="batch", spread=spread).metrics["training-accuracy"] > 0.9


def test_on_the_input_alone_it_does_not_help(run):
    assert run("layers", norm="input").metrics["loss"] == pytest.approx(math.log(3), abs=0.002)
    assert run("layers", norm="after").metrics["training-accuracy"] > 0.99


def test_nets_that_differ_in_their_norm_start_from_the_same_weights():
    nets = [model("layers", norm=norm) for norm in ("none", "input", "batch", "after")]
    parts = [by_name(net.trainer.program, net.trainer.theta) for net in nets]
    for name, own in parts[0].items():
        assert all((other[name] == own).all() for other in parts[1:]), name
    assert [net.spreads()[5] for net in nets[:2]] < [0.01, 0.01] and nets[2].spreads() == pytest.approx(
        [1] * 6, abs=0.005
    )


def session(**settings):
    experiment = EXPERIMENTS["layers"]
    build = LESSON.call(experiment.build)
    return Session(build, experiment.settings(settings), 1, live=experiment.live, threaded=False)


def test_switching_on_the_way_keeps_the_weights_and_the_story_starts_anew():
    here = session()
    here.finish()
    before = by_name(here._run.model.trainer.program, here._run.model.trainer.theta)
    here.act("switch")
    after = by_name(here._run.model.trainer.program, here._run.model.trainer.theta)
    assert all((after[name] == own).all() for name, own in before.items()) and "norm-1.gamma" in after
    assert here.phase == "paused" and here.limit == 3000 and here.settings["norm"] == "batch"
    here.finish()
    assert here.step == 3000 and here.result().metrics["training-accuracy"] > 0.95


def test_going_back_over_a_switch_is_the_same_run():
    here = session()
    here.advance(300)
    here.set("norm", "batch")
    here.advance(200)
    theta = here._run.model.trainer.theta
    here.seek(100)
    assert here._run.model.given["norm"] == "none"
    here.seek(500)
    assert (here._run.model.trainer.theta == theta).all()


def test_pictures_of_the_layers():
    net = model("layers")
    strips = net.look("strips", ()).strips
    widest = [np.flatnonzero(strip.counts).size for strip in strips]
    assert all(strip.counts.sum() == 300 * 16 for strip in strips) and widest[0] > 10 * widest[5]
    flat = np.ptp(net.look("surface", ()).field)
    net.set("norm", "batch")
    assert np.ptp(net.look("surface", ()).field) > 5 * flat


@pytest.mark.parametrize("norm", ["none", "batch"])
def test_a_cut_through_the_same_weights_with_and_without_norm(norm):
    plain, normed = model("layers", norm=norm).look("slices", ()).lines
    assert np.ptp(normed.y) > 5 * np.ptp(plain.y)


def line():
    net = model("features")
    w1, w2, b = theta = np.array([0.3, -0.2, 0.5])
    net.trainer._theta[:] = theta
    assert net.trainer.predict()[:, 0] == pytest.approx(b + w1 * net.x[:, 0] + w2 * net.x[:, 1])


def curvature():
    net = model("features")
    assert net.bends[:2] == pytest.approx(2 * np.mean(net.x**2, axis=0))
    rise = net.look("slices", ()).lines[0]
    assert rise.y[-1] == pytest.approx(net.bends[0] / 2, rel=1e-6)


def standardized():
    net = model("features", features="standardized")
    assert net.x == pytest.approx((net.raw - net.raw.mean(axis=0)) / net.raw.std(axis=0))


def mean_zero():
    assert model("features", features="standardized").x.mean(axis=0) == pytest.approx(np.zeros(2), abs=1e-12)


def sd_one():
    assert model("features", features="standardized").x.std(axis=0) == pytest.approx(np.ones(2))


def entrance():
    """What goes into the activation, against z from the layer before."""
    net = model("layers", norm="batch")
    z = net.trainer.predict(node=net.node("layer-3"), mode="batch").astype(float)
    assert net.entrance(3) == pytest.approx((z - z.mean(axis=0)) / z.std(axis=0), abs=0.02)


def bend():
    net = model("layers", norm="batch")
    assert net.outputs(3) == pytest.approx(1 / (1 + np.exp(-net.entrance(3))), abs=1e-5)


def steepest():
    z = np.linspace(-8, 8, 1601)
    slope = np.gradient(1 / (1 + np.exp(-z)), z)
    assert slope.max() == pytest.approx(0.25, abs=1e-5) and z[slope.argmax()] == pytest.approx(0, abs=1e-9)


def test_formulas():
    prove(
        "training/normalization",
        {
            "y = b + w₁x₁ + w₂x₂": line,
            "∂²L/∂w² = 2·mean(x²)": curvature,
            "x̃ = (x − m) / σ": standardized,
            "mean(x̃) = 0": mean_zero,
            "sd(x̃) = 1": sd_one,
            "z̃ = (z − μ) / σ": entrance,
            "a = sigmoid(z̃)": bend,
            "sigmoid′(0) = 1/4": steepest,
        },
    )
