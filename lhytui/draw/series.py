"""How lines and groups of points are told apart: colour, dash pattern, weight and sign."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from lessons.views import Dots, Line
from lhytui.draw import axes, raster
from lhytui.draw.canvas import RGB, pack
from lhytui.draw.ink import Ink, mix
from lhytui.draw.legend import Entry

# Later ones lie on top: raw noise first, what is to be read last.
ORDER = ("ghost", "raw", "part", "path", "target", "sum", "smooth", "validation")
_HUE_OF_ROLE = {"raw": 0, "smooth": 0, "validation": 1, "sum": 0, "part": 2}
_PATHS = (-1, 1, 0, 4, 3, 2)  # a single path is white or black: no level of a field is
_PATTERN_OF_ROLE = {"target": "long", "ghost": "dot", "part": "dot", "validation": "dash"}
_TURN = tuple(raster.PATTERNS)

_THIN = np.array([code.bit_count() <= 2 for code in range(256)])  # cells of a single thin line


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
        elif hue < 0 and line.role == "path":
            turn = followers.get("path", 0)
            followers["path"] = turn + 1
            hue = _PATHS[turn % len(_PATHS)]
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
                (raster.sample(look.pattern, 4, ink.glyphs, look.heavy), words(line.word), look.colour)
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
    return ink.sign("point") if group is None else ink.group(group)


def mark(name: str, ink: Ink) -> str:
    """The sign of a big point: start, now, best or cross."""
    return ink.sign(name if name in ("start", "now", "best") else "cross")


def scatter(layer: Layer, at: axes.Frame, points: Dots, ink: Ink) -> list[tuple[int, int]]:
    """Put points on the layer: small ones by group, or one big mark each; their cells (column, row)."""
    inside, column, row = at.cells(np.asarray(points.x, float), np.asarray(points.y, float))
    if points.mark or points.group is None:
        char, colour = mark(points.mark, ink) if points.mark else sign(None, ink), pack(ink.text)
        layer.sign(column, row, char, colour)
    else:
        group = np.asarray(points.group)[inside].astype(np.int64) % len(ink.series)
        signs = np.array([ink.group(g) for g in range(len(ink.series))], object)
        layer.sign(column, row, signs[group], np.array([pack(hue) for hue in ink.series])[group])
    return list(zip(column.tolist(), row.tolist(), strict=True))


class Layer:
    """The cells of a chart's canvas while lines are laid over each other.

    Where lines meet in a cell the upper one gives the colour; the lower one keeps its dots if they are few
    and no raw noise, so that what lies on top stays a clean line.
    """

    def __init__(self, rows: int, cols: int, ink: Ink):
        self.ink = ink
        self.code = np.zeros((rows, cols), np.uint8)
        self.chars = np.full((rows, cols), " ", object)
        self.fg = np.full((rows, cols), -1, np.int32)

    def lay(self, mask: np.ndarray, colour: int, noise: bool = False) -> None:
        """Put a mask of sub-cells on top in one packed colour."""
        code = raster.codes(mask)
        hit = code > 0
        merged = code[hit] | np.where(_THIN[self.code[hit]], self.code[hit], 0)
        self.chars[hit] = raster.glyphs(merged, self.ink.glyphs)
        self.fg[hit] = colour
        self.code[hit] = 0 if noise else merged

    def sign(self, column, row, char, colour) -> None:
        """Put characters on top: integers and one character each, or arrays of them."""
        self.chars[row, column], self.fg[row, column] = char, colour
        self.code[row, column] = 0

    def column(self, at: int, char: str, colour: int) -> None:
        """A vertical rule through the empty cells of one column."""
        free = self.chars[:, at] == " "
        self.chars[free, at] = char
        self.fg[free, at] = colour
