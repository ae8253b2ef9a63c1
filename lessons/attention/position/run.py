"""Attention with and without places: what it learns, and what becomes of a sequence that is shuffled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from engine import random
from engine.model import Result
from engine.random import DATA
from lessons.labs.seq import Encoder, Shape, told
from lessons.views import Grid, TokenRow, Tokens

Runs = Mapping[str, Result]
LENGTH, WIDTH, UPDATES = 8, 16, 400
SHUFFLES = 24
STREAM = 61  # of the permutations


def order(number: int) -> np.ndarray:
    """(LENGTH,) the permutation of that number; 0 leaves all as it stands."""
    return np.arange(LENGTH) if number == 0 else random.permutation(number, DATA, STREAM, LENGTH).astype(int)


class Placed(Encoder):
    """One block of attention; settings: task, position, example, shuffle, rate."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        shape = Shape(width=WIDTH, position=settings["position"])
        super().__init__(settings, seed, told(settings["task"], seed, length=LENGTH), shape, UPDATES)

    def act(self, action: str) -> Mapping[str, Any]:
        """Another order of the same tokens."""
        return {"shuffle": (self.settings["shuffle"] + 1) % SHUFFLES}

    def shuffled(self) -> np.ndarray:
        """The example in hand in the chosen order."""
        return self.example()[order(self.settings["shuffle"])]

    def maps(self) -> Grid:
        names = tuple(self.told.token(token) for token in self.shuffled())
        return Grid(
            values=self.attention(self.shuffled()[None])[0, 0].astype(float), rows=names, cols=names,
            tensor="α′", diverging=False,
        )  # fmt: skip

    def tokens(self) -> Tokens:
        """The example with its answers; shuffled, the answers that went along and those now given."""
        plain = super().tokens()
        if self.settings["shuffle"] == 0:
            return plain
        turn = order(self.settings["shuffle"])
        along, now = self.answers(self.example()[None])[0][turn], self.answers(self.shuffled()[None])[0]
        same = tuple("right" if a == b else "wrong" for a, b in zip(along, now, strict=True))
        said = lambda labels: tuple(self.told.label(label) for label in labels)
        rows = (
            self.row(self.shuffled(), "row.shuffled"),
            TokenRow(word="row.along", tokens=said(along)),
            TokenRow(word="row.now", tokens=said(now), marks=same),
        )
        return Tokens(rows=plain.rows + rows)

    def codes(self) -> Grid:
        """eⁱ, a row a place."""
        names = tuple(f"=e{k + 1}" for k in range(LENGTH))
        return Grid(values=self.positions(), rows=names, tensor="e", digits=1)

    def products(self) -> Grid:
        """eⁱ·eʲ."""
        names = tuple(f"=e{k + 1}" for k in range(LENGTH))
        return Grid(values=self.similar(), rows=names, cols=names, tensor="e·e", digits=1)

    def similar(self) -> np.ndarray:
        e = self.positions()
        return e @ e.T

    def apart(self) -> float:
        """The most by which eⁱ·eʲ of pairs equally far apart differ; NaN without places."""
        s = self.similar()
        spread = max(np.ptp(np.diagonal(s, k)) for k in range(LENGTH))
        return float(spread) if self.shape.position != "none" else float("nan")

    def moved(self) -> float:
        """The most by which a logit changes when a sequence is shuffled, beyond going along with its token."""
        x, turn = self.told.u[:64], order(1)
        return float(np.abs(self.scores(x[:, turn]) - self.scores(x)[:, turn]).max())

    def mirrored(self) -> float:
        """Share of places that look most at their mirror image, on the average."""
        weights = self.attention(self.told.u[:128]).mean(axis=0)[0]
        return float((weights.argmax(axis=1) == np.arange(LENGTH)[::-1]).mean())

    def facts(self) -> Mapping[str, Any]:
        own = {"moved": self.moved(), "mirror": self.mirrored(), "apart": self.apart()}
        return {**super().facts(), **own}


def build(settings: Mapping[str, Any], seed: int) -> Placed:
    return Placed(settings, seed)


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, Callable]:
    return {}


def without(result: Result) -> str:
    """How much of the labels is right without places."""
    settings = result.settings
    if result.phase != "done" or (settings["position"], settings["task"]) != ("none", "saw"):
        return ""
    share = result.metrics["validation-accuracy"]
    return "all" if share > 0.95 else "some" if share > 0.69 else "guess"


# Claims.


def stuck(runs: Runs) -> bool:
    """Without places at most 0.78 of the labels are right, with them 0.95."""
    share = {name: run.metrics["validation-accuracy"] for name, run in runs.items()}
    return share["without"] < 0.78 and share["with"] > 0.95


def permutes(runs: Runs) -> bool:
    """Shuffling moves no logit by more than rounding."""
    return runs["net"].facts["moved"] < 1e-3


def mirror(runs: Runs) -> bool:
    """Every place looks most at its mirror image, and nearly all tokens are right."""
    run = runs["net"]
    return run.facts["mirror"] == 1 and run.metrics["validation-accuracy"] > 0.99


def distance_only(runs: Runs) -> bool:
    return runs["net"].facts["apart"] < 1e-6
