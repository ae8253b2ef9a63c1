"""Curves over one axis: raw noise below, smoothed and validation curves on top."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from rich.cells import cell_len

from lessons.views import Curve, Line
from lhytui.draw import axes, number, raster, series
from lhytui.draw.canvas import Canvas, cut, pack
from lhytui.draw.ink import Ink
from lhytui.draw.legend import head

SAMPLES = 4000  # values that the robust limits look at
OUTLIER = 12.0  # spans of the middle 90 % beyond which extremes are cut off
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


def _widen(lo: float, hi: float, share: float) -> tuple[float, float]:
    """A proper interval around lo…hi, with `share` of its length added at both ends."""
    if not (math.isfinite(lo) and math.isfinite(hi)):
        return 0.0, 1.0
    if hi < lo:
        lo, hi = hi, lo
    lo, hi = max(lo, -1e300), min(hi, 1e300)
    if hi - lo <= 1e-12 * max(abs(lo), abs(hi), 1e-300):
        room = 0.5 if lo == 0 else abs(lo) * 0.1
        return lo - room, hi + room
    return lo - share * (hi - lo), hi + share * (hi - lo)


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


def limits(payload: Curve) -> tuple[tuple[float, float], tuple[float, float]]:
    """The x and the y limits, log10 on a log axis: the given ones, else what the lines and points need."""
    xs, ys = [], []
    for part in (*payload.lines, *payload.dots):
        x = axes.scaled(part.x, payload.log_x)
        y = axes.scaled(part.y, payload.log_y)
        xs.append(x)
        if getattr(part, "role", "") != "ghost" or len(payload.lines) == 1:
            ys.append(y)
    given = [
        None
        if value is None or not math.isfinite(value) or (log and value <= 0)
        else math.log10(value)
        if log
        else value
        for value, log in zip(
            payload.limits, (payload.log_x, payload.log_x, payload.log_y, payload.log_y), strict=True
        )
    ]
    x_limits = _widen(*_override(_extent(xs), given[:2]), 0.0)
    lo, hi = _extent(ys)
    if not payload.log_y and math.isfinite(lo):
        lo, hi = _robust(ys, lo, hi)
    fixed = _override((lo, hi), given[2:])
    y_limits = _widen(*fixed, 0.04)
    proper = math.isfinite(fixed[0]) and fixed[0] < fixed[1]
    y0 = given[2] if given[2] is not None and proper else y_limits[0]
    y1 = given[3] if given[3] is not None and proper else y_limits[1]
    return x_limits, (y0, y1)


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
    head(canvas, ink, title, legend, f"{ink.sign('up')} {words(payload.y)}" if payload.y else "")
    if height < 2 or width < 4:
        return canvas
    at = frame(payload, width, height)
    layer = series.Layer(at.rows, at.cols, ink)
    order = sorted(range(len(payload.lines)), key=lambda k: _rank(payload.lines[k].role))
    with np.errstate(over="ignore", invalid="ignore"):
        for k in order:
            _lay(layer, at, payload.lines[k], looks[k])
    for points in payload.dots:
        _scatter(layer, at, points, ink)
    _overflow(layer, at, payload, looks, ink)
    ticks = [(at.column(x), words(word)) for x, word in payload.ticks if math.isfinite(x)]
    for column, _ in ticks:
        if column is not None:
            layer.column(column, ink.sign("broken"), pack(ink.dim))
    cursor = None if payload.cursor is None else at.column(payload.cursor)
    if cursor is not None:
        layer.column(cursor, ink.sign("bar"), pack(ink.accent))
    axes.draw(canvas, at, ink, layer.chars, layer.fg)
    _name_ticks(canvas, at, ticks, ink)
    _name_axis(canvas, at, words(payload.x) if payload.x else "", ink)
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
    layer.lay(raster.thicken(mask) if look.heavy else mask, pack(look.colour))


def _scatter(layer: series.Layer, at: axes.Frame, points, ink: Ink) -> None:
    groups = np.zeros(len(points.x), int) if points.group is None else points.group
    for x, y, group in zip(points.x.tolist(), points.y.tolist(), groups.tolist(), strict=True):
        place = at.cell(x, y)
        if place is not None:
            column, row = place
            big = series.mark(points.mark, ink) if points.mark else series.sign(int(group), ink)
            colour = ink.text if points.mark or points.group is None else ink.hue(int(group))
            layer.chars[row, column], layer.fg[row, column] = big, pack(colour)


def _overflow(layer: series.Layer, at: axes.Frame, payload: Curve, looks, ink: Ink) -> None:
    """Mark in the top row where a line leaves the limits upwards, and ∞ where it diverges."""
    for line, look in zip(payload.lines, looks, strict=True):
        y = np.asarray(line.y, float)
        if line.role in ("ghost", "target", "part") or not len(y):
            continue
        with np.errstate(over="ignore", invalid="ignore"):
            over = np.flatnonzero(at.v(y) > at.shape[0] + 1e-6)
        if len(over):
            column = at.column(float(line.x[over[np.argmax(y[over])]]))
            if column is not None:
                layer.chars[0, column], layer.fg[0, column] = ink.sign("above"), pack(look.colour)
        place = diverged(line)
        column = None if place is None else at.column(place)
        if column is not None:
            layer.chars[0, column], layer.fg[0, column] = ink.sign("infinity"), pack(ink.error)


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


def _name_ticks(canvas: Canvas, at: axes.Frame, ticks: list[tuple[int | None, str]], ink: Ink) -> None:
    """Write the word of each vertical mark beside its top, where the cells are free."""
    for column, word in ticks:
        if column is None or not word:
            continue
        x, y = at.left + column + 1, at.top
        room = min(cell_len(word) + 1, canvas.width - x)
        if room < cell_len(word):
            continue
        while y < at.top + min(3, at.rows) and any(c != " " for c in canvas.chars[y, x : x + room]):
            y += 1
        if y < at.top + min(3, at.rows):
            canvas.put(x, y, word, ink.dim)


def _name_axis(canvas: Canvas, at: axes.Frame, name: str, ink: Ink) -> None:
    """Write the name of the x axis at the right end of its labels, where the cells are free."""
    if not at.axis or not name:
        return
    row, size = at.top + at.rows + 1, cell_len(name)
    x = canvas.width - size
    if x > at.left + 1 and all(c == " " for c in canvas.chars[row, x - 1 :]):
        canvas.put(x, row, name, ink.dim)


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
            with np.errstate(over="ignore", invalid="ignore"):
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
