"""This in PyTorch: on the command line, and behind the key x."""

import time

import pytest

from lhytui import language
from lhytui.app import LhyApp
from lhytui.screens.code import CodeScreen

NETWORK = {"lesson": "dl/learning", "section": "feature-extractor", "changes": {"width": 16}, "seed": 3}
NOTHING = {"lesson": "basics/regression", "section": "task-types", "changes": {}, "seed": None}


async def until(pilot, condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        await pilot.pause(0.02)


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.setenv("LHYTUI_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return lambda start, lang="en": LhyApp(lang, start)


async def opened(pilot):
    await until(
        pilot, lambda: getattr(getattr(pilot.app.screen, "bridge", None), "session", None) is not None
    )
    screen = pilot.app.screen
    await until(pilot, lambda: screen.bridge.phase in ("ready", "done"))
    return screen


def shown(app) -> str:
    rows = app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in row) for row in rows)


def test_only_the_program_is_printed(lhytui):
    done = lhytui("code", "dl/learning", "--set", "width=16", "--seed", "3")
    assert done.returncode == 0 and not done.stderr
    compile(done.stdout, "program.py", "exec")
    assert done.stdout.startswith('"""lhytui code dl/learning:feature-extractor --set width=16 --seed 3"""')
    assert "nn.Linear(2, 16)" in done.stdout and "seed=3" in done.stdout
    assert lhytui("code", "dl/learning?width=16&seed=3").stdout == done.stdout


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_one_sentence_where_no_network_trains(lhytui, lang):
    done = lhytui("code", "basics/regression:task-types", "--lang", lang)
    assert done.returncode == 2 and not done.stdout
    assert done.stderr.strip() == language.words(lang)("error.trains-nothing")
    assert lhytui("code", "dl/learning", "--set", "width=1e9").returncode == 2


@pytest.mark.parametrize(("size", "lang"), [((80, 24), "zh"), ((120, 40), "en"), ((200, 60), "zh")])
async def test_x_shows_it_y_copies_it_e_saves_it(app, tmp_path, size, lang):
    app = app(NETWORK, lang)
    async with app.run_test(size=size) as pilot:
        lesson = await opened(pilot)
        await pilot.press("0")
        assert "code" in [command.id for command in lesson.available()]
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, CodeScreen) and app.screen.text)
        code = app.screen
        await until(pilot, lambda: "import torch" in shown(app))
        assert "nn.Linear(2, 16)" in code.text and "--seed 3" in code.text
        await pilot.press("pagedown", "end")
        await until(pilot, lambda: "__main__" in shown(app))
        await pilot.press("y")
        assert app.clipboard == code.text
        await pilot.press("e")
        saved = tmp_path / "dl-learning-feature-extractor.py"
        assert saved.read_text("utf-8") == code.text
        saved.write_text("mine")
        await pilot.press("e")
        assert saved.read_text() == "mine"
        assert (tmp_path / "dl-learning-feature-extractor-2.py").read_text("utf-8") == code.text
        await pilot.press("escape")
        assert app.screen is lesson


async def test_live_changes_are_in_it_and_the_language_follows(app):
    app = app(NETWORK)
    async with app.run_test(size=(120, 40)) as pilot:
        lesson = await opened(pilot)
        await pilot.press("0")
        lesson.bridge.set("rate", 0.02)
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, CodeScreen) and "lr=0.02" in app.screen.text)
        await pilot.press("l")
        await until(pilot, lambda: language.words("zh")("ui.code.save") in shown(app))
        assert app.language == "zh"


async def test_no_key_where_no_network_trains(app, monkeypatch):
    told = []
    monkeypatch.setattr(LhyApp, "tell", lambda self, code, **facts: told.append(code))
    app = app(NOTHING)
    async with app.run_test(size=(120, 40)) as pilot:
        lesson = await opened(pilot)
        assert "code" not in [command.id for command in lesson.available()]
        await pilot.press("x")
        await pilot.pause()
        assert app.screen is lesson and told == ["trains-nothing"]


async def test_a_run_pauses_meanwhile_and_goes_on(app):
    app = app({**NETWORK, "changes": {"width": 256}})
    async with app.run_test(size=(120, 40)) as pilot:
        bridge = (await opened(pilot)).bridge
        await pilot.press("0", "-", "-", "-", "space")
        await until(pilot, lambda: bridge.phase == "running" and bridge.session.step > 0)
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, CodeScreen) and app.screen.text)
        assert bridge.phase == "paused"
        stood = bridge.session.step
        await pilot.press("escape")
        await until(pilot, lambda: bridge.session.step > stood)
