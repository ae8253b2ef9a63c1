"""Which of the things that a view shows lies under the pointer, for a control that picks one of them."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from lessons.views import Cube, Curve, Grid, Plane, Tokens


def picked(payload: Any, place: tuple[float, float], count: int) -> int | None:
    """The index, 0…count − 1, at a place as `lhytui.draw.place` tells it; None where there is nothing to pick."""
    match payload:
        case Plane() | Curve():
            found = _nearest(payload, place, count)
        case Grid():
            rows, cols = payload.values.shape if payload.values.ndim == 2 else (1, len(payload.values))
            found = _along((rows, cols), (int(place[0]), int(place[1])), count)
        case Cube():
            _, rows, cols = payload.values.shape
            cell = int(place[1])
            found = _along(payload.values.shape, (int(place[0]), cell // cols, cell % cols), count)
        case Tokens():
            longest = max((len(row.tokens) for row in payload.rows), default=0)
            found = int(place[0] if longest != count == len(payload.rows) else place[1])
        case _:
            found = int(place[0])
    return found if found is not None and 0 <= found < count else None


def _along(shape: tuple[int, ...], at: tuple[int, ...], count: int) -> int:
    """The index along all axes, along the last ones or along one: the first that has `count` entries.

    Where all axes together have fewer, as when the shape follows a control, along all of them.
    """
    for first in range(len(shape)):
        for stop in range(len(shape), first, -1):
            size, index = 1, 0
            for n, k in zip(shape[first:stop], at[first:stop], strict=True):
                size, index = size * n, index * n + k
            if size == count:
                return index
    return int(np.ravel_multi_index(at, shape)) if prod(shape) < count else at[0]


def _nearest(payload: Plane | Curve, place: tuple[float, float], count: int) -> int | None:
    """The nearest point: of the first set of `count` points, else of all points, else of the first line."""
    sets = [(d.x, d.y) for d in payload.dots]
    whole = next(((x, y) for x, y in sets if len(x) == count), None)
    if whole is None and sum(len(x) for x, _ in sets) == count:
        whole = [v for x, _ in sets for v in x], [v for _, y in sets for v in y]
    if whole is None and isinstance(payload, Curve) and payload.lines:
        x = payload.lines[0].x
        return (
            min(range(len(x)), key=lambda k: abs(x[k] - place[0]), default=None) if len(x) == count else None
        )
    if whole is None:
        return None
    xs, ys = ([float(v) for v in axis] for axis in whole)
    width, height = ((max(axis) - min(axis)) or 1.0 for axis in (xs, ys))
    away = lambda k: ((xs[k] - place[0]) / width) ** 2 + ((ys[k] - place[1]) / height) ** 2
    return min(range(count), key=lambda k: away(k) if away(k) == away(k) else float("inf"))
