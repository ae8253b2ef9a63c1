"""The lesson on mismatch: forecasts against least squares, the week turned over, the figures of its text."""

import numpy as np
import pytest
from formulas import prove

from lessons import catalog, proof
from lessons.data import births


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("guide/mismatch")


@pytest.fixture(scope="module")
def run(lesson):
    runner = proof.runner(lesson, lesson.experiments()["peak"], 1)
    return lambda **settings: runner(settings)


@pytest.fixture(scope="module")
def peak(lesson):
    """Settings → model at update 0."""
    experiment = lesson.experiments()["peak"]
    return lambda seed=1, **settings: lesson.call(experiment.build)(experiment.settings(settings), seed)


def test_descent_ends_at_the_least_squares(peak):
    model = peak(days="200")
    model.train(200)
    rows = np.column_stack([np.ones(200), model.x])
    best = np.linalg.lstsq(rows, model.y, rcond=None)[0]
    exact = np.column_stack([np.ones(len(model.u)), model.u]) @ best
    assert model.forecast(model.u) == pytest.approx(exact, abs=1e-4)


def test_inputs_are_the_true_past_and_end_before_the_year(peak):
    model = peak(days="90")
    dates, counts = births()
    first = int(np.searchsorted(dates, np.datetime64("1988-01-01").astype(int)))
    assert len(model.y) == 90 and len(model.v) == 366
    assert model.v[0] == counts[first] / 1000 and model.u[0, 0] == model.y[-1] == counts[first - 1] / 1000
    assert (model.u == peak(days="90", shift=0.0).u).all()


def test_seeds_are_years(peak):
    assert [len(peak(seed).v) for seed in (1, 2, 3, 4, 5, 12, 13)] == [366, 365, 365, 365, 366, 365, 366]
    assert (peak(13).v == peak(1).v).all()


def test_a_whole_turn_makes_peaks_of_weekends(peak):
    model = peak()
    weekend = model.part < -1  # Saturdays and Sundays
    assert 100 < weekend.sum() < 110
    assert model.v[weekend].mean() < model.v[~weekend].mean() - 1.5
    turned = model.labels(1.0)
    assert turned[weekend].mean() > turned[~weekend].mean() + 1.5
    assert turned.mean() == pytest.approx(model.v.mean(), abs=0.05)


def test_a_run_does_not_depend_on_how_it_is_cut(peak):
    whole, cut = peak(), peak()
    rows = whole.train(200)
    cut.train(33)
    state = cut.state()
    cut.train(90)
    cut.restore(state)
    assert (cut.train(167) == rows[33:]).all() and cut.metrics() == whole.metrics()


def test_pictures(lesson, peak):
    arms = {"90": peak(days="90"), "1000": peak(days="1000"), "200": None}
    arms["90"].train(200)
    arms["1000"].train(200)
    curve = lesson.call("run:own")("peak", {})["errors"](arms, "1000", ())
    assert [line.x.tolist() for line in curve.lines] == [[90, 1000]] * 3 and curve.limits[:2] == (90, 1000)
    same, turned = curve.lines[1].y, curve.lines[2].y
    assert same[1] < 0.5 * same[0] and turned[1] > turned[0]
    weeks = arms["1000"].look("weeks", ())
    assert weeks.lines[0].y == pytest.approx(arms["1000"].labels(1.0)[:42])


def test_answers_only_to_the_question_that_was_put(lesson, run):
    assert lesson.call("run:cured")(run()) == "flat"
    assert lesson.call("run:cured")(run(shift=0.0)) == "" == lesson.call("run:cured")(run(days="90"))


def turned_over(run):
    from lessons.guide.mismatch.run import Peak, year

    values, begin, end, part = year(1)
    dates = births()[0][begin:end].astype("datetime64[D]")
    sundays = (dates.astype(int) + 3) % 7 == 6
    past = births()[0][begin - 1096 : begin]
    mean = values[begin - 1096 : begin][(past + 3) % 7 == 6].mean() - values[begin - 1096 : begin].mean()
    assert part[begin:end][sundays] == pytest.approx(np.full(sundays.sum(), mean))
    model = Peak({"days": "90", "lags": "7", "shift": 0.5}, 1)
    assert model.labels(0.5)[sundays] == pytest.approx(values[begin:end][sundays] - 2 * 0.5 * mean)


def errors(name, few, many):
    def check(run):
        found = [run(days=days).metrics[name] for days in ("90", "1000")]
        assert found == pytest.approx([few, many], abs=6e-4)

    return check


def all_models(run):
    found = [run(lags=lags).metrics["unseen"] for lags in ("7", "28", "56")]
    assert found == pytest.approx([1.711, 1.746, 1.752], abs=6e-4)


same, turned = errors("same", 0.607, 0.269), errors("unseen", 1.624, 1.752)
FORMULAS = {
    "ŷ′ = ŷ − 2·s·m": turned_over,
    "同分布 0.607 → 0.269": same,
    "same 0.607 → 0.269": same,
    "翻转 1.624 → 1.752": turned,
    "turned 1.624 → 1.752": turned,
    "1.711 1.746 1.752": all_models,
}


def test_every_formula_shown_is_evaluated(run):
    prove("guide/mismatch", FORMULAS, run)
