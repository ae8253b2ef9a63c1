"""Cross-attention of a decoder that writes digit strings backwards, with or without their zeros."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.model import Result
from lessons.data.generators import clean
from lessons.data.generators.pairs import END, MARKS, PAD, Pairs, fill
from lessons.labs.pairs import Shape, Writer, taught
from lessons.views import Grid, Images

Runs = Mapping[str, Result]
UPDATES = 600
ZERO = len(MARKS)  # the token of the digit 0
MAPS = 8


def backwards(count: int, seed: int, **more: Any) -> Pairs:
    """The strings of `clean`, backwards, zeros and all."""
    made = clean(count, seed, **more)
    return made._replace(target=fill([[*row[row != PAD][::-1], END] for row in made.source]))


class Translator(Writer):
    """One block of encoder and decoder, or a decoder that looks at the words as they are."""

    sparse_every = 25

    def __init__(self, settings: Mapping[str, Any], seed: int):
        self.kept = settings["zeros"] == "kept"
        read = None if settings["memory"] == "encoder" else 0
        shape = Shape(position=settings["position"], read=read)
        task = taught(backwards if self.kept else "clean", seed, longest=6)
        super().__init__(settings, seed, task, shape, UPDATES, batch=32)

    def origin(self) -> np.ndarray:
        """(N, T) the source's place that each token of the right answers comes from, −1 for END and PAD."""
        places = np.full(self.task.v.shape, -1)
        for row, source in zip(places, self.task.u, strict=True):
            wanted = np.flatnonzero((source != PAD) & (self.kept | (source != ZERO)))[::-1]
            row[: len(wanted)] = wanted
        return places

    def looked(self) -> dict[str, float]:
        """Over the digits of the fresh answers: how often the source's digit gets the largest weight, the weight
        on zeros, and what it would be if all places were looked at alike."""

        def measured() -> dict[str, float]:
            u, v, origin = self.task.u, self.task.v, self.origin()
            weights, digits = self.attention(u, self.read(v)).mean(axis=1), origin >= 0
            zeros = (u == ZERO)[:, None, :]
            alike = zeros.sum(axis=2) / (u != PAD).sum(axis=1)[:, None] + 0 * origin
            return {
                "line": float((weights.argmax(axis=2) == origin)[digits].mean()),
                "on-zeros": float((weights * zeros).sum(axis=2)[digits].mean()),
                "alike": float(alike[digits].mean()),
            }

        return self.keep("looked", measured)

    def sparse(self) -> Mapping[str, float]:
        found = self.looked()
        return {**super().sparse(), "line": found["line"], "on-zeros": found["on-zeros"]}

    def metrics(self) -> Mapping[str, float]:
        return {**super().metrics(), "line": self.looked()["line"]}

    def facts(self) -> Mapping[str, Any]:
        return {**super().facts(), **self.looked()}

    def cross(self, tokens: np.ndarray | None = None) -> Grid:
        """Over the right answer, whatever it writes by itself."""
        return super().cross(self.example()[1] if tokens is None else tokens)

    def maps(self) -> Images:
        """α′ of MAPS fresh strings, the one in hand among them: down the right answer, across the source."""
        first = self.number() // MAPS * MAPS
        u, tokens = (table[first : first + MAPS] for table in (self.task.u, self.task.v))
        weights = self.attention(u, self.read(tokens)).mean(axis=1).astype(np.float64)
        weights = np.where((tokens != PAD)[:, :, None], weights, 0.0)
        captions = tuple("=" + "".join(self.task.words[t] for t in row[row != PAD]) for row in u)
        return Images(images=weights, captions=captions, chosen=self.number() - first, tensor="α′")


def build(settings: Mapping[str, Any], seed: int) -> Translator:
    return Translator(settings, seed)


def where(result: Result) -> str:
    """Along which line the weights lie at the end."""
    settings = result.settings
    if (settings["position"], settings["memory"]) != ("learned", "encoder"):
        return ""
    return (
        "rising" if result.facts["line"] > 0.8 else "everywhere" if result.facts["line"] > 0.3 else "falling"
    )


def line_back(runs: Runs) -> bool:
    """Eight digits in ten are looked at when they are written."""
    return runs["trained"].facts["line"] > 0.8


def zeros_ignored(runs: Runs) -> bool:
    """Zeros get less than half of the weight that they would have if all were looked at alike."""
    facts = runs["trained"].facts
    return facts["on-zeros"] < facts["alike"] / 2


def encoder_pays(runs: Runs) -> bool:
    """More strings are right where an encoder block stands in between."""
    return runs["encoder"].metrics["whole"] > runs["words"].metrics["whole"] + 0.02
