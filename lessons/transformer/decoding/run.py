"""A search through next tokens on the lecture's tree and on trained decoders; BLEU, worked out and in training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product
from math import exp
from typing import Any

import numpy as np

from engine.decoding import Bleu, corpus_bleu, grams, sentence_bleu
from engine.model import Result
from lessons.data.generators.pairs import END, PAD, Pairs, brackets, lecture_tree, spell
from lessons.labs.base import Still
from lessons.labs.beams import Searched, repeated
from lessons.labs.pairs import Shape, Writer, taught
from lessons.views import Curve, Diagram, Line, Node, Numbers, Step, Table, TokenRow, Tokens

Runs = Mapping[str, Result]
LETTERS = ("=A", "=B")
LECTURE = {1: 0.216, 2: 0.324}  # P of the sentence that a beam of this width finds
UPDATES, BATCH, EVERY = 200, 32, 25
LONG, LINE, REACH = 24, 6, 2  # tokens of a text, and of a row; how far back its decoder looks
DRAWN = 8  # texts drawn to compare with


def build(settings: Mapping[str, Any], seed: int) -> Still:
    if "source" in settings:
        return {"tree": Lecture, "digits": Digits, "text": Stream}[settings["source"]](settings, seed)
    return {"typed": Typed, "digits": Run}[settings["pair"]](settings, seed)


# Searching


class Lecture(Searched, Still):
    """The lecture's tree: two tokens, three of them a sentence."""

    room = 3
    columns_of = ("column.sentence", "column.chance", "column.lecture")

    def after(self):
        return lecture_tree

    def keep(self, key, make):
        return make()

    def spelt(self, tokens: Sequence[int]) -> tuple[str, ...]:
        return tuple(LETTERS[token] for token in tokens)

    def chance(self, tokens: Sequence[int]) -> float:
        return exp(sum(lecture_tree(tokens[:k])[token] for k, token in enumerate(tokens)))

    def text(self, tokens: Sequence[int]) -> str:
        return "=" + "".join(word[1:] for word in self.spelt(tokens))

    def row(self, one) -> tuple[Any, ...]:
        width = next((w for w, p in LECTURE.items() if abs(self.chance(one.tokens) - p) < 1e-9), 0)
        return self.text(one.tokens), round(self.chance(one.tokens), 3), LECTURE.get(width)

    def tree(self) -> Diagram:
        """All fifteen nodes; a node that the search looked at shows its P, the way that it found is lit."""
        seen = {node.tokens for node in self.found(self.width()).tree}
        if self.sampled():
            seen = {self.written().tokens[:k] for k in range(4)}
        nodes, edges, best = [], [], self.written().tokens
        for deep in range(self.room + 1):
            for rank, way in enumerate(product((0, 1), repeat=deep)):
                p = self.chance(way) if way in seen else None
                label, lit = self.spelt(way[-1:])[0] if way else "=○", way == best[:deep]
                x, y = (rank + 0.5) / 2**deep, deep / self.room
                nodes.append(Node(id=self.text(way), x=x, y=y, label=label, value=p, hot=lit))
                if way:
                    weight = exp(lecture_tree(way[:-1])[way[-1]])
                    edges.append((self.text(way[:-1]), self.text(way), weight, lit))
        return Diagram(nodes=tuple(nodes), edges=tuple(edges))

    def metrics(self) -> Mapping[str, float]:
        return {"chance": self.chance(self.written().tokens)}

    def facts(self) -> Mapping[str, Any]:
        ways = list(product((0, 1), repeat=self.room))
        return {
            "written": self.text(self.written().tokens)[1:],
            "chance": self.chance(self.written().tokens),
            "greedy": self.chance(self.found(1).best[0].tokens),
            "highest": max(self.chance(way) for way in ways),
        }


