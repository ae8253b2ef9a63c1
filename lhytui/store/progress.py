"""The learner's progress: sections, claims, predictions, places. Nothing here raises into a screen."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from lhytui.store.database import Notice, open_database, trouble

STATES = ("seen", "run", "done")


class Answer(NamedTuple):
    """A prediction; `right` is None until a run has graded it."""

    option: str
    right: bool | None


class Store:
    """Progress by lesson and section id. `folder` None: this user's; False: in memory.

    `notices` collects (code, facts) for the learner; each code once. `now()` gives seconds since 1970.
    """

    def __init__(self, folder: Path | bool | None = None, now: Callable[[], float] = time.time):
        if folder is None:
            from lhytui.paths import paths

            folder = paths().data
        self.path = Path(folder, "progress.db") if folder else None
        self.now = now
        self.notices: list[Notice] = []
        self._reviews = None
        self._open()

    @property
    def reviews(self):
        """The questions and when each is due; loads the scheduler on first use."""
        if self._reviews is None:
            from lhytui.store.reviews import Reviews

            self._reviews = Reviews(self)
        return self._reviews

    # sections

    def see(self, lesson: str, section: str) -> bool:
        return self._advance(lesson, section, "seen")

    def ran(self, lesson: str, section: str) -> bool:
        return self._advance(lesson, section, "run")

    def finish(self, lesson: str, section: str) -> bool:
        return self._advance(lesson, section, "done")

    def state(self, lesson: str, section: str) -> str | None:
        """seen, run or done, None before."""
        rows = self.rows(
            "SELECT state FROM section_progress WHERE lesson = ? AND section = ?", (lesson, section)
        )
        return rows[0][0] if rows else None

    def states(self) -> dict[tuple[str, str], str]:
        """The state of every section that was ever seen, by (lesson, section)."""
        return {
            (lesson, section): state
            for lesson, section, state in self.rows("SELECT lesson, section, state FROM section_progress")
        }

    def _advance(self, lesson: str, section: str, state: str) -> bool:
        """A section never falls back."""
        return self.write(
            """INSERT INTO section_progress VALUES (?1, ?2, ?3, ?4)
            ON CONFLICT DO UPDATE SET updated = ?4, state = CASE
                WHEN instr('seen run done', ?3) > instr('seen run done', state) THEN ?3 ELSE state END""",
            (lesson, section, state, self.now()),
        )

    # claims

    def meet(self, lesson: str, claim: str) -> bool:
        return self.write("INSERT OR IGNORE INTO claim VALUES (?, ?, ?)", (lesson, claim, self.now()))

    def claims(self, lesson: str) -> set[str]:
        """The claims of a lesson that the learner's runs have shown."""
        return {claim for (claim,) in self.rows("SELECT claim FROM claim WHERE lesson = ?", (lesson,))}

    def claims_by_lesson(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for lesson, claim in self.rows("SELECT lesson, claim FROM claim"):
            found.setdefault(lesson, set()).add(claim)
        return found

    # predictions

    def predict(self, lesson: str, section: str, option: str, right: bool | None) -> bool:
        values = (lesson, section, option, right if right is None else int(right), self.now())
        return self.write("INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?, ?)", values)

    def answer(self, lesson: str, section: str) -> Answer | None:
        """The learner's last prediction."""
        rows = self.rows(
            "SELECT option, right FROM answer WHERE lesson = ? AND section = ?", (lesson, section)
        )
        return Answer(rows[0][0], None if rows[0][1] is None else bool(rows[0][1])) if rows else None

    # places

    def visit(self, lesson: str, section: str, settings: Any = None, seed: int | None = None) -> bool:
        """Remember where the learner is."""
        return self.keep("last", {"lesson": lesson, "section": section, "settings": settings, "seed": seed})

    def last(self) -> dict[str, Any] | None:
        """Where the learner was: lesson, section, settings, seed."""
        found = self.place("last")
        return found if isinstance(found, dict) and "lesson" in found and "section" in found else None

    def keep(self, key: str, value: Any) -> bool:
        """Remember any JSON value, such as the lesson, section, settings and seed to go on from."""
        return self.write("INSERT OR REPLACE INTO place VALUES (?, ?)", (key, json.dumps(value)))

    def place(self, key: str, default: Any = None) -> Any:
        rows = self.rows("SELECT value FROM place WHERE key = ?", (key,))
        try:
            return json.loads(rows[0][0]) if rows else default
        except ValueError:
            return default

    # the file

    def rows(self, sql: str, values: Sequence[Any] = ()) -> list[tuple]:
        """The rows of a query, none when the file cannot be read."""
        return self._try(lambda: self._connection.execute(sql, values).fetchall()) or []

    def write(self, *statements: Any) -> bool:
        """`sql, values, sql, values, …` in one transaction; False when nothing could be saved."""

        def do() -> bool:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                for sql, values in zip(statements[::2], statements[1::2], strict=True):
                    self._connection.execute(sql, values)
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            return True

        return self._try(do) or False

    def close(self) -> None:
        with suppress(sqlite3.Error):
            self._connection.close()

    def _open(self) -> None:
        self._connection, notices = open_database(self.path)
        for notice in notices:
            self._notice(*notice)

    def _try(self, do: Callable[[], Any]) -> Any:
        """What `do` returns, tried again on a fresh file if the present one is damaged; None if it fails."""
        for again in (True, False):
            try:
                return do()
            except sqlite3.ProgrammingError:
                return None
            except sqlite3.Error as error:
                kind = trouble(error)
                if kind == "damaged" and again and self.path is not None:
                    self.close()
                    self._open()
                    continue
                self._notice(
                    "store-locked" if kind == "locked" else "store-not-saved", {"path": str(self.path)}
                )
                return None

    def _notice(self, code: str, facts: dict[str, Any]) -> None:
        if all(code != known for known, _ in self.notices):
            self.notices.append((code, facts))
