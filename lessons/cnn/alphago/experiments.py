"""What the sections run: four nets on Go boards, and fields of three shapes on spectrograms."""

from lessons.spec import Action, Cells, Channel, Choice, Claim, Experiment, Number, Pick, Race, Seed, View

NETS = ("full", "pooled", "dense", "plain")
FIELDS = ("tall", "square", "wide")
STONES = {(3, 4): 1, (5, 4): 1, (4, 3): 1, (4, 4): -1}
BOARD = tuple(STONES.get((row, column), 0) for row in range(9) for column in range(9))
TRAINED = (
    Channel("loss"),
    Channel("gradient-norm", role="norm"),
    Channel("validation-accuracy", role="validation", sparse=True),
)


def nets(**arms: str) -> dict[str, dict]:
    return {arm: {"net": net} for arm, net in arms.items()}


def fields(**arms: str) -> dict[str, dict]:
    return {arm: {"field": field} for arm, field in arms.items()}


EXPERIMENTS = {
    "go": Experiment(
        lab="net",
        controls=(
            Choice(id="net", options=NETS, default="plain", live=True),
            Cells(id="board", rows=9, cols=9, lo=-1, hi=1, step=1, default=BOARD),
            Seed(),
        ),
        actions=(Action("right"), Action("down")),
        channels=TRAINED,
        views=(
            View(id="stones", kind="grid", moves="board"),
            View(id="answer", kind="images"),
            View(id="table", kind="table"),
            View(id="thinned", kind="grid"),
            View(id="curve", kind="curve"),
        ),
        claims=(
            Claim(
                id="no-pool",
                check="run:pooling_loses",
                arms=nets(without="dense", pooled="pooled"),
                counter=nets(without="dense", pooled="dense"),
            ),
            Claim(
                id="follows",
                check="run:follows",
                arms=nets(full="full", plain="plain"),
                counter=nets(full="full", plain="full"),
            ),
        ),
        arms=Race(arms=nets(full="full", pooled="pooled", dense="dense", plain="plain")),
        pace=1.2,
    ),
    "sound": Experiment(
        lab="net",
        controls=(
            Choice(id="field", options=FIELDS, default="tall", live=True),
            Number(id="noise", lo=0.1, hi=1, default=0.6, values=(0.2, 0.4, 0.6, 0.8, 1)),
            Pick(id="example", count=400),
            Seed(),
        ),
        actions=(Action("quiet", {"noise": 0.2}, run=True), Action("loud", {"noise": 0.8}, run=True)),
        channels=TRAINED,
        views=(
            View(id="spectrogram", kind="grid"),
            View(id="fields", kind="table"),
            View(id="filters", kind="images"),
            View(id="hearing", kind="curve"),
        ),
        claims=(
            Claim(
                id="shape-fits",
                check="run:shape_fits",
                arms=fields(tall="tall", wide="wide"),
                counter=fields(tall="wide", wide="wide"),
            ),
        ),
        arms=Race(arms=fields(tall="tall", square="square", wide="wide")),
        pace=0.75,
    ),
}
