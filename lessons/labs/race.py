"""Races of optimizers over one surface: arms that note what their optimizer remembers, pictures of all arms.

An arm is a `Runner` (two entries of θ seen from above) or a `Walker` (one entry, the loss as a line). Build it
with any trainer: `Runner(settings, seed, trainer(settings, seed, network, x, y, start=…), limit, extent=…)`.
Settings of the experiment that bear the name of one of the engine's (rate, momentum, decay, epsilon, schedule,
clip, noise, lookahead, …; "weight-decay" for weight_decay) go to the trainer and act live. A control
"rate-adam" is the rate of the arm whose optimizer is adam, where arms need rates of their own.

Every picture below is a function (arms, chosen, past) → payload for `own(experiment, settings)` of run.py:

    PICTURES = {"plane": paths, "loss": curve("loss"), "sigma": inside("sigma"), "bars": strides, …}
    def own(experiment, settings): return PICTURES

    paths            all arms' ways in one plane, one hue each; the chosen arm on top, its earlier runs faint
    curve(column)    a recorded series (loss, gradient-norm, theta-0) of all arms, the hues of `paths`
    across(q, entry) a note of one entry of θ, all arms: how the same parameter fares under each optimizer
    inside(q)        a note of the chosen arm, a line for each entry: σ of b beside σ of w
    strides          bars of η/σ, arm by arm and entry by entry, in powers of ten
    standings(…)     a table, one row an arm

    notes q: slope ∂L/∂θ over all examples at this place; sigma, what the last update divided by; mean, what it
    multiplied with η/σ (m, or the gradient where nothing is averaged); rate = η/σ.

The same dictionary as the class's `pictures` serves experiments without a race: the run is the only arm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import numpy as np

from engine.interpreter import COUNT
from engine.model import Result
from engine.network import Network
from engine.optim import DEFAULTS, OPTIMIZERS
from engine.tape import Tape
from engine.trainer import Trainer
from lessons.labs.surface import Surface, Track
from lessons.views import Bars, Curve, Line, Plane, Table

Arms = Mapping[str, Any]
Picture = Callable[[Arms, str, Sequence[Result]], Any]

# Our names that the engine calls otherwise.
ENGINE = {"gd": "sgd", "sgdm": "momentum", "none": None, "off": None}
# Names of arms in front of θ's entries, the same in every language.
SHORT = {
    "gd": "GD", "sgd": "SGD", "sgdm": "SGDM", "mean-rms": "RMS", "adagrad": "Adagrad", "rmsprop": "RMSProp",
    "adam": "Adam", "adam-biased": "Adam−", "adamw": "AdamW", "amsgrad": "AMSGrad", "adabound": "AdaBound",
    "nadam": "Nadam", "radam": "RAdam", "swats": "SWATS", "nesterov": "NAG",
}  # fmt: skip
NOTES = 400  # notes of one run, evenly over its updates
POINTS = 600  # columns of a curve: of more updates only the extremes of each are kept
QUANTITIES = ("slope", "sigma", "mean", "rate")
SIGNS = {"slope": "|g|", "sigma": "σ", "mean": "m", "rate": "η/σ"}
ENTRY_HUES = (4, 5, 6, 7)  # of the entries of θ, apart from the first arms'
CORRECTED = ("adam", "adamw", "nadam", "radam", "adabound", "amsgrad")


def options(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The engine's settings among those of an experiment, by the engine's names."""
    named = {name: name.replace("_", "-") for name in DEFAULTS}
    named["rate"] = own_rate(settings)
    return {name: value_of(settings[id]) for name, id in named.items() if id in settings}


def own_rate(settings: Mapping[str, Any]) -> str:
    """The control that holds the rate of this arm: "rate-adam" for Adam if there is one, else "rate"."""
    own = f"rate-{settings.get('optimizer', '')}"
    return own if own in settings else "rate"


def value_of(value: Any) -> Any:
    """What the engine calls an optimizer or schedule of ours."""
    return ENGINE.get(value, value) if isinstance(value, str) else value


