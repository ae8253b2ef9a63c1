"""The symbols of the lecture on one small run, and a line fed pair by pair or with all pairs at once."""

from lessons.labs.pieces import FALLING, alone, claim, run
from lessons.spec import Action, Choice, Experiment, Number, Pick, Race, Seed, View

SYMBOLS = ("theta0", "g0", "m1", "theta1", "g1", "m2", "theta2")
ONLINE, OFFLINE = {"feed": "online"}, {"feed": "offline"}


def held(symbol: str, nudge: str = "on") -> dict:
    """A symbol in hand, pushed or not."""
    return {"pick": SYMBOLS.index(symbol), "nudge": nudge}


EXPERIMENTS = {
    "map": Experiment(
        lab="map",
        controls=(
            Pick(id="pick", count=len(SYMBOLS), default=0),
            Choice(id="nudge", options=("off", "on"), default="off", live=True),
            Number(id="momentum", lo=0, hi=0.9, default=0.5, values=(0, 0.25, 0.5, 0.75, 0.9), live=True),
        ),
        views=(
            View(id="map", kind="diagram", moves="pick"),
            View(id="meaning", kind="numbers"),
            View(id="goal", kind="curve"),
        ),
        actions=(
            Action("first-movement", held("m1")),
            Action("first-gradient", held("g0")),
            Action("second-movement", held("m2", "off")),
            Action("rest", held("theta0", "off")),
        ),
        claims=(
            alone("forward", held("m1"), held("theta2"), check="goes_forward", name="map"),
            alone("gathers", held("g0"), {**held("g0"), "momentum": 0.0}, name="map"),
        ),
        build="run:Symbols",
    ),
    "feed": Experiment(
        lab="surface",
        controls=(
            Choice(id="feed", options=("offline", "online"), default="online"),
            Number(
                id="rate", lo=0.005, hi=0.3, default=0.1, values=(0.01, 0.02, 0.05, 0.1, 0.2, 0.3), live=True
            ),
            Number(id="scatter", lo=0, hi=1, default=0.5, steps=4),
            Seed(),
        ),
        channels=FALLING,
        views=(
            View(id="plane", kind="plane"),
            View(id="loss", kind="curve"),
            View(id="steps", kind="curve"),
        ),
        actions=(
            run("usual", rate=0.1),
            run("small", rate=0.02),
            run("clean", scatter=0.0),
        ),
        claims=(
            claim("jitters", {"offline": OFFLINE, "online": ONLINE}, {"offline": OFFLINE, "online": OFFLINE}),
            claim(
                "smaller-rate",
                {"large": ONLINE, "small": {**ONLINE, "rate": 0.02}},
                {"large": ONLINE, "small": ONLINE},
                check="calms",
            ),
        ),
        arms=Race(arms={"offline": OFFLINE, "online": ONLINE}),
        build="run:Pairs",
        pace=2,
    ),
}
