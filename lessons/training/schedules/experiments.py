"""η over time: decay drawn by hand against the eruptions, warm-up of a deep net, an optimizer put together."""

from lessons.spec import Action, Channel, Choice, Claim, Draw, Experiment, Number, Race, Seed, View

HAND = (0.0, -0.2, -0.5, -0.8, -1.0, -1.2, -1.3, -1.4, -1.5, -1.6, -1.7)  # log₁₀ of η's factor
RISE = (-2.5, -1.9, -1.4, -1.0, -0.6, -0.3, 0.0, 0.0, -0.2, -0.4, -0.6)
PLANS = ("none", "inverse-sqrt", "exponential", "step", "drawn")
STARTS = ("warm-up", "wait", "drawn", "none")
PEAKS = (0.001, 0.003, 0.01, 0.03, 0.05)
SURFACES = ("hills", "bowl", "crescent", "cp10")
SERIES = (Channel("loss"), Channel("gradient-norm", role="norm"))
PLANE = View(id="plane", kind="plane")
SIGMAS, SATURATED = View(id="sigmas", kind="hist"), View(id="saturated", kind="bars")
PLAN = View(id="plan", kind="curve", moves="heights")


def curves(*ids: str) -> tuple[View, ...]:
    return tuple(View(id=id, kind="curve") for id in ids)


def plans(*names: str) -> dict:
    return {name: {"schedule": name, "optimizer": "mean-rms"} for name in names}


def constant(*names: str) -> dict:
    """Arms of these names, all with constant η."""
    return {name: plans("none")["none"] for name in names}


def claim(id: str, arms: dict, counter: dict, kind: str = "exact") -> Claim:
    return Claim(id=id, check="run:" + id.replace("-", "_"), arms=arms, counter=counter, kind=kind)


def hand(heights: tuple[float, ...]) -> Draw:
    return Draw(id="heights", count=len(heights), lo=-3.0, hi=0.5, default=heights)


def starts(*names: str, as_: str = "") -> dict:
    return {name: {"schedule": as_ or name} for name in names}


def trial(id: str, *names: str, as_: str) -> Claim:
    """Two starts; in the counter both are the one named."""
    return claim(id, starts(*names), starts(*names, as_=as_), "statistical")


def built(mean: str, scale: str = "rmsprop", plan: str = "constant") -> dict:
    """The same optimizer on all four surfaces."""
    return {one: {"surface": one, "mean": mean, "scale": scale, "plan": plan} for one in SURFACES}


def form(mean: str, scale: str = "rmsprop", plan: str = "constant") -> dict:
    return {"mean": mean, "scale": scale, "plan": plan}


ADAGRAD = {"adagrad": {"schedule": "none", "optimizer": "adagrad"}}

EXPERIMENTS = {
    "decay": Experiment(
        lab="surface",
        controls=(
            Choice(id="schedule", options=PLANS, default="drawn", live=True),
            hand(HAND),
            Number(id="rate", lo=0.1, hi=3, default=1.0, values=(0.1, 0.3, 1.0, 2.0, 3.0), live=True),
            Choice(id="optimizer", options=("mean-rms", "adagrad"), default="mean-rms", live=True),
            Choice(id="updates", options=("5000", "20000", "100000"), default="20000"),
        ),
        channels=SERIES,
        views=(PLANE, PLAN, View(id="table", kind="table"), *curves("off", "loss")),
        actions=(
            Action("race", run=True),
            Action("flat", {"heights": (0.0,) * len(HAND)}, run=True),
            Action("hand", {"heights": HAND}, run=True),
            Action("hundred", {"updates": "100000"}, run=True),
        ),
        claims=(
            claim("calms", plans("none", "inverse-sqrt"), constant("none", "inverse-sqrt")),
            claim("same-way", {**plans("inverse-sqrt"), **ADAGRAD}, {**constant("inverse-sqrt"), **ADAGRAD}),
            claim(
                "not-too-soon", plans("inverse-sqrt", "exponential"), constant("inverse-sqrt", "exponential")
            ),
        ),
        arms=Race(arms={**plans(*PLANS[:-1]), **ADAGRAD, **plans("drawn")}),
        build="run:decay",
        pace=80,
    ),
    "warmup": Experiment(
        lab="net",
        controls=(
            Choice(id="schedule", options=STARTS, default="none", live=True),
            Number(id="rate", lo=0.001, hi=0.1, default=0.03, scale="log", values=PEAKS, live=True),
            Number(id="warm", lo=1, hi=400, default=200, scale="integer", values=(10, 30, 50, 100, 200, 400)),
            hand(RISE),
            Number(id="depth", lo=2, hi=10, default=8, scale="integer", values=(2, 4, 6, 8, 10)),
            Seed(),
        ),
        channels=SERIES,
        views=(PLAN, *curves("losses", "accuracy"), SIGMAS, SATURATED),
        actions=(
            Action("race", run=True),
            Action("gentle", {"rate": 0.003}, run=True),
            Action("short", {"warm": 10}, run=True),
        ),
        claims=(
            trial("warm-trains", "none", "warm-up", as_="none"),
            trial("distorts", "none", "warm-up", as_="none"),
            trial("wait-not-enough", "warm-up", "wait", as_="wait"),
            trial("up-then-down", "warm-up", "drawn", as_="warm-up"),
        ),
        arms=Race(arms=starts(*STARTS)),
        build="run:warmup",
        pace=2,
    ),
    "builder": Experiment(
        lab="surface",
        controls=(
            Choice(id="mean", options=("g", "momentum", "nesterov"), default="g"),
            Choice(id="scale", options=("one", "rms", "rmsprop", "amsgrad"), default="rmsprop"),
            Choice(id="plan", options=("constant", "decay", "warm-up", "cosine"), default="constant"),
            Number(id="rate", lo=0.1, hi=10, default=1.0, scale="log", values=(0.1, 0.3, 1.0, 3.0, 10.0)),
            Choice(id="surface", options=SURFACES, default="cp10", live=True),
        ),
        channels=SERIES,
        views=(PLANE, View(id="form", kind="table"), *curves("steps", "means", "loss")),
        actions=(
            Action("gd", form("g", "one"), run=True),
            Action("sgdm", form("momentum", "one"), run=True),
            Action("rmsprop", form("g"), run=True),
            Action("adam", form("momentum"), run=True),
            Action("all", form("momentum", plan="cosine"), run=True),
        ),
        claims=(
            claim("trembles", built("g"), built("g", plan="cosine")),
            claim("calmer", built("momentum"), built("g")),
            claim("all-four", built("momentum"), built("momentum", "one")),
            claim("rests", built("momentum", plan="cosine"), built("momentum")),
        ),
        arms=Race(arms={one: {"surface": one} for one in SURFACES}),
        build="run:builder",
        pace=12,
    ),
}
