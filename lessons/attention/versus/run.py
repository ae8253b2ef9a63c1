"""Self-attention beside a CNN on pictures, and beside recurrent nets where the first token must be remembered."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from engine.model import Result
from lessons.labs.patches import Pictures
from lessons.labs.seq import Encoder, Shape, told
from lessons.labs.spans import across, table
from lessons.views import TokenRow, Tokens

Runs = Mapping[str, Result]
UPDATES, WIDTH, SHOWN = 300, 16, 12
HUES = {"cnn": 0, "rnn": 0, "lstm": 2, "attention": 1}
RECURRENT = {"rnn": 1, "lstm": 1}


class Image(Pictures):
    def __init__(self, settings: Mapping[str, Any], seed: int):
        super().__init__(settings, seed, UPDATES)

    def look(self, view: str, past: Sequence[Result]) -> Any:
        """A run by itself is a sweep of one arm."""
        name = f"{self.settings['model']}, {self.settings['count']}"
        over_all = own("images", self.settings).get(view)
        return over_all({name: self}, name, past) if over_all else getattr(self, view)()


class Memory(Encoder):
    """The label of the last place is the first token; settings: model, length, rate."""

    sparse_every = 50

    def __init__(self, settings: Mapping[str, Any], seed: int):
        kind, length = settings["model"], int(settings["length"])
        places = "learned" if kind == "attention" else "none"
        shape = Shape(kind=kind, width=WIDTH, position=places, feed=0, add=False, norm=False)
        super().__init__(settings, seed, told("first-last", seed, 1024, length, fresh=256), shape, UPDATES)

    @property
    def waits(self) -> int:
        """Steps of the network that must wait for each other: one a place where it is recurrent."""
        nodes = self.trainer.program.nodes
        return max(node.sizes[0] if node.op in RECURRENT else 1 for node in nodes)

    def tokens(self) -> Tokens:
        """Fresh sequences side by side: first token, last token, and the answer at the last place."""
        x = self.told.u[:SHOWN]
        said = self.answers(x)[:, -1]
        marks = tuple("right" if a == b else "wrong" for a, b in zip(said, x[:, 0], strict=True))
        row = lambda word, tokens, **more: TokenRow(
            word=word, tokens=tuple(self.told.token(token) for token in tokens), **more
        )
        return Tokens(
            rows=(row("row.first", x[:, 0]), row("row.last", x[:, -1]), row("row.answer", said, marks=marks))
        )

    def look(self, view: str, past: Sequence[Result]) -> Any:
        name = f"{self.settings['model']}, {self.settings['length']}"
        over_all = own("memory", self.settings).get(view)
        return over_all({name: self}, name, past) if over_all else super().look(view, past)

    def facts(self) -> Mapping[str, Any]:
        return {"parameters": self.trainer.program.size, "steps": self.waits}


def build(settings: Mapping[str, Any], seed: int) -> Image | Memory:
    return Image(settings, seed) if "count" in settings else Memory(settings, seed)


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, Callable]:
    size = {"parameters": lambda run: run.trainer.program.size}
    if experiment == "images":
        return {
            "hunger": lambda arms, chosen, past: across(arms, "axis.pictures", HUES),
            "table": lambda arms, chosen, past: table(arms, chosen, size),
        }
    return {
        "far": lambda arms, chosen, past: across(arms, "axis.length", HUES),
        "table": lambda arms, chosen, past: table(arms, chosen, {"steps": lambda run: run.waits}),
    }


# Answers that the run gives.


def better_with_few(result: Result) -> str:
    """Which model is better from 50 pictures, told by whether this one is above 0.7."""
    if result.phase != "done" or result.settings["count"] != 50:
        return ""
    good = result.metrics["validation-accuracy"] > 0.7
    return "cnn" if good == (result.settings["model"] == "cnn") else "attention"


def remembers(result: Result) -> str:
    """Who knows the first of 32 tokens, told by the recurrent net: both, or attention alone."""
    if result.phase != "done" or (result.settings["model"], result.settings["length"]) != ("rnn", 32):
        return ""
    return "attention" if result.metrics["validation-accuracy"] < 0.5 else "both"


# Claims.


def share(runs: Runs) -> dict[str, float]:
    return {name: run.metrics["validation-accuracy"] for name, run in runs.items()}


def hungry(runs: Runs) -> bool:
    """From 50 pictures the CNN is right on 0.3 more of the unseen ones."""
    right = share(runs)
    return right["cnn"] > right["attention"] + 0.3


def closes(runs: Runs) -> bool:
    """From 5000 the lead is less than a third of what it is from 50."""
    right = share(runs)
    few, many = (right[f"cnn-{n}"] - right[f"attention-{n}"] for n in (50, 5000))
    return many < few / 3


def forgets(runs: Runs) -> bool:
    """The RNN knows the first of 4 tokens and not that of 32; attention does."""
    right = share(runs)
    return right["near"] > 0.95 and right["far"] < 0.3 and right["attention"] > 0.95


def steps(runs: Runs) -> bool:
    """As many steps in a row as tokens in the RNN; one in attention, whatever the length."""
    counted = {name: run.facts["steps"] for name, run in runs.items()}
    return counted == {"rnn-4": 4, "rnn-32": 32, "attention-4": 1, "attention-32": 1}
