"""What the sections run: hidden layers on points and digits, a search for a structure, a ledger."""

from lessons.spec import Action, Cells, Channel, Choice, Claim, Experiment, Number, Pick, Seed, View

ACTIVATIONS = ("relu", "tanh", "sigmoid", "identity")
OPTIMIZERS = ("adam", "sgd", "momentum", "rmsprop")

POINTS = {"data": ("xor", "spirals")}
DIGITS = {"data": ("mnist",)}

EXPERIMENTS = {
    "hidden": Experiment(
        lab="net",
        controls=(
            Choice(id="data", options=("xor", "spirals", "mnist"), default="spirals"),
            Number(
                id="width", lo=2, hi=256, default=128, scale="integer", values=(2, 4, 8, 16, 32, 64, 128, 256)
            ),
            Number(id="depth", lo=0, hi=4, default=1, scale="integer", steps=4),
            Choice(id="activation", options=ACTIVATIONS, default="relu"),
            Choice(id="optimizer", options=OPTIMIZERS, default="adam", live=True),
            Number(id="rate", lo=1e-5, hi=1, default=0.003, scale="log", steps=20, live=True),
            Number(
                id="batch",
                lo=1,
                hi=512,
                default=64,
                scale="integer",
                values=(1, 4, 16, 64, 256, 512),
                live=True,
            ),
            Number(id="epochs", lo=1, hi=10, default=1, scale="integer", steps=9),
            Pick(id="unit", count=256),
            Seed(),
        ),
        actions=(
            Action("xor", set={"data": "xor"}, run=True),
            Action("spirals", set={"data": "spirals"}, run=True),
            Action("mnist", set={"data": "mnist"}, run=True),
            Action("linear", set={"activation": "identity"}, run=True),
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
            View(id="wrong", kind="images", when=DIGITS),
            View(id="curve", kind="curve", series=("loss", "validation-accuracy")),
            View(id="units", kind="images", moves="unit"),
            View(id="confusion", kind="grid", when=DIGITS),
            View(id="spread", kind="plane", when=DIGITS),
        ),
        claims=(
            Claim(
                id="separable",
                check="run:separates",
                arms={"xor": {"data": "xor"}, "spirals": {"data": "spirals"}},
                counter={
                    "xor": {"data": "xor", "activation": "identity"},
                    "spirals": {"data": "spirals", "activation": "identity"},
                },
            ),
            Claim(
                id="beats-pixels",
                check="run:beats_pixels",
                arms={"pixels": {"data": "mnist", "depth": 0}, "hidden": {"data": "mnist"}},
                counter={
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
            Number(id="trials", lo=2, hi=60, default=20, scale="integer", values=(2, 5, 10, 20, 40, 60)),
            Number(id="widest", lo=2, hi=128, default=64, scale="integer", values=(2, 4, 8, 16, 32, 64, 128)),
            Number(id="deepest", lo=1, hi=6, default=4, scale="integer", steps=5),
            Number(
                id="updates",
                lo=10,
                hi=2000,
                default=400,
                scale="integer",
                values=(10, 50, 100, 200, 400, 800),
            ),
            Choice(id="activation", options=ACTIVATIONS, default="relu"),
            Number(id="rate", lo=1e-4, hi=0.1, default=0.01, scale="log", steps=12),
            Seed(),
        ),
        actions=(
            Action("random", set={"search": "random"}, run=True),
            Action("evolution", set={"search": "evolution"}, run=True),
            Action("small", set={"widest": 4}, run=True),
        ),
        channels=(Channel("training-loss"), Channel("best", role="validation")),
        views=(
            View(id="trials", kind="plane"),
            View(id="ranks", kind="table"),
            View(id="map", kind="grid"),
            View(id="curve", kind="curve", series=("training-loss", "best")),
        ),
        claims=(
            Claim(id="tie", check="run:ties", arms={"search": {}}, counter={"search": {"widest": 4}}),
            Claim(
                id="bigger-not-better",
                check="run:small_is_enough",
                arms={"search": {}},
                counter={"search": {"widest": 4}},
            ),
            Claim(
                id="evolution-learns",
                check="run:improves",
                arms={"random": {"search": "random"}, "evolution": {"search": "evolution"}},
                counter={"random": {"search": "random"}, "evolution": {"search": "random"}},
            ),
        ),
        pace=1,
    ),
    "ledger": Experiment(
        lab="walk",
        controls=(
            Cells(id="start", rows=1, cols=3, lo=-3, hi=3, step=0.1, default=(0.2, -0.1, 0.3), live=False),
            Number(
                id="rate", lo=0.01, hi=5, default=0.2, values=(0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5), live=True
            ),
            Choice(id="direction", options=("minus", "plus"), default="minus", live=True),
            Choice(id="total", options=("sum", "mean"), default="sum"),
        ),
        actions=(Action("more", run=True), Action("flip", set={"direction": "plus"}, run=True)),
        channels=(Channel("loss"), Channel("gradient-norm", role="norm")),
        views=(
            View(id="ledger", kind="table"),
            View(id="numbers", kind="numbers"),
            View(id="plane", kind="plane"),
            View(id="loss", kind="curve", series=("loss",)),
        ),
        claims=(
            Claim(
                id="against",
                check="run:against",
                arms={"ledger": {}},
                counter={"ledger": {"direction": "plus"}},
                kind="exact",
            ),
            Claim(
                id="sum",
                check="run:adds_up",
                arms={"ledger": {}},
                counter={"ledger": {"total": "mean"}},
                kind="exact",
            ),
            Claim(
                id="lecture-ledger",
                check="run:as_in_the_lecture",
                arms={"ledger": {}},
                counter={"ledger": {"rate": 0.1}},
                kind="exact",
            ),
        ),
        pace=0.04,
    ),
}
