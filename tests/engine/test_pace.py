"""The pace grants updates by the clock and saves none up."""

import math

from engine.pace import FRAME, Pace


def started(updates, factor=1.0, budget=math.inf, hurry=False):
    pace = Pace(updates)
    pace.factor = factor
    pace.start(budget, hurry, 100.0)
    return pace


def test_each_frame_grants_its_updates_once():
    pace = started(3)
    assert pace.allow(100.0) == 3
    pace.spend(3, 3, 100.0)
    assert pace.allow(100.0 + FRAME / 2) == 0
    assert pace.allow(100.0 + FRAME * 1.01) == 3


def test_a_slow_machine_is_not_chased():
    pace = started(3)
    pace.allow(100.0)
    assert pace.allow(110.0) == 3
    assert pace.allow(120.0) == 3


def test_fractions_add_up():
    pace, done = started(0.1, factor=2.0), 0
    for frame in range(50):
        now = 100.0 + frame * FRAME * 1.001
        allowed = pace.allow(now)
        done += allowed
        pace.spend(allowed, done, now)
    assert done == 10


def test_a_budget_holds_without_a_pace():
    pace = started(1, budget=50, hurry=True)
    assert pace.allow(100.0) == 50
    pace.spend(20, 20, 100.5)
    assert pace.allow(100.5) == 30
    assert started(1, factor=math.inf).allow(100.0) == math.inf


def test_the_rate_is_that_of_the_last_half_second():
    pace = started(1)
    for tick in range(100):
        pace.spend(tick * 2, tick * (tick + 1), 100 + tick / 10)
    assert 1900 < pace.rate < 2000
