"""Slopes that meet, what a wire carries, a signal sent back edge by edge, and what all of it costs."""

from lessons.labs.pieces import NETWORK, alone, claim, exact, number, run, whole
from lessons.spec import Action, Cells, Channel, Choice, Experiment, Number, Pick, Point, Seed, View

TWO, DOUBLED = {"graph": "two-ways"}, {"graph": "doublings"}
WAITS, PATHS = {"order": "waits"}, {"order": "by-path"}
HOME = {"x": (1.0, -1.0), "theta": NETWORK}
WIRES = {"first": 1, "second": 5, "third": 9}  # x₂ → a₁, a₂ → a′₁, a′₂ → y₁
HEAVY = (*NETWORK[:13], 2.0, *NETWORK[14:])  # another weight on the third of them
EARLY = (2.0, *NETWORK[1:])  # another weight in the first layer
EDGES, NONE = 9, (0.0,) * 9
SMALL, DEEP = {"net": "2-2-1"}, {"net": "2-2-2-2"}
PUSHES = (1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0)
FADING = {"activation": "sigmoid", "depth": 10}
ALIVE = {"activation": "relu", "depth": 10}


def sizes(method: str) -> dict:
    """A narrow and a wide net, their gradients taken in one way."""
    return {"narrow": {"width": 4, "method": method}, "wide": {"width": 32, "method": method}}


EXPERIMENTS = {
    "paths": Experiment(
        lab="walk",
        controls=(
            Choice(id="graph", options=("two-ways", "doublings"), default="two-ways"),
            Number(id="s", lo=-3, hi=3, default=2, steps=24),
            Choice(id="ways", options=("both", "one"), default="both"),
            whole("levels", 2, 1, 2, 3, 4, 5),
            Choice(id="order", options=("waits", "by-path"), default="waits"),
        ),
        channels=(Channel("delivered"),),
        views=(
            View(id="graph", kind="diagram"),
            View(id="sums", kind="numbers"),
            View(id="slope", kind="curve", when={"graph": ("two-ways",)}),
            View(id="trap", kind="table", when={"graph": ("doublings",)}),
        ),
        actions=(
            run("two-ways", **TWO, ways="both", order="waits"),
            run("forgot", **TWO, ways="one", order="waits"),
            run("trap", **DOUBLED, **PATHS, levels=2),
            run("in-order", **DOUBLED, **WAITS, levels=2),
            run("trap-five", **DOUBLED, **PATHS, levels=5),
        ),
        claims=(
            alone("two-ways", TWO, {**TWO, "ways": "one"}, check="agrees"),
            alone("in-order", {**DOUBLED, "levels": 5}, {**DOUBLED, **PATHS, "levels": 5}, check="agrees"),
            alone("trap", {**DOUBLED, **PATHS}, {**DOUBLED, **PATHS, "levels": 1}, check="trapped"),
            alone("once", {**DOUBLED, "levels": 5}, {**DOUBLED, **PATHS, "levels": 5}, "timing"),
        ),
        build="run:Paths",
        pace=0.06,
    ),
    "tags": Experiment(
        lab="walk",
        controls=(
            Pick(id="wire", count=12, default=1),
            Point(id="x", lo=(-4.0, -4.0), hi=(4.0, 4.0), default=(1.0, -1.0), live=True),
            Cells(id="theta", rows=6, cols=3, lo=-8, hi=8, step=0.5, default=NETWORK),
        ),
        views=(
            View(id="wires", kind="diagram"),
            View(id="numbers", kind="numbers"),
            View(id="tags", kind="grid", moves="wire"),
            View(id="line", kind="curve"),
            View(id="table", kind="table"),
            View(id="weights", kind="grid", moves="theta"),
        ),
        actions=(
            *(Action(name, {"wire": wire, **HOME}) for name, wire in WIRES.items()),
            Action("next"),
        ),
        claims=(
            alone("lecture-tags", {}, {"x": (0.0, 0.0)}),
            exact("own-weight", {"plain": {"wire": 9}, "other": {"wire": 9, "theta": HEAVY}},
                  {"plain": {"wire": 9}, "other": {"wire": 9, "theta": EARLY}}, check="same_tag"),
        ),
        build="run:Tags",
    ),
    "machine": Experiment(
        lab="walk",
        controls=(
            Choice(id="net", options=("2-2-1", "2-2-2-2"), default="2-2-1"),
            Number(id="label", lo=0, hi=1, default=1, steps=4, live=True),
            Point(id="x", lo=(-4.0, -4.0), hi=(4.0, 4.0), default=(1.0, -1.0), live=True),
            Choice(id="forget", options=("nothing", "slopes"), default="nothing", live=True),
            Cells(id="taken", rows=1, cols=EDGES, lo=0, hi=2, step=1, default=NONE),
            Number(id="slip", lo=0, hi=EDGES, default=0, scale="integer", live=True),
        ),
        views=(
            View(id="machine", kind="diagram"),
            View(id="sent", kind="numbers"),
            View(id="amplifiers", kind="bars"),
            View(id="orders", kind="table"),
        ),
        actions=tuple(Action(f"edge-{k}") for k in range(1, EDGES + 1)),
        claims=(
            exact("exact", {"small": SMALL, "deep": DEEP},
                  {"small": SMALL, "deep": {**DEEP, "forget": "slopes"}}, check="all_agree"),
            alone("meet", DEEP, SMALL, check="order_matters"),
            alone("saturated", {}, {"x": (0.0, 0.0)}),
        ),
        build="run:Machine",
    ),
    "cost": Experiment(
        lab="walk",
        controls=(
            whole("depth", 10, 1, 2, 3, 5, 10, 20),
            whole("width", 16, 2, 4, 8, 16, 32),
            Choice(id="activation", options=("sigmoid", "relu"), default="sigmoid"),
            number("push", 1e-5, PUSHES, scale="log"),
            Choice(id="method", options=("backprop", "numeric"), default="backprop"),
            Choice(id="update", options=("at-once", "in-turn"), default="at-once"),
            Seed(),
        ),
        channels=(Channel("passes"),),
        views=(
            View(id="fade", kind="curve"),
            View(id="learning", kind="curve"),
            View(id="times", kind="curve"),
            View(id="work", kind="numbers"),
            View(id="clock", kind="table"),
            View(id="pushes", kind="curve"),
        ),
        actions=(
            run("fading", **FADING),
            run("alive", **ALIVE),
            Action("coarse", {"push": 1.0}),
            Action("fine", {"push": 1e-12}),
            Action("usual", {"push": 1e-5}),
        ),
        claims=(
            alone("fades", FADING, ALIVE, "statistical"),
            alone("stuck", FADING, ALIVE, "statistical"),
            claim("cheap", sizes("backprop"), sizes("numeric"), "timing"),
            alone("agree", {"width": 4, "depth": 2}, {"width": 4, "depth": 2, "push": 1.0}, "statistical", "close"),
            alone("old-weights", {"depth": 3}, {"depth": 3, "update": "in-turn"}, "statistical"),
        ),
        build="run:Costs",
        pace=0.1,
    ),
}  # fmt: skip
