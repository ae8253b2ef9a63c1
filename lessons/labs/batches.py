"""Examples cut into batches: a curve learned by a sum of sigmoids, and which example was in which update."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from math import ceil
from typing import Any

import numpy as np

from engine.random import SHUFFLE, permutation
from engine.trainer import Trainer
from lessons.data import generators
from lessons.labs.bag import draw, network
from lessons.labs.base import Training
from lessons.views import Curve, Dots, Hist, Line, Numbers, Step, Strip

BINS = 40
NOISE = 0.15
DOTS = 60  # examples that are drawn
FINE = np.linspace(-5, 5, 161)


@lru_cache(maxsize=4)
def order(seed: int, epoch: int, count: int) -> np.ndarray:
    """The order in which a trainer visits its examples in an epoch: (count,) int64."""
    return permutation(seed, SHUFFLE, epoch, count)


def examples(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Points about the lecture's curve of three corners: x (count, 1) even in −5…5, y (count, 1)."""
    g = generators.draws(seed, 200)
    x = g.uniform(-5, 5, count)
    return x[:, None], (generators.corners(x) + g.normal(0, NOISE, count))[:, None]


class Batches(Training):
    """`examples` of them, in batches of `batch`, for `epochs` (halves allowed), with `units` sigmoids."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        self.count, units = int(settings["examples"]), int(settings["units"])
        theta = np.append(draw(seed, 0, units).T.ravel(), 0.0)
        self.x, self.y = examples(self.count, seed)
        trainer = Trainer(
            network(units, "sigmoid"),
            self.x,
            self.y,
            batch=settings["batch"],
            rate=settings["rate"],
            seed=seed,
            theta=theta,
        )
        self.turn = (0, 0, 0)  # update, epoch and place in it where the present batch size began
        super().__init__(settings, seed, trainer, 0)
        self.sparse_every = max(1, self.epoch // 10)

    limit = property(lambda self: self._limit(), lambda self, value: None)

    @property
    def size(self) -> int:
        """Examples in a batch; no more than there are."""
        return min(int(self.settings["batch"]), self.count)

    def _limit(self) -> int:
        """The update at which `epochs` end."""
        update, epoch, place = self.turn
        whole, part = divmod(float(self.settings["epochs"]), 1)
        if epoch < whole:
            update += ceil((self.count - place) / self.size) + int(whole - epoch - 1) * self.epoch
            place = 0
        return update + max(0, ceil((part * self.count - place) / self.size))

    def where(self) -> tuple[int, int]:
        """(epoch, examples of it seen) now."""
        update, epoch, place = self.turn
        done, rest = self.step - update, ceil((self.count - place) / self.size)
        if done < rest:
            return epoch, min(place + done * self.size, self.count)
        turns, left = divmod(done - rest, self.epoch)
        return epoch + 1 + turns, left * self.size

    def visited(self, epoch: int) -> np.ndarray:
        """The examples in the order of an epoch; a batch of all is not shuffled."""
        if self.size >= self.count:
            return np.arange(self.count)
        return order(self.seed, epoch, self.count)

    def last(self) -> np.ndarray:
        """The examples of the last update."""
        if not self.step:
            return np.zeros(0, np.int64)
        epoch, place = self.where()
        if not place:
            epoch, place = epoch - 1, self.count
        size = place % self.size if place == self.count else self.size
        return self.visited(epoch)[place - (size or self.size) : place]

    def seen(self) -> np.ndarray:
        """(count,) how often each example has been in a batch, while the batch size stays."""
        epoch, place = self.where()
        times = np.full(self.count, epoch)
        times[self.visited(epoch)[:place]] += 1
        return times

    def set(self, control: str, value: Any) -> None:
        if control == "batch":
            self.turn = (self.step, *self.where())
        super().set(control, value)

    def state(self) -> Sequence[Any]:
        return *super().state(), self.turn

    def restore(self, state: Sequence[Any]) -> None:
        super().restore(state[:2])
        self.turn = state[2]

    def look(self, view: str, past: Sequence[Any]) -> Any:
        return getattr(self, view)()

    def fit(self) -> Curve:
        """The function now, among the examples; those of the last batch stand out."""
        few, now = slice(0, DOTS), self.last()[:DOTS]
        dots = (
            Dots(word="dot.example", x=self.x[few, 0].copy(), y=self.y[few, 0].copy()),
            Dots(word="dot.batch", x=self.x[now, 0], y=self.y[now, 0], group=np.full(len(now), 1)),
        )
        y = self.trainer.predict(FINE[:, None])[:, 0].astype(np.float64)
        line = Line(word="series.function", x=FINE, y=np.clip(y, -9, 9), role="sum", hue=0)
        return Curve(lines=(line,), dots=dots, x="axis.x", y="axis.y", limits=(-5.0, 5.0, -1.4, 1.6))

    def strips(self) -> Hist:
        """The epoch's shuffled deck from left to right: the last batch, what is used of it, uses so far."""
        bins, edges = min(BINS, self.count), (0.5, self.count + 0.5)
        epoch, place = self.where()
        if not place and epoch:
            epoch, place = epoch - 1, self.count
        deck = np.arange(1, self.count + 1)
        size = len(self.last())
        count = lambda places, **more: np.histogram(places, bins, edges, **more)[0].astype(float)
        return Hist(
            strips=(
                Strip(word="strip.batch", counts=count(deck[place - size : place])),
                Strip(word="strip.epoch", counts=count(deck[:place])),
                Strip(word="strip.all", counts=count(deck, weights=self.seen()[self.visited(epoch)])),
            ),
            lo=edges[0],
            hi=edges[1],
            x="axis.deck",
        )

    def counter(self) -> Numbers:
        """The division that counts the updates of an epoch, and where the run stands."""
        n, b = self.count, self.size
        epoch, place = self.where()
        sign = "=" if n % b == 0 else "→"
        steps = [
            Step(text=f"N / B = {n:,} / {b:,} {sign} {self.epoch:,}", note="note.division", hot=True),
            Step(text=f"{self.step:,}", note="note.updates"),
            Step(text=f"{epoch} + {place:,} / {n:,}", note="note.epochs"),
            Step(text=f"{int(self.seen().sum()):,}", note="note.used"),
            Step(text=f"L = {self.trainer.evaluate()['loss']:.4f}", note="note.whole"),
        ]
        if n % b:
            steps.insert(1, Step(text=f"{n:,} − {self.epoch - 1:,}·{b:,} = {n % b:,}", note="note.left-over"))
        return Numbers(steps=tuple(steps))

    def sparse(self) -> Mapping[str, float]:
        return {"training-loss": self.trainer.evaluate()["loss"]}

    def metrics(self) -> Mapping[str, float]:
        return {"training-loss": self.trainer.evaluate()["loss"], "per-epoch": float(self.epoch)}

    def facts(self) -> Mapping[str, Any]:
        seen = self.seen()
        return {"least": int(seen.min()), "most": int(seen.max()), "last": len(self.last())}
