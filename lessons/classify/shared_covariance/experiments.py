"""A covariance from each class's own to one for both, and other laws than the full Gaussian."""

from lessons.labs.pieces import alone, claim, exact
from lessons.spec import Action, Choice, Experiment, Number, Seed, View

OWN, HALF, SHARED = ({"blend": share} for share in (0, 0.5, 1))
TWO, SIX = {"features": "2"}, {"features": "6"}
IN_SIX, IN_TWO = ({"own": {**OWN, **f}, "shared": {**SHARED, **f}} for f in (SIX, TWO))

LAWS = ("own", "shared", "diagonal", "shared-diagonal", "bernoulli")
BITS = {"features": "types", "law": "bernoulli"}
ON_PLANE, STATS, TYPES = ({"features": options} for options in (("2",), ("2", "6"), ("types",)))
POINTS = Choice(id="points", options=("train", "test"), default="train", live=True)


def laws(features: dict) -> dict:
    """Gaussians with correlations and without, each class its own or one for both."""
    return {law: {**features, "law": law} for law in LAWS[:4]}


EXPERIMENTS = {
    "blend": Experiment(
        lab="gauss",
        controls=(
            Number(id="blend", lo=0, hi=1, default=0, steps=20, live=True),
            Choice(id="features", options=("2", "6"), default="2", live=True),
            POINTS,
            Seed(),
        ),
        views=(
            View(id="plane", kind="plane", when=ON_PLANE),
            View(id="scores", kind="plane", when={"features": ("6",)}),
            View(id="rates", kind="curve"),
            View(id="table", kind="table"),
            View(id="numbers", kind="numbers"),
            View(id="splits", kind="hist"),
            View(id="covariances", kind="grid"),
        ),
        actions=(
            Action("shared", {**SHARED, **TWO}),
            Action("half", {**HALF, **TWO}),
            Action("six-own", {**OWN, **SIX}),
            Action("six-shared", {**SHARED, **SIX}),
        ),
        claims=(
            alone("straight", SHARED, OWN),
            alone("lecture-line", SHARED, {"blend": 0.9}, check="as_in_the_lecture"),
            exact("fewer", IN_SIX, {"own": IN_SIX["own"], "shared": IN_SIX["own"]}),
            exact("jump", IN_SIX, IN_TWO),
            claim("elsewhere", IN_SIX, IN_TWO),
        ),
        build="run:blend",
    ),
    "laws": Experiment(
        lab="gauss",
        controls=(
            Choice(id="features", options=("2", "6", "types"), default="6", live=True),
            Choice(id="law", options=LAWS, default="own", live=True),
            Number(id="smoothing", lo=0, hi=10, default=1, values=(0, 0.1, 0.5, 1, 2, 5, 10), live=True),
            POINTS,
            Seed(),
        ),
        views=(
            View(id="plane", kind="plane", when=ON_PLANE),
            View(id="chances", kind="bars", when=TYPES),
            View(id="laws", kind="table"),
            View(id="correlations", kind="grid", when=STATS),
            View(id="surprises", kind="table", when=TYPES),
        ),
        actions=(
            Action("full", {**SIX, "law": "own"}),
            Action("naive", {**SIX, "law": "diagonal"}),
            Action("naive-two", {**TWO, "law": "diagonal"}),
            Action("bits", {**BITS, "smoothing": 1}),
            Action("never", {**BITS, "smoothing": 0}),
            Action("gauss-bits", {**BITS, "law": "shared-diagonal"}),
        ),
        claims=(
            exact("naive-costs", laws(SIX), laws(TWO)),
            claim("naive-elsewhere", laws(SIX), laws(TWO)),
            alone("factors", {**SIX, "law": "diagonal"}, {**SIX, "law": "own"}),
            alone("sums", BITS, {**BITS, "law": "shared-diagonal"}, check="sums_to_one"),
            alone("ruled-out", {**BITS, "smoothing": 0}, {**BITS, "smoothing": 1}),
        ),
        build="run:laws",
    ),
}
