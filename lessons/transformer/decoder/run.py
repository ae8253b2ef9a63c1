"""Decoders that write digit strings without their zeros, backwards; the mask, END, and what an error does."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from engine.model import Result
from lessons.data.generators.pairs import BEGIN, END, PAD, Pairs, brackets, fill
from lessons.labs.pairs import Shape, Writer, beside, runner_up, taught
from lessons.labs.seq import NOWHERE
from lessons.views import Curve, Grid, Line

Runs = Mapping[str, Result]
UPDATES, LONGER, BATCH = 600, 800, 32
GLANCE = 128  # fresh strings on which an error is made


def build(settings: Mapping[str, Any], seed: int) -> Writer:
    kind = Stepping if "reads" in settings else Masked if "mask" in settings else Stopping
    return kind(settings, seed)


class Stepping(Writer):
    """Digit strings; the decoder reads what it wrote itself, or a row of BEGIN."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        parallel = settings["reads"] == "begins"
        shape = Shape(parallel=parallel, mask=None if parallel else "causal")
        super().__init__(settings, seed, taught("clean", seed), shape, UPDATES, batch=BATCH)

    def facts(self) -> Mapping[str, Any]:
        """What a wrong first token does to those after it, over GLANCE fresh strings of two tokens or more."""
        u, v = self.task.u[:GLANCE], self.task.v[:GLANCE]
        free = self.alone(GLANCE)
        first = runner_up(free.chances[:, 0])
        hurt = self.write(u, {0: np.where(first == v[:, 0], free.tokens[:, 0], first)}).tokens
        later, asked = np.arange(v.shape[1]) > 0, v != PAD
        changed = (hurt != free.tokens)[:, later].any(axis=1)
        return {
            **super().facts(),
            "changed": float(changed.mean()),
            "right": float((free.tokens == v)[asked & later].mean()),
            "right-after": float((hurt == v)[asked & later].mean()),
        }


def sentences(count: int, seed: int) -> Pairs:
    """The sentences of the small grammar as targets, without any source."""
    made = brackets(count, seed)
    target = fill([[*row[row != PAD], END] for row in made.source])
    return Pairs(np.zeros((count, 0), np.int64), target, made.words)


ADJECTIVE, NOUN = "(deep|powerful|small)", "(learning|machine|network|data)"
GRAMMAR = re.compile(
    f"({ADJECTIVE} ){{0,2}}{NOUN} (is (very ){{0,2}}{ADJECTIVE}|has ({ADJECTIVE} ){{0,2}}{NOUN})"
)


class Masked(Writer):
    """Digit strings, or sentences without a source; the decoder may or may not look at what comes."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        alone = settings["task"] == "sentences"
        task = taught(sentences, seed, count=1024) if alone else taught("clean", seed, longest=6)
        shape = Shape(mask="causal" if settings["mask"] == "on" else None, cross=not alone)
        super().__init__(settings, seed, task, shape, UPDATES, batch=BATCH)

    def forced(self) -> dict[int, int]:
        """A sentence without a source is given its first word."""
        return {} if self.shape.cross else {0: int(self.example()[1][0])}

    def act(self, action: str) -> Mapping[str, Any]:
        """Bring the arm with the mask, or without, in sight."""
        return {"mask": "on" if action == "look-masked" else "off"}

    def past(self, tokens: np.ndarray | None = None) -> Grid:
        """While it is taught: over the right answer."""
        return super().past(self.example()[1] if tokens is None else tokens)

    def whole(self, count: int = 64) -> float:
        """The share written without a mistake; of sentences begun with a word, those that the grammar allows."""
        if self.shape.cross:
            return super().whole(count)
        tokens = self.keep(
            "begun", lambda: self.write(self.task.u[:count], {0: self.task.v[:count, 0]})
        ).tokens
        said = [" ".join(self.task.words[t] for t in row[row > END]) for row in tokens]
        ended = (tokens == END).any(axis=1)
        return float(np.mean([bool(GRAMMAR.fullmatch(text)) for text in said] & ended))

    def facts(self) -> Mapping[str, Any]:
        """Where it looks while it is taught: at the next place, and at all that come; its loss, smoothed."""
        u, v = self.task.u[:GLANCE], self.task.v[:GLANCE]
        weights = self.attention(u, self.read(v), "past-1").mean(axis=1)[:, -v.shape[1] :, -v.shape[1] :]
        asked = v != PAD
        ahead = np.triu(weights, 1)
        reached = asked[:, 1:]
        return {
            **super().facts(),
            "next": float(np.diagonal(weights, 1, 1, 2)[reached].mean()),
            "upper": float(ahead.sum(axis=2)[asked].max()),
            "known": self.trainer.evaluate()["loss"],
        }


class Stopping(Writer):
    """Digit strings, taught with an END of its own, with BEGIN as END, or without any; `most` places to fill."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        task = taught("clean", seed, longest=6, places=settings["most"])
        super().__init__(settings, seed, task, Shape(), LONGER, batch=BATCH)

    def read(self, target: np.ndarray) -> np.ndarray:
        read = super().read(target)
        return np.where(read == BEGIN, END, read) if self.settings["end"] == "shared" else read

    def labels(self, target: np.ndarray) -> np.ndarray:
        y = super().labels(target)
        return np.where(y == END, NOWHERE, y) if self.settings["end"] == "none" else y

    def facts(self) -> Mapping[str, Any]:
        """Shares of GLANCE fresh strings: stopped at the right place, never stopped, END likeliest just there."""
        tokens, chances = self.alone(GLANCE)
        hopes = np.where(tokens != PAD, chances[:, :, END], 0.0)
        lengths, wanted = (tokens != PAD).sum(axis=1), (self.task.v[:GLANCE] != PAD).sum(axis=1)
        ended = (tokens == END).any(axis=1)
        return {
            **super().facts(),
            "stops": float((ended & (lengths == wanted)).mean()),
            "endless": float((~ended & (lengths == tokens.shape[1])).mean()),
            "peaks": float((hopes.argmax(axis=1) + 1 == wanted).mean()),
        }


