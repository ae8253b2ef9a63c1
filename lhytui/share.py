"""A run as one line that can be pasted: `lesson:section?control=value&seed=3&at=120~rate~0.5`.

It holds the settings that differ from the section's own; `at` is an entry of the log: update, control, value.
All characters are safe in a URL's query.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from urllib.parse import quote, unquote

LONGEST = 200


class ShareError(ValueError):
    """A share string that cannot be written or read: `code` and `facts` for the sentence."""

    def __init__(self, code: str, **facts):
        super().__init__(code, facts)
        self.code, self.facts = code, facts


@dataclass(frozen=True)
class Shared:
    """What a share string says; `name` is LESSON:SECTION, values are texts."""

    name: str
    changes: Mapping[str, str]
    seed: int | None
    log: tuple[tuple[int, str, str], ...]


def write(
    lesson: str,
    section: str,
    home: Mapping[str, Any],
    settings: Mapping[str, Any],
    seed: int | None = None,
    log: Sequence[tuple[int, str, Any]] = (),
    longest: int | None = LONGEST,
) -> str:
    """The share string of a run; `home`: the section's own settings. Errors: ShareError("share-too-long")."""
    parts = [f"{name}={_text(value)}" for name, value in settings.items() if home.get(name) != value]
    parts += [f"seed={seed}"] * (seed is not None)
    parts += [f"at={update}~{control}~{_text(value)}" for update, control, value in log]
    line = f"{lesson}:{section}?{'&'.join(parts)}"
    if longest is not None and len(line) > longest:
        raise ShareError("share-too-long", count=len(line), longest=longest)
    return line


def parse(line: str) -> Shared:
    """Errors: ShareError("share-unreadable") with the part that makes no sense."""
    name, mark, query = line.strip().partition("?")
    if not mark or not name:
        raise ShareError("share-unreadable", part=line.strip())
    changes: dict[str, str] = {}
    seed: int | None = None
    log: list[tuple[int, str, str]] = []
    for part in filter(None, query.split("&")):
        key, equals, value = part.partition("=")
        try:
            if not equals or not key:
                raise ValueError
            if key == "seed":
                seed = int(value)
            elif key == "at":
                update, control, text = value.split("~", 2)
                log.append((int(update), control, unquote(text, errors="strict")))
            else:
                changes[key] = unquote(value, errors="strict")
        except ValueError:
            raise ShareError("share-unreadable", part=part) from None
    if any(a[0] > b[0] for a, b in pairwise(log)) or any(entry[0] < 0 for entry in log):
        raise ShareError("share-unreadable", part="at")
    return Shared(name, changes, seed, tuple(log))


def _text(value: Any) -> str:
    """A value as `--set` reads it, exact for floats."""
    if isinstance(value, tuple | list):
        return ",".join(_text(v) for v in value)
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return quote(str(value), safe="")
