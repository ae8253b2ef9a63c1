"""An encoder-decoder that writes digits backwards: where in the source does the decoder look?"""

from lessons.spec import Action, Channel, Choice, Claim, Experiment, Pick, Seed, View


def setting(position: str = "learned", zeros: str = "left-out", memory: str = "encoder") -> dict:
    return {"position": position, "zeros": zeros, "memory": memory}


EXPERIMENTS = {
    "cross-map": Experiment(
        lab="seq",
        controls=(
            Pick(id="example", count=32, default=3),
            Choice(id="zeros", options=("left-out", "kept"), default="left-out"),
            Choice(id="position", options=("learned", "none"), default="learned"),
            Choice(id="memory", options=("encoder", "words"), default="encoder"),
            Seed(),
        ),
        channels=(
            Channel("loss", role="smooth"),
            Channel("gradient-norm", role="norm"),
            Channel("validation-loss", role="validation", sparse=True),
            Channel("validation-accuracy", role="validation", sparse=True),
            Channel("whole", role="validation", sparse=True),
            Channel("line", role="validation", sparse=True),
            Channel("on-zeros", role="validation", sparse=True),
        ),
        views=(
            View(id="cross", kind="grid"),
            View(id="tokens", kind="tokens"),
            View(id="growth", kind="curve", series=("line", "whole", "on-zeros")),
            View(id="maps", kind="images", moves="example"),
        ),
        actions=(
            Action("kept", setting(zeros="kept"), run=True),
            Action("no-places", setting(position="none"), run=True),
            Action("words", setting(memory="words"), run=True),
            Action("first", setting(), run=True),
        ),
        claims=(
            Claim(
                id="line-back",
                check="run:line_back",
                arms={"trained": setting()},
                counter={"trained": setting(position="none")},
            ),
            Claim(
                id="zeros-ignored",
                check="run:zeros_ignored",
                arms={"trained": setting()},
                counter={"trained": setting(zeros="kept")},
            ),
            Claim(
                id="encoder-pays",
                check="run:encoder_pays",
                arms={"encoder": setting(), "words": setting(memory="words")},
                counter={"encoder": setting(), "words": setting()},
            ),
        ),
        pace=2,
    ),
}
