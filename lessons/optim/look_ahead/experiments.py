"""Nesterov's look ahead on a valley and a hill, and inside Adam on digits."""

from lessons.labs.pieces import claim, exact, run
from lessons.spec import Channel, Choice, Experiment, Number, Point, Race, Seed, View

HILL = {"surface": "hill", "rate": 0.05}
METHODS = ("sgdm", "nag-prime", "nag")


def by(method: str, **more) -> dict:
    return {"method": method, **more}


EXPERIMENTS = {
    "nag": Experiment(
        lab="surface",
        controls=(
            Choice(id="method", options=METHODS, default="nag"),
            Choice(id="surface", options=("valley", "hill"), default="valley"),
            Number(
                id="rate",
                lo=0.001,
                hi=0.2,
                default=0.009,
                scale="log",
                values=(0.002, 0.005, 0.009, 0.015, 0.02, 0.05, 0.1),
            ),
            Number(id="momentum", lo=0, hi=0.99, default=0.9, values=(0, 0.5, 0.7, 0.85, 0.9, 0.95, 0.99)),
            Point(id="start", lo=(-12, -1.6), hi=(12, 1.6), default=(10, 1)),
        ),
        actions=(
            run("valley", surface="valley", rate=0.009, momentum=0.9),
            run("hill", **{**HILL, "momentum": 0.9}),
            run("heavy", momentum=0.95),
        ),
        channels=(Channel("loss"), Channel("gradient-norm", role="norm"), Channel("theta-0")),
        views=(
            View(id="plane", kind="plane", moves="start"),
            View(id="height", kind="curve"),
            View(id="table", kind="table"),
        ),
        claims=(
            exact(
                "never-higher",
                {"sgdm": by("sgdm"), "nag": by("nag")},
                {"sgdm": by("sgdm"), "nag": by("sgdm")},
            ),
            exact("sooner", {"sgdm": by("sgdm"), "nag": by("nag")}, {"sgdm": by("sgdm"), "nag": by("sgdm")}),
            exact(
                "same-path",
                {"nag": by("nag"), "nag-prime": by("nag-prime")},
                {"nag": by("nag"), "nag-prime": by("sgdm")},
            ),
            exact(
                "overshoots-less",
                {"sgdm": by("sgdm", **HILL), "nag": by("nag", **HILL)},
                {"sgdm": by("sgdm", **HILL), "nag": by("sgdm", **HILL)},
            ),
        ),
        arms=Race(arms={name: {"method": name} for name in METHODS}),
        pace=1,
    ),
    "nadam": Experiment(
        lab="net",
        controls=(
            Choice(id="optimizer", options=("sgdm", "nag", "adam", "nadam"), default="nadam"),
            Number(
                id="rate", lo=1e-4, hi=0.03, default=0.003, scale="log", values=(0.001, 0.003, 0.01, 0.03)
            ),
            Seed(),
        ),
        actions=(
            run("small", rate=0.001),
            run("middle", rate=0.003),
            run("large", rate=0.01),
        ),
        channels=(
            Channel("loss", role="smooth"),
            Channel("gradient-norm", role="norm"),
            Channel("rate"),
            Channel("validation-accuracy", role="validation", sparse=True),
            Channel("validation-loss", role="validation", sparse=True),
        ),
        views=(
            View(id="losses", kind="curve"),
            View(id="standings", kind="table"),
            View(id="accuracy", kind="curve"),
        ),
        claims=(
            claim(
                "near-adam",
                {"adam": {"optimizer": "adam"}, "nadam": {"optimizer": "nadam"}},
                {"adam": {"optimizer": "adam"}, "nadam": {"optimizer": "nag"}},
            ),
            claim(
                "nag-faster",
                {"sgdm": {"optimizer": "sgdm"}, "nag": {"optimizer": "nag"}},
                {"sgdm": {"optimizer": "sgdm"}, "nag": {"optimizer": "sgdm"}},
            ),
        ),
        arms=Race(arms={name: {"optimizer": name} for name in ("sgdm", "nag", "adam", "nadam")}),
        pace=1.5,
    ),
}
