"""The rows around the experiment, each a pure function to a Canvas: head, tabs, time line, controls, card."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from lhytui.draw.canvas import Canvas
from lhytui.draw.ink import Ink, on
from lhytui.layout import Chip
from lhytui.text.fit import cut


def head(width: int, ink: Ink, crumbs: Sequence[str], ticks: Sequence[bool], right: str) -> Canvas:
    """Where we are, which claims are proved, the notes' lines and the other language.

    The last crumb is the section: it stays whole as long as it can, those before it give way.
    """
    canvas = Canvas(width, 1)
    canvas.fill(0, 0, width, 1, bg=ink.panel)
    tail = 2 * len(ticks) + cell_len(right) + 4
    room = width - tail - 1
    *before, section = crumbs
    while before and cell_len(" › ".join([*before, section])) > room and len(before) > 1:
        before.pop(0)
    if before:
        left = room - cell_len(section) - 3
        before = [cut(" › ".join(before), left)] if left > 8 else []
    x = 1
    for crumb in before:
        x = canvas.put(x, 0, f"{crumb} › ", fg=ink.dim, bg=ink.panel)
    canvas.put(x, 0, cut(section, room - x), fg=ink.text, bg=ink.panel, bold=True)
    x = width - tail + 1
    for tick in ticks:
        canvas.put(x, 0, "✓" if tick else "·", fg=ink.success if tick else ink.dim, bg=ink.panel)
        x += 2
    canvas.put(width - cell_len(right) - 1, 0, right, fg=ink.dim, bg=ink.panel)
    return canvas


def tabs(width: int, ink: Ink, names: Sequence[str], at: int) -> Canvas:
    canvas = Canvas(width, 1)
    canvas.fill(0, 0, width, 1, bg=ink.panel)
    x = 1
    for index, name in enumerate(names):
        here = index == at
        canvas.put(
            x,
            0,
            f" {name} ",
            fg=ink.text if here else ink.dim,
            bg=ink.ground if here else ink.panel,
            bold=here,
        )
        x += cell_len(name) + 3
    return canvas


def tab_at(x: int, names: Sequence[str]) -> int | None:
    """The tab under column x."""
    left = 1
    for index, name in enumerate(names):
        if left <= x < left + cell_len(name) + 2:
            return index
        left += cell_len(name) + 3
    return None


def timeline_track(width: int, left: str, right: str) -> tuple[int, int]:
    """(first column, length) of the track between the two texts."""
    start = cell_len(left) + 3
    return start, max(0, width - start - cell_len(right) - 3)


def timeline(
    width: int,
    ink: Ink,
    left: str,
    right: str,
    step: int,
    end: int,
    limit: int,
    marks: Sequence[int] = (),
    focused: bool = False,
    hot: bool = False,
) -> Canvas:
    """Phase and numbers, the track from update 0 to the limit with the changes marked, update and seed."""
    canvas = Canvas(width, 1)
    canvas.fill(0, 0, width, 1, bg=ink.panel)
    left = cut(left, max(10, width - cell_len(right) - 14))
    canvas.put(1, 0, left, fg=ink.text if hot else ink.dim, bg=ink.panel)
    canvas.put(width - cell_len(right) - 1, 0, right, fg=ink.dim, bg=ink.panel)
    start, length = timeline_track(width, left, right)
    if length < 4:
        return canvas
    whole = max(end, limit, 1)
    at = lambda update: start + round((length - 1) * min(update, whole) / whole)
    canvas.put(start, 0, "─" * length, fg=ink.dim, bg=ink.panel)
    if end:
        canvas.put(start, 0, "━" * (at(end) - start + 1), fg=ink.dim, bg=ink.panel)
    if step:
        canvas.put(start, 0, "━" * (at(step) - start + 1), fg=ink.accent, bg=ink.panel)
    for mark in marks:
        canvas.put(at(mark), 0, "╎", fg=ink.text, bg=ink.panel)
    canvas.put(at(step), 0, "●", fg=ink.text if focused else ink.accent, bg=ink.panel, bold=focused)
    return canvas


def controls(
    width: int, height: int, ink: Ink, chips: Sequence[Chip], focused: str, active: bool, more: str
) -> Canvas:
    """The controls of the section: label ‹value›; the one that ← → changes stands out."""
    canvas = Canvas(width, height)
    canvas.fill(0, 0, width, height, bg=ink.panel)
    for chip in chips:
        here = chip.id == focused
        if here:
            ground = ink.accent if active else ink.panel
            label = f"{chip.label} " if chip.label else ""
            canvas.put(
                chip.x,
                chip.y,
                f" {label}◂{chip.value}▸ ",
                fg=on(ink.accent) if active else ink.accent,
                bg=ground,
                bold=True,
            )
            continue
        x = chip.x + 1
        if chip.label:
            canvas.put(x, chip.y, chip.label, fg=ink.dim, bg=ink.panel)
            x += cell_len(chip.label) + 1
        canvas.put(x, chip.y, f"‹{chip.value}›", fg=ink.text, bg=ink.panel)
    if more:
        canvas.put(width - cell_len(more) - 1, height - 1, more, fg=ink.accent, bg=ink.panel)
    return canvas


def card(width: int, height: int, ink: Ink, rows: Sequence[tuple[str, str, str]]) -> Canvas:
    """Question, options, what to look for, claims: rows of (glyph, text, tone), broken to the width."""
    tones = {
        "text": ink.text,
        "dim": ink.dim,
        "accent": ink.accent,
        "option": ink.hue(0),
        "chosen": on(ink.accent),
        "good": ink.success,
        "bad": ink.warning,
    }
    canvas = Canvas(width, height)
    canvas.fill(0, 0, width, height, bg=ink.panel)
    glyphs = {"?": ink.accent, "▸": ink.accent, "✓": ink.success, "✗": ink.warning, "·": ink.dim}
    for y, (glyph, text, tone) in enumerate(rows[:height]):
        canvas.put(1, y, glyph, fg=glyphs.get(glyph, ink.dim), bg=ink.panel)
        canvas.put(
            3, y, cut(text, width - 4), fg=tones[tone], bg=ink.accent if tone == "chosen" else ink.panel
        )
    if len(rows) > height:
        canvas.put(width - 2, height - 1, "…", fg=ink.accent, bg=ink.panel)
    return canvas
