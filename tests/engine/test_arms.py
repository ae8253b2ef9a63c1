"""Several runs as one: each arm trains as it would alone, and can be taken back with the others."""

import numpy as np
import pytest
from toys import SETTINGS, Descent, Picture, keep_many, model, session

from engine.arms import Race, Sweep

RATES = {"small": {"rate": 0.001}, "middle": {"rate": 0.01}, "large": {"rate": 3.0}}


@pytest.fixture(autouse=True, scope="module")
def many_checkpoints():
    with pytest.MonkeyPatch.context() as patch:
        keep_many(patch)
        yield


def race(values, seed):
    arms = {name: Descent({**values, **own}, seed, limit=120) for name, own in RATES.items()}
    return Race(
        arms, RATES, "middle", {"table": lambda begun, chosen, past: [m.step for m in begun.values()]}
    )


def sweep(built=None, limit=120):
    def build(values, seed):
        def maker(name):
            def make():
                if built is not None:
                    built.append(name)
                return Descent({**values, **RATES[name]}, seed, limit=limit)

            return make

        own = {"table": lambda begun, chosen, past: [m and m.step for m in begun.values()]}
        return Sweep({name: maker(name) for name in RATES}, RATES, "middle", own)

    return build


def alone(name, changes=(), limit=120):
    run = session(settings={**SETTINGS, **RATES[name]}, build=lambda v, s: Descent(v, s, limit=limit))
    for at, control, value in changes:
        run.advance(at - run.step)
        run.set(control, value)
    run.finish()
    return run


@pytest.mark.parametrize("build", [race, sweep()], ids=["race", "sweep"])
def test_each_arm_is_the_run_it_would_be_alone(build):
    run = session(build)
    run.finish()
    assert run.phase == "done" and run.fault is None
    results = dict(zip(RATES, run.finished, strict=True))
    for name, result in results.items():
        single = alone(name)
        assert result.phase == single.phase == ("diverged" if name == "large" else "done")
        assert result.settings == {**SETTINGS, **RATES[name]} and result.seed == 1
        assert result.steps == single.step and result.facts["theta"] == model(single).theta.tolist()
        for column in Descent.columns:
            wanted = single.tape.column(column)
            assert np.array_equal(result.tape.column(column), wanted, equal_nan=True)
            assert np.array_equal(run.tape.column(f"{name}/{column}"), wanted, equal_nan=True)
        assert len(result.tape) == len(single.tape)
        if name != "large":
            for a, b in zip(result.tape.sparse("accuracy"), single.tape.sparse("accuracy"), strict=True):
                assert np.array_equal(a, b)


@pytest.mark.parametrize("build", [race, sweep()], ids=["race", "sweep"])
def test_an_arm_has_its_own_seconds(build):
    run = session(build)
    run.finish()
    for name in RATES:
        seconds = run.tape.seconds(name)
        assert len(seconds) == len(run.tape.column(f"{name}/loss"))
        assert seconds[0] == 0 and (np.diff(seconds) >= 0).all()
        assert seconds[-1] <= run.train_seconds


@pytest.mark.parametrize("build", [race, sweep()], ids=["race", "sweep"])
@pytest.mark.parametrize("change", [None, (70, "momentum", 0.5), (150, "momentum", 0.5)])
def test_seek_is_bit_identical_across_arms(build, change):
    run = session(build)
    thetas = {}

    def snap():
        begun = model(run).begun().items()
        return {name: m and m.theta.copy() for name, m in begun}

    while run.phase not in ("done", "diverged"):
        thetas[run.step] = snap()
        run.advance(10)
        if change and run.step == change[0] and not run.log:
            run.set(*change[1:])
    thetas[run.step] = snap()
    columns = {name: run.tape.column(name).copy() for name in run.tape.columns}
    for target in [*list(thetas)[::-3], *list(thetas)[::4], run.end]:
        run.seek(target)
        assert run.step == target
        for name, theta in snap().items():
            wanted = thetas[target][name]
            assert (theta is None) == (wanted is None), (target, name)
            assert theta is None or np.array_equal(theta, wanted), (target, name)
    assert not run.ghosts
    for name, column in columns.items():
        assert np.array_equal(run.tape.column(name), column, equal_nan=True)


@pytest.mark.parametrize("build", [race, sweep()], ids=["race", "sweep"])
def test_chunks_do_not_matter_to_arms(build):
    one, many = session(build), session(build)
    one.finish()
    while many.phase != "done":
        many.advance(7)
    assert one.step == many.step
    for name in one.tape.columns:
        assert np.array_equal(one.tape.column(name), many.tape.column(name), equal_nan=True)


def test_the_arms_of_a_race_stand_at_the_same_update():
    run = session(race)
    run.want(("table", "path"))
    run.advance(5)
    frame = run.frame()
    assert frame.views["table"] == [5, 5, 5] and frame.views["path"][0] == 5
    assert frame.metrics["theta"] == frame.metrics["middle/theta"] != frame.metrics["small/theta"]
    assert run.epochs == {"small": 20, "middle": 20, "large": 20}


def test_a_race_sets_all_arms_unless_it_is_what_sets_them_apart():
    run = session(race)
    run.advance(30)
    run.set("momentum", 0.5)
    assert run.log == ((30, "momentum", 0.5),)
    run.advance(30)
    run.seek(10)
    run.set("rate", 0.001)
    assert run.log == ((30, "momentum", 0.5),) and run.end == 60 and not run.ghosts
    assert run.settings["rate"] == 0.001 and model(run).chosen == "small"
    run.seek(50)
    assert model(run).chosen == "small"
    run.finish()
    single = alone("small", [(30, "momentum", 0.5)])
    assert np.array_equal(run.tape.column("small/loss"), single.tape.column("loss"))


