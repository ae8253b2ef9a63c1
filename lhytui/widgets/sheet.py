"""Ready-made lines of coloured text in one widget, one of them chosen: lists and panels of quiet screens."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.events import Click, Resize
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

Piece = tuple[str, str]  # text, tone
TONES = ("dim", "strong", "accent", "good", "bad", "option")


@dataclass(frozen=True)
class Line:
    """Pieces from left to right; `ground`: "" or title; `key`: what a click on the line chooses."""

    pieces: tuple[Piece, ...] = ()
    ground: str = ""
    key: Hashable = None


class Sheet(ScrollView, can_focus=False, inherit_bindings=False):
    """Shows lines; its screen decides which key is chosen."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar = {f"sheet--{name}" for name in (*TONES, "title", "chosen")}
    DEFAULT_CSS = """
    Sheet {
        background: $surface;
        color: $foreground;
        overflow-x: hidden;
        scrollbar-size: 0 0;
        & .sheet--dim { color: $text-muted; }
        & .sheet--strong { text-style: bold; }
        & .sheet--accent { color: $text-accent; }
        & .sheet--good { color: $text-success; }
        & .sheet--bad { color: $text-error; }
        & .sheet--option { color: $text-primary; }
        & .sheet--title { background: $panel; }
        & .sheet--chosen { background: $block-cursor-background; color: auto 95%; }
    }
    """

    class Chosen(Message):
        """A line with a key was clicked, at cell `x`."""

        def __init__(self, sheet: Sheet, key: Hashable, x: int):
            super().__init__()
            self.sheet, self.key, self.x = sheet, key, x

    def __init__(self, **attributes):
        super().__init__(**attributes)
        self.lines: Sequence[Line] = ()
        self.chosen: Hashable = None
        self._styles: dict[tuple[str, str], Style] = {}

    @staticmethod
    def cells(pieces: Sequence[Piece]) -> int:
        """How wide the pieces are together."""
        return sum(cell_len(text) for text, _ in pieces)

    def show(self, lines: Sequence[Line], chosen: Hashable = None, follow: bool = False) -> None:
        """Put `lines` in place of the old ones; `follow`: scroll until the chosen one is in sight."""
        self.lines, self.chosen = lines, chosen
        self.virtual_size = Size(self.size.width, len(lines))
        if follow:
            self.follow()
        self.refresh()

    def follow(self) -> None:
        """Bring the chosen line in sight, and one line above and below it."""
        at = next((y for y, line in enumerate(self.lines) if line.key == self.chosen is not None), 0)
        height, top = self.size.height, self.scroll_offset.y
        if at - 1 < top:
            self.scroll_to(y=max(0, at - 1), animate=False)
        elif at + 2 > top + height - 1:
            self.scroll_to(y=at + 3 - height, animate=False)

    @property
    def below(self) -> int:
        """How many lines wait below those in sight; the last row in sight is given up to say so."""
        hidden = len(self.lines) - self.scroll_offset.y - self.size.height
        return hidden + 1 if hidden > 0 else 0

    def on_resize(self, event: Resize) -> None:
        self.virtual_size = Size(self.size.width, len(self.lines))

    def on_click(self, event: Click) -> None:
        y = event.y + self.scroll_offset.y
        if y < len(self.lines) and (key := self.lines[y].key) is not None:
            event.stop()
            self.post_message(self.Chosen(self, key, event.x))

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._styles.clear()

    def render_line(self, y: int) -> Strip:
        width, at = self.size.width, y + self.scroll_offset.y
        if y == self.size.height - 1 and (below := self.below):
            line = Line(((f"↓ {below}".rjust(width - 2), "accent"),))
        else:
            line = self.lines[at] if at < len(self.lines) else Line()
        ground = "chosen" if line.key is not None and line.key == self.chosen else line.ground
        segments = [Segment(text, self._style(ground, tone)) for text, tone in line.pieces]
        return Strip(segments).adjust_cell_length(width, self._style(ground, ""))

    def _style(self, ground: str, tone: str) -> Style:
        """The style of a tone on a ground; on the chosen line the tones give way to its own colour."""
        if (ground, tone) not in self._styles:
            style = self.rich_style
            if ground:
                style += self.get_component_rich_style(f"sheet--{ground}", partial=ground != "chosen")
            if tone and ground != "chosen":
                # Only the whole style has a muted colour blended with what lies below it.
                whole = self.get_component_rich_style(f"sheet--{tone}")
                style += Style(color=whole.color, bold=whole.bold)
            self._styles[ground, tone] = style
        return self._styles[ground, tone]
