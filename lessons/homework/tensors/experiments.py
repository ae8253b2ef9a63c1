"""Puzzles on tensors, how they are made and what is done with them; and the training loop, call by call."""

from lessons.labs.pieces import FALLING, alone, exact, run
from lessons.spec import Action, Arrange, Choice, Experiment, Number, Seed, Text, View

MAKING = ("ones", "zeros", "list", "real", "labels", "row", "column", "other", "mask", "rows", "columns")
MOVING = (
    "transpose", "squeeze", "unsqueeze", "cat", "flatten", "heads", "channels", "sum", "mean", "shares", "outer",
    "predict", "accuracy", "linear",
)  # fmt: skip
CALLS = ("zero-grad", "forward", "loss", "backward", "step")
ORDER = Arrange(id="order", cards=CALLS, bins=("first", "second", "third", "fourth", "fifth"), live=False)
LEFT_OUT = ("none", *CALLS, "zero-and-step")
LOOP = {"part": "loop"}


def line(puzzle: str, letter: str) -> dict:
    """One of the three lines of a puzzle."""
    return {"puzzle": puzzle, "line": letter}


def without(call: str) -> dict:
    """The loop with a call left out."""
    return {**LOOP, "left-out": call}


def controls(puzzles: tuple) -> tuple:
    return (
        Text(id="typed", default="", longest=120),
        Choice(id="puzzle", options=puzzles, default=puzzles[0]),
        Choice(id="line", options=("a", "b", "c"), default="a"),
        Number(id="hint", lo=0, hi=2, default=0, scale="integer", steps=2, live=True),
        Choice(id="list", options=("off", "on"), default="off", live=True),
        Seed(),
    )


def views(**when) -> tuple:
    """What is seen of a puzzle."""
    return (
        View(id="list", kind="table", when={"list": ("on",), **when}),
        View(id="numbers", kind="numbers", when=when),
        View(id="move", kind="grid", when=when),
        View(id="wanted", kind="cube", when=when),
        View(id="given", kind="cube", when=when),
    )


SEEN = {"typed": "", "hint": 0, "list": "off"}
LINES = (
    *(run(letter, line=letter, **SEEN) for letter in "abc"),
    Action("next"),
    Action("hint"),
    Action("list"),
)


EXPERIMENTS = {
    "making": Experiment(
        lab="shapes",
        controls=controls(MAKING),
        views=views(),
        actions=LINES,
        claims=(
            alone("product", line("ones", "c"), line("ones", "a"), check="ten_cells"),
            exact(
                "any-size",
                {"letters": line("ones", "b"), "numbers": line("ones", "c")},
                {"letters": line("ones", "b"), "numbers": line("ones", "b")},
            ),
            alone("long-labels", line("labels", "a"), line("labels", "c")),
            alone("from-the-right", line("columns", "a"), line("columns", "c")),
        ),
        pace=0.35,
        build="run:making",
    ),
    "moving": Experiment(
        lab="shapes",
        controls=(
            *controls(MOVING),
            Choice(id="part", options=("puzzles", "loop"), default="puzzles"),
            Choice(id="left-out", options=LEFT_OUT, default="none"),
            ORDER,
        ),
        channels=FALLING,
        views=(
            *views(part=("puzzles",)),
            View(id="cards", kind="cards", moves="order", when={"part": ("loop",)}),
            View(id="program", kind="numbers", when={"part": ("loop",)}),
            View(id="gradient", kind="curve", series=("gradient-norm",), when={"part": ("loop",)}),
            View(id="loss", kind="curve", series=("loss",), log=True, when={"part": ("loop",)}),
        ),
        actions=(
            *LINES,
            *(run(id, **without(call), **line(MOVING[0], "a"), **SEEN, order=ORDER.default)
              for id, call in (("loop", "none"), ("no-zero", "zero-grad"), ("no-step", "zero-and-step"))),
        ),
        claims=(
            exact(
                "not-a-reshape",
                {"turned": line("transpose", "b"), "reshaped": line("transpose", "a")},
                {"turned": line("transpose", "a"), "reshaped": line("transpose", "a")},
            ),
            alone("dim-gone", line("sum", "c"), line("sum", "b")),
            exact(
                "swings",
                {"whole": without("none"), "without": without("zero-grad")},
                {"whole": without("none"), "without": without("none")},
            ),
            alone("adds-up", without("zero-and-step"), without("step")),
            exact(
                "idle",
                {"backward": without("backward"), "step": without("step")},
                {"backward": without("none"), "step": without("none")},
            ),
        ),
        pace=0.35,
        build="run:moving",
    ),
}  # fmt: skip
