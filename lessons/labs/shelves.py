"""A population of XOR nets that falls onto shelves of the loss, and what the Hessian says about those that rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.analysis import landscape
from engine.analysis.hessian import TOLERANCE, hessian, kind, spectrum
from engine.model import Result
from engine.population import Population, chain
from engine.trainer import Trainer
from lessons.data.generators import draws, xor4
from lessons.labs.base import Still
from lessons.views import Bars, Curve, Dots, Grid, Line, Numbers, Plane, Step, Table

SIZES = (2, 2, 1)
NAMES = ("w₁₁", "w₁₂", "w₂₁", "w₂₂", "b₁", "b₂", "v₁", "v₂", "c")
FALL, AFTER = 1200, 1200  # updates before and after the step
EVERY = 20  # updates between two columns of the rain
PIECE = 200  # updates at once, their losses are kept for so long
LEVELS = (0.0, 1 / 2, 2 / 3, 1.0)
NAMED = ("=0", "=1/2", "=2/3", "=1")
FAR = 100.0  # the loss that is told of a net that has diverged
NEAR = 0.03  # a loss this close to a level lies on it
SHOWN = 1024  # nets in the scatter
PICKS = ("top", "two-thirds", "half", "solved")  # actions: the shelves from the highest to the lowest
EACH = 8  # nets that can be picked on a shelf
REACH = np.concatenate([sign * np.geomspace(0.01, 10, 60) for sign in (-1, 1)])  # of the line search
TALL = 160  # nets that the rain shows
WIDE = (-3.0, 3.0, -3.0, 3.0)


def corners() -> tuple[np.ndarray, np.ndarray]:
    """The four points of XOR at ±1 and their targets ±1: a net that always says 0 has a loss of 1."""
    x, y = xor4()
    return 2 * x - 1, 2.0 * y - 1


class Shelves(Still):
    """2-2-1 nets by gradient descent on XOR; before update FALL those not at zero take one step.

    escape: eigen, random (a line search along that direction) or wait. spread: of the first weights and biases.
    """

    columns = ("mean-loss", "solved")
    limit = FALL + AFTER

    def __init__(self, settings: Mapping[str, Any], seed: int):
        super().__init__(settings, seed)
        count = settings["nets"]
        start = draws(seed, 41).normal(0, settings["spread"], (count, 9))
        self.population = self._nets(start)
        self.rain = np.full((self.limit // EVERY + 1, count), np.nan, np.float32)
        self.rain[0] = self.population.losses()
        self.rest: np.ndarray | None = None  # (N, 9) θ before the step

    def _nets(self, theta: np.ndarray) -> Population:
        x, y = corners()
        return Population(
            SIZES,
            len(theta),
            x,
            y,
            activation=self.settings["activation"],
            rate=self.settings["rate"],
            dtype="float64",
            theta=theta,
            threads=False,
        )

    @property
    def beyond(self) -> tuple[str, ...]:
        return () if self.settings["escape"] == "wait" else ("fall",)

    # The model's promises

    @property
    def step(self) -> int:
        return self.population.step

    def train(self, updates: int) -> np.ndarray:
        rows = [np.empty((0, 2))]
        updates = min(updates, self.limit - self.step)
        while updates > 0:
            if self.step == FALL:
                self._leave()
            edge = FALL if self.step < FALL else self.limit
            before = self.step
            losses = self.population.train(min(updates, PIECE, edge - before), every=1)
            updates -= len(losses)
            at = -before % EVERY
            kept = losses[at::EVERY]
            first = (before + at) // EVERY
            self.rain[first : first + len(kept)] = kept
            if self.step % EVERY == 0:
                self.rain[self.step // EVERY] = self.population.losses()
            mean = np.minimum(np.nan_to_num(losses, nan=FAR), FAR).mean(axis=1)
            rows.append(np.stack((mean, (losses < NEAR).mean(axis=1)), axis=1))
        return np.concatenate(rows)

    def state(self) -> Sequence[Any]:
        known = np.minimum(self.rain[: self.step // EVERY + 1], 6e4).astype(np.float16)
        rest = np.zeros((0, 9)) if self.rest is None else self.rest.copy()
        return dict(self.settings), self.population.state(), known, rest

    def restore(self, state: Sequence[Any]) -> None:
        settings, inner, known, rest = state
        # What is looked at is the learner's, the rest belongs to the run.
        self.settings = {**settings, "net": self.settings["net"]}
        self.population.restore(inner)
        self.rain[:] = np.nan
        self.rain[: len(known)] = known
        self.rest = rest.copy() if len(rest) else None
        self._seen = None

    def act(self, action: str) -> Mapping[str, Any] | None:
        """Pick the first net of a shelf."""
        return {"net": EACH * PICKS.index(action)}

    # The step off the shelf

    def _leave(self) -> None:
        self.rest = self.population.theta
        self._seen = None
        stuck = self.population.losses() > NEAR
        if self.settings["escape"] == "wait" or not stuck.any():
            return
        moved = self.rest.copy()
        moved[stuck] = self.search(self.rest[stuck], self.ways()[stuck])
        _, *memory = self.population.state()
        self.population.restore((np.ascontiguousarray(moved.T), *memory))

    def ways(self) -> np.ndarray:
        """(N, 9) of length 1: each net's direction of escape."""
        if self.settings["escape"] == "eigen":
            return self.seen()[1]
        drawn = draws(self.seed, 43).normal(size=self.rest.shape)
        return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)

    def search(self, theta: np.ndarray, ways: np.ndarray) -> np.ndarray:
        """(N, 9) the lowest of 120 places along each way, or θ where none is lower."""
        places = theta[:, None] + REACH[:, None] * ways[:, None]
        losses = self._nets(places.reshape(-1, 9)).losses().reshape(len(theta), -1)
        best = losses.argmin(axis=1)
        lower = losses.min(axis=1) < self._nets(theta).losses()
        return np.where(lower[:, None], places[np.arange(len(theta)), best], theta)

    # What is known about all of them

    def seen(self) -> tuple[np.ndarray, ...]:
        """Before the step, if it is made: eigenvalues (N, 9), lowest eigenvectors (N, 9), losses (N,), |g| (N,),
        and the least bend along a single weight (N,).
        """
        key = FALL if self.rest is not None else self.step
        if getattr(self, "_seen", None) is None or self._seen[0] != key:
            nets = self.population if self.rest is None else self._nets(self.rest)
            with np.errstate(all="ignore"):  # a net that has diverged is flat and far away
                matrices = np.nan_to_num(nets.hessians(), posinf=0, neginf=0)
                values, vectors = np.linalg.eigh(matrices)
                losses = np.nan_to_num(nets.losses(), nan=FAR, posinf=FAR)
                norms = np.linalg.norm(nets.gradients(), axis=1)
            axes = np.diagonal(matrices, axis1=1, axis2=2).min(axis=1)
            self._seen = key, (values, vectors[:, :, 0], np.minimum(losses, FAR), norms, axes)
        return self._seen[1]

    def ratio(self) -> np.ndarray:
        """(N,) the share of eigenvalues that are not negative."""
        values = self.seen()[0]
        return 1 - (values < -TOLERANCE * np.abs(values).max(axis=1, keepdims=True)).mean(axis=1)

    def shelf(self) -> np.ndarray:
        """(N,) the number of the level that a net lies on, −1 between them."""
        off = np.abs(self.seen()[2][:, None] - np.array(LEVELS))
        return np.where(off.min(axis=1) < NEAR, off.argmin(axis=1), -1)

    def picks(self) -> np.ndarray:
        """(32,) nets that can be picked: some of each shelf, the highest first; of an empty one the next below."""
        shelf = self.shelf()
        found, spare = [], np.arange(len(shelf))
        for level in range(len(LEVELS)):
            mine = np.flatnonzero(shelf == level)
            spare = mine if len(mine) else spare
            found.insert(0, np.resize(spare, EACH))
        return np.concatenate(found)

    def picked(self) -> int:
        return int(self.picks()[self.settings["net"]])

    def trainer(self, theta: np.ndarray) -> Trainer:
        """One net of the population by itself."""
        x, y = corners()
        net = chain(SIZES, self.settings["activation"], "mse", "he", 1.0)
        return Trainer(net, x, y, dtype="float64", theta=theta)

    # What is seen

    def look(self, view: str, past: Sequence[Result]) -> Any:
        drawn = {
            "rain": self.falling,
            "scatter": self.scatter,
            "eigenvalues": self.bars,
            "slice": self.slice,
            "hessian": self.matrix,
            "one": self.one,
            "verdict": self.verdict,
        }
        return self.table(past) if view == "shelves" else drawn[view]()

    def order(self) -> np.ndarray:
        """(N,) nets from the lowest loss to the highest: before the step, then now."""
        return np.lexsort((self.rain[self.step // EVERY], np.round(self.seen()[2], 2)))

    def falling(self) -> Plane:
        """Every net's loss (up: nets in order) over the updates (across)."""
        order = self.order()
        rows = order[np.linspace(0, len(order) - 1, min(TALL, len(order))).astype(int)]
        field = np.minimum(self.rain[:, rows].T, 1.25).astype(float)
        place = float(np.flatnonzero(order == self.picked())[0])
        return Plane(
            extent=(0.0, float(self.limit), 0.0, float(len(order))),
            field=field,
            scale="linear",
            x="axis.updates",
            y="axis.nets-in-order",
            cursor=(float(self.step), place),
        )

    def scatter(self) -> Plane:
        """The slide's picture: share of eigenvalues across, loss up; points are shifted a hair to be seen."""
        losses = self.seen()[2]
        many = slice(0, SHOWN)
        shift = draws(self.seed, 47).uniform(-1, 1, (2, len(losses)))
        ratio = self.ratio()
        x, y = ratio + 0.025 * shift[0], losses + 0.012 * shift[1]
        k = self.picked()
        dots = (
            Dots(word="series.all-nets", x=x[many], y=y[many], group=self.shelf()[many] + 1),
            Dots(word="dot.picked-net", x=ratio[[k]], y=losses[[k]], mark="now"),
        )
        return Plane(extent=(0.4, 1.05, -0.05, 1.15), dots=dots, x="axis.not-negative", y="series.loss")

    def bars(self) -> Bars:
        """The picked net's eigenvalues now and, beside them, before the step."""
        k = self.picked()
        now = spectrum(hessian(self.trainer(self.population.theta[k]))).values
        before = None if self.rest is None else self.seen()[0][k].copy()
        labels = tuple(f"=λ{n + 1}" for n in range(9))
        return Bars(
            labels=labels, values=now, beside=before, word="bars.eigenvalue", beside_word="bars.before-step"
        )

    def slice(self) -> Plane:
        """The loss around the picked net, where it rested, along its two extreme eigenvectors."""
        k = self.picked()
        theta = (self.population.theta if self.rest is None else self.rest)[k]
        net = self.trainer(theta)
        pairs = spectrum(hessian(net))
        frame = pairs.vectors[[0, -1]]
        xs, ys = np.linspace(*WIDE[:2], 72), np.linspace(*WIDE[2:], 48)
        here = Dots(word="dot.here", x=np.zeros(1), y=np.zeros(1), mark="now")
        field = landscape.plane(net, frame, xs, ys)
        return Plane(extent=WIDE, field=field, dots=(here,), x="axis.lowest", y="axis.highest")

    def matrix(self) -> Grid:
        net = self.trainer(self.population.theta[self.picked()])
        names = tuple(f"={name}" for name in NAMES)
        return Grid(values=hessian(net), rows=names, cols=names, tensor="H")

    def one(self) -> Curve:
        """The picked net's loss, with the other nets that can be picked behind it."""
        x = EVERY * np.arange(len(self.rain))
        others = [
            Line(word="series.other-nets", x=x, y=self.rain[:, n], role="ghost") for n in set(self.picks())
        ]
        mine = Line(word="series.picked-net", x=x, y=self.rain[:, self.picked()], role="path")
        limits = (0.0, float(self.limit), -0.05, 1.6)
        ticks = ((float(FALL), f"option.{self.settings['escape']}"),)
        return Curve(lines=(*others, mine), limits=limits, y="series.loss", ticks=ticks)

    def verdict(self) -> Numbers:
        """What the Hessian says about the picked net as it rests."""
        k = self.picked()
        values, _, losses, norms, _ = self.seen()
        negative = round(9 * (1 - self.ratio()[k]))
        lines = (
            (f"L = {losses[k]:.4f}", "note.rest-loss"),
            (f"|g| = {norms[k]:.1e}", "note.rest-norm"),
            (f"λ < 0: {negative} / 9", "note.rest-negative"),
            (f"λ = {values[k, 0]:.4f} … {values[k, -1]:.2f}", f"kind.{kind(values[k], 1e-5)}"),
            (f"L → {self.population.losses()[k]:.4f}", "note.rest-now"),
        )
        return Numbers(steps=tuple(Step(text=text.replace("-", "−"), note=note) for text, note in lines))

    def table(self, past: Sequence[Result]) -> Table:
        """A row for each shelf: nets, share of eigenvalues, and what became of them by each way."""
        mine = {name: self.settings[name] for name in ("nets", "spread", "rate", "activation")}
        done = {}
        for result in reversed(past):
            same = result.seed == self.seed and mine.items() <= result.settings.items()
            if same and result.steps == self.limit:
                done[result.settings["escape"]] = result.facts["freed"]
        if self.step == self.limit:
            done[self.settings["escape"]] = self.facts()["freed"]
        shelf, ratio = self.shelf(), self.ratio()
        rows = []
        for level in range(len(LEVELS)):
            there = shelf == level
            freed = [
                f"={100 * done[way][level]:.0f} %" if way in done and level and there.any() else None
                for way in ("eigen", "random", "wait")
            ]
            share = round(float(ratio[there].mean()), 2) if there.any() else None
            rows.append((NAMED[level], int(there.sum()), share, *freed))
        columns = ("loss", "nets", "ratio", "eigen", "random", "wait")
        return Table(columns=tuple(f"column.{name}" for name in columns), rows=tuple(rows))

    def metrics(self) -> Mapping[str, float]:
        losses = np.minimum(np.nan_to_num(self.population.losses(), nan=FAR), FAR)
        return {"mean-loss": float(losses.mean()), "solved": float((losses < NEAR).mean())}

    def facts(self) -> Mapping[str, Any]:
        """Of each shelf before the step: nets, share of eigenvalues, share solved since.

        `ways`: of those above zero, the share of saddles; `hidden`: of these, the share that bends down along no
        single weight.
        """
        shelf, ratio = self.shelf(), self.ratio()
        now = self.population.losses() < NEAR
        stuck = self.seen()[2] > NEAR

        def share(of: np.ndarray) -> tuple[float, ...]:
            groups = [of[shelf == level] for level in range(len(LEVELS))]
            return tuple(float(group.mean()) if len(group) else float("nan") for group in groups)

        values, axes = self.seen()[0], self.seen()[4]
        saddle = stuck & (ratio < 1)
        unseen = axes[saddle] > -TOLERANCE * values[saddle, -1]
        linked = np.std(ratio) > 0 and np.std(self.seen()[2]) > 1e-3
        return {
            "counts": tuple(int((shelf == level).sum()) for level in range(len(LEVELS))),
            "between": int((shelf < 0).sum()),
            "ratio": share(ratio),
            "ways": float((ratio[stuck] < 1).mean()) if stuck.any() else 0.0,
            "hidden": float(unseen.mean()) if saddle.any() else 0.0,
            "freed": share(now),
            "all-freed": float(now[stuck].mean()) if stuck.any() else 0.0,
            "correlation": float(np.corrcoef(self.seen()[2], ratio)[0, 1]) if linked else 0.0,
        }
