"""η over time in the valley and in a deep net, and optimizers put together from three parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from engine.model import Model, Result
from engine.network import Network
from engine.trainer import Trainer
from lessons.data import cp10
from lessons.labs import race, schedules, valley
from lessons.labs.deepnet import Deep
from lessons.labs.race import curve, paths, standings
from lessons.views import Curve, Line

Runs = Mapping[str, Result]
FINE = 200  # straight pieces of a plan drawn by hand
GAMMA = {"exponential": ("exponential", {"gamma": 0.9995}), "step": ("step", {"every": 600, "gamma": 0.3})}
# The four minima of Himmelblau's function.
HILLS = ((3.0, 2.0), (-2.8051, 3.1313), (-3.7793, -3.2832), (3.5844, -1.8481))


# Decay


def drawn(heights: Sequence[float], updates: int) -> tuple[str, dict]:
    """The engine's schedule through heights that are powers of ten."""
    at = np.linspace(0, len(heights) - 1, FINE + 1)
    return "drawn", {
        "updates": updates,
        "heights": (10 ** np.interp(at, range(len(heights)), heights)).tolist(),
    }


class Decay(valley.Erupting):
    """The valley under mean RMS or Adagrad and a schedule."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        super().__init__(settings, seed, schedule=self.plan(settings))

    @staticmethod
    def plan(settings: Mapping[str, Any]) -> Any:
        name = settings["schedule"]
        if name == "drawn":
            return drawn(settings["heights"], int(settings["updates"]))
        return GAMMA.get(name, race.value_of(name))

    def set(self, control: str, value: Any) -> None:
        if control in ("schedule", "heights"):
            self.settings[control] = value
            self.trainer.set("schedule", self.plan(self.settings))
        else:
            super().set(control, value)

    def facts(self) -> Mapping[str, Any]:
        return {
            **super().facts(),
            "ways": [self.series(k)[:: max(1, self.limit // 100)].tolist() for k in (0, 1)],
        }

    def look(self, view: str, past: Sequence[Result]) -> Any:
        name = self.settings["schedule"]
        return PICTURES["decay"][view]({name: self}, name, past)


def powers(arms: race.Arms, chosen: str, past: Sequence[Result]) -> Curve:
    """log₁₀ of what each schedule makes of η, over the whole run; the drawn one first."""
    limit = max(model.limit for model in arms.values() if model is not None)
    x = np.unique(np.append(np.linspace(0, limit, FINE + 1).astype(int), np.arange(min(limit, 30))))
    lines = []
    for name, model in sorted(arms.items(), key=lambda pair: pair[0] != "drawn"):
        if model is None or name == "adagrad":
            continue
        rates = np.array([model.trainer.rate_at(int(t)) for t in x])
        with np.errstate(divide="ignore"):
            y = np.log10(rates / model.settings["rate"])
        y[~np.isfinite(y)] = np.nan
        word = f"arm.{name}" if len(arms) > 1 else "series.plan"
        lines.append(Line(word=word, x=x.astype(float), y=y, role="raw", hue=race.hue(arms, name)))
    return Curve(lines=tuple(lines), limits=(0.0, float(limit), -3.2, 0.7), x="axis.update", y="axis.power")


def decay(settings: Mapping[str, Any], seed: int) -> Model:
    return Decay(settings, seed)


def place(name: str) -> Callable[[Any], Any]:
    return lambda model: None if model.fault() else round(model.metrics()[name], 2)


def arrival(model: Any) -> int | None:
    at = model.facts()["arrival"]
    return at if at >= 0 else None


def eruptions(model: Any) -> int:
    return len(model.excursions())


# Warm-up


class Warm(Deep):
    """A deep tanh net on digits under Adam, with a start of η of the learner's choice."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        name = settings["schedule"]
        super().__init__(settings, seed, self.start(settings), name=name, pictures=PICTURES["warmup"])

    @staticmethod
    def start(settings: Mapping[str, Any]) -> Any:
        warm, updates = int(settings["warm"]), Deep.UPDATES
        match settings["schedule"]:
            case "warm-up":
                return "warm-up", {"warm": warm}
            case "wait":
                heights = [0.0 if t <= warm // 2 else 1.0 for t in range(updates + 1)]
                return "drawn", {"updates": updates, "heights": heights}
            case "drawn":
                return drawn(settings["heights"], updates)
        return None


def warmup(settings: Mapping[str, Any], seed: int) -> Model:
    return Warm(settings, seed)


# The builder


class Built(race.Runner):
    """One surface under the optimizer that m, σ and η^t make together."""

    UPDATES = 3000
    ARRIVED = 0.02  # of the box, in both directions
    LAST = 100  # updates at the end in which trembling is measured
    # (m, σ) → the engine's optimizer and its settings. A mean over all squares is Adam's with β₂ → 1.
    FORMS: ClassVar = {
        ("g", "one"): ("sgd", {}),
        ("momentum", "one"): ("momentum", {}),
        ("nesterov", "one"): ("nesterov", {}),
        ("g", "rms"): ("mean-rms", {}),
        ("momentum", "rms"): ("adam", {"decay": 1 - 1e-9}),
        ("nesterov", "rms"): ("nadam", {"decay": 1 - 1e-9}),
        ("g", "rmsprop"): ("rmsprop", {"decay": 0.99}),
        ("momentum", "rmsprop"): ("adam", {"decay": 0.99}),
        ("nesterov", "rmsprop"): ("nadam", {"decay": 0.99}),
        ("g", "amsgrad"): ("amsgrad", {"momentum": 0.0, "decay": 0.99}),
        ("momentum", "amsgrad"): ("amsgrad", {"decay": 0.99}),
        ("nesterov", "amsgrad"): ("nadam", {"decay": 0.99}),
    }
    PLANS: ClassVar = {
        "constant": None,
        "decay": "inverse-sqrt",
        "warm-up": ("warm-up", {"warm": 300}),
        "cosine": ("cosine", {"updates": UPDATES}),
    }
    # start, lowest places, box, η of the plain gradient, η over σ
    SURFACES: ClassVar = {
        "hills": ("himmelblau", (), (-0.5, -1.0), HILLS, (-5.0, 5.0, -5.0, 5.0), 0.01, 0.05),
        "bowl": ("quadratic", (0.5, 50.0), (10.0, 1.0), ((0.0, 0.0),), (-2.0, 12.0, -2.0, 2.0), 0.01, 0.1),
        "crescent": ("rosenbrock", (), (-1.5, 1.5), ((1.0, 1.0),), (-2.0, 2.0, -1.0, 3.0), 4e-4, 0.02),
        "cp10": ("", (), (-120.0, -4.0), ((-188.4332, 2.66945),), valley.EXTENT, 5.7e-7, 1.0),
    }  # fmt: skip
    NAMES: ClassVar = {"cp10": ("=b", "=w")}

    def __init__(self, settings: Mapping[str, Any], seed: int):
        kind, numbers, start, self.minima, box, plain, over = self.SURFACES[settings["surface"]]
        optimizer, more = self.FORMS[settings["mean"], settings["scale"]]
        self.eta = settings["rate"] * (plain if settings["scale"] == "one" else over)
        # The engine's m without σ is a sum: 1/(1 − μ) times as long as a mean.
        if settings["scale"] == "one" and settings["mean"] != "g":
            self.eta *= 0.1
        net, axes, data = Network(), (0, 1), ()
        if kind:
            net.surface(kind, numbers)
        else:
            net.loss(net.dense(net.input(1), 1, name="line"), "mse", reduction="sum")
            axes, data, start = (valley.BIAS, valley.WEIGHT), cp10(), start[::-1]
        given = {"optimizer": optimizer, "rate": self.eta, "schedule": self.PLANS[settings["plan"]], **more}
        trainer = Trainer(
            net, *data, theta=start, dtype="float64", shuffle=False, seed=seed, watch=axes, **given
        )
        names = self.NAMES.get(settings["surface"], ("=x", "=y"))
        super().__init__(
            settings, seed, trainer, self.UPDATES, extent=box, axes=axes, names=names, best=self.minima[0]
        )

    def off(self) -> np.ndarray:
        """(step + 1,) distance from the nearest lowest place, in widths of the box."""
        x0, x1, y0, y1 = self.extent
        way = np.stack([self.series(k) for k in self.axes], axis=1) / (x1 - x0, y1 - y0)
        goals = np.array(self.minima) / (x1 - x0, y1 - y0)
        return np.abs(way[:, None] - goals).max(axis=2).min(axis=1)

    def arrival(self) -> int | None:
        """The update after which it stays within ARRIVED."""
        away = np.flatnonzero(~(self.off() < self.ARRIVED))
        at = int(away[-1]) + 1 if len(away) else 0
        return at if at <= self.step else None

    def tremble(self) -> float:
        """The longest step of one entry in the last updates, in units of η."""
        steps = [np.abs(np.diff(self.series(k)[-self.LAST - 1 :])).max(initial=0) for k in self.axes]
        return float(max(steps) / self.eta)

    def facts(self) -> Mapping[str, Any]:
        return {**super().facts(), "arrival": self.arrival(), "tremble": self.tremble()}

    def look(self, view: str, past: Sequence[Result]) -> Any:
        name = self.settings["surface"]
        return PICTURES["builder"][view]({name: self}, name, past)


def alone(arms: race.Arms, chosen: str, past: Sequence[Result]) -> Any:
    """The chosen surface by itself: the other arms run on other surfaces."""
    return paths({chosen: arms[chosen]}, chosen, past)


def steps(arms: race.Arms, chosen: str, past: Sequence[Result]) -> Curve:
    """Length of each update of each arm in units of its η."""
    lines = []
    for name, model in race.begun(arms, chosen):
        moved = np.max([np.abs(np.diff(model.series(k))) for k in model.axes], axis=0) / model.eta
        x, y = race.envelope(np.arange(len(moved)), np.maximum(moved, 1e-9))
        lines.append(Line(word=f"arm.{name}", x=x, y=y, role="raw", hue=race.hue(arms, name)))
    return Curve(
        lines=tuple(lines), log_y=True, limits=(None, None, 1e-6, None), x="axis.update", y="axis.in-eta"
    )


def formed(model: Built) -> str:
    return f"form.{model.settings['mean']}-{model.settings['scale']}"


def builder(settings: Mapping[str, Any], seed: int) -> Model:
    return Built(settings, seed)


PICTURES = {
    "decay": {
        "plane": paths,
        "plan": powers,
        "off": valley.offs,
        "loss": curve("loss", log_x=True),
        "table": standings("plan", eruptions=eruptions, arrival=arrival, b=place("b"), w=place("w")),
    },
    "warmup": {
        "losses": schedules.smooth("loss", "axis.loss"),
        "plan": powers,
        "accuracy": schedules.looks("accuracy", "axis.accuracy"),
        "sigmas": lambda arms, chosen, past: arms[chosen].sigmas(),
        "saturated": lambda arms, chosen, past: arms[chosen].saturated(),
    },
    "builder": {
        "plane": alone,
        "form": standings(
            "surface", form=formed, arrival=Built.arrival, tremble=lambda m: round(m.tremble(), 4)
        ),
        "steps": steps,
        "means": race.inside("mean"),
        "loss": lambda arms, chosen, past: curve("loss", log_x=True)({chosen: arms[chosen]}, chosen, past),
    },
}


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, Callable]:
    return PICTURES[experiment]


