"""Curves over one axis: raw noise below, smoothed and validation curves on top."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from rich.cells import cell_len

from lessons.views import Curve, Line
from lhytui.draw import axes, number, raster, series
from lhytui.draw.canvas import Canvas, pack
from lhytui.draw.ink import Ink
from lhytui.draw.legend import head
from lhytui.text.fit import cut

SAMPLES = 4000  # values that the robust limits look at
OUTLIER = 12.0  # spans of the middle 90 % beyond which extremes are cut off
RUNAWAY = 1000.0  # a line that ends so many times above its start has run away
MARGIN = 8  # columns kept for the last values


def _extent(parts: list[np.ndarray]) -> tuple[float, float]:
    """Least and greatest finite value of several arrays, (nan, nan) of none."""
    lows, highs = [], []
    for part in parts:
        part = part[np.isfinite(part)]
        if len(part):
            lows.append(float(part.min()))
            highs.append(float(part.max()))
    return (min(lows), max(highs)) if lows else (math.nan, math.nan)


def _robust(parts: list[np.ndarray], lo: float, hi: float) -> tuple[float, float]:
    """lo…hi, without extremes that would press everything else into one row."""
    values = np.concatenate([p[:: max(1, len(p) * len(parts) // SAMPLES)] for p in parts] or [np.empty(0)])
    values = values[np.isfinite(values)]
    if len(values) < 20:
        return lo, hi
    low, high = np.quantile(values, (0.05, 0.95)).tolist()
    span = high - low
    if span > 0 and hi > high + OUTLIER * span:
        hi = float(values[values <= high + 3 * span].max())
    if span > 0 and lo < low - OUTLIER * span:
        lo = float(values[values >= low - 3 * span].min())
    return lo, hi


def _tamed(lines: list[Line]) -> list[np.ndarray]:
    """The y of each line; of lines that run away only what lies in reach of the others or of their start."""
    ys = [np.asarray(line.y, float) for line in lines]
    finite = [y[np.isfinite(y)] for y in ys]
    wild = [
        len(f) > 1 and f[0] != 0 and (abs(f[-1]) > RUNAWAY * abs(f[0]) or diverged(line) is not None)
        for line, f in zip(lines, finite, strict=True)
    ]
    calm = [float(np.abs(f).max()) for f, w in zip(finite, wild, strict=True) if not w and len(f)]
    reach = [(2 if calm else 10) * abs(float(f[0])) for f, w in zip(finite, wild, strict=True) if w]
    cap = max([*calm, *reach], default=math.inf)
    return [np.where(np.abs(y) <= cap, y, np.nan) if w else y for y, w in zip(ys, wild, strict=True)]


def limits(payload: Curve) -> tuple[tuple[float, float], tuple[float, float]]:
    """The x and the y limits, log10 on a log axis: the given ones, else what the lines and points need."""
    lines = [line for line in payload.lines if line.role != "ghost"] or list(payload.lines)
    xs = [axes.scaled(part.x, payload.log_x) for part in (*payload.lines, *payload.dots)]
    ys = [np.asarray(line.y, float) for line in lines] if payload.log_y else _tamed(lines)
    ys = [axes.scaled(y, payload.log_y) for y in [*ys, *(dots.y for dots in payload.dots)]]
    given = [_given(value, payload.log_x) for value in payload.limits[:2]]
    x_limits = axes.widen(*_override(_extent(xs), given), 0.0)
    given = [_given(value, payload.log_y) for value in payload.limits[2:]]
    lo, hi = _extent(ys)
    if not payload.log_y and math.isfinite(lo):
        lo, hi = _robust(ys, lo, hi)
    lo, hi = _override((lo, hi), given)
    y0, y1 = axes.widen(lo, hi, 0.04)
    if math.isfinite(lo) and lo < hi:
        y0, y1 = y0 if given[0] is None else lo, y1 if given[1] is None else hi
    return x_limits, (y0, y1)


def _given(value: float | None, log: bool) -> float | None:
    """A limit that the payload gives, log10 on a log axis; None if it cannot be one."""
    if value is None or not math.isfinite(value) or (log and value <= 0):
        return None
    return math.log10(value) if log else float(value)


def _override(found: tuple[float, float], given: list[float | None]) -> tuple[float, float]:
    lo, hi = (g if g is not None else f for f, g in zip(found, given, strict=True))
    if math.isnan(lo) and not math.isnan(hi):
        lo = hi - 1
    if math.isnan(hi) and not math.isnan(lo):
        hi = lo + 1
    return lo, hi


def _labelled(payload: Curve) -> list[int]:
    """The lines whose last value is printed at the right end."""
    smooth = {line.hue for line in payload.lines if line.role == "smooth"}
    return [
        k
        for k, line in enumerate(payload.lines)
        if len(line.y)
        and line.role in ("raw", "smooth", "validation", "sum")
        and not (line.role == "raw" and line.hue in smooth)
    ]


def frame(payload: Curve, width: int, height: int) -> axes.Frame:
    """Where the chart lies in the view and what it shows."""
    right = MARGIN if width >= 44 and height >= 8 and _labelled(payload) else 0
    return axes.layout(width, height, *limits(payload), log_x=payload.log_x, log_y=payload.log_y, right=right)


def draw(
    payload: Curve, width: int, height: int, ink: Ink, words: Callable[[str], str], title: str = ""
) -> Canvas:
    """The curves as a canvas of width × height cells."""
    canvas = Canvas(width, height)
    looks = series.dress(payload.lines, ink)
    legend = series.entries(payload.lines, looks, payload.dots, ink, words)
    if height < 2 or width < 4:
        head(canvas, ink, title, legend)
        return canvas
    at = frame(payload, width, height)
    y_name = words(payload.y) if payload.y else ""
    aside = f"{ink.sign('up')} {y_name}" if y_name and not axes.beside(at, y_name) else ""
    head(canvas, ink, title, legend, aside)
    layer = series.Layer(at.rows, at.cols, ink)
    order = sorted(range(len(payload.lines)), key=lambda k: _rank(payload.lines[k].role))
    for k in order:
        _lay(layer, at, payload.lines[k], looks[k])
    for points in payload.dots:
        series.scatter(layer, at, points, ink)
    notes = [(column, number.short(most)) for column, most in _overflow(layer, at, payload, looks, ink)]
    for x, word in payload.ticks:
        column = at.column(x)
        if column is not None:
            layer.column(column, ink.sign("broken"), pack(ink.dim))
            notes.append((column, words(word) if word else ""))
    cursor = None if payload.cursor is None else at.column(payload.cursor)
    if cursor is not None:
        layer.column(cursor, ink.sign("bar"), pack(ink.accent))
    axes.draw(canvas, at, ink, layer.chars, layer.fg, words(payload.x) if payload.x else "", y_name)
    _annotate(canvas, at, notes, ink)
    if at.left + at.cols < width:
        _last_values(canvas, at, payload, looks, ink)
    return canvas


def _rank(role: str) -> int:
    return series.ORDER.index(role) if role in series.ORDER else 3


def _lay(layer: series.Layer, at: axes.Frame, line: Line, look: series.Dress) -> None:
    u, v = at.u(line.x), at.v(line.y)
    if not len(u):
        return
    rising = bool(np.all(u[1:] >= u[:-1]))
    mask = (raster.graph if rising else raster.path)(u, v, at.shape, look.pattern)
    layer.lay(raster.thicken(mask) if look.heavy else mask, pack(look.colour), noise=line.role == "raw")


def _overflow(
    layer: series.Layer, at: axes.Frame, payload: Curve, looks, ink: Ink
) -> list[tuple[int, float]]:
    """Mark at the edge where a line leaves the limits, and ∞ where it diverges.

    Returns (column, greatest value) of the lines that leave upwards.
    """
    left = []
    for line, look in zip(payload.lines, looks, strict=True):
        y = np.asarray(line.y, float)
        if line.role in ("ghost", "target", "part") or not len(y):
            continue
        v = at.v(y)
        exits = (v > at.shape[0] + 1e-6) & np.isfinite(y), v < -1e-6
        for out, row, name in zip(exits, (0, at.rows - 1), ("above", "below"), strict=True):
            first = np.flatnonzero(out)[:1]
            column = at.column(float(line.x[first[0]])) if len(first) else None
            if column is not None:
                layer.sign(column, row, ink.sign(name), pack(look.colour))
                if name == "above":
                    left.append((column, float(y[out].max())))
        place = diverged(line)
        column = None if place is None else at.column(place)
        if column is not None:
            layer.sign(column, 0, ink.sign("infinity"), pack(ink.error))
    return left


def diverged(line: Line) -> float | None:
    """The x where the line first is infinite, or where it ends in NaN after finite values, if it does."""
    y = np.asarray(line.y, float)
    finite = np.isfinite(y)
    if finite.all():
        return None
    infinite = np.flatnonzero(np.isinf(y))
    if len(infinite):
        return float(line.x[infinite[0]])
    known = np.flatnonzero(finite)
    if line.role == "raw" and len(known) and not finite[-1]:
        return float(line.x[known[-1] + 1])
    return None


def _annotate(canvas: Canvas, at: axes.Frame, notes: list[tuple[int, str]], ink: Ink) -> None:
    """Write each note right of its column near the top, where the cells are free; nowhere if they are not."""
    for column, note in notes:
        x, size = at.left + column + 1, cell_len(note)
        rows = [y for y in range(at.top, at.top + min(3, at.rows)) if x + size <= canvas.width]
        free = [y for y in rows if all(c == " " for c in canvas.chars[y, x : x + size + 1])]
        if free and note:
            canvas.put(x, free[0], note, ink.dim)


def _last_values(canvas: Canvas, at: axes.Frame, payload: Curve, looks, ink: Ink) -> None:
    """Print the last value of the lines at the height where they end."""
    wanted = []
    for k in _labelled(payload):
        y = np.asarray(payload.lines[k].y, float)
        known = np.flatnonzero(np.isfinite(y))
        if len(known) and diverged(payload.lines[k]) is None:
            v = float(at.v(y[known[-1:]])[0]) if y[known[-1]] > 0 or not at.log_y else 0.0
            row = at.rows - 1 - int(min(max(v, 0), at.shape[0] - 1) // 4)
            wanted.append((row, k, number.short(y[known[-1]])))
    free = set(range(at.rows))
    for row, k, text in sorted(wanted)[: at.rows]:
        near = min(free, key=lambda r: (abs(r - row), r))
        free.discard(near)
        x = at.left + at.cols + 1
        canvas.put(x, at.top + near, cut(text, canvas.width - x, ""), looks[k].colour)


def inspect(payload: Curve, width: int, height: int, cx: int, cy: int, words: Callable[[str], str]) -> str:
    """The values of the lines at that column, the nearest line first."""
    at = frame(payload, width, height)
    here = at.data(cx, cy)
    if here is None:
        return ""
    found = []
    for line in payload.lines:
        known = np.flatnonzero(np.isfinite(line.x))
        if len(known):
            index = int(known[np.argmin(np.abs(at.u(line.x[known]) - 2 * (cx - at.left) - 1))])
            value = float(line.y[index])
            away = abs(float(at.v(np.array([value]))[0]) - float(at.v(np.array([here[1]]))[0]))
            found.append(
                (away if math.isfinite(away) else math.inf, words(line.word), float(line.x[index]), value)
            )
    if not found:
        return f"{words(payload.x)} {number.short(here[0], 4)}, {number.short(here[1], 4)}"
    found.sort(key=lambda entry: entry[0])
    x = found[0][2]
    where = number.whole(x) if x == round(x) else number.short(x, 4)
    values = "  ".join(f"{name} {number.short(value, 4)}" for _, name, _, value in found[:4])
    return f"{words(payload.x)} {where}: {values}"


def place(payload: Curve, width: int, height: int, cx: int, cy: int, words=str) -> tuple[float, float] | None:
    """Data coordinates in the middle of the cell, None outside the chart."""
    return frame(payload, width, height).data(cx, cy) if width >= 4 and height >= 2 else None
