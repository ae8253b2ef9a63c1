"""Paths and points over a field in half-block pixels."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from lessons.views import Plane
from lhytui.draw import axes, number, raster, series
from lhytui.draw.canvas import NONE, Canvas, pack, pack_array
from lhytui.draw.ink import Ink, luminances, mix
from lhytui.draw.legend import head

CLEAR = 2.0  # least contrast of a path on the field below it


def frame(payload: Plane, width: int, height: int) -> axes.Frame:
    """Where the plane lies in the view: its extent fills the canvas."""
    x0, x1, y0, y1 = (float(v) for v in payload.extent)
    return axes.layout(width, height, axes.widen(x0, x1, 0.0), axes.widen(y0, y1, 0.0))


def edges(field: np.ndarray, scale: str, levels: tuple[float, float] | None = None) -> np.ndarray:
    """The ten values at which the level changes; fewer in a "level" field of few values, none if constant.

    "level": equal counts a level; "log": equal steps of the logarithm; "linear": equal steps. `levels`: from
    there to there, whatever the field holds.
    """
    values = np.asarray(field if levels is None else levels, float)
    values = values[np.isfinite(values)]
    if not len(values) or values.min() == values.max():
        return np.empty(0)
    share = np.arange(1, 11) / 11
    if scale == "level":
        return np.unique(np.quantile(values, share))
    lo, hi = values.min(), values.max()
    if scale == "log":
        lift = 0.0 if lo > 0 else hi / 1e6 - lo + lo / 1e6
        first, last = math.log10(lo + lift), math.log10(hi + lift)
        return 10.0 ** (first + (last - first) * share) - lift
    return lo * (1 - share) + hi * share


def grade(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    """The level 0…10 of each value, −1 of those that are not finite; a constant field has level 5."""
    known = np.isfinite(values)
    if not len(edges):
        return np.where(known, 5, -1)
    level = np.searchsorted(edges, np.where(known, values, 0), side="right")
    return np.where(known, level * 10 // len(edges), -1)


def resample(field: np.ndarray, rows: int, cols: int, smooth: bool) -> np.ndarray:
    """The field at the middles of rows × cols pixels; its outer samples lie on the edges of the extent.

    Fields as fine as the pixels, and class numbers, are read at the nearest sample; others bilinearly.
    """
    height, width = field.shape
    y = (np.arange(rows) + 0.5) / rows * (height - 1)
    x = (np.arange(cols) + 0.5) / cols * (width - 1)
    if (height, width) == (rows, cols):
        return field
    if not smooth or (height >= rows and width >= cols):
        return field[np.rint(y).astype(int)[:, None], np.rint(x).astype(int)]
    low_y, low_x = np.minimum(y.astype(int), max(0, height - 2)), np.minimum(x.astype(int), max(0, width - 2))
    high_y, high_x = np.minimum(low_y + 1, height - 1), np.minimum(low_x + 1, width - 1)
    ty, tx = (y - low_y)[:, None], x - low_x
    lower = field[low_y[:, None], low_x] * (1 - tx) + field[low_y[:, None], high_x] * tx
    upper = field[high_y[:, None], low_x] * (1 - tx) + field[high_y[:, None], high_x] * tx
    return lower * (1 - ty) + upper * ty


def pixels(payload: Plane, rows: int, cols: int, ink: Ink) -> np.ndarray:
    """The field's colours (rows, cols, 3) uint8, row 0 at the top; levels are those of the whole field."""
    field = np.asarray(payload.field, float)
    if payload.scale == "class":
        return _regions(field, rows, cols, ink)[::-1]
    sampled = resample(field, rows, cols, smooth=True)
    table = np.array([*ink.levels, ink.ground], np.uint8)
    return table[grade(sampled, edges(field, payload.scale, payload.levels))][::-1]


