"""Cross-entropy and square error of one unit: their slopes at every z, and descent from the worst place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from engine.data import Standardizer
from engine.model import Result
from engine.network import Network
from lessons.data import pokemon
from lessons.labs import race
from lessons.labs.functions import sigmoid
from lessons.labs.losses import surface
from lessons.labs.surface import Surface, Track
from lessons.labs.written import by_hand, minus, signed
from lessons.views import Curve, Dots, Line, Numbers, Step, Table

REACH, WIDE = 10.0, 13.0  # of z; of w, with room for a way round
SURE = 0.9  # the share of the right label with which one example has arrived
GOOD = 0.6  # the share of the Pokémon named rightly at which a border has arrived; the best has 0.66
FEATURES = ("sp_attack", "speed")
LOSSES = {"cross-entropy": "binary-cross-entropy", "mse": "mse"}


def slope(loss: str, z: np.ndarray, label: float) -> np.ndarray:
    """∂L/∂z of one example: f − ŷ for cross-entropy, 2(f − ŷ)·f·(1 − f) for the square error of f."""
    f = 1 / (1 + np.exp(-z))
    return f - label if loss == "cross-entropy" else 2 * (f - label) * f * (1 - f)


def height(loss: str, z: np.ndarray, label: float) -> np.ndarray:
    """L of one example."""
    if loss == "cross-entropy":
        return np.logaddexp(0, -z if label else z)
    return (1 / (1 + np.exp(-z)) - label) ** 2


class Corner:
    """What both kinds of arm share; stands before Track or Surface. Settings: loss, label, z."""

    def look(self, view: str, past: Sequence[Result]) -> Any:
        """As the only arm."""
        name = self.settings["loss"]
        return PICTURES[view]({name: self}, name, past)

    def set(self, control: str, value: Any) -> None:
        self.settings[control] = value
        if control == "rate":
            self.trainer.set("rate", value)

    def facts(self) -> Mapping[str, Any]:
        z, label = np.array(float(self.settings["z"])), float(self.settings["label"])
        return {
            **super().facts(),
            "slope": float(slope(self.settings["loss"], z, label)),
            "arrived": self.arrived(),
            "moved": float(np.linalg.norm(self.trainer.theta - self.start)),
        }


def network(loss: str, width: int) -> Network:
    """One unit without bias under one of the losses."""
    net = Network()
    z = net.dense(net.input(width), 1, name="unit", bias=False, init="zero")
    net.loss(z if loss == "cross-entropy" else net.activation(z, "sigmoid", name="f"), LOSSES[loss])
    return net


class One(Corner, Track):
    """One example with x = 1: θ is z itself."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        label, loss = float(settings["label"]), settings["loss"]
        data = np.ones((1, 1)), np.array([[label]])
        trainer = race.trainer(settings, seed, network(loss, 1), *data, start=(settings["z"],), watch=(0,))
        extent = (-REACH, REACH, 0.0, REACH)
        super().__init__(settings, seed, trainer, int(settings["updates"]), extent=extent, names=("=z", "=L"))

    def arrived(self) -> int:
        """The update at which f gave the label SURE, −1: never."""
        sign = 1 if float(self.settings["label"]) else -1
        there = np.flatnonzero(sigmoid(sign * self.series(0)) > SURE)
        return int(there[0]) if len(there) else -1


