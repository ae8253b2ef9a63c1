"""Nine small helpers beside the same net, and a grand prix of twelve optimizers."""

from lessons.labs.pieces import claim, exact, run
from lessons.spec import Action, Channel, Choice, Experiment, Number, Point, Race, Seed, Sweep, Text, View

HELPERS = (
    *("none", "dropout", "gradient-noise", "warm-up", "curriculum"),
    *("fine-tuning", "batch-norm", "l2", "no-shuffle"),
)
CARS = (
    *("sgd", "sgdm", "nag", "lookahead", "adagrad", "rmsprop"),
    *("adam", "amsgrad", "nadam", "radam", "adabound", "swats"),
)
SURFACES = ("ellipse", "saddle", "plateau", "rosenbrock", "rastrigin", "canyon", "typed")
ON_SURFACES = {"track": SURFACES}


def helped(helper: str) -> dict:
    return {"helper": helper}


def lap(car: str, track: str = "ellipse") -> dict:
    return {"car": car, "track": track}


EXPERIMENTS = {
    "helpers": Experiment(
        lab="net",
        controls=(
            Choice(id="helper", options=HELPERS, default="no-shuffle"),
            Number(id="rate", lo=1e-4, hi=0.1, default=0.01, scale="log", values=(0.001, 0.003, 0.01, 0.03)),
            Number(
                id="examples",
                lo=100,
                hi=4000,
                default=500,
                scale="integer",
                values=(100, 250, 500, 1000, 4000),
            ),
            Seed(),
        ),
        actions=(
            run("few", examples=500, rate=0.01),
            run("more", examples=4000),
            run("calm", rate=0.003),
        ),
        channels=(Channel("loss", role="smooth"),),
        views=(
            View(id="gains", kind="bars"),
            View(id="table", kind="table"),
            View(id="losses", kind="curve"),
        ),
        claims=(
            claim(
                "shuffle",
                {"with": helped("none"), "without": helped("no-shuffle")},
                {"with": helped("none"), "without": helped("none")},
                check="shuffle_matters",
            ),
            claim(
                "fine-tuning",
                {"without": helped("none"), "with": helped("fine-tuning")},
                {"without": helped("none"), "with": helped("none")},
                check="fine_tuning_helps",
            ),
        ),
        arms=Sweep(over={"helper": HELPERS}),
        pace=12,
    ),
    "prix": Experiment(
        lab="surface",
        controls=(
            Choice(id="track", options=(*SURFACES, "digits"), default="ellipse"),
            Choice(id="car", options=CARS, default="adam"),
            Text(id="formula", default="0.1*(x^2+y^2) + sin(2*x)", longest=80),
            Point(id="start", lo=(-4, -4), hi=(4, 4), default=(3, 2)),
            Number(
                id="updates", lo=50, hi=1000, default=300, scale="integer", values=(100, 200, 300, 500, 1000)
            ),
            Seed(),
        ),
        actions=tuple(Action(track, {"track": track}, run=True) for track in (*SURFACES, "digits")),
        channels=(
            Channel("loss"),
            Channel("gradient-norm", role="norm"),
            Channel("theta-0"),
            Channel("theta-1"),
        ),
        views=(
            View(id="plane", kind="plane", moves="start", when=ON_SURFACES),
            View(id="standings", kind="table"),
            View(id="basins", kind="plane", when=ON_SURFACES),
            View(id="places", kind="grid"),
            View(id="search", kind="curve"),
            View(id="family", kind="diagram"),
            View(id="losses", kind="curve"),
        ),
        claims=(
            exact(
                "momentum-pays",
                {"sgd": lap("sgd"), "sgdm": lap("sgdm")},
                {"sgd": lap("sgd"), "sgdm": lap("sgd")},
            ),
            exact(
                "no-universal",
                {
                    "sgdm-here": lap("sgdm"),
                    "adagrad-here": lap("adagrad"),
                    "sgdm-there": lap("sgdm", "rosenbrock"),
                    "adagrad-there": lap("adagrad", "rosenbrock"),
                },
                {
                    "sgdm-here": lap("sgdm"),
                    "adagrad-here": lap("adagrad"),
                    "sgdm-there": lap("sgdm"),
                    "adagrad-there": lap("adagrad"),
                },
            ),
            claim(
                "adam-on-digits",
                {"sgd": lap("sgd", "digits"), "adam": lap("adam", "digits")},
                {"sgd": lap("sgd", "digits"), "adam": lap("sgd", "digits")},
            ),
        ),
        arms=Race(arms={car: {"car": car} for car in CARS}),
        pace=2,
    ),
}
