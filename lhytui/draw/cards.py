"""Cards to sort into bins: bins as columns, cards in hand below."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rich.cells import cell_len

from lessons.views import Cards
from lhytui.draw.canvas import Canvas
from lhytui.draw.ink import Ink, mix, on
from lhytui.draw.legend import head
from lhytui.text.fit import cut, pad
from lhytui.text.wrap import fold

GAP = 1


@dataclass(frozen=True)
class Slot:
    """Where one card stands: cells (x, y), its width, its bin, and its lines."""

    card: int
    x: int
    y: int
    width: int
    bin: int
    lines: tuple[str, ...]


def _columns(count: int, width: int) -> list[tuple[int, int]]:
    """Left end and width of each bin."""
    room = width - GAP * (count - 1)
    ends = [round(room * k / count) for k in range(count + 1)]
    return [(ends[k] + GAP * k, ends[k + 1] - ends[k]) for k in range(count)]


def _folded(
    payload: Cards, columns: list[tuple[int, int]], words: Callable[[str], str]
) -> dict[int, list[str]]:
    """The cards that lie in bins, broken into lines; told ones leave room for their mark."""
    found = {}
    for k, (word, bin, right) in enumerate(payload.cards):
        if bin:
            room = columns[min(bin, len(columns)) - 1][1] - (
                6 if right and right != bin else 4 if right else 2
            )
            found[k] = fold(words(word), max(2, room)) or [""]
    return found


def _arrange(payload: Cards, width: int, height: int, words: Callable[[str], str]):
    """The slots of all cards in sight, (x, y, number) of "+n" marks, and the rows of the bins."""
    hand = [k for k, card in enumerate(payload.cards) if not card[1]]
    bins = [[k for k, card in enumerate(payload.cards) if card[1] == b + 1] for b in range(len(payload.bins))]
    rows = max(0, height - 2)
    slots: list[Slot] = []
    more: list[tuple[int, int, int]] = []
    chosen_in_hand = payload.chosen in hand
    # the hand flows over whole rows; it takes what the bins leave, at least a third while cards are in it
    sizes = {k: min(cell_len(words(payload.cards[k][0])) + 2, max(4, width - 2)) for k in hand}
    flow: list[list[int]] = []
    used = 0
    for k in hand:
        if not flow or used + sizes[k] + 1 > width - 1:
            flow.append([])
            used = 0
        flow[-1].append(k)
        used += sizes[k] + 1
    columns = _columns(max(1, len(bins)), width)
    folded = _folded(payload, columns, words)
    tallest = max([sum(len(folded[k]) for k in b) for b in bins] + [1])
    share = min(len(flow), max(rows - tallest - 1, rows // 3, 1 if rows > 1 else 0)) if hand else 0
    deep = rows - share - (1 if share and rows - share > 2 else 0)
    start = height - share
    offset = 0
    if chosen_in_hand and len(flow) > share:
        line = next(n for n, cards in enumerate(flow) if payload.chosen in cards)
        offset = max(0, min(line - share // 2, len(flow) - share))
    for n, cards in enumerate(flow[offset : offset + share]):
        x = 1 if width > 24 else 0
        for k in cards:
            lines = (words(payload.cards[k][0]),)
            slots.append(Slot(k, x, start + n, min(sizes[k], width - x), 0, lines))
            x += sizes[k] + 1
    hidden = sum(len(c) for c in flow) - sum(len(c) for c in flow[offset : offset + share])
    if hidden and share:
        more.append((width - 4, start + share - 1, hidden))
    for most in (3, 2, 1):
        if most == 1 or all(sum(len(folded[k][:most]) for k in b) <= deep for b in bins):
            break
    for (x, size), cards in zip(columns, bins, strict=False):
        heights = [min(most, len(folded[k])) for k in cards]
        fits = (
            len(cards) if sum(heights) <= deep else max(0, deep - 1)
        )  # in the second case all are one line high
        first = 0
        if payload.chosen in cards and len(cards) > fits:
            first = max(0, min(cards.index(payload.chosen) - fits // 2, len(cards) - fits))
        y = 2
        for k in cards[first : first + fits]:
            lines = (
                folded[k]
                if len(folded[k]) <= most
                else [*folded[k][: most - 1], " ".join(folded[k][most - 1 :])]
            )
            slots.append(Slot(k, x, y, size, payload.cards[k][1], tuple(lines)))
            y += len(lines)
        if len(cards) > fits and deep:
            more.append((x + 1, y, len(cards) - fits))
    return slots, more, deep


def draw(
    payload: Cards, width: int, height: int, ink: Ink, words: Callable[[str], str], title: str = ""
) -> Canvas:
    """The bins and cards as a canvas of width × height cells."""
    canvas = Canvas(width, height)
    told = [(bin, right) for _, bin, right in payload.cards if bin and right]
    score = f"{ink.sign('yes')} {sum(a == b for a, b in told)}/{len(payload.cards)}" if told else ""
    head(canvas, ink, title, (), score)
    if height < 2 or width < 4:
        return canvas
    slots, more, deep = _arrange(payload, width, height, words)
    ellipsis = ink.sign("more")
    for b, (x, size) in enumerate(_columns(max(1, len(payload.bins)), width)):
        if b >= len(payload.bins):
            break
        canvas.fill(x, 1, size, 1, mix(ink.ground, ink.text, 0.20))
        canvas.fill(x, 2, size, deep, mix(ink.ground, ink.text, 0.05))
        key = canvas.put(x + 1, 1, f"{b + 1} ", ink.accent, bold=True, width=size - 1)
        count = sum(card[1] == b + 1 for card in payload.cards)
        tail = f" {count}" if count and size > 10 else ""
        name = pad(
            words(payload.bins[b]), max(0, x + size - key - len(tail) - (1 if tail else 0)), ellipsis=ellipsis
        )
        key = canvas.put(key, 1, name, ink.text, bold=True)
        canvas.put(key, 1, tail, ink.dim)
    for slot in slots:
        _card(canvas, payload, slot, ink)
    for x, y, count in more:
        canvas.put(x, y, f"+{count}", ink.dim)
    return canvas


def _card(canvas: Canvas, payload: Cards, slot: Slot, ink: Ink) -> None:
    _, bin, right = payload.cards[slot.card]
    chosen = slot.card == payload.chosen
    ground = ink.accent if chosen else mix(ink.ground, ink.text, 0.12) if not bin else None
    if ground is not None:
        canvas.fill(slot.x, slot.y, slot.width, len(slot.lines), ground)
    colour = ink.text if not chosen else on(ink.accent)
    x = slot.x + 1
    if bin and right:
        good = bin == right
        mark = ink.success if good else ink.error
        x = canvas.put(
            x, slot.y, ink.sign("yes" if good else "no") + " ", colour if chosen else mark, bold=True
        )
    for n, text in enumerate(slot.lines):
        end = canvas.put(
            x, slot.y + n, cut(text, slot.x + slot.width - x, ink.sign("more")), colour, bold=chosen
        )
    if bin and right and bin != right and right <= len(payload.bins) and end + 3 <= slot.x + slot.width:
        canvas.put(end + 1, slot.y + n, f"{ink.sign('right')}{right}", colour if chosen else ink.dim)


def place(payload: Cards, width: int, height: int, cx: int, cy: int, words=str) -> tuple[int, int] | None:
    """(card, bin) under the cell; (−1, bin) in an empty part of a bin; None elsewhere."""
    if height < 2 or width < 4 or not (0 <= cx < width and 0 <= cy < height):
        return None
    slots, _, deep = _arrange(payload, width, height, words)
    for slot in slots:
        if slot.y <= cy < slot.y + len(slot.lines) and slot.x <= cx < slot.x + slot.width:
            return slot.card, slot.bin
    if 1 <= cy < 2 + deep and payload.bins:
        for b, (x, size) in enumerate(_columns(len(payload.bins), width)):
            if x <= cx < x + size:
                return -1, b + 1
    return None


def inspect(payload: Cards, width: int, height: int, cx: int, cy: int, words: Callable[[str], str]) -> str:
    """The card in full, and its bin."""
    there = place(payload, width, height, cx, cy, words)
    if there is None:
        return ""
    card, bin = there
    name = words(payload.cards[card][0]) if card >= 0 else ""
    where = words(payload.bins[bin - 1]) if bin else ""
    return " · ".join(part for part in (where, name) if part)
