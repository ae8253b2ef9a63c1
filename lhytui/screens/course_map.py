"""What the home screen says, as lines for its sheets: functions of course, progress, language and width."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field

from rich.cells import cell_len

from lessons.catalog import Course, Lesson, Section
from lessons.words import Words
from lhytui.text.fit import cut, pad
from lhytui.text.wrap import wrap
from lhytui.widgets.sheet import Line, Piece

GLYPHS = {"done": ("✓", "good"), "run": ("●", "accent"), "seen": ("●", "accent"), None: ("·", "dim")}
PLAIN = {"✓": "x", "●": "o", "·": ".", "▶": ">", "▸": ">", "›": ">", "?": "?"}
GO_ON = "go-on"
DUE = "due"
MARKS, TIME, CLAIMS, WAITING = 6, 8, 8, 5  # cells of the list's columns
TIMED = 76  # width from which the list has a column for the time
MEASURE = 76  # cells of a line that is read with ease


@dataclass(frozen=True)
class Progress:
    """What the learner has done: states by (lesson, section); claims and due questions by lesson."""

    states: Mapping[tuple[str, str], str] = field(default_factory=dict)
    claims: Mapping[str, Set[str]] = field(default_factory=dict)
    due: Mapping[str, int] = field(default_factory=dict)
    last: tuple[str, str] | None = None

    def done(self, lesson: Lesson) -> int:
        """How many sections of the lesson are done."""
        return sum(self.states.get((lesson.id, section.id)) == "done" for section in lesson.sections)

    def met(self, lesson: Lesson) -> int:
        return len(claims_of(lesson) & set(self.claims.get(lesson.id, ())))


def claims_of(lesson: Lesson) -> set[str]:
    return {claim for section in lesson.sections for claim in section.claims}


def next_place(course: Course, progress: Progress) -> tuple[Lesson, Section] | None:
    """Where to go on: the last place, else the next one that is not done yet; None when all is done."""
    places = [(lesson, section) for lesson in course.lessons for section in lesson.sections]
    ids = [(lesson.id, section.id) for lesson, section in places]
    start = ids.index(progress.last) if progress.last in ids else 0
    for place in places[start:] + places[:start]:
        if progress.states.get((place[0].id, place[1].id)) != "done":
            return place
    return None


def next_section(lesson: Lesson, progress: Progress) -> Section:
    """The first section of a lesson that is not done, else its first."""
    waiting = [s for s in lesson.sections if progress.states.get((lesson.id, s.id)) != "done"]
    return (waiting or lesson.sections)[0]


class CourseMap:
    """The lines of each part in one language. `chapters` names the chapters; `plain`: ASCII signs."""

    def __init__(
        self, course: Course, progress: Progress, words: Words, chapters: Words, plain: bool = False
    ):
        self.course, self.progress, self.words, self.chapters = course, progress, words, chapters
        self.lang, self.plain = words.lang, plain

    def say(self, key: str, **facts) -> str:
        return self.words(f"ui.home.{key}", **facts)

    def sign(self, sign: str) -> str:
        return PLAIN[sign] if self.plain else sign

    def chapter(self, id: str) -> str:
        return self.chapters(f"chapter.{id}")

    def name(self, lesson: Lesson) -> str:
        return f"{lesson.number} {lesson.title[self.lang]}"

    # the head and what to do next

    def head(self, width: int) -> list[Line]:
        lessons = self.course.lessons
        done, sections = sum(map(self.progress.done, lessons)), sum(len(one.sections) for one in lessons)
        met, claims = sum(map(self.progress.met, lessons)), sum(len(claims_of(one)) for one in lessons)
        right = [self.say("sections", done=done, count=sections), self.say("claims", met=met, count=claims)]
        other = self.words("ui.other-language")
        text = "   ".join([*(right if width >= 76 else right[:1]), other])
        left: list[Piece] = [(" lhytui", "strong"), ("  " + self.say("course"), "dim")]
        return [_line(left, [(text + " ", "dim")], width, "title")]

    def next(self, width: int, roomy: bool) -> list[Line]:
        """What enter does at first, and the questions that are due; `roomy`: with air around."""
        place = next_place(self.course, self.progress)
        air = [Line()] if roomy else []
        enter = [(self.words("cap.enter") + " ", "accent")]
        if place is None:
            lines = [_line([(f" {self.sign('✓')} ", "good"), (self.say("all-done"), "strong")], [], width)]
        else:
            lesson, section = place
            begun = bool(self.progress.states)
            at = f"{lesson.sections.index(section) + 1}/{len(lesson.sections)}"
            left = [
                (f" {self.sign('▶')} ", "accent"),
                (self.say("go-on" if begun else "begin"), "accent"),
                (f"  {self.name(lesson)}", "strong"),
                (f" {self.sign('›')} ", "dim"),
                (f"{at} {section.title[self.lang]}", ""),
            ]
            lines = [_line(left, enter, width, key=GO_ON)]
        if count := sum(self.progress.due.values()):
            left = [(f" {self.sign('?')} ", "accent"), (self.say("due", count=count), "")]
            lines.append(_line(left, [("k ", "accent")], width, key=DUE))
        return [*air, *lines, *air]

    # the list

    def columns(self, width: int) -> Line:
        """The names of the columns of the list."""
        names = self.say("columns").split("|")
        sizes = (MARKS, TIME, CLAIMS, WAITING)
        shown = [pad(name, size, right=True) for name, size in zip(names, sizes, strict=True)]
        text = "".join(shown if width >= TIMED else [shown[0], *shown[2:]])
        return _line([], [(text + " ", "dim")], width)

    def lessons(self, width: int) -> list[Line]:
        lines = []
        for chapter in self.course.chapters:
            lessons = [lesson for lesson in self.course.lessons if lesson.chapter == chapter]
            done = sum(map(self.progress.done, lessons))
            count = sum(len(lesson.sections) for lesson in lessons)
            right = (f"{done}/{count} ", "good" if done == count else "dim")
            lines.append(_line([(f" {self.chapter(chapter)}", "strong")], [right], width, "title"))
            lines += [self._lesson(lesson, width) for lesson in lessons]
        return lines

    def _lesson(self, lesson: Lesson, width: int) -> Line:
        place = next_place(self.course, self.progress)
        here = place is not None and place[0] is lesson
        done = self.progress.done(lesson) == len(lesson.sections)
        left = [
            (f" {self.sign('▸')}" if here else "  ", "accent"),
            (f"{lesson.number:>2}  ", "accent" if here else "dim"),
            (lesson.title[self.lang], "dim" if done else ""),
        ]
        signs = [GLYPHS[self.progress.states.get((lesson.id, section.id))] for section in lesson.sections]
        right: list[Piece] = [
            (" " * (MARKS - len(signs)), ""),
            *((self.sign(sign), tone) for sign, tone in signs),
        ]
        if width >= TIMED:
            right.append((pad(self.say("minutes", count=lesson.minutes), TIME, right=True), "dim"))
        met, count = self.progress.met(lesson), len(claims_of(lesson))
        right.append(
            ((f"{met}/{count}" if count else "").rjust(CLAIMS), "good" if 0 < count == met else "dim")
        )
        due = self.progress.due.get(lesson.id, 0)
        right.append(((f"{self.sign('?')}{due}" if due else "").rjust(WAITING), "accent"))
        return _line(left, [*right, (" ", "")], width, key=lesson.id)

    # one lesson

    def strip(self, lesson: Lesson, width: int) -> list[Line]:
        """The sections of a lesson in two rows, for a narrow screen."""
        text = f" {self.sign('·')} ".join(section.title[self.lang] for section in lesson.sections)
        rows = [text[a:b] for a, b in wrap(text, width - 3)]
        if len(rows) > 2:
            rows = [rows[0], cut(text[len(rows[0]) :].strip(), width - 3)]
        return [Line(((f" {row}", "dim"),), "title") for row in [*rows, ""][:2]]

    def details(self, lesson: Lesson, width: int, room: int) -> list[Line]:
        """A lesson's sections, what one will see and find out in each, and what it needs."""
        measure = min(width - 4, MEASURE)
        words = lesson.words(self.lang)
        lines = [
            Line(),
            Line(((f"  {self.name(lesson)}", "strong"),)),
            Line(
                ((f"  {self.chapter(lesson.chapter)} · {self.say('minutes', count=lesson.minutes)}", "dim"),)
            ),
        ]
        for lines_of_section in self._fitting(lesson, words, measure, room - len(lines)):
            lines += lines_of_section
        if lesson.needs:
            lines.append(Line())
            lines += self._needs(lesson, measure)
        return lines

    def _fitting(self, lesson: Lesson, words: Words, measure: int, room: int) -> list[list[Line]]:
        """Each section's lines, in as much detail as fits the room for all of them."""
        for detail in (3, 2, 1, 0):
            parts = [self._section(lesson, section, words, measure, detail) for section in lesson.sections]
            if sum(map(len, parts)) <= room - 1 - len(lesson.needs):
                break
        return parts

    def _section(
        self, lesson: Lesson, section: Section, words: Words, measure: int, detail: int
    ) -> list[Line]:
        state = self.progress.states.get((lesson.id, section.id))
        glyph, tone = GLYPHS[state]
        lines = [Line()] if detail else []
        key = (lesson.id, section.id)
        for k, row in enumerate(_rows(section.title[self.lang], measure - 2)):
            mark = (f"  {self.sign(glyph)} " if k == 0 else "    ", tone)
            lines.append(Line((mark, (row, "")), key=key))
        if detail >= 1 and section.views:
            names = self.say("join").join(words(f"view.{id}") for id in section.views)
            lines += [Line((("    ", ""), (row, "dim")), key=key) for row in _rows(names, measure - 2)]
        if detail >= 2 and section.ask:
            question = _rows(words(f"ask.{section.id}"), measure - 4)
            for k, row in enumerate(question):
                lines.append(
                    Line(((f"    {self.sign('?') if k == 0 else ' '} ", "accent"), (row, "")), key=key)
                )
        met = [claim for claim in section.claims if claim in self.progress.claims.get(lesson.id, ())]
        if detail >= 3:
            for claim in met:
                for k, row in enumerate(_rows(words(f"claim.{claim}"), measure - 4)):
                    mark = (f"    {self.sign('✓') if k == 0 else ' '} ", "good")
                    lines.append(Line((mark, (row, "dim")), key=key))
        waiting = len(section.claims) - (len(met) if detail >= 3 else 0)
        if detail >= 2 and waiting:
            text = (
                self.say("waiting", count=waiting)
                if detail >= 3
                else self.say("claims", met=len(met), count=waiting)
            )
            lines.append(Line(((f"    {self.sign('·')} {text}", "dim"),), key=key))
        return lines

    def _needs(self, lesson: Lesson, measure: int) -> list[Line]:
        lines = []
        known = {one.id: one for one in self.course.lessons}
        for k, other in enumerate(known[id] for id in lesson.needs if id in known):
            done = self.progress.done(other) == len(other.sections)
            label = pad(self.say("needs") if k == 0 else "", cell_len(self.say("needs")))
            sign = (self.sign("✓") if done else self.sign("·"), "good" if done else "dim")
            name = cut(self.name(other), measure - cell_len(label) - 3)
            lines.append(Line(((f"  {label} ", "dim"), sign, (f" {name}", "")), key=(other.id,)))
        return lines


def _rows(text: str, width: int) -> list[str]:
    return [text[start:end] for start, end in wrap(text, width)]


def _line(left: list[Piece], right: list[Piece], width: int, ground: str = "", key=None) -> Line:
    """Pieces at both ends of a row; where they meet, the left ones are cut."""
    room = width - sum(cell_len(text) for text, _ in right) - 1
    pieces = []
    for text, tone in left:
        shown = cut(text, room)
        pieces.append((shown, tone))
        room -= cell_len(shown)
        if shown != text:
            break
    return Line((*pieces, (" " * (room + 1), ""), *right), ground, key)
