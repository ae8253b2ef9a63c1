"""Text cut or filled to a number of terminal cells."""

from __future__ import annotations

from rich.cells import cell_len, get_character_cell_size


def cut(text: str, width: int, ellipsis: str = "…") -> str:
    """The text in at most `width` cells; its end gives way to the ellipsis."""
    if cell_len(text) <= width:
        return text
    room, used = width - cell_len(ellipsis), 0
    if room < 0:
        return ""
    for at, character in enumerate(text):
        used += get_character_cell_size(character)
        if used > room:
            return text[:at].rstrip() + ellipsis
    return text


def pad(text: str, width: int, right: bool = False, ellipsis: str = "…") -> str:
    """The text in exactly `width` cells; `right`: at their right end."""
    text = cut(text, width, ellipsis)
    space = " " * (width - cell_len(text))
    return space + text if right else text + space


def ago(seconds: float) -> tuple[str, int]:
    """A span of time in its largest whole unit: ("minute" | "hour" | "day" | "month", count)."""
    for unit, size in (("month", 30 * 86400), ("day", 86400), ("hour", 3600)):
        if seconds >= size:
            return unit, round(seconds / size)
    return "minute", max(1, round(seconds / 60))
