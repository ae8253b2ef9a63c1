"""The questions of a section, a lesson, or all that are due: ask, show, say why, grade."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.events import Resize
from textual.screen import Screen

from lessons.catalog import Lesson, Section
from lhytui.commands import BY_ID
from lhytui.screens.quiz import Quiz
from lhytui.store.reviews import GRADES
from lhytui.text.fit import ago, cut, pad
from lhytui.text.wrap import wrap
from lhytui.widgets.keybar import KeyBar
from lhytui.widgets.sheet import Line, Piece, Sheet

KEYS = ("enter", "digit", "up", "down", "left", "right", "undo", "page-up", "page-down", "leave")
ABOVE = ("language", "help", "palette", "quit")  # commands of the app that act here too
MEASURE = 72  # cells of a line that is read with ease
OPTION, GRADE = "option", "grade"


class QuestionsScreen(Screen):
    """Digits answer, then grade; enter shows the answer, then takes the suggested grade; u takes back."""

    BINDINGS = [
        (key, f"do({id!r}, {key!r})", "")
        for id in (*KEYS, *ABOVE)
        for key in BY_ID[id].keys
        if key != "ctrl+q"
    ]
    DEFAULT_CSS = """
    QuestionsScreen { background: $surface; }
    QuestionsScreen #head { height: 1; }
    QuestionsScreen #grades { background: $panel; }
    QuestionsScreen KeyBar { dock: bottom; }
    """

    def __init__(self, lesson: Lesson | None = None, section: Section | None = None):
        super().__init__()
        self.only = (lesson, section)

    def compose(self) -> ComposeResult:
        self.head, self.body, self.foot = Sheet(id="head"), Sheet(id="question"), Sheet(id="grades")
        self.keys = KeyBar(id="keys")
        yield from (self.head, self.body, self.foot, self.keys)

    def on_mount(self) -> None:
        reviews = self.app.store.reviews
        lesson, section = self.only
        if lesson is None:
            questions = reviews.due(self.app.course)
        else:
            questions = reviews.of(lesson, section and section.id) or reviews.of(lesson)
        self.quiz = Quiz(questions, reviews)
        self.relabel()

    def on_resize(self, event: Resize) -> None:
        self.call_after_refresh(self.relabel)

    def switch_language(self) -> None:
        self.relabel()

    def repaint_all(self) -> None:
        self.relabel()

    # what is shown

    def say(self, key: str, **facts) -> str:
        return self.app.words(f"ui.questions.{key}", **facts)

    def sign(self, sign: str) -> str:
        return {"✓": "x", "✗": "!", "›": ">"}.get(sign, sign) if self.app.settings.glyphs == "ascii" else sign

    def relabel(self) -> None:
        """Say everything anew in the app's language."""
        if not self.is_mounted or not self.size.width:
            return
        self.lang = self.app.words.lang
        self.head.show([self.head_line()])
        stage = self.quiz.stage
        lines = {"asking": self.asking, "grading": self.grading, "over": self.over}[stage]()
        grades = self.grade_lines() if stage == "grading" else []
        self.body.styles.height = min(len(lines) + 2, self.size.height - 2 - len(grades))
        self.body.show([Line(), *lines], (OPTION, self.quiz.chosen) if stage == "asking" else None)
        self.foot.display = bool(grades)
        self.foot.styles.height = len(grades)
        self.foot.show(grades)
        self.show_keys()

    def turn_over(self) -> None:
        """Show the next thing from its top."""
        self.relabel()
        self.body.scroll_to(y=0, animate=False)

    @property
    def margin(self) -> str:
        """Blanks left of the text: two, on a wide screen what puts its column in the middle."""
        return " " * max(2, (self.size.width - MEASURE) // 2 if self.size.width >= 100 else 2)

    def head_line(self) -> Line:
        words, width, turn = self.app.words, self.size.width, self.quiz.turn
        right = words("ui.other-language") + " "
        left = [(f" {self.say('title')}", "strong")]
        if turn is not None:
            lesson, card = turn.question
            section = next((s.title[self.lang] for s in lesson.sections if s.id == card.section), "")
            right = self.say("place", at=self.quiz.at + 1, count=len(self.quiz.turns)) + "   " + right
            crumbs = f" {self.sign('›')} ".join(
                filter(None, (f"{lesson.number} {lesson.title[self.lang]}", section))
            )
            left.append((cut(f" {self.sign('›')} {crumbs}", width - 14 - len(right)), "dim"))
        used = Sheet.cells(left)
        return Line((*left, (pad(right, width - used, right=True), "dim")), "title")

    def rows(self, text: str, tone: str = "", mark: str = "", tint: str = "") -> list[Line]:
        """A paragraph in the column; `mark` stands before its first row, in the tone `tint`."""
        room = min(MEASURE, self.size.width - 4) - len(mark)
        blank = " " * len(mark)
        return [
            Line(((self.margin + (blank if k else mark), tint), (text[start:end], tone)))
            for k, (start, end) in enumerate(wrap(text, room))
        ]

    def asking(self) -> list[Line]:
        lesson, card = self.quiz.turn.question
        lines = self.rows(card.question[self.lang], "strong")
        if self.quiz.reviews.changed(lesson, card):
            lines += self.rows(self.say("changed"), "dim")
        lines.append(Line())
        if not self.quiz.options:
            return lines + self.rows(self.say("think"), "dim")
        return lines + self.option_lines(card)

    def option_lines(self, card) -> list[Line]:
        """The options; once answered the right one and the chosen one are marked."""
        lines, turn = [], self.quiz.turn
        for k, text in enumerate(card.options.get(self.lang, ())):
            mark, tone, tint = f"{k + 1}  ", "option", "option"
            if turn.open:
                tone = tint = "dim"
                if k == card.right:
                    mark, tone, tint = f"{self.sign('✓')}  ", "", "good"
                elif k == turn.option:
                    mark, tint = f"{self.sign('✗')}  ", "bad"
            for line in self.rows(text, tone, mark, tint):
                lines.append(Line(line.pieces, key=None if turn.open else (OPTION, k)))
        return lines

    def grading(self) -> list[Line]:
        card, right = self.quiz.turn.question[1], self.quiz.right
        lines = [*self.rows(card.question[self.lang], "dim"), Line()]
        if self.quiz.options:
            lines += [*self.option_lines(card), Line()]
        if right is not None:
            lines += self.rows(self.say("right" if right else "wrong"), "good" if right else "bad")
        answer = card.answer.get(self.lang, "")
        if answer and right is None:
            lines += self.rows(answer, "strong")
        if why := card.why.get(self.lang, ""):
            lines += [*([Line()] if answer and right is None else []), *self.rows(why)]
        return lines

    def grade_lines(self) -> list[Line]:
        """The four grades, each with, or on a narrow screen above, the time until the question comes back."""
        spans = self.quiz.reviews.intervals(*self.quiz.turn.question)
        times = [self.time(span.total_seconds()) for span in spans]
        names = self.say("grades").split("|")
        marks = "<>" if self.app.settings.glyphs == "ascii" else "‹›"
        column = self.grade_width
        one_row = column >= 18
        labels: list[Piece] = [(self.margin, "")]
        below: list[Piece] = [(self.margin, "")]
        for k, (name, time) in enumerate(zip(names, times, strict=True)):
            here = k == self.quiz.chosen
            left, right = marks if here else "  "
            label = (cut(f"{left}{k + 1} {name}{right}", column), "accent" if here else "option")
            rest = column - Sheet.cells([label])
            labels += [label, (pad(f" {time}", rest) if one_row else " " * rest, "dim")]
            below.append((pad(f"   {time}", column), "dim"))
        lines = [Line(((self.margin, ""), (" " + self.say("grade"), "dim"))), Line(tuple(labels), key=GRADE)]
        return lines if one_row else [*lines, Line(tuple(below))]

    @property
    def grade_width(self) -> int:
        return min(MEASURE, self.size.width - 4) // len(GRADES)

    def over(self) -> list[Line]:
        counts = self.quiz.counts()
        if not self.quiz.turns:
            lines = self.rows(self.say("empty"))
        else:
            lines = self.rows(self.say("over", count=sum(counts.values())), "strong")
            lines += [Line(), *self.rows(self.say("tally", **counts))]
        due = self.quiz.reviews.next_due()
        if due is not None and due > self.app.store.now():
            lines += [Line(), *self.rows(self.say("next", time=self.time(due - self.app.store.now())), "dim")]
        return lines

    def time(self, seconds: float) -> str:
        unit, count = ago(seconds)
        return self.app.words(f"ui.time.{unit}", count=count)

    # what the keys do

    @property
    def footer_actions(self) -> list[str]:
        """The commands that act now, the most wanted first."""
        return [id for id in ("enter", "digit", "down", "undo", "leave", "language") if self.acts(id)]

    def acts(self, id: str) -> bool:
        stage = self.quiz.stage
        match id:
            case "digit":
                return stage == "grading" or bool(self.quiz.options)
            case "up" | "down" | "left" | "right":
                return stage == "grading" or self.quiz.options > 0
            case "undo":
                return bool(self.quiz.given) or stage == "grading"
        return True

    def show_keys(self) -> None:
        words, stage = self.app.words, self.quiz.stage
        asked = "enter" if self.quiz.options else "show"
        own = {
            "enter": {"asking": asked, "grading": "enter", "over": "close"}[stage],
            "digit": "grade" if stage == "grading" else "digit",
            "down": "down",
        }
        entries = []
        for id in self.footer_actions:
            cap = words(f"cap.{id}") if words.has(f"cap.{id}") else BY_ID[id].cap
            if id == "digit":
                cap = f"1–{len(GRADES) if stage == 'grading' else self.quiz.options}"
            entries.append((id, cap, self.say(f"key.{own[id]}") if id in own else words(f"command.{id}")))
        self.keys.show(entries, ("help", "?", words("command.help")))

    def action_do(self, id: str, key: str) -> None:
        deed = getattr(self, "do_" + id.replace("-", "_"), None)
        if deed is None:
            self.app.do(id)
        elif id == "digit":
            deed(int(key))
        else:
            deed()

    def do_enter(self) -> None:
        """Take the option under the cursor or show the answer; take the suggested grade; or leave."""
        match self.quiz.stage:
            case "asking":
                self.quiz.answer(self.quiz.chosen if self.quiz.options else None)
                self.turn_over()
            case "grading":
                self.grade(self.quiz.chosen + 1)
            case "over":
                self.app.do("leave")

    def do_digit(self, digit: int) -> None:
        """An option or a grade; 0 leaves the question for another time."""
        if digit == 0:
            self.quiz.skip()
            self.turn_over()
        elif self.quiz.stage == "grading":
            self.grade(digit)
        elif self.quiz.answer(digit - 1):
            self.turn_over()

    def grade(self, grade: int) -> None:
        if not self.quiz.grade(grade):
            self.notify(self.say("not-saved"), severity="warning", markup=False)
        self.turn_over()

    def do_undo(self) -> None:
        if self.quiz.undo():
            self.turn_over()

    def do_up(self) -> None:
        self.move(-1)

    def do_down(self) -> None:
        self.move(1)

    do_left, do_right = do_up, do_down

    def move(self, by: int) -> None:
        self.quiz.move(by)
        self.relabel()
        self.body.follow()

    def do_page_up(self) -> None:
        self.body.scroll_relative(y=-max(1, self.body.size.height - 2), animate=False)

    def do_page_down(self) -> None:
        self.body.scroll_relative(y=max(1, self.body.size.height - 2), animate=False)

    def on_key_bar_chosen(self, message: KeyBar.Chosen) -> None:
        if message.command != "digit":
            self.action_do(message.command, "")

    def on_sheet_chosen(self, message: Sheet.Chosen) -> None:
        message.stop()
        if message.key == GRADE:
            place = (message.x - len(self.margin)) // self.grade_width
            if 0 <= place < len(GRADES):
                self.grade(place + 1)
        elif self.quiz.answer(message.key[1]):
            self.turn_over()
