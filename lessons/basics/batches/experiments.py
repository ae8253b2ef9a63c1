"""A sum of sigmoids learns a curve batch by batch: how many updates an epoch has, and who was in them."""

from lessons.labs.pieces import alone, claim, run
from lessons.spec import Channel, Choice, Experiment, Number, Seed, View


def cut(examples: int, batch: int, epochs: float = 1) -> dict:
    return {"examples": examples, "batch": batch, "epochs": epochs}


EXPERIMENTS = {
    "epochs": Experiment(
        lab="net",
        controls=(
            Number(
                id="examples",
                lo=20,
                hi=10_000,
                default=10_000,
                scale="integer",
                values=(20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000),
            ),
            Number(
                id="batch",
                lo=1,
                hi=10_000,
                default=10,
                scale="integer",
                values=(1, 2, 5, 6, 10, 20, 50, 100, 200, 500, 1000, 10_000),
                live=True,
            ),
            Number(id="epochs", lo=0.5, hi=20, default=1, values=(0.5, 1, 2, 3, 5, 10, 20)),
            Number(
                id="rate",
                lo=0.001,
                hi=1,
                default=0.1,
                scale="log",
                values=(0.01, 0.05, 0.1, 0.2, 0.5),
                live=True,
            ),
            Choice(id="units", options=("3", "10", "30"), default="10"),
            Seed(),
        ),
        actions=(
            run("first", **cut(10_000, 10)),
            run("second", **cut(1000, 100)),
            run("uneven", **cut(20, 6)),
            run("small", **cut(1000, 10, 5)),
            run("whole", **cut(1000, 1000, 5)),
        ),
        channels=(Channel("loss"), Channel("training-loss", role="validation", sparse=True)),
        views=(
            View(id="strips", kind="hist"),
            View(id="fit", kind="curve"),
            View(id="counter", kind="numbers"),
            View(id="loss", kind="curve", series=("loss", "training-loss"), log=True),
        ),
        claims=(
            alone("thousand", cut(10_000, 10), cut(10_000, 100)),
            alone("last-batch", cut(20, 6), cut(20, 5)),
            alone("once", cut(1000, 100), cut(1000, 100, 0.5)),
            claim(
                "more-updates",
                {"small": cut(1000, 10, 5), "whole": cut(1000, 1000, 5)},
                {"small": cut(1000, 1000, 5), "whole": cut(1000, 1000, 5)},
            ),
        ),
        pace=5,
    ),
}
