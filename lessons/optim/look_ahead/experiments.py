"""Nesterov's look ahead on a valley and a hill, and inside Adam on digits."""

from lessons.spec import Action, Channel, Choice, Claim, Experiment, Number, Point, Race, Seed, View

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
            Action("valley", {"surface": "valley", "rate": 0.009, "momentum": 0.9}, run=True),
            Action("hill", {**HILL, "momentum": 0.9}, run=True),
            Action("heavy", {"momentum": 0.95}, run=True),
        ),
        channels=(Channel("loss"), Channel("gradient-norm", role="norm"), Channel("theta-0")),
        views=(
            View(id="plane", kind="plane", moves="start"),
            View(id="height", kind="curve"),
            View(id="table", kind="table"),
        ),
        claims=(
            Claim(
                id="never-higher",
                check="run:never_higher",
                arms={"sgdm": by("sgdm"), "nag": by("nag")},
                counter={"sgdm": by("sgdm"), "nag": by("sgdm")},
                kind="exact",
            ),
            Claim(
                id="sooner",
                check="run:sooner",
                arms={"sgdm": by("sgdm"), "nag": by("nag")},
                counter={"sgdm": by("sgdm"), "nag": by("sgdm")},
                kind="exact",
            ),
            Claim(
                id="same-path",
                check="run:same_path",
                arms={"nag": by("nag"), "nag-prime": by("nag-prime")},
                counter={"nag": by("nag"), "nag-prime": by("sgdm")},
                kind="exact",
            ),
            Claim(
                id="overshoots-less",
                check="run:overshoots_less",
                arms={"sgdm": by("sgdm", **HILL), "nag": by("nag", **HILL)},
                counter={"sgdm": by("sgdm", **HILL), "nag": by("sgdm", **HILL)},
                kind="exact",
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
            Action("small", {"rate": 0.001}, run=True),
            Action("middle", {"rate": 0.003}, run=True),
            Action("large", {"rate": 0.01}, run=True),
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
            Claim(
                id="near-adam",
                check="run:near_adam",
                arms={"adam": {"optimizer": "adam"}, "nadam": {"optimizer": "nadam"}},
                counter={"adam": {"optimizer": "adam"}, "nadam": {"optimizer": "nag"}},
            ),
            Claim(
                id="nag-faster",
                check="run:nag_faster",
                arms={"sgdm": {"optimizer": "sgdm"}, "nag": {"optimizer": "nag"}},
                counter={"sgdm": {"optimizer": "sgdm"}, "nag": {"optimizer": "sgdm"}},
            ),
        ),
        arms=Race(arms={name: {"optimizer": name} for name in ("sgdm", "nag", "adam", "nadam")}),
        pace=1.5,
    ),
}
