"""Where everything on the lesson screen stands: a pure function of views, size and rows to rectangles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import log

from rich.cells import cell_len

WIDE = 100  # columns from which text and experiment stand side by side
SMALLEST = (60, 16)
VIEW_MIN = (28, 10)
ROOMY = 110  # columns of the experiment from which a fourth view has room
PAGES = ("text", "experiment", "questions")
CARD_ROWS = 10


@dataclass(frozen=True)
class Rect:
    """A place on the screen in cells."""

    x: int
    y: int
    width: int
    height: int

    def contains(self, x: int, y: int) -> bool:
        return self.x <= x < self.x + self.width and self.y <= y < self.y + self.height


NOWHERE = Rect(0, 0, 0, 0)


@dataclass(frozen=True)
class Plan:
    """Rectangles by name; `views` pairs view ids with rectangles; `overflows` says what does not fit."""

    width: int
    height: int
    wide: bool
    head: Rect = NOWHERE
    tabs: Rect = NOWHERE
    text: Rect = NOWHERE
    card: Rect = NOWHERE
    views: tuple[tuple[str, Rect], ...] = ()
    hint: Rect = NOWHERE
    timeline: Rect = NOWHERE
    controls: Rect = NOWHERE
    keys: Rect = NOWHERE
    overflows: list[str] = field(default_factory=list)


def plan_screen(
    width: int,
    height: int,
    views: Sequence[str],
    card_rows: int = 6,
    control_rows: int = 2,
    page: str = "text",
    enlarged: bool = False,
    still: bool = False,
) -> Plan:
    """The rectangles of the lesson screen; `still` experiments train nothing and have no time line."""
    line = 0 if still else 1
    if width >= WIDE:
        body = height - 2 - line - control_rows
        column = max(40, min(60, round(width * 0.38)))
        card = min(card_rows, max(3, body - 6))
        right = Rect(column + 1, 1, width - column - 1, body)
        return Plan(
            width,
            height,
            True,
            head=Rect(0, 0, width, 1),
            text=Rect(0, 1, column, body - card),
            card=Rect(0, 1 + body - card, column, card),
            views=arrange(right, views[:1] if enlarged else views),
            timeline=Rect(0, 1 + body, width, line) if line else NOWHERE,
            controls=Rect(0, 1 + body + line, width, control_rows),
            keys=Rect(0, height - 1, width, 1),
        )
    body = height - 3
    shared = dict(head=Rect(0, 0, width, 1), tabs=Rect(0, 1, width, 1), keys=Rect(0, height - 1, width, 1))
    if page == "experiment":
        room = body - 1 - line - control_rows
        return Plan(
            width,
            height,
            False,
            views=arrange(Rect(0, 2, width, room), views[:1] if enlarged else views),
            hint=Rect(0, 2 + room, width, 1),
            timeline=Rect(0, 3 + room, width, line) if line else NOWHERE,
            controls=Rect(0, 3 + room + line, width, control_rows),
            **shared,
        )
    if page == "questions":
        return Plan(width, height, False, card=Rect(0, 2, width, body), **shared)
    card = min(card_rows, max(3, body // 2))
    return Plan(
        width,
        height,
        False,
        text=Rect(0, 2, width, body - card),
        card=Rect(0, 2 + body - card, width, card),
        **shared,
    )


def arrange(room: Rect, views: Sequence[str]) -> tuple[tuple[str, Rect], ...]:
    """As many views as fit, in order, in rows; the rows are cut so that the shapes come nearest to 3:2."""
    most = 4 if room.width >= ROOMY else 3
    for count in range(min(most, len(views)), 0, -1):
        best = None
        for rows in splits(count):
            boxes = boxes_of(room, rows)
            if count > 1 and any(b.width < VIEW_MIN[0] or b.height < VIEW_MIN[1] for b in boxes):
                continue
            cost = sum(abs(log(b.width / (2 * b.height) / 1.5)) for b in boxes) / count
            if best is None or cost < best[0]:
                best = cost, boxes
        if best:
            return tuple(zip(views, best[1], strict=False))
    return ()


def splits(count: int) -> list[tuple[int, ...]]:
    """All ways to put `count` views into rows, no row shorter than the one above it."""
    found = []
    for cuts in range(count):
        for places in combinations(range(1, count), cuts):
            edges = (0, *places, count)
            rows = tuple(b - a for a, b in zip(edges, edges[1:], strict=False))
            if list(rows) == sorted(rows):
                found.append(rows)
    return found


def boxes_of(room: Rect, rows: tuple[int, ...]) -> list[Rect]:
    boxes, y = [], room.y
    for index, count in enumerate(rows):
        bottom = room.y + room.height * (index + 1) // len(rows)
        for k in range(count):
            left, right = room.width * k // count, room.width * (k + 1) // count
            gap = 1 if k < count - 1 else 0
            boxes.append(Rect(room.x + left, y, right - left - gap, bottom - y))
        y = bottom
    return boxes


@dataclass(frozen=True)
class Chip:
    """One control in the control bar: its place, or none when it has no room (then `o` shows it)."""

    id: str
    label: str
    value: str
    x: int
    y: int
    width: int


def flow(items: Sequence[tuple[str, str, str]], width: int, rows: int) -> tuple[list[Chip], int]:
    """Place (id, label, value) one after the other in `rows` rows; the chips, and how many found no room."""
    chips: list[Chip] = []
    x = y = 0
    for index, (id, label, value) in enumerate(items):
        size = cell_len(label) + cell_len(value) + (5 if label else 4)
        more = 8 if index < len(items) - 1 and y == rows - 1 else 0
        if x + size + more > width and x:
            x, y = 0, y + 1
        if y >= rows or x + size > width:
            return chips, len(items) - index
        chips.append(Chip(id, label, value, x, y, size))
        x += size + 1
    return chips, 0
