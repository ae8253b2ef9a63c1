"""Line breaking in terminal cells for mixed Chinese and Latin text.

Chinese breaks between any two characters, Latin words stay whole; no closing punctuation starts a line and no
opening one ends it (the kinsoku rules of JIS X 4051, simplified). Results are slices, so styles and
selections that point into the text stay valid.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rich.cells import cell_len, get_character_cell_size

CLOSING = frozenset("，。、；：？！）》」』】〉〕］｝％”’…—～·,.;:?!)]}%")
OPENING = frozenset("（《「『【〈〔［｛“‘([{")
_PIECE = re.compile(r"[!-~]+|\s+|.", re.DOTALL)


def units(text: str) -> Iterator[tuple[int, int, int]]:
    """The parts of `text` that a line end must not cut: (start, end, cells), white space left out."""
    start = end = cells = 0
    wide = False
    for match in _PIECE.finditer(text):
        piece = match.group()
        first = piece[0]
        if first.isspace():
            if end > start:
                yield start, end, cells
            start = end = match.end()
            continue
        if "!" <= first <= "~":
            size, broad = len(piece), False
        else:
            size = get_character_cell_size(first)
            broad = size == 2
        if end == start:
            start, cells = match.start(), 0
        elif (wide or broad) and size and first not in CLOSING and text[end - 1] not in OPENING:
            yield start, end, cells
            start, cells = end, 0
        # A variation selector may widen the sign before it by a cell.
        cells += size or piece == "\ufe0f"
        end = match.end()
        wide = broad if size else wide
    if end > start:
        yield start, end, cells


def wrap(text: str, width: int) -> list[tuple[int, int]]:
    """The lines of `text` as slices (start, end), none wider than `width` cells (2 at least).

    No line starts or ends with a blank. A newline ends a line. Between two slices lies white space only.
    """
    lines: list[tuple[int, int]] = []
    offset = 0
    for line in text.split("\n"):
        lines.extend((offset + start, offset + end) for start, end in _fill(line, max(2, width)))
        offset += len(line) + 1
    return lines


def _fill(text: str, width: int) -> Iterator[tuple[int, int]]:
    begin = end = used = 0
    for start, stop, cells in units(text):
        if end > begin:
            blank = cell_len(text[end:start])
            if used + blank + cells <= width:
                end, used = stop, used + blank + cells
                continue
            yield begin, end
        while cells > width and (at := _cut(text, start, stop, width)) < stop:
            yield start, at
            start, cells = at, sum(map(_size, text[at:stop]))
        begin, end, used = start, stop, cells
    yield begin, end


def _cut(text: str, start: int, stop: int, width: int) -> int:
    """Where a unit wider than a line is cut: after the characters that fit, with their combining marks."""
    used = 0
    for at in range(start, stop):
        used += _size(text[at])
        if used > width and at > start:
            return at
    return stop


def _size(character: str) -> int:
    # A variation selector may widen the sign before it by a cell.
    return get_character_cell_size(character) or character == "\ufe0f"


def fold(text: str, width: int, indent: int = 0) -> list[str]:
    """The lines of `text` themselves, all but the first set in by `indent` cells."""
    first, *rest = wrap(text, width) or [(0, 0)]
    lead = " " * min(indent, width // 4)
    lines = [text[slice(*first)]]
    if rest:
        below = text[first[1] :]
        lines += [lead + below[a:b] for a, b in wrap(below, width - len(lead))]
    return lines
