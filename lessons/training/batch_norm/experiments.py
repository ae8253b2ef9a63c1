"""What the sections run: a batch whose examples are tied, test time, a race, and smoothness."""

from functools import partial

from lessons.labs.pieces import alone, claim, run
from lessons.spec import Action, Channel, Choice, Experiment, Number, Pick, Point, Race, Seed, View

RATES = (0.1, 0.5, 2.5)
TRAINED = (
    Channel("loss"),
    Channel("gradient-norm", role="norm"),
    Channel("chance", role="target"),
    Channel("training-accuracy", role="smooth", sparse=True),
    Channel("validation-accuracy", role="validation", sparse=True),
)


LAYER, PLAIN, BATCH = {"norm": "layer"}, {"norm": "none"}, {"norm": "batch"}
FIFTY, TWO = {"batch": 50}, {"batch": 2}
BN1, BN5, BN25 = ({**BATCH, "rate": rate} for rate in RATES)
EARLY = {"updates": "120"}


one = partial(alone, kind="statistical", name="net")

EXPERIMENTS = {
    "tied": Experiment(
        lab="net",
        controls=(
            Point(id="guest", lo=(-2.2, -2.2), hi=(2.2, 2.2), default=(2.0, 2.0)),
            Number(id="batch", lo=1, hi=200, default=50, scale="integer", values=(1, 2, 4, 10, 50, 200)),
            Choice(id="affine", options=("on", "off"), default="on"),
            Choice(id="norm", options=("batch", "layer", "none"), default="batch"),
            Number(id="rate", lo=0.01, hi=2.5, default=0.1, values=(0.01, 0.05, *RATES), live=True),
            Seed(),
        ),
        channels=TRAINED,
        views=(
            View(id="tied", kind="curve"),
            View(id="loss", kind="curve", series=("loss", "chance")),
            View(id="means", kind="hist"),
            View(id="plane", kind="plane", moves="guest"),
        ),
        actions=(run("two", **TWO), run("single", batch=1), run("fixed", affine="off"),
                 run("layer", **LAYER), run("fifty", **FIFTY, affine="on", **BATCH)),
        claims=(
            one("tied", {}, LAYER),
            claim("small-batches", {"two": TWO, "fifty": FIFTY}, {"two": FIFTY, "fifty": FIFTY},
                   check="small_is_worse"),
            one("batch-of-one", {"batch": 1}, FIFTY, check="learns_nothing"),
            claim("free-mean", {"free": {}, "fixed": {"affine": "off"}}, {"free": {}, "fixed": {}}),
        ),
        pace=4,
    ),
    "testing": Experiment(
        lab="net",
        controls=(
            Pick(id="sample", count=400),
            Choice(id="statistics", options=("batch", "running"), default="batch", live=True),
            Choice(id="company", options=("1", "2", "10", "50", "200"), default="50", live=True),
            Number(id="p", lo=0, hi=0.99, default=0.9, values=(0, 0.5, 0.9, 0.99)),
            Choice(id="updates", options=("60", "120", "240", "1200"), default="240"),
            Choice(id="norm", options=("batch", "layer"), default="batch"),
            Seed(),
        ),
        channels=(*TRAINED, Channel("batch-mean", sparse=True), Channel("running-mean", role="smooth", sparse=True)),
        views=(
            View(id="bars", kind="bars"),
            View(id="numbers", kind="numbers"),
            View(id="book", kind="curve", series=("batch-mean", "running-mean")),
        ),
        actions=(Action("running"), run("lag", p=0.99, **EARLY),
                 run("quick", p=0.5, **EARLY), run("long", updates="1200"), run("layer", **LAYER)),
        claims=(
            one("alone", {}, LAYER),
            one("swayed", {}, LAYER),
            one("lags", {**EARLY, "p": 0.99}, {**EARLY, "p": 0.5}),
        ),
        pace=1,
    ),
    "race": Experiment(
        lab="net",
        controls=(
            Number(id="depth", lo=1, hi=7, default=5, scale="integer", steps=6),
            Choice(id="norm", options=("none", "batch"), default="none", live=True),
            Number(id="rate", lo=0.1, hi=2.5, default=0.1, values=RATES, live=True),
            Seed(),
        ),
        channels=TRAINED,
        views=(
            View(id="accuracy", kind="curve"),
            View(id="table", kind="table"),
            View(id="field", kind="plane"),
            View(id="loss", kind="curve", series=("loss",)),
        ),
        actions=(run("three", depth=3), run("five", depth=5), run("seven", depth=7)),
        claims=(
            one("dead-without", {**PLAIN, "rate": 0.1}, BN1, check="dead"),
            claim("trains-with", {"slow": BN1, "fast": BN5}, {"slow": PLAIN, "fast": {**PLAIN, "rate": 0.5}},
                   check="trains"),
            claim("too-large", {"fast": BN5, "faster": BN25}, {"fast": BN5, "faster": BN5}),
            claim("sooner", {"without": {"depth": 3}, "with": {"depth": 3, **BN5}},
                   {"without": {"depth": 3}, "with": {"depth": 3, "rate": 0.1}}),
        ),
        arms=Race(arms={"bn": BN1, "bn-5": BN5, "bn-25": BN25, "plain": {**PLAIN, "rate": 0.1}}),
        pace=5,
    ),
    "smooth": Experiment(
        lab="net",
        controls=(
            Choice(id="norm", options=("batch", "none", "layer", "instance", "group"), default="batch"),
            Pick(id="cell", count=64),
            Number(id="rate", lo=0.01, hi=1, default=0.1, values=(0.01, 0.03, 0.1, 0.3, 1), live=True),
            Seed(),
        ),
        channels=(*TRAINED, Channel("loss-range", role="smooth", sparse=True),
                  Channel("gradient-change", role="smooth", sparse=True),
                  Channel("agreement", role="smooth", sparse=True)),
        views=(
            View(id="cube", kind="cube", moves="cell"),
            View(id="slices", kind="curve"),
            View(id="range", kind="curve", series=("loss-range",), log=True),
            View(id="change", kind="curve", series=("gradient-change",)),
            View(id="agreement", kind="curve", series=("agreement",)),
        ),
        actions=(run("none", **PLAIN), run("batch", **BATCH), run("layer", **LAYER),
                 run("instance", norm="instance"), run("group", norm="group")),
        claims=(
            one("mean-over-examples", BATCH, LAYER, check="over_examples"),
            claim("smoother", {"without": PLAIN, "with": BATCH}, {"without": PLAIN, "with": PLAIN}),
            claim("no-shift", {"without": PLAIN, "with": BATCH}, {"without": LAYER, "with": LAYER}),
        ),
        pace=2.5,
    ),
}  # fmt: skip
