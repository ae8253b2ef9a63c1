"""Axes and ticks of charts, drawn by plotext into its cell matrix; the only module that knows plotext.

plotext gets one point per inked cell, with our character as its marker, in whole cell coordinates; non-finite
numbers never reach it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from rich.cells import cell_len

from lhytui.draw import number
from lhytui.draw.canvas import NONE, Canvas, pack
from lhytui.draw.ink import Ink

MOST_TICKS = 20


@dataclass(frozen=True)
class Frame:
    """Where a chart's canvas lies and what it shows: limits and ticks are log10 on a log axis.

    The canvas is `cols` × `rows` cells from (left, top); x0 is its left edge, y0 its lower edge.
    """

    left: int
    top: int
    cols: int
    rows: int
    x0: float
    x1: float
    y0: float
    y1: float
    log_x: bool = False
    log_y: bool = False
    axis: bool = True  # whether the x axis and its labels are drawn
    x_ticks: tuple[tuple[float, str], ...] = ()
    y_ticks: tuple[tuple[float, str], ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of sub-cells."""
        return 4 * self.rows, 2 * self.cols

    def u(self, x: np.ndarray) -> np.ndarray:
        """Data x (N,) in sub-columns from the left edge."""
        return (scaled(x, self.log_x) - self.x0) * (2 * self.cols / (self.x1 - self.x0))

    def v(self, y: np.ndarray) -> np.ndarray:
        """Data y (N,) in sub-rows from the lower edge."""
        return (scaled(y, self.log_y) - self.y0) * (4 * self.rows / (self.y1 - self.y0))

    def cells(self, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Which of the data points (N,) lie on the canvas, and their columns and rows (from the top)."""
        height, width = self.shape
        u, v = self.u(x), self.v(y)
        inside = np.flatnonzero((u >= -1e-9) & (u <= width + 1e-9) & (v >= -1e-9) & (v <= height + 1e-9))
        column = np.clip(u[inside] // 2, 0, self.cols - 1).astype(np.int64)
        row = np.clip(v[inside] // 4, 0, self.rows - 1).astype(np.int64)
        return inside, column, self.rows - 1 - row

    def cell(self, x: float, y: float) -> tuple[int, int] | None:
        """The canvas cell (column, row from the top) of a data point, None outside or if not finite."""
        inside, column, row = self.cells(np.array([x], float), np.array([y], float))
        return (int(column[0]), int(row[0])) if len(inside) else None

    def column(self, x: float) -> int | None:
        """The canvas column of a data x, None outside."""
        place = self.cell(x, 10.0**self.y0 if self.log_y else self.y0)
        return None if place is None else place[0]

    def data(self, cx: int, cy: int) -> tuple[float, float] | None:
        """Data coordinates of the middle of a cell of the view, None outside the canvas."""
        column, row = cx - self.left, cy - self.top
        if not (0 <= column < self.cols and 0 <= row < self.rows):
            return None
        x = self.x0 + (column + 0.5) / self.cols * (self.x1 - self.x0)
        y = self.y1 - (row + 0.5) / self.rows * (self.y1 - self.y0)
        return (10.0**x if self.log_x else x), (10.0**y if self.log_y else y)


def scaled(values: np.ndarray, log: bool) -> np.ndarray:
    """The values, or their log10 with NaN where there is none."""
    values = np.asarray(values, float)
    if not log:
        return values
    logs = np.log10(values)
    return np.where(np.isneginf(logs), np.nan, logs)


SMALLEST_SPAN = 1e-290  # below it a tick step is no normal number any more


def linear_ticks(lo: float, hi: float, most: int) -> list[tuple[float, str]]:
    """At most about `most` round values in lo…hi with their labels."""
    span = hi - lo
    if not math.isfinite(span) or span < SMALLEST_SPAN:
        return [(lo, number.short(lo))]
    raw = span / max(1, most)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10, 20) if m * power >= raw * 0.999)
    first, last = math.ceil(lo / step - 1e-9), math.floor(hi / step + 1e-9)
    if last - first > MOST_TICKS or abs(first) > 1e15:
        return [(lo, number.short(lo))]
    if last - first + 1 < min(2, most):
        return linear_ticks(lo, hi, most + 1)
    return [(k * step, number.tick(k * step, step)) for k in range(first, last + 1)]


def log_ticks(lo: float, hi: float, most: int) -> list[tuple[float, str]]:
    """Powers of ten in 10^lo…10^hi (log10 positions), with 2 and 5 between them when fewer than two fit."""
    first, last = math.ceil(lo - 1e-9), math.floor(hi + 1e-9)
    stride = max(1, math.ceil((last - first + 1) / max(1, most)))
    powers = list(range(math.ceil(first / stride) * stride, last + 1, stride))
    if len(powers) > 1:
        return [(float(k), _power_label(k)) for k in powers]
    if hi - lo < 0.3:
        return [
            (math.log10(value), label) for value, label in linear_ticks(10.0**lo, 10.0**hi, most) if value > 0
        ] or [(lo, number.short(10.0**lo))]
    fine = [
        (k + math.log10(m), number.short(m * 10.0**k))
        for k in range(math.floor(lo), last + 1)
        for m in (1, 2, 5)
        if lo - 1e-9 <= k + math.log10(m) <= hi + 1e-9
    ]
    if len(fine) > most:
        fine = [fine[0], fine[-1]] if most > 1 else fine[:1]
    return fine or [(lo, number.short(10.0**lo))]


def _power_label(exponent: int) -> str:
    if -3 <= exponent <= 2:
        return f"{10.0**exponent:.{max(0, -exponent)}f}"
    return {3: "1k", 4: "10k", 5: "100k", 6: "1M"}.get(exponent, f"1e{exponent}")


def layout(
    width: int,
    height: int,
    x_limits: tuple[float, float],
    y_limits: tuple[float, float],
    *,
    log_x: bool = False,
    log_y: bool = False,
    right: int = 0,
) -> Frame:
    """The frame of a chart in a view of width × height cells: row 0 is the legend's, `right` columns free.

    Limits are log10 on a log axis, finite, and lower before upper.
    """
    axis = height >= 8
    rows = max(1, height - 1 - 2 * axis)
    most = max(2, rows // 3)
    y_ticks = (log_ticks if log_y else linear_ticks)(*y_limits, most)
    while len(y_ticks) > max(2, rows // 2):
        y_ticks = y_ticks[::2]
    label = max(len(text) for _, text in y_ticks)
    if width - label - 1 - right < max(6, width // 3):
        y_ticks, label = [(y_limits[0], "")], 0
    cols = max(1, width - label - 1 - right)
    x_ticks: list[tuple[float, str]] = []
    if axis:
        x_ticks = (log_ticks if log_x else linear_ticks)(*x_limits, max(2, cols // 12))
    ticks = tuple(x_ticks), tuple(y_ticks)
    return Frame(label + 1, 1, cols, rows, *x_limits, *y_limits, log_x, log_y, axis, *ticks)


def widen(lo: float, hi: float, share: float) -> tuple[float, float]:
    """An interval around lo…hi with `share` of its length added at both ends; 0…1 if they are not finite."""
    if not (math.isfinite(lo) and math.isfinite(hi)):
        return 0.0, 1.0
    lo, hi = max(min(lo, hi), -1e300), min(max(lo, hi), 1e300)
    if hi - lo <= 1e-12 * max(abs(lo), abs(hi), 1e-300):
        room = 0.5 if lo == 0 else abs(lo) * 0.1
        return lo - room, hi + room
    return lo - share * (hi - lo), hi + share * (hi - lo)


def beside(frame: Frame, name: str) -> bool:
    """Whether the name of the y axis fits above its labels; else the legend row shows it."""
    top = frame.y1 - (frame.y1 - frame.y0) / frame.rows
    return 0 < cell_len(name) < frame.left and all(y < top for y, text in frame.y_ticks if text)


def draw(
    canvas: Canvas,
    frame: Frame,
    ink: Ink,
    chars: np.ndarray,
    fg: np.ndarray,
    x_name: str = "",
    y_name: str = "",
) -> None:
    """Put axes, tick labels and the characters (rows, cols; " ": empty) in packed colours on the canvas.

    The name of the x axis takes the right end of its labels, that of the y axis the place above its labels.
    """
    end = canvas.width - cell_len(x_name) - 1 if frame.axis and 0 < cell_len(x_name) <= frame.cols // 3 else 0
    x_ticks = []
    for x, text in frame.x_ticks:
        at = _index((x - frame.x0) / (frame.x1 - frame.x0), frame.cols)
        if not end or min(frame.left + at + (len(text) + 1) // 2, frame.left + frame.cols) <= end:
            x_ticks.append((at, text))
    cells = _matrix(frame, chars, x_ticks)
    if not ink.narrow:
        edge = np.ones(cells.shape, bool)
        edge[: frame.rows, frame.left :] = False
        cells[edge] = [ink.axis(char) for char in cells[edge]]
    colours = np.full(cells.shape, pack(ink.dim), np.int32)
    colours[: frame.rows, frame.left - 1] = pack(ink.faint)
    if frame.axis:
        colours[frame.rows, frame.left - 1 :] = pack(ink.faint)
    inked = fg != NONE
    colours[: frame.rows, frame.left :][inked] = fg[inked]
    canvas.paint(0, frame.top, cells, colours)
    if end:
        canvas.put(end + 1, frame.top + frame.rows + 1, x_name, ink.dim)
    if beside(frame, y_name):
        canvas.put(frame.left - 1 - cell_len(y_name), frame.top, y_name, ink.dim)


def _matrix(frame: Frame, chars: np.ndarray, x_ticks: list[tuple[int, str]]) -> np.ndarray:
    """The characters of the chart with its axes (rows, cols of the whole chart), as plotext sets them."""
    import plotext as plt

    plt.clear_figure()
    plt.limit_size(False, False)
    plt.plotsize(frame.left + frame.cols, frame.rows + 2 * frame.axis)
    plt.xaxes(frame.axis, False)
    plt.yaxes(True, False)
    plt.xlim(0, max(1, frame.cols - 1))
    plt.ylim(0, max(1, frame.rows - 1))
    levels = [_index((y - frame.y0) / (frame.y1 - frame.y0), frame.rows) for y, _ in frame.y_ticks]
    if frame.axis:
        plt.xticks([at for at, _ in x_ticks] or [0], [text for _, text in x_ticks] or [" "])
    else:
        plt.xticks([], [])
    plt.yticks(levels, [text for _, text in frame.y_ticks])
    row, column = np.nonzero(chars != " ")
    # plotext sets up its axes by the first signal: a blank marker is one for an empty chart
    columns, rows = column.tolist() or [0], (frame.rows - 1 - row).tolist() or [0]
    plt.scatter(columns, rows, marker=chars[row, column].tolist() or [" "], color="default")
    figure = plt.main()
    figure._set_sizes()
    figure._build_matrix()
    return np.array(figure.monitor.matrix.marker[::-1], object)


def _index(share: float, count: int) -> int:
    return max(0, min(int(share * count + 1e-9), count - 1))
