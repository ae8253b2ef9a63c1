"""SGD and SGDM in a valley, Adagrad and RMSProp after a huge gradient, Adam card by card, who uses what."""

from functools import partial

from lessons.labs.pieces import FALLING, alone, exact, run, sorted_cards
from lessons.spec import Action, Arrange, Cells, Channel, Choice, Claim, Experiment, Number, Point, Race, View

TEACHERS = {
    "resnet": "sgdm",
    "bert": "adam",
    "yolo": "sgdm",
    "transformer": "adam",
    "tacotron": "adam",
    "mask-rcnn": "sgdm",
    "big-gan": "adam",
    "maml": "adam",
}
ARRANGE = Arrange(id="models", cards=tuple(TEACHERS), bins=("adam", "sgdm"))


sorted_with = partial(sorted_cards, ARRANGE, TEACHERS)


def first_card(bin: int) -> dict:
    """Only the first card laid down."""
    return {"models": (bin,) + (0,) * (len(TEACHERS) - 1)}


SGD, SGDM = {"optimizer": "sgd"}, {"optimizer": "sgdm"}
HUGE, CALM = {"first": "huge"}, {"first": "calm"}
ADAGRAD, RMSPROP = {"optimizer": "adagrad"}, {"optimizer": "rmsprop"}
FIVE = (4.0, 2.0, -2.0, 1.0, 0.1)
ZIGZAG, STEADY = (1.0, -1.0, 1.0, -1.0, 1.0), (1.0,) * 5
HUNDREDFOLD = tuple(100 * g for g in FIVE)


def big_first(optimizer: str, arms: Race, claims: tuple[Claim, ...], views: tuple[str, ...]) -> Experiment:
    """A gradient of `size` at update 1, then gradients of 1."""
    kinds = {"rates": "curve", "theta": "curve", "squares": "curve", "table": "table", "numbers": "numbers"}
    return Experiment(
        lab="surface",
        controls=(
            Choice(id="first", options=("huge", "calm"), default="huge"),
            Choice(id="optimizer", options=("adagrad", "rmsprop"), default=optimizer),
            Number(id="size", lo=1, hi=1e5, default=1000, scale="log", values=(1, 10, 100, 1000, 1e4, 1e5)),
            Number(id="decay", lo=0, hi=0.999, default=0.9, values=(0, 0.5, 0.9, 0.99, 0.999), live=True),
            Number(id="rate", lo=0.1, hi=10, default=1, values=(0.1, 0.5, 1, 2, 5, 10), live=True),
        ),
        channels=tuple(Channel(one) for one in ("gradient", "move", "theta", "rate", "squares")),
        views=tuple(View(id=one, kind=kinds[one]) for one in views),
        actions=tuple(Action(id, {"decay": value}, run=True) for id, value in (("short", 0.9), ("long", 0.999)))
        if optimizer == "rmsprop"
        else tuple(Action(id, {"size": value}, run=True) for id, value in (("ten", 10), ("million", 1e5))),
        claims=claims,
        arms=arms,
        build="run:big_first",
        pace=4,
    )  # fmt: skip


EXPERIMENTS = {
    "valley": Experiment(
        lab="surface",
        controls=(
            Choice(id="optimizer", options=("sgd", "sgdm"), default="sgdm"),
            Number(id="momentum", lo=0, hi=0.99, default=0.9, values=(0, 0.5, 0.8, 0.9, 0.95, 0.99), live=True),
            Number(id="rate", lo=0.001, hi=0.019, default=0.009, steps=18, live=True),
            Point(id="start", lo=(-9.0, -1.4), hi=(11.0, 1.4), default=(10.0, 1.0)),
        ),
        channels=FALLING,
        views=(View(id="plane", kind="plane", moves="start"), View(id="loss", kind="curve")),
        actions=(
            run("usual", momentum=0.9),
            run("without", momentum=0.0),
            run("ring", momentum=0.99),
        ),
        claims=(
            exact("faster", {"sgd": SGD, "sgdm": SGDM}, {"sgd": SGD, "sgdm": {**SGDM, "momentum": 0.0}}),
            exact("rings", {"sgd": {**SGD, "momentum": 0.99}, "sgdm": {**SGDM, "momentum": 0.99}},
                  {"sgd": {**SGD, "momentum": 0.9}, "sgdm": {**SGDM, "momentum": 0.9}}),
        ),
        arms=Race(arms={"sgd": SGD, "sgdm": SGDM}),
        build="run:valley",
        pace=3,
    ),
    "sums": big_first(
        "adagrad",
        Race(arms={"calm": CALM, "huge": HUGE}),
        (
            alone("never-recovers", HUGE, CALM, name="huge"),
            exact("only-shrinks", {"calm": CALM, "huge": HUGE},
                  {"calm": {**CALM, **RMSPROP}, "huge": {**HUGE, **RMSPROP}}),
        ),
        ("rates", "table", "numbers", "theta"),
    ),
    "forgets": big_first(
        "rmsprop",
        Race(arms={"adagrad": ADAGRAD, "rmsprop": RMSPROP}),
        (
            exact("recovers", {"adagrad": ADAGRAD, "rmsprop": RMSPROP},
                  {"adagrad": ADAGRAD, "rmsprop": {**RMSPROP, "decay": 0.999}}),
            alone("half-life", RMSPROP, {**RMSPROP, "decay": 0.99}, check="fades", name="rmsprop"),
        ),
        ("rates", "table", "numbers", "squares"),
    ),
    "cards": Experiment(
        lab="walk",
        controls=(
            Cells(id="gradients", rows=1, cols=5, lo=-400, hi=400, step=0.5, default=FIVE),
            Choice(id="optimizer", options=("adam", "adam-biased", "rmsprop", "momentum"), default="adam", live=True),
        ),
        views=(
            View(id="table", kind="table"),
            View(id="numbers", kind="numbers"),
            View(id="steps", kind="bars", moves="gradients"),
        ),
        actions=(
            Action("corrected", {"optimizer": "adam", "gradients": FIVE}),
            Action("uncorrected", {"optimizer": "adam-biased", "gradients": FIVE}),
            Action("hundredfold", {"optimizer": "adam", "gradients": HUNDREDFOLD}),
            Action("steady", {"optimizer": "adam", "gradients": STEADY}),
            Action("zigzag", {"optimizer": "adam", "gradients": ZIGZAG}),
        ),
        claims=(
            alone("first-step", {}, {"optimizer": "adam-biased"}, check="first_is_rate", name="cards"),
            alone("any-scale", {"gradients": HUNDREDFOLD},
                  {"gradients": HUNDREDFOLD, "optimizer": "momentum"}, check="same_steps", name="cards"),
            alone("zigzag", {"gradients": ZIGZAG}, {"gradients": ZIGZAG, "optimizer": "rmsprop"},
                  check="cancels", name="cards"),
        ),
        build="run:Cards",
    ),
    "history": Experiment(
        lab="sort",
        controls=(ARRANGE,),
        views=(View(id="cards", kind="cards", moves="models"), View(id="bars", kind="bars")),
        claims=(
            alone("resnet", first_card(2), first_card(1), check="resnet_right", name="sorted"),
            alone("two-camps", sorted_with(), sorted_with(bert="sgdm"), check="all_right", name="sorted"),
        ),
        build="run:history",
    ),
}  # fmt: skip