def _regions(field: np.ndarray, rows: int, cols: int, ink: Ink) -> np.ndarray:
    known = field[np.isfinite(field)]
    ground = np.array(ink.ground, float)
    share = 0.42 if ink.dark else 0.36
    whole = bool(len(known)) and bool(np.all(known == np.round(known)))
    if whole:
        classes = resample(field, rows, cols, smooth=False)
        hues = np.array([mix(ink.ground, ink.hue(k), share) for k in range(len(ink.series))] + [ink.ground])
        index = np.where(np.isfinite(classes), np.nan_to_num(classes, posinf=0, neginf=0).astype(int) % 8, 8)
        return hues[index].astype(np.uint8)
    chance = resample(field, rows, cols, smooth=True)
    ok = np.isfinite(chance)
    step = np.rint(np.clip(np.where(ok, chance, 0.5), 0, 1) * 10) / 10
    first, second = np.array(ink.hue(0), float), np.array(ink.hue(1), float)
    sure = np.abs(2 * step - 1)[..., None]
    hue = np.where((step >= 0.5)[..., None], second, first)
    rgb = ground + (hue - ground) * (0.10 + (share - 0.02) * sure)
    return np.where(ok[..., None], np.rint(rgb), ground).astype(np.uint8)


def draw(
    payload: Plane, width: int, height: int, ink: Ink, words: Callable[[str], str], title: str = ""
) -> Canvas:
    """The plane as a canvas of width × height cells."""
    canvas = Canvas(width, height)
    looks = series.dress(payload.paths, ink)
    legend = series.entries(payload.paths, looks, payload.dots, ink, words)
    if height < 2 or width < 4:
        head(canvas, ink, title, legend)
        return canvas
    at = frame(payload, width, height)
    x_name, y_name = (words(word) if word else "" for word in (payload.x, payload.y))
    aside = f"{ink.sign('up')} {y_name}" if y_name and not axes.beside(at, y_name) else ""
    head(canvas, ink, title, legend, aside)
    layer = series.Layer(at.rows, at.cols, ink)
    below = _field(payload, at, ink)
    for line, look in zip(payload.paths, looks, strict=True):
        mask = raster.path(at.u(line.x), at.v(line.y), at.shape, look.pattern)
        layer.lay(raster.thicken(mask) if look.heavy else mask, pack(look.colour))
    bold = _points(layer, at, payload, looks, ink)
    bg = np.full(layer.chars.shape, NONE, np.int32)
    if below is not None:
        mean = (below[0::2].astype(np.uint16) + below[1::2]) // 2
        _stand_out(layer, mean, ink)
        bg = pack_array(mean)
    inked = layer.chars != " "
    axes.draw(canvas, at, ink, layer.chars, layer.fg, x_name, y_name)
    if below is not None:
        _underlay(canvas, at, ink, below, inked, bg)
    for column, row in bold:
        canvas.style[at.top + row, at.left + column] = 1
    if payload.cursor is not None:
        _crosshair(canvas, at, payload.cursor, ink)
    return canvas


def _field(payload: Plane, at: axes.Frame, ink: Ink) -> np.ndarray | None:
    field = payload.field
    if field is None or np.ndim(field) != 2 or not np.size(field):
        return None
    return pixels(payload, 2 * at.rows, at.cols, ink)


def _stand_out(layer: series.Layer, mean: np.ndarray, ink: Ink) -> None:
    """Move path colours away from field colours too like them, towards white or black."""
    row, column = np.nonzero(layer.chars != " ")
    if not len(row):
        return
    packed = layer.fg[row, column]
    rgb = np.stack([packed >> 16, packed >> 8 & 255, packed & 255], -1).astype(float)
    ground = luminances(mean[row, column].astype(float))
    goal = 255.0 if ink.dark else 0.0
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        moved = rgb + (goal - rgb) * share
        own = luminances(moved)
        ratio = (np.maximum(own, ground) + 0.05) / (np.minimum(own, ground) + 0.05)
        poor = ratio < CLEAR
        if share == 0.0:
            chosen, settled = moved, ~poor
        else:
            take = ~settled
            chosen = np.where(take[:, None], moved, chosen)
            settled |= ~poor
        if settled.all():
            break
    layer.fg[row, column] = pack_array(np.rint(chosen))


