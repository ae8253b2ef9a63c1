"""Three clouds with numbers or vectors for names, softmax bar by bar, a ledger of likelihood, two surfaces."""

from lessons.labs.pieces import alone, claim, exact, run
from lessons.spec import Action, Channel, Choice, Experiment, Number, Point, Race, Seed, View

CORNER, FAR, NEAR, MILD = ((-float(far), float(far)) for far in (10, 8, 5, 2))
AT_HOME, ABROAD = (0.3, 1.6), (2.6, -1.5)


def logits(*values: float) -> dict:
    return {f"y{k}": value for k, value in enumerate(values, 1)}


NUMBERS, VECTORS = {"labels": "numbers"}, {"labels": "vectors"}
BOTH, TWICE = {"vectors": VECTORS, "numbers": NUMBERS}, {"vectors": VECTORS, "numbers": VECTORS}
WIDE, ROW = {"width": "16"}, {"data": "row"}
MSE, CE = {"loss": "mse"}, {"loss": "cross-entropy"}
RACE = {"cross-entropy": CE, "mse": MSE}


def ball(id: str, start: tuple[float, float]) -> Action:
    """The race from another place."""
    return Action(id, {"start": start, "rate": 0.5, "updates": "300", "optimizer": "gd"}, run=True)


EXPERIMENTS = {
    "codes": Experiment(
        lab="net",
        controls=(
            Choice(id="labels", options=("numbers", "vectors"), default="numbers"),
            Choice(id="middle", options=("a", "b", "c"), default="b"),
            Choice(id="width", options=("0", "4", "16"), default="0"),
            Choice(id="data", options=("triangle", "row"), default="triangle"), Seed(),
        ),
        channels=(
            Channel("loss"),
            Channel("gradient-norm", role="norm"),
            Channel("accuracy", role="validation", sparse=True),
        ),
        views=(
            View(id="plane-numbers", kind="plane"),
            View(id="plane-vectors", kind="plane"),
            View(id="bars", kind="bars"),
            View(id="accuracy", kind="curve", series=("accuracy",)),
        ),
        actions=(
            run("other-middle", middle="a", width="0", data="triangle"),
            run("large-net", middle="b", width="16", data="triangle"),
            run("grades", middle="b", width="0", data="row"),
        ),
        claims=(
            claim("band", BOTH, TWICE),
            claim("isolates", BOTH, TWICE),
            alone("any-net", {**NUMBERS, **WIDE}, {**VECTORS, **WIDE}, kind="statistical", name="numbers"),
            claim("grades", {name: {**own, **ROW} for name, own in BOTH.items()}, BOTH),
        ),
        arms=Race(arms=BOTH),
        build="run:codes",
        pace=2,
    ),
    "softmax": Experiment(
        lab="walk",
        controls=(
            *(Number(id=f"y{k}", lo=-10, hi=10, default=y, steps=40, live=True) for k, y in ((1, 3), (2, 1), (3, -3))),
            Number(id="temperature", lo=0.1, hi=10, default=1, live=True, values=(0.1, 0.2, 0.5, 1, 2, 5, 10)),
        ),
        views=(
            View(id="logits", kind="bars"),
            View(id="exps", kind="bars"), View(id="shares", kind="bars"),
            View(id="numbers", kind="numbers"),
        ),
        actions=(
            Action("lecture", {**logits(3, 1, -3), "temperature": 1}),
            Action("plus-five", {**logits(8, 6, 2), "temperature": 1}),
            Action("cold", {**logits(3, 1, -3), "temperature": 0.1}),
            Action("hot", {**logits(3, 1, -3), "temperature": 10}),
            Action("two", {**logits(3, 1, -10), "temperature": 1}),
        ),
        claims=(
            alone("lecture", {}, {"temperature": 2}, check="as_in_the_lecture", name="walk"),
            alone("shift", logits(8, 6, 2), logits(8, 1, -3), check="unshifted", name="walk"),
            alone("sigmoid", {"y3": -10}, {"y3": -10, "temperature": 2}, check="as_sigmoid", name="walk"),
        ),
        build="run:Softmax",
    ),
    "ledger": Experiment(
        lab="walk",
        controls=(
            Point(id="sixth", lo=(-3.0, -3.0), hi=(3.0, 3.0), default=AT_HOME, live=True),
            Number(id="scale", lo=0, hi=5, default=2, values=(0, 0.5, 1, 2, 3, 5), live=True),
            Choice(id="loss", options=("cross-entropy", "mse"), default="cross-entropy", live=True),
        ),
        views=(
            View(id="numbers", kind="numbers"),
            View(id="costs", kind="bars"),
            View(id="table", kind="table"),
            View(id="plane", kind="plane", moves="sixth"),
        ),
        actions=(
            Action("home", {"sixth": AT_HOME, "scale": 2, "loss": "cross-entropy"}),
            Action("abroad", {"sixth": ABROAD, "scale": 2, "loss": "cross-entropy"}),
            Action("squared", {"sixth": ABROAD, "scale": 2, "loss": "mse"}),
            Action("unsure", {"sixth": ABROAD, "scale": 0, "loss": "cross-entropy"}),
        ),
        claims=(
            alone("likelihood", {}, {"loss": "mse"}, check="same_thing", name="ledger"),
            alone("dominates", {"sixth": ABROAD}, {"sixth": AT_HOME}, name="ledger"),
            alone("bounded", {"sixth": ABROAD, "loss": "mse"}, {"sixth": ABROAD}, name="ledger"),
        ),
        build="run:Ledger",
    ),
    "plateau": Experiment(
        lab="surface",
        controls=(
            Choice(id="loss", options=("mse", "cross-entropy"), default="mse"),
            Point(id="start", lo=(-10.0, -10.0), hi=(10.0, 10.0), default=CORNER),
            Number(id="rate", lo=0.1, hi=5, default=0.1, values=(0.1, 0.2, 0.5, 1, 2, 5), live=True),
            Choice(id="optimizer", options=("gd", "adam"), default="gd", live=True),
            Choice(id="updates", options=("300", "100000", "2000000"), default="300"),
        ),
        channels=(Channel("loss"),),
        views=(
            View(id="slope", kind="curve"),
            View(id="plane-mse", kind="plane", moves="start"),
            View(id="plane-ce", kind="plane", moves="start"),
            View(id="loss", kind="curve"),
        ),
        actions=(
            run("two-million", start=CORNER, rate=0.1, updates="2000000", optimizer="gd"),
            ball("far", FAR),
            ball("near", NEAR),
            ball("mild", MILD),
            run("adam", start=CORNER, rate=0.1, updates="300", optimizer="adam"),
        ),
        claims=(
            exact("arrives", RACE, {"cross-entropy": MSE, "mse": MSE}),
            alone("stuck", {**MSE, "updates": "100000"}, {**MSE, "updates": "100000", "start": MILD}, name="mse"),
            exact("flat", RACE, {name: {**own, "start": (0.0, 0.0)} for name, own in RACE.items()}),
        ),
        arms=Race(arms=RACE),
        build="run:plateau",
        pace=2,
    ),
}  # fmt: skip
