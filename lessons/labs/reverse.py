"""A network turned round: the learner sends the slope of the cost back edge by edge, to one weight."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from lessons.labs.circuit import BENDS, Circuit, Knot, given, logistic, rows, weighted
from lessons.labs.pieces import NETWORK
from lessons.labs.walk import Walk
from lessons.labs.written import minus, signed
from lessons.views import Bars, Diagram, Numbers, Step, Table

ASIDE = "z2"  # not on the way to the weight: in the deep net its edges have no number
LEFT, RIGHT = 0.4, 1.0  # the two neurons of a layer; the cost is above them, the weight below
Slope = Callable[[float], float]


def machine(net: str, x: Sequence[float], label: float, forget: bool = False) -> Circuit:
    """From the weight w of the wire x₁ → first neuron to C = Σ (y − ŷ)², ŷ = label, or (label, 1 − label).

    2-2-1 is the lecture's network up to the first neuron of its second layer; `forget`: every σ′ is 1.
    """
    first, second, third = rows(NETWORK)
    slope: Slope = (lambda z: 1.0) if forget else lambda z: float(BENDS["sigmoid"][1](z))
    start = (
        given("w", "=w", 0, 1, first[0, 0]),
        weighted("z1", "=z₁", LEFT, 1, ("w",), (x[0],), first[0, 1] * x[1] + first[0, 2]),
        given("z2", "=z₂", RIGHT, 1, float(first[1] @ (*x, 1))),
    )
    rest = _small(second[0], label, slope) if net == "2-2-1" else _deep(second, third, label, slope)
    return Circuit((*start, *rest))


def _small(row: np.ndarray, label: float, slope: Slope) -> tuple[Knot, ...]:
    neuron = lambda id, name, x, y, z: Knot(id, name, x, y, logistic, (z,), lambda v: (slope(v),))
    return (
        neuron("a1", "=a₁", LEFT, 0.67, "z1"),
        neuron("a2", "=a₂", RIGHT, 0.67, "z2"),
        weighted("z", "=z", LEFT, 0.33, ("a1", "a2"), tuple(row[:2]), row[2]),
        neuron("y", "=y", LEFT, 0, "z"),
        Knot("C", "=C", RIGHT, 0, lambda y: (y - label) ** 2, ("y",), lambda y: (2 * (y - label),)),
    )


def _deep(second: np.ndarray, third: np.ndarray, label: float, slope: Slope) -> tuple[Knot, ...]:
    """Knots are the z of all neurons; on an edge lies σ′(z) times the weight."""

    def layer(weights: np.ndarray, heard: tuple[str, str], sign: str, y: float) -> tuple[Knot, ...]:
        return tuple(
            Knot(
                f"{sign}{k + 1}", f"=z{sign}{'₁₂'[k]}", (LEFT, RIGHT)[k], y,
                lambda u, v, row=row: row @ (logistic(u), logistic(v), 1),
                heard,
                lambda u, v, row=row: (row[0] * slope(u), row[1] * slope(v)),
            )
            for k, row in enumerate(weights)
        )  # fmt: skip

    wanted = (label, 1 - label)
    cost = lambda *z: sum((logistic(v) - y) ** 2 for v, y in zip(z, wanted, strict=True))
    slopes = lambda *z: tuple(2 * (logistic(v) - y) * slope(v) for v, y in zip(z, wanted, strict=True))
    hidden, last = layer(second, ("z1", "z2"), "′", 0.67), layer(third, ("′1", "′2"), "″", 0.33)
    return (*hidden, *last, Knot("C", "=C", (LEFT + RIGHT) / 2, 0, cost, ("″1", "″2"), slopes))


def number(k: int) -> str:
    """The number of an edge as it is written."""
    return f"[{k + 1}]"


class Backward(Walk):
    """Edges have numbers; action edge-k uses one.

    `taken`: MARK of the net at those used, so that they are not those of another net; `slip`: the last refused.
    """

    MARK: ClassVar[Mapping[str, float]] = {"2-2-1": 1.0, "2-2-2-2": 2.0}

    @property
    def numbered(self) -> tuple[int, ...]:
        """The edges that have numbers, in the order of these."""
        small = self.settings["net"] == "2-2-1"
        return tuple(e for e, (part, _, _) in enumerate(self.graph.edges) if small or part != ASIDE)

    @property
    def used(self) -> tuple[int, ...]:
        """The edges that have been used, the end's first."""
        return tuple(e for k, e in enumerate(self.numbered) if self.taken(k))

    def taken(self, k: int) -> bool:
        return self.settings["taken"][k] == self.MARK[self.settings["net"]]

    def worked(self) -> Mapping[str, Any]:
        s = self.settings
        self.graph = machine(s["net"], s["x"], s["label"], s["forget"] == "slopes")
        return {
            **self.graph.values,
            "gradients": list(self.graph.gradients().values()),
            "used": [float(e in self.used) for e in range(len(self.graph.edges))],
        }

    def act(self, action: str) -> Mapping[str, Any]:
        """Use an edge if all that its upper end waits for has arrived; else it is refused."""
        k = int(action.removeprefix("edge-")) - 1
        if self.why(k):
            return {"slip": k + 1}
        own = self.MARK[self.settings["net"]]
        flags = (own if self.taken(j) or j == k else 0.0 for j in range(len(self.settings["taken"])))
        return {"taken": tuple(flags), "slip": 0}

    def why(self, k: int) -> str:
        """Why the edge of a number cannot be used; nothing if it can."""
        if k >= len(self.numbered):
            return "nothing"
        if self.taken(k):
            return "already"
        return "" if self.graph.ready(self.graph.edges[self.numbered[k]][1], self.used) else "too-early"

    def complete(self, id: str) -> bool:
        return bool(self.graph.into(id)) and self.graph.ready(id, self.used)

    # What is seen

    def machine(self) -> Diagram:
        """Forward values in the labels; below them what has come back, in full or in part."""
        sums = self.graph.deliver(self.used)[0]
        reached = {self.graph.end, *(self.graph.edges[e][0] for e in self.used)}
        last = max((e for e in self.used if self.moved("used")[e]), default=None)
        marks = {e: number(k) for k, e in enumerate(self.numbered)}
        return self.graph.picture({id: sums[id] for id in reached}, self.used, last, marks)

    def sent(self) -> Numbers:
        """What was sent over which edge, and each slope as soon as it is complete, beside a push."""
        graph, used, slip = self.graph, self.used, int(self.settings["slip"])
        sums, products = graph.deliver(used)
        steps = [Step(text=f"C = {graph.values['C']:.4f}", note="note.cost")]
        if slip:
            steps.append(
                Step(text=number(slip - 1), note=f"note.{self.why(slip - 1) or 'already'}", hot=True)
            )
        for e, product in zip(used, products, strict=True):
            part, head, _ = graph.edges[e]
            mark, fresh = number(self.numbered.index(e)), bool(self.moved("used")[e])
            text = f"{mark} {signed(sums[head], 3)}·{signed(graph.slopes[e], 3)} = {product:.4f}"
            steps.append(Step(text=minus(text), hot=fresh and not slip))
            if e == max(graph.into(part)) and self.complete(part):
                value, pushed = sums[part], graph.numeric(part)
                name = graph.knots[part].label[1:]
                text = f"∂C/∂{name} = {value:.3g} ≈ {pushed:.3g} Δ{abs(value - pushed):.0e}"
                steps.append(Step(text=minus(text), note="note.done" if part == "w" else ""))
        return Numbers(steps=tuple(steps))

    def amplifiers(self) -> Bars:
        """σ′(z) of every neuron, beside the most that it can be."""
        slopes = self.slopes()
        values = np.array(list(slopes.values()))
        return Bars(
            labels=tuple(f"={name}" for name in slopes), values=values, beside=np.full(len(values), 0.25),
            word="series.amplifier", beside_word="series.most",
        )  # fmt: skip

    def slopes(self) -> Mapping[str, float]:
        """σ′(z) by the name of z."""
        return {
            knot.label[1:]: float(BENDS["sigmoid"][1](self.graph.values[id]))
            for id, knot in self.graph.knots.items()
            if knot.label.startswith("=z")
        }

    def orders(self) -> Table:
        """Every slope: by a push, in order, and by a recursion that never waits."""
        graph = self.graph
        right, paths = graph.gradients(), graph.deliver(graph.by_paths())[0]
        rows = tuple(
            (knot.label, *(float(f"{v:.4g}") for v in (graph.numeric(id), right[id], paths[id])))
            for id, knot in graph.knots.items()
            if id != graph.end
        )
        return Table(columns=("column.slope", "column.push", "column.waits", "column.by-path"), rows=rows)

    def metrics(self) -> Mapping[str, float]:
        return {"used": float(len(self.used)), "found": float(self.graph.deliver(self.used)[0]["w"])}

    def facts(self) -> Mapping[str, Any]:
        graph = self.graph
        right, paths = graph.gradients(), graph.deliver(graph.by_paths())[0]
        off = max(abs(right[id] - graph.numeric(id)) for id in graph.knots)
        apart = max(abs(paths[id] / right[id] - 1) for id in graph.knots if right[id])
        return {
            "off": off,
            "by-path-off": apart,
            "amplifiers": list(self.slopes().values()),
            **self.metrics(),
        }
