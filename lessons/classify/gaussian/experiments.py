"""Gaussians by hand, the climb to the likeliest one, and the exam of the Pokémon with its suspects."""

from lessons.labs.pieces import alone, exact, number, run
from lessons.spec import Action, Channel, Choice, Experiment, Number, Pick, Point, Seed, View

LOW, HIGH = (0.0, 0.0), (200.0, 160.0)
VARIANCES = (25, 100, 200, 300, 468, 600, 874, 1200, 1800, 3000)
RATIOS = (-0.95, -0.75, -0.5, -0.25, 0, 0.25, 0.363, 0.5, 0.75, 0.95)
GAUSSIAN, COUNTING = {"model": "gaussian"}, {"model": "counting"}
MOVED = {**GAUSSIAN, "water": (110.0, 123.0)}
NORMAL = {"type": "normal"}
ASTRAY = {**NORMAL, "centre": "other"}
EXAM = {"points": "test", "features": "2", "covariance": "own", "ridge": 0}
SIX, SEVEN = {**EXAM, "features": "6"}, {**EXAM, "features": "7"}


def bell(name: str, mean: tuple[float, float], across: float, up: float, ratio: float) -> tuple:
    """The controls of one Gaussian."""
    return (
        Point(id=name, lo=LOW, hi=HIGH, default=mean, live=True),
        number(f"{name}-x", across, VARIANCES, live=True),
        number(f"{name}-y", up, VARIANCES, live=True),
        number(f"{name}-r", ratio, RATIOS, live=True),
    )


def shape(id: str, across: float, up: float, ratio: float) -> Action:
    """Water's Gaussian with one of the lecture's covariances, times 300."""
    return Action(id, {**GAUSSIAN, "water-x": across, "water-y": up, "water-r": ratio})


def slide(id: str, start: tuple[float, float]) -> Action:
    """The lecture's Σ = 5I at one of its two places."""
    return Action(id, {"type": "water", "spread": "round", "centre": "own", "start": start})


EXPERIMENTS = {
    "bells": Experiment(
        lab="gauss",
        controls=(
            *bell("water", (75.0, 71.3), 874, 929, 0.363),
            *bell("normal", (55.6, 59.8), 468, 553, 0.389),
            Pick(id="who", count=80),
            Choice(id="model", options=("gaussian", "counting"), default="counting", live=True),
        ),
        views=(
            View(id="plane", kind="plane", moves="water"),
            View(id="numbers", kind="numbers"),
            View(id="posterior", kind="plane", moves="normal"),
        ),
        actions=(
            Action("gaussian", GAUSSIAN),
            Action("fit"),
            shape("round", 600, 600, 0),
            shape("stretched", 600, 1800, 0),
            shape("tilted", 600, 600, -0.5),
            Action("moved", MOVED),
        ),
        claims=(
            alone("unseen", GAUSSIAN, COUNTING),
            alone("tilts", GAUSSIAN, {**GAUSSIAN, "water-r": 0}),
            exact("peak", {"here": GAUSSIAN, "there": MOVED}, {"here": GAUSSIAN, "there": {**MOVED, "water-x": 1800}}),
        ),
        build="run:Bells",
    ),
    "climb": Experiment(
        lab="gauss",
        controls=(
            Choice(id="type", options=("water", "normal"), default="water"),
            Point(id="start", lo=LOW, hi=HIGH, default=(140.0, 120.0)),
            Number(id="rate", lo=0.02, hi=2, default=0.2, values=(0.02, 0.05, 0.1, 0.2, 0.5, 1, 1.5, 2)),
            Choice(id="spread", options=("fitted", "round"), default="fitted"),
            Choice(id="centre", options=("own", "other"), default="own"),
        ),
        channels=(Channel("log-likelihood"),),
        views=(
            View(id="hill", kind="plane", moves="start"),
            View(id="numbers", kind="numbers"),
            View(id="table", kind="table"),
            View(id="plane", kind="plane", moves="start"),
            View(id="climb", kind="curve", series=("log-likelihood",)),
        ),
        actions=(
            run("other-centre", spread="fitted", **ASTRAY),
            run("own-centre", spread="fitted", centre="own", **NORMAL),
            slide("near", (75.0, 75.0)),
            slide("far", (150.0, 140.0)),
        ),
        claims=(
            alone("lecture", {}, NORMAL, check="as_in_the_lecture"),
            alone("arrives", {}, {"rate": 2}),
            alone("wrong-centre", ASTRAY, NORMAL),
            alone("difference", ASTRAY, NORMAL),
            exact("likelier", {"own": NORMAL, "other": ASTRAY}, {"own": NORMAL, "other": NORMAL}),
        ),
        build="run:Climb",
        pace=0.5,
    ),
    "results": Experiment(
        lab="gauss",
        controls=(
            Choice(id="features", options=("2", "6", "7"), default="2", live=True),
            Choice(id="covariance", options=("own", "shared"), default="own", live=True),
            number("ridge", 0, (0, 0.01, 1, 10, 100, 1000), live=True),
            Choice(id="points", options=("train", "test"), default="train", live=True),
            Seed(),
        ),
        views=(
            View(id="plane", kind="plane", when={"features": ("2",)}),
            View(id="scores", kind="plane", when={"features": ("6", "7")}),
            View(id="table", kind="table"),
            View(id="numbers", kind="numbers"),
            View(id="orders", kind="hist", when={"features": ("7",)}),
            View(id="suspects", kind="table", when={"points": ("test",)}),
            View(id="confusion", kind="grid", when={"features": ("2", "6")}),
        ),
        actions=(
            Action("exam", EXAM),
            Action("six", SIX),
            Action("six-shared", {**SIX, "covariance": "shared"}),
            Action("seven", SEVEN),
            Action("ridge", {**SEVEN, "ridge": 1}),
        ),
        claims=(
            alone("coin", EXAM, SIX),
            exact("more-features", {"two": EXAM, "six": SIX}, {"two": EXAM, "six": EXAM}),
            alone("singular", SEVEN, {**SEVEN, "ridge": 1}),
            exact("ridge", {"six": SIX, "seven": {**SEVEN, "ridge": 1}}, {"six": SIX, "seven": SEVEN}, check="cured"),
            alone("noise", SEVEN, SIX),
        ),
        build="run:Results",
    ),
}  # fmt: skip
