"""Adam's first ten updates in a deep net, RAdam's own warm-up, and Lookahead's step back."""

from lessons.spec import Action, Channel, Choice, Claim, Experiment, Number, Point, Race, Seed, View

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
            Action("wild", {"rate": 0.03}, run=True),
            Action("gentle", {"rate": 0.001}, run=True),
            Action("shallow", {"depth": 1}, run=True),
        ),
        channels=SERIES,
        views=(
            View(id="plain", kind="hist"),
            View(id="warm", kind="hist"),
            View(id="losses", kind="curve"),
            View(id="rates", kind="curve"),
        ),
        claims=(
            Claim(id="distorts", check="run:distorts", arms=PAIR, counter=UNWARMED),
            Claim(id="calms", check="run:calms", arms=PAIR, counter=UNWARMED),
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
            Action("wild", {"rate": 0.03}, run=True),
            Action("forgetful", {"decay": 0.99}, run=True),
            Action("gentle", {"rate": 0.001}, run=True),
        ),
        channels=SERIES,
        views=(
            View(id="losses", kind="curve"),
            View(id="settling", kind="curve"),
            View(id="ratios", kind="table"),
            View(id="moves", kind="curve"),
        ),
        claims=(
            Claim(
                id="four-steps",
                check="run:four_steps",
                arms=RADAM,
                counter={"radam": arm("plain")},
                kind="exact",
            ),
            Claim(
                id="needs-none",
                check="run:needs_none",
                arms={"plain": arm("plain"), "radam": arm("radam")},
                counter={"plain": arm("plain"), "radam": arm("plain")},
            ),
            Claim(
                id="figures",
                check="run:figures",
                arms={"radam": arm("radam")},
                counter={"radam": arm("radam", decay=0.99)},
                kind="exact",
            ),
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
            Action("half", {"alpha": 0.5}, run=True),
            Action("whole", {"alpha": 1.0}, run=True),
            Action("small", {"alpha": 0.1}, run=True),
            Action("adam", {"inner": "adam"}, run=True),
        ),
        channels=(*SERIES[:2], Channel("theta-0"), Channel("theta-1")),
        views=(
            View(id="plane", kind="plane", moves="place"),
            View(id="height", kind="curve"),
            View(id="losses", kind="curve"),
        ),
        claims=(
            Claim(
                id="smoother",
                check="run:smoother",
                arms={"off": {"outer": "off"}, "on": {"outer": "on"}},
                counter={"off": {"outer": "off"}, "on": {"outer": "on", "alpha": 1.0}},
            ),
            Claim(
                id="whole-is-inner",
                check="run:whole_is_inner",
                arms={"off": {"outer": "off"}, "on": {"outer": "on", "alpha": 1.0}},
                counter={"off": {"outer": "off"}, "on": {"outer": "on", "alpha": 0.5}},
                kind="exact",
            ),
        ),
        arms=Race(arms={"off": {"outer": "off"}, "on": {"outer": "on"}}),
        pace=4,
    ),
}
