"""A curve through few points, and what calms it; degrees one to nine on many small data sets."""

from lessons.labs.pieces import alone, claim, exact, run
from lessons.spec import Channel, Choice, Experiment, Number, Seed, Sweep, View

DEGREES = tuple(str(k) for k in range(1, 10))
WILD = {"model": "polynomial", "points": 10, "degree": 9, "l2": 0.0, "cure": "none"}
LOSSES = (
    Channel("training-loss", sparse=True),
    Channel("test-loss", role="validation", sparse=True),
)


def wild(**changes) -> dict:
    """Ten points and degree nine, or what is changed of it."""
    return {**WILD, **changes}


def points(default: int) -> Number:
    values = (3, 5, 8, 10, 15, 20, 50, 100, 200)
    return Number(id="points", lo=3, hi=200, default=default, scale="integer", values=values)


def sweep(*degrees: str, tag: str = "", **changes) -> dict:
    """An arm for each degree."""
    return {tag + degree: {"degree": degree, **changes} for degree in degrees}


FEW, MANY = sweep(*DEGREES, tag="few-", points=10), sweep(*DEGREES, tag="many-", points=100)

EXPERIMENTS = {
    "freestyle": Experiment(
        lab="net",
        controls=(
            Choice(id="model", options=("polynomial", "network"), default="polynomial"),
            points(10),
            Number(id="degree", lo=1, hi=9, default=9, scale="integer", steps=8),
            Number(id="l2", lo=0.0, hi=1.0, default=0.0, values=(0.0, 1e-4, 1e-3, 0.01, 0.1, 1.0)),
            Choice(id="cure", options=("none", "early-stop", "dropout", "augment"), default="none"),
            Seed(default=8),
        ),
        channels=LOSSES,
        views=(
            View(id="fit", kind="curve"),
            View(id="errors", kind="bars"),
            View(id="losses", kind="curve", series=("training-loss", "test-loss"), log=True),
        ),
        actions=(
            run("wild", **wild()),
            run("data", **wild(points=50)),
            run("parabola", **wild(degree=2)),
            run("line", **wild(degree=1)),
            run("penalty", **wild(l2=0.01)),
            run("network", **wild(model="network")),
        ),
        claims=(
            alone("overfits", wild(), wild(points=50), kind="statistical", name="wild"),
            claim("more-data", {"few": wild(), "many": wild(points=50)}, {"few": wild(), "many": wild()}),
            claim("constrained", {"nine": wild(), "two": wild(degree=2)}, {"nine": wild(), "two": wild()}),
            alone("bias", wild(degree=1), wild(degree=2), kind="statistical", name="line"),
            claim("penalty", {"free": wild(), "held": wild(l2=0.01)}, {"free": wild(), "held": wild()}),
        ),
        build="run:freestyle",
        pace=4,
    ),
    "degrees": Experiment(
        lab="net",
        controls=(
            Choice(id="degree", options=DEGREES, default="9", live=True),
            points(20),
            Number(id="noise", lo=0.0, hi=0.5, default=0.1, values=(0.0, 0.05, 0.1, 0.2, 0.5)),
            Number(id="repeats", lo=5, hi=100, default=20, scale="integer", values=(5, 20, 50, 100)),
            Choice(id="curve", options=("hill", "parabola"), default="hill"),
            Seed(),
        ),
        channels=(Channel("training-loss"), Channel("test-loss")),
        views=(View(id="u", kind="curve"), View(id="fit", kind="curve")),
        actions=(
            run("few", points=10),
            run("twenty", points=20),
            run("many", points=100),
            run("simple", curve="parabola", points=100),
        ),
        claims=(
            exact("train-falls", sweep(*DEGREES), {**sweep(*DEGREES), "9": {"degree": "1"}}),
            claim("u-shape", sweep(*DEGREES), sweep(*DEGREES, points=200)),
            claim("moves-right", {**FEW, **MANY}, {**FEW, **sweep(*DEGREES, tag="many-", points=10)}),
        ),
        arms=Sweep(over={"degree": DEGREES}),
        build="run:degrees",
        pace=1,
    ),
}
