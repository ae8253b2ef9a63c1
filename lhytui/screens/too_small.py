"""Covers everything while the terminal is too small, and says how large it must be."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.widgets import Static

from lhytui.layout import SMALLEST


def is_small(size) -> bool:
    return size.width < SMALLEST[0] or size.height < SMALLEST[1]


class TooSmall(ModalScreen[None]):
    """The app puts it up and takes it away as the terminal changes."""

    DEFAULT_CSS = """
    TooSmall { align: center middle; background: $background; }
    TooSmall Static { width: 1fr; height: auto; text-align: center; color: $text-accent; }
    """

    def compose(self) -> ComposeResult:
        yield Static(self.text(), markup=False)

    def text(self) -> str:
        return self.app.words("ui.too-small", width=self.app.size.width, height=self.app.size.height)

    def on_resize(self) -> None:
        self.query_one(Static).update(self.text())
        self.app.fit()
