"""Spaced repetition of the lessons' questions: FSRS (Ye et al. 2022), by the `fsrs` package."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import blake2s
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fsrs import Card as Memory
    from fsrs import Scheduler

    from lessons.cards import Card
    from lessons.catalog import Course, Lesson
    from lhytui.store.progress import Store

GRADES = ("again", "hard", "good", "easy")
Question = tuple["Lesson", "Card"]


def text_hash(card: Card) -> str:
    """Changes when the words of the question or its answer change."""
    return blake2s(repr((card.question, card.options, card.answer)).encode(), digest_size=8).hexdigest()


class Reviews:
    """When each question is due again; a question is known by its lesson's id and its own."""

    def __init__(self, store: Store):
        self.store = store
        self._engine: Scheduler | None = None

    def due(self, course: Course) -> list[Question]:
        """The questions to ask now: those whose time has come, then new ones of sections that were run."""
        now, dates, states = self.store.now(), self.dates(), self.store.states()
        late, new = [], []
        started = {lesson for lesson, _ in states} | {lesson for lesson, _ in dates}
        for lesson in course.lessons:
            for card in _cards(lesson) if lesson.id in started else ():
                when = dates.get((lesson.id, card.id))
                if when is not None and when <= now:
                    late.append((when, lesson, card))
                elif when is None and states.get((lesson.id, card.section)) in ("run", "done"):
                    new.append((lesson, card))
        return [(lesson, card) for _, lesson, card in sorted(late, key=lambda one: one[0])] + new

    def of(self, lesson: Lesson, section: str | None = None) -> list[Question]:
        """All questions of a lesson or of one section, in the lesson's order."""
        return [(lesson, card) for card in _cards(lesson) if section in (None, card.section)]

    def dates(self) -> dict[tuple[str, str], float]:
        """When each question that was ever graded is due, by (lesson, card)."""
        return {
            (lesson, card): due
            for lesson, card, due in self.store.rows("SELECT lesson, card_id, due FROM card")
        }

    def changed(self, lesson: Lesson, card: Card) -> bool:
        """Whether the question reads differently from when it was last graded."""
        rows = self._row(lesson, card)
        return bool(rows) and rows[0][1] != text_hash(card)

    def grade(self, lesson: Lesson, card: Card, grade: int) -> bool:
        """Save a grade from 1, again, to 4, easy, and when the question is due next."""
        rows = self._row(lesson, card)
        memory = self._after(lesson, card, grade)
        return self.store.write(
            "INSERT OR REPLACE INTO card VALUES (?, ?, ?, ?, ?)",
            (card.id, lesson.id, text_hash(card), memory.to_json(), memory.due.timestamp()),
            "INSERT INTO review (card_id, lesson, grade, at, before_json) VALUES (?, ?, ?, ?, ?)",
            (card.id, lesson.id, grade, self.store.now(), rows[0][0] if rows else None),
        )

    def undo(self) -> tuple[str, str] | None:
        """Take the last grade back; the (lesson, card) it was given to."""
        rows = self.store.rows("SELECT id, lesson, card_id, before_json FROM review ORDER BY id DESC LIMIT 1")
        if not rows:
            return None
        id, lesson, card, before = rows[0]
        if before is None:
            restore, values = "DELETE FROM card WHERE lesson = ? AND card_id = ?", (lesson, card)
        else:
            restore = "UPDATE card SET state_json = ?, due = ? WHERE lesson = ? AND card_id = ?"
            values = (before, self._read(before).due.timestamp(), lesson, card)
        done = self.store.write(restore, values, "DELETE FROM review WHERE id = ?", (id,))
        return (lesson, card) if done else None

    def intervals(self, lesson: Lesson, card: Card) -> tuple[timedelta, ...]:
        """How long until the question comes back, for each grade."""
        now = self._now()
        return tuple(self._after(lesson, card, grade).due - now for grade in range(1, len(GRADES) + 1))

    def next_due(self) -> float | None:
        """The earliest time at which a question is due."""
        rows = self.store.rows("SELECT min(due) FROM card")
        return rows[0][0] if rows else None

    def _after(self, lesson: Lesson, card: Card, grade: int) -> Memory:
        from fsrs import Card as Memory
        from fsrs import Rating, Scheduler

        if self._engine is None:
            # Without fuzzing the interval that a screen promises is the one that is kept.
            self._engine = Scheduler(enable_fuzzing=False)
        rows = self._row(lesson, card)
        memory = self._read(rows[0][0]) if rows else None
        return self._engine.review_card(
            memory or Memory(card_id=1, due=self._now()), Rating(grade), self._now()
        )[0]

    def _read(self, state: str) -> Memory:
        from fsrs import Card as Memory

        return Memory.from_json(state)

    def _row(self, lesson: Lesson, card: Card) -> list[tuple]:
        return self.store.rows(
            "SELECT state_json, text_hash FROM card WHERE lesson = ? AND card_id = ?", (lesson.id, card.id)
        )

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.store.now(), UTC)


def _cards(lesson: Lesson) -> Iterator[Card]:
    """None of a file that cannot be read: the lint names it, a screen goes on without."""
    try:
        yield from lesson.cards()
    except (OSError, ValueError, KeyError):
        return
