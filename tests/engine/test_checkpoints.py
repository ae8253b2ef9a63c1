"""Checkpoints lie close together near the present, wide apart elsewhere, and stay within their memory."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.checkpoints import BURDEN, Checkpoints, measure


def walk(checkpoints, stop, size=10, update=1e-3, capture=0.0):
    """Go forward to `stop`, keeping a checkpoint wherever one belongs."""
    step = 0
    while step <= stop:
        if checkpoints.due(step):
            checkpoints.add(step, np.zeros(size, np.uint8))
            checkpoints.tune(update, capture)
        step = checkpoints.after(step)


def test_update_zero_always_stays():
    checkpoints = Checkpoints(budget=1000)
    walk(checkpoints, 5000, size=900)
    assert checkpoints.nearest(4)[0] == 0
    assert checkpoints.nbytes <= 1100


def test_neighbours_near_the_present_are_one_stride_apart_and_a_stride_is_a_short_replay():
    checkpoints = Checkpoints()
    walk(checkpoints, 100_000, update=1e-4)
    assert checkpoints.stride * 1e-4 <= 0.06
    near = [step for step in checkpoints.steps if step >= 100_000 - 10_000]
    assert near[0] <= 90_000 + checkpoints.stride
    assert set(np.diff(near)) == {checkpoints.stride}


def test_the_whole_run_stays_in_reach():
    checkpoints = Checkpoints(window=1000)
    walk(checkpoints, 100_000, update=1e-3)
    assert len(checkpoints) < 400
    assert max(np.diff(checkpoints.steps)) <= checkpoints.wide <= 100_000 / 16


def test_memory_wins_over_distance():
    budget = 1 << 20
    checkpoints = Checkpoints(budget=budget)
    walk(checkpoints, 30_000, size=20_000, update=1e-2)
    assert checkpoints.nbytes <= budget
    assert checkpoints.stride > 1


def test_taking_a_state_costs_a_small_part_of_training():
    checkpoints = Checkpoints()
    walk(checkpoints, 2000, update=1e-5, capture=1e-2)
    assert checkpoints.stride * 1e-5 >= BURDEN * 1e-2


@given(st.lists(st.integers(0, 500), min_size=1), st.integers(0, 600))
def test_nearest_is_the_last_at_or_before(steps, target):
    checkpoints = Checkpoints()
    for step in steps:
        checkpoints.add(step, step)
    before = [step for step in steps if step <= target]
    if before:
        assert checkpoints.nearest(target) == (max(before), max(before))
    else:
        with pytest.raises(LookupError):
            checkpoints.nearest(target)


def test_cut_lets_go_what_comes_after():
    checkpoints = Checkpoints()
    for step in range(0, 100, 10):
        checkpoints.add(step, step)
    checkpoints.cut(50)
    assert checkpoints.steps == (0, 10, 20, 30, 40, 50)


def test_measure_counts_what_is_inside():
    assert measure((np.zeros(1000), {"a": [np.zeros(500)]})) >= 12_000
