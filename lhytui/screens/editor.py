"""A one-line editor in a window of its own: the only place where letters are typed."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static


class Editor(ModalScreen[str | None]):
    """enter gives the text back, esc gives None."""

    BINDINGS = [("escape", "leave", "")]
    DEFAULT_CSS = """
    Editor { align: center middle; background: $background 60%; }
    Editor > Vertical { width: 60; max-width: 90%; height: auto; padding: 1 2; background: $panel; }
    """

    def __init__(self, label: str, text: str, longest: int):
        super().__init__()
        self.label, self.text, self.longest = label, text, longest

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(self.label, markup=False)
            yield Input(self.text, max_length=self.longest, select_on_focus=False)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value)

    def action_leave(self) -> None:
        self.dismiss(None)
