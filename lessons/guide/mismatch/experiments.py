"""Births told from the days before: more and more training days, on a year that is like them or is not."""

from lessons.labs.pieces import FALLING, claim, run
from lessons.spec import Choice, Experiment, Number, Seed, Sweep, View

DAYS = ("90", "120", "200", "400", "700", "1000")
FEW, MANY = "90", "1000"


def pair(shift: float) -> dict:
    """Few and many days to train on."""
    return {"few": {"days": FEW, "shift": shift}, "many": {"days": MANY, "shift": shift}}


def models(shift: float) -> dict:
    return {lags: {"days": MANY, "lags": lags, "shift": shift} for lags in ("7", "28", "56")}


EXPERIMENTS = {
    "peak": Experiment(
        lab="net",
        controls=(
            Number(id="shift", lo=0.0, hi=1.0, default=1.0, steps=4),
            Choice(id="days", options=DAYS, default=MANY, live=True),
            Choice(id="lags", options=("7", "28", "56"), default="56"),
            Seed(),
        ),
        channels=FALLING,
        views=(
            View(id="errors", kind="curve"),
            View(id="weeks", kind="curve"),
            View(id="loss", kind="curve", series=("loss",), log=True),
        ),
        actions=(
            run("none", shift=0.0),
            run("half", shift=0.5),
            run("whole", shift=1.0),
        ),
        claims=(
            claim("data-cures", pair(0.0), pair(1.0)),
            claim("data-does-not-cure", pair(1.0), pair(0.0)),
            claim("no-model-helps", models(1.0), models(0.0)),
        ),
        arms=Sweep(over={"days": DAYS}),
        build="run:peak",
        pace=5,
    ),
}
