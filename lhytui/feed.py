"""The tape of a run as JSON lines, while it grows."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from typing import Any


def number(value: Any) -> Any:
    """A number that JSON can hold; what is not finite is null."""
    value = value.item() if hasattr(value, "item") else value
    return value if not isinstance(value, float) or math.isfinite(value) else None


class Feed:
    """Rows {"update": k, series: value…}, each once; in a run with arms, k counts the arm's own updates."""

    def __init__(self) -> None:
        self.told: dict[str, int] = {}  # rows told of each dense series
        self.measured: dict[str, int] = {}  # values told of each sparse series

    def new(self, tape: Any, ended: bool) -> Iterator[str]:
        """The lines for what was added since the last call; at the end also what was measured after it."""
        spare = self._measurements(tape)
        for start, stop, names in self._spans(tape):
            columns = {name: tape.column(name) for name in names}
            arms = {name.rpartition("/")[0] for name in names}
            for update in range(start, stop):
                row = {name: number(values[update]) for name, values in columns.items()}
                for arm in arms:
                    row |= self._take(spare, arm, update)
                yield json.dumps({"update": update, **row})
        for arm, update in list(spare) if ended else ():
            yield json.dumps({"update": update, **self._take(spare, arm, update)})

    def _spans(self, tape: Any) -> list[tuple[int, int, list[str]]]:
        """Series that have the same new rows: (first, end, names)."""
        groups: dict[tuple[int, int], list[str]] = {}
        for name in tape.columns:
            span = self.told.get(name, 0), len(tape.column(name))
            self.told[name] = span[1]
            if span[0] < span[1]:
                groups.setdefault(span, []).append(name)
        return [(*span, names) for span, names in groups.items()]

    def _measurements(self, tape: Any) -> dict[tuple[str, int], dict[str, tuple[int, Any]]]:
        """What has been measured and not told: (arm, update) → {series: (its index, value)}."""
        found: dict[tuple[str, int], dict[str, tuple[int, Any]]] = {}
        for name in tape.sparse_names:
            steps, values = tape.sparse(name)
            for index in range(self.measured.get(name, 0), len(steps)):
                key = name.rpartition("/")[0], int(steps[index])
                found.setdefault(key, {})[name] = index, number(values[index])
        return found

    def _take(self, spare: dict, arm: str, update: int) -> dict[str, Any]:
        row = {}
        for name, (index, value) in spare.pop((arm, update), {}).items():
            self.measured[name] = index + 1
            row[name] = value
        return row
