"""The attend lab: attention worked number by number, every tensor the engine's own.

    found = attend(a, wq, wk, wv)                 # a (N, d), W (d, d′) for rows: the lecture's W_q is wq.T
    found.q, found.k, found.v, found.alpha, found.weights, found.b

A section that works attention out by hand derives from `Attend`: it writes `given` (what `attend` takes) and
gets the six tensors as quantities of a `Walk`, `tensor(name)` as a grid and `lines(i)` as worked steps for bⁱ.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from engine.network import Network
from engine.trainer import Trainer
from lessons.labs.walk import Walk
from lessons.views import Grid, Step

UP, DOWN = "⁰¹²³⁴⁵⁶⁷⁸⁹", "₀₁₂₃₄₅₆₇₈₉"


class Attended(NamedTuple):
    """Rows are places: q, k (N, d′), v and b (N, d_v), alpha and weights (N, N), row i of query i."""

    q: np.ndarray
    k: np.ndarray
    v: np.ndarray
    alpha: np.ndarray
    weights: np.ndarray
    b: np.ndarray


def up(letter: str, *places: int) -> str:
    """b¹ from ("b", 0): places are counted from one."""
    return letter + "".join(UP[place + 1] for place in places)


def down(letter: str, *places: int) -> str:
    return letter + "".join(DOWN[place + 1] for place in places)


def tuple_of(vector: np.ndarray, digits: int | None = None) -> str:
    """(1, 0, −2); with so many digits behind the point if they are given."""
    return "(" + ", ".join(f"{x:g}" if digits is None else f"{x:.{digits}f}" for x in vector) + ")"


def product(u: np.ndarray, v: np.ndarray) -> str:
    """u·v term by term."""
    factor = lambda x: f"({x:g})" if x < 0 else f"{x:g}"
    return " + ".join(f"{x:g}·{factor(y)}" for x, y in zip(u, v, strict=True))


def shares(alpha: np.ndarray, normaliser: str) -> np.ndarray:
    """α′ (…, N) of scores: softmax, or ReLU, whose sum is anything."""
    if normaliser == "relu":
        return np.maximum(alpha, 0.0)
    power = np.exp(alpha - alpha.max(axis=-1, keepdims=True))
    return power / power.sum(axis=-1, keepdims=True)


def names(letter: str, count: int) -> tuple[str, ...]:
    """Labels of a view, as "=a¹"."""
    return tuple("=" + up(letter, place) for place in range(count))


@cache
def _layer(length: int, d: int, width: int, score: str, normaliser: str, heat: float, mask: Any):
    """An attention layer without bias or last projection, and the handles of its tensors."""
    net = Network()
    end = net.attention(
        net.input(length * d), "look", length=length, width=width, score=score, scaled=False,
        normaliser=normaliser, temperature=heat, mask=mask, bias=False, output=False,
    )  # fmt: skip
    net.loss(end, "mse")
    parts = ("query", "key", "value", "scores", "weights")
    return net, [*(net.find(f"look.{part}") for part in parts), end]


def attend(
    a: np.ndarray,
    wq: np.ndarray,
    wk: np.ndarray,
    wv: np.ndarray,
    *,
    score: str = "dot",
    vector: np.ndarray | None = None,
    normaliser: str = "softmax",
    scaled: bool = False,
    mask: Any = None,
) -> Attended:
    """Attention of a (N, d), or of many of them (B, N, d), over itself.

    wq, wk (d, d′), wv (d, d_v). vector (d′,): of the additive score, w·tanh(q + k). scaled: softmax(α/√d′).
    mask: causal, a reach, or rows of 0 and 1.
    """
    many = np.asarray(a, float).reshape(-1, *np.shape(a)[-2:])
    length, d, inner, outer = *many.shape[1:], wk.shape[1], wv.shape[1]
    width = max(inner, outer)  # the engine's one width; what is filled up with zeros changes nothing
    full = lambda w: np.pad(np.asarray(w, float), ((0, 0), (0, width - w.shape[1])))
    heat = float(np.sqrt(inner)) if scaled else 1.0
    net, nodes = _layer(length, d, width, score, normaliser, heat, mask)
    theta = [full(w).ravel() for w in (wq, wk, wv)]
    if score == "additive":
        theta.append(np.pad(np.asarray(vector, float), (0, width - inner)))
    x = many.reshape(len(many), -1)
    trainer = Trainer(net, x[:1], np.zeros((1, length * width)), theta=np.concatenate(theta), dtype="float64")
    wide = [inner, inner, outer, length, length, outer]
    found = [
        trainer.predict(x, node=node).reshape(len(many), length, -1)[:, :, :size]
        for node, size in zip(nodes, wide, strict=True)
    ]
    return Attended(*(part.reshape(*np.shape(a)[:-1], -1) for part in found))


class Attend(Walk):
    """One layer of attention over a few places, each of its tensors a quantity.

    Subclasses write `given`: a, wq, wk, wv and the options of `attend`; the view methods are theirs.
    """

    def given(self) -> Mapping[str, Any]:
        raise NotImplementedError

    def worked(self) -> Mapping[str, Any]:
        given = self.given()
        found = attend(**given)
        return {"a": given["a"], **found._asdict()}

    def tensor(self, name: str, rows: str, cols: str = "", **options: Any) -> Grid:
        """A quantity with rows (and columns) named by a letter and their place."""
        shape = np.atleast_2d(self.now[name]).shape
        return self.grid(name, names(rows, shape[0]), names(cols, shape[1]) if cols else (), **options)

    def lines(self, i: int, pushed: Mapping[int, float] = MappingProxyType({})) -> list[Step]:
        """Query i from beginning to end: its q, the scores, their shares, and the sum bⁱ.

        pushed: place → what has been added to its score.
        """
        now, count = self.now, len(self.now["a"])
        hot = lambda name, j: (name, i * count + j)
        steps = [
            self.line(f"{up('q', i)} = W_q·{up('a', i)} = {tuple_of(now['q'][i])}", "q", note="note.query")
        ]
        for j in range(count):
            more = f" + {pushed[j]:g}" if j in pushed else ""
            text = f"{down('α', i, j)} = {up('q', i)}·{up('k', j)}{more} = {product(now['q'][i], now['k'][j])}{more}"
            text += f" = {now['alpha'][i, j]:g}"
            steps.append(self.line(text, hot("alpha", j), note="" if j else "note.alpha"))
        for j in range(count):
            text = f"{down('α′', i, j)} = {now['weights'][i, j]:.3f}"
            steps.append(self.line(text, hot("weights", j), note="" if j else "note.weight"))
        text = " + ".join(f"{w:.2f}·{up('v', j)}" for j, w in enumerate(now["weights"][i]))
        text = f"{up('b', i)} = {text} = {tuple_of(now['b'][i], 2)}"
        return [*steps, self.line(text, "b", note="note.mix")]
