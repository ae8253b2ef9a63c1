"""A matrix as coloured cells with its numbers inside; large ones in half-block pixels."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from rich.cells import cell_len

from lessons.views import Grid
from lhytui.draw import number
from lhytui.draw.canvas import BOLD, Canvas, pack, pack_array
from lhytui.draw.ink import Ink, on
from lhytui.draw.legend import head
from lhytui.text.fit import pad

WIDEST, TALLEST = 12, 5


@dataclass(frozen=True)
class Layout:
    """Where cells lie: `wide` × `tall` screen cells each (tall 0: two rows a cell), from (left, top)."""

    left: int
    top: int
    wide: int
    tall: int
    row: int  # first row and column shown, and how many
    col: int
    rows: int
    cols: int
    numbers: bool


def _matrix(payload: Grid) -> np.ndarray:
    values = np.asarray(payload.values, float)
    return values.reshape(1, -1) if values.ndim == 1 else values


def _arrange(payload: Grid, width: int, height: int, words: Callable[[str], str]) -> Layout:
    values = _matrix(payload)
    total_rows, total_cols = values.shape
    labels = [cell_len(words(t)) for t in payload.rows]
    label = min(max(labels, default=0), max(3, width // 4))
    left = 1 if width > 24 else 0
    left += label + 1 if label else 0
    top = 2 if payload.cols else 1
    room_x, room_y = max(1, width - left), max(1, height - top)
    cols = min(total_cols, room_x)
    need = max([len(t) for t in texts(values, payload.digits)] or [1]) if total_cols * 3 <= room_x else 99
    heads = max([cell_len(words(t)) for t in payload.cols] or [0])
    wide = room_x // max(1, total_cols)
    numbers = wide >= max(4, min(need + 1, 6)) and total_rows <= room_y
    if not numbers and total_cols > 1 and need <= 8 and total_cols <= 16 and total_rows <= room_y:
        # a narrow view of a small matrix shows some columns with numbers rather than all without
        wide = max(4, need + 1)
        cols = min(total_cols, room_x // wide)
        numbers = cols >= max(2, total_cols // 2)
        if not numbers:
            wide, cols = room_x // total_cols, min(total_cols, room_x)
    wide = max(1, min(wide, max(WIDEST if numbers else 4, min(heads + 1, 16))))
    if total_rows <= room_y:
        tall = max(
            1, min(room_y // max(1, total_rows), TALLEST, (wide + 1) // 2 if not numbers else wide // 3 or 1)
        )
        rows = total_rows
        if not numbers:
            wide = max(1, min(wide, 2 * tall))
    else:
        tall, numbers, wide = 0, False, 1
        cols, rows = min(total_cols, room_x), min(total_rows, 2 * room_y)
    first = payload.chosen or (0, 0)
    row = max(0, min(first[0] - rows // 2, total_rows - rows))
    col = max(0, min(first[1] - cols // 2, total_cols - cols))
    return Layout(left, top, wide, tall, row, col, rows, cols, numbers)


def texts(values: np.ndarray, digits: int, width: int = 99) -> list[str]:
    """The numbers of a matrix, row by row, in at most `width` cells each; empty if one cannot be so short.

    `digits` decimal places, fewer where they do not fit; a matrix of tiny numbers in powers of ten.
    """
    known = np.abs(values[np.isfinite(values)])
    tiny = bool(len(known)) and 0 < known.max() < 2 * 10.0**-digits
    return [_text(value, digits, width, tiny) for value in values.ravel().tolist()]


def _text(value: float, digits: int, width: int, tiny: bool) -> str:
    if math.isnan(value):
        return ""
    if not math.isfinite(value):
        tries = [number.special(value)]
    elif tiny or abs(value) >= 1e5:
        tries = [number.short(value, 2), number.short(value, 1)]
    elif value == round(value):
        tries = [f"{value:.0f}", number.short(value, 1)]
    else:
        tries = [f"{round(value, places) + 0.0:.{places}f}" for places in range(digits, -1, -1)]
        tries[1:1] = [tries[0].replace("0.", ".", 1)] if abs(value) < 1 and digits else []
    return next((shown for shown in tries if len(shown) <= width), "")


def colours(values: np.ndarray, diverging: bool, ink: Ink) -> np.ndarray:
    """The cells' colours (…, 3) uint8: diverging about zero, or from the least to the greatest value."""
    known = values[np.isfinite(values)]
    if diverging:
        most = float(np.abs(known).max()) if len(known) else 0.0
        return ink.signed(values / most if most else values * 0)
    lo, hi = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    if lo >= 0 and hi <= 1 and hi > 0:
        lo = 0.0  # shares and probabilities start at nothing
    return ink.ramp((values - lo) / (hi - lo) if hi > lo else np.where(np.isfinite(values), 0.5, np.nan))


