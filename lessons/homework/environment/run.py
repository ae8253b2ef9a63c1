"""Times the machine; operations and products are counted, milliseconds only shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from engine.model import Result
from lessons.labs.machine import Machine, per_number

Runs = Mapping[str, Result]


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, Callable]:
    return {}


def build(settings: Mapping[str, Any], seed: int) -> Machine:
    return Machine(settings, seed)


def in_a_batch(result: Result) -> str:
    """How a batch of 100 compares with 100 examples one by one, as measured."""
    gain = result.facts["gain"]
    return "faster" if gain > 1.25 else "slower" if gain < 0.8 else "same"


def cubed(runs: Runs) -> bool:
    """Twice the size, eight times the operations."""
    return runs["large"].facts["operations"] == 8 * runs["small"].facts["operations"]


def one_product(runs: Runs) -> bool:
    """A hundred examples take a single product."""
    return runs["run"].facts["products"] == 1


def reuse(runs: Runs) -> bool:
    """Each number that is fetched is worked with ten times as often as without a batch, at least."""
    return runs["run"].facts["per-number"] > 10 * per_number(1)
