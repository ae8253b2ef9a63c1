"""Adam against SGDM and SWATS: the figures that the text names, the switch, its rate."""

import numpy as np
import pytest
from formulas import prove

from engine.session import Session
from lessons import catalog, proof


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("optim/adam_vs_sgdm")


@pytest.fixture(scope="module")
def run(lesson):
    """Experiment and settings → Result; the same settings run once."""
    runners = {name: proof.runner(lesson, one, 1) for name, one in lesson.experiments().items()}
    return lambda name, **settings: runners[name](settings)


@pytest.fixture(scope="module")
def model(lesson):
    """Experiment and settings → model at update 0."""

    def build(name, seed=1, **settings):
        experiment = lesson.experiments()[name]
        return lesson.call(experiment.build)(experiment.settings(settings), seed)

    return build


def test_the_figures_of_the_race_are_those_of_its_text(lesson, run):
    first = {
        name: lesson.call("run:first_epoch")(run("race", optimizer=name)) for name in ("sgd", "sgdm", "adam")
    }
    assert first == pytest.approx({"sgd": 0.67, "sgdm": 0.64, "adam": 0.54}, abs=0.04)
    for name in ("sgdm", "adam"):
        assert lesson.call("run:gap")(run("race", optimizer=name)) == pytest.approx(0.31, abs=0.05)
    accuracy = {name: run("race", optimizer=name).metrics["validation-accuracy"] for name in first}
    assert accuracy == pytest.approx({"sgd": 0.899, "sgdm": 0.898, "adam": 0.905}, abs=0.025)


def test_what_the_switch_hands_over(run):
    last = lambda **settings: run("swats", **settings).tape.column("loss")[-125:].mean()
    assert last() == pytest.approx(0.17, abs=0.03) and last(method="naive") == pytest.approx(0.26, abs=0.03)
    assert last(method="adam") == pytest.approx(0.16, abs=0.03) and last(switch=25) == pytest.approx(
        0.19, abs=0.03
    )
    assert run("swats").facts["handed"] == pytest.approx(0.14, abs=0.01)
    assert run("swats", method="adam").facts["handed"] == 0


def test_a_late_switch_at_a_large_rate_goes_wild(run):
    settings = {"switch": 500, "rate": 0.003}
    adam, swats = (run("swats", method=one, **settings).tape.column("loss") for one in ("adam", "swats"))
    assert swats[500:].mean() > 2 * adam[500:].mean()


def test_the_papers_criterion_is_never_met_here(model):
    """γ never comes within 10⁻⁹ of its mean: without a given moment Adam stays Adam."""
    from lessons.optim.adam_vs_sgdm.run import SWITCHED, train

    trainer = train("swats", 0.001, 1)
    trainer.train(750)
    assert trainer.gauge[SWITCHED] == 0


@pytest.mark.parametrize("method", ["naive", "swats"])
def test_the_same_bits_however_it_is_cut(model, method):
    whole, cut = model("swats", method=method, switch=30), model("swats", method=method, switch=30)
    rows = whole.train(60)
    pieces = [cut.train(7), cut.train(20)]
    state = cut.state()
    cut.train(20)
    cut.restore(state)
    pieces += [cut.train(11), cut.train(22)]
    assert rows.tobytes() == np.concatenate(pieces).tobytes() and whole.checked == cut.checked


def test_a_race_shows_all_arms(lesson):
    from engine.arms import Race

    experiment = lesson.experiments()["swats"]
    build, arms = lesson.call(experiment.build), experiment.arms.arms

    def race(settings, seed):
        models = {name: build({**settings, **arm}, seed) for name, arm in arms.items()}
        return Race(models, arms, "swats", own=lesson.call("run:own")("swats", settings))

    session = Session(race, experiment.settings({"switch": 20}), 1, live=experiment.live, threaded=False)
    session.advance(40)
    session.want(("loss", "validation", "numbers"))
    views = session.frame().views
    assert [line.word for line in views["loss"].lines] == ["arm.adam", "arm.naive", "arm.swats"]
    assert len(views["validation"].lines[0].x) == 2 and len(views["numbers"].steps) == 4


def projected(run, model):
    """γ of the first update, from θ before and after it and the gradient."""

    one = model("swats", switch=1)
    start = one.trainer.theta.astype(np.float64)
    probe = model("swats", method="adam")
    probe.trainer.set("optimizer", "sgd")
    probe.trainer.set("rate", 1.0)
    probe.trainer.train(1)
    g = start - probe.trainer.theta
    one.train(1)
    p = one.trainer.theta - start
    gamma = p @ p / -(p @ g)
    return float(one.trainer.gauge[2]) * 0.001 == pytest.approx(gamma, rel=1e-3)


def waiting(run, model):
    test_the_papers_criterion_is_never_met_here(model)


def difference(run, model):
    from lessons.optim.adam_vs_sgdm.run import gap

    result = run("race")
    return gap(result) == result.metrics["validation-loss"] - result.metrics["training-loss"]


FORMULAS = {
    "gap = validation loss − training loss": difference,
    "γ = pᵀp / (−pᵀg)": projected,
    "|Λ − γ| < 10⁻⁹": waiting,
}


def test_formulas(run, model):
    prove("optim/adam_vs_sgdm", FORMULAS, run, model)


def test_answers_are_given_only_to_the_question_that_was_put(lesson, run):
    ask = lambda name, result: lesson.call(f"run:{name}")(result)
    assert ask("gap_size", run("race")) == "same" and ask("gap_size", run("race", optimizer="sgdm")) == ""
    assert (
        ask("handed_over", run("swats")) == "hundred"
        and ask("handed_over", run("swats", method="naive")) == ""
    )
