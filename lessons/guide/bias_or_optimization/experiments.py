"""Networks of 2, 8, 20 and 56 layers on the same spirals, plain or with skip branches."""

from lessons.labs.pieces import claim, run
from lessons.spec import Channel, Choice, Experiment, Number, Race, Seed, View

DEPTHS = ("2", "8", "20", "56")


def plain(*depths: str) -> dict:
    return {depth: {"depth": depth, "skip": "off"} for depth in depths}


def skips(*depths: str) -> dict:
    return {depth: {"depth": depth, "skip": "on"} for depth in depths}


EXPERIMENTS = {
    "towers": Experiment(
        lab="net",
        controls=(
            Choice(id="depth", options=DEPTHS, default="56", live=True),
            Choice(id="skip", options=("off", "on"), default="off"),
            Number(
                id="rate",
                lo=1e-3,
                hi=0.2,
                default=0.02,
                scale="log",
                values=(1e-3, 5e-3, 0.02, 0.05),
                live=True,
            ),
            Choice(id="epochs", options=("50", "150", "300"), default="150"),
            Seed(),
        ),
        actions=(
            run("plain", skip="off"),
            run("skips", skip="on"),
        ),
        channels=(Channel("loss", role="smooth"), Channel("gradient-norm", role="norm")),
        views=(
            View(id="loss", kind="curve"),
            View(id="errors", kind="curve"),
            View(id="plane", kind="plane"),
        ),
        claims=(
            claim("deep-worse", plain("2", "8", "56"), {**plain("2", "8"), **skips("56")}),
            claim("needle", plain("8"), {"8": {"depth": "56", "skip": "off"}}),
            claim("skip-cures", skips(*DEPTHS), {**skips("2", "8", "20"), **plain("56")}, check="cured"),
        ),
        arms=Race(arms={depth: {"depth": depth} for depth in DEPTHS}),
        pace=5,
    ),
}
