"""Sorted digits, in batches as they lie or shuffled anew each epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.model import Result
from lessons.labs.batches import order
from lessons.labs.sweeps import Swept, small_digits
from lessons.views import Hist, Strip


class Review(Swept):
    """Digits that lie sorted by class, in batches in that order or shuffled anew each epoch."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        x, y = small_digits()[0]
        place = np.argsort(y, kind="stable")
        data = np.ascontiguousarray(x[place]), y[place]
        self.shuffled = settings["shuffle"] == "on" and settings["batch"] < len(y)
        limit = lambda epoch: settings["epochs"] * epoch
        super().__init__(settings, seed, limit, data, shuffle=self.shuffled)
        self.sparse_every = max(1, self.epoch // 4)

    def digits(self, update: int) -> np.ndarray:
        """The classes of the examples of an update, nothing before the first."""
        if update < 0:
            return np.zeros(0, np.int64)
        epoch, place = divmod(update, self.epoch)
        return self.data[1][self.visited(epoch)[place * self.batch :][: self.batch]]

    def visited(self, epoch: int) -> np.ndarray:
        """The examples in the order of an epoch."""
        return order(self.seed, epoch, len(self.data[1])) if self.shuffled else np.arange(len(self.data[1]))

    def sparse(self) -> Mapping[str, float]:
        return {"validation-accuracy": self.trainer.evaluate(*self.check)["accuracy"]}

    def look(self, view: str, past: Sequence[Result]) -> Hist:
        """Which digits were in the last batches, and in the same place an epoch before."""
        now = self.step - 1
        updates = {"now": now, "before": now - 1, "two-before": now - 2, "epoch-ago": now - self.epoch}
        strips = tuple(
            Strip(
                word=f"strip.{name}",
                counts=np.bincount(self.digits(update), minlength=10).astype(float),
                role="ghost" if name == "epoch-ago" else "raw",
            )
            for name, update in updates.items()
        )
        return Hist(strips=strips, lo=-0.5, hi=9.5, x="axis.digit")

    def facts(self) -> Mapping[str, Any]:
        count = self.step // self.epoch
        orders = [self.visited(epoch) for epoch in range(count)]
        batches = {
            frozenset(o[k : k + self.batch].tolist()) for o in orders for k in range(0, len(o), self.batch)
        }
        whole = all(len(set(o.tolist())) == len(o) for o in orders)
        return {**super().facts(), "batches": count * self.epoch, "different": len(batches), "whole": whole}
