"""What becomes a set of vectors: words by one-hot or embedding, a second of sound, the nodes of a graph.

Settings of `Vectors`: source (words, speech, graph), coding, sentence, pitch (heights 0…1 over one second), shift
(milliseconds from frame to frame), graph (one of GRAPHS).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from engine.network import Network
from engine.trainer import Trainer
from lessons.labs.base import Still
from lessons.views import Bars, Curve, Diagram, Grid, Line, Node

# Who is told of together with whom: words that keep the same company come to lie together.
COMPANY = {
    ("cat", "dog", "rabbit"): ("run", "jump"),
    ("tree", "flower"): ("grow", "bloom"),
}
KNOWN = tuple(word for pair in COMPANY.items() for part in pair for word in part)
DIMENSIONS, UPDATES = 3, 400
RATE, WINDOW = 16_000, 400  # samples in a second, in a frame of 25 ms
BANDS, LOW, HIGH = 12, 100.0, 8000.0  # of the filter bank, from and to how many Hz
SPANS = (1, 10, 60)  # seconds
# Atoms (or people) and who is tied to whom.
GRAPHS = {
    "friends": ("ABCDEF", ((0, 1), (0, 2), (1, 2), (2, 3), (3, 4), (3, 5))),
    "water": ("OHH", ((0, 1), (0, 2))),
    "ethanol": ("CCOHHHHHH", ((0, 1), (1, 2), (0, 3), (0, 4), (0, 5), (1, 6), (1, 7), (2, 8))),
}
ATOMS = "HCO"  # the lecture's order: H is (1, 0, 0, …)
SPOTS = {
    "friends": ((0.1, 0.2), (0.1, 0.8), (0.35, 0.5), (0.6, 0.5), (0.9, 0.2), (0.9, 0.8)),
    "water": ((0.5, 0.3), (0.25, 0.8), (0.75, 0.8)),
    "ethanol": ((0.3, 0.5), (0.55, 0.5), (0.8, 0.5), (0.1, 0.5), (0.3, 0.0), (0.3, 1.0), (0.55, 0.0), (0.55, 1.0),
                (1.0, 0.5)),
}  # fmt: skip


def split(sentence: str) -> list[str]:
    """Words at spaces; a sentence without any, character by character."""
    found = sentence.split() or list("·")
    return list(found[0]) if len(found) == 1 and not found[0].isascii() else found


@cache
def embedding(words: tuple[str, ...], seed: int) -> np.ndarray:
    """(words, DIMENSIONS) rows learned by guessing a word's company from it; a word without company stays random."""
    pairs = [(a, b) for subjects, verbs in COMPANY.items() for a in subjects for b in verbs]
    pairs += [(b, a) for a, b in pairs]
    x, y = (np.array([words.index(pair[k]) for pair in pairs]) for k in (0, 1))
    net = Network()
    rows = net.embedding(net.input(1), len(words), DIMENSIONS, "words")
    net.loss(net.dense(rows, len(words), name="company"), "cross-entropy")
    trainer = Trainer(net, x[:, None], y, seed=seed, optimizer="adam", rate=0.03, batch=len(x), l2=0.003)
    trainer.train(UPDATES)
    offset, shape = trainer.named()["words.table"]
    return trainer.theta[offset : offset + np.prod(shape)].reshape(shape).astype(float)


def sound(pitch: Sequence[float]) -> np.ndarray:
    """(RATE,) one second of a tone whose pitch follows the drawn heights, from 200 to 4000 Hz."""
    at = np.linspace(0, len(pitch) - 1, RATE)
    hertz = 200 * 20 ** np.interp(at, np.arange(len(pitch)), pitch)
    return np.sin(np.cumsum(2 * np.pi * hertz / RATE))


def frames(wave: np.ndarray, shift: int) -> np.ndarray:
    """(frames, BANDS) log₁₀ energy in bands of equal ratio; a frame each `shift` ms, the last ones filled with 0."""
    hop = RATE * shift // 1000
    count = -(-len(wave) // hop)
    padded = np.pad(wave, (0, max(0, (count - 1) * hop + WINDOW - len(wave))))
    cut = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::hop][:count]
    power = np.abs(np.fft.rfft(cut * np.hanning(WINDOW), axis=1)) ** 2
    edges = np.geomspace(LOW, HIGH, BANDS + 1)
    band = np.digitize(np.fft.rfftfreq(WINDOW, 1 / RATE), edges) - 1
    energy = np.stack([power[:, band == k].sum(axis=1) for k in range(BANDS)], axis=1)
    return np.log10(energy + 1e-3)


