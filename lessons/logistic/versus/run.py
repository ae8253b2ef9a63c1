"""Three roads on few and many examples, naive Bayes on the lecture's 13 rows, and the checks of their claims."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np

from engine.model import Result
from engine.statistics import BernoulliClassifier, LogisticModel, logistic_regression
from lessons.data.generators import boolean13
from lessons.labs import roads
from lessons.labs.written import minus
from lessons.views import Numbers, Step, Table

Runs = Mapping[str, Result]

RIDGE = 0.01  # the 13 rows are separable: without it logistic regression has no best w
CORNERS = ((1.0, 1.0), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0))
FEW, MANY = roads.SIZES.index(10), roads.SIZES.index(140)


def own(experiment: str, settings: Mapping[str, Any]) -> Mapping[str, Callable]:
    return roads.PICTURES


@cache
def toy(ones: int) -> tuple[np.ndarray, np.ndarray, BernoulliClassifier, LogisticModel]:
    """The lecture's rows, that of class 1 `ones` times; x (12 + ones, 2), y 0 for class 1; both ways to judge."""
    x, y = boolean13()
    times = np.where(y == 0, ones, 1)
    x, y = np.repeat(x, times, axis=0), np.repeat(y, times)
    return x, y, BernoulliClassifier.fit(x, y), logistic_regression(x, 1 - y, RIDGE)


class Versus(roads.Roads):
    """The roads, and the lecture's rows beside them."""

    @property
    def judged(self) -> tuple[float, float]:
        """P(C₁|1,1) by naive Bayes, and by logistic regression."""
        *_, naive, line = toy(int(self.settings["ones"]))
        return float(naive.posterior([[1, 1]])[0, 0]), float(line.posterior([[1, 1]])[0])

    def toy(self) -> Numbers:
        """Naive Bayes on the rows, step by step, and what logistic regression says."""
        x, y, naive, _ = toy(ones := int(self.settings["ones"]))
        n, seen = len(x), int(((x == 1).all(axis=1) & (y == 1)).sum())
        posterior, logistic = self.judged
        joint = [
            float(prior * chance.prod()) for prior, chance in zip(naive.priors, naive.chances, strict=True)
        ]
        third = float(naive.chances[1, 0])
        named = lambda p: "C₁" if p > 0.5 else "C₂"
        lines = (
            (f"P(C₁) = {ones}/{n}, P(C₂) = 12/{n}", "note.shares", False),
            (f"P(1|C₁) = {naive.chances[0, 0]:g}, P(1|C₂) = 4/12 = {third:.3f}", "note.each-bit", False),
            (f"P(1,1|C₂) = {third:.3f}·{third:.3f} = {third * third:.3f}", "note.apart", False),
            (f"C₂: (1,1) {seen}/12 = {seen / 12:g}", "note.seen", False),
            (f"P(C₁|1,1) = {joint[0]:.4f}/({joint[0]:.4f} + {joint[1]:.4f})", "note.bayes", False),
            (f"= {posterior:.4f} → {named(posterior)}", "note.naive", True),
            (f"σ(w·x + b) = {logistic:.4f} → {named(logistic)}", "note.logistic", False),
        )
        return Numbers(steps=tuple(Step(text=minus(text), note=note, hot=hot) for text, note, hot in lines))

    def corners(self) -> Table:
        """How often each class has each corner, and P(C₁) there by both."""
        x, y, naive, line = toy(int(self.settings["ones"]))
        rows = []
        for corner in CORNERS:
            here = (x == corner).all(axis=1)
            chances = naive.posterior([corner])[0, 0], line.posterior([corner])[0]
            rows.append((f"={corner[0]:g}, {corner[1]:g}", *(int((here & (y == k)).sum()) for k in (0, 1)),
                         *(round(float(p), 3) for p in chances)))  # fmt: skip
        columns = ("corner", "class-1", "class-2", "by-naive", "by-logistic")
        return Table(columns=tuple(f"column.{c}" for c in columns), rows=tuple(rows), chosen=0)

    def metrics(self) -> Mapping[str, float]:
        return {**super().metrics(), "toy": self.judged[0]}

    def facts(self) -> Mapping[str, Any]:
        return {**super().facts(), "toy": self.judged}


def build(settings: Mapping[str, Any], seed: int) -> Versus:
    return Versus(settings, seed)


def ahead(result: Result) -> str:
    """Who is ahead with ten real Pokémon and six features, naive Bayes or logistic regression."""
    if result.settings["data"] != "pokemon" or result.settings["features"] != "6" or not result.steps:
        return ""
    lead = result.facts["leads"]["naive"][FEW]
    return "naive" if lead > 1 else "logistic" if lead < -1 else "even"


def never_ahead(runs: Runs) -> bool:
    """From ten examples on naive Bayes is behind, by two points in the mean."""
    leads = runs["run"].facts["leads"]["naive"][FEW:]
    return max(leads) < 0 and float(np.mean(leads)) < -2


def crossover(runs: Runs) -> bool:
    """Naive Bayes is ahead with ten examples and behind by a point with 140."""
    leads = runs["run"].facts["leads"]["naive"]
    return leads[FEW] > 0 and leads[MANY] < -1


def assumption(runs: Runs) -> bool:
    """With independent features it is ahead with ten examples and twenty, a point in the mean."""
    leads = runs["run"].facts["leads"]["naive"][FEW : FEW + 2]
    return min(leads) > 0 and float(np.mean(leads)) > 1


def one_line(runs: Runs) -> bool:
    """From twenty examples on the generative road is within two points of logistic regression."""
    facts, road = runs["run"].facts, runs["run"].settings["road"]
    return float(np.abs(facts["leads"][road][FEW + 1 :]).max()) < 2


def gentler(runs: Runs) -> bool:
    """With 140 examples naive Bayes is further ahead when three labels in ten are wrong."""
    lead = lambda name: runs[name].facts["leads"]["naive"][MANY]
    return lead("noisy") > lead("clean") + 0.4


def toy_says_two(runs: Runs) -> bool:
    """Naive Bayes gives (1,1) to class 2 with 4/7, logistic regression to class 1."""
    naive, logistic = runs["run"].facts["toy"]
    return abs(naive - 3 / 7) < 1e-12 and logistic > 0.5
