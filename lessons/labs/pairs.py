"""The pairs lab: models that write a sequence, token by token; trained on the right answers, asked for their own.

    task = taught("clean", seed)                   # or your own Taught(source, target, u, v, words)
    class Mine(Writer):
        def __init__(self, settings, seed):
            super().__init__(settings, seed, task, Shape(width=32), limit=400)

Settings named rate, batch, optimizer act live; so do those of the views, if there are such controls: example
(a fresh sentence), place (how many tokens stand written), force and at (an option of `forces`, written at
place `at` whatever the model says). Actions that `act` knows: begin, next, all, wrong, undo-wrong. Views: `look` calls
the method of the view's name (tokens, next-token, cross, past); a subclass adds its own. `scores`, `chances`,
`write`, `following`, `attention` and `parameter` give what is behind every picture; `following` goes into
engine.decoding (greedy, sample, beam_search).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from engine.network import Network
from engine.trainer import Trainer
from lessons.data.generators.pairs import BEGIN, END, PAD, shift
from lessons.labs.base import Training
from lessons.labs.decoders import Shape, Taught, forces, taught, writer
from lessons.labs.seq import NOWHERE
from lessons.views import Bars, Grid, TokenRow, Tokens

GLANCE = 64  # fresh pairs that are written out whenever something is measured

__all__ = ["GLANCE", "Shape", "Taught", "Writer", "Written", "forces", "taught"]


class Written(NamedTuple):
    """What a model wrote: tokens (N, T), PAD after END; chances (N, T, words) that it gave at each place."""

    tokens: np.ndarray
    chances: np.ndarray


def runner_up(chances: np.ndarray) -> np.ndarray:
    """The most probable word that is neither a mark nor the most probable token, over the last axis."""
    others = np.where(np.arange(chances.shape[-1]) > END, chances, -1.0)
    np.put_along_axis(others, chances.argmax(axis=-1)[..., None], -1.0, axis=-1)
    return others.argmax(axis=-1)


class Writer(Training):
    """A decoder, with or without an encoder, in training by teacher forcing."""

    sparse_every = 50
    looks = frozenset({"example", "place", "force", "at"})  # change only what is seen

    def __init__(
        self, settings: Mapping[str, Any], seed: int, task: Taught, shape: Shape, limit: int, **options: Any
    ):
        self.task, self.shape, self.settings = task, shape, dict(settings)
        self.net = net = Network()
        self.logits = writer(net, task, shape)
        net.sequence_loss(self.logits)
        options = {"optimizer": "adam", "rate": 0.01, "batch": 64, **options}
        options |= {name: settings[name] for name in self.LIVE if name in settings}
        x, y = self.entered(task.source, self.read(task.target)), self.labels(task.target)
        super().__init__(settings, seed, Trainer(net, x, y, seed=seed, **options), limit)
        self._kept: dict[Any, Any] = {}

    # What goes in and comes out

    def read(self, target: np.ndarray) -> np.ndarray:
        """What the decoder reads to write a target: BEGIN, then its tokens before; all BEGIN in parallel."""
        return np.full_like(target, BEGIN) if self.shape.parallel else shift(target)

    def entered(self, source: np.ndarray, read: np.ndarray) -> np.ndarray:
        return np.hstack([source, read])

    def labels(self, target: np.ndarray) -> np.ndarray:
        """The target with NOWHERE where nothing is asked: at PAD, and over the source that stands in front."""
        y = np.where(target == PAD, NOWHERE, target)
        return (
            y if self.shape.cross else np.pad(y, ((0, 0), (self.task.sizes[0], 0)), constant_values=NOWHERE)
        )

    def scores(self, source: np.ndarray, read: np.ndarray) -> np.ndarray:
        """Logits (N, T, words) for sources (N, S) and what the decoder reads (N, T)."""
        z = self.trainer.predict(self.entered(source, read), node=self.logits)
        return z.reshape(len(source), -1, len(self.task.words))[:, -self.task.sizes[1] :]

    def chances(self, source: np.ndarray, read: np.ndarray) -> np.ndarray:
        """softmax of the scores, float64."""
        z = self.scores(source, read).astype(np.float64)
        p = np.exp(z - z.max(axis=2, keepdims=True))
        return p / p.sum(axis=2, keepdims=True)

    def write(
        self,
        source: np.ndarray,
        forced: Mapping[int, Any] | None = None,
        given: np.ndarray | None = None,
        draws: np.ndarray | None = None,
    ) -> Written:
        """The most probable token each time, up to END or the last place; drawn by numbers 0…1 (N, T), if any.

        forced: {place: token, or one for each sentence} written whatever the model says. given: tokens (N, T) to
        read in place of its own, as in training.
        """
        n, t = len(source), self.task.sizes[1]
        tokens, chances = np.full((n, t), PAD), np.zeros((n, t, len(self.task.words)))
        forced, over = forced or {}, np.zeros(n, bool)
        if given is not None or self.shape.parallel:
            chances = self.chances(source, self.read(tokens if given is None else given))
        for place in range(t):
            if given is None and not self.shape.parallel:
                chances[:, place] = self.chances(source, self.read(tokens))[:, place]
            said = np.asarray(forced.get(place, self.said(chances[:, place], draws, place)))
            tokens[:, place] = np.where(over, PAD, said)
            over |= tokens[:, place] == END
            if over.all() and given is None and not self.shape.parallel:
                break
        return Written(tokens, chances)

    @staticmethod
    def said(chances: np.ndarray, draws: np.ndarray | None, place: int) -> np.ndarray:
        """(N,) the most probable tokens, or those drawn."""
        if draws is None:
            return chances.argmax(axis=1)
        return (chances.cumsum(axis=1) < draws[:, place, None]).sum(axis=1).clip(max=chances.shape[1] - 1)

    def following(self, source: np.ndarray) -> Callable[[tuple[int, ...]], np.ndarray]:
        """ln P(next token) after any prefix of an answer to one source (S,)."""

        def after(prefix: tuple[int, ...]) -> np.ndarray:
            written = np.full((1, self.task.sizes[1]), PAD)
            written[0, : len(prefix)] = prefix
            with np.errstate(divide="ignore"):
                return np.log(self.chances(source[None], self.read(written))[0, len(prefix)])

        return after

    def attention(self, source: np.ndarray, read: np.ndarray, name: str = "cross-1") -> np.ndarray:
        """α′ (N, heads, queries, keys) of an attention: cross-k, past-k, read-k."""
        weights = self.trainer.predict(self.entered(source, read), node=self.net.find(f"{name}.weights"))
        s, t = self.task.sizes
        if not self.shape.cross:
            s = t = s + t
        queries = s if name.startswith("read") else t
        return weights.reshape(len(source), self.shape.heads, queries, -1)

    def parameter(self, name: str) -> np.ndarray:
        """A parameter of θ in its shape, a copy."""
        offset, shape = self.trainer.named()[name]
        return self.trainer.theta[offset : offset + int(np.prod(shape))].reshape(shape).astype(np.float64)

    # How good it is

    def keep(self, key: Any, make: Callable[[], Any]) -> Any:
        """A measurement made once at each update."""
        if self._kept.get("step") != self.step:
            self._kept = {"step": self.step}
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    def restore(self, state: Sequence[Any]) -> None:
        super().restore(state)
        self._kept = {}

    def checked(self) -> Mapping[str, float]:
        """Loss, accuracy (of tokens) and exact (of sentences) on fresh pairs, read from the right answers."""
        u, v = self.task.u, self.task.v
        return self.keep(
            "checked", lambda: self.trainer.evaluate(self.entered(u, self.read(v)), self.labels(v))
        )

    def alone(self, count: int = GLANCE) -> Written:
        """The first fresh sentences written with nothing but its own tokens to go on."""
        return self.keep(("alone", count), lambda: self.write(self.task.u[:count]))

    def whole(self, count: int = GLANCE) -> float:
        """The share of fresh sentences that it writes without a mistake."""
        tokens = self.alone(count).tokens
        return float((tokens == self.task.v[: len(tokens)]).all(axis=1).mean())

    def sparse(self) -> Mapping[str, float]:
        found = self.checked()
        return {
            "validation-loss": found["loss"],
            "validation-accuracy": found["accuracy"],
            "whole": self.whole(),
        }

    def metrics(self) -> Mapping[str, float]:
        return {"validation-accuracy": self.checked()["accuracy"], "whole": self.whole()}

    def facts(self) -> Mapping[str, Any]:
        return {"parameters": self.trainer.program.size}

    # The sentence in the learner's hand

    def number(self) -> int:
        return int(self.settings.get("example", 0)) % len(self.task.u)

    def example(self) -> tuple[np.ndarray, np.ndarray]:
        """(S,) a fresh source and (T,) its right answer."""
        return self.task.u[self.number()], self.task.v[self.number()]

    def forced(self) -> dict[int, int]:
        """{place: token} of the error that the learner makes."""
        option = str(self.settings.get("force", "none"))
        options = forces(self.task.words)
        return {int(self.settings.get("at", 0)): END + options.index(option) - 1} if option != "none" else {}

    def answer(self, forced: bool = True) -> tuple[np.ndarray, np.ndarray]:
        """Tokens (T,) and chances (T, words) for the example, with the learner's error or without."""
        force = self.forced() if forced else {}
        key = ("answer", self.number(), tuple(force.items()))
        written = self.keep(key, lambda: self.write(self.example()[0][None], force))
        return written.tokens[0], written.chances[0]

    def length(self) -> int:
        """How many tokens it writes in all, END among them."""
        return int((self.answer()[0] != PAD).sum())

    def shown(self) -> int:
        """How many of them stand there now: `place` of them, all if there is no such control."""
        return min(int(self.settings.get("place", self.task.sizes[1])), self.length())

    def act(self, action: str) -> Mapping[str, Any] | None:
        """begin: nothing stands there; next: one more token; all of them; wrong: the runner-up in place of the
        next one; undo-wrong."""
        place, last = self.shown(), self.task.sizes[1]
        if action == "next":
            return {"place": min(place + 1, self.length())}
        if action == "wrong":
            place = min(place, self.length() - 1)
            option = forces(self.task.words)[int(runner_up(self.answer()[1][place])) - END + 1]
            return {"at": place, "force": option, "place": place + 1}
        begin = {"place": 0, "force": "none"}
        return {"begin": begin, "all": {"place": last}, "undo-wrong": {"force": "none"}}[action]

    # Pictures

    def look(self, view: str, past: Sequence[Any]) -> Any:
        return getattr(self, view.replace("-", "_"))()

    def spelt(self, tokens: Sequence[int]) -> tuple[str, ...]:
        return tuple(self.task.token(int(token)) for token in tokens)

    def row(self, word: str, tokens: Sequence[int], **more: Any) -> TokenRow:
        return TokenRow(word=word, tokens=self.spelt(tokens), **more)

    def marks(self, tokens: np.ndarray, wanted: np.ndarray) -> list[str]:
        """right or wrong for each token, forced where the learner wrote it."""
        marks = [
            "pad" if g == w == PAD else "right" if g == w else "wrong"
            for g, w in zip(tokens, wanted, strict=True)
        ]
        for place in self.forced():
            marks[place] = "forced"
        return marks

    def tokens(self) -> Tokens:
        """Source, right answer, what the decoder reads, and what it writes with its chances."""
        (source, wanted), (tokens, chances), shown = self.example(), self.answer(), self.shown()
        marks, written = self.marks(tokens, wanted), np.where(np.arange(len(tokens)) < shown, tokens, PAD)
        p = np.where(written == PAD, np.nan, chances[np.arange(len(tokens)), tokens])
        marks = ["pad" if written[k] == PAD else mark for k, mark in enumerate(marks)]
        reads = self.read(written[None])[0]
        wide, seen = max(int((wanted != PAD).sum()), self.length()), int((source != PAD).sum())
        rows = [self.row("row.source", source[:seen])] if seen else []
        rows += [self.row("row.wanted", wanted[:wide]), self.row("row.reads", reads[:wide])]
        rows.append(self.row("row.writes", written[:wide], marks=tuple(marks[:wide]), values=p[:wide]))
        return Tokens(rows=tuple(rows), chosen=(len(rows) - 1, shown) if shown < self.length() else None)

    def next_token(self) -> Bars:
        """The chances of the token that comes next; beside them those without the learner's error."""
        place = min(self.shown(), self.length() - 1)
        own, free = self.answer()[1][place], self.answer(False)[1][place]
        labels = self.spelt(range(END, len(own)))
        beside = free[END:].copy() if self.forced() and free.any() else None
        word = "series.without-error" if beside is not None else ""
        return Bars(
            labels=labels, values=own[END:].copy(), beside=beside, word="bars.chance", beside_word=word,
            chosen=int(own[END:].argmax()),
        )  # fmt: skip

    def cross(self, tokens: np.ndarray | None = None) -> Grid:
        """α′ of the last block, the mean of the heads: each token of its answer, or of one given, over the source."""
        source, tokens = self.example()[0], self.answer()[0] if tokens is None else tokens
        weights = self.attention(source[None], self.read(tokens[None]), f"cross-{self.shape.blocks}")[0].mean(
            axis=0
        )
        rows, cols = int((tokens != PAD).sum()), int((source != PAD).sum())
        return self.weights(weights[:rows, :cols], self.spelt(tokens[:rows]), self.spelt(source[:cols]))

    def past(self, tokens: np.ndarray | None = None) -> Grid:
        """α′ of the decoder over what it reads, its own answer or the tokens given: rows look at columns."""
        source, tokens = self.example()[0], self.answer()[0] if tokens is None else tokens
        read = self.read(tokens[None])
        weights = self.attention(source[None], read, "past-1")[0].mean(axis=0)
        names = read[0] if self.shape.cross else np.append(source, read[0])
        kept = int((tokens != PAD).sum()) + len(names) - len(read[0])
        return self.weights(weights[:kept, :kept], *[self.spelt(names[:kept])] * 2)

    @staticmethod
    def weights(values: np.ndarray, rows: Sequence[str], cols: Sequence[str]) -> Grid:
        return Grid(
            values=values.astype(np.float64), rows=tuple(rows), cols=tuple(cols), tensor="α′", diverging=False
        )


def beside(models: Mapping[str, Writer], chosen: str, past: Sequence[Any]) -> Tokens:
    """The sentence in hand and what each arm of a race makes of it, with its chances."""
    first = next(iter(models.values()))
    source, wanted = first.example()
    source = source[source != PAD]
    rows = [first.row("row.source", source)] if len(source) else []
    rows.append(first.row("row.wanted", wanted))
    for name, model in models.items():
        tokens, chances = model.answer()
        p = np.where(tokens == PAD, np.nan, chances[np.arange(len(tokens)), tokens])
        marks = tuple(model.marks(tokens, wanted))
        rows.append(model.row(f"arm.{name}", tokens, marks=marks, values=p))
    return Tokens(rows=tuple(rows))