def test_a_race_that_diverges_whole_has_diverged():
    def build(values, seed):
        return Race(
            {name: Descent({**values, "rate": rate}, seed) for name, rate in {"a": 3.0, "b": 5.0}.items()}
        )

    run = session(build)
    run.finish()
    assert run.phase == "diverged" and run.fault["code"] == "diverged"
    assert len(run.tape.column("a/loss")) > len(run.tape.column("b/loss"))
    assert [result.phase for result in run.finished] == ["diverged", "diverged"]


def test_arms_of_different_length_end_for_themselves():
    def build(values, seed):
        return Race({"short": Descent(values, seed, limit=70), "long": Descent(values, seed, limit=160)})

    run = session(build)
    run.finish()
    assert (run.step, run.limit, run.phase) == (160, 160, "done")
    assert run.tape.sparse("short/accuracy")[0].tolist() == [0, 50, 70]
    assert run.tape.sparse("long/accuracy")[0].tolist() == [0, 50, 100, 150, 160]
    run.seek(65)
    run.advance(10)
    assert [m.step for m in model(run).models.values()] == [70, 75]


def test_a_sweep_builds_an_arm_when_its_turn_comes():
    built = []
    run = session(sweep(built))
    assert built == ["small"] and run.limit == 360
    run.want(("table", "path"))
    run.advance(60)
    assert built == ["small"] and run.frame().views["table"] == [60, None, None]
    run.advance(70)
    assert built == ["small", "middle"] and run.frame().views["table"] == [120, 10, None]
    run.seek(30)
    assert run.frame().views["table"] == [30, None, None]
    run.finish()
    assert built == list(RATES)
    assert run.limit == run.step == len(run.tape) < 360


def test_a_sweep_shows_the_arm_that_fits_the_controls():
    run = session(sweep())
    run.want(("path",))
    run.advance(20)
    assert run.frame().views["path"][0] == 20  # the chosen arm has not begun: the one that trains
    run.advance(130)
    assert run.frame().views["path"][0] == 30
    run.set("rate", 0.001)
    assert run.frame().views["path"][0] == 120 and run.settings["rate"] == 0.001 and run.end == 150


def test_a_branch_in_a_sweep_runs_the_later_arms_anew_and_undo_brings_them_back():
    run = session(sweep())
    run.finish()
    old = {name: run.tape.column(f"{name}/loss").copy() for name in RATES}
    end = run.end
    run.seek(60)
    run.set("momentum", 0.5)
    run.finish()
    single = alone("small", [(60, "momentum", 0.5)])
    assert np.array_equal(run.tape.column("small/loss"), single.tape.column("loss"))
    later = alone("middle", [(0, "momentum", 0.5)])
    assert np.array_equal(run.tape.column("middle/loss"), later.tape.column("loss"))
    assert np.array_equal(run.ghosts[0].tape.column("middle/loss"), old["middle"])
    run.undo()
    assert (run.step, run.end) == (60, end)
    run.seek(end)
    facts = run.result().facts["arms"]
    for name in RATES:
        assert np.array_equal(run.tape.column(f"{name}/loss"), old[name], equal_nan=True)
        assert facts[name]["theta"] == model(alone(name)).theta.tolist()


def test_a_change_that_a_branch_cuts_off_does_not_reach_later_arms():
    run = session(sweep())
    run.advance(70)
    run.set("momentum", 0.5)
    run.advance(20)
    run.seek(10)
    run.act("kick")
    run.finish()
    assert np.array_equal(run.tape.column("middle/loss"), alone("middle").tape.column("loss"))


def test_undo_of_a_reset_brings_a_whole_sweep_back():
    run = session(sweep())
    run.finish()
    end, facts = run.end, run.result().facts["arms"]
    run.reset(seed=2)
    run.advance(10)
    run.undo()
    assert (run.step, run.phase, run.seed) == (end, "done", 1)
    assert run.result().facts["arms"] == facts
    run.seek(200)
    run.finish()
    assert run.result().facts["arms"] == facts


def test_a_ghost_of_a_race_is_seen_by_the_shown_arm_as_a_run_of_its_own():
    seen = []

    class Curious(Descent):
        def look(self, view, past):
            seen.extend((ghost.tape.columns, ghost.facts["theta"], ghost.metrics["theta"]) for ghost in past)

    run = session(lambda v, s: Race({name: Curious({**v, **own}, s) for name, own in RATES.items()}, RATES))
    run.advance(5)
    theta = model(run).models["small"].theta.tolist()
    run.reset(seed=2)
    run.want(("path",))
    run.frame()
    assert seen == [(Descent.columns, theta, theta[0])]


def test_a_sweep_of_pictures_is_whole_at_once():
    def build(values, seed):
        arms = {str(x): {"x": x} for x in (1, 2, 3)}
        makers = {name: (lambda own=own: Picture({**values, **own}, seed)) for name, own in arms.items()}
        table = {"table": lambda begun, chosen, past: [m.settings["x"] for m in begun.values()]}
        return Sweep(makers, arms, "2", table)

    run = session(build, {"x": 2}, live=frozenset({"x"}))
    run.want(("table", "all"))
    assert run.phase == "done"
    assert dict(run.frame().views) == {"table": [1, 2, 3], "all": {"x": 2}}
    run.set("x", 3)
    assert run.frame().views["all"] == {"x": 3}
    assert [result.settings["x"] for result in run.finished] == [1, 2, 3]
