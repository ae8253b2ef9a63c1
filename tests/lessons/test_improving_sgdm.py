"""The lesson on moving rates: its figures, and every formula that its text shows."""

import math

import numpy as np
import pytest
from formulas import prove

from lessons import catalog


@pytest.fixture(scope="module")
def run():
    """(experiment, seed, settings) → model at the end of its story; each once."""
    lesson, kept = catalog.load().lesson("optim/improving_sgdm"), {}

    def go(name, seed=1, **settings):
        key = (name, seed, *sorted(settings.items()))
        if key not in kept:
            model = lesson.call("run:build")(lesson.experiments()[name].settings(settings), seed)
            model.train(model.limit)
            kept[key] = model
        return kept[key]

    return go


def test_the_test_and_the_runs_at_fixed_rates(run):
    assert run("range-test").facts()["best"] == pytest.approx(0.08, abs=0.005)
    assert run("range-test", optimizer="sgd").facts()["best"] == pytest.approx(0.45, abs=0.005)
    assert run("range-test", updates=100).facts()["best"] == pytest.approx(0.16, abs=0.005)
    ends = [run("range-test", run=rate).facts()["last"] for rate in ("0.001", "0.1", "1")]
    assert ends == pytest.approx([0.70, 0.88, 0.25], abs=0.005)


def test_as_in_the_lessons_table_without_momentum(run):
    """Accuracy begins to rise near 1e-2, is best between 0.3 and 0.8, and is lost beyond 1.8."""
    rates, accuracy, _ = run("range-test", optimizer="sgd").found()
    at = lambda rate: accuracy[np.abs(np.log(rates / rate)).argmin()]
    assert at(3e-3) < 0.12 < at(1e-2) < 0.3 and accuracy.max() > 0.75
    assert 0.3 < rates[accuracy.argmax()] < 0.8 and at(2.5) < 0.5


def test_the_balls(run):
    place = {shape: run("triangle", shape=shape).series(0) for shape in ("low", "high", "triangle", "drawn")}
    tail = {shape: run("triangle", shape=shape).record.column("loss")[-20:].mean() for shape in place}
    assert (place["low"][100:] > 1.8).all() and (place["low"] < 2.6).all()
    assert (place["high"] > 4).argmax() == 21 and tail["high"] == pytest.approx(-0.79, abs=0.005)
    assert place["triangle"][-1] == pytest.approx(5.94, abs=0.005)
    assert tail["triangle"] == pytest.approx(-1.19, abs=0.005) and tail["low"] == pytest.approx(
        0.23, abs=0.005
    )
    assert abs(place["drawn"][-1] - 6) < 0.1
    for peak in (150, 250, 350, 450, 550):
        assert np.abs(place["triangle"][peak - 10 : peak + 10] - 6).max() > 0.5
    assert abs(run("triangle", top=0.3).series(0)[-1] - 2.11) < 0.3


def test_the_lulls_between_restarts(run):
    losses = run("restarts").record.column("loss")
    mean = lambda at: losses[at : at + 50].mean()
    assert [mean(at) for at in (250, 320, 550, 620, 850)] == pytest.approx(
        [0.196, 0.256, 0.114, 0.154, 0.072], abs=6e-4
    )
    ends = [
        run("restarts", shape=shape).metrics()["validation-loss"] for shape in ("sgdr", "constant", "cosine")
    ]
    assert ends == pytest.approx([0.328, 0.343, 0.322], abs=6e-4)
    assert run("restarts", shape="constant").record.column("loss")[-50:].mean() == pytest.approx(
        0.033, abs=6e-4
    )


def test_the_ends_of_one_cycle(run):
    right = lambda **settings: run("one-cycle", **settings).metrics()["validation-accuracy"]
    assert right() == pytest.approx(0.9145, abs=6e-4)
    assert right(shape="peak") == pytest.approx(0.890, abs=1.1e-3)
    assert right(shape="half") == pytest.approx(0.910, abs=1.1e-3)
    assert right(epochs=4) == pytest.approx(0.901, abs=6e-4)


def growth(run):
    model = run("range-test")
    return math.isclose(model.trainer.rate_at(137), 1e-5 * 1e6 ** (137 / 400))


def limits(run):
    """The curvature at the bottom of the narrow dent."""
    model = run("triangle")
    x = np.linspace(1.9, 2.4, 5001)
    y = model.height(x)
    low = y.argmin()
    curvature = (y[low + 100] - 2 * y[low] + y[low - 100]) / (100 * (x[1] - x[0])) ** 2
    wide = np.array([-0.01, 0.0, 0.01]) + 6
    assert curvature == pytest.approx(3.30, abs=0.01) and x[low] == pytest.approx(2.11, abs=0.005)
    assert (model.height(wide) @ [1, -2, 1]) / 1e-4 == pytest.approx(3.06, abs=0.01)
    return round(2 / curvature, 2) == 0.61 and round(2 / 3.06, 2) == 0.65


def cosine(run):
    rate = run("restarts").trainer.rate_at
    return all(math.isclose(rate(300 + t), 0.5 * (1 + math.cos(math.pi * t / 300)) / 2) for t in (0, 70, 299))


FORMULAS = {
    "η_t = η₀ · r^(t/T)": growth,
    "2 / 3.30 = 0.61": limits,
    "η_t = η₀·(1 + cos(π·t/T)) / 2": cosine,
}


def test_formulas(run):
    prove("optim/improving_sgdm", FORMULAS, run)
