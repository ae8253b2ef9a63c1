"""A thousand XOR nets at once: where they rest, how they get away; and nets on the sinc, one by one."""

from lessons.labs.pieces import alone, claim, run
from lessons.spec import Action, Channel, Choice, Experiment, Number, Pick, Seed, View


def by(escape: str, **more) -> dict:
    return {"escape": escape, "activation": "tanh", "net": 8, "data": "xor", **more}


EIGEN, RANDOM, WAIT = by("eigen"), by("random"), by("wait")
LINEAR = by("eigen", activation="identity")
SINC = by("eigen", data="sinc")
XOR = {"data": ("xor",)}

EXPERIMENTS = {
    "shelves": Experiment(
        lab="population",
        controls=(
            Choice(id="escape", options=("eigen", "random", "wait"), default="eigen"),
            Pick(id="net", count=32, default=8),
            Choice(id="data", options=("xor", "sinc"), default="xor"),
            Number(
                id="nets", lo=64, hi=4096, default=1024, scale="integer", values=(64, 256, 1024, 2048, 4096)
            ),
            Number(id="spread", lo=0.3, hi=3, default=2, values=(0.3, 0.7, 1, 1.5, 2, 3)),
            Choice(id="activation", options=("tanh", "relu", "identity"), default="tanh"),
            Number(id="rate", lo=0.001, hi=0.2, default=0.2, values=(0.001, 0.01, 0.05, 0.1, 0.2)),
            Seed(),
        ),
        channels=(Channel("mean-loss"), Channel("solved", role="validation")),
        views=(
            View(id="rain", kind="plane", moves="net", when=XOR),
            View(id="scatter", kind="plane", moves="net"),
            View(id="eigenvalues", kind="bars", moves="net"),
            View(id="slice", kind="plane", moves="net"),
            View(id="shelves", kind="table", when=XOR),
            View(id="verdict", kind="numbers", moves="net"),
            View(id="hessian", kind="grid", moves="net"),
            View(id="one", kind="curve", moves="net"),
        ),
        actions=(
            run("eigen", **EIGEN),
            run("random", **RANDOM),
            run("wait", **WAIT),
            *(Action(id) for id in ("top", "two-thirds", "half", "solved")),
            run("sinc", **SINC),
        ),
        claims=(
            alone("shelves", EIGEN, {**EIGEN, "rate": 0.001}, kind="statistical", check="on_shelves"),
            alone("ways-down", EIGEN, LINEAR, kind="statistical"),
            alone("higher-more-ways", EIGEN, LINEAR, kind="statistical"),
            alone(
                "sinc-saddles",
                SINC,
                {**SINC, "activation": "identity"},
                kind="statistical",
                check="all_saddles",
            ),
            claim(
                "escape",
                {"eigen": EIGEN, "random": RANDOM, "wait": WAIT},
                {"eigen": RANDOM, "random": RANDOM, "wait": WAIT},
                check="escapes",
            ),
        ),
        pace=12,
    ),
}
