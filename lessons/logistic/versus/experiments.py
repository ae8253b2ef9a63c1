"""Generative and discriminative roads to one line, on few examples and on many, and the lecture's 13 rows."""

from lessons.labs.pieces import alone, claim, run, whole
from lessons.spec import Channel, Choice, Experiment, Number, Seed, Sweep, View

NOISES = (0, 0.1, 0.2, 0.3)
SIX = {"features": "6"}
POKEMON, GAUSSIAN, INDEPENDENT = ({**SIX, "data": data} for data in ("pokemon", "gaussian", "independent"))
CLEAN, NOISY = {**INDEPENDENT, "noise": 0}, {**INDEPENDENT, "noise": 0.3}

EXPERIMENTS = {
    "versus": Experiment(
        lab="gauss",
        controls=(
            Choice(id="data", options=("pokemon", "gaussian", "independent"), default="pokemon"),
            Choice(id="features", options=("2", "6"), default="6"),
            Number(id="noise", lo=0, hi=0.3, default=0, values=NOISES),
            whole("n", 10, 5, 10, 20, 40, 80, 140, live=True),
            Choice(id="road", options=("naive", "full"), default="naive", live=True),
            Number(id="ridge", lo=0.001, hi=10, default=0.01, values=(0.001, 0.01, 0.1, 1, 10)),
            whole("ones", 1, 1, 2, 3, 4, 6, live=True),
            Seed(),
        ),
        channels=(Channel("few"), Channel("many")),
        views=(
            View(id="rates", kind="curve"),
            View(id="winners", kind="grid"),
            View(id="table", kind="table"),
            View(id="plane", kind="plane", when={"features": ("2",)}),
            View(id="toy", kind="numbers"),
            View(id="corners", kind="table"),
            View(id="settling", kind="curve"),
        ),
        actions=(
            run("pokemon", **POKEMON),
            run("gaussian", **GAUSSIAN),
            run("independent", **INDEPENDENT),
            run("two", data="pokemon", features="2"),
            run("twice", ones=2),
        ),
        claims=(
            alone("never-ahead", POKEMON, INDEPENDENT, kind="statistical"),
            alone("crossover", GAUSSIAN, POKEMON, kind="statistical"),
            alone("assumption", INDEPENDENT, POKEMON, kind="statistical"),
            alone("one-line", {**POKEMON, "road": "full"}, {**POKEMON, "road": "naive"}, kind="statistical"),
            claim("gentler", {"clean": CLEAN, "noisy": NOISY}, {"clean": CLEAN, "noisy": CLEAN}),
            alone("toy", {"ones": 1}, {"ones": 2}, check="toy_says_two"),
        ),
        arms=Sweep(over={"noise": NOISES}),
        pace=2,
    ),
}
