"""A run can be taken anywhere, changed anywhere and taken back, bit for bit (without a thread)."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toys import SETTINGS, Descent, Picture, descent, keep_many, model, session

from engine.errors import EngineError
from engine.run import ACT, Run

CHANGES = st.one_of(
    st.tuples(st.just("rate"), st.sampled_from([0.001, 0.01, 0.03])),
    st.tuples(st.just("momentum"), st.sampled_from([0.0, 0.5, 0.9])),
    st.tuples(st.just(ACT), st.just("kick")),
)
SCRIPTS = st.lists(st.tuples(st.integers(0, 60), CHANGES), max_size=6)


@pytest.fixture(autouse=True, scope="module")
def many_checkpoints():
    with pytest.MonkeyPatch.context() as patch:
        keep_many(patch)
        yield


def change(session, control, value):
    if control == ACT:
        session.act(value)
    else:
        session.set(control, value)


def follow(script, stop=300):
    """(θ at each update up to `stop`, rows) of a model that is led by hand, one update at a time."""
    toy = Descent(SETTINGS, 1)
    thetas, rows, at = [], [], 0
    waiting = []
    for wait, (control, value) in script:
        at += wait
        waiting.append((at, control, value))
    for step in range(stop + 1):
        while waiting and waiting[0][0] == step:
            _, control, value = waiting.pop(0)
            if control == ACT:
                toy.act(value)
            else:
                toy.set(control, value)
        thetas.append(toy.theta.copy())
        rows.append(toy.train(1)[0])
    return thetas, np.array(rows[:stop])


def drive(session, script, stop=300):
    for wait, (control, value) in script:
        session.advance(wait)
        change(session, control, value)
    session.advance(stop - session.step)


@settings(max_examples=40, deadline=None)
@given(SCRIPTS, st.lists(st.integers(0, 300), min_size=1, max_size=6))
def test_a_seek_stands_bit_for_bit_where_the_run_stood(script, targets):
    thetas, rows = follow(script)
    run = session()
    drive(run, script)
    log, tape = run.log, run.tape
    for target in [*targets, 300]:
        run.seek(target)
        assert run.step == target and run.end == 300
        assert np.array_equal(model(run).theta, thetas[target])
    assert run.log == log and run.tape is tape and not run.ghosts
    assert np.array_equal(np.c_[tape.column("loss"), tape.column("gradient-norm")], rows)


@settings(max_examples=25, deadline=None)
@given(SCRIPTS, st.lists(st.integers(1, 90), min_size=1, max_size=8))
def test_chunks_do_not_matter(script, chunks):
    one, many = session(), session()
    drive(one, script)
    for wait, (control, value) in script:
        for _ in range(wait):
            many.advance(1)
        change(many, control, value)
    while many.step < 300:
        many.advance(min(chunks[many.step % len(chunks)], 300 - many.step))
    assert np.array_equal(model(one).theta, model(many).theta)
    assert np.array_equal(one.tape.column("loss"), many.tape.column("loss"))
    for a, b in zip(one.tape.sparse("accuracy"), many.tape.sparse("accuracy"), strict=True):
        assert np.array_equal(a, b)


def test_measurements_and_checkpoints_lie_at_fixed_updates():
    run = session(descent(limit=130))
    for count in (1, 48, 3, 200):
        run.advance(count)
    assert run.tape.sparse("accuracy")[0].tolist() == [0, 50, 100, 130]
    assert run.phase == "done"
    assert set(range(8, 130, 8)) <= set(run._run.checkpoints.steps) <= {0, 1, *range(8, 130, 8)}


def test_seek_clamps_and_keeps_the_future():
    run = session()
    run.advance(100)
    run.seek(-5)
    assert (run.step, run.phase, run.end, len(run.tape)) == (0, "ready", 100, 100)
    run.seek(1000)
    assert (run.step, run.phase) == (100, "paused")


def test_running_on_from_the_past_replays_without_a_trace():
    run = session()
    run.advance(100)
    run.set("rate", 0.002)
    run.advance(100)
    theta, loss = model(run).theta.copy(), run.tape.column("loss").copy()
    run.seek(37)
    assert run.settings["rate"] == 0.01
    run.advance(163)
    assert run.settings["rate"] == 0.002
    assert np.array_equal(model(run).theta, theta)
    assert np.array_equal(run.tape.column("loss"), loss)
    assert run.tape.sparse("accuracy")[0].tolist() == [0, 50, 100, 150, 200]
    run.advance(50)
    assert len(run.tape) == run.end == 250 and not run.ghosts


def test_a_change_in_the_past_is_a_branch():
    run = session()
    run.advance(100)
    run.set("rate", 0.002)
    run.advance(100)
    old = run.tape.column("loss").copy()
    final = model(run).theta[0]
    run.seek(60)
    run.set("momentum", 0.5)
    assert (run.step, run.end, len(run.tape), run.log) == (60, 60, 60, ((60, "momentum", 0.5),))
    (ghost,) = run.ghosts
    assert ghost.steps == 200 and ghost.metrics["theta"] == final and ghost.settings["rate"] == 0.002
    run.finish()
    assert np.array_equal(ghost.tape.column("loss"), old)
    assert np.array_equal(run.tape.column("loss")[:60], old[:60])
    assert not np.array_equal(run.tape.column("loss")[60:200], old[60:])
    thetas, _ = follow([(60, ("momentum", 0.5))])
    run.seek(300)
    assert np.array_equal(model(run).theta, thetas[300])


def test_a_ghost_has_the_measures_of_its_end():
    run = session()
    run.advance(50)
    run.seek(10)
    run.advance(90)
    theta = model(run).theta.tolist()
    run.seek(20)
    assert run.result().facts["theta"] == theta and run.result().steps == 100
    run.set("rate", 0.002)
    assert run.ghosts[0].facts["theta"] == theta and run.ghosts[0].metrics["step"] == 100


def test_an_action_may_change_the_model_or_the_controls():
    run = session()
    run.advance(10)
    run.act("kick")
    run.act("calm")
    assert run.log == ((10, ACT, "kick"), (10, "rate", 0.001))
    assert run.settings == {**SETTINGS, "rate": 0.001}
    run.act("widen")
    assert run.settings["width"] == 9 and run.log == () and run.step == 0 and len(run.ghosts) == 1


def test_a_control_that_is_not_live_starts_a_new_run():
    run = session()
    run.advance(10)
    run.set("width", 5)
    assert (run.step, run.phase, run.settings["width"], run.ghosts[0].steps) == (0, "ready", 5, 10)
    run.set("seed", 7)
    assert run.seed == 7 and len(run.ghosts) == 1  # the run between had no update


def test_the_last_four_runs_are_ghosts_newest_first():
    run = session()
    for count in range(1, 7):
        run.advance(count)
        run.reset(seed=count)
    assert [ghost.steps for ghost in run.ghosts] == [6, 5, 4, 3]
    run.want(("past",))
    assert run.frame().views["past"] == [6, 5, 4, 3]


def test_undo_of_a_live_change_brings_the_run_back():
    run = session()
    run.advance(100)
    theta = model(run).theta.copy()
    run.set("rate", 0.001)
    run.advance(50)
    run.undo()
    assert (run.step, run.end, run.log, run.settings) == (100, 100, (), SETTINGS)
    assert np.array_equal(model(run).theta, theta) and [ghost.steps for ghost in run.ghosts] == [150]
    run.advance(100)
    thetas, rows = follow([])
    assert np.array_equal(run.tape.column("loss"), rows[:200, 0])
    for target in (200, 150, 130, 101, 100):
        run.seek(target)
        assert np.array_equal(model(run).theta, thetas[target])


def test_undo_of_a_branch_brings_the_old_future_back():
    run = session()
    run.advance(200)
    run.seek(50)
    run.set("rate", 0.001)
    run.advance(10)
    assert [ghost.steps for ghost in run.ghosts] == [200]
    run.undo()
    assert (run.step, run.end, run.log) == (50, 200, ())
    assert [ghost.steps for ghost in run.ghosts] == [60]
    thetas, _ = follow([])
    for target in (200, 20, 55, 60):
        run.seek(target)
        assert np.array_equal(model(run).theta, thetas[target])


def test_undo_of_a_reset_brings_settings_seed_log_and_place_back():
    run = session()
    run.advance(30)
    run.set("rate", 0.003)
    run.advance(30)
    theta, before = model(run).theta.copy(), run.settings
    run.reset({**SETTINGS, "width": 8}, seed=4)
    run.advance(5)
    run.undo()
    assert (run.step, run.seed, run.log, run.settings) == (60, 1, ((30, "rate", 0.003),), before)
    assert np.array_equal(model(run).theta, theta)
    assert [ghost.steps for ghost in run.ghosts] == [5]
    thetas, _ = follow([(30, ("rate", 0.003))])
    for target in (10, 30, 31, 60):
        run.seek(target)
        assert np.array_equal(model(run).theta, thetas[target])


def test_undo_without_a_kept_state_replays():
    run = session()
    run.advance(60)
    run.reset(seed=4)
    from dataclasses import replace

    run._history.undos[-1] = replace(run._history.undos[-1], state=None)
    run.undo()
    thetas, _ = follow([])
    assert run.step == 60 and np.array_equal(model(run).theta, thetas[60])


def test_undo_goes_back_twenty_changes_and_no_further():
    run = session()
    run.advance(3)
    for count in range(25):
        run.set("rate", 0.001 * (count + 1))
    for _ in range(40):
        run.undo()
    assert run.settings["rate"] == pytest.approx(0.005) and len(run.log) == 5


def test_divergence_keeps_the_tape_and_a_change_goes_on_from_there():
    run = session(settings={**SETTINGS, "rate": 3.0})
    run.finish()
    at = run.step
    assert run.phase == "diverged" and run.fault["code"] == "diverged" and 0 < at < run.limit
    rows = len(run.tape)
    assert rows == at + 1 and not np.isfinite(run.tape.column("loss")[-1])
    theta = model(run).theta.copy()
    run.seek(at - 3)
    assert run.phase == "paused" and run.fault is not None
    run.finish()
    assert (run.phase, run.step, len(run.tape)) == ("diverged", at, rows)
    assert np.array_equal(model(run).theta, theta)
    assert [result.phase for result in run.finished] == ["diverged"]
    run.seek(5)
    run.set("rate", 0.01)
    assert run.phase == "paused" and run.fault is None and run.ghosts[0].phase == "diverged"
    run.finish()
    assert run.phase == "done"
    run.undo()
    run.seek(run.end)
    assert run.phase == "diverged" and np.array_equal(model(run).theta, theta)


def test_a_change_at_the_divergence_itself_goes_on():
    run = session(settings={**SETTINGS, "rate": 3.0})
    run.finish()
    at = run.step
    run.set("rate", 1e-9)
    assert run.phase == "paused" and len(run.tape) == at and len(run.ghosts) == 1
    run.advance(1)
    assert len(run.ghosts[0].tape) == at + 1


def test_a_build_that_fails_is_told_and_can_be_left():
    def build(values, seed):
        if values["width"] == 0:
            raise EngineError("too-narrow", width=0)
        return Descent(values, seed)

    run = session(build)
    run.advance(10)
    run.set("width", 0)
    assert run.phase == "failed" and run.error.code == "too-narrow" and run.ghosts[0].steps == 10
    run.seek(3)
    run.advance(3)
    run.act("kick")
    assert run.phase == "failed"
    run.undo()
    assert (run.phase, run.step, run.error) == ("paused", 10, None)
    run.set("width", 0)
    run.set("width", 4)
    assert (run.phase, run.error) == ("ready", None)


def test_training_that_raises_ends_the_run_only():
    class Torn(Descent):
        def train(self, updates):
            if self.step >= 20:
                raise EngineError("torn", step=self.step)
            return super().train(min(updates, 20 - self.step))

    run = session(Torn)
    run.finish()
    assert run.phase == "failed" and run.error.code == "torn" and run.step == 20
    run.reset(seed=2)
    assert run.phase == "ready"


def test_a_value_that_the_model_refuses_leaves_the_run_as_it_is():
    run = session()
    run.advance(10)
    run.set("rate", "impossible")
    assert (run.phase, run.log, run.settings) == ("paused", (), SETTINGS) and run.error.code == "impossible"
    run.advance(10)
    assert run.step == 20


def test_a_view_that_fails_is_its_exception_and_nothing_else():
    run = session()
    run.want(("torn", "path"))
    run.advance(10)
    frame = run.frame()
    assert isinstance(frame.views["torn"], ValueError) and frame.views["path"][0] == 10
    assert isinstance(run.error, ValueError) and run.phase == "paused"
    assert run.frame() is None


def test_nothing_to_train_is_done_at_once_and_follows_its_controls():
    run = session(Picture, {"x": 1}, live=frozenset({"x"}))
    run.want(("all",))
    assert (run.phase, run.limit, run.step) == ("done", 0, 0)
    assert run.frame().views["all"] == {"x": 1}
    run.set("x", 5)
    assert run.frame().views["all"] == {"x": 5}
    run.act("more")
    assert run.settings == {"x": 6} and run.phase == "done"
    run.reset({"x": 9})
    assert not run.ghosts
    run.undo()
    assert run.settings == {"x": 6} and run.frame().views["all"] == {"x": 6}
    run.undo()
    run.undo()
    assert run.settings == {"x": 1} and model(run).settings == {"x": 1}


def test_finished_holds_runs_of_their_settings_only():
    run = session(descent(limit=40))
    run.finish()
    run.reset(seed=2)
    run.set("rate", 0.002)
    run.finish()
    run.seek(10)
    run.finish()
    assert [(r.seed, r.settings["rate"], r.phase, r.steps) for r in run.finished] == [
        (1, 0.01, "done", 40),
        (2, 0.002, "done", 40),
    ]
    run.seek(10)
    run.set("rate", 0.003)
    run.finish()
    assert len(run.finished) == 2
    assert run.finished[0].facts["theta"] == run.ghosts[-1].facts["theta"]


def test_a_run_is_finished_once_and_anew_after_a_change_at_its_start():
    run = session(descent(limit=40))
    run.finish()
    run.reset(seed=2)
    run.undo()
    assert run.phase == "done" and len(run.finished) == 1
    run.seek(0)
    run.set("rate", 0.002)
    run.finish()
    assert [result.settings["rate"] for result in run.finished] == [0.01, 0.002]


def test_an_action_at_a_divergence_lets_the_model_try_again():
    run = session(settings={**SETTINGS, "rate": 3.0})
    run.finish()
    rows = len(run.tape)
    run.act("kick")
    assert run.phase == "paused" and len(run.tape) == rows - 1
    run.advance(1)
    assert run.phase == "diverged" and len(run.tape) == rows


def test_a_session_can_start_with_a_log():
    run = session(log=((20, "rate", 0.002), (40, ACT, "kick")))
    run.advance(300)
    thetas, _ = follow([(20, ("rate", 0.002)), (20, (ACT, "kick"))])
    assert np.array_equal(model(run).theta, thetas[300]) and not run.ghosts


def test_a_control_held_outside_the_state_is_set_back_too():
    class Careless(Descent):
        def state(self):
            return super().state()[:3]

        def restore(self, state):
            super().restore((*state, self.settings))

    run = session(Careless)
    run.advance(50)
    run.set("rate", 0.002)
    run.advance(50)
    theta = model(run).theta.copy()
    run.seek(10)
    run.seek(100)
    assert np.array_equal(model(run).theta, theta)


def test_a_seek_that_is_broken_off_leaves_a_sound_run():
    run = Run(Descent, SETTINGS, 1)
    while run.step < 300:
        run.advance(7)
    run.checkpoints.cut(0)
    asked = iter([False, False, True])
    run.chunk = 1
    assert run.seek(250, lambda: next(asked)) is False
    assert 0 < run.step < 250
    thetas, _ = follow([])
    assert np.array_equal(run.model.theta, thetas[run.step])
    assert run.seek(299) and np.array_equal(run.model.theta, thetas[299]) and len(run.tape) == 300


def test_the_session_loads_no_numba():
    code = "import sys, engine.session, engine.arms; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
