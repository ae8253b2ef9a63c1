"""A round of questions: which one is asked, what was answered, how it was graded. No screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lhytui.store.reviews import GRADES, Question, Reviews

AGAIN, GOOD = 1, 3


@dataclass
class Turn:
    """One question as asked: the option chosen, from 0, None if the answer was looked at; the grade given."""

    question: Question
    option: int | None = None
    open: bool = False
    grade: int | None = None


class Quiz:
    """Goes through `questions`; one graded "again" comes back once at the end. `chosen`: under the cursor."""

    def __init__(self, questions: Sequence[Question], reviews: Reviews):
        self.reviews = reviews
        self.turns = [Turn(question) for question in questions]
        self.at, self.chosen = 0, 0
        self.given: list[int] = []  # places of the turns whose grades were saved, oldest first

    @property
    def turn(self) -> Turn | None:
        """None when the round is over."""
        return self.turns[self.at] if self.at < len(self.turns) else None

    @property
    def options(self) -> int:
        """How many options the question has; none: it is answered in one's head."""
        return 0 if self.turn is None else max(map(len, self.turn.question[1].options.values()), default=0)

    @property
    def right(self) -> bool | None:
        """Whether the option was right; None without one."""
        turn = self.turn
        return None if turn is None or turn.option is None else turn.option == turn.question[1].right

    @property
    def stage(self) -> str:
        """asking | grading | over"""
        return "over" if self.turn is None else "grading" if self.turn.open else "asking"

    def answer(self, option: int | None) -> bool:
        """Choose an option, or None: look at the answer; the cursor goes to the grade that this suggests."""
        if self.stage != "asking" or (option is not None and not 0 <= option < self.options):
            return False
        self.turn.option, self.turn.open = option, True
        self.chosen = (AGAIN if self.right is False else GOOD) - 1
        return True

    def grade(self, grade: int) -> bool:
        """Save a grade from 1 to 4 and go on; False when it could not be saved, yet the round goes on."""
        if self.stage != "grading" or not 1 <= grade <= len(GRADES):
            return True
        turn = self.turn
        saved = self.reviews.grade(*turn.question, grade)
        turn.grade = grade
        if saved:
            self.given.append(self.at)
        if grade == AGAIN and sum(other.question == turn.question for other in self.turns) < 2:
            self.turns.append(Turn(turn.question))
        self._go(self.at + 1)
        return saved

    def skip(self) -> None:
        if self.turn is not None:
            self._go(self.at + 1)

    def undo(self) -> bool:
        """Take back what was done last: the answer that stands open, else the last grade of this round."""
        if self.turn is not None and self.turn.open:
            chosen = self.turn.option or 0
            self.turn.option, self.turn.open = None, False
            self.chosen = chosen
            return True
        if not self.given or self.reviews.undo() is None:
            return False
        at = self.given.pop()
        turn = self.turns[at]
        if turn.grade == AGAIN and self.turns[-1].question == turn.question and at < len(self.turns) - 1:
            self.turns.pop()
        turn.grade = None
        self.at = at
        self.chosen = (AGAIN if self.right is False else GOOD) - 1
        return True

    def move(self, by: int) -> None:
        count = self.options if self.stage == "asking" else len(GRADES)
        self.chosen = max(0, min(self.chosen + by, count - 1))

    def counts(self) -> dict[str, int]:
        """How often each grade was given in this round."""
        return {name: sum(turn.grade == k for turn in self.turns) for k, name in enumerate(GRADES, 1)}

    def _go(self, at: int) -> None:
        self.at, self.chosen = at, 0
