"""A line through ten Pokémon, trained by gradient descent: from wall to wall, and along the valley."""

from lessons.spec import Action, Channel, Choice, Claim, Experiment, Number, Point, View

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
            Action("edge", wall(EDGE, "100"), run=True),
            Action("inside", wall(6e-7, "100"), run=True),
            Action("small", wall(1e-7, "100"), run=True),
            Action("calms", wall(1.14e-6, "1000"), run=True),
            Action("mlp", wall(0.6, "400", "mlp"), run=True),
        ),
        claims=(
            Claim(
                id="large-gradient",
                check="run:large_gradient",
                arms={"edge": wall(EDGE, "100")},
                counter={"edge": wall(6e-7, "100")},
                kind="exact",
            ),
            Claim(
                id="two-illnesses",
                check="run:two_illnesses",
                arms={"bounces": wall(EDGE, "100"), "crawls": wall(1e-7, "100")},
                counter={"bounces": wall(6e-7, "100"), "crawls": wall(1e-7, "100")},
                kind="exact",
            ),
            Claim(
                id="net-too",
                check="run:net_too",
                arms={"net": wall(0.6, "400", "mlp")},
                counter={"net": wall(0.01, "400", "mlp")},
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
            Action("tiny", gd(1e-7, "100000"), run=True),
            Action("edge", gd(EDGE, "100000"), run=True),
            Action("near", gd(1e-6, "100000"), run=True),
            Action("over", gd(1.2e-6, "100000"), run=True),
            Action("own", OWN, run=True),
            Action("slide", gd(1e-2, "100000"), run=True),
        ),
        claims=(
            Claim(
                id="crawls",
                check="run:crawls",
                arms={"tiny": gd(1e-7, "100000")},
                counter={"tiny": gd(1e-6, "100000")},
                kind="exact",
            ),
            Claim(
                id="bounces",
                check="run:bounces",
                arms={"edge": gd(EDGE, "100000")},
                counter={"edge": gd(1e-6, "100000")},
                kind="exact",
            ),
            Claim(
                id="limit",
                check="run:limit",
                arms={"below": gd(1e-6, "100000"), "above": gd(1.2e-6, "100000")},
                counter={"below": gd(1e-6, "100000"), "above": gd(1.1e-6, "100000")},
                kind="exact",
            ),
            Claim(
                id="own-rates",
                check="run:own_rates",
                arms={"one": gd(1e-6, "100000"), "own": OWN},
                counter={"one": gd(1e-6, "100000"), "own": {**OWN, "optimizer": "gd"}},
                kind="exact",
            ),
        ),
        pace=400,
    ),
}
