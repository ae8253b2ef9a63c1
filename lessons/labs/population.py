"""Many networks for one task: a search over width × depth, each candidate trained and validated for real."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.network import Network
from engine.trainer import Trainer
from lessons.data import generators
from lessons.labs.base import Still
from lessons.labs.net import stack
from lessons.views import Dots, Grid, Line, Plane, Table

BLOCKS = 10  # updates of the search in one candidate; the candidate's own training is cut into as many
TRAIN, CHECK = 400, 1000  # examples
HAIR = 0.01  # structures whose validation accuracies differ by no more are tied
PARENTS = 3  # of the best found so far; one of them has the child
FOUNDERS = 4  # candidates of an evolution that have no parents
RANKS = ("column.rank", "column.structure", "column.parameters", "column.train", "column.validation")


@dataclass(frozen=True)
class Trial:
    """A candidate that is finished: its structure, size and accuracies, and the trial that it descends from."""

    depth: int
    width: int
    parameters: int
    training: float
    validation: float
    parent: int = -1  # the trial's number, −1 for none


def size(depth: int, width: int) -> int:
    """Parameters of 2 → width × depth → 1."""
    return 2 * width + width + (depth - 1) * (width * width + width) + width + 1


class Search(Still):
    """Tries structures one after another; an update is one block of training of the present candidate."""

    columns = ("training-loss", "best")

    def __init__(self, settings: Mapping[str, Any], seed: int):
        super().__init__(settings, seed)
        self.data = generators.spirals(TRAIN, seed)
        self.fresh = generators.spirals(CHECK, seed + 1_000_003)
        self.limit, self.epoch = settings["trials"] * BLOCKS, BLOCKS
        self.step = 0
        self.done: list[Trial] = []
        self.trainer: Trainer | None = None
        self._broken: Mapping[str, Any] | None = None
        self.widths = [w for w in (2, 4, 8, 16, 32, 64, 128) if w <= settings["widest"]]

    # The candidates

    def candidate(self) -> tuple[int, int]:
        """(depth, width) of the present candidate; follows from the seed and the trials before it."""
        return self._descent()[:2]

    def _descent(self) -> tuple[int, int, int]:
        """(depth, width, number of the parent) of the present candidate."""
        g = generators.draws(self.seed, 1000 + len(self.done))
        deepest, widths = self.settings["deepest"], self.widths
        depth, width = int(g.integers(1, deepest + 1)), widths[int(g.integers(len(widths)))]
        if self.settings["search"] == "random" or len(self.done) < FOUNDERS:
            return depth, width, -1
        best = self.ranked()[:PARENTS]
        parent = best[int(g.integers(len(best)))]
        depth, at = parent.depth, widths.index(parent.width)
        by = 1 if g.uniform() < 0.5 else -1
        if g.uniform() < 0.5:
            depth = max(1, min(deepest, depth + by))
        else:
            at = max(0, min(len(widths) - 1, at + by))
        return depth, widths[at], self.done.index(parent)

    def _start(self) -> Trainer:
        depth, width = self.candidate()
        net = Network()
        top = stack(net, net.input(2), [width] * depth, self.settings["activation"])
        net.loss(net.dense(top, 1, name="output", init="xavier"), "binary-cross-entropy")
        x, y = self.data
        seed = self.seed * 1009 + len(self.done)
        rate = self.settings["rate"]
        return Trainer(net, x, y[:, None], optimizer="adam", rate=rate, batch=64, seed=seed)

    @property
    def learner(self) -> Trainer:
        """The present candidate."""
        return self._start() if self.trainer is None else self.trainer

    @property
    def lasts(self) -> int:
        """Updates that a candidate makes."""
        return self.settings["updates"]

    beyond = ("search",)

    def ranked(self) -> list[Trial]:
        """Finished trials, best validation first; of equals the smaller net."""
        return sorted(self.done, key=lambda t: (-t.validation, t.parameters))

    # The model's promises

    def train(self, updates: int) -> np.ndarray:
        rows = []
        for _ in range(min(updates, self.limit - self.step)):
            block = self.step % BLOCKS
            if block == 0:
                self.trainer = self._start()
            whole = self.settings["updates"]
            share = whole * (block + 1) // BLOCKS - whole * block // BLOCKS
            losses = self.trainer.train(share)[:, 0]
            self._broken = self.trainer.fault()
            best = self.ranked()[0].validation if self.done else np.nan
            rows.append((losses.mean() if len(losses) else self.trainer.evaluate()["loss"], best))
            if self._broken:
                break
            self.step += 1
            if block == BLOCKS - 1:
                self._finish()
        return np.array(rows, np.float64).reshape(-1, 2)

    def _finish(self) -> None:
        depth, width, parent = self._descent()
        (x, y), (u, v) = self.data, self.fresh
        training = self.trainer.evaluate(x, y[:, None])["accuracy"]
        validation = self.trainer.evaluate(u, v[:, None])["accuracy"]
        self.done.append(Trial(depth, width, size(depth, width), training, validation, parent))

    def fault(self) -> Mapping[str, Any] | None:
        return self._broken

    def state(self) -> Sequence[Any]:
        within = self.step % BLOCKS
        return dict(self.settings), self.step, tuple(self.done), self.trainer.state() if within else None

    def restore(self, state: Sequence[Any]) -> None:
        settings, self.step, done, inner = state
        self.settings, self.done, self._broken = dict(settings), list(done), None
        if inner is not None:
            self.trainer = self._start()
            self.trainer.restore(inner)

    # What is seen

    def look(self, view: str, past: Sequence[Any]) -> Any:
        return {"trials": self._scatter, "ranks": self._table, "map": self._map}[view]()

    def _scatter(self) -> Plane:
        x = np.log10([t.parameters for t in self.done] or [1.0])
        y = np.array([t.validation for t in self.done] or [np.nan])
        dots = [Dots(word="series.trial", x=x, y=y, group=np.array([t.depth - 1 for t in self.done] or [0]))]
        if self.done:
            best = self.ranked()[0]
            at = np.log10([best.parameters])
            dots.append(Dots(word="series.best", x=at, y=np.array([best.validation]), mark="best"))
        descents = [(self.done[t.parent], t) for t in self.done if t.parent >= 0]
        ends = np.array([(*(np.log10(t.parameters) for t in two), np.nan) for two in descents]).ravel()
        heights = np.array([(*(t.validation for t in two), np.nan) for two in descents]).ravel()
        ways = (Line(word="series.descent", x=ends, y=heights, role="path"),) if descents else ()
        right = float(np.log10(size(self.settings["deepest"], self.widths[-1])) + 0.1)
        low = float(min(0.45, np.nanmin(y, initial=0.45)))
        return Plane(
            extent=(0.8, right, low, 1.01),
            paths=ways,
            dots=tuple(dots),
            x="axis.parameters",
            y="axis.accuracy",
        )

    def _table(self) -> Table:
        rows = tuple(
            (rank, f"={t.depth}×{t.width}", t.parameters, round(t.training, 3), round(t.validation, 3))
            for rank, t in enumerate(self.ranked(), 1)
        )
        names = ("rank", "structure", "parameters", "train", "validation")
        return Table(
            columns=tuple(f"column.{name}" for name in names), rows=rows, bar=4, chosen=0 if rows else -1
        )

    def _map(self) -> Grid:
        values = np.full((self.settings["deepest"], len(self.widths)), np.nan)
        for t in self.done:
            at = t.depth - 1, self.widths.index(t.width)
            values[at] = np.nanmax([values[at], 100 * t.validation])
        rows = tuple(f"={depth + 1}" for depth in range(len(values)))
        cols = tuple(f"={width}" for width in self.widths)
        return Grid(values=values, rows=rows, cols=cols, tensor="validation", digits=0, diverging=False)

    def tied(self) -> int:
        """Different structures within a hair of the best."""
        if not self.done:
            return 0
        best = self.ranked()[0].validation
        return len({(t.depth, t.width) for t in self.done if t.validation >= best - HAIR})

    def metrics(self) -> Mapping[str, float]:
        if not self.done:
            return {"tied": 0.0}
        best = self.ranked()[0]
        numbers = {"best-accuracy": best.validation, "best-parameters": best.parameters, "tied": self.tied()}
        return {name: float(value) for name, value in numbers.items()}

    def facts(self) -> Mapping[str, Any]:
        if not self.done:
            return {}
        best, biggest = self.ranked()[0], max(t.parameters for t in self.done)
        enough = min(t.parameters for t in self.done if t.validation >= best.validation - HAIR)
        late = [t.validation for t in self.done[len(self.done) // 2 :]]
        trials = [(t.depth, t.width, t.parameters, t.training, t.validation) for t in self.done]
        return {"trials": trials, "biggest": biggest, "enough": enough, "late": float(np.mean(late)),
                "best-is-biggest": best.parameters == biggest}  # fmt: skip
