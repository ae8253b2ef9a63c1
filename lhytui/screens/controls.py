"""All controls of the experiment, those of the section first: ↑ ↓ choose, ← → change, esc goes back."""

from __future__ import annotations

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from lessons.spec import Text
from lhytui.values import value


class AllControls(ModalScreen[None]):
    """A list over the lesson screen; changes act at once."""

    BINDINGS = [(key, "dismiss", "") for key in ("escape", "q", "o", "enter")] + [
        ("up", "choose(-1)", ""),
        ("down", "choose(1)", ""),
        ("left", "turn(-1)", ""),
        ("right", "turn(1)", ""),
    ]
    DEFAULT_CSS = """
    AllControls { align: center middle; background: $background 60%; }
    AllControls > VerticalScroll {
        width: 64; max-width: 96%; height: auto; max-height: 90%; padding: 1 2; background: $panel;
    }
    AllControls Static { width: 1fr; height: auto; }
    """

    def __init__(self, lesson):
        super().__init__()
        self.lesson = lesson
        shown = list(lesson.section.show)
        rest = [control.id for control in lesson.experiment.controls if control.id not in shown]
        self.ids = shown + rest
        self.at = self.ids.index(lesson.chosen) if lesson.chosen in self.ids else 0

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Static(self.content())

    def content(self) -> Content:
        lesson, words = self.lesson, self.lesson.words
        parts: list = [(self.app.words("ui.controls"), "bold"), "\n\n"]
        room = max(cell_len(words(f"control.{id}")) for id in self.ids) + 2
        for k, id in enumerate(self.ids):
            control = lesson.experiment.control(id)
            setting = lesson.bridge.seed if id == "seed" else lesson.bridge.settings[id]
            label = words(f"control.{id}")
            tail = "" if control.live or id == "seed" else "  " + self.app.words("ui.new-run")
            row = label + " " * (room - cell_len(label)) + f"‹{value(control, setting, words)}›"
            parts += [("▸ " if k == self.at else "  ") + row, (tail, "dim"), "\n"]
            if k == self.at:
                parts[-3] = (parts[-3], "bold $text-accent")
        return Content.assemble(*parts)

    def action_choose(self, by: int) -> None:
        self.at = (self.at + by) % len(self.ids)
        self.lesson.chosen = self.ids[self.at]
        self.query_one(Static).update(self.content())

    def action_turn(self, by: int) -> None:
        control = self.lesson.experiment.control(self.ids[self.at])
        if not isinstance(control, Text):
            self.lesson.turn(control, by)
            self.query_one(Static).update(self.content())
