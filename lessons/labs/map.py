"""The map lab: symbols and what each is made of; the one in the learner's hand is explained and pushed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import numpy as np

from lessons.labs.walk import Walk
from lessons.views import Diagram, Node, Numbers, Step


class Symbol(NamedTuple):
    """A place of the map: label as a payload takes it, position in 0…1, the ids that it is made of."""

    id: str
    label: str
    x: float
    y: float
    parts: tuple[str, ...] = ()


class Map(Walk):
    """Symbols with values; the control `pick` chooses one, `nudge` (on, off) pushes its value by PUSH.

    Subclasses give `symbols` and write `values(pushed)`: the value of every symbol, worked out from left to
    right, where `pushed(id, value)` must be called on each as soon as it is known. `about(symbol)` has the
    worked lines of a symbol.
    """

    PUSH: ClassVar[float] = 0.5
    symbols: ClassVar[tuple[Symbol, ...]] = ()

    @property
    def picked(self) -> Symbol:
        return self.symbols[self.settings["pick"]]

    def values(self, pushed) -> Mapping[str, float]:
        raise NotImplementedError

    def about(self, symbol: Symbol) -> Sequence[Step]:
        raise NotImplementedError

    def worked(self) -> Mapping[str, float]:
        push = self.PUSH if self.settings["nudge"] == "on" else 0.0
        return self.values(lambda id, value: value + push if id == self.picked.id else value)

    def calm(self) -> Mapping[str, float]:
        """The values with nothing pushed."""
        return self.values(lambda id, value: value)

    def reached(self) -> tuple[str, ...]:
        """The symbols whose values change when the picked one is pushed, itself left out."""
        calm, push = self.calm(), self.PUSH
        other = self.values(lambda id, value: value + push if id == self.picked.id else value)
        return tuple(s.id for s in self.symbols if s != self.picked and other[s.id] != calm[s.id])

    def map(self) -> Diagram:
        """All symbols: the picked one is lit, and the edges on which its value goes on."""
        ways, here = {*self.reached(), self.picked.id}, self.picked.id
        nodes = tuple(
            Node(id=s.id, x=s.x, y=s.y, label=s.label, value=float(self.now[s.id]), hot=s.id == here)
            for s in self.symbols
        )
        edges = tuple(
            (part, s.id, None, part in ways and s.id in ways) for s in self.symbols for part in s.parts
        )
        return Diagram(nodes=nodes, edges=edges)

    def meaning(self) -> Numbers:
        """What the picked symbol stands for, in words and with its numbers."""
        return Numbers(steps=tuple(self.about(self.picked)))

    def facts(self) -> Mapping[str, Any]:
        return {**super().facts(), "picked": self.picked.id, "reached": self.reached()}

    def metrics(self) -> Mapping[str, float]:
        return {"reached": float(len(self.reached())), "value": float(np.round(self.now[self.picked.id], 12))}
