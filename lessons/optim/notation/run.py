"""Two updates of SGDM with every symbol named; a line learned from pairs that come one by one, or all at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from engine.model import Result
from engine.network import Network
from engine.trainer import Trainer
from lessons.data.generators import draws
from lessons.labs import race
from lessons.labs.functions import best_line
from lessons.labs.map import Map, Symbol
from lessons.labs.written import index
from lessons.optim.notation.experiments import SYMBOLS
from lessons.views import Curve, Dots, Line, Step

X, LABEL = np.array([[1.0], [2.0], [3.0]]), np.array([[2.0], [4.0], [6.0]])  # y = θ·x, the best θ is 2
ETA, START = 0.02, 0.0
RANGE = (-0.5, 4.0)
PAIRS = 300
TRUE = (1.0, 2.0)  # b, w of the line behind the pairs
FROM = (-1.0, -1.0)  # w, b of update 0
EXTENT = (-1.5, 2.5, -1.5, 3.0)


# Every symbol of two updates.


def slope(theta: float) -> tuple[float, float]:
    """Σ L(θ; x) over the three pairs, and its gradient."""
    net = Network()
    net.loss(net.dense(net.input(1), 1, name="line", bias=False), "mse", "sum")
    trainer = Trainer(net, X, LABEL, dtype="float64", theta=[theta])
    return trainer.evaluate()["loss"], float(trainer.gradient()[0])


class Symbols(Map):
    """θ, g and m of two updates of m_{t+1} = λ m_t − η g_t, θ_{t+1} = θ_t + m_{t+1}."""

    symbols = (
        Symbol("theta0", "=θ₀", 0.0, 0.0),
        Symbol("g0", "=g₀", 0.17, 0.5, ("theta0",)),
        Symbol("m1", "=m₁", 0.33, 1.0, ("g0",)),
        Symbol("theta1", "=θ₁", 0.5, 0.0, ("theta0", "m1")),
        Symbol("g1", "=g₁", 0.67, 0.5, ("theta1",)),
        Symbol("m2", "=m₂", 0.83, 1.0, ("m1", "g1")),
        Symbol("theta2", "=θ₂", 1.0, 0.0, ("theta1", "m2")),
    )

    def values(self, pushed: Callable[[str, float], float]) -> Mapping[str, float]:
        found = {"theta0": pushed("theta0", START)}
        m = 0.0
        for t in (0, 1):
            theta = found[f"theta{t}"]
            found[f"g{t}"] = pushed(f"g{t}", slope(theta)[1])
            m = found[f"m{t + 1}"] = pushed(f"m{t + 1}", self.settings["momentum"] * m - ETA * found[f"g{t}"])
            found[f"theta{t + 1}"] = pushed(f"theta{t + 1}", theta + m)
        return found

    def about(self, symbol: Symbol) -> Sequence[Step]:
        now, lam = self.now, self.settings["momentum"]
        kind, t = symbol.id.rstrip("012"), int(symbol.id[-1])
        old, sub, last = t - 1, index(t), index(t - 1)
        value = float(now[symbol.id])
        steps = [self.line(f"{symbol.label[1:]} = {value:.4g}", symbol.id, note=f"note.{kind}")]
        if kind == "theta":
            steps.append(self.line(f"Σ L(θ{sub}; x) = {slope(value)[0]:.4g}", symbol.id, note="note.loss"))
            if t:
                text = f"θ{sub} = θ{last} + m{sub} = {now[f'theta{old}']:.4g} + {now[f'm{t}']:.4g}"
                steps.append(self.line(text, symbol.id, note="note.moved"))
        elif kind == "g":
            steps.append(
                self.line(
                    f"g{sub} = ∇L(θ{sub}) = 28·({now[f'theta{t}']:.4g} − 2)", symbol.id, note="note.taken"
                )
            )
            steps.append(self.line(f"→ m{index(t + 1)}", note="note.used-by"))
        else:
            parts = f"{lam:g}·{now[f'm{old}']:.4g} − " if old else "−"
            steps.append(
                self.line(f"m{sub} = {parts}{ETA:g}·({now[f'g{old}']:.4g})", symbol.id, note="note.gathered")
            )
            steps.append(self.line(f"→ θ{sub}", note="note.used-by"))
        reached = self.reached()
        names = {s.id: s.label[1:] for s in self.symbols}
        text = ", ".join(names[one] for one in reached) if reached else "–"
        return [*steps, Step(text=text, note="note.reached", hot=self.settings["nudge"] == "on")]

    def goal(self) -> Curve:
        """Σ L(θ; x) over θ, with θ₀, θ₁ and θ₂ on it."""
        xs = np.linspace(*RANGE, 120)
        there = np.array([float(self.now[f"theta{t}"]) for t in range(3)])
        line = Line(word="series.total", x=xs, y=np.array([slope(x)[0] for x in xs]), role="sum")
        heights = np.array([slope(x)[0] for x in there])
        marks = ("start", "", "now")
        dots = tuple(
            Dots(word=f"=θ{index(t)}", x=there[[t]], y=heights[[t]], mark=marks[t], group=np.array([t]))
            for t in range(3)
        )
        return Curve(lines=(line,), dots=dots, x="=θ", limits=(*RANGE, 0, None))

    def facts(self) -> Mapping[str, Any]:
        """With the weight that g₀ has in m₂ while g₁ is held."""
        return {**super().facts(), "weight": -self.settings["momentum"] * ETA}


def used_for(result: Result) -> str:
    """The first θ or g that a push of m₁ reaches."""
    held = Symbols({**result.settings, "pick": SYMBOLS.index("m1")}, result.seed)
    return {"theta0": "before", "g0": "slope", "theta1": "next"}[held.reached()[0]]


def goes_forward(runs: Mapping[str, Result]) -> bool:
    """What is pushed reaches θ₁ and neither θ₀ nor g₀."""
    reached = runs["map"].facts["reached"]
    return "theta1" in reached and not {"theta0", "g0"} & set(reached)


def gathers(runs: Mapping[str, Result]) -> bool:
    """A push of g₀ is in m₁, and still in m₂ with g₁ as it was."""
    facts = runs["map"].facts
    return "m1" in facts["reached"] and facts["weight"] != 0


# Pair by pair, or all pairs at once.


class Pairs(race.Runner):
    """b and w of a line. Online: update t sees pair t only, once in its life. Offline: every update sees all."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        g = draws(seed, 61)
        x = g.uniform(-1, 1, (PAIRS, 1))
        y = TRUE[0] + TRUE[1] * x + g.normal(0, 1, (PAIRS, 1)) * settings["scatter"]
        self.pairs = x, y
        lowest = best_line(x, y[:, 0])
        batch = 1 if settings["feed"] == "online" else None
        trainer = race.trainer(settings, seed, self.line(), x, y, start=FROM, batch=batch)
        self.judge = Trainer(self.line(), x, y, dtype="float64", theta=FROM)
        seen = {"extent": EXTENT, "axes": (1, 0), "names": ("=b", "=w"), "best": tuple(lowest.tolist())}
        super().__init__(settings, seed, trainer, PAIRS, **seen)

    @staticmethod
    def line() -> Network:
        net = Network()
        net.loss(net.dense(net.input(1), 1, name="line"), "mse")
        return net

    def whole(self) -> np.ndarray:
        """(step + 1,) the loss over all pairs before every update and now."""
        theta = np.column_stack([self.series(entry) for entry in (0, 1)])
        return self.judge.survey((0, 1), theta)

    def strides(self) -> np.ndarray:
        """(step,) how far each update moves θ."""
        return np.hypot(np.diff(self.series(0)), np.diff(self.series(1)))

    def look(self, view: str, past: Sequence[Result]) -> Any:
        return PICTURES[view]({self.settings["feed"]: self}, self.settings["feed"], past)

    def metrics(self) -> Mapping[str, float]:
        late = self.strides()[-100:]
        return {"loss": float(self.whole()[-1]), "jitter": float(late.mean()) if len(late) else 0.0}


