"""Lesson text as one scrollable, selectable widget."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.events import Click, Resize
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from lessons.text import Block
from lhytui.text.rows import Row, lay

LEFT, RIGHT = 2, 2


class Prose(ScrollView, can_focus=False, inherit_bindings=False):
    """A section's text between margins; its screen binds `page_up`, `page_down` and `toggle_fold` to keys."""

    COMPONENT_CLASSES: ClassVar = {
        "prose--strong",
        "prose--code",
        "prose--formula",
        "prose--fold",
        "prose--more",
    }
    DEFAULT_CSS = """
    Prose {
        background: $surface;
        color: $foreground;
        overflow-x: hidden;
        scrollbar-size: 0 0;
        & .prose--strong { text-style: bold; }
        & .prose--code { color: $text-primary; }
        & .prose--formula { color: $text-accent; }
        & .prose--fold { color: $text-primary; }
        & .prose--more { color: $text-accent; }
    }
    """

    def __init__(self, blocks: Sequence[Block] = (), **attributes):
        super().__init__(**attributes)
        self._blocks = blocks
        self._opened: set[int] = set()
        self._rows = [Row()]
        self._styles: dict[str, Style] = {}
        self._strips: dict[int, Strip] = {}

    def show(self, blocks: Sequence[Block], keep: bool = False, start: int = 0) -> None:
        """Put `blocks` in place of what stands there, block `start` at the top.

        `keep`: it is the same text in another language, so folds stay open and the same block is at the top.
        """
        place = self._top if keep else start
        self._blocks = blocks
        if not keep:
            self._opened.clear()
        self._lay()
        self._go(place)

    def toggle_fold(self, place: int | None = None) -> bool:
        """Open or close the fold at `place` among the blocks, else the first in sight; False if none."""
        if place is None:
            first = self.scroll_offset.y
            around = self._rows[first : first + self.size.height] + self._rows
            place = next((row.fold for row in around if row.fold is not None), None)
        if place is None:
            return False
        self._opened ^= {place}
        self._lay()
        return True

    def page_down(self) -> None:
        self.scroll_relative(y=max(1, self.size.height - 2), animate=False)

    def page_up(self) -> None:
        self.scroll_relative(y=-max(1, self.size.height - 2), animate=False)

    @property
    def below(self) -> int:
        """How many rows wait below those in sight; the last row in sight is given up to say so."""
        hidden = len(self._rows) - self.scroll_offset.y - self.size.height
        return hidden + 1 if hidden > 0 else 0

    @property
    def _top(self) -> int:
        return self._rows[min(self.scroll_offset.y, len(self._rows) - 1)].block

    def _lay(self) -> None:
        self._strips.clear()
        width = self.size.width
        if width:
            self._rows = [Row(), *lay(self._blocks, width - LEFT - RIGHT, self._opened, LEFT)]
            self.virtual_size = Size(width, len(self._rows))
            self.refresh()

    def _go(self, place: int) -> None:
        """Scroll block `place` to the top."""
        top = next((y for y, row in enumerate(self._rows) if row.block == place), 0) if place else 0
        self.scroll_to(y=top, animate=False, immediate=True, force=True)

    def on_resize(self, event: Resize) -> None:
        place = self._top
        self._lay()
        self._go(place)

    def on_click(self, event: Click) -> None:
        y = event.y + self.scroll_offset.y
        if y < len(self._rows) and (place := self._rows[y].fold) is not None:
            event.stop()
            self.toggle_fold(place)

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles.clear()
        self._strips.clear()

    def selection_updated(self, selection: Selection | None) -> None:
        self._strips.clear()
        self.refresh()

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected rows without the margin."""
        text = selection.extract("\n".join(row.text or " " for row in self._rows))
        return "\n".join(line.removeprefix(" " * LEFT).rstrip() for line in text.split("\n")), "\n"

    def render_line(self, y: int) -> Strip:
        width, at = self.size.width, y + self.scroll_offset.y
        if y == self.size.height - 1 and (below := self.below):
            mark = f"↓ {below}"
            blank = " " * max(0, width - len(mark) - RIGHT)
            return self._strip([Segment(blank, self._style()), Segment(mark, self._style("more"))])
        if at >= len(self._rows):
            return Strip.blank(width, self._style())
        if at not in self._strips:
            self._strips[at] = self._strip(self._segments(self._rows[at], at))
        return self._strips[at].apply_offsets(0, at)

    def _strip(self, segments: list[Segment]) -> Strip:
        return Strip(segments).adjust_cell_length(self.size.width, self._style())

    def _segments(self, row: Row, at: int) -> list[Segment]:
        spans, size = list(row.spans), len(row.text)
        if self.text_selection and (chosen := self.text_selection.get_span(at)):
            spans.insert(
                0, (min(chosen[0], size), size if chosen[1] == -1 else min(chosen[1], size), "selected")
            )
        edges = sorted({0, size, *(edge for start, end, _ in spans for edge in (start, end))})
        return [
            Segment(
                row.text[a:b], self._style(next((kind for start, end, kind in spans if start <= a < end), ""))
            )
            for a, b in pairwise(edges)
        ]

    def _style(self, kind: str = "") -> Style:
        """The style of one kind of text on this widget's own ground."""
        if kind not in self._styles:
            style = self.rich_style
            if kind == "selected":
                style += self.screen.get_component_rich_style("screen--selection")
            elif kind:
                style += self.get_component_rich_style(f"prose--{kind}", partial=True)
            self._styles[kind] = style
        return self._styles[kind]
