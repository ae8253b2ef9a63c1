"""A bowl w² with noise on its gradient, and a rate that may be too large."""

from lessons.spec import Channel, Choice, Claim, Experiment, Number, Seed, View

EXPERIMENTS = {
    "bowl": Experiment(
        lab="surface",
        controls=(
            Number(id="rate", lo=0.001, hi=2.0, default=0.1, scale="log", live=True),
            Number(id="start", lo=-5.0, hi=5.0, default=3.0),
            Choice(id="noise", options=("on", "off"), default="off"),
            Seed(),
        ),
        channels=(Channel("loss"), Channel("height", role="validation", sparse=True)),
        views=(View(id="loss", kind="curve", series=("loss",)), View(id="way", kind="numbers")),
        claims=(
            Claim(
                id="arrives",
                check="run:arrives",
                arms={"run": {}},
                counter={"run": {"rate": 0.001}},
                kind="exact",
            ),
            Claim(
                id="noise-stays",
                check="run:noise_stays",
                arms={"noisy": {"noise": "on"}, "still": {}},
                counter={"noisy": {"noise": "off"}, "still": {}},
            ),
            Claim(
                id="flies-off",
                check="run:flies_off",
                arms={"run": {"rate": 1.5}},
                counter={"run": {"rate": 0.1}},
                kind="exact",
            ),
        ),
    )
}
