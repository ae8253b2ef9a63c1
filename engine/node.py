"""What a network is made of: nodes and the blocks of θ that they own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Parameter:
    """A block of θ: `init` is he, xavier, normal (with `std`), zero or one; `shape` is (in, out) or (out,)."""

    name: str
    shape: tuple[int, ...]
    init: str = "zero"
    std: float = 1.0


@dataclass(frozen=True)
class Node:
    """One operation on earlier nodes: `sizes` and `hyper` are its whole and real numbers."""

    op: str
    name: str
    width: int
    inputs: tuple[int, ...] = ()
    sizes: tuple[int, ...] = ()
    hyper: tuple[float, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    tie: int | None = None  # the node whose parameters this one uses
    whole: bool = False  # needs all rows of a batch at once
    scratch: int = 0  # numbers of working memory
    state: tuple[float, ...] = ()  # running statistics, as they begin
    shape: tuple[int, ...] = ()  # of an image: channels, height, width, flat in that order
