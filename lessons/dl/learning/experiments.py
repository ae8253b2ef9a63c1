"""What the sections run: hidden layers on points and digits, a search for a structure, a ledger."""

from lessons.labs.pieces import FALLING, alone, claim, number, run, whole
from lessons.spec import Cells, Channel, Choice, Experiment, Number, Pick, Seed, View

ACTIVATIONS = ("relu", "tanh", "sigmoid", "identity")
OPTIMIZERS = ("adam", "sgd", "momentum", "rmsprop")

POINTS = {"data": ("xor", "spirals")}
DIGITS = {"data": ("mnist",)}

EXPERIMENTS = {
    "hidden": Experiment(
        lab="net",
        controls=(
            Choice(id="data", options=("xor", "spirals", "mnist"), default="spirals"),
            whole("width", 128, 2, 4, 8, 16, 32, 64, 128, 256),
            Number(id="depth", lo=0, hi=4, default=1, scale="integer", steps=4),
            Choice(id="activation", options=ACTIVATIONS, default="relu"),
            Choice(id="optimizer", options=OPTIMIZERS, default="adam", live=True),
            Number(id="rate", lo=1e-5, hi=1, default=0.003, scale="log", steps=20, live=True),
            whole("batch", 64, 1, 4, 16, 64, 256, 512, live=True),
            Number(id="epochs", lo=1, hi=10, default=1, scale="integer", steps=9),
            Pick(id="unit", count=256),
            Seed(),
        ),
        actions=(
            run("xor", data="xor"),
            run("spirals", data="spirals"),
            run("mnist", data="mnist"),
            run("linear", activation="identity"),
        ),
        channels=(
            Channel("loss"),
            Channel("gradient-norm", role="norm"),
            Channel("validation-accuracy", role="validation", sparse=True),
            Channel("validation-loss", role="validation", sparse=True),
        ),
        views=(
            View(id="features", kind="plane", when=POINTS),
            View(id="input", kind="plane", when=POINTS),
            View(id="straight", kind="bars", when=POINTS),
            View(id="wrong", kind="images", when=DIGITS),
            View(id="curve", kind="curve", series=("loss", "validation-accuracy")),
            View(id="units", kind="images", moves="unit"),
            View(id="confusion", kind="grid", when=DIGITS),
            View(id="spread", kind="plane", when=DIGITS),
        ),
        claims=(
            claim(
                "separable",
                {"xor": {"data": "xor"}, "spirals": {"data": "spirals"}},
                {
                    "xor": {"data": "xor", "activation": "identity"},
                    "spirals": {"data": "spirals", "activation": "identity"},
                },
                check="separates",
            ),
            claim(
                "beats-pixels",
                {"pixels": {"data": "mnist", "depth": 0}, "hidden": {"data": "mnist"}},
                {
                    "pixels": {"data": "mnist", "depth": 0},
                    "hidden": {"data": "mnist", "activation": "identity"},
                },
            ),
        ),
        pace=4,
    ),
    "search": Experiment(
        lab="population",
        controls=(
            Choice(id="search", options=("random", "evolution"), default="random"),
            whole("trials", 20, 2, 5, 10, 20, 40, 60),
            whole("widest", 64, 2, 4, 8, 16, 32, 64, 128),
            Number(id="deepest", lo=1, hi=6, default=4, scale="integer", steps=5),
            whole("updates", 400, 10, 50, 100, 200, 400, 800, hi=2000),
            Choice(id="activation", options=ACTIVATIONS, default="relu"),
            Number(id="rate", lo=1e-4, hi=0.1, default=0.01, scale="log", steps=12),
            Seed(),
        ),
        actions=(
            run("random", search="random"),
            run("evolution", search="evolution"),
            run("small", widest=4),
        ),
        channels=(Channel("training-loss"), Channel("best", role="validation")),
        views=(
            View(id="trials", kind="plane"),
            View(id="ranks", kind="table"),
            View(id="map", kind="grid"),
            View(id="curve", kind="curve", series=("training-loss", "best")),
        ),
        claims=(
            alone("tie", {}, {"widest": 4}, kind="statistical", check="ties", name="search"),
            alone(
                "bigger-not-better",
                {},
                {"widest": 4},
                kind="statistical",
                check="small_is_enough",
                name="search",
            ),
            claim(
                "evolution-learns",
                {"random": {"search": "random"}, "evolution": {"search": "evolution"}},
                {"random": {"search": "random"}, "evolution": {"search": "random"}},
                check="improves",
            ),
        ),
        pace=1,
    ),
    "ledger": Experiment(
        lab="walk",
        controls=(
            Cells(id="start", rows=1, cols=3, lo=-3, hi=3, step=0.1, default=(0.2, -0.1, 0.3), live=False),
            number("rate", 0.2, (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5), lo=0.01, live=True),
            Choice(id="direction", options=("minus", "plus"), default="minus", live=True),
            Choice(id="total", options=("sum", "mean"), default="sum"),
        ),
        actions=(run("more"), run("flip", direction="plus")),
        channels=FALLING,
        views=(
            View(id="ledger", kind="table"),
            View(id="numbers", kind="numbers"),
            View(id="plane", kind="plane"),
            View(id="loss", kind="curve", series=("loss",)),
        ),
        claims=(
            alone("against", {}, {"direction": "plus"}, name="ledger"),
            alone("sum", {}, {"total": "mean"}, check="adds_up", name="ledger"),
            alone("lecture-ledger", {}, {"rate": 0.1}, check="as_in_the_lecture", name="ledger"),
        ),
        pace=0.04,
    ),
}
