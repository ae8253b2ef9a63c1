"""A beak at every place of a picture and the fields that see it; one kernel, window after window."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np

from engine.model import Result
from lessons.cnn.receptive_field.experiments import BEAK, PLACES, SIDE
from lessons.data.generators.images import LECTURE_IMAGE
from lessons.labs import windows
from lessons.labs.walk import minus
from lessons.labs.windows import Slide
from lessons.views import Bars, Cube, Grid, Numbers, Step

Runs = Mapping[str, Result]

# Receptive fields

CHANNELS = {"all": (1.0, 1.0, 1.0), "red": (1.0, 0.0, 0.0), "blue": (0.0, 0.0, 1.0)}
NAMES = ("channel.red", "channel.green", "channel.blue")
BARS = 8
FULL = 1 - 1e-9


def watched(height: int, width: int, channels: str) -> np.ndarray:
    """(neurons, 3, h, w) the neurons of a field, one for each place in it where the yellow beak may lie.

    Yellow is red and green without blue; the weights of a whole beak in sight sum to 1.
    """
    beak = np.reshape(BEAK, (3, 3))
    look = np.array(CHANNELS[channels])
    own = np.stack([2 * beak - 1, 2 * beak - 1, -beak]) * look[:, None, None]
    own /= beak.sum() * max(1.0, look[:2].sum())
    found = np.zeros((height - 2, width - 2, 3, height, width))
    for i, j in np.ndindex(height - 2, width - 2):
        found[i, j, :, i : i + 3, j : j + 3] = own
    return found.reshape(-1, 3, height, width)


@lru_cache(maxsize=16)
def pictures(beak: tuple[float, ...]) -> np.ndarray:
    """(places, 3, side, side) the yellow beak at each place, on black."""
    found = np.zeros((PLACES, 3, SIDE, SIDE))
    for place, (i, j) in enumerate(np.ndindex(SIDE - 2, SIDE - 2)):
        found[place, :2, i : i + 3, j : j + 3] = np.reshape(beak, (3, 3))
    return found


@lru_cache(maxsize=16)
def answers(height: int, width: int, stride: int, channels: str, beak: tuple[float, ...]) -> np.ndarray:
    """(places, fields down, fields along) the strongest neuron of each field; 1: the whole beak."""
    neurons = watched(height, width, channels)
    down, along = windows.width(SIDE, height, stride), windows.width(SIDE, width, stride)
    own = np.broadcast_to(neurons, (down * along, *neurons.shape))  # each field has weights of its own
    return windows.layer(pictures(beak), own, shared=False, stride=stride).max(axis=1)


class Fields(Slide):
    """A beak walks over all its places; at each, which field sees it whole."""

    MAP = "seen"

    @property
    def answers(self) -> np.ndarray:
        names = ("height", "width", "stride", "channels", "beak")
        return answers(*(self.settings[name] for name in names))

    def worked(self) -> Mapping[str, Any]:
        h, w = self.settings["height"], self.settings["width"]
        down, along = self.answers.shape[1:]
        inputs = h * w * (3 if self.settings["channels"] == "all" else 1)
        neurons = (h - 2) * (w - 2)
        best = self.answers.max(axis=(1, 2)).reshape(SIDE - 2, SIDE - 2)
        return {
            "seen": (best >= FULL).astype(float),
            "fields": (down, along),
            "inputs": inputs,
            "neurons": neurons,
            "weights": down * along * neurons * (inputs + 1),
        }

    @property
    def strongest(self) -> tuple[int, int]:
        """The field (row, column) that answers loudest to the beak where it is."""
        found = self.answers[self.at]
        return divmod(int(found.argmax()), found.shape[1])

    def seen(self) -> Grid:
        return self.filled("seen", digits=0)

    def picture(self) -> Cube:
        """The three channels, with what the loudest field sees marked."""
        size, stride = (self.settings["height"], self.settings["width"]), self.settings["stride"]
        i, j = self.strongest
        field = np.zeros((SIDE, SIDE), bool)
        field[i * stride : i * stride + size[0], j * stride : j * stride + size[1]] = True
        look = np.array(CHANNELS[self.settings["channels"]], bool)
        image = pictures(self.settings["beak"])[self.at]
        return windows.shown(image, field & look[:, None, None], slices=NAMES, digits=0)

    def bars(self) -> Bars:
        """The loudest fields, by their row and column."""
        found = self.answers[self.at]
        order = np.argsort(-found.ravel(), kind="stable")[:BARS]
        labels = tuple("={},{}".format(*(k + 1 for k in divmod(int(o), found.shape[1]))) for o in order)
        return Bars(labels=labels, values=found.ravel()[order], word="series.answer", chosen=0)

    def numbers(self) -> Numbers:
        """Fields, neurons, weights, and how many places are seen so far."""
        s, now = self.settings, {name: value.tolist() for name, value in self.now.items()}
        (down, along), neurons, inputs = now["fields"], now["neurons"], now["inputs"]
        depth = 3 if s["channels"] == "all" else 1
        seen = int(self.now["seen"].ravel()[: self.step].sum())
        fits = f"({s['height']:g} − 2)·({s['width']:g} − 2) = {neurons:g}"
        lines = (
            (f"(12 − {s['height']})/{s['stride']} + 1 → {down:g}", "note.down"),
            (f"(12 − {s['width']})/{s['stride']} + 1 → {along:g}", "note.along"),
            (fits, "note.neurons"),
            (f"{s['height']}·{s['width']}·{depth} = {inputs:g}", "note.inputs"),
            (f"{down:g}·{along:g}·{neurons:g}·({inputs:g} + 1) = {now['weights']:,.0f}", "note.weights"),
            (f"{self.answers[self.at].max():.2f}", "note.loudest"),
            (f"{seen} / {self.step}", "note.so-far"),
        )
        return Numbers(steps=tuple(Step(text=minus(text), note=note) for text, note in lines))

    def beak(self) -> Grid:
        return Grid(values=np.reshape(self.settings["beak"], (3, 3)), tensor="beak", digits=0)

    def look(self, view: str, past: Any) -> Any:
        return super().look({"answers": "bars"}.get(view, view), past)

    def metrics(self) -> Mapping[str, float]:
        return {
            "seen": float(self.now["seen"].ravel()[: self.step].sum()),
            "weights": float(self.now["weights"]),
        }


def how_many(result: Result) -> str:
    """The places that fields side by side see; other settings answer another question."""
    asked = {"height": 3, "width": 3, "stride": 3, "channels": "all", "beak": BEAK}
    same = all(result.settings[name] == value for name, value in asked.items())
    return f"{result.metrics['seen']:.0f}" if same and result.steps == PLACES else ""


def side_by_side(runs: Runs) -> bool:
    """Of 100 places 16 are seen."""
    return runs["run"].metrics["seen"] == 16 and runs["run"].steps == PLACES


def everywhere(runs: Runs) -> bool:
    return runs["run"].metrics["seen"] == PLACES


def nowhere(runs: Runs) -> bool:
    return runs["run"].metrics["seen"] == 0 and runs["run"].steps == PLACES


# Kernel, stride, padding


def scene(side: int, image: str) -> np.ndarray:
    """(side, side) the lecture's picture, again and again beyond its edge; or ones all over."""
    if image == "flat":
        return np.ones((side, side))
    k = np.arange(side) % 6
    return LECTURE_IMAGE[np.ix_(k, k)].astype(float)


