"""Six patients with a sealed disease; every test is a real training and costs a part of the budget."""

from lessons.labs.pieces import FALLING, claim
from lessons.spec import Action, Choice, Experiment, Seed, View

TESTS = ("bigger", "shallower", "more", "folds", "drop", "match")
NAMES = ("open", "bias", "optimization", "overfitting", "leak", "shift", "healthy")
PATIENTS = ("1", "2", "3", "4", "5", "6")


def tests(**ordered: str) -> dict:
    """Arms by name: "p4-match" is patient 4 with that test."""
    return {arm: {"patient": bed[1], "test": test} for arm, bed_test in ordered.items()
            for bed, test in [bed_test.split("-")]}  # fmt: skip


EXPERIMENTS = {
    "doctor": Experiment(
        lab="doctor",
        controls=(
            Choice(id="patient", options=PATIENTS, default="1"),
            Choice(id="test", options=("none", *TESTS), default="none"),
            Choice(id="name", options=NAMES, default="open", live=True),
            Seed(),
        ),
        actions=tuple(Action(test, {"test": test}, run=True) for test in TESTS),
        channels=FALLING,
        views=(
            View(id="chart", kind="diagram"),
            View(id="curve", kind="curve"),
            View(id="table", kind="table"),
            View(id="plane", kind="plane"),
        ),
        claims=(
            claim(
                "train-first",
                {bed: {"patient": bed} for bed in PATIENTS},
                {bed: {"patient": "5"} for bed in PATIENTS},
            ),
            claim("twin", tests(twin="p1-shallower"), tests(twin="p3-shallower")),
            claim(
                "more-data", tests(few="p2-more", shifted="p4-more"), tests(few="p4-more", shifted="p4-more")
            ),
            claim(
                "right-cure",
                tests(
                    optimization="p1-shallower",
                    overfitting="p2-more",
                    bias="p3-bigger",
                    shift="p4-match",
                    leak="p6-drop",
                ),
                tests(
                    optimization="p1-more",
                    overfitting="p2-bigger",
                    bias="p3-shallower",
                    shift="p4-more",
                    leak="p6-more",
                ),
            ),
        ),
        pace=2,
    ),
}
