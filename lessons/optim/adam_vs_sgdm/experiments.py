"""SGD, SGDM and Adam on 4,000 digits, each with its own rate; and Adam that turns into SGDM on the way."""

from lessons.labs.pieces import FALLING, claim, exact, run
from lessons.spec import Choice, Experiment, Number, Race, Seed, View

SGD, SGDM, ADAM = ({"optimizer": name} for name in ("sgd", "sgdm", "adam"))
METHODS = {name: {"method": name} for name in ("adam", "naive", "swats")}

EXPERIMENTS = {
    "race": Experiment(
        lab="net",
        controls=(
            Choice(id="optimizer", options=("sgd", "sgdm", "adam"), default="adam"),
            Number(id="factor", lo=0.05, hi=20, default=1, scale="log", values=(0.1, 0.3, 1, 3, 10)),
            Seed(),
        ),
        channels=FALLING,
        views=(
            View(id="loss", kind="curve"),
            View(id="validation", kind="curve"),
            View(id="table", kind="table"),
        ),
        actions=(
            run("own", factor=1),
            run("tenth", factor=0.1),
            run("tenfold", factor=10),
        ),
        claims=(
            claim("fast", {"sgdm": SGDM, "adam": ADAM}, {"sgdm": SGDM, "adam": SGDM}),
            claim("same-gap", {"sgdm": SGDM, "adam": ADAM}, {"sgdm": SGDM, "adam": {**ADAM, "factor": 10}}),
        ),
        arms=Race(arms={"sgd": SGD, "sgdm": SGDM, "adam": ADAM}),
        build="run:Digits",
        pace=4,
    ),
    "swats": Experiment(
        lab="net",
        controls=(
            Choice(id="method", options=tuple(METHODS), default="swats"),
            Number(
                id="switch", lo=1, hi=750, default=250, scale="integer", values=(5, 25, 125, 250, 500, 700)
            ),
            Number(id="rate", lo=3e-4, hi=0.003, default=0.001, scale="log", values=(3e-4, 0.001, 0.003)),
            Seed(),
        ),
        channels=FALLING,
        views=(
            View(id="loss", kind="curve"),
            View(id="validation", kind="curve"),
            View(id="numbers", kind="numbers"),
        ),
        actions=(
            run("usual", switch=250, rate=0.001),
            run("early", switch=25, rate=0.001),
            run("wild", switch=500, rate=0.003),
        ),
        claims=(
            exact(
                "adam-before",
                {"adam": METHODS["adam"], "swats": METHODS["swats"]},
                {"adam": METHODS["adam"], "swats": {**METHODS["swats"], "switch": 25}},
            ),
            claim(
                "own-rate",
                {"naive": METHODS["naive"], "swats": METHODS["swats"]},
                {"naive": METHODS["naive"], "swats": METHODS["naive"]},
            ),
        ),
        arms=Race(arms=METHODS),
        build="run:Switch",
        pace=4,
    ),
}
