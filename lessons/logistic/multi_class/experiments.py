"""Three classes under softmax or three sigmoids, and XOR by regressions in a row."""

from lessons.labs.pieces import alone, claim, number, run
from lessons.spec import Action, Channel, Choice, Experiment, Pick, Point, Race, Seed, View

SOFTMAX, REST = {"head": "softmax"}, {"head": "one-vs-rest"}
HEADS = {"softmax": SOFTMAX, "one-vs-rest": REST}
ROW, TRIANGLE = {"data": "row"}, {"data": "triangle"}


def both(**more) -> dict:
    """Both heads, with these settings too."""
    return {name: {**own, **more} for name, own in HEADS.items()}


PLAIN, DISTANCE, LECTURE, LEARNED = (
    {"features": kind} for kind in ("plain", "distance", "lecture", "learned")
)
TWO = {"features": ("distance", "lecture", "learned"), "width": ("2",)}  # features that can be drawn
WIDE, STRAIGHT = {**LEARNED, "width": "8"}, {**LEARNED, "activation": "identity"}

EXPERIMENTS = {
    "regions": Experiment(
        lab="net",
        controls=(
            Choice(id="data", options=("digits", "triangle", "row"), default="digits"),
            Choice(id="width", options=("0", "16"), default="0"),
            Point(id="probe", lo=(-4.5, -3.0), hi=(4.5, 3.0), default=(0.0, 0.0), live=True),
            number("rate", 0.1, (0.01, 0.02, 0.05, 0.1, 0.2), live=True),
            Choice(id="head", options=("softmax", "one-vs-rest"), default="softmax"),
            Seed(),
        ),
        channels=(
            Channel("loss"),
            Channel("gradient-norm", role="norm"),
            Channel("accuracy", role="validation", sparse=True),
        ),
        views=(
            View(id="plane-softmax", kind="plane", moves="probe"),
            View(id="plane-rest", kind="plane", moves="probe"),
            View(id="numbers", kind="numbers"),
            View(id="shares", kind="bars"),
            View(id="sure", kind="bars"),
            View(id="yes", kind="plane", moves="probe"),
            View(id="loss", kind="curve", series=("loss",)),
            View(id="accuracy", kind="curve", series=("accuracy",)),
        ),
        actions=(
            run("digits", data="digits", width="0"),
            run("triangle", data="triangle", width="0"),
            run("row", data="row", width="0"),
            run("bent", data="digits", width="16"),
        ),
        claims=(
            alone("straight", SOFTMAX, {**SOFTMAX, "width": "16"}, "statistical"),
            alone("sums-to-one", SOFTMAX, REST, "statistical"),
            claim("two-say-yes", HEADS, {"softmax": SOFTMAX, "one-vs-rest": SOFTMAX}),
            claim("middle", both(**ROW), both(**TRIANGLE)),
        ),
        arms=Race(arms=HEADS),
        build="run:regions",
        pace=2,
    ),
    "cascade": Experiment(
        lab="population",
        controls=(
            Choice(id="features", options=("plain", "distance", "lecture", "learned"), default="plain"),
            Pick(id="net", count=32, default=1),
            Choice(id="width", options=("2", "3", "4", "8"), default="2"),
            Choice(id="activation", options=("sigmoid", "identity"), default="sigmoid"),
            number("spread", 1, (0.1, 0.5, 1, 2, 3)),
            number("rate", 2, (0.5, 1, 2, 5)),
            Seed(),
        ),
        channels=(Channel("mean-loss"), Channel("solved", role="validation", sparse=True)),
        views=(
            View(id="input", kind="plane", moves="net"),
            View(id="solved", kind="bars"),
            View(id="hidden", kind="plane", moves="net", when=TWO),
            View(id="points", kind="table"),
            View(id="maps", kind="images"),
            View(id="numbers", kind="numbers", moves="net"),
            View(id="share", kind="curve", series=("solved",)),
        ),
        actions=(
            run("plain", **PLAIN),
            run("distance", **DISTANCE),
            run("lecture", **LECTURE),
            run("learned", **LEARNED, width="2", activation="sigmoid"),
            run("eight", **WIDE, activation="sigmoid"),
            Action("solved"),
            Action("stuck"),
        ),
        claims=(
            alone("three-of-four", PLAIN, DISTANCE, "statistical"),
            alone("by-hand", DISTANCE, PLAIN, "statistical", check="all_solved"),
            alone("lecture", LECTURE, PLAIN, "statistical", check="as_in_the_lecture"),
            alone("learned", LEARNED, STRAIGHT, "statistical", check="most_solved"),
            alone("wider", WIDE, LEARNED, "statistical", check="nearly_all_solved"),
        ),
        build="run:cascade",
        pace=10,
    ),
}  # fmt: skip
