"""What the sections run: four kinds of pool on a coarse and a fine task, and a whole net with a canvas."""

from lessons.spec import (
    Action,
    Arrange,
    Cells,
    Channel,
    Choice,
    Claim,
    Experiment,
    Number,
    Pick,
    Race,
    Seed,
    View,
)

KINDS = ("none", "max", "average", "min")
TRAINED = (
    Channel("loss"),
    Channel("gradient-norm", role="norm"),
    Channel("validation-accuracy", role="validation", sparse=True),
)
FINE, COARSE = {"task": "fine"}, {"task": "coarse"}
SEVEN = {(3, c) for c in range(3, 11)} | {(4, 11), (5, 10), (6, 9), (6, 10), (7, 9), (8, 8), (8, 9)}
SEVEN |= {(9, 8), (10, 7), (10, 8), (11, 7)}
DRAWN = tuple(float((r, c) in SEVEN) for r in range(14) for c in range(14))


def pair(**more: str) -> dict[str, dict]:
    return {"none": {"kind": "none", **more}, "max": {"kind": "max", **more}}


EXPERIMENTS = {
    "pools": Experiment(
        lab="net",
        controls=(
            Choice(id="kind", options=KINDS, default="max", live=True),
            Number(id="size", lo=2, hi=6, default=2, scale="integer", values=(2, 3, 4, 6)),
            Choice(id="task", options=("fine", "coarse"), default="fine"),
            Seed(),
        ),
        actions=(
            Action("fine", FINE, run=True),
            Action("coarse", COARSE, run=True),
            Action("four", {"size": 4}, run=True),
        ),
        channels=TRAINED,
        views=(
            View(id="pictures", kind="images"),
            View(id="table", kind="table"),
            View(id="lecture", kind="grid"),
            View(id="curve", kind="curve"),
        ),
        claims=(
            Claim(id="coarse", check="run:coarse_gains", arms=pair(**COARSE), counter=pair(**FINE)),
            Claim(id="fine", check="run:fine_loses", arms=pair(**FINE), counter=pair(**COARSE)),
            Claim(
                id="lecture-maps",
                check="run:lecture_maps",
                arms={"pool": {"kind": "max"}},
                counter={"pool": {"kind": "average"}},
                kind="exact",
            ),
        ),
        arms=Race(arms={kind: {"kind": kind} for kind in KINDS}),
        pace=1.5,
    ),
    "whole": Experiment(
        lab="net",
        controls=(
            Choice(id="stack", options=("pixels", "full", "conv", "lecture"), default="lecture"),
            Arrange(
                id="layers",
                cards=("place-1", "place-2", "place-3", "place-4", "place-5"),
                bins=("conv", "pool", "dense"),
                live=False,
            ),
            Cells(id="ink", rows=14, cols=14, lo=0, hi=1, step=1, default=DRAWN),
            Pick(id="example", count=500),
            Number(id="rate", lo=1e-4, hi=0.1, default=0.005, scale="log", values=(0.001, 0.005, 0.02), live=True),
            Seed(),
        ),
        channels=TRAINED,
        views=(
            View(id="canvas", kind="grid", moves="ink"),
            View(id="guess", kind="bars"),
            View(id="diagram", kind="diagram"),
            View(id="maps", kind="images"),
            View(id="occluded", kind="grid"),
            View(id="numbers", kind="numbers"),
            View(id="cards", kind="cards", moves="layers"),
            View(id="learning", kind="curve", series=("loss", "validation-accuracy")),
        ),
        claims=(
            Claim(
                id="lean",
                check="run:lean",
                arms={"full": {"stack": "full"}, "lecture": {"stack": "lecture"}},
                counter={"full": {"stack": "full"}, "lecture": {"stack": "pixels"}},
            ),
            Claim(
                id="reads-a-drawing",
                check="run:reads_a_seven",
                arms={"net": {}},
                counter={"net": {"ink": DRAWN[::-1]}},  # the same strokes upside down
            ),
        ),
        pace=1.5,
    ),
}  # fmt: skip
