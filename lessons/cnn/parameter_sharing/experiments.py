"""What the sections run: five nets on small patterns, and one layer as a matrix of three forms."""

from lessons.spec import Action, Channel, Choice, Claim, Experiment, Number, Pick, Race, Seed, View

NETS = ("full", "local", "shared", "pooled", "apart")
FORMS = ("full", "local", "shared")
LEFT, SHUFFLED = {"where": "left"}, {"shuffle": "on"}


def nets(*names: str, **more: object) -> dict[str, dict]:
    return {name: {"net": name, **more} for name in names}


def action(id: str, **changes: object) -> Action:
    """Set these and run to the end."""
    return Action(id, changes, run=True)


EXPERIMENTS = {
    "nets": Experiment(
        lab="net",
        controls=(
            Choice(id="net", options=NETS, default="pooled", live=True),
            Choice(id="where", options=("any", "left"), default="any"),
            Choice(id="shuffle", options=("off", "on"), default="off"),
            Number(id="examples", lo=100, hi=4000, default=1000, scale="integer", values=(200, 400, 1000, 2000, 4000)),
            Number(id="units", lo=8, hi=800, default=800, scale="integer", values=(8, 32, 100, 800)),
            Seed(),
        ),
        actions=(action("left", **LEFT), action("shuffle", **SHUFFLED), action("any", where="any", shuffle="off")),
        channels=(
            Channel("loss"),
            Channel("gradient-norm", role="norm"),
            Channel("validation-accuracy", role="validation", sparse=True),
        ),
        views=(
            View(id="table", kind="table"),
            View(id="curve", kind="curve"),
            View(id="filters", kind="images"),
            View(id="pictures", kind="images"),
        ),
        claims=(
            Claim(
                id="staircase",
                check="run:staircase",
                arms=nets("full", "local", "shared", "pooled"),
                counter=nets("full", "local", "shared", "pooled", **SHUFFLED),
            ),
            Claim(
                id="elsewhere",
                check="run:elsewhere",
                arms={"apart": {"net": "apart", **LEFT}, "pooled": {"net": "pooled", **LEFT}},
                counter={"apart": {"net": "apart", **LEFT}, "pooled": {"net": "apart", **LEFT}},
            ),
            Claim(
                id="shuffled",
                check="run:shuffled",
                arms={**nets("full", **SHUFFLED), **nets("pooled", **SHUFFLED)},
                counter=nets("full", "pooled"),
            ),
        ),
        arms=Race(arms=nets(*NETS)),
        pace=1.5,
    ),
    "families": Experiment(
        lab="walk",
        controls=(
            Choice(id="form", options=FORMS, default="full"),
            Choice(id="teacher", options=FORMS, default="full"),
            Pick(id="neuron", count=16),
            Seed(),
        ),
        actions=tuple(action(form, form=form) for form in FORMS),
        views=(
            View(id="matrix", kind="grid", moves="neuron"),
            View(id="nested", kind="table"),
            View(id="window", kind="grid"),
            View(id="map", kind="grid"),
        ),
        claims=(
            Claim(
                id="convolution",
                check="run:is_a_convolution",
                arms={"layer": {"form": "shared"}},
                counter={"layer": {"form": "local"}},
                kind="exact",
            ),
            Claim(
                id="nested",
                check="run:nested",
                arms={form: {"form": form} for form in FORMS},
                counter={form: {"form": "local"} for form in FORMS},
                kind="exact",
            ),
            Claim(
                id="weights",
                check="run:weights",
                arms={form: {"form": form} for form in FORMS},
                counter={form: {"form": "full"} for form in FORMS},
                kind="exact",
            ),
        ),
    ),
}  # fmt: skip
