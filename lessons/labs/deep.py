"""Deep nets on spirals, layer by layer: histograms, spreads and gradients, with or without normalization."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine import random
from engine.network import Network
from engine.program import Program
from engine.trainer import Trainer
from lessons.data import generators
from lessons.labs.base import Training
from lessons.labs.functions import sigmoid
from lessons.labs.written import index
from lessons.views import Bars, Curve, Dots, Grid, Hist, Line, Plane, Strip

BINS = 48
SPAN = {"z": (-3.0, 3.0), "a": (0.0, 1.0)}
FIELD = (72, 48)  # cells of a class field, across and up
SURFACE = (25, 17)  # points of a loss surface, across and up
EVERY = 250  # updates between two loss surfaces
HEIGHTS = (0.0, 2.0)  # of the loss in pictures of its surface, so that nets with and without norm compare
ALONG = np.linspace(-1, 1, 41)
CHANNELS = 4  # of a layer's units, for norms that know channels


def normalize(net: Network, x: int, norm: str, name: str, affine: bool, share: float) -> int:
    """The node x, normalized; none: x itself. share: what running statistics take from each batch."""
    match norm:
        case "batch" | "after":
            return net.batch_norm(x, momentum=share, affine=affine, name=name)
        case "layer":
            return net.layer_norm(x, affine=affine, name=name)
        case "group":
            return net.group_norm(x, 2, affine=affine, channels=CHANNELS, name=name)
        case "instance":
            return net.instance_norm(x, affine=affine, channels=CHANNELS, name=name)
    return x


def by_name(program: Program, theta: np.ndarray) -> dict[str, np.ndarray]:
    """The parts of θ by the name of their parameter."""
    sizes = {name: int(np.prod(block.parameter.shape)) for name, block in program.blocks.items()}
    return {name: theta[block.offset : block.offset + sizes[name]] for name, block in program.blocks.items()}


class Deep(Training):
    """A net of `depth` layers of `width` units on spirals; `norm` stands before the activation ("after": behind).

    Switching `norm` on the way keeps all weights and starts a new story from there. Nets that differ in their
    norm start from the same weights. Training errors are measured with the statistics of the batch, here all
    examples; validation with running ones. Settings that an experiment has no control for stand in DEFAULTS.
    """

    DEFAULTS: Mapping[str, Any] = {
        "arms": 2, "turns": 1.5, "examples": 400, "depth": 5, "width": 16, "activation": "sigmoid",
        "norm": "none", "affine": "on", "spread": 1.0, "p": 0.9, "batch": 50, "optimizer": "sgd",
        "momentum": 0.9, "rate": 0.1, "updates": 1200, "see": "z",
    }  # fmt: skip
    LIVE = ("rate", "momentum", "optimizer")
    sparse_every = 25
    records = False
    looks = frozenset({"see"})

    def __init__(self, settings: Mapping[str, Any], seed: int):
        self.given = {**self.DEFAULTS, **settings}
        count, arms, turns = (self.given[name] for name in ("examples", "arms", "turns"))
        self.x, self.y = generators.spirals(count, seed, turns, arms=arms)
        self.check = generators.spirals(count, seed + 1_000_003, turns, arms=arms)
        self.before = 0  # updates of earlier trainers
        self.story = int(self.given["updates"])
        super().__init__(settings, seed, self._trainer(seed, self.given), self.story)
        self._kept: dict[str, tuple[Any, Any]] = {}

    # The net

    def _network(self, norm: str) -> Network:
        own, net = self.given, Network()
        x, fan = net.input(2), 2
        if norm == "input":
            x = net.batch_norm(x, momentum=1 - own["p"], affine=False, name="norm-input")
        for k in range(1, own["depth"] + 1):
            std = own["spread"] * self._gain() * (2 / (fan + own["width"])) ** 0.5
            x, fan = net.dense(x, own["width"], name=f"layer-{k}", init="normal", std=std), own["width"]
            parts = (norm, f"norm-{k}", own["affine"] == "on", 1 - own["p"])
            if norm != "after":
                x = normalize(net, x, *parts)
            x = net.activation(x, own["activation"], name=f"bend-{k}")
            if norm == "after":
                x = normalize(net, x, *parts)
        if own["arms"] > 2:
            net.loss(net.dense(x, own["arms"], name="output", init="xavier"), "cross-entropy")
        else:
            net.loss(net.dense(x, 1, name="output", init="xavier"), "binary-cross-entropy")
        return net

    def _gain(self) -> float:
        return 2**0.5 if self.given["activation"] == "relu" else 1.0

    def _trainer(self, seed: int, own: Mapping[str, Any], weights: Mapping[str, np.ndarray] | None = None):
        """A trainer whose θ takes `weights` by name, else those of the plain net; γ is 1, β 0."""
        if weights is None:
            plain = Program(self._network("none"))
            weights = by_name(plain, plain.initial(seed))
        net = self._network(own["norm"])
        program = Program(net)
        theta = program.initial(seed)
        for name, part in by_name(program, theta).items():
            if name in weights and weights[name].size == part.size:
                part[:] = weights[name]
        x, y = self._examples()
        options = {name: own[name] for name in ("optimizer", "rate")}
        options |= {"momentum": own["momentum"]} if own["optimizer"] == "momentum" else {}
        # Two of the same example have the mean and variance of one: so a batch of one can be trained.
        single = own["batch"] == 1
        x, y = (np.repeat(x, 2, axis=0), np.repeat(y, 2, axis=0)) if single else (x, y)
        rows = 2 if single else min(own["batch"], len(x))
        return Trainer(net, x, y, batch=rows, seed=seed, shuffle=not single, theta=theta, **options)

    def _examples(self) -> tuple[np.ndarray, np.ndarray]:
        return self.x, self._targets(self.y)

    def _targets(self, y: np.ndarray) -> np.ndarray:
        return y if self.given["arms"] > 2 else y[:, None]

    @property
    def step(self) -> int:
        return self.before + self.trainer.step

    @property
    def columns(self) -> tuple[str, ...]:
        return (*self.trainer.columns, "chance")

    def train(self, updates: int) -> np.ndarray:
        """Some updates; a model that keeps a record adds to it at every `sparse_every`th, in a replay too."""
        done: list[np.ndarray] = []
        while updates > 0:
            asked = min(updates, self.sparse_every - self.step % self.sparse_every)
            done.append(super().train(asked if self.records else updates))
            updates -= max(asked, len(done[-1]))
            if len(done[-1]) < asked:
                break
            if self.records and self.step % self.sparse_every == 0:
                self.record()
        rows = np.concatenate(done) if done else np.empty((0, len(self.trainer.columns)))
        return np.column_stack([rows, np.full(len(rows), np.log(self.given["arms"]))])

    def record(self) -> None:
        """Remember what is measured at the present update; for subclasses with `records`."""

    def set(self, control: str, value: Any) -> None:
        old = self.given.get(control)
        super().set(control, value)
        self.given[control] = value
        if control not in self.looks:
            self._kept = {}
        if control == "norm" and value != old:
            weights = by_name(self.trainer.program, self.trainer.theta)
            self.before = self.step
            self.trainer = self._trainer(self.seed, self.given, weights)
            self.limit, self._kept = self.before + self.story, {}

    def state(self) -> Sequence[Any]:
        return (*super().state(), self.before, self.limit)

    def restore(self, state: Sequence[Any]) -> None:
        settings, trained, self.before, self.limit = state
        if settings.get("norm") != self.settings.get("norm"):
            self.given["norm"] = settings["norm"]
            self.trainer = self._trainer(self.seed, self.given)
        self.given |= settings
        self._kept = {}
        super().restore((settings, trained))

    def once(self, name: str, make: Any, every: int = 1) -> Any:
        """`make()`, measured once for the same `every` updates."""
        at = (self.before, self.trainer.step // every, self.step == self.limit)
        if self._kept.get(name, (None,))[0] != at:
            self._kept[name] = (at, make())
        return self._kept[name][1]

    # What it is like

    def node(self, name: str) -> int:
        """The handle of a node by its name."""
        return next(k for k, node in enumerate(self.trainer.program.nodes) if node.name == name)

    def entrance(self, layer: int) -> np.ndarray:
        """(N, width) what goes into a layer's activation, with the statistics of all examples."""
        name = f"bend-{layer}"
        return self.trainer.predict(self.x, node=self.node(name) - 1, mode="batch").astype(np.float64)

    def outputs(self, layer: int) -> np.ndarray:
        """(N, width) a layer's activations, with the statistics of all examples."""
        return self.trainer.predict(self.x, node=self.node(f"bend-{layer}"), mode="batch").astype(np.float64)

    @property
    def layers(self) -> range:
        return range(1, self.given["depth"] + 1)

    def spreads(self) -> list[float]:
        """How far a unit's z differs between examples: its sd, a mean over each layer's units."""
        return self.once("spreads", lambda: [float(self.entrance(k).std(axis=0).mean()) for k in self.layers])

    def slopes(self) -> list[float]:
        """|∂L/∂W| of each layer, with the statistics of all examples."""

        def measure() -> list[float]:
            slope = by_name(
                self.trainer.program, self.trainer.gradient(self.x, self._targets(self.y), mode="batch")
            )
            return [float(np.linalg.norm(slope[f"layer-{k}.weight"])) for k in self.layers]

        return self.once("slopes", measure)

    def training(self) -> Mapping[str, float]:
        """Loss and accuracy on the training examples, with their own statistics."""
        return self.once("training", lambda: self.trainer.evaluate(*self._examples(), mode="batch"))

    def validation(self, mode: str = "evaluate") -> float:
        """Accuracy on new examples, with running statistics unless asked."""
        x, y = self.check
        return self.once(mode, lambda: self.trainer.evaluate(x, self._targets(y), mode=mode)["accuracy"])

    def sparse(self) -> Mapping[str, float]:
        return {"training-accuracy": self.training()["accuracy"], "validation-accuracy": self.validation()}

    def metrics(self) -> Mapping[str, float]:
        return {"loss": self.training()["loss"], "training-accuracy": self.training()["accuracy"]}

    def facts(self) -> Mapping[str, Any]:
        return {"spreads": self.spreads(), "slopes": self.slopes(), "validation": self.validation()}

    # Pictures

    def look(self, view: str, past: Sequence[Any]) -> Any:
        return getattr(self, view)()

    def strips(self) -> Hist:
        """A strip a layer: its z, each unit's mean taken off, or its activations as they are."""
        see = self.given["see"]
        lo, hi = SPAN[see]
        strips = []
        for k in self.layers:
            values = self.outputs(k) if see == "a" else self.entrance(k)
            values = values if see == "a" else values - values.mean(axis=0)
            counts = np.histogram(np.clip(values, lo, hi), BINS, (lo, hi))[0]
            strips.append(Strip(word=f"={k}", counts=counts))
        return Hist(strips=tuple(strips), lo=lo, hi=hi, x=f"axis.{see}")

    def grid(self) -> Grid:
        """A row a layer: sd of z and of a between examples, log₁₀ of its gradient."""
        rows = []
        for k, spread, slope in zip(self.layers, self.spreads(), self.slopes(), strict=True):
            rows.append((spread, self.outputs(k).std(axis=0).mean(), np.log10(max(slope, 1e-12))))
        names = tuple(f"={k}" for k in self.layers)
        columns = ("column.sd-z", "column.sd-a", "column.log-g")
        return Grid(values=np.array(rows), rows=names, cols=columns, tensor="layer", digits=4)

    def gradients(self) -> Bars:
        """The gradient of each layer, as log₁₀."""
        values = np.log10(np.maximum(self.slopes(), 1e-12))
        return Bars(labels=tuple(f"=W{index(k)}" for k in self.layers), values=values, word="series.log-g")

    def directions(self, trainer: Trainer | None = None) -> np.ndarray:
        """(2, P) random directions of the layers' weights, each unit's as long as its own weights (Li et al. 2018).

        They are the same for nets that differ in their norm only.
        """
        trainer = trainer or self.trainer
        program, theta = trainer.program, trainer.theta.astype(np.float64)
        found = np.zeros((2, program.size))
        for row in range(2):
            parts = by_name(program, found[row])
            for name, own in by_name(program, theta).items():
                if not name.endswith(".weight") or name.startswith("output"):
                    continue
                shape = program.blocks[name].parameter.shape
                number = sum(map(ord, name)) + 1000 * row  # by name: norms shift the places in θ
                drawn = random.normals(self.seed, random.DATA, number, own.size, 0).reshape(shape)
                length = np.linalg.norm(own.reshape(shape), axis=0) / np.linalg.norm(drawn, axis=0)
                parts[name][:] = (drawn * length).ravel()
        return found

    def surface(self) -> Plane:
        """The loss around the present weights along two random directions, with the statistics of the batch."""

        def measure() -> np.ndarray:
            xs, ys = np.linspace(-1, 1, SURFACE[0]), np.linspace(-1, 1, SURFACE[1])
            across, up = np.meshgrid(xs, ys)
            moves = np.stack([across.ravel(), up.ravel()], axis=1) @ self.directions()
            points = self.trainer.theta.astype(np.float64) + moves
            return self.trainer.survey(range(self.trainer.program.size), points, "batch").reshape(
                across.shape
            )

        field = self.once("surface", measure, EVERY)
        dot = Dots(word="dot.now", x=np.zeros(1), y=np.zeros(1), mark="now")
        return Plane(
            extent=(-1.0, 1.0, -1.0, 1.0), field=field, scale="linear", levels=HEIGHTS, dots=(dot,),
            x="axis.first-direction", y="axis.second-direction",
        )  # fmt: skip

    def slices(self) -> Curve:
        """The loss along one random direction, of the net without norm and of the one with: the same weights."""

        def measure() -> list[np.ndarray]:
            weights, found = by_name(self.trainer.program, self.trainer.theta), []
            for norm in ("none", "batch"):
                own = self._trainer(self.seed, {**self.given, "norm": norm}, weights)
                along = self.directions(own)[0]
                points = own.theta.astype(np.float64) + np.multiply.outer(ALONG, along)
                found.append(own.survey(range(own.program.size), points, "batch"))
            return found

        heights = self.once("slices", measure, EVERY)
        lines = tuple(
            Line(word=f"control.norm.{norm}", x=ALONG.copy(), y=height, role="part", hue=hue)
            for hue, (norm, height) in enumerate(zip(("none", "batch"), heights, strict=True))
        )
        return Curve(lines=lines, x="axis.first-direction", limits=(None, None, *HEIGHTS))

    def field(self) -> Plane:
        """The class that the net gives each place, with running statistics, under the training examples."""
        reach = 2.2
        across, up = np.meshgrid(np.linspace(-reach, reach, FIELD[0]), np.linspace(-reach, reach, FIELD[1]))
        z = self.trainer.predict(np.stack([across.ravel(), up.ravel()], axis=1))
        if self.given["arms"] > 2:
            values = z.argmax(axis=1).astype(float)
        else:
            values = sigmoid(z[:, 0])
        dots = tuple(
            Dots(word=f"series.arm-{c}", x=self.x[self.y == c, 0].copy(), y=self.x[self.y == c, 1].copy(),
                 group=np.full(int((self.y == c).sum()), c))
            for c in range(self.given["arms"])
        )  # fmt: skip
        return Plane(
            extent=(-reach, reach, -reach, reach), field=values.reshape(across.shape), scale="class",
            dots=dots, x="axis.x1", y="axis.x2",
        )  # fmt: skip
