"""A picture drawn at any size, its numbers, and the weights that the engine needs to look at it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import log10, prod
from typing import Any

import numpy as np

from engine.model import Result
from engine.network import Network
from lessons.cnn.image.experiments import PATCH
from lessons.labs import windows
from lessons.labs.walk import Walk
from lessons.views import Bars, Cube, Images, Numbers

Runs = Mapping[str, Result]

SKY, BROWN, BELLY, YELLOW, BLACK = (
    (135, 206, 235), (140, 80, 40), (225, 190, 150), (255, 200, 0), (15, 15, 20),
)  # fmt: skip
NAMES = {"3": ("channel.red", "channel.green", "channel.blue"), "1": ("channel.grey",)}
EDGE = (0.30, 0.73)  # where beak, head and sky meet, as shares of height and width


@lru_cache(maxsize=16)
def bird(side: int, channels: str) -> np.ndarray:
    """(channels, side, side) uint8: a brown bird with a yellow beak before the sky; grey is the mean."""
    y, x = (np.mgrid[:side, :side] + 0.5) / side
    shapes = (
        (((x - 0.42) / 0.32) ** 2 + ((y - 0.62) / 0.22) ** 2 < 1, BROWN),
        (((x - 0.44) / 0.20) ** 2 + ((y - 0.70) / 0.12) ** 2 < 1, BELLY),
        (((x - 0.62) / 0.15) ** 2 + ((y - 0.36) / 0.15) ** 2 < 1, BROWN),
        ((x > 0.72) & (x < 0.94) & (np.abs(y - 0.36) < 0.07 * (0.94 - x) / 0.22 + 0.01), YELLOW),
        (((x - 0.66) / 0.03) ** 2 + ((y - 0.32) / 0.03) ** 2 < 1, BLACK),
    )
    found = np.empty((side, side, 3), np.uint8)
    found[:] = SKY
    for mask, colour in shapes:
        found[mask] = colour
    image = found.transpose(2, 0, 1)
    return image if channels == "3" else np.rint(image.mean(axis=0, keepdims=True)).astype(np.uint8)


@lru_cache(maxsize=64)
def everywhere(inputs: int, neurons: int) -> int:
    """Weights of a fully connected layer, as the engine lays them out."""
    net = Network()
    node = net.dense(net.input(inputs), neurons, bias=False)
    return sum(prod(parameter.shape) for parameter in net.nodes[node].parameters)


class Count(Walk):
    """One picture, and three first layers for it."""

    @property
    def picture(self) -> np.ndarray:
        return bird(self.settings["side"], self.settings["channels"])

    def worked(self) -> Mapping[str, Any]:
        s = self.settings
        shape = self.picture.shape
        kernel, same = (s["kernel"], s["kernel"]), {"padding": s["kernel"] // 2, "bias": False}
        return {
            "numbers": prod(shape),
            "full": everywhere(prod(shape), s["neurons"]),
            "local": windows.parameters(shape, s["filters"], kernel, shared=False, **same),
            "shared": windows.parameters(shape, s["filters"], kernel, **same),
        }

    @property
    def corner(self) -> tuple[int, int]:
        """The first row and column of the piece that is shown."""
        side = self.settings["side"]
        i, j = (min(max(0, int(share * side) - PATCH // 2), side - PATCH) for share in EDGE)
        return i, j

    @property
    def place(self) -> tuple[int, int, int]:
        """Channel, row and column, within the piece, of the number in the learner's hand."""
        at = self.settings["pixel"] % (len(self.picture) * PATCH**2)
        return at // PATCH**2, at // PATCH % PATCH, at % PATCH

    def tensor(self) -> Cube:
        """The piece where beak, head and sky meet, each number; marked: the numbers of one pixel."""
        i, j = self.corner
        values = self.picture[:, i : i + PATCH, j : j + PATCH].astype(float)
        c, row, column = self.place
        mark = np.zeros((PATCH, PATCH), bool)
        mark[row, column] = True
        return windows.shown(
            values, mark, digits=0, diverging=False, slices=NAMES[self.settings["channels"]],
            rows=tuple(f"={i + k}" for k in range(PATCH)), cols=tuple(f"={j + k}" for k in range(PATCH)),
            chosen=(c, row, column),
        )  # fmt: skip

    def pictures(self) -> Images:
        return Images(images=self.picture.copy(), captions=NAMES[self.settings["channels"]], tensor="x")

    def weights(self) -> Bars:
        """Powers of ten of the weights."""
        counts = [float(self.now[name]) for name in ("full", "local", "shared")]
        return Bars(
            labels=("bar.full", "bar.local", "bar.shared"),
            values=np.array([log10(count) for count in counts]),
            word="series.log-weights",
        )

    def numbers(self) -> Numbers:
        s, now = self.settings, {name: int(value) for name, value in self.now.items()}
        n, c, k, f = s["side"], int(s["channels"]), s["kernel"], s["filters"]
        channel, row, column = self.place
        i, j = self.corner[0] + row, self.corner[1] + column
        index = (channel * n + i) * n + j
        seen = f"{k}·{k}·{c}"
        return Numbers(
            steps=(
                self.line(f"{n}·{n}·{c} = {now['numbers']:,}", "numbers", note="note.numbers"),
                self.line(f"x[{index}] = {self.picture.ravel()[index]}", note="note.flat"),
                self.line(f"{now['numbers']:,}·{s['neurons']} = {now['full']:,}", "full", note="note.full"),
                self.line(f"{n}·{n}·{f}·{seen} = {now['local']:,}", "local", note="note.local"),
                self.line(f"{f}·{seen} = {now['shared']:,}", "shared", note="note.shared"),
                self.line(f"{4 * now['full'] / 1e6:,.4g} MB", "full", note="note.memory"),
            )
        )

    def metrics(self) -> Mapping[str, float]:
        return {name: float(self.now[name]) for name in ("full", "local", "shared")}


def how_many(result: Result) -> str:
    """The weights of the lecture's fully connected layer; other settings answer another question."""
    s = result.settings
    if (s["side"], s["channels"], s["neurons"]) != (100, "3", 1000):
        return ""
    names = {30_000: "tiny", 3_000_000: "small", 30_000_000: "large", 300_000_000: "huge"}
    return names.get(int(result.metrics["full"]), "")


def full(runs: Runs) -> bool:
    return runs["count"].metrics["full"] == 30_000_000


def local(runs: Runs) -> bool:
    return runs["count"].metrics["local"] == 17_280_000


def shared(runs: Runs) -> bool:
    return runs["count"].metrics["shared"] == 1728


def grows(runs: Runs) -> bool:
    """Eight times the side: 64 times the weights of full connection, and as many as before where they are shared."""
    small, large = runs["small"].metrics, runs["large"].metrics
    return large["full"] == 64 * small["full"] and large["shared"] == small["shared"]
