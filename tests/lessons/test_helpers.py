"""The lesson on helpers and the grand prix: its figures, and every formula that its text shows."""

import numpy as np
import pytest
from formulas import prove

from engine.errors import EngineError
from lessons import catalog, views
from lessons.labs import prix, standings
from lessons.labs.streams import ride


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("optim/helpers")


@pytest.fixture(scope="module")
def run(lesson):
    """(experiment, settings) → model at the end of its story; each once."""
    kept = {}

    def go(name, seed=1, **settings):
        key = (name, seed, *sorted(settings.items()))
        if key not in kept:
            model = lesson.call("run:build")(lesson.experiments()[name].settings(settings), seed)
            model.train(model.limit)
            kept[key] = model
        return kept[key]

    return go


@pytest.fixture(scope="module")
def field(run):
    """Track → all cars at the end of the race."""
    return lambda track, **more: {car: run("prix", track=track, car=car, **more) for car in prix.CARS}


def test_shuffling_and_fine_tuning(run):
    right = {helper: run("helpers", helper=helper).metrics()["accuracy"] for helper in ("none", "no-shuffle")}
    # Means over ten seeds, within what one of them may be off: how sums are rounded differs by processor.
    assert right["none"] == pytest.approx(0.787, abs=0.03)
    assert right["no-shuffle"] == pytest.approx(0.494, abs=0.1)
    assert run("helpers", helper="fine-tuning").metrics()["accuracy"] == pytest.approx(0.844, abs=0.02)


@pytest.mark.parametrize("helper", ["dropout", "gradient-noise", "warm-up", "curriculum", "batch-norm", "l2"])
def test_every_helper_trains(lesson, helper):
    model = lesson.call("run:build")(lesson.experiments()["helpers"].settings({"helper": helper}), 1)
    rows = model.train(20)
    assert len(rows) == 20 and np.isfinite(rows).all() and len(set(model.right())) > 1


def test_a_helper_goes_on_from_a_state_as_it_would_have(lesson):
    build, settings = (
        lesson.call("run:build"),
        lesson.experiments()["helpers"].settings({"helper": "dropout"}),
    )
    model = build(settings, 1)
    model.train(10)
    kept = model.state()
    once = model.train(15)
    model.restore(kept)
    assert model.step == 10 and np.array_equal(model.train(15), once)


def test_the_times_on_the_ellipse(field):
    cars = field("ellipse")
    times = {car: cars[car].time() for car in ("adagrad", "nag", "adam", "sgdm", "sgd")}
    assert times == {"adagrad": 3, "nag": 20, "adam": 33, "sgdm": 44, "sgd": 195}
    assert standings.order(cars)[0] == "adagrad" and cars["sgd"].facts()["winner"] == "adagrad"


def test_the_winners_elsewhere(field):
    bent = field("rosenbrock")
    assert standings.order(bent)[0] == "sgdm" and bent["sgdm"].time() == 60
    assert np.isinf(bent["adagrad"].time())
    assert standings.order(field("canyon"))[0] == "swats"
    egg = field("rastrigin")
    assert [car for car in egg if np.isfinite(egg[car].time())] == ["adagrad"]


def test_no_car_is_among_the_first_three_everywhere():
    places = prix.ranks(prix.UPDATES)
    assert places.shape == (12, 6) and (places.min(axis=0) == 1).all() and (places.max(axis=1) > 3).all()


def test_the_basins_of_the_egg_box(run):
    model = run("prix", track="rastrigin", car="sgdm")
    label, minima = prix.basins(model.course, "sgdm", model.found.best)
    assert label.shape == prix.BASIN[::-1] and len(minima) > 3
    assert np.abs(minima[label[12, 18]]).max() < 0.1  # from beside the middle into the middle


def test_a_typed_formula_is_raced_and_shown(lesson, run):
    formula = "sin(3*x) + 0.1*(x^2 + y^2)"
    model = run("prix", track="typed", car="adam", formula=formula)
    assert model.course.formula == formula
    x, y = model.trainer.theta
    assert model.now() == pytest.approx(np.sin(3 * x) + 0.1 * (x * x + y * y), rel=1e-9)
    experiment = lesson.experiments()["prix"]
    for view in experiment.views:
        assert type(model.look(view.id, ())).__module__ == views.__name__, view.id


@pytest.mark.parametrize(
    ("formula", "code"),
    [("x^2 +", "bad-formula"), ("z^2", "unknown-in-formula"), ("__import__('os')", "unknown-in-formula")],
)
def test_a_formula_that_cannot_be_read_is_refused(lesson, formula, code):
    settings = lesson.experiments()["prix"].settings({"track": "typed", "formula": formula})
    with pytest.raises(EngineError) as caught:
        lesson.call("run:build")(settings, 1)
    assert caught.value.code == code


def test_a_constant_formula_and_one_that_flies_away_do_no_harm(lesson):
    for formula in ("3", "-exp(x^2)", "1/x", "log(x)"):
        settings = lesson.experiments()["prix"].settings(
            {"track": "typed", "formula": formula, "updates": 50}
        )
        model = lesson.call("run:build")(settings, 1)
        model.train(50)
        for view in ("plane", "standings", "basins", "search", "family", "losses"):
            model.look(view, ())
        assert all(not np.isinf(value) for value in model.metrics().values())


def fades(run):
    """The noise of update t on a gradient of 0, over many entries."""
    from engine.network import Network
    from engine.trainer import Trainer

    net = Network()
    net.stream(np.zeros((1, 4000)))
    trainer = Trainer(net, theta=np.zeros(4000), dtype="float64", rate=1.0, noise=0.09, noise_decay=0.55)
    for t in range(6):
        before = trainer.theta
        trainer.train(1)
        assert (trainer.theta - before).std() == pytest.approx(np.sqrt(0.09 / (1 + t) ** 0.55), rel=0.06)


def one_line(run):
    """AdamW on given gradients, worked out with m and σ by hand."""
    theta, m, v = 1.0, 0.0, 0.0
    gradients = [0.5, -0.2, 0.3]
    for t, g in enumerate(gradients, 1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        sigma = np.sqrt(v / (1 - 0.999**t)) + 1e-8
        theta = theta - 0.1 * (m / (1 - 0.9**t)) / sigma - 0.1 * 0.2 * theta
    engine = ride(gradients, (1.0,), optimizer="adamw", rate=0.1, weight_decay=0.2)
    return np.isclose(engine.theta[-1, 0], theta, rtol=1e-9)


FORMULAS = {
    "σ_t = √(c / (1 + t)^γ)": fades,
    "θ ← θ − η·m/σ − η·γ·θ": one_line,
}


def test_formulas(run):
    prove("optim/helpers", FORMULAS, run)
