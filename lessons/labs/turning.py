"""Turned and enlarged digits: what a convolutional net makes of them, with and without such copies to train on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from engine.augmentation import augment, transform
from lessons.labs.canvas import SIDE, inked
from lessons.labs.convnet import Conv, ConvNet, Pool, flat, told
from lessons.views import Curve, Grid, Images, Line

COUNT, COPIES, FRESH, UPDATES = 1500, 3, 300, 300
ANGLES = (0, 15, 30, 45, 60, 75, 90)
SHOWN = (0, 30, 60, 90)  # degrees by which the drawing is turned
ZOOMS = (0.6, 0.7, 0.85, 1, 1.2, 1.4, 1.6)
# What is done to the copies: turned by up to ± degrees, scaled from … to ….
COPIED = {
    "none": (0, (1, 1)),
    "rotate": (90, (1, 1)),
    "scale": (0, (0.6, 1.6)),
    "both": (90, (0.6, 1.6)),
}
LAYERS = (Conv(6, padding=1), Pool(), Conv(12, padding=1), Pool())


class Turned(ConvNet):
    """The whole net of the lesson on pooling. Settings: augment, angle and zoom (of what is tested), ink."""

    sparse_every = 100

    def __init__(self, settings: Mapping[str, Any], seed: int):
        task = told("digits", seed, COUNT, FRESH)
        x = (task.x / 255).reshape(-1, SIDE, SIDE)
        turn, zoom = COPIED[settings["augment"]]
        copies = [
            augment(x, np.arange(len(x)), seed=seed, step=k, rotate=turn, scale=zoom) for k in range(COPIES)
        ]
        task = task._replace(
            x=flat(np.concatenate(copies)).astype(np.float32),
            y=np.tile(task.y, COPIES),
            u=(task.u / 255).astype(np.float32),
        )
        super().__init__(settings, seed, task, LAYERS, UPDATES, rate=0.005)
        self._tested: tuple[int, dict[str, list[float]]] = (-1, {})

    def fresh(self, angle: float = 0.0, zoom: float = 1.0) -> np.ndarray:
        """The fresh digits turned and scaled, (FRESH, 196)."""
        images = self.told.u.reshape(-1, SIDE, SIDE)
        return flat(transform(images, angle=angle, scale=zoom)).astype(np.float32)

    def tested(self) -> dict[str, list[float]]:
        """Accuracy at each of ANGLES and of ZOOMS, measured at marks and at the end."""
        due = self.step % self.sparse_every == 0 or self.step == self.limit
        if not self._tested[1] or (due and self._tested[0] != self.step):
            right = lambda **how: self.trainer.evaluate(self.fresh(**how), self.told.v)["accuracy"]
            turned = [right(angle=a) for a in ANGLES]
            self._tested = (self.step, {"angle": turned, "zoom": [right(zoom=z) for z in ZOOMS]})
        return self._tested[1]

    def restore(self, state: Sequence[Any]) -> None:
        super().restore(state)
        self._tested = (-1, {})

    def facts(self) -> Mapping[str, Any]:
        return {**super().facts(), **self.tested()}

    def look(self, view: str, past: Sequence[Any]) -> Any:
        if view in PICTURES:
            return PICTURES[view]({self.settings["augment"]: self}, self.settings["augment"], past)
        return super().look(view, past)

    def drawing(self) -> np.ndarray:
        """(14, 14) what is on the canvas, or the first fresh digit."""
        ink = self.settings["ink"]
        return (inked(ink) if any(ink) else self.told.u[0]).reshape(SIDE, SIDE)

    def canvas(self) -> Grid:
        ink = np.array(self.settings["ink"], float).reshape(SIDE, SIDE)
        return Grid(values=np.where(ink > 0, ink, np.nan), tensor="x", digits=1)

    def turned(self) -> Images:
        """The drawing at each of SHOWN, then ten fresh digits as angle and zoom have them; answers below."""
        x = self.drawing()
        mine = [transform(x[None], angle=a)[0] for a in SHOWN]
        others = self.fresh(self.settings["angle"], self.settings["zoom"])[:10].reshape(-1, SIDE, SIDE)
        images = np.concatenate([mine, others])
        guess = self.chances(flat(images).astype(np.float32)).argmax(axis=1)
        names = [f"={a}°→{g}" for a, g in zip(SHOWN, guess[: len(SHOWN)], strict=True)]
        names += [f"={v}→{g}" for v, g in zip(self.told.v[:10], guess[len(SHOWN) :], strict=True)]
        return Images(images=images, captions=tuple(names), diverging=True, tensor="x")


Arms = Mapping[str, Turned | None]


def over(key: str, places: Sequence[float], x: str, setting: str) -> Callable[..., Curve]:
    """Accuracy over angle or zoom, a line for each way of copying."""

    def draw(arms: Arms, chosen: str, past: Sequence[Any]) -> Curve:
        lines = tuple(
            Line(word=f"option.{name}", x=np.array(places, float), y=np.array(model.tested()[key]), hue=hue)
            for hue, (name, model) in enumerate(arms.items())
            if model is not None
        )
        shown = arms.get(chosen) or next(model for model in arms.values() if model is not None)
        cursor = float(shown.settings[setting])
        return Curve(lines=lines, x=x, limits=(min(places), max(places), 0, 1), cursor=cursor)

    return draw


PICTURES: dict[str, Callable[..., Curve]] = {
    "angles": over("angle", ANGLES, "axis.angle", "angle"),
    "zooms": over("zoom", ZOOMS, "axis.zoom", "zoom"),
}
