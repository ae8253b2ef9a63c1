"""What the sections run: a line on two features of different ranges, and a deep net layer by layer."""

from lessons.labs.pieces import alone, claim, run
from lessons.spec import Channel, Choice, Experiment, Number, Seed, View

FEATURES = ("raw", "centred", "scaled", "standardized")
NORMS = ("none", "input", "batch", "after")


def scales(updates: str) -> tuple:
    """The controls of both experiments on the line; `rate` is in units of 1/λ of the steepest direction."""
    return (
        Choice(id="features", options=FEATURES, default="raw"),
        Number(id="ratio", lo=1, hi=1000, default=100, scale="log", values=(1, 3, 10, 30, 100, 300, 1000)),
        Number(id="rate", lo=0.1, hi=2.1, default=1.0, values=(0.1, 0.3, 0.5, 1.0, 1.5, 1.9, 2.1), live=True),
        Choice(id="updates", options=("20", "2000", "20000", "200000"), default=updates),
        Seed(),
    )


VIEWS = (
    View(id="plane", kind="plane"),
    View(id="slices", kind="curve"),
    View(id="loss", kind="curve", series=("loss", "lowest-loss"), log=True),
    View(id="hist", kind="hist"),
    View(id="numbers", kind="numbers"),
    View(id="table", kind="table"),
)
CHANNELS = (Channel("loss"), Channel("gradient-norm", role="norm"), Channel("lowest-loss", role="target"))


RAW, STANDARD = {"features": "raw"}, {"features": "standardized"}
CENTRED, SCALED = {"features": "centred"}, {"features": "scaled"}

EXPERIMENTS = {
    "scales": Experiment(
        lab="surface",
        controls=scales("200000"),
        channels=CHANNELS,
        views=VIEWS,
        actions=(
            run("standardize", **STANDARD),
            run("alike", features="raw", ratio=1),
            run("thousand", features="raw", ratio=1000),
            run("raw", **RAW),
        ),
        claims=(
            alone("steep-across", RAW, STANDARD, kind="statistical", name="line"),
            alone("needle", RAW, STANDARD, kind="statistical", name="line"),
            alone("two-steps", STANDARD, RAW, kind="statistical", name="line"),
        ),
        pace=800,
    ),
    "features": Experiment(
        lab="net",
        controls=scales("20000"),
        channels=CHANNELS,
        views=VIEWS,
        actions=(
            run("standardize", **STANDARD),
            run("centre", **CENTRED),
            run("scale", **SCALED),
            run("raw", **RAW),
        ),
        claims=(
            alone("mean-and-sd", STANDARD, CENTRED, name="line"),
            alone("beyond-one", STANDARD, CENTRED, kind="statistical", name="line"),
            claim("both-halves", {"both": STANDARD, "centred": CENTRED, "scaled": SCALED},
                  {"both": STANDARD, "centred": STANDARD, "scaled": STANDARD}),
        ),
        pace=60,
    ),
    "layers": Experiment(
        lab="net",
        controls=(
            Choice(id="norm", options=NORMS, default="none", live=True),
            Number(id="rate", lo=0.01, hi=3, default=0.3, scale="log", values=(0.03, 0.1, 0.3, 1, 3), live=True),
            Number(id="spread", lo=0.5, hi=8, default=1, scale="log", values=(0.5, 1, 2, 4, 8)),
            Number(id="depth", lo=1, hi=8, default=6, scale="integer", steps=7),
            Choice(id="activation", options=("sigmoid", "tanh", "relu"), default="sigmoid"),
            Choice(id="see", options=("z", "a"), default="z", live=True),
            Seed(),
        ),
        channels=(
            Channel("loss"),
            Channel("gradient-norm", role="norm"),
            Channel("chance", role="target"),
            Channel("training-accuracy", role="validation", sparse=True),
            Channel("validation-accuracy", role="validation", sparse=True),
        ),
        views=(
            View(id="strips", kind="hist"),
            View(id="grid", kind="grid"),
            View(id="loss", kind="curve", series=("loss", "chance")),
            View(id="slices", kind="curve"),
            View(id="surface", kind="plane"),
            View(id="field", kind="plane"),
        ),
        actions=(run("switch"), run("batch", norm="batch"), run("input", norm="input"),
                 run("after", norm="after"), run("none", norm="none")),
        claims=(
            alone("dead", {}, {"norm": "batch"}, kind="statistical", name="net"),
            alone("alive", {"norm": "batch"}, {"norm": "input"}, kind="statistical", name="net"),
            alone("stays-wide", {"norm": "batch"}, {}, kind="statistical", name="net"),
            claim("either-place", {"before": {"norm": "batch"}, "after": {"norm": "after"}},
                  {"before": {"norm": "none"}, "after": {"norm": "none"}}),
        ),
        pace=6,
    ),
}  # fmt: skip
