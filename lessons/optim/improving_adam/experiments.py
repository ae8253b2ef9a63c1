"""Adam, AMSGrad and AdaBound on gradients that are given: a rare one, a cycle of three, small ones and large."""

from lessons.labs.pieces import alone, exact, run
from lessons.spec import Channel, Choice, Experiment, Number, Race, View

BETAS = (0.1, 0.5, 0.9, 0.99, 0.999, 0.9999)
CHANNELS = tuple(Channel(one) for one in ("gradient", "move", "theta", "rate", "squares"))
SGD, ADAM, AMSGRAD = {"optimizer": "sgd"}, {"optimizer": "adam"}, {"optimizer": "amsgrad"}
SLIDE = {"optimizer": "adam-biased"}
SMALL, LARGE = {"scale": "small"}, {"scale": "large"}


def beta(default: float) -> Number:
    return Number(id="decay", lo=0.01, hi=0.9999, default=default, values=BETAS, live=True)


def views(*ids: str) -> tuple[View, ...]:
    return tuple(View(id=id, kind="table" if id == "table" else "curve") for id in ids)


def both(**changes) -> dict:
    """A run of both arms of the AdaBound race."""
    return {"small": {**SMALL, **changes}, "large": {**LARGE, **changes}}


EXPERIMENTS = {
    "rare": Experiment(
        lab="surface",
        controls=(
            Choice(id="optimizer", options=("sgd", "adam", "adam-biased"), default="adam"),
            Number(id="size", lo=1, hi=1e6, default=1e5, scale="log", values=(1, 10, 100, 1e3, 1e4, 1e5, 1e6)),
            Number(id="period", lo=10, hi=1500, default=1000, scale="integer", values=(10, 30, 100, 300, 1000)),
            beta(0.999),
        ),
        channels=CHANNELS,
        views=views("theta", "table", "moves"),
        actions=(
            run("usual", period=1000, decay=0.999),
            run("often", period=30, decay=0.999),
            run("long", period=1000, decay=0.9999),
        ),
        claims=(
            exact("outvoted", {"sgd": SGD, "adam": ADAM}, {"sgd": SGD, "adam": {**ADAM, "period": 10}}),
            alone("longest", SLIDE, {**SLIDE, "decay": 0.99}, name="slide"),
        ),
        arms=Race(arms={"sgd": SGD, "adam-biased": SLIDE, "adam": ADAM}),
        build="run:rare",
        pace=12,
    ),
    "reddi": Experiment(
        lab="surface",
        controls=(
            Choice(id="optimizer", options=("adam", "amsgrad"), default="adam"),
            beta(0.1),
            Number(id="size", lo=2.1, hi=10, default=3, values=(2.1, 3, 5, 10)),
            Number(id="rate", lo=0.1, hi=1, default=0.5, values=(0.1, 0.2, 0.5, 1), live=True),
        ),
        channels=CHANNELS,
        views=views("theta", "rates", "table"),
        actions=(
            run("short", decay=0.1),
            run("longer", decay=0.99),
            run("ten", decay=0.1, size=10),
        ),
        claims=(
            exact("wrong-end", {"amsgrad": AMSGRAD, "adam": ADAM},
                  {"amsgrad": AMSGRAD, "adam": {**ADAM, "decay": 0.99}}),
            alone("only-shrinks", AMSGRAD, ADAM, name="amsgrad"),
        ),
        arms=Race(arms={"amsgrad": AMSGRAD, "adam": ADAM}),
        build="run:cycle",
        pace=3,
    ),
    "bounds": Experiment(
        lab="surface",
        controls=(
            Choice(id="scale", options=("small", "large"), default="small"),
            Choice(id="optimizer", options=("adabound", "adam", "amsgrad"), default="adabound"),
            Number(id="bound", lo=0.01, hi=1, default=0.1, values=(0.01, 0.03, 0.1, 0.3, 1), live=True),
            Number(id="rate", lo=1e-4, hi=0.1, default=0.001, scale="log", values=(1e-4, 1e-3, 0.01, 0.1), live=True),
            beta(0.999),
        ),
        channels=CHANNELS,
        views=views("rates", "table"),
        actions=(
            run("adabound", optimizer="adabound"),
            run("adam", **ADAM),
            run("amsgrad", **AMSGRAD),
        ),
        claims=(
            exact("closes", both(), both(**ADAM)),
            exact("adam-first", {"adabound": SMALL, "adam": {**SMALL, **ADAM}},
                  {"adabound": {**SMALL, "bound": 0.01}, "adam": {**SMALL, **ADAM}}),
        ),
        arms=Race(arms={"large": LARGE, "small": SMALL}),
        build="run:bounds",
        pace=40,
    ),
}  # fmt: skip
