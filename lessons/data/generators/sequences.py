"""Sequences of symbols with one label each, or one label in all; and a graph of eight nodes. All int64."""

from __future__ import annotations

import numpy as np

from lessons.data.generators.points import drawn
from lessons.data.origin import origin

# The corners of a cube: eight nodes with three neighbours each, so that a majority is never a draw.
EDGES = ((0, 1), (1, 2), (2, 3), (3, 0), (4, 5), (5, 6), (6, 7), (7, 4), (0, 4), (1, 5), (2, 6), (3, 7))


@origin
def seq_saw(
    count: int, seed: int, length: int = 8, symbols: int = 8, where: str = "earlier"
) -> tuple[np.ndarray, np.ndarray]:
    """Random symbols; label 1 where the same symbol occurs elsewhere: earlier, or anywhere. x, y (count, length)."""
    x = drawn(seed, 40).integers(0, symbols, (count, length))
    same = x[:, :, None] == x[:, None, :]
    return x, (np.tril(same, -1).any(axis=2) if where == "earlier" else same.sum(axis=2) > 1).astype(np.int64)


@origin
def seq_relations(count: int, seed: int, length: int = 8, symbols: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Two relations at once: label 1 for a symbol that occurred earlier, plus 2 if the one just before is in the
    upper half of the symbols; so four classes. x, y (count, length)."""
    x, earlier = seq_saw(count, seed, length, symbols)
    before = np.pad(x[:, :-1] >= symbols // 2, ((0, 0), (1, 0)))
    return x, earlier + 2 * before


@origin
def seq_recall(
    count: int, seed: int, length: int = 32, symbols: int = 8, distance: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Label 1 where a symbol equals the one `distance` before it: 1 is near, length // 2 far. x, y (count, length).

    Half of the symbols that can repeat do so on purpose; the first `distance` have label 0.
    """
    d = drawn(seed, 41)
    x, again = d.integers(0, symbols, (count, length)), d.uniform(shape=(count, length)) < 0.5
    y = np.zeros_like(x)
    for k in range(distance, length):
        x[:, k] = np.where(again[:, k], x[:, k - distance], x[:, k])
        y[:, k] = x[:, k] == x[:, k - distance]
    return x, y


@origin
def seq_first_last(count: int, seed: int, length: int = 8, symbols: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """The label, asked at the last symbol, is the first one. x (count, length), y (count,)."""
    x = drawn(seed, 42).integers(0, symbols, (count, length))
    return x, x[:, 0].copy()


def adjacency(edges=EDGES, nodes: int = 8) -> np.ndarray:
    """(nodes, nodes) bool: which nodes an edge joins."""
    joined = np.zeros((nodes, nodes), bool)
    for a, b in edges:
        joined[a, b] = joined[b, a] = True
    return joined


@origin
def graph8(count: int, seed: int, edges=EDGES) -> tuple[np.ndarray, np.ndarray]:
    """Bits on eight nodes; a node's label is its neighbours' majority, in a draw its own bit. x, y (count, 8)."""
    x = drawn(seed, 43).integers(0, 2, (count, 8))
    votes = (2 * x - 1) @ adjacency(edges).astype(np.int64)
    return x, np.where(votes == 0, x, votes > 0).astype(np.int64)
