"""One forward pass done three ways, counted and timed: number by number, vector by vector, all at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Any

import numpy as np

from engine.blas import hold_blas
from lessons.data.generators import draws
from lessons.labs.circuit import LAYERS, ONE, Z, logistic, plain, rows
from lessons.labs.pieces import NETWORK
from lessons.labs.walk import Walk
from lessons.labs.windows import factor
from lessons.views import Curve, Grid, Line, Numbers, Table

COUNTS = (1, 4, 16, 64, 256, 1024, 4096)
WAYS = ("loops", "vectors", "matrix")
MOST = 50_000  # multiplications that plain loops are given
TRIES = 3  # of which the fastest counts
SHOWN, PART = 3, 4  # examples and neurons that a matrix in sight has

Weights = Sequence[tuple[np.ndarray, np.ndarray]]


def weights(width: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """W (n, n), a row a neuron, and b (n,) of three layers: the lecture's, or random ones of another width."""
    if width == 2:
        return [(layer[:, :2], layer[:, 2]) for layer in rows(NETWORK)]
    g = draws(seed, 301)
    return [(g.normal(0, 2 / np.sqrt(width), (width, width)), g.normal(0, 1, width)) for _ in range(LAYERS)]


def examples(width: int, count: int, seed: int) -> np.ndarray:
    """(width, count) a column an example; the lecture's first."""
    found = draws(seed, 302).integers(-4, 5, (count, width)) / 2
    if width == 2:
        found[0] = ONE
        found[1:2] = 0
    return found.T.copy()


class Tally:
    """What was done: multiplications, and calls that did them."""

    def __init__(self):
        self.multiplications = self.calls = 0

    def count(self, multiplications: int = 1) -> None:
        self.calls += 1
        self.multiplications += multiplications


def by_loops(layers: Weights, x: np.ndarray, tally: Tally) -> np.ndarray:
    """Every product by itself."""
    outputs = []
    for example in x.T.tolist():
        a = example
        for w, b in layers:
            z = []
            for row, bias in zip(w.tolist(), b.tolist(), strict=True):
                total = bias
                for weight, value in zip(row, a, strict=True):
                    total += weight * value
                    tally.count()
                z.append(total)
            a = [float(logistic(value)) for value in z]
        outputs.append(a)
    return np.array(outputs).T


def by_vectors(layers: Weights, x: np.ndarray, tally: Tally) -> np.ndarray:
    """A matrix times a vector, one example after the other."""
    outputs = np.empty_like(x)
    for n in range(x.shape[1]):
        a = x[:, n]
        for w, b in layers:
            a = logistic(w @ a + b)
            tally.count(w.size)
        outputs[:, n] = a
    return outputs


def by_matrix(layers: Weights, x: np.ndarray, tally: Tally) -> np.ndarray:
    """A matrix times a matrix: all examples at once."""
    for w, b in layers:
        x = logistic(w @ x + b[:, None])
        tally.count(w.size * x.shape[1])
    return x


DOING = {"loops": by_loops, "vectors": by_vectors, "matrix": by_matrix}


