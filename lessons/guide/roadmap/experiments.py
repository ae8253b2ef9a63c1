"""Six patients with a sealed disease; every test is a real training and costs a part of the budget."""

from lessons.spec import Action, Channel, Choice, Claim, Experiment, Seed, View

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
        channels=(Channel("loss"), Channel("gradient-norm", role="norm")),
        views=(
            View(id="chart", kind="diagram"),
            View(id="curve", kind="curve"),
            View(id="table", kind="table"),
            View(id="plane", kind="plane"),
        ),
        claims=(
            Claim(
                id="train-first",
                check="run:train_first",
                arms={bed: {"patient": bed} for bed in PATIENTS},
                counter={bed: {"patient": "5"} for bed in PATIENTS},
            ),
            Claim(
                id="twin",
                check="run:twin",
                arms=tests(twin="p1-shallower"),
                counter=tests(twin="p3-shallower"),
            ),
            Claim(
                id="more-data",
                check="run:more_data",
                arms=tests(few="p2-more", shifted="p4-more"),
                counter=tests(few="p4-more", shifted="p4-more"),
            ),
            Claim(
                id="right-cure",
                check="run:right_cure",
                arms=tests(
                    optimization="p1-shallower",
                    overfitting="p2-more",
                    bias="p3-bigger",
                    shift="p4-match",
                    leak="p6-drop",
                ),
                counter=tests(
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
