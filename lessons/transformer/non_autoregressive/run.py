"""A decoder that writes all places at once beside one that writes token by token."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from engine.model import Result
from lessons.data.generators.pairs import MARKS, PAD
from lessons.data.generators.points import drawn
from lessons.labs.pairs import Shape, Writer, beside, taught
from lessons.views import Bars, Table, TokenRow, Tokens

Models, Runs = Mapping[str, Writer], Mapping[str, Result]
UPDATES = {"modes": 300, "digits": 600}
DRAWS = 256  # answers drawn to count what is written
SHOWN = 12  # answers drawn for the symbol in hand
KINDS = ("AB", "BA", "AA", "BB")


class Duel(Writer):
    """One symbol with two right answers, drawn from what the model gives; or digits with a single one."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        self.passes = 0  # through the decoder, since the last `count`
        self.modes = settings["task"] == "modes"
        parallel = settings["decoder"] == "nat"
        shape = Shape(parallel=parallel, mask=None if parallel else "causal")
        task = taught("two_modes", seed, count=512) if self.modes else taught("clean", seed, longest=5)
        super().__init__(settings, seed, task, shape, UPDATES[settings["task"]], batch=32)

    def chances(self, source: np.ndarray, read: np.ndarray) -> np.ndarray:
        self.passes += 1
        return super().chances(source, read)

    def count(self, source: np.ndarray) -> int:
        """Passes through the decoder, one after the other, that one answer takes."""
        self.passes = 0
        self.write(source[None])
        return self.passes

    def drawn(self, source: np.ndarray, stream: int) -> np.ndarray:
        """(N, T) one answer to each source (N, S), drawn token by token or all at once."""
        return self.write(
            source, draws=drawn(self.seed, stream).uniform(shape=(len(source), self.task.sizes[1]))
        ).tokens

    def kinds(self) -> np.ndarray:
        """(4,) shares of AB, BA, AA, BB among DRAWS answers, whatever the pair of letters; the rest is missing."""

        def counted() -> np.ndarray:
            source = np.resize(np.unique(self.task.source, axis=0), (DRAWS, 1))
            first, second = (self.drawn(source, 60)[:, k] - source[:, 0] for k in (0, 1))
            cases = ((0, 1), (1, 0), (0, 0), (1, 1))
            return np.array([np.mean((first == a) & (second == b)) for a, b in cases])

        return self.keep("kinds", counted)

    def whole(self, count: int = 64) -> float:
        """The share of right answers: AB or BA of those drawn, or digit strings without a mistake."""
        return float(self.kinds()[:2].sum()) if self.modes else super().whole(count)

    def facts(self) -> Mapping[str, Any]:
        mixed = float(self.kinds()[2:].sum()) if self.modes else 0.0
        passes = self.count(self.task.u[0])
        length = int((self.write(self.task.u[:1]).tokens != PAD).sum())
        return {**super().facts(), "mixed": mixed, "passes": passes, "length": length}


def build(settings: Mapping[str, Any], seed: int) -> Duel:
    return Duel(settings, seed)


# Views over both arms


def tokens(models: Models, chosen: str, past: Sequence[Result]) -> Tokens:
    """SHOWN answers drawn for the symbol in hand, by each decoder; or what each makes of a digit string."""
    first = next(iter(models.values()))
    if not first.modes:
        return beside(models, chosen, past)
    source = first.example()[0]
    a, b = (first.task.words[source[0] + k] for k in (0, 1))
    rows = [first.row("row.source", source), TokenRow(word="row.right", tokens=(f"={a}{b}", f"={b}{a}"))]
    for name, model in models.items():
        said = model.drawn(np.resize(source, (SHOWN, 1)), 61)[:, :2]
        texts = ["".join(model.task.words[t] if t >= len(MARKS) else "·" for t in row) for row in said]
        marks = tuple("right" if text in (a + b, b + a) else "wrong" for text in texts)
        rows.append(TokenRow(word=f"arm.{name}", tokens=tuple(f"={text}" for text in texts), marks=marks))
    return Tokens(rows=tuple(rows))


def shares(models: Models, chosen: str, past: Sequence[Result]) -> Bars:
    """How often each answer is written: NAT, and AT beside it; of digit strings, those written right."""
    if next(iter(models.values())).modes:
        nat, at = (models[name].kinds() for name in ("nat", "at"))
        labels = tuple(f"={kind}" for kind in KINDS)
        return Bars(labels=labels, values=nat.copy(), beside=at.copy(), word="arm.nat", beside_word="arm.at")
    right = np.array([model.whole() for model in models.values()])
    return Bars(labels=tuple(f"arm.{name}" for name in models), values=right, word="series.whole")


def standings(models: Models, chosen: str, past: Sequence[Result]) -> Table:
    rows = []
    for name, model in models.items():
        mixed = float(model.kinds()[2:].sum()) if model.modes else None
        rows.append(
            (f"arm.{name}", model.count(model.example()[0]), model.whole(), mixed, model.checked()["loss"])
        )
    names = ("decoder", "passes", "whole", "mixed", "loss")
    return Table(
        columns=tuple(f"column.{name}" for name in names), rows=tuple(rows), chosen=list(models).index(chosen)
    )


def own(experiment: str, settings: Mapping[str, Any]) -> Mapping[str, Callable]:
    return {"tokens": tokens, "shares": shares, "standings": standings}


def how_often(result: Result) -> str:
    """How often the decoder that writes all at once mixes two right answers."""
    if (result.settings["decoder"], result.settings["task"]) != ("nat", "modes"):
        return ""
    mixed = result.facts["mixed"]
    return "never" if mixed < 0.1 else "quarter" if mixed < 0.35 else "half"


# Claims


def mixes(runs: Runs) -> bool:
    """All at once: between 40 and 60 % AA or BB; token by token: under 5 %."""
    return 0.4 < runs["nat"].facts["mixed"] < 0.6 and runs["at"].facts["mixed"] < 0.05


def one_step(runs: Runs) -> bool:
    """As many passes as tokens, END among them, against one."""
    nat, at = runs["nat"].facts, runs["at"].facts
    return nat["passes"] == 1 and at["passes"] == at["length"] == 3


def one_answer(runs: Runs) -> bool:
    """Where only one answer is right, more than seven in ten are."""
    return runs["nat"].metrics["whole"] > 0.7