def ending(models: Mapping[str, Writer], chosen: str, past: Sequence[Result]) -> Curve:
    """The chance of END at each place that an arm writes, for the example in hand."""
    lines = []
    for hue, (name, model) in enumerate(models.items()):
        chances = model.answer()[1][: model.length(), END]
        lines.append(Line(word=f"arm.{name}", x=np.arange(1.0, len(chances) + 1), y=chances.copy(), hue=hue))
    wanted = float((model.example()[1] != PAD).sum())
    right = ((wanted, "tick.right"),)
    limits = (1, model.task.sizes[1], 0, 1)
    return Curve(lines=tuple(lines), x="axis.place", y="axis.chance", ticks=right, limits=limits)


PICTURES = {"mask-toggle": {"tokens": beside}, "end-or-run": {"tokens": beside, "ending": ending}}


def own(experiment: str, settings: Mapping[str, Any]) -> Mapping[str, Callable]:
    """Views over all arms."""
    return PICTURES.get(experiment, {})


# Answers that the run gives


def after_error(result: Result) -> str:
    """What becomes of the tokens after a wrong first one."""
    facts = result.facts
    if result.settings["reads"] != "own":
        return ""
    return "same" if facts["changed"] < 0.02 else "all-wrong" if facts["right-after"] < 0.05 else "some-wrong"


def unmasked(result: Result) -> str:
    """How many strings a decoder writes that was taught without the mask."""
    if result.settings["mask"] != "off" or result.settings["task"] != "digits":
        return ""
    share = result.metrics["whole"]
    return "none" if share < 0.1 else "half" if share < 0.8 else "nearly-all"


def without_end(result: Result) -> str:
    """How far a decoder writes that was never taught END."""
    facts = result.facts
    if result.settings["end"] != "none":
        return ""
    return (
        "to-the-limit"
        if facts["endless"] > 0.9
        else "right-place"
        if facts["stops"] > 0.5
        else "a-little-more"
    )


# Claims


def error_spreads(runs: Runs) -> bool:
    """A wrong first token changes a later one in a tenth of the strings or more, for the worse."""
    facts = runs["own"].facts
    return facts["changed"] >= 0.1 and facts["right-after"] <= facts["right"] - 0.02


def not_all_wrong(runs: Runs) -> bool:
    """And yet more than half of the later tokens are right."""
    facts = runs["own"].facts
    return facts["changed"] > 0 and facts["right-after"] > 0.5


def copies_future(runs: Runs) -> bool:
    """Without the mask: a lower loss, the next place looked at, and hardly a string right."""
    off, on = runs["off"], runs["on"]
    lower = off.facts["known"] < 0.01 and off.facts["known"] < on.facts["known"]
    return lower and off.facts["next"] > 0.8 and off.metrics["whole"] < 0.1 < 0.5 < on.metrics["whole"]


def upper_zero(runs: Runs) -> bool:
    return runs["on"].facts["upper"] == 0


def no_sentences(runs: Runs) -> bool:
    """A language model: below the loss that can be had honestly, and no sentence that the grammar allows."""
    off, on = runs["off"], runs["on"]
    return (
        off.facts["known"] < 0.01 < 0.5 < on.facts["known"]
        and off.metrics["whole"] < 0.5 < 0.9 < on.metrics["whole"]
    )


def runs_on(runs: Runs) -> bool:
    """Without END every string fills all places; with END four in five stop in the right place."""
    return runs["none"].facts["endless"] == 1 and runs["own"].facts["stops"] > 0.8


def end_peaks(runs: Runs) -> bool:
    return runs["own"].facts["peaks"] > 0.8


def one_symbol(runs: Runs) -> bool:
    return runs["shared"].facts["stops"] > 0.8
