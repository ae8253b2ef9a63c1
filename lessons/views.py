"""What the views draw: one frozen payload per kind, filled by a lab's model, drawn by the app.

Words in a payload are word ids (`lessons.words`); a text that starts with "=" is shown as it stands ("=w₁").
Arrays belong to the payload (copies). Non-finite values are gaps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, kw_only=True)
class Line:
    """A polyline: x (N,), y (N,). `role`: raw, smooth, validation, target, part, sum, ghost, path.

    Lines with the same `hue` (0…7) share a colour in every view of the screen; hue −1 follows the role.
    """

    word: str
    x: np.ndarray
    y: np.ndarray
    role: str = "raw"
    hue: int = -1


@dataclass(frozen=True, kw_only=True)
class Dots:
    """Scattered points: x (N,), y (N,), `group` (N,) int picks hue and glyph; `mark` draws one big glyph each."""

    word: str
    x: np.ndarray
    y: np.ndarray
    group: np.ndarray | None = None
    mark: str = ""  # "" small dot | "start" | "best" | "now" | "cross"


@dataclass(frozen=True, kw_only=True)
class Curve:
    """Lines over one axis. `ticks`: vertical marks (x, word). `limits`: (x0, x1, y0, y1), None for automatic."""

    lines: tuple[Line, ...]
    dots: tuple[Dots, ...] = ()
    x: str = "axis.update"
    y: str = ""
    log_x: bool = False
    log_y: bool = False
    limits: tuple[float | None, float | None, float | None, float | None] = (None, None, None, None)
    cursor: float | None = None
    ticks: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Plane:
    """Paths and points over a field. `extent` (x0, x1, y0, y1); `field` (rows, cols), row 0 at y0, or None.

    `scale`: "level" (equal counts per colour step), "log", "linear", or "class" (field holds 0…1 or class numbers).
    `levels`: the values of the first and last colour of a "log" or "linear" field, so that two fields can be
    compared; None: those of the field.
    """

    extent: tuple[float, float, float, float]
    field: np.ndarray | None = None
    scale: str = "level"
    levels: tuple[float, float] | None = None
    paths: tuple[Line, ...] = ()
    dots: tuple[Dots, ...] = ()
    x: str = ""
    y: str = ""
    cursor: tuple[float, float] | None = None


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows of numbers, strings ("=…" or word ids) or None ("…"). `columns` are word ids; "lecture" columns are grey.

    `bar`: index of the column that is also drawn as bars (−1: none); `chosen`: highlighted row (−1: none).
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]
    bar: int = -1
    chosen: int = -1


@dataclass(frozen=True, kw_only=True)
class Bars:
    """Named bars: `values` (N,); `beside` (N,) a second value each (the lecture's, the truth), NaN for none."""

    labels: tuple[str, ...]
    values: np.ndarray
    beside: np.ndarray | None = None
    word: str = ""
    beside_word: str = ""
    chosen: int = -1


@dataclass(frozen=True, kw_only=True)
class Step:
    """One worked line: `text` is a formula with its numbers filled in; `hot` the line to look at.

    `note`: a word id; `facts` fill its holes.
    """

    text: str
    note: str = ""
    hot: bool = False
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """Worked steps, one under the other."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A matrix as coloured cells with numbers: `values` (R, C). `tensor` names it for inspection."""

    values: np.ndarray
    rows: tuple[str, ...] = ()
    cols: tuple[str, ...] = ()
    tensor: str = ""
    digits: int = 2
    diverging: bool = True
    chosen: tuple[int, int] | None = None


@dataclass(frozen=True, kw_only=True)
class Images:
    """Grey or signed pictures: `images` (N, h, w); uint8 0…255, or float (`diverging`: zero is the ground colour)."""

    images: np.ndarray
    captions: tuple[str, ...] = ()
    diverging: bool = False
    chosen: int = -1
    tensor: str = ""


@dataclass(frozen=True, kw_only=True)
class Cards:
    """Cards to sort: `bins` word ids, `cards` (word id, bin number 0 = in hand, right bin number 0 = not told)."""

    bins: tuple[str, ...]
    cards: tuple[tuple[str, int, int], ...]
    chosen: int = -1


@dataclass(frozen=True, kw_only=True)
class Node:
    """A node of a diagram at (x, y) in 0…1, with a label and, if it has one, its value."""

    id: str
    x: float
    y: float
    label: str
    value: float | None = None
    hot: bool = False


@dataclass(frozen=True, kw_only=True)
class Diagram:
    """Nodes and edges (from id, to id, weight or None, hot); edges between the same nodes lie side by side.

    `marks`, if any, one an edge: a short text before its weight. `digits`: significant ones of the values.
    """

    nodes: tuple[Node, ...]
    edges: tuple[tuple[str, str, float | None, bool], ...] = ()
    marks: tuple[str, ...] = ()
    digits: int = 3


@dataclass(frozen=True, kw_only=True)
class Strip:
    """The histogram of one set of numbers: how many lie in each of the bins of its Hist, `counts` (B,)."""

    word: str
    counts: np.ndarray
    role: str = "raw"  # raw | ghost: an earlier state to compare with


@dataclass(frozen=True, kw_only=True)
class Hist:
    """Histograms over one axis, one above the other (layers, batches, end points), each scaled to its own tallest.

    lo, hi: ends of the first and last bin; what lies outside is counted in the nearest bin. `ticks`: marked
    places (x, word).
    """

    strips: tuple[Strip, ...]
    lo: float
    hi: float
    x: str = ""
    ticks: tuple[tuple[float, str], ...] = ()
    chosen: int = -1


@dataclass(frozen=True, kw_only=True)
class Cube:
    """A tensor of three axes as slices side by side: `values` (S, R, C).

    `marked` (S, R, C) bool: cells that belong together, as those that one mean is taken over. `axes`: word ids
    of the three axes; `slices`, `rows`, `cols`: labels, or none.
    """

    values: np.ndarray
    axes: tuple[str, str, str]
    marked: np.ndarray | None = None
    slices: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    cols: tuple[str, ...] = ()
    tensor: str = ""
    digits: int = 1
    diverging: bool = True
    chosen: tuple[int, int, int] | None = None


@dataclass(frozen=True, kw_only=True)
class TokenRow:
    """A named sequence of tokens ("=a" or word ids).

    `marks`, if any, one a token: "" | right | wrong | now | forced | pad. `values`, if any: a
    number for each token (a probability, a weight), shown under it and as its shade.
    """

    word: str
    tokens: tuple[str, ...]
    marks: tuple[str, ...] = ()
    values: np.ndarray | None = None


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """Rows of tokens that stand below each other, place by place. `chosen`: (row, place) at the cursor."""

    rows: tuple[TokenRow, ...]
    chosen: tuple[int, int] | None = None
