"""A grand prix of optimizers: tracks, the search for each one's rate, basins of attraction, and rankings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from engine.network import Network
from engine.plane import loss_plane
from engine.trainer import Trainer
from lessons.labs.net import stack
from lessons.labs.schedules import sample
from lessons.labs.surface import Extent

RATES = tuple(float(f"{10 ** (k / 2):.3g}") for k in range(-8, 4))  # 1e-4 … 31.6, two a decade
UPDATES = 300
DIGITS, TRIAL = 150, 60  # updates of a race on digits, and of each try before it
TAIL = 10  # a loss at the end is the mean of the last updates
FINISH = 0.01  # of the way from the start's loss to the lowest is left at the finish
REACH = 4.0  # half the side of the plane of a typed formula
BASIN = (36, 24)  # starts across and up
PATIENCE = 400  # updates from each start
SAME = 0.04  # of the plane's width: ends nearer than that are one minimum

# Settings of the engine for each car.
CARS: dict[str, dict[str, Any]] = {
    "sgd": {"optimizer": "sgd"},
    "sgdm": {"optimizer": "momentum"},
    "nag": {"optimizer": "nesterov"},
    "lookahead": {"optimizer": "momentum", "lookahead": 5},
    "adagrad": {"optimizer": "adagrad"},
    "rmsprop": {"optimizer": "rmsprop"},
    "adam": {"optimizer": "adam"},
    "amsgrad": {"optimizer": "amsgrad"},
    "nadam": {"optimizer": "nadam"},
    "radam": {"optimizer": "radam"},
    "adabound": {"optimizer": "adabound"},
    "swats": {"optimizer": "swats", "switch": 100},
}


class Track(NamedTuple):
    """A loss of x and y as it is typed, where a race on it starts, what of it is seen, its lowest value."""

    formula: str
    start: tuple[float, float]
    extent: Extent
    lowest: float = 0.0


TRACKS = {
    "ellipse": Track("0.5*x^2 + 50*y^2", (10.0, 1.0), (-12.0, 12.0, -1.6, 1.6)),
    "saddle": Track("x^2 - y^2 + 0.25*y^4", (2.0, 0.001), (-3.0, 3.0, -2.5, 2.5), -1.0),
    "plateau": Track("2 - 2*exp(-0.3*(x^2 + y^2))", (3.6, 2.0), (-4.0, 4.0, -3.0, 3.0)),
    "rosenbrock": Track("(1 - x)^2 + 100*(y - x^2)^2", (-1.2, 1.0), (-2.0, 2.0, -1.0, 3.0)),
    "rastrigin": Track("x^2 + y^2 + 4*(2 - cos(3*x) - cos(3*y))", (3.3, 2.6), (-4.0, 4.0, -4.0, 4.0)),
    "canyon": Track("0.1*x^2 + 5*abs(y - 0.5*sin(2*x))", (-4.0, 1.5), (-5.0, 3.0, -2.0, 2.0)),
}


@lru_cache(maxsize=32)
def track(name: str, formula: str, start: tuple[float, float] = (3.0, 2.0)) -> Track:
    """A track of TRACKS, or the learner's own formula, whose lowest value is the lowest that is in sight."""
    if name in TRACKS:
        return TRACKS[name]
    course = Track(formula, start, (-REACH, REACH, -REACH, REACH))
    line = np.linspace(-REACH, REACH, 161)
    seen = loss_plane(surface(course, "sgd", RATES[0]), 0, 1, line, line)
    return course._replace(lowest=float(seen[np.isfinite(seen)].min()) if np.isfinite(seen).any() else 0.0)


def surface(course: Track, car: str, rate: float, **more: Any) -> Trainer:
    """A car at the start of a track. EngineError bad-formula and others if the formula cannot be read."""
    net = Network()
    net.formula(course.formula)
    return Trainer(net, theta=course.start, dtype="float64", rate=rate, **CARS[car], **more)


def digits(seed: int, car: str, rate: float) -> Trainer:
    """A car before a net of two hidden layers on MNIST: the same start and the same batches for all."""
    net = Network()
    top = stack(net, net.input(784), (32, 32), "relu")
    net.loss(net.dense(top, 10, name="output", init="xavier"), "cross-entropy")
    return Trainer(net, *sample(seed), batch=64, seed=seed, rate=rate, **CARS[car])


