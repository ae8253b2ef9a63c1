"""Choosing a model by a score: many coin-flippers on a public set, nine degrees by a split or by folds."""

from lessons.labs.pieces import alone, claim, run
from lessons.spec import Channel, Choice, Experiment, Number, Seed, Sweep, View

SIZES = ("20", "200", "50")  # trained in this order, shown by size
MODELS = (10, 100, 1000, 10000, 100000, 1000000)
LOTTERY, DEGREES = {"task": "lottery"}, {"task": "degrees"}


def lottery(points: str, models: int = 10000) -> dict:
    return {**LOTTERY, "points": points, "models": models}


def degrees(judge: str) -> dict:
    return {**DEGREES, "judge": judge}


EXPERIMENTS = {
    "choosing": Experiment(
        lab="population",
        controls=(
            Choice(id="task", options=("lottery", "degrees"), default="lottery"),
            Choice(id="points", options=("20", "50", "200"), default="50", live=True),
            Number(id="models", lo=10, hi=1000000, default=10000, scale="integer", values=MODELS),
            Number(id="folds", lo=2, hi=10, default=3, scale="integer", steps=8),
            Choice(id="judge", options=("split", "folds"), default="folds"),
            Seed(),
        ),
        channels=(Channel("public"), Channel("private")),
        views=(
            View(id="plane", kind="plane", when={"task": ("lottery",)}),
            View(id="table", kind="table"),
            View(id="bars", kind="bars"),
            View(id="scores", kind="curve", series=("public", "private"), when={"task": ("lottery",)}),
        ),
        actions=(
            run("lottery", **{**LOTTERY, "models": 10000}),
            run("few", **{**LOTTERY, "models": 10}),
            run("million", **{**LOTTERY, "models": 1000000}),
            run("folds", **degrees("folds")),
        ),
        claims=(
            alone("winner-falls", lottery("50"), lottery("50", 10), kind="statistical", name="one"),
            claim(
                "luck-grows",
                {"few": lottery("50", 10), "many": lottery("50")},
                {"few": lottery("50"), "many": lottery("50")},
            ),
            claim(
                "larger-set",
                {"small": lottery("20"), "large": lottery("200")},
                {"small": lottery("200"), "large": lottery("200")},
            ),
            alone("folds-choose-better", degrees("folds"), degrees("split"), kind="statistical", name="one"),
        ),
        arms=Sweep(over={"points": SIZES}),
        build="run:choosing",
        pace=1.2,
    ),
}
