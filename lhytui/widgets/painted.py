"""The base of the widgets on the lesson screen: each paints a Canvas, only changed rows are redrawn."""

from __future__ import annotations

from functools import lru_cache

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from lhytui.draw.canvas import BOLD, RGB, UNDERLINE, Canvas


@lru_cache(maxsize=20_000)
def style(fg: RGB, bg: RGB, bits: int) -> Style:
    return Style(
        color=Color.from_rgb(*fg),
        bgcolor=Color.from_rgb(*bg),
        bold=bool(bits & BOLD),
        underline=bool(bits & UNDERLINE),
    )


class Painted(Widget):
    """Subclasses write `paint`; `repaint()` compares the new rows with the old ones."""

    ALLOW_SELECT = False
    can_focus = False

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self._rows: list = []
        self._painted = (0, 0)

    def paint(self, width: int, height: int) -> Canvas:
        raise NotImplementedError

    def repaint(self) -> None:
        width, height = self.size
        if not width or not height or not self.is_mounted:
            return
        canvas = self.paint(width, height)
        rows = [canvas.row(y) for y in range(height)]
        if self._painted == (width, height):
            changed = [y for y, (new, old) in enumerate(zip(rows, self._rows, strict=True)) if new != old]
        else:
            changed = list(range(height))
        self._rows, self._painted = rows, (width, height)
        if len(changed) == height:
            self.refresh()
        elif changed:
            self.refresh(*(Region(0, y, width, 1) for y in changed))

    def on_resize(self) -> None:
        self.repaint()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if self._painted != (self.size.width, self.size.height) or y >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        ink = self.app.ink
        return Strip(
            [
                Segment(text, style(fg or ink.text, bg or ink.ground, bits))
                for text, fg, bg, bits in self._rows[y]
            ],
            width,
        )
