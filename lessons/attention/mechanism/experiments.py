"""Who hears whom, relevance as a product of vectors, one bⁱ by hand, and all of them as matrices."""

from lessons.labs.pieces import alone, claim, exact
from lessons.spec import Action, Cells, Choice, Experiment, Number, Pick, Point, Seed, View

FC, WINDOW, ATTENTION, CAUSAL = ({"layer": kind} for kind in ("fc", "window", "attention", "causal"))
FAR, WIDE, TURNED = {"stretch": 5}, {"dimension": 256}, {"wq": "turned"}
INPUTS = (1.0, 0.0, 1.0, 0.0, 2.0, 0.0, 2.0, 1.0, -1.0, -1.0, 0.0, 2.0)
PUSHED, RELU = {"push": 10}, {"normaliser": "relu"}
USUAL = {"length": 4, "d": 3, "dq": 2, "dk": 2, "dv": 3}
LONG, MISFIT = {"length": 8}, {"dq": 3}


def to(long: dict) -> dict:
    """The usual sizes, and others."""
    return {"short": {}, "long": long}


def size(id: str, hi: int) -> Number:
    return Number(id=id, lo=1, hi=hi, default=USUAL[id], scale="integer", steps=hi - 1)


EXPERIMENTS = {
    "influence": Experiment(
        lab="seq",
        controls=(
            Choice(id="layer", options=("fc", "window", "attention", "causal"), default="fc", live=True),
            Number(id="blocks", lo=1, hi=5, default=1, scale="integer", steps=4, live=True),
            Pick(id="place", count=6),
            Seed(),
        ),
        views=(
            View(id="diagram", kind="diagram"),
            View(id="influence", kind="grid"),
            View(id="change", kind="grid"),
        ),
        actions=(
            Action("fc", {**FC, "blocks": 1}),
            Action("window", {**WINDOW, "blocks": 1}),
            Action("attention", {**ATTENTION, "blocks": 1}),
            Action("causal", {**CAUSAL, "blocks": 1}),
            Action("windows", {**WINDOW, "blocks": 2}),
            Action("windows-enough", {**WINDOW, "blocks": 5}),
        ),
        claims=(
            alone("all", ATTENTION, WINDOW, check="all_hear_all"),
            alone("own", FC, ATTENTION, check="own_only"),
            alone("earlier", CAUSAL, ATTENTION, check="earlier_only"),
            alone("reach", {**WINDOW, "blocks": 2}, WINDOW, check="two_each_way"),
        ),
        build="run:influence",
    ),
    "relevance": Experiment(
        lab="walk",
        controls=(
            Point(id="at", lo=(-3.0, -3.0), hi=(3.0, 3.0), default=(0.6, 0.2), live=True),
            Choice(id="wq", options=("same", "turned"), default="same", live=True),
            Choice(id="score", options=("dot", "additive"), default="dot", live=True),
            Number(id="stretch", lo=1, hi=10, default=1, values=(1, 2, 5, 10), live=True),
            Number(id="dimension", lo=2, hi=512, default=2, scale="integer", values=(2, 16, 64, 256, 512), live=True),
            Choice(id="scaled", options=("off", "on"), default="off", live=True),
            Seed(),
        ),
        views=(
            View(id="plane", kind="plane", moves="at"),
            View(id="numbers", kind="numbers"),
            View(id="scores", kind="bars"),
            View(id="largest", kind="bars"),
        ),
        actions=(
            Action("near", {"stretch": 1, "score": "dot", "wq": "same", "dimension": 2, "scaled": "off"}),
            Action("far", {**FAR, "score": "dot"}),
            Action("additive", {**FAR, "score": "additive"}),
            Action("turned", {**TURNED, "stretch": 1, "score": "dot"}),
            Action("wide", {**WIDE, "scaled": "off", "stretch": 1, "score": "dot", "wq": "same"}),
            Action("root", {**WIDE, "scaled": "on", "stretch": 1, "score": "dot", "wq": "same"}),
        ),
        claims=(
            alone("grows", FAR, {**FAR, "score": "additive"}, check="five_times"),
            alone("saturates", {**FAR, "score": "additive"}, FAR, check="bounded"),
            alone("learned", TURNED, {"wq": "same"}, check="unlike"),
            alone("winner", WIDE, {**WIDE, "scaled": "on"}, "statistical", check="winner_takes_all"),
        ),
        build="run:Relevance",
    ),
    "by-hand": Experiment(
        lab="walk",
        controls=(
            Cells(id="inputs", rows=4, cols=3, lo=-3, hi=3, step=1, default=INPUTS),
            Pick(id="place", count=4),
            Number(id="push", lo=0, hi=10, default=0, values=(0, 1, 2, 5, 10), live=True),
            Choice(id="normaliser", options=("softmax", "relu"), default="softmax", live=True),
        ),
        views=(
            View(id="numbers", kind="numbers"),
            View(id="mix", kind="bars"),
            View(id="weights", kind="grid"),
            View(id="inputs", kind="grid", moves="inputs"),
        ),
        actions=(
            Action("plain", {"push": 0, "normaliser": "softmax", "place": 0, "inputs": INPUTS}),
            Action("push", {**PUSHED, "normaliser": "softmax"}),
            Action("relu", {**RELU, "push": 0}),
            Action("next"),
        ),
        claims=(
            alone("approaches", PUSHED, {"push": 0}),
            alone("between", {}, RELU),
            alone("silent", RELU, {}),
        ),
        build="run:ByHand",
    ),
    "matrices": Experiment(
        lab="walk",
        controls=(
            Pick(id="stage", count=7),
            size("length", 8), size("d", 4), size("dq", 4), size("dk", 4), size("dv", 4),
            Choice(id="layout", options=("columns", "rows"), default="columns", live=True),
        ),
        views=(
            View(id="numbers", kind="numbers"),
            View(id="factors", kind="grid"),
            View(id="result", kind="grid"),
        ),
        actions=(
            Action("next"),
            Action("twice", LONG),
            Action("misfit", {**MISFIT, "stage": 4}),
            Action("rows", {"layout": "rows"}),
            Action("lecture", {**USUAL, "layout": "columns", "stage": 0}),
        ),
        claims=(
            exact("free-of-length", to(LONG), to({**LONG, "d": 4}), check="same_weights"),
            claim("squared", to(LONG), to({"dq": 4, "dk": 4, "dv": 4}), "timing"),
            alone("fits", {"dv": 1}, {**MISFIT, "dv": 1}),
        ),
        build="run:matrices",
    ),
}  # fmt: skip
