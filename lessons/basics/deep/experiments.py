"""One to five layers on the last 56 days; a folded line, and a deep and a fat network that try to learn it."""

from lessons.spec import Action, Channel, Choice, Claim, Experiment, Number, Race, Seed, Sweep, View

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
            Action("births", {"data": "births"}, run=True),
            Action("yt-views", {"data": "yt-views"}, run=True),
        ),
        channels=(Channel("loss"), Channel("gradient-norm", role="norm")),
        views=(
            View(id="table", kind="table"),
            View(id="errors", kind="curve"),
            View(id="series", kind="curve"),
            View(id="loss", kind="curve", series=("loss",), log=True),
        ),
        claims=(
            Claim(
                id="deeper-lower",
                check="run:deeper_lower",
                arms=deep("1", "2", "3", "4"),
                counter={**deep("1", "2", "3"), "4": {"depth": "3"}},
            ),
            Claim(
                id="unseen-not",
                check="run:unseen_not",
                arms=deep(*DEPTHS),
                counter={depth: {"depth": "1"} for depth in DEPTHS},
            ),
            Claim(
                id="views-too",
                check="run:deeper_lower",
                arms=deep("1", "2", "3", data="yt-views"),
                counter={**deep("1", "2", data="yt-views"), "3": {"depth": "2", "data": "yt-views"}},
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
            Claim(
                id="deep-wins",
                check="run:deep_wins",
                arms={"deep": {"arm": "deep"}, "fat": {"arm": "fat"}},
                counter={"deep": {"arm": "fat"}, "fat": {"arm": "fat"}},
            ),
            Claim(
                id="doubles",
                check="run:doubles",
                arms=folds(1, 2, 3, 4, 5),
                counter={**folds(1, 2, 3, 4), "5": {"folds": 4}},
                kind="exact",
            ),
        ),
        arms=Race(arms={"deep": {"arm": "deep"}, "fat": {"arm": "fat"}}),
        pace=20,
    ),
}
