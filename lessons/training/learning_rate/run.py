"""A line y = b + w·x through ten Pokémon, trained on Σ(y − b − w·x)² from a start far from its optimum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.model import Result
from lessons.labs import valley
from lessons.labs.valley import BIAS, WEIGHT
from lessons.views import Numbers, Step, Table

LECTURE = {("gd", 1e-7): "=b ≈ −124", ("gd", 1e-2): "fate.bounces"}


def build(settings: Mapping[str, Any], seed: int) -> Valley:
    return Valley(settings, seed)


class Valley(valley.Valley):
    """The valley with a table of the learner's runs and the numbers of one step."""

    def look(self, view: str, past: Sequence[Result]) -> Any:
        return {"plane": self.plane, "table": self.table, "numbers": self.numbers}[view](past)

    def table(self, past: Sequence[Result]) -> Table:
        """One row for each earlier run of this section and, last, the present one."""
        present = (self.settings, self.step, self.metrics(), self.facts())
        runs = [(one.settings, one.steps, one.metrics, one.facts) for one in reversed(past)] + [present]
        rows = []
        for settings, steps, metrics, facts in runs:
            rate, optimizer = settings["rate"], settings["optimizer"]
            here = [minus(f"={metrics['b']:.5g}"), minus(f"={metrics['w']:.4g}"), metrics["loss"]]
            b, w, loss = here if facts["fate"] != "diverges" else (None, None, None)
            rows.append(
                (
                    minus(f"={rate:g}"),
                    f"fate.{facts['fate']}",
                    b,
                    LECTURE.get((optimizer, rate)),
                    w,
                    facts["arrival"] if facts["arrival"] >= 0 else None,
                    loss,
                    f"option.{optimizer}",
                    steps,
                )
            )
        names = ("rate", "fate", "b", "lecture", "w", "arrival", "loss", "optimizer", "updates")
        return Table(
            columns=tuple(f"column.{name}" for name in names), rows=tuple(rows), chosen=len(rows) - 1
        )

    def numbers(self, past: Sequence[Result]) -> Numbers:
        """The next step of gradient descent in numbers, or, for other optimizers, the last one."""
        rate, slope = self.settings["rate"], self.trainer.gradient()
        gd = self.settings["optimizer"] == "gd"
        steps = []
        for name, entry, goal in (("b", BIAS, self.optimum[0]), ("w", WEIGHT, self.optimum[1])):
            path = self.series(entry)
            move = -rate * slope[entry] if gd else path[-1] - path[-2] if len(path) > 1 else 0.0
            left = goal - path[-1]
            steps += [
                Step(text=f"∂L/∂{name} = {slope[entry]:.4g}", note=f"note.slope-{name}"),
                Step(text=f"Δ{name} = {move:.3g}", note=f"note.step-{name}" if gd else "note.last", hot=True),
            ]
            if name == "b":
                steps.append(Step(text=f"b* − b = {round(left, 2) + 0.0:.2f}", note="note.left"))
                if move * left > 0:
                    steps.append(Step(text=f"{left / move:,.0f}", note="note.needed"))
        low, high = self.curvature
        steps.append(Step(text=f"λ₂/λ₁ = {high / low:,.0f}", note="note.condition"))
        steps.append(Step(text=f"2/λ₂ = {2 / high:.5e}", note="note.limit"))
        return Numbers(steps=tuple(Step(text=minus(s.text), note=s.note, hot=s.hot) for s in steps))


def minus(text: str) -> str:
    """Numbers as they are written by hand: −3e−5 for -3e-05."""
    return text.replace("e+0", "e").replace("e-0", "e-").replace("-", "−")


# Answers that the run gives, to the question as it was put; other runs give none.


def crawling(result: Result) -> str:
    """What becomes of the slide's small rate: arrives, crawls, bounces or diverges."""
    settings = result.settings
    return fate(result) if (settings["optimizer"], settings["rate"]) == ("gd", 1e-7) else ""


def norm_size(result: Result) -> str:
    """Whether the gradient of a bouncing run is small or large at the end, against its start."""
    if fate(result) != "bounces":
        return ""
    first = result.tape.column("gradient-norm")[0]
    return "large" if result.metrics["gradient-norm"] > 0.01 * first else "small"


def fate(result: Result) -> str:
    """arrives, crawls, bounces or diverges."""
    return result.facts["fate"]


# Claims.


def large_gradient(runs: Mapping[str, Result]) -> bool:
    """The loss fell by less than 1.5 %, and the norm is still above a million."""
    run = runs["edge"]
    stands = run.metrics["loss"] > 0.985 * run.tape.column("loss")[0]
    return bool(stands and run.metrics["gradient-norm"] > 1e6)


def two_illnesses(runs: Mapping[str, Result]) -> bool:
    """Neither loss has moved by 1 % in the last 20 updates, and one norm is 1000 times the other."""
    flat = all(run.metrics["loss"] > 0.99 * run.tape.column("loss")[-20] for run in runs.values())
    return bool(
        flat and runs["bounces"].metrics["gradient-norm"] > 1000 * runs["crawls"].metrics["gradient-norm"]
    )


def crawls(runs: Mapping[str, Result]) -> bool:
    """Less than a tenth of the way in b is done."""
    run = runs["tiny"]
    start, goal = run.settings["start"][0], -188.433
    return bool(fate(run) == "crawls" and (start - run.metrics["b"]) / (start - goal) < 0.1)


def bounces(runs: Mapping[str, Result]) -> bool:
    return fate(runs["edge"]) == "bounces"


def limit(runs: Mapping[str, Result]) -> bool:
    return fate(runs["below"]) != "diverges" and fate(runs["above"]) == "diverges"


def own_rates(runs: Mapping[str, Result]) -> bool:
    return fate(runs["one"]) != "arrives" and fate(runs["own"]) == "arrives"
