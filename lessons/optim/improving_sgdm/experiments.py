"""One growing rate, a rate that swings over a dented bowl, restarts, and one single cycle, on digits."""

from lessons.labs.pieces import claim, run
from lessons.spec import Channel, Choice, Draw, Experiment, Number, Race, Seed, Sweep, View

RUNS = ("0.001", "0.01", "0.03", "0.1", "0.3", "1", "test")
FALL = (1.0, 0.87, 0.75, 0.62, 0.5, 0.37, 0.25, 0.12, 0.0)
LOSSES = (Channel("loss", role="smooth"), Channel("gradient-norm", role="norm"), Channel("rate"))
CHECKED = tuple(Channel(f"validation-{it}", role="validation", sparse=True) for it in ("accuracy", "loss"))
BOTH = {run: {"run": run} for run in RUNS}
OTHER = {run: {"run": run, "optimizer": "sgd" if run == "test" else "momentum"} for run in RUNS}
TEST, SHORT = {"test": {"run": "test"}}, {"test": {"run": "test", "top": 0.03}}
# The learner's own schedule: η over the run as a share of the top.
HEIGHTS = Draw(id="heights", count=9, lo=0.0, hi=1.0, default=FALL)
RATES = View(id="rates", kind="curve", moves="heights")


def by(shape: str, **more) -> dict:
    return {shape: {"shape": shape, **more}}


def race(*shapes: str) -> Race:
    return Race(arms={shape: {"shape": shape} for shape in shapes})


EXPERIMENTS = {
    "range-test": Experiment(
        lab="net",
        controls=(
            Choice(id="run", options=RUNS, default="test"),
            Choice(id="optimizer", options=("momentum", "sgd"), default="momentum"),
            Number(id="top", lo=0.01, hi=10, default=10, scale="log", values=(0.01, 0.03, 0.1, 0.3, 1, 10)),
            Number(id="updates", lo=50, hi=1600, default=400, scale="integer", values=(100, 200, 400, 800)),
            Seed(),
        ),
        actions=(
            run("sgdm", optimizer="momentum"),
            run("sgd", optimizer="sgd"),
            run("short", top=0.03),
            run("hasty", updates=100),
        ),
        channels=(*LOSSES, *CHECKED),
        views=tuple(View(id=id, kind="curve") for id in ("accuracy", "losses", "rates")),
        claims=(
            claim("rises-then-falls", TEST, SHORT),
            claim("foretells", BOTH, OTHER),
        ),
        arms=Sweep(over={"run": RUNS}),
        pace=8,
    ),
    "triangle": Experiment(
        lab="surface",
        controls=(
            Choice(id="shape", options=("low", "high", "triangle", "drawn"), default="triangle"),
            Number(id="top", lo=0.1, hi=2, default=1.0, values=(0.1, 0.2, 0.3, 0.5, 0.8, 1.0, 1.5, 2.0)),
            Number(
                id="period", lo=10, hi=300, default=50, scale="integer", values=(10, 25, 50, 100, 150, 300)
            ),
            Number(id="noise", lo=0, hi=0.5, default=0.1, values=(0, 0.02, 0.1, 0.3, 0.5)),
            HEIGHTS,
            Seed(),
        ),
        actions=(
            run("whole", top=1.0, period=50),
            run("timid", top=0.3),
            run("slow", period=150),
        ),
        channels=(*LOSSES, Channel("theta-0")),
        views=(View(id="place", kind="curve"), RATES, View(id="plane", kind="plane")),
        claims=(
            claim("leaves", by("low") | by("triangle"), by("low") | by("triangle", top=0.3)),
            claim("settles", by("high") | by("triangle"), by("high") | {"triangle": {"shape": "high"}}),
        ),
        arms=race("low", "high", "drawn", "triangle"),
        pace=3,
    ),
    "restarts": Experiment(
        lab="net",
        controls=(
            Choice(id="shape", options=("constant", "cosine", "sgdr", "drawn"), default="sgdr"),
            Number(id="rate", lo=0.01, hi=2, default=0.5, values=(0.05, 0.1, 0.2, 0.3, 0.5, 1.0)),
            Number(id="period", lo=50, hi=900, default=300, scale="integer", values=(100, 150, 300, 450)),
            HEIGHTS,
            Seed(),
        ),
        actions=(run("slide", period=300), run("often", period=100)),
        channels=(*LOSSES, *CHECKED),
        views=(View(id="losses", kind="curve"), RATES, View(id="lulls", kind="table")),
        claims=(
            claim("jumps", by("sgdr"), {"sgdr": {"shape": "cosine"}}),
            claim("calmer", by("sgdr") | by("constant"), {"sgdr": {"shape": "constant"}} | by("constant")),
        ),
        arms=race("constant", "cosine", "drawn", "sgdr"),
        pace=4,
    ),
    "one-cycle": Experiment(
        lab="net",
        controls=(
            Choice(id="shape", options=("peak", "half", "one-cycle", "drawn"), default="one-cycle"),
            Number(id="rate", lo=0.01, hi=2, default=0.2, values=(0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 1.0)),
            Number(id="epochs", lo=1, hi=12, default=8, scale="integer", values=(1, 2, 4, 8, 12)),
            HEIGHTS,
            Seed(),
        ),
        actions=(
            run("peak", rate=0.2),
            run("small", rate=0.01),
            run("beyond", rate=1.0),
            run("brief", epochs=4),
        ),
        channels=(*LOSSES, *CHECKED),
        views=(
            View(id="accuracy", kind="curve"),
            RATES,
            View(id="ends", kind="table"),
            View(id="losses", kind="curve"),
        ),
        claims=(
            claim(
                "high-peak", by("peak") | by("one-cycle"), by("peak", rate=0.01) | by("one-cycle", rate=0.01)
            ),
            claim("beats-half", by("half") | by("one-cycle"), by("half") | by("one-cycle", rate=1.0)),
        ),
        arms=race("peak", "half", "drawn", "one-cycle"),
        pace=2,
    ),
}
