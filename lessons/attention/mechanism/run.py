"""Influence of every input on every output, scores on a plane, one sum by hand, seven matrices in a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from engine.model import Result
from lessons.attention.mechanism.experiments import USUAL
from lessons.data.generators import draws
from lessons.labs.attend import Attend, attend, down, shares, up
from lessons.labs.influence import COUNT, Influence
from lessons.labs.matrices import Matrices
from lessons.labs.walk import Walk
from lessons.views import Bars, Dots, Grid, Line, Numbers, Plane

Runs = Mapping[str, Result]


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, Callable]:
    return {}


# Which input moves which output.


def influence(settings: Mapping[str, Any], seed: int) -> Influence:
    return Influence(settings, seed)


def how_many(result: Result) -> str:
    """How many outputs of a layer of attention move with the first input."""
    return {1: "one", 2: "three", 3: "three", COUNT: "six"}[result.facts["attention"]]


def all_hear_all(runs: Runs) -> bool:
    return bool(np.all(runs["run"].facts["heard"]))


def own_only(runs: Runs) -> bool:
    return bool((np.array(runs["run"].facts["heard"]) == np.eye(COUNT, dtype=bool)).all())


def earlier_only(runs: Runs) -> bool:
    return bool((np.array(runs["run"].facts["heard"]) == np.tri(COUNT, dtype=bool)).all())


def two_each_way(runs: Runs) -> bool:
    """Each output moves with the inputs at most two places away, and with no others."""
    apart = abs(np.subtract.outer(np.arange(COUNT), np.arange(COUNT)))
    return bool((np.array(runs["run"].facts["heard"]) == (apart <= 2)).all())


# Relevance on a plane.

OTHERS = ((1.7, 0.6), (-0.6, 1.7), (-1.6, -0.8))  # a² … a⁴
TURN = {"same": np.eye(2), "turned": np.array([[0.0, 1.0], [-1.0, 0.0]])}  # rows: q = a·W
VECTOR = np.array([1.0, 1.0])  # of the additive score
FIELD, EDGE = (60, 40), 3.5
DIMENSIONS, TRIES = (2, 16, 64, 256, 512), 200


@cache
def largest(seed: int, d: int, scaled: bool) -> float:
    """The mean over TRIES of the largest of four shares, for q and four k of d standard normal numbers."""
    noise = draws(seed, 72).normal(0, 1, (TRIES, 5, d))
    scores = np.einsum("td,tkd->tk", noise[:, 0], noise[:, 1:])
    return float(shares(scores / (np.sqrt(d) if scaled else 1), "softmax").max(axis=1).mean())


class Relevance(Walk):
    """a¹ is moved over the plane and asks three others how relevant they are; W_k is the identity."""

    def found(self, first: np.ndarray) -> Any:
        """Attention of a¹ (…, 2) and the others, for every place of a¹."""
        first = np.asarray(first, float)
        others = np.broadcast_to(OTHERS, (*first.shape[:-1], len(OTHERS), 2))
        a = np.concatenate((first[..., None, :], others), axis=-2)
        score = self.settings["score"]
        return attend(a, TURN[self.settings["wq"]], np.eye(2), np.eye(2), score=score, vector=VECTOR)

    def worked(self) -> Mapping[str, Any]:
        place, stretch = np.array(self.settings["at"]), self.settings["stretch"]
        now, before = self.found(place * stretch), self.found(place)
        a = np.array([place * stretch, *OTHERS])
        cosines = now.k @ a[0] / (np.linalg.norm(now.k, axis=1) * np.linalg.norm(a[0]) + 1e-12)
        heat, d = self.settings["scaled"] == "on", self.settings["dimension"]
        return {
            "a": a,
            "q": now.q[0],
            "k": now.k,
            "alpha": now.alpha[0, 1:],
            "before": before.alpha[0, 1:],
            "weights": now.weights[0],
            "cosines": cosines[1:],
            "largest": largest(self.seed, d, heat),
        }

    def plane(self) -> Plane:
        """How relevant a⁴ is for an a¹ at every place; q, and the other vectors."""
        gx, gy = np.meshgrid(np.linspace(-EDGE, EDGE, FIELD[0]), np.linspace(-EDGE, EDGE, FIELD[1]))
        field = self.found(np.stack([gx.ravel(), gy.ravel()], axis=1)).alpha[:, 0, -1].reshape(gx.shape)
        now = self.now
        way = lambda end: (np.array([0.0, end[0]]), np.array([0.0, end[1]]))
        paths = [Line(word="=q¹", x=way(now["q"])[0], y=way(now["q"])[1], role="path", hue=0)]
        paths += [
            Line(word="=" + up("k", j), x=way(now["k"][j])[0], y=way(now["k"][j])[1], role="part", hue=j + 1)
            for j in range(1, 4)
        ]
        first = Dots(word="=a¹", x=now["a"][:1, 0], y=now["a"][:1, 1], mark="now")
        place = tuple(float(value) for value in self.settings["at"])
        return Plane(
            extent=(-EDGE, EDGE, -EDGE, EDGE), field=field, scale="linear", paths=tuple(paths), dots=(first,),
            cursor=place,
        )  # fmt: skip

    def numbers(self) -> Numbers:
        """q¹, the three scores term by term, and what becomes of scores in many dimensions."""
        now, d = self.now, self.settings["dimension"]
        show = lambda v: f"({v[0]:.2f}, {v[1]:.2f})"
        lines = [
            self.line(f"a¹ = {show(now['a'][0])}", "a"),
            self.line(f"q¹ = W_q·a¹ = {show(now['q'])}", "q", note="note.query"),
        ]
        for j in range(1, 4):
            q, k, alpha = now["q"], now["k"][j], now["alpha"][j - 1]
            if self.settings["score"] == "dot":
                terms = f"{up('q', 0)}·{up('k', j)} = {q[0] * k[0]:.2f} + {q[1] * k[1]:.2f}"
            else:
                terms = f"tanh({q[0] + k[0]:.2f}) + tanh({q[1] + k[1]:.2f})"
            note = "" if j > 1 else f"note.{self.settings['score']}"
            lines.append(self.line(f"{down('α', 0, j)} = {terms} = {alpha:.2f}", ("alpha", j - 1), note=note))
        lines.append(self.line(f"√{d} = {np.sqrt(d):.1f}", note="note.root"))
        lines.append(self.line(f"max α′ = {float(now['largest']):.2f}", "largest", note="note.largest"))
        return Numbers(steps=tuple(lines))

    def scores(self) -> Bars:
        labels = tuple("=" + down("α", 0, j) for j in range(1, 4))
        return self.bars("alpha", labels, "before", word="series.alpha", beside_word="series.plain")

    def largest(self) -> Bars:
        """The largest of four shares by dimension, with and without the root."""
        on = self.settings["scaled"] == "on"
        values, beside = (np.array([largest(self.seed, d, way) for d in DIMENSIONS]) for way in (on, not on))
        words = ("series.divided", "series.undivided")
        return Bars(
            labels=tuple(f"=d = {d}" for d in DIMENSIONS), values=values, beside=beside, word=words[not on],
            beside_word=words[on], chosen=DIMENSIONS.index(self.settings["dimension"]),
        )  # fmt: skip

    def metrics(self) -> Mapping[str, float]:
        return {"largest": float(self.now["largest"])}


def stretched(result: Result) -> str:
    """What five times the length makes of the scores of the dot product."""
    one, five = (
        Relevance({**result.settings, "stretch": by, "score": "dot", "wq": "same"}, result.seed).now["alpha"]
        for by in (1, 5)
    )
    return "five" if np.allclose(five, 5 * one) else "same" if np.allclose(five, one) else "less"


def five_times(runs: Runs) -> bool:
    facts = runs["run"].facts
    return bool(np.allclose(facts["alpha"], 5 * np.array(facts["before"])))


def bounded(runs: Runs) -> bool:
    """No score is beyond Σ|w| = 2."""
    return max(abs(alpha) for alpha in runs["run"].facts["alpha"]) <= np.abs(VECTOR).sum()


def unlike(runs: Runs) -> bool:
    """The most relevant one is not the most similar one."""
    facts = runs["run"].facts
    return int(np.argmax(facts["alpha"])) != int(np.argmax(facts["cosines"]))


def winner_takes_all(runs: Runs) -> bool:
    """The largest of four shares is over 0.9 on the average."""
    return runs["run"].metrics["largest"] > 0.9


# One sum by hand.

WQ = np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 0]])
WK = np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1]])
WV = np.array([[0.0, 1, 0], [1, 0, 0], [0, 0, 2]])
THIRD = 2  # the place whose score is pushed


class ByHand(Attend):
    """Four vectors of three numbers; one score can be raised by hand."""

    def given(self) -> Mapping[str, Any]:
        a = np.array(self.settings["inputs"], float).reshape(4, 3)
        return {"a": a, "wq": WQ, "wk": WK, "wv": WV, "normaliser": self.settings["normaliser"]}

    def worked(self) -> Mapping[str, Any]:
        found, i, push = dict(super().worked()), self.settings["place"], self.settings["push"]
        if push:
            alpha = found["alpha"].copy()
            alpha[i, THIRD] += push
            weights = shares(alpha, self.settings["normaliser"])
            found |= {"alpha": alpha, "weights": weights, "b": weights @ found["v"]}
        return {**found, "distance": np.linalg.norm(found["b"][i] - found["v"][THIRD])}

    def act(self, action: str) -> Mapping[str, Any]:
        return {"place": (self.settings["place"] + 1) % 4}

    def numbers(self) -> Numbers:
        i, push = self.settings["place"], self.settings["push"]
        steps = self.lines(i, pushed={THIRD: push} if push else {})
        text = f"‖{up('b', i)} − v³‖ = {float(self.now['distance']):.2f}"
        return Numbers(steps=(*steps, self.line(text, "distance", note="note.distance")))

    def mix(self) -> Bars:
        i = self.settings["place"]
        labels = tuple(f"={up('b', i)}[{k + 1}]" for k in range(3))
        return Bars(
            labels=labels, values=self.now["b"][i].copy(), beside=self.now["v"][THIRD].copy(),
            word="series.mix", beside_word="series.third",
        )  # fmt: skip

    def weights(self) -> Grid:
        return self.tensor("weights", "b", "v", diverging=False)

    def inputs(self) -> Grid:
        return self.tensor("a", "a", digits=0)

    def metrics(self) -> Mapping[str, float]:
        i = self.settings["place"]
        return {"distance": float(self.now["distance"]), "shares": float(self.now["weights"][i].sum())}


def pushed(result: Result) -> str:
    """Where b goes when the score of the third one is raised by ten."""
    after = ByHand({**result.settings, "push": 10, "normaliser": "softmax"}, result.seed)
    near, size = float(after.now["distance"]), np.linalg.norm(after.now["b"][result.settings["place"]])
    return "third" if near < 0.05 else "grows" if size > 10 else "stays"


def approaches(runs: Runs) -> bool:
    """b is within 0.05 of v³."""
    return runs["run"].metrics["distance"] < 0.05


def between(runs: Runs) -> bool:
    """Shares sum to one, and no entry of any b is beyond those of all v."""
    facts = runs["run"].facts
    b, v = np.array(facts["b"]), np.array(facts["v"])
    inside = (b <= v.max(axis=0) + 1e-9).all() and (b >= v.min(axis=0) - 1e-9).all()
    return bool(inside and np.allclose(np.sum(facts["weights"], axis=1), 1))


def silent(runs: Runs) -> bool:
    """Whoever's score is negative has no share at all, and there is such a one."""
    alpha, weights = np.array(runs["run"].facts["alpha"]), np.array(runs["run"].facts["weights"])
    return bool((alpha < 0).any() and (weights[alpha < 0] == 0).all())


# All of them as matrices.


def matrices(settings: Mapping[str, Any], seed: int) -> Matrices:
    return Matrices(settings, seed)


def weights_of_twice(result: Result) -> str:
    """What twice as many vectors do to the count of weights."""
    before, after = (
        Matrices({**result.settings, **USUAL, "length": n}, result.seed).metrics()["weights"] for n in (4, 8)
    )
    return {1: "same", 2: "twice", 4: "four"}[round(after / before)]


def same_weights(runs: Runs) -> bool:
    return runs["short"].metrics["weights"] == runs["long"].metrics["weights"]


def squared(runs: Runs) -> bool:
    """Scores and sums take four times the multiplications, the projections twice."""
    short, long = runs["short"].metrics, runs["long"].metrics
    return long["pairs"] == 4 * short["pairs"] and long["projections"] == 2 * short["projections"]


def fits(runs: Runs) -> bool:
    """There is an output where queries and keys are equally long, however long the values."""
    return runs["run"].facts["outputs"]