def _underlay(
    canvas: Canvas, at: axes.Frame, ink: Ink, rgb: np.ndarray, inked: np.ndarray, mean: np.ndarray
) -> None:
    """Half-blocks of the field in empty cells, its mean colour under inked ones."""
    there = np.s_[at.top : at.top + at.rows, at.left : at.left + at.cols]
    top, bottom = pack_array(rgb[0::2]), pack_array(rgb[1::2])
    same = (top == bottom) | (not ink.narrow)
    half = np.where(same, " ", ink.sign("half"))
    canvas.chars[there] = np.where(inked, canvas.chars[there], half)
    canvas.fg[there] = np.where(inked, canvas.fg[there], np.where(same, NONE, top))
    canvas.bg[there] = np.where(inked, mean, np.where(top == bottom, top, bottom if ink.narrow else mean))


def _points(layer: series.Layer, at: axes.Frame, payload: Plane, looks, ink: Ink) -> list[tuple[int, int]]:
    """Data points by group, then start and end of each path and the marked points; returns the bold cells."""
    for points in payload.dots:
        if not points.mark:
            series.scatter(layer, at, points, ink)
    bold = []
    for line, look in zip(payload.paths, looks, strict=True):
        known = np.flatnonzero(np.isfinite(line.x) & np.isfinite(line.y))
        if line.role in ("ghost", "target", "part", "sum") or not len(known):
            continue
        for k, name in ((known[0], "start"), (known[-1], "now")):
            place = at.cell(float(line.x[k]), float(line.y[k]))
            if place is not None:
                layer.sign(*place, ink.sign(name), pack(look.colour))
                bold.append(place)
    for points in payload.dots:
        if points.mark:
            bold += series.scatter(layer, at, points, ink)
    return bold


def _crosshair(canvas: Canvas, at: axes.Frame, cursor: tuple[float, float], ink: Ink) -> None:
    place = at.cell(*cursor)
    if place is None:
        return
    column, row = place
    arms = [(-2, 0, "rule"), (-1, 0, "rule"), (1, 0, "rule"), (2, 0, "rule"), (0, -1, "bar"), (0, 1, "bar")]
    for dx, dy, name in arms:
        x, y = column + dx, row + dy
        if 0 <= x < at.cols and 0 <= y < at.rows:
            canvas.put(at.left + x, at.top + y, ink.sign(name), ink.accent, bold=True)
    canvas.put(at.left + column, at.top + row, ink.sign("cross"), ink.ground, ink.accent, bold=True)


def inspect(payload: Plane, width: int, height: int, cx: int, cy: int, words: Callable[[str], str]) -> str:
    """The coordinates of the cell, the field's nearest sample with its indices, the point or path there."""
    at = frame(payload, width, height)
    here = at.data(cx, cy)
    if here is None:
        return ""
    names = [words(word) if word else default for word, default in ((payload.x, "x"), (payload.y, "y"))]
    parts = ["  ".join(f"{name} {number.short(v, 4)}" for name, v in zip(names, here, strict=True))]
    if payload.field is not None and np.ndim(payload.field) == 2 and np.size(payload.field):
        rows, cols = payload.field.shape
        i = round((at.rows - 1 - (cy - at.top) + 0.5) / at.rows * (rows - 1))
        j = round((cx - at.left + 0.5) / at.cols * (cols - 1))
        parts.append(f"[{i}, {j}] = {number.short(payload.field[i, j], 4)}")
    for points in payload.dots:
        for k, (x, y) in enumerate(zip(points.x, points.y, strict=True)):
            if at.cell(float(x), float(y)) == (cx - at.left, cy - at.top):
                group = "" if points.group is None else f" ({int(points.group[k])})"
                parts.append(f"{words(points.word)}[{k}]{group}")
                break
    for line in payload.paths:
        u, v = at.u(line.x) // 2, at.v(line.y) // 4
        hits = np.flatnonzero((u == cx - at.left) & (v == at.rows - 1 - (cy - at.top)))
        if len(hits):
            parts.append(f"{words(line.word)}[{int(hits[-1])}]")
    return "  ".join(parts)


def place(payload: Plane, width: int, height: int, cx: int, cy: int, words=str) -> tuple[float, float] | None:
    """Data coordinates in the middle of the cell, None outside the plane."""
    return frame(payload, width, height).data(cx, cy) if width >= 4 and height >= 2 else None
