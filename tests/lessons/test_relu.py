"""The lesson on ReLU: its table, the pad's ramps, and the formulas of its text."""

from functools import partial

import numpy as np
import pytest
from formulas import prove

from engine.arms import Sweep
from engine.session import Session
from lessons import catalog, proof
from lessons.labs import relus
from lessons.labs.series import lagged, least_squares

LECTURE = {"linear": (0.32, 0.46), "10": (0.32, 0.45), "100": (0.28, 0.43), "1000": (0.27, 0.43)}
# Of made-up views: what was measured once with other random numbers, 56 days, seed 1, trained on.
BEFORE = {"linear": 0.294, "10": 0.285, "100": 0.212, "1000": 0.106}


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("basics/relu")


@pytest.fixture(scope="module")
def run(lesson):
    runner = proof.runner(lesson, lesson.experiments()["width"], 1)
    return lambda **settings: runner(settings)


def test_the_views_made_up_now_behave_as_those_made_up_before(run):
    for width, train in BEFORE.items():
        found = run(width=width, data="yt-views").metrics
        assert found["train"] == pytest.approx(train, abs=0.01)
        assert found["unseen"] > 0.35
    exact = least_squares("yt-views", 56, 1)
    assert exact == pytest.approx({"train": 0.298, "unseen": 0.352}, abs=0.001)


def test_only_days_before_are_looked_at():
    x, y, x_new, y_new = lagged("births", 28)
    assert (len(y), len(y_new)) == (1095, 366)
    assert (x[1, 0], x[1, 1]) == (y[0], x[0, 0]) and x_new[0, 0] == y[-1] and x_new[0, 27] == y[-28]


@pytest.mark.parametrize(
    "heights", [(0.0, 0.6, -0.4, 0.2, 1.2, 0.8, -0.6, 0.4, 0.4), (0.5,) * 9, tuple(range(9))]
)
def test_ramps_add_up_to_what_was_drawn(heights):
    x = np.linspace(-4, 4, 33)
    found = relus.drawn(heights).predict(x[:, None])[:, 0]
    assert found == pytest.approx(np.interp(x, np.arange(-4, 5), heights), abs=1e-12)


def test_each_corner_takes_one_ramp(lesson):
    experiment = lesson.experiments()["width"]
    counts = [len(relus.split(action.set["pad"])[0]) for action in experiment.actions[:3]]
    assert counts == [2, 3, 8]


def test_a_new_drawing_keeps_what_the_table_knows(lesson):
    experiment = lesson.experiments()["width"]
    build, own = lesson.call(experiment.build), lesson.call("run:own")

    def sweep(settings, seed):
        arms = experiment.arms.arms
        makers = {name: partial(build, {**settings, **arm}, seed) for name, arm in arms.items()}
        return Sweep(makers, arms, settings["width"], own=own("width", settings))

    settings = experiment.settings({"epochs": "10"})
    session = Session(sweep, settings, 1, live=experiment.live, threaded=False)
    session.want(("table", "errors", "pad"))
    assert [row[1] for row in session.frame().views["table"].rows] == [None] * 4
    session.finish()
    full = session.frame().views["table"].rows
    assert None not in [row[1] for row in full]
    assert [row[3] for row in full] == [f"={a:.2f} / {b:.2f}" for a, b in LECTURE.values()]
    session.reset({**settings, "pad": experiment.actions[1].set["pad"]})
    again = session.frame().views
    assert [row[:3] for row in again["table"].rows] == [row[:3] for row in full]
    assert sum(line.role == "part" for line in again["pad"].lines) == 3
    session.reset({**settings, "data": "yt-views"})
    assert [row[1] for row in session.frame().views["table"].rows] == [None] * 4


def test_a_thousand_do_no_better_than_a_line_on_unseen_days(lesson, run):
    assert lesson.call("run:against_line")(run()) == "rises"


def row(name, word, train, unseen):
    def check(run):
        found = run(width=name).metrics
        assert [found["train"], found["unseen"]] == pytest.approx([train, unseen], abs=6e-4)

    lecture = LECTURE[name]
    return f"{word} {train:.3f} / {unseen:.3f} {lecture[0]:.2f} / {lecture[1]:.2f}", check


def ramp(run):
    x = np.linspace(-4, 4, 9)
    heights = 0.5 * np.maximum(0, 2 + x)
    assert relus.drawn(heights).predict(x[:, None])[:, 0] == pytest.approx(heights, abs=1e-12)


def layer(run):
    """The sum over ReLUs of the sum over features is what the network puts out."""
    lesson = catalog.load().lesson("basics/relu")
    settings = lesson.experiments()["width"].settings({"width": "10"})
    model = lesson.call("run:build")(settings, 1)
    x = model.norm(model.old[0][:5])
    theta, named = model.trainer.theta.astype(float), model.trainer.named()
    part = lambda name: theta[named[name][0] :][: int(np.prod(named[name][1]))].reshape(named[name][1])
    inner = part("hidden-1.bias") + x @ part("hidden-1.weight")
    by_hand = part("forecast.bias") + np.maximum(0, inner) @ part("forecast.weight")
    assert model.trainer.predict(x) == pytest.approx(by_hand, abs=1e-5)


FORMULAS = {
    "c·max(0, b + w·x₁)": ramp,
    "y = b + Σᵢ cᵢ·max(0, bᵢ + Σⱼ wᵢⱼ·xⱼ)": layer,
    "ReLU 出生人数 课上": None,
    "ReLUs births lecture": None,
    **dict(
        row(name, word, *figures)
        for name, words, figures in (
            ("linear", ("线性", "linear"), (0.239, 0.266)),
            ("10", ("10",), (0.228, 0.268)),
            ("100", ("100",), (0.176, 0.284)),
            ("1000", ("1000",), (0.107, 0.299)),
        )
        for word in words
    ),
}


def test_every_formula_shown_is_one_that_is_evaluated(run):
    prove("basics/relu", FORMULAS, run)
