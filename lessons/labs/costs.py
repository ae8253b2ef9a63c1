"""Gradients of deep networks: how far they reach, what they cost, and how well a push finds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from time import perf_counter
from typing import Any

import numpy as np

from engine.blas import hold_blas
from engine.network import Network
from engine.trainer import Trainer
from lessons.data.generators import spirals
from lessons.labs.net import stack
from lessons.labs.walk import Walk
from lessons.views import Curve, Dots, Line, Numbers, Table

POINTS = 64  # examples of every measurement
KINDS = ("sigmoid", "relu")
WIDTHS = (2, 4, 8, 14, 21, 30)  # of the two-layer nets that are timed
LOOKED_AT = 6  # parameters that are pushed one by one to check backpropagation
PUSHES = tuple(10.0**k for k in range(-12, 1))
RATE = 1.0
TRIES = 2
LESSONS = 200  # updates that the nets in hand train, between two of WIDTHS
SMOOTH = 10  # updates whose losses are drawn as one
TRAINED = {"optimizer": "momentum", "rate": 0.03, "batch": 16}


def network(depth: int, width: int, kind: str) -> Network:
    """2 → width × depth → 1 on two spirals."""
    net = Network()
    top = stack(net, net.input(2), [width] * depth, kind)
    net.loss(net.dense(top, 1, name="output", init="xavier"), "binary-cross-entropy")
    return net


@lru_cache(maxsize=32)
def trainer(depth: int, width: int, kind: str, seed: int) -> Trainer:
    """The net as it begins, in double precision."""
    x, y = spirals(POINTS, seed)
    return Trainer(network(depth, width, kind), x, y[:, None], seed=seed, dtype="float64", rate=RATE)


@lru_cache(maxsize=32)
def norms(depth: int, width: int, kind: str, seed: int) -> np.ndarray:
    """(depth + 1,) the length of the gradient of each layer's weights, the first layer's first."""
    here = trainer(depth, width, kind, seed)
    gradient = here.gradient()
    found = []
    for name, (offset, shape) in here.named().items():
        if name.endswith(".weight"):
            found.append(np.linalg.norm(gradient[offset : offset + int(np.prod(shape))]))
    return np.array(found)


def multiplications(depth: int, width: int) -> tuple[int, int]:
    """Of one forward pass and of one backward pass, an example: products with weights, layer by layer.

    Backward, every weight takes one product for its own slope and one to pass the signal on, but for
    those of the first layer, where nobody asks for the slope of the input.
    """
    sizes = [2, *[width] * depth, 1]
    each = [a * b for a, b in zip(sizes[:-1], sizes[1:], strict=True)]
    return sum(each), 2 * sum(each) - each[0]


def places(here: Trainer) -> np.ndarray:
    """Some entries of θ, from the first to the last layer."""
    size = here.program.size
    return np.unique(np.linspace(0, size - 1, min(LOOKED_AT, size)).astype(int))


@lru_cache(maxsize=256)
def errors(depth: int, width: int, kind: str, seed: int, push: float) -> float:
    """The largest |finite difference − backpropagation| over some parameters, relative to the largest slope."""
    here = trainer(depth, width, kind, seed)
    at = places(here)
    theta, slopes = here.theta[at], here.gradient()[at]
    points = theta + push * np.concatenate([np.eye(len(at)), -np.eye(len(at))])
    losses = here.survey(at, points)
    numeric = (losses[: len(at)] - losses[len(at) :]) / (2 * push)
    largest = np.abs(slopes).max()  # 0 where every unit is dead
    return float(np.abs(numeric - slopes).max() / (largest or 1.0))


def numeric(here: Trainer) -> tuple[np.ndarray, int]:
    """∂L/∂θ by pushing every parameter once, and the forward passes that it took."""
    theta, push = here.theta, 1e-6
    every = range(len(theta))
    losses = here.survey(every, np.concatenate([theta[None], theta + push * np.eye(len(theta))]))
    return (losses[1:] - losses[0]) / push, len(losses)


def updated(here: Trainer, in_turn: bool, layers: Sequence[str]) -> np.ndarray:
    """θ after one update: all parameters at once, or layer after layer from the end, each with new slopes."""
    theta = here.theta
    if not in_turn:
        return theta - RATE * here.gradient()
    for name in reversed(layers):
        offset, shape = here.named()[name]
        part = slice(offset, offset + int(np.prod(shape)))
        theta[part] -= RATE * _at(here, theta)[part]
    return theta


def _at(here: Trainer, theta: np.ndarray) -> np.ndarray:
    """∂L/∂θ at another θ."""
    state = here.state()
    here.restore((theta, *state[1:]))
    try:
        return here.gradient()
    finally:
        here.restore(state)


class Costs(Walk):
    """The gradient of one deep net; an update measures the next of WIDTHS in both ways."""

    columns = ("passes",)
    limit = len(WIDTHS) - 1
    lasts = limit * LESSONS  # updates of each net

    def __init__(self, settings: Mapping[str, Any], seed: int):
        hold_blas()
        self.step, self.rows = 0, ()
        super().__init__(settings, seed)
        self.rows = (self.measure(WIDTHS[0]),)
        x, y = spirals(POINTS, seed)
        nets = {kind: network(settings["depth"], settings["width"], kind) for kind in KINDS}
        self.learners = {
            kind: Trainer(net, x, y[:, None], seed=seed, dtype="float64", **TRAINED)
            for kind, net in nets.items()
        }
        self.losses = {kind: (here.evaluate()["loss"],) for kind, here in self.learners.items()}

    @property
    def learner(self) -> Trainer:
        return self.learners[self.settings["activation"]]

    @property
    def shape(self) -> tuple[int, int, str, int]:
        s = self.settings
        return s["depth"], s["width"], s["activation"], self.seed

    def measure(self, width: int) -> tuple[float, ...]:
        """Parameters, forward passes of the numeric gradient; milliseconds of it, of backprop, of one pass."""
        here = trainer(2, width, "sigmoid", self.seed)
        size, spent = here.program.size, []
        one = lambda: here.survey((0,), here.theta[None, :1])
        for work in (lambda: numeric(here), here.gradient, one):
            times = []
            for _ in range(TRIES):
                began = perf_counter()
                work()
                times.append(perf_counter() - began)
            spent.append(1000 * min(times))
        return size, numeric(here)[1], *spent

    def train(self, updates: int) -> np.ndarray:
        done = []
        for _ in range(min(updates, self.limit - self.step)):
            self.step += 1
            self.rows = (*self.rows, self.measure(WIDTHS[self.step]))
            for kind, here in self.learners.items():
                losses = here.train(LESSONS)[:, 0]
                means = losses[: len(losses) // SMOOTH * SMOOTH].reshape(-1, SMOOTH).mean(axis=1)
                self.losses = {**self.losses, kind: (*self.losses[kind], *means.tolist())}
            done.append(self.rows[-1][1])
        return np.array(done, float).reshape(-1, 1)

    def state(self) -> Sequence[Any]:
        learners = {kind: here.state() for kind, here in self.learners.items()}
        return dict(self.settings), self.step, self.rows, self.losses, learners

    def restore(self, state: Sequence[Any]) -> None:
        self.step, self.rows, self.losses, learners = state[1:]
        for kind, kept in learners.items():
            self.learners[kind].restore(kept)
        super().restore(state[:1])

    def worked(self) -> Mapping[str, Any]:
        s = self.settings
        here = trainer(*self.shape)
        layers = [name for name in here.named() if name.endswith(".weight")]
        old = here.theta - RATE * here.gradient()
        new = updated(here, s["update"] == "in-turn", list(here.named()))
        forward, backward = multiplications(s["depth"], s["width"])
        depth, width, _, seed = self.shape
        return {
            **{f"norms-{kind}": norms(depth, width, kind, seed) for kind in KINDS},
            "norms": norms(*self.shape),
            "error": errors(*self.shape, s["push"]),
            "parameters": here.program.size,
            "layers": len(layers),
            "forward": forward,
            "backward": backward,
            "moved": np.abs(new - old).max(),
        }

    @property
    def ratio(self) -> float:
        """The gradient of the first layer over that of the last hidden one; NaN where nothing comes through."""
        own = self.now["norms"]
        if len(own) < 3:
            return 1.0
        return float(own[0] / own[-2]) if own[-2] else float("nan")

    # What is seen

    def fade(self) -> Curve:
        """The gradient of each layer's weights, for every activation; the one in force last and in full."""
        own, lines = self.settings["activation"], []
        for kind in sorted(KINDS, key=lambda kind: kind == own):
            y = self.now[f"norms-{kind}"]
            role = "sum" if kind == own else "raw"
            hue = KINDS.index(kind)
            lines.append(Line(word=f"option.{kind}", x=np.arange(1.0, len(y) + 1), y=y, role=role, hue=hue))
        return Curve(lines=tuple(lines), x="axis.layer", y="axis.norm", log_y=True)

    def learning(self) -> Curve:
        """The loss of the nets in hand as they train, beside that of tossing a coin."""
        own, lines = self.settings["activation"], []
        for kind in sorted(KINDS, key=lambda kind: kind == own):
            y = np.array(self.losses[kind])
            role = "sum" if kind == own else "raw"
            x = SMOOTH * np.arange(len(y))
            lines.append(Line(word=f"option.{kind}", x=x, y=y, role=role, hue=KINDS.index(kind)))
        end = self.limit * LESSONS
        coin = Line(word="series.coin", x=np.array([0, end]), y=np.full(2, np.log(2)), role="target")
        return Curve(lines=(coin, *lines), limits=(0, end, 0.0, 0.9), y="axis.loss")

    def times(self) -> Curve:
        """Milliseconds over the number of parameters, as far as it is measured."""
        rows = np.array(self.rows)
        names = ("series.numeric", "series.backprop", "series.forward")
        lines = tuple(Line(word=word, x=rows[:, 0], y=rows[:, 2 + k], hue=k) for k, word in enumerate(names))
        dots = (Dots(word="series.numeric", x=rows[:, 0], y=rows[:, 2]),)
        limits = (5.0, 1500.0, None, None)
        return Curve(
            lines=lines, dots=dots, x="axis.size", y="axis.ms", log_x=True, log_y=True, limits=limits
        )

    def pushes(self) -> Curve:
        """How far the finite difference is off backpropagation, over the push."""
        y = np.array([errors(*self.shape, push) for push in PUSHES])
        line = Line(word="series.off", x=np.array(PUSHES), y=np.maximum(y, 1e-16), hue=0)
        return Curve(
            lines=(line,), x="axis.push", y="axis.off", log_x=True, log_y=True, cursor=self.settings["push"]
        )

    def work(self) -> Numbers:
        """What a gradient of the net in hand takes, counted."""
        now, s = self.now, self.settings
        n, forward, backward = (int(now[name]) for name in ("parameters", "forward", "backward"))
        first, last = now["norms"][0], now["norms"][-2]
        fate = "note.ratio" if last else "note.dead"
        lines = (
            self.line(f"n = {n:,}", "parameters", note="note.parameters"),
            self.line(f"{forward:,}", "forward", note="note.forward"),
            self.line(f"{backward:,}", "backward", note="note.backward"),
            self.line(f"1 + {backward:,}/{forward:,} = {1 + backward / forward:.2f}", "backward", note="note.passes"),
            self.line(f"n + 1 = {n + 1:,}", "parameters", note="note.numeric"),
            self.line(f"{first:.2g} / {last:.2g} = {self.ratio:.2g}", "norms", note=fate),
            self.line(f"h = {s['push']:g}: {float(now['error']):.1e}", "error", note="note.error"),
            self.line(f"{float(now['moved']):.2g}", "moved", note="note.moved"),
        )  # fmt: skip
        return Numbers(steps=lines)

    def clock(self) -> Table:
        """A row a size: forward passes counted, milliseconds measured."""
        rows = tuple(
            (size, passes, round(slow, 3), round(fast, 3), round(slow / fast, 1))
            for size, passes, slow, fast, _ in self.rows
        )
        names = ("size", "passes", "numeric", "backprop", "gain")
        columns = tuple(f"column.{name}" for name in names)
        return Table(columns=columns, rows=rows, chosen=len(rows) - 1)

    def passes(self) -> float:
        """What the gradient costs in the chosen way, in forward passes."""
        if self.settings["method"] == "numeric":
            return float(self.now["parameters"] + 1)
        return 1 + float(self.now["backward"] / self.now["forward"])

    def metrics(self) -> Mapping[str, float]:
        return {"ratio": self.ratio, "error": float(self.now["error"])}

    def facts(self) -> Mapping[str, Any]:
        found = {name: float(self.now[name]) for name in ("error", "moved", "parameters")}
        return {**found, "ratio": self.ratio, "passes": self.passes(), "counted": self.rows[-1][:2],
                "loss": self.losses[self.settings["activation"]][-1]}  # fmt: skip
