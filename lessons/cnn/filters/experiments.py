"""Two filters found back from their maps, a field that grows layer by layer, and one map told in two stories."""

from lessons.spec import Action, Cells, Channel, Choice, Claim, Experiment, Number, Pick, Seed, View

ROWS = ("100001", "010010", "001100", "100010", "010010", "001010")
IMAGE = tuple(float(bit) for row in ROWS for bit in row)
FLAT, DOT = (1.0,) * 36, tuple(float(k == 14) for k in range(36))
DIAGONAL = (1.0, -1.0, -1.0, -1.0, 1.0, -1.0, -1.0, -1.0, 1.0)
UPRIGHT = (-1.0, 1.0, -1.0) * 3
PLUS = (-1.0, 1.0, -1.0, 1.0, 1.0, 1.0, -1.0, 1.0, -1.0)


def exact(id: str, check: str, arm: dict, counter: dict) -> Claim:
    return Claim(id=id, check=f"run:{check}", arms={"run": arm}, counter={"run": counter}, kind="exact")


def again(id: str, image: tuple = IMAGE, teacher: tuple = DIAGONAL) -> Action:
    return Action(id, {"image": image, "teacher": teacher, "rate": 0.2}, run=True)


def net(id: str, layers: int = 3, kernel: int = 3, halve: str = "none") -> Action:
    return Action(id, {"layers": layers, "kernel": kernel, "halve": halve}, run=True)


def story(id: str, weights: str = "shared", bias: str = "0", filter: str = "1") -> Action:
    return Action(id, {"weights": weights, "bias": bias, "filter": filter}, run=True)


EXPERIMENTS = {
    "recover": Experiment(
        lab="walk",
        controls=(
            Pick(id="pixel", count=16),
            Choice(id="which", options=("1", "2"), default="1"),
            Cells(id="image", rows=6, cols=6, lo=0, hi=1, step=1, default=IMAGE, live=False),
            Cells(id="teacher", rows=3, cols=3, lo=-1, hi=1, step=1, default=DIAGONAL, live=False),
            Number(id="rate", lo=0.01, hi=3, default=0.2, values=(0.02, 0.05, 0.1, 0.2, 0.5, 1, 2), live=True),
            Seed(),
        ),
        channels=(Channel("loss"), Channel("gradient-norm", role="norm")),
        views=(
            View(id="filters", kind="images"),
            View(id="map", kind="grid", moves="pixel"),
            View(id="numbers", kind="numbers"),
            View(id="picture", kind="cube", moves="image"),
            View(id="wanted", kind="grid"),
            View(id="teacher", kind="grid", moves="teacher"),
            View(id="loss", kind="curve", series=("loss",), log=True),
        ),
        actions=(
            again("lecture"),
            again("flat", FLAT),
            again("dot", DOT),
            again("plus", teacher=PLUS),
        ),
        claims=(
            exact("lecture", "as_in_the_lecture", {}, {"teacher": UPRIGHT}),
            Claim(id="recovered", check="run:recovered", arms={"run": {}}, counter={"run": {"image": FLAT}}),
            Claim(id="dot", check="run:recovered", arms={"run": {"image": DOT}}, counter={"run": {"image": FLAT}}),
        ),
        build="run:Recover",
        pace=3,
    ),
    "grow": Experiment(
        lab="walk",
        controls=(
            Number(id="layers", lo=1, hi=6, default=3, scale="integer", steps=5),
            Number(id="kernel", lo=1, hi=5, default=3, scale="integer", values=(1, 3, 5)),
            Choice(id="halve", options=("none", "stride", "pool"), default="none"),
            Pick(id="place", count=9, default=4),
        ),
        channels=(Channel("value"),),
        views=(
            View(id="image", kind="grid"),
            View(id="numbers", kind="numbers"),
            View(id="output", kind="grid", moves="place"),
        ),
        actions=(
            net("six", 6),
            net("stride", halve="stride"),
            net("pool", halve="pool"),
            net("single", 1, 5),
            net("ones", kernel=1),
        ),
        claims=(
            exact("three", "seven", {}, {"kernel": 1}),
            exact("six", "thirteen", {"layers": 6}, {"layers": 5}),
            exact("faster", "over_seven", {"halve": "stride"}, {}),
        ),
        build="run:Grow",
        pace=0.02,
    ),
    "stories": Experiment(
        lab="walk",
        controls=(
            Choice(id="filter", options=("1", "2"), default="1"),
            Choice(id="weights", options=("shared", "own"), default="shared"),
            Choice(id="bias", options=("0", "1"), default="0"),
            Pick(id="place", count=16),
            Seed(),
        ),
        channels=(Channel("value"),),
        views=(
            View(id="neurons", kind="grid", moves="place"),
            View(id="sweep", kind="grid", moves="place"),
            View(id="numbers", kind="numbers"),
            View(id="difference", kind="grid"),
            View(id="window", kind="cube"),
        ),
        actions=(
            story("second", filter="2"),
            story("bias", bias="1"),
            story("own", "own"),
        ),
        claims=(
            exact("same", "no_difference", {}, {"weights": "own"}),
            exact("nine", "nine", {}, {"weights": "own"}),
            exact("bias", "one_more", {"bias": "1"}, {"bias": "0"}),
        ),
        build="run:Stories",
        pace=0.06,
    ),
}  # fmt: skip
