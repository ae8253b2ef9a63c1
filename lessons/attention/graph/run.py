"""Attention on a graph of eight nodes, each with a bit; a node's label is the majority of its neighbours."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from engine import random
from engine.model import Result
from engine.random import DATA
from lessons.attention.graph.experiments import CUBE, matrix
from lessons.labs.seq import Encoder, Shape, Told, heads_grid
from lessons.views import Diagram, Grid, Node

Runs = Mapping[str, Result]
NODES, WIDTH, UPDATES = 8, 16, 300
STREAM = 62  # of the order in which the 256 cases are taken
CASES = np.array([[case >> node & 1 for node in range(NODES)] for case in range(2**NODES)])
# Two squares, one in the other, as a cube is seen from above; each node's place in the picture.
SQUARE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
PLACES = [(0.05 + 0.9 * x, 0.05 + 0.9 * y) for x, y in SQUARE] + [
    (0.3 + 0.4 * x, 0.3 + 0.4 * y) for x, y in SQUARE
]


def joined(cells: Sequence[float]) -> np.ndarray:
    """(NODES, NODES) bool from the learner's cells: either of an edge's two cells, changed, changes it."""
    first, now = (np.array(flat).reshape(NODES, NODES) > 0.5 for flat in (matrix(CUBE), cells))
    changed = first != now
    edges = first ^ (changed | changed.T)
    np.fill_diagonal(edges, False)
    return edges


def majority(edges: np.ndarray, x: np.ndarray) -> np.ndarray:
    """(N, NODES) the majority of the neighbours' bits; a node's own bit in a draw."""
    votes = (2 * x - 1) @ edges.astype(int)
    return np.where(votes == 0, x, votes > 0).astype(np.int64)


def task(edges: np.ndarray, samples: int, seed: int) -> Told:
    """`samples` of the 256 cases to train on, all the others to validate with."""
    x = CASES[random.permutation(seed, DATA, STREAM, len(CASES)).astype(int)]
    y = majority(edges, x)
    return Told(x[:samples], y[:samples], x[samples:], y[samples:], 2, 2, "01", "01")


class OnGraph(Encoder):
    """full: attention over all nodes, which have names (positions); masked: only along edges, no names;
    named: both."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        self.edges_on = joined(settings["edges"])
        arm = settings["arm"]
        alone = np.diag(~self.edges_on.any(axis=1))  # a node without neighbours sees itself
        mask = None if arm == "full" else (self.edges_on | alone).astype(float)
        shape = Shape(width=WIDTH, mask=mask, position="none" if arm == "masked" else "learned")
        super().__init__(settings, seed, task(self.edges_on, int(settings["samples"]), seed), shape, UPDATES)

    def maps(self) -> Grid:
        """α′ of the case in hand."""
        return heads_grid(self.attention(self.example()[None])[0], names())

    def edges(self) -> Grid:
        """The graph as a matrix, the learner's to change."""
        return Grid(
            values=self.edges_on.astype(float), rows=names(), cols=names(), tensor="edges", digits=0,
            diverging=False,
        )  # fmt: skip

    def diagram(self) -> Diagram:
        """The graph with the bits of the case in hand; edges lit where a node looks most, wrong nodes lit."""
        x = self.example()
        weights, wrong = (
            self.attention(x[None])[0, 0],
            self.answers(x[None])[0] != majority(self.edges_on, x[None])[0],
        )
        most = weights.argmax(axis=1)
        nodes = tuple(
            Node(
                id=f"{k}",
                x=PLACES[k][0],
                y=PLACES[k][1],
                label=f"=n{k + 1}",
                value=float(x[k]),
                hot=bool(wrong[k]),
            )
            for k in range(NODES)
        )
        seen = {(min(k, int(j)), max(k, int(j))) for k, j in enumerate(most) if k != j}
        lines = [(a, b) for a in range(NODES) for b in range(a) if self.edges_on[a, b] or (b, a) in seen]
        return Diagram(nodes=nodes, edges=tuple((f"{b}", f"{a}", None, (b, a) in seen) for a, b in lines))

    def facts(self) -> Mapping[str, Any]:
        """on-edges, beside: the weight of a node that lies on edges, and beside them, over the fresh cases."""
        weights = self.attention(self.told.u).mean(axis=(0, 1)).astype(float) / NODES
        on, self_only = self.edges_on, np.diag(~self.edges_on.any(axis=1))
        beside = weights[~(on | self_only)].sum()
        return {**super().facts(), "on-edges": float(weights[on].sum()), "beside": float(beside)}


def names() -> tuple[str, ...]:
    return tuple(f"=n{k + 1}" for k in range(NODES))


def build(settings: Mapping[str, Any], seed: int) -> OnGraph:
    return OnGraph(settings, seed)


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, Callable]:
    return {}


def unmasked(result: Result) -> str:
    """How many labels attention over all nodes has right after eight cases."""
    if result.phase != "done" or (result.settings["arm"], result.settings["samples"]) != ("full", "8"):
        return ""
    share = result.metrics["validation-accuracy"]
    return "all" if share > 0.95 else "some" if share > 0.75 else "coin"


# Claims.


def few(runs: Runs) -> bool:
    """From eight cases: along the edges nearly all right, over all nodes less than 0.75."""
    share = {name: run.metrics["validation-accuracy"] for name, run in runs.items()}
    return share["masked"] > 0.97 and share["full"] < 0.75


def zeros(runs: Runs) -> bool:
    """No weight lies beside the edges."""
    return runs["net"].facts["beside"] == 0


def finds(runs: Runs) -> bool:
    """Four fifths of the weight lie on edges that nobody told, and nine labels of ten are right."""
    run = runs["net"]
    return run.facts["on-edges"] > 0.8 and run.metrics["validation-accuracy"] > 0.9
