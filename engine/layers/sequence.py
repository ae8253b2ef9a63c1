"""Layers over sequences of `length` positions with d numbers each: nodes of shape (length, d).

Tokens are columns of the input, whole numbers that travel as real ones; a row of the input that holds
several sequences (of an encoder, of a decoder) is cut by `slice`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.errors import EngineError
from engine.layers.tokens import columns
from engine.node import Node, Parameter

SCORES = ("dot", "additive")
NORMALISERS = {"softmax": "softmax", "relu": "rectified"}
POSITIONS = ("none", "learned", "sinusoidal")


def sinusoids(length: int, d: int) -> np.ndarray:
    """(length, d): column 2i is sin(p / 10000^(2i/d)), column 2i + 1 its cosine (Vaswani et al. 2017)."""
    angles = np.arange(length)[:, None] / 10000 ** (np.arange(d) // 2 * 2 / d)
    return np.where(np.arange(d) % 2, np.cos(angles), np.sin(angles))


def visible(mask, queries: int, keys: int) -> np.ndarray:
    """(queries, keys) of 0 and 1 from "causal", the reach of a local window, or such a matrix itself."""
    ahead = np.arange(keys) - np.arange(queries)[:, None]
    if isinstance(mask, str) and mask == "causal":
        return (ahead <= 0).astype(float)
    if isinstance(mask, int | np.integer):
        return (abs(ahead) <= mask).astype(float)
    return (np.asarray(mask, float) != 0).astype(float)


def off_diagonal(queries: int, keys: int, width: float = 0.2) -> np.ndarray:
    """(queries, keys) costs 1 - e^(-(i/queries - j/keys)² / 2g²): 0 on the diagonal (Tachibana et al. 2018)."""
    apart = np.arange(queries)[:, None] / queries - np.arange(keys) / keys
    return 1 - np.exp(-(apart**2) / (2 * width**2))


class SequenceLayers:
    """Methods of a network."""

    def find(self, name: str) -> int:
        """The handle of the node of that name, as of the weights inside a layer."""
        for handle, node in enumerate(self.nodes):
            if node.name == name:
                return handle
        raise EngineError("unknown-node", node=name)

    def slice(self, x: int, start: int, width: int, repeat: int = 1, name: str | None = None) -> int:
        """`width` columns of x from `start` on; of each of `repeat` equal parts of it, if there are several."""
        node, repeat, width = self._node(x), self._whole("repeat", repeat), self._whole("width", width)
        name = self._label(name, "slice")
        k = node.width // repeat
        if node.width % repeat or start < 0 or start + width > k:
            raise EngineError("wrong-slice", node=name, start=start, width=width, whole=node.width)
        shape = (repeat, width) if repeat > 1 else ()
        return self._put(
            Node("slice", name, repeat * width, (x,), (k, int(start), width, repeat), shape=shape)
        )

    def dense_each(
        self,
        x: int,
        width: int,
        name: str | None = None,
        *,
        length: int | None = None,
        bias: bool = True,
        init: str = "xavier",
        std: float = 1.0,
        tie: int | None = None,
    ) -> int:
        """The same dense layer at every position: (length, k) → (length, width); `length`, if x has no shape."""
        if init not in ("he", "xavier", "zero", "normal"):
            raise EngineError("unknown-init", init=init)
        name = self._label(name, "dense-each")
        (length, k), n = self._sequence(x, name, length), self._whole("width", width)
        sizes = (k, n, int(bias), length)
        if tie is not None:
            other = self._node(tie)
            if other.op != "dense-each" or other.sizes[:3] != sizes[:3]:
                raise EngineError("cannot-tie", node=other.name, sizes=sizes[:3])
        parameters = (Parameter("weight", (k, n), init, std), Parameter("bias", (n,)))[: 1 + bool(bias)]
        parameters = () if tie is not None else parameters
        node = Node("dense-each", name, length * n, (x,), sizes, (), parameters, tie, shape=(length, n))
        return self._put(node)

    def embedding(
        self,
        tokens: int,
        vocabulary: int,
        width: int,
        name: str | None = None,
        *,
        std: float = 1.0,
        tie: int | None = None,
    ) -> int:
        """The row of a table (vocabulary, width) for each token; `tie`: use the table of that embedding."""
        name = self._label(name, "embedding")
        self._columns(tokens, name)
        length, v, d = (
            self._node(tokens).width,
            self._whole("vocabulary", vocabulary),
            self._whole("width", width),
        )
        if tie is not None:
            other = self._node(tie)
            if other.op != "embedding" or other.sizes[1:] != (v, d):
                raise EngineError("cannot-tie", node=other.name, sizes=(v, d))
        table = () if tie is not None else (Parameter("table", (v, d), "normal", std),)
        return self._put(
            Node(
                "embedding",
                name,
                length * d,
                (tokens,),
                (length, v, d),
                parameters=table,
                tie=tie,
                shape=(length, d),
            )
        )

    def position(
        self,
        x: int,
        kind: str = "sinusoidal",
        name: str | None = None,
        *,
        length: int | None = None,
        std: float = 1.0,
    ) -> int:
        """x with its places marked: a learned table or sinusoids added, or x as it is (`none`)."""
        if kind not in POSITIONS:
            raise EngineError("unknown-position", position=kind, known=", ".join(POSITIONS))
        if kind == "none":
            return x
        name = self._label(name, "position")
        length, d = self._sequence(x, name, length)
        op, hyper, table = "position-fixed", tuple(sinusoids(length, d).ravel()), ()
        if kind == "learned":
            op, hyper, table = "position-learned", (), (Parameter("table", (length, d), "normal", std),)
        return self._put(Node(op, name, length * d, (x,), (length * d,), hyper, table, shape=(length, d)))

    def softmax(self, x: int, groups: int = 1, temperature: float = 1.0, name: str | None = None) -> int:
        """softmax(x / temperature) over each of `groups` equal parts of a row."""
        name, node = self._label(name, "softmax"), self._node(x)
        if node.width % groups:
            raise EngineError("wrong-width", node=node.name, width=node.width, expected=f"{groups}·n")
        hyper = (1 / self._positive("temperature", temperature), 0.0)
        return self._put(
            Node(
                "softmax",
                name,
                node.width,
                (x,),
                (node.width // groups, groups, 0, 0),
                hyper,
                shape=node.shape,
            )
        )

    def attention(
        self,
        x: int,
        name: str | None = None,
        *,
        heads: int = 1,
        context: int | None = None,
        width: int | None = None,
        score: str = "dot",
        scaled: bool = True,
        normaliser: str = "softmax",
        temperature: float = 1.0,
        mask: str | int | Sequence | None = None,
        tokens: int | None = None,
        pad: int = 0,
        bias: bool = True,
        output: bool = True,
        length: int | None = None,
    ) -> int:
        """Multi-head attention of x (m, d) over `context` (n, e), over itself if there is none: (m, d).

        mask: causal, a number (the reach of a local window), or an (m, n) matrix with 0 where a key is hidden.
        tokens: those of the keys; keys whose token is `pad` are hidden too. scaled: scores by 1/√(width/heads).
        width: of queries, keys and values, d if not given; output=False leaves out the last projection.
        The nodes inside are called name.query, .key, .value, .scores, .weights (heads, m, n) and .mix.
        """
        name = self._label(name, "attention")
        m, d = self._sequence(x, name, length)
        source = x if context is None else context
        n, _ = self._sequence(source, name, None if context is not None else length)
        width, heads = self._whole("width", d if width is None else width), self._whole("heads", heads)
        if width % heads:
            raise EngineError("wrong-heads", node=name, width=width, heads=heads)
        if score not in SCORES:
            raise EngineError("unknown-score", node=name, score=score, known=", ".join(SCORES))
        if normaliser not in NORMALISERS:
            raise EngineError(
                "unknown-normaliser", node=name, normaliser=normaliser, known=", ".join(NORMALISERS)
            )
        shown = self._mask(name, mask, m, n)
        if tokens is not None:
            self._columns(tokens, name)
            if self._node(tokens).width != n:
                raise EngineError(
                    "wrong-width", node=self._node(tokens).name, width=self._node(tokens).width, expected=n
                )
        project = {"length": length, "bias": bias}
        q = self.dense_each(x, width, f"{name}.query", **project)
        k = self.dense_each(source, width, f"{name}.key", **project)
        v = self.dense_each(source, width, f"{name}.value", **project)
        sizes, area = (m, n, width, heads), heads * m * n
        scale = (width // heads) ** -0.5 if scaled else 1.0
        vector = (Parameter("vector", (width,), "normal", (width // heads) ** -0.5),)
        parameters = vector if score == "additive" else ()
        scores = self._put(
            Node(
                f"scores-{score}",
                self._name(f"{name}.scores"),
                area,
                (q, k),
                sizes,
                (scale,),
                parameters,
            )
        )
        hyper = (
            1 / self._positive("temperature", temperature),
            float(pad),
            *(() if shown is None else shown.ravel()),
        )
        inputs = (scores,) if tokens is None else (scores, tokens)
        sizes = (n, heads * m, 0 if shown is None else m, int(tokens is not None))
        weights = self._put(
            Node(NORMALISERS[normaliser], self._name(f"{name}.weights"), area, inputs, sizes, hyper)
        )
        inner, shape = self._name(f"{name}.mix") if output else name, (m, width)
        mix = self._put(Node("mix", inner, m * width, (weights, v), (m, n, width, heads), shape=shape))
        return self.dense_each(mix, d, name, bias=bias) if output else mix

    def rnn(
        self,
        x: int,
        width: int,
        name: str | None = None,
        *,
        activation: str = "tanh",
        length: int | None = None,
    ) -> int:
        """Hidden states (length, width) of a simple recurrent layer, h_t = tanh(x_t W + b + h_(t-1) U), or ReLU."""
        if activation not in ("tanh", "relu"):
            raise EngineError("unknown-activation", activation=activation, known="tanh, relu")
        name = self._label(name, "rnn")
        entry = self.dense_each(x, width, f"{name}.input", length=length)
        length, n = self._node(entry).shape
        recurrent = (Parameter("weight", (n, n), "normal", n**-0.5),)
        sizes = (length, n, int(activation == "relu"))
        return self._put(
            Node(
                "rnn",
                name,
                length * n,
                (entry,),
                sizes,
                (),
                recurrent,
                shape=(length, n),
            )
        )

    def lstm(self, x: int, width: int, name: str | None = None, *, length: int | None = None) -> int:
        """Hidden states (length, width) of an LSTM layer; the node name.cells has (h c i f g o) of each position."""
        name, n = self._label(name, "lstm"), self._whole("width", width)
        entry = self.dense_each(x, 4 * n, f"{name}.input", length=length)
        length = self._node(entry).shape[0]
        recurrent = (Parameter("weight", (n, 4 * n), "normal", n**-0.5),)
        cells = self._put(
            Node(
                "lstm",
                self._name(f"{name}.cells"),
                length * 6 * n,
                (entry,),
                (length, n),
                (),
                recurrent,
                shape=(length, 6 * n),
            )
        )
        return self._put(Node("slice", name, length * n, (cells,), (6 * n, 0, n, length), shape=(length, n)))

    def copy_softmax(self, z: int, weights: int, tokens: int, name: str | None = None) -> int:
        """ln of a mixture of writing and copying: (m, v) from z (m, v + 1), whose last column is the gate.

        weights: of an attention over the source `tokens`; each adds to the probability of its token.
        """
        name, attended = self._label(name, "copy-softmax"), self._node(weights)
        m, wide = self._sequence(z, name)
        self._columns(tokens, name)
        n = self._node(tokens).width
        if wide < 2 or attended.width % (m * n):
            raise EngineError("wrong-width", node=attended.name, width=attended.width, expected=f"h·{m}·{n}")
        v, heads = wide - 1, attended.width // (m * n)
        copied = self._put(
            Node("copy", self._name(f"{name}.copy"), m * v, (weights, tokens), (m, n, v, heads), shape=(m, v))
        )
        return self._put(Node("copy-softmax", name, m * v, (z, copied), (m, v), scratch=v + 1, shape=(m, v)))

    def sequence_loss(
        self, z: int, smoothing: float = 0.0, reduction: str = "mean", *, length: int | None = None
    ) -> int:
        """Cross-entropy of logits z (length, n) with a label at every position; -1 is padding and does not count.

        mean: over the positions of the batch that count. smoothing: the share of the target spread over all.
        """
        kind = "sequence-cross-entropy"
        if reduction not in ("mean", "sum"):
            raise EngineError("unknown-reduction", reduction=reduction)
        if not 0 <= smoothing < 1:
            raise EngineError("out-of-range", name="smoothing", value=smoothing, hi=1)
        name, mean = self._name(kind), reduction == "mean"
        length, n = self._sequence(z, name, length)
        node = Node(
            kind,
            name,
            length * n,
            (z,),
            (n, int(mean), length),
            (float(smoothing),),
            whole=mean,
            shape=(length, n),
        )
        return self._finish(node)

    def penalty(self, x: int, costs: Sequence, strength: float = 1.0, name: str | None = None) -> int:
        """Adds `strength` times Σ costs · x to the loss, the mean over examples and heads; costs are for a part
        of x, as (m, n) for an attention's weights (heads, m, n): then the mean over its m queries, too.
        """
        name, node, costs = self._label(name, "penalty"), self._node(x), np.asarray(costs, float)
        if not costs.size or node.width % costs.size:
            raise EngineError("wrong-width", node=node.name, width=node.width, expected=f"h·{costs.size}")
        rows = node.width // costs.size * (len(costs) if costs.ndim > 1 else 1)
        hyper = (float(strength), *costs.ravel().tolist())
        sizes = (node.width, costs.size, rows)
        self.penalties.append(self._put(Node("penalty", name, 0, (x,), sizes, hyper, whole=True)))
        return self.penalties[-1]

    def _label(self, name: str | None, op: str) -> str:
        return self._name(name or f"{op}-{len(self.nodes)}")

    def _sequence(self, x: int, name: str, length: int | None = None) -> tuple[int, int]:
        """(length, d) of a node, by its shape or by the length given."""
        node = self._node(x)
        if length is None and len(node.shape) == 2:
            return node.shape
        if length is None:
            raise EngineError("no-length", node=name, input=node.name)
        length = self._whole("length", length)
        if node.width % length:
            raise EngineError("wrong-width", node=node.name, width=node.width, expected=f"{length}·d")
        return length, node.width // length

    def _columns(self, tokens: int, name: str) -> None:
        """Tokens come from the input as it is."""
        if columns(self.nodes, tokens) is None:
            raise EngineError("not-tokens", node=name, input=self._node(tokens).name)

    def _mask(self, name: str, mask, queries: int, keys: int) -> np.ndarray | None:
        if mask is None:
            return None
        shown = visible(mask, queries, keys)
        if shown.shape != (queries, keys):
            raise EngineError("wrong-mask", node=name, shape=shown.shape, expected=(queries, keys))
        if not shown.any(axis=1).all():
            raise EngineError("all-hidden", node=name, row=int(np.argmin(shown.any(axis=1))))
        return shown

    @staticmethod
    def _positive(what: str, value: float) -> float:
        if not value > 0:
            raise EngineError("not-positive", name=what, value=value)
        return float(value)
