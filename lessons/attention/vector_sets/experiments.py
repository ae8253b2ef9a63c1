"""Words, sound and graphs as sets of vectors; nine tasks by their output; labels that need the context."""

from lessons.labs.pieces import FALLING, alone, claim, exact, run, sorted_cards
from lessons.spec import Action, Arrange, Channel, Choice, Draw, Experiment, Pick, Race, Seed, Text, View

WORDS, SPEECH, GRAPH = ({"source": source} for source in ("words", "speech", "graph"))
ONE_HOT, EMBEDDING = {**WORDS, "coding": "one-hot"}, {**WORDS, "coding": "embedding"}
RISING = tuple(round(k / 23, 3) for k in range(24))


def only(source: str) -> dict:
    return {"source": (source,)}


BINS = ("each", "one", "free")
TASKS = dict(
    speaker="one", tagging="each", translation="free", phonemes="each", sentiment="one", recognition="free",
    buyers="each", summary="free", toxic="one",
)  # fmt: skip
ARRANGE = Arrange(id="tasks", cards=tuple(TASKS), bins=BINS)


def first_card(bin: int) -> dict:
    """Only the first card laid down."""
    return {"tasks": (bin,) + (0,) * (len(TASKS) - 1)}


MODELS = ("fc", "fc-position", "window-1", "window-2", "attention", "attention-position")
ARMS = {model: {"model": model} for model in MODELS}
LOOKING = {"model": MODELS[4:]}
NAMES = {"task": "surnames"}
LADDER = {model: ARMS[model] for model in ("fc", "window-1", "window-2", "attention-position")}


def pair(**arms: str) -> dict:
    """The two models on surnames."""
    return {name: {**NAMES, "model": model} for name, model in arms.items()}


EXPERIMENTS = {
    "to-vectors": Experiment(
        lab="walk",
        controls=(
            Choice(id="source", options=("words", "speech", "graph"), default="words", live=True),
            Choice(id="coding", options=("one-hot", "embedding"), default="one-hot", live=True),
            Text(id="sentence", default="cat dog rabbit tree flower run", live=True),
            Draw(id="pitch", count=24, lo=0, hi=1, default=RISING, live=True),
            Choice(id="shift", options=("5", "10", "20"), default="10", live=True),
            Choice(id="graph", options=("friends", "water", "ethanol"), default="friends", live=True),
            Seed(),
        ),
        views=(
            View(id="heat", kind="grid"),
            View(id="distances", kind="grid", when=only("words")),
            View(id="pitch", kind="curve", moves="pitch", when=only("speech")),
            View(id="graph", kind="diagram", when=only("graph")),
            View(id="bars", kind="bars"),
        ),
        actions=(
            Action("one-hot", ONE_HOT),
            Action("embedding", EMBEDDING),
            Action("speech", {**SPEECH, "shift": "10"}),
            Action("friends", {**GRAPH, "graph": "friends"}),
            Action("ethanol", {**GRAPH, "graph": "ethanol"}),
        ),
        claims=(
            alone("equal", ONE_HOT, EMBEDDING),
            alone("closer", EMBEDDING, ONE_HOT, "statistical"),
            alone("hundred", SPEECH, {**SPEECH, "shift": "20"}),
        ),
        build="run:to_vectors",
    ),
    "label-shape": Experiment(
        lab="sort",
        controls=(ARRANGE,),
        views=(View(id="cards", kind="cards", moves="tasks"), View(id="bars", kind="bars")),
        claims=(
            exact("speaker", {"sorted": first_card(2)}, {"sorted": first_card(1)}),
            exact("all-right", {"sorted": sorted_cards(ARRANGE, TASKS)},
                  {"sorted": sorted_cards(ARRANGE, TASKS, translation="each", summary="one")}),
        ),
        build="run:label_shape",
    ),
    "i-saw-a-saw": Experiment(
        lab="seq",
        controls=(
            Choice(id="model", options=MODELS, default="fc", live=True),
            Choice(id="task", options=("saw", "surnames"), default="saw"),
            Pick(id="example", count=40),
            Seed(),
        ),
        channels=(
            *FALLING,
            Channel("validation-loss", role="validation", sparse=True),
            Channel("validation-accuracy", role="validation", sparse=True),
        ),
        views=(
            View(id="models", kind="bars"),
            View(id="tokens", kind="tokens"),
            View(id="curve", kind="curve", series=("validation-accuracy",)),
            View(id="places", kind="bars"),
            View(id="maps", kind="grid", when=LOOKING),
        ),
        actions=(
            *(Action(model, ARMS[model]) for model in ("fc", "window-2", "attention-position")),
            run("surnames", **NAMES),
            run("saw", task="saw"),
            Action("next"),
        ),
        claims=(
            alone("blind", ARMS["fc"], ARMS["window-1"], "statistical", name="fc"),
            claim("ladder", LADDER, {**LADDER, "attention-position": ARMS["attention"]}),
            alone("needs-places", ARMS["attention"], ARMS["attention-position"], "statistical", name="attention"),
            claim("names", pair(fc="fc", attention="attention-position"), pair(fc="fc", attention="fc")),
        ),
        arms=Race(arms=ARMS),
        build="run:tagger",
        pace=2,
    ),
}  # fmt: skip
