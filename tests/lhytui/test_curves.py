"""From the tape to curves: series of one run and of the arms of a race, measured always or now and then."""

import numpy as np

from engine.tape import Tape
from lessons.spec import Channel, Experiment, View
from lhytui import curves

EXPERIMENT = Experiment(
    lab="net",
    controls=(),
    channels=(Channel("loss", role="smooth"), Channel("accuracy", role="validation", sparse=True)),
    views=(View(id="v", kind="curve", series=("loss", "accuracy")),),
)


def drawn(tape, step=0):
    return curves.curve(EXPERIMENT.views[0], EXPERIMENT, tape, step)


def test_one_run():
    tape = Tape(("loss",))
    assert [line.word for line in drawn(tape).lines] == ["series.loss", "series.accuracy"]
    tape.append(np.arange(5.0)[:, None])
    tape.add_sparse(4, {"accuracy": 0.5})
    loss, accuracy = drawn(tape, 2).lines
    assert loss.y.tolist() == [0, 1, 2, 3, 4] and accuracy.x.tolist() == [4] and accuracy.y.tolist() == [0.5]
    assert drawn(tape, 2).cursor == 2 and drawn(tape, 5).cursor is None


def test_the_arms_of_a_race():
    tape = Tape(("slow/loss", "fast/loss"))
    tape.append(np.zeros((3, 2)))
    tape.add_sparse(0, {"slow/accuracy": 0.1, "fast/accuracy": 0.2})
    words = [(line.word, line.role) for line in drawn(tape).lines]
    assert words == [
        ("arm.slow", "smooth"), ("arm.fast", "smooth"), ("arm.slow", "validation"), ("arm.fast", "validation"),
    ]  # fmt: skip


def test_a_long_noisy_series_is_averaged():
    tape = Tape(("loss",))
    noise = np.random.default_rng(0).normal(size=1000)
    tape.append(noise[:, None])
    raw, smooth, _ = drawn(tape).lines
    assert np.ptp(smooth.y[50:]) < np.ptp(raw.y) / 3
    np.testing.assert_allclose(smooth.y[-1], noise[-20:].mean())
