"""Pictures for a CNN and for attention over patches; a first token that the last place must still know."""

from lessons.spec import Action, Channel, Choice, Claim, Experiment, Number, Pick, Seed, Sweep, View

COUNTS = (50, 200, 1000, 5000)
LENGTHS = (4, 8, 16, 32, 64)
MODELS = ("rnn", "lstm", "attention")
RATES = (0.001, 0.003, 0.005, 0.01, 0.03)
CHANNELS = (
    Channel("loss"),
    Channel("gradient-norm", role="norm"),
    Channel("validation-loss", role="validation", sparse=True),
    Channel("validation-accuracy", role="validation", sparse=True),
)


def arm(model: str, **more) -> dict:
    return {"model": model, **more}


def rate() -> Number:
    return Number(id="rate", lo=1e-4, hi=0.05, default=0.01, values=RATES, live=True)


EXPERIMENTS = {
    "images": Experiment(
        lab="net",
        controls=(
            Choice(id="model", options=("cnn", "attention"), default="attention", live=True),
            Number(id="count", lo=50, hi=5000, default=50, scale="integer", values=COUNTS, live=True),
            Pick(id="patch", count=36, default=14),
            rate(),
            Seed(),
        ),
        channels=CHANNELS,
        views=(
            View(id="hunger", kind="curve"),
            View(id="images", kind="images"),
            View(id="field", kind="grid", moves="patch"),
            View(id="table", kind="table"),
        ),
        actions=(
            Action("cnn", {"model": "cnn"}),
            Action("attention", {"model": "attention"}),
            Action("few", {"count": 50}),
            Action("many", {"count": 5000}),
        ),
        claims=(
            Claim(
                id="hungry",
                check="run:hungry",
                arms={"cnn": arm("cnn", count=50), "attention": arm("attention", count=50)},
                counter={"cnn": arm("attention", count=50), "attention": arm("attention", count=50)},
            ),
            Claim(
                id="closes",
                check="run:closes",
                arms={f"{m}-{n}": arm(m, count=n) for m in ("cnn", "attention") for n in (50, 5000)},
                counter={f"{m}-{n}": arm(m, count=50) for m in ("cnn", "attention") for n in (50, 5000)},
            ),
        ),
        arms=Sweep(over={"model": ("cnn", "attention"), "count": COUNTS}),
        pace=12,
    ),
    "memory": Experiment(
        lab="seq",
        controls=(
            Choice(id="model", options=MODELS, default="rnn", live=True),
            Number(id="length", lo=4, hi=64, default=32, scale="integer", values=LENGTHS, live=True),
            rate(),
            Seed(),
        ),
        channels=CHANNELS,
        views=(
            View(id="far", kind="curve"),
            View(id="tokens", kind="tokens"),
            View(id="table", kind="table"),
        ),
        actions=(
            Action("rnn", {"model": "rnn"}),
            Action("lstm", {"model": "lstm"}),
            Action("attention", {"model": "attention"}),
            Action("near", {"length": 4}),
            Action("far", {"length": 64}),
        ),
        claims=(
            Claim(
                id="forgets",
                check="run:forgets",
                arms={
                    "near": arm("rnn", length=4),
                    "far": arm("rnn", length=32),
                    "attention": arm("attention", length=32),
                },
                counter={
                    "near": arm("attention", length=4),
                    "far": arm("attention", length=32),
                    "attention": arm("attention", length=32),
                },
            ),
            Claim(
                id="steps",
                check="run:steps",
                arms={f"{m}-{n}": arm(m, length=n) for m in ("rnn", "attention") for n in (4, 32)},
                counter={
                    f"{m}-{n}": arm("attention", length=n) for m in ("rnn", "attention") for n in (4, 32)
                },
                kind="timing",
            ),
        ),
        arms=Sweep(over={"model": MODELS, "length": LENGTHS}),
        pace=25,
    ),
}
