"""Sweeps over a kind and a number ("rnn, 32"): share right over the number, a line for each kind; a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from lessons.views import Curve, Dots, Line, Table

Arms = Mapping[str, Any]  # name → model with `checked()`, None if not begun


def parts(name: str) -> tuple[str, int]:
    kind, number = name.split(", ")
    return kind, int(number)


def ended(run: Any) -> bool:
    return run is not None and run.step == run.limit


def across(
    arms: Arms, x: str, hues: Mapping[str, int], prefix: str = "model", log_x: bool = True, low: float = 0.0
) -> Curve:
    """Share right over the number: a line for each kind, a dot for each run that has ended.

    low: the share at the foot of the picture.
    """
    lines, dots = [], []
    numbers = {parts(name)[1] for name in arms}
    for kind in dict.fromkeys(parts(name)[0] for name in arms):
        found = [
            (parts(name)[1], run.checked()["accuracy"])
            for name, run in arms.items()
            if ended(run) and parts(name)[0] == kind
        ]
        at, share = (
            (np.array(values, float) for values in zip(*found, strict=True)) if found else (np.empty(0),) * 2
        )
        lines.append(Line(word=f"{prefix}.{kind}", x=at, y=share, role="sum", hue=hues[kind]))
        dots.append(Dots(word="", x=at.copy(), y=share.copy(), group=np.full(len(at), hues[kind])))
    ends = (float(min(numbers)), float(max(numbers))) if len(numbers) > 1 else (None, None)
    return Curve(
        lines=tuple(lines), dots=tuple(dots), x=x, y="axis.share", log_x=log_x, limits=(*ends, low, 1.02)
    )


def table(arms: Arms, chosen: str, columns: Mapping[str, Callable[[Any], Any]]) -> Table:
    """One row an arm: kind, number, columns: {word: of the model}, and the share right once it has ended."""
    rows = []
    for name, run in arms.items():
        kind, number = parts(name)
        cells = [None] * len(columns) if run is None else [cell(run) for cell in columns.values()]
        rows.append((f"model.{kind}", number, *cells, run.checked()["accuracy"] if ended(run) else None))
    words = ("column.model", "column.number", *(f"column.{name}" for name in columns), "column.share")
    return Table(columns=words, rows=tuple(rows), chosen=list(arms).index(chosen))
