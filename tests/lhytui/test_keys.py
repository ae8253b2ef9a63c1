"""The keys that a section proposes: pressed in the real app, they tick a claim once what they started is over."""

import time

import pytest

from lessons import catalog
from lhytui.app import LhyApp

SECTIONS = [
    (lesson.id, section)
    for lesson in catalog.load().lessons
    for section in lesson.sections
    if section.keys and section.claims
]


OVER = ("done", "diverged", "failed")


async def until(pilot, condition, seconds=40):
    """Let the app run until the condition holds; True if it ever did."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end or not pilot.app.is_running:
            return False
        await pilot.pause(0.01)
    return True


@pytest.mark.parametrize(("lesson", "section"), SECTIONS, ids=[f"{lesson}:{s.id}" for lesson, s in SECTIONS])
async def test_the_keys_tick_a_claim(lesson, section, tmp_path, monkeypatch):
    monkeypatch.setenv("LHYTUI_HOME", str(tmp_path))
    app = LhyApp("en", {"lesson": lesson, "section": section.id, "changes": {}, "seed": None})
    async with app.run_test(size=(120, 40)) as pilot:
        opened = lambda: (
            getattr(app.screen, "bridge", None) and app.screen.bridge.phase in ("ready", "done", "failed")
        )
        assert await until(pilot, opened), "never ready"
        bridge = app.screen.bridge
        assert bridge.error is None
        over = lambda: bridge.phase in OVER and not bridge.busy
        for key in section.keys:
            await pilot.press(key)
            if bridge.phase == "running":
                bridge.send(lambda s: s.finish())  # the story at once, not at its pace
                assert await until(pilot, over), f"never over: {bridge.phase}"
        await until(pilot, lambda: bridge.proved or over())
        await until(pilot, lambda: bridge.proved, 1)
        assert bridge.error is None and getattr(bridge, "error_of_check", None) is None
        assert bridge.proved, f"{section.keys} prove none of {section.claims}; phase {bridge.phase}"
