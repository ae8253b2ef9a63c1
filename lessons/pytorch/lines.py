"""Lines of code that fit: broken inside brackets, as a formatter would."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

WIDE = 88  # columns of a line


def written(value: Any) -> str:
    """A value as Python reads it."""
    return f'"{value}"' if isinstance(value, str) and '"' not in value else repr(value)


def wrapped(line: str, width: int = WIDE) -> list[str]:
    """A statement on as many lines as it needs, broken inside its longest outer brackets, at commas."""
    brackets = outer(line) if len(line) > width else ()
    if not brackets:
        return [line]
    start, end = brackets[0]
    entries = split(line[start + 1 : end])
    entries = [*(entry + "," for entry in entries[:-1]), *entries[-1:]]
    loops = re.split(r" (?=for \w+ in )", entries[0]) if len(entries) == 1 else []
    if len(loops) > 1:
        inner = [part for loop in loops for part in wrapped(loop, width - 4)]
        return [line[: start + 1], *(f"    {part}" for part in inner), line[end:]]
    return [line[: start + 1], *(f"    {part}" for part in packed(entries, width - 4)), line[end:]]


def outer(line: str) -> list[tuple[int, int]]:
    """The outermost brackets of a line, the longest first."""
    found, opened, quoted = [], [], False
    for k, sign in enumerate(line):
        quoted ^= sign == '"'
        if quoted:
            continue
        if sign in "([{":
            opened.append(k)
        elif sign in ")]}":
            start = opened.pop()
            if not opened:
                found.append((start, k))
    return sorted(found, key=lambda pair: pair[0] - pair[1])


def split(text: str) -> list[str]:
    """At the commas that stand in no brackets."""
    parts, depth, start, quoted = [], 0, 0, False
    for k, sign in enumerate(text):
        quoted ^= sign == '"'
        if not quoted:
            depth += (sign in "([{") - (sign in ")]}")
            if sign == "," and not depth:
                parts.append(text[start:k].strip())
                start = k + 1
    return [*parts, text[start:].strip()] if text[start:].strip() else parts


def packed(entries: Sequence[str], width: int) -> list[str]:
    """As many entries on a line as fit; one that is too long alone is broken itself."""
    lines, broken = [], False
    for entry in entries:
        if lines and not broken and len(lines[-1]) + 1 + len(entry) <= width:
            lines[-1] += " " + entry
        else:
            rows = wrapped(entry, width)
            lines, broken = lines + rows, len(rows) > 1
    return lines


def indented(entries: Sequence[str], width: int) -> list[str]:
    """One entry a line, four blanks in."""
    return [f"    {part}" for entry in entries for part in wrapped(entry + ",", width - 4)]
