"""The experiment as a PyTorch program, over the lesson: to read, to copy, to save."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import ScrollableContainer, Vertical
from textual.content import Content
from textual.highlight import highlight
from textual.screen import ModalScreen
from textual.widgets import Static

from lhytui import files
from lhytui.bridge import Bridge
from lhytui.language import sentence
from lhytui.widgets.keybar import KeyBar

KEYS = {"copy": "y", "save": "e", "leave": "esc"}
PATIENCE = 20  # seconds until a run has paused
WRITING = threading.Lock()


class CodeScreen(ModalScreen[None]):
    """Written in a thread, since the model is built for it; meanwhile the run pauses. ↑ ↓ and ← → scroll."""

    BINDINGS = [
        *((key, "dismiss", "") for key in ("escape", "q", "x", "enter")),
        ("y", "copy", ""),
        ("e", "save", ""),
        ("l", "language", ""),
    ]
    DEFAULT_CSS = """
    CodeScreen { align: center middle; background: $background 60%; }
    CodeScreen > Vertical { width: 94; max-width: 100%; height: 100%; background: $panel; }
    CodeScreen #title { height: 1; padding: 0 1; background: $surface-darken-1; text-style: bold; }
    CodeScreen ScrollableContainer { height: 1fr; padding: 1 2; scrollbar-size: 1 1; }
    CodeScreen #program { width: auto; height: auto; }
    """

    def __init__(self, bridge: Bridge):
        super().__init__()
        self.bridge, self.lesson, self.section = bridge, bridge.lesson, bridge.section
        self.settings, self.seed = dict(bridge.settings), bridge.seed
        self.text = ""
        self.ran = bridge.phase == "running"
        self.writers, self.gone = 0, False  # threads at work; whether it is out of sight

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(id="title", markup=False)
            with ScrollableContainer():
                yield Static(id="program", markup=False)
            yield KeyBar(id="keys")

    def on_mount(self) -> None:
        if self.ran:
            self.bridge.send(lambda session: session.pause())
        self.relabel()
        self.query_one(ScrollableContainer).focus()

    def on_unmount(self) -> None:
        self.gone = True
        self.go_on()

    def go_on(self) -> None:
        """Let the run go on once the program is written and out of sight."""
        if self.ran and self.gone and not self.writers:
            self.ran = False
            self.bridge.send(lambda session: session.play())

    def on_resize(self) -> None:
        self.app.fit()

    def switch_language(self) -> None:
        self.relabel()

    def relabel(self) -> None:
        """Say all in the app's language, the program's notes too."""
        words, lang = self.app.words, self.app.language
        title = f"{self.lesson.number} {self.lesson.title[lang]} › {self.section.title[lang]}"
        self.query_one("#title", Static).update(Content(words("ui.code.title", section=title)))
        entries = [(id, cap, words(f"ui.code.{id}")) for id, cap in KEYS.items()]
        self.query_one(KeyBar).show(entries, ("scroll", "↑↓", words("ui.code.scroll")))
        if not self.text:
            self.query_one("#program", Static).update(Content(words("ui.code.writing")))
        self.writers += 1
        threading.Thread(target=self.write, args=(lang,), name="program-writer", daemon=True).start()

    def write(self, lang: str) -> None:
        """The program, or why there is none."""
        try:
            from lessons.pytorch import translate

            # A model shares what it keeps with the one in training: never both at once.
            end = time.monotonic() + PATIENCE
            while self.bridge.busy and time.monotonic() < end:
                time.sleep(0.02)
            with WRITING:
                program = translate(self.lesson, self.section, self.settings, self.seed, lang)
            text, trouble = (program.text, "") if program else ("", self.app.words("error.trains-nothing"))
        except Exception as error:  # whatever an author's builder may raise
            text, trouble = "", sentence(error, lang)
        self.writers -= 1
        self.go_on()
        if not self.gone and self.app.is_running:
            self.app.call_from_thread(self.show, text, trouble)

    def show(self, text: str, trouble: str) -> None:
        self.text = text
        shown = highlight(text, language="python") if text else Content(trouble)
        self.query_one("#program", Static).update(shown)

    def action_language(self) -> None:
        self.app.do("language")

    def action_copy(self) -> None:
        """The selected part, else all of it."""
        text = self.get_selected_text() or self.text
        if text:
            self.app.copy_to_clipboard(text)
            self.notify(self.app.words("ui.copied-text", count=len(text)), markup=False)

    def action_save(self) -> None:
        """A file of its own in the present folder."""
        if not self.text:
            return
        path, number = Path.cwd() / f"{self.name_of_file()}.py", 1
        while path.exists() and path.read_text("utf-8", "replace") != self.text:
            number += 1
            path = path.with_name(f"{self.name_of_file()}-{number}.py")
        try:
            files.write(path, self.text)
        except OSError as error:
            self.app.tell("not-saved", path=path, detail=error.strerror or error)
            return
        self.notify(self.app.words("ui.code.saved", path=path), markup=False)

    def name_of_file(self) -> str:
        return f"{self.lesson.id.replace('/', '-')}-{self.section.id}".replace("_", "-")

    def on_key_bar_chosen(self, event) -> None:
        {"copy": self.action_copy, "save": self.action_save, "leave": self.dismiss}.get(event.command, str)()
