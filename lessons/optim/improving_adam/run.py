"""Adam on gradients that are given: one in a thousand that matters, a cycle of three, and AdaBound's band."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from engine.model import Result
from lessons.data.generators import noise_gradients, reddi, spikes
from lessons.labs import race, streams
from lessons.views import Curve, Line, Table

RARE, CYCLE, BAND = 3000, 600, 10_000  # updates
LECTURE = {999: "=1", 1000: "=31.6", 1001: "=3.16e-4"}  # steps on the slide, in η
SCALES = {"small": 1e-3, "large": 1.0}
MARKS = (1, 10, 100, 1000, 10_000)


def own(experiment: str, settings: Mapping[str, Any]) -> Mapping[str, Callable]:
    return {"rare": Rare, "reddi": Cycle, "bounds": Band}[experiment].pictures


# One gradient in a thousand.


def steps(arms: Mapping[str, Any], chosen: str, past: Sequence[Result]) -> Table:
    """How far single updates move θ, in η, with the slide's beside them."""
    first = arms[chosen]
    period = int(first.settings["period"])
    shown = (
        {"adam": "column.adam", "adam-biased": "column.uncorrected"}
        if len(arms) > 1
        else {chosen: "column.move"}
    )
    rows = []
    for update in (1, period - 1, period, period + 1, RARE):
        done = [float(arms[a].series("move")[update - 1]) if update <= arms[a].step else None for a in shown]
        rows.append((update, *done, LECTURE.get(update), float(first.gradients[update - 1])))
    columns = ("column.update", *shown.values(), "column.lecture", "column.gradient")
    return Table(columns=columns, rows=tuple(rows))


def lengths(arms: Mapping[str, Any], chosen: str, past: Sequence[Result]) -> Curve:
    """|Δθ| of every update of every arm."""
    lines = []
    for name, model in race.begun(arms, chosen):
        y = np.abs(model.series("move"))
        x, y = race.envelope(np.arange(1, len(y) + 1), y)
        word = f"arm.{name}" if len(arms) > 1 else "series.move"
        lines.append(Line(word=word, x=x, y=y, hue=race.hue(arms, name)))
    return Curve(lines=tuple(lines), log_y=True)


class Rare(streams.Stream):
    pictures = {
        "theta": race.curve("theta", log=False, limits=(0, RARE, -1500, 3000)),
        "moves": lengths,
        "table": steps,
    }

    def metrics(self) -> Mapping[str, float]:
        return {"theta": self.theta, "sum": float(self.gradients[: self.step].sum())}


def rare(settings: Mapping[str, Any], seed: int) -> Rare:
    """Gradients of −1, and every `period` updates one of `size` that says the opposite."""
    large = spikes(RARE, 2, settings["period"]) > 1
    given = {"optimizer": settings["optimizer"], "decay": settings["decay"], "momentum": 0.0, "rate": 1.0}
    return Rare(settings, seed, np.where(large, settings["size"], -1.0), **given)


def which_way(result: Result) -> str:
    """Where Adam ends, seen from its start."""
    if result.settings["optimizer"] != "adam" or result.settings["period"] != 1000:
        return ""
    return "right" if result.metrics["theta"] > 0 else "left"


def outvoted(runs: Mapping[str, Result]) -> bool:
    """The gradients' sum says left; SGD goes there, Adam far the other way."""
    return all(run.metrics["sum"] > 0 for run in runs.values()) and (
        runs["sgd"].metrics["theta"] < 0 and runs["adam"].metrics["theta"] > 500
    )


def longest(runs: Mapping[str, Result]) -> bool:
    """The rare gradient moves θ by √(1/(1−0.999)) η, and the next one by 10⁻³·⁵ η."""
    moves = np.abs(runs["slide"].tape.column("move"))
    return bool(abs(moves[999] - 1000**0.5) < 0.01 and abs(moves[1000] - 10**-3.5) < 1e-6)


# Three gradients that come again and again: 3, −1, −1.


class Cycle(streams.Stream):
    pictures = {
        "theta": race.curve("theta", log=False, limits=(0, CYCLE, -1.1, 1.1)),
        "rates": race.curve("rate", limits=(0, 60, 0.02, 0.5)),  # the first cycles: later ones look alike
        "table": streams.milestones("move", (1, 2, 3, 4, 5, 6, CYCLE)),
    }


