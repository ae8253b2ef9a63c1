"""One way to build them all: strings of any length, dates, questions, trees and sets of labels, from pairs alone."""

from lessons.labs.pieces import alone, claim, number, run, whole
from lessons.spec import Action, Channel, Choice, Experiment, Pick, Race, Seed, Text, View

CHANNELS = (
    Channel("loss"),
    Channel("gradient-norm", role="norm"),
    Channel("validation-loss", role="validation", sparse=True),
    Channel("validation-accuracy", role="validation", sparse=True),
    Channel("whole", role="validation", sparse=True),
)
WHOLE = View(id="whole", kind="curve", series=("whole",))
TOKENS, CROSS = View(id="tokens", kind="tokens"), View(id="cross", kind="grid")
EXAMPLE = Pick(id="example", count=64)
BIG, SMALL = {"noise": 0.4, "pairs": 4096}, {"noise": 0.0, "pairs": 128}
MANY = {"noise": 0.0, "pairs": 4096}
SKILLS = ("all", "rev", "max", "len")
ALL, REV = {"taught": "all"}, {"taught": "rev"}
TREES, TOPICS = {"task": "trees"}, {"task": "topics"}


EXPERIMENTS = {
    "lengths": Experiment(
        lab="seq",
        controls=(
            EXAMPLE,
            Text(id="say", default="", longest=8, live=True),
            Choice(id="end", options=("on", "off"), default="on"),
            Seed(),
        ),
        channels=CHANNELS,
        views=(TOKENS, WHOLE, CROSS, View(id="weights", kind="images")),
        actions=(
            Action("zeros"),
            Action("none"),
            Action("own"),
            run("endless", end="off"),
            run("ending", end="on"),
        ),
        claims=(
            alone("stops", {}, {"end": "off"}, "statistical"),
            alone("whole", {}, {"end": "off"}, "statistical", "all_right"),
        ),
        build="run:Lengths",
        pace=2,
    ),
    "dates": Experiment(
        lab="seq",
        controls=(
            number("noise", 0, (0, 0.4), live=True),
            whole("pairs", 4096, 128, 4096, live=True),
            Choice(id="inverted", options=("in", "out"), default="in"),
            EXAMPLE,
            Text(id="say", default="", longest=12, live=True),
            Seed(),
        ),
        channels=CHANNELS,
        views=(
            WHOLE,
            TOKENS,
            View(id="table", kind="table"),
            View(id="forms", kind="bars"),
            CROSS,
            View(id="weights", kind="images"),
        ),
        actions=(
            Action("han"),
            Action("british"),
            Action("own"),
            run("without", inverted="out"),
            run("with", inverted="in"),
        ),
        claims=(
            alone("unseen-dates", {}, {"pairs": 128}, "statistical", "nearly_all"),
            claim("data-beats-noise", {"many": BIG, "few": SMALL}, {"many": BIG, "few": MANY}),
            claim("inversion", {"with": {}, "without": {"inverted": "out"}}, {"with": {}, "without": {}}),
        ),
        arms=Race(arms={"few-wrong": {**SMALL, "noise": 0.4}, "many-wrong": BIG, "few": SMALL, "many": MANY}),
        build="run:Dates",
        pace=2.5,
    ),
    "questions": Experiment(
        lab="seq",
        controls=(
            Choice(id="taught", options=SKILLS, default="all", live=True),
            EXAMPLE,
            Text(id="say", default="", longest=12, live=True),
            Seed(),
        ),
        channels=(*CHANNELS, Channel("rev-whole", role="validation", sparse=True)),
        views=(
            TOKENS,
            View(id="reversing", kind="curve", series=("rev-whole",)),
            View(id="skills", kind="bars"),
            CROSS,
        ),
        actions=tuple(map(Action, ("max", "len", "rev", "own"))),
        claims=(
            alone("three-in-one", ALL, REV, "statistical"),
            claim("specialist", {"all": ALL, "own": REV}, {"all": ALL, "own": ALL}, check="specialist_sooner"),
        ),
        arms=Race(arms={"specialist": REV, "general": ALL}),
        build="run:Questions",
        pace=3,
    ),
    "shapes": Experiment(
        lab="seq",
        controls=(
            Choice(id="task", options=("trees", "topics"), default="trees"),
            whole("top", 3, 1, 2, 3, 4, live=True),
            Choice(id="counts", options=("any", "three"), default="any"),
            Choice(id="updates", options=("20", "300"), default="300"),
            EXAMPLE,
            Seed(),
        ),
        channels=CHANNELS,
        views=(
            View(id="tree", kind="diagram", when={"task": ("trees",)}),
            TOKENS,
            View(id="counted", kind="bars", when={"task": ("topics",)}),
            WHOLE,
            CROSS,
        ),
        actions=(
            run("topics", **TOPICS),
            run("trees", **TREES),
            Action("two"),
            run("three", counts="three"),
            run("any", counts="any"),
        ),
        claims=(
            alone("trees", TREES, {**TREES, "updates": "20"}, "statistical"),
            alone("top-three", TOPICS, {**TOPICS, "counts": "three"}, "statistical", "top_fails"),
        ),
        build="run:Shapes",
        pace=1.5,
    ),
}  # fmt: skip
