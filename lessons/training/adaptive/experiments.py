"""A rate for each parameter: races along the valley and over a cliff, Adam in parts, and the late explosion."""

from lessons.labs.pieces import FALLING, alone, curves, exact, run
from lessons.spec import Choice, Experiment, Number, Point, Race, View

RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.5, 1.0, 2.0, 3.0, 10.0)
SLOW = (1e-8, 1e-7, 3e-7, 1e-6, 1.1e-6, 1.2e-6, 1e-5)
LENGTHS = ("1000", "20000", "100000")
START = Point(id="start", lo=(-200.0, -6.0), hi=(-100.0, 11.0), default=(-120.0, -4.0))
PLANE = View(id="plane", kind="plane", moves="start")
SEEN = View(id="plane", kind="plane")
TABLE, BARS = View(id="table", kind="table"), View(id="bars", kind="bars")


def number(id: str, default: float, values: tuple[float, ...] = RATES, scale: str = "log") -> Number:
    lo, hi = values[0], values[-1]
    return Number(id=id, lo=lo, hi=hi, default=default, scale=scale, values=values, live=True)


def optimizer(default: str, *options: str) -> Choice:
    return Choice(id="optimizer", options=options, default=default, live=True)


def methods(*names: str) -> dict:
    return {name: {"optimizer": name} for name in names}


def all_of(optimizer: str, *names: str) -> dict:
    """Arms of these names with one optimizer."""
    return {name: {"optimizer": optimizer} for name in names}


def with_rate(rate: float, optimizer: str = "mean-rms") -> dict:
    return {"optimizer": optimizer, "rate": rate}


STILL = {"optimizer": "adam", "momentum": 0.0}  # Adam without its momentum
ONE = {"mean-rms": with_rate(1.0)}
EXPERIMENTS = {
    "own-stride": Experiment(
        lab="surface",
        controls=(
            optimizer("mean-rms", "gd", "mean-rms", "adagrad"),
            number("rate-gd", 1e-6, SLOW),
            number("rate-mean-rms", 0.1),
            number("rate-adagrad", 10.0),
            START,
            Choice(id="updates", options=LENGTHS, default="100000"),
        ),
        channels=FALLING,
        views=(PLANE, BARS, *curves("loss", "norm", "rates"), TABLE),
        actions=(
            run("race"),
            run("first", updates="1000"),
            run("alike", **{"rate-mean-rms": 1.0, "rate-adagrad": 1.0}),
        ),
        claims=(
            exact("first-step", methods("mean-rms", "adagrad"), all_of("gd", "mean-rms", "adagrad")),
            exact("flat-larger", methods("gd", "mean-rms"), all_of("gd", "gd", "mean-rms")),
            exact("arrive", methods("mean-rms", "adagrad"), all_of("gd", "mean-rms", "adagrad")),
        ),
        arms=Race(arms=methods("gd", "mean-rms", "adagrad")),
        build="run:stride",
        pace=400,
    ),
    "brake": Experiment(
        lab="surface",
        controls=(
            optimizer("rmsprop", "mean-rms", "rmsprop"),
            number("decay", 0.9, (0.0, 0.5, 0.9, 0.99, 0.999), "linear"),
            number("rate", 0.02, (0.005, 0.01, 0.02, 0.05, 0.1, 0.2)),
            Choice(id="surface", options=("cliff", "crescent"), default="cliff"),
        ),
        channels=FALLING,
        views=(SEEN, *curves("sigma", "rates", "slope", "loss")),
        actions=(
            run("cliff", surface="cliff", decay=0.9),
            run("long", surface="cliff", decay=0.999),
            run("crescent", surface="crescent", decay=0.9),
        ),
        claims=(
            exact("brakes", methods("mean-rms", "rmsprop"), all_of("mean-rms", "mean-rms", "rmsprop")),
            exact("recovers", methods("rmsprop"), {"rmsprop": {"optimizer": "mean-rms"}}),
            exact("late-too", {"rmsprop": {"optimizer": "rmsprop", "decay": 0.999}}, methods("rmsprop")),
        ),
        arms=Race(arms=methods("mean-rms", "rmsprop")),
        build="run:brake",
        pace=2,
    ),
    "parts": Experiment(
        lab="surface",
        controls=(
            optimizer("adam", "momentum", "rmsprop", "adam-biased", "adam"),
            number("rate", 0.1),
            number("rate-momentum", 1e-7, SLOW),
            number("momentum", 0.9, (0.0, 0.5, 0.9, 0.99), "linear"),
            number("decay", 0.999, (0.9, 0.99, 0.999, 0.9999), "linear"),
            Choice(id="updates", options=("100", *LENGTHS), default="20000"),
        ),
        channels=FALLING,
        views=(SEEN, *curves("loss", "norm", "rates"), TABLE),
        actions=(
            run("race"),
            run("start", updates="100"),
            run("bold", rate=1.0),
        ),
        claims=(
            exact("adam-arrives", methods("adam"), all_of("momentum", "adam")),
            exact("root-ten", methods("adam-biased", "adam"), all_of("adam", "adam-biased", "adam")),
            exact("settles", methods("rmsprop", "adam"), {**methods("rmsprop"), "adam": STILL}),
        ),
        arms=Race(arms=methods("momentum", "rmsprop", "adam-biased", "adam")),
        build="run:parts",
        pace=80,
    ),
    "blow-up": Experiment(
        lab="surface",
        controls=(
            number("rate", 1.0),
            optimizer("mean-rms", "mean-rms", "adagrad", "rmsprop", "adam"),
            START,
            Choice(id="updates", options=LENGTHS, default="20000"),
        ),
        channels=FALLING,
        views=(PLANE, *curves("rates", "off", "sigma", "loss", "norm")),
        actions=(
            run("one", **with_rate(1.0)),
            run("tenth", **with_rate(0.1)),
            run("adam", **with_rate(0.1, "adam")),
            run("adagrad", **with_rate(1.0, "adagrad")),
        ),
        claims=(
            alone("erupts", with_rate(1.0), with_rate(0.1)),
            exact("not-adam", {**ONE, "adam": with_rate(0.1, "adam")}, {**ONE, "adam": with_rate(1.0)}),
            alone("over-limit", with_rate(1.0), with_rate(1.0, "adagrad")),
        ),
        build="run:blow_up",
        pace=80,
    ),
}
