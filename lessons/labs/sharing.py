"""What sharing weights buys: four nets on small patterns, and the three families of matrices behind a layer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from engine.network import Network
from engine.trainer import Trainer
from lessons.data import generators
from lessons.data.generators.images import LECTURE_FILTERS, LECTURE_IMAGE
from lessons.labs.base import Still
from lessons.labs.convnet import (
    UNSEEN,
    Conv,
    ConvNet,
    Dense,
    Layer,
    Pool,
    flat,
    numbered,
    rising,
    scaled,
    told,
)
from lessons.labs.race import Picture, standings
from lessons.views import Grid, Images, Table

FILTERS, SIDE = 8, 12
UPDATES = 300
FRESH = 400

# From net to net one thing is taken away; `apart` is `pooled` without sharing.
NETS: Mapping[str, tuple[Layer, ...]] = {
    "full": (Dense(FILTERS * (SIDE - 2) ** 2),),
    "local": (Conv(FILTERS, shared=False),),
    "shared": (Conv(FILTERS),),
    "pooled": (Conv(FILTERS), Pool("max", 0)),
    "apart": (Conv(FILTERS, shared=False), Pool("max", 0)),
}


@lru_cache(maxsize=4)
def fresh_half(seed: int, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Fresh patterns in one half: u (FRESH, 144), v (FRESH,)."""
    u, v = generators.patterns12(FRESH, seed + UNSEEN, where)
    return flat(u), v


