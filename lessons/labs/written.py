"""How numbers and symbols are written in worked steps and labels."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

from lessons.views import Numbers, Step

SUB, SUPER = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉"), str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
ZERO = re.compile(r"(?<![\w.])-(?=0(\.0*)?(?![\w.]))")  # the sign of a number that rounds to nothing


def index(k: int) -> str:
    """A whole number as a subscript."""
    return str(k).translate(SUB)


def raised(k: int) -> str:
    """A whole number as a superscript."""
    return str(k).translate(SUPER)


def minus(text: str) -> str:
    """Numbers as they are written by hand: −3e−5 for -3e-05, 0.00 for -0.00."""
    return ZERO.sub("", text).replace("e+0", "e").replace("e-0", "e-").replace("-", "−")


def signed(value: float, digits: int = 2) -> str:
    """A number as a factor in a product: in brackets where it is negative."""
    text = f"{round(value, digits) + 0.0:.{digits}f}"
    return f"({text})" if text.startswith("-") else text


def by_hand(steps: Iterable[Step]) -> Numbers:
    """Worked steps, their numbers as they are written by hand."""
    return Numbers(steps=tuple(replace(step, text=minus(step.text)) for step in steps))
