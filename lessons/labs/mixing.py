"""Decoders taught and alone, place by place; scheduled sampling; guided attention."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.network import Network
from engine.trainer import Trainer
from lessons.data.generators import draws
from lessons.data.generators.pairs import END, PAD, shift
from lessons.labs.decoders import Shape, Taught, writer
from lessons.labs.pairs import Writer
from lessons.labs.seq import NOWHERE

EVERY = 25  # updates between two drawings of the tokens that are read
OWN, BANDS = 900, 901  # purposes of the draws
CLOSED = -40.0  # a gate that only copies


def share(schedule: str, part: float, most: float, heights: Sequence[float] = ()) -> float:
    """How many of the tokens read are the model's own when `part` of the training is over (Bengio et al. 2015).

    linear and sigmoid rise from 0 to `most`; constant stays there; drawn follows `heights`.
    """
    if schedule == "drawn":
        return float(np.interp(part, np.linspace(0, 1, len(heights)), heights))
    rise = {"linear": part, "sigmoid": 1 / (1 + np.exp(-12 * (part - 0.5))), "constant": 1.0}
    return most * float(rise[schedule])


class Places(Writer):
    """Adds how good a decoder is at each place: taught, when it reads right answers, and alone."""

    count = 128  # fresh strings

    def hits(self, tokens: np.ndarray) -> np.ma.MaskedArray:
        """(count, T) whether each token is right; masked where there is none."""
        v = self.task.v[: self.count]
        return np.ma.array((tokens == v).astype(float), mask=v == PAD)

    def taught_hits(self) -> np.ma.MaskedArray:
        u, v = self.task.u[: self.count], self.task.v[: self.count]
        return self.keep("taught-hits", lambda: self.hits(self.chances(u, self.read(v)).argmax(axis=2)))

    def alone_hits(self) -> np.ma.MaskedArray:
        """Of what is written at once, every place counts, also behind an END that came too early."""
        if self.shape.parallel:
            return self.taught_hits()
        return self.keep("alone-hits", lambda: self.hits(self.alone(self.count).tokens))

    def sparse(self) -> Mapping[str, float]:
        return {**super().sparse(), "alone": float(self.alone_hits().mean())}

    def facts(self) -> Mapping[str, Any]:
        taught, alone = self.taught_hits(), self.alone_hits()
        return {
            **super().facts(),
            "taught": float(taught.mean()),
            "alone": float(alone.mean()),
            "taught-at": taught.mean(axis=0).filled(np.nan).tolist(),
            "alone-at": alone.mean(axis=0).filled(np.nan).tolist(),
        }


class Mixed(Writer):
    """A decoder that reads some tokens of its own in training; settings inputs, mix, schedule, curve.

    Every EVERY updates it draws from its chances, all places at once (Mihaylova and Martins 2019), and each
    token that it will read, after BEGIN, becomes its own with the probability of that moment.
    """

    def __init__(
        self, settings: Mapping[str, Any], seed: int, task: Taught, shape: Shape, limit: int, **options: Any
    ):
        super().__init__(settings, seed, task, shape, limit, **options)
        self.options, self.reads = options, self.read(task.target)

    @property
    def beyond(self) -> tuple[str, ...]:
        return () if self.settings["inputs"] == "right" else ("own-tokens",)

    def share(self) -> float:
        """The present share of its own tokens."""
        if self.settings["inputs"] == "right":
            return 0.0
        given = self.settings["schedule"], self.step / self.limit, float(self.settings["mix"])
        return share(*given, self.settings["curve"])

    def renew(self) -> None:
        """Draw anew what is read from now on."""
        right, part = self.read(self.task.target), self.share()
        d = draws(self.seed, OWN + self.step)
        p, u = self.chances(self.task.source, right), d.uniform(size=right.shape)
        own = shift((p.cumsum(axis=2) < u[:, :, None]).sum(axis=2).clip(max=p.shape[2] - 1))
        mine = (d.uniform(size=right.shape) < part) & (right != PAD) & (own > END)
        mine[:, 0] = False
        self.take(np.where(mine, own, right))

    def take(self, reads: np.ndarray) -> None:
        """Train on with other tokens to read."""
        task, state, self.reads = self.task, self.trainer.state(), reads
        x, y = self.entered(task.source, reads), self.labels(task.target)
        self.trainer = Trainer(self.net, x, y, seed=self.seed, batch=self.trainer.get("batch"))
        self.trainer.restore(state)

    def train(self, updates: int) -> np.ndarray:
        rows, left = [np.empty((0, len(self.columns)))], min(updates, self.limit - self.step)
        while left > 0 and self.fault() is None:
            if self.settings["inputs"] != "right" and self.step % EVERY == 0:
                self.renew()
            piece = min(left, EVERY - self.step % EVERY)
            rows.append(self.trainer.train(piece))
            left -= piece
        return np.concatenate(rows)

    def state(self) -> Sequence[Any]:
        return (*super().state(), self.reads)

    def restore(self, state: Sequence[Any]) -> None:
        if state[-1] is not self.reads:
            self.take(state[-1])
        super().restore(state[:-1])


class Guided(Writer):
    """A decoder whose cross-attention is drawn to the diagonal; the setting guide, λ, is how often: 0 to 1.

    After a share λ of the updates, one more on −ln of the attention in the right band: source places are cut
    into as many steps as the target has, two steps make a band, and where bands begin is drawn for each pair.
    So the further from the diagonal, the dearer, as in guided attention (Tachibana et al. 2018).
    """

    def __init__(
        self, settings: Mapping[str, Any], seed: int, task: Taught, shape: Shape, limit: int, **options: Any
    ):
        super().__init__(settings, seed, task, shape, limit, **options)
        s, t = task.sizes
        net, classes = Network(), t + 1
        # The same decoder before a longer input: bands of the source places, then logits that only copy.
        entry = net.input(2 * s + t + t * (classes + 1))
        net.input = lambda width: net.slice(entry, 0, width)
        writer(net, task, shape)
        bands = net.slice(entry, s + t, s)
        closed = net.slice(net.slice(entry, 2 * s + t, t * (classes + 1)), 0, classes + 1, repeat=t)
        looked = net.copy_softmax(closed, net.find(f"cross-{shape.blocks}.weights"), bands, "guide")
        net.sequence_loss(looked)
        x = self.entered(task.source, self.read(task.target))
        closing = np.zeros((t, classes + 1))
        closing[:, -1] = CLOSED
        keys, queries = self.bands(seed, task)
        x = np.hstack([x, keys, np.tile(closing.ravel(), (len(x), 1))])
        self.guide = Trainer(net, x, queries, seed=seed, batch=self.trainer.get("batch"))

    @property
    def beyond(self) -> tuple[str, ...]:
        return ("guide",) if float(self.settings["guide"]) else ()

    @staticmethod
    def bands(seed: int, task: Taught) -> tuple[np.ndarray, np.ndarray]:
        """The band of each source place (N, S), and the one where each target place should look (N, T).

        A place whose band holds no source place is not asked.
        """
        (s, t), begins = task.sizes, draws(seed, BANDS).integers(0, 2, len(task.source))[:, None]
        sources, targets = ((one != PAD).sum(axis=1)[:, None] for one in (task.source, task.target))
        steps = np.arange(s) * targets // sources
        keys = np.where(task.source != PAD, (steps + begins) // 2, t)
        queries = np.where(task.target != PAD, (np.arange(t) + begins) // 2, NOWHERE)
        met = (keys[:, None, :] == queries[:, :, None]).any(axis=2)
        return keys, np.where(met, queries, NOWHERE)

    def train(self, updates: int) -> np.ndarray:
        often, rows = float(self.settings["guide"]), [np.empty((0, len(self.columns)))]
        for _ in range(min(updates, self.limit - self.step)):
            if int((self.step + 1) * often) > int(self.step * often):
                self.nudge()
            rows.append(self.trainer.train(1))
            if self.fault() is not None:
                break
        return np.concatenate(rows)

    def nudge(self) -> None:
        """One update on where it looks; it does not count as an update of the run."""
        before = self.trainer.state()
        self.guide.restore(before)
        self.guide.train(1)
        self.trainer.restore((*self.guide.state()[:-2], *before[-2:]))

    def aside(self) -> float:
        """The mean attention away from the diagonal, weighed by 1 − e^(−(n/N − t/T)²/2g²) with g = 0.2."""
        u, v = self.task.u, self.task.v
        weights = self.attention(u, self.read(v), f"cross-{self.shape.blocks}").mean(axis=1)
        n, t = (np.arange(one.shape[1]) / np.maximum(1, (one != PAD).sum(axis=1))[:, None] for one in (u, v))
        far = 1 - np.exp(-((n[:, None, :] - t[:, :, None]) ** 2) / (2 * 0.2**2))
        return float((weights * far).sum(axis=2)[v != PAD].mean())
