"""Which nodes read tokens from the input, and whether those are tokens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.errors import EngineError
from engine.node import Node


def columns(nodes: Sequence[Node], handle: int) -> slice | None:
    """Which columns of the input a node is, or None."""
    node = nodes[handle]
    if node.op == "input":
        return slice(0, node.width)
    if node.op != "slice" or node.sizes[3] != 1:
        return None
    outer = columns(nodes, node.inputs[0])
    start = None if outer is None else outer.start + node.sizes[1]
    return None if start is None else slice(start, start + node.width)


def readers(nodes: Sequence[Node]) -> list[tuple[Node, slice, int | None]]:
    """(node, columns of the input, vocabulary or None) of all nodes that read tokens."""
    found = []
    for node in nodes:
        if node.op == "embedding":
            found.append((node, columns(nodes, node.inputs[0]), node.sizes[1]))
        elif node.op == "copy":
            found.append((node, columns(nodes, node.inputs[1]), node.sizes[2]))
        elif node.op in ("softmax", "rectified") and len(node.inputs) == 2:
            found.append((node, columns(nodes, node.inputs[1]), None))
    return found


def check_tokens(found: list[tuple[Node, slice, int | None]], x: np.ndarray) -> None:
    """Every token that `readers` found is in its vocabulary, and no example's keys are all padding."""
    for node, place, vocabulary in found:
        tokens = x[:, place]
        if vocabulary is not None:
            wrong = ~((tokens >= 0) & (tokens < vocabulary) & (tokens == np.floor(tokens)))
            if wrong.any():
                raise EngineError("wrong-token", node=node.name, value=tokens[wrong][0], hi=vocabulary - 1)
        else:
            hidden = (tokens == node.hyper[1]).all(axis=1)
            if hidden.any():
                raise EngineError("all-hidden", node=node.name, row=int(hidden.argmax()))
