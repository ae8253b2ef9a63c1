"""The doctor's lab: six patients with a sealed disease, tests that are real trainings, a flowchart of evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.data import folds
from engine.model import Result
from engine.trainer import Trainer
from lessons.data import generators
from lessons.labs.base import Still
from lessons.labs.depth import decision, tower
from lessons.views import Curve, Diagram, Line, Node, Plane, Table

Errors = dict[str, tuple[float, float]]  # by training: (trained on, tested)
UPDATES, EVERY = 500, 20  # of one training, and between two measurements of it
BATCH, RATE, CLIP = 50, 0.05, 5.0
TESTED = 400  # points of the test
BUDGET = 4
COSTS = {"bigger": 2, "shallower": 1, "more": 3, "folds": 2, "drop": 1, "match": 3}
DISEASES = ("bias", "optimization", "overfitting", "leak", "shift", "healthy")
LARGE, CURED = 0.15, 0.1  # an error above the first is large, one below the second is small
DOTS = 160  # points of the test that are drawn
TURN = 2.2  # by which the points of a shifted test are turned


REACH = 2.2
# The flowchart: each box's place; which training, and which of its errors, speaks in the boxes at the ends.
BOXES = {
    "train": (0.4, 0.0),
    "large": (0.17, 0.25),
    "small": (0.68, 0.25),
    "bias": (0.06, 0.52),
    "optimization": (0.34, 0.52),
    "tested": (0.68, 0.5),
    "bad": (0.52, 0.76),
    "good": (0.9, 0.76),
    "overfitting": (0.3, 1.0),
    "leak": (0.53, 1.0),
    "shift": (0.73, 1.0),
    "healthy": (0.95, 1.0),
}
EDGES = (
    ("train", "large"), ("train", "small"), ("large", "bias"), ("large", "optimization"), ("small", "tested"),
    ("tested", "bad"), ("tested", "good"), ("bad", "overfitting"), ("bad", "leak"), ("bad", "shift"),
    ("good", "healthy"),
)  # fmt: skip
SPEAKS = {
    "bias": ("bigger", 0),
    "optimization": ("shallower", 0),
    "overfitting": ("more", 1),
    "leak": ("drop", 1),
    "shift": ("match", 1),
}


@dataclass(frozen=True)
class Patient:
    """A set-up: points to train on, layers and units, and what is wrong with its data."""

    disease: str
    points: int = 400
    depth: int = 3
    width: int = 24


# The numbers on the beds tell nothing; each seed's points are its own.
PATIENTS = {
    "1": Patient("optimization", depth=40, width=16),
    "2": Patient("overfitting", points=24),
    "3": Patient("bias", depth=1, width=2),
    "4": Patient("shift"),
    "5": Patient("healthy"),
    "6": Patient("leak"),
}


def gather(patient: Patient, count: int, seed: int, place: str) -> tuple[np.ndarray, np.ndarray]:
    """Points of two spirals with a third feature: x (count, 3), y (count,). `place`: at home, or where it is used.

    The third feature is weak noise; for a leak it is the label at home and noise where the net is used. A
    shifted test is turned about the centre.
    """
    x, y = generators.spirals(count, seed, turns=1.2, noise=0.08)
    g = generators.draws(seed, 230)
    third = g.normal(0, 0.3, count)
    if patient.disease == "leak":
        third = (2 * y - 1) + third if place == "home" else g.permutation(2 * y - 1) + third
    if patient.disease == "shift" and place == "used":
        c, s = np.cos(TURN), np.sin(TURN)
        x = x @ np.array([[c, s], [-s, c]])
    return np.column_stack([x, third]), y


@dataclass
class Exam:
    """One training of a patient or of a test on it, with the errors measured on the way."""

    name: str
    trainer: Trainer
    train: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]
    curve: list[tuple[int, float, float]] = field(default_factory=list)  # update, error trained on, tested

    def measure(self) -> None:
        wrong = lambda x, y: 1 - self.trainer.evaluate(x, y[:, None])["accuracy"]
        self.curve.append((self.trainer.step, wrong(*self.train), wrong(*self.test)))

    def advance(self, updates: int) -> np.ndarray:
        """Train; measured at every mark, however the updates are cut."""
        rows = []
        while updates > 0:
            if not self.curve:
                self.measure()
            ahead = min(updates, EVERY - self.trainer.step % EVERY)
            rows.append(self.trainer.train(ahead))
            updates -= ahead
            if self.trainer.step % EVERY == 0 or self.trainer.fault():
                self.measure()
            if self.trainer.fault():
                break
        return np.concatenate(rows)

    @property
    def over(self) -> bool:
        return self.trainer.step >= UPDATES or self.trainer.fault() is not None

    @property
    def errors(self) -> tuple[float, float]:
        """(trained on, tested) now."""
        if not self.curve:
            self.measure()
        return self.curve[-1][1:]


def prepare(name: str, patient: Patient, seed: int) -> Exam:
    """The patient itself ("self"), or a test on it: the same but for what the test changes."""
    count, depth, width = patient.points, patient.depth, patient.width
    if name == "bigger":
        depth, width = depth + 2, max(16, width * 2)
    if name == "shallower":
        depth = max(1, min(2, depth - 1))
    if name == "more":
        count *= 12
    place = "used" if name == "match" else "home"
    x, y = gather(patient, count, seed, place)
    test = gather(patient, TESTED, seed + 1_000_003, "used")
    if name == "folds":
        kept, held = folds(count, 4, seed)[0]
        (x, y), test = (x[kept], y[kept]), (x[held], y[held])
    if name == "drop":
        x, test = x * [1, 1, 0], (test[0] * [1, 1, 0], test[1])
    net, theta = tower(depth, False, seed, inputs=3, width=width)
    options = {"optimizer": "momentum", "rate": RATE, "batch": min(BATCH, len(x)), "clip": CLIP}
    trainer = Trainer(net, x, y[:, None], seed=seed, theta=theta, **options)
    return Exam(name, trainer, (x, y), test)


class Doctor(Still):
    """A patient in training and, if one is ordered, a test on it beside; `name` only reveals.

    Tests of earlier runs on the same patient and seed stay on the chart and on the bill.
    """

    columns = ("loss", "gradient-norm")
    sparse_every = 100
    looks = frozenset({"name"})
    limit = UPDATES

    def __init__(self, settings: Mapping[str, Any], seed: int):
        super().__init__(settings, seed)
        self.patient = PATIENTS[settings["patient"]]
        ordered = (settings["test"],) if settings["test"] in COSTS else ()
        self.exams = [prepare(name, self.patient, seed) for name in ("self", *ordered)]

    @property
    def learner(self) -> Trainer:
        return self.exams[-1].trainer

    @property
    def step(self) -> int:
        return self.exams[0].trainer.step

    def train(self, updates: int) -> np.ndarray:
        updates = min(updates, UPDATES - self.step)
        rows = [exam.advance(updates) for exam in self.exams] if updates > 0 else [np.empty((0, 2))]
        return rows[0]

    def fault(self) -> Mapping[str, Any] | None:
        return self.exams[0].trainer.fault()

    def state(self) -> Sequence[Any]:
        return dict(self.settings), tuple((exam.trainer.state(), tuple(exam.curve)) for exam in self.exams)

    def restore(self, state: Sequence[Any]) -> None:
        self.settings = dict(state[0])
        for exam, (inner, curve) in zip(self.exams, state[1], strict=True):
            exam.trainer.restore(inner)
            exam.curve = list(curve)

    # What the runs show

    def found(self) -> Errors:
        """The errors of this run's trainings, once they have come to their end."""
        return {exam.name: exam.errors for exam in self.exams if exam.over}

    def known(self, past: Sequence[Result]) -> Errors:
        """What has been paid for: of earlier runs on this patient, oldest first, then of this one."""
        mine = [ghost for ghost in reversed(past) if self.same(ghost)]
        told, left = {}, BUDGET
        for found in (*(ghost.facts["found"] for ghost in mine), self.found()):
            for name, errors in found.items():
                cost = 0 if name in told else COSTS.get(name, 0)
                if cost <= left:
                    told[name], left = errors, left - cost
        return told

    def same(self, ghost: Result) -> bool:
        return ghost.seed == self.seed and ghost.settings["patient"] == self.settings["patient"]

    def look(self, view: str, past: Sequence[Result]) -> Any:
        return getattr(self, view)(past)

    def chart(self, past: Sequence[Result]) -> Diagram:
        """The flowchart: hot what a run has shown; in each box the error (per cent) that speaks for or against."""
        found = self.known(past)
        lit, named = evidence(found), self.settings["name"]
        values = {"train": self.exams[0].errors[0], "tested": self.exams[0].errors[1]}
        values |= {box: found[test][which] for box, (test, which) in SPEAKS.items() if test in found}
        truth = self.patient.disease if named != "open" else ""
        nodes = [
            Node(
                id=box,
                x=x,
                y=y,
                label=f"box.{box}",
                value=float(np.round(100 * values[box], 1)) if box in values else None,
                hot=box in lit or box == truth,
            )
            for box, (x, y) in BOXES.items()
        ]
        if truth:
            label = "box.right" if named == truth else "box.wrong"
            nodes.append(
                Node(id="verdict", x=0.06, y=0.78, label=label, value=float(budget(found)), hot=True)
            )
        edges = tuple((a, b, None, b in lit or b == truth) for a, b in EDGES)
        return Diagram(nodes=tuple(nodes), edges=edges)

    def curve(self, past: Sequence[Result]) -> Curve:
        """Errors in per cent over the updates, of the patient and of the test beside it."""
        lines = []
        for exam in self.exams:
            if exam.curve:
                at, train, test = np.array(exam.curve, float).T
                kind, hues = ("self", (0, 4)) if exam.name == "self" else ("exam", (2, 1))
                for name, y, role, hue in (
                    ("train", train, "raw", hues[0]),
                    ("test", test, "validation", hues[1]),
                ):
                    lines.append(Line(word=f"series.{kind}-{name}", x=at, y=100 * y, role=role, hue=hue))
        return Curve(lines=tuple(lines), y="axis.percent", limits=(0.0, float(UPDATES), 0.0, 100.0))

    def plane(self, past: Sequence[Result]) -> Plane:
        """Points of the test on what the last ordered network says, the third feature at 0."""
        exam = self.exams[-1]
        x, y = exam.test
        return decision(exam.trainer, x[:DOTS], y[:DOTS], REACH)

    def table(self, past: Sequence[Result]) -> Table:
        """Each test with its price and what it has shown; the last row is the budget."""
        found = self.known(past)
        per_cent = lambda share: f"={100 * share:.0f} %"
        rows = []
        for name in ("self", *COSTS):
            told = tuple(map(per_cent, found[name])) if name in found else (None, None)
            rows.append((f"exam.{name}", COSTS.get(name, 0), *told))
        rows.append(("exam.left", budget(found), None, None))
        names = ("exam", "cost", "error", "test-error")
        columns = tuple(f"column.{name}" for name in names)
        chosen = ["self", *COSTS].index(self.exams[-1].name)
        return Table(columns=columns, rows=tuple(rows), chosen=chosen)

    def metrics(self) -> Mapping[str, float]:
        train, test = self.exams[0].errors
        return {"error": train, "test-error": test}

    def facts(self) -> Mapping[str, Any]:
        found = self.found()
        return {"disease": self.patient.disease, "found": found, "lit": tuple(evidence(found))}


def budget(found: Errors) -> int:
    """What remains of it after these tests."""
    return BUDGET - sum(COSTS.get(name, 0) for name in found)


def evidence(found: Errors) -> list[str]:
    """The boxes of the flowchart that finished trainings light, from the top down."""
    if "self" not in found:
        return []
    train, test = found["self"]
    small = lambda name, which: name in found and found[name][which] < CURED
    if train > LARGE:
        ends = (("bias", small("bigger", 0)), ("optimization", small("shallower", 0)))
        return ["train", "large", *(box for box, shown in ends if shown)]
    if test <= LARGE:
        return ["train", "small", "tested", "good", "healthy"]
    lit = ["train", "small", "tested", "bad"]
    if small("more", 1) or ("folds" in found and found["folds"][1] > LARGE):
        return [*lit, "overfitting"]
    if small("drop", 1):
        return [*lit, "leak"]
    # The same inside the training data and where it is used, but for no feature: the points themselves moved.
    inside = small("folds", 1) or small("match", 1)
    return [*lit, "shift"] if inside and "drop" in found else lit