def diagonal(kernel: int) -> np.ndarray:
    """(k, k) the lecture's first filter in any size: 1 on the diagonal, −1 elsewhere."""
    return 2 * np.eye(kernel) - 1


class Window(Slide):
    """A kernel that slides over a picture with a border."""

    def worked(self) -> Mapping[str, Any]:
        s = self.settings
        size = windows.width(s["side"], s["kernel"], s["stride"], s["padding"])
        x, kernel = scene(s["side"], s["image"]), diagonal(s["kernel"])
        padded = windows.bordered(x, s["padding"], s["fill"])
        if size:
            options = {"stride": s["stride"], "padding": s["padding"], "fill": s["fill"]}
            found = windows.layer(x[None, None], kernel[None, None], **options)[0, 0]
        else:
            found = np.full((1, 1), np.nan)
        return {
            "map": found,
            "size": size,
            "x": padded,
            "kernel": kernel,
            "visits": windows.visits(padded.shape, kernel.shape, s["stride"]),
        }

    @property
    def places(self) -> int:
        return int(self.now["size"]) ** 2

    @property
    def sight(self) -> tuple[Any, ...]:
        """Place, kernel's size, places along, stride: where the window is."""
        return self.at, self.now["kernel"].shape, int(self.now["size"]), self.settings["stride"]

    def map(self) -> Grid:
        return self.filled("map", digits=0 if self.settings["fill"] != "mean" else 1)

    def window(self) -> Cube:
        x = self.now["x"]
        mask = windows.seen(x.shape, *self.sight) if self.places else np.zeros(x.shape, bool)
        return windows.shown(x, mask, slices=("slice.picture",), digits=0)

    def visits(self) -> Cube:
        """How often each pixel is seen; those that no window sees are marked."""
        v = self.now["visits"]
        return windows.shown(v, v == 0, slices=("slice.visits",), tensor="visits", digits=0)

    def numbers(self) -> Numbers:
        """The size of the map, then the sum of the window in sight, product by product."""
        s, size = self.settings, int(self.now["size"])
        over = s["side"] + 2 * s["padding"] - s["kernel"]
        line = f"({s['side']} + 2·{s['padding']} − {s['kernel']})/{s['stride']} + 1"
        if not size:
            return Numbers(steps=(Step(text=f"{line} < 1", note="note.no-room", hot=True),))
        rest = over % s["stride"]
        steps = [Step(text=f"{line} → {size}", note="note.remainder" if rest else "note.size")]
        patch = windows.patch(self.now["x"], *self.sight)
        *rows, total = windows.products(patch, self.now["kernel"])
        steps += [Step(text=row) for row in rows]
        steps.append(Step(text=total, note="note.sum", hot=True))
        steps.append(Step(text=f"{int((self.now['visits'] == 0).sum())}", note="note.unseen"))
        return Numbers(steps=tuple(steps))

    def metrics(self) -> Mapping[str, float]:
        return {"size": float(self.now["size"]), "unseen": float((self.now["visits"] == 0).sum())}


def how_wide(result: Result) -> str:
    """The width of the map that 7×7 gives; other settings answer another question."""
    s = result.settings
    asked = (s["side"], s["kernel"], s["stride"], s["padding"]) == (7, 3, 1, 0)
    return f"{result.steps**0.5:.0f}" if asked and result.phase == "done" else ""


def five(runs: Runs) -> bool:
    """25 windows, and a map of 5×5."""
    return runs["run"].steps == 25 and np.shape(runs["run"].facts["map"]) == (5, 5)


def as_large(runs: Runs) -> bool:
    """The map is as large as the picture."""
    return runs["run"].metrics["size"] == runs["run"].settings["side"]


def unseen(runs: Runs) -> bool:
    """Some pixel inside, not only at the edge, lies in no window."""
    inside = np.array(runs["run"].facts["visits"])[:-1, :-1]
    return bool((inside == 0).any())


def false_edge(runs: Runs) -> bool:
    """A picture without any edge gives a map that is not the same all over."""
    return bool(np.ptp(runs["run"].facts["map"]) > 0)
