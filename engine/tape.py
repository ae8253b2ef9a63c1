"""The tape of a run: append-only columns with a value for every update, and series measured now and then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np


class _Lane:
    """The columns of one arm (or of a run without arms) and the training seconds before each of its updates.

    `store` = (buffer (columns + 1, capacity), rows) is replaced as a whole: a reader sees the old or the new.
    Rows that a reader can see are never written again.
    """

    def __init__(self, width: int):
        self.store = (np.empty((width + 1, 0)), 0)
        self.first = -1  # the number, in the whole run, of this arm's first update; -1: not begun
        self.spent = 0.0

    def append(self, rows: np.ndarray, seconds: float) -> None:
        buffer, n = self.store
        size = n + len(rows)
        if size > buffer.shape[1]:
            grown = np.empty((buffer.shape[0], max(256, 2 * size)))
            grown[:, :n] = buffer[:, :n]
            buffer = grown
        buffer[:-1, n:size] = rows.T
        buffer[-1, n:size] = self.spent + seconds * np.arange(len(rows)) / max(1, len(rows))
        self.spent += seconds
        self.store = (buffer, size)

    def head(self, count: int) -> _Lane:
        """The first `count` rows: shares them, and moves to a buffer of its own with the next append."""
        buffer, n = self.store
        lane = _Lane(buffer.shape[0] - 1)
        count = max(0, min(count, n))
        lane.store, lane.first = (buffer[:, :count], count), self.first
        lane.spent = float(buffer[-1, count]) if count < n else self.spent
        return lane


class Tape:
    """Dense columns (float64, index = update number, the value before that update) and sparse series.

    One thread writes; any thread reads. Columns named "arm/series" belong to an arm and hold its own updates
    only: they may be shorter than the tape, and of arms that run one after another each starts at 0.
    """

    def __init__(self, columns: Sequence[str]):
        self.columns = tuple(columns)
        self._place: dict[str, tuple[str, int]] = {}
        self._picks: dict[str, list[int]] = {}
        for index, name in enumerate(self.columns):
            picks = self._picks.setdefault(name.rpartition("/")[0], [])
            self._place[name] = (name.rpartition("/")[0], len(picks))
            picks.append(index)
        self._lanes = {arm: _Lane(len(picks)) for arm, picks in self._picks.items()}
        self._sparse: dict[str, tuple[list[int], list[float]]] = {}
        self._marks: set[int] = set()
        self._rows = 0

    def __len__(self) -> int:
        return self._rows

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms that have columns, in order; empty for a run without arms."""
        return tuple(arm for arm in self._picks if arm)

    def append(
        self, rows, seconds: float = 0.0, shares: Mapping[str, tuple[int, int, float]] | None = None
    ) -> None:
        """Add rows (updates, len(columns)) that took `seconds` of training.

        `shares`: for each arm that trained, the rows [from, to) that are its own, and its seconds; None: all
        rows are every arm's.
        """
        rows = np.asarray(rows, dtype=np.float64)
        for arm, picks in self._picks.items():
            start, stop, cost = (0, len(rows), seconds) if shares is None else shares.get(arm, (0, 0, 0.0))
            if stop <= start:
                continue
            lane = self._lanes[arm]
            if lane.first < 0:
                lane.first = self._rows + start
            lane.append(rows[start:stop, picks], cost)
        self._rows += len(rows)

    def column(self, name: str) -> np.ndarray:
        """The values of one dense series so far, read-only. KeyError if there is none of that name."""
        if not self.columns:
            return np.empty(0)
        arm, index = self._place[name]
        buffer, n = self._lanes[arm].store
        values = buffer[index, :n]
        values.flags.writeable = False
        return values

    def seconds(self, arm: str = "") -> np.ndarray:
        """Training seconds spent before each update (of that arm)."""
        lane = self._lanes.get(arm) or next(iter(self._lanes.values()), _Lane(0))
        buffer, n = lane.store
        return buffer[-1, :n].copy()

    def add_sparse(self, step: int, values: Mapping[str, float]) -> None:
        """Add measurements made at an update; each update is measured once."""
        self._marks.add(step)
        for name, value in values.items():
            at, lane = step, self._lanes.get(name.rpartition("/")[0])
            if lane is not None:
                lane.first = step if lane.first < 0 else lane.first
                at = min(step, lane.first + lane.store[1])  # an arm that has ended stands where it ended
            steps, held = self._sparse.setdefault(name, ([], []))
            if not steps or at > steps[-1]:
                steps.append(at)
                held.append(float(value))

    def measured(self, step: int) -> bool:
        return step in self._marks

    def sparse(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Update numbers (the arm's own) and values of a sparse series; both empty if never measured."""
        steps, values = self._sparse.get(name, ((), ()))
        n = len(values)
        lane = self._lanes.get(name.rpartition("/")[0])
        first = max(0, lane.first) if lane is not None else 0
        return np.array(steps[:n], dtype=np.int64) - first, np.array(values[:n], dtype=np.float64)

    @property
    def sparse_names(self) -> tuple[str, ...]:
        return tuple(self._sparse)

    def cut(self, step: int) -> None:
        """Forget all updates from number `step` on, and measurements after it; arrays already read stay."""
        other = self.copy(step)
        self._lanes, self._sparse, self._marks, self._rows = (
            other._lanes,
            other._sparse,
            other._marks,
            other._rows,
        )

    def copy(self, step: int | None = None) -> Tape:
        """A tape of its own with the updates (before `step`); shares memory until one of the two grows."""
        other = Tape(self.columns)
        rows = self._rows if step is None else max(0, min(step, self._rows))
        last = max(self._marks, default=0) if step is None else step
        for arm, lane in self._lanes.items():
            if 0 <= lane.first <= rows:
                other._lanes[arm] = lane.head(rows - lane.first)
        for name, (steps, values) in list(self._sparse.items()):
            keep = sum(1 for at in steps[: len(values)] if at <= last)
            if keep:
                other._sparse[name] = (steps[:keep], values[:keep])
        other._marks = {at for at in tuple(self._marks) if at <= last}
        other._rows = rows
        return other

    def part(self, arm: str) -> Tape:
        """The tape of one arm by itself: its columns without the prefix, its own update numbers."""
        prefix = arm + "/"
        other = Tape([name.removeprefix(prefix) for name in self.columns if name.rpartition("/")[0] == arm])
        lane = self._lanes.get(arm)
        if lane is not None:
            other._rows = lane.store[1]
            for alone in other._lanes:
                other._lanes[alone] = lane.head(other._rows)
                other._lanes[alone].first = 0
        for name in self.sparse_names:
            if name.startswith(prefix):
                steps, values = self.sparse(name)
                other._sparse[name.removeprefix(prefix)] = (steps.tolist(), values.tolist())
        return other
