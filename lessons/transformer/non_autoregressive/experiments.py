"""Two decoders on the same pairs: token by token, and all places at once."""

from lessons.spec import Action, Channel, Choice, Claim, Experiment, Pick, Race, Seed, View

DECODERS = {name: {"decoder": name} for name in ("nat", "at")}
AT = {"decoder": "at", "task": "modes"}
NAT = {"decoder": "nat", "task": "modes"}

EXPERIMENTS = {
    "at-vs-nat": Experiment(
        lab="seq",
        controls=(
            Choice(id="decoder", options=("nat", "at"), default="nat", live=True),
            Choice(id="task", options=("modes", "digits"), default="modes"),
            Pick(id="example", count=32),
            Seed(),
        ),
        channels=(
            Channel("loss", role="smooth"),
            Channel("gradient-norm", role="norm"),
            Channel("validation-loss", role="validation", sparse=True),
            Channel("validation-accuracy", role="validation", sparse=True),
            Channel("whole", role="validation", sparse=True),
        ),
        views=(
            View(id="tokens", kind="tokens"),
            View(id="shares", kind="bars"),
            View(id="standings", kind="table"),
        ),
        actions=(
            Action("modes", {"task": "modes"}, run=True),
            Action("digits", {"task": "digits"}, run=True),
        ),
        claims=(
            Claim(
                id="mixes",
                check="run:mixes",
                arms={"nat": NAT, "at": AT},
                counter={"nat": AT, "at": AT},
            ),
            Claim(
                id="one-step",
                check="run:one_step",
                arms={"nat": NAT, "at": AT},
                counter={"nat": AT, "at": AT},
                kind="timing",
            ),
            Claim(
                id="one-answer",
                check="run:one_answer",
                arms={"nat": {"decoder": "nat", "task": "digits"}},
                counter={"nat": NAT},
            ),
        ),
        arms=Race(arms=DECODERS),
        pace=2,
    ),
}
