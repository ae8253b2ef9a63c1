"""Slopes along paths, the number on every wire, the network turned round, and gradients of deep nets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from engine.model import Result
from lessons.backprop.backprop.experiments import WIRES
from lessons.labs import circuit, costs
from lessons.labs.circuit import Circuit, Knot, given, plain, weighted
from lessons.labs.pieces import NETWORK
from lessons.labs.reverse import Backward, machine
from lessons.labs.walk import Walk
from lessons.labs.windows import factor
from lessons.labs.written import minus
from lessons.views import Curve, Diagram, Dots, Grid, Line, Numbers, Step, Table

Runs = Mapping[str, Result]

# Paths that part and meet

LEVELS = (1, 2, 3, 4, 5)
STORY = 16  # updates at most
TAIL = 7  # deliveries that are written out
REACH = (-3.0, 3.0)


def two_ways(s: float) -> Circuit:
    """s → x = s² and y = 3s → z = x·y."""
    return Circuit(
        (
            given("s", "=s", 0, 0.5, s),
            Knot("x", "=x", 0.5, 0.1, lambda s: s * s, ("s",), lambda s: (2 * s,)),
            Knot("y", "=y", 0.5, 0.9, lambda s: 3 * s, ("s",), lambda s: (3.0,)),
            Knot("z", "=z", 1, 0.5, lambda x, y: x * y, ("x", "y"), lambda x, y: (y, x)),
        )
    )


def doublings(levels: int) -> Circuit:
    """a, then b = a + a, then c = b + b, …"""
    knots = [given("a", "=a", 0, 0.5, 1.0)]
    for k, (before, name) in enumerate(zip("abcde"[:levels], "bcdef", strict=False), 1):
        knots.append(weighted(name, f"={name}", k / levels, 0.5, (before, before), (1.0, 1.0)))
    return Circuit(knots)


@lru_cache
def doubled(levels: int) -> tuple[float, ...]:
    """∂/∂a by a push, in order and path by path; deliveries of the two."""
    graph = doublings(levels)
    orders = tuple(range(len(graph.edges))), graph.by_paths()
    sums = tuple(graph.deliver(order)[0]["a"] for order in orders)
    return (graph.numeric("a"), *sums, *map(len, orders))


class Paths(Walk):
    """Slopes that travel back to the first number; an update is a delivery over an edge, in long stories a few."""

    columns = ("delivered",)

    def __init__(self, settings: Mapping[str, Any], seed: int):
        self.step = 0
        lecture = settings["graph"] == "two-ways"
        self.circuit = two_ways(settings["s"]) if lecture else doublings(settings["levels"])
        own = range(len(self.circuit.edges))
        self.order = list(own) if settings["order"] == "waits" else self.circuit.by_paths()
        if lecture and settings["ways"] == "one":
            self.order = [e for e in self.order if "y" not in self.circuit.edges[e][:2]]
        self.products = self.circuit.deliver(self.order)[1]
        self.many = -(-len(self.order) // STORY)
        self.start = next(iter(self.circuit.knots))
        super().__init__(settings, seed)

    @property
    def limit(self) -> int:
        return -(-len(self.order) // self.many)

    @property
    def done(self) -> list[int]:
        """The edges used so far, in order."""
        return self.order[: self.step * self.many]

    def train(self, updates: int) -> np.ndarray:
        rows = []
        for _ in range(min(updates, self.limit - self.step)):
            self.step += 1
            rows.append(self.products[len(self.done) - 1])
        return np.array(rows, float).reshape(-1, 1)

    def state(self) -> Sequence[Any]:
        return dict(self.settings), self.step

    def restore(self, state: Sequence[Any]) -> None:
        self.step = state[1]
        super().restore(state[:1])

    def worked(self) -> Mapping[str, Any]:
        return self.circuit.values

    @property
    def sums_now(self) -> Mapping[str, float]:
        return self.circuit.deliver(self.done)[0]

    def graph(self) -> Diagram:
        """Forward values in the labels, what has arrived so far below them."""
        done = self.done
        reached = {self.circuit.end, *(self.circuit.edges[e][0] for e in done)}
        shown = {id: value for id, value in self.sums_now.items() if id in reached}
        return self.circuit.picture(shown, done, done[-1] if done else None)

    def sums(self) -> Numbers:
        """The last deliveries as products, then what has gathered at the start beside a push."""
        edges, end, done = self.circuit.edges, self.circuit.end, self.done
        knots = self.circuit.knots
        steps = [Step(text=f"∂{end}/∂{end} = 1", note="note.begin")]
        for at in range(max(0, len(done) - TAIL), len(done)):
            part, head, _ = edges[done[at]]
            carried = self.circuit.deliver(done[:at])[0][head]
            slope = self.circuit.slopes[done[at]]
            text = f"{head}→{part}: {factor(carried)}·{factor(slope)} = {plain(self.products[at])}"
            steps.append(Step(text=minus(text), hot=at == len(done) - 1))
        if self.step == self.limit:
            arrived = [p for e, p in zip(self.order, self.products, strict=True) if edges[e][0] == self.start]
            whole = " + ".join(factor(p) for p in arrived[:3]) + " + …" * (len(arrived) > 3)
            name = knots[self.start].label[1:]
            steps.append(self.line(f"∂{end}/∂{name} = {whole} = {plain(sum(arrived))}", note="note.gathered"))
            steps.append(self.line(f"{self.circuit.numeric(self.start):.6f}", note="note.push"))
        return Numbers(steps=tuple(steps))

    def slope(self) -> Curve:
        """z over s, and the straight line with the slope that has been found so far."""
        s, found = self.settings["s"], self.sums_now["s"]
        xs = np.linspace(*REACH, 120)
        z = self.circuit.values["z"]
        near = np.linspace(s - 1, s + 1, 40)
        lines = (
            Line(word="=z(s)", x=xs, y=3 * xs**3, role="sum", hue=0),
            Line(word="series.slope", x=near, y=z + found * (near - s), role="path", hue=1),
        )
        dot = Dots(word="=s", x=np.array([s]), y=np.array([z]), mark="now")
        return Curve(lines=lines, dots=(dot,), x="=s", y="=z", limits=(-3.2, 3.2, -90.0, 90.0))

    def trap(self) -> Table:
        """By the number of doublings: the slope of a by a push, in order, path by path; deliveries."""
        rows = tuple((k, *(float(round(v)) for v in doubled(k))) for k in LEVELS)
        names = ("levels", "push", "waits", "by-path", "count-waits", "count-by-path")
        columns = tuple(f"column.{name}" for name in names)
        return Table(columns=columns, rows=rows, chosen=self.settings["levels"] - 1)

    def metrics(self) -> Mapping[str, float]:
        return {"gathered": float(self.sums_now[self.start]), "deliveries": float(len(self.done))}

    def facts(self) -> Mapping[str, Any]:
        found = {"numeric": self.circuit.numeric(self.start), "edges": len(self.circuit.edges)}
        return {**found, **self.metrics()}


def how_steep(result: Result) -> str:
    """dz/ds at s = 2 with both ways."""
    return f"{two_ways(2.0).gradients()['s']:.0f}"


def agrees(runs: Runs) -> bool:
    facts = runs["run"].facts
    return abs(facts["gathered"] - facts["numeric"]) < 1e-6


def trapped(runs: Runs) -> bool:
    """Path by path, twice as much arrives as there is."""
    facts = runs["run"].facts
    return abs(facts["gathered"] - 2 * facts["numeric"]) < 1e-6


def once(runs: Runs) -> bool:
    """Every edge is used once."""
    return runs["run"].facts["deliveries"] == runs["run"].facts["edges"]


# What a wire carries

TOLD = (-1.0, 0.12, 0.11)  # the lecture's ∂z/∂w of three wires
H = 0.1  # by how much the ask changes a weight


def parts(wire: int) -> tuple[int, int, int]:
    """Layer, neuron and input of a wire."""
    return wire // 4, wire % 4 // 2, wire % 2


def name_of(wire: int) -> str:
    layer, neuron, source = parts(wire)
    return f"{circuit.NAMES[2 * layer + source]} → {circuit.NAMES[2 * layer + 2 + neuron]}"


class Tags(Walk):
    """The lecture's network after one forward pass; on each wire hangs the ∂z/∂w of its weight."""

    def worked(self) -> Mapping[str, Any]:
        z, outs = circuit.forward(self.settings["x"], self.settings["theta"])
        return {"z": z, "outs": outs, "tags": [outs[n, k] for n, _, k in map(parts, range(12))]}

    def act(self, action: str) -> Mapping[str, Any]:
        return {"wire": (self.settings["wire"] + 1) % 12}

    def z_at(self, by: float) -> float:
        """z of the neuron at the end of the wire in hand, its weight changed by so much."""
        layer, neuron, source = parts(self.settings["wire"])
        theta = circuit.rows(self.settings["theta"])
        theta[layer, neuron, source] += by
        return float(circuit.forward(self.settings["x"], theta.ravel())[0][layer, neuron])

    @property
    def pushed(self) -> float:
        return (self.z_at(circuit.PUSH) - self.z_at(-circuit.PUSH)) / (2 * circuit.PUSH)

    @property
    def as_told(self) -> bool:
        """Whether the network and its input are the lecture's."""
        return tuple(self.settings["x"]) == circuit.ONE and tuple(self.settings["theta"]) == NETWORK

    def wires(self) -> Diagram:
        layer, _, source = parts(self.settings["wire"])
        hot = (f"{layer}{source}",)
        return circuit.net(self.now["outs"], self.settings["theta"], hot, (self.settings["wire"],))

    def numbers(self) -> Numbers:
        """z with the wire's own product first, its slope in w, and a push."""
        wire = self.settings["wire"]
        layer, neuron, source = parts(wire)
        row, inputs = circuit.rows(self.settings["theta"])[layer, neuron], self.now["outs"][layer]
        own, other = (source, 1 - source)
        z, tag = self.now["z"][layer, neuron], self.now["tags"][wire]
        name = circuit.Z[layer] + "₁₂"[neuron]
        rest = f"{factor(row[other])}·{factor(inputs[other])} + {factor(row[2])}"
        lines = (
            self.line(name_of(wire), note="note.wire"),
            self.line(f"{name} = w·{factor(inputs[own])} + {rest}", "tags", note="note.linear"),
            self.line(f"w = {row[own]:g}: {name} = {z:.2f}", "z", note="note.here"),
            self.line(f"∂{name}/∂w = {tag:.2f}", ("tags", wire), note="note.tag"),
            self.line(f"{self.pushed:.8f}", ("tags", wire), note="note.push"),
            self.line(f"{abs(self.pushed - tag):.0e}", note="note.off"),
        )
        told = dict(zip(WIRES.values(), TOLD, strict=True)).get(wire) if self.as_told else None
        lecture = () if told is None else (self.line(f"{told:g}", note="note.lecture"),)
        return Numbers(steps=(*lines, *lecture))

    def tags(self) -> Grid:
        """∂z/∂w on every wire: a row a neuron, a column what it hears."""
        rows = tuple(f"={name}" for name in circuit.NAMES[2:])
        values = self.now["tags"].reshape(6, 2).copy()
        chosen = divmod(self.settings["wire"], 2)
        return Grid(values=values, rows=rows, cols=("=w₁", "=w₂"), tensor="∂z/∂w", chosen=chosen)

    def line_(self) -> Curve:
        """z over the weight of the wire in hand: a straight line."""
        layer, neuron, source = parts(self.settings["wire"])
        w = float(circuit.rows(self.settings["theta"])[layer, neuron, source])
        by = np.linspace(-3, 3, 25)
        z = np.array([self.z_at(step) for step in by])
        line = Line(word="=z(w)", x=w + by, y=z, role="sum", hue=0)
        dot = Dots(word="dot.now", x=np.array([w]), y=np.array([self.z_at(0.0)]), mark="now")
        return Curve(lines=(line,), dots=(dot,), x="=w", y="=z")

    def table(self) -> Table:
        """The lecture's three wires."""
        rows = tuple(
            (f"={name_of(wire)}", f"={minus(format(self.now['tags'][wire], '.2f'))}", minus(f"={told:g}"))
            for wire, told in zip(WIRES.values(), TOLD, strict=True)
        )
        wires = list(WIRES.values())
        chosen = wires.index(self.settings["wire"]) if self.settings["wire"] in wires else -1
        return Table(columns=("column.wire", "column.tag", "column.lecture"), rows=rows, chosen=chosen)

    def weights(self) -> Grid:
        names = tuple(f"={name}" for name in circuit.NAMES[2:])
        values = np.reshape(self.settings["theta"], (6, 3)).astype(float)
        return Grid(values=values, rows=names, cols=("=w₁", "=w₂", "=b"), tensor="theta", digits=1)

    def look(self, view: str, past: Sequence[Any]) -> Any:
        return getattr(self, {"line": "line_"}.get(view, view))()

    def metrics(self) -> Mapping[str, float]:
        return {"tag": float(self.now["tags"][self.settings["wire"]])}

    def facts(self) -> Mapping[str, Any]:
        return {**super().facts(), "tag": self.metrics()["tag"], "pushed": self.pushed}


