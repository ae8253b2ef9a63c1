"""The sort lab: cards to put into bins; the right bin is told as soon as a card lies in one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.model import Result
from lessons.labs.base import Still
from lessons.spec import Arrange
from lessons.views import Bars, Cards


class Sort(Still):
    """Cards and bins of an Arrange control; `right` names the bin of each card."""

    def __init__(self, settings: Mapping[str, Any], seed: int, control: Arrange, right: Mapping[str, str]):
        super().__init__(settings, seed)
        self.control, self.right = control, dict(right)
        self.answers = np.array([control.bins.index(right[card]) + 1 for card in control.cards])

    @property
    def placed(self) -> np.ndarray:
        """The bin of each card, 0 for one still in hand: (cards,)."""
        return np.array(self.settings[self.control.id])

    def look(self, view: str, past: Sequence[Result]) -> Cards | Bars:
        placed, bins = self.placed, self.control.bins
        if view == "cards":
            told = np.where(placed > 0, self.answers, 0)
            names = [f"card.{card}" for card in self.control.cards]
            in_hand = np.flatnonzero(placed == 0)
            return Cards(
                bins=tuple(f"bin.{bin}" for bin in bins),
                cards=tuple(zip(names, placed.tolist(), told.tolist(), strict=True)),
                chosen=int(in_hand[0]) if len(in_hand) else -1,
            )
        count = lambda numbers: np.bincount(numbers, minlength=len(bins) + 1)[1:].astype(float)
        return Bars(
            labels=tuple(f"bin.{bin}" for bin in bins),
            values=count(placed[placed == self.answers]),
            beside=count(self.answers),
            word="series.right",
            beside_word="series.belong",
        )

    def metrics(self) -> Mapping[str, float]:
        placed = self.placed
        return {"right": float((placed == self.answers).sum()), "placed": float((placed > 0).sum())}

    def facts(self) -> Mapping[str, Any]:
        found = (self.placed == self.answers).tolist()
        return {"bins": self.right, "found": dict(zip(self.control.cards, found, strict=True))}
