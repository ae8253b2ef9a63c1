"""Choosing among many models by a score: coin-flippers on a public set, degrees by a split or by N folds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.data import folds as cut
from engine.draws import Draws
from engine.model import Result
from lessons.data.generators import quad_noisy
from lessons.labs.base import Still
from lessons.labs.polynomials import GRID, fit, value
from lessons.views import Bars, Dots, Line, Plane, Table

STEPS = 100  # updates of a story: shares of the models, or data sets
PRIVATE = 2000  # examples of the private set
SHOWN = 400  # models in the picture
DEGREES = tuple(range(1, 10))
THREE = (1, 2, 5)  # the degrees whose folds are shown
PUBLIC_BITS, PRIVATE_BITS = 70, 71  # purposes of the draws
# The lecture's three folds of its three models.
LECTURE = ((0.2, 0.4, 0.4), (0.4, 0.5, 0.5), (0.3, 0.6, 0.3))


def flips(seed: int, purpose: int, step: int, count: int, examples: int) -> np.ndarray:
    """(count,) how many of the examples each of `count` coin-flippers answers right."""
    words = -(-examples // 32)
    drawn = Draws(seed, purpose, step).integers(0, 2**32, (count, words)).astype(np.uint64)
    spare = 32 * words - examples
    drawn[:, -1] >>= np.uint64(spare)
    return np.bitwise_count(drawn).sum(axis=1).astype(np.int64)


class Lottery(Still):
    """`models` coin-flippers tried on a public set of `points` examples, a hundredth of them an update."""

    columns = ("public", "private")
    limit = STEPS

    def __init__(self, settings: Mapping[str, Any], seed: int):
        super().__init__(settings, seed)
        self.points, self.models, self.step = int(settings["points"]), int(settings["models"]), 0
        self.best, self.leader = -1.0, (0, 0)  # public score; update and place of the leader
        self.leads: tuple[tuple[int, float, float], ...] = ()  # models tried, public, private at each change

    def part(self, step: int) -> int:
        """Models of an update."""
        return self.models * (step + 1) // STEPS - self.models * step // STEPS

    def private(self, step: int, count: int) -> np.ndarray:
        """The private scores of the first `count` models of an update."""
        return flips(self.seed, PRIVATE_BITS, step, count, PRIVATE) / PRIVATE

    def train(self, updates: int) -> np.ndarray:
        rows = []
        for _ in range(min(updates, self.limit - self.step)):
            count = self.part(self.step)
            if count:
                scores = flips(self.seed, PUBLIC_BITS, self.step, count, self.points) / self.points
                place = int(scores.argmax())
                if scores[place] > self.best:
                    self.best = float(scores[place])
                    private = float(self.private(self.step, place + 1)[place])
                    tried = self.models * self.step // STEPS + place + 1
                    self.leads = (*self.leads, (tried, self.best, private))
            rows.append((self.best, self.leads[-1][2]) if self.leads else (np.nan, np.nan))
            self.step += 1
        return np.array(rows, np.float64).reshape(-1, 2)

    def state(self) -> Sequence[Any]:
        return dict(self.settings), self.step, self.best, self.leads

    def restore(self, state: Sequence[Any]) -> None:
        self.settings, (self.step, self.best, self.leads) = dict(state[0]), state[1:]

    def scores(self) -> tuple[float, float]:
        """Public and private score of the leader, NaN before the first."""
        return self.leads[-1][1:] if self.leads else (float("nan"), float("nan"))

    def metrics(self) -> Mapping[str, float]:
        public, private = self.scores()
        return {"public": public, "private": private}

    def look(self, view: str, past: Sequence[Result]) -> Plane:
        """Public and private scores of some models, and the way of the leaders."""
        public, private = [], []
        for step in range(self.step):
            count = min(self.part(step), SHOWN // STEPS)
            if count:
                public.append(flips(self.seed, PUBLIC_BITS, step, count, self.points) / self.points)
                private.append(self.private(step, count))
        empty = [np.zeros(0)]
        dots = [Dots(word="dot.model", x=np.concatenate(public or empty), y=np.concatenate(private or empty))]
        led = np.array(self.leads).reshape(-1, 3)
        paths = (Line(word="series.leaders", x=led[:, 1], y=led[:, 2], role="path", hue=1),)
        if len(led):
            dots.append(Dots(word="dot.leader", x=led[-1:, 1], y=led[-1:, 2], mark="best"))
        diagonal = Line(word="series.honest", x=np.array([0.2, 1.0]), y=np.array([0.2, 1.0]), role="target")
        return Plane(
            extent=(0.2, 1.0, 0.4, 0.8), paths=(diagonal, *paths), dots=tuple(dots), x="axis.public", y="axis.private"
        )  # fmt: skip


class Choosing(Still):
    """Degrees 1 to 9 on y = x² with noise: chosen by one split and by N folds, one data set an update.

    Settings: points, folds, judge (whose choices the metrics count). The split holds out one of the N folds.
    """

    columns = ("public", "private")
    limit = STEPS

    def __init__(self, settings: Mapping[str, Any], seed: int):
        super().__init__(settings, seed)
        self.points, self.folds, self.step = int(settings["points"]), int(settings["folds"]), 0
        self.choices = np.empty((0, 3), np.int64)  # right degree, chosen by the split, by the folds

    def data(self, number: int) -> tuple[np.ndarray, np.ndarray]:
        x, y = quad_noisy(self.points, 1000 * self.seed + number)
        return x[:, 0], y[:, 0]

    def table(self, number: int) -> np.ndarray:
        """(folds, degrees) validation errors of a data set."""
        x, y = self.data(number)
        found = []
        for train, held in cut(self.points, self.folds, 1000 * self.seed + number):
            fits = (fit(x[train], y[train], degree) for degree in DEGREES)
            found.append([np.mean((value(c, x[held]) - y[held]) ** 2) for c in fits])
        return np.array(found)

    def true_errors(self, number: int) -> np.ndarray:
        """(degrees,) how far each degree, trained on the whole data set, is off the true curve."""
        x, y = self.data(number)
        return np.array([np.mean((value(fit(x, y, degree), GRID) - GRID**2) ** 2) for degree in DEGREES])

    def train(self, updates: int) -> np.ndarray:
        rows = []
        for _ in range(min(updates, self.limit - self.step)):
            errors, true = self.table(self.step), self.true_errors(self.step)
            chosen = int(errors[0].argmin()), int(errors.mean(axis=0).argmin())
            self.choices = np.vstack([self.choices, (int(true.argmin()), *chosen)])
            mine = chosen[self.settings["judge"] == "folds"]
            seen = errors[0] if self.settings["judge"] == "split" else errors.mean(axis=0)
            rows.append((seen[mine], true[mine]))
            self.step += 1
        return np.array(rows, np.float64).reshape(-1, 2)

    def state(self) -> Sequence[Any]:
        return dict(self.settings), self.step, self.choices

    def restore(self, state: Sequence[Any]) -> None:
        self.settings, self.step, self.choices = dict(state[0]), *state[1:]

    def right(self) -> tuple[float, float]:
        """Shares of the data sets on which the split, and the folds, chose the best degree."""
        if not self.step:
            return float("nan"), float("nan")
        return tuple(float((self.choices[:, k] == self.choices[:, 0]).mean()) for k in (1, 2))

    def metrics(self) -> Mapping[str, float]:
        return {"right": self.right()[self.settings["judge"] == "folds"]}

    def facts(self) -> Mapping[str, Any]:
        split, folds = self.right()
        return {"split": split, "folds": folds}

    def look(self, view: str, past: Sequence[Result]) -> Table | Bars:
        """The folds of the newest data set for three degrees, beside the lecture's; or the shares of right choices."""
        if view == "bars":
            split, folds = self.right()
            return Bars(
                labels=("judge.split", "judge.folds"), values=100 * np.array([split, folds]), word="series.right-share"
            )  # fmt: skip
        errors = self.table(max(0, self.step - 1))[:, [degree - 1 for degree in THREE]]
        rows = [(f"={k + 1}", *map(float, row)) for k, row in enumerate(errors)]
        rows.append(("fold.mean", *map(float, errors.mean(axis=0))))
        lecture = [*LECTURE, *[("=–",) * 3] * (len(errors) - 3)][: len(errors)]
        lecture.append(
            tuple(np.round(np.mean(LECTURE, axis=0), 3).tolist()) if len(errors) == 3 else ("=–",) * 3
        )
        rows = tuple((*row, *more) for row, more in zip(rows, lecture, strict=True))
        names = ("fold", *(f"degree-{degree}" for degree in THREE), *(f"lecture-{k}" for k in (1, 2, 3)))
        return Table(columns=tuple(f"column.{name}" for name in names), rows=rows, chosen=len(rows) - 1)
