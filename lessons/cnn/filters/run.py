"""Filters learned from the maps that they gave, fields that grow, and shared neurons beside a sweeping filter."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from engine.model import Result
from engine.network import Network
from engine.trainer import Trainer
from lessons.cnn.filters.experiments import IMAGE
from lessons.data import generators
from lessons.data.generators.images import LECTURE_FILTERS, LECTURE_IMAGE, LECTURE_MAPS
from lessons.labs import windows
from lessons.labs.base import Training
from lessons.labs.walk import minus
from lessons.labs.windows import Slide
from lessons.views import Cube, Grid, Images, Numbers, Step

Runs = Mapping[str, Result]
UPDATES = 900
CLOSE = 0.05
SIZE, ALONG = (3, 3), 4
CAPTIONS = tuple(f"caption.{who}-{k}" for who in ("learned", "wanted") for k in (1, 2))


# Filters from their maps


class Recover(Training):
    """Two filters that start as noise, trained on the maps that the teacher's filters make of one picture."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        self.picture = np.reshape(settings["image"], (1, 1, 6, 6))
        self.teachers = np.stack([np.reshape(settings["teacher"], SIZE), LECTURE_FILTERS[1]])[:, None]
        self.wanted = windows.layer(self.picture, self.teachers)[0]
        net = Network()
        node = net.convolution(
            net.input(36, shape=(1, 6, 6)), 2, SIZE, "conv-1", bias=False, init="normal", std=1.0
        )
        net.loss(node, "mse")
        trainer = Trainer(
            net, self.picture.reshape(1, 36), self.wanted.reshape(1, 32),
            optimizer="sgd", rate=settings["rate"], seed=seed,
        )  # fmt: skip
        super().__init__(settings, seed, trainer, UPDATES)

    @property
    def learned(self) -> np.ndarray:
        """(2, 3, 3) the filters as they are now."""
        return self.trainer.theta.astype(np.float64).reshape(9, 2).T.reshape(2, *SIZE)

    @property
    def maps(self) -> np.ndarray:
        """(2, 4, 4) what they make of the picture."""
        return self.trainer.predict()[0].astype(np.float64).reshape(2, ALONG, ALONG)

    @property
    def which(self) -> int:
        return int(self.settings["which"]) - 1

    @property
    def gap(self) -> float:
        """The largest difference of a weight to its teacher's."""
        return float(np.abs(self.learned - self.teachers[:, 0]).max())

    def filters(self) -> Images:
        """The learned filters, then the teacher's."""
        both = np.concatenate([self.learned, self.teachers[:, 0]])
        return Images(
            images=both, captions=CAPTIONS, diverging=True, tensor="conv-1.weight", chosen=self.which
        )

    def map(self) -> Grid:
        chosen = divmod(self.settings["pixel"], ALONG)
        return Grid(values=self.maps[self.which], chosen=chosen, tensor="conv-1", digits=2)

    def target(self) -> Grid:
        return Grid(values=self.wanted[self.which].copy(), tensor="target", digits=0)

    def patch(self) -> Cube:
        mask = windows.seen((6, 6), self.settings["pixel"], SIZE, ALONG)
        return windows.shown(self.picture[0], mask, slices=("slice.picture",), digits=0)

    def teacher(self) -> Grid:
        return Grid(values=self.teachers[0, 0].copy(), tensor="filter", digits=0)

    def numbers(self) -> Numbers:
        """Patch times kernel at the pixel in hand, and the number that is wanted there."""
        place = self.settings["pixel"]
        patch = windows.patch(self.picture[0, 0], place, SIZE, ALONG)
        *rows, total = windows.products(patch, self.learned[self.which])
        wanted = self.wanted[self.which].ravel()[place]
        steps = [Step(text=row) for row in rows]
        steps.append(Step(text=total, note="note.sum", hot=True))
        steps.append(Step(text=minus(f"{wanted:.0f}"), note="note.wanted"))
        steps.append(Step(text=f"{self.gap:.3f}", note="note.gap"))
        return Numbers(steps=tuple(steps))

    def look(self, view: str, past: Any) -> Any:
        return getattr(self, {"wanted": "target", "picture": "patch"}.get(view, view))()

    def metrics(self) -> Mapping[str, float]:
        return {"gap": self.gap}

    def facts(self) -> Mapping[str, Any]:
        return {"learned": self.learned.tolist(), "wanted": self.wanted.tolist()}


