"""Graphs: nodes with labels and values, edges as braille lines with their weights."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from rich.cells import cell_len

from lessons.views import Diagram, Node
from lhytui.draw import number, raster
from lhytui.draw.canvas import Canvas, pack
from lhytui.draw.ink import Ink, mix, on
from lhytui.draw.legend import head
from lhytui.draw.series import Layer
from lhytui.text.fit import cut

LONGEST = 16  # cells of a node's label


def _label(
    node: Node, words: Callable[[str], str], longest: int, digits: int = 3, more: str = "…"
) -> list[str]:
    """The rows of a node: its label, and its value if it has one."""
    text = words(node.label) if node.label else ""
    value = "" if node.value is None else number.short(node.value, digits)
    while cell_len(value) > longest and digits > 1:
        digits -= 1
        value = number.short(node.value, digits)
    return [cut(text, longest, more) if text else "", cut(value, longest, more) if value else ""]


def _boxes(payload: Diagram, width: int, height: int, words: Callable[[str], str], more: str = "…"):
    """Node id → (left, top, width, height, lines), placed by (x, y) with y = 0 at the top."""
    columns = len({round(node.x, 3) for node in payload.nodes}) or 1
    rows: dict[float, list[Node]] = {}
    for node in sorted(payload.nodes, key=lambda node: node.x):
        rows.setdefault(round(node.y, 3), []).append(node)
    longest = {}  # cells of each node's label: as many as it likes where its row has room for all
    for row in rows.values():
        share = max(3, min(LONGEST, (width - 2) // min(columns, len(row)) - 2))
        wanted = [max(map(cell_len, _label(node, words, LONGEST, payload.digits))) + 3 for node in row]
        longest |= {node.id: LONGEST if sum(wanted) <= width else share for node in row}
    room = height - 1
    layers: dict[float, int] = {}
    for node in payload.nodes:
        layers[round(node.x, 3)] = layers.get(round(node.x, 3), 0) + 1
    crowded = max(layers.values(), default=1) * 3 > room + 1
    made = {}
    for node in payload.nodes:
        label, value = _label(node, words, longest[node.id], payload.digits, more)
        if crowded or room < 6:
            both = " ".join(t for t in (label, value) if t)
            lines = [both if cell_len(both) <= longest[node.id] else label or value]
        else:
            lines = [t for t in (label, value) if t] or [""]
        made[node.id] = (min(width, max([cell_len(t) for t in lines] + [1]) + 2), lines[: max(1, room)])
    widest = max([size for size, _ in made.values()], default=1)
    tallest = max([len(lines) for _, lines in made.values()], default=1)
    boxes = {}
    for node in payload.nodes:  # nodes of one x or y stand centred on one line
        size, lines = made[node.id]
        x = widest / 2 + _share(node.x) * (width - widest) - size / 2
        y = 1 + tallest / 2 + _share(node.y) * (room - tallest) - len(lines) / 2
        left, top = max(0, min(round(x), width - size)), max(1, min(round(y), height - len(lines)))
        boxes[node.id] = (left, top, size, len(lines), lines)
    for row in rows.values():
        _part(boxes, [node.id for node in row], width)
    return boxes


def _part(boxes: dict, row: list[str], width: int) -> None:
    """Move the boxes of a row, from left to right, so that none hides another where the row has room for all."""
    if sum(boxes[id][2] + 1 for id in row) > width + 1:
        return
    edge = 0
    for id in row:
        left, *rest = boxes[id]
        boxes[id] = (max(left, edge), *rest)
        edge = boxes[id][0] + rest[1] + 1
    edge = width
    for id in reversed(row):
        left, *rest = boxes[id]
        boxes[id] = (min(left, edge - rest[1]), *rest)
        edge = boxes[id][0] - 1


def _share(place: float) -> float:
    return min(max(place, 0.0), 1.0) if math.isfinite(place) else 0.0


def _falls(payload: Diagram) -> bool:
    """Whether the graph runs from top to bottom (a tree) rather than from left to right (layers)."""
    return len({round(n.y, 2) for n in payload.nodes}) < len({round(n.x, 2) for n in payload.nodes})


def _ends(a, b, falls: bool, aside: float = 0.0) -> tuple[float, float, float, float]:
    """Where the edge leaves one box and meets the other: middles of facing sides or `aside` of them, in cells."""
    ax, ay, aw, ah, _ = a
    bx, by, bw, bh, _ = b
    level = ay < by + bh and by < ay + ah
    if (falls and not level) or (ax < bx + bw and bx < ax + aw):
        down = ay + ah <= by
        ax, bx = ax + 2 * aside, bx + 2 * aside
        return ax + aw / 2, ay + ah if down else ay, bx + bw / 2, by if down else by + bh
    right = ax + aw <= bx
    ay, by = ay + aside, by + aside
    return ax + aw if right else ax, ay + ah / 2, bx if right else bx + bw, by + bh / 2


def _apart(payload: Diagram) -> list[float]:
    """How many cells each edge is moved aside, so that those between the same two nodes do not hide each other."""
    pairs = [frozenset(edge[:2]) for edge in payload.edges]
    return [pairs[:k].count(pair) - (pairs.count(pair) - 1) / 2 for k, pair in enumerate(pairs)]


def draw(
    payload: Diagram, width: int, height: int, ink: Ink, words: Callable[[str], str], title: str = ""
) -> Canvas:
    """The graph as a canvas of width × height cells."""
    canvas = Canvas(width, height)
    head(canvas, ink, title)
    if height < 2 or width < 4:
        return canvas
    boxes = _boxes(payload, width, height, words, ink.sign("more"))
    rows = height - 1
    layer = Layer(rows, width, ink)
    falls = _falls(payload)
    texts = []
    lines = np.zeros((2, 4 * rows, 2 * width), bool)  # dim and hot edges
    marks = payload.marks or ("",) * len(payload.edges)
    for (start, stop, weight, hot), mark, aside in zip(payload.edges, marks, _apart(payload), strict=True):
        if start not in boxes or stop not in boxes:
            continue
        x0, y0, x1, y1 = _ends(boxes[start], boxes[stop], falls, aside)
        u, v = 2 * np.array([x0, x1]), 4 * (rows + 1 - np.array([y0, y1]))
        lines[int(hot)] |= raster.path(u, v, lines.shape[1:])
        figure = "" if weight is None else number.short(weight, 2)
        if mark or figure:
            texts.append((hot, mark, figure, (x0, y0, x1, y1)))
    layer.lay(lines[0], pack(mix(ink.ground, ink.text, 0.42)))
    layer.lay(lines[1], pack(ink.accent))
    canvas.paint(0, 1, layer.chars, layer.fg)
    taken = np.zeros((height, width), bool)
    for node in payload.nodes:
        x, y, size, tall, lines = boxes[node.id]
        ground = ink.accent if node.hot else mix(ink.ground, ink.text, 0.17)
        canvas.fill(x, y, size, tall, ground)
        taken[y : y + tall, max(0, x - 1) : x + size + 1] = True
        for n, text in enumerate(lines[:tall]):
            colour = on(ground) if node.hot else ink.text if n == 0 else ink.hue(0)
            canvas.put(x + (size - cell_len(text)) // 2, y + n, text, colour, bold=node.hot or n == 0)
    for hot, mark, figure, ends in sorted(texts, key=lambda text: not text[0]):
        full = f"{mark} {figure}".strip()
        tries = (
            (f" {full} ", full, f" {mark} ", mark) if mark else (f" {full} ",)
        )  # a mark is shown if it fits
        any(_write(canvas, taken, text, hot, bool(mark), ends, ink) for text in tries)
    return canvas


def _write(canvas: Canvas, taken: np.ndarray, text: str, hot: bool, must: bool, ends, ink: Ink) -> bool:
    """Print a text on its edge where it hides least of other edges; `must`: even where it hides much."""
    x0, y0, x1, y1 = ends
    size = cell_len(text)
    best = None
    for t in (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82):
        x, y = round(x0 + (x1 - x0) * t - size / 2), math.floor(y0 + (y1 - y0) * t)
        if not (1 <= y < canvas.height and x >= 0 and x + size <= canvas.width):
            continue
        if not taken[y, x : x + size].any():
            hides = int((canvas.chars[y, x : x + size] != " ").sum())
            if best is None or hides < best[0]:
                best = hides, x, y
    if best is None or not (hot or must or best[0] <= max(3, size - 2)):
        return False
    _, x, y = best
    canvas.put(x, y, text, ink.accent if hot else ink.dim, bold=hot)
    taken[y, x : x + size] = True
    return True


def _under(payload: Diagram, width: int, height: int, cx: int, cy: int, words) -> int:
    boxes = _boxes(payload, width, height, words)
    for k in range(len(payload.nodes) - 1, -1, -1):
        x, y, size, tall, _ = boxes[payload.nodes[k].id]
        if x <= cx < x + size and y <= cy < y + tall:
            return k
    return -1


def place(payload: Diagram, width: int, height: int, cx: int, cy: int, words=str) -> tuple[int, int] | None:
    """(node, 0) under the cell, None where there is no node."""
    if height < 2 or width < 4 or cy >= height or cx >= width:
        return None
    node = _under(payload, width, height, cx, cy, words)
    return (node, 0) if node >= 0 else None


def inspect(payload: Diagram, width: int, height: int, cx: int, cy: int, words: Callable[[str], str]) -> str:
    """The node with its value and the weights of its edges."""
    there = place(payload, width, height, cx, cy, words)
    if there is None:
        return ""
    node = payload.nodes[there[0]]
    names = {n.id: words(n.label) for n in payload.nodes}
    parts = [names[node.id] + ("" if node.value is None else f" = {node.value:.5g}")]
    for start, stop, weight, _ in payload.edges:
        if weight is not None and node.id in (start, stop):
            parts.append(f"{names.get(start, start)} → {names.get(stop, stop)}: {weight:.4g}")
    return "  ".join(parts[:5])
