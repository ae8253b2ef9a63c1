"""A decoder that writes digit strings: step by step, with and without the mask, with and without an END."""

from lessons.spec import Action, Channel, Choice, Claim, Experiment, Number, Pick, Race, Seed, View

EXAMPLE = Pick(id="example", count=32)
FORCES = ("none", "end", "0", "1", "2", "3", "4", "5", "6", "7", "8", "9")
CHANNELS = (
    Channel("loss", role="smooth"),
    Channel("gradient-norm", role="norm"),
    Channel("validation-loss", role="validation", sparse=True),
    Channel("validation-accuracy", role="validation", sparse=True),
    Channel("whole", role="validation", sparse=True),
)
ENDS = {end: {"end": end} for end in ("own", "shared", "none")}
MASKS = {"off": {"mask": "off"}, "on": {"mask": "on"}}


def words(mask: str) -> dict:
    """The task of writing sentences that have no source."""
    return {"task": "sentences", "mask": mask}


EXPERIMENTS = {
    "step-decode": Experiment(
        lab="seq",
        controls=(
            Pick(id="example", count=32, default=16),
            Pick(id="place", count=10, default=9),
            Choice(id="force", options=FORCES, default="none", live=True),
            Pick(id="at", count=9),
            Choice(id="reads", options=("own", "begins"), default="own"),
            Seed(),
        ),
        channels=CHANNELS,
        views=(
            View(id="tokens", kind="tokens", moves="place"),
            View(id="next-token", kind="bars"),
            View(id="past", kind="grid"),
        ),
        actions=(
            Action("begin"),
            Action("next"),
            Action("wrong"),
            Action("all"),
            Action("undo-wrong"),
        ),
        claims=(
            Claim(
                id="error-spreads",
                check="run:error_spreads",
                arms={"own": {"reads": "own"}},
                counter={"own": {"reads": "begins"}},
            ),
            Claim(
                id="not-all-wrong",
                check="run:not_all_wrong",
                arms={"own": {"reads": "own"}},
                counter={"own": {"reads": "begins"}},
            ),
        ),
        pace=4,
    ),
    "mask-toggle": Experiment(
        lab="seq",
        controls=(
            Choice(id="mask", options=("off", "on"), default="off", live=True),
            Choice(id="task", options=("digits", "sentences"), default="digits"),
            EXAMPLE,
            Seed(),
        ),
        channels=CHANNELS,
        views=(
            View(id="past", kind="grid"),
            View(id="tokens", kind="tokens"),
            View(id="losses", kind="curve", series=("loss",), log=True),
            View(id="wholes", kind="curve", series=("whole",)),
        ),
        actions=(
            Action("look-masked"),
            Action("look-open"),
            Action("sentences", {"task": "sentences"}, run=True),
            Action("digits", {"task": "digits"}, run=True),
        ),
        claims=(
            Claim(
                id="copies-future",
                check="run:copies_future",
                arms=MASKS,
                counter={"off": {"mask": "on"}, "on": {"mask": "on"}},
            ),
            Claim(
                id="upper-zero",
                check="run:upper_zero",
                arms={"on": {"mask": "on"}},
                counter={"on": {"mask": "off"}},
                kind="exact",
            ),
            Claim(
                id="no-sentences",
                check="run:no_sentences",
                arms={"off": words("off"), "on": words("on")},
                counter={"off": words("on"), "on": words("on")},
            ),
        ),
        arms=Race(arms=MASKS),
        pace=4,
    ),
    "end-or-run": Experiment(
        lab="seq",
        controls=(
            Choice(id="end", options=("own", "shared", "none"), default="none", live=True),
            Number(id="most", lo=8, hi=24, default=12, scale="integer", values=(8, 12, 16, 24)),
            EXAMPLE,
            Seed(),
        ),
        channels=CHANNELS,
        views=(
            View(id="tokens", kind="tokens"),
            View(id="ending", kind="curve"),
            View(id="wholes", kind="curve", series=("whole",)),
        ),
        actions=(
            Action("room-12", {"most": 12}, run=True),
            Action("room-24", {"most": 24}, run=True),
        ),
        claims=(
            Claim(
                id="runs-on",
                check="run:runs_on",
                arms={"own": ENDS["own"], "none": ENDS["none"]},
                counter={"own": ENDS["own"], "none": ENDS["own"]},
            ),
            Claim(
                id="end-peaks",
                check="run:end_peaks",
                arms={"own": ENDS["own"]},
                counter={"own": ENDS["none"]},
            ),
            Claim(
                id="one-symbol",
                check="run:one_symbol",
                arms={"shared": ENDS["shared"]},
                counter={"shared": ENDS["none"]},
            ),
        ),
        arms=Race(arms=ENDS),
        pace=4,
    ),
}
