"""Points where the slope vanishes: losses of one and two weights, their Hessians, and slices along eigenvectors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from engine.analysis import critical, landscape, probe
from engine.analysis.hessian import hessian, kind, spectrum
from engine.model import Result
from engine.network import Network
from engine.trainer import Trainer
from lessons.data.generators import draws, sinc
from lessons.labs.surface import Surface
from lessons.labs.written import by_hand, minus
from lessons.views import Bars, Grid, Line, Numbers, Plane, Step

FORMS = {"bowl": (1.0, 1.0), "saddle": (1.0, -1.0), "hill": (-1.0, -1.0)}  # a x² + b y²
HILLS = (0.05, 2.0, 0.55, -2.0, 0.55, 1.2, 2.0, 0.9)  # the momentum lesson's, moved 4 to the left
WIDE = (-2.0, 2.0, -2.0, 2.0)
NAMES = ("=w₁", "=w₂")
COMPASS = ((1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1))
EXAMPLES = 20  # of the sinc, for the net with hidden units


def network(surface: str, width: int = 0) -> Network:
    """One of FORMS; net: y = w₁w₂x; well: y = w²x; ripple: the hill of the momentum lesson; mlp: 1-width-1."""
    net = Network()
    if surface in FORMS:
        net.surface("quadratic", FORMS[surface])
    elif surface == "ripple":
        net.surface("ripple-1d", HILLS)
    elif surface == "mlp":
        hidden = net.activation(net.dense(net.input(1), width, name="hidden"), "tanh")
        net.loss(net.dense(hidden, 1, name="output"), "mse")
    else:
        first = net.dense(net.input(1), 1, name="first", bias=False)
        tie = first if surface == "well" else None
        net.loss(net.dense(first, 1, name="second", bias=False, tie=tie), "mse")
    return net


def trainer(surface: str, start: Sequence[float], width: int = 0, **settings: Any) -> Trainer:
    """A trainer in float64 on all its data, at `start`; every entry of θ is watched."""
    data = () if surface in FORMS or surface == "ripple" else ([[1.0]], [[1.0]])
    if surface == "mlp":
        data = sinc(EXAMPLES)
    start = start[:1] if surface in ("well", "ripple") else start
    watch = range(len(start))
    return Trainer(
        network(surface, width), *data, theta=start, watch=watch, dtype="float64", shuffle=False, **settings
    )


class Spot(NamedTuple):
    """What second order knows about a place: loss, slope (P,), Hessian (P, P), its eigenpairs, their verdict."""

    loss: float
    slope: np.ndarray
    hessian: np.ndarray
    values: np.ndarray
    vectors: np.ndarray
    kind: str


def examine(here: Trainer) -> Spot:
    """Slope and curvature at the trainer's θ."""
    matrix = hessian(here)
    matrix = np.where(np.abs(matrix) < 1e-9, 0.0, matrix)
    pairs = spectrum(matrix)
    # The sign of an eigenvector is free: its first entry that is not zero is positive.
    first = np.array([row[np.argmax(np.abs(row) > 1e-9)] for row in pairs.vectors])
    vectors = pairs.vectors * np.where(first < 0, -1.0, 1.0)[:, None]
    values = np.where(np.abs(pairs.values) < 1e-9, 0.0, pairs.values)
    return Spot(here.evaluate()["loss"], here.gradient(), matrix, values, vectors, kind(values))


def ways(here: Trainer, radius: float, count: int = 8) -> np.ndarray:
    """(count,) how the loss changes `radius` away in directions all around, of two weights."""
    angle = 2 * np.pi * np.arange(count) / count
    around = here.theta + radius * np.stack((np.cos(angle), np.sin(angle)), axis=1)
    return probe.losses(here, around) - here.evaluate()["loss"]


@lru_cache(maxsize=32)
def saddle(width: int, seed: int, steep: float = 0.02, stiff: float = 12.0, tries: int = 60) -> tuple:
    """θ of a saddle of a 1-width-1 tanh net on the sinc: the first found with λ_min < -steep, λ_max < stiff.

    Starts are drawn one after another; if none is so steep, the steepest of them.
    """
    g, best = draws(seed, 31), None
    for _ in range(tries):
        start = g.normal(0, 1, 3 * width + 1)
        found = critical.find(trainer("mlp", start, width), start, limit=1e-8, steps=60)
        values = found.spectrum.values
        if found.found and values[-1] < stiff and (best is None or values[0] < best.spectrum.values[0]):
            best = found
        if best is not None and best.spectrum.values[0] < -steep:
            break
    return tuple(best.theta.tolist() if best is not None else np.zeros(3 * width + 1).tolist())


