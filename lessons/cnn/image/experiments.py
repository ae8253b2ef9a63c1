"""A picture as numbers, and the weights of a first layer that sees all of it, sees pieces, or shares what it has."""

from lessons.spec import Action, Choice, Claim, Experiment, Number, Pick, View

PATCH = 5  # pixels a side of the piece that is shown


def exact(id: str, check: str, arms: dict, counter: dict) -> Claim:
    return Claim(id=id, check=f"run:{check}", arms=arms, counter=counter, kind="exact")


def setting(
    side: int = 100, channels: str = "3", neurons: int = 1000, kernel: int = 3, filters: int = 64
) -> dict:
    own = {"side": side, "channels": channels, "neurons": neurons, "kernel": kernel, "filters": filters}
    return {**own, "pixel": 0}


def stops(id: str, default: int, *values: int) -> Number:
    return Number(
        id=id, lo=values[0], hi=values[-1], default=default, scale="integer", values=values, live=True
    )


SMALL, LARGE = {"small": setting(28), "large": setting(224)}, {"small": setting(28), "large": setting(28)}

EXPERIMENTS = {
    "count": Experiment(
        lab="walk",
        controls=(
            stops("side", 100, 8, 12, 16, 28, 32, 50, 64, 100, 128, 150, 200, 224),
            Choice(id="channels", options=("1", "3"), default="3", live=True),
            stops("neurons", 1000, 1, 10, 100, 200, 500, 1000, 2000, 4096),
            stops("kernel", 3, 1, 3, 5, 7, 11),
            stops("filters", 64, 1, 4, 16, 32, 64, 128, 256, 512),
            Pick(id="pixel", count=3 * PATCH**2),
        ),
        views=(
            View(id="tensor", kind="cube", moves="pixel"),
            View(id="weights", kind="bars"),
            View(id="numbers", kind="numbers"),
            View(id="pictures", kind="images"),
        ),
        actions=(
            Action("lecture", setting()),
            Action("grey", setting(channels="1")),
            Action("small", setting(28)),
            Action("large", setting(224)),
        ),
        claims=(
            exact("full", "full", {"count": {}}, {"count": {"channels": "1"}}),
            exact("local", "local", {"count": {}}, {"count": {"kernel": 5}}),
            exact("shared", "shared", {"count": {}}, {"count": {"filters": 32}}),
            exact("grows", "grows", SMALL, LARGE),
        ),
        build="run:Count",
    ),
}  # fmt: skip
