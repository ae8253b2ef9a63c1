"""A number and its square: nothing to train."""

from lessons.spec import Claim, Experiment, Number, View

EXPERIMENTS = {
    "square": Experiment(
        lab="walk",
        controls=(Number(id="x", lo=-3.0, hi=3.0, default=2.0, live=True),),
        views=(View(id="work", kind="numbers"),),
        claims=(
            Claim(
                id="positive", check="run:positive", arms={"x": {}}, counter={"x": {"x": 0.0}}, kind="exact"
            ),
        ),
    )
}
