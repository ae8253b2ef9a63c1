"""Encoders and decoders as networks, and what they are taught: pairs of a source and a target."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from engine.network import Network
from lessons.data import generators
from lessons.data.generators.pairs import MARKS, PAD
from lessons.labs.seq import UNSEEN

COUNT, FRESH = 2048, 128  # pairs to train on and to measure with
WRITTEN = ("=·", "=BEGIN", "=END")  # PAD, BEGIN and END as they are shown


class Taught(NamedTuple):
    """Pairs of source (N, S) and target (N, T), ended by END and filled up with PAD; u, v: fresh ones.

    words: the text of each token. A source of no columns leaves the decoder alone with itself.
    """

    source: np.ndarray
    target: np.ndarray
    u: np.ndarray
    v: np.ndarray
    words: Sequence[str]

    @property
    def sizes(self) -> tuple[int, int]:
        """S and T."""
        return self.source.shape[1], self.target.shape[1]

    def token(self, number: int) -> str:
        return WRITTEN[number] if number < len(MARKS) else f"={self.words[number]}"


def fit(table: np.ndarray, width: int) -> np.ndarray:
    """A table cut or filled up with PAD to `width` columns."""
    return np.pad(table[:, :width], ((0, 0), (0, max(0, width - table.shape[1]))), constant_values=PAD)


def taught(
    task: str | Callable[..., Any],
    seed: int,
    count: int = COUNT,
    fresh: int = FRESH,
    places: int = 0,
    **more: Any,
) -> Taught:
    """A task by its name among the generators (clean, prompts, brackets, …); `places`: room for longer answers."""
    make = getattr(generators, task) if isinstance(task, str) else task
    seen, new = make(count, seed, **more), make(fresh, seed + UNSEEN, **more)
    s = max(seen.source.shape[1], new.source.shape[1])
    t = max(seen.target.shape[1], new.target.shape[1], places)
    return Taught(
        fit(seen.source, s), fit(seen.target, t), fit(new.source, s), fit(new.target, t), seen.words
    )


def forces(words: Sequence[str]) -> tuple[str, ...]:
    """The options of the control `force`: none, then what may be written: END and the words."""
    return ("none", "end", *words[len(MARKS) :])


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Encoder and decoder, of `blocks` blocks each.

    cross: the decoder looks at what the encoder made of the source; without it there is no encoder, and the
    source stands in front of what is written. mask: of the decoder's attention over itself. parallel: it reads
    a row of BEGIN and writes all places at once. copy: a mixture of writing and copying from the source.
    read: blocks of the encoder, if not as many; of none, the decoder looks at the words with their places.
    """

    width: int = 16
    heads: int = 1
    blocks: int = 1
    position: str = "learned"
    mask: Any = "causal"
    cross: bool = True
    feed: int = 4
    parallel: bool = False
    copy: bool = False
    read: int | None = None


def join(net: Network, h: int, part: int, width: int) -> int:
    """The part added to what it was made of, then normalised at every place."""
    return net.layer_norm(net.add(h, part), width)


def block(
    net: Network,
    h: int,
    name: str,
    shape: Shape,
    memory: int | None = None,
    keys: int | None = None,
    mask=None,
) -> int:
    """Attention `name`, over a memory too (`cross-…`) if there is one, and a small network at every place.

    keys: the tokens that the first attention looks at, or those of the memory; PAD among them is hidden.
    """
    d, k = shape.width, name.rpartition("-")[2]
    own = keys if memory is None else None
    h = join(net, h, net.attention(h, name, heads=shape.heads, mask=mask, tokens=own), d)
    if memory is not None:
        across = net.attention(h, f"cross-{k}", heads=shape.heads, context=memory, tokens=keys)
        h = join(net, h, across, d)
    if shape.feed:
        inner = net.activation(net.dense_each(h, shape.feed * d, f"{name}-feed", init="he"), "relu")
        h = join(net, h, net.dense_each(inner, d, f"{name}-back"), d)
    return h


def enter(net: Network, tokens: int, task: Taught, shape: Shape, name: str) -> int:
    """Tokens as vectors with their places marked."""
    words = net.embedding(tokens, len(task.words), shape.width, name)
    return net.position(words, shape.position, f"{name}-places")


def writer(net: Network, task: Taught, shape: Shape) -> int:
    """The logits, (T, words); (S + T, words) without an encoder.

    Nodes: source, read-k of the encoder; target, past-k, cross-k of the decoder; logits.
    """
    s, t = task.sizes
    both = net.input(s + t)
    if shape.cross:
        source = net.slice(both, 0, s)
        memory = enter(net, source, task, shape, "source")
        for k in range(1, (shape.blocks if shape.read is None else shape.read) + 1):
            memory = block(net, memory, f"read-{k}", shape, keys=source)
        h = enter(net, net.slice(both, s, t), task, shape, "target")
        for k in range(1, shape.blocks + 1):
            h = block(net, h, f"past-{k}", shape, memory, source, shape.mask)
    else:
        h = enter(net, both, task, shape, "target")
        for k in range(1, shape.blocks + 1):
            h = block(net, h, f"past-{k}", shape, keys=both if s else None, mask=shape.mask)
    if shape.copy:
        gated = net.dense_each(h, len(task.words) + 1, "gated")
        return net.copy_softmax(gated, net.find(f"cross-{shape.blocks}.weights"), source, "logits")
    return net.dense_each(h, len(task.words), "logits")
