"""From next-token probabilities to sentences: greedy, sampling, beam search; and how good they are: BLEU.

`following` is any function of a prefix, a tuple of tokens, that gives ln P(next token), a vector over the tokens.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from math import exp, log
from typing import NamedTuple

import numpy as np

from engine.draws import SAMPLE, Draws
from engine.errors import EngineError

Following = Callable[[tuple[int, ...]], np.ndarray]


class Decoded(NamedTuple):
    """Tokens after the beginning, `end` included if it came; ln P of them all; whether the end came."""

    tokens: tuple[int, ...]
    log_probability: float
    ended: bool


def ask(following: Following, prefix: tuple[int, ...]) -> np.ndarray:
    """The vector after a prefix, float64, checked: some token possible, no NaN, no +inf."""
    vector = np.asarray(following(prefix), np.float64).ravel()
    if not vector.size or np.isnan(vector).any() or not np.isfinite(vector.max()):
        raise EngineError("no-next-token", prefix=list(prefix))
    return vector


def decode(following, choose, begin: Sequence[int], end: int | None, limit: int) -> Decoded:
    """Token by token; choose(vector, place) names the next one."""
    begin, tokens, total = tuple(begin), (), 0.0
    for place in range(limit):
        vector = ask(following, begin + tokens)
        token = int(choose(vector, place))
        tokens, total = (*tokens, token), total + float(vector[token])
        if token == end:
            return Decoded(tokens, total, True)
    return Decoded(tokens, total, False)


def greedy(
    following: Following, begin: Sequence[int] = (), end: int | None = None, limit: int = 50
) -> Decoded:
    """The most probable token each time, the first of equals, until `end` or `limit` tokens."""
    return decode(following, lambda vector, _: vector.argmax(), begin, end, limit)


def shape(
    vector, temperature: float = 1.0, top_k: int | None = None, top_p: float | None = None
) -> np.ndarray:
    """(V,) probabilities from ln P or logits: softmax(vector / temperature), then cut off and scaled to sum 1.

    top_k keeps the k most probable tokens; top_p, of those, the fewest whose probabilities reach p together
    (Holtzman et al. 2019); of equals the first. Exact at any temperature; 0 is the most probable token alone.
    """
    vector = np.asarray(vector, np.float64)
    if temperature < 0:
        raise EngineError("negative", name="temperature", value=temperature)
    if top_k is not None and top_k < 1:
        raise EngineError("not-positive", name="top-k", value=top_k)
    if top_p is not None and not 0 < top_p <= 1:
        raise EngineError("not-a-share", name="top-p", value=top_p)
    if temperature == 0:
        return (np.arange(vector.size) == vector.argmax()).astype(np.float64)
    # The largest is taken off before the division: small temperatures only make zeros of the others.
    p = np.exp((vector - vector.max()) / temperature)
    p /= p.sum()
    order = np.argsort(-p, kind="stable")
    kept = np.zeros(vector.size, bool)
    kept[order[:top_k]] = True
    if top_p is not None:
        ranked = np.where(kept, p, 0.0)[order] / p[kept].sum()
        before = np.cumsum(ranked) - ranked
        kept[order[before >= top_p - 1e-12]] = False  # sums of shares are rounded
    p = np.where(kept, p, 0.0)
    return p / p.sum()


def sample(
    following: Following,
    begin: Sequence[int] = (),
    end: int | None = None,
    limit: int = 50,
    seed: int = 1,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> Decoded:
    """A token drawn from `shape` each time; the draw depends on seed and place. ln P is the model's own."""
    u = Draws(seed, SAMPLE).uniform(shape=limit)

    def choose(vector, place):
        p = shape(vector, temperature, top_k, top_p)
        edges = np.cumsum(p)
        # Rounding may leave the last edge below u; then it is the last token that can be drawn.
        return min(np.searchsorted(edges, u[place] * edges[-1], side="right"), np.flatnonzero(p)[-1])

    return decode(following, choose, begin, end, limit)


@dataclass
class Node:
    """One token in the tree of a beam search: ln P of it and of the path to it, its score, and its fate.

    fate: kept (in the beam), cut (outside it), ended (came to `end` in the beam), limit (in the beam at the limit).
    """

    parent: int
    token: int | None
    tokens: tuple[int, ...] = ()
    log_probability: float = 0.0
    total: float = 0.0
    score: float = 0.0
    fate: str = "kept"


@dataclass
class Beam:
    """best: the hypotheses by score, best first, with `scores`; tree: all nodes seen, the root first."""

    best: list[Decoded] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    tree: list[Node] = field(default_factory=list)


