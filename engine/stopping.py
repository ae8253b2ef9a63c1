"""Early stopping: the best measurement so far, and when to give up waiting for a better one."""

from __future__ import annotations

import math
from typing import Any

from engine.errors import EngineError


class EarlyStopping:
    """Watches a loss on validation data; stops after `patience` measurements without a better one.

    better: lower than the best by more than `least`. `keep` is what was best, a copy of θ for example.
    """

    def __init__(self, patience: int, least: float = 0.0):
        if int(patience) != patience or patience < 1:
            raise EngineError("not-positive", name="patience", value=patience)
        self.patience, self.least = int(patience), least
        self.best, self.best_step, self.keep, self.waited = math.inf, None, None, 0

    @property
    def stopped(self) -> bool:
        return self.waited >= self.patience

    def see(self, step: int, loss: float, keep: Any = None) -> bool:
        """Take in the loss measured at `step`; True when training should stop. NaN is never better."""
        if loss < self.best - self.least:
            self.best, self.best_step, self.keep, self.waited = float(loss), step, keep, 0
        else:
            self.waited += 1
        return self.stopped

    def state(self) -> tuple:
        """A copy of where it stands, for checkpoints."""
        return self.best, self.best_step, self.keep, self.waited

    def restore(self, state: tuple) -> None:
        """Back to what `state` copied."""
        self.best, self.best_step, self.keep, self.waited = state
