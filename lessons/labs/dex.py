"""Water and Normal Pokémon to look at: browsed one by one, counted, met as strangers whose type is guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from lessons.data import STATS, Pokedex, pokedex
from lessons.data.generators.points import draws
from lessons.labs.base import Still
from lessons.labs.gauss import CLASSES, FEATURES, pokemon_fit
from lessons.labs.written import by_hand
from lessons.views import Dots, Numbers, Plane, Step, Table

SEVEN = FEATURES["7"]
STRANGERS = 12
JUDGE = ("6", "shared", 0.0)  # features, covariance and ridge of the machine that guesses along
LECTURE = {"water": 79, "normal": 61}  # of the numbers below 400
COUNT = 209  # rows to browse


@cache
def rows() -> Pokedex:
    """The Water ones by their numbers, the Normal ones, and Pikachu."""
    all_ = pokedex()
    first = np.array([types[0] for types in all_.types])
    order = [np.flatnonzero(first == name) for name in ("Water", "Normal")]
    order = np.concatenate([*order, [all_.name.index("Pikachu")]])
    pick = lambda values: tuple(values[k] for k in order)
    return Pokedex(all_.number[order], pick(all_.name), pick(all_.types), all_.stats[order])


def kind() -> np.ndarray:
    """(COUNT,) 0 for Water, 1 for Normal, 2 for Pikachu."""
    return np.array([{"Water": 0, "Normal": 1}.get(types[0], 2) for types in rows().types])


def numbers(features: str) -> np.ndarray:
    """(COUNT, 6 or 7) the six stats, the total before them."""
    stats = rows().stats
    return np.column_stack([stats.sum(axis=1), stats]) if features == "7" else stats


def column(feature: str) -> np.ndarray:
    return numbers("7")[:, SEVEN.index(feature)]


def strangers(seed: int) -> np.ndarray:
    """(STRANGERS,) rows with numbers from 400 on, drawn without repetition."""
    unseen = np.flatnonzero((rows().number >= 400) & (kind() < 2))
    return draws(seed, 85).permutation(unseen)[:STRANGERS]


class Dex(Still):
    """Settings: who (a row), across and up (features), cut (numbers below train), features (6, 7), said (guesses)."""

    # What is counted

    def counts(self) -> np.ndarray:
        """(2, 2) how many of each class, a row, train and test."""
        early, k = rows().number < self.settings["cut"], kind()
        return np.array([[(early & (k == c)).sum(), (~early & (k == c)).sum()] for c in (0, 1)])

    def rank(self) -> int:
        """How many of the features are independent of each other, over all rows."""
        return int(np.linalg.matrix_rank(numbers(self.settings["features"])))

    # Strangers

    def told(self) -> np.ndarray:
        """The guesses so far: 0 for Water, 1 for Normal."""
        said = np.array(self.settings["said"], int)
        return said[said > 0] - 1

    def machine(self) -> np.ndarray:
        """(STRANGERS,) what the fitted Gaussians say of them."""
        return pokemon_fit(*JUDGE).model.predict(rows().stats[strangers(self.seed)])

    def act(self, action: str) -> Mapping[str, Any] | None:
        at = len(self.told())
        said = list(self.settings["said"])
        if action == "again" or at == STRANGERS:
            return {"said": (0.0,) * STRANGERS}
        said[at] = 1.0 + CLASSES.index(action.removeprefix("say-"))
        return {"said": tuple(said)}

    def score(self) -> tuple[int, int, int]:
        """Right guesses of the learner, of the machine, and how many were guessed."""
        told = self.told()
        truth = kind()[strangers(self.seed)][: len(told)]
        return int((told == truth).sum()), int((self.machine()[: len(told)] == truth).sum()), len(told)

    # What is seen

    def look(self, view: str, past: Sequence[Any]) -> Any:
        return getattr(self, view)()

    def table(self) -> Table:
        """Every row with its numbers, the one in hand lit."""
        dex, values = rows(), numbers(self.settings["features"])
        columns = ("name", "type", *(f.replace("_", "-") for f in FEATURES[self.settings["features"]]))
        types = ["series.water", "series.normal", "type.electric"]
        lines = tuple(
            (f"={name}", types[k], *map(int, row))
            for name, k, row in zip(dex.name, kind(), values, strict=True)
        )
        return Table(
            columns=tuple(f"column.{c}" for c in columns), rows=lines, chosen=self.settings["who"]
        )  # fmt: skip

    def plane(self) -> Plane:
        """All rows by two features, the one in hand marked."""
        across, up = (self.settings[axis].replace("-", "_") for axis in ("across", "up"))
        x, y, who = column(across), column(up), self.settings["who"]
        dots = (
            Dots(word="series.by-type", x=x, y=y, group=kind()),
            Dots(word="dot.in-hand", x=x[[who]], y=y[[who]], mark="now"),
        )
        extent = (0.0, 1.08 * float(x.max()), 0.0, 1.08 * float(y.max()))
        axes = [f"column.{f.replace('_', '-')}" for f in (across, up)]
        return Plane(extent=extent, dots=dots, x=axes[0], y=axes[1])

    def strangers(self) -> Table:
        """The one to guess, its name and type hidden, beside the last one guessed."""
        at, told, dex = strangers(self.seed), self.told(), rows()
        met = len(told)
        now = [f"={v:.0f}" for v in dex.stats[at[met]]] if met < STRANGERS else ["=–"] * len(STATS)
        lines = [
            ("column.name", "=?" if met < STRANGERS else "=–", f"={dex.name[at[met - 1]]}" if met else "=–")
        ]
        for k, stat in enumerate(STATS):
            before = f"={dex.stats[at[met - 1]][k]:.0f}" if met else "=–"
            lines.append((f"column.{stat.replace('_', '-')}", now[k], before))
        for name, said in (("type", kind()[at]), ("you", told), ("machine", self.machine())):
            before = f"series.{CLASSES[said[met - 1]]}" if met else "=–"
            lines.append((f"column.{name}", "=?" if met < STRANGERS else "=–", before))
        return Table(columns=("column.number", "column.stranger", "column.last"), rows=tuple(lines))

    def numbers(self) -> Numbers:
        """The row in hand added up, the counts of both halves, and the score of the guesses."""
        stats = rows().stats[self.settings["who"]]
        (water, water_test), (normal, normal_test) = self.counts().tolist()
        cut, count = self.settings["cut"], 6 + (self.settings["features"] == "7")
        right, machine, met = self.score()
        parts = "+".join(f"{v:.0f}" for v in stats)
        steps = [
            Step(text=f"{parts} = {stats.sum():.0f}", note="note.sum-of-six", hot=True),
            Step(text=f"{self.rank()} / {count}", note="note.rank"),
            Step(text=f"{water} + {normal} = {water + normal}", note="note.train-below"),
            Step(text=f"{water_test} + {normal_test} = {water_test + normal_test}", note="note.test-from"),
            Step(text=f"№ < {cut}", note="note.cut"),
        ]
        if water + normal:
            share = water / (water + normal)
            steps.append(Step(text=f"{water}/{water + normal} = {share:.3f}", note="note.prior-water"))
            steps.append(Step(text=f"{normal}/{water + normal} = {1 - share:.3f}", note="note.prior-normal"))
        steps.append(Step(text=f"{right} / {met}", note="note.you"))
        steps.append(Step(text=f"{machine} / {met}", note="note.machine"))
        return by_hand(steps)

    def metrics(self) -> Mapping[str, float]:
        right, machine, met = self.score()
        found = {"rank": float(self.rank()), "met": float(met)}
        return {**found, "right": float(right), "machine": float(machine)} if met else found

    def facts(self) -> Mapping[str, Any]:
        return {
            "counts": self.counts().tolist(),
            "rank": self.rank(),
            "count": 6 + (self.settings["features"] == "7"),
        }
