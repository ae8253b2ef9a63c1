"""56 days through 10, 100 or 1000 ReLUs; and any curve of straight pieces drawn and taken apart into ReLUs."""

from lessons.labs.pieces import FALLING, alone, claim, run
from lessons.spec import Action, Choice, Draw, Experiment, Number, Seed, Sweep, View

HARD = (0.0, 0.0, 0.0, 0.0, 0.5, 1.0, 1.0, 1.0, 1.0)
TENT = (0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0)
RIDGE = (0.0, 0.6, -0.4, 0.2, 1.2, 0.8, -0.6, 0.4, 0.4)
WIDTHS = ("linear", "10", "100", "1000")


def arms(*widths: str, **changes) -> dict:
    return {width: {"width": width, **changes} for width in widths}


EXPERIMENTS = {
    "width": Experiment(
        lab="net",
        controls=(
            Choice(id="width", options=WIDTHS, default="1000", live=True),
            Draw(id="pad", count=9, lo=-1.5, hi=2.0, default=HARD),
            Choice(id="data", options=("births", "yt-views"), default="births"),
            Choice(id="epochs", options=("10", "40", "60"), default="40"),
            Number(
                id="rate",
                lo=1e-4,
                hi=0.05,
                default=0.002,
                scale="log",
                values=(1e-4, 3e-4, 1e-3, 2e-3, 5e-3, 0.01, 0.05),
                live=True,
            ),
            Seed(),
        ),
        actions=(
            Action("hard", {"pad": HARD}),
            Action("tent", {"pad": TENT}),
            Action("ridge", {"pad": RIDGE}),
            run("births", data="births"),
            run("yt-views", data="yt-views"),
        ),
        channels=FALLING,
        views=(
            View(id="table", kind="table"),
            View(id="pad", kind="curve", moves="pad"),
            View(id="errors", kind="curve"),
            View(id="series", kind="curve"),
            View(id="loss", kind="curve", series=("loss",), log=True),
        ),
        claims=(
            alone(
                "two-relus", {"width": "linear", "pad": HARD}, {"width": "linear", "pad": TENT}, name="pad"
            ),
            claim("more-lower", arms(*WIDTHS), {**arms("linear", "10", "100"), "1000": {"width": "100"}}),
            claim(
                "unseen-not",
                arms("linear", "1000"),
                {"linear": {"width": "linear"}, "1000": {"width": "linear"}},
            ),
            claim(
                "views-too",
                arms(*WIDTHS, data="yt-views"),
                {
                    **arms("linear", "10", "100", data="yt-views"),
                    "1000": {"width": "100", "data": "yt-views"},
                },
                check="more_lower",
            ),
        ),
        arms=Sweep(over={"width": WIDTHS}),
        pace=22,
    ),
}
