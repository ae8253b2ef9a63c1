import os
import sqlite3
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from lessons.cards import Card
from lhytui.store import Answer, Store
from lhytui.store.database import BACKUPS, open_database
from lhytui.store.schema import MIGRATIONS

LESSON = SimpleNamespace(id="training/adam")
CARD = Card("why", "s1", {"en": "Why?"}, {"en": "So."}, {}, {}, -1)


def codes(store: Store) -> list[str]:
    return [code for code, _ in store.notices]


def filled(path: Path) -> Path:
    store = Store(path.parent)
    store.finish("a/b", "s1")
    store.meet("a/b", "c1")
    store.close()
    return path


def aside(path: Path) -> list[str]:
    return sorted(p.name for p in path.parent.iterdir() if "damaged" in p.name)


def test_everything_is_there_next_time(tmp_path):
    path = tmp_path / "new" / "progress.db"
    store = Store(path.parent)
    assert store.state("a/b", "s1") is None and store.answer("a/b", "s1") is None
    assert (
        store.see("a/b", "s1")
        and store.ran("a/b", "s2")
        and store.meet("a/b", "c1")
        and store.meet("a/b", "c1")
    )
    assert store.predict("a/b", "s1", "up", None) and store.predict("a/b", "s1", "down", False)
    assert (
        store.keep("seen", [1, "x"]) and store.last() is None and store.visit("a/b", "s1", {"rate": 0.1}, 7)
    )
    store.close()
    store = Store(path.parent)
    assert store.states() == {("a/b", "s1"): "seen", ("a/b", "s2"): "run"}
    assert store.claims("a/b") == {"c1"} and store.claims_by_lesson() == {"a/b": {"c1"}}
    assert store.answer("a/b", "s1") == Answer("down", False)
    assert store.place("seen") == [1, "x"] and store.place("nothing", 5) == 5
    assert store.last() == {"lesson": "a/b", "section": "s1", "settings": {"rate": 0.1}, "seed": 7}
    assert store.notices == []


def test_a_section_never_falls_back():
    store = Store(False)
    for change, state in [
        (store.ran, "run"),
        (store.see, "run"),
        (store.finish, "done"),
        (store.ran, "done"),
    ]:
        change("a/b", "s")
        assert store.state("a/b", "s") == state


def test_another_process_sees_an_event_at_once(tmp_path):
    one, two = Store(tmp_path), Store(tmp_path)
    one.finish("a/b", "s")
    assert two.state("a/b", "s") == "done"


