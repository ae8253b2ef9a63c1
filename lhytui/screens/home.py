"""The home screen: the next thing to do, and the map of the course."""

from __future__ import annotations

from collections import Counter

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.screen import Screen

from lessons.catalog import Lesson, shared
from lessons.words import Words
from lhytui.commands import BY_ID, bindings
from lhytui.layout import SMALLEST, WIDE
from lhytui.screens.course_map import DUE, GO_ON, CourseMap, Progress, next_place, next_section
from lhytui.text.wrap import wrap
from lhytui.widgets.keybar import KeyBar
from lhytui.widgets.sheet import Line, Sheet

ROOMY = 20  # rows from which there is air around what to do next
FOOTER = ("enter", "down", "right", "questions", "goto", "search", "language", "palette")


class HomeScreen(Screen):
    """↑ ↓ choose a lesson, ← → a chapter, enter goes on or opens. `at`: GO_ON, DUE or a lesson's id."""

    BINDINGS = [(key, action, "") for key, action in bindings("home")]
    DEFAULT_CSS = """
    HomeScreen { background: $background; }
    HomeScreen #head { height: 1; }
    HomeScreen #columns { height: 1; }
    HomeScreen #map { width: 1fr; height: 1fr; }
    HomeScreen.-wide #map > Vertical { width: 57%; max-width: 84; }
    HomeScreen #strip { height: 2; }
    HomeScreen #details { display: none; width: 1fr; margin-left: 1; height: 1fr; }
    HomeScreen.-wide #details { display: block; }
    HomeScreen.-wide #strip { display: none; }
    HomeScreen.-small #map, HomeScreen.-small #strip { display: none; }
    HomeScreen KeyBar { dock: bottom; }
    """

    def __init__(self):
        super().__init__()
        self.at: str = GO_ON
        self.progress = Progress()

    def compose(self) -> ComposeResult:
        self.head, self.next, self.columns = Sheet(id="head"), Sheet(id="next"), Sheet(id="columns")
        self.list, self.details, self.strip = Sheet(id="list"), Sheet(id="details"), Sheet(id="strip")
        self.keys = KeyBar(id="keys")
        yield self.head
        yield self.next
        with Horizontal(id="map"):
            with Vertical():
                yield self.columns
                yield self.list
            yield self.details
        yield self.strip
        yield self.keys

    def on_screen_resume(self) -> None:
        self.refresh_progress()

    def on_resize(self, event: Resize) -> None:
        width, height = event.size
        self.set_class(width >= WIDE, "-wide")
        self.set_class(width < SMALLEST[0] or height < SMALLEST[1], "-small")
        self.call_after_refresh(self.settle)

    def settle(self) -> None:
        """After a change of size: as much of the map from its top as lets the chosen lesson be seen."""
        self.list.scroll_to(y=0, animate=False)
        self.relabel()

    # what is shown

    def refresh_progress(self) -> None:
        """Read the progress anew; the due questions, which need more files, after the first paint."""
        store = self.app.store
        last = store.last()
        place = (last["lesson"], last["section"]) if last else None
        self.progress = Progress(store.states(), store.claims_by_lesson(), self.progress.due, place)
        self.relabel()
        self.call_after_refresh(self.count_due)

    def count_due(self) -> None:
        due = Counter(lesson.id for lesson, _ in self.app.store.reviews.due(self.app.course))
        if due != self.progress.due:
            self.progress = Progress(self.progress.states, self.progress.claims, due, self.progress.last)
            self.relabel()

    def switch_language(self) -> None:
        self.relabel()

    def repaint_all(self) -> None:
        self.relabel()

    def relabel(self) -> None:
        """Say everything anew in the app's language."""
        if not self.is_mounted or not self.size.width:
            return
        words = self.app.words
        plain = self.app.settings.glyphs == "ascii"
        self.map = CourseMap(self.app.course, self.progress, words, Words(shared(), words.lang), plain)
        if self.at == DUE and not self.progress.due:
            self.at = GO_ON
        width, height = self.size
        roomy = height >= ROOMY
        self.head.show(self.map.head(width))
        lines = self.map.next(width, roomy)
        if self.has_class("-small"):
            text = words("ui.too-small", width=width, height=height)
            lines = [Line(((f" {text[start:end]}", ""),)) for start, end in wrap(text, width - 2)]
        self.next.styles.height = len(lines)
        self.next.show(lines, self.at)
        beside = self.list.size.width or width
        self.columns.show([self.map.columns(beside)])
        self.list.show(self.map.lessons(beside))
        self.choose(self.at)

    def choose(self, at: str) -> None:
        """Make `at` the chosen thing and show the lesson that it means."""
        self.at = at
        self.next.show(self.next.lines, at)
        self.show_keys()
        lesson = self.meant()
        self.list.chosen = at if at not in (GO_ON, DUE) else None
        self.list.refresh()
        if lesson is None:
            return
        place = self.list.chosen
        self.list.chosen = lesson.id
        self.list.follow()
        self.list.chosen = place
        if self.has_class("-wide"):
            size = self.details.size
            self.details.show(self.map.details(lesson, size.width, size.height))
            self.details.scroll_to(y=0, animate=False)
        else:
            self.strip.show(self.map.strip(lesson, self.size.width))

    def meant(self) -> Lesson | None:
        """The lesson that is chosen, or the one to go on with."""
        if self.at in (GO_ON, DUE):
            place = next_place(self.app.course, self.progress)
            return place[0] if place else next(iter(self.app.course.lessons), None)
        return self.app.course.lesson(self.at)

    # what the keys do

    @property
    def footer_actions(self) -> list[str]:
        """The commands that act now, the most wanted first."""
        return [id for id in FOOTER if self.acts(id)]

    def acts(self, id: str) -> bool:
        return bool(self.progress.due) if id == "questions" else True

    def show_keys(self) -> None:
        words = self.app.words
        entries = []
        for id in self.footer_actions:
            cap = words(f"cap.{id}") if words.has(f"cap.{id}") else BY_ID[id].cap
            own = f"ui.home.key.{id}"
            if id == "enter" and self.at in (GO_ON, DUE):
                own += f".{self.at}"
            entries.append((id, cap, words(own) if words.has(own) else words(f"command.{id}")))
        self.keys.show(entries, ("help", "?", words("command.help")))

    def action_do(self, id: str, key: str) -> None:
        deed = getattr(self, "do_" + id.replace("-", "_"), None)
        if deed is None:
            self.app.do(id)
        else:
            deed()

    @property
    def stops(self) -> list[str]:
        """Everything that ↑ ↓ step through, from the top."""
        top = [line.key for line in self.next.lines if line.key is not None]
        return top + [lesson.id for lesson in self.app.course.lessons]

    def step(self, by: int) -> None:
        stops = self.stops
        if stops:
            at = stops.index(self.at) if self.at in stops else 0
            self.choose(stops[max(0, min(at + by, len(stops) - 1))])

    def step_chapter(self, by: int) -> None:
        """To the first lesson of the next or the previous chapter."""
        lesson, chapters = self.meant(), self.app.course.chapters
        if lesson is None:
            return
        at = chapters.index(lesson.chapter)
        firsts = [
            next(one for one in self.app.course.lessons if one.chapter == chapter) for chapter in chapters
        ]
        if by < 0 and self.at != firsts[at].id:
            by = 0
        self.choose(firsts[max(0, min(at + by, len(firsts) - 1))].id)

    def do_up(self) -> None:
        self.step(-1)

    def do_down(self) -> None:
        lesson = self.meant()
        if lesson is not None and self.at == self.stops[-len(self.app.course.lessons) - 1]:
            self.choose(lesson.id)  # the list already stands there
        else:
            self.step(1)

    def do_left(self) -> None:
        self.step_chapter(-1)

    def do_right(self) -> None:
        self.step_chapter(1)

    def do_page_up(self) -> None:
        self.step(-max(1, self.list.size.height - 2))

    def do_page_down(self) -> None:
        self.step(max(1, self.list.size.height - 2))

    def do_first(self) -> None:
        self.step(-len(self.stops))

    def do_last(self) -> None:
        self.step(len(self.stops))

    def do_enter(self) -> None:
        """Go on, ask the due questions, or open the chosen lesson where it is not done yet."""
        if self.at == DUE:
            self.app.do("questions")
        elif self.at == GO_ON:
            if place := next_place(self.app.course, self.progress):
                self.app.open_lesson(place[0].id, place[1].id)
        else:
            lesson = self.app.course.lesson(self.at)
            self.app.open_lesson(lesson.id, next_section(lesson, self.progress).id)

    def on_key_bar_chosen(self, message: KeyBar.Chosen) -> None:
        self.action_do(message.command, "")

    def on_sheet_chosen(self, message: Sheet.Chosen) -> None:
        """A click chooses; a click on what is chosen, on a section or on what to do next opens it."""
        message.stop()
        key = message.key
        if isinstance(key, tuple):
            if len(key) == 1:
                self.choose(key[0])
            else:
                self.app.open_lesson(*key)
        elif key in (GO_ON, DUE) or key == self.at:
            self.at = key
            self.do_enter()
        else:
            self.choose(key)
