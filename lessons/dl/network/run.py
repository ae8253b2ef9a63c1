"""Two decks of cards, one network as a function, and its work as loops and as matrix products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.model import Result
from lessons.data.generators import draws
from lessons.dl.network.experiments import AGES, HISTORY, OTHER, PARTS, STEPS
from lessons.labs import circuit
from lessons.labs.base import Still
from lessons.labs.layered import Layered
from lessons.labs.pieces import NETWORK
from lessons.labs.sort import Sort
from lessons.labs.walk import Walk
from lessons.labs.windows import factor
from lessons.labs.written import minus
from lessons.views import Cards, Diagram, Grid, Numbers, Plane, Step, Table

Runs = Mapping[str, Result]

# Cards


class Steps(Still):
    """What belongs to which of the three steps, and what happened when."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        super().__init__(settings, seed)
        self.decks = {
            "steps": Sort(self.settings, seed, PARTS, STEPS),
            "timeline": Sort(self.settings, seed, AGES, HISTORY),
        }

    def set(self, control: str, value: Any) -> None:
        super().set(control, value)
        for deck in self.decks.values():
            deck.set(control, value)

    def restore(self, state: Sequence[Any]) -> None:
        super().restore(state)
        for deck in self.decks.values():
            deck.restore(state)

    def look(self, view: str, past: Sequence[Result]) -> Cards:
        return self.decks[view].look("cards", past)

    def metrics(self) -> Mapping[str, float]:
        return {"right": sum(deck.metrics()["right"] for deck in self.decks.values())}

    def facts(self) -> Mapping[str, Any]:
        return {name: deck.facts() for name, deck in self.decks.items()}


def layers_belong(result: Result) -> str:
    return result.facts["steps"]["bins"]["layers"]


def is_a_way(runs: Runs) -> bool:
    return runs["cards"].facts["steps"]["found"]["backprop"]


def all_steps(runs: Runs) -> bool:
    return all(runs["cards"].facts["steps"]["found"].values())


def in_time(runs: Runs) -> bool:
    return all(runs["cards"].facts["timeline"]["found"].values())


# One network

FIELD, EDGE = (60, 40), 4.0
BEND = {"sigmoid": "σ", "relu": "ReLU", "identity": ""}
P, Q = np.array([3.0, -3.0]), np.array([-3.0, 3.0])  # two inputs; half-way between them lies (0, 0)


