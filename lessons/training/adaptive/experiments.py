"""A rate for each parameter: races along the valley and over a cliff, Adam in parts, and the late explosion."""

from lessons.spec import Action, Channel, Choice, Claim, Experiment, Number, Point, Race, View

RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.5, 1.0, 2.0, 3.0, 10.0)
LENGTHS = ("1000", "20000", "100000")
START = Point(id="start", lo=(-200.0, -6.0), hi=(-100.0, 11.0), default=(-120.0, -4.0))
SERIES = (Channel("loss"), Channel("gradient-norm", role="norm"))
LOOK = (View(id="loss", kind="curve"), View(id="norm", kind="curve"))


def rate(id: str = "rate", default: float = 0.1) -> Number:
    return Number(id=id, lo=1e-3, hi=10, default=default, scale="log", values=RATES, live=True)


def methods(*names: str) -> dict:
    return {name: {"optimizer": name} for name in names}


def all_of(optimizer: str, *names: str) -> dict:
    """Arms of these names with one optimizer."""
    return {name: {"optimizer": optimizer} for name in names}


def claim(id: str, arms: dict, counter: dict) -> Claim:
    check = "run:" + id.replace("-", "_")
    return Claim(id=id, check=check, arms=arms, counter=counter, kind="exact")


def slow(id: str, default: float) -> Number:
    values = (1e-8, 1e-7, 3e-7, 1e-6, 1.1e-6, 1.2e-6)
    return Number(id=id, lo=1e-8, hi=1e-5, default=default, scale="log", values=values, live=True)


def alone(rate: float, optimizer: str = "mean-rms") -> dict:
    return {"optimizer": optimizer, "rate": rate}


EXPERIMENTS = {
    "own-stride": Experiment(
        lab="surface",
        controls=(
            Choice(id="optimizer", options=("gd", "mean-rms", "adagrad"), default="mean-rms", live=True),
            slow("rate-gd", 1e-6),
            rate("rate-mean-rms"),
            rate("rate-adagrad", 10.0),
            START,
            Choice(id="updates", options=LENGTHS, default="100000"),
        ),
        channels=SERIES,
        views=(
            View(id="plane", kind="plane", moves="start"),
            View(id="bars", kind="bars"),
            *LOOK,
            View(id="rates", kind="curve"),
            View(id="table", kind="table"),
        ),
        actions=(
            Action("race", run=True),
            Action("first", {"updates": "1000"}, run=True),
            Action("alike", {"rate-mean-rms": 1.0, "rate-adagrad": 1.0}, run=True),
        ),
        claims=(
            claim("first-step", methods("mean-rms", "adagrad"), all_of("gd", "mean-rms", "adagrad")),
            claim("flat-larger", methods("gd", "mean-rms"), all_of("gd", "gd", "mean-rms")),
            claim("arrive", methods("mean-rms", "adagrad"), all_of("gd", "mean-rms", "adagrad")),
        ),
        arms=Race(arms=methods("gd", "mean-rms", "adagrad")),
        build="run:stride",
        pace=400,
    ),
    "brake": Experiment(
        lab="surface",
        controls=(
            Choice(id="optimizer", options=("mean-rms", "rmsprop"), default="rmsprop", live=True),
            Number(
                id="decay", lo=0.0, hi=0.9999, default=0.9, values=(0.0, 0.5, 0.9, 0.99, 0.999), live=True
            ),
            Number(
                id="rate",
                lo=0.001,
                hi=0.2,
                default=0.02,
                scale="log",
                values=(0.005, 0.01, 0.02, 0.05, 0.1),
                live=True,
            ),
            Choice(id="surface", options=("cliff", "crescent"), default="cliff"),
        ),
        channels=SERIES,
        views=(
            View(id="sigma", kind="curve"),
            View(id="plane", kind="plane"),
            View(id="rates", kind="curve"),
            View(id="slope", kind="curve"),
            View(id="loss", kind="curve"),
        ),
        actions=(
            Action("cliff", {"surface": "cliff", "decay": 0.9}, run=True),
            Action("long", {"surface": "cliff", "decay": 0.999}, run=True),
            Action("crescent", {"surface": "crescent", "decay": 0.9}, run=True),
        ),
        claims=(
            claim("brakes", methods("mean-rms", "rmsprop"), all_of("mean-rms", "mean-rms", "rmsprop")),
            claim("recovers", methods("rmsprop"), {"rmsprop": {"optimizer": "mean-rms"}}),
            claim("late-too", {"rmsprop": {"optimizer": "rmsprop", "decay": 0.999}}, methods("rmsprop")),
        ),
        arms=Race(arms=methods("mean-rms", "rmsprop")),
        build="run:brake",
        pace=2,
    ),
    "parts": Experiment(
        lab="surface",
        controls=(
            Choice(
                id="optimizer",
                options=("momentum", "rmsprop", "adam-biased", "adam"),
                default="adam",
                live=True,
            ),
            rate(),
            slow("rate-momentum", 1e-7),
            Number(id="momentum", lo=0.0, hi=0.99, default=0.9, values=(0.0, 0.5, 0.9, 0.99), live=True),
            Number(
                id="decay", lo=0.9, hi=0.9999, default=0.999, values=(0.9, 0.99, 0.999, 0.9999), live=True
            ),
            Choice(id="updates", options=("100", *LENGTHS), default="20000"),
        ),
        channels=SERIES,
        views=(
            View(id="plane", kind="plane"),
            *LOOK,
            View(id="table", kind="table"),
            View(id="rates", kind="curve"),
        ),
        actions=(
            Action("race", run=True),
            Action("start", {"updates": "100"}, run=True),
            Action("bold", {"rate": 1.0}, run=True),
        ),
        claims=(
            claim("adam-arrives", methods("adam"), all_of("momentum", "adam")),
            claim("root-ten", methods("adam-biased", "adam"), all_of("adam", "adam-biased", "adam")),
            claim(
                "settles",
                methods("rmsprop", "adam"),
                {**methods("rmsprop"), "adam": {"optimizer": "adam", "momentum": 0.0}},
            ),
        ),
        arms=Race(arms=methods("momentum", "rmsprop", "adam-biased", "adam")),
        build="run:parts",
        pace=80,
    ),
    "blow-up": Experiment(
        lab="surface",
        controls=(
            rate(default=1.0),
            Choice(
                id="optimizer",
                options=("mean-rms", "adagrad", "rmsprop", "adam"),
                default="mean-rms",
                live=True,
            ),
            START,
            Choice(id="updates", options=LENGTHS, default="20000"),
        ),
        channels=SERIES,
        views=(
            View(id="plane", kind="plane", moves="start"),
            View(id="sigma", kind="curve"),
            View(id="off", kind="curve"),
            View(id="rates", kind="curve"),
            *LOOK,
        ),
        actions=(
            Action("one", alone(1.0), run=True),
            Action("tenth", alone(0.1), run=True),
            Action("adam", alone(0.1, "adam"), run=True),
            Action("adagrad", alone(1.0, "adagrad"), run=True),
        ),
        claims=(
            claim("erupts", {"run": alone(1.0)}, {"run": alone(0.1)}),
            claim(
                "not-adam",
                {"mean-rms": alone(1.0), "adam": alone(0.1, "adam")},
                {"mean-rms": alone(1.0), "adam": alone(1.0)},
            ),
            claim("over-limit", {"run": alone(1.0)}, {"run": alone(1.0, "adagrad")}),
        ),
        build="run:blow_up",
        pace=80,
    ),
}