def draw(
    payload: Grid, width: int, height: int, ink: Ink, words: Callable[[str], str], title: str = ""
) -> Canvas:
    """The matrix as a canvas of width × height cells."""
    canvas = Canvas(width, height)
    values = _matrix(payload)
    if not values.size:
        head(canvas, ink, title)
        return canvas
    at = _arrange(payload, width, height, words)
    part = at.rows < values.shape[0] or at.cols < values.shape[1]
    shape = f"{values.shape[0]}{ink.sign('times')}{values.shape[1]}" if part or not at.numbers else ""
    if part:
        shape = f"[{at.row}:{at.row + at.rows}, {at.col}:{at.col + at.cols}] / {shape}"
    head(canvas, ink, title, (), shape)
    rgb = colours(values, payload.diverging, ink)
    rgb = rgb[at.row : at.row + at.rows, at.col : at.col + at.cols]
    shown = values[at.row : at.row + at.rows, at.col : at.col + at.cols]
    _labels(canvas, at, payload, ink, words)
    if at.tall == 0:
        _halves(canvas, at, rgb, payload, ink)
        return canvas
    packed = pack_array(rgb)
    block = np.repeat(np.repeat(packed, at.tall, 0), at.wide, 1)
    block = block[: max(0, height - at.top), : max(0, width - at.left)]
    canvas.bg[at.top : at.top + block.shape[0], at.left : at.left + block.shape[1]] = block
    if at.numbers:
        shown = iter(texts(shown, payload.digits, at.wide - (at.wide > 4)))
        for i in range(at.rows):
            y = at.top + i * at.tall + (at.tall - 1) // 2
            for j, fits in zip(range(at.cols), shown, strict=False):
                x = at.left + j * at.wide + (at.wide - len(fits) + 1) // 2
                canvas.put(x, y, fits, on(tuple(rgb[i, j].tolist())))
    if payload.chosen is not None:
        _frame(canvas, at, payload.chosen, ink)
    return canvas


def _labels(canvas: Canvas, at: Layout, payload: Grid, ink: Ink, words: Callable[[str], str]) -> None:
    more = ink.sign("more")
    chosen = payload.chosen or (-1, -1)
    if payload.rows:
        margin = 1 if canvas.width > 24 else 0
        step = max(1, at.tall)
        for i in range(0, at.rows, 2 if at.tall == 0 else 1):
            k = at.row + i
            if k < len(payload.rows):
                y = at.top + (i // 2 if at.tall == 0 else i * step + (step - 1) // 2)
                name = pad(words(payload.rows[k]), at.left - margin - 1, True, more)
                canvas.put(margin, y, name, ink.accent if k == chosen[0] else ink.dim, bold=k == chosen[0])
    if payload.cols:
        longest = max(cell_len(words(name)) for name in payload.cols)
        for j in range(at.cols):
            k = at.col + j
            if k < len(payload.cols) and (at.wide >= min(longest, 3) or k == chosen[1]):
                name = words(payload.cols[k])
                room = at.wide - (1 if at.wide > 3 and cell_len(name) >= at.wide else 0)
                name = pad(name, room, False, more if at.wide > 3 else "")
                space = len(name) - len(name.rstrip())
                x = at.left + j * at.wide + space // 2
                canvas.put(
                    x, 1, name.rstrip(), ink.accent if k == chosen[1] else ink.dim, bold=k == chosen[1]
                )


def _halves(canvas: Canvas, at: Layout, rgb: np.ndarray, payload: Grid, ink: Ink) -> None:
    """Two matrix rows a screen row."""
    if len(rgb) % 2:
        rgb = np.concatenate([rgb, np.full((1, *rgb.shape[1:]), ink.ground, np.uint8)])
    top, bottom = pack_array(rgb[0::2]), pack_array(rgb[1::2])
    if ink.narrow:
        canvas.paint(at.left, at.top, np.full(top.shape, ink.sign("half"), object), top, bottom)
    else:
        mean = pack_array((rgb[0::2].astype(np.uint16) + rgb[1::2]) // 2)
        canvas.paint(at.left, at.top, np.full(top.shape, " ", object), top, mean)
    if payload.chosen is not None:
        i, j = payload.chosen[0] - at.row, payload.chosen[1] - at.col
        if 0 <= i < at.rows and 0 <= j < at.cols:
            x, y = at.left + j, at.top + i // 2
            if i % 2 == 0 and ink.narrow:
                canvas.tint(x, y, fg=ink.text)
            else:
                canvas.tint(x, y, bg=ink.text)


def _frame(canvas: Canvas, at: Layout, chosen: tuple[int, int], ink: Ink) -> None:
    """Invert the chosen cell: no colour of either map is as light, or as dark."""
    i, j = chosen[0] - at.row, chosen[1] - at.col
    if not (0 <= i < at.rows and 0 <= j < at.cols):
        return
    x0, y0 = at.left + j * at.wide, at.top + i * at.tall
    x1, y1 = min(x0 + at.wide, canvas.width), min(y0 + at.tall, canvas.height)
    canvas.bg[y0:y1, x0:x1] = pack(ink.text)
    canvas.fg[y0:y1, x0:x1] = pack(on(ink.text))
    canvas.style[y0:y1, x0:x1] = BOLD


def place(payload: Grid, width: int, height: int, cx: int, cy: int, words=str) -> tuple[int, int] | None:
    """(row, column) of the matrix under the cell, None outside; of two rows in one cell the upper."""
    if not np.size(payload.values):
        return None
    at = _arrange(payload, width, height, words)
    if cx < at.left or cy < at.top or not (cx < width and cy < height):
        return None
    i = (cy - at.top) * 2 if at.tall == 0 else (cy - at.top) // at.tall
    j = (cx - at.left) // at.wide
    return (at.row + i, at.col + j) if i < at.rows and j < at.cols else None


def inspect(payload: Grid, width: int, height: int, cx: int, cy: int, words: Callable[[str], str]) -> str:
    """Tensor, labels, indices and the value; both rows where two share a cell."""
    there = place(payload, width, height, cx, cy, words)
    if there is None:
        return ""
    values = _matrix(payload)
    at = _arrange(payload, width, height, words)
    i, j = there
    name = payload.tensor or words(payload.rows[i] if i < len(payload.rows) else "")
    lines = [i] if at.tall or i + 1 >= len(values) else [i, i + 1]
    found = "  ".join(f"{name}[{k}, {j}] = {values[k, j]:.5g}" for k in lines)
    row = words(payload.rows[i]) if i < len(payload.rows) else ""
    col = words(payload.cols[j]) if j < len(payload.cols) else ""
    label = " · ".join(part for part in (row, col) if part)
    return f"{found}  ({label})" if label else found
