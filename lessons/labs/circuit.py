"""Graphs of numbers: forward values, the slope on every edge, and what flows back along the edges."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lessons.views import Diagram, Node

PUSH = 1e-5  # of a finite difference


def logistic(z):
    return 1 / (1 + np.exp(-z))


# What a neuron does with z, and the slope of it.
BENDS: Mapping[str, tuple[Callable, Callable]] = {
    "sigmoid": (logistic, lambda z: logistic(z) * (1 - logistic(z))),
    "relu": (lambda z: np.maximum(z, 0.0), lambda z: (z > 0) * 1.0),
    "identity": (lambda z: z * 1.0, lambda z: z * 0.0 + 1.0),
}


@dataclass(frozen=True)
class Knot:
    """One number of a graph: its label, its place in 0…1, and what it is made of.

    value(*parts): the number; slopes(*parts): its derivative with respect to each part.
    """

    id: str
    label: str
    x: float
    y: float
    value: Callable[..., float]
    parts: tuple[str, ...] = ()
    slopes: Callable[..., Sequence[float]] = lambda *parts: ()


class Circuit:
    """Knots, each after its parts; the last one is the end, whose slopes are asked for.

    `edges`: (part, knot, slot), those of the end first; in their order each number is complete before it is
    passed on. `values` by knot, `slopes` by edge.
    """

    def __init__(self, knots: Sequence[Knot]):
        self.knots = {knot.id: knot for knot in knots}
        self.end = knots[-1].id
        self.values = self.forward()
        self.edges = tuple((part, k.id, slot) for k in reversed(knots) for slot, part in enumerate(k.parts))
        found = {k.id: k.slopes(*(self.values[part] for part in k.parts)) for k in knots}
        self.slopes = tuple(float(found[head][slot]) for _, head, slot in self.edges)

    def forward(self, held: Mapping[str, float] | None = None) -> dict[str, float]:
        """Every number; those in `held` are as given there."""
        held, values = held or {}, {}
        for id, knot in self.knots.items():
            values[id] = held[id] if id in held else float(knot.value(*(values[part] for part in knot.parts)))
        return values

    def numeric(self, id: str, push: float = PUSH) -> float:
        """∂end/∂id by pushing that one number both ways."""
        ends = [self.forward({id: self.values[id] + sign * push})[self.end] for sign in (1, -1)]
        return (ends[0] - ends[1]) / (2 * push)

    def into(self, id: str) -> tuple[int, ...]:
        """The edges over which the slope of this number arrives: those to what it is a part of."""
        return tuple(e for e, (part, _, _) in enumerate(self.edges) if part == id)

    def ready(self, id: str, taken: Iterable[int]) -> bool:
        """Whether all that is to arrive at this number has arrived."""
        return set(self.into(id)) <= set(taken)

    def by_paths(self) -> list[int]:
        """The edges as a recursion that never waits takes them: a number passes on all it has at every visit."""
        order: list[int] = []

        def visit(id: str) -> None:
            own = [e for e, (_, head, _) in enumerate(self.edges) if head == id]
            order.extend(own)
            for e in own:
                visit(self.edges[e][0])

        visit(self.end)
        return order

    def deliver(self, order: Iterable[int]) -> tuple[dict[str, float], list[float]]:
        """What has gathered at every number, the end's 1 included, and the product of each delivery."""
        sums, products = {**dict.fromkeys(self.knots, 0.0), self.end: 1.0}, []
        for e in order:
            part, head, _ = self.edges[e]
            products.append(sums[head] * self.slopes[e])
            sums[part] += products[-1]
        return sums, products

    def gradients(self) -> dict[str, float]:
        """∂end/∂ every number."""
        return self.deliver(range(len(self.edges)))[0]

    def picture(
        self,
        shown: Mapping[str, float],
        taken: Iterable[int] = (),
        last: int | None = None,
        marks: Mapping[int, str] | None = None,
    ) -> Diagram:
        """The graph with forward values as labels and, below them, what is `shown`.

        Edges in `taken` tell their slopes and are lit; so is the number that the `last` of them led to.
        """
        taken, marks = set(taken), marks or {}
        lit = None if last is None else self.edges[last][0]
        nodes = tuple(
            Node(
                id=k.id, x=k.x, y=k.y, label=f"{k.label} {plain(self.values[k.id])}",
                value=shown.get(k.id), hot=k.id == lit,
            )
            for k in self.knots.values()
        )  # fmt: skip
        wires = tuple(
            (part, head, slope if e in taken else None, e in taken)
            for e, ((part, head, _), slope) in enumerate(zip(self.edges, self.slopes, strict=True))
        )
        signs = tuple(marks.get(e, "") for e in range(len(wires)))
        return Diagram(nodes=nodes, edges=wires, marks=signs, digits=2)


