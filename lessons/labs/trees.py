"""Trees that are written with brackets, as diagrams."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lessons.data.generators.pairs import balanced
from lessons.views import Diagram, Node

STEP = 0.14  # by which every other word stands higher, so that its neighbours have room


def foot(place: int) -> float:
    """The height of the word at a place of the sentence."""
    return 1.0 - STEP * (place % 2)


def grown(words: Sequence[str]) -> Diagram:
    """A tree from ( S ( NP … ) … ): labels above what they hold, words in their order at the foot.

    Brackets that do not close leave a row of loose words.
    """
    if not balanced(words):
        loose = [word for word in words if word not in "()"]
        return Diagram(
            nodes=tuple(
                Node(id=str(k), x=(k + 0.5) / len(loose), y=foot(k), label=f"={word}")
                for k, word in enumerate(loose)
            )
        )
    above, nodes, edges, leaves = [], {}, [], []
    for k, word in enumerate(words):
        if word == ")":
            above.pop()
        elif word != "(":
            nodes[k] = (word, len(above))
            if above:
                edges.append((above[-1], k))
            if words[k - 1] == "(":
                above.append(k)
            else:
                leaves.append(k)
    at = {leaf: (n + 0.5) / len(leaves) for n, leaf in enumerate(leaves)}
    for k in sorted(nodes, reverse=True):
        if k not in at:
            at[k] = float(np.mean([at[child] for parent, child in edges if parent == k] or [0.5]))
    deepest = max([depth for k, (_, depth) in nodes.items() if k not in leaves] + [1])
    low = {leaf: foot(n) for n, leaf in enumerate(leaves)}
    made = tuple(
        Node(id=str(k), x=at[k], y=low.get(k, 0.65 * depth / deepest), label=f"={word}", hot=not depth)
        for k, (word, depth) in nodes.items()
    )
    return Diagram(nodes=made, edges=tuple((str(a), str(b), None, False) for a, b in edges))