def found_back(result: Result) -> str:
    """Whether the lecture's picture gave both filters back."""
    if tuple(result.settings["image"]) != IMAGE or result.phase != "done":
        return ""
    return "both" if result.metrics["gap"] < CLOSE else "other"


def as_in_the_lecture(runs: Runs) -> bool:
    """The maps to learn from are the lecture's, with 3 twice in the first."""
    maps = np.array(runs["run"].facts["wanted"])
    return bool((maps == LECTURE_MAPS).all()) and int((maps[0] == 3).sum()) == 2


def recovered(runs: Runs) -> bool:
    """Every weight is within 0.05 of the teacher's."""
    return runs["run"].metrics["gap"] < CLOSE


# A field that grows


@lru_cache(maxsize=64)
def steps(layers: int, kernel: int, halve: str) -> tuple[tuple[int, int, bool], ...]:
    """(window, stride, counts as a layer) one after another; the first two layers halve, if any."""
    found: list[tuple[int, int, bool]] = []
    for k in range(layers):
        early = k < 2
        found.append((kernel, 2 if early and halve == "stride" else 1, halve != "pool" or not early))
        if early and halve == "pool":
            found.append((2, 2, True))
    return tuple(found)


@lru_cache(maxsize=64)
def links(size: int, window: int, stride: int) -> np.ndarray:
    """(places, size) 1 where a place sees a pixel of a column: the engine's window of ones on single pixels."""
    column = np.eye(size)[:, None, :, None]
    found = windows.layer(column, np.ones((1, 1, window, 1)), stride=(stride, 1))
    return found[:, 0, :, 0].T


@lru_cache(maxsize=64)
def paths(layers: int, kernel: int, halve: str) -> tuple[np.ndarray, ...]:
    """For 0, 1, … layers: (units, pixels) the ways from each unit of a column to each pixel of the picture."""
    plan = steps(layers, kernel, halve)
    size = 3
    for window, stride, _ in reversed(plan):
        size = (size - 1) * stride + window
    ways = np.eye(size)
    found = [ways]
    for window, stride, whole in plan:
        ways = links(len(ways), window, stride) @ ways
        if whole:
            found.append(ways)
    return tuple(found)


class Grow(Slide):
    """Layer by layer, which pixels of the picture one unit depends on; an update is a layer."""

    MAP = "fields"

    @property
    def ways(self) -> tuple[np.ndarray, ...]:
        return paths(*(self.settings[name] for name in ("layers", "kernel", "halve")))

    def worked(self) -> Mapping[str, Any]:
        return {"fields": [int((ways[0] > 0).sum()) for ways in self.ways[1:]]}

    def unit(self, level: int, out: int) -> int:
        """The unit of a level in the middle of what the output's unit `out` (0, 1, 2) depends on."""
        top, ways = np.flatnonzero(self.ways[-1][out]), self.ways[level]
        middle = (top[0] + top[-1]) / 2
        centres = [np.flatnonzero(row)[[0, -1]].mean() for row in ways]
        return int(np.abs(np.array(centres) - middle).argmin())

    def image(self) -> Grid:
        """The ways from the unit in sight to each pixel; 0: it cannot be seen."""
        i, j = (self.ways[self.step][self.unit(self.step, k)] for k in divmod(self.settings["place"], 3))
        return Grid(values=np.outer(i, j), tensor="paths", digits=0)

    def output(self) -> Grid:
        """How many pixels each of nine units of the last layer shares with the one in hand."""
        seen = self.ways[-1] > 0
        shared = (seen[:, None] & seen[None]).sum(axis=2)
        i, j = divmod(self.settings["place"], 3)
        return Grid(
            values=np.outer(shared[i], shared[j]).astype(float), chosen=(i, j), tensor="shared", digits=0
        )

    def numbers(self) -> Numbers:
        """One line a window: what it adds, (window − 1) times the pixels between two neighbours."""
        lines, field, apart, level = [], 1, 1, 0
        for window, stride, whole in steps(*(self.settings[n] for n in ("layers", "kernel", "halve"))):
            pool = (window, stride) == (2, 2)
            level += not pool
            if level > self.step:
                break
            text = f"{field} + ({window} − 1)·{apart} = {field + (window - 1) * apart}"
            field, apart = field + (window - 1) * apart, apart * stride
            last = whole and level == self.step
            lines.append(Step(text=text, note="note.pool" if pool else "note.layer", hot=last))
        most = int(self.image().values.max())
        lines.append(Step(text=f"{field}·{field} = {field * field}", note="note.pixels"))
        lines.append(Step(text=f"{most:,}", note="note.ways"))
        return Numbers(steps=tuple(lines))

    def metrics(self) -> Mapping[str, float]:
        return {"field": float(self.now["fields"][self.step - 1]) if self.step else 1.0}


