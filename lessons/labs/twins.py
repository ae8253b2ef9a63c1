"""Logistic and linear regression by the same update: the same start, the same data, only f differs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from engine.data import Standardizer
from engine.model import Result
from engine.network import Network
from lessons.data import pokedex, pokemon
from lessons.labs import race
from lessons.labs.functions import sigmoid
from lessons.labs.written import by_hand, signed
from lessons.views import Curve, Dots, Line, Numbers, Step, Table

UPDATES = 400
EXTENT = (-3.0, 3.0, -2.0, 2.0)  # w across, b up
SHOWN = ("Cloyster", "Squirtle", "Magikarp", "Chansey", "Rattata", "Snorlax")
FARTHEST = "Cloyster"  # the Water Pokémon that the learner carries away
CLASSES = ("water", "normal")
LOSSES = {"logistic": "binary-cross-entropy", "linear": "mse", "square": "mse"}


def chosen() -> list[int]:
    """The rows of the table that train, in the order of the training examples."""
    dex = pokedex()
    return [k for k, kinds in enumerate(dex.types) if dex.number[k] < 400 and kinds[0] in ("Water", "Normal")]


class Twin(race.Runner):
    """ŷ (1: Water, 0: Normal) from Defense in standard deviations from its mean; θ is (w, b).

    Settings: model (logistic; linear; square: σ under square error), defense (Cloyster's), start, rate.
    """

    def __init__(self, settings: Mapping[str, Any], seed: int):
        x, y, *_ = pokemon(("defense",))
        self.scale = Standardizer.fit(x)  # with Cloyster at home
        names = [pokedex().name[k] for k in chosen()]
        self.raw, self.y = x[:, 0].copy(), 1.0 - y
        self.rows = [names.index(name) for name in SHOWN]
        self.raw[names.index(FARTHEST)] = settings["defense"]
        self.x = self.scale.apply(self.raw[:, None])[:, 0]
        model = settings["model"]
        net = Network()
        f = net.dense(net.input(1), 1, name="line")
        net.loss(net.activation(f, "sigmoid", name="f") if model == "square" else f, LOSSES[model])
        # The lecture halves the square; the engine does not, so its slope is twice the lecture's.
        self.factor = 1.0 if model == "logistic" else 0.5
        data, rate = (self.x[:, None], self.y[:, None]), self.factor * settings["rate"]
        trainer = race.trainer(settings, seed, net, *data, start=settings["start"], rate=rate)
        super().__init__(settings, seed, trainer, UPDATES, extent=EXTENT, names=("=w", "=b"))
        self.first = self.slopes(), self.by_hand()

    def set(self, control: str, value: Any) -> None:
        self.settings[control] = value
        if control == "rate":
            self.trainer.set("rate", self.factor * value)

    def restore(self, state: Sequence[Any]) -> None:
        mine = self.settings["example"]  # what is looked at is the learner's
        super().restore(state)
        self.settings["example"] = mine

    def act(self, action: str) -> Mapping[str, Any] | None:
        """The next of the six."""
        return {"example": (int(self.settings["example"]) + 1) % len(SHOWN)}

    def fault(self) -> Mapping[str, Any] | None:
        found = super().fault()
        return found and {**found, "rate": found["rate"] / self.factor}  # as the learner set it

    def output(self, x: np.ndarray) -> np.ndarray:
        """f of standardized x."""
        w, b = self.trainer.theta
        return w * x + b if self.settings["model"] == "linear" else sigmoid(w * x + b)

    def slopes(self) -> np.ndarray:
        """(∂L/∂w, ∂L/∂b) by the engine, of the mean loss with the lecture's half."""
        return self.factor * self.trainer.gradient()

    def by_hand(self) -> np.ndarray:
        """The mean of −(ŷ − f)·x, and of −(ŷ − f)."""
        miss = -(self.y - self.output(self.x))
        return np.array([(miss * self.x).mean(), miss.mean()])

    def border(self) -> float:
        """The Defense at which f is one half."""
        w, b = self.trainer.theta
        level = 0.5 if self.settings["model"] == "linear" else 0.0
        at = (level - b) / w if w else np.nan
        return float(self.scale.mean[0] + self.scale.deviation[0] * at)

    def look(self, view: str, past: Sequence[Result]) -> Any:
        """As the only arm."""
        name = self.settings["model"]
        return PICTURES[view]({name: self}, name, past)

    def metrics(self) -> Mapping[str, float]:
        return {"border": self.border(), "least-f": float(self.output(self.x).min()),
                "most-f": float(self.output(self.x).max())}  # fmt: skip

    def facts(self) -> Mapping[str, Any]:
        far = self.rows[SHOWN.index(FARTHEST)]
        return {
            **super().facts(),
            "slopes": tuple(self.first[0].tolist()),
            "by-hand": tuple(self.first[1].tolist()),
            "miss": float(self.y[far] - self.output(self.x[far])),
        }


def fits(arms: race.Arms, chosen: str, past: Sequence[Result]) -> Curve:
    """What each arm gives for every Defense, over the examples at 1 and at 0; its border where f is one half."""
    ready = race.begun(arms, chosen)
    front = ready[-1][1]
    raw = np.linspace(0.0, max(200.0, 1.05 * float(front.raw.max())), 161)
    x = front.scale.apply(raw[:, None])[:, 0]
    lines = [Line(word="series.half", x=raw[[0, -1]], y=np.full(2, 0.5), role="ghost")]
    lines += [
        Line(word=f"arm.{name}", x=raw, y=np.clip(model.output(x), -9, 9), role="sum", hue=race.hue(arms, name))
        for name, model in ready
    ]  # fmt: skip
    dots = [
        Dots(word=f"series.{name}", x=front.raw[front.y == c], y=front.y[front.y == c],
             group=np.full(int((front.y == c).sum()), 2 + k))
        for k, (c, name) in enumerate(zip((1, 0), CLASSES, strict=True))
    ]  # fmt: skip
    one = front.rows[int(front.settings["example"])]
    dots.append(Dots(word="dot.example-in-hand", x=front.raw[[one]], y=front.y[[one]], mark="now"))
    return Curve(
        lines=tuple(lines),
        dots=tuple(dots),
        x="axis.defense",
        y="=f",
        limits=(0.0, float(raw[-1]), -0.5, 1.75),
    )


def terms(arms: race.Arms, chosen: str, past: Sequence[Result]) -> Table:
    """Six examples: ŷ − f and the term (ŷ − f)·x of each arm."""
    ready = sorted(race.begun(arms, chosen), key=lambda pair: list(arms).index(pair[0]))
    front = ready[0][1]
    rows = []
    for name, k in zip(SHOWN, front.rows, strict=True):
        cells = [f"={front.y[k]:.0f}", round(float(front.x[k]), 2)]
        for _, model in ready:
            miss = float(model.y[k] - model.output(model.x[k]))
            cells += [round(miss, 2), round(miss * float(model.x[k]), 2)]
        rows.append((f"={name}", *cells))
    heads = ["pokemon", "target", "x"]
    for name, _ in ready:
        heads += [f"miss-{name}", f"term-{name}"]
    return Table(
        columns=tuple(f"column.{head}" for head in heads),
        rows=tuple(rows),
        chosen=int(front.settings["example"]),
    )


def numbers(arms: race.Arms, chosen: str, past: Sequence[Result]) -> Numbers:
    """The example in hand, then the whole update, of each arm."""
    ready = sorted(race.begun(arms, chosen), key=lambda pair: list(arms).index(pair[0]))
    front = ready[0][1]
    k = front.rows[int(front.settings["example"])]
    x, y = float(front.x[k]), int(front.y[k])
    mean, sd = float(front.scale.mean[0]), float(front.scale.deviation[0])
    steps = [
        Step(text=f"x = ({front.raw[k]:.0f} − {mean:.1f}) / {sd:.1f} = {x:.2f}", note="note.example-in-hand")
    ]
    for name, model in ready:
        w, b = model.trainer.theta
        f = float(model.output(np.array([x]))[0])
        inner = f"{plain(w, 2)}·{signed(x)} + {plain(b, 2, True)}"
        inner = inner if model.settings["model"] == "linear" else f"σ({inner})"
        term = f"−({y} − {plain(f, 3, True)})·{signed(x)} = {plain(-(y - f) * x, 3)}"
        steps.append(Step(text=f"f = {inner} = {plain(f, 3)}", note=f"arm.{name}"))
        steps.append(Step(text=term, note="note.term", hot=True))
    for name, model in ready:
        hand, engine = model.by_hand()[0], model.slopes()[0]
        w, rate = float(model.trainer.theta[0]), float(model.settings["rate"])
        step = f"{plain(w, 3)} − {rate:g}·{plain(engine, 3, True)} = {plain(w - rate * engine, 3)}"
        steps.append(Step(text=f"Σ / {len(model.x)} = {plain(hand, 10)}", note=f"arm.{name}"))
        steps.append(Step(text=f"∂L/∂w = {plain(engine, 10)}", note="note.engine"))
        steps.append(Step(text=f"w ← {step}", note="note.next"))
    return by_hand(steps)


def plain(value: float, digits: int, factor: bool = False) -> str:
    """A number with so many decimals, or with a power of ten once it runs away; factor: in brackets if negative."""
    text = f"{value:.{digits}f}" if abs(value) < 1e4 else f"{value:.1e}"
    negative = factor and text.startswith("-") and float(text) != 0
    return f"({text})" if negative else text


PICTURES: Mapping[str, Callable] = {
    "fits": fits,
    "terms": terms,
    "numbers": numbers,
    "ways": race.paths,
}
