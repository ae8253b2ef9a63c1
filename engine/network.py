"""A network as a learner builds it: a graph of nodes, each a call of one operation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.errors import EngineError
from engine.formula import depth, parse
from engine.layers.image import ImageLayers
from engine.layers.norm import NormLayers
from engine.layers.sequence import SequenceLayers
from engine.node import Node, Parameter

ACTIVATIONS = (
    "identity", "relu", "leaky-relu", "sigmoid", "hard-sigmoid", "tanh", "gelu", "gelu-tanh", "swish", "tent",
)  # fmt: skip
# What each loss compares with: whole numbers, one a row, or as many real numbers as there are outputs.
LOSSES = {"mse": "values", "mae": "values", "cross-entropy": "labels", "binary-cross-entropy": "values"}
# Entries of θ, coefficients unless others are given.
SURFACES = {
    "quadratic-1d": (1, (1.0, 0.0, 0.0)),
    "quadratic": (2, (1.0, 1.0, 0.0, 0.0, 0.0, 0.0)),
    "ripple-1d": (1, (0.05, 6.0, 0.55, 2.0, 0.55, 1.2, 6.0, 0.9)),
    "himmelblau": (2, (11.0, 7.0)),
    "rosenbrock": (2, (1.0, 100.0)),
}


class Network(ImageLayers, NormLayers, SequenceLayers):
    """A graph builder: every method adds a node and returns its handle, for use by later calls."""

    def __init__(self):
        self.nodes: list[Node] = []
        self.end: int | None = None  # the loss
        self.penalties: list[int] = []  # and what is added to it

    def input(self, width: int, name: str = "input", shape: Sequence[int] = ()) -> int:
        """The features, one row an example; uint8 data is scaled by 1/255 while a batch is gathered.

        shape: (channels, height, width) of images.
        """
        if any(node.op == "input" for node in self.nodes):
            raise EngineError("second-input", name=name)
        width = self._whole("width", width)
        return self._put(Node("input", self._name(name), width, shape=self._shape(name, width, shape)))

    def dense(
        self,
        x: int,
        width: int,
        name: str | None = None,
        bias: bool = True,
        init: str = "he",
        std: float = 1.0,
        tie: int | None = None,
    ) -> int:
        """x W + b, W (in, out) before b (out) in θ; `tie`: use the parameters of that dense node."""
        if init not in ("he", "xavier", "zero", "normal"):
            raise EngineError("unknown-init", init=init)
        k, n = self._node(x).width, self._whole("width", width)
        if tie is not None:
            other = self._node(tie)
            if other.op != "dense" or other.sizes != (k, n, int(bias)):
                raise EngineError("cannot-tie", node=other.name, sizes=(k, n, int(bias)))
        name = self._name(name or f"dense-{1 + sum(node.op == 'dense' for node in self.nodes)}")
        parameters = (Parameter("weight", (k, n), init, std), Parameter("bias", (n,)))[: 1 + bool(bias)]
        return self._put(
            Node("dense", name, n, (x,), (k, n, int(bias)), (), () if tie is not None else parameters, tie)
        )

    def activation(self, x: int, kind: str, name: str | None = None, slope: float = 0.01) -> int:
        """An elementwise nonlinearity, one of ACTIVATIONS; `slope` is leaky-relu's below zero."""
        if kind not in ACTIVATIONS:
            raise EngineError("unknown-activation", activation=kind, known=", ".join(ACTIVATIONS))
        node = self._node(x)
        hyper = (float(slope),) if kind == "leaky-relu" else ()
        name = self._name(name or f"{kind}-{len(self.nodes)}")
        return self._put(Node(kind, name, node.width, (x,), (node.width,), hyper, shape=node.shape))

    def add(self, u: int, v: int, name: str | None = None) -> int:
        """The sum of two nodes of equal width."""
        width, other = self._node(u).width, self._node(v).width
        if width != other:
            raise EngineError("wrong-width", node=self._node(v).name, width=other, expected=width)
        shape, also = self._node(u).shape, self._node(v).shape
        if shape and also and shape != also:
            raise EngineError("shapes-differ", node=self._node(v).name, shape=also, expected=shape)
        name = self._name(name or f"add-{len(self.nodes)}")
        return self._put(Node("add", name, width, (u, v), (width,), shape=shape or also))

    def loss(self, z: int, kind: str, reduction: str = "mean") -> int:
        """The end of the graph, one of LOSSES; mse, mae and binary-cross-entropy average over outputs too.

        cross-entropy and binary-cross-entropy take logits; their node holds the probabilities.
        """
        if kind not in LOSSES:
            raise EngineError("unknown-loss", loss=kind, known=", ".join(LOSSES))
        if reduction not in ("mean", "sum"):
            raise EngineError("unknown-reduction", reduction=reduction)
        width = self._node(z).width
        return self._finish(Node(kind, self._name(kind), width, (z,), (width, int(reduction == "mean"))))

    def surface(self, kind: str, coefficients: Sequence[float] = ()) -> int:
        """An analytic loss of θ alone, one of SURFACES; coefficients not given keep their defaults."""
        if kind not in SURFACES:
            raise EngineError("unknown-surface", surface=kind, known=", ".join(SURFACES))
        size, default = SURFACES[kind]
        given = tuple(float(c) for c in coefficients)
        if len(given) > len(default):
            raise EngineError("wrong-count", name=kind, count=len(given), expected=len(default))
        theta = (Parameter("theta", (size,), "normal"),)
        return self._finish(
            Node(kind, self._name(kind), 0, hyper=given + default[len(given) :], parameters=theta)
        )

    def formula(self, text: str) -> int:
        """A loss of θ = (x, y) as a person types it, "x^2 + 3*sin(y)"; see `engine.formula.parse`."""
        steps = parse(text)
        flat = tuple(float(number) for step in steps for number in step)
        theta = (Parameter("theta", (2,), "normal"),)
        sizes, scratch = (len(steps),), 3 * depth(steps)
        return self._finish(
            Node("formula", self._name("formula"), 0, (), sizes, flat, theta, scratch=scratch)
        )

    def stream(self, gradients: Sequence[Sequence[float]]) -> int:
        """A loss whose gradient at update t is row t of `gradients` (n, p), again from the first after the last."""
        if not len(gradients):
            raise EngineError("no-data")
        rows = np.array(gradients, float).reshape(len(gradients), -1)
        theta, flat = (Parameter("theta", (rows.shape[1],), "zero"),), tuple(rows.ravel().tolist())
        return self._finish(Node("stream", self._name("stream"), 0, (), rows.shape, flat, theta))

    def _put(self, node: Node) -> int:
        self.nodes.append(node)
        return len(self.nodes) - 1

    def _finish(self, node: Node) -> int:
        if self.end is not None:
            raise EngineError("second-loss", name=node.name)
        self.end = self._put(node)
        return self.end

    def _node(self, handle: int) -> Node:
        if not 0 <= handle < len(self.nodes):
            raise EngineError("unknown-node", node=handle)
        return self.nodes[handle]

    def _name(self, name: str) -> str:
        if any(node.name == name for node in self.nodes):
            raise EngineError("name-taken", name=name)
        return name

    @staticmethod
    def _whole(what: str, value: int) -> int:
        if int(value) != value or value < 1:
            raise EngineError("not-positive", name=what, value=value)
        return int(value)
