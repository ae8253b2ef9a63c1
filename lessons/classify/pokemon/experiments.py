"""Water and Normal Pokémon in a book, a line that far points pull, two boxes of balls."""

from lessons.labs.pieces import alone, run, whole
from lessons.spec import Action, Cells, Channel, Choice, Experiment, Number, Pick, Point, Seed, View

STATS = ("total", "hp", "attack", "defense", "sp-attack", "sp-defense", "speed")
SQUIRTLE, PIKACHU = 0, 208
IN_HAND = {"who": PIKACHU}
HOME, WRONG, BESIDE = (8.0, -6.0), (-3.0, 3.0), (1.2, -0.6)
BOXES = {"prior": 2 / 3, "blue1": 0.8, "blue2": 0.4}
EVEN = {**BOXES, "prior": 0.5}
WATER = {"prior": 79 / 140, "blue1": 53 / 79, "blue2": 21 / 61}  # blue: a defense of 65 and more


def chance(id: str) -> Number:
    return Number(id=id, lo=0, hi=1, default=BOXES[id], steps=20)


EXPERIMENTS = {
    "pokedex": Experiment(
        lab="gauss",
        controls=(
            Pick(id="who", count=209, default=SQUIRTLE),
            Choice(id="across", options=STATS, default="defense", live=True),
            Choice(id="up", options=STATS, default="sp-defense", live=True),
            Choice(id="features", options=("6", "7"), default="7", live=True),
            whole("cut", 400, 152, 252, 387, 400, 494, 650, live=True),
            Cells(id="said", rows=1, cols=12, lo=0, hi=2, step=1, default=(0,) * 12),
            Seed(),
        ),
        views=(
            View(id="plane", kind="plane", moves="who"),
            View(id="numbers", kind="numbers"),
            View(id="strangers", kind="table"),
            View(id="table", kind="table", moves="who"),
        ),
        actions=(
            Action("pikachu", IN_HAND),
            Action("say-water"),
            Action("say-normal"),
            Action("again"),
        ),
        claims=(
            alone("counts", IN_HAND, {**IN_HAND, "cut": 494}),
            alone("prior", IN_HAND, {**IN_HAND, "cut": 494}),
            alone("dependent", IN_HAND, {**IN_HAND, "features": "6"}),
        ),
        build="run:Dex",
    ),
    "too-correct": Experiment(
        lab="gauss",
        controls=(
            Point(id="far", lo=(-4.0, -8.0), hi=(10.0, 3.5), default=HOME, live=True),
            whole("count", 0, 0, 5, 10, 15, 20, 30, 40, live=True),
            Seed(),
        ),
        views=(
            View(id="plane", kind="plane", moves="far"),
            View(id="table", kind="table"),
            View(id="costs", kind="curve"),
        ),
        actions=(
            Action("add", {"count": 15, "far": HOME}),
            Action("remove", {"count": 0}),
            Action("nearer", {"count": 15, "far": BESIDE}),
            Action("wrong-side", {"count": 15, "far": WRONG}),
        ),
        claims=(
            alone("swings", {"count": 15}, {"count": 15, "far": BESIDE}, kind="statistical"),
            alone("burden", {"count": 15}, {"count": 15, "far": BESIDE}, kind="statistical"),
            alone("steady", {"count": 40}, {"count": 40, "far": WRONG}, kind="statistical"),
        ),
        build="run:Rivals",
    ),
    "boxes": Experiment(
        lab="population",
        controls=(chance("prior"), chance("blue1"), chance("blue2"), Seed()),
        channels=(Channel("frequency"), Channel("bayes", role="norm")),
        views=(
            View(id="curve", kind="curve"),
            View(id="numbers", kind="numbers"),
            View(id="bars", kind="bars"),
        ),
        actions=(run("lecture", **BOXES), run("even", **EVEN), run("pokemon", **WATER)),
        claims=(
            alone("frequency", {}, {"prior": 1 / 3}, kind="statistical"),
            alone("accident", EVEN, BOXES),
            alone("water", WATER, {**WATER, "prior": 0.5}),
        ),
        build="run:Boxes",
        pace=8,
    ),
}
