"""The training thread: commands from outside, frames at a pace, and an end whenever it is asked for."""

import math
import threading
import time

import numpy as np
import pytest
from toys import SETTINGS, Descent, Gate, descent, model, session, wait_for

from engine.errors import EngineError


@pytest.fixture
def start():
    """Starts sessions with a thread and ends them."""
    begun = []

    def start(*args, **options):
        begun.append(session(*args, threaded=True, **options))
        return begun[-1]

    yield start
    for run in begun:
        run.close()
        assert run.phase == "closed"


def settled(run):
    wait_for(lambda: not run.pending and run.phase not in ("idle", "compiling", "running"), run.phase)
    return run


def newest(run):
    """The newest frame of a session at rest."""
    wait_for(lambda: not run.pending)
    return run.frame()


def test_it_builds_on_its_own_thread_and_becomes_ready(start):
    threads = []

    def build(values, seed):
        threads.append(threading.current_thread())
        return Descent(values, seed)

    run = settled(start(build))
    assert run.phase == "ready" and threads[0] is not threading.main_thread() and threads[0].daemon
    assert (run.limit, run.epoch, run.tape.columns) == (400, 20, Descent.columns)
    assert run.compile_seconds > 0


def test_phases_follow_the_commands(start):
    gate = Gate(Descent)
    run = start(gate)
    assert gate.entered.wait(60)
    assert run.phase == "compiling" and run.pending
    gate.open.set()
    assert settled(run).phase == "ready"
    run.advance(5)
    wait_for(lambda: run.step == 5 and run.phase == "paused")
    run.finish()
    wait_for(lambda: run.phase == "done")
    assert run.step == run.limit == len(run.tape) and run.train_seconds > 0
    run.seek(100)
    wait_for(lambda: run.step == 100 and run.phase == "paused")
    run.reset(seed=3)
    wait_for(lambda: run.phase == "ready" and run.seed == 3)
    assert run.ghosts[0].steps == 400


def test_every_state_change_has_a_frame_and_the_newest_wins(start):
    run = start()
    run.want(("path",))
    settled(run)
    serial = 0
    for command, step, phase in (
        (lambda: run.advance(7), 7, "paused"),
        (lambda: run.set("rate", 0.002), 7, "paused"),
        (lambda: run.seek(3), 3, "paused"),
        (lambda: run.finish(), 400, "done"),
        (lambda: run.seek(0), 0, "ready"),
    ):
        command()
        wait_for(lambda: not run.pending and run.phase != "running")
        frame = newest(run)
        assert (frame.step, frame.phase, frame.views["path"][0]) == (step, phase, step)
        assert frame.metrics["step"] == step and frame.serial > serial
        assert run.frame() is None
        serial = frame.serial


def test_a_frame_does_not_change_when_training_goes_on(start):
    run = start()
    run.want(("path",))
    run.advance(5)
    wait_for(lambda: run.step == 5 and run.phase == "paused" and not run.pending)
    step, theta = run.frame().views["path"]
    kept = theta.copy()
    run.finish()
    wait_for(lambda: run.phase == "done")
    assert step == 5 and np.array_equal(theta, kept)


def test_the_pace_is_never_exceeded(start):
    run = settled(start(descent(limit=10**9), pace=2.0))
    for factor, goal in ((1.0, 20), (3.0, 60)):
        began, before = time.perf_counter(), run.step
        run.speed(factor)
        run.play()
        wait_for(lambda goal=goal: run.step >= goal)
        reached, passed = run.step, time.perf_counter() - began
        run.pause()
        wait_for(lambda: run.phase == "paused")
        # One frame's worth may be done at once, at the start.
        assert reached - before <= 2.0 * factor * (passed * 25 + 2)


def test_a_pace_below_one_update_a_frame_still_moves(start):
    run = settled(start(pace=0.25))
    run.play()
    wait_for(lambda: run.step >= 3)


def test_finish_and_infinite_speed_know_no_pace(start):
    run = settled(start(descent(limit=3000), pace=1e-6))
    run.finish()
    wait_for(lambda: run.phase == "done")
    run.reset()
    run.speed(math.inf)
    run.play()
    wait_for(lambda: run.phase == "done" and run.step == 3000 and not run.pending)
    assert len(run.finished) == 2


def test_a_run_that_plays_shows_frames_on_the_way_and_a_rate(start):
    run = start(descent(limit=10**9), pace=3.0)
    run.want(("path",))
    settled(run)
    run.play()
    steps = []

    def collect():
        frame = run.frame()
        if frame is not None and frame.phase == "running":
            steps.append(frame.step)
        return len(steps) >= 5

    wait_for(collect)
    assert steps == sorted(steps) and steps[-1] > steps[0]
    assert run.rate_now > 0
    run.pause()
    wait_for(lambda: run.phase == "paused")
    assert run.rate_now == 0


def test_a_reset_while_it_runs_runs_on(start):
    run = settled(start(descent(limit=10**9), pace=5.0))
    run.play()
    wait_for(lambda: run.step > 0)
    run.reset(seed=9)
    wait_for(lambda: run.seed == 9 and not run.pending and run.step > 0)
    assert run.phase == "running" and len(run.ghosts) == 1
    run.set("rate", 0.002)
    wait_for(lambda: run.log != ())
    at = run.step
    wait_for(lambda: run.step > at)


