"""The posterior of two Gaussians at a place, by Bayes and as a sigmoid of a line."""

from lessons.labs.pieces import alone, exact
from lessons.spec import Action, Choice, Experiment, Number, Pick, Point, View

OWN, HALF, SHARED = ({"blend": share} for share in (0, 0.5, 1))
PRIOR = 79 / 140
RARE = {**SHARED, "prior": 0.1}
SQUIRTLE, PSYDUCK, TURTLE = (65, 64), (48, 50), (103, 45)

EXPERIMENTS = {
    "posterior": Experiment(
        lab="gauss",
        controls=(
            Point(id="at", lo=(0.0, 0.0), hi=(200.0, 170.0), default=TURTLE, live=True),
            Number(id="blend", lo=0, hi=1, default=0, steps=20, live=True),
            Pick(id="stage", count=7),
            Number(
                id="prior",
                lo=0.01,
                hi=0.99,
                default=PRIOR,
                values=(0.1, 0.25, 0.5, PRIOR, 0.75, 0.9),
                live=True,
            ),
            Choice(id="points", options=("train", "test"), default="train", live=True),
        ),
        views=(
            View(id="plane", kind="plane", moves="at"),
            View(id="numbers", kind="numbers"),
            View(id="collapse", kind="plane"),
            View(id="sides", kind="table"),
            View(id="bars", kind="bars"),
            View(id="slice", kind="curve"),
        ),
        actions=(
            Action("shared", {**SHARED, "prior": PRIOR}),
            Action("next"),
            Action("own", {**OWN, "prior": PRIOR}),
            Action("rare", RARE),
            Action("squirtle", {"at": SQUIRTLE}),
            Action("psyduck", {"at": PSYDUCK}),
            Action("turtle", {"at": TURTLE}),
        ),
        claims=(
            alone("collapse", SHARED, OWN),
            alone("cancels", SHARED, HALF),
            alone("line", SHARED, RARE, check="as_by_the_formula"),
            exact(
                "prior",
                {"usual": SHARED, "rare": RARE},
                {"usual": SHARED, "rare": SHARED},
                check="moves_only_b",
            ),
        ),
    ),
}
