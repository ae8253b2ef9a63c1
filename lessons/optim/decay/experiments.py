"""Two parameters pushed by noise alone, with a pull to zero: inside the gradient or beside it."""

from lessons.labs.pieces import alone, exact, run
from lessons.spec import Channel, Choice, Experiment, Number, Race, Seed, View

WAYS = ("sgd-l2", "sgd-decay", "adam-l2", "adamw")


def by(way: str) -> dict:
    return {"way": way}


EXPERIMENTS = {
    "pull": Experiment(
        lab="surface",
        controls=(
            Choice(id="way", options=WAYS, default="adamw"),
            Number(id="gamma", lo=0, hi=0.5, default=0.1, values=(0, 0.02, 0.05, 0.1, 0.2, 0.5)),
            Number(id="steep", lo=0.1, hi=100, default=10, scale="log", values=(0.1, 1, 10, 100)),
            Number(id="gentle", lo=0.01, hi=10, default=0.1, scale="log", values=(0.01, 0.1, 1, 10)),
            Seed(),
        ),
        actions=(
            run("both", gamma=0.1, steep=10, gentle=0.1),
            run("alike", steep=1, gentle=1),
            run("none", gamma=0),
        ),
        channels=(Channel("theta-0"), Channel("theta-1")),
        views=(
            View(id="plane", kind="plane"),
            View(id="table", kind="table"),
            View(id="large", kind="curve"),
            View(id="small", kind="curve"),
        ),
        claims=(
            alone("uneven", by("adam-l2"), by("adamw"), kind="statistical"),
            alone("even", by("adamw"), by("adam-l2"), kind="statistical"),
            exact(
                "same-for-sgd",
                {"l2": by("sgd-l2"), "decay": by("sgd-decay")},
                {"l2": by("adam-l2"), "decay": by("adamw")},
                check="same",
            ),
        ),
        arms=Race(arms={way: by(way) for way in WAYS}),
        pace=25,
    ),
}
