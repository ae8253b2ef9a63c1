"""Where a run can be taken up again: close together around the present update, wide apart elsewhere."""

from __future__ import annotations

import sys
from bisect import bisect_right, insort
from collections.abc import Mapping
from typing import Any

BUDGET = 32 << 20  # bytes, both sets together
WINDOW = 10_000  # updates that the fine set covers
REPLAY = 0.03  # seconds of replay from one fine checkpoint to the next; at most twice this is still fluent
MOST = 64  # coarse checkpoints
BURDEN = 20  # a checkpoint costs at most 1/20 of the training between two


def measure(state: Any) -> int:
    """Bytes held by a state: arrays by their data, containers by their items."""
    own = getattr(state, "nbytes", None)
    if own is not None:
        return int(own) + 112
    if isinstance(state, Mapping):
        return sys.getsizeof(state) + sum(measure(value) for value in state.values())
    if isinstance(state, (tuple, list)):
        return sys.getsizeof(state) + sum(measure(value) for value in state)
    return sys.getsizeof(state)


def _power(at_most: float) -> int:
    """The largest power of two that is at most the number, and at least 1."""
    return 1 << max(0, int(at_most).bit_length() - 1)


class Checkpoints:
    """States by update number. Those at multiples of `wide` are the coarse set, the others the fine one.

    Strides are powers of two and all checkpoints lie at their multiples, whatever the chunks of training.
    A state holds the control changes made before its update, not those made at it.
    """

    def __init__(self, budget: int = BUDGET, window: int = WINDOW):
        self.budget, self.window = budget, window
        self.stride = self.wide = 1
        self._held: dict[int, tuple[Any, int]] = {}
        self._steps: list[int] = []

    def __len__(self) -> int:
        return len(self._steps)

    def __contains__(self, step: int) -> bool:
        return step in self._held

    @property
    def steps(self) -> tuple[int, ...]:
        return tuple(self._steps)

    @property
    def nbytes(self) -> int:
        return sum(size for _, size in self._held.values())

    def after(self, step: int) -> int:
        """The next update number at which a checkpoint belongs."""
        return (step // self.stride + 1) * self.stride

    def due(self, step: int) -> bool:
        return step % self.stride == 0 and step not in self._held

    def add(self, step: int, state: Any) -> None:
        """Hold a state, and let go what the two sets have no room for."""
        if step not in self._held:
            insort(self._steps, step)
        self._held[step] = (state, measure(state))
        self._thin(step)

    def tune(self, update: float, capture: float) -> None:
        """Choose the fine stride from measured seconds: one update, one taking of a state."""
        size = max((size for _, size in self._held.values()), default=0)
        update = max(update, 1e-9)
        least = max(size * self.window / (self.budget * 3 / 4), BURDEN * capture / update)
        stride = max(_power(REPLAY / update), 2 * _power(least) if least > 1 else 1)
        # A single slow moment must not litter the run: grow at once, shrink only when far off.
        if stride > self.stride or stride * 4 <= self.stride:
            self.stride = stride
            self.wide = max(self.wide, stride)

    def nearest(self, step: int) -> tuple[int, Any]:
        """The last checkpoint at or before an update. LookupError if there is none."""
        at = bisect_right(self._steps, step)
        if at == 0:
            raise LookupError(step)
        found = self._steps[at - 1]
        return found, self._held[found][0]

    def cut(self, step: int) -> None:
        """Let go all after an update."""
        for late in self._steps[bisect_right(self._steps, step) :]:
            del self._held[late]
        del self._steps[bisect_right(self._steps, step) :]

    def _thin(self, present: int) -> None:
        size = max(1, max(size for _, size in self._held.values()))
        most = int(max(1, min(MOST, self.budget / 4 // size)))
        while sum(1 for step in self._steps if step % self.wide == 0) > most:
            self.wide *= 2
        room = self.budget * 3 / 4
        fine = [step for step in self._steps if step % self.wide]
        count = max(256, self.window // self.stride + 2)
        held = sum(self._held[step][1] for step in fine)
        # Ends of the list are furthest from the present update: a ring behind a run that goes forward,
        # a neighbourhood around a place in the past.
        while fine and (held > room or len(fine) > count):
            end = 0 if present - fine[0] >= fine[-1] - present else -1
            step = fine.pop(end)
            held -= self._held.pop(step)[1]
            self._steps.remove(step)
