"""Text cut or filled to a number of terminal cells."""

from __future__ import annotations

from rich.cells import cell_len, get_character_cell_size


def cut(text: str, width: int) -> str:
    """The text in at most `width` cells; its end gives way to an ellipsis."""
    if cell_len(text) <= width:
        return text
    used = 0
    for at, character in enumerate(text):
        used += get_character_cell_size(character)
        if used > width - 1:
            return text[:at].rstrip() + "…" if width > 0 else ""
    return text


def pad(text: str, width: int, right: bool = False) -> str:
    """The text in exactly `width` cells; `right`: at their right end."""
    text = cut(text, width)
    space = " " * (width - cell_len(text))
    return space + text if right else text + space


def ago(seconds: float) -> tuple[str, int]:
    """A span of time in its largest whole unit: ("minute" | "hour" | "day" | "month", count)."""
    for unit, size in (("month", 30 * 86400), ("day", 86400), ("hour", 3600)):
        if seconds >= size:
            return unit, round(seconds / size)
    return "minute", max(1, round(seconds / 60))
