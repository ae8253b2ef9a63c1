"""The footer: the keys that act now, as many as fit, each one clickable; help stands at the right."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

Entry = tuple[str, str, str]  # command id, cap, label


class KeyBar(Widget):
    """One row; `show` gives its entries. Loads no numbers, so the home screen can have it too."""

    COMPONENT_CLASSES = {"keybar--cap", "keybar--label"}
    DEFAULT_CSS = """
    KeyBar { height: 1; background: $surface-darken-1; }
    KeyBar > .keybar--cap { color: $text-accent; text-style: bold; }
    KeyBar > .keybar--label { color: $text-muted; }
    """
    ALLOW_SELECT = False

    class Chosen(Message):
        """A key was clicked: the id of its command."""

        def __init__(self, command: str):
            super().__init__()
            self.command = command

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.entries: list[Entry] = []
        self.last: Entry = ("", "", "")

    def show(self, entries: Sequence[Entry], last: Entry) -> None:
        if (list(entries), last) != (self.entries, self.last):
            self.entries, self.last = list(entries), last
            self.refresh()

    def placed(self) -> list[tuple[int, Entry]]:
        """(column, entry) of what fits."""
        width = self.size.width
        end = width - cell_len(self.last[1]) - cell_len(self.last[2]) - 2
        found, x = [], 1
        for entry in self.entries:
            size = cell_len(entry[1]) + 1 + cell_len(entry[2])
            if x + size > end - 2:
                break
            found.append((x, entry))
            x += size + 2
        return [*found, (max(0, end), self.last)]

    def render_line(self, y: int) -> Strip:
        cap = self.get_component_rich_style("keybar--cap")
        label = self.get_component_rich_style("keybar--label")
        segments, x = [], 0
        for start, entry in self.placed():
            segments += [
                Segment(" " * (start - x), label),
                Segment(entry[1], cap),
                Segment(" " + entry[2], label),
            ]
            x = start + cell_len(entry[1]) + 1 + cell_len(entry[2])
        return Strip(segments).adjust_cell_length(self.size.width, label)

    def on_click(self, event: events.Click) -> None:
        for x, (id, cap, label) in self.placed():
            if x <= event.x < x + cell_len(cap) + 1 + cell_len(label):
                self.post_message(self.Chosen(id))
