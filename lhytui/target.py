"""What a command line points at: a lesson, a section, its experiment, and the settings to start with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lessons.catalog import CatalogError, Course, Lesson, Section
from lessons.spec import (
    Arrange,
    Cells,
    Choice,
    Control,
    Draw,
    Experiment,
    Number,
    Pick,
    Point,
    Seed,
    SpecError,
    Text,
)


@dataclass(frozen=True)
class Target:
    """`changes`: the texts as given; `settings`: complete and checked; `log`: (update, control, value)."""

    lesson: Lesson
    section: Section
    experiment: Experiment
    settings: Mapping[str, Any]
    seed: int
    changes: Mapping[str, str] = field(default_factory=dict)
    log: tuple[tuple[int, str, Any], ...] = ()


def aim(course: Course, name: str, pairs: Iterable[str] = (), seed: int | None = None) -> Target:
    """The target of LESSON[:SECTION] or of a share string, with "control=value" pairs on top.

    Errors: CatalogError, SpecError; both name what would have been possible.
    """
    from lhytui import share

    changes: dict[str, str] = {}
    log: tuple[tuple[int, str, str], ...] = ()
    if "?" in name:
        shared = share.parse(name)
        name, changes, log = shared.name, dict(shared.changes), shared.log
        seed = shared.seed if seed is None else seed
    for pair in pairs:
        control, equals, value = pair.partition("=")
        if not equals:
            raise SpecError("not-a-pair", value=pair)
        changes[control.strip()] = value.strip()
    lesson, section = course.find(name)
    experiment = experiment_of(lesson, section)
    values = {control: read(experiment, control, text) for control, text in changes.items()}
    own_seed = values.pop("seed", section.seed(experiment))
    if seed is not None:
        own_seed = read(experiment, "seed", str(seed))
    return Target(
        lesson,
        section,
        experiment,
        section.settings(experiment, values),
        own_seed,
        {control: text for control, text in changes.items() if control != "seed"},
        tuple((update, control, read(experiment, control, text)) for update, control, text in log),
    )


def experiment_of(lesson: Lesson, section: Section) -> Experiment:
    """Errors: CatalogError("unknown-experiment")."""
    known = lesson.experiments()
    if section.experiment not in known:
        facts = {"lesson": lesson.id, "section": section.id, "experiment": section.experiment}
        raise CatalogError("unknown-experiment", **facts, near=", ".join(known))
    return known[section.experiment]


def read(experiment: Experiment, control: str, text: str) -> Any:
    """The value that `text` means for a control. Errors: SpecError with its range and the known controls."""
    known = ", ".join(dict.fromkeys([*(c.id for c in experiment.controls), "seed"]))
    if control == "seed":
        found: Control = Seed()
    else:
        try:
            found = experiment.control(control)
        except SpecError:
            raise SpecError("unknown-control", control=control, value=text, known=known) from None
    try:
        return found.parse(text)
    except SpecError as error:
        raise SpecError(
            error.code, **{**error.facts, "value": text, "range": span(found), "known": known}
        ) from None


def span(control: Control) -> str:
    """The values that a control takes, in a few characters."""
    match control:
        case Number(scale="integer"):
            return f"{control.lo:g}, {control.lo + 1:g} … {control.hi:g}"
        case Number() | Cells() | Draw():
            return f"{control.lo:g} … {control.hi:g}"
        case Choice():
            return ", ".join(control.options)
        case Seed():
            return f"0 … {2**31 - 1}"
        case Pick():
            return f"0 … {control.count - 1}"
        case Point():
            return ", ".join(f"{lo:g} … {hi:g}" for lo, hi in zip(control.lo, control.hi, strict=True))
        case Arrange():
            return f"{len(control.cards)} × (0 … {len(control.bins)})"
        case Text():
            return f"≤ {control.longest}"
    return ""
