"""Beam search on the lecture's tree and on trained decoders; BLEU of two sentences and of a run."""

from lessons.spec import Action, Channel, Choice, Claim, Experiment, Number, Pick, Seed, Text, View

CHANNELS = (
    Channel("loss", role="smooth"),
    Channel("gradient-norm", role="norm"),
    Channel("validation-loss", role="validation", sparse=True),
    Channel("validation-accuracy", role="validation", sparse=True),
    Channel("bleu", role="validation", sparse=True),
)
TREE, TEXT, DIGITS = ({"source": source} for source in ("tree", "text", "digits"))
WRITTEN, REFERENCE = "貓好可愛。", "貓咪真可愛。"  # the lecture's pair
TRAINED = {"pair": ("digits",)}
RUN = {"pair": "digits"}

EXPERIMENTS = {
    "beam-tree": Experiment(
        lab="walk",
        controls=(
            Number(id="beam", lo=1, hi=4, default=1, scale="integer", steps=3, live=True),
            Choice(id="source", options=("tree", "digits", "text"), default="tree"),
            Choice(id="method", options=("beam", "sample"), default="beam", live=True),
            Number(id="temperature", lo=0, hi=2, default=1, steps=20, live=True),
            Pick(id="draw", count=32),
            Pick(id="example", count=32),
            Seed(),
        ),
        channels=CHANNELS[:4],
        views=(
            View(id="tree", kind="diagram"),
            View(id="tokens", kind="tokens"),
            View(id="table", kind="table"),
        ),
        actions=(
            Action("one", {**TREE, "beam": 1, "method": "beam"}),
            Action("two", {**TREE, "beam": 2, "method": "beam"}),
            Action("text", {**TEXT, "beam": 4, "method": "beam"}, run=True),
            Action("sample", {"method": "sample", "temperature": 1}),
            Action("search", {"method": "beam"}),
            Action("digits", {**DIGITS, "beam": 2, "method": "beam"}, run=True),
        ),
        claims=(
            Claim(
                id="greedy-misses",
                check="run:greedy_misses",
                arms={"one": {"beam": 1}},
                counter={"one": {"beam": 2}},
                kind="exact",
            ),
            Claim(
                id="two-finds",
                check="run:two_finds",
                arms={"two": {"beam": 2}},
                counter={"two": {"beam": 1}},
                kind="exact",
            ),
            Claim(
                id="loops",
                check="run:loops",
                arms={"text": {**TEXT, "beam": 4}},
                counter={"text": {**TEXT, "beam": 4, "method": "sample"}},
            ),
        ),
        pace=2,
    ),
    "bleu-lab": Experiment(
        lab="walk",
        controls=(
            Text(id="written", default=WRITTEN),
            Text(id="reference", default=REFERENCE),
            Number(id="n", lo=1, hi=4, default=2, scale="integer", steps=3, live=True),
            Choice(id="smooth", options=("off", "on"), default="off", live=True),
            Choice(id="pair", options=("typed", "digits"), default="typed"),
            Choice(id="stride", options=("small", "large"), default="small"),
            Seed(),
        ),
        channels=CHANNELS,
        views=(
            View(id="numbers", kind="numbers"),
            View(id="tokens", kind="tokens"),
            View(id="table", kind="table"),
            View(id="stairs", kind="curve", when=TRAINED),
            View(id="scores", kind="curve", series=("validation-loss", "bleu"), when=TRAINED),
        ),
        actions=(
            Action("lecture", {"pair": "typed", "written": WRITTEN, "reference": REFERENCE}),
            Action("four", {"pair": "typed", "n": 4}),
            Action("longer", {"pair": "typed", "written": "貓貓貓貓好可愛。"}),
            Action("trained", RUN, run=True),
        ),
        claims=(
            Claim(
                id="lecture-bleu",
                check="run:lecture_bleu",
                arms={"pair": {"n": 2}},
                counter={"pair": {"n": 2, "written": REFERENCE}},
                kind="exact",
            ),
            Claim(
                id="zero",
                check="run:zero",
                arms={"pair": {"n": 4}},
                counter={"pair": {"n": 4, "smooth": "on"}},
                kind="exact",
            ),
            Claim(
                id="stairs",
                check="run:staircase",
                arms={"run": RUN},
                counter={"run": {**RUN, "stride": "large"}},
            ),
        ),
        pace=2,
    ),
}
