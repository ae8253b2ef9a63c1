"""Every theme of Textual dresses the lesson screen, and can be left again."""

import pytest
from test_lesson_screen import TOY, ready

from lhytui.app import LhyApp


@pytest.fixture
def app(toys, tmp_path, monkeypatch):
    monkeypatch.setenv("LHYTUI_COURSE", str(toys))
    monkeypatch.setenv("LHYTUI_HOME", str(tmp_path / "home"))
    return LhyApp("en", TOY)


async def test_every_theme(app):
    async with app.run_test(size=(120, 40)) as pilot:
        screen = await ready(pilot)
        seen = set()
        for name in app.available_themes:
            app.theme = name
            await pilot.pause()
            screen.repaint_all()
            seen.add((app.ink.ground, app.ink.text, app.ink.accent))
            assert app.settings.theme == name
        assert len(seen) > len(app.available_themes) / 2
