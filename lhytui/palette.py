"""Command palette, lesson list and search: providers over the command table and the course."""

from __future__ import annotations

from functools import partial

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider

from lhytui.commands import COMMANDS


class Palette(CommandPalette):
    """Textual's palette with our words."""

    def __init__(self, providers, placeholder: str, nothing: str):
        super().__init__(providers=providers, placeholder=placeholder)
        self._nothing = nothing

    def _start_no_matches_countdown(self, search_value: str) -> None:
        self._stop_no_matches_countdown()

        def show() -> None:
            from textual.command import CommandList
            from textual.widgets.option_list import Option

            found = self.query_one(CommandList)
            found.add_option(Option(self._nothing, disabled=True, id=self._NO_MATCHES))
            self._list_visible = True

        self._no_matches_timer = self.set_timer(self._NO_MATCHES_COUNTDOWN, show)


def palette(app, providers, key: str) -> None:
    """Open a palette over these providers; `key` names its placeholder."""
    if not CommandPalette.is_open(app):
        app.push_screen(Palette(providers, app.words(key), app.words("ui.nothing")))


class Listed(Provider):
    """A provider over (title, help, deed) entries: all of them at first, fuzzy matches as one types."""

    def entries(self) -> list[tuple[str, str, object]]:
        raise NotImplementedError

    async def discover(self) -> Hits:
        for title, text, deed in self.entries():
            yield DiscoveryHit(title, deed, help=text)

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for title, text, deed in self.entries():
            score = max(matcher.match(title), 0.5 * matcher.match(text))
            if score > 0:
                yield Hit(score, matcher.highlight(title), deed, help=text)


class Commands(Listed):
    """Every command that acts on the screen below, with its key."""

    def entries(self):
        screen, words = self.screen, self.app.words
        found = []
        for command in COMMANDS:
            acts = screen.acts(command.id) if hasattr(screen, "acts") else command.where == "both"
            if acts and command.id not in ("palette", "digit", "up", "down", "left", "right", "enter"):
                deed = partial(screen.action_do, command.id, "")
                title = f"{words(f'command.{command.id}')}  {command.cap}"
                found.append((title, words(f"command.{command.id}.help"), deed))
        for id, deed in self.app.system_commands():
            found.append((words(f"command.{id}"), words(f"command.{id}.help"), deed))
        return found


class Lessons(Listed):
    """Every section of the course."""

    def entries(self):
        lang, app = self.app.language, self.app
        return [
            (
                f"{lesson.number} {lesson.title[lang]} › {section.title[lang]}",
                f"{lesson.id}:{section.id}",
                partial(app.open_lesson, lesson.id, section.id),
            )
            for lesson in app.course.lessons
            for section in lesson.sections
        ]


class Search(Provider):
    """Sections whose text holds what one types, with the place where it stands."""

    async def search(self, query: str) -> Hits:
        wanted, lang, app = query.casefold().strip(), self.app.language, self.app
        if not wanted:
            return
        for lesson in app.course.lessons:
            for section, text in lesson.text(lang).items():
                plain = " ".join(line for block in (*text.before, *text.after) for line in lines_of(block))
                at = plain.casefold().find(wanted)
                if at >= 0:
                    title = next(s.title[lang] for s in lesson.sections if s.id == section)
                    around = plain[max(0, at - 12) : at + 40].strip()
                    yield Hit(
                        1 / (1 + at),
                        f"{lesson.number} {lesson.title[lang]} › {title}",
                        partial(app.open_lesson, lesson.id, section),
                        help=f"…{around}…",
                    )


def lines_of(block) -> list[str]:
    """The plain lines of a block of text."""
    if hasattr(block, "blocks"):
        return [block.title, *(line for part in block.blocks for line in lines_of(part))]
    if hasattr(block, "lines"):
        return list(block.lines)
    return [block.text.replace("**", "").replace("`", "")]
