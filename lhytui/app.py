"""The app: home and lesson screens, theme, language, errors. Screens are imported when first shown."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

from textual.app import App, SystemCommand
from textual.events import Key
from textual.screen import Screen

from lessons import catalog, terminal
from lhytui import language, paths, settings
from lhytui.store import Store

LANGUAGES = ("zh", "en")


class LhyApp(App[int]):
    """The course in a terminal."""

    TITLE = "lhytui"
    ENABLE_COMMAND_PALETTE = False  # its keys and words are in our own table
    CSS = """
    CommandPalette { background: $background 60%; }
    """
    BINDINGS = [("ctrl+q", "quit", "")]

    def __init__(self, lang: str = "en", start: dict[str, Any] | None = None):
        super().__init__()
        self.settings = settings.load()
        self.language, self.words = lang, language.words(lang)
        self.course = catalog.load()
        self.store = Store(paths.paths().data)
        self.start = start
        self.narrow = self.settings.glyphs != "ascii"
        self._ideograph = False  # told once
        self.told_of_device: set = set()

    # beginning and end

    def on_mount(self) -> None:
        if self.settings.theme in self.available_themes:
            self.theme = self.settings.theme
        self.theme_changed_signal.subscribe(self, self._theme_changed)
        from lhytui.screens.home import HomeScreen

        self.push_screen(HomeScreen())
        if self.start:
            self.open_lesson(**self.start)
        for code, facts in (*self.store.notices, *self.settings.notices):
            self.tell(code, **facts)
        if not self.narrow and self.settings.glyphs == "auto":
            self.tell("wide-signs")
        for problem in self.course.problems:
            self.tell(problem.code, **problem.facts)

    def fit(self) -> None:
        """Cover the screen while the terminal is too small; every screen calls it when its size changes."""
        from lhytui.screens.too_small import TooSmall, is_small

        self.describe_terminal()
        covered = isinstance(self.screen, TooSmall)
        if is_small(self.size) and not covered:
            self.push_screen(TooSmall())
        elif covered and not is_small(self.size):
            self.pop_screen()

    def describe_terminal(self) -> None:
        """Tell the lessons what they draw on."""
        colours = self.console.color_system or "none"
        between = [name for name, key in (("tmux", "TMUX"), ("ssh", "SSH_TTY")) if os.environ.get(key)]
        terminal.SEEN.update(
            size=f"{self.size.width}×{self.size.height}",
            colours="16" if colours == "standard" else colours,
            signs="narrow" if self.narrow else "wide",
            glyphs=self.ink.glyphs,
            line=" + ".join(between) or "none",
        )

    @property
    def frames_per_second(self) -> int:
        """25; fewer where a slow line or a multiplexer lies between."""
        slow = os.environ.get("TMUX") or os.environ.get("SSH_TTY")
        return min(self.settings.frames, 12) if slow else self.settings.frames

    def _theme_changed(self, theme) -> None:
        self.__dict__.pop("ink", None)
        self.settings.change(theme=theme.name)
        for screen in self.screen_stack:
            if hasattr(screen, "repaint_all"):
                screen.call_after_refresh(screen.repaint_all)

    @cached_property
    def ink(self):
        """The colours and signs of the drawings under the present theme."""
        from lhytui.draw.ink import Ink

        values = self.theme_variables
        colour = lambda name, other: values[name] if str(values.get(name, "")).startswith("#") else other
        dark = self.current_theme.dark
        return Ink.from_colours(
            ground=colour("background", "#121212" if dark else "#f4f4f4"),
            text=colour("foreground", "#e0e0e0" if dark else "#202020"),
            panel=colour("panel", None),
            accent=colour("accent", "#ffa62b"),
            warning=colour("warning", "#ffa62b"),
            error=colour("error", "#ba3c5b"),
            success=colour("success", "#4ebf71"),
            dark=dark,
            glyphs=self.settings.glyphs
            if self.settings.glyphs != "auto"
            else "braille"
            if self.narrow
            else "ascii",
            narrow=self.narrow,
        )

    def on_key(self, event: Key) -> None:
        """A key that is an ideograph comes from an input method: say once how to go on."""
        if event.character and event.character >= "\u2e80" and not self._ideograph:
            self._ideograph = True
            self.tell("ideograph")

    # words

    def tell(self, code: str, **facts: Any) -> None:
        self.notify(language.tell(code, facts, self.language), severity="warning", timeout=8, markup=False)

    def do_language(self) -> None:
        self.language = LANGUAGES[1 - LANGUAGES.index(self.language)]
        self.words = language.words(self.language)
        self.settings.change(language=self.language)
        for screen in self.screen_stack:
            if hasattr(screen, "switch_language"):
                screen.switch_language()

    # going places

    def open_lesson(
        self,
        lesson: str,
        section: str | None = None,
        changes: dict | None = None,
        seed: int | None = None,
        log: tuple = (),
    ) -> None:
        """Show a section over the home screen, in place of another lesson."""
        found, at = self.course.find(f"{lesson}:{section}" if section else lesson)
        from lhytui.screens.lesson import LessonScreen

        try:
            screen = LessonScreen(found, at, changes, seed, log, self.settings.device)
        except Exception as error:  # a broken lesson folder must not end the app
            self.notify(language.sentence(error, self.language), severity="error", timeout=10, markup=False)
            return
        self.store.visit(found.id, at.id)
        self.describe_terminal()
        if isinstance(self.screen, LessonScreen):
            self.switch_screen(screen)
        else:
            self.push_screen(screen)

    def step_section(self, lesson: str, section: str, by: int) -> None:
        """The next or previous section, across lessons; past either end: home."""
        places = [(one.id, part.id) for one in self.course.lessons for part in one.sections]
        at = places.index((lesson, section)) + by
        if 0 <= at < len(places):
            self.open_lesson(*places[at])
        else:
            self.pop_screen()

    # commands of every screen

    def do(self, id: str) -> None:
        getattr(self, "do_" + id.replace("-", "_"))()

    def do_leave(self) -> None:
        from lhytui.screens.home import HomeScreen

        if isinstance(self.screen, HomeScreen):
            return
        self.pop_screen()
        if isinstance(self.screen, HomeScreen):
            self.screen.refresh_progress()

    def do_quit(self) -> None:
        self.exit(0)

    def do_help(self) -> None:
        from lhytui.screens.help import HelpScreen

        self.push_screen(HelpScreen(self.screen))

    def do_palette(self) -> None:
        from lhytui.palette import Commands, Lessons, palette

        palette(self, [Commands, Lessons], "ui.palette")

    def do_goto(self) -> None:
        from lhytui.palette import Lessons, palette

        palette(self, [Lessons], "ui.goto")

    def do_search(self) -> None:
        from lhytui.palette import Search, palette

        palette(self, [Search], "ui.search")

    def do_questions(self) -> None:
        from lhytui.screens.questions import QuestionsScreen

        lesson = getattr(self.screen, "lesson", None)
        section = getattr(self.screen, "section", None)
        self.push_screen(QuestionsScreen(lesson, section))

    def do_copy(self) -> None:
        """The selected text, else the share string of the experiment."""
        if selected := self.screen.get_selected_text():
            self.copy_to_clipboard(selected)
            self.notify(self.words("ui.copied-text", count=len(selected)), markup=False)
            return
        bridge = getattr(self.screen, "bridge", None)
        if bridge is None:
            return
        from lhytui import share

        try:
            text = share.write(
                bridge.lesson.id, bridge.section.id, bridge.home, bridge.base, bridge.seed, bridge.log
            )
        except share.ShareError as error:
            self.tell(error.code, **error.facts)
            return
        self.copy_to_clipboard(text)
        self.notify(self.words("ui.copied", text=text), markup=False)

    def search_themes(self) -> None:
        from textual.theme import ThemeProvider

        from lhytui.palette import palette

        palette(self, [ThemeProvider], "ui.themes")

    @property
    def other_device(self) -> str:
        return "cpu" if self.settings.device == "cuda" else "cuda"

    def do_device(self) -> None:
        """Train on the other device from now on, the run in sight anew."""
        self.settings.change(device=self.other_device)
        if self.settings.device == "cpu":
            self.notify(self.words("ui.device-cpu"), markup=False)
        for screen in self.screen_stack:
            if hasattr(screen, "do_device"):
                screen.do_device(self.settings.device)

    def get_system_commands(self, screen: Screen) -> Iterable[SystemCommand]:
        for id, deed in self.system_commands():
            yield SystemCommand(self.words(f"command.{id}"), self.words(f"command.{id}.help"), deed)

    def system_commands(self) -> list[tuple[str, Callable]]:
        return [
            ("theme", self.search_themes),
            (f"device-{self.other_device}", self.do_device),
            ("screenshot", self.deliver_screenshot),
            ("quit", self.do_quit),
        ]

    async def action_quit(self) -> None:
        self.exit(0)


def run(
    lesson: str | None,
    section: str | None,
    changes: dict[str, str],
    seed: int | None,
    lang: str,
    share: tuple = (),
) -> int:
    """Start the app, in a lesson if one is named; the exit status."""
    start = {"lesson": lesson, "section": section, "changes": changes, "seed": seed, "log": share}
    app = LhyApp(lang, start if lesson else None)
    if app.settings.glyphs == "auto":
        from lhytui.probe import narrow

        app.narrow = narrow()
    return app.run() or 0
