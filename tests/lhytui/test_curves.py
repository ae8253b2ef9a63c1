"""From the tape to curves: series of one run and of the arms of a race, measured always or now and then."""

from dataclasses import replace

import numpy as np

from engine.tape import Tape
from lessons.spec import Channel, Experiment, Race, View
from lhytui import curves
from lhytui.draw import series
from lhytui.draw.ink import Ink

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


def test_every_arm_has_its_own_hue():
    arms = Race(arms={name: {} for name in ("slow", "fast", "best")})
    view = View(id="v", kind="curve", series=("loss", "accuracy"))
    race = replace(EXPERIMENT, arms=arms, views=(view,))
    tape = Tape(("fast/loss", "best/loss", "slow/loss"))
    tape.append(np.ones((300, 3)))
    tape.add_sparse(0, {"slow/accuracy": 0.1, "fast/accuracy": 0.2, "best/accuracy": 0.2})
    found = {}
    for line in curves.curve(view, race, tape, 0).lines:
        found.setdefault(line.word, set()).add(line.hue)
    assert found == {"": {0, 1, 2}, "arm.slow": {0}, "arm.fast": {1}, "arm.best": {2}}


def test_arms_differ_in_colour_and_in_dash():
    race = replace(EXPERIMENT, arms=Race(arms={"slow": {}, "fast": {}}))
    tape = Tape(("slow/loss", "fast/loss"))
    tape.append(np.ones((3, 2)))
    lines = [
        line for line in curves.curve(race.views[0], race, tape, 0).lines if line.word.startswith("arm.")
    ]
    slow, fast = series.dress(lines, Ink.from_colours())
    assert slow.colour != fast.colour and slow.pattern != fast.pattern


def test_a_long_noisy_series_is_averaged():
    tape = Tape(("loss",))
    noise = np.random.default_rng(0).normal(size=1000)
    tape.append(noise[:, None])
    raw, smooth, _ = drawn(tape).lines
    assert np.ptp(smooth.y[50:]) < np.ptp(raw.y) / 3
    np.testing.assert_allclose(smooth.y[-1], noise[-20:].mean())
