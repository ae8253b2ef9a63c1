"""The first row of every view: its title and what its colours, dashes and signs mean."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from lhytui.draw.canvas import RGB, Canvas
from lhytui.draw.ink import Ink
from lhytui.text.fit import cut

Entry = tuple[str, str, RGB]  # sample of the line or sign, name (may be empty: the next entry's), colour
SHORTEST, BRIEF = 4, 3  # cells that a name and a sample keep


def head(canvas: Canvas, ink: Ink, title: str, entries: Sequence[Entry] = (), right: str = "") -> None:
    """Write title, legend and, at the right end, a dim remark into row 0; the remark gives way first."""
    width, more = canvas.width, ink.sign("more")
    left = 1 if width > 24 else 0
    title = cut(title, width - left, more)
    x = canvas.put(left, 0, title, ink.text)
    if title and entries:
        x += 2
    if right and x + _width(entries) + 2 + cell_len(right) <= width:
        canvas.put(width - cell_len(right), 0, right, ink.dim)
    fitted, hidden = _fit(list(entries), width - x, more)
    for sample, name, colour in fitted:
        x = canvas.put(x, 0, sample, colour)
        if name:
            x = canvas.put(x + 1, 0, name, ink.dim) + 2
    if hidden and x < width:
        canvas.put(x, 0, cut(f"+{hidden}", width - x, ""), ink.dim)


def _width(entries: Sequence[Entry]) -> int:
    return sum(cell_len(sample) + (cell_len(name) + 3 if name else 0) for sample, name, _ in entries) - 2


def _fit(entries: list[Entry], room: int, more: str) -> tuple[list[Entry], int]:
    """The entries that fit, names cut to one length if need be, and how many had to be left out."""
    hidden = 0
    while entries:
        space = room - (4 if hidden else 0)
        brief = [(cut(sample, BRIEF, ""), name, colour) for sample, name, colour in entries]
        for tried in (entries, brief):
            if _width(tried) <= space:
                return tried, hidden
        longest = max(cell_len(name) for _, name, _ in entries)
        for length in range(longest - 1, SHORTEST - 1, -1):
            cropped = [(sample, cut(name, length, more), colour) for sample, name, colour in brief]
            if _width(cropped) <= space:
                return cropped, hidden
        hidden += bool(entries.pop()[1])
    return [], hidden
