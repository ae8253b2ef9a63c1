"""Builds a puzzle or a training loop; a shape, a sum, and what a call left out does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from math import prod
from typing import Any

from engine.model import Result
from lessons.homework.tensors.experiments import MAKING, MOVING, ORDER
from lessons.labs.calls import Loop
from lessons.labs.expressions import evaluate
from lessons.labs.puzzles import PUZZLES, given, misfit
from lessons.labs.shapes import Shapes

Runs = Mapping[str, Result]


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, Callable]:
    return {}


class Making(Shapes):
    def ids(self) -> tuple[str, ...]:
        return MAKING


class Moving(Shapes):
    def ids(self) -> tuple[str, ...]:
        return MOVING


def making(settings: Mapping[str, Any], seed: int) -> Making:
    return Making(settings, seed)


def moving(settings: Mapping[str, Any], seed: int) -> Moving | Loop:
    return Loop(settings, seed, ORDER) if settings["part"] == "loop" else Moving(settings, seed)


# How tensors are made


def how_many(result: Result) -> str:
    """How many numbers the lecture's tensor of ones holds."""
    count = evaluate("torch.ones([1, 2, 5])", {}).value.values.size
    return {3: "three", 8: "eight", 10: "ten"}[count]


def ten_cells(runs: Runs) -> bool:
    """Three axes, and as many cells as their sizes multiply to."""
    facts, metrics = runs["run"].facts, runs["run"].metrics
    return facts["shape"] == [1, 2, 5] and metrics["cells"] == prod(facts["shape"]) == 10


def any_size(runs: Runs) -> bool:
    """Both fit what is on the screen, only the one with letters fits all other sizes."""
    letters, numbers = runs["letters"].facts, runs["numbers"].facts
    return letters["fits"] and numbers["fits"] and letters["solved"] and not numbers["solved"]


def long_labels(runs: Runs) -> bool:
    return runs["run"].facts["error"] == "float-labels"


def from_the_right(runs: Runs) -> bool:
    """The last axes do not agree, though the first of one is as long as the only one of the other."""
    facts = runs["run"].facts
    x, b = facts["given"]["x"], facts["given"]["b"]
    return facts["error"] == "no-broadcast" and facts["error-back"] == 1 and x[0] == b[0] != x[-1]


# What is done with them


def reshaped(result: Result) -> str:
    """What a reshape gives where a transpose was meant."""
    puzzle = PUZZLES["transpose"]
    names = given(puzzle, puzzle.sizes)
    wrong = misfit(evaluate("x.reshape(3, 2)", names).value, evaluate("x.transpose(0, 1)", names).value)
    return "same" if wrong is None else "other" if wrong.code == "values" else "error"


def not_a_reshape(runs: Runs) -> bool:
    """The same shape, other numbers in it; the turned one has its strides swapped, nothing was copied."""
    turned, reshaped = runs["turned"].facts, runs["reshaped"].facts
    rows = turned["shape"][0]
    return (
        turned["shape"] == reshaped["shape"]
        and turned["values"] != reshaped["values"]
        and (turned["strides"], reshaped["strides"]) == ([1, rows], [turned["shape"][1], 1])
    )


def dim_gone(runs: Runs) -> bool:
    """The axis that is summed along is the one that is missing afterwards."""
    facts = runs["run"].facts
    return facts["shape"] == facts["given"]["x"][1:]


# The loop


def swings(runs: Runs) -> bool:
    """The norm grows at first; the loss is still large long after the whole loop has arrived."""
    whole, without = runs["whole"].facts, runs["without"].facts
    grown = all(a < b for a, b in pairwise(without["norms"][:4]))
    late = max(without["losses"][len(without["losses"]) // 2 :])
    return grown and whole["losses"][-1] < 0.1 and late > 10 * whole["losses"][-1]


def adds_up(runs: Runs) -> bool:
    """With the model standing still, the k-th norm is k times the first."""
    norms = runs["run"].facts["norms"]
    return all(abs(norm - k * norms[0]) < 1e-9 * k * norms[0] for k, norm in enumerate(norms, 1))


def idle(runs: Runs) -> bool:
    """The loss does not move at all."""
    return all(len(set(runs[name].facts["losses"])) == 1 for name in ("backward", "step"))
