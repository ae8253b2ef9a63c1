"""How the value of a control is written on the screen."""

from __future__ import annotations

from typing import Any

from lessons import spec
from lessons.words import Words
from lhytui.draw.number import short as shortened


def short(number: float) -> str:
    """Up to five significant digits: 1e-7, 0.05, 1.1449e-6, 100k."""
    return shortened(number, 5)


def value(control: spec.Control, setting: Any, words: Words, index: int = 0) -> str:
    """`index`: the entry of a matrix or a drawn curve that the cursor is on."""
    match control:
        case spec.Choice():
            return words(f"control.{control.id}.{setting}")
        case spec.Seed():
            return str(setting)
        case spec.Pick():
            return str(setting + 1)  # counted as the captions count
        case spec.Number():
            return short(setting)
        case spec.Point():
            return f"{short(setting[0])}, {short(setting[1])}"
        case spec.Cells():
            row, col = divmod(index, control.cols)
            return f"[{row + 1},{col + 1}] {short(setting[index])}"
        case spec.Draw():
            return f"[{index + 1}] {short(setting[index])}"
        case spec.Arrange():
            return f"{sum(1 for place in setting if place)}/{len(setting)}"
    return str(setting)
