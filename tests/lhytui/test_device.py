"""The switch between the CPU and a graphics card, on a machine that need not have one."""

import asyncio
import time

import pytest

from engine.device import Place
from engine.errors import EngineError
from lhytui import language
from lhytui.app import LhyApp

CODES = (
    "cuda-on", "cuda-small", "cuda-nothing", "cuda-double", "cuda-not-installed", "cuda-no-driver",
    "cuda-no-device", "cuda-no-compiler", "cuda-driver-too-old", "cuda-wrong-architecture", "cuda-out-of-memory",
    "cuda-fault", "cuda-no-operation",
)  # fmt: skip


async def until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_each_outcome_is_one_sentence(code, lang):
    facts = {"detail": "x", "least": "7.5", "name": "H100", "operation": "dense"}
    text = language.tell(code, facts, lang, "engine")
    assert text.rstrip("。.").count("。") == 0 and "{" not in text and "\n" not in text


async def test_the_switch_begins_a_new_run_and_says_what_came_of_it(toys, tmp_path, monkeypatch):
    monkeypatch.setenv("LHYTUI_COURSE", str(toys))
    monkeypatch.setenv("LHYTUI_HOME", str(tmp_path / "home"))
    told = []
    app = LhyApp("en", {"lesson": "toys/fall", "section": "one-rate", "changes": {}, "seed": None})
    app.notify = lambda message, **_: told.append(message)
    async with app.run_test(size=(120, 40)):
        await until(lambda: getattr(getattr(app.screen, "bridge", None), "session", None) is not None)
        bridge = app.screen.bridge
        await until(lambda: bridge.phase == "ready")
        assert bridge.news is None and not told
        app.do_device()
        assert app.settings.device == "cuda"
        await until(lambda: told)
        assert told == [language.tell("cuda-nothing", {}, "en", "engine")]  # this toy has no network
        app.do_device()
        await until(lambda: len(told) == 2)
        assert app.settings.device == "cpu" and bridge.news is None


def test_what_there_is_to_say_of_a_place():
    assert Place().news() is None
    assert Place("cuda").news()[0] == "cuda-nothing"
    failed = Place("cuda", error=EngineError("cuda-no-driver", detail="x"))
    assert failed.news()[0] == "cuda-no-driver" and failed.used == "cpu"
