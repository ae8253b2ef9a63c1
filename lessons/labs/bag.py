"""The bag of sigmoids: y = b + Σ cᵢ·σ(bᵢ + wᵢ·x), bent by hand and by gradient descent, pieces kept apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from engine.network import Network
from engine.trainer import Trainer
from lessons.data import births, generators
from lessons.labs.base import Training
from lessons.labs.functions import sigmoid
from lessons.labs.written import index
from lessons.views import Curve, Line, Numbers, Step

STORY = 4000  # updates of one story
GOAL = 0.1  # mean gap at which a curve counts as met
PAR = {"corners": 3, "sine": 3, "births": 4, "drawn": 4}  # pieces that gradient descent needs for it
MOST = 12
X = np.linspace(-5, 5, 101)  # the examples
FINE = np.linspace(-5, 5, 241)  # where curves are drawn
SHAPES = ("sigmoid", "hard-sigmoid", "relu")
DIALS = {"slope": (-12.0, 12.0), "shift": (-6.0, 6.0), "height": (-3.0, 3.0)}


def target(settings: Mapping[str, Any], x: np.ndarray) -> np.ndarray:
    """The curve to be met, at x in −5…5."""
    if settings["target"] == "births":
        return generators.season(*births(), x)
    if settings["target"] == "drawn":
        return np.interp(x, np.linspace(-5, 5, len(settings["drawn"])), settings["drawn"])
    return {"corners": generators.corners, "sine": generators.sine}[settings["target"]](x)


def draw(seed: int, bag: int, count: int) -> np.ndarray:
    """(count, 3) slope, shift b and height of random pieces, one bend in each of `count` parts of −5…5."""
    g = generators.draws(seed, 100 + bag)
    place = 10 * (np.arange(count) + g.uniform(0.2, 0.8, count)) / count - 5
    slope = g.uniform(0.8, 1.6, count) * g.choice([-1, 1], count)
    return np.stack([slope, -slope * place, g.normal(0, 0.5, count)], axis=1)


def bend(z: np.ndarray, shape: str) -> np.ndarray:
    """The activation of a piece, 0 to 1."""
    return sigmoid(z) if shape == "sigmoid" else np.clip(z / 6 + 0.5, 0, 1)


def ramp(slope: float, shape: str) -> float:
    """Width in x of the rise of σ(slope·x) from a tenth to nine tenths, measured on the curve."""
    z = np.linspace(-6, 6, 12001)
    low, high = np.interp([0.1, 0.9], bend(z, shape), z)
    return float((high - low) / max(abs(slope), 1e-9))


def split(pieces: np.ndarray) -> np.ndarray:
    """(K, 2, 3) the two ReLUs (w, b, c) whose sum is the hard sigmoid (w, b, c) of each piece (K, 3)."""
    w, b, c = pieces.T
    starts = np.stack([w / 6, b / 6 + 0.5, c], axis=1)
    ends = np.stack([w / 6, b / 6 - 0.5, -c], axis=1)
    return np.stack([starts, ends], axis=1)


def network(units: int, activation: str) -> Network:
    """θ: w (units), b (units), c (units), floor."""
    net = Network()
    pieces = net.activation(net.dense(net.input(1, name="x"), units, name="pieces"), activation)
    net.loss(net.dense(pieces, 1, name="sum"), "mse")
    return net


class Bag(Training):
    """The learner's bag. Shape "relu" is the hard sigmoid with each piece seen as the two ReLUs that it is.

    Number of pieces, shape, target and each w, b, c act at once: a changed network gets a new trainer that
    goes on from the same bag.
    """

    looks = frozenset({"probe"})

    def __init__(self, settings: Mapping[str, Any], seed: int):
        settings = dict(settings)
        pieces = draw(seed, settings["bag"], settings["pieces"])
        slope, shift = settings["slope"], settings["shift"]
        pieces[self._unit(settings)] = slope, -slope * shift, settings["height"]
        self.before = 0  # updates of earlier trainers
        self.born = ramp(slope, settings["shape"])
        super().__init__(settings, seed, self._trainer(settings, pieces, 0.0), STORY)

    # The bag and θ

    @staticmethod
    def _unit(settings: Mapping[str, Any]) -> int:
        return min(int(settings["unit"]), int(settings["pieces"]) - 1)

    @staticmethod
    def _trainer(settings: Mapping[str, Any], pieces: np.ndarray, floor: float) -> Trainer:
        net = network(len(pieces), "sigmoid" if settings["shape"] == "sigmoid" else "hard-sigmoid")
        y = target(settings, X)[:, None]
        theta = np.append(pieces.T.ravel(), floor)
        return Trainer(net, X[:, None], y, rate=settings["rate"], dtype="float64", theta=theta)

    def pieces(self) -> np.ndarray:
        """(K, 3) w, b, c of each piece."""
        return self.trainer.theta[:-1].reshape(3, -1).T.copy()

    @property
    def floor(self) -> float:
        return float(self.trainer.theta[-1])

    @property
    def dials(self) -> dict[str, Any]:
        """The controls that follow the chosen piece, whoever moved it."""
        unit = self._unit(self.settings)
        w, b, c = self.pieces()[unit]
        shift = -b / w if abs(w) > 1e-9 else self.settings["shift"]
        values = {"slope": w, "shift": shift, "height": c}
        near = {name: float(f"{min(max(values[name], lo), hi):.4g}") for name, (lo, hi) in DIALS.items()}
        return near | {"unit": unit}

    # The model's promises

    @property
    def step(self) -> int:
        return self.before + self.trainer.step

    def set(self, control: str, value: Any) -> None:
        dials = self.dials
        pieces, floor = self.pieces(), self.floor
        super().set(control, value)
        if control in DIALS:
            self.settings |= {**dials, control: value}
            w = self.settings["slope"]
            pieces[dials["unit"]] = w, -w * self.settings["shift"], self.settings["height"]
        elif control == "pieces":
            fresh = draw(self.seed, self.settings["bag"], value)
            pieces = np.concatenate((pieces, fresh[len(pieces) :]))[:value]
        elif control == "bag":
            pieces = draw(self.seed, value, len(pieces))
        elif control not in ("shape", "target", "drawn"):
            return
        self.before, self.trainer = self.step, self._trainer(self.settings, pieces, floor)

    def act(self, action: str) -> Mapping[str, Any] | None:
        if action == "fit" and self.step >= self.limit:
            self.limit = self.step + STORY
            return None
        changes = {
            "add": {"pieces": min(MOST, self.settings["pieces"] + 1)},
            "swap": {"shape": SHAPES[(SHAPES.index(self.settings["shape"]) + 1) % 3]},
            "fresh": {"bag": self.settings["bag"] + 1},
        }
        return changes.get(action, {})

    def state(self) -> Sequence[Any]:
        return dict(self.settings), self.before, self.trainer.state()

    def restore(self, state: Sequence[Any]) -> None:
        settings, self.before, inner = state
        self.settings = dict(settings)
        self.trainer = self._trainer(settings, draw(self.seed, 0, settings["pieces"]), 0.0)
        self.trainer.restore(inner)

    # What is seen

    def lines(self, x: np.ndarray) -> list[np.ndarray]:
        """The contribution of each piece at x (N,): K of them, or two for each piece as ReLUs."""
        shape, pieces = self.settings["shape"], self.pieces()
        w, b, c = (split(pieces).reshape(-1, 3) if shape == "relu" else pieces).T
        z = np.outer(w, x) + b[:, None]
        return list(c[:, None] * (np.maximum(z, 0) if shape == "relu" else bend(z, shape)))

    def sum(self, x: np.ndarray) -> np.ndarray:
        return self.floor + np.sum(self.lines(x), axis=0)

    def gap(self) -> float:
        """Mean distance of the sum from the target."""
        return float(np.abs(self.trainer.predict()[:, 0] - target(self.settings, X)).mean())

    def look(self, view: str, past: Sequence[Any]) -> Any:
        return self._curve() if view == "bag" else Numbers(steps=tuple(self._worked()))

    def _curve(self) -> Curve:
        """Target, sum and pieces; hue 0 is left to the sum."""
        each, lines = 2 if self.settings["shape"] == "relu" else 1, self.lines(FINE)
        top = min(3.0, max(1.5, np.ceil(2 * np.max(lines)) / 2))
        low = max(-3.0, min(-1.5, np.floor(2 * np.min(lines)) / 2))
        parts = []
        for k, line in enumerate(lines):
            y = np.where((line <= top) & (line >= low), line, np.nan)
            parts.append(Line(word="series.part", x=FINE, y=y, role="part", hue=1 + k // each % 7))
        aim = Line(word="series.target", x=FINE, y=target(self.settings, FINE), role="target")
        total = Line(word="series.sum", x=FINE, y=self.sum(FINE), role="sum", hue=0)
        limits, cursor = (-5.0, 5.0, float(low), float(top)), float(self.settings["probe"])
        return Curve(lines=(*parts, aim, total), x="axis.x", y="axis.y", limits=limits, cursor=cursor)

    def _worked(self) -> Iterator[Step]:
        x, shape = float(self.settings["probe"]), self.settings["shape"]
        pieces, unit = self.pieces(), self._unit(self.settings)
        gap, par = self.gap(), PAR[self.settings["target"]]
        yield Step(text=f"|Δ| = {gap:.3f} → {GOAL:.2f}", note="note.gap")
        yield Step(text=f"K = {len(pieces)} / {par}", note="note.par", hot=gap <= GOAL and len(pieces) <= par)
        w, b, c = pieces[unit]
        yield Step(text=f"w = {w:.2f}  b = {b:.2f}  c = {c:.2f}", note="note.chosen")
        for k, piece in enumerate(pieces):
            text = _pair(piece, x) if shape == "relu" else _single(piece, x, shape, k)
            yield Step(text=text, note="note.piece" if k == unit else "", hot=k == unit)
        yield Step(text=f"b = {self.floor:.2f}", note="note.floor")
        here = np.array([x])
        yield Step(
            text=f"y = {self.sum(here)[0]:.2f} ↔ {target(self.settings, here)[0]:.2f}", note="note.sum"
        )

    def metrics(self) -> Mapping[str, float]:
        return {
            "gap": self.gap(),
            "mse": self.trainer.evaluate()["loss"],
            "pieces": float(self.settings["pieces"]),
            "par": float(PAR[self.settings["target"]]),
        }

    def facts(self) -> Mapping[str, Any]:
        pieces = self.pieces()
        theta = np.append(split(pieces).reshape(-1, 3).T.ravel(), self.floor)
        pairs = Trainer(network(2 * len(pieces), "relu"), X[:, None], dtype="float64", theta=theta)
        apart = np.abs(pairs.predict() - self.trainer.predict()).max()
        return {"pieces": pieces.tolist(), "floor": self.floor, "ramp": self.born, "split": float(apart)}


def _single(piece: np.ndarray, x: float, shape: str, k: int) -> str:
    """What piece k gives at x, worked: c·σ(z) = c·a = value."""
    w, b, c = piece
    a = bend(b + w * x, shape)
    name = "σ" if shape == "sigmoid" else "h"
    return f"c{index(k + 1)}·{name}({b + w * x:.2f}) = {c:.2f}·{a:.2f} = {c * a:.2f}"


def _pair(piece: np.ndarray, x: float) -> str:
    """The same as two ReLUs: c·r(z₁) − c·r(z₂) = value."""
    (pair,) = split(piece[None])
    (z1, z2), (c1, c2) = pair[:, 0] * x + pair[:, 1], pair[:, 2]
    return f"{c1:.2f}·r({z1:.2f}){c2:+.2f}·r({z2:.2f}) = {c1 * max(z1, 0) + c2 * max(z2, 0):.2f}"
