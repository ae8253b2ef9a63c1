"""Two Gaussians in the learner's hands: means to drag, variances and correlations to set, densities to read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from engine.statistics import Gaussian, GaussianClassifier
from lessons.data import pokedex
from lessons.labs.gauss import EXTENT, STATS, Gauss, contours, dots, pokemon_fit, regions
from lessons.labs.written import by_hand
from lessons.views import Dots, Line, Numbers, Plane, Step

TURTLE = (103.0, 45.0)  # the lecture's sea turtle, Tirtouga, which no number below 400 equals
COUNT = 80  # the turtle and the 79 Water that train
TWO = [STATS.index("defense"), STATS.index("sp_defense")]


@cache
def water() -> tuple[tuple[str, ...], np.ndarray]:
    """Names and (COUNT, 2) places of the turtle and of the Water that train."""
    dex = pokedex()
    first = np.array([types[0] for types in dex.types])
    known = np.flatnonzero((first == "Water") & (dex.number < 400))
    order = [dex.name.index("Tirtouga"), *known.tolist()]
    return tuple(dex.name[k] for k in order), dex.stats[order][:, TWO]


def shape(settings: Mapping[str, Any], name: str) -> np.ndarray:
    """(2, 2) the covariance of a class from its two variances and its correlation."""
    across, up, r = (settings[f"{name}-{part}"] for part in ("x", "y", "r"))
    mixed = r * np.sqrt(across * up)
    return np.array([[across, mixed], [mixed, up]])


def settings_of(name: str, gaussian: Gaussian) -> dict[str, Any]:
    """What the controls of a class stand at for this Gaussian."""
    across, up = np.diag(gaussian.covariance)
    r = gaussian.covariance[0, 1] / np.sqrt(across * up)
    return {
        name: tuple(gaussian.mean.tolist()),
        f"{name}-x": float(across),
        f"{name}-y": float(up),
        f"{name}-r": float(r),
    }


class Bells(Gauss):
    """Settings: for water and normal a mean, variances -x and -y, a correlation -r; who (a place); model.

    model: gaussian, or counting, by which a place has as much as Pokémon stand there.
    """

    def classifier(self) -> GaussianClassifier:
        both = [
            Gaussian(np.array(self.settings[name]), shape(self.settings, name))
            for name in ("water", "normal")
        ]
        return GaussianClassifier(tuple(both), pokemon_fit("2", "own", 0.0).model.priors)

    def held(self) -> Gaussian:
        """Water's Gaussian as the controls stand."""
        return self.classifier().gaussians[0]

    def act(self, action: str) -> Mapping[str, Any] | None:
        if action != "fit":
            return {}
        best = pokemon_fit("2", "own", 0.0).model.gaussians
        return {**settings_of("water", best[0]), **settings_of("normal", best[1]), "model": "gaussian"}

    def at(self) -> tuple[str, np.ndarray]:
        """Name and place (2,) of the one in hand."""
        names, places = water()
        return names[self.settings["who"]], places[self.settings["who"]]

    def density(self) -> float:
        """What the model gives the place in hand: a density, or its share among the 79 when counted."""
        place = self.at()[1]
        if self.settings["model"] == "counting":
            return float((water()[1][1:] == place).all(axis=1).mean())
        return float(self.held().density(place[None])[0])

    def likelihoods(self) -> tuple[float, float]:
        """ln L of each class's points under its Gaussian."""
        x, y = self.data()[:2]
        return tuple(g.log_likelihood(x[y == k]) for k, g in enumerate(self.classifier().gaussians))

    def tilt(self) -> float:
        """Degrees from the horizontal to the long axis of Water's ellipse, −90…90; 0 where there is none."""
        values, vectors = np.linalg.eigh(self.held().covariance)
        if np.isclose(*values):
            return 0.0
        x, y = vectors[:, 1]
        return float(np.degrees(np.arctan(y / x))) if abs(x) > 1e-12 else 90.0

    # What is seen

    def plane(self) -> Plane:
        """Water's density at each place, its ellipses and long axis, its points, the one in hand."""
        x, y = self.data()[:2]
        counting = self.settings["model"] == "counting"
        held, (_, place) = self.held(), self.at()
        marks = (
            *dots(x[y == 0], y[y == 0], ("water",)),
            Dots(word="dot.in-hand", x=place[:1].copy(), y=place[1:].copy(), mark="now"),
        )
        paths, field = (), None
        if not counting:
            field = regions(held.density)
            spread, ways = np.linalg.eigh(held.covariance)
            ends = held.mean + 2 * np.sqrt(spread[1]) * np.outer((-1, 1), ways[:, 1])
            axis = Line(word="series.long-axis", x=ends[:, 0], y=ends[:, 1], role="target")
            paths = (*contours(held, "series.gauss-water", 0), axis)
        return Plane(
            extent=EXTENT, field=field, scale="linear", paths=paths, dots=marks, x=self.axes[0], y=self.axes[1],
            cursor=tuple(held.mean.tolist()),
        )  # fmt: skip

    def posterior(self) -> Plane:
        """P(Normal) from both Gaussians, as they stand; Normal's mean is moved here."""
        plane = super().plane()
        mean = self.classifier().gaussians[1].mean
        return Plane(
            **{
                name: getattr(plane, name) for name in ("extent", "field", "scale", "paths", "dots", "x", "y")
            },
            cursor=tuple(mean.tolist()),
        )

    def numbers(self) -> Numbers:
        """The density of the place in hand, factor by factor, and how likely each class's points are."""
        (name, place), held = self.at(), self.held()
        away, (s, c), v = place - held.mean, held.covariance[0], held.covariance[1, 1]
        same = int((water()[1][1:] == place).all(axis=1).sum())
        steps = [Step(text=f"x = ({place[0]:g}, {place[1]:g})", note=f"={name}")]
        steps.append(
            Step(
                text=f"{same} / {COUNT - 1} = {same / (COUNT - 1):.4f}",
                note="note.counting",
                hot=self.settings["model"] == "counting",
            )
        )
        if self.settings["model"] == "gaussian":
            square = float(away @ np.linalg.solve(held.covariance, away))
            root = float(np.sqrt(np.linalg.det(held.covariance)))
            steps += [
                Step(text=f"x − μ = ({away[0]:.1f}, {away[1]:.1f})", note="note.away"),
                Step(text=f"Σ = [{s:.0f} {c:.0f}; {c:.0f} {v:.0f}]", note="note.covariance"),
                Step(text=f"d² = {square:.3f}", note="note.distance"),
                Step(text=f"√|Σ| = {root:.1f}", note="note.volume"),
                Step(text=f"f = e^(−{square / 2:.3f}) / (2π·{root:.1f})"),
                Step(text=f"f = {self.density():.3g}", note="note.density", hot=True),
                Step(text=f"P = {self.classifier().posterior(place[None])[0, 0]:.3f}", note="note.posterior-water"),
                *(
                    Step(text=f"ln L = {value:.2f}", note=f"note.likelihood-{kind}")
                    for kind, value in zip(("water", "normal"), self.likelihoods(), strict=True)
                ),
            ]  # fmt: skip
        return by_hand(steps)

    def metrics(self) -> Mapping[str, float]:
        first, second = self.likelihoods()
        return {"density": self.density(), "likelihood-water": first, "likelihood-normal": second}

    def facts(self) -> Mapping[str, Any]:
        held = self.held()
        peak = float(held.density(held.mean[None])[0])
        return {"density": self.density(), "tilt": self.tilt(), "peak": peak, "mean": held.mean.tolist()}
