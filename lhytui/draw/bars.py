"""Named horizontal bars in eighths of a cell, with a second value beside each."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from rich.cells import cell_len

from lessons.views import Bars
from lhytui.draw import number
from lhytui.draw.canvas import RGB, Canvas
from lhytui.draw.ink import EIGHTHS, Ink, mix
from lhytui.draw.legend import head
from lhytui.text.fit import pad


def span(values: Sequence[float]) -> tuple[float, float]:
    """The range that bars need: zero and all finite values."""
    known = [v for v in values if math.isfinite(v)]
    lo, hi = min([0.0, *known]), max([0.0, *known])
    return (lo, hi) if hi > lo else (0.0, 1.0)


def bar(
    canvas: Canvas, x: int, y: int, width: int, value: float, among: Sequence[float], colour: RGB, ink: Ink
) -> None:
    """One bar on the scale of all values `among`, from zero, which stands where the negative ones end."""
    if not math.isfinite(value) or not value or width < 1:
        return
    lo, hi = span(among)
    scale = width / (hi - lo) if math.isfinite(hi - lo) else 0.0
    zero = min(width, max(0.0, -lo * scale))
    end = min(float(width), max(0.0, (value - lo) * scale))
    if value < 0:  # grows to the left from zero: whole cells, its tip in eighths by swapped colours
        start, stop = end, math.floor(zero + 1e-9)
        first = math.floor(start)
        if first < stop:
            canvas.fill(x + first, y, stop - first, 1, None, clear=True)
            part = round((start - first) * 8)
            for k in range(first, stop):
                canvas.put(x + k, y, " ", bg=colour)
            if part and ink.narrow:
                canvas.put(x + first, y, EIGHTHS[part], _ground(canvas, x + first, y, ink), colour)
        return
    first = math.floor(zero + 1e-9)
    eighths = max(1, round((end - first) * 8))
    full, part = divmod(eighths, 8)
    full = min(full, width - first)
    if not ink.narrow:
        canvas.fill(x + first, y, max(full, 1), 1, colour)
        return
    canvas.put(x + first, y, EIGHTHS[8] * full + (EIGHTHS[part].strip()), colour, width=width - first)


def _ground(canvas: Canvas, x: int, y: int, ink: Ink) -> RGB:
    return ink.ground


def _layout(payload: Bars, width: int, height: int, words: Callable[[str], str]):
    """Labels, their left end and width, the widths of both numbers, the bars' place, and the rows shown."""
    labels = [words(text) for text in payload.labels]
    left = 1 if width > 24 else 0
    value_width = max([cell_len(t) for t in _texts(payload.values)] + [1])
    beside = payload.beside
    beside_width = max([cell_len(t) for t in _texts(beside)] + [0]) if beside is not None else 0
    label_width = max([cell_len(t) for t in labels] + [0])
    label_width = min(label_width, max(3, width // 3))
    fixed = left + label_width + 1 + value_width + 1
    if beside_width and width - fixed - beside_width - 1 >= 8:
        fixed += beside_width + 1
    else:
        beside_width = 0
    start = left + label_width + 1 + value_width + 1 + (beside_width + 1 if beside_width else 0)
    size = max(0, width - start - (1 if width > 24 else 0))
    count, lines = len(labels), max(0, height - 1)
    step = 2 if 2 * count - 1 <= lines else 1  # air between the bars where there is plenty
    shown = count if count <= lines else max(0, lines - 1)
    first = max(0, min(payload.chosen - shown // 2, count - shown)) if payload.chosen >= 0 else 0
    return labels, left, label_width, value_width, beside_width, start, size, first, shown, step


def _texts(values) -> list[str]:
    return number.column([float(v) for v in np.asarray(values, float)])


def draw(
    payload: Bars, width: int, height: int, ink: Ink, words: Callable[[str], str], title: str = ""
) -> Canvas:
    """The bars as a canvas of width × height cells."""
    canvas = Canvas(width, height)
    legend = [(ink.sign("block"), words(payload.word), ink.hue(0))] if payload.word else []
    if payload.beside is not None and payload.beside_word:
        legend.append((ink.sign("beside"), words(payload.beside_word), ink.text))
    head(canvas, ink, title, legend)
    labels, left, label_width, value_width, beside_width, start, size, first, shown, step = _layout(
        payload, width, height, words
    )
    values = [float(v) for v in payload.values]
    beside = [math.nan] * len(values) if payload.beside is None else [float(v) for v in payload.beside]
    scale = [*values, *beside]
    value_texts, beside_texts = _texts(values), _texts(beside)
    more = ink.sign("more")
    for line in range(shown):
        i, y = first + line, 1 + line * step
        chosen = i == payload.chosen
        if chosen:
            canvas.fill(0, y, width, 1, mix(ink.ground, ink.accent, 0.22))
        canvas.put(left, y, pad(labels[i], label_width, ellipsis=more), ink.text, bold=chosen)
        x = left + label_width + 1
        missing = math.isnan(values[i])
        text = more if missing else value_texts[i]
        canvas.put(
            x, y, pad(text, value_width, True, more), ink.dim if missing else ink.hue(0), width=width - x
        )
        if beside_width:
            text = "" if math.isnan(beside[i]) else beside_texts[i]
            canvas.put(x + value_width + 1, y, pad(text, beside_width, True, more), ink.dim)
        bar(canvas, start, y, size, values[i], scale, ink.accent if chosen else ink.hue(0), ink)
        if math.isfinite(beside[i]) and size:
            lo, hi = span(scale)
            at = start + max(0, min(int((beside[i] - lo) / (hi - lo) * size), size - 1))
            under = ink.hue(0) if canvas.chars[y, at] == EIGHTHS[8] else None
            canvas.put(at, y, ink.sign("beside"), ink.text if under is None else ink.ground, under)
    if shown < len(labels) and height > 1 and shown + 1 < height:
        canvas.put(left, 1 + shown, f"+{len(labels) - shown}", ink.dim)
    return canvas


def place(payload: Bars, width: int, height: int, cx: int, cy: int, words=str) -> tuple[int, int] | None:
    """(row, 0) under the cell, None outside the bars."""
    *_, first, shown, step = _layout(payload, width, height, words)
    line, between = divmod(cy - 1, step)
    return (first + line, 0) if not between and 0 <= line < shown and 0 <= cx < width else None


def inspect(payload: Bars, width: int, height: int, cx: int, cy: int, words: Callable[[str], str]) -> str:
    """The label and both values in full."""
    there = place(payload, width, height, cx, cy, words)
    if there is None:
        return ""
    i = there[0]
    text = f"{words(payload.labels[i])}: {float(payload.values[i]):.6g}"
    if payload.beside is not None and math.isfinite(payload.beside[i]):
        name = words(payload.beside_word) if payload.beside_word else ""
        text += f"  {name} {float(payload.beside[i]):.6g}"
    return text