def raised_by(result: Result) -> str:
    """What z of the first neuron does when the weight of its wire from x₂ = −1 grows by a tenth."""
    walk = Tags({"wire": 1, "x": circuit.ONE, "theta": NETWORK}, 1)
    change = walk.z_at(H) - walk.z_at(0.0)
    return {-0.1: "down", 0.1: "up", 0.2: "double"}[round(change, 6)]


def lecture_tags(runs: Runs) -> bool:
    tags = runs["run"].facts["tags"]
    return all(round(tags[wire], 2) == told for wire, told in zip(WIRES.values(), TOLD, strict=True))


def same_tag(runs: Runs) -> bool:
    return runs["plain"].facts["tag"] == runs["other"].facts["tag"]


# The network turned round


class Machine(Backward):
    """The signal is sent back edge by edge; see the lab."""


def begins(result: Result) -> str:
    """Where the first edge leads from that may be used: only those of the cost are ready."""
    graph = machine(result.settings["net"], result.settings["x"], result.settings["label"])
    ready = {head for e, (_, head, _) in enumerate(graph.edges) if graph.ready(head, ())}
    return "output" if ready == {graph.end} else "anywhere"


def all_agree(runs: Runs) -> bool:
    """Every ∂C is what a push says, to seven decimals."""
    return all(run.facts["off"] < 1e-7 for run in runs.values())


