"""Controls that are set inside a view or an editor: each by keyboard alone, and each by the mouse."""

import time
from pathlib import Path

import numpy as np
import pytest

from lessons.views import Bars, Cube, Curve, Dots, Grid, Images, Line, Plane, TokenRow, Tokens
from lhytui.app import LhyApp
from lhytui.picking import picked

HANDS = Path(__file__).parents[1] / "hands"


async def until(pilot, condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        await pilot.pause(0.02)


@pytest.fixture
def app(tmp_path, monkeypatch):
    monkeypatch.setenv("LHYTUI_COURSE", str(HANDS))
    monkeypatch.setenv("LHYTUI_HOME", str(tmp_path))
    return LhyApp("en", {"lesson": "hands/controls", "section": "all", "changes": {}, "seed": None})


async def front(pilot, view):
    """The screen with a view at the first place, drawn."""
    app = pilot.app
    await until(pilot, lambda: getattr(app.screen, "bridge", None) and app.screen.bridge.phase == "done")
    screen = app.screen
    screen.bring(screen.experiment.view(view))
    screen.wake()
    await until(pilot, lambda: view in screen.bridge.payloads)
    return screen, screen.bridge


def spot(screen, wanted):
    """A cell of the first view whose place is as wanted."""
    id, rect = screen.views[0]
    view, payload = screen.experiment.view(id), screen.bridge.payloads[id]
    cells = ((x, y) for y in range(1, rect.height) for x in range(rect.width))
    return next(
        c for c in cells if (at := screen.place_of(view, payload, rect, *c)) is not None and wanted(at)
    )


KEYS = {
    "place": ("plane", "enter right right up", lambda v: v[0] > 0 and v[1] > 0),
    "cells": ("grid", "enter right down enter right", lambda v: v == (0, 0, 0, 0, 0.5, 0)),
    "curve": ("drawn", "enter right up up", lambda v: v[1] > 0.5 and v[0] == v[2] == 0.5),
    "unit": ("pictures", "right right", lambda v: v == 2),
    "word": ("plane", "enter d e enter", lambda v: v == "abcde"),
    "cards": ("bins", "enter 2 1", lambda v: v == (2, 1)),
}


@pytest.mark.parametrize("control", KEYS)
async def test_by_keyboard(app, control):
    view, keys, right = KEYS[control]
    async with app.run_test(size=(120, 40)) as pilot:
        screen, bridge = await front(pilot, view)
        screen.chosen, screen.pane = control, "controls"
        for key in keys.split():
            await pilot.press(key)
        await until(pilot, lambda: right(bridge.session.settings[control]), 10)


MOUSE = {
    "place": ("plane", lambda at: at[0] > 0.5 and at[1] > 0.5, lambda v: v[0] > 0.4 and v[1] > 0.4),
    "curve": ("drawn", lambda at: abs(at[0] - 3) < 0.2 and at[1] > 0.8, lambda v: v[3] > 0.7 and v[0] == 0.5),
    "unit": ("pictures", lambda at: at[0] == 4, lambda v: v == 4),
    "unit-cube": ("cube", lambda at: at[1] == 5, lambda v: v == 5),
}


@pytest.mark.parametrize("name", MOUSE)
async def test_by_mouse(app, name):
    view, wanted, right = MOUSE[name]
    async with app.run_test(size=(120, 40)) as pilot:
        screen, bridge = await front(pilot, view)
        await pilot.click("#view-0", offset=spot(screen, wanted))
        control = name.partition("-")[0]
        await until(pilot, lambda: right(bridge.session.settings[control]), 10)
        assert screen.chosen == control


async def test_a_cell_by_mouse(app):
    """A click chooses it, the wheel over it or over its control changes it."""
    async with app.run_test(size=(120, 40)) as pilot:
        screen, bridge = await front(pilot, "grid")
        at = spot(screen, lambda at: at == (1, 2))
        await pilot.click("#view-0", offset=at)
        assert screen.indices["cells"] == 5 and screen.chosen == "cells"
        screen.turn_in_view(0, *at, 1)
        await until(pilot, lambda: bridge.session.settings["cells"] == (0, 0, 0, 0, 0, 0.5), 10)


async def test_a_card_and_a_text_by_mouse(app):
    async with app.run_test(size=(120, 40)) as pilot:
        screen, bridge = await front(pilot, "bins")
        await pilot.click("#view-0", offset=spot(screen, lambda at: at[0] == 1))
        assert screen.indices["cards"] == 1
        await pilot.click("#view-0", offset=spot(screen, lambda at: at == (-1, 1)))
        await until(pilot, lambda: bridge.session.settings["cards"] == (0, 1), 10)
        chip = next(c for c in screen.chips(screen.plan.controls.width, 2)[0] if c.id == "word")
        await pilot.click("#controls", offset=(chip.x + 1, chip.y))
        await until(pilot, lambda: app.screen is not screen, 10)
        await pilot.press("x", "enter")
        await until(pilot, lambda: bridge.session.settings["word"] == "abcx", 10)


def test_what_is_picked_is_what_lies_under_the_pointer():
    dots = Dots(word="=d", x=np.array([0.0, 1.0, 9.0]), y=np.array([0.0, 100.0, 5.0]))
    plane = Plane(extent=(0, 9, 0, 100), dots=(Dots(word="=o", x=np.zeros(1), y=np.zeros(1)), dots))
    assert picked(plane, (1.5, 90.0), 3) == 1 and picked(plane, (8.0, 0.0), 3) == 2
    assert picked(plane, (0.0, 0.0), 7) is None
    curve = Curve(lines=(Line(word="=l", x=np.arange(5.0), y=np.zeros(5)),))
    assert picked(curve, (3.2, 7.0), 5) == 3
    grid = Grid(values=np.zeros((3, 4)))
    assert [picked(grid, (2, 1), count) for count in (12, 3, 4, 99)] == [9, 2, 1, 9]
    cube = Cube(values=np.zeros((2, 3, 4)), axes=("", "", ""))
    assert [picked(cube, (1, 9), count) for count in (24, 2, 12, 3, 4)] == [21, 1, 9, 2, 1]
    rows = (TokenRow(word="", tokens=("=a",) * 7),) * 2
    assert picked(Tokens(rows=rows), (1, 5), 7) == 5 and picked(Tokens(rows=rows), (1, 5), 2) == 1
    assert picked(Images(images=np.zeros((6, 2, 2))), (4, 0), 6) == 4
    assert picked(Bars(labels=("=a",) * 3, values=np.zeros(3)), (2, 0), 3) == 2
