"""Help on what is focused: how to read the view, what the keys do now."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from lhytui.commands import COMMANDS
from lhytui.text.fit import pad

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
                tone = "" if not hasattr(below, "acts") or below.acts(command.id) else "dim"
                cap = words(f"cap.{command.id}") if words.has(f"cap.{command.id}") else command.cap
                own = f"command.{command.id}.{where}"
                help = words(own if words.has(own) else f"command.{command.id}.help")
                parts += [(f"  {pad(cap, 10)}", tone or "$text-accent"), (f"{help}\n", tone)]
            parts.append("\n")
        return Content.assemble(*parts)