def order_matters(runs: Runs) -> bool:
    """A recursion that never waits is off by more than a tenth somewhere."""
    return runs["run"].facts["by-path-off"] > 0.1


def saturated(runs: Runs) -> bool:
    """The first neuron passes less than a fiftieth of the signal on."""
    return runs["run"].facts["amplifiers"][0] < 0.02


# What it costs


class Costs(costs.Costs):
    """The gradient of a deep net; see the lab."""


def asked_for(result: Result) -> str:
    """The forward passes that a gradient by pushes took."""
    size, passes = result.facts["counted"]
    return "each" if passes == size + 1 else "few"


def fades(runs: Runs) -> bool:
    """The first layer's gradient is less than a thousandth of that of the last hidden layer."""
    return runs["run"].facts["ratio"] < 1e-3


def stuck(runs: Runs) -> bool:
    """After a thousand updates the loss is still that of tossing a coin."""
    return runs["run"].facts["loss"] > 0.67


def cheap(runs: Runs) -> bool:
    """At most three forward passes, whatever the size."""
    return all(run.facts["passes"] <= 3 for run in runs.values())


def close(runs: Runs) -> bool:
    return runs["run"].facts["error"] < 1e-6


def old_weights(runs: Runs) -> bool:
    """The update is θ − η·g with all slopes taken at the old θ."""
    return runs["run"].facts["moved"] < 1e-12
