"""Histograms over one axis, one strip above the other; many in few rows as shades."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from rich.cells import cell_len

from lessons.views import Hist
from lhytui.draw.axes import linear_ticks
from lhytui.draw.canvas import Canvas, pack
from lhytui.draw.ink import Ink, mix
from lhytui.draw.legend import head
from lhytui.text.fit import pad
from lhytui.text.wrap import fold

LEVELS = " ▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Layout:
    """`bands` (strip, its ghost or −1, first row, rows); the bars stand in `cols` columns from `left`."""

    label: int
    left: int
    cols: int
    bands: tuple[tuple[int, int, int, int], ...]
    hidden: int
    axis: int  # row of the tick labels, −1 for none


def _pairs(payload: Hist) -> list[tuple[int, int]]:
    """Each strip with the ghost of its name, which is drawn behind it; other ghosts have a strip of their own."""
    behind: dict[str, int] = {}
    for k, strip in enumerate(payload.strips):
        if strip.role == "ghost":
            behind.setdefault(strip.word, k)
    raw = {strip.word for strip in payload.strips if strip.role != "ghost"}
    return [
        (k, behind.get(strip.word, -1) if strip.role != "ghost" else -1)
        for k, strip in enumerate(payload.strips)
        if strip.role != "ghost" or strip.word not in raw
    ]


def _arrange(payload: Hist, width: int, height: int, words: Callable[[str], str]) -> Layout:
    pairs = _pairs(payload)
    left = 1 if width > 24 else 0
    names = [cell_len(words(payload.strips[k].word)) for k, _ in pairs]
    label = min(max(names, default=0), max(3, width // 4), 24)
    start = left + label + 1 if label else left
    cols = max(1, width - start - (1 if width > 24 else 0))
    axis = height >= 4
    rows = max(0, height - 1 - axis)
    shown = min(len(pairs), rows)
    at = next((n for n, pair in enumerate(pairs) if payload.chosen in pair), 0) if payload.chosen >= 0 else 0
    first = max(0, min(at - shown // 2, len(pairs) - shown))
    per = rows // max(1, shown)  # the same for all strips, so that their heights can be compared
    gap = 1 if per >= 3 else 0
    bands = [(*pairs[first + n], 1 + n * per + gap, per - gap) for n in range(shown)]
    end = 1 + shown * per if axis else -1
    return Layout(label, start, cols, tuple(bands), len(pairs) - shown, end)


def columns(counts: np.ndarray, cols: int) -> np.ndarray:
    """What each of `cols` columns stands for: the bin under it, or the sum of its bins where they are more."""
    counts = np.nan_to_num(np.asarray(counts, float), posinf=0, neginf=0)
    bins = len(counts)
    if not bins:
        return np.zeros(cols)
    if bins <= cols:
        return counts[(2 * np.arange(cols) + 1) * bins // (2 * cols)]
    total = np.concatenate([[0.0], np.cumsum(counts)])
    return np.diff(np.interp(np.linspace(0, bins, cols + 1), np.arange(bins + 1), total))


def shares(counts: np.ndarray, cols: int) -> np.ndarray:
    """The columns (cols,) as parts of the tallest one, 0…1."""
    heights = columns(counts, cols)
    most = heights.max(initial=0)
    return np.clip(heights / most, 0, 1) if most > 0 else heights * 0


def draw(
    payload: Hist, width: int, height: int, ink: Ink, words: Callable[[str], str], title: str = ""
) -> Canvas:
    """The strips as a canvas of width × height cells."""
    canvas = Canvas(width, height)
    at = _arrange(payload, width, height, words)
    marks: dict[str, str] = {words(word): ink.sign("broken") for _, word in payload.ticks if word}
    legend = [(sign, name, ink.warning) for name, sign in marks.items()]
    head(canvas, ink, title, legend, f"+{at.hidden}" if at.hidden else "")
    if height < 2:
        return canvas
    left = 1 if width > 24 else 0
    for k, ghost, y, tall in at.bands:
        strip = payload.strips[k]
        chosen = payload.chosen in (k, ghost) and payload.chosen >= 0
        colour = ink.accent if chosen else ink.dim if strip.role == "ghost" else ink.hue(0)
        name = words(strip.word)
        lines = fold(name, at.label)
        lines = lines if len(lines) <= tall else [name]
        for n, line in enumerate(lines, y + tall - len(lines)):
            text = pad(line, at.label, True, ink.sign("more"))
            canvas.put(left, n, text, ink.accent if chosen else ink.text, bold=chosen)
        part = shares(strip.counts, at.cols)
        past = shares(payload.strips[ghost].counts, at.cols) if ghost >= 0 else None
        if tall == 1 and len(at.bands) > 1:
            _shade(canvas, at.left, y, part, colour, ink)
        else:
            _bars(canvas, at.left, y, tall, part, past, colour, ink)
    _marks(canvas, payload, at, ink)
    if at.axis > 0:
        _axis(canvas, payload, at, ink, words)
    return canvas


def _shade(canvas: Canvas, x: int, y: int, part: np.ndarray, colour, ink: Ink) -> None:
    """One row whose shade is the height; an empty bin keeps the ground."""
    for k, share in enumerate(part.tolist()):
        if share:
            canvas.fill(x + k, y, 1, 1, mix(ink.ground, colour, 0.15 + 0.85 * share))


def _bars(canvas: Canvas, x: int, y: int, tall: int, part, past, colour, ink: Ink) -> None:
    """Bars in eighths of a cell; before the ghost's they are darker as far up as it reaches."""
    ghost, both = mix(ink.ground, ink.text, 0.3), mix(ink.ground, colour, 0.6)
    eighths = lambda t: np.where(t > 0, np.maximum(1, np.rint(t * 8 * tall)), 0).astype(int).tolist()
    behind = eighths(past) if past is not None else [0] * len(part)
    canvas.put(x, y + tall - 1, (LEVELS[1] if ink.narrow else "_") * len(part), ink.faint)
    for k, (top, old) in enumerate(zip(eighths(part), behind, strict=True)):
        layers = sorted(((top, colour if top > old else both), (old, both if top > old else ghost)))
        for row in range(max(layers[1][0] + 7, 8) // 8):
            low, high = (min(8, max(0, level - 8 * row)) for level, _ in layers)
            below, above = layers[0][1], layers[1][1]
            if low == 0:
                _part(canvas, x + k, y + tall - 1 - row, high, above, None, ink)
            else:  # two heights end in one cell: the upper one is rounded to half a cell
                ground = above if high - low >= 4 or (high == 8 and low < 8) else None
                _part(canvas, x + k, y + tall - 1 - row, low, below, ground, ink)


def _part(canvas: Canvas, x: int, y: int, level: int, colour, ground, ink: Ink) -> None:
    """The lowest `level` eighths of a cell in a colour."""
    if level == 8:
        canvas.fill(x, y, 1, 1, colour)
    elif level and ink.narrow:
        canvas.put(x, y, LEVELS[level], colour, ground)
    elif level:
        canvas.fill(x, y, 1, 1, mix(ground or ink.ground, colour, level / 8))


def _column(payload: Hist, at: Layout, value: float) -> int | None:
    """The column of a place on the axis, None outside."""
    span = payload.hi - payload.lo
    share = (value - payload.lo) / span if span else 0.5
    return at.left + max(0, min(int(share * at.cols), at.cols - 1)) if -1e-9 <= share <= 1 + 1e-9 else None


def _marks(canvas: Canvas, payload: Hist, at: Layout, ink: Ink) -> None:
    """The marked places, through what is empty and through full bars."""
    end = at.axis if at.axis > 0 else canvas.height
    for value, _ in payload.ticks:
        x = _column(payload, at, value)
        for y in range(1, end if x is not None and x < canvas.width else 1):
            if canvas.chars[y, x] == " " or canvas.fg[y, x] == pack(ink.faint):
                canvas.chars[y, x] = ink.sign("broken")
                canvas.fg[y, x] = pack(ink.warning)


def _axis(canvas: Canvas, payload: Hist, at: Layout, ink: Ink, words: Callable[[str], str]) -> None:
    """Round numbers under their columns, the name of the axis at the right end."""
    name = words(payload.x) if payload.x else ""
    end = canvas.width
    if 0 < cell_len(name) <= at.cols // 3:
        end -= cell_len(name) + 1
        canvas.put(end + 1, at.axis, name, ink.dim)
    free = 0
    for value, text in linear_ticks(payload.lo, payload.hi, max(2, at.cols // 10)):
        x = _column(payload, at, value)
        if x is None:
            continue
        start = max(0, min(x - (len(text) - 1) // 2, canvas.width - len(text)))
        if start >= free and start + len(text) <= end:
            canvas.put(start, at.axis, text, ink.dim)
            free = start + len(text) + 1


def place(payload: Hist, width: int, height: int, cx: int, cy: int, words=str) -> tuple[int, int] | None:
    """(strip, bin) under the cell, its name included (the bin is then the first); None elsewhere."""
    if height < 2 or not (0 <= cx < width and 0 <= cy < height):
        return None
    at = _arrange(payload, width, height, words)
    for k, _, y, tall in at.bands:
        bins = len(payload.strips[k].counts)
        if y <= cy < y + tall and bins and cx < at.left + at.cols:
            column = max(0, cx - at.left)
            return k, min((2 * column + 1) * bins // (2 * at.cols), bins - 1)
    return None


def inspect(payload: Hist, width: int, height: int, cx: int, cy: int, words: Callable[[str], str]) -> str:
    """The strip, the ends of the bin, how many lie in it of how many; the same of its ghost."""
    there = place(payload, width, height, cx, cy, words)
    if there is None:
        return ""
    k, j = there
    strip = payload.strips[k]
    bins = len(strip.counts)
    lo, hi = (payload.lo + (payload.hi - payload.lo) * n / bins for n in (j, j + 1))
    text = f"{words(strip.word)}[{lo:.4g}, {hi:.4g}): {strip.counts[j]:.6g} / {np.sum(strip.counts):.6g}"
    ghost = dict(_pairs(payload)).get(k, -1)
    if ghost >= 0 and j < len(payload.strips[ghost].counts):
        counts = payload.strips[ghost].counts
        text += f"  ({counts[j]:.6g} / {np.sum(counts):.6g})"
    return text
