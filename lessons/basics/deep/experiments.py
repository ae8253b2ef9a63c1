"""One to five layers on the last 56 days; a folded line, and a deep and a fat network that try to learn it."""

from lessons.labs.pieces import FALLING, claim, exact, run
from lessons.spec import Action, Channel, Choice, Experiment, Number, Race, Seed, Sweep, View

DEPTHS = ("1", "2", "3", "4", "5")
RATES = (1e-4, 3e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.05)


def deep(*depths: str, **changes) -> dict:
    return {depth: {"depth": depth, **changes} for depth in depths}


def folds(*counts: int) -> dict:
    return {str(k): {"folds": k} for k in counts}


EXPERIMENTS = {
    "depth": Experiment(
        lab="net",
        controls=(
            Choice(id="depth", options=DEPTHS, default="5", live=True),
            Choice(id="data", options=("births", "yt-views"), default="births"),
            Choice(id="epochs", options=("10", "40", "60"), default="40"),
            Number(id="rate", lo=1e-4, hi=0.05, default=0.002, scale="log", values=RATES, live=True),
            Seed(),
        ),
        actions=(
            run("births", data="births"),
            run("yt-views", data="yt-views"),
        ),
        channels=FALLING,
        views=(
            View(id="table", kind="table"),
            View(id="errors", kind="curve"),
            View(id="series", kind="curve"),
            View(id="loss", kind="curve", series=("loss",), log=True),
        ),
        claims=(
            claim("deeper-lower", deep("1", "2", "3", "4"), {**deep("1", "2", "3"), "4": {"depth": "3"}}),
            claim("unseen-not", deep(*DEPTHS), {depth: {"depth": "1"} for depth in DEPTHS}),
            claim(
                "views-too",
                deep("1", "2", "3", data="yt-views"),
                {**deep("1", "2", data="yt-views"), "3": {"depth": "2", "data": "yt-views"}},
                check="deeper_lower",
            ),
        ),
        arms=Sweep(over={"depth": DEPTHS}),
        pace=28,
    ),
    "fold": Experiment(
        lab="net",
        controls=(
            Number(id="folds", lo=1, hi=6, default=4, scale="integer", steps=5),
            Choice(id="arm", options=("deep", "fat"), default="deep", live=True),
            Number(id="rate", lo=1e-4, hi=0.05, default=0.01, scale="log", values=RATES, live=True),
            Choice(id="updates", options=("2000", "6000", "20000"), default="6000"),
            Seed(),
        ),
        actions=tuple(Action(f"fold-{k}", {"folds": k}) for k in range(1, 7)),
        channels=(Channel("loss", role="smooth"), Channel("gradient-norm", role="norm")),
        views=(
            View(id="fits", kind="curve"),
            View(id="fold", kind="curve"),
            View(id="numbers", kind="numbers"),
            View(id="loss", kind="curve", series=("loss",), log=True),
        ),
        claims=(
            claim(
                "deep-wins",
                {"deep": {"arm": "deep"}, "fat": {"arm": "fat"}},
                {"deep": {"arm": "fat"}, "fat": {"arm": "fat"}},
            ),
            exact("doubles", folds(1, 2, 3, 4, 5), {**folds(1, 2, 3, 4), "5": {"folds": 4}}),
        ),
        arms=Race(arms={"deep": {"arm": "deep"}, "fat": {"arm": "fat"}}),
        pace=20,
    ),
}
