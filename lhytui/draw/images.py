"""Pictures in half-block pixels, as many as fit, with captions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from rich.cells import cell_len

from lessons.views import Images
from lhytui.draw import number
from lhytui.draw.canvas import Canvas, pack, pack_array
from lhytui.draw.ink import Ink
from lhytui.draw.legend import head
from lhytui.text.fit import cut

FEW = 4  # pictures are shrunk until at least so many fit
LARGEST = 8  # screen pixels a picture pixel


@dataclass(frozen=True)
class Layout:
    """Pictures of `wide` × `tall` cells, `across` in a row, from `first`; pixels `shrink` or `grow`."""

    wide: int
    tall: int
    across: int
    down: int
    first: int
    shown: int
    shrink: int
    grow: int
    caption: int
    left: int

    def corner(self, k: int) -> tuple[int, int]:
        """The upper left cell of the k-th shown picture."""
        return (
            self.left + k % self.across * (self.wide + 2),
            1 + k // self.across * (self.tall + self.caption + (0 if self.caption else 1)),
        )


def _arrange(payload: Images, width: int, height: int) -> Layout | None:
    images = np.asarray(payload.images)
    if images.ndim != 3 or not images.size:
        return None
    count, rows, cols = images.shape
    caption = 1 if any(payload.captions) and height >= 5 else 0
    left = 1 if width > 24 else 0

    def fit(shrink: int, grow: int) -> Layout:
        wide = max(1, -(-cols // shrink) * grow)
        tall = max(1, -(-(-(-rows // shrink) * grow) // 2))
        across = max(1, (width - left + 2) // (wide + 2))
        down = max(1, (height - 1 + (0 if caption else 1)) // (tall + caption + (0 if caption else 1)))
        capacity = across * down
        shown = count if capacity >= count else max(1, capacity)
        if shown < count and across == 1 and down == 1:
            shown = 1
        first = max(0, min(payload.chosen - shown // 2, count - shown)) if payload.chosen >= 0 else 0
        return Layout(wide, tall, across, down, first, shown, shrink, grow, caption, left)

    def whole(at: Layout) -> bool:
        return at.wide <= width - left and at.tall + at.caption <= height - 1

    for grow in range(LARGEST, 1, -1):
        at = fit(1, grow)
        if whole(at) and at.across * at.down >= count:
            return at
    best = None
    for shrink in range(1, max(rows, cols) + 1):
        at = fit(shrink, 1)
        if not whole(at):
            continue
        if at.shown >= min(count, FEW):
            return at
        if -(-rows // shrink) < 10 and best is not None:
            break
        if best is None or at.shown > best.shown:
            best = at
    return best


def boxes(image: np.ndarray, size: int) -> np.ndarray:
    """The picture (h, w) averaged over boxes of size × size pixels; those at the far edges are smaller."""
    if size == 1:
        return image
    height, width = image.shape
    rows, cols = np.arange(0, height, size), np.arange(0, width, size)
    total = np.add.reduceat(np.add.reduceat(image, rows, 0), cols, 1)
    count = np.minimum(size, height - rows)[:, None] * np.minimum(size, width - cols)
    return total / count


def tones(payload: Images, images: np.ndarray, ink: Ink) -> np.ndarray:
    """Colours (…, 3) uint8 of pictures: grey from 0 (the darkest) to 255, or signed about zero."""
    whole = np.asarray(payload.images)
    if payload.diverging:
        known = whole[np.isfinite(whole)]
        most = float(np.abs(known).max()) if len(known) else 0.0
        return ink.signed(images / most if most else images * 0)
    if whole.dtype == np.uint8:
        lo, hi = 0.0, 255.0
    else:
        known = whole[np.isfinite(whole)]
        lo, hi = (min(0.0, float(known.min())), float(known.max())) if len(known) else (0.0, 1.0)
        hi = 1.0 if lo >= 0 and 0.5 < hi <= 1 else hi
    share = np.clip(np.nan_to_num((images - lo) / (hi - lo) if hi > lo else images * 0), 0, 1)
    grey = np.rint(255 * share).astype(np.uint8)
    return np.repeat(grey[..., None], 3, -1)


def draw(
    payload: Images, width: int, height: int, ink: Ink, words: Callable[[str], str], title: str = ""
) -> Canvas:
    """The pictures as a canvas of width × height cells."""
    canvas = Canvas(width, height)
    at = _arrange(payload, width, height)
    if at is None:
        head(canvas, ink, title)
        return canvas
    count = len(payload.images)
    head(canvas, ink, title, (), f"+{count - at.shown}" if at.shown < count else "")
    for k in range(at.shown):
        index = at.first + k
        rgb = tones(payload, boxes(np.asarray(payload.images[index], float), at.shrink), ink)
        rgb = np.repeat(np.repeat(rgb, at.grow, 0), at.grow, 1)
        if len(rgb) % 2:
            edge = np.full((1, *rgb.shape[1:]), ink.ground, np.uint8)
            rgb = np.concatenate([rgb, edge])
        x, y = at.corner(k)
        _blocks(canvas, x, y, rgb, ink)
        chosen = index == payload.chosen
        if chosen:
            _frame(canvas, at, x, y, ink)
        if at.caption and index < len(payload.captions):
            text = cut(words(payload.captions[index]), at.wide + 1, ink.sign("more"))
            shift = max(0, (at.wide - cell_len(text)) // 2)
            canvas.put(x + shift, y + at.tall, text, ink.accent if chosen else ink.dim, bold=chosen)
    return canvas


def _blocks(canvas: Canvas, x: int, y: int, rgb: np.ndarray, ink: Ink) -> None:
    top, bottom = pack_array(rgb[0::2]), pack_array(rgb[1::2])
    if ink.narrow:
        same = top == bottom
        canvas.paint(x, y, np.where(same, " ", ink.sign("half")), top, bottom)
    else:
        mean = pack_array((rgb[0::2].astype(np.uint16) + rgb[1::2]) // 2)
        canvas.paint(x, y, np.full(top.shape, " ", object), top, mean)


def _frame(canvas: Canvas, at: Layout, x: int, y: int, ink: Ink) -> None:
    """A bar on both sides of the chosen picture."""
    for row in range(y, y + at.tall):
        for column, name in ((x - 1, "right-half"), (x + at.wide, "left-half")):
            if 0 <= column < canvas.width and 0 <= row < canvas.height:
                canvas.chars[row, column] = ink.sign(name)
                canvas.fg[row, column] = pack(ink.accent)


def _spot(payload: Images, width: int, height: int, cx: int, cy: int) -> tuple[int, int, int, Layout] | None:
    """(picture, pixel row, pixel column, layout) under the cell."""
    at = _arrange(payload, width, height)
    if at is None or not (cx < width and cy < height):
        return None
    for k in range(at.shown):
        x, y = at.corner(k)
        if x <= cx < x + at.wide and y <= cy < y + at.tall + at.caption:
            _, rows, cols = np.shape(payload.images)
            row = min((cy - y) * 2 * at.shrink // at.grow, rows - 1)
            return at.first + k, row, min((cx - x) * at.shrink // at.grow, cols - 1), at
    return None


def place(payload: Images, width: int, height: int, cx: int, cy: int, words=str) -> tuple[int, int] | None:
    """(picture, 0) under the cell, its caption included; None between pictures."""
    found = _spot(payload, width, height, cx, cy)
    return None if found is None else (found[0], 0)


def inspect(payload: Images, width: int, height: int, cx: int, cy: int, words: Callable[[str], str]) -> str:
    """Tensor, picture, pixel and its value; the mean of the box where pictures are shrunk."""
    found = _spot(payload, width, height, cx, cy)
    if found is None:
        return ""
    index, i, j, at = found
    image = np.asarray(payload.images[index], float)
    box = image[i : i + at.shrink, j : j + at.shrink]
    rows = f"{i}" if at.shrink == 1 else f"{i}:{i + box.shape[0]}"
    cols = f"{j}" if at.shrink == 1 else f"{j}:{j + box.shape[1]}"
    value = number.short(float(box.mean()), 4)
    text = f"{payload.tensor}[{index}, {rows}, {cols}] = {value}"
    return f"{words(payload.captions[index])}  {text}" if index < len(payload.captions) else text
