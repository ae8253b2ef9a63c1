"""The map of a Transformer, the encoder's block stage by stage, and where its normalisation stands."""

from lessons.spec import Action, Channel, Choice, Claim, Experiment, Number, Pick, Race, Seed, View

BOXES = (
    "source", "embed", "places", "attention", "norm", "feed", "memory",
    "written", "d-embed", "masked", "cross", "d-feed", "logits", "choice",
)  # fmt: skip
CHANNELS = (
    Channel("loss"),
    Channel("gradient-norm", role="norm"),
    Channel("validation-loss", role="validation", sparse=True),
    Channel("validation-accuracy", role="validation", sparse=True),
)
EXAMPLE, PLACE = Pick(id="example", count=64), Pick(id="place", count=8)
DEEP, BARE = {"blocks": 4, "add": "on"}, {"blocks": 4, "add": "off"}
ORDERS = {  # the one that the question is about comes last
    f"{order}-{warm}": {"order": order, "warm": warm} for order in ("pre", "post") for warm in ("on", "off")
}
POST, POST_WARM, PRE = (ORDERS[name] for name in ("post-off", "post-on", "pre-off"))


def held(box: str, **more: str) -> dict:
    """A box in hand."""
    return {"pick": BOXES.index(box), **more}


def one(id: str, check: str, kind: str, arm: dict, counter: dict) -> Claim:
    """A claim about one run."""
    return Claim(id=id, check=check, arms={"net": arm}, counter={"net": counter}, kind=kind)


def pair(id: str, check: str, arms: dict, counter: dict) -> Claim:
    return Claim(id=id, check=check, arms=arms, counter=counter)


EXPERIMENTS = {
    "map": Experiment(
        lab="map",
        controls=(
            Pick(id="pick", count=len(BOXES)),
            Choice(id="bridge", options=("on", "off"), default="on", live=True),
            Number(id="inner", lo=1, hi=4, default=4, scale="integer", values=(1, 2, 4), live=True),
        ),
        views=(View(id="map", kind="diagram", moves="pick"), View(id="meaning", kind="numbers")),
        actions=(
            Action("memory", held("memory")),
            Action("written", held("written")),
            Action("feed", held("feed")),
            Action("cut", {"bridge": "off"}),
            Action("join", {"bridge": "on"}),
        ),
        claims=(
            one("bridge", "run:bridged", "exact", held("memory"), held("memory", bridge="off")),
            one("feed-heavier", "run:feed_heavier", "exact", {}, {"inner": 1}),
        ),
        build="run:Boxes",
    ),
    "block": Experiment(
        lab="seq",
        controls=(
            Choice(id="add", options=("on", "off"), default="on"),
            Choice(id="norm", options=("layer", "batch", "none"), default="layer"),
            Number(id="blocks", lo=1, hi=12, default=1, scale="integer", values=(1, 2, 4, 8, 12)),
            PLACE,
            Choice(id="task", options=("reverse", "copy", "shift", "sort"), default="reverse"),
            EXAMPLE,
            Seed(),
        ),
        channels=CHANNELS,
        views=(
            View(id="maps", kind="grid"),
            View(id="walk", kind="numbers"),
            View(id="accuracy", kind="curve", series=("validation-accuracy",)),
            View(id="spread", kind="bars"),
            View(id="weights", kind="images"),
            View(id="lengths", kind="curve"),
            View(id="vector", kind="grid"),
            View(id="tokens", kind="tokens"),
        ),
        actions=(
            Action("deep", DEEP, run=True),
            Action("bare", BARE, run=True),
            Action("single", {"blocks": 1, "add": "on"}, run=True),
            Action("batch", {"norm": "batch"}, run=True),
            Action("unnormed", {"norm": "none"}, run=True),
            Action("layer", {"norm": "layer"}, run=True),
            Action("copy", {"task": "copy"}, run=True),
            Action("reverse", {"task": "reverse"}, run=True),
        ),
        claims=(
            one("mirror", "run:mirror", "statistical", {}, {"task": "copy"}),
            pair("needs-sum", "run:needs_sum", {"with": DEEP, "without": BARE}, {"with": DEEP, "without": DEEP}),
            one("rows", "run:rows", "exact", {}, {"norm": "batch"}),
        ),
        build="run:Block",
        pace=1.2,
    ),
    "variants": Experiment(
        lab="seq",
        controls=(
            Choice(id="order", options=("post", "pre"), default="post", live=True),
            Choice(id="warm", options=("off", "on"), default="off", live=True),
            Number(id="blocks", lo=2, hi=12, default=4, scale="integer", values=(2, 4, 6, 8, 12)),
            Number(id="rate", lo=0.001, hi=0.02, default=0.015, values=(0.001, 0.003, 0.01, 0.015, 0.02)),
            EXAMPLE,
            Seed(),
        ),
        channels=CHANNELS,
        views=(
            View(id="accuracy", kind="curve", series=("validation-accuracy",)),
            View(id="slopes", kind="bars"),
            View(id="losses", kind="curve", series=("loss",), log=True),
            View(id="maps", kind="grid"),
        ),
        actions=(
            Action("two", {"blocks": 2}, run=True),
            Action("four", {"blocks": 4}, run=True),
            Action("eight", {"blocks": 8}, run=True),
            Action("slow", {"rate": 0.003}, run=True),
            Action("usual", {"rate": 0.015}, run=True),
        ),
        claims=(
            pair("no-warmup", "run:no_warmup", {"post": POST, "pre": PRE}, {"post": PRE, "pre": PRE}),
            pair("warmup-saves", "run:warmup_saves", {"cold": POST, "warm": POST_WARM},
                 {"cold": POST, "warm": POST}),
        ),
        arms=Race(arms=ORDERS),
        build="run:Ordered",
        pace=1,
    ),
}  # fmt: skip