def length_penalty(length: int, alpha: float) -> float:
    """((5 + length) / 6)^alpha, by which ln P is divided (Wu et al. 2016, equation 14); 1 for alpha 0."""
    return ((5 + length) / 6) ** alpha


def beam_search(
    following: Following,
    width: int,
    begin: Sequence[int] = (),
    end: int | None = None,
    limit: int = 50,
    alpha: float = 0.0,
    show: int = 8,
) -> Beam:
    """The `width` best ways on are kept at every length; those that end leave the beam and free no place.

    Scores are ln P / length_penalty. width 1 is greedy. The tree keeps, below each node that was expanded, the
    children in the beam and the best others up to `show` in all.
    """
    if width < 1:
        raise EngineError("not-positive", name="beam", value=width)
    begin, tree, done = tuple(begin), [Node(-1, None)], []
    live, room = [0], width
    for length in range(1, limit + 1):
        ways = []  # (-score, order of making, parent, token, ln P)
        for parent in live:
            vector = ask(following, begin + tree[parent].tokens)
            totals = (tree[parent].total + vector) / length_penalty(length, alpha)
            best = np.argsort(-vector, kind="stable")[: max(room, show)]
            best = best[np.isfinite(vector[best])]
            ways += [(-totals[t], len(ways) + k, parent, int(t), vector[t]) for k, t in enumerate(best)]
        ways.sort()
        shown, live = Counter(), []
        for place, (score, _, parent, token, each) in enumerate(ways):
            inside = place < room
            if not inside and shown[parent] >= show:
                continue
            shown[parent] += 1
            way = tree[parent]
            fate = (
                "cut" if not inside else "ended" if token == end else "limit" if length == limit else "kept"
            )
            total = way.total + float(each)
            tree.append(Node(parent, token, (*way.tokens, token), float(each), total, -float(score), fate))
            if fate == "kept":
                live.append(len(tree) - 1)
            elif fate != "cut":
                done.append(len(tree) - 1)
        room = width - len(done)
        if not live:
            break
    done.sort(key=lambda n: -tree[n].score)
    best = [Decoded(tree[n].tokens, tree[n].total, tree[n].fate == "ended") for n in done]
    return Beam(best, [tree[n].score for n in done], tree)


class Bleu(NamedTuple):
    """score = brevity · (Π precisions)^(1/n); counts: (matched, all) n-grams of the output for each n."""

    score: float
    counts: tuple[tuple[int, int], ...]
    precisions: tuple[float, ...]
    brevity: float
    length: int
    reference_length: int


def grams(tokens: Sequence[Hashable], n: int) -> Counter:
    """How often each run of n tokens occurs."""
    return Counter(tuple(tokens[k : k + n]) for k in range(len(tokens) - n + 1))


def corpus_bleu(
    outputs: Sequence[Sequence[Hashable]],
    references: Sequence[Sequence[Sequence[Hashable]]],
    n: int = 4,
    smooth: bool = False,
) -> Bleu:
    """BLEU of many sentences, their counts added up; each has one or more references (Papineni et al. 2002).

    A token counts at most as often as in the one reference that has it most. Brevity: 1 if the output is at
    least as long as the reference nearest in length (the shorter of two), else e^(1 - r/c). smooth adds one
    to both counts from n = 2 on (Lin and Och 2004), for single sentences.
    """
    if len(outputs) != len(references):
        raise EngineError("wrong-count", name="references", count=len(references), expected=len(outputs))
    if not outputs or not all(references):
        raise EngineError("no-data")
    if n < 1:
        raise EngineError("not-positive", name="n", value=n)
    matched, total, length, wanted = [0] * n, [0] * n, 0, 0
    for output, known in zip(outputs, references, strict=True):
        length += len(output)
        wanted += min((abs(len(one) - len(output)), len(one)) for one in known)[1]
        for k in range(n):
            most = Counter()
            for one in known:
                most |= grams(one, k + 1)
            mine = grams(output, k + 1)
            matched[k] += (mine & most).total()
            total[k] += mine.total()
    more = [int(smooth and k > 0) for k in range(n)]
    precisions = [(m + a) / (t + a) if t + a else 0.0 for m, t, a in zip(matched, total, more, strict=True)]
    brevity = 0.0 if not length else 1.0 if length >= wanted else exp(1 - wanted / length)
    mean = exp(sum(log(p) for p in precisions) / n) if all(precisions) else 0.0
    counts = tuple(zip(matched, total, strict=True))
    return Bleu(brevity * mean, counts, tuple(precisions), brevity, length, wanted)


def sentence_bleu(output, *references, n: int = 4, smooth: bool = False) -> Bleu:
    """BLEU of one sentence, a sequence of tokens (a string is one of characters), against its references."""
    return corpus_bleu([output], [references], n, smooth)