class Critical(Surface):
    """A surface of two weights with its slope and Hessian at the present place."""

    def spot(self) -> Spot:
        return examine(self.trainer)

    def plane(self, past: Sequence[Result]) -> Plane:
        """The surface with both eigenvectors at the present place; ghosts of the same surface only."""
        mine = self.settings.get("surface")
        found = super().plane([one for one in past if one.settings.get("surface") == mine])
        theta = self.trainer.theta[list(self.axes)]
        spot = self.spot()
        arms = []
        for value, vector in zip(spot.values, spot.vectors, strict=True):
            ends = theta + 0.45 * np.outer((-1, 1), vector)
            word, hue = ("series.downwards", 3) if value < -1e-9 else ("series.upwards", 2)
            word, hue = ("series.level", 7) if abs(value) <= 1e-9 else (word, hue)
            arms.append(Line(word=word, x=ends[:, 0], y=ends[:, 1], role="part", hue=hue))
        return Plane(
            **{name: getattr(found, name) for name in ("extent", "field", "dots", "x", "y", "cursor")},
            paths=(*arms, *found.paths),
        )

    def ways(self, past: Sequence[Result], radius: float = 0.3) -> Bars:
        """How the loss changes a step away, in eight directions."""
        labels = tuple(f"=({a:+d},{b:+d})".replace("+0", "0").replace("-", "−") for a, b in COMPASS)
        return Bars(labels=labels, values=ways(self.trainer, radius), word="bars.change")

    def around(self, past: Sequence[Result], reach: float = 0.5, side: int = 5) -> Grid:
        """(side, side) how much higher the loss is around the present place; w₂ upwards."""
        steps = np.linspace(-reach, reach, side)
        x, y = np.meshgrid(steps, steps[::-1])
        there = self.trainer.theta + np.stack((x.ravel(), y.ravel()), axis=1)
        change = probe.losses(self.trainer, there).reshape(x.shape) - self.trainer.evaluate()["loss"]
        name = lambda value: minus(f"={value:+.2f}") if value else "=0"
        return Grid(
            values=np.where(np.abs(change) < 1e-12, 0.0, change),
            rows=tuple(name(v) for v in steps[::-1]),
            cols=tuple(name(v) for v in steps),
            tensor="ΔL",
            chosen=(side // 2, side // 2),
        )

    def matrix(self, past: Sequence[Result]) -> Grid:
        """The Hessian here."""
        return square(self.spot().hessian, NAMES)

    def eigenvalues(self, past: Sequence[Result]) -> Bars:
        values = self.spot().values
        return Bars(labels=tuple(f"=λ{k}" for k in ("₁", "₂")), values=values, word="bars.eigenvalue")

    def metrics(self) -> Mapping[str, float]:
        values = self.spot().values
        return {**super().metrics(), "lowest-curvature": float(values[0])}

    def facts(self) -> Mapping[str, Any]:
        spot = self.spot()
        return {**super().facts(), "kind": spot.kind, "eigenvalues": tuple(spot.values.tolist())}


def square(matrix: np.ndarray, names: Sequence[str], digits: int = 2) -> Grid:
    """A Hessian as a grid."""
    return Grid(values=matrix.copy(), rows=tuple(names), cols=tuple(names), tensor="H", digits=digits)


def plane_along(
    here: Trainer, directions: np.ndarray, extent, origin: np.ndarray, size=(72, 48), scale="level"
) -> Plane:
    """The loss on the plane through `origin` along two directions (2, P)."""
    x0, x1, y0, y1 = extent
    xs, ys = np.linspace(x0, x1, size[0]), np.linspace(y0, y1, size[1])
    field = landscape.plane(here, directions, xs, ys, origin)
    return Plane(extent=extent, field=field, scale=scale, x="axis.lowest", y="axis.highest")


def worked(spot: Spot, theta: np.ndarray) -> Numbers:
    """Slope, Hessian, eigenvalues and verdict of L = (1 − w₁w₂)² at θ, with its numbers."""
    w, v = theta
    left = 1 - w * v
    lines = [
        Step(text=f"1 − w₁w₂ = {left:.3f}", note="note.gap-to-one"),
        Step(text=f"∂L/∂w₁ = −2·{left:.2f}·w₂ = {spot.slope[0]:.3f}", note="note.gradient"),
        Step(text=f"∂L/∂w₂ = −2·{left:.2f}·w₁ = {spot.slope[1]:.3f}", note="note.gradient"),
        Step(text=f"H₁₁ = 2w₂² = {2 * v * v:.3f}", note="note.curvature"),
        Step(text=f"H₂₂ = 2w₁² = {2 * w * w:.3f}", note="note.curvature"),
        Step(text=f"H₁₂ = −2 + 4w₁w₂ = {4 * w * v - 2:.3f}", note="note.mixed"),
        Step(
            text=f"λ = {spot.values[0]:.3f}, {spot.values[1]:.3f}",
            note=f"kind.{spot.kind}",
            hot=True,
        ),
    ]
    return by_hand(lines)