def plain(value: float, digits: int = 2) -> str:
    """A number with at most so many decimals: 4, −0.5, 0.98."""
    text = f"{round(value, digits) + 0.0:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def given(id: str, label: str, x: float, y: float, number: float) -> Knot:
    return Knot(id, label, x, y, lambda: number)


def weighted(
    id: str, label: str, x: float, y: float, parts: Sequence[str], weights: Sequence[float], bias: float = 0.0
) -> Knot:
    """Σ w·part + b."""
    total = lambda *values: sum(w * v for w, v in zip(weights, values, strict=True)) + bias
    return Knot(id, label, x, y, total, tuple(parts), lambda *values: tuple(weights))


# The lecture's network; `lessons.labs.pieces.NETWORK` holds its parameters.

LAYERS, WIDTH = 3, 2
ONE = (1.0, -1.0)  # the input that the lecture works out
TOLD = {  # its outputs, layer by layer, for the two inputs
    ONE: ((0.98, 0.12), (0.86, 0.11), (0.62, 0.83)),
    (0.0, 0.0): ((0.73, 0.5), (0.72, 0.12), (0.51, 0.85)),
}
Z, A = ("z", "z′", "z″"), ("a", "a′", "y")
NAMES = ("x₁", "x₂", *(f"{letter}{k}" for letter in A for k in "₁₂"))


def rows(theta: Sequence[float]) -> np.ndarray:
    """(layers, neurons, 3) w₁, w₂, b of each neuron."""
    return np.reshape(theta, (LAYERS, WIDTH, WIDTH + 1)).astype(float)


def forward(x, theta: Sequence[float], kind: str = "sigmoid") -> tuple[np.ndarray, np.ndarray]:
    """z (…, layers, neurons) and the inputs of each layer with the outputs (…, layers + 1, neurons)."""
    a, zs, outs = np.asarray(x, float), [], [np.asarray(x, float)]
    for layer in rows(theta):
        z = a @ layer[:, :2].T + layer[:, 2]
        a = BENDS[kind][0](z)
        zs.append(z)
        outs.append(a)
    return np.stack(zs, axis=-2), np.stack(outs, axis=-2)


def net(
    outs: np.ndarray, theta: Sequence[float], hot: Iterable[str] = (), wires: Iterable[int] = ()
) -> Diagram:
    """The lecture's network with the output of every neuron; `hot` nodes by id, `wires` by number 0…11."""
    hot, wires = set(hot), set(wires)
    nodes = tuple(
        Node(
            id=f"{n}{k}", x=n / LAYERS, y=0.12 + 0.76 * k, label=f"={NAMES[2 * n + k]}", hot=f"{n}{k}" in hot,
            value=float(outs[n, k]),
        )
        for n in range(LAYERS + 1)
        for k in range(WIDTH)
    )  # fmt: skip
    edges = tuple(
        (f"{n}{k}", f"{n + 1}{j}", float(rows(theta)[n, j, k]), 4 * n + 2 * j + k in wires)
        for n in range(LAYERS)
        for j in range(WIDTH)
        for k in range(WIDTH)
    )
    return Diagram(nodes=nodes, edges=edges, digits=2)