class Search(NamedTuple):
    """The rates tried for one car, the loss that each reached, the update at which it finished, and the best.

    A loss is NaN where the car flew away, a time is infinite where it did not finish.
    """

    rates: tuple[float, ...]
    losses: tuple[float, ...]
    times: tuple[float, ...]
    best: float

    @property
    def score(self) -> tuple[float, float]:
        """(time, loss) at the best rate."""
        at = self.rates.index(self.best)
        loss = self.losses[at]
        return self.times[at], np.inf if np.isnan(loss) else loss


def finished(losses: np.ndarray, lowest: float) -> float:
    """The update from which the loss stays at the finish: 99 % of the way down from the start's."""
    goal = lowest + FINISH * (losses[0] - lowest) if np.isfinite(losses[0] + lowest) else lowest
    above = np.flatnonzero(~(losses <= goal))
    late = int(above[-1]) + 1 if len(above) else 0
    return float(late) if late < len(losses) else np.inf


def search(make: Callable[[float], Trainer], rates: Sequence[float], updates: int, lowest: float) -> Search:
    """Train once with every rate: the best finishes first, or, where none does, ends lowest."""
    losses, times = [], []
    for rate in rates:
        trainer = make(rate)
        column = trainer.train(updates)[:, 0]
        flown = trainer.fault() is not None or len(column) < updates
        losses.append(np.nan if flown else float(column[-TAIL:].mean()))
        times.append(np.inf if flown else finished(column, lowest))
    order = sorted(range(len(rates)), key=lambda k: (times[k], np.inf if np.isnan(losses[k]) else losses[k]))
    return Search(tuple(rates), tuple(losses), tuple(times), rates[order[0]])


@lru_cache(maxsize=256)
def tuned(course: Track, car: str, updates: int) -> Search:
    """The search on a track; the same for every seed."""
    return search(lambda rate: surface(course, car, rate), RATES, updates, course.lowest)


@lru_cache(maxsize=64)
def tuned_digits(seed: int, car: str) -> Search:
    """A short search on digits, whose finish is a loss that nobody reaches."""
    return search(lambda rate: digits(seed, car, rate), RATES[2:9], TRIAL, -np.inf)


@lru_cache(maxsize=4)
def ranks(updates: int) -> np.ndarray:
    """(cars, tracks) the place of every car on every track; equals share a place."""
    scores = [[tuned(course, car, updates).score for car in CARS] for course in TRACKS.values()]
    return np.array([[1 + sum(other < one for other in row) for one in row] for row in scores]).T


@lru_cache(maxsize=32)
def basins(course: Track, car: str, rate: float) -> tuple[np.ndarray, np.ndarray]:
    """(rows, cols) which minimum a car reaches from each start of a grid (−1: none), and the minima (M, 2).

    A minimum is a place near which several starts end at rest; the lowest comes first.
    """
    trainer = surface(course, car, rate)
    fresh = trainer.state()
    x0, x1, y0, y1 = course.extent
    xs, ys = np.linspace(x0, x1, BASIN[0]), np.linspace(y0, y1, BASIN[1])
    ends = np.full((BASIN[1], BASIN[0], 2), np.nan)
    for i, y in enumerate(ys):
        for k, x in enumerate(xs):
            trainer.restore((np.array([x, y]), *fresh[1:]))
            if len(trainer.train(PATIENCE)) == PATIENCE and trainer.fault() is None:
                ends[i, k] = trainer.theta
    found: list[np.ndarray] = []
    label = np.full(ends.shape[:2], -1)
    scale = np.array([x1 - x0, y1 - y0])
    inside = np.isfinite(ends).all(axis=2) & (np.abs(ends - [(x0 + x1) / 2, (y0 + y1) / 2]) < scale).all(
        axis=2
    )
    for i, k in np.argwhere(inside):
        near = [m for m, place in enumerate(found) if (np.abs(ends[i, k] - place) < SAME * scale).all()]
        if not near:
            found.append(ends[i, k])
        label[i, k] = near[0] if near else len(found) - 1
    if not found:
        return label, np.zeros((0, 2))
    minima = np.array(found)
    counts = np.bincount(label[label >= 0], minlength=len(minima))
    order = np.argsort(-counts, kind="stable")
    kept = [m for m in order if counts[m] >= 3][:8]
    turn = np.full(len(minima) + 1, -1)
    turn[kept] = np.arange(len(kept))
    return turn[label], minima[kept]
