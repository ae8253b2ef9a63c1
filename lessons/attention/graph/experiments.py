"""Eight nodes and their neighbours' majority: attention over all nodes, and only along the edges."""

from lessons.spec import Action, Cells, Channel, Choice, Claim, Experiment, Pick, Race, Seed, View

ARMS = ("full", "masked", "named")
NODES = 8
CUBE = ((0, 1), (1, 2), (2, 3), (3, 0), (4, 5), (5, 6), (6, 7), (7, 4), (0, 4), (1, 5), (2, 6), (3, 7))
RING = tuple((k, (k + 1) % NODES) for k in range(NODES))
FULL, MASKED, NAMED = ({"arm": arm} for arm in ARMS)


def matrix(edges) -> tuple[float, ...]:
    """The cells of a graph, 1 where two nodes are joined, row by row."""
    both = {*edges, *((b, a) for a, b in edges)}
    return tuple(float((a, b) in both) for a in range(NODES) for b in range(NODES))


EXPERIMENTS = {
    "edges": Experiment(
        lab="seq",
        controls=(
            Cells(id="edges", rows=NODES, cols=NODES, lo=0, hi=1, step=1, default=matrix(CUBE), live=False),
            Choice(id="samples", options=("8", "16", "32", "64", "128"), default="8"),
            Choice(id="arm", options=ARMS, default="full", live=True),
            Pick(id="example", count=64),
            Seed(),
        ),
        channels=(
            Channel("loss"),
            Channel("gradient-norm", role="norm"),
            Channel("validation-loss", role="validation", sparse=True),
            Channel("validation-accuracy", role="validation", sparse=True),
        ),
        views=(
            View(id="diagram", kind="diagram"),
            View(id="maps", kind="grid"),
            View(id="accuracy", kind="curve", series=("validation-accuracy",)),
            View(id="edges", kind="grid", moves="edges"),
        ),
        actions=(
            Action("masked", MASKED),
            Action("full", FULL),
            Action("many", {"samples": "128"}, run=True),
            Action("few", {"samples": "8"}, run=True),
            Action("ring", {"edges": matrix(RING)}, run=True),
        ),
        claims=(
            Claim(
                id="few",
                check="run:few",
                arms={"full": FULL, "masked": MASKED},
                counter={"full": FULL, "masked": FULL},
            ),
            Claim(
                id="zeros",
                check="run:zeros",
                arms={"net": MASKED},
                counter={"net": FULL},
                kind="exact",
            ),
            Claim(
                id="finds",
                check="run:finds",
                arms={"net": {"samples": "128", **FULL}},
                counter={"net": {"samples": "8", **FULL}},
            ),
        ),
        arms=Race(arms={"full": FULL, "masked": MASKED, "named": NAMED}),
        pace=2,
    ),
}
