"""The rows that a section's text takes at a width: for the lesson screen, the plain reader and the lint."""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass

from rich.cells import cell_len

from lessons.text import Block, Fold, Formula, spans
from lhytui.text.wrap import wrap

Span = tuple[int, int, str]


@dataclass(frozen=True, slots=True)
class Row:
    """One line: `spans` are (start, end, style), style strong, code, formula or fold.

    `block` is the place of its block in the section, `fold` the same for a fold's title row.
    """

    text: str = ""
    spans: tuple[Span, ...] = ()
    block: int = 0
    fold: int | None = None


def lay(blocks: Sequence[Block], width: int, opened: Set[int] = frozenset(), left: int = 0) -> list[Row]:
    """The rows of `blocks` in `width` cells after `left` blanks; of folds those `opened` are open."""
    rows: list[Row] = []
    for place, block in enumerate(blocks):
        rows.append(Row(block=place))
        if isinstance(block, Fold):
            rows += _fold(block, width, left, place, place in opened)
        else:
            rows += _block(block, width, left, place)
    return rows[1:]


def _fold(fold: Fold, width: int, left: int, place: int, opened: bool) -> list[Row]:
    rows = []
    for index, (start, end) in enumerate(wrap(fold.title, width - 2)):
        mark = "  " if index else "▾ " if opened else "▸ "
        text = " " * left + mark + fold.title[start:end]
        rows.append(Row(text, ((left, len(text), "fold"),), place, place))
    for inner in fold.blocks if opened else ():
        rows += [Row(block=place), *_block(inner, width - 2, left + 2, place)]
    return rows


def _block(block: Block, width: int, left: int, place: int) -> list[Row]:
    if isinstance(block, Formula):
        return [row for line in block.lines for row in _formula(line, width, left, place)]
    text, marked = "", []
    for piece, style in spans(block.text):
        if style:
            marked.append((len(text), len(text) + len(piece), style))
        text += piece
    return [
        Row(" " * left + text[start:end], tuple(_within(marked, start, end, left)), place)
        for start, end in wrap(text, width)
    ]


def _formula(line: str, width: int, left: int, place: int) -> list[Row]:
    """One row, indented by two while there is room; only a line wider than the column is broken."""
    size = cell_len(line)
    parts = [line] if size <= width else [line[start:end] for start, end in wrap(line, width)]
    margin = " " * (left + 2 * (size + 2 <= width))
    return [Row(margin + part, ((len(margin), len(margin) + len(part), "formula"),), place) for part in parts]


def _within(marked: list[Span], start: int, end: int, left: int) -> list[Span]:
    """What of each span lies in [start, end), as places in a row that begins with `left` blanks."""
    return [
        (max(a, start) - start + left, min(b, end) - start + left, style)
        for a, b, style in marked
        if a < end and b > start
    ]