def garbage(path: Path) -> None:
    path.write_bytes(b"not a database at all" * 400)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    for at in range(100, len(data), 7):
        data[at] ^= 0xFF
    path.write_bytes(data)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def drop(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("DROP TABLE claim")


def other(path: Path) -> None:
    path.unlink()
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE claim (x)")


@pytest.mark.parametrize("damage", [garbage, flip, truncate, drop, other])
def test_a_damaged_file_is_set_aside_and_the_last_copy_taken(tmp_path, damage):
    path = filled(tmp_path / "progress.db")
    Store(path.parent).close()
    copy = next(tmp_path.glob("*.backup-*"))
    with sqlite3.connect(copy) as connection:
        connection.execute("INSERT INTO claim VALUES ('a/b', 'c0', 0)")
    connection.close()
    damage(path)
    kept = path.read_bytes()
    store = Store(path.parent)
    assert codes(store) == ["store-restored"] and store.claims("a/b") == {"c0"}
    assert Path(store.notices[0][1]["path"]).read_bytes() == kept
    assert store.meet("a/b", "c2")
    store.close()
    assert Store(path.parent).claims("a/b") == {"c0", "c2"}


def test_without_a_copy_a_damaged_file_gives_a_fresh_one_and_none_overwrites_another(tmp_path):
    path = tmp_path / "progress.db"
    for _ in range(3):
        for copy in tmp_path.glob("*.backup-*"):
            copy.unlink()
        garbage(path)
        store = Store(path.parent)
        assert codes(store) == ["store-damaged"] and store.states() == {} and store.see("a", "s")
        store.close()
    assert aside(path) == [f"progress.db.damaged-{k}" for k in (1, 2, 3)]


def test_an_empty_file_is_no_damage(tmp_path):
    (tmp_path / "progress.db").touch()
    store = Store(tmp_path)
    assert store.notices == [] and store.see("a", "s")


def test_a_newer_file_is_read_and_left_alone(tmp_path):
    path = filled(tmp_path / "progress.db")
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    store = Store(path.parent)
    assert codes(store) == ["store-newer"] and store.state("a/b", "s1") == "done"
    store.finish("a/b", "s2")
    assert store.state("a/b", "s2") == "done"  # for this session
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM section_progress").fetchone() == (1,)
    assert aside(path) == []


def test_a_locked_file_is_no_damage(tmp_path):
    path = tmp_path / "progress.db"
    blocker = sqlite3.connect(path, isolation_level=None)
    blocker.execute("BEGIN EXCLUSIVE")
    connection, notices = open_database(path, wait=0.05)
    assert [code for code, _ in notices] == ["store-locked"] and aside(path) == []
    connection.execute("SELECT * FROM claim")
    blocker.execute("ROLLBACK")
    store = Store(path.parent)
    store._connection.execute("PRAGMA busy_timeout = 50")
    blocker.execute("BEGIN IMMEDIATE")
    assert not store.see("a", "s") and codes(store) == ["store-locked"]
    blocker.execute("ROLLBACK")
    assert store.see("a", "s") and aside(path) == []


def test_a_folder_that_cannot_be_made_works_in_memory(tmp_path):
    (tmp_path / "blocked").write_text("a file")
    store = Store(tmp_path / "blocked")
    assert codes(store) == ["store-read-only"] and store.see("a", "s") and store.state("a", "s") == "seen"


def test_a_read_only_folder_is_read_and_worked_on_in_memory(tmp_path, monkeypatch):
    path = filled(tmp_path / "progress.db")
    monkeypatch.setattr(os, "access", lambda *_: False)
    store = Store(path.parent)
    assert codes(store) == ["store-read-only"] and store.claims("a/b") == {"c1"}
    assert store.meet("a/b", "c2") and store.claims("a/b") == {"c1", "c2"}
    store.close()
    monkeypatch.undo()
    assert Store(path.parent).claims("a/b") == {"c1"}


def test_damage_under_the_running_app_costs_no_event(tmp_path):
    path = filled(tmp_path / "progress.db")
    store = Store(path.parent)
    store._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store._connection.execute("PRAGMA cache_size = 0")
    garbage(path)
    assert store.see("a/b", "s9") and store.state("a/b", "s9") == "seen"
    assert len(aside(path)) >= 1


def test_a_mistaken_query_never_sets_the_file_aside(tmp_path):
    store = Store(filled(tmp_path / "progress.db").parent)
    assert store.rows("SELECT * FROM nothing") == [] and not store.write("INSERT INTO nothing VALUES (1)", ())
    assert codes(store) == ["store-not-saved"] and aside(store.path) == []
    store.close()
    assert not store.see("a", "s") and store.states() == {}


def test_three_daily_copies_are_kept(tmp_path):
    path = tmp_path / "progress.db"
    for day in range(1, 6):
        (tmp_path / f"progress.db.backup-2001-01-0{day}").touch()
    Store(path.parent).close()
    names = sorted(p.name for p in tmp_path.glob("*.backup-*"))
    assert len(names) == BACKUPS and names[0] == "progress.db.backup-2001-01-04"


def test_migrations_run_once_with_two_apps_at_a_time(tmp_path):
    code = f"from pathlib import Path; from lhytui.store import Store; s = Store(Path({str(tmp_path)!r}));"
    code += "import sys; sys.exit(bool(s.notices) or not s.see('a', sys.argv[1]))"
    apps = [subprocess.Popen([sys.executable, "-c", code, str(k)]) for k in range(3)]
    assert [app.wait() for app in apps] == [0, 0, 0]
    assert len(Store(tmp_path).states()) == 3


def test_loads_neither_textual_nor_the_scheduler():
    code = "import sys, lhytui.store; sys.exit(bool({'textual', 'fsrs', 'numpy', 'rich'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


class Clock:
    def __init__(self):
        self.time = 1_700_000_000.0

    def __call__(self) -> float:
        return self.time


def lesson(id: str, *cards: Card):
    return SimpleNamespace(id=id, cards=lambda: cards)


def test_a_good_grade_waits_longer_than_a_bad_one_and_undo_takes_it_back():
    store = Store(False, Clock())
    waits = store.reviews.intervals(LESSON, CARD)
    assert list(waits) == sorted(waits) and waits[0] >= timedelta(minutes=1) and waits[3] > timedelta(days=1)
    assert store.reviews.grade(LESSON, CARD, 3)
    assert store.reviews.dates() == {(LESSON.id, CARD.id): store.now() + waits[2].total_seconds()}
    before = store.rows("SELECT * FROM card")
    store.now.time += 86400
    store.reviews.grade(LESSON, CARD, 1)
    assert store.rows("SELECT * FROM card") != before
    assert store.reviews.undo() == (LESSON.id, CARD.id) and store.rows("SELECT * FROM card") == before
    assert store.reviews.undo() == (LESSON.id, CARD.id) and store.reviews.dates() == {}
    assert store.reviews.undo() is None


def test_due_are_late_questions_then_new_ones_of_sections_that_were_run():
    store = Store(False, Clock())
    cards = [Card(f"c{k}", f"s{k}", {"en": "?"}, {}, {}, {}, -1) for k in range(4)]
    course = SimpleNamespace(lessons=(lesson("a/b", *cards), lesson("a/c", *cards)))
    assert store.reviews.due(course) == []
    store.ran("a/b", "s1")
    store.see("a/b", "s2")
    store.finish("a/b", "s3")
    ids = lambda: [(one.id, card.id) for one, card in store.reviews.due(course)]
    assert ids() == [("a/b", "c1"), ("a/b", "c3")]
    store.reviews.grade(course.lessons[0], cards[3], 3)
    assert ids() == [("a/b", "c1")]
    store.now.time += 86400 * 30
    assert ids() == [("a/b", "c3"), ("a/b", "c1")]
    assert [card.id for _, card in store.reviews.of(course.lessons[0], "s2")] == ["c2"]


def test_a_changed_question_keeps_its_dates_and_is_marked():
    store = Store(False, Clock())
    store.reviews.grade(LESSON, CARD, 4)
    edited = Card("why", "s1", {"en": "Why is it so?"}, {"en": "So."}, {}, {}, -1)
    assert not store.reviews.changed(LESSON, CARD) and store.reviews.changed(LESSON, edited)
    assert len(store.reviews.dates()) == 1