def test_settings_are_those_asked_for_even_before_the_model_is_there(start):
    gate = Gate(Descent)
    run = start(gate)
    run.set("rate", 0.5)
    run.set("width", 7)
    run.set("momentum", 0.1)
    run.set("seed", 8)
    assert run.settings == {"rate": 0.5, "width": 7, "momentum": 0.1} and run.seed == 8
    gate.open.set()
    settled(run)
    assert run.settings == {"rate": 0.5, "width": 7, "momentum": 0.1} and run.seed == 8


def test_only_the_newest_of_many_seeks_matters(start):
    run = start(descent(limit=20_000))
    run.finish()
    wait_for(lambda: run.phase == "done")
    end = model(run).theta.copy()
    targets = list(range(19_990, 12_000, -97))
    for target in targets:
        run.seek(target)
        assert run.target == target
    wait_for(lambda: not run.pending)
    assert run.step == targets[-1] and run.phase == "paused"
    run.seek(20_000)
    wait_for(lambda: run.phase == "done")
    assert np.array_equal(model(run).theta, end)


def test_a_seek_is_broken_off_by_what_makes_it_useless(start):
    gate = Gate(Descent)
    run = start(gate)
    assert gate.entered.wait(60)
    assert not run.interrupted()
    run.want(())
    assert not run.interrupted()
    run.seek(5)
    assert run.interrupted()
    gate.open.set()
    settled(run)
    gate.entered.clear()
    gate.open.clear()
    run.reset(seed=2)
    assert gate.entered.wait(60)
    run.set("rate", 0.002)
    run.seek(5)
    assert not run.interrupted()
    gate.open.set()


def test_a_change_between_two_seeks_is_not_lost(start):
    run = start()
    run.finish()
    wait_for(lambda: run.phase == "done")
    run.seek(200)
    run.set("rate", 0.002)
    run.seek(100)
    wait_for(lambda: not run.pending)
    assert run.log == ((200, "rate", 0.002),) and (run.step, run.end) == (100, 200)
    assert run.ghosts[0].steps == 400


def test_resets_that_pile_up_build_the_last_one_only(start):
    built = []

    def build(values, seed):
        built.append((values["width"], seed))
        return Descent(values, seed)

    gate = Gate(build)
    run = start(gate)
    assert gate.entered.wait(60)
    for width in range(4, 12):
        run.set("width", width)
    run.set("seed", 5)
    gate.open.set()
    settled(run)
    assert built == [(3, 1), (11, 5)]


def test_closing_does_not_wait_for_a_build(start):
    gate = Gate(Descent)
    run = start(gate)
    assert gate.entered.wait(60)
    run.close(timeout=0.01)
    assert run.phase == "closed" and run._thread.is_alive()
    gate.open.set()
    run._thread.join(60)
    assert not run._thread.is_alive() and run.phase == "closed"


def test_closing_does_not_wait_for_a_call_of_train(start):
    held, go = threading.Event(), threading.Event()

    class Slow(Descent):
        def train(self, updates):
            held.set()
            assert go.wait(60)
            return super().train(updates)

    run = start(Slow)
    run.finish()
    assert held.wait(60)
    run.close(timeout=0.01)
    assert run.phase == "closed"
    go.set()
    run._thread.join(60)
    assert not run._thread.is_alive() and run.phase == "closed"
    run.play()
    run.seek(0)
    assert run.phase == "closed" and not run.pending


def test_closing_while_it_trains_ends_the_thread(start):
    run = settled(start(descent(limit=10**9)))
    run.finish()
    wait_for(lambda: run.step > 1000)
    run.close(timeout=60)
    assert not run._thread.is_alive() and run.phase == "closed"


def test_the_thread_outlives_what_fails_on_it(start):
    def build(values, seed):
        if values["width"] == 0:
            raise EngineError("too-narrow", width=0)
        return Descent(values, seed)

    run = start(build, {**SETTINGS, "width": 0})
    assert settled(run).phase == "failed" and run.error.code == "too-narrow"
    assert newest(run).phase == "failed"
    run.set("width", 2)
    wait_for(lambda: run.phase == "ready")
    assert run.error is None


def test_a_failing_view_does_not_stop_training(start):
    run = settled(start(descent(limit=10**9), pace=4.0))
    run.want(("torn", "path"))
    run.play()
    wait_for(lambda: run.step > 20)
    seen = []
    wait_for(lambda: seen.append(run.frame()) or (seen[-1] is not None and seen[-1].step > 0))
    assert isinstance(seen[-1].views["torn"], ValueError) and seen[-1].views["path"][0] == seen[-1].step
    assert run.phase == "running" and isinstance(run.error, ValueError)


def test_the_result_comes_with_the_frames(start):
    run = settled(start())
    run.finish()
    wait_for(lambda: run.phase == "done" and not run.pending)
    result = run.result()
    assert (result.steps, result.phase, len(result.tape), result.settings) == (400, "done", 400, SETTINGS)
    assert (
        result.metrics["theta"] == model(run).theta[0] and result.facts["theta"] == model(run).theta.tolist()
    )


def test_threaded_and_inline_runs_are_the_same(start):
    run, still = start(), session()
    run.advance(30)
    wait_for(lambda: run.step == 30 and run.phase == "paused")
    run.set("rate", 0.002)
    run.finish()
    still.advance(30)
    still.set("rate", 0.002)
    still.finish()
    wait_for(lambda: run.phase == "done")
    assert run.log == still.log
    assert np.array_equal(run.tape.column("loss"), still.tape.column("loss"))
