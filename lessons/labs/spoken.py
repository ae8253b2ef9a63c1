"""Writers to talk to: what the learner types is read beside the fresh examples; how many of these are all right."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from lessons.data.generators.pairs import END
from lessons.labs.blocks import pixels
from lessons.labs.decoders import fit
from lessons.labs.pairs import Writer


class Spoken(Writer):
    """A writer that also takes what the learner types (`say`), if there is such a control."""

    looks = Writer.looks | {"say", "top"}

    phrases: ClassVar[Mapping[str, str]] = {"own": ""}  # what an action types

    def act(self, action: str) -> Mapping[str, Any] | None:
        """An action that types."""
        return {"say": self.phrases[action]} if action in self.phrases else super().act(action)

    def heard(self) -> tuple[list[int], list[int]] | None:
        """Source and target, without END, of what was typed; None if that is nothing it could read."""
        return None

    def number(self) -> Any:
        return (super().number(), self.settings.get("say", ""))

    def example(self) -> tuple[np.ndarray, np.ndarray]:
        heard = self.heard() if self.settings.get("say") else None
        if heard is None or not heard[0] or len(heard[0]) > self.task.sizes[0]:
            return self.task.u[self.number()[0]], self.task.v[self.number()[0]]
        source, target = heard
        line = lambda row, width: fit(np.array([row]), width)[0]
        return line(source, self.task.sizes[0]), line([*target, END], self.task.sizes[1])

    def look(self, view: str, past: Sequence[Any]) -> Any:
        return pixels(self.trainer) if view == "weights" else super().look(view, past)

    def written_right(self) -> np.ndarray:
        """(fresh,) whether each fresh sentence was written without a mistake."""
        return (self.alone(len(self.task.v)).tokens == self.task.v).all(axis=1)

    def facts(self) -> Mapping[str, Any]:
        return {**super().facts(), "right": float(self.written_right().mean())}


def settled(updates: int) -> dict[str, Any]:
    """Batches of 32 and a rate that sinks to nothing."""
    return {"batch": 32, "schedule": ("cosine", {"updates": updates})}
