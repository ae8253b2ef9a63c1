"""Balls that come to rest, expansions around a place, the net of two weights, and ways off a saddle."""

from lessons.labs.pieces import FALLING, alone, claim, exact, number, run, whole
from lessons.spec import Action, Choice, Experiment, Point, Seed, View

SIZES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
FLAT_LAND = {"surface": ("net", "bowl", "saddle", "hill")}  # surfaces of two weights


def rest(surface: str, *start: float) -> dict:
    return {"surface": surface, "start": start}


def place(x: float, y: float, order: int = 2) -> dict:
    return {"surface": "net", "point": (x, y), "order": order}


def ball(*start: float, noise: float = 0.0) -> dict:
    return {"start": start, "noise": noise, "rate": 0.05}


def kick(kind: str, size: float = 0.1, model: str = "net", **more) -> dict:
    return {"kick": kind, "size": size, "model": model, **more}


def point(id: str, *default: float, live: bool = False) -> Point:
    return Point(id=id, lo=(-2.0, -2.0), hi=(2.0, 2.0), default=default, live=live)


PLANE = View(id="plane", kind="plane", moves="start")
LOSS = View(id="loss", kind="curve", series=("loss", "gradient-norm"))
NET, BOWL, BESIDE = rest("net", -1.5, 1.5), rest("bowl", -1.5, 1.0), rest("net", -1.5, 1.4)
WAYS = ("down", "random", "up", "wait")
SIDES = {"first": kick("down"), "random": kick("random"), "wait": kick("wait")}
HEIGHTS = {str(size): kick("down", size) for size in (0.01, 0.1, 0.5)}
SMALL, LARGE = kick("down", model="mlp", width=5), kick("down", model="mlp", width=10)

EXPERIMENTS = {
    "rest": Experiment(
        lab="surface",
        controls=(
            Choice(id="surface", options=FLAT_LAND["surface"], default="net"),
            point("start", -1.5, 1.5),
        ),
        channels=FALLING,
        views=(PLANE, View(id="ways", kind="bars"), View(id="around", kind="grid"), LOSS),
        actions=(
            run("net", **NET),
            run("bowl", **BOWL),
            run("saddle", **rest("saddle", 1.5, 0.0)),
            run("hill", **rest("hill", 0.0, 0.0)),
            run("beside", **BESIDE),
        ),
        claims=(
            alone("stops-at-saddle", NET, BOWL),
            exact("slope-cannot-tell", {"net": NET, "bowl": BOWL}, {"net": BESIDE, "bowl": BOWL}),
        ),
        build="run:rest",
    ),
    "taylor": Experiment(
        lab="surface",
        controls=(
            Choice(id="surface", options=(*FLAT_LAND["surface"], "well", "ripple"), default="net", live=True),
            point("point", 0.8, -0.6, live=True),
            whole("order", 1, 0, 1, 2, live=True),
            number("angle", 60, tuple(range(0, 181, 15)), live=True),
            number("distance", 0.1, (0.0125, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8), live=True),
        ),
        views=(
            View(id="slice", kind="curve"),
            View(id="plane", kind="plane", moves="point", when=FLAT_LAND),
            View(id="errors", kind="bars"),
            View(id="terms", kind="numbers"),
            View(id="copy", kind="plane", when=FLAT_LAND),
        ),
        actions=(
            *(Action(f"order-{order}", {"order": order}) for order in range(3)),
            Action("flat", place(0.0, 0.0, 1)),
            Action("critical", place(0.0, 0.0)),
            Action("valley", place(1.0, 1.0)),
        ),
        claims=(
            alone("second-order", {"order": 2}, {"order": 1}),
            alone("flat-line", place(0.0, 0.0, 1), place(0.8, -0.6, 1)),
            alone("signs", place(0.0, 0.0), place(1.0, 1.0), check="signs_decide"),
        ),
        build="run:taylor",
    ),
    "example": Experiment(
        lab="surface",
        controls=(
            point("start", 1.0, -1.0),
            number("noise", 0, (0, 0.001, 0.01, 0.03, 0.1, 0.3), live=True),
            number("rate", 0.05, (0.001, 0.01, 0.02, 0.05, 0.1, 0.2), live=True),
            Seed(),
        ),
        channels=FALLING,
        views=(PLANE, View(id="hessian", kind="grid"), LOSS, View(id="steps", kind="numbers")),
        actions=(
            run("on-line", **ball(1.0, -1.0)),
            run("hair", **ball(1.0, -0.99)),
            run("half", **ball(0.5, -0.499)),
            run("noisy", **ball(0.0, 0.0, noise=0.01)),
        ),
        claims=(
            alone("line", ball(1.0, -1.0), ball(1.0, -0.99), check="on_line"),
            exact(
                "hair",
                {"one": ball(1.0, -0.99), "half": ball(0.5, -0.499)},
                {"one": ball(1.0, -1.0), "half": ball(0.5, -0.5)},
                check="by_a_hair",
            ),
            alone("noise-frees", ball(0, 0, noise=0.01), ball(0, 0), kind="statistical"),
            alone("valley-flat", ball(1.0, -0.99), ball(1.0, -1.0)),
        ),
        build="run:example",
    ),
    "escape": Experiment(
        lab="surface",
        controls=(
            Choice(id="kick", options=WAYS, default="down"),
            number("size", 0.1, SIZES, scale="log"),
            Choice(id="model", options=("net", "mlp"), default="net"),
            whole("width", 5, 3, 5, 10),
            point("start", 0.0, 0.0),
            Seed(),
        ),
        channels=FALLING,
        views=(
            PLANE,
            View(id="eigenvalues", kind="bars"),
            View(id="loss", kind="curve", series=("loss",)),
            View(id="cost", kind="table"),
        ),
        actions=(
            *(run(kind, **kick(kind)) for kind in WAYS),
            run("mlp", **kick("down", 0.5, "mlp")),
            run("mlp-wait", **kick("wait", 0.5, "mlp")),
        ),
        claims=(
            alone("step-down", kick("down"), kick("up")),
            exact("sizes", HEIGHTS, {name: {**arm, "kick": "up"} for name, arm in HEIGHTS.items()}),
            claim("first-out", SIDES, {**SIDES, "first": kick("up")}),
            claim("cost", {"small": SMALL, "large": LARGE}, {"small": SMALL, "large": SMALL}, "timing"),
        ),
        build="run:escape",
    ),
}
