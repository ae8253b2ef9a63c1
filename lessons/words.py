"""Human words by key, in two languages: `words("claim.crawls")` is the sentence that a screen shows."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

LANGS = ("zh", "en")
HOLE = re.compile(r"\{(\w+)(?::([^{}]*))?\}")

Table = Mapping[str, Mapping[str, str]]  # flat key → {"zh": text, "en": text}


def flatten(tree: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, dict[str, str]]]:
    """Every leaf of nested tables under its dotted key; a table may be a leaf and hold further leaves."""
    leaf = {k: v for k, v in tree.items() if k in LANGS and isinstance(v, str)}
    if leaf:
        yield above, leaf
    for name, below in tree.items():
        if isinstance(below, Mapping):
            yield from flatten(below, f"{above}.{name}" if above else name)


@cache
def read(path: Path) -> Table:
    """The words of one file, flat; none if there is no file. Errors: tomllib.TOMLDecodeError."""
    return dict(flatten(tomllib.loads(path.read_text("utf-8")))) if path.is_file() else {}


def holes(text: str) -> list[str]:
    """The names of the facts that `text` leaves room for, sorted."""
    return sorted({match[1] for match in HOLE.finditer(text)})


def fill(text: str, facts: Mapping[str, Any]) -> str:
    """`text` with each {fact} or {fact:format} that is known; anything else in braces stays."""

    def known(match: re.Match) -> str:
        if match[1] not in facts:
            return match[0]
        value = facts[match[1]]
        try:
            return format(value, match[2] or "")
        except (TypeError, ValueError):
            return str(value)

    return HOLE.sub(known, text)


class Words:
    """Looks a key up in `tables`, in order; "=text" stands for itself, so does an unknown key."""

    def __init__(self, tables: Sequence[Table], lang: str):
        self.tables, self.lang = tuple(tables), lang

    def __call__(self, key: str, /, **facts: Any) -> str:
        if key.startswith("="):
            return key[1:]
        text = self._find(key)
        return (
            fill(text, facts)
            if text is not None
            else fallback(key).removeprefix("option.")
            if _nameless(key)
            else key
        )

    def has(self, key: str) -> bool:
        """Whether the key, or what it falls back to, has words (or needs none)."""
        return key.startswith("=") or self._find(key) is not None or _nameless(key)

    def read(self, view: str, kind: str) -> str:
        """One line on how to read a view, its own or that of its kind."""
        return self(f"view.{view}.read" if self._find(f"view.{view}.read") else f"view.{kind}.read")

    def _find(self, key: str) -> str | None:
        for name in (key, fallback(key)):
            for table in self.tables:
                if name in table:
                    leaf = table[name]
                    return leaf.get(self.lang) or next(iter(leaf.values()))
        return None


def fallback(key: str) -> str:
    """Where an option's words stand when it has none of its own: `control.x.y` and `ask.x.y` → `option.y`."""
    head, _, rest = key.partition(".")
    option = rest.partition(".")[2]
    return f"option.{option}" if option and head in ("control", "ask") else key


def _nameless(key: str) -> bool:
    """An option that is a number is its own name."""
    if fallback(key) == key:
        return False
    try:
        float(fallback(key).removeprefix("option."))
    except ValueError:
        return False
    return True
