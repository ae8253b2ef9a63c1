"""Home and one section at three sizes in two languages, after a whole run of an exact experiment."""

import pytest
from snapshots import compare
from test_lesson_screen import until

from lhytui.app import LhyApp

SIZES = [(80, 24), (120, 40), (200, 60)]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("LHYTUI_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("LHYTUI_COURSE", raising=False)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_home(size, lang):
    app = LhyApp(lang)
    async with app.run_test(size=size) as pilot:
        await pilot.pause(0.2)
        compare(app, f"home-{size[0]}-{lang}")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_section(size, lang):
    place = {"lesson": "training/learning_rate", "section": "stuck-not-small-gradient", "changes": {}}
    app = LhyApp(lang, place | {"seed": None})
    async with app.run_test(size=size) as pilot:
        screen = app.screen
        await until(pilot, lambda: screen.bridge.phase == "ready")
        await pilot.press("2", "f")
        await until(pilot, lambda: screen.bridge.phase == "done" and screen.story.explained)
        await until(pilot, lambda: not screen.dirty and screen.bridge.verdict)
        if not screen.plan.wide:
            await pilot.press("t")
        await until(pilot, lambda: not screen.dirty and set(screen.wanted) <= set(screen.bridge.payloads))
        screen.repaint_all()
        await pilot.pause(0.1)
        compare(app, f"section-{size[0]}-{lang}")