def trainer(
    settings: Mapping[str, Any],
    seed: int,
    network: Network,
    x=None,
    y=None,
    *,
    start: Sequence[float] | None = None,
    watch: Sequence[int] = (0, 1),
    **more: Any,
) -> Trainer:
    """A float64 trainer that follows the experiment's settings. start: θ of update 0; more: other settings."""
    given = {"dtype": "float64", "shuffle": False, **options(settings), **more}
    return Trainer(network, x, y, seed=seed, theta=start, watch=watch, **given)


# What an optimizer remembers


def recall_first(trainer: Trainer) -> None:
    """Begin RMSProp as the lecture does, with σ⁰ = |g⁰|; the engine's, like PyTorch's, begins with σ = 0."""
    if trainer.get("optimizer") == "rmsprop":
        theta, first, _, *rest = trainer.state()
        trainer.restore((theta, first, trainer.gradient() ** 2, *rest))


def remembered(trainer: Trainer) -> tuple[np.ndarray, np.ndarray | None]:
    """(σ, m) of the last update, each (P,): by what it divided, and its mean gradient, None where it has none.

    σ is 1 where nothing is divided by, NaN before the first update; ε, AdaBound's clip and RAdam's r stay out.
    """
    theta, first, second, third, *_, cursor, _ = trainer.state()
    count, name = int(cursor[COUNT]), trainer.get("optimizer")
    if not count:
        return np.full(len(theta), np.nan), None
    decay = trainer.get("decay")
    gamma, beta = OPTIMIZERS[name].decay if decay is None else decay, trainer.get("momentum")
    sigma, mean = np.ones(len(theta)), first if len(first) else None
    if len(second) and name != "swats":
        sigma = np.sqrt(third if name == "amsgrad" else second)
        sigma = sigma / np.sqrt(count) if name == "mean-rms" else sigma
    if name in CORRECTED:
        sigma, mean = sigma / np.sqrt(1 - gamma**count), first / (1 - beta**count)
    return sigma, mean


