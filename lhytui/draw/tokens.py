"""Rows of tokens, place below place, with marks, shades and numbers; of many the window around the cursor."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from rich.cells import cell_len

from lessons.views import TokenRow, Tokens
from lhytui.draw import number
from lhytui.draw.canvas import RGB, Canvas
from lhytui.draw.ink import Ink, mix, on
from lhytui.draw.legend import head
from lhytui.text.fit import cut, pad

WIDEST = 16  # cells of a token
SIGN = {"right": "yes", "wrong": "no", "now": "pick", "pad": "dot"}


@dataclass(frozen=True)
class Layout:
    """`spots` (column, cells) of the places from `first` on; `lines` (row, its y, whether numbers are below)."""

    label: int
    marked: bool
    first: int
    spots: tuple[tuple[int, int], ...]
    before: bool
    after: bool
    lines: tuple[tuple[int, int, bool], ...]
    hidden: int


def _mark(row: TokenRow, j: int) -> str:
    return row.marks[j] if j < len(row.marks) else ""


def _value(row: TokenRow, j: int) -> float:
    return float(row.values[j]) if row.values is not None and j < len(row.values) else math.nan


def _token(row: TokenRow, j: int, words: Callable[[str], str]) -> str:
    return (words(row.tokens[j]) if row.tokens[j] else "").replace(" ", "_") if j < len(row.tokens) else ""


def _number(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.2f}" if abs(value) < 10 else number.short(value)


def focus(payload: Tokens) -> tuple[int, int]:
    """(row, place) to keep in sight: the chosen one, else where something happens now, else the start."""
    if payload.chosen is not None:
        return payload.chosen
    return next(
        ((i, row.marks.index("now")) for i, row in enumerate(payload.rows) if "now" in row.marks), (0, 0)
    )


def _arrange(payload: Tokens, width: int, height: int, words: Callable[[str], str]) -> Layout:
    rows = payload.rows
    left = 1 if width > 24 else 0
    label = min(max((cell_len(words(row.word)) for row in rows if row.word), default=0), max(3, width // 4))
    start = left + (label + 1 if label else 0)
    marked = any(mark for row in rows for mark in row.marks)
    valued = any(row.values is not None for row in rows)
    count = max((len(row.tokens) for row in rows), default=0)
    room = max(1, height - 1)
    per = [2 if row.values is not None else 1 for row in rows]
    numbers = valued and sum(per) <= room
    if not numbers:
        per = [1] * len(rows)
    sizes = []
    for j in range(count):
        texts = [min(WIDEST, cell_len(_token(row, j, words))) + marked for row in rows]
        if numbers:
            texts += [len(_number(_value(row, j))) for row in rows]
        sizes.append(max([*texts, 1]))
    at = min(focus(payload)[1], max(0, count - 1))
    first, last = _window(sizes, at, width - start)
    before, after = first > 0, last < count
    x, spots = start + 2 * before, []
    for size in sizes[first:last]:
        spots.append((x, max(1, min(size, width - x - 2 * after))))
        x += size + 1
    shown, row = len(rows), 0
    if sum(per) > room:
        shown = room
        row = max(0, min(focus(payload)[0] - shown // 2, len(rows) - shown))
    gap = 1 if shown > 1 and sum(per) + shown - 1 <= room else 0
    y, lines = 1, []
    for i in range(row, row + shown):
        below = numbers and rows[i].values is not None
        lines.append((i, y, below))
        y += 1 + below + gap
    return Layout(label, marked, first, tuple(spots), before, after, tuple(lines), len(rows) - shown)


def _window(sizes: list[int], at: int, room: int) -> tuple[int, int]:
    """First and last + 1 of the places shown: all, or as many around `at` as fit between two … marks."""
    if not sizes:
        return 0, 0
    if sum(sizes) + len(sizes) - 1 <= room:
        return 0, len(sizes)
    first, last = at, at + 1
    cells = lambda a, b: sum(sizes[a:b]) + b - a - 1 + 2 * (a > 0) + 2 * (b < len(sizes))
    while True:
        if last < len(sizes) and cells(first, last + 1) <= room and last - at <= at - first:
            last += 1
        elif first > 0 and cells(first - 1, last) <= room:
            first -= 1
        elif last < len(sizes) and cells(first, last + 1) <= room:
            last += 1
        else:
            return first, last


def shades(row: TokenRow, ink: Ink) -> list[RGB | None]:
    """The ground of each token by its value: 0 none, the greatest the strongest; negative ones in the other hue."""
    values = np.asarray(row.values, float) if row.values is not None else np.full(len(row.tokens), np.nan)
    known = np.abs(values[np.isfinite(values)])
    most = max(known.max(initial=0.0), 1.0 if (known <= 1).all() else 0.0) or 1.0
    return [
        mix(ink.ground, ink.hue(0) if v >= 0 else ink.above, 0.12 + 0.7 * min(1, abs(v) / most))
        if math.isfinite(v)
        else None
        for v in values.tolist()
    ]


def draw(
    payload: Tokens, width: int, height: int, ink: Ink, words: Callable[[str], str], title: str = ""
) -> Canvas:
    """The rows as a canvas of width × height cells."""
    canvas = Canvas(width, height)
    at = _arrange(payload, width, height, words)
    count = max((len(row.tokens) for row in payload.rows), default=0)
    part = f"[{at.first}:{at.first + len(at.spots)}] / {count}" if at.before or at.after else ""
    head(canvas, ink, title, (), part + (f" +{at.hidden}" if at.hidden else ""))
    colours = {
        "right": ink.success,
        "wrong": ink.error,
        "now": ink.accent,
        "forced": ink.warning,
    }
    left = 1 if width > 24 else 0
    more = ink.sign("more")
    for i, y, below in at.lines:
        row = payload.rows[i]
        here = payload.chosen is not None and payload.chosen[0] == i
        if at.label and row.word:
            name = pad(words(row.word), at.label, True, more)
            canvas.put(left, y, name, ink.text if here else ink.dim, bold=here)
        grounds = shades(row, ink)
        for n, (x, size) in enumerate(at.spots):
            j = at.first + n
            if j >= len(row.tokens):
                break
            mark, chosen = _mark(row, j), payload.chosen == (i, j)
            ground = ink.text if chosen else grounds[j] if j < len(grounds) else None
            pale = mark == "pad"
            if ground is None:
                ground = mix(ink.ground, ink.text, 0.05 if pale else 0.10)
            canvas.fill(x, y, size, 1, ground)
            end = x
            if at.marked:  # the sign has a ground of its own: no shade takes its colour away
                tone = colours.get(mark, ground)
                sign = "!" if mark == "forced" else ink.sign(SIGN[mark]) if mark in SIGN else " "
                end = canvas.put(
                    x, y, sign, ink.dim if pale else on(tone), ground if pale else tone, bold=True
                )
            text = cut(_token(row, j, words), max(0, x + size - end), more)
            tone = ink.dim if pale and not chosen else on(ground)
            canvas.put(end, y, text, tone, bold=mark == "now" or chosen, width=max(0, x + size - end))
            if below:
                canvas.put(x, y + 1, cut(_number(_value(row, j)), size, ""), ink.dim)
        if at.before and at.spots:
            canvas.put(at.spots[0][0] - 2, y, more, ink.dim)
        if at.after and len(row.tokens) > at.first + len(at.spots) and at.spots:
            canvas.put(min(width - 1, sum(at.spots[-1]) + 1), y, more, ink.dim)
    return canvas


def place(payload: Tokens, width: int, height: int, cx: int, cy: int, words=str) -> tuple[int, int] | None:
    """(row, place) of the token under the cell or of the number below it, None elsewhere."""
    if not (0 <= cx < width and 0 <= cy < height):
        return None
    at = _arrange(payload, width, height, words)
    for i, y, below in at.lines:
        if y <= cy <= y + below:
            for n, (x, size) in enumerate(at.spots):
                if x <= cx < x + size and at.first + n < len(payload.rows[i].tokens):
                    return i, at.first + n
    return None


def inspect(payload: Tokens, width: int, height: int, cx: int, cy: int, words: Callable[[str], str]) -> str:
    """The row, the place, the token in full, its mark and its value."""
    there = place(payload, width, height, cx, cy, words)
    if there is None:
        return ""
    i, j = there
    row = payload.rows[i]
    text = f"{words(row.word) if row.word else ''}[{j}]: {_token(row, j, words)}"
    if mark := _mark(row, j):
        text += f" ({words(f'mark.{mark}')})"
    value = _value(row, j)
    return text if math.isnan(value) else f"{text} = {value:.5g}"
