"""The seq lab: encoders trained on token tasks, a label at every place; what they look at, place by place.

    data = told("saw", seed)                       # or your own Told(x, y, u, v, symbols, classes, …)
    class Mine(Encoder):
        def __init__(self, settings, seed):
            shape = Shape(kind="attention", heads=2, position=settings["position"])
            super().__init__(settings, seed, told("saw", seed), shape, limit=400)

Settings named rate, batch, optimizer, momentum act live. Views: `look` calls the method of the view's name
(maps, mean-maps, places, tokens); a subclass adds its own. Curves of all arms of a race need no code: a view
with series=("validation-accuracy",) is drawn from the tape. `scores`, `answers`, `attention`, `positions` and
`parameter` give the tensors behind every picture.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from engine.layers.sequence import sinusoids
from engine.network import Network
from engine.trainer import Trainer
from lessons.data import generators
from lessons.data.generators.points import drawn
from lessons.data.origin import origin
from lessons.labs.base import Training
from lessons.views import Bars, Grid, TokenRow, Tokens

KINDS = ("each", "window", "attention", "rnn", "lstm")
COUNT, FRESH = 2048, 512  # sequences to train on and to validate with
GLANCE = 128  # fresh sequences over which a map of attention is averaged
UNSEEN = 1_000_003  # added to the seed for the fresh sequences
NOWHERE = -1  # the label of a place that is not asked


class Told(NamedTuple):
    """A task: token sequences x (N, L) with labels y (N, L), NOWHERE where not asked; u, v fresh ones.

    spelling and names: how tokens and labels are written, numbers if there are none.
    """

    x: np.ndarray
    y: np.ndarray
    u: np.ndarray
    v: np.ndarray
    symbols: int
    classes: int
    spelling: Sequence[str] = ()
    names: Sequence[str] = ()

    @property
    def length(self) -> int:
        return self.x.shape[1]

    def token(self, number: int) -> str:
        return f"={self.spelling[number] if self.spelling else number}"

    def label(self, number: int) -> str:
        return "=·" if number == NOWHERE else f"={self.names[number] if self.names else number}"


LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def letters(count: int, seed: int, length: int, symbols: int) -> np.ndarray:
    """(count, length) random tokens."""
    return drawn(seed, 45).integers(0, symbols, (count, length))


def last_only(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One label (N,) a sequence, asked at its last place only: x, y (N, L)."""
    labels = np.full(x.shape, NOWHERE)
    labels[:, -1] = y
    return x, labels


# A task: (count, seed, length, symbols) → x, y; the label is a token, or one of `names`.
TURNS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "copy": lambda x: x,
    "reverse": lambda x: x[:, ::-1],
    "sort": lambda x: np.sort(x, axis=1),
    "shift": lambda x: np.roll(x, 1, axis=1),
}
LABELLED = {"saw": 2, "relations": 4, "recall": 2}


