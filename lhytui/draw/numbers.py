"""Worked steps: formulas with their numbers filled in, one under the other."""

from __future__ import annotations

from collections.abc import Callable

from rich.cells import cell_len

from lessons.views import Numbers
from lhytui.draw.canvas import Canvas
from lhytui.draw.ink import Ink, mix
from lhytui.draw.legend import head
from lhytui.text.wrap import fold

INDENT = 4


def _text(text: str, words: Callable[[str], str]) -> str:
    return words(text) if text.startswith("=") else text


def _lines(payload: Numbers, width: int, words: Callable[[str], str]) -> list[tuple[int, str, str]]:
    """(step, text, note) of each line: a note stands at the right when it fits, else on the next line."""
    left = 3
    room = max(1, width - left)
    found: list[tuple[int, str, str]] = []
    for k, step in enumerate(payload.steps):
        note = words(step.note, **step.facts) if step.note else ""
        folded = fold(_text(step.text, words), room, INDENT) or [""]
        for text in folded[:-1]:
            found.append((k, text, ""))
        if not note or cell_len(folded[-1]) + 3 + cell_len(note) <= room:
            found.append((k, folded[-1], note))
        else:
            found += [(k, folded[-1], "")] if folded[-1] else []
            found += [(k, "", text) for text in fold(note, room - 2)]
    return found


def _first(lines: list[tuple[int, str, str]], payload: Numbers, height: int) -> int:
    """The first line shown: the hot one stays in sight."""
    room = max(1, height - 1)
    hot = [n for n, (k, _, _) in enumerate(lines) if payload.steps[k].hot]
    if len(lines) <= room or not hot:
        return 0
    return max(0, min(hot[0] - room // 2, len(lines) - room))


def draw(
    payload: Numbers, width: int, height: int, ink: Ink, words: Callable[[str], str], title: str = ""
) -> Canvas:
    """The steps as a canvas of width × height cells."""
    canvas = Canvas(width, height)
    head(canvas, ink, title)
    lines = _lines(payload, width, words)
    first = _first(lines, payload, height)
    notes = [cell_len(text) + 3 for _, text, note in lines if note and text]
    column = max([x for x in notes if x < width], default=0)
    for y, (k, text, note) in enumerate(lines[first : first + max(0, height - 1)], 1):
        step = payload.steps[k]
        if step.hot:
            canvas.fill(0, y, width, 1, mix(ink.ground, ink.accent, 0.20))
            if not text or lines[first + y - 2][0] != k or y == 1:
                canvas.put(1, y, ink.sign("pick") if text else " ", ink.accent, bold=True)
        x = canvas.put(3, y, text, ink.accent if step.hot else ink.text, bold=step.hot)
        if note:
            size = cell_len(note)
            at = max(x + 2, min(3 + column, width - size)) if text else min(3 + 2, max(0, width - size))
            canvas.put(at, y, note, ink.dim if step.text else ink.accent if step.hot else ink.text)
    rest = len(lines) - first - max(0, height - 1)
    if rest > 0 and height > 1:
        tail = f" {ink.sign('down')} {rest}"
        canvas.put(width - cell_len(tail), height - 1, tail, ink.dim)
    return canvas


def place(payload: Numbers, width: int, height: int, cx: int, cy: int, words=str) -> tuple[int, int] | None:
    """(step, 0) under the cell, None outside the steps."""
    lines = _lines(payload, width, words)
    at = _first(lines, payload, height) + cy - 1
    return (lines[at][0], 0) if cy >= 1 and cy < height and 0 <= at < len(lines) else None


def inspect(payload: Numbers, width: int, height: int, cx: int, cy: int, words: Callable[[str], str]) -> str:
    """The step in full with its note."""
    there = place(payload, width, height, cx, cy, words)
    if there is None:
        return ""
    step = payload.steps[there[0]]
    return _text(step.text, words) + (f"  {words(step.note, **step.facts)}" if step.note else "")
