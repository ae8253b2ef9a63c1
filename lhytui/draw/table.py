"""Tables: right-aligned numbers that agree in their digits, a highlighted row, bars where there is room."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.cells import cell_len

from lessons.views import Table
from lhytui.draw import number
from lhytui.draw.bars import bar
from lhytui.draw.canvas import Canvas
from lhytui.draw.ink import Ink, mix
from lhytui.draw.legend import head
from lhytui.text.fit import pad

GAP = 2
BAR_LEAST, BAR_MOST = 6, 40


@dataclass(frozen=True)
class Layout:
    """The columns shown with their places, the bars' place (width 0: none), and the rows shown."""

    columns: tuple[tuple[int, int, int], ...]  # (column, left, width)
    bar: tuple[int, int]
    first: int
    shown: int
    hidden: int


def texts(payload: Table, words: Callable[[str], str], more: str = "…") -> list[list[str]]:
    """The cells as texts, one list a column."""
    columns = []
    for j in range(len(payload.columns)):
        cells = [row[j] if j < len(row) else None for row in payload.rows]
        cells = [v.item() if hasattr(v, "item") else v for v in cells]
        numeric = [v for v in cells if isinstance(v, (int, float)) and not isinstance(v, bool)]
        made = iter(number.column(numeric))
        columns.append(
            [
                more
                if v is None
                else words(v)
                if isinstance(v, str)
                else str(v)
                if isinstance(v, bool)
                else next(made)
                for v in cells
            ]
        )
    return columns


def _arrange(payload: Table, width: int, height: int, cells: list[list[str]], names: list[str]) -> Layout:
    """Which columns and rows fit: bars go first, then columns from the right; the chosen row stays."""
    sizes = [max([cell_len(name), *map(cell_len, column)]) for name, column in zip(names, cells, strict=True)]
    left = 1 if width > 24 else 0
    room = width - left
    keep = len(sizes)
    while keep > 1 and sum(sizes[:keep]) + GAP * (keep - 1) > room:
        # the first column may shrink to let one more column stay
        spare = sizes[0] - max(6, cell_len(names[0]) if names else 0)
        over = sum(sizes[:keep]) + GAP * (keep - 1) - room
        if 0 < over <= spare:
            sizes[0] -= over
            break
        keep -= 1
    columns, x = [], left
    for j in range(keep):
        size = min(sizes[j], width - x)
        columns.append((j, x, size))
        x += size + GAP
    space = width - x
    bars = (
        (x, min(space, BAR_MOST))
        if 0 <= payload.bar < len(payload.columns) and space >= BAR_LEAST
        else (0, 0)
    )
    count, lines = len(payload.rows), max(0, height - 2)
    shown = count if count <= lines else max(0, lines - 1)
    first = max(0, min(payload.chosen - shown // 2, count - shown)) if payload.chosen >= 0 else 0
    return Layout(tuple(columns), bars, first, shown, count - shown)


def _layout(
    payload: Table, width: int, height: int, words: Callable[[str], str]
) -> tuple[Layout, list[list[str]]]:
    cells = texts(payload, words)
    return _arrange(payload, width, height, cells, [words(c) for c in payload.columns]), cells


def draw(
    payload: Table, width: int, height: int, ink: Ink, words: Callable[[str], str], title: str = ""
) -> Canvas:
    """The table as a canvas of width × height cells."""
    canvas = Canvas(width, height)
    names = [words(c) for c in payload.columns]
    cells = texts(payload, words, ink.sign("more"))
    at = _arrange(payload, width, height, cells, names)
    hidden = len(names) - len(at.columns)
    head(canvas, ink, title, (), f"+{hidden} {ink.sign('right')}" if hidden else "")
    if height < 2 or not names:
        return canvas
    more = ink.sign("more")
    texty = [_texty(payload, j) for j in range(len(names))]
    for j, x, size in at.columns:
        canvas.put(x, 1, pad(names[j], size, right=not texty[j], ellipsis=more), ink.dim)
    for line in range(at.shown):
        i, y = at.first + line, 2 + line
        if i == payload.chosen:
            canvas.fill(0, y, width, 1, mix(ink.ground, ink.accent, 0.22))
        for j, x, size in at.columns:
            text = cells[j][i]
            grey = "lecture" in payload.columns[j] or text == more
            colour = ink.dim if grey else _tint(payload.columns[j], ink)
            canvas.put(
                x, y, pad(text, size, not texty[j], more), colour, bold=i == payload.chosen and not grey
            )
        if at.bar[1]:
            values = [row[payload.bar] if payload.bar < len(row) else None for row in payload.rows]
            values = [
                float(v) if isinstance(v, (int, float)) or hasattr(v, "item") else float("nan")
                for v in values
            ]
            colour = (
                ink.accent if i == payload.chosen else _tint(payload.columns[payload.bar], ink, bars=True)
            )
            bar(canvas, at.bar[0], y, at.bar[1], values[i], values, colour, ink)
    if at.hidden and at.shown < len(payload.rows) and height > 2:
        canvas.put(1 if width > 24 else 0, 2 + at.shown, f"+{at.hidden}", ink.dim)
    return canvas


def _texty(payload: Table, j: int) -> bool:
    """Whether a column holds more words than numbers: they stand left."""
    cells = [row[j] for row in payload.rows if j < len(row) and row[j] is not None]
    return 2 * sum(isinstance(cell, str) for cell in cells) > len(cells)


def _tint(column: str, ink: Ink, bars: bool = False):
    """Columns of the training and the validation set have the hues of their curves."""
    name = column.rsplit(".", 1)[-1]
    return (
        ink.hue(0)
        if name.startswith("train")
        else ink.hue(1)
        if name.startswith("valid") or bars
        else ink.text
    )


def place(payload: Table, width: int, height: int, cx: int, cy: int, words=str) -> tuple[int, int] | None:
    """(row, column) under the cell, None outside the rows."""
    at, _ = _layout(payload, width, height, words)
    line = cy - 2
    if not (0 <= line < at.shown and 0 <= cx < width):
        return None
    inside = [j for j, x, _ in at.columns if cx >= x - 1]
    return at.first + line, (inside[-1] if inside else 0)


def inspect(payload: Table, width: int, height: int, cx: int, cy: int, words: Callable[[str], str]) -> str:
    """Row, column and the value in full."""
    there = place(payload, width, height, cx, cy, words)
    if there is None or not payload.columns:
        return ""
    i, j = there
    row = payload.rows[i]
    value = row[j] if j < len(row) else None
    value = value.item() if hasattr(value, "item") else value
    shown = "…" if value is None else words(value) if isinstance(value, str) else f"{value:.6g}"
    first = row[0] if row else ""
    label = words(first) if isinstance(first, str) else f"{words(payload.columns[0])} {first}"
    return (
        f"{words(payload.columns[j])}: {shown}"
        if j == 0
        else f"{label}  {words(payload.columns[j])}: {shown}"
    )