class Digits(Searched, Writer):
    """Digit strings, stopped while the decoder is still unsure, so that its searches differ."""

    end = END
    columns_of = ("column.log-chance", "column.verdict")

    def __init__(self, settings: Mapping[str, Any], seed: int):
        super().__init__(settings, seed, taught("clean", seed, count=1024), Shape(), UPDATES, batch=BATCH)
        self.room = self.task.sizes[1]

    def after(self):
        return self.following(self.example()[0])

    def row(self, one) -> tuple[Any, ...]:
        wanted = self.example()[1]
        right = list(one.tokens) == wanted[wanted != PAD].tolist()
        return round(one.log_probability, 2), "mark.right" if right else "mark.wrong"


def stream(count: int, seed: int) -> Pairs:
    """Texts of LONG words without a source: sentences of the small grammar, each with its full stop."""
    made = brackets(6 * count, seed)
    stop = len(made.words)
    flat = np.concatenate([[*row[row != PAD], stop] for row in made.source])
    target = flat[: len(flat) // LONG * LONG].reshape(-1, LONG)[:count]
    return Pairs(np.zeros((len(target), 0), np.int64), target, (*made.words, "."))


class Stream(Searched, Writer):
    """A decoder alone that goes on with a text; it sees the last REACH + 1 words and no places."""

    room = LONG
    columns_of = ("column.log-chance", "column.repeated")

    def __init__(self, settings: Mapping[str, Any], seed: int):
        back = np.arange(LONG)[:, None] - np.arange(LONG)
        shape = Shape(cross=False, position="none", mask=((back >= 0) & (back <= REACH)).astype(float))
        super().__init__(settings, seed, taught(stream, seed, count=1024), shape, UPDATES, batch=BATCH)

    def hand(self) -> int:
        return 0

    def after(self):
        return self.following(np.zeros(0, np.int64))

    def row(self, one) -> tuple[Any, ...]:
        return round(one.log_probability, 2), round(repeated(one.tokens), 2)

    def tokens(self) -> Tokens:
        """What is written, LINE words a row, with their chances."""
        tokens, after = self.written().tokens, self.after()
        p = np.array([exp(after(tokens[:k])[token]) for k, token in enumerate(tokens)])
        rows = []
        for k in range(0, len(tokens), LINE):
            words = self.spelt(tokens[k : k + LINE])
            rows.append(TokenRow(word=f"={k + 1}", tokens=words, values=p[k : k + LINE]))
        return Tokens(rows=tuple(rows))

    def facts(self) -> Mapping[str, Any]:
        """Shares of repeated triples: in what is written, in texts drawn, in the data."""
        drawn = [repeated(self.drawn(k).tokens) for k in range(DRAWN)]
        return {
            **super().facts(),
            "written": repeated(self.written().tokens),
            "log-chance": self.written().log_probability,
            "drawn": float(np.mean(drawn)),
            "data": float(np.mean([repeated(row.tolist()) for row in self.task.v])),
        }


# BLEU


class Worked:
    """Stands before a model that has `pair()`: what is written and what is right, as words."""

    settings: dict[str, Any]
    looks = frozenset({"n", "smooth"})

    def score(self, n: int) -> Bleu:
        written, right = self.pair()
        return sentence_bleu(written, right, n=n, smooth=self.settings["smooth"] == "on")

    def most(self) -> int:
        return int(self.settings["n"])

    def numbers(self) -> Numbers:
        """Precisions, brevity, and their product."""
        n, found = self.most(), self.score(self.most())
        steps, smooth = [], self.settings["smooth"] == "on"
        for k, ((hits, count), p) in enumerate(zip(found.counts, found.precisions, strict=True), 1):
            more = "+1" if smooth and k > 1 else ""
            steps.append(Step(text=f"p{k} = {hits}{more}/{count}{more} = {p:.3f}", note="note.precision"))
        c, r = found.length, found.reference_length
        short = f"e^(1 − {r}/{c}) = " if 0 < c < r else ""
        steps.append(Step(text=f"c = {c}, r = {r}, BP = {short}{found.brevity:.3f}", note="note.brevity"))
        inside = "·".join(f"{p:.3f}" for p in found.precisions)
        text = f"BLEU-{n} = {found.brevity:.3f}·({inside})^(1/{n}) = {found.score:.3f}"
        return Numbers(steps=(*steps, Step(text=text, note="note.bleu", hot=True)))

    def tokens(self) -> Tokens:
        """Both sentences; a written token is right while the reference still has one like it."""
        written, right = self.pair()
        left, marks = grams(right, 1), []
        for word in written:
            marks.append("right" if left[(word,)] > 0 else "wrong")
            left[(word,)] -= 1
        words = lambda one: tuple(f"={word}" for word in one)
        return Tokens(
            rows=(
                TokenRow(word="row.reference", tokens=words(right)),
                TokenRow(word="row.written", tokens=words(written), marks=tuple(marks)),
            )
        )

    def table(self) -> Table:
        """A row for each length of the runs of tokens."""
        rows = []
        for n in range(1, 5):
            found = self.score(n)
            hits, count = found.counts[-1]
            rows.append((f"={n}", f"={hits}/{count}", round(found.precisions[-1], 3), round(found.score, 3)))
        columns = ("column.run", "column.hits", "column.precision", "column.bleu")
        return Table(columns=columns, rows=tuple(rows), chosen=self.most() - 1)

    def worked(self) -> Mapping[str, Any]:
        scores = [self.score(n) for n in range(1, 5)]
        return {
            "bleu": self.score(self.most()).score,
            "each": [one.score for one in scores],
            "counts": scores[-1].counts,
            "brevity": scores[0].brevity,
        }


class Typed(Worked, Still):
    """Two sentences that the learner types: words if there is a space, else characters."""

    def pair(self) -> tuple[Sequence[str], Sequence[str]]:
        texts = [self.settings[name].strip() for name in ("written", "reference")]
        apart = any(" " in text for text in texts)
        written, right = (text.split() if apart else list(text) for text in texts)
        return written, right or ["·"]

    def look(self, view: str, past: Sequence[Result]) -> Any:
        return getattr(self, view)()

    def metrics(self) -> Mapping[str, float]:
        return {"bleu": self.score(self.most()).score}

    def facts(self) -> Mapping[str, Any]:
        return self.worked()


STRIDES = {"small": 0.02, "large": 2.0}  # how far along the gradient the stairs go
STEPS = 40
GLANCE = 32  # sentences whose BLEU is measured
RUN_UPDATES = 300


class Run(Worked, Writer):
    """Digit strings in training: BLEU and loss on fresh ones, the best place of each, and both along a step."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        super().__init__(settings, seed, taught("clean", seed, count=1024), Shape(), RUN_UPDATES, batch=BATCH)
        self.marks_made: tuple[tuple[int, float, float], ...] = ()  # update, loss, BLEU

    def train(self, updates: int) -> np.ndarray:
        """As a trainer, with a note every EVERY updates."""
        rows, left = [np.empty((0, len(self.columns)))], min(updates, self.limit - self.step)
        while left > 0:
            piece = min(left, EVERY - self.step % EVERY)
            rows.append(super().train(piece))
            left -= piece
            if len(rows[-1]) < piece:
                break
            if self.step % EVERY == 0:
                self.marks_made += ((self.step, self.checked()["loss"], self.bleu()),)
        return np.concatenate(rows)

    def state(self) -> Sequence[Any]:
        return (*super().state(), self.marks_made)

    def restore(self, state: Sequence[Any]) -> None:
        super().restore(state[:-1])
        self.marks_made = state[-1]

    def pair(self) -> tuple[Sequence[str], Sequence[str]]:
        return tuple(spell(row, self.task.words) for row in (self.answer()[0], self.example()[1]))

    def measured(self) -> float:
        """BLEU-2 of GLANCE fresh strings, written alone."""
        tokens = self.write(self.task.u[:GLANCE]).tokens
        words = lambda rows: [[*row[row > PAD].tolist()] for row in rows]
        return corpus_bleu(words(tokens), [[row] for row in words(self.task.v[:GLANCE])], n=2).score

    def bleu(self) -> float:
        return self.keep("bleu", self.measured)

    def sparse(self) -> Mapping[str, float]:
        found = self.checked()
        return {
            "validation-loss": found["loss"], "validation-accuracy": found["accuracy"], "bleu": self.bleu()
        }  # fmt: skip

    def walked(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Distance, loss over GLANCE fresh strings and their BLEU on the way down the gradient from here."""
        return self.keep("walked", self._walk)

    def _walk(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        state, u, v = self.trainer.state(), self.task.u[:GLANCE], self.task.v[:GLANCE]
        x, y = self.entered(u, self.read(v)), self.labels(v)
        slope = self.trainer.gradient(x, y).astype(np.float64)
        way = -slope / np.linalg.norm(slope)
        far = np.linspace(0, STRIDES[self.settings["stride"]], STEPS + 1)
        found = []
        for distance in far:
            self.trainer.restore(((state[0] + distance * way).astype(state[0].dtype), *state[1:]))
            found.append((self.trainer.evaluate(x, y)["loss"], self.measured()))
        self.trainer.restore(state)
        return far, *np.array(found).T

    def stairs(self) -> Curve:
        """How loss and BLEU change on the way: one slopes, the other has steps."""
        far, loss, bleu = self.walked()
        lines = (
            Line(word="series.loss", x=far, y=loss - loss[0], hue=0),
            Line(word="series.bleu", x=far, y=bleu - bleu[0], hue=1),
        )
        return Curve(lines=lines, x="axis.distance", y="axis.changed")

    def metrics(self) -> Mapping[str, float]:
        return {"validation-loss": self.checked()["loss"], "bleu": self.bleu()}

    def facts(self) -> Mapping[str, Any]:
        """Where loss and BLEU were best; how many values each takes on the way down the gradient."""
        _, loss, bleu = self.walked()
        made = self.marks_made or ((0, self.checked()["loss"], self.bleu()),)
        return {
            **self.worked(),
            "losses": len(set(loss.tolist())),
            "bleus": len(set(bleu.tolist())),
            "best-loss": min(made, key=lambda mark: mark[1])[0],
            "best-bleu": max(made, key=lambda mark: mark[2])[0],
        }


# Answers that the run gives


def greedy_best(result: Result) -> str:
    """Whether the greedy sentence is the likeliest of all."""
    facts = result.facts
    if "greedy" not in facts:
        return ""
    return "yes" if facts["greedy"] == facts["highest"] else "no"


def bleu_four(result: Result) -> str:
    """BLEU-4 of the pair."""
    score = result.facts["each"][3]
    return "zero" if score == 0 else "half" if score < 0.7 else "most"


# Claims


def greedy_misses(runs: Runs) -> bool:
    """What is written has 0.216, the likeliest sentence 0.324."""
    facts = runs["one"].facts
    return abs(facts["chance"] - 0.216) < 1e-9 and facts["written"] == "ABB" and facts["highest"] > 0.3


def two_finds(runs: Runs) -> bool:
    facts = runs["two"].facts
    return abs(facts["chance"] - 0.324) < 1e-9 and abs(facts["highest"] - facts["chance"]) < 1e-12


def loops(runs: Runs) -> bool:
    """The searched text says a third of its triples again, drawn ones less than half as many."""
    facts = runs["text"].facts
    return facts["written"] > 0.33 and facts["drawn"] < facts["written"] / 2


def lecture_bleu(runs: Runs) -> bool:
    facts = runs["pair"].facts
    counts = [list(pair) for pair in facts["counts"][:2]]
    exact = abs(facts["bleu"] - 0.518) < 5e-4 and abs(facts["brevity"] - 0.8187) < 5e-5
    return counts == [[4, 5], [2, 4]] and exact


def zero(runs: Runs) -> bool:
    facts = runs["pair"].facts
    return facts["bleu"] == 0 and facts["counts"][0][0] == 4


def staircase(runs: Runs) -> bool:
    """On a short way down the gradient nearly every place has its own loss, and BLEU hardly a few values."""
    facts = runs["run"].facts
    return facts["losses"] > STEPS * 0.9 and facts["bleus"] <= 10
