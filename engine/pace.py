"""How fast a run goes: what the pace allows at each frame, and what was reached."""

from __future__ import annotations

import math
from collections import deque

FRAME = 1 / 25  # seconds


class Pace:
    """Updates allowed as time goes by: `updates` × `factor` a frame, never saved up beyond one frame."""

    def __init__(self, updates: float):
        self.updates, self.factor = updates, 1.0
        self.budget = math.inf  # updates until the run stands still
        self.hurry = False  # no pace
        self.owed = self.tick = 0.0
        self.rate = 0.0  # updates per second over the last half second
        self._seen: deque[tuple[float, int]] = deque()

    def start(self, budget: float, hurry: bool, now: float) -> None:
        # Who sets off a slow story sees its first update at once.
        self.owed = max(0.0, 1.0 - self.updates * self.factor)
        self.budget, self.hurry, self.tick = budget, hurry, now
        self._seen.clear()
        self.rate = 0.0

    def allow(self, now: float) -> float:
        """Updates that may be done now."""
        if self.hurry or math.isinf(self.factor):
            return self.budget
        if now >= self.tick:
            grant = self.updates * self.factor
            self.owed = min(self.owed + grant, max(grant, 1.0))
            self.tick = max(self.tick + FRAME, now)
        return min(self.budget, math.floor(self.owed + 1e-9))

    def spend(self, done: int, total: int, now: float) -> None:
        """`done` updates were made, `total` in all."""
        self.owed = max(0.0, self.owed - done)
        self.budget -= done
        self._seen.append((now, total))
        while len(self._seen) > 2 and self._seen[0][0] < now - 0.5:
            self._seen.popleft()
        then, before = self._seen[0]
        if now > then:
            self.rate = (total - before) / (now - then)
