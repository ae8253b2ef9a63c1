"""What the section runs: the same net on digits as they are, turned, scaled, or both."""

from lessons.spec import Action, Cells, Channel, Choice, Claim, Experiment, Number, Seed, Sweep, View

COPIES = ("none", "rotate", "scale", "both")
SEVEN = {(3, c) for c in range(3, 11)} | {(4, 11), (5, 10), (6, 9), (6, 10), (7, 9), (8, 8), (8, 9)}
SEVEN |= {(9, 8), (10, 7), (10, 8), (11, 7)}
DRAWN = tuple(float((r, c) in SEVEN) for r in range(14) for c in range(14))


def copies(**arms: str) -> dict[str, dict]:
    return {arm: {"augment": kind} for arm, kind in arms.items()}


EXPERIMENTS = {
    "turned": Experiment(
        lab="net",
        controls=(
            Choice(id="augment", options=COPIES, default="none", live=True),
            Number(id="angle", lo=0, hi=180, default=60, values=(0, 15, 30, 45, 60, 75, 90, 180), live=True),
            Number(id="zoom", lo=0.5, hi=1.8, default=1, values=(0.5, 0.6, 0.7, 0.85, 1, 1.2, 1.4, 1.6), live=True),
            Cells(id="ink", rows=14, cols=14, lo=0, hi=1, step=1, default=DRAWN),
            Seed(),
        ),
        actions=(
            Action("upright", {"angle": 0}),
            Action("quarter", {"angle": 90}),
            Action("half-turn", {"angle": 180}),
            Action("small", {"zoom": 0.6, "angle": 0}),
        ),
        channels=(
            Channel("loss"),
            Channel("gradient-norm", role="norm"),
            Channel("validation-accuracy", role="validation", sparse=True),
        ),
        views=(
            View(id="angles", kind="curve"),
            View(id="turned", kind="images"),
            View(id="zooms", kind="curve"),
            View(id="canvas", kind="grid", moves="ink"),
        ),
        claims=(
            Claim(
                id="breaks",
                check="run:breaks",
                arms=copies(net="none"),
                counter=copies(net="rotate"),
            ),
            Claim(
                id="mends",
                check="run:mends",
                arms=copies(plain="none", copied="rotate"),
                counter=copies(plain="none", copied="scale"),
            ),
            Claim(
                id="mends-size",
                check="run:mends_size",
                arms=copies(plain="none", copied="scale"),
                counter=copies(plain="none", copied="rotate"),
            ),
        ),
        arms=Sweep(over={"augment": COPIES}),
        pace=4,
    ),
}  # fmt: skip