class Sharing(ConvNet):
    """One of NETS on 3×3 patterns. Settings: net, where (to train on), shuffle, examples, units (of full)."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        self.order = np.arange(SIDE * SIDE)
        if settings["shuffle"] == "on":
            self.order = generators.draws(seed, 73).permutation(SIDE * SIDE)
        task = told("patterns", seed, settings["examples"], FRESH, settings["where"]).moved(self.order)
        layers = (Dense(settings["units"]),) if settings["net"] == "full" else NETS[settings["net"]]
        super().__init__(settings, seed, task, layers, UPDATES, rate=0.01)
        self._measured: tuple[float, float, float] | None = None

    def measured(self) -> tuple[float, float, float]:
        """Accuracy on what it was trained on, and on fresh patterns in the left half and in the right half.

        As it was at the last mark, except at the end.
        """
        if self._measured is None or self.step % self.sparse_every == 0 or self.step == self.limit:
            found = [self.trainer.evaluate()["accuracy"]]
            for where in ("left", "right"):
                u, v = fresh_half(self.seed, where)
                found.append(self.trainer.evaluate(u[:, self.order], v)["accuracy"])
            self._measured = tuple(found)
        return self._measured

    def restore(self, state) -> None:
        super().restore(state)
        self._measured = None

    def look(self, view: str, past: Sequence[Any]) -> Any:
        if view in PICTURES:
            return PICTURES[view]({self.settings["net"]: self}, self.settings["net"], past)
        return super().look(view, past)

    def facts(self) -> Mapping[str, Any]:
        training, left, right = self.measured()
        return {**super().facts(), "training": training, "left": left, "right": right}

    def filters(self) -> Images:
        """Weights of the first units, FILTERS of them at most; of a net that shares nothing those at one place."""
        found = self.first()[:FILTERS]
        return Images(
            images=scaled(found), captions=numbered(len(found)), diverging=True, tensor="first layer"
        )

    def pictures(self) -> Images:
        """Four pictures to train on, one of each class, and four fresh ones."""
        rows = []
        for x, y in ((self.told.x, self.told.y), (self.told.u, self.told.v)):
            rows += [x[np.flatnonzero(y == k)[0]] for k in range(4)]
        names = tuple(f"={'↦' if k < 4 else '?'} {k % 4 + 1}" for k in range(8))
        images = np.clip(np.array(rows).reshape(-1, SIDE, SIDE), -0.2, 1.2)
        return Images(images=images, captions=names, diverging=True, tensor="x")


PICTURES: dict[str, Picture] = {
    "curve": rising,
    "table": standings(
        "net",
        parameters=lambda m: f"={m.parameters:,}",
        train=lambda m: f"={100 * m.measured()[0]:.0f} %",
        left=lambda m: f"={100 * m.measured()[1]:.0f} %",
        right=lambda m: f"={100 * m.measured()[2]:.0f} %",
    ),
}


# A layer as a matrix: 6×6 pixels to 4×4 outputs

PIXELS, OUT, KERNEL = 6, 4, 3
FORMS = ("full", "local", "shared")


def places() -> np.ndarray:
    """(16, 9) which pixel each output sees through each weight of its window."""
    row, column = np.divmod(np.arange(OUT * OUT), OUT)
    down, along = np.divmod(np.arange(KERNEL * KERNEL), KERNEL)
    return (row[:, None] + down) * PIXELS + column[:, None] + along


def project(matrix: np.ndarray, form: str) -> np.ndarray:
    """The matrix (16, 36) of that form which is nearest to the given one."""
    if form == "full":
        return matrix.copy()
    at = places()
    windows = np.take_along_axis(matrix, at, axis=1)
    if form == "shared":
        windows = np.broadcast_to(windows.mean(axis=0), windows.shape)
    found = np.zeros_like(matrix)
    np.put_along_axis(found, at, windows, axis=1)
    return found


@lru_cache
def free(form: str) -> int:
    """Free weights of a form: the dimension of the space of its matrices."""
    units = np.eye(OUT * OUT * PIXELS * PIXELS).reshape(-1, OUT * OUT, PIXELS * PIXELS)
    if form == "full":
        return len(units)
    sums = sum(float((project(unit, form) * unit).sum()) for unit in units)  # the trace of a projection
    return round(sums)


class Families(Still):
    """A full matrix, the nearest one with receptive fields, the nearest one with shared weights."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        super().__init__(settings, seed)
        full = generators.draws(seed, 74).normal(0, 1, (OUT * OUT, PIXELS * PIXELS))
        lecture = np.zeros_like(full)
        np.put_along_axis(
            lecture, places(), np.tile(LECTURE_FILTERS[0].ravel(), (OUT * OUT, 1)).astype(float), 1
        )
        # One matrix of each family, to be imitated by the others.
        self.teachers = {"full": full, "local": project(full, "local"), "shared": lecture}

    @property
    def form(self) -> str:
        return self.settings["form"]

    def layer(self) -> np.ndarray:
        """(16, 36) the matrix in sight: the wanted one brought into the chosen form."""
        return project(self.teachers[self.settings["teacher"]], self.form)

    def lost(self, form: str, teacher: str) -> float:
        """Share of a teacher's square that the form cannot hold."""
        wanted = self.teachers[teacher]
        return float(((wanted - project(wanted, form)) ** 2).sum() / (wanted**2).sum())

    def swept(self) -> np.ndarray:
        """(16,) the engine's convolution of the lecture's picture with the weights of output 1."""
        net = Network()
        maps = net.convolution(
            net.input(PIXELS * PIXELS, shape=(1, PIXELS, PIXELS)), 1, KERNEL, "conv-1", bias=False
        )
        net.loss(maps, "mse")
        kernel = np.take_along_axis(self.layer(), places(), axis=1)[0]
        picture = LECTURE_IMAGE.reshape(1, -1).astype(float)
        engine = Trainer(net, picture, np.zeros((1, OUT * OUT)), theta=kernel, dtype="float64")
        return engine.predict()[0]

    def outputs(self) -> np.ndarray:
        return self.layer() @ LECTURE_IMAGE.ravel()

    def facts(self) -> Mapping[str, Any]:
        return {
            "free": free(self.form),
            "bent": self.lost("shared", "full"),
            "lost": {teacher: self.lost(self.form, teacher) for teacher in FORMS},
            "off": float(np.abs(self.outputs() - self.swept()).max()),
        }

    def metrics(self) -> Mapping[str, float]:
        return {"free": free(self.form)}

    def look(self, view: str, past) -> Any:
        return self.lost_shares() if view == "nested" else getattr(self, view)()

    def matrix(self) -> Grid:
        return Grid(values=self.layer(), tensor="W", digits=1, chosen=(int(self.settings["neuron"]), 0))

    def window(self) -> Grid:
        """What the neuron in hand sees: its row of the matrix, laid out as the picture."""
        row = self.layer()[int(self.settings["neuron"])]
        return Grid(values=row.reshape(PIXELS, PIXELS).copy(), tensor="W[neuron]", digits=1)

    def map(self) -> Grid:
        chosen = divmod(int(self.settings["neuron"]), OUT)
        return Grid(values=self.outputs().reshape(OUT, OUT), tensor="W·x", digits=1, chosen=chosen)

    def lost_shares(self) -> Table:
        rows = []
        for form in FORMS:
            rows.append(
                (f"control.form.{form}", free(form), *(f"={100 * self.lost(form, t):.0f} %" for t in FORMS))
            )
        return Table(
            columns=("column.net", "column.free", *(f"column.lost-{t}" for t in FORMS)),
            rows=tuple(rows), chosen=FORMS.index(self.form),
        )  # fmt: skip