def apart(vectors: np.ndarray) -> np.ndarray:
    """(N, N) distances."""
    return np.linalg.norm(vectors[:, None] - vectors, axis=2)


class Vectors(Still):
    """The vector set of the chosen source."""

    @property
    def tokens(self) -> list[str]:
        return split(self.settings["sentence"])

    @property
    def vocabulary(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*KNOWN, *self.tokens)))

    def vectors(self) -> np.ndarray:
        """(N, d) one row a vector."""
        now = self.settings
        if now["source"] == "speech":
            return frames(sound(now["pitch"]), int(now["shift"]))
        if now["source"] == "graph":
            kinds, _ = GRAPHS[now["graph"]]
            names = ATOMS if now["graph"] != "friends" else kinds
            return np.eye(len(names))[[names.index(kind) for kind in kinds]]
        rows = [self.vocabulary.index(token) for token in self.tokens]
        if now["coding"] == "embedding":
            return embedding(self.vocabulary, self.seed)[rows]
        return np.eye(len(self.vocabulary))[rows]

    def labels(self) -> tuple[str, ...]:
        if self.settings["source"] == "graph":
            return tuple("=" + kind for kind in GRAPHS[self.settings["graph"]][0])
        return tuple("=" + token for token in self.tokens)

    def look(self, view: str, past: Sequence[Any]) -> Any:
        return getattr(self, view)()

    def heat(self) -> Grid:
        """The set itself: a row a vector; of speech a column a frame, high pitch on top."""
        vectors = self.vectors()
        if self.settings["source"] == "speech":
            return Grid(values=vectors.T[::-1].copy(), tensor="a", digits=1, diverging=False)
        return Grid(values=vectors, rows=self.labels(), tensor="a", digits=1)

    def distances(self) -> Grid:
        labels = self.labels()
        return Grid(
            values=apart(self.vectors()), rows=labels, cols=labels, tensor="‖aⁱ − aʲ‖", diverging=False
        )

    def bars(self) -> Bars:
        """How far the first word is from each; how many frames sounds have; how many vectors each graph gives."""
        source = self.settings["source"]
        if source == "words":
            return Bars(labels=self.labels(), values=apart(self.vectors())[0], word="series.distance")
        if source == "speech":
            each = len(self.vectors())
            return Bars(
                labels=tuple(f"={s} s" for s in SPANS),
                values=np.array(SPANS, float) * each,
                word="series.frames",
            )
        sizes = np.array([len(kinds) for kinds, _ in GRAPHS.values()], float)
        chosen = list(GRAPHS).index(self.settings["graph"])
        return Bars(
            labels=tuple(f"graph.{name}" for name in GRAPHS),
            values=sizes,
            word="series.vectors",
            chosen=chosen,
        )

    def pitch(self) -> Curve:
        heights = np.array(self.settings["pitch"])
        x = np.linspace(0, 1, len(heights))
        return Curve(lines=(Line(word="series.pitch", x=x, y=heights),), x="axis.second", limits=(0, 1, 0, 1))

    def graph(self) -> Diagram:
        kinds, ties = GRAPHS[self.settings["graph"]]
        nodes = tuple(
            Node(id=str(k), x=x, y=y, label="=" + kind)
            for k, (kind, (x, y)) in enumerate(zip(kinds, SPOTS[self.settings["graph"]], strict=True))
        )
        return Diagram(nodes=nodes, edges=tuple((str(a), str(b), None, False) for a, b in ties))

    def metrics(self) -> Mapping[str, float]:
        count, width = self.vectors().shape
        return {"vectors": float(count), "numbers": float(width)}

    def facts(self) -> Mapping[str, Any]:
        return {
            "words": self.tokens,
            "apart": apart(self.vectors()).tolist() if len(self.tokens) < 40 else [],
        }
