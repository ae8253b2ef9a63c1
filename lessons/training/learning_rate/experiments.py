"""A line through ten Pokémon, trained by gradient descent: from wall to wall, and along the valley."""

from lessons.labs.pieces import alone, exact, run
from lessons.spec import Channel, Choice, Experiment, Number, Point, View

RATES = (
    *(1e-8, 3e-8, 1e-7, 3e-7, 6e-7, 1e-6, 1.1e-6, 1.14e-6, 1.1449e-6, 1.2e-6, 2e-6, 1e-5),
    *(1e-4, 1e-3, 1e-2, 0.1, 0.3, 0.6, 1.0, 10.0),
)


def controls(rate: float, updates: str) -> tuple:
    """The controls of both experiments; `start` is (b, w)."""
    return (
        Number(id="rate", lo=1e-8, hi=10.0, default=rate, scale="log", values=RATES, live=True),
        Choice(id="optimizer", options=("gd", "mean-rms", "adagrad", "adam"), default="gd", live=True),
        Point(id="start", lo=(-200.0, -6.0), hi=(-100.0, 11.0), default=(-120.0, -4.0)),
        Choice(id="updates", options=("100", "400", "1000", "10000", "100000"), default=updates),
    )


CHANNELS = (
    Channel("loss"),
    Channel("gradient-norm", role="norm"),
    Channel("lowest-loss", role="target"),
    Channel("floor-norm", role="target"),
)
VIEWS = (
    View(id="plane", kind="plane", moves="start"),
    View(id="loss", kind="curve", series=("loss", "lowest-loss"), log=True),
    View(id="norm", kind="curve", series=("gradient-norm", "floor-norm"), log=True),
    View(id="table", kind="table"),
    View(id="numbers", kind="numbers"),
)


def gd(rate: float, updates: str) -> dict:
    return {"optimizer": "gd", "rate": rate, "updates": updates}


def wall(rate: float, updates: str, model: str = "line") -> dict:
    return {**gd(rate, updates), "model": model}


LINE = {"model": ("line",)}
EDGE = 1.1449e-6  # a hair below the limit 2/λ = 1.14493e-6
OWN = {"optimizer": "mean-rms", "rate": 0.1, "updates": "100000"}

EXPERIMENTS = {
    "walls": Experiment(
        lab="surface",
        controls=(*controls(EDGE, "100"), Choice(id="model", options=("line", "mlp"), default="line")),
        channels=CHANNELS,
        views=(VIEWS[1], VIEWS[2], View(id="plane", kind="plane", moves="start", when=LINE), VIEWS[3]),
        actions=(
            run("edge", **wall(EDGE, "100")),
            run("inside", **wall(6e-7, "100")),
            run("small", **wall(1e-7, "100")),
            run("calms", **wall(1.14e-6, "1000")),
            run("mlp", **wall(0.6, "400", "mlp")),
        ),
        claims=(
            alone("large-gradient", wall(EDGE, "100"), wall(6e-7, "100"), name="edge"),
            exact(
                "two-illnesses",
                {"bounces": wall(EDGE, "100"), "crawls": wall(1e-7, "100")},
                {"bounces": wall(6e-7, "100"), "crawls": wall(1e-7, "100")},
            ),
            alone(
                "net-too", wall(0.6, "400", "mlp"), wall(0.01, "400", "mlp"), kind="statistical", name="net"
            ),
        ),
        pace=1,
    ),
    "valley": Experiment(
        lab="surface",
        controls=controls(1e-7, "100000"),
        channels=CHANNELS,
        views=VIEWS,
        actions=(
            run("tiny", **gd(1e-7, "100000")),
            run("edge", **gd(EDGE, "100000")),
            run("near", **gd(1e-6, "100000")),
            run("over", **gd(1.2e-6, "100000")),
            run("own", **OWN),
            run("slide", **gd(1e-2, "100000")),
        ),
        claims=(
            alone("crawls", gd(1e-7, "100000"), gd(1e-6, "100000"), name="tiny"),
            alone("bounces", gd(EDGE, "100000"), gd(1e-6, "100000"), name="edge"),
            exact(
                "limit",
                {"below": gd(1e-6, "100000"), "above": gd(1.2e-6, "100000")},
                {"below": gd(1e-6, "100000"), "above": gd(1.1e-6, "100000")},
            ),
            exact(
                "own-rates",
                {"one": gd(1e-6, "100000"), "own": OWN},
                {"one": gd(1e-6, "100000"), "own": {**OWN, "optimizer": "gd"}},
            ),
        ),
        pace=400,
    ),
}