def cycle(settings: Mapping[str, Any], seed: int) -> Cycle:
    given = {name: settings[name] for name in ("optimizer", "decay", "rate")}
    return Cycle(
        settings, seed, reddi(CYCLE, settings["size"]), momentum=0.0, schedule="inverse-sqrt",
        box=(-1.0, 1.0), **given,
    )  # fmt: skip


def where(result: Result) -> str:
    """The end of the box at which Adam stands with its short memory."""
    settings = result.settings
    if (settings["optimizer"], settings["decay"], settings["size"]) != ("adam", 0.1, 3):
        return ""
    theta = result.metrics["theta"]
    return "minus" if theta < -0.5 else "plus" if theta > 0.5 else "zero"


def wrong_end(runs: Mapping[str, Result]) -> bool:
    return runs["adam"].metrics["theta"] > 0.9 and runs["amsgrad"].metrics["theta"] < -0.9


def only_shrinks(runs: Mapping[str, Result]) -> bool:
    """The rate never rises."""
    return bool((np.diff(runs["amsgrad"].tape.column("rate")) <= 0).all())


# AdaBound: two sizes of gradients, one band.


def band(model: Any, updates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The lowest and the highest rate that AdaBound allows at these updates (1-based)."""
    last, time = model.settings["bound"], (1 - model.settings["decay"]) * np.asarray(updates, float)
    return last - last / (time + 1), last + last / time


def rates(arms: Mapping[str, Any], chosen: str, past: Sequence[Result]) -> Curve:
    """The rate of both arms over updates on a log axis; in AdaBound's runs the two ends of its band."""
    drawn = race.curve("rate")(arms, chosen, past)
    lines = [replace(line, x=line.x + 1) for line in drawn.lines]
    model = arms[chosen]
    if model.settings["optimizer"] == "adabound":
        x = np.geomspace(1, BAND, 200)
        ends = zip(("series.high", "series.low"), band(model, x)[::-1], strict=True)
        lines += [Line(word=word, x=x.copy(), y=y, role="target") for word, y in ends]
    return Curve(lines=tuple(lines), log_x=True, log_y=True, limits=(1, BAND, 1e-4, 1e2))


def table(arms: Mapping[str, Any], chosen: str, past: Sequence[Result]) -> Table:
    """The band and the rates of both arms at some updates."""
    low, high = band(arms[chosen], np.array(MARKS))
    rows = []
    for k, update in enumerate(MARKS):
        held = [float(m.series("rate")[update - 1]) if update <= m.step else None for m in arms.values()]
        rows.append((update, float(low[k]), *held, float(high[k])))
    names = [f"arm.{name}" for name in arms] if len(arms) > 1 else ["column.rate"]
    return Table(columns=("column.update", "column.low", *names, "column.high"), rows=tuple(rows))


class Band(streams.Stream):
    LIVE = (*streams.Stream.LIVE, "bound")
    pictures = {"rates": rates, "table": table}


def bounds(settings: Mapping[str, Any], seed: int) -> Band:
    """Gradients that are noise of one size."""
    gradients = noise_gradients(BAND, seed, (SCALES[settings["scale"]],))[:, 0]
    given = {name: settings[name] for name in ("optimizer", "decay", "rate", "bound")}
    return Band(settings, seed, gradients, momentum=0.0, **given)


def end(result: Result) -> str:
    """What becomes of the rates under AdaBound."""
    if result.settings["optimizer"] != "adabound":
        return ""
    rate, last = result.metrics["rate"], result.settings["bound"]
    return "meet" if 0.8 < rate / last < 1.2 else "zero" if rate < 0.1 * last else "apart"


def closes(runs: Mapping[str, Result]) -> bool:
    """Both rates end within a tenth of 0.1."""
    return all(abs(run.metrics["rate"] / 0.1 - 1) < 0.11 for run in runs.values())


def adam_first(runs: Mapping[str, Result]) -> bool:
    """From the tenth update, when v has settled, to the 25th AdaBound's rate is Adam's; at last it is not."""
    one, other = (runs[name].tape.column("rate") for name in ("adabound", "adam"))
    return bool(np.allclose(one[9:25], other[9:25], rtol=1e-3) and one[-1] < 0.5 * other[-1])
