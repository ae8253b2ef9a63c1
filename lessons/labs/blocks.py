"""The blocks of a Transformer's encoder, stage by stage: what is added, what is normalised, and where.

    class Mine(Stack):
        def __init__(self, settings, seed):
            parts = Parts(blocks=4, add=True, norm="layer", before=False)
            super().__init__(settings, seed, told("reverse", seed), parts, limit=300)

A block has six stages: mix (what attention gives), sum (the input added), norm; inner (what the small network
gives), total (added again), out. Views besides those of the seq lab: walk, vector, spread, lengths, weights.
Settings of the views: example, place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.network import Network
from engine.trainer import Trainer
from lessons.labs.seq import Encoder, Shape
from lessons.views import Bars, Curve, Grid, Images, Line, Numbers, Step

STAGES = ("mix", "sum", "norm", "inner", "total", "out")
SIGNS = {"in": "a", "mix": "b", "sum": "a+b", "norm": "x", "inner": "f", "total": "x+f", "out": "y"}
FIRST = 2  # numbers of a vector that are written out


@dataclass(frozen=True, kw_only=True)
class Parts(Shape):
    """Blocks whose parts can be left out. norm: layer, batch or none. before: each part normalises what it takes
    (pre-norm); else the sum is normalised (post-norm)."""

    norm: str = "layer"
    before: bool = False


def normal(net: Network, h: int, parts: Parts, name: str) -> int:
    """h normalised; with `none` h itself."""
    if parts.norm == "layer":
        return net.layer_norm(h, parts.width, name=name)
    return net.batch_norm(h, name=name) if parts.norm == "batch" else h


def stack(net: Network, h: int, parts: Parts) -> list[dict[str, int]]:
    """The stages of each block, after `h` (length, width): {in, mix, sum, norm, inner, total, out: node}.

    With pre-norm, norm is what the small network takes and out the same as total.
    """
    d, made = parts.width, []
    for k in range(1, parts.blocks + 1):
        at = {"in": h}
        taken = normal(net, h, parts, f"enter-{k}") if parts.before else h
        at["mix"] = net.attention(taken, f"look-{k}", heads=parts.heads, mask=parts.mask)
        at["sum"] = net.add(h, at["mix"]) if parts.add else at["mix"]
        at["norm"] = normal(net, at["sum"], parts, f"norm-{k}")
        inner = net.dense_each(at["norm"], parts.feed * d, f"feed-{k}", init="he")
        at["inner"] = net.dense_each(net.activation(inner, "relu"), d, f"back-{k}")
        kept = at["sum"] if parts.before else at["norm"]
        at["total"] = net.add(kept, at["inner"]) if parts.add else at["inner"]
        at["out"] = h = at["total"] if parts.before else normal(net, at["total"], parts, f"leave-{k}")
        made.append(at)
    return made


def pixels(trainer: Trainer) -> Images:
    """Every entry of θ as one pixel, in the order of θ, rows a third longer than there are rows."""
    theta = trainer.theta.astype(np.float64)
    across = int(np.ceil(np.sqrt(1.6 * theta.size)))
    rows = -(-theta.size // across)
    full = np.append(theta, np.zeros(rows * across - theta.size))
    return Images(images=full.reshape(1, rows, across), captions=("=θ",), diverging=True, tensor="θ")


class Stack(Encoder):
    """An encoder of blocks in training."""

    shape: Parts

    def network(self, net: Network) -> int:
        words = net.embedding(net.input(self.told.length), self.told.symbols, self.shape.width, "words")
        h = net.position(words, self.shape.position, "places")
        self.blocks = stack(net, h, self.shape)
        h = self.blocks[-1]["out"]
        h = normal(net, h, self.shape, "last") if self.shape.before else h
        return net.dense_each(h, self.told.classes, "output")

    def values(self, stage: str, x: np.ndarray, block: int = 1) -> np.ndarray:
        """(N, L, width) the vectors at a stage of a block."""
        found = self.trainer.predict(self.entered(np.asarray(x)), node=self.blocks[block - 1][stage])
        return found.reshape(len(x), self.told.length, self.shape.width).astype(np.float64)

    def gamma(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """γ and β of a norm."""
        return self.parameter(f"{name}.gamma"), self.parameter(f"{name}.beta")

    def spot(self) -> int:
        return int(self.settings.get("place", 0)) % self.told.length

    def journey(self) -> dict[str, np.ndarray]:
        """The vector (width,) of the place in hand at each stage of block 1, by its sign; no stage twice."""
        x, seen, found = self.example()[None], set(), {}
        for stage, node in self.blocks[0].items():
            if node not in seen:
                found[stage] = self.values(stage, x)[0, self.spot()]
            seen.add(node)
        return found

    # Pictures

    def walk(self) -> Numbers:
        """Block 1 at the place in hand: the first numbers, mean and standard deviation after each stage."""
        steps = []
        for stage, v in self.journey().items():
            numbers = ", ".join(f"{value:.2f}" for value in v[:FIRST])
            sign = self.sign(stage)
            text = f"{sign:<4}({numbers}, …) m {v.mean():.2f} σ {v.std():.2f}"
            steps.append(Step(text=text.replace("-", "−"), note=f"note.stage-{stage}", hot=stage == "norm"))
        return Numbers(steps=tuple(steps))

    def sign(self, stage: str) -> str:
        return SIGNS[stage]

    def vector(self) -> Grid:
        """All numbers of the place in hand, a row a stage of block 1."""
        way = self.journey()
        rows = tuple(f"={self.sign(stage)}" for stage in way)
        return Grid(values=np.stack(list(way.values())), rows=rows, tensor="h", digits=1)

    def spread(self) -> Bars:
        """The standard deviation of the vector after each stage, its mean beside it."""
        way = self.journey()
        return Bars(
            labels=tuple(f"={self.sign(stage)}" for stage in way),
            values=np.array([v.std() for v in way.values()]),
            beside=np.array([v.mean() for v in way.values()]),
            word="series.sd",
            beside_word="series.mean",
        )

    def norms(self, count: int = 64) -> np.ndarray:
        """(blocks + 1,) the mean length of the vectors before block 1 and after each block, fresh sequences."""
        x = self.told.u[:count]
        ways = [self.values("in", x)] + [self.values("out", x, k + 1) for k in range(self.shape.blocks)]
        return np.array([np.linalg.norm(h, axis=2).mean() for h in ways])

    def lengths(self) -> Curve:
        """The length of the vectors from block to block."""
        norms = self.norms()
        line = Line(word="series.length", x=np.arange(len(norms), dtype=float), y=norms, hue=0)
        return Curve(lines=(line,), x="axis.block", limits=(0, len(norms) - 1, 0, None))

    def weights(self) -> Images:
        return pixels(self.trainer)

    # Measurements

    def uneven(self, count: int = 64) -> float:
        """The most by which the vectors after block 1, γ and β undone, miss mean 0 and standard deviation 1."""
        h = self.values("out", self.told.u[:count])
        if self.shape.norm != "none" and not self.shape.before:
            gamma, beta = self.gamma("leave-1")
            h = (h - beta.reshape(-1, self.shape.width)) / gamma.reshape(-1, self.shape.width)
        return float(max(abs(h.mean(axis=2)).max(), abs(h.std(axis=2) - 1).max()))

    def gradients(self) -> np.ndarray:
        """(blocks,) the length of the gradient of each block's small network, over GLANCE training sequences."""
        x, y = self.entered(self.told.x[:256]), self.told.y[:256]
        g = self.trainer.gradient(x, y)
        return np.array([self.share(g, f"feed-{k + 1}.weight") for k in range(self.shape.blocks)])

    def share(self, g: np.ndarray, name: str) -> float:
        offset, shape = self.trainer.named()[name]
        return float(np.linalg.norm(g[offset : offset + int(np.prod(shape))].astype(np.float64)))

    def mirrored(self) -> float:
        """Share of places that look most at their mirror image in block 1, on the average."""
        weights = self.attention(self.told.u[:128]).mean(axis=(0, 1))
        return float((weights.argmax(axis=1) == np.arange(self.told.length)[::-1]).mean())

    def facts(self) -> Mapping[str, Any]:
        own = {"mirror": self.mirrored(), "uneven": self.uneven(), "lengths": self.norms().tolist()}
        return {**super().facts(), **own}
