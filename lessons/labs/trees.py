"""Trees that are written with brackets, as diagrams."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lessons.data.generators.pairs import balanced
from lessons.views import Diagram, Node


def grown(words: Sequence[str]) -> Diagram:
    """A tree from ( S ( NP … ) … ): labels above what they hold, words in their order at the foot."""
    if not balanced(words):
        loose = [word for word in words if word not in "()"]
        places = [(k + 0.5) / len(loose) for k in range(len(loose))]
        return Diagram(
            nodes=tuple(
                Node(id=str(k), x=x, y=1.0, label=f"={word}")
                for k, (x, word) in enumerate(zip(places, loose, strict=True))
            )
        )
    open_, nodes, edges, leaves = [], {}, [], []
    for k, word in enumerate(words):
        if word == ")":
            open_.pop()
        elif word != "(":
            head = words[k - 1] == "("
            nodes[k] = (word, len(open_))
            if open_:
                edges.append((str(open_[-1]), str(k), None, False))
            if head:
                open_.append(k)
            else:
                leaves.append(k)
    at = {leaf: (n + 0.5) / len(leaves) for n, leaf in enumerate(leaves)}
    below = {k: [int(b) for a, b, *_ in edges if int(a) == k] for k in nodes}
    for k in sorted(nodes, reverse=True):
        if k not in at:
            at[k] = float(np.mean([at[child] for child in below[k]])) if below[k] else 0.5
    deepest = max(depth for _, depth in nodes.values()) or 1
    made = tuple(
        Node(id=str(k), x=at[k], y=1.0 if k in leaves else depth / deepest, label=f"={word}", hot=not depth)
        for k, (word, depth) in nodes.items()
    )
    return Diagram(nodes=made, edges=tuple(edges))
