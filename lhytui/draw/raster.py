"""Polylines and points as masks of sub-cells (four rows and two columns a cell), masks as characters.

Sub-cell coordinates are floats: u from 0 (left edge) to 2·cols, v from 0 (bottom edge) to 4·rows. Masks are
(4·rows, 2·cols) booleans with row 0 at the bottom; character blocks are (rows, cols) with row 0 at the top.
"""

from __future__ import annotations

import numpy as np

FAR = 1e7  # coordinates are clipped here: beyond every canvas, and still exact enough to interpolate

# Dash patterns: which sub-cells along a line are inked. Names in the order in which series take them.
PATTERNS: dict[str, tuple[int, ...]] = {
    "solid": (1,),
    "dash": (1, 1, 1, 1, 0, 0, 0),
    "dot": (1, 0, 0),
    "dash-dot": (1, 1, 1, 1, 1, 0, 0, 1, 0, 0),
    "long": (1, 1, 1, 1, 1, 1, 0, 0),
    "pair": (1, 1, 0, 1, 1, 0, 0, 0),
    "sparse": (1, 0, 0, 0, 0),
}

_BITS = np.array([[0x40, 0x80], [0x04, 0x20], [0x02, 0x10], [0x01, 0x08]], np.uint8)  # row 0: bottom


def _quadrant(code: int) -> str:
    upper_left, upper_right = code & 0x03, code & 0x18
    lower_left, lower_right = code & 0x44, code & 0xA0
    index = bool(upper_left) | bool(upper_right) << 1 | bool(lower_left) << 2 | bool(lower_right) << 3
    return " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"[index]


def _ascii(code: int) -> str:
    rows = [bool(code & bits) for bits in (0x09, 0x12, 0x24, 0xC0)]  # top to bottom
    if not any(rows):
        return " "
    if bin(code).count("1") >= 6:
        return "#"
    if sum(rows) == 1:
        return "'--."[rows.index(True)]
    if sum(rows) >= 3:
        return "|"
    return {(0, 1): "'", (2, 3): ".", (1, 2): "-"}.get(tuple(i for i in range(4) if rows[i]), ":")


GLYPHS = {
    "braille": np.array([" "] + [chr(0x2800 + code) for code in range(1, 256)], object),
    "quadrant": np.array([_quadrant(code) for code in range(256)], object),
    "ascii": np.array([_ascii(code) for code in range(256)], object),
}


def codes(mask: np.ndarray) -> np.ndarray:
    """The mask (4·rows, 2·cols) as one uint8 a cell (rows, cols), top row first: the braille bits."""
    rows, cols = mask.shape[0] // 4, mask.shape[1] // 2
    parts = mask.reshape(rows, 4, cols, 2).astype(np.uint8) * _BITS[None, :, None, :]
    return np.bitwise_or.reduce(np.bitwise_or.reduce(parts, axis=3), axis=1)[::-1]


def glyphs(code: np.ndarray, name: str = "braille") -> np.ndarray:
    """The characters (object array of the same shape) of cell codes in a glyph set."""
    return GLYPHS[name][code]


def _inked(pattern: str, phase: np.ndarray) -> np.ndarray:
    dashes = np.array(PATTERNS[pattern], bool)
    return dashes[phase % len(dashes)]


def graph(u: np.ndarray, v: np.ndarray, shape: tuple[int, int], pattern: str = "solid") -> np.ndarray:
    """The mask of a curve whose u never falls: in each sub-column all between its least and greatest value.

    u, v (N,); non-finite v are gaps. One pass over the points whatever their number (min–max bucketing).
    """
    height, width = shape
    mask = np.zeros(shape, bool)
    u, v = np.asarray(u, float), np.asarray(v, float)
    known = np.isfinite(u)
    u, v = u[known], np.where(np.isfinite(v[known]), np.clip(v[known], -FAR, FAR), np.nan)
    if not len(u):
        return mask
    column = np.minimum(
        np.floor(np.clip(u, -1, width + 1)).astype(np.int64), np.where(u <= width, width - 1, width)
    )
    lo, hi = np.full(width, np.nan), np.full(width, np.nan)
    inside = (column >= 0) & (column < width) & ~np.isnan(v)
    if inside.any():
        at, values = column[inside], v[inside]
        starts = np.flatnonzero(np.diff(at, prepend=-1))
        lo[at[starts]] = np.minimum.reduceat(values, starts)
        hi[at[starts]] = np.maximum.reduceat(values, starts)
    if len(u) > 1:
        centre = np.interp(np.arange(width) + 0.5, u, v, left=np.nan, right=np.nan)
        lo = np.where(np.isnan(lo), centre, lo)
        hi = np.where(np.isnan(hi), centre, hi)
    drawn = ~np.isnan(lo)
    low = np.floor(np.clip(np.nan_to_num(lo, nan=-5), -5, height + 5)).astype(np.int64)
    high = np.floor(np.clip(np.nan_to_num(hi, nan=-5), -5, height + 5)).astype(np.int64)
    low, high = np.where(lo == height, height - 1, low), np.where(hi == height, height - 1, high)
    if width > 1 and len(u) > 1:
        border = np.interp(np.arange(1, width), u, v, left=np.nan, right=np.nan)
        joined = drawn[1:] & drawn[:-1] & ~np.isnan(border)
        left_low, left_high, right_low, right_high = (
            low[:-1].copy(),
            high[:-1].copy(),
            low[1:].copy(),
            high[1:].copy(),
        )
        rise = joined & (right_low > left_high + 1)
        middle = (left_high + right_low) // 2
        high[:-1] = np.where(rise, np.maximum(high[:-1], middle), high[:-1])
        low[1:] = np.where(rise, np.minimum(low[1:], middle + 1), low[1:])
        fall = joined & (left_low > right_high + 1)
        middle = (left_low + right_high) // 2
        low[:-1] = np.where(fall, np.minimum(low[:-1], middle + 1), low[:-1])
        high[1:] = np.where(fall, np.maximum(high[1:], middle), high[1:])
    if pattern != "solid":  # a steep stroke is never swallowed by a gap
        drawn &= _inked(pattern, np.arange(width)) | (high - low > 8)
    level = np.arange(height)[:, None]
    return (level >= low) & (level <= high) & drawn