class Layered(Walk):
    """The same three layers; an update measures all ways at the next of COUNTS. `layer` is the one in sight.

    slip `transposed`: the matrix product takes Wᵀ for W.
    """

    columns = ("multiplications", "calls")
    looks = frozenset({"layer"})
    limit = len(COUNTS) - 1

    def __init__(self, settings: Mapping[str, Any], seed: int):
        hold_blas()
        self.width = int(settings["width"])
        self.layers = weights(self.width, seed)
        self.step, self.times = 0, ()
        super().__init__(settings, seed)
        self.times = (self.measure(COUNTS[0]),)

    # The work

    def affordable(self, way: str, count: int) -> bool:
        return way != "loops" or count * LAYERS * self.width**2 <= MOST

    def told(self, way: str, count: int) -> Tally:
        """What a way has to do, counted while it does it."""
        tally = Tally()
        DOING[way](self.layers, examples(self.width, count, self.seed), tally)
        return tally

    def measure(self, count: int) -> tuple[float, ...]:
        """Milliseconds of every way here and now, NaN where it would take too long."""
        x, found = examples(self.width, count, self.seed), []
        for way in WAYS:
            if not self.affordable(way, count):
                found.append(np.nan)
                continue
            spent = []
            for _ in range(TRIES):
                began = perf_counter()
                DOING[way](self.layers, x, Tally())
                spent.append(perf_counter() - began)
            found.append(1000 * min(spent))
        return tuple(found)

    def calls(self) -> int:
        s = self.settings
        return self.told(s["way"], s["count"]).calls

    def train(self, updates: int) -> np.ndarray:
        done = []
        for _ in range(min(updates, self.limit - self.step)):
            self.step += 1
            count, way = COUNTS[self.step], self.settings["way"]
            self.times = (*self.times, self.measure(count))
            tally = self.told(way, count) if self.affordable(way, count) else None
            done.append((tally.multiplications, tally.calls) if tally else (np.nan, np.nan))
        return np.array(done, float).reshape(-1, 2)

    def state(self) -> Sequence[Any]:
        return dict(self.settings), self.step, self.times

    def restore(self, state: Sequence[Any]) -> None:
        self.step, self.times = state[1:]
        super().restore(state[:1])

    def worked(self) -> Mapping[str, Any]:
        s = self.settings
        x = examples(self.width, s["count"], self.seed)
        turned = s["slip"] == "transposed"
        taken = [(w.T if turned else w, b) for w, b in self.layers]
        outs, zs = [x], []
        for w, b in taken:
            zs.append(w @ outs[-1] + b[:, None])
            outs.append(logistic(zs[-1]))
        few = max(1, min(s["count"], MOST // (LAYERS * self.width**2)))
        apart = np.abs(by_loops(self.layers, x[:, :few], Tally()) - outs[-1][:, :few]).max()
        found = {"apart": apart, "few": few}
        for k, (w, b) in enumerate(taken):
            found |= {f"w{k}": w, f"b{k}": b, f"x{k}": outs[k], f"z{k}": zs[k], f"a{k}": outs[k + 1]}
        return found

    # What is seen

    def factors(self) -> Grid:
        """W, X, b and Z of the layer side by side."""
        k, now = self.settings["layer"], self.now
        parts = (("W", "w"), ("X", "x"), ("b", "b"), ("Z", "z"))
        blocks, names = [], []
        for name, key in parts:
            block = now[f"{key}{k}"]
            block = block.reshape(self.width, -1)[:PART, : PART if name == "W" else SHOWN]
            if blocks:
                blocks.append(np.full((len(block), 1), np.nan))
                names.append("=")
            blocks.append(block)
            names += ["=" + name] + ["="] * (block.shape[1] - 1)
        whole = all((now[f"{key}{k}"] % 1 == 0).all() for _, key in parts)
        digits = 0 if whole else 2
        return Grid(values=np.concatenate(blocks, axis=1), cols=tuple(names), tensor="layer", digits=digits)

    def numbers(self) -> Numbers:
        """The first example's two neurons term by term, the sizes that must agree, and what was done."""
        s, now, k = self.settings, self.now, self.settings["layer"]
        n, count = self.width, s["count"]
        w, x, b, z, a = (now[f"{key}{k}"] for key in "wxbza")
        lines = []
        for row in range(2 if n == 2 else 0):
            terms = " + ".join(f"{factor(w[row, j])}·{factor(x[j, 0])}" for j in range(2))
            text = f"{Z[k]}{'₁₂'[row]} = {terms} + {factor(b[row])} = {plain(z[row, 0])}"
            lines.append(self.line(text, f"z{k}", note="" if row else "note.rows"))
        if n == 2:
            shown = tuple(plain(z[row, 0]) for row in range(2))
            text = f"σ({shown[0]}, {shown[1]}) = ({a[0, 0]:.2f}, {a[1, 0]:.2f})"
            lines.append(self.line(text, f"a{k}", note="note.each-bent"))
        lines.append(self.line(f"{n}×{n} · {n}×{count} → {n}×{count}", f"x{k}", note="note.sizes"))
        if self.affordable(s["way"], count):
            tally = self.told(s["way"], count)
            lines.append(self.line(f"{tally.multiplications:,}", f"x{k}", note="note.multiplications"))
            lines.append(self.line(f"{tally.calls:,}", f"x{k}", note="note.calls"))
        lines.append(self.line(f"{float(now['apart']):.2g}", "apart", note="note.apart"))
        return Numbers(steps=tuple(lines))

    def clock(self) -> Table:
        """Milliseconds of the ways by the number of examples, so far."""
        rows_ = []
        for count, times in zip(COUNTS, self.times, strict=False):
            shown = tuple(round(t, 3) if np.isfinite(t) else None for t in times)
            rows_.append((count, *shown, round(times[1] / times[2], 1)))
        columns = ("column.examples", *(f"column.{way}" for way in WAYS), "column.gain")
        return Table(columns=columns, rows=tuple(rows_), chosen=len(rows_) - 1)

    def timed(self) -> Curve:
        """Milliseconds of the ways over the number of examples."""
        times = np.array(self.times)
        lines = tuple(
            Line(word=f"series.{way}", x=np.array(COUNTS[: len(times)], float), y=times[:, k], hue=k)
            for k, way in enumerate(WAYS)
        )
        limits = (1.0, float(COUNTS[-1]), None, None)
        return Curve(lines=lines, x="axis.examples", y="axis.ms", log_x=True, log_y=True, limits=limits)

    def look(self, view: str, past: Sequence[Any]) -> Any:
        return getattr(self, {"times": "timed"}.get(view, view))()

    def act(self, action: str) -> Mapping[str, Any]:
        return {"layer": (self.settings["layer"] + 1) % LAYERS}

    def metrics(self) -> Mapping[str, float]:
        return {"apart": float(self.now["apart"])}

    def facts(self) -> Mapping[str, Any]:
        way, count = self.settings["way"], self.settings["count"]
        found = {"apart": float(self.now["apart"])}
        if self.affordable(way, count):
            tally = self.told(way, count)
            found |= {"multiplications": tally.multiplications, "calls": tally.calls}
        return found
