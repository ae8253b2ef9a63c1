"""A beak walks through a picture that neurons watch in pieces; a window slides and writes its products out."""

from lessons.spec import Action, Cells, Channel, Choice, Claim, Experiment, Number, Pick, View

BEAK = (1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0)
SIDE, PLACES = 12, 100  # of the picture; places of a 3×3 beak in it
MOST = 38**2  # places of the largest map
FILLS = ("zero", "mean", "edge")


def watch(height: int = 3, width: int = 3, stride: int = 3, channels: str = "all") -> dict:
    return {"height": height, "width": width, "stride": stride, "channels": channels, "beak": BEAK}


def slide(
    side: int = 7, kernel: int = 3, stride: int = 1, padding: int = 0, fill: str = "zero", **more
) -> dict:
    own = {"side": side, "kernel": kernel, "stride": stride, "padding": padding, "fill": fill}
    return {**own, "image": "lecture", **more}


def exact(id: str, check: str, arm: dict, counter: dict) -> Claim:
    return Claim(id=id, check=f"run:{check}", arms={"run": arm}, counter={"run": counter}, kind="exact")


def whole(id: str, lo: int, hi: int, default: int) -> Number:
    return Number(id=id, lo=lo, hi=hi, default=default, scale="integer", steps=hi - lo)


FLAT = {"image": "flat", "padding": 1}

EXPERIMENTS = {
    "fields": Experiment(
        lab="walk",
        controls=(
            whole("height", 3, SIDE, 3),
            whole("width", 3, SIDE, 3),
            whole("stride", 1, 4, 3),
            Choice(id="channels", options=("all", "red", "blue"), default="all"),
            Pick(id="place", count=PLACES),
            Cells(id="beak", rows=3, cols=3, lo=0, hi=1, step=1, default=BEAK),
        ),
        channels=(Channel("value"),),
        views=(
            View(id="seen", kind="grid", moves="place"),
            View(id="picture", kind="cube"),
            View(id="answers", kind="bars"),
            View(id="numbers", kind="numbers"),
            View(id="beak", kind="grid", moves="beak"),
        ),
        actions=(
            Action("overlap", watch(stride=1), run=True),
            Action("two", watch(stride=2), run=True),
            Action("larger", watch(4, 4, 2), run=True),
            Action("red", watch(stride=1, channels="red"), run=True),
            Action("blue", watch(stride=1, channels="blue"), run=True),
            Action("stripes", watch(3, SIDE, 1), run=True),
            Action("whole", watch(SIDE, SIDE, 1), run=True),
        ),
        claims=(
            exact("gaps", "side_by_side", watch(), watch(stride=1)),
            exact("overlap", "everywhere", watch(stride=1), watch(stride=2)),
            exact("larger", "everywhere", watch(4, 4, 2), watch(3, 3, 2)),
            exact("colour", "nowhere", watch(stride=1, channels="blue"), watch(stride=1, channels="red")),
        ),
        build="run:Fields",
        pace=0.4,
    ),
    "window": Experiment(
        lab="walk",
        controls=(
            whole("side", 6, 32, 7),
            whole("kernel", 1, 7, 3),
            whole("stride", 1, 3, 1),
            whole("padding", 0, 3, 0),
            Choice(id="fill", options=FILLS, default="zero"),
            Choice(id="image", options=("lecture", "flat"), default="lecture"),
            Pick(id="place", count=MOST),
        ),
        channels=(Channel("value"),),
        views=(
            View(id="map", kind="grid", moves="place"),
            View(id="window", kind="cube"),
            View(id="numbers", kind="numbers"),
            View(id="visits", kind="cube"),
        ),
        actions=(
            Action("six", slide(6), run=True),
            Action("strides", slide(stride=2), run=True),
            Action("same", slide(padding=1), run=True),
            Action("unseen", slide(8, 2, 3), run=True),
            Action("zeros", slide(**FLAT), run=True),
            Action("edges", slide(fill="edge", **FLAT), run=True),
        ),
        claims=(
            exact("size", "five", slide(), slide(stride=2)),
            exact("same", "as_large", slide(padding=1), slide()),
            exact("unseen", "unseen", slide(8, 2, 3), slide(8, 2, 2)),
            exact("border", "false_edge", slide(**FLAT), slide(fill="edge", **FLAT)),
        ),
        build="run:Window",
        pace=0.1,
    ),
}  # fmt: skip
