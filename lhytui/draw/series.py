"""How lines and groups of points are told apart: colour, dash pattern, weight and sign."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lessons.views import Dots, Line
from lhytui.draw import raster
from lhytui.draw.canvas import RGB
from lhytui.draw.ink import Ink, mix
from lhytui.draw.legend import Entry

# Later ones lie on top: raw noise first, what is to be read last.
ORDER = ("ghost", "raw", "part", "path", "target", "sum", "smooth", "validation")
_HUE_OF_ROLE = {"raw": 0, "smooth": 0, "validation": 1, "path": 4, "sum": 0, "part": 2}
_PATTERN_OF_ROLE = {"target": "long", "ghost": "dot", "part": "dot", "validation": "dash"}
_TURN = tuple(raster.PATTERNS)


@dataclass(frozen=True)
class Dress:
    """The look of one line."""

    colour: RGB
    pattern: str
    heavy: bool = False


def dress(lines: Sequence[Line], ink: Ink) -> list[Dress]:
    """One look a line: its hue or its role's, and a dash pattern of its own while there are enough."""
    taken: set[tuple[str, bool, bool]] = set()
    followers: dict[str, int] = {}
    looks = []
    for line in lines:
        hue = line.hue
        if hue < 0 and line.role in _HUE_OF_ROLE:
            turn = followers.get(line.role, 0)  # a second line of the same role takes another hue
            followers[line.role] = turn + 1
            hue = _HUE_OF_ROLE[line.role] + turn * (2 if line.role in ("raw", "smooth", "validation") else 1)
        colour = ink.text if hue < 0 else ink.hue(hue)
        if line.role == "ghost":
            colour = ink.faint if hue < 0 else mix(ink.ground, colour, 0.45)
        elif line.role == "raw" and any(o.role == "smooth" and o.hue == line.hue for o in lines):
            colour = mix(ink.ground, colour, 0.5)
        heavy, raw = line.role in ("smooth", "sum"), line.role == "raw"
        first = _PATTERN_OF_ROLE.get(line.role) or _TURN[max(0, line.hue) % len(_TURN)]
        start = _TURN.index(first)
        turns = [_TURN[(start + k) % len(_TURN)] for k in range(len(_TURN))]
        pattern = next((name for name in turns if (name, heavy, raw) not in taken), first)
        if line.role == "ghost":
            pattern = first
        else:
            taken.add((pattern, heavy, raw))
        looks.append(Dress(colour, pattern, heavy))
    return looks


def entries(
    lines: Sequence[Line], looks: Sequence[Dress], dots: Sequence[Dots], ink: Ink, words: Callable[[str], str]
) -> list[Entry]:
    """The legend of lines and points, each name once; ghosts last."""
    found: list[Entry] = []
    named: set[str] = set()
    for line, look in sorted(zip(lines, looks, strict=True), key=lambda pair: pair[0].role == "ghost"):
        if line.word and line.word not in named:
            named.add(line.word)
            found.append(
                (raster.sample(look.pattern, 3, ink.glyphs, look.heavy), words(line.word), look.colour)
            )
    for points in dots:
        if not points.word or points.word in named or not len(points.x):
            continue
        named.add(points.word)
        if points.mark:
            found.append((mark(points.mark, ink), words(points.word), ink.text))
            continue
        groups = [] if points.group is None else sorted({int(g) for g in points.group.tolist()})[:8]
        found += [(ink.group(g), "", ink.hue(g)) for g in groups[:-1]]
        last = groups[-1] if groups else None
        found.append((sign(last, ink), words(points.word), ink.text if last is None else ink.hue(last)))
    return found


def sign(group: int | None, ink: Ink) -> str:
    """The sign of a small point."""
    return ink.group(0) if group is None else ink.group(group)


def mark(name: str, ink: Ink) -> str:
    """The sign of a big point: start, now, best or cross."""
    return ink.sign(name if name in ("start", "now", "best") else "cross")


class Layer:
    """The characters and colours of a chart's canvas while lines are laid over each other."""

    def __init__(self, rows: int, cols: int, ink: Ink):
        self.ink = ink
        self.chars = np.full((rows, cols), " ", object)
        self.fg = np.full((rows, cols), -1, np.int32)

    def lay(self, mask: np.ndarray, colour: int) -> None:
        """Put a mask of sub-cells on top in one packed colour."""
        code = raster.codes(mask)
        hit = code > 0
        self.chars[hit] = raster.glyphs(code[hit], self.ink.glyphs)
        self.fg[hit] = colour

    def column(self, at: int, char: str, colour: int, every: int = 1) -> None:
        """A vertical rule through the empty cells of one column."""
        rows = np.arange(len(self.chars)) % every == 0
        free = (self.chars[:, at] == " ") & rows
        self.chars[free, at] = char
        self.fg[free, at] = colour