@origin
def told(
    task: str, seed: int, count: int = COUNT, length: int = 8, symbols: int = 8, fresh: int = FRESH, **more
) -> Told:
    """A task by name: copy, reverse, sort, shift, saw, relations, recall (distance=…), first-last."""

    def make(many: int, key: int) -> tuple[np.ndarray, np.ndarray]:
        if task in TURNS:
            x = letters(many, key, length, symbols)
            return x, np.ascontiguousarray(TURNS[task](x))
        if task == "first-last":
            return last_only(*generators.seq_first_last(many, key, length, symbols))
        return getattr(generators, f"seq_{task}")(many, key, length, symbols, **more)

    classes = LABELLED.get(task, symbols)
    names = LETTERS[:symbols] if task not in LABELLED else ()
    return Told(*make(count, seed), *make(fresh, seed + UNSEEN), symbols, classes, LETTERS[:symbols], names)


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What stands between the embedding and the output layer.

    kind: each place by itself, a window of `reach` places on both sides, attention, a recurrent layer. mask: of
    the engine's attention. feed: a small network at every place after it. norm, add: each part added to its
    input, then normalised.
    """

    kind: str = "attention"
    width: int = 16
    heads: int = 1
    blocks: int = 1
    position: str = "none"
    mask: Any = None
    reach: int = 1
    feed: int = 4  # the inner width of the small network over `width`; 0: none
    norm: bool = True
    add: bool = True


def windows(x: np.ndarray, reach: int, beyond: int) -> np.ndarray:
    """(N, L·(2·reach + 1)): the tokens around each place, `beyond` where the sequence has ended."""
    wide = np.pad(x, ((0, 0), (reach, reach)), constant_values=beyond)
    around = np.lib.stride_tricks.sliding_window_view(wide, 2 * reach + 1, axis=1)
    return np.ascontiguousarray(around.reshape(len(x), -1))


def encoder(net: Network, told: Told, shape: Shape) -> int:
    """The logits (length, classes); nodes: words, places, look-k with look-k.weights, feed-k, output."""
    d, length = shape.width, told.length
    if shape.kind == "window":
        around = 2 * shape.reach + 1
        h = net.embedding(net.input(length * around), told.symbols + 1, d, "words")
        h = net.activation(net.dense_each(h, 4 * d, "window", length=length, init="he"), "relu")
        return net.dense_each(h, told.classes, "output")
    h = net.embedding(net.input(length), told.symbols, d, "words")
    h = net.position(h, shape.position, "places")
    if shape.kind == "each":
        h = net.activation(net.dense_each(h, 4 * d, "hidden", init="he"), "relu")
    elif shape.kind in ("rnn", "lstm"):
        h = getattr(net, shape.kind)(h, d, "memory")
    else:
        for k in range(1, shape.blocks + 1):
            look = net.attention(h, f"look-{k}", heads=shape.heads, mask=shape.mask)
            h = join(net, h, look, shape)
            if shape.feed:
                inner = net.dense_each(h, shape.feed * d, f"feed-{k}", init="he")
                h = join(net, h, net.dense_each(net.activation(inner, "relu"), d, f"back-{k}"), shape)
    return net.dense_each(h, told.classes, "output")


def join(net: Network, h: int, part: int, shape: Shape) -> int:
    """The part added to what it was made of, then normalised at every place."""
    h = net.add(h, part) if shape.add else part
    return net.layer_norm(h, shape.width) if shape.norm else h


class Encoder(Training):
    """An encoder in training. Settings it knows: rate, batch, optimizer (live), example and head (views)."""

    sparse_every = 25

    def __init__(
        self, settings: Mapping[str, Any], seed: int, told: Told, shape: Shape, limit: int, **options: Any
    ):
        self.told, self.shape = told, shape
        net = Network()
        self.logits = self.network(net)
        net.sequence_loss(self.logits)
        options = {"optimizer": "adam", "rate": 0.01, "batch": 32, **options}
        options |= {name: settings[name] for name in self.LIVE if name in settings}
        trainer = Trainer(net, self.entered(told.x), told.y, seed=seed, **options)
        super().__init__(settings, seed, trainer, limit)
        self.net = net
        self._kept: tuple[Any, Mapping[str, float]] = (None, {})

    def network(self, net: Network) -> int:
        """The logits."""
        return encoder(net, self.told, self.shape)

    def entered(self, x: np.ndarray) -> np.ndarray:
        """Token sequences as the network takes them."""
        return windows(x, self.shape.reach, self.told.symbols) if self.shape.kind == "window" else x

    def sparse(self) -> Mapping[str, float]:
        found = self.checked()
        return {"validation-loss": found["loss"], "validation-accuracy": found["accuracy"]}

    def checked(self) -> Mapping[str, float]:
        """Loss, accuracy (of places) and exact (of sequences) on the fresh sequences, measured once a step."""
        if self._kept[0] != self.step:
            self._kept = (self.step, self.trainer.evaluate(self.entered(self.told.u), self.told.v))
        return self._kept[1]

    def restore(self, state: Sequence[Any]) -> None:
        super().restore(state)
        self._kept = (None, {})

    def metrics(self) -> Mapping[str, float]:
        return {"validation-accuracy": self.checked()["accuracy"]}

    def facts(self) -> Mapping[str, Any]:
        return {"places": self.right().mean(axis=0).tolist(), "parameters": self.trainer.program.size}

    # What it answers

    def scores(self, x: np.ndarray) -> np.ndarray:
        """Logits (N, L, classes) for token sequences (N, L)."""
        z = self.trainer.predict(self.entered(np.asarray(x)), node=self.logits)
        return z.reshape(len(x), self.told.length, self.told.classes)

    def chances(self, x: np.ndarray) -> np.ndarray:
        """softmax of the scores, (N, L, classes) float64."""
        z = self.scores(x).astype(np.float64)
        p = np.exp(z - z.max(axis=2, keepdims=True))
        return p / p.sum(axis=2, keepdims=True)

    def answers(self, x: np.ndarray) -> np.ndarray:
        """(N, L) the label that each place is given."""
        return self.scores(x).argmax(axis=2)

    def right(self) -> np.ma.MaskedArray:
        """(FRESH, L) whether each place of the fresh sequences is right; masked where not asked."""
        v = self.told.v
        return np.ma.array((self.answers(self.told.u) == v).astype(float), mask=v == NOWHERE)

    # What it looks at

    def attention(self, x: np.ndarray, block: int = 1) -> np.ndarray:
        """α′ (N, heads, L, L) of a block: row i is what place i looks at."""
        weights = self.trainer.predict(
            self.entered(np.asarray(x)), node=self.net.find(f"look-{block}.weights")
        )
        return weights.reshape(len(x), self.shape.heads, self.told.length, self.told.length)

    def example(self) -> np.ndarray:
        """(L,) the fresh sequence in the learner's hand."""
        return self.told.u[int(self.settings.get("example", 0)) % len(self.told.u)]

    def look(self, view: str, past: Sequence[Any]) -> Any:
        return getattr(self, view.replace("-", "_"))()

    def maps(self) -> Grid:
        """α′ of the example in hand, one head after the other side by side; without attention nothing."""
        return heads_grid(self.attention(self.example()[None])[0], self.labels())

    def mean_maps(self) -> Grid:
        """α′ averaged over GLANCE fresh sequences, one head beside the other."""
        places = tuple(f"={k + 1}" for k in range(self.told.length))
        return heads_grid(self.attention(self.told.u[:GLANCE]).mean(axis=0), places)

    def labels(self) -> tuple[str, ...]:
        return tuple(self.told.token(token) for token in self.example())

    def places(self) -> Bars:
        """Accuracy at each place, of the fresh sequences."""
        share = np.ma.filled(self.right().mean(axis=0), np.nan)
        return Bars(
            labels=tuple(f"={k + 1}" for k in range(len(share))), values=share, word="series.accuracy"
        )

    def tokens(self) -> Tokens:
        """The example in hand, its labels, and what is answered."""
        x = self.example()
        v = self.told.v[int(self.settings.get("example", 0)) % len(self.told.u)]
        return Tokens(rows=(self.row(x), *self.verdict(x, v)))

    def row(self, x: np.ndarray, word: str = "row.input") -> TokenRow:
        return TokenRow(word=word, tokens=tuple(self.told.token(token) for token in x))

    def verdict(self, x: np.ndarray, v: np.ndarray) -> tuple[TokenRow, TokenRow]:
        """The right labels of one sequence, and the model's with marks."""
        guess = self.answers(x[None])[0]
        marks = tuple(
            "" if t == NOWHERE else "right" if g == t else "wrong" for g, t in zip(guess, v, strict=True)
        )
        wanted = TokenRow(word="row.wanted", tokens=tuple(self.told.label(t) for t in v))
        said = tuple(self.told.label(g) for g in guess)
        return wanted, TokenRow(word="row.answer", tokens=said, marks=marks)

    # The places

    def positions(self) -> np.ndarray:
        """eⁱ as rows (L, width): the learned table as it is now, or the sinusoids; zeros without any."""
        shape = (self.told.length, self.shape.width)
        if self.shape.position == "learned":
            return self.parameter("places.table")
        return sinusoids(*shape) if self.shape.position == "sinusoidal" else np.zeros(shape)

    def parameter(self, name: str) -> np.ndarray:
        """A parameter of θ in its shape, a copy."""
        offset, shape = self.trainer.named()[name]
        return self.trainer.theta[offset : offset + int(np.prod(shape))].reshape(shape).astype(np.float64)


def heads_grid(weights: np.ndarray, labels: Sequence[str], digits: int = 2) -> Grid:
    """α′ (heads, L, L) as one grid, head beside head, an empty column between; rows look at columns."""
    heads, length, _ = weights.shape
    gap = np.full((length, 1), np.nan)
    parts, cols = [], []
    for k in range(heads):
        parts += [gap, weights[k]] if k else [weights[k]]
        cols += ["="] * bool(k) + list(labels)
    values = np.concatenate(parts, axis=1).astype(np.float64)
    return Grid(
        values=values, rows=tuple(labels), cols=tuple(cols), tensor="α′", digits=digits, diverging=False
    )
