"""Attention in a window that the learner sets, and a zoo of masks on a far task."""

from lessons.spec import Action, Cells, Channel, Choice, Claim, Experiment, Number, Pick, Seed, Sweep, View

LENGTH = 16
TASKS = ("near", "far")
REACHES = (1, 2, 4, 8, 15)
PATTERNS = ("full", "local", "stride", "blocks", "global", "own")
CHANNELS = (
    Channel("loss"),
    Channel("gradient-norm", role="norm"),
    Channel("validation-loss", role="validation", sparse=True),
    Channel("validation-accuracy", role="validation", sparse=True),
)


def run(task: str, reach: int) -> dict:
    return {"task": task, "reach": reach}


def band(*more: tuple[int, int]) -> tuple[float, ...]:
    """The cells of a local mask of reach 2, with some more."""
    return tuple(
        float(abs(row - column) <= 2 or (row, column) in more)
        for row in range(LENGTH)
        for column in range(LENGTH)
    )


LOCAL, GLOBAL, OWN = ({"pattern": name} for name in ("local", "global", "own"))
SHORTCUT = {**OWN, "mask": band((LENGTH - 1, 0))}

EXPERIMENTS = {
    "truncate": Experiment(
        lab="seq",
        controls=(
            Choice(id="task", options=TASKS, default="far", live=True),
            Number(id="reach", lo=1, hi=15, default=2, scale="integer", values=REACHES, live=True),
            Number(id="frames", lo=10, hi=2000, default=1000, scale="integer",
                   values=(10, 50, 100, 200, 500, 1000, 2000), live=True),
            Pick(id="example", count=64),
            Seed(),
        ),
        channels=CHANNELS,
        views=(
            View(id="reaches", kind="curve"),
            View(id="maps", kind="grid"),
            View(id="numbers", kind="numbers"),
            View(id="cost", kind="curve"),
        ),
        actions=(
            Action("near", {"task": "near"}),
            Action("far", {"task": "far"}),
            Action("narrow", {"reach": 2}),
            Action("all", {"reach": 15}),
        ),
        claims=(
            Claim(id="near-enough", check="run:narrow_enough",
                  arms={"narrow": run("near", 2), "all": run("near", 15)},
                  counter={"narrow": run("far", 2), "all": run("far", 15)}),
            Claim(id="far-lost", check="run:narrow_loses",
                  arms={"narrow": run("far", 2), "all": run("far", 15)},
                  counter={"narrow": run("near", 2), "all": run("near", 15)}),
            Claim(id="linear", check="run:linear", kind="timing",
                  arms={"net": run("near", 2)}, counter={"net": run("near", 15)}),
        ),
        arms=Sweep(over={"task": TASKS, "reach": REACHES}),
        pace=16,
    ),
    "masks": Experiment(
        lab="seq",
        controls=(
            Choice(id="pattern", options=PATTERNS, default="stride", live=True),
            Cells(id="mask", rows=LENGTH, cols=LENGTH, lo=0, hi=1, step=1, default=band(), live=False),
            Choice(id="task", options=("first", "saw"), default="first"),
            Number(id="rate", lo=1e-4, hi=0.05, default=0.01, values=(0.001, 0.003, 0.01, 0.03), live=True),
            Seed(),
        ),
        channels=CHANNELS,
        views=(
            View(id="mask", kind="grid", moves="mask"),
            View(id="table", kind="table"),
            View(id="numbers", kind="numbers"),
        ),
        actions=(
            Action("local", LOCAL),
            Action("global", GLOBAL),
            Action("own", OWN),
            Action("shortcut", SHORTCUT, run=True),
            Action("saw", {"task": "saw"}, run=True),
        ),
        claims=(
            Claim(id="cells", check="run:cheaper", kind="timing",
                  arms={"mask": LOCAL, "global": GLOBAL}, counter={"mask": LOCAL, "global": {"pattern": "full"}}),
            Claim(id="global", check="run:repaired", arms={"before": LOCAL, "after": GLOBAL},
                  counter={"before": LOCAL, "after": LOCAL}),
            Claim(id="one-cell", check="run:repaired", arms={"before": LOCAL, "after": SHORTCUT},
                  counter={"before": LOCAL, "after": {**OWN, "mask": band()}}),
        ),
        arms=Sweep(over={"pattern": PATTERNS}),
        pace=9,
    ),
}  # fmt: skip
