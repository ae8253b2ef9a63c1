"""Home and one section at three sizes in two languages, after a whole run of an exact experiment; every lab once.

The course is cut down to a few lessons, so that a new lesson changes no picture.
"""

from dataclasses import replace

import pytest
from snapshots import compare
from test_lesson_screen import until

from lessons import catalog
from lhytui.app import LhyApp

SIZES = [(80, 24), (120, 40), (200, 60)]
COURSE = (
    "basics/regression",
    "basics/piecewise",
    "guide/roadmap",
    "training/learning_rate",
    "dl/learning",
    "optim/notation",
)
# A section of each lab, and what is pressed there; what trains is seen before its first update.
LABS = {
    "net": ("basics/piecewise", "piecewise-sigmoid", ()),
    "surface": ("training/learning_rate", "stuck-not-small-gradient", ()),
    "walk": ("basics/piecewise", "more-features", ("1", "1")),
    "population": ("dl/learning", "structure-faq", ()),
    "sort": ("basics/regression", "task-types", ("2", "2")),
    "map": ("optim/notation", "notation", ("3", "1")),
    "doctor": ("guide/roadmap", "roadmap", ("2", "2")),
    "seq": ("attention/position", "positional", ()),
    "shapes": ("homework/tensors", "tensors", ("0",)),
    "gauss": ("classify/posterior", "posterior-sigmoid", ("2", "1")),
}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch, request):
    monkeypatch.setenv("LHYTUI_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("LHYTUI_COURSE", raising=False)
    whole = catalog.load()
    lab = request.node.callspec.params.get("lab")
    ids = dict.fromkeys([*COURSE, *LABS.get(lab, COURSE)[:1]])
    kept = tuple(replace(whole.lesson(id), number=k) for k, id in enumerate(ids, 1))
    monkeypatch.setattr(catalog, "load", lambda: replace(whole, lessons=kept))


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
        screen.prose.scroll_home(animate=False)  # how far it has followed the explanation depends on when
        screen.repaint_all()
        await pilot.pause(0.1)
        compare(app, f"section-{size[0]}-{lang}")


@pytest.mark.parametrize("lab", LABS)
async def test_lab(lab):
    lesson, section, keys = LABS[lab]
    app = LhyApp("en", {"lesson": lesson, "section": section, "changes": {}, "seed": None})
    async with app.run_test(size=(120, 40)) as pilot:
        screen = app.screen
        assert screen.experiment.lab == lab
        await until(pilot, lambda: screen.bridge.phase in ("ready", "done"))
        await pilot.press(*keys)
        await until(
            pilot, lambda: not screen.bridge.busy and set(screen.wanted) <= set(screen.bridge.payloads)
        )
        await until(pilot, lambda: screen.story.explained or not screen.bridge.still)
        await pilot.pause(0.3)
        await until(pilot, lambda: not screen.dirty)
        screen.prose.scroll_home(animate=False)
        screen.repaint_all()
        await pilot.pause(0.1)
        compare(app, f"lab-{lab}")
