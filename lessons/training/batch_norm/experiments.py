"""What the sections run: a batch whose examples are tied, test time, a race, and smoothness."""

from lessons.spec import Action, Channel, Choice, Claim, Experiment, Number, Pick, Point, Race, Seed, View

RATES = (0.1, 0.5, 2.5)
TRAINED = (
    Channel("loss"),
    Channel("gradient-norm", role="norm"),
    Channel("chance", role="target"),
    Channel("training-accuracy", role="smooth", sparse=True),
    Channel("validation-accuracy", role="validation", sparse=True),
)


def action(id: str, **changes: object) -> Action:
    """Set these and run to the end."""
    return Action(id, changes, run=True)


def one(id: str, check: str, arm: dict, counter: dict) -> Claim:
    """A claim about one run."""
    return Claim(id=id, check=check, arms={"net": arm}, counter={"net": counter})


LAYER, PLAIN, BATCH = {"norm": "layer"}, {"norm": "none"}, {"norm": "batch"}
FIFTY, TWO = {"batch": 50}, {"batch": 2}
BN1, BN5, BN25 = ({**BATCH, "rate": rate} for rate in RATES)
EARLY = {"updates": "120"}

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
        actions=(action("two", **TWO), action("single", batch=1), action("fixed", affine="off"),
                 action("layer", **LAYER), action("fifty", **FIFTY, affine="on", **BATCH)),
        claims=(
            one("tied", "run:tied", {}, LAYER),
            Claim(id="small-batches", check="run:small_is_worse", arms={"two": TWO, "fifty": FIFTY},
                  counter={"two": FIFTY, "fifty": FIFTY}),
            one("batch-of-one", "run:learns_nothing", {"batch": 1}, FIFTY),
            Claim(id="free-mean", check="run:free_mean", arms={"free": {}, "fixed": {"affine": "off"}},
                  counter={"free": {}, "fixed": {}}),
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
        actions=(Action("running"), action("lag", p=0.99, **EARLY),
                 action("quick", p=0.5, **EARLY), action("long", updates="1200"), action("layer", **LAYER)),
        claims=(
            one("alone", "run:alone", {}, LAYER),
            one("swayed", "run:swayed", {}, LAYER),
            one("lags", "run:lags", {**EARLY, "p": 0.99}, {**EARLY, "p": 0.5}),
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
        actions=(action("three", depth=3), action("five", depth=5), action("seven", depth=7)),
        claims=(
            one("dead-without", "run:dead", {**PLAIN, "rate": 0.1}, BN1),
            Claim(id="trains-with", check="run:trains", arms={"slow": BN1, "fast": BN5},
                  counter={"slow": PLAIN, "fast": {**PLAIN, "rate": 0.5}}),
            Claim(id="too-large", check="run:too_large", arms={"fast": BN5, "faster": BN25},
                  counter={"fast": BN5, "faster": BN5}),
            Claim(id="sooner", check="run:sooner", arms={"without": {"depth": 3}, "with": {"depth": 3, **BN5}},
                  counter={"without": {"depth": 3}, "with": {"depth": 3, "rate": 0.1}}),
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
        actions=(action("none", **PLAIN), action("batch", **BATCH), action("layer", **LAYER),
                 action("instance", norm="instance"), action("group", norm="group")),
        claims=(
            one("mean-over-examples", "run:over_examples", BATCH, LAYER),
            Claim(id="smoother", check="run:smoother", arms={"without": PLAIN, "with": BATCH},
                  counter={"without": PLAIN, "with": PLAIN}),
            Claim(id="no-shift", check="run:no_shift", arms={"without": PLAIN, "with": BATCH},
                  counter={"without": LAYER, "with": LAYER}),
        ),
        pace=2.5,
    ),
}  # fmt: skip
