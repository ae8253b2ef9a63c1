"""Help on what is focused: how to read the view, what the keys do now."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from lhytui.commands import COMMANDS

GROUPS = ("run", "change", "look", "go", "app")


class HelpScreen(ModalScreen[None]):
    """Closed by any of its keys; the text follows the screen below."""

    BINDINGS = [(key, "dismiss", "") for key in ("escape", "q", "question_mark", "f1", "enter")]
    DEFAULT_CSS = """
    HelpScreen { align: center middle; background: $background 60%; }
    HelpScreen > VerticalScroll {
        width: 76; max-width: 96%; height: auto; max-height: 92%; padding: 1 2; background: $panel;
    }
    HelpScreen Static { width: 1fr; height: auto; }
    """

    def __init__(self, below):
        super().__init__()
        self.below = below

    def compose(self) -> ComposeResult:
        with VerticalScroll():
            yield Static(self.content())

    def content(self) -> Content:
        words, below = self.app.words, self.below
        parts: list = []
        for title, text in below.help_texts() if hasattr(below, "help_texts") else ():
            parts += [(title, "bold $text-accent"), f"\n{text}\n\n"]
        where = "lesson" if hasattr(below, "bridge") else "home"
        for group in GROUPS:
            rows = [c for c in COMMANDS if c.group == group and c.where in (where, "both")]
            if not rows:
                continue
            parts += [(words(f"ui.group.{group}"), "bold"), "\n"]
            for command in rows:
                acts = below.acts(command.id) if hasattr(below, "acts") else True
                tone = "$text-accent" if acts else "$text-muted"
                caps = words(f"cap.{command.id}") if words.has(f"cap.{command.id}") else command.cap
                parts += [
                    (f"  {caps:<10}", tone),
                    (f"{words(f'command.{command.id}.help')}\n", "" if acts else "$text-muted"),
                ]
            parts.append("\n")
        return Content.assemble(*parts)
