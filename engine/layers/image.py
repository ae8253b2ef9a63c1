"""Layers on images: convolution, pooling, and the shapes that they ask for."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from engine.errors import EngineError
from engine.node import Node, Parameter

Pair = int | Sequence[int]
PADDINGS = ("zero", "edge", "mean")
POOLS = ("max", "min", "average")


class ImageLayers:
    """Methods of a network; an image is a row of channels·height·width numbers, flat in that order."""

    def convolution(
        self,
        x: int,
        channels: int,
        kernel: Pair = 3,
        name: str | None = None,
        *,
        stride: Pair = 1,
        padding: Pair = 0,
        fill: str = "zero",
        shared: bool = True,
        bias: bool | str = True,
        init: str = "he",
        std: float = 1.0,
        shape: Sequence[int] = (),
    ) -> int:
        """`channels` filters over an image; outside it are zeros, the nearest pixel or the channel's mean.

        A pair is (height, width), one number is both. In θ the weights (in·kh·kw, out) come before the
        bias (out); those that are not shared are (in·kh·kw, out, places), with a bias (out, places), which
        shared ones have too if bias is "place". shape: of x, if its node does not tell.
        """
        if init not in ("he", "xavier", "zero", "normal"):
            raise EngineError("unknown-init", init=init)
        if fill not in PADDINGS:
            raise EngineError("unknown-padding", padding=fill, known=", ".join(PADDINGS))
        op = "convolution" if shared else "local"
        name = self._name(name or self._count(op))
        c, h, w = self._image(x, name, shape)
        kernel, stride = self._pair("kernel", kernel), self._pair("stride", stride)
        border = self._pair("padding", padding, least=0)
        if fill != "zero" and border != (0, 0):
            x = self._border(x, (c, h, w), border, fill, name)
            h, w, border = h + 2 * border[0], w + 2 * border[1], (0, 0)
        rows, columns = h + 2 * border[0], w + 2 * border[1]
        down, along = self._places(name, kernel, stride, (rows, columns))
        o, k, places = self._whole("channels", channels), c * prod(kernel), down * along
        # Without strides the windows of a whole image are shifts of it, its border included.
        pitch = columns if shared and stride == (1, 1) else along
        length = (down - 1) * pitch + along
        biases = 0 if not bias else 2 if bias == "place" or not shared else 1
        parameters = [Parameter("weight", (k, o) if shared else (k, o, places), init, std)]
        if biases:
            parameters.append(Parameter("bias", (o,) if biases == 1 else (o, places)))
        sizes = (c, h, w, o, *kernel, *stride, *border, down, along, pitch, biases)
        scratch = 2 * c * rows * columns + k * length + o * length + k * o
        return self._put(
            Node(
                op, name, o * places, (x,), sizes, (), tuple(parameters), scratch=scratch,
                shape=(o, down, along),
            )
        )  # fmt: skip

    def _border(self, x: int, shape: Sequence[int], border: Sequence[int], fill: str, name: str) -> int:
        c, h, w = shape
        wide = (c, h + 2 * border[0], w + 2 * border[1])
        sizes = (c, h, w, *border, int(fill == "mean"))
        name = self._name(f"{name}.border")
        return self._put(Node("border", name, prod(wide), (x,), sizes, shape=wide))

    def pool(
        self,
        x: int,
        kind: str = "max",
        kernel: Pair = 2,
        stride: Pair | None = None,
        name: str | None = None,
        *,
        shape: Sequence[int] = (),
    ) -> int:
        """The greatest, least or average number of each window, channel by channel; one of POOLS.

        stride: the kernel's size unless given; what does not fill a window is left out.
        """
        if kind not in POOLS:
            raise EngineError("unknown-pool", pool=kind, known=", ".join(POOLS))
        op = f"{kind}-pool"
        name = self._name(name or self._count(op))
        c, h, w = self._image(x, name, shape)
        kernel = self._pair("kernel", kernel)
        stride = kernel if stride is None else self._pair("stride", stride)
        down, along = self._places(name, kernel, stride, (h, w))
        sizes = (c, h, w, *kernel, *stride, down, along)
        return self._put(
            Node(op, name, c * down * along, (x,), sizes, scratch=2 * h * w, shape=(c, down, along))
        )

    def global_pool(self, x: int, kind: str = "max", name: str | None = None) -> int:
        """One number a channel: a pool over the whole image."""
        name = name or f"global-{self._count(f'{kind}-pool')}"
        return self.pool(x, kind, self._image(x, name)[1:], name=name)

    def flatten(self, x: int) -> int:
        """The same node: an image is a flat row already."""
        return x

    def _count(self, op: str) -> str:
        return f"{op}-{1 + sum(node.op == op for node in self.nodes)}"

    def _image(self, x: int, name: str, shape: Sequence[int] = ()) -> tuple[int, ...]:
        """(channels, height, width) of what layer `name` is to work on."""
        node = self._node(x)
        shape = self._shape(name, node.width, shape) or node.shape
        if len(shape) != 3:
            raise EngineError("no-image", node=name, input=node.name, width=node.width)
        return shape

    @staticmethod
    def _shape(name: str, width: int, shape: Sequence[int]) -> tuple[int, ...]:
        """The shape as a tuple; none if there is none."""
        shape = tuple(int(size) for size in shape)
        if shape and (len(shape) != 3 or min(shape) < 1 or prod(shape) != width):
            raise EngineError("wrong-shape", node=name, shape=shape, width=width)
        return shape

    @staticmethod
    def _pair(what: str, value: Pair, least: int = 1) -> tuple[int, int]:
        pair = (value, value) if isinstance(value, int) else tuple(value)
        if len(pair) != 2:
            raise EngineError("wrong-count", name=what, count=len(pair), expected=2)
        if any(int(size) != size or size < least for size in pair):
            raise EngineError("not-positive" if least else "negative", name=what, value=value)
        return int(pair[0]), int(pair[1])

    @staticmethod
    def _places(name: str, kernel, stride, image) -> tuple[int, int]:
        """Windows down and along an image, its border included."""
        if any(k > size for k, size in zip(kernel, image, strict=True)):
            raise EngineError("kernel-too-large", node=name, kernel=kernel, image=image)
        down, along = ((size - k) // s + 1 for size, k, s in zip(image, kernel, stride, strict=True))
        return down, along
