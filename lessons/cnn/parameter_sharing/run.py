"""Builds the nets and the matrices of the lesson, and checks their claims."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.model import Model, Result
from lessons.labs import sharing
from lessons.labs.race import Picture

Runs = Mapping[str, Result]
STEPS = ("full", "local", "shared", "pooled")


def build(settings: Mapping[str, Any], seed: int) -> Model:
    return sharing.Families(settings, seed) if "form" in settings else sharing.Sharing(settings, seed)


def own(experiment: str, settings: Mapping[str, Any]) -> dict[str, Picture]:
    """Views over all arms of the race."""
    return sharing.PICTURES if experiment == "nets" else {}


# Answers that the run gives


def winner(result: Result) -> str:
    """The net that is best on fresh patterns anywhere, pixels in their order; nobody beats nine in ten but one."""
    if any(result.settings[k] != v for k, v in (("where", "any"), ("shuffle", "off"))):
        return ""
    arms = result.facts.get("arms") or {result.settings["net"]: result.facts}
    best = max(arms, key=lambda net: arms[net]["accuracy"])
    return best if arms[best]["accuracy"] > 0.9 and best in STEPS else ""


def what_is_lost(result: Result) -> str:
    """Of a random fully connected matrix, what sharing cannot hold."""
    lost = result.facts["bent"]
    return "nothing" if lost < 0.01 else "most" if lost > 0.5 else "some"


# Claims


def staircase(runs: Runs) -> bool:
    """Each restriction leaves fewer parameters; none makes it worse, the last two make it much better."""
    size = [runs[net].facts["parameters"] for net in STEPS]
    full, local, shared, pooled = (runs[net].facts["accuracy"] for net in STEPS)
    fewer = all(more > less for more, less in zip(size[:-1], size[1:], strict=True))
    return fewer and local >= full - 0.06 and shared >= local + 0.1 and pooled >= shared + 0.05


def elsewhere(runs: Runs) -> bool:
    """Taught on the left only: with sharing right on the right too, without it near a guess of four."""
    shared, apart = runs["pooled"].facts, runs["apart"].facts
    return min(shared["left"], apart["left"], shared["right"]) >= 0.85 and apart["right"] <= 0.4


def shuffled(runs: Runs) -> bool:
    """With the pixels in another order the fully connected net is ahead by a fifth of all answers."""
    return runs["full"].facts["accuracy"] >= runs["pooled"].facts["accuracy"] + 0.15


def is_a_convolution(runs: Runs) -> bool:
    """The matrix times the picture is what the engine's convolution gives."""
    return runs["layer"].facts["off"] < 1e-12


def nested(runs: Runs) -> bool:
    """A form holds exactly its own matrices and those of the forms within it."""
    forms = ("full", "local", "shared")
    return all(
        (runs[form].facts["lost"][teacher] < 1e-12) == (forms.index(teacher) >= place)
        for place, form in enumerate(forms)
        for teacher in forms
    )


def weights(runs: Runs) -> bool:
    return [runs[form].facts["free"] for form in ("full", "local", "shared")] == [576, 144, 9]
