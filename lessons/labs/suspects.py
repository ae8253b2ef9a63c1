"""The results on the Pokémon, and which mistakes could have made the lecture's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from lessons.labs.forced import answers
from lessons.labs.gauss import CLASSES, FEATURES, ROWS, Gauss, dots, pokemon_fit
from lessons.labs.written import by_hand
from lessons.views import Hist, Numbers, Plane, Step, Strip, Table

BINS = (0.40, 0.84, 22)  # of accuracies: from, to, how many
# The models of the lecture, and its accuracies in per cent.
SLIDE = {model: rate for model, rate in ROWS.items() if rate is not None}


def brief(value: float) -> str:
    """A number of any size in few signs."""
    return f"{value:.0f}" if abs(value) >= 1 else f"{value:.0e}"


class Results(Gauss):
    """Settings of Gauss, and `points`: train, or test, which then tells the accuracies on the test."""

    def told(self) -> bool:
        return self.setting("points") == "test"

    def table(self) -> Table:
        """Per cent right of each model of ROWS; the test's column is empty until the test is opened."""
        lines, now = [], (self.setting("features"), self.setting("covariance"))
        for (features, covariance), slide in ROWS.items():
            fit = pokemon_fit(features, covariance, self.setting("ridge"))
            train, test = (
                None if fit.model is None else round(100 * rate, 1) for rate in (fit.train, fit.test)
            )
            lines.append((f"row.{features}-{covariance}", train, test if self.told() else None, slide))
        columns = ("model", "train", "exam", "lecture")
        chosen = list(ROWS).index(now)
        return Table(columns=tuple(f"column.{c}" for c in columns), rows=tuple(lines), chosen=chosen)

    def scores(self) -> Plane:
        """As the lab's; where there is no density, what hinders it: all points lie on one plane."""
        if self.fit().model is not None:
            return super().scores()
        x, y = self.seen()
        both = np.column_stack([x[:, 1:].sum(axis=1), x[:, 0]])
        top = 1.05 * float(both.max())
        return Plane(extent=(0.0, top, 0.0, top), dots=dots(both, y), x="axis.sum-of-six", y="axis.total")

    def numbers(self) -> Numbers:
        """Rank, the smallest eigenvalue of each class's covariance, and what follows."""
        fit, features = self.fit(), self.setting("features")
        count = len(FEATURES[features])
        steps = [Step(text=f"{fit.rank} / {count}", note="note.rank", hot=fit.rank < count)]
        for name, gaussian in zip(CLASSES, self.classifier().gaussians, strict=True):
            values = np.linalg.eigvalsh(gaussian.covariance)
            steps.append(Step(text=f"λ = {brief(values[0])} … {brief(values[-1])}", note=f"series.{name}"))
        if fit.model is None:
            return by_hand([*steps, Step(text="|Σ| = 0", note="note.no-inverse", hot=True)])
        x, y = self.seen()
        right = int((fit.model.predict(x) == y).sum())
        steps.append(Step(text=f"{right} / {len(y)} = {right / len(y):.3f}", note="note.right", hot=True))
        larger = int((y == 0).sum())
        steps.append(Step(text=f"{larger} / {len(y)} = {larger / len(y):.3f}", note="note.always-water"))
        return by_hand(steps)

    def orders(self) -> Hist:
        """Accuracies when Σ is inverted whatever its rank, one an order of the columns."""
        low, high, bins = BINS
        found = answers(self.setting("features"), self.seed)
        strips = []
        for kind, rates in zip(("own", "shared"), found, strict=True):
            rates = rates[np.isfinite(rates)].clip(low, high)
            strips.append(Strip(word=f"option.{kind}", counts=np.histogram(rates, bins, (low, high))[0]))
        ticks = ((0.54, "dot.slide-own"), (0.73, "dot.slide-shared"))
        return Hist(strips=tuple(strips), lo=low, hi=high, x="axis.test-accuracy", ticks=ticks)

    def suspects(self) -> Table:
        """The lecture's accuracies beside those of a wrong centre, and of inverting what has no inverse."""
        lines = []
        for (features, covariance), slide in SLIDE.items():
            wrong, forced = (
                getattr(answers(features, self.seed, centre), covariance) for centre in ("other", "own")
            )
            cells = (f"={100 * wrong[0]:.1f}", "=–") if features == "2" else ("=–", self.span(forced))
            lines.append((f"row.{features}-{covariance}", slide, *cells))
        columns = ("model", "lecture", "wrong-centre", "forced")
        return Table(columns=tuple(f"column.{c}" for c in columns), rows=tuple(lines))

    @staticmethod
    def span(rates: np.ndarray) -> str:
        """From the least to the greatest, in per cent."""
        return f"={100 * np.nanmin(rates):.0f}–{100 * np.nanmax(rates):.0f}"

    def metrics(self) -> Mapping[str, float]:
        rates = super().metrics()
        return rates if self.told() else {name: v for name, v in rates.items() if name == "training-accuracy"}

    def facts(self) -> Mapping[str, Any]:
        fit, forced = self.fit(), answers(self.setting("features"), self.seed)
        return {
            **super().facts(), "test": fit.test, "train": fit.train,
            "orders": [len(set(rates[np.isfinite(rates)].tolist())) for rates in forced],
            "spans": [(float(np.nanmin(rates)), float(np.nanmax(rates))) for rates in forced],
        }  # fmt: skip
