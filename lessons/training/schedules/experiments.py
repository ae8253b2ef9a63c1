"""η over time: decay drawn by hand against the eruptions, warm-up of a deep net, an optimizer put together."""

from lessons.labs.pieces import FALLING, claim, curves, exact, run
from lessons.spec import Choice, Claim, Draw, Experiment, Number, Race, Seed, View

HAND = (0.0, -0.2, -0.5, -0.8, -1.0, -1.2, -1.3, -1.4, -1.5, -1.6, -1.7)  # log₁₀ of η's factor
RISE = (-2.5, -1.9, -1.4, -1.0, -0.6, -0.3, 0.0, 0.0, -0.2, -0.4, -0.6)
PLANS = ("none", "inverse-sqrt", "exponential", "step", "drawn")
STARTS = ("warm-up", "wait", "drawn", "none")
PEAKS = (0.001, 0.003, 0.01, 0.03, 0.05)
SURFACES = ("hills", "bowl", "crescent", "cp10")
PLANE = View(id="plane", kind="plane")
SIGMAS, SATURATED = View(id="sigmas", kind="hist"), View(id="saturated", kind="bars")
PLAN = View(id="plan", kind="curve", moves="heights")


def plans(*names: str) -> dict:
    return {name: {"schedule": name, "optimizer": "mean-rms"} for name in names}


def constant(*names: str) -> dict:
    """Arms of these names, all with constant η."""
    return {name: plans("none")["none"] for name in names}


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
        channels=FALLING,
        views=(PLANE, PLAN, View(id="table", kind="table"), *curves("off", "loss")),
        actions=(
            run("race"),
            run("flat", heights=(0.0,) * len(HAND)),
            run("hand", heights=HAND),
            run("hundred", updates="100000"),
        ),
        claims=(
            exact("calms", plans("none", "inverse-sqrt"), constant("none", "inverse-sqrt")),
            exact("same-way", {**plans("inverse-sqrt"), **ADAGRAD}, {**constant("inverse-sqrt"), **ADAGRAD}),
            exact(
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
        channels=FALLING,
        views=(PLAN, *curves("losses", "accuracy"), SIGMAS, SATURATED),
        actions=(
            run("race"),
            run("gentle", rate=0.003),
            run("short", warm=10),
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
        channels=FALLING,
        views=(PLANE, View(id="form", kind="table"), *curves("steps", "means", "loss")),
        actions=(
            run("gd", **form("g", "one")),
            run("sgdm", **form("momentum", "one")),
            run("rmsprop", **form("g")),
            run("adam", **form("momentum")),
            run("all", **form("momentum", plan="cosine")),
        ),
        claims=(
            exact("trembles", built("g"), built("g", plan="cosine")),
            exact("calmer", built("momentum"), built("g")),
            exact("all-four", built("momentum"), built("momentum", "one")),
            exact("rests", built("momentum", plan="cosine"), built("momentum")),
        ),
        arms=Race(arms={one: {"surface": one} for one in SURFACES}),
        build="run:builder",
        pace=12,
    ),
}
