"""A tensor of three axes as slices side by side, cells that belong together in the accent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from rich.cells import cell_len

from lessons.views import Cube
from lhytui.draw.canvas import BOLD, Canvas, pack, pack_array
from lhytui.draw.grid import texts
from lhytui.draw.ink import Ink, on
from lhytui.draw.legend import head
from lhytui.text.fit import cut, pad

GAP = 2
WIDEST, TALLEST = 10, 3


@dataclass(frozen=True)
class Layout:
    """Slices of rows × cols cells, each cell `wide` × `tall` (0: two rows in one), `across` in a band."""

    label: int
    left: int
    wide: int
    tall: int
    across: int
    heads: int  # rows above a slice: its name, the names of its columns
    first: int
    shown: int
    row: int
    rows: int
    col: int
    cols: int
    numbers: bool

    @property
    def high(self) -> int:
        """Screen rows of one slice without its heads."""
        return -(-self.rows // 2) if self.tall == 0 else self.rows * self.tall

    def corner(self, k: int) -> tuple[int, int]:
        """The upper left cell of the k-th shown slice."""
        band, at = divmod(k, self.across)
        return (
            self.left + at * (self.cols * self.wide + GAP),
            1 + self.heads + band * (self.high + self.heads),
        )


def _arrange(payload: Cube, width: int, height: int, words: Callable[[str], str]) -> Layout | None:
    values = np.asarray(payload.values, float)
    if values.ndim != 3 or not values.size or height < 2:
        return None
    count, rows, cols = values.shape
    margin = 1 if width > 24 else 0
    label = min(max((cell_len(words(t)) for t in payload.rows), default=0), max(2, width // 5))
    left = margin + (label + 1 if label else 0)
    room = max(1, width - left - margin)
    few = 3 * cols <= room and rows < height and values.size <= 4000  # else numbers have no room at all
    need = max(len(t) for t in texts(values, payload.digits)) + 1 if few else room + 1
    chosen = payload.chosen or (0, 0, 0)

    def fit(wide: int, tall: int, heads: int) -> Layout:
        seen = min(cols, max(1, room // wide))
        across = max(1, (room + GAP) // (seen * wide + GAP))
        below = height - 1
        lines = min(rows, max(1, below - heads) * (2 if tall == 0 else 1) // max(1, tall))
        lines = max(1, lines)
        high = -(-lines // 2) if tall == 0 else lines * tall
        down = max(1, below // (high + heads))
        shown = min(count, across * down)
        first = max(0, min(chosen[0] - shown // 2, count - shown))
        row = max(0, min(chosen[1] - lines // 2, rows - lines))
        col = max(0, min(chosen[2] - seen // 2, cols - seen))
        numbers = tall > 0 and wide >= need
        return Layout(
            label, left, wide, tall, min(across, count), heads, first, shown, row, lines, col, seen, numbers
        )

    whole = lambda at: at.shown == count and at.rows == rows and at.cols == cols
    named = 1 + bool(payload.cols)
    longest = max((cell_len(words(t)) for t in payload.cols), default=0)
    sizes = [
        (wide, tall) for wide in range(max(need, WIDEST), need - 1, -1) for tall in range(TALLEST, 0, -1)
    ]
    sizes.sort(key=lambda size: (size[1], size[0]), reverse=True)
    sizes += [(w, t) for w, t in ((6, 3), (4, 2), (3, 1), (2, 1), (1, 1), (2, 0), (1, 0)) if w < need]
    for heads in range(named, -1, -1) if height > 3 else (0,):
        for wide, tall in sizes:
            if heads > 1 and wide < min(longest + 1, 4):
                continue
            at = fit(wide, tall, heads)
            if whole(at) and (heads <= 1 or at.tall > 0):
                return at
    return fit(1, 0, 1 if height > 4 else 0)


def grounds(payload: Cube, ink: Ink) -> np.ndarray:
    """Colours (S, R, C, 3) uint8 of all cells: by value, those marked in shades of the accent, the rest pale."""
    values = np.asarray(payload.values, float)
    known = values[np.isfinite(values)]
    if payload.marked is None:
        if payload.diverging:
            most = float(np.abs(known).max()) if len(known) else 0.0
            return ink.signed(values / most if most else values * 0)
        lo, hi = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
        return ink.ramp((values - lo) / (hi - lo) if hi > lo else np.where(np.isfinite(values), 0.5, np.nan))
    size = np.abs(values) if payload.diverging else values - (known.min() if len(known) else 0)
    most = size[np.isfinite(size)].max(initial=0)
    share = np.clip(np.nan_to_num(size / most if most else size * 0, posinf=1), 0, 1)[..., None]
    marked = np.asarray(payload.marked, bool)[..., None]
    ground, accent, text = (np.array(c, float) for c in (ink.ground, ink.accent, ink.text))
    rgb = ground + np.where(
        marked, (0.40 + 0.6 * share) * (accent - ground), (0.06 + 0.2 * share) * (text - ground)
    )
    return np.rint(rgb).astype(np.uint8)


def draw(
    payload: Cube, width: int, height: int, ink: Ink, words: Callable[[str], str], title: str = ""
) -> Canvas:
    """The slices as a canvas of width × height cells."""
    canvas = Canvas(width, height)
    at = _arrange(payload, width, height, words)
    if at is None:
        head(canvas, ink, title)
        return canvas
    values = np.asarray(payload.values, float)
    shape = ink.sign("times").join(str(n) for n in values.shape)
    if at.shown < len(values):
        shape = f"[{at.first}:{at.first + at.shown}] / {shape}"
    axes = [
        (ink.sign("down"), words(payload.axes[1]), ink.dim),
        (ink.sign("right"), words(payload.axes[2]), ink.dim),
    ]
    head(canvas, ink, title, [entry for entry in axes if entry[1]], shape)
    rgb = grounds(payload, ink)
    for k in range(at.shown):
        _slice(canvas, payload, at, k, rgb[at.first + k], ink)
        _names(canvas, payload, at, k, ink, words)
    return canvas


def _slice(canvas: Canvas, payload: Cube, at: Layout, k: int, rgb: np.ndarray, ink: Ink) -> None:
    """The cells of one slice with their numbers."""
    x, y = at.corner(k)
    s = at.first + k
    rgb = rgb[at.row : at.row + at.rows, at.col : at.col + at.cols]
    if at.tall == 0:
        if len(rgb) % 2:
            rgb = np.concatenate([rgb, np.full((1, *rgb.shape[1:]), ink.ground, np.uint8)])
        rgb = np.repeat(rgb, at.wide, 1)
        if ink.narrow:
            signs = np.full((len(rgb) // 2, rgb.shape[1]), ink.sign("half"), object)
            canvas.paint(x, y, signs, pack_array(rgb[0::2]), pack_array(rgb[1::2]))
        else:
            mean = pack_array((rgb[0::2].astype(np.uint16) + rgb[1::2]) // 2)
            canvas.paint(x, y, np.full(mean.shape, " ", object), mean, mean)
        return
    values = np.asarray(payload.values, float)[s, at.row : at.row + at.rows, at.col : at.col + at.cols]
    shown = iter(texts(values, payload.digits, at.wide - 1) if at.numbers else [""] * values.size)
    marked = None if payload.marked is None else np.asarray(payload.marked, bool)[s]
    for i in range(at.rows):
        for j in range(at.cols):
            ground, text = tuple(rgb[i, j].tolist()), next(shown)
            cx, cy = x + j * at.wide, y + i * at.tall
            chosen = payload.chosen == (s, at.row + i, at.col + j)
            canvas.fill(cx, cy, at.wide, at.tall, ink.text if chosen else ground)
            bold = chosen or (marked is not None and bool(marked[at.row + i, at.col + j]))
            canvas.put(
                cx + (at.wide - len(text) + 1) // 2,
                cy + (at.tall - 1) // 2,
                text,
                on(ink.text if chosen else ground),
                bold=bold,
                width=at.wide,
            )
            if chosen and not text and 0 <= cy < canvas.height and cx < canvas.width:
                canvas.style[cy, cx] = BOLD
                canvas.fg[cy, cx] = pack(on(ink.text))


def _names(canvas: Canvas, payload: Cube, at: Layout, k: int, ink: Ink, words: Callable[[str], str]) -> None:
    """Above a slice its name and those of its columns, left of each band those of the rows."""
    x, y = at.corner(k)
    s, more = at.first + k, ink.sign("more")
    chosen = payload.chosen or (-1, -1, -1)
    size = at.cols * at.wide + GAP - 1
    if at.heads:
        name = (
            words(payload.slices[s]) if s < len(payload.slices) else f"{words(payload.axes[0])} {s}".strip()
        )
        name = name if cell_len(name) <= size or s < len(payload.slices) else str(s)
        here = s == chosen[0]
        name = cut(name, size, more)
        canvas.put(x, y - at.heads, name, ink.accent if here else ink.text, bold=here, width=size)
    if at.heads > 1:
        for j in range(at.cols):
            if at.col + j < len(payload.cols):
                here = at.col + j == chosen[2] and s == chosen[0]
                name = cut(
                    words(payload.cols[at.col + j]), at.wide - (at.wide > 3), more if at.wide > 3 else ""
                )
                shift = max(0, (at.wide - cell_len(name) + 1) // 2)
                canvas.put(
                    x + j * at.wide + shift, y - 1, name, ink.accent if here else ink.dim, width=at.wide
                )
    if at.label and k % at.across == 0:
        left = 1 if canvas.width > 24 else 0
        for i in range(0, at.rows, 2 if at.tall == 0 else 1):
            if at.row + i < len(payload.rows):
                down = i // 2 if at.tall == 0 else i * at.tall + (at.tall - 1) // 2
                name = pad(words(payload.rows[at.row + i]), at.label, True, more)
                canvas.put(left, y + down, name, ink.accent if at.row + i == chosen[1] else ink.dim)


def cell(payload: Cube, width: int, height: int, cx: int, cy: int, words=str) -> tuple[int, int, int] | None:
    """(slice, row, column) under the cell, None outside; of two rows in one cell the upper."""
    at = _arrange(payload, width, height, words)
    if at is None or not (0 <= cx < width and 0 <= cy < height):
        return None
    for k in range(at.shown):
        x, y = at.corner(k)
        if x <= cx < x + at.cols * at.wide and y <= cy < y + at.high:
            i = 2 * (cy - y) if at.tall == 0 else (cy - y) // at.tall
            return at.first + k, at.row + i, at.col + (cx - x) // at.wide
    return None


def place(payload: Cube, width: int, height: int, cx: int, cy: int, words=str) -> tuple[int, int] | None:
    """(slice, row × columns + column) under the cell, None outside."""
    there = cell(payload, width, height, cx, cy, words)
    return None if there is None else (there[0], there[1] * np.shape(payload.values)[2] + there[2])


def inspect(payload: Cube, width: int, height: int, cx: int, cy: int, words: Callable[[str], str]) -> str:
    """Tensor, indices and value, with the names of slice, row and column."""
    there = cell(payload, width, height, cx, cy, words)
    if there is None:
        return ""
    return "  ".join(_told(payload, width, height, there, words))


def _told(payload: Cube, width: int, height: int, there, words: Callable[[str], str]) -> Iterator[str]:
    s, i, j = there
    at = _arrange(payload, width, height, words)
    values = payload.values
    for k in [i] if at is None or at.tall or i + 1 >= np.shape(values)[1] else [i, i + 1]:
        yield f"{payload.tensor}[{s}, {k}, {j}] = {values[s, k, j]:.5g}"
    named = zip((payload.slices, payload.rows, payload.cols), there, payload.axes, strict=True)
    yield (
        "("
        + " · ".join(words(names[n]) if n < len(names) else f"{words(axis)} {n}" for names, n, axis in named)
        + ")"
    )
