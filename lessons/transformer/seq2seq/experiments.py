"""One way to build them all: strings of any length, dates, questions, trees and sets of labels, from pairs alone."""

from lessons.spec import (
    Action,
    Channel,
    Choice,
    Claim,
    Experiment,
    Number,
    Pick,
    Race,
    Seed,
    Text,
    View,
)

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


def one(id: str, check: str, arm: dict, counter: dict) -> Claim:
    """A claim about one run."""
    return Claim(id=id, check=check, arms={"net": arm}, counter={"net": counter})


def pair(id: str, check: str, arms: dict, counter: dict) -> Claim:
    return Claim(id=id, check=check, arms=arms, counter=counter)


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
            Action("endless", {"end": "off"}, run=True),
            Action("ending", {"end": "on"}, run=True),
        ),
        claims=(
            one("stops", "run:stops", {}, {"end": "off"}),
            one("whole", "run:all_right", {}, {"end": "off"}),
        ),
        build="run:Lengths",
        pace=2,
    ),
    "dates": Experiment(
        lab="seq",
        controls=(
            Number(id="noise", lo=0, hi=0.4, default=0, values=(0, 0.4), live=True),
            Number(id="pairs", lo=128, hi=4096, default=4096, scale="integer", values=(128, 4096), live=True),
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
            Action("without", {"inverted": "out"}, run=True),
            Action("with", {"inverted": "in"}, run=True),
        ),
        claims=(
            one("unseen-dates", "run:nearly_all", {}, {"pairs": 128}),
            pair("data-beats-noise", "run:data_beats_noise", {"many": BIG, "few": SMALL},
                 {"many": BIG, "few": MANY}),
            pair("inversion", "run:inversion", {"with": {}, "without": {"inverted": "out"}},
                 {"with": {}, "without": {}}),
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
        actions=(
            Action("max"),
            Action("len"),
            Action("rev"),
            Action("own"),
        ),
        claims=(
            one("three-in-one", "run:three_in_one", ALL, REV),
            pair("specialist", "run:specialist_sooner", {"all": ALL, "own": REV}, {"all": ALL, "own": ALL}),
        ),
        arms=Race(arms={"specialist": REV, "general": ALL}),
        build="run:Questions",
        pace=3,
    ),
    "shapes": Experiment(
        lab="seq",
        controls=(
            Choice(id="task", options=("trees", "topics"), default="trees"),
            Number(id="top", lo=1, hi=4, default=3, scale="integer", steps=3, live=True),
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
            Action("topics", TOPICS, run=True),
            Action("trees", TREES, run=True),
            Action("two"),
            Action("three", {"counts": "three"}, run=True),
            Action("any", {"counts": "any"}, run=True),
        ),
        claims=(
            one("trees", "run:trees", TREES, {**TREES, "updates": "20"}),
            one("top-three", "run:top_fails", TOPICS, {**TOPICS, "counts": "three"}),
        ),
        build="run:Shapes",
        pace=1.5,
    ),
}  # fmt: skip
