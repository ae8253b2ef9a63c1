"""One block of attention without places, with learned ones and with sinusoids, on five small tasks."""

from lessons.spec import Action, Channel, Choice, Claim, Experiment, Number, Pick, Race, Seed, View

POSITIONS = ("none", "learned", "sinusoidal")
TASKS = ("saw", "reverse", "sort", "shift", "copy")
NONE, LEARNED, SINES = ({"position": kind} for kind in POSITIONS)


def one(id: str, check: str, kind: str, arm: dict, counter: dict) -> Claim:
    """A claim about one run."""
    return Claim(id=id, check=check, arms={"net": arm}, counter={"net": counter}, kind=kind)


EXPERIMENTS = {
    "places": Experiment(
        lab="seq",
        controls=(
            Choice(id="position", options=POSITIONS, default="none", live=True),
            Choice(id="task", options=TASKS, default="saw"),
            Pick(id="example", count=64),
            Pick(id="shuffle", count=24),
            Number(id="rate", lo=1e-4, hi=0.05, default=0.01, values=(0.001, 0.003, 0.005, 0.01, 0.03), live=True),
            Seed(),
        ),
        channels=(
            Channel("loss"),
            Channel("gradient-norm", role="norm"),
            Channel("validation-loss", role="validation", sparse=True),
            Channel("validation-accuracy", role="validation", sparse=True),
        ),
        views=(
            View(id="maps", kind="grid"),
            View(id="tokens", kind="tokens"),
            View(id="accuracy", kind="curve", series=("validation-accuracy",)),
            View(id="codes", kind="grid"),
            View(id="products", kind="grid"),
        ),
        actions=(
            Action("shuffle"),
            Action("learned", LEARNED),
            Action("sinusoidal", SINES),
            Action("reverse", {"task": "reverse", **LEARNED}, run=True),
            Action("sort", {"task": "sort", **LEARNED}, run=True),
        ),
        claims=(
            Claim(
                id="stuck",
                check="run:stuck",
                arms={"without": NONE, "with": LEARNED},
                counter={"without": LEARNED, "with": LEARNED},
            ),
            one("permutes", "run:permutes", "exact", NONE, LEARNED),
            one("mirror", "run:mirror", "statistical", {"task": "reverse", **LEARNED}, {"task": "reverse", **NONE}),
            one("distance", "run:distance_only", "exact", SINES, LEARNED),
        ),
        arms=Race(arms={"none": NONE, "learned": LEARNED, "sinusoidal": SINES}),
        pace=2,
    ),
}  # fmt: skip
