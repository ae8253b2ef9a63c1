"""Cards in three steps and four ages, the lecture's network number by number, loops against matrices."""

from lessons.labs.pieces import NETWORK, alone, claim, run, sorted_cards, whole
from lessons.spec import Action, Arrange, Cells, Channel, Choice, Experiment, Pick, Point, Seed, View

STEPS = {
    "backprop": "best",
    "layers": "set",
    "activation": "set",
    "wiring": "set",
    "cross-entropy": "goodness",
    "mse": "goodness",
    "total": "goodness",
    "descent": "best",
    "adam": "best",
}
HISTORY = {
    "ilsvrc": "tens",
    "perceptron": "fifties",
    "rbm": "noughties",
    "backpropagation": "eighties",
    "gpu": "noughties",
    "limits": "fifties",
    "speech": "tens",
    "one-layer": "eighties",
    "mlp": "eighties",
}
PARTS = Arrange(id="parts", cards=tuple(STEPS), bins=("set", "goodness", "best"))
AGES = Arrange(id="history", cards=tuple(HISTORY), bins=("fifties", "eighties", "noughties", "tens"))

TURNED, HEAVY = (1.0, 2.0, *NETWORK[2:]), (*NETWORK[:2], 2.0, *NETWORK[3:])  # another weight, another bias
OTHER = (2.0, 1.0, -1.0, -2.0, 2.0, 0.0, 3.0, -2.0, 1.0, -1.0, -3.0, 1.0, -5.0, 2.0, 1.0, -3.0, 3.0, -1.0)
ONE, ZERO = (1.0, -1.0), (0.0, 0.0)
HOME = {"theta": NETWORK, "activation": "sigmoid"}

COUNTS = (1, 4, 16, 64, 256, 1024, 4096)
LOOPS, VECTORS, MATRIX = ({"way": way} for way in ("loops", "vectors", "matrix"))
FEW, MANY = {"count": 1}, {"count": 4096}


def backprop_in(bin: int) -> dict:
    """Only the card of backpropagation is laid down."""
    return {"parts": tuple(bin * (card == "backprop") for card in STEPS)}


def at(way: dict) -> dict:
    """One example, and 4096 of them."""
    return {"one": {**way, **FEW}, "many": {**way, **MANY}}


EXPERIMENTS = {
    "steps": Experiment(
        lab="sort",
        controls=(PARTS, AGES),
        views=(
            View(id="steps", kind="cards", moves="parts"),
            View(id="timeline", kind="cards", moves="history"),
        ),
        claims=(
            alone("backprop", backprop_in(3), backprop_in(2), check="is_a_way", name="cards"),
            alone("all-steps", sorted_cards(PARTS, STEPS), sorted_cards(PARTS, STEPS, mse="best"), name="cards"),
            alone("in-time", sorted_cards(AGES, HISTORY), sorted_cards(AGES, HISTORY, gpu="eighties"), name="cards"),
        ),
        build="run:Steps",
    ),
    "function": Experiment(
        lab="walk",
        controls=(
            Pick(id="unit", count=8, default=2),
            Point(id="x", lo=(-4.0, -4.0), hi=(4.0, 4.0), default=ONE, live=True),
            Cells(id="theta", rows=6, cols=3, lo=-8, hi=8, step=0.5, default=NETWORK),
            Choice(id="activation", options=("sigmoid", "relu", "identity"), default="sigmoid", live=True),
            Seed(),
        ),
        views=(
            View(id="diagram", kind="diagram", moves="unit"),
            View(id="numbers", kind="numbers"),
            View(id="table", kind="table"),
            View(id="plane", kind="plane", moves="x"),
            View(id="weights", kind="grid", moves="theta"),
        ),
        actions=(
            Action("one", {"x": ONE, **HOME}),
            Action("zero", {"x": ZERO, **HOME}),
            Action("other"),
            Action("next"),
            Action("identity", {"activation": "identity"}),
        ),
        claims=(
            alone("lecture", {}, {"theta": TURNED}, check="as_told", name="net"),
            alone("zero", {"x": ZERO}, {"x": ZERO, "theta": HEAVY}, check="as_told", name="net"),
            claim("function-set", {"a": {}, "b": {"theta": OTHER}}, {"a": {}, "b": {}}, "exact"),
            alone("bends", {}, {"activation": "identity"}, name="net"),
        ),
        build="run:Function",
    ),
    "matrices": Experiment(
        lab="walk",
        controls=(
            Pick(id="layer", count=3),
            whole("count", 1, *COUNTS),
            Choice(id="way", options=("matrix", "vectors", "loops"), default="matrix"),
            Choice(id="width", options=("2", "16", "64"), default="2"),
            Choice(id="slip", options=("none", "transposed"), default="none"),
            Seed(),
        ),
        channels=(Channel("multiplications"), Channel("calls")),
        views=(
            View(id="factors", kind="grid"),
            View(id="times", kind="curve"),
            View(id="numbers", kind="numbers"),
            View(id="clock", kind="table"),
        ),
        actions=(
            Action("next"),
            Action("many", {"count": 16}),
            run("measure", width="2"),
            run("wide", width="64"),
            Action("slip", {"slip": "transposed"}),
        ),
        claims=(
            alone("same", {}, {"slip": "transposed"}, check="same_answer", name="matrix"),
            claim("calls", at(MATRIX), at(VECTORS), "timing"),
            claim("work", {"loops": {**LOOPS, **MANY}, "matrix": {**MATRIX, **MANY}},
                  {"loops": {**LOOPS, **MANY}, "matrix": {**LOOPS, **MANY}}, "timing"),
        ),
        build="run:Matrices",
        pace=0.1,
    ),
}  # fmt: skip
