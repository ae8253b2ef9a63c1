"""Axes and ticks of charts, drawn by plotext into its cell matrix; the only module that knows plotext.

plotext gets one point per inked cell, with our character as its marker, in whole cell coordinates; non-finite
numbers never reach it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

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
        with np.errstate(over="ignore", invalid="ignore"):
            return (scaled(y, self.log_y) - self.y0) * (4 * self.rows / (self.y1 - self.y0))

    def cell(self, x: float, y: float) -> tuple[int, int] | None:
        """The canvas cell (column, row from the top) of a data point, None outside or if not finite."""
        u, v = float(self.u(np.array([x], float))[0]), float(self.v(np.array([y], float))[0])
        if not (math.isfinite(u) and math.isfinite(v) and -1e-9 <= u <= self.shape[1] + 1e-9):
            return None
        if not -1e-9 <= v <= self.shape[0] + 1e-9:
            return None
        column = max(0, min(int(u // 2), self.cols - 1))
        row = max(0, min(int(v // 4), self.rows - 1))
        return column, self.rows - 1 - row

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
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log10(values)
    return np.where(np.isneginf(logs), np.nan, logs)


def linear_ticks(lo: float, hi: float, most: int) -> list[tuple[float, str]]:
    """At most about `most` round values in lo…hi with their labels."""
    span = hi - lo
    if not math.isfinite(span) or span <= 0:
        return [(lo, number.short(lo))]
    raw = span / max(1, most)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 2.5, 5, 10, 20) if m * power >= raw * 0.999)
    first, last = math.ceil(lo / step - 1e-9), math.floor(hi / step + 1e-9)
    if last - first > MOST_TICKS or abs(first) > 1e15:
        return [(lo, number.short(lo))]
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
    if -4 <= exponent <= 3:
        return f"{10.0**exponent:.{max(0, -exponent)}f}" if exponent < 3 else "1k"
    return {4: "10k", 5: "100k", 6: "1M"}.get(exponent, f"1e{exponent}")


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
    """The frame of a chart in a view of width × height cells: row 0 is the legend's, `right` columns are free.

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
    frame = Frame(
        label + 1, 1, cols, rows, *x_limits, *y_limits, log_x, log_y, axis, tuple(x_ticks), tuple(y_ticks)
    )  # fmt: skip
    return frame


def draw(canvas: Canvas, frame: Frame, ink: Ink, chars: np.ndarray, fg: np.ndarray) -> None:
    """Put axes, tick labels and the characters (rows, cols; " ": empty) in packed colours on the canvas."""
    import plotext as plt

    width, height = frame.left + frame.cols, frame.rows + 2 * frame.axis
    plt.clear_figure()
    plt.limit_size(False, False)
    plt.plotsize(width, height)
    plt.xaxes(frame.axis, False)
    plt.yaxes(True, False)
    plt.xlim(0, max(1, frame.cols - 1))
    plt.ylim(0, max(1, frame.rows - 1))
    span_x, span_y = frame.x1 - frame.x0, frame.y1 - frame.y0
    columns = [_index((x - frame.x0) / span_x, frame.cols) for x, _ in frame.x_ticks]
    levels = [_index((y - frame.y0) / span_y, frame.rows) for y, _ in frame.y_ticks]
    plt.xticks(columns or [0], [text for _, text in frame.x_ticks] or ([" "] if frame.axis else []))
    plt.yticks(levels, [text for _, text in frame.y_ticks])
    row, column = np.nonzero(chars != " ")
    marker = chars[row, column].tolist()
    # plotext sets up its axes by the first signal; a blank marker is one for an empty chart
    plt.scatter(
        column.tolist() or [0],
        (frame.rows - 1 - row).tolist() or [0],
        marker=marker or [" "],
        color="default",
    )
    figure = plt.main()
    figure._set_sizes()
    figure._build_matrix()
    matrix = figure.monitor.matrix
    cells = np.array(matrix.marker[::-1], object)
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


def _index(share: float, count: int) -> int:
    return max(0, min(int(share * count + 1e-9), count - 1))
