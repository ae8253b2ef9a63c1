"""What the two sections run: a bag of sigmoids bent by hand and by gradient descent, and the matrix form."""

from lessons.labs.pieces import FALLING, alone, claim, exact, run
from lessons.spec import Action, Cells, Choice, Draw, Experiment, Number, Pick, Seed, View

HILL = (
    -0.8,
    -0.7,
    -0.5,
    -0.2,
    0.2,
    0.5,
    0.7,
    0.7,
    0.5,
    0.2,
    0.0,
    -0.2,
    -0.3,
    -0.2,
    0.0,
    0.3,
    0.6,
    0.8,
    0.8,
    0.8,
    0.8,
)
WEIGHTS = (1.0, -0.5, 0.5, -1.0, 1.5, 0.0, 0.5, 0.5, -1.0, -0.5, 1.0, 1.0)

EXPERIMENTS = {
    "bag": Experiment(
        lab="net",
        controls=(
            Choice(id="target", options=("corners", "sine", "births", "drawn"), default="corners", live=True),
            Draw(id="drawn", count=21, lo=-1.2, hi=1.2, default=HILL, live=True),
            Number(id="pieces", lo=1, hi=12, default=3, scale="integer", steps=11, live=True),
            Pick(id="unit", count=12),
            Number(id="slope", lo=-12, hi=12, default=1.5, steps=48, live=True),
            Number(id="shift", lo=-6, hi=6, default=-3, steps=48, live=True),
            Number(id="height", lo=-3, hi=3, default=0.5, steps=60, live=True),
            Choice(id="shape", options=("sigmoid", "hard-sigmoid", "relu"), default="sigmoid", live=True),
            Number(id="probe", lo=-5, hi=5, default=1, steps=40, live=True),
            Number(id="rate", lo=0.01, hi=2, default=0.2, scale="log", steps=16, live=True),
            Number(id="bag", lo=0, hi=999, default=0, scale="integer", steps=999, live=True),
            Seed(),
        ),
        actions=(Action("add"), run("fit"), Action("swap"), Action("fresh")),
        channels=FALLING,
        views=(
            View(id="bag", kind="curve", moves="drawn"),
            View(id="numbers", kind="numbers"),
            View(id="loss", kind="curve", series=("loss",), log=True),
        ),
        claims=(
            alone(
                "three-match", {"pieces": 3}, {"pieces": 1}, kind="statistical", check="matches", name="bag"
            ),
            alone("one-cannot", {"pieces": 1}, {"pieces": 3}, kind="statistical", check="misses", name="bag"),
            claim(
                "more-closer",
                {"one": {"pieces": 1}, "two": {"pieces": 2}, "four": {"pieces": 4}},
                {"one": {"pieces": 4}, "two": {"pieces": 4}, "four": {"pieces": 4}},
                check="closer",
            ),
            exact(
                "steeper-harder",
                {"gentle": {"slope": 1}, "steep": {"slope": 8}},
                {"gentle": {"slope": 1}, "steep": {"slope": 1}},
                check="harder",
            ),
            alone(
                "two-relus", {"shape": "hard-sigmoid"}, {"shape": "sigmoid"}, check="equals_relus", name="bag"
            ),
        ),
        pace=14,
    ),
    "matrix": Experiment(
        lab="walk",
        controls=(
            Cells(id="weights", rows=4, cols=3, lo=-3, hi=3, step=0.5, default=WEIGHTS),
            Number(id="x1", lo=-2, hi=2, default=1, steps=8, live=True),
            Number(id="x2", lo=-2, hi=2, default=2, steps=8, live=True),
            Number(id="x3", lo=-2, hi=2, default=-1, steps=8, live=True),
            Number(id="units", lo=1, hi=4, default=3, scale="integer", steps=3, live=True),
            Number(id="bias", lo=-3, hi=3, default=0.5, steps=12, live=True),
        ),
        actions=(Action("raise"), Action("feature"), Action("unit")),
        views=(
            View(id="weights", kind="grid", moves="weights"),
            View(id="numbers", kind="numbers"),
            View(id="network", kind="diagram"),
            View(id="theta", kind="table"),
        ),
        claims=(
            exact(
                "one-weight",
                {"before": {}, "after": {"weights": (1.0, 0.5, *WEIGHTS[2:])}},
                {"before": {}, "after": {"x2": 1}},
                check="one_row",
            ),
            exact(
                "count",
                {"three": {"units": 3}, "four": {"units": 4}},
                {"three": {"units": 2}, "four": {"units": 3}},
                check="counts",
            ),
        ),
    ),
}