def _curves(
    values: Callable[[Pairs], np.ndarray], arms: Mapping[str, Pairs], chosen: str, **options: Any
) -> Curve:
    lines = []
    for name, model in race.begun(arms, chosen):
        y = values(model)
        word = f"arm.{name}"
        lines.append(Line(word=word, x=np.arange(len(y)), y=y, hue=race.hue(arms, name)))
    return Curve(lines=tuple(lines), log_y=True, **options)


def losses(arms: Mapping[str, Pairs], chosen: str, past: Sequence[Result]) -> Curve:
    return _curves(Pairs.whole, arms, chosen, limits=(0, PAIRS, None, None))


def steps(arms: Mapping[str, Pairs], chosen: str, past: Sequence[Result]) -> Curve:
    return _curves(Pairs.strides, arms, chosen, limits=(0, PAIRS, 1e-4, None))


PICTURES = {"plane": race.paths, "loss": losses, "steps": steps}


def own(experiment: str, settings: Mapping[str, Any]) -> Mapping[str, Callable]:
    return PICTURES


def calmer(result: Result) -> str:
    """Which of the two still moves less at the end, told from the online run and its twin."""
    if result.settings["feed"] != "online":
        return ""
    twin = Pairs({**result.settings, "feed": "offline"}, result.seed)
    twin.train(twin.limit)
    ratio = result.metrics["jitter"] / max(twin.metrics()["jitter"], 1e-12)
    return "offline" if ratio > 2 else "online" if ratio < 0.5 else "same"


def jitters(runs: Mapping[str, Result]) -> bool:
    """In its last 100 updates the online run moves ten times as far as the offline one."""
    return runs["online"].metrics["jitter"] > 10 * runs["offline"].metrics["jitter"]


def calms(runs: Mapping[str, Result]) -> bool:
    """With a fifth of the rate the steps are less than a third."""
    return runs["small"].metrics["jitter"] < runs["large"].metrics["jitter"] / 3
