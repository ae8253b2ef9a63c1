"""Drawings of the views as grids of coloured cells: pure functions of a payload and a size."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lhytui.draw.canvas import Canvas
    from lhytui.draw.ink import Ink

DRAWN = (
    "curve", "plane", "table", "bars", "numbers", "grid", "images", "cards", "diagram", "hist", "cube", "tokens",
)  # fmt: skip


def _module(kind: str, payload: object) -> ModuleType | None:
    """The drawing module of a payload: by its own class, so that a view may show another kind's payload."""
    name = type(payload).__name__.lower()
    name = name if name in DRAWN else kind
    return import_module(f"lhytui.draw.{name}") if name in DRAWN and payload is not None else None


def _quiet():
    """NumPy without warnings: NaN, ±∞ and 1e308 are what a diverging run looks like."""
    import numpy as np

    return np.errstate(all="ignore")


def draw(
    kind: str,
    payload: object,
    width: int,
    height: int,
    ink: Ink,
    words: Callable[[str], str],
    title: str = "",
) -> Canvas:
    """The view as a canvas of exactly width × height cells; without a payload only its title."""
    module = _module(kind, payload)
    if module is not None:
        with _quiet():
            return module.draw(payload, width, height, ink, words, title=title)
    from lhytui.draw.canvas import Canvas
    from lhytui.draw.legend import head

    canvas = Canvas(width, height)
    head(canvas, ink, title)
    return canvas


def inspect(
    kind: str, payload: object, width: int, height: int, cx: int, cy: int, words: Callable[[str], str]
) -> str:
    """What lies under cell (cx, cy) of the view: names, indices and values; empty where there is nothing."""
    module = _module(kind, payload)
    if module is None or not (0 <= cx < width and 0 <= cy < height):
        return ""
    with _quiet():
        return module.inspect(payload, width, height, cx, cy, words)


def place(
    kind: str,
    payload: object,
    width: int,
    height: int,
    cx: int,
    cy: int,
    words: Callable[[str], str] = str,
) -> tuple[float, float] | None:
    """Data coordinates (x, y) or an index (row, column) under cell (cx, cy), None where there is nothing.

    `words` must be those of `draw`: labels take room, so the place of a cell depends on the language.
    """
    module = _module(kind, payload)
    if module is None or not (0 <= cx < width and 0 <= cy < height):
        return None
    with _quiet():
        return module.place(payload, width, height, cx, cy, words)