def how_wide(result: Result) -> str:
    """The side that three plain layers of 3×3 see."""
    s = result.settings
    asked = (s["layers"], s["kernel"], s["halve"]) == (3, 3, "none") and result.phase == "done"
    return f"{result.metrics['field']:.0f}" if asked else ""


def seven(runs: Runs) -> bool:
    return runs["run"].metrics["field"] == 7


def thirteen(runs: Runs) -> bool:
    """3, 5, 7, 9, 11, 13."""
    return runs["run"].facts["fields"] == [3, 5, 7, 9, 11, 13]


def over_seven(runs: Runs) -> bool:
    """Three layers see more than 7×7."""
    return len(runs["run"].facts["fields"]) == 3 and runs["run"].metrics["field"] > 7


# Two stories


class Stories(Slide):
    """Sixteen neurons, each with its own field, and one filter that sweeps over the picture."""

    MAP = "neurons"

    def worked(self) -> Mapping[str, Any]:
        s = self.settings
        picture, bias = LECTURE_IMAGE[None, None].astype(float), float(s["bias"])
        kernel = LECTURE_FILTERS[int(s["filter"]) - 1].astype(float)
        each = np.broadcast_to(kernel, (16, *SIZE))
        if s["weights"] == "own":
            each = generators.draws(self.seed, 81).normal(0, 1, (16, *SIZE))
        neurons = windows.layer(picture, each[:, None, None], bias, shared=False)[0, 0]
        sweep = windows.layer(picture, kernel[None, None], bias)[0, 0]
        shared = s["weights"] == "shared"
        return {
            "neurons": neurons,
            "sweep": sweep,
            "difference": neurons - sweep,
            "each": each,
            "kernel": kernel,
            "bias": bias,
            "parameters": windows.parameters((1, 6, 6), 1, SIZE, bias=False, shared=shared),
        }

    def neurons(self) -> Grid:
        return self.filled("neurons", digits=0 if self.settings["weights"] == "shared" else 1)

    def sweep(self) -> Grid:
        return self.filled("sweep", digits=0)

    def difference(self) -> Grid:
        return self.filled("difference", digits=2)

    def window(self) -> Cube:
        mask = windows.seen((6, 6), self.at, SIZE, ALONG)
        return windows.shown(LECTURE_IMAGE, mask, slices=("slice.picture",), digits=0)

    def numbers(self) -> Numbers:
        """The neuron at the place in sight with weights of its own or shared, then the filter there."""
        patch = windows.patch(LECTURE_IMAGE.astype(float), self.at, SIZE, ALONG)
        lines = []
        for kernel, note in ((self.now["each"][self.at], "note.neuron"), (self.now["kernel"], "note.filter")):
            *rows, total = windows.products(patch, kernel)
            sums, whole = total.rsplit(" = ", 1)
            bias = float(self.now["bias"])
            value = windows.number((patch * kernel).sum() + bias)
            lines += [Step(text=row) for row in rows]
            text = f"{sums} = {whole}" if not bias else minus(f"{sums} + {bias:.0f} = {value}")
            lines.append(Step(text=text, note=note, hot=True))
        lines.append(Step(text=f"{self.now['parameters']:.0f}", note="note.parameters"))
        return Numbers(steps=tuple(lines))

    def metrics(self) -> Mapping[str, float]:
        return {"apart": float(np.abs(self.now["difference"]).max())}


def apart(result: Result) -> str:
    """Where shared neurons and the filter that sweeps differ."""
    if result.settings["weights"] != "shared" or result.phase != "done":
        return ""
    return "none" if no_difference({"run": result}) else "all"


def no_difference(runs: Runs) -> bool:
    return not np.any(runs["run"].facts["difference"])


def nine(runs: Runs) -> bool:
    """The engine learns nine numbers, not 144."""
    return runs["run"].facts["parameters"] == 9


def one_more(runs: Runs) -> bool:
    """With a bias of 1 both stories give the lecture's map plus one."""
    facts = runs["run"].facts
    return no_difference(runs) and bool((np.array(facts["sweep"]) == LECTURE_MAPS[0] + 1).all())
