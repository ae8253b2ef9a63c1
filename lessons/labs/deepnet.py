"""A deep tanh net on digits under Adam: what σ knows after few updates, and which units are saturated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.optim import OPTIMIZERS
from lessons.labs.net import glimpse
from lessons.labs.race import Picture
from lessons.labs.schedules import Scheduled
from lessons.views import Bars, Hist, Strip

BINS = 48
SPAN = (-6.0, 0.0)  # of log₁₀ σ
MARKS = (1, 3, 10, 100, 400)  # updates after which σ is looked at
FULL = 0.99  # |tanh| beyond this counts as saturated
PROBES = 200  # digits that units are measured on


class Deep(Scheduled):
    """`depth` layers of 64 tanh units, Adam, batches of 64; keeps the histogram of √v̂ at MARKS."""

    UPDATES = 400

    def __init__(
        self,
        settings: Mapping[str, Any],
        seed: int,
        schedule: Any,
        name: str,
        pictures: Mapping[str, Picture],
    ):
        widths = (64,) * int(settings["depth"])
        super().__init__(
            settings, seed, updates=self.UPDATES, widths=widths, activation="tanh", every=100, name=name,
            pictures=pictures, optimizer="adam", rate=settings["rate"], schedule=schedule,
        )  # fmt: skip
        self.strips: dict[int, tuple[np.ndarray, float]] = {}  # update → counts of log₁₀ √v̂ and its spread

    def train(self, updates: int) -> np.ndarray:
        rows, end = [np.empty((0, len(self.columns)))], min(self.step + updates, self.limit)
        while self.step < end:
            before = self.step
            stop = min([end, *(mark for mark in MARKS if mark > before)])
            rows.append(super().train(stop - before))
            if self.step in MARKS:
                self._look()
            if self.step < stop:
                break
        return np.concatenate(rows)

    def _look(self) -> None:
        v = self.trainer.state()[2].astype(np.float64)
        with np.errstate(divide="ignore"):
            logs = np.log10(np.sqrt(v / (1 - OPTIMIZERS["adam"].decay ** self.step)))
        logs = logs[np.isfinite(logs)]
        counts = np.histogram(np.clip(logs, *SPAN), BINS, SPAN)[0]
        low, high = np.quantile(logs, (0.1, 0.9)) if len(logs) else (0.0, 0.0)
        self.strips[self.step] = counts, float(high - low)

    def sigmas(self) -> Hist:
        """log₁₀ √v̂ of all parameters after the updates of MARKS passed so far."""
        strips = [Strip(word=f"=t = {at}", counts=counts) for at, (counts, _) in sorted(self.strips.items())]
        return Hist(strips=tuple(strips), lo=SPAN[0], hi=SPAN[1], x="axis.sigma")

    def saturated(self) -> Bars:
        """Share of each layer's units, over some digits, that are beyond ±FULL."""
        shares = self.fullness()
        labels = tuple(f"={k}" for k in range(1, len(shares) + 1))
        return Bars(labels=labels, values=np.array(shares), word="series.saturated")

    def fullness(self) -> list[float]:
        nodes = [k for k, node in enumerate(self.trainer.program.nodes) if node.op == "tanh"]
        x = glimpse()[0][:PROBES]
        return [float((np.abs(self.trainer.predict(x, node=k)) > FULL).mean()) for k in nodes]

    def facts(self) -> Mapping[str, Any]:
        spreads = [spread for _, (_, spread) in sorted(self.strips.items())] or [0.0]
        return {"spreads": spreads}

    def state(self) -> Sequence[Any]:
        return (*super().state(), dict(self.strips))

    def restore(self, state: Sequence[Any]) -> None:
        super().restore(state[:-1])
        self.strips = dict(state[-1])
