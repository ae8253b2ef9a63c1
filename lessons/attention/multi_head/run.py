"""A label that asks for two relations: the same letter earlier, and the letter just before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from engine.model import Result
from lessons.labs.seq import Encoder, Shape, heads_grid, told
from lessons.views import Grid

Runs = Mapping[str, Result]
LENGTH, WIDTH, COUNT, UPDATES = 8, 16, 1536, 500
LABELS = ("–", "s", "p", "sp")  # nothing, seen earlier, the previous one is E to H, both
GLANCE = 256  # fresh sequences over which heads are judged


class Heads(Encoder):
    """One block with a number of heads; settings: heads, example, rate."""

    sparse_every = 20

    def __init__(self, settings: Mapping[str, Any], seed: int):
        task = told("relations", seed, count=COUNT, length=LENGTH)._replace(names=LABELS)
        shape = Shape(heads=int(settings["heads"]), width=WIDTH, position="learned", feed=2)
        super().__init__(settings, seed, task, shape, UPDATES)

    def act(self, action: str) -> Mapping[str, Any]:
        """Another example."""
        return {"example": (self.settings["example"] + 1) % 64}

    def related(self) -> np.ndarray:
        """(heads, 2): the weight on the place just before, and on the same letters earlier, where there are any."""
        u = self.told.u[:GLANCE]
        weights = self.attention(u).astype(float)
        places = np.arange(1, LENGTH)
        before = weights[:, :, places, places - 1].mean(axis=(0, 2))
        same = np.tril(u[:, :, None] == u[:, None, :], -1)
        on_same = (weights * same[:, None]).sum(axis=3).transpose(0, 2, 1)
        return np.stack([before, on_same[same.any(axis=2)].mean(axis=0)], axis=1)

    def maps(self) -> Grid:
        return heads_grid(self.attention(self.example()[None])[0], self.labels())

    def kinds(self) -> Grid:
        rows = tuple(f"={k + 1}" for k in range(self.shape.heads))
        return Grid(
            values=self.related(), rows=rows, cols=("kind.before", "kind.same"), tensor="α′", diverging=False
        )

    def facts(self) -> Mapping[str, Any]:
        before, same = self.related().T.tolist()
        return {**super().facts(), "before": before, "same": same}


def build(settings: Mapping[str, Any], seed: int) -> Heads:
    return Heads(settings, seed)


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, Callable]:
    return {}


def helped(result: Result) -> str:
    """Whether two heads do better than one of the same size, told by one of them."""
    settings = result.settings
    if result.phase != "done" or settings["heads"] == "4" or settings["rate"] != 0.007:
        return ""
    good = result.metrics["validation-accuracy"] > 0.94
    return "two" if good == (settings["heads"] == "2") else "same"


# Claims.


def two_better(runs: Runs) -> bool:
    """With two heads 0.05 more of the labels are right than with one."""
    share = {name: run.metrics["validation-accuracy"] for name, run in runs.items()}
    return share["two"] > share["one"] + 0.05


def specialists(runs: Runs) -> bool:
    """One head has 0.7 of its weight just before, another 0.6 on the same letter earlier."""
    facts = runs["net"].facts
    before, same = np.array(facts["before"]), np.array(facts["same"])
    return bool(before.argmax() != same.argmax() and before.max() > 0.7 and same.max() > 0.6)
