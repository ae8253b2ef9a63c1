"""The walk lab: numbers worked out as on paper; what the last change moved is marked in every view."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lessons.labs.base import Still
from lessons.labs.written import minus
from lessons.views import Bars, Grid, Step, Table

Name = str | tuple[str, int]  # a quantity, or one entry of it, counted row by row


class Walk(Still):
    """Quantities that follow from the controls, each by its name, as arrays of any shape.

    Subclasses write `worked` and one method for each view. `now` and `was` hold the quantities after and
    before the last change.
    """

    def __init__(self, settings: Mapping[str, Any], seed: int):
        super().__init__(settings, seed)
        self.now = self.was = self._quantities()

    def worked(self) -> Mapping[str, Any]:
        """Every quantity by name, in the order of work, from `self.settings`."""
        raise NotImplementedError

    def _quantities(self) -> dict[str, np.ndarray]:
        return {name: np.asarray(value, np.float64) for name, value in self.worked().items()}

    def set(self, control: str, value: Any) -> None:
        super().set(control, value)
        self.was, self.now = self.now, self._quantities()

    def restore(self, state: Sequence[Any]) -> None:
        super().restore(state)
        self.now = self.was = self._quantities()

    def moved(self, name: str) -> np.ndarray:
        """Which entries of a quantity the last change moved: bool, in its shape; all of a new shape."""
        now, was = self.now[name], self.was.get(name)
        if was is None or was.shape != now.shape:
            return np.ones(now.shape, bool)
        return ~((now == was) | (np.isnan(now) & np.isnan(was)))

    def hot(self, *names: Name) -> bool:
        """Whether the last change moved one of these quantities or entries."""
        pairs = [(name, None) if isinstance(name, str) else name for name in names]
        return any(
            bool(self.moved(name).any() if entry is None else self.moved(name).ravel()[entry])
            for name, entry in pairs
        )

    def line(self, text: str, *names: Name, note: str = "") -> Step:
        """A worked line, the one to look at if one of these has moved."""
        return Step(text=minus(text), note=note, hot=self.hot(*names))

    def grid(self, name: str, rows: Sequence[str] = (), cols: Sequence[str] = (), **options: Any) -> Grid:
        """A quantity of two axes as cells (a vector is one row), the one entry that moved chosen."""
        values = np.atleast_2d(self.now[name])
        moved = np.argwhere(np.atleast_2d(self.moved(name)))
        chosen = tuple(moved[0].tolist()) if len(moved) == 1 else None
        return Grid(
            values=values.copy(), rows=tuple(rows), cols=tuple(cols), tensor=name, chosen=chosen, **options
        )

    def bars(self, name: str, labels: Sequence[str], beside: str = "", **words: str) -> Bars:
        """A vector as bars, with another one beside it; words: `word`, `beside_word`."""
        other = self.now[beside].copy() if beside else None
        return Bars(labels=tuple(labels), values=self.now[name].copy(), beside=other, **words)

    def table(self, columns: Mapping[str, str], index: Sequence[Any], head: str = "column.index") -> Table:
        """Vectors side by side: {word of the column: quantity}, NaN shown as a gap; `index` names the rows."""
        vectors = [self.now[name] for name in columns.values()]
        rows = tuple(
            (label, *(float(v[k]) if np.isfinite(v[k]) else None for v in vectors))
            for k, label in enumerate(index)
        )
        moved = np.flatnonzero(np.any([self.moved(name) for name in columns.values()], axis=0))
        chosen = int(moved[0]) if 0 < len(moved) < len(index) else -1
        return Table(columns=(head, *columns), rows=rows, chosen=chosen)

    def look(self, view: str, past: Sequence[Any]) -> Any:
        return getattr(self, view)()

    def facts(self) -> Mapping[str, Any]:
        return {name: value.tolist() for name, value in self.now.items()}
