"""Every section of the course on the smallest full screen, in both languages: opens, fits, all its pages."""

from itertools import combinations

import pytest
from rich.cells import cell_len
from textual.geometry import Region

from lessons import catalog
from lhytui import layout
from lhytui.app import LhyApp
from lhytui.bridge import Bridge

SIZE = (80, 24)
LESSONS = [lesson.id for lesson in catalog.load().lessons]


@pytest.fixture
def quiet(monkeypatch, tmp_path):
    """Nothing is built and nothing trains: what stands on the screen before the first frame."""
    monkeypatch.setenv("LHYTUI_HOME", str(tmp_path))
    monkeypatch.setattr(Bridge, "open", lambda self, want: None)


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("lesson", LESSONS)
async def test_every_section_opens_and_fits(quiet, lesson, lang):
    sections = catalog.load().lesson(lesson).sections
    app = LhyApp(lang, {"lesson": lesson, "section": sections[0].id, "changes": {}, "seed": None})
    async with app.run_test(size=SIZE) as pilot:
        for section in sections:
            if section is not sections[0]:
                app.screen.do_next()
            await pilot.pause()
            screen = app.screen
            assert screen.section.id == section.id
            for page in layout.PAGES:
                assert screen.page == page
                fits(app, screen)
                screen.action_do("page", "t")
                await pilot.pause()


def fits(app, screen):
    """Whole rows, widgets inside the window and apart, all controls of the section, a card no taller than its place."""
    rows = screen._compositor.render_strips()
    assert [cell_len("".join(segment.text for segment in row)) for row in rows] == [SIZE[0]] * SIZE[1]
    names = ("head", "tabs", "text", "card", "hint", "timeline", "controls", "keys")
    places = [*(getattr(screen.plan, name) for name in names), *(rect for _, rect in screen.plan.views)]
    places = [
        Region(rect.x, rect.y, rect.width, rect.height) for rect in places if rect.width and rect.height
    ]
    assert all(Region(0, 0, *SIZE).contains_region(place) for place in places)
    assert not any(a.overlaps(b) for a, b in combinations(places, 2))
    if screen.plan.controls.height:
        assert screen.chips(screen.plan.controls.width - 6, screen.plan.controls.height)[1] == 0, (
            "controls left out"
        )
    if screen.page == "questions":
        assert len(screen.card_rows(screen.plan.card.width)) <= screen.plan.card.height
    if screen.page == "experiment":
        assert screen.views, "no view"
