"""Teacher forcing and what it hides, scheduled sampling, copying, attention led along the diagonal."""

from lessons import spec
from lessons.spec import Action, Channel, Choice, Experiment, Number, Pick, Race, Seed, Sweep, View

EXAMPLE = Pick(id="example", count=32)
FORCES = ("none", "end", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
CHANNELS = (
    Channel("loss", role="smooth"),
    Channel("gradient-norm", role="norm"),
    Channel("validation-loss", role="validation", sparse=True),
    Channel("validation-accuracy", role="validation", sparse=True),
    Channel("alone", role="validation", sparse=True),
    Channel("whole", role="validation", sparse=True),
)
INPUTS = {"right": {"inputs": "right"}, "mixed": {"inputs": "mixed"}}
HEADS = {"plain": {"head": "plain"}, "copy": {"head": "copy"}}
LAMBDAS = (0.0, 0.25, 0.5, 1.0)
CURVE = (0.0, 0.0, 0.2, 0.4, 0.6, 0.8, 1.0, 1.0)


def race(id: str, check: str, arms: dict, **same) -> spec.Claim:
    """A claim about two arms of a race; in its counter the second one is changed by `same`."""
    first, second = arms
    return spec.Claim(
        id=id, check=check, arms=arms, counter={first: arms[first], second: {**arms[second], **same}}
    )


EXPERIMENTS = {
    "teacher": Experiment(
        lab="seq",
        controls=(
            Choice(id="decoder", options=("reads", "begins"), default="reads"),
            Choice(id="updates", options=("150", "300", "600"), default="300"),
            EXAMPLE,
            Seed(),
        ),
        channels=CHANNELS,
        views=(
            View(id="gap", kind="curve", series=("validation-accuracy", "alone")),
            View(id="tokens", kind="tokens"),
            View(id="places", kind="bars"),
        ),
        actions=(
            Action("longer", {"updates": "600"}, run=True),
            Action("begins", {"decoder": "begins"}, run=True),
            Action("again", {"decoder": "reads", "updates": "300"}, run=True),
        ),
        claims=tuple(
            spec.Claim(
                id=id,
                check=f"run:{check}",
                arms={"run": {"decoder": "reads"}},
                counter={"run": {"decoder": "begins"}},
            )
            for id, check in (("gap", "gap"), ("later-worse", "later_worse"))
        ),
        pace=2,
    ),
    "exposure": Experiment(
        lab="seq",
        controls=(
            Choice(id="inputs", options=("right", "mixed"), default="mixed"),
            Number(id="mix", lo=0, hi=1, default=1, steps=10),
            Choice(id="schedule", options=("linear", "sigmoid", "constant", "drawn"), default="linear"),
            spec.Draw(id="curve", count=8, lo=0, hi=1, default=CURVE),
            Choice(id="force", options=FORCES, default="none", live=True),
            EXAMPLE,
            Seed(),
        ),
        channels=CHANNELS,
        views=(
            View(id="alone-at", kind="curve"),
            View(id="tokens", kind="tokens"),
            View(id="shares", kind="curve", moves="curve"),
            View(id="alones", kind="curve", series=("alone",)),
        ),
        actions=(
            Action("error"),
            Action("no-error", {"force": "none"}),
            Action("half", {"mix": 0.5}, run=True),
            Action("drawn", {"schedule": "drawn"}, run=True),
        ),
        claims=(
            race("recovers", "run:recovers", INPUTS, mix=0),
            race("closes-gap", "run:closes_gap", INPUTS, mix=0),
        ),
        arms=Race(arms=INPUTS),
        pace=2,
    ),
    "copy-names": Experiment(
        lab="seq",
        controls=(
            Choice(id="head", options=("plain", "copy"), default="copy"),
            spec.Text(id="says", default="hello i am kuroro", live=True),
            Seed(),
        ),
        channels=CHANNELS,
        views=(
            View(id="tokens", kind="tokens"),
            View(id="cross", kind="grid"),
            View(id="table", kind="table"),
            View(id="wholes", kind="curve", series=("whole",)),
        ),
        actions=(
            Action("unknown", {"says": "call me kuroro"}),
            Action("known", {"says": "call me anna"}),
        ),
        claims=(
            race("unseen-names", "run:unseen_names", HEADS, head="plain"),
            race("known-names", "run:known_names", HEADS, head="plain"),
        ),
        arms=Race(arms=HEADS),
        pace=1,
    ),
    "diagonal-loss": Experiment(
        lab="seq",
        controls=(
            Number(id="guide", lo=0, hi=1, default=1, values=LAMBDAS),
            Choice(id="updates", options=("100", "300"), default="100"),
            EXAMPLE,
            Seed(),
        ),
        channels=CHANNELS,
        views=(
            View(id="cross", kind="grid"),
            View(id="skips", kind="curve"),
            View(id="tokens", kind="tokens"),
        ),
        actions=(
            Action("free", {"guide": 0.0}),
            Action("led", {"guide": 1.0}),
            Action("longer", {"updates": "300"}, run=True),
        ),
        claims=(
            race("diagonal", "run:diagonal", {"free": {"guide": 0.0}, "led": {"guide": 1.0}}, guide=0.0),
            race("skips-less", "run:skips_less", {"free": {"guide": 0.0}, "led": {"guide": 1.0}}, guide=0.0),
        ),
        arms=Sweep(over={"guide": LAMBDAS}),
        pace=2,
    ),
}
