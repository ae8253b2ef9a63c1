"""The most likely border, two regressions with one update, and the flat land of the square error."""

from lessons.labs.pieces import alone, exact, number, run
from lessons.spec import Action, Channel, Choice, Experiment, Number, Pick, Point, Race, Seed, View

POKEMON, LECTURE, CLOUDS = ({"data": data} for data in ("pokemon", "lecture", "clouds"))
SQUARED = {"loss": "mse"}

LOGISTIC, LINEAR, SQUARE = ({"model": model} for model in ("logistic", "linear", "square"))
TWO = {"logistic": LOGISTIC, "linear": LINEAR}
FAR = {"defense": 600}


def near_and_far(**more) -> dict:
    """Both models, with Cloyster at home and as `more` says."""
    return {**TWO, **{f"{name}-far": {**own, **more} for name, own in TWO.items()}}


CE, SE = {"loss": "cross-entropy"}, {"loss": "mse"}
RACE, TWICE = {"cross-entropy": CE, "mse": SE}, {"cross-entropy": CE, "mse": CE}
ONE, MANY = {"data": ("one",)}, {"data": ("pokemon",)}
REAL = {"data": "pokemon", "updates": "100"}


def both(arms: dict, **more) -> dict:
    """The arms, each with these settings too."""
    return {name: {**own, **more} for name, own in arms.items()}


def weight(id: str, default: float) -> Number:
    return Number(id=id, lo=-8, hi=8, default=default, steps=64, live=True)


EXPERIMENTS = {
    "likelihood": Experiment(
        lab="net",
        controls=(
            Choice(id="data", options=("pokemon", "lecture", "clouds"), default="pokemon"),
            weight("w1", 1), weight("w2", 0), weight("b", 0),
            number("rate", 0.2, (0.002, 0.05, 0.1, 0.2, 0.5, 1), live=True),
            Choice(id="loss", options=("cross-entropy", "mse"), default="cross-entropy"),
            Seed(),
        ),
        channels=(
            Channel("loss"),
            Channel("gradient-norm", role="norm"),
            Channel("training-accuracy", sparse=True),
            Channel("test-accuracy", role="validation", sparse=True),
        ),
        views=(
            View(id="plane", kind="plane"),
            View(id="board", kind="table"),
            View(id="numbers", kind="numbers"),
            View(id="cost", kind="curve"),
            View(id="outputs", kind="curve"),
            View(id="accuracy", kind="curve", series=("training-accuracy", "test-accuracy")),
        ),
        actions=(
            Action("take"),
            Action("double"),
            run("pokemon", **POKEMON),
            run("lecture", **LECTURE),
            run("clouds", **CLOUDS),
        ),
        claims=(
            alone("turns", {}, {"rate": 0.002}, "statistical"),
            alone("likeliest", {}, SQUARED, "statistical"),
            alone("same-thing", {}, SQUARED),
            alone("no-best", CLOUDS, POKEMON, "statistical"),
        ),
        build="run:likelihood",
        pace=2,
    ),
    "updates": Experiment(
        lab="net",
        controls=(
            Choice(id="model", options=("logistic", "linear", "square"), default="linear"),
            Pick(id="example", count=6),
            number("defense", 180, (180, 300, 450, 600)),
            Point(id="start", lo=(-3.0, -2.0), hi=(3.0, 2.0), default=(-2.0, -1.0)),
            number("rate", 0.2, (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2), live=True),
            Seed(),
        ),
        channels=(Channel("loss"), Channel("gradient-norm", role="norm")),
        views=(
            View(id="fits", kind="curve"),
            View(id="numbers", kind="numbers", moves="example"),
            View(id="terms", kind="table", moves="example"),
            View(id="ways", kind="plane", moves="start"),
        ),
        actions=(
            run("home", defense=180, start=(-2.0, -1.0)),
            run("away", defense=600, start=(-2.0, -1.0)),
            Action("next"),
        ),
        claims=(
            exact("same-form", TWO, {**TWO, "logistic": SQUARE}),
            exact("outputs", TWO, {**TWO, "linear": LOGISTIC}),
            exact("steady", near_and_far(**FAR), near_and_far()),
        ),
        arms=Race(arms=TWO),
        build="run:updates",
        pace=2,
    ),
    "corner": Experiment(
        lab="surface",
        controls=(
            Number(id="z", lo=-10, hi=10, default=-10, steps=40),
            Choice(id="label", options=("1", "0"), default="1"),
            Choice(id="data", options=("one", "pokemon"), default="one"),
            Point(id="start", lo=(-10.0, -10.0), hi=(10.0, 10.0), default=(-10.0, 10.0)),
            number("rate", 1, (0.1, 0.2, 0.5, 1, 2), live=True),
            Choice(id="updates", options=("100", "3000", "20000"), default="100"),
            Choice(id="loss", options=("mse", "cross-entropy"), default="mse"),
        ),
        channels=(Channel("loss"), Channel("gradient-norm", role="norm")),
        views=(
            View(id="slope", kind="curve"),
            View(id="numbers", kind="numbers", when=ONE),
            View(id="cases", kind="table"),
            View(id="losses", kind="curve", when=ONE),
            View(id="way", kind="curve", when=ONE),
            View(id="plane-mse", kind="plane", moves="start", when=MANY),
            View(id="plane-ce", kind="plane", moves="start", when=MANY),
            View(id="steep", kind="curve", when=MANY),
        ),
        actions=(
            run("short", data="one", z=-10, label="1", updates="100", rate=1),
            run("long", data="one", z=-10, label="1", updates="20000", rate=1),
            run("mild", data="one", z=-2, label="1", updates="100", rate=1),
            run("other-label", data="one", z=10, label="0", updates="100", rate=1),
            run("real", data="pokemon", updates="100", rate=1, start=(-10.0, 10.0)),
            run("real-long", data="pokemon", updates="3000", rate=1, start=(-10.0, 10.0)),
        ),
        claims=(
            exact("slopes", RACE, both(RACE, z=0)),
            exact("both-labels", both(RACE, z=10, label="0"), both(RACE, z=0, label="0"), check="slopes"),
            exact("arrives", RACE, TWICE),
            exact("real", both(RACE, **REAL), both(TWICE, **REAL)),
        ),
        arms=Race(arms=RACE),
        build="run:corner",
        pace=2,
    ),
}  # fmt: skip
