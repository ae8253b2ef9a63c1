"""A grid of coloured cells that every drawing fills and the screen reads row by row."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from rich.cells import get_character_cell_size

RGB = tuple[int, int, int]
Run = tuple[str, RGB | None, RGB | None, int]
BOLD, UNDERLINE = 1, 2
NONE = -1


@lru_cache(maxsize=65536)
def unpack(colour: int) -> RGB | None:
    """The (r, g, b) of a packed 0xRRGGBB, None of NONE."""
    return None if colour < 0 else (colour >> 16, colour >> 8 & 255, colour & 255)


def pack(colour: RGB | None) -> int:
    """(r, g, b) as one number 0xRRGGBB, None as NONE."""
    return NONE if colour is None else colour[0] << 16 | colour[1] << 8 | colour[2]


def pack_array(rgb: np.ndarray) -> np.ndarray:
    """Colours (…, 3) of 0…255 as packed int32 (…)."""
    whole = rgb.astype(np.int32)
    return whole[..., 0] << 16 | whole[..., 1] << 8 | whole[..., 2]


class Canvas:
    """`height` rows of `width` cells: a character, colours (packed, NONE: the widget's own) and style.

    A wide character stands in its first cell, an empty string in its second; combining marks join theirs.
    """

    def __init__(self, width: int, height: int, bg: RGB | None = None):
        self.width, self.height = max(0, width), max(0, height)
        shape = (self.height, self.width)
        self.chars = np.full(shape, " ", object)
        self.fg = np.full(shape, NONE, np.int32)
        self.bg = np.full(shape, pack(bg), np.int32)
        self.style = np.zeros(shape, np.uint8)

    def put(
        self,
        x: int,
        y: int,
        text: str,
        fg: RGB | None = None,
        bg: RGB | None = None,
        bold: bool = False,
        underline: bool = False,
        width: int | None = None,
    ) -> int:
        """Write the text from cell (x, y), clipped to the row and to `width` cells; the column after it.

        A background of None keeps what is there. A wide character that does not fit whole becomes a space.
        """
        if not 0 <= y < self.height:
            return x
        end = self.width if width is None else min(self.width, x + width)
        start, cells = x, []
        if text.isascii():
            text = text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)
            text = text[max(0, -x) : max(0, end - x)]
            start = max(0, x)
            cells = list(text)
        else:
            start, cells = self._lay(x, end, text)
        if not cells:
            return x
        stop = start + len(cells)
        row = self.chars[y]
        if row[start] == "" and start:
            row[start - 1] = " "
        if stop < self.width and row[stop] == "":
            row[stop] = " "
        row[start:stop] = cells
        self.fg[y, start:stop] = pack(fg)
        if bg is not None:
            self.bg[y, start:stop] = pack(bg)
        self.style[y, start:stop] = BOLD * bold | UNDERLINE * underline
        return stop

    def _lay(self, x: int, end: int, text: str) -> tuple[int, list[str]]:
        """The cells of the text that fall into columns 0…end, and the column of the first."""
        cells: list[str] = []
        start, at = max(0, x), x
        for char in text:
            size = get_character_cell_size(char)
            if size == 0:
                if cells and char.isprintable():
                    cells[-1 if cells[-1] else -2] += char
                continue
            if not char.isprintable():
                char = " "
            if at + size > end:
                if at < end and at >= 0:
                    cells.append(" ")
                break
            if at >= 0:
                cells += [char] if size == 1 else [char, ""]
            elif at + size > 0:
                cells.append(" ")
            at += size
        return start, cells

    def paint(self, x: int, y: int, chars, fg=None, bg=None) -> None:
        """Lay a block of one-cell characters (rows, cols) in packed colours; NONE keeps the background."""
        rows, cols = chars.shape
        top, left = max(0, -y), max(0, -x)
        rows, cols = min(rows, self.height - y), min(cols, self.width - x)
        if rows <= top or cols <= left:
            return
        there = np.s_[y + top : y + rows, x + left : x + cols]
        here = np.s_[top:rows, left:cols]
        self._mend(y + top, y + rows, x + left, x + cols)
        self.chars[there] = chars[here]
        self.style[there] = 0
        if fg is not None:
            self.fg[there] = fg[here]
        if bg is not None:
            self.bg[there] = np.where(bg[here] == NONE, self.bg[there], bg[here])

    def _mend(self, y0: int, y1: int, x0: int, x1: int) -> None:
        """Replace the halves of wide characters that an overwritten block leaves on either side."""
        if x0 > 0:
            halves = self.chars[y0:y1, x0] == ""
            self.chars[y0:y1, x0 - 1][halves] = " "
        if x1 < self.width:
            halves = self.chars[y0:y1, x1] == ""
            self.chars[y0:y1, x1][halves] = " "

    def fill(self, x: int, y: int, width: int, height: int, bg: RGB | None, clear: bool = True) -> None:
        """Give a rectangle a background; `clear` also empties its cells."""
        x0, y0, x1, y1 = max(0, x), max(0, y), min(self.width, x + width), min(self.height, y + height)
        if x1 <= x0 or y1 <= y0:
            return
        if clear:
            self._mend(y0, y1, x0, x1)
            self.chars[y0:y1, x0:x1] = " "
            self.style[y0:y1, x0:x1] = 0
        self.bg[y0:y1, x0:x1] = pack(bg)

    def tint(
        self, x: int, y: int, fg: RGB | None = None, bg: RGB | None = None, bold: bool | None = None
    ) -> None:
        """Change the colours of one cell and keep its character."""
        if 0 <= x < self.width and 0 <= y < self.height:
            if fg is not None:
                self.fg[y, x] = pack(fg)
            if bg is not None:
                self.bg[y, x] = pack(bg)
            if bold is not None:
                self.style[y, x] = self.style[y, x] & ~BOLD & 255 | BOLD * bold

    def blit(self, other: Canvas, x: int, y: int) -> None:
        """Copy another canvas to (x, y), clipped; a wide character cut at an edge becomes a space."""
        top, left = max(0, -y), max(0, -x)
        rows, cols = min(other.height, self.height - y), min(other.width, self.width - x)
        if rows <= top or cols <= left:
            return
        there = np.s_[y + top : y + rows, x + left : x + cols]
        here = np.s_[top:rows, left:cols]
        self._mend(y + top, y + rows, x + left, x + cols)
        self.chars[there] = other.chars[here]
        self.fg[there] = other.fg[here]
        self.bg[there] = np.where(other.bg[here] == NONE, self.bg[there], other.bg[here])
        self.style[there] = other.style[here]
        first = self.chars[y + top : y + rows, x + left]
        first[first == ""] = " "
        if cols < other.width:
            last = self.chars[y + top : y + rows, x + cols - 1]
            last[other.chars[top:rows, cols] == ""] = " "

    def row(self, y: int) -> list[Run]:
        """The runs (text, fg, bg, style) of row y; together they are exactly `width` cells."""
        if not self.width:
            return []
        fg, bg, style = self.fg[y], self.bg[y], self.style[y]
        change = (fg[1:] != fg[:-1]) | (bg[1:] != bg[:-1]) | (style[1:] != style[:-1])
        starts = [0, *(np.flatnonzero(change) + 1).tolist()]
        chars = self.chars[y].tolist()
        fgs, bgs, styles = fg[starts].tolist(), bg[starts].tolist(), style[starts].tolist()
        stops = [*starts[1:], self.width]
        return [
            ("".join(chars[a:b]), unpack(f), unpack(g), s)
            for a, b, f, g, s in zip(starts, stops, fgs, bgs, styles, strict=True)
        ]

    def text(self) -> str:
        """All rows as plain text, one line each."""
        return "\n".join("".join(row) for row in self.chars.tolist())
