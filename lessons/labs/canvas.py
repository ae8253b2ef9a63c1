"""A whole convolutional net on small digits, built layer by layer, and a canvas to draw on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from lessons.labs.convnet import Conv, ConvNet, Dense, Layer, Pool, flat, numbered, scaled, told
from lessons.views import Cards, Diagram, Grid, Images, Node, Numbers, Step

SIDE, UPDATES, COUNT, FRESH = 14, 300, 3000, 500
PLACES = ("place-1", "place-2", "place-3", "place-4", "place-5")
KINDS = ("conv", "pool", "dense")
PRESETS: Mapping[str, tuple[str, ...]] = {
    "pixels": (),
    "full": ("dense",),
    "conv": ("conv", "dense"),
    "lecture": ("conv", "pool", "conv", "pool"),
}


def layer_of(kind: str, convs: int, last: bool) -> Layer:
    """The layer of a kind; convolutions have 6 filters, then 12; a dense layer 64 units, after others 32."""
    if kind == "conv":
        return Conv(6 if convs == 0 else 12, padding=1)
    return Pool() if kind == "pool" else Dense(64 if last else 32)


def legal(kinds: Sequence[str]) -> tuple[tuple[Layer, ...], str]:
    """The layers up to the first that cannot stand where it does, and why it cannot, a word of [fault]."""
    found: list[Layer] = []
    side, is_flat, convs = SIDE, False, 0
    for kind in kinds:
        if kind != "dense" and is_flat:
            return tuple(found), "fault.flat"
        if kind == "pool" and side < 2:
            return tuple(found), "fault.small"
        found.append(layer_of(kind, convs, not found))
        convs += kind == "conv"
        side //= 2 if kind == "pool" else 1
        is_flat |= kind == "dense"
    return tuple(found), ""


def inked(ink: Sequence[float]) -> np.ndarray:
    """A drawing of 0 and 1 as a pen of this width would leave it: beside ink it is half dark; (196,) 0…1."""
    dark = np.pad(np.asarray(ink, float).reshape(SIDE, SIDE), 1)
    beside = np.maximum.reduce([dark[:-2, 1:-1], dark[2:, 1:-1], dark[1:-1, :-2], dark[1:-1, 2:]])
    return np.maximum(dark[1:-1, 1:-1], 0.35 * beside).ravel().astype(np.float32)


class Whole(ConvNet):
    """Settings: stack (one of PRESETS), layers (cards; they go before the stack), ink, example, rate."""

    LIVE = ("rate",)

    def __init__(self, settings: Mapping[str, Any], seed: int):
        own = [KINDS[bin - 1] for bin in settings["layers"] if bin]
        self.kinds = tuple(own) or PRESETS[settings["stack"]]
        layers, self.refused = legal(self.kinds)
        task = told("digits", seed, COUNT, FRESH)
        task = task._replace(x=(task.x / 255).astype(np.float32), u=(task.u / 255).astype(np.float32))
        super().__init__(settings, seed, task, layers, UPDATES)

    def example(self) -> np.ndarray:
        """The drawing, or the test digit in hand where nothing is drawn."""
        ink = self.settings["ink"]
        return inked(ink) if any(ink) else super().example()

    def facts(self) -> Mapping[str, Any]:
        return {**super().facts(), "drawn": int(self.guess().values.argmax()), "refused": self.refused}

    # Views

    def canvas(self) -> Grid:
        """The paper; a test digit shines through where nothing is drawn."""
        ink = np.array(self.settings["ink"])
        shown = (ink if ink.any() else np.asarray(self.example())).astype(float)
        paper = np.where(shown > 0, shown, np.nan).reshape(SIDE, SIDE)
        return Grid(values=paper, tensor="x", digits=1)

    def maps(self, layer: str = "") -> Images:
        """The picture as the net sees it, then what each filter of the last convolution makes of it."""
        picture = np.asarray(self.example(), float).reshape(1, SIDE, SIDE)
        convs = [k for k, one in enumerate(self.layers, 1) if isinstance(one, Conv)]
        if not convs:
            return Images(images=picture.copy(), captions=("=x",), diverging=True, tensor="x")
        found = scaled(self.feature_maps(self.example()[None])[0])
        return Images(
            images=np.concatenate([picture, found]),
            captions=("=x", *numbered(len(found))), diverging=True, tensor="bend-1",
        )  # fmt: skip

    def occluded(self) -> Grid:
        """How much of the chance of the answer hangs on each place of the picture."""
        x = self.example()
        answer = int(self.chances(x[None])[0].argmax())
        return Grid(values=self.occlusion(x, answer), tensor="lost chance", digits=1)

    def chain(self) -> list[tuple[str, tuple[int, ...], int]]:
        """(kind, shape of what it gives, parameters) of every layer, the input and the output with them."""
        sizes = {name.split(".")[0]: 0 for name in self.trainer.named()}
        for name, (_, shape) in self.trainer.named().items():
            sizes[name.split(".")[0]] += int(np.prod(shape))
        found = [("input", self.told.shape, 0)]
        counts = dict.fromkeys(KINDS, 0)
        for layer in self.layers:
            kind = {Conv: "conv", Pool: "pool", Dense: "dense"}[type(layer)]
            counts[kind] += 1
            node = self.node(f"{kind}-{counts[kind]}")
            found.append((kind, node.shape or (node.width,), sizes.get(node.name, 0)))
        return [*found, ("output", (self.told.classes,), sizes["output"])]

    def diagram(self) -> Diagram:
        chain = self.chain()
        ends = [k for k, (_, shape, _) in enumerate(chain) if len(shape) == 1]
        nodes, edges = [], []
        for k, (kind, shape, _) in enumerate(chain):
            down = (k + 0.5) / len(chain)
            nodes.append(Node(id=f"n{k}", x=0.25, y=down, label=f"layer.{kind}", hot=k == ends[0]))
            nodes.append(Node(id=f"s{k}", x=0.75, y=down, label="=" + "×".join(map(str, shape[::-1]))))
            if k:
                edges.append((f"n{k - 1}", f"n{k}", None, k == ends[0]))
        return Diagram(nodes=tuple(nodes), edges=tuple(edges))

    def numbers(self) -> Numbers:
        """Shape and weights, layer by layer; the layer that was refused at the end."""
        steps, before = [], self.told.shape
        for kind, shape, size in self.chain():
            flattened = len(before) == 3 and len(shape) == 1
            note = f"note.{kind}-layer"
            text = "×".join(map(str, shape[::-1])) + f" · {size:,}"
            if flattened:
                product = "·".join(map(str, before[::-1]))
                steps.append(Step(text=f"{product} = {np.prod(before)}", note="note.flatten", hot=True))
            steps.append(Step(text=text, note=note))
            before = shape
        steps.append(Step(text=f"Σ {self.parameters:,}", note="note.all-weights"))
        if self.refused:
            steps.append(Step(text="✗", note=self.refused, hot=True))
        return Numbers(steps=tuple(steps))

    def cards(self) -> Cards:
        """Which layer stands at which place; all in hand: the stack that was chosen."""
        placed = self.settings["layers"]
        hand = [k for k, bin in enumerate(placed) if not bin]
        return Cards(
            bins=tuple(f"bin.{kind}" for kind in KINDS),
            cards=tuple((f"card.{place}", bin, bin) for place, bin in zip(PLACES, placed, strict=True)),
            chosen=hand[0] if hand else -1,
        )


def read(model: ConvNet, x: np.ndarray) -> int:
    """The class that a picture is given."""
    return int(model.chances(flat(x[None]))[0].argmax())
