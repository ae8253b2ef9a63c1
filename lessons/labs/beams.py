"""Writing a sentence from next-token probabilities: beam search with its tree, and sampling beside it."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from typing import Any

import numpy as np

from engine.decoding import Beam, Decoded, beam_search, sample
from lessons.views import Diagram, Node, Table, TokenRow, Tokens

WIDTHS = (1, 2, 3, 4)
LEVELS = 6  # of a tree that are drawn


def repeated(tokens: Sequence[int], n: int = 3) -> float:
    """The share of the runs of n tokens that have occurred before."""
    runs = [tuple(tokens[k : k + n]) for k in range(len(tokens) - n + 1)]
    return 1 - len(set(runs)) / len(runs) if runs else 0.0


class Searched:
    """Stands before a model; settings beam, temperature, method (beam, sample) and draw choose what is written.

    The model gives `after()`, ln P of the next token for a prefix; `room`, the longest that is written; `end`,
    the token that ends it or None; `spelt(tokens)`, their words; `keep(key, make)`, which measures once a step.
    """

    seed: int
    step: int
    limit: int
    settings: dict[str, Any]
    end: int | None = None
    room: int = 0
    looks = frozenset({"beam", "method", "temperature", "draw", "example"})  # change only what is seen
    columns_of: tuple[str, ...] = ("column.log-chance",)

    def found(self, width: int) -> Beam:
        """The search with a beam of some width."""
        search = lambda: beam_search(self.after(), width, end=self.end, limit=self.room)
        return self.keep(("beam", self.hand(), width), search)

    def drawn(self, number: int = 0) -> Decoded:
        """Sentence `number` drawn at the temperature set."""
        warm, seed = float(self.settings["temperature"]), 1000 * self.seed + number
        make = lambda: sample(self.after(), end=self.end, limit=self.room, seed=seed, temperature=warm)
        return self.keep(("drawn", self.hand(), seed, warm), make)

    def hand(self) -> int:
        return int(self.settings.get("example", 0))

    def draw(self) -> int:
        return int(self.settings.get("draw", 0))

    def width(self) -> int:
        return int(self.settings["beam"])

    def sampled(self) -> bool:
        return self.settings["method"] == "sample"

    def written(self) -> Decoded:
        """What is written as the controls stand."""
        return self.drawn(self.draw()) if self.sampled() else self.found(self.width()).best[0]

    # Pictures

    def look(self, view: str, past: Sequence[Any]) -> Any:
        return getattr(self, view)()

    def hypotheses(self) -> list[Decoded]:
        """The sentences of the beam, best first, or the one drawn."""
        return [self.written()] if self.sampled() else self.found(self.width()).best[: self.width()]

    def tokens(self) -> Tokens:
        """Each hypothesis with the chance of every token."""
        rows, after = [], self.after()
        for rank, one in enumerate(self.hypotheses(), 1):
            p = [exp(after(one.tokens[:k])[token]) for k, token in enumerate(one.tokens)]
            rows.append(TokenRow(word=f"={rank}", tokens=self.spelt(one.tokens), values=np.array(p)))
        return Tokens(rows=tuple(rows))

    def tree(self) -> Diagram:
        """What the search kept, level by level from left to right; the best way is lit."""
        tree, best = self.found(self.width()).tree, self.written().tokens[:LEVELS]
        kept = [0] + [k for k, n in enumerate(tree) if n.fate not in ("cut",) and 0 < len(n.tokens) <= LEVELS]
        levels: dict[int, list[int]] = {}
        for k in kept:
            levels.setdefault(len(tree[k].tokens), []).append(k)
        deep = max(1, max(levels))
        place = {}
        for level, inside in levels.items():
            for rank, k in enumerate(sorted(inside, key=lambda k: -tree[k].score)):
                # Levels lean a little, so that the tree is drawn from left to right.
                high = (rank + 0.5) / max(self.width(), len(inside))
                place[k] = (level / deep, 0.9 * high + 0.012 * level)
        lit = lambda k: tree[k].tokens == best[: len(tree[k].tokens)]
        nodes, edges = [], []
        for k in kept:
            label = self.spelt(tree[k].tokens[-1:])[0] if k else "=○"
            nodes.append(Node(id=str(k), x=place[k][0], y=place[k][1], label=label, hot=lit(k)))
            if k:
                weight = exp(tree[k].log_probability) if lit(k) else None
                edges.append((str(tree[k].parent), str(k), weight, lit(k)))
        return Diagram(nodes=tuple(nodes), edges=tuple(edges))

    def row(self, one: Decoded) -> tuple[Any, ...]:
        """The cells of the table about one sentence."""
        return (round(one.log_probability, 2),)

    def table(self) -> Table:
        """A row for each width of the beam, and one for a drawn sentence; only the present one while it trains."""
        chosen, done = len(WIDTHS) if self.sampled() else WIDTHS.index(self.width()), self.step >= self.limit
        blank = (None,) * len(self.columns_of)
        rows = []
        for place, name in enumerate((*(f"=beam {width}" for width in WIDTHS), "column.drawn")):
            if not done and place != chosen:
                rows.append((name, *blank))
                continue
            one = self.found(WIDTHS[place]).best[0] if place < len(WIDTHS) else self.drawn(self.draw())
            rows.append((name, *self.row(one)))
        return Table(columns=("column.method", *self.columns_of), rows=tuple(rows), chosen=chosen)