def path(u: np.ndarray, v: np.ndarray, shape: tuple[int, int], pattern: str = "solid") -> np.ndarray:
    """The mask of any polyline, each segment clipped to the canvas; non-finite points are gaps."""
    height, width = shape
    mask = np.zeros(shape, bool)
    u, v = np.asarray(u, float), np.asarray(v, float)
    u = np.where(np.isfinite(u), np.clip(u, -FAR, FAR), np.nan)
    v = np.where(np.isfinite(v), np.clip(v, -FAR, FAR), np.nan)
    if len(u) > 2:  # points that stay in their sub-cell add nothing
        iu, iv = np.floor(u), np.floor(v)
        moved = np.ones(len(u), bool)
        moved[1:-1] = (iu[1:-1] != iu[:-2]) | (iv[1:-1] != iv[:-2])
        u, v = u[moved], v[moved]
    plot(mask, u[-1:], v[-1:])
    if len(u) < 2:
        return mask
    alone = ~np.isnan(u) & np.r_[True, np.isnan(u[:-1] + v[:-1])] & np.r_[np.isnan(u[1:] + v[1:]), True]
    plot(mask, u[alone], v[alone])
    start, stop = _clip(u[:-1], v[:-1], u[1:], v[1:], width, height)
    du, dv = np.diff(u), np.diff(v)
    keep = start <= stop
    u0, v0, du, dv, start, stop = u[:-1][keep], v[:-1][keep], du[keep], dv[keep], start[keep], stop[keep]
    reach = (stop - start) * np.maximum(np.abs(du), np.abs(dv))
    count = np.ceil(1.05 * reach).astype(np.int64) + 1  # less than a sub-cell apart: rounding leaves no gap
    if not len(count):
        return mask
    first = np.cumsum(count) - count
    total = int(first[-1] + count[-1])
    segment = np.repeat(np.arange(len(count)), count)
    along = (np.arange(total) - first[segment]) / np.maximum(count - 1, 1)[segment]
    t = start[segment] + along * (stop - start)[segment]
    us, vs = u0[segment] + t * du[segment], v0[segment] + t * dv[segment]
    if pattern != "solid":
        length = np.cumsum(reach) - reach
        phase = np.floor(length[segment] + along * reach[segment]).astype(np.int64)
        inked = _inked(pattern, phase)
        us, vs = us[inked], vs[inked]
    plot(mask, us, vs)
    return mask


def _clip(u0, v0, u1, v1, width, height):
    """The part [start, stop] of each segment inside the canvas (Liang & Barsky 1984); start > stop: none."""
    start, stop = np.zeros(len(u0)), np.ones(len(u0))
    for delta, near, far in ((u1 - u0, -u0, width - u0), (v1 - v0, -v0, height - v0)):
        enter, leave = near / delta, far / delta
        enter, leave = np.minimum(enter, leave), np.maximum(enter, leave)
        still = delta == 0
        outside = still & ((near > 0) | (far < 0))
        start = np.where(still, start, np.maximum(start, enter))
        stop = np.where(outside, -1.0, np.where(still, stop, np.minimum(stop, leave)))
    return np.where(np.isnan(start + stop), 2.0, start), np.where(np.isnan(start + stop), 1.0, stop)


def plot(mask: np.ndarray, u: np.ndarray, v: np.ndarray) -> None:
    """Ink the sub-cells of the points that lie on the canvas; its upper and right edge belong to it."""
    height, width = mask.shape
    inside = (u >= 0) & (u <= width) & (v >= 0) & (v <= height)
    column = np.minimum(u[inside].astype(np.int64), width - 1)
    row = np.minimum(v[inside].astype(np.int64), height - 1)
    mask[row, column] = True


def thicken(mask: np.ndarray) -> np.ndarray:
    """The mask and the sub-row above it: a heavier line."""
    heavy = mask.copy()
    heavy[1:] |= mask[:-1]
    return heavy


def sample(pattern: str, cells: int, name: str, heavy: bool = False) -> str:
    """A stretch of a line in its dash pattern for the legend, `cells` wide."""
    mask = np.zeros((4, 2 * cells), bool)
    mask[1] = _inked(pattern, np.arange(2 * cells))
    if heavy:
        mask[2] = mask[1]
    return "".join(glyphs(codes(mask), name)[0])