# Answers that the run gives


def cure(result: Result) -> str:
    """What the drawn plan made of the eruptions."""
    if result.settings["schedule"] != "drawn" or tuple(result.settings["heights"]) == (0.0,) * 11:
        return ""
    count = result.facts["excursions"]
    return "gone" if count == 0 else "fewer" if count < 10 else "same"


def abrupt(result: Result) -> str:
    """What becomes of the run that has its full η from the first update on."""
    if result.settings["schedule"] != "none":
        return ""
    loss = result.metrics["training-loss"]
    return "trains" if loss < 1 else "stuck" if loss < 3 else "explodes"


def at_goal(result: Result) -> str:
    """What RMSProp does at × of the long valley."""
    own = result.settings
    if (own["mean"], own["scale"], own["plan"], own["surface"]) != ("g", "rmsprop", "constant", "cp10"):
        return ""
    tremble = result.facts["tremble"]
    return "rests" if tremble < 0.5 else "trembles" if tremble < 3 else "erupts"


# Claims


def calms(runs: Runs) -> bool:
    return runs["none"].facts["excursions"] >= 15 and runs["inverse-sqrt"].facts["excursions"] == 0


def same_way(runs: Runs) -> bool:
    """The two ways agree to a millionth."""
    a, b = (np.array(run.facts["ways"]) for run in runs.values())
    return a.shape == b.shape and bool(np.abs(a - b).max() < 1e-6)


