"""Twelve tasks to sort; a line through real births, on its loss surface; linear models of 1 to 56 days."""

from lessons.spec import (
    Action,
    Arrange,
    Channel,
    Choice,
    Claim,
    Experiment,
    Number,
    Point,
    Seed,
    Sweep,
    View,
)

TASKS = {
    "go": "classification",
    "pm25": "regression",
    "spam": "classification",
    "translation": "structured",
    "views": "regression",
    "drawing": "structured",
    "digit": "classification",
    "price": "regression",
    "summary": "structured",
    "age": "regression",
    "tumour": "classification",
    "caption": "structured",
}
ARRANGE = Arrange(id="tasks", cards=tuple(TASKS), bins=("regression", "classification", "structured"))


def sorted_with(**moved: str) -> dict:
    """All cards in their right bins but for those named."""
    return {"tasks": tuple(ARRANGE.bins.index(moved.get(card, bin)) + 1 for card, bin in TASKS.items())}


def placed(card: str, bin: str) -> dict:
    """One card in a bin; wherever the others lie."""
    return {"tasks": tuple(ARRANGE.bins.index(bin) + 1 if one == card else 0 for one in ARRANGE.cards)}


def steps(**changes) -> dict:
    """A run of the section on three steps from its usual setting."""
    return {
        "surface": "births",
        "loss": "mse",
        "rate": 0.008,
        "start": (2.0, 1.3),
        "updates": "20000",
        **changes,
    }


def dent(place: float) -> dict:
    """A run over the curve with two minima."""
    return {"surface": "two-minima", "rate": 0.003, "place": place, "updates": "5000"}


def arms(*days: int, **changes) -> dict:
    return {str(k): {"days": str(k), **changes} for k in days}


EXPERIMENTS = {
    "tasks": Experiment(
        lab="sort",
        controls=(ARRANGE,),
        views=(View(id="cards", kind="cards", moves="tasks"), View(id="bars", kind="bars")),
        claims=(
            Claim(
                id="go",
                check="run:go_is_classification",
                arms={"sorted": placed("go", "classification")},
                counter={"sorted": placed("go", "structured")},
                kind="exact",
            ),
            Claim(
                id="structured",
                check="run:all_right",
                arms={"sorted": sorted_with()},
                counter={"sorted": sorted_with(translation="classification", drawing="classification")},
                kind="exact",
            ),
        ),
        build="run:tasks",
    ),
    "steps": Experiment(
        lab="surface",
        controls=(
            Number(
                id="rate",
                lo=1e-5,
                hi=0.1,
                default=0.008,
                scale="log",
                values=(1e-5, 1e-4, 3e-4, 0.001, 0.003, 0.005, 0.008, 0.009, 0.0095, 0.02, 0.1),
                live=True,
            ),
            Point(id="start", lo=(-2.0, -0.5), hi=(12.0, 1.5), default=(2.0, 1.3)),
            Choice(id="loss", options=("mse", "mae"), default="mse"),
            Choice(id="surface", options=("births", "two-minima"), default="births"),
            Number(id="place", lo=0.0, hi=9.0, default=0.5, steps=18),
            Choice(id="updates", options=("1000", "5000", "20000"), default="20000"),
        ),
        channels=(Channel("loss"), Channel("gradient-norm", role="norm")),
        views=(
            View(id="plane", kind="plane", moves="start"),
            View(id="fit", kind="curve"),
            View(id="loss", kind="curve", series=("loss",)),
            View(id="numbers", kind="numbers"),
        ),
        actions=(
            Action("roll", steps(), run=True),
            Action("large", steps(rate=0.0095), run=True),
            Action("absolute", steps(loss="mae"), run=True),
            Action("left", dent(0.5), run=True),
            Action("right", dent(9.0), run=True),
        ),
        claims=(
            Claim(
                id="rolls",
                check="run:rolls",
                arms={"wall": steps()},
                counter={"wall": steps(start=(2.2, 0.783))},
                kind="exact",
            ),
            Claim(
                id="too-large",
                check="run:too_large",
                arms={"small": steps(), "large": steps(rate=0.0095)},
                counter={"small": steps(), "large": steps(rate=0.009)},
                kind="exact",
            ),
            Claim(
                id="other-loss",
                check="run:other_loss",
                arms={"squares": steps(), "absolute": steps(loss="mae")},
                counter={"squares": steps(), "absolute": steps()},
                kind="exact",
            ),
            Claim(
                id="two-minima",
                check="run:two_minima",
                arms={"left": dent(0.5), "right": dent(9.0)},
                counter={"left": dent(0.5), "right": dent(1.0)},
                kind="exact",
            ),
        ),
        build="run:steps",
        pace=80,
    ),
    "days": Experiment(
        lab="net",
        controls=(
            Choice(id="days", options=("1", "7", "28", "56"), default="7", live=True),
            Number(
                id="rate",
                lo=1e-4,
                hi=0.2,
                default=0.02,
                scale="log",
                values=(1e-4, 0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2),
                live=True,
            ),
            Choice(id="optimizer", options=("gd", "momentum", "adam"), default="momentum", live=True),
            Choice(id="updates", options=("100", "1000", "3000"), default="1000"),
            Seed(),
        ),
        channels=(Channel("loss"), Channel("gradient-norm", role="norm")),
        views=(
            View(id="table", kind="table"),
            View(id="forecast", kind="curve"),
            View(id="weights", kind="bars"),
            View(id="loss", kind="curve", series=("loss",), log=True),
        ),
        claims=(
            Claim(
                id="week",
                check="run:week",
                arms=arms(1, 7),
                counter={"1": {"days": "1"}, "7": {"days": "1"}},
            ),
            Claim(
                id="train-falls",
                check="run:train_falls",
                arms=arms(1, 7, 28, 56),
                counter={**arms(1, 7, 28), "56": {"days": "28"}},
            ),
            Claim(
                id="last-days",
                check="run:last_days",
                arms=arms(7, 28, 56),
                counter={"7": {"days": "7"}, "28": {"days": "7"}, "56": {"days": "28"}},
            ),
            Claim(
                id="least-squares",
                check="run:least_squares",
                arms=arms(1, 7, 28, 56),
                counter=arms(1, 7, 28, 56, rate=1e-4),
            ),
        ),
        arms=Sweep(over={"days": ("1", "7", "28", "56")}),
        build="run:days",
        pace=16,
    ),
}
