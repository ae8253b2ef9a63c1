"""Batches of 4,000 digits: shuffled or sorted, small or large, by epochs or by updates; balls in two wells."""

from lessons.labs.pieces import FALLING, alone, claim, run, whole
from lessons.spec import Channel, Choice, Experiment, Number, Seed, Sweep, View

RATES = (0.001, 0.003, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1)
SIZES = ("1", "10", "100", "1000", "4000")
LANES = ("10", "100", "1000", "1", "4000")  # trained in this order, shown by size
FIXED = ("10", "100", "4000", "1000")


def rate(default: float) -> Number:
    return Number(id="rate", lo=1e-4, hi=1.0, default=default, scale="log", values=RATES, live=True)


def views(*kinds: str, **more) -> tuple[View, ...]:
    """Views "kind:id" or "kind:id:series"; `more`: the settings with which a view has something to show."""
    parts = [kind.split(":") for kind in kinds]
    return tuple(View(id=p[1], kind=p[0], series=tuple(p[2:]), when=more.get(p[1], {})) for p in parts)


def sizes(*names: str, **changes) -> dict:
    """An arm for each batch size."""
    return {name: {"batch": name, **changes} for name in names}


def at(batch: str, scale: str = "on", **changes) -> dict:
    return {"batch": batch, "scale": scale, **changes}


def twice(first: str, second: str, **settings) -> dict:
    return {first: settings, second: settings}


SORTED, SHUFFLED = {"shuffle": "off"}, {"shuffle": "on"}
TEN, LARGE, PLAIN, WARM = at("10", "off"), at("1000"), at("1000", "off"), at("1000", warm=2)
DIGITS, LINE = {"data": ("digits",)}, {"data": ("line20",)}
ONE_POINT, ALL_POINTS = {"data": "line20", "batch": "1"}, {"data": "line20", "batch": "4000"}

EXPERIMENTS = {
    "review": Experiment(
        lab="net",
        controls=(
            Choice(id="shuffle", options=("off", "on"), default="off"),
            whole("batch", 100, 10, 50, 100, 400, 4000),
            rate(0.1),
            whole("epochs", 4, 2, 4, 8, 12, 20),
            Seed(),
        ),
        channels=(*FALLING, Channel("validation-accuracy", role="validation", sparse=True)),
        views=views("curve:loss:loss", "hist:mix", "curve:accuracy:validation-accuracy"),
        actions=(run("sorted", **SORTED), run("shuffled", **SHUFFLED)),
        claims=(
            alone("saw-tooth", SORTED, SHUFFLED, kind="statistical", name="one"),
            claim("forgets", {"off": SORTED, "on": SHUFFLED}, {"off": SHUFFLED, "on": SHUFFLED}),
            alone("new-batches", SHUFFLED, SORTED, name="one"),
        ),
        build="run:review",
        pace=0.6,
    ),
    "speed": Experiment(
        lab="net",
        controls=(
            Choice(id="batch", options=SIZES, default="4000", live=True),
            Choice(id="data", options=("digits", "line20"), default="digits"),
            Seed(),
        ),
        channels=FALLING,
        views=views("curve:clock", "curve:after", "table:table", "plane:path", clock=DIGITS, after=LINE, path=LINE),
        actions=(run("digits", data="digits"), run("line", **ONE_POINT)),
        claims=(
            claim("in-a-row", sizes("1", "1000"), twice("1", "1000", batch="1"), "timing"),
            claim("work", sizes("1", "1000"), twice("1", "1000", batch="1000"), "timing"),
            claim("twenty", {"1": ONE_POINT, "20": ALL_POINTS}, {"1": ALL_POINTS, "20": ALL_POINTS}),
        ),
        arms=Sweep(over={"batch": SIZES}),
        build="run:speed",
        pace=24,
    ),
    "noise": Experiment(
        lab="net",
        controls=(
            Choice(id="batch", options=SIZES, default="4000", live=True),
            Choice(id="same", options=("epochs", "updates"), default="epochs"),
            whole("epochs", 20, 1, 5, 10, 20, 40),
            rate(0.01),
            Seed(),
        ),
        channels=FALLING,
        views=views("curve:size", "table:table", "plane:plane", "curve:by-epochs", "curve:by-time"),
        actions=(run("epochs", same="epochs"), run("updates", same="updates")),
        claims=(
            claim("worse", sizes(*SIZES[1:4]), sizes(*SIZES[1:4], same="updates")),
            claim("not-overfitting", sizes("10", "1000"), sizes("10", "1000", same="updates")),
            claim("same-updates", sizes(*SIZES[1:4], same="updates"), sizes(*SIZES[1:4]), check="alike"),
            claim("other-batch", sizes("10"), {"10": {"batch": "4000"}}),
        ),
        arms=Sweep(over={"batch": LANES}),
        build="run:noise",
        pace=400,
    ),
    "wells": Experiment(
        lab="population",
        controls=(
            whole("batch", 256, 1, 2, 4, 8, 16, 64, 256),
            Number(id="shift", lo=0.0, hi=0.5, default=0.2, steps=10, live=True),
            Seed(),
        ),
        channels=(Channel("training-loss"), Channel("left")),
        views=views("curve:wells", "hist:ends", "bars:shares", "bars:lift", "curve:left:left"),
        actions=(run("small", batch=4), run("large", batch=256)),
        claims=(
            alone("leaves", {"batch": 4}, {"batch": 64}, kind="statistical", name="small"),
            alone("stays", {"batch": 256}, {"batch": 4}, kind="statistical", name="large"),
            alone("lifted", {"batch": 256}, {"batch": 256, "shift": 0.0}, name="one"),
        ),
        build="run:wells",
        pace=10,
    ),
    "fixes": Experiment(
        lab="net",
        controls=(
            Choice(id="batch", options=SIZES[1:], default="1000", live=True),
            Choice(id="scale", options=("off", "on"), default="on", live=True),
            whole("warm", 0, 0, 1, 2, 3, 5),
            rate(0.01),
            Seed(),
        ),
        channels=FALLING,
        views=views("curve:size", "table:table", "curve:by-epochs"),
        actions=(run("cold", warm=0), run("warm", warm=2)),
        claims=(
            claim("scaling", {"10": TEN, "1000": LARGE}, {"10": TEN, "1000": PLAIN}, check="alike"),
            alone("lost", at("4000"), LARGE, kind="statistical", name="4000"),
            claim("warm-alike", {"cold": LARGE, "warm": WARM}, {"cold": PLAIN, "warm": WARM}, check="alike"),
        ),
        arms=Sweep(over={"batch": FIXED, "scale": ("off", "on")}),
        build="run:fixes",
        pace=80,
    ),
}  # fmt: skip