class Many(Corner, Surface):
    """Water against Normal by two features in standard deviations; θ is (w₁, w₂)."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        x, y, *_ = pokemon(FEATURES)
        self.x, self.y = Standardizer.fit(x).apply(x), 1.0 - y
        data = self.x, self.y[:, None]
        trainer = race.trainer(settings, seed, network(settings["loss"], 2), *data, start=settings["start"])
        extent = (-WIDE, WIDE, -WIDE, WIDE)
        names = ("=w₁", "=w₂")
        super().__init__(settings, seed, trainer, int(settings["updates"]), extent=extent, names=names)

    def plane(self, past: Sequence[Result]) -> Any:
        """The surface in colours of equal height, so that a plateau is one colour."""
        return replace(super().plane(past), scale="linear")

    def arrived(self) -> int:
        """The first update at which GOOD of the labels are named rightly, −1: never."""
        theta = np.column_stack([self.series(0), self.series(1)])
        right = ((theta @ self.x.T > 0) == self.y).mean(axis=1)
        there = np.flatnonzero(right >= GOOD)
        return int(there[0]) if len(there) else -1

    def metrics(self) -> Mapping[str, float]:
        return {**super().metrics(), "training-accuracy": self.right()}

    def right(self) -> float:
        """The share of labels that are named rightly."""
        return float(((self.x @ self.trainer.theta > 0) == self.y).mean())


# Pictures of both arms


def slopes(arms: race.Arms, chosen: str, past: Sequence[Result]) -> Curve:
    """|∂L/∂z| of one example over z, both losses; the place z of the control is marked on each."""
    settings = race.begun(arms, chosen)[-1][1].settings
    label, here = float(settings["label"]), np.array([float(settings["z"])])
    z = np.linspace(-REACH, REACH, 161)
    lines, dots = [], []
    for name in LOSSES:
        hue = list(LOSSES).index(name)
        lines.append(Line(word=f"arm.{name}", x=z, y=np.abs(slope(name, z, label)), hue=hue))
        y = np.abs(slope(name, here, label))
        dots.append(Dots(word="", x=here, y=y, group=np.array([hue]), mark="now"))
    limits = (-REACH, REACH, None, None)
    return Curve(lines=tuple(lines), dots=tuple(dots), x="=z", y="=|∂L/∂z|", log_y=True, limits=limits)


def losses(arms: race.Arms, chosen: str, past: Sequence[Result]) -> Curve:
    """L of one example over z, both losses, and where each arm stands."""
    ready = race.begun(arms, chosen)
    label = float(ready[-1][1].settings["label"])
    z = np.linspace(-REACH, REACH, 161)
    lines = [
        Line(word=f"arm.{name}", x=z, y=height(name, z, label), hue=list(LOSSES).index(name))
        for name in LOSSES
    ]
    dots = []
    for name, model in ready:
        here = model.trainer.theta[:1]
        dots.append(Dots(word="dot.now", x=here, y=height(name, here, label), mark="now"))
    return Curve(lines=tuple(lines), dots=tuple(dots), x="=z", y="=L", limits=(-REACH, REACH, 0.0, REACH))


def numbers(arms: race.Arms, chosen: str, past: Sequence[Result]) -> Numbers:
    """Both slopes at z, factor by factor, and the step that each makes."""
    settings = race.begun(arms, chosen)[-1][1].settings
    z, y, rate = float(settings["z"]), int(settings["label"]), float(settings["rate"])
    f = float(1 / (1 + np.exp(-z)))
    ce, se = (float(slope(name, np.array(z), y)) for name in LOSSES)
    miss = f"{f:.7f} − {y}"
    steps = [
        Step(text=f"f = σ({z:g}) = {f:.7f}, ŷ = {y}", note="note.output"),
        Step(text=f"f − ŷ = {miss} = {f - y:.7f}", note="note.miss"),
        Step(text=f"∂CE/∂z = f − ŷ = {ce:.5f}", note="note.ce", hot=True),
        Step(text=f"f·(1 − f) = {f * (1 - f):.3g}", note="note.flat"),
        Step(text=f"∂SE/∂z = 2·{signed(f - y, 5)}·{f * (1 - f):.3g} = {se:.3g}", note="note.se", hot=True),
        Step(text=f"{se:.3g} / 2 = {se / 2:.3g}", note="note.half"),
        Step(text=f"CE: z ← {z:g} − {rate:g}·{signed(ce, 5)} = {z - rate * ce:.5f}", note="note.step-ce"),
        Step(text=f"SE: z ← {z:g} − {rate:g}·({se:.3g}) = {z - rate * se:.5f}", note="note.step-se"),
    ]
    return by_hand(steps)


def cases(arms: race.Arms, chosen: str, past: Sequence[Result]) -> Table:
    """Right and wrong for both labels, as far off as |z|: both slopes."""
    settings = race.begun(arms, chosen)[-1][1].settings
    far, rows, lit = abs(float(settings["z"])), [], -1
    for label in (1, 0):
        for z in (-far, far):
            if label == int(settings["label"]) and z == float(settings["z"]):
                lit = len(rows)
            f = float(sigmoid(np.array(z)))
            wrong = (z > 0) != label
            ce, se = (float(slope(name, np.array(z), label)) for name in LOSSES)
            cells = (f"={minus(f'{v:.5f}' if abs(v) > 0.01 else f'{v:.1e}')}" for v in (f, ce, se))
            rows.append((f"={label}", f"={minus(f'{z:g}')}", *cells, "cell.far" if wrong else "cell.near"))
    heads = ("target", "z", "f", "slope-ce", "slope-se", "where")
    return Table(columns=tuple(f"column.{head}" for head in heads), rows=tuple(rows), chosen=lit)


PICTURES: Mapping[str, Callable] = {
    "slope": slopes,
    "losses": losses,
    "numbers": numbers,
    "cases": cases,
    "way": race.curve("theta-0", log=False, y="=z"),
    "steep": race.curve("gradient-norm"),
    "plane-ce": surface("cross-entropy"),
    "plane-mse": surface("mse"),
}
