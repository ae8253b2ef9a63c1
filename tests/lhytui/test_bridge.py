"""What finished runs prove: each is asked once, the newest first, until one of them answers."""

from types import SimpleNamespace

import pytest

from engine.model import Result
from engine.tape import Tape
from lessons import catalog
from lhytui.bridge import Bridge


@pytest.fixture
def bridge(toys, monkeypatch):
    """A bridge of a section whose question is answered by runs from 2 and from 3."""
    monkeypatch.setenv("LHYTUI_COURSE", str(toys))
    lesson = catalog.load().lesson("toys/fall")
    bridge = Bridge(lesson, next(s for s in lesson.sections if s.id == "one-rate"))
    bridge.session = SimpleNamespace(finished=(), phase="done", limit=200)
    bridge.asked = []

    def ask(check, run):
        if isinstance(run, Result):
            bridge.asked.append(run.settings["start"])
            return {2.0: "arrives", 3.0: "diverges"}.get(run.settings["start"], "")

    monkeypatch.setattr(bridge, "ask", ask)
    return bridge


def run(start):
    return Result({"rate": 0.1, "start": start, "noise": "off"}, 1, 200, "done", Tape(("loss",)))


def test_every_arm_that_has_just_finished_is_asked(bridge):
    bridge.session.finished = (run(1.0), run(2.0), run(4.0))
    bridge.judge()
    assert bridge.verdict == "arrives" and bridge.asked == [4.0, 2.0]


def test_runs_that_were_asked_are_not_asked_again(bridge):
    bridge.session.finished = (run(2.0),)
    bridge.judge()
    bridge.session.finished = (*bridge.session.finished, run(5.0))
    bridge.judge()
    bridge.judge()
    assert bridge.asked == [2.0, 5.0] and bridge.verdict == "arrives"


def test_a_full_history_still_takes_in_new_runs(bridge):
    bridge.session.finished = tuple(run(5.0) for _ in range(32))
    bridge.judge()
    bridge.session.finished = (*bridge.session.finished[1:], run(3.0))
    bridge.judge()
    assert bridge.verdict == "diverges"