class Function(Walk):
    """The lecture's network, each neuron worked out; the one in hand is drawn over all inputs."""

    def worked(self) -> Mapping[str, Any]:
        s = self.settings
        z, outs = circuit.forward(s["x"], s["theta"], s["activation"])
        ends = [circuit.forward(x, s["theta"], s["activation"])[1][-1] for x in (P, Q, (P + Q) / 2)]
        return {"x": s["x"], "theta": s["theta"], "z": z, "outs": outs, "ends": ends}

    def act(self, action: str) -> Mapping[str, Any]:
        if action == "next":
            return {"unit": (self.settings["unit"] + 1) % 8}
        if tuple(self.settings["theta"]) == NETWORK:
            return {"theta": OTHER}
        turn = int(2 * np.abs(self.now["theta"]).sum())  # another θ leads to yet another
        found = draws(self.seed, 200 + turn).integers(-8, 9, 18) / 2
        return {"theta": tuple(found.tolist())}

    def told(self) -> tuple[tuple[float, float], ...]:
        """What the lecture says of this input, layer by layer; nothing of other networks."""
        s = self.settings
        own = s["activation"] == "sigmoid" and tuple(s["theta"]) == NETWORK
        return circuit.TOLD.get(tuple(s["x"]), ()) if own else ()

    def diagram(self) -> Diagram:
        layer, k = divmod(self.settings["unit"], 2)
        wires = [4 * (layer - 1) + 2 * k + j for j in range(2)] if layer else []
        return circuit.net(self.now["outs"], self.settings["theta"], [f"{layer}{k}"], wires)

    def numbers(self) -> Numbers:
        """The neuron in hand, term by term; then all layers as vectors."""
        s, now = self.settings, self.now
        layer, k = divmod(s["unit"], 2)
        outs, name = now["outs"], circuit.NAMES[s["unit"]]
        steps = []
        if layer:
            (w1, w2, b), (a1, a2) = circuit.rows(s["theta"])[layer - 1, k], outs[layer - 1]
            z, at = now["z"][layer - 1, k], ("z", 2 * (layer - 1) + k)
            sum_ = f"{factor(w1)}·{factor(a1)} + {factor(w2)}·{factor(a2)} + {factor(b)}"
            steps += [
                self.line(f"{circuit.Z[layer - 1]}{'₁₂'[k]} = {sum_} = {z:.2f}", at, note="note.weigh"),
                self.line(
                    f"{name} = {BEND[s['activation']]}({z:.2f}) = {outs[layer, k]:.2f}", at, note="note.bend"
                ),
            ]
        else:
            steps.append(self.line(f"{name} = {outs[0, k]:g}", "x", note="note.input"))
        for n, (letter, pair) in enumerate(zip(("x", *circuit.A), outs, strict=True)):
            text = f"{letter} = ({pair[0]:.2f}, {pair[1]:.2f})"
            steps.append(self.line(text, "x", "theta", note=f"note.layer-{n}"))
        steps.append(Step(text=f"3·(2·2 + 2) = {len(s['theta'])}", note="note.parameters"))
        return Numbers(steps=tuple(steps))

    def table(self) -> Table:
        """z and output of each neuron, beside the lecture's."""
        told = self.told()
        rows = tuple(
            (
                f"={circuit.NAMES[2 * n + 2 + k]}", f"={minus(format(self.now['z'][n, k], '.2f'))}",
                f"={self.now['outs'][n + 1, k]:.2f}", f"={told[n][k]:.2f}" if told else None,
            )
            for n in range(circuit.LAYERS)
            for k in range(circuit.WIDTH)
        )  # fmt: skip
        unit = self.settings["unit"]
        columns = ("column.neuron", "column.z", "column.out", "column.lecture")
        return Table(columns=columns, rows=rows, chosen=unit - 2 if unit > 1 else -1)

    def plane(self) -> Plane:
        """What the neuron in hand says for every input."""
        s = self.settings
        gx, gy = np.meshgrid(np.linspace(-EDGE, EDGE, FIELD[0]), np.linspace(-EDGE, EDGE, FIELD[1]))
        layer, k = divmod(s["unit"], 2)
        outs = circuit.forward(np.stack([gx, gy], axis=-1), s["theta"], s["activation"])[1]
        return Plane(
            extent=(-EDGE, EDGE, -EDGE, EDGE), field=outs[..., layer, k], scale="linear", x="axis.x1",
            y="axis.x2", cursor=tuple(float(v) for v in s["x"]),
        )  # fmt: skip

    def weights(self) -> Grid:
        names = tuple(f"={name}" for name in circuit.NAMES[2:])
        values = np.reshape(self.settings["theta"], (6, 3)).astype(float)
        return Grid(values=values, rows=names, cols=("=w₁", "=w₂", "=b"), tensor="theta", digits=1)

    def metrics(self) -> Mapping[str, float]:
        y = self.now["outs"][-1]
        return {"y1": float(y[0]), "y2": float(y[1])}


def first_z(result: Result) -> str:
    """The first z of the lecture's network for (1, −1)."""
    z, _ = circuit.forward(circuit.ONE, NETWORK)
    return f"z{z[0, 0]:g}"


def as_told(runs: Runs) -> bool:
    """Every output of every layer is the lecture's, to two decimals."""
    run = runs["net"]
    told = circuit.TOLD[tuple(run.settings["x"])]
    return bool((np.round(np.array(run.facts["outs"])[1:], 2) == np.array(told)).all())


def function_set(runs: Runs) -> bool:
    """Two θ of one structure say different things of one input."""
    a, b = (np.array(runs[arm].facts["outs"])[-1] for arm in ("a", "b"))
    return bool(np.abs(a - b).max() > 0.1)


def bends(runs: Runs) -> bool:
    """Half-way between two inputs the output is not half-way between their outputs."""
    p, q, middle = np.array(runs["net"].facts["ends"])
    return bool(np.abs(middle - (p + q) / 2).max() > 0.05)


# Loops and matrices


class Matrices(Layered):
    """The same forward pass by loops, by vectors and by matrices; see the lab."""


def products(result: Result) -> str:
    """The matrix products for 4096 examples."""
    return str(Layered({**result.settings, "count": 4096, "way": "matrix"}, result.seed).calls())


def same_answer(runs: Runs) -> bool:
    return runs["matrix"].facts["apart"] < 1e-12


def calls(runs: Runs) -> bool:
    """One call a layer, however many examples."""
    return runs["one"].facts["calls"] == runs["many"].facts["calls"]


def work(runs: Runs) -> bool:
    """As many multiplications, in less than a thousandth of the calls."""
    loops, matrix = runs["loops"].facts, runs["matrix"].facts
    return loops["multiplications"] == matrix["multiplications"] and 1000 * matrix["calls"] < loops["calls"]
