"""Layers that normalise, and dropout. Of an image (c, h, w) the channels are normalised, else the features."""

from __future__ import annotations

from engine.errors import EngineError
from engine.node import Node, Parameter


class NormLayers:
    """Methods of `Network`."""

    def batch_norm(
        self,
        x: int,
        momentum: float = 0.1,
        epsilon: float = 1e-5,
        affine: bool = True,
        channels: int | None = None,
        name: str | None = None,
    ) -> int:
        """Each channel (feature) of a batch to mean 0 and variance 1, then times γ plus β.

        momentum: what the running statistics take from each batch (PyTorch's; the lecture's p is 1 - momentum).
        """
        node, c, p, name = self._channels("batch-norm", x, channels, epsilon, name)
        if not 0 <= momentum <= 1:
            raise EngineError("out-of-range", name=f"{name}: momentum", value=momentum, hi=1)
        return self._norm(
            "batch-norm", node, x, (c, p, int(affine)), (epsilon, momentum), name, c * affine,
            whole=True, scratch=3 * c, state=(0.0,) * c + (1.0,) * c + (0.0,) * 2 * c,
        )  # fmt: skip

    def layer_norm(
        self,
        x: int,
        size: int | None = None,
        epsilon: float = 1e-5,
        affine: bool = True,
        name: str | None = None,
    ) -> int:
        """All numbers of an example to mean 0 and variance 1, or each run of `size`: a token's; γ, β (size)."""
        node, _, _, name = self._channels("layer-norm", x, None, epsilon, name)
        size = self._part(name, "size", node.width if size is None else size, node.width)
        self._several(name, size, node)
        return self._norm(
            "layer-norm", node, x, (node.width, size, int(affine)), (epsilon,), name, size * affine,
            scratch=2 * size,
        )  # fmt: skip

    def group_norm(
        self,
        x: int,
        groups: int,
        epsilon: float = 1e-5,
        affine: bool = True,
        channels: int | None = None,
        name: str | None = None,
        kind: str = "group-norm",
    ) -> int:
        """Each of an example's groups of neighbouring channels to mean 0 and variance 1; γ, β by channel."""
        node, c, p, name = self._channels(kind, x, channels, epsilon, name)
        groups = self._part(name, "groups", groups or c, c)
        k = c // groups
        self._several(name, k * p, node)
        return self._norm(
            "group-norm", node, x, (c, p, k, int(affine)), (epsilon,), name, c * affine, scratch=k * p
        )

    def instance_norm(
        self,
        x: int,
        epsilon: float = 1e-5,
        affine: bool = True,
        channels: int | None = None,
        name: str | None = None,
    ) -> int:
        """Each channel of an example to mean 0 and variance 1 over its positions; γ, β by channel."""
        return self.group_norm(x, 0, epsilon, affine, channels, name, "instance-norm")

    def dropout(self, x: int, p: float = 0.5, name: str | None = None) -> int:
        """In training a share p of the entries becomes 0, anew in every update; the others grow by 1/(1 - p)."""
        node, number = self._node(x), 1 + sum(other.op == "dropout" for other in self.nodes)
        name = self._name(name or f"dropout-{number}")
        if not 0 <= p <= 1:
            raise EngineError("out-of-range", name=f"{name}: p", value=p, hi=1)
        return self._put(
            Node("dropout", name, node.width, (x,), (node.width, number), (float(p),), shape=node.shape)
        )

    def _channels(self, kind, x, channels, epsilon, name):
        """The node x, its channels, the positions in each, and the name of the layer to come."""
        node = self._node(x)
        name = self._name(name or f"{kind}-{len(self.nodes)}")
        if not epsilon > 0:
            raise EngineError("not-positive", name=f"{name}: epsilon", value=epsilon)
        c = channels or (node.shape[0] if len(node.shape) == 3 else node.width)
        c = self._part(name, "channels", c, node.width)
        return node, c, node.width // c, name

    def _part(self, name, what, count, total) -> int:
        if self._whole(f"{name}: {what}", count) > total or total % count:
            raise EngineError("does-not-divide", node=name, what=what, count=count, total=total)
        return int(count)

    @staticmethod
    def _several(name, count, node):
        if count == 1:
            raise EngineError("one-number", node=name, shape=node.shape or (node.width,))

    def _norm(self, op, node, x, sizes, hyper, name, size, **rest) -> int:
        hyper = tuple(float(number) for number in hyper)
        parameters = (Parameter("gamma", (size,), "one"), Parameter("beta", (size,)))[: 2 * bool(size)]
        return self._put(Node(op, name, node.width, (x,), sizes, hyper, parameters, shape=node.shape, **rest))
