"""What experiments of several lessons are declared with: claims, actions, controls, channels and views."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lessons.spec import Action, Arrange, Channel, Claim, Number, View

Arms = Mapping[str, Mapping[str, Any]]

# The lecture's network of two inputs and three layers of two neurons: a row is a neuron's w₁, w₂, b.
NETWORK = (
    *(1.0, -2.0, 1.0), *(-1.0, 1.0, 0.0),
    *(2.0, -1.0, 0.0), *(-2.0, -1.0, 0.0),
    *(3.0, -1.0, -2.0), *(-1.0, 4.0, 2.0),
)  # fmt: skip
FALLING = (Channel("loss"), Channel("gradient-norm", role="norm"))


def claim(id: str, arms: Arms, counter: Arms, kind: str = "statistical", check: str = "") -> Claim:
    """A claim whose check in run.py has its id as a name, or the name given."""
    return Claim(id=id, check=f"run:{check or id.replace('-', '_')}", arms=arms, counter=counter, kind=kind)


def exact(id: str, arms: Arms, counter: Arms, check: str = "") -> Claim:
    """A claim that holds whatever the seed."""
    return claim(id, arms, counter, "exact", check)


def alone(
    id: str,
    arm: Mapping[str, Any],
    counter: Mapping[str, Any],
    kind: str = "exact",
    check: str = "",
    name: str = "run",
) -> Claim:
    """A claim about one run, `name` of its arm."""
    return claim(id, {name: arm}, {name: counter}, kind, check)


def run(id: str, **changes: Any) -> Action:
    """Set these and run to the end."""
    return Action(id, changes, run=True)


def number(id: str, default: float, values: tuple[float, ...], **more: Any) -> Number:
    """A number that ← → takes through these values, in the range that they span."""
    return Number(
        **{"id": id, "lo": values[0], "hi": values[-1], "default": default, "values": values, **more}
    )


def whole(id: str, default: int, *values: int, **more: Any) -> Number:
    """A whole number that ← → takes through these values."""
    return number(id, default, values, scale="integer", **more)


def curves(*ids: str) -> tuple[View, ...]:
    """Views of curves that the model draws."""
    return tuple(View(id=id, kind="curve") for id in ids)


def sorted_cards(arrange: Arrange, right: Mapping[str, str], **moved: str) -> dict[str, tuple[int, ...]]:
    """All cards in their right bins but for those named."""
    return {arrange.id: tuple(arrange.bins.index(moved.get(card, bin)) + 1 for card, bin in right.items())}
