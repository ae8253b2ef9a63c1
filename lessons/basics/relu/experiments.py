"""56 days through 10, 100 or 1000 ReLUs; and any curve of straight pieces drawn and taken apart into ReLUs."""

from lessons.spec import Action, Channel, Choice, Claim, Draw, Experiment, Number, Seed, Sweep, View

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
            Action("births", {"data": "births"}, run=True),
            Action("yt-views", {"data": "yt-views"}, run=True),
        ),
        channels=(Channel("loss"), Channel("gradient-norm", role="norm")),
        views=(
            View(id="table", kind="table"),
            View(id="pad", kind="curve", moves="pad"),
            View(id="errors", kind="curve"),
            View(id="series", kind="curve"),
            View(id="loss", kind="curve", series=("loss",), log=True),
        ),
        claims=(
            Claim(
                id="two-relus",
                check="run:two_relus",
                arms={"pad": {"width": "linear", "pad": HARD}},
                counter={"pad": {"width": "linear", "pad": TENT}},
                kind="exact",
            ),
            Claim(
                id="more-lower",
                check="run:more_lower",
                arms=arms(*WIDTHS),
                counter={**arms("linear", "10", "100"), "1000": {"width": "100"}},
            ),
            Claim(
                id="unseen-not",
                check="run:unseen_not",
                arms=arms("linear", "1000"),
                counter={"linear": {"width": "linear"}, "1000": {"width": "linear"}},
            ),
            Claim(
                id="views-too",
                check="run:more_lower",
                arms=arms(*WIDTHS, data="yt-views"),
                counter={
                    **arms("linear", "10", "100", data="yt-views"),
                    "1000": {"width": "100", "data": "yt-views"},
                },
            ),
        ),
        arms=Sweep(over={"width": WIDTHS}),
        pace=22,
    ),
}
