"""Two kinds of relevance at once, for one, two and four heads of the same width together."""

from lessons.spec import Action, Channel, Choice, Claim, Experiment, Number, Pick, Race, Seed, View

HEADS = ("1", "2", "4")
ONE, TWO, FOUR = ({"heads": count} for count in HEADS)

EXPERIMENTS = {
    "heads": Experiment(
        lab="seq",
        controls=(
            Choice(id="heads", options=HEADS, default="2", live=True),
            Pick(id="example", count=64),
            Number(id="rate", lo=1e-4, hi=0.05, default=0.007, values=(0.001, 0.003, 0.007, 0.02), live=True),
            Seed(),
        ),
        channels=(
            Channel("loss"),
            Channel("gradient-norm", role="norm"),
            Channel("validation-loss", role="validation", sparse=True),
            Channel("validation-accuracy", role="validation", sparse=True),
        ),
        views=(
            View(id="maps", kind="grid"),
            View(id="accuracy", kind="curve", series=("validation-accuracy",)),
            View(id="kinds", kind="grid"),
            View(id="tokens", kind="tokens"),
        ),
        actions=(Action("one", ONE), Action("two", TWO), Action("four", FOUR), Action("another")),
        claims=(
            Claim(
                id="two-better",
                check="run:two_better",
                arms={"one": ONE, "two": TWO},
                counter={"one": ONE, "two": ONE},
            ),
            Claim(id="specialists", check="run:specialists", arms={"net": TWO}, counter={"net": ONE}),
        ),
        arms=Race(arms={"one": ONE, "two": TWO, "four": FOUR}),
        pace=2,
    ),
}
