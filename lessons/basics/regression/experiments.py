"""Twelve tasks to sort; a line through real births, on its loss surface; linear models of 1 to 56 days."""

from functools import partial

from lessons.labs.pieces import FALLING, alone, claim, exact, run, sorted_cards
from lessons.spec import Arrange, Choice, Experiment, Number, Point, Seed, Sweep, View

BINS = ("regression", "classification", "structured")
TASKS = dict(
    go=BINS[1], pm25=BINS[0], spam=BINS[1], translation=BINS[2], views=BINS[0], drawing=BINS[2],
    digit=BINS[1], price=BINS[0], summary=BINS[2], age=BINS[0], tumour=BINS[1], caption=BINS[2],
)  # fmt: skip
ARRANGE = Arrange(id="tasks", cards=tuple(TASKS), bins=BINS)
sorted_with = partial(sorted_cards, ARRANGE, TASKS)


def placed(card: str, bin: str) -> dict:
    """One card in a bin; wherever the others lie."""
    return {"tasks": tuple(ARRANGE.bins.index(bin) + 1 if one == card else 0 for one in ARRANGE.cards)}


def steps(**changes) -> dict:
    """A run of the section on three steps from its usual setting."""
    usual = {"surface": "births", "loss": "mse", "rate": 0.008, "start": (2.0, 1.3), "updates": "20000"}
    return {**usual, **changes}


def dent(place: float) -> dict:
    """A run over the curve with two minima."""
    return {"surface": "two-minima", "rate": 0.003, "place": place, "updates": "5000"}


def arms(*days: str, **changes) -> dict:
    return {k: {"days": k, **changes} for k in days}


DAYS = ("1", "7", "28", "56")
# What 7, 28 and 56 days would be without the added ones
SHORT = {"7": {"days": "7"}, "28": {"days": "7"}, "56": {"days": "28"}}
MADE_UP = {"data": "yt-views"}
HALF = {"days": "28", **MADE_UP}
PACES = (1e-4, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
RATES = (1e-5, 1e-4, 3e-4, 0.001, 0.003, 0.005, 0.008, 0.009, 0.0095, 0.02, 0.1)

EXPERIMENTS = {
    "tasks": Experiment(
        lab="sort",
        controls=(ARRANGE,),
        views=(View(id="cards", kind="cards", moves="tasks"), View(id="bars", kind="bars")),
        claims=(
            alone(
                "go",
                placed("go", "classification"),
                placed("go", "structured"),
                check="go_is_classification",
                name="sorted",
            ),
            alone(
                "structured",
                sorted_with(),
                sorted_with(translation="classification", drawing="classification"),
                check="all_right",
                name="sorted",
            ),
        ),
        build="run:tasks",
    ),
    "steps": Experiment(
        lab="surface",
        controls=(
            Number(id="rate", lo=1e-5, hi=0.1, default=0.008, scale="log", values=RATES, live=True),
            Point(id="start", lo=(-2.0, -0.5), hi=(12.0, 1.5), default=(2.0, 1.3)),
            Choice(id="loss", options=("mse", "mae"), default="mse"),
            Choice(id="surface", options=("births", "two-minima"), default="births"),
            Number(id="place", lo=0.0, hi=9.0, default=0.5, steps=18),
            Choice(id="updates", options=("1000", "5000", "20000"), default="20000"),
        ),
        channels=FALLING,
        views=(
            View(id="plane", kind="plane", moves="start"),
            View(id="fit", kind="curve"),
            View(id="loss", kind="curve", series=("loss",)),
            View(id="numbers", kind="numbers"),
        ),
        actions=(
            run("roll", **steps()),
            run("large", **steps(rate=0.0095)),
            run("absolute", **steps(loss="mae")),
            run("left", **dent(0.5)),
            run("right", **dent(9.0)),
        ),
        claims=(
            alone("rolls", steps(), steps(start=(2.2, 0.783)), name="wall"),
            exact(
                "too-large",
                {"small": steps(), "large": steps(rate=0.0095)},
                {"small": steps(), "large": steps(rate=0.009)},
            ),
            exact(
                "other-loss",
                {"squares": steps(), "absolute": steps(loss="mae")},
                {"squares": steps(), "absolute": steps()},
            ),
            exact(
                "two-minima", {"left": dent(0.5), "right": dent(9.0)}, {"left": dent(0.5), "right": dent(1.0)}
            ),
        ),
        build="run:steps",
        pace=80,
    ),
    "days": Experiment(
        lab="net",
        controls=(
            Choice(id="days", options=DAYS, default="7", live=True),
            Choice(id="data", options=("births", "yt-views"), default="births"),
            Number(id="rate", lo=1e-4, hi=0.2, default=0.02, scale="log", values=PACES, live=True),
            Choice(id="optimizer", options=("gd", "momentum", "adam"), default="momentum", live=True),
            Choice(id="updates", options=("100", "1000", "3000"), default="1000"),
            Seed(),
        ),
        actions=(
            run("births", data="births"),
            run("yt-views", data="yt-views"),
        ),
        channels=FALLING,
        views=(
            View(id="table", kind="table"),
            View(id="series", kind="curve"),
            View(id="weights", kind="bars"),
            View(id="loss", kind="curve", series=("loss",), log=True),
        ),
        claims=(
            claim("week", arms("1", "7"), {**arms("1"), "7": {"days": "1"}}),
            claim("train-falls", arms(*DAYS), {**arms(*DAYS), "56": {"days": "28"}}),
            claim("last-days", arms(*DAYS[1:]), SHORT),
            claim("least-squares", arms(*DAYS), arms(*DAYS, rate=1e-4), check="reaches_best"),
            claim(
                "views-too",
                arms(*DAYS, **MADE_UP),
                {**arms(*DAYS, **MADE_UP), "56": HALF},
                check="train_falls",
            ),
        ),
        arms=Sweep(over={"days": DAYS}),
        build="run:days",
        pace=16,
    ),
}
