"""Adam's first ten updates in a deep net, RAdam's own warm-up, and Lookahead's step back."""

from lessons.labs.pieces import alone, claim, exact, run
from lessons.spec import Channel, Choice, Experiment, Number, Point, Race, Seed, View

SERIES = (
    Channel("loss", role="smooth"),
    Channel("gradient-norm", role="norm"),
    Channel("rate"),
    *(Channel(f"validation-{it}", role="validation", sparse=True) for it in ("accuracy", "loss")),
)
RATE = Number(
    id="rate",
    lo=1e-4,
    hi=0.1,
    default=0.03,
    scale="log",
    values=(0.001, 0.003, 0.005, 0.01, 0.02, 0.03, 0.05),
)
WARM = Number(id="warm", lo=1, hi=200, default=50, scale="integer", values=(1, 5, 10, 25, 50, 100, 200))


def arm(start: str, **more) -> dict:
    return {"start": start, **more}


RADAM = {"radam": arm("radam")}
PAIR = {"plain": arm("plain"), "warm-up": arm("warm-up")}
UNWARMED = {"plain": arm("plain"), "warm-up": arm("warm-up", warm=1)}


EXPERIMENTS = {
    "first-ten": Experiment(
        lab="net",
        controls=(
            Choice(id="start", options=("plain", "warm-up"), default="warm-up"),
            RATE,
            WARM,
            Number(id="depth", lo=1, hi=10, default=8, scale="integer", steps=9),
            Seed(),
        ),
        actions=(
            run("wild", rate=0.03),
            run("gentle", rate=0.001),
            run("shallow", depth=1),
        ),
        channels=SERIES,
        views=(
            View(id="plain", kind="hist"),
            View(id="warm", kind="hist"),
            View(id="losses", kind="curve"),
            View(id="rates", kind="curve"),
        ),
        claims=(
            claim("distorts", PAIR, UNWARMED),
            claim("calms", PAIR, UNWARMED),
        ),
        arms=Race(arms=PAIR),
        pace=1,
    ),
    "radam": Experiment(
        lab="net",
        controls=(
            Choice(id="start", options=("plain", "warm-up", "radam"), default="radam"),
            RATE,
            Number(id="decay", lo=0.9, hi=0.9999, default=0.999, values=(0.9, 0.99, 0.999, 0.9999)),
            WARM,
            Seed(),
        ),
        actions=(
            run("wild", rate=0.03),
            run("forgetful", decay=0.99),
            run("gentle", rate=0.001),
        ),
        channels=SERIES,
        views=(
            View(id="losses", kind="curve"),
            View(id="settling", kind="curve"),
            View(id="ratios", kind="table"),
            View(id="moves", kind="curve"),
        ),
        claims=(
            exact("four-steps", RADAM, {"radam": arm("plain")}),
            claim(
                "needs-none",
                {"plain": arm("plain"), "radam": arm("radam")},
                {"plain": arm("plain"), "radam": arm("plain")},
            ),
            alone("figures", arm("radam"), arm("radam", decay=0.99), name="radam"),
        ),
        arms=Race(
            arms={"plain": {"start": "plain"}, "warm-up": {"start": "warm-up"}, "radam": {"start": "radam"}}
        ),
        pace=1,
    ),
    "lookahead": Experiment(
        lab="surface",
        controls=(
            Choice(id="outer", options=("off", "on"), default="on"),
            Number(id="k", lo=1, hi=20, default=5, scale="integer", steps=19),
            Number(id="alpha", lo=0, hi=1, default=0.5, values=(0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 1.0)),
            Choice(id="inner", options=("sgd", "momentum", "adam"), default="sgd"),
            Number(id="noise", lo=0, hi=400, default=100, values=(0, 1, 10, 100, 400)),
            Point(id="place", lo=(-12, -1.5), hi=(12, 1.5), default=(10, 1)),
            Seed(),
        ),
        actions=(
            run("half", alpha=0.5),
            run("whole", alpha=1.0),
            run("small", alpha=0.1),
            run("adam", inner="adam"),
        ),
        channels=(*SERIES[:2], Channel("theta-0"), Channel("theta-1")),
        views=(
            View(id="plane", kind="plane", moves="place"),
            View(id="height", kind="curve"),
            View(id="losses", kind="curve"),
        ),
        claims=(
            claim(
                "smoother",
                {"off": {"outer": "off"}, "on": {"outer": "on"}},
                {"off": {"outer": "off"}, "on": {"outer": "on", "alpha": 1.0}},
            ),
            exact(
                "whole-is-inner",
                {"off": {"outer": "off"}, "on": {"outer": "on", "alpha": 1.0}},
                {"off": {"outer": "off"}, "on": {"outer": "on", "alpha": 0.5}},
            ),
        ),
        arms=Race(arms={"off": {"outer": "off"}, "on": {"outer": "on"}}),
        pace=4,
    ),
}
