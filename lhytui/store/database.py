"""Opening progress.db whatever state it is in: healthy, old, new, locked, damaged, or not to be written.

What cannot be written is copied into memory, so that the rest of the app sees one kind of database.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

from lhytui import files
from lhytui.store.schema import MIGRATIONS, TABLES

Notice = tuple[str, dict[str, Any]]
TAILS = ("", "-wal", "-shm")
BACKUPS = 3  # days
WAIT = 5.0  # seconds for another writer
LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
CORRUPT = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class Damaged(Exception):
    """The file is no progress.db, or not a whole one."""


class TooNew(Exception):
    """A later version of the app has written the file."""


def trouble(error: sqlite3.Error) -> str:
    """locked, damaged or failed: only the second one is a reason to set a file aside."""
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    return "locked" if code in LOCKED else "damaged" if code in CORRUPT else "failed"


def open_database(path: Path | None, wait: float = WAIT) -> tuple[sqlite3.Connection, list[Notice]]:
    """A connection that works, and what the learner should be told; `path` None: in memory only."""
    if path is None:
        return _memory(), []
    facts = {"path": str(path)}
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return _memory(), [("store-read-only", facts)]
    if not os.access(path.parent, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        return _memory(path, immutable=True), [("store-read-only", facts)]
    try:
        return _open(path, wait), []
    except TooNew:
        return _memory(path), [("store-newer", facts)]
    except Damaged:
        return _replace(path, wait)
    except sqlite3.Error as error:
        kind = trouble(error)
        if kind == "damaged":
            return _replace(path, wait)
        return _memory(path), [("store-locked" if kind == "locked" else "store-read-only", facts)]


def _open(path: Path, wait: float) -> sqlite3.Connection:
    """A healthy file at the present version. Errors: Damaged, TooNew, sqlite3.Error."""
    connection = sqlite3.connect(path, timeout=wait, isolation_level=None, check_same_thread=False)
    try:
        _check(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        migrate(connection)
        _backup(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _check(connection: sqlite3.Connection) -> None:
    if connection.execute("PRAGMA quick_check(1)").fetchone()[0] != "ok":
        raise Damaged
    version = _version(connection)
    if version > len(MIGRATIONS):
        raise TooNew
    found = {name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    if (version == len(MIGRATIONS) and not found >= TABLES) or (version == 0 and found & TABLES):
        raise Damaged


def _version(connection: sqlite3.Connection) -> int:
    return connection.execute("PRAGMA user_version").fetchone()[0]


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the tables to the present version, all steps or none."""
    if _version(connection) >= len(MIGRATIONS):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statements in MIGRATIONS[_version(connection) :]:
            for statement in statements:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _memory(path: Path | None = None, immutable: bool = False) -> sqlite3.Connection:
    """A database in memory, with what can be read of `path` in it."""
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    if path is not None and path.exists():
        mode = "mode=ro&immutable=1" if immutable else "mode=ro"
        try:
            source = sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True, timeout=0.2)
            try:
                _read_only_check(source)
                source.backup(connection)
            finally:
                source.close()
        except (sqlite3.Error, Damaged):
            connection.close()
            connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    migrate(connection)
    return connection


def _read_only_check(source: sqlite3.Connection) -> None:
    with suppress(TooNew):
        _check(source)


def _backups(path: Path) -> list[Path]:
    """The daily copies, newest first."""
    return sorted(path.parent.glob(f"{path.name}.backup-????-??-??"), reverse=True)


def _backup(connection: sqlite3.Connection, path: Path) -> None:
    """Once a day keep a copy of what was there at the start, and the last three of them."""
    today = path.with_name(f"{path.name}.backup-{date.today().isoformat()}")
    if today.exists():
        return
    try:
        connection.execute("VACUUM INTO ?", (str(today),))
    except sqlite3.Error:
        today.unlink(missing_ok=True)
        return
    for old in _backups(path)[BACKUPS:]:
        old.unlink(missing_ok=True)


def _replace(path: Path, wait: float) -> tuple[sqlite3.Connection, list[Notice]]:
    """Set a damaged file aside; go on with the newest healthy copy, else with an empty file."""
    try:
        aside = files.set_aside(path, TAILS)
    except OSError:
        return _memory(), [("store-read-only", {"path": str(path)})]
    from shutil import copyfile

    facts = {"path": str(aside)}
    for copy in _backups(path):
        try:
            copyfile(copy, path)
            return _open(path, wait), [("store-restored", {**facts, "day": copy.name[-10:]})]
        except (OSError, sqlite3.Error, Damaged, TooNew):
            for tail in TAILS:
                Path(f"{path}{tail}").unlink(missing_ok=True)
    try:
        return _open(path, wait), [("store-damaged", facts)]
    except sqlite3.Error:
        return _memory(), [("store-damaged", facts)]
