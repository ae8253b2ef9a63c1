"""Bayes beside the sigmoid: the posterior of two Gaussians at a place, worked out both ways.

Settings of `Posterior`: at (Defense, Sp. Def of a Pokémon), blend (0: each class its own Σ, 1: the shared one), prior
of Water, stage (which of STAGES the eye is on).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from engine.statistics import GaussianClassifier, LogisticModel
from lessons.labs.functions import sigmoid
from lessons.labs.gauss import dots
from lessons.labs.odds import Blended, blended
from lessons.labs.written import minus, signed
from lessons.views import Bars, Curve, Dots, Line, Numbers, Plane, Step, Table

STAGES = ("bayes", "ratio", "logs", "square", "linear", "constant", "sum")
REACH = 60.0  # of the line through the place, to both sides, in points of Defense and Sp. Def
SCORES = (-2.0, 2.5)  # of w·x + b in the picture of all Pokémon
TERMS = ("volumes", "square-1", "square-2", "linear-1", "linear-2", "constant-1", "constant-2", "priors")


class Posterior(Blended):
    """P(Water | x) by Bayes and as σ(w·x + b), w and b those of the shared covariance."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        super().__init__(settings, seed)
        self._ground: tuple[Any, Plane | None] = (None, None)

    def set(self, control: str, value: Any) -> None:
        if control in ("at", "stage"):  # moves no Gaussian
            self.settings[control] = value
        else:
            super().set(control, value)

    def setting(self, name: str) -> Any:
        return "2" if name == "features" else super().setting(name)

    def classifier(self) -> GaussianClassifier:
        return self._with_prior(blended(*self.data()[:2], self.settings["blend"]))

    def _with_prior(self, model: GaussianClassifier) -> GaussianClassifier:
        prior = self.settings["prior"]
        return replace(model, priors=np.array([prior, 1 - prior]))

    def line(self) -> LogisticModel:
        """The lecture's w and b."""
        return self._with_prior(GaussianClassifier.fit(*self.data()[:2], "shared")).discriminant()

    @property
    def x(self) -> np.ndarray:
        """(1, 2) the place."""
        return np.array([self.settings["at"]], float)

    def bayes(self, x: np.ndarray) -> np.ndarray:
        """(N,) P(Water | x) from densities and priors."""
        model = self.fit().model
        first, second = (g.density(x) * p for g, p in zip(model.gaussians, model.priors, strict=True))
        return first / (first + second)

    def gap(self, x: np.ndarray) -> float:
        """The largest difference of the two ways at these places."""
        return float(np.abs(self.bayes(x) - sigmoid(self.line().logit(x))).max())

    def terms(self) -> dict[str, float]:
        """The eight terms of z at the place, in the order of TERMS."""
        x, model = self.x[0], self.fit().model
        (m1, i1, v1), (m2, i2, v2) = (
            (g.mean, np.linalg.inv(g.covariance), np.linalg.slogdet(g.covariance)[1]) for g in model.gaussians
        )
        values = ((v2 - v1) / 2, -x @ i1 @ x / 2, x @ i2 @ x / 2, m1 @ i1 @ x, -m2 @ i2 @ x, -m1 @ i1 @ m1 / 2,
                  m2 @ i2 @ m2 / 2, np.log(model.priors[0] / model.priors[1]))  # fmt: skip
        return dict(zip(TERMS, map(float, values), strict=True))

    # What is seen

    def numbers(self) -> Numbers:
        """The derivation with the numbers of the place, line by line."""
        model, x, t = self.fit().model, self.x, self.terms()
        f = [float(g.density(x)[0]) for g in model.gaussians]
        joint = [a * float(p) for a, p in zip(f, model.priors, strict=True)]
        z, posterior = sum(t.values()), float(self.bayes(x)[0])
        square = t["square-1"] + t["square-2"]
        linear = t["linear-1"] + t["linear-2"]
        level = t["volumes"] + t["constant-1"] + t["constant-2"] + t["priors"]
        line = self.line()
        score = float(line.logit(x)[0])
        gap = abs(posterior - sigmoid(score))
        g = lambda value: f"{value:.3g}"
        d = lambda value: signed(value, 4)
        lines = (
            ("bayes", f"f¹P₁ = {g(f[0])}·{g(model.priors[0])} = {g(joint[0])}", "note.water"),
            ("bayes", f"f²P₂ = {g(f[1])}·{g(model.priors[1])} = {g(joint[1])}", "note.normal"),
            ("bayes", f"{g(joint[0])}/({g(joint[0])} + {g(joint[1])}) = {posterior:.6f}", "note.bayes"),
            ("ratio", f"z = ln({g(joint[0])}/{g(joint[1])}) = {z:.4f}", "note.ratio"),
            ("ratio", f"1/(1 + e^({minus(f'{-z:.4f}')})) = {sigmoid(z):.6f}", "note.sigmoid"),
            ("logs", f"½ ln(|Σ²|/|Σ¹|) = {t['volumes']:.4f}", "note.volumes"),
            ("logs", f"ln(P₁/P₂) = {t['priors']:.4f}", "note.priors"),
            ("square", f"−½xᵀΣ¹⁻¹x = {t['square-1']:.4f}", "note.square"),
            ("square", f"½xᵀΣ²⁻¹x = {t['square-2']:.4f}", "note.square"),
            (
                "square",
                f"{d(t['square-1'])} + {t['square-2']:.4f} = {square:.4f}",
                "note.stays" if square else "note.cancels",
            ),
            ("linear", f"{d(t['linear-1'])} + {d(t['linear-2'])} = {linear:.4f}", "note.linear"),
            ("constant", f"−½μ¹ᵀΣ¹⁻¹μ¹ = {t['constant-1']:.4f}", "note.constant"),
            ("constant", f"½μ²ᵀΣ²⁻¹μ² = {t['constant-2']:.4f}", "note.constant"),
            ("constant", f"b = {level:.4f}", "note.level"),
            ("sum", f"z = {d(square)} + {d(linear)} + {d(level)} = {z:.4f}", "note.together"),
            ("sum", f"σ(w·x + b) = σ({minus(f'{score:.4f}')}) = {sigmoid(score):.6f}", "note.line"),
            ("sum", f"|P − σ| = {gap:.1e}" if gap else "|P − σ| = 0", "note.gap"),
        )
        now = STAGES[self.settings["stage"]]
        return Numbers(steps=tuple(Step(text=minus(s), note=n, hot=stage == now) for stage, s, n in lines))

    def sides(self) -> Table:
        """Bayes and the sigmoid side by side, step by step."""
        model, x, line = self.fit().model, self.x, self.line()
        joint = np.array(
            [float(g.density(x)[0] * p) for g, p in zip(model.gaussians, model.priors, strict=True)]
        )
        score, posterior = float(line.logit(x)[0]), float(self.bayes(x)[0])
        show = lambda value, form: "=" + minus(f"{value:{form}}" if value else "0")
        pairs = (
            ("row.first", show(joint[0], ".2e"), show(line.weight @ x[0], ".4f")),
            ("row.second", show(joint[1], ".2e"), show(line.bias, ".4f")),
            ("row.z", show(np.log(joint[0] / joint[1]), ".4f"), show(score, ".4f")),
            ("row.posterior", show(posterior, ".9f"), show(sigmoid(score), ".9f")),
            ("row.gap", show(abs(posterior - sigmoid(score)), ".1e"), "="),
        )
        return Table(columns=("column.step", "column.bayes", "column.sigma"), rows=pairs, chosen=3)

    def plane(self) -> Plane:
        """P(Water | x) everywhere, the border of the present blend, that of w·x + b = 0, and the place."""
        made_of = tuple(self.settings[name] for name in ("blend", "prior", "points"))
        if self._ground[0] != made_of:
            self._ground = (made_of, super().plane())
        plane = self._ground[1]
        here = Dots(word="dot.you", x=self.x[:, 0], y=self.x[:, 1], mark="now")
        paths = (replace(plane.paths[1], word="=w·x + b = 0"), plane.paths[-1])
        return replace(plane, paths=paths, dots=(*plane.dots, here), cursor=tuple(self.settings["at"]))

    def collapse(self) -> Plane:
        """Every Pokémon: across w·x + b, up its posterior by Bayes; the curve is σ."""
        x, y = self.seen()
        line = self.line()
        shift = float(np.log(self.settings["prior"] / (1 - self.settings["prior"])))
        across = np.linspace(SCORES[0] + shift, SCORES[1] + shift, 200)
        curve = Line(word="=σ(w·x + b)", x=across, y=sigmoid(across), role="target")
        points = dots(np.column_stack((line.logit(x), self.bayes(x))), y)
        here = Dots(word="dot.you", x=line.logit(self.x), y=self.bayes(self.x), mark="now")
        extent = (float(across[0]), float(across[-1]), 0.0, 1.0)
        return Plane(extent=extent, paths=(curve,), dots=(*points, here), x="axis.score", y="axis.posterior")

    def slice(self) -> Curve:
        """z and its parts on the line through the place along w."""
        z, way = self.odds(), self.line().weight
        along = np.linspace(-REACH, REACH, 121)
        places = self.x + along[:, None] * way / np.linalg.norm(way)
        # Parts from the place on: of the square only what bends.
        bend = ((places - self.x) @ z.bend * (places - self.x)).sum(axis=1)
        whole = z.at(places)
        lines = (
            Line(word="series.bend", x=along, y=bend, role="raw", hue=3),
            Line(word="series.tangent", x=along, y=whole - bend, role="target"),
            Line(word="series.z", x=along, y=whole, role="sum", hue=1),
        )
        return Curve(lines=lines, x="axis.along", limits=(-REACH, REACH, -4, 4), cursor=0.0)

    def bars(self) -> Bars:
        """The eight terms of z; what is left of the squares is what keeps it from a line."""
        terms = self.terms()
        return Bars(labels=tuple(f"term.{name}" for name in terms), values=np.array(list(terms.values())))

    def metrics(self) -> Mapping[str, float]:
        return {"posterior": float(self.bayes(self.x)[0]), "gap": self.gap(self.x)}

    def facts(self) -> Mapping[str, Any]:
        x, terms, line = np.vstack((self.data().x, self.data().test_x)), self.terms(), self.line()
        return {
            "gap": max(self.gap(x), self.gap(self.x)),
            "square": terms["square-1"] + terms["square-2"],
            "z": sum(terms.values()),
            "w": line.weight.tolist(),
            "b": line.bias,
        }