def not_too_soon(runs: Runs) -> bool:
    """Neither erupts; 1/√t is still on its way when the exponential has arrived."""
    soon, right = runs["inverse-sqrt"].facts, runs["exponential"].facts
    return (
        soon["excursions"] == right["excursions"] == 0
        and soon["fate"] != "arrives"
        and right["fate"] == "arrives"
    )


def up_then_down(runs: Runs) -> bool:
    """Warm-up and then decay, as drawn, ends lower than warm-up to a constant η."""
    return runs["drawn"].metrics["training-loss"] < runs["warm-up"].metrics["training-loss"] - 0.1


def warm_trains(runs: Runs) -> bool:
    """On examples not trained on: the loss of one batch jumps too much."""
    return runs["warm-up"].metrics["validation-loss"] < runs["none"].metrics["validation-loss"] - 0.3


def wait_not_enough(runs: Runs) -> bool:
    """Gathering σ without moving ends higher than gathering it while taking small steps."""
    return runs["wait"].metrics["training-loss"] > runs["warm-up"].metrics["training-loss"]


def distorts(runs: Runs) -> bool:
    """In ten updates the spread of σ grows by over a quarter at full η, by less than a tenth in warm-up."""
    growth = {name: run.facts["spreads"][2] / run.facts["spreads"][0] for name, run in runs.items()}
    return growth["none"] > 1.25 and growth["warm-up"] < 1.1


def trembles(runs: Runs) -> bool:
    """On every surface the longest of the last steps is about η."""
    return all(0.9 < run.facts["tremble"] < 1.1 for run in runs.values())


def calmer(runs: Runs) -> bool:
    return all(run.facts["tremble"] < 1 / 3 for run in runs.values())


def all_four(runs: Runs) -> bool:
    return all(run.facts["arrival"] is not None for run in runs.values())


def rests(runs: Runs) -> bool:
    return all_four(runs) and all(run.facts["tremble"] < 1e-3 for run in runs.values())
