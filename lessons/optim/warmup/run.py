"""Builds the experiments on Adam's first updates, RAdam and Lookahead, and checks their claims."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from engine.model import Model, Result
from engine.network import Network
from engine.trainer import Trainer
from lessons.labs import race
from lessons.labs.schedules import Scheduled, lines, plans, smooth
from lessons.views import Curve, Hist, Line, Plane, Strip, Table

Runs = Mapping[str, Result]

UPDATES = 200
FIRST = 10  # updates whose gradients are drawn
DECADES, BINS = (-7.0, 0.0), 35  # of log₁₀|g|
TIMES = (1, 4, 5, 10, 100, 1000, 10000)
WALK, TAIL = 800, 400


def build(settings: Mapping[str, Any], seed: int) -> Model:
    if "outer" in settings:
        return Valley(settings, seed)
    return Early(settings, seed)


class Early(Scheduled):
    """A deep classifier under Adam or RAdam; keeps the gradients' histograms of its first updates.

    heaps: counts (BINS,) of log₁₀|g| before update 1 … FIRST, medians likewise; strides: |Δθ| of them.
    """

    def __init__(self, settings: Mapping[str, Any], seed: int):
        start = settings["start"]
        self.heaps: list[np.ndarray] = []
        self.medians: list[float] = []
        self.strides: list[float] = []
        super().__init__(
            settings,
            seed,
            updates=UPDATES,
            widths=(32,) * settings.get("depth", 8),
            every=UPDATES,
            optimizer="radam" if start == "radam" else "adam",
            rate=settings["rate"],
            decay=settings.get("decay", 0.999),
            schedule=("warm-up", {"warm": settings["warm"]}) if start == "warm-up" else None,
            name=start,
            pictures=PICTURES["radam" if "decay" in settings else "first-ten"],
        )
        self.note()

    def note(self) -> None:
        """The histogram of the gradient over all examples, once for each of the first updates."""
        if len(self.heaps) == self.step < FIRST:
            g = np.abs(self.trainer.gradient().astype(np.float64))
            g = np.log10(g[g > 0])
            self.heaps.append(np.histogram(np.clip(g, *DECADES), BINS, DECADES)[0])
            self.medians.append(float(np.median(g)))

    def train(self, updates: int) -> np.ndarray:
        rows, end = [np.empty((0, len(self.columns)))], min(self.step + updates, self.limit)
        while self.step < end:
            before, theta = self.step, self.trainer.theta
            rows.append(super().train(1 if before < FIRST else end - before))
            if self.step == before or self.fault() is not None:
                break
            if before < FIRST:
                self.strides.append(float(np.linalg.norm(self.trainer.theta - theta)))
                self.note()
        return np.concatenate(rows)

    def state(self) -> Sequence[Any]:
        return (*super().state(), list(self.heaps), list(self.medians), list(self.strides))

    def restore(self, state: Sequence[Any]) -> None:
        *rest, heaps, medians, strides = state
        super().restore(rest)
        self.heaps, self.medians, self.strides = list(heaps), list(medians), list(strides)

    def facts(self) -> Mapping[str, Any]:
        return {
            "medians": tuple(self.medians),
            "strides": tuple(self.strides),
            "settled": tuple(settled(t, self.settings.get("decay", 0.999)) for t in TIMES),
        }


def settled(t: int, decay: float) -> tuple[float, float]:
    """(ρ_t, r_t) of RAdam; r is 0 where ρ ≤ 4 (Liu et al. 2020)."""
    last = 2 / (1 - decay) - 1
    rho = last - 2 * t * decay**t / (1 - decay**t)
    if rho <= 4:
        return rho, 0.0
    return rho, math.sqrt((rho - 4) * (rho - 2) * last / ((last - 4) * (last - 2) * rho))


class Valley(race.Runner):
    """½(x² + 100y²) with noisy gradients, the optimizer with Lookahead around it or without."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        net = Network()
        net.surface("quadratic", (0.5, 50.0))
        on, inner = settings["outer"] == "on", settings["inner"]
        trainer = Trainer(
            net,
            theta=settings["place"],
            dtype="float64",
            seed=seed,
            optimizer=inner,
            rate={"sgd": 0.015, "momentum": 0.0015, "adam": 0.1}[inner],
            noise=settings["noise"],
            noise_decay=0.0,
            lookahead=settings["k"] if on else None,
            blend=settings["alpha"],
            watch=(0, 1),
        )
        super().__init__(
            settings,
            seed,
            trainer,
            WALK,
            extent=(-12.0, 12.0, -1.5, 1.5),
            names=("axis.x", "axis.y"),
            best=(0.0, 0.0),
        )

    def slow(self) -> np.ndarray:
        """(…, 2) θ after every k updates: the slow path, or the same places without Lookahead."""
        k = self.settings["k"]
        return np.stack([self.series(0)[::k], self.series(1)[::k]], axis=1)

    def facts(self) -> Mapping[str, Any]:
        places = self.slow()[-max(2, TAIL // self.settings["k"]) :]
        return {
            **super().facts(),
            "shake": float(np.sqrt((places[:, 1] ** 2).mean())),
            "k": self.settings["k"],
        }

    def look(self, view: str, past: Sequence[Result]) -> Any:
        return PICTURES["lookahead"][view]({self.settings["outer"]: self}, self.settings["outer"], past)


# Pictures over all arms


def heaps(start: str) -> race.Picture:
    """Histograms of log₁₀|g| before each of the first updates of one arm."""

    def draw(arms: Mapping[str, Early], chosen: str, past: Sequence[Result]) -> Hist:
        model = arms.get(start) or arms[chosen]
        strips = tuple(
            Strip(word=f"=t = {t + 1}", counts=counts.copy()) for t, counts in enumerate(model.heaps)
        )
        middle = ((model.medians[0], "tick.median"),)
        return Hist(strips=strips, lo=DECADES[0], hi=DECADES[1], x="axis.log-gradient", ticks=middle)

    return draw


def settling(arms: Mapping[str, Early], chosen: str, past: Sequence[Result]) -> Curve:
    """r_t of RAdam over t, for several β₂; the present one first."""
    model = next(iter(arms.values()))
    own_decay, t = model.settings["decay"], np.unique(np.round(np.logspace(0, 4, 120)).astype(int))
    found = []
    for hue, decay in enumerate(dict.fromkeys((own_decay, 0.99, 0.999, 0.9999))):
        r = np.array([settled(int(k), decay)[1] for k in t])
        role = "raw" if decay == own_decay else "ghost"
        found.append(Line(word=f"=β₂ = {decay:g}", x=t.astype(float), y=r, role=role, hue=hue))
    now = float(max(1, model.step)) if model.step < model.limit else None
    return Curve(
        lines=tuple(found), x="axis.update", y="=r", log_x=True, limits=(None, None, 0.0, 1.0), cursor=now
    )


def ratios(arms: Mapping[str, Early], chosen: str, past: Sequence[Result]) -> Table:
    """ρ_t and r_t at some updates, with what to expect at β₂ = 0.999."""
    decay, rows = next(iter(arms.values())).settings["decay"], []
    for t in TIMES:
        rho, r = settled(t, decay)
        rows.append((t, f"={rho:.5g}", "=SGDM" if r == 0 else f"={r:.5g}", LECTURE.get(t)))
    return Table(
        columns=("column.update", "column.rho", "column.r", "column.lecture"), rows=tuple(rows), chosen=-1
    )


LECTURE = {4: "=ρ = 3.997", 5: "=0.017", 10: "=0.049", 100: "=0.215", 1000: "=0.645", 10000: "=0.99977"}


def moves(arms: Mapping[str, Early], chosen: str, past: Sequence[Result]) -> Curve:
    """How far θ goes in each of the first updates."""
    series = lambda model: (np.arange(len(model.strides)) + 1.0, np.array(model.strides))
    return Curve(lines=lines(arms, series), x="axis.update", y="axis.stride", log_y=True)


def valley(arms: Mapping[str, Valley], chosen: str, past: Sequence[Result]) -> Plane:
    """Every arm's places at every k-th update, which for Lookahead is the slow path."""
    plane, slow = (
        race.paths(arms, chosen, past),
        {f"arm.{name}": model.slow() for name, model in arms.items()},
    )
    ways = []
    for line in plane.paths:
        places = slow.get(line.word)
        ways.append(line if places is None else replace(line, x=places[:, 0].copy(), y=places[:, 1].copy()))
    return replace(plane, paths=tuple(ways))


def height(arms: Mapping[str, Valley], chosen: str, past: Sequence[Result]) -> Curve:
    """y of every arm at every k-th update."""

    def series(model: Valley) -> tuple[np.ndarray, np.ndarray]:
        y = model.slow()[:, 1]
        return np.arange(len(y)) * float(model.settings["k"]), y

    return Curve(lines=lines(arms, series), x="axis.update", y="axis.y", limits=(None, None, -0.6, 0.6))


LOSSES = smooth("loss", "axis.loss")
PICTURES: dict[str, dict[str, Callable]] = {
    "first-ten": {"plain": heaps("plain"), "warm": heaps("warm-up"), "losses": LOSSES, "rates": plans()},
    "radam": {"losses": LOSSES, "settling": settling, "ratios": ratios, "moves": moves},
    "lookahead": {"plane": valley, "height": height, "losses": smooth("loss", "axis.loss", log_y=True)},
}


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, Callable]:
    """Views over all arms."""
    return PICTURES[experiment]


# Answers that the run gives


def which_distorts(result: Result) -> str:
    """Whether the gradients hold still with warm-up."""
    if result.settings["start"] != "warm-up":
        return ""
    return "plain" if travel(result) < 0.45 else "warm-up"


def direction(result: Result) -> str:
    """RAdam begins as what its first step is."""
    if result.settings["start"] != "radam":
        return ""
    return "sgdm-first" if as_sgd(result) else "adam-first"


def outer_gain(result: Result) -> str:
    if result.settings["outer"] != "on" or result.settings["inner"] != "sgd":
        return ""
    return "smoother" if result.facts["shake"] < 0.14 else "same"


# Claims


def travel(result: Result) -> float:
    """How far, in powers of ten, the median gradient wanders in the first updates."""
    return float(np.ptp(result.facts["medians"]))


def distorts(runs: Runs) -> bool:
    """Without warm-up the median wanders at least 1.2 times as far."""
    return travel(runs["plain"]) > 1.2 * travel(runs["warm-up"])


def calms(runs: Runs) -> bool:
    return runs["warm-up"].metrics["training-loss"] < 0.98 * runs["plain"].metrics["training-loss"]


def as_sgd(result: Result) -> bool:
    """|Δθ| = η·|g| in the first update."""
    stride, norm = result.facts["strides"][0], result.tape.column("gradient-norm")[0]
    return math.isclose(stride, result.settings["rate"] * norm, rel_tol=1e-3)


def four_steps(runs: Runs) -> bool:
    """The first update is η·g, and no one up to the fourth is longer than η times the largest gradient."""
    run = runs["radam"]
    longest = run.settings["rate"] * run.tape.column("gradient-norm")[:4].max() * (1 + 1e-3)
    return as_sgd(run) and max(run.facts["strides"][:4]) <= longest


def needs_none(runs: Runs) -> bool:
    return runs["radam"].metrics["training-loss"] < runs["plain"].metrics["training-loss"]


def figures(runs: Runs) -> bool:
    """ρ₄ and r at 5, 10, 100, 1000, 10000 as worked out."""
    found = dict(zip(TIMES, runs["radam"].facts["settled"], strict=True))
    r = {t: found[t][1] for t in (5, 10, 100, 1000)}
    near = all(abs(r[t] - want) < 6e-4 for t, want in {5: 0.017, 10: 0.049, 100: 0.215, 1000: 0.645}.items())
    return near and abs(found[4][0] - 3.997) < 6e-4 and abs(found[10000][1] - 0.99977) < 6e-6


def smoother(runs: Runs) -> bool:
    """Every k updates, y lies at least a quarter nearer to the floor of the valley."""
    return runs["on"].facts["shake"] < 0.75 * runs["off"].facts["shake"]


def whole_is_inner(runs: Runs) -> bool:
    """The same end but for rounding."""
    return bool(np.allclose(runs["on"].facts["theta"], runs["off"].facts["theta"], rtol=1e-9, atol=1e-12))