class Noted:
    """Adds to a surface the notes of what its optimizer remembers; stands before Surface or Track.

    pictures: own pictures by view, for experiments without a race. notes: a Tape of "update" and
    "<quantity>-<entry>" for the entries that the trainer watches.
    """

    LIVE = ("batch", *(name.replace("_", "-") for name in DEFAULTS))
    pictures: ClassVar[Mapping[str, Picture]] = {}

    def __init__(self, settings: Mapping[str, Any], seed: int, trainer: Trainer, limit: int, **options: Any):
        super().__init__(settings, seed, trainer, limit, **options)
        self.every = max(1, limit // NOTES)
        self.entries = tuple(dict.fromkeys(self.axes))
        self.notes = Tape(("update", *(f"{q}-{k}" for q in QUANTITIES for k in self.entries)))
        self._note()

    def _note(self) -> None:
        sigma, mean = remembered(self.trainer)
        with np.errstate(all="ignore"):
            slope = self.trainer.gradient()
            rate = self.trainer.rate_at(max(0, self.step - 1)) / sigma
        mean = slope if mean is None else mean
        each = [values[k] for values in (slope, sigma, mean, rate) for k in self.entries]
        self.notes.append(np.array([[self.step, *each]]))

    def train(self, updates: int) -> np.ndarray:
        rows, left = [np.empty((0, len(self.columns)))], min(updates, self.limit - self.step)
        while left > 0:
            piece = min(left, self.every - self.step % self.every)
            block = super().train(piece)
            rows.append(block)
            left -= piece
            if len(block) < piece or self.fault() is not None:
                break
            if self.step % self.every == 0:
                self._note()
        return np.concatenate(rows)

    def set(self, control: str, value: Any) -> None:
        self.settings[control] = value
        if control == own_rate(self.settings):
            self.trainer.set("rate", value)
        elif control in self.LIVE and control != "rate":
            self.trainer.set(control.replace("-", "_"), value_of(value))

    def state(self) -> Sequence[Any]:
        return (*super().state(), self.notes.copy())

    def restore(self, state: Sequence[Any]) -> None:
        super().restore(state[:-1])
        self.notes = state[-1].copy()

    def look(self, view: str, past: Sequence[Result]) -> Any:
        name = str(self.settings.get("optimizer", "run"))
        return self.pictures[view]({name: self}, name, past)

    def noted(self, quantity: str, entry: int) -> tuple[np.ndarray, np.ndarray]:
        """Update numbers and values of a note of one entry of θ."""
        return self.notes.column("update").copy(), self.notes.column(f"{quantity}-{entry}").copy()

    def name_of(self, entry: int) -> str:
        """How the entry is called, without the "=" of its word."""
        return self.names[list(self.axes).index(entry)].removeprefix("=")


class Runner(Noted, Surface):
    """An arm on a surface of two entries of θ (all options of Surface)."""


class Walker(Noted, Track):
    """An arm on a surface of one entry of θ (all options of Track)."""


# Pictures of all arms


def hue(arms: Arms, name: str) -> int:
    """The colour of an arm, the same in every view."""
    return list(arms).index(name) % 8


def begun(arms: Arms, chosen: str) -> list[tuple[str, Any]]:
    """The arms that have begun, the chosen one last."""
    ready = [(name, model) for name, model in arms.items() if model is not None]
    return sorted(ready, key=lambda pair: pair[0] == chosen)


def ghosts(past: Sequence[Result], arm: str) -> list[Result]:
    """Earlier runs of one arm, of races and of single runs; newest first."""
    found = []
    for one in past:
        if not one.tape.arms:
            found.append(one)
        elif arm in one.tape.arms:
            facts = one.facts.get("arms", {}).get(arm, {})
            found.append(replace(one, tape=one.tape.part(arm), steps=len(one.tape.part(arm)), facts=facts))
    return found


def paths(arms: Arms, chosen: str, past: Sequence[Result]) -> Plane:
    """The plane of the chosen arm with the ways of all; each arm stands at the dot of its colour."""
    ready = begun(arms, chosen)
    name, front = ready[-1]
    plane = front.plane(ghosts(past, name))
    lines, marks = list(plane.paths[:-1]), [dot for dot in plane.dots if dot.mark != "now"]
    for name, model in ready:
        line = plane.paths[-1] if model is front else model.plane([]).paths[-1]
        if len(arms) > 1:
            line = replace(line, word=f"arm.{name}", hue=hue(arms, name))
        lines.append(line)
    if len(arms) == 1:
        marks.append(plane.dots[-1])
    cursor = plane.cursor if "start" in front.settings else None  # no cross where nothing can be moved
    return replace(plane, paths=tuple(lines), dots=tuple(marks), cursor=cursor)


def envelope(
    x: np.ndarray, y: np.ndarray, points: int = POINTS, log: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """A series with only the least and the greatest value of each of `points` parts, and its ends.

    log: parts that grow with x, for a logarithmic axis.
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    if len(y) <= 2 * points:
        return x, y
    edges = np.geomspace(1, len(y), points + 1) if log else np.linspace(0, len(y), points + 1)
    edges = np.unique(edges.astype(int))
    known = np.where(np.isfinite(y), y, 0.0)
    at = [0, len(y) - 1]
    for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        at += [low + int(known[low:high].argmin()), low + int(known[low:high].argmax())]
    at = np.unique(at)
    return x[at], y[at]


def curve(column: str, log: bool = True, **options: Any) -> Picture:
    """A recorded series of every arm. options: of Curve, as `limits` or log_x."""
    wide = bool(options.get("log_x"))

    def draw(arms: Arms, chosen: str, past: Sequence[Result]) -> Curve:
        lines = []
        for ghost in reversed(ghosts(past, chosen)):
            if column in ghost.tape.columns:
                y = ghost.tape.column(column)
                lines.append(_line("series.ghost", np.arange(len(y)), y, "ghost", -1, wide))
        for name, model in begun(arms, chosen):
            y = model.record.column(column)
            word = f"arm.{name}" if len(arms) > 1 else f"series.{column}"
            lines.append(_line(word, np.arange(len(y)), y, "raw", hue(arms, name), wide))
        return Curve(lines=tuple(lines), log_y=log, **{"x": "axis.update", **options})

    return draw


def across(quantity: str, entry: int, log: bool = True, **options: Any) -> Picture:
    """A note of one entry of θ, of every arm."""

    def draw(arms: Arms, chosen: str, past: Sequence[Result]) -> Curve:
        lines = [
            _line(f"arm.{name}", *_noted(model, quantity, entry, log), "raw", hue(arms, name))
            for name, model in begun(arms, chosen)
        ]
        return Curve(lines=tuple(lines), log_y=log, **{"x": "axis.update", **options})

    return draw


def inside(
    quantity: str,
    log: bool = True,
    entries: Sequence[int] | None = None,
    limit: tuple[str, Callable] | None = None,
    **options: Any,
) -> Picture:
    """A note of the chosen arm, of every entry of θ or of some.

    limit: (word, model → height) of a line to compare with.
    """

    def draw(arms: Arms, chosen: str, past: Sequence[Result]) -> Curve:
        model = begun(arms, chosen)[-1][1]
        lines = []
        for k, entry in enumerate(model.entries):
            if entries is not None and entry not in entries:
                continue
            word = f"={SIGNS[quantity]} · {model.name_of(entry)}"
            lines.append(_line(word, *_noted(model, quantity, entry, log), "raw", ENTRY_HUES[k % 4]))
        if limit is not None:
            ends = np.array([1.0 if options.get("log_x") else 0.0, max(1, model.step)])
            lines.append(Line(word=limit[0], x=ends, y=np.full(2, limit[1](model)), role="target"))
        return Curve(lines=tuple(lines), log_y=log, **{"x": "axis.update", **options})

    return draw


def _noted(model: Any, quantity: str, entry: int, log: bool) -> tuple[np.ndarray, np.ndarray]:
    x, y = model.noted(quantity, entry)
    return x, np.where(np.abs(y) > 0, np.abs(y), np.nan) if log else y


def _line(word: str, x: np.ndarray, y: np.ndarray, role: str, hue: int, log: bool = False) -> Line:
    x, y = envelope(x, y, log=log)
    return Line(word=word, x=x, y=y, role=role, hue=hue)


def strides(arms: Arms, chosen: str, past: Sequence[Result]) -> Bars:
    """η/σ of every entry of every arm now, in powers of ten above the smallest."""
    labels, values, at = [], [], -1
    for name, model in ((name, model) for name, model in arms.items() if model is not None):
        for entry in model.entries:
            if name == chosen and at < 0:
                at = len(labels)
            front = f"{SHORT.get(name, name)} " if len(arms) > 1 else ""
            labels.append(f"={front}{model.name_of(entry)}")
            values.append(float(model.noted("rate", entry)[1][-1]))
    with np.errstate(all="ignore"):
        powers = np.log10(np.array(values))
    powers[~np.isfinite(powers)] = np.nan
    known = powers[np.isfinite(powers)]
    low = int(np.ceil(-known.min())) if len(known) else 0
    return Bars(
        labels=tuple(labels), values=powers + low, word=f"=log₁₀(η/σ) {'+' if low >= 0 else '−'} {abs(low)}",
        chosen=at,
    )  # fmt: skip


def standings(head: str = "arm", **columns: Callable[[Any], Any]) -> Picture:
    """A table of the arms: column word → what the model's cell holds; the chosen arm's row is lit.

    head: the word of the column with the arms' names.
    """

    def draw(arms: Arms, chosen: str, past: Sequence[Result]) -> Table:
        rows, names = [], list(arms)
        for name, model in arms.items():
            cells = [None] * len(columns) if model is None else [cell(model) for cell in columns.values()]
            rows.append((f"arm.{name}", *cells))
        words = tuple(f"column.{name.replace('_', '-')}" for name in columns)
        return Table(columns=(f"column.{head}", *words), rows=tuple(rows), chosen=names.index(chosen))

    return draw
