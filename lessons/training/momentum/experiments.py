"""A ball with inertia on a hill, a bowl and a net beside it; four ways off a saddle."""

from lessons.labs.pieces import FALLING, alone, claim, exact, run
from lessons.spec import Channel, Choice, Experiment, Number, Point, Race, Seed, View


def ball(momentum: float, rate: float = 0.05) -> dict:
    return {"momentum": momentum, "rate": rate}


HELPERS = ("noise", "momentum", "eigen", "gd")
ARMS = {helper: {"helper": helper} for helper in HELPERS}

EXPERIMENTS = {
    "hill": Experiment(
        lab="surface",
        controls=(
            Number(
                id="momentum",
                lo=0,
                hi=0.99,
                default=0.85,
                values=(0, 0.3, 0.5, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99),
                live=True,
            ),
            Number(
                id="rate", lo=0.01, hi=0.3, default=0.05, values=(0.01, 0.02, 0.05, 0.1, 0.2, 0.3), live=True
            ),
            Choice(id="map", options=("hill", "bowl", "net"), default="hill", live=True),
            Point(id="start", lo=(-1.5, -1.4), hi=(8.5, 2.8), default=(-1.0, 2.4)),
            Seed(),
        ),
        channels=(
            Channel("loss"),
            Channel("gradient-norm", role="norm"),
            Channel("steep"),
            Channel("gentle", role="smooth"),
            Channel("net", role="validation"),
        ),
        views=(
            View(id="hill", kind="plane", moves="start"),
            View(id="knobs", kind="plane"),
            View(id="beside", kind="curve", series=("steep", "gentle", "net"), log=True),
            View(id="steps", kind="numbers"),
            View(id="loss", kind="curve", series=("loss", "gradient-norm")),
        ),
        actions=(
            run("none", **ball(0)),
            run("some", **ball(0.7)),
            run("more", **ball(0.85)),
            run("much", **ball(0.99)),
            run("fast", **ball(0.8, 0.1)),
        ),
        claims=(
            exact(
                "over-the-hill",
                {"some": ball(0.7), "more": ball(0.85)},
                {"some": ball(0.7), "more": ball(0.7)},
            ),
            alone("uphill", ball(0.85), ball(0)),
            alone("ripples", ball(0.85), ball(0)),
        ),
        build="run:hill",
        pace=1.2,
    ),
    "race": Experiment(
        lab="surface",
        controls=(
            Choice(id="helper", options=HELPERS, default="gd", live=True),
            Number(id="beside", lo=0, hi=0.1, default=0.001, values=(0, 0.0001, 0.001, 0.01, 0.1)),
            Seed(),
        ),
        channels=FALLING,
        views=(
            View(id="plane", kind="plane"),
            View(id="falls", kind="curve"),
            View(id="table", kind="table"),
        ),
        actions=(
            run("hair", beside=0.001),
            run("line", beside=0),
        ),
        claims=(
            claim("helpers-first", ARMS, {name: {"helper": "gd"} for name in HELPERS}),
            alone("undecided", {"helper": "gd"}, {"helper": "gd", "beside": 0}, name="gd"),
        ),
        arms=Race(arms=ARMS),
        build="run:race",
        pace=0.6,
    ),
}
