"""Lint of the course: every fault that can be found without running a model, as a code with facts.

Standard library only; the app passes its line breaking in. See `lessons.checks` for the words and texts.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lessons.catalog import CatalogError, Course, Lesson, Section
from lessons.spec import KINDS, LABS, Claim, Experiment, Seed, SpecError
from lessons.text import cells
from lessons.words import LANGS, holes

Wrap = Callable[[str, int], list]

KEBAB = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
NOTES = re.compile(r"L\d+(-\d+)?(, ?L?\d+(-\d+)?)*")
CLAIM_KINDS = ("statistical", "exact", "timing")
# At most: controls in sight, keys from opening to the point, answers to a question.
SHOWN, KEYS, OPTIONS = 6, 3, 9

LESSON = {"order": (int, float), "minutes": int, "title": dict, "section": list}
LESSON_MORE = {"id": str, "needs": list}
SECTION = {"id": str, "title": dict, "experiment": str, "notes": str, "views": list}
SECTION_MORE = {"set": dict, "stop": dict, "show": list, "ask": dict, "keys": list, "claims": list}
CARD = {"id": str, "section": str, "question": dict, "why": dict}
CARD_MORE = {"options": dict, "answer": dict, "right": int}


@dataclass(frozen=True)
class Finding:
    """One fault: where (lesson id), what (`code`), and the facts for its sentence."""

    lesson: str
    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def check(course: Course, wrap: Wrap | None = None) -> list[Finding]:
    """All faults of the course. `wrap(text, width)` gives a text's lines; without it cells are counted."""
    from lessons.checks import common, texts, wording

    wrap = wrap or (lambda text, width: [text] * max(1, -(-cells(text) // width)))
    found = [Finding(p.lesson, p.code, p.facts) for p in course.problems]
    found += [Finding("labs", code, facts) for code, facts in common(course.lessons)]
    known = {lesson.id for lesson in course.lessons}
    for lesson in course.lessons:
        parts = (
            lambda lesson=lesson: schema(lesson),
            lambda lesson=lesson: names(lesson, known),
            lambda lesson=lesson: experiments(lesson),
            lambda lesson=lesson: sections(lesson),
            lambda lesson=lesson: cards(lesson),
            lambda lesson=lesson: texts(lesson, wrap),
            lambda lesson=lesson: wording(lesson, wrap),
        )
        for part in parts:
            try:
                found += [Finding(lesson.id, code, facts) for code, facts in part()]
            except CatalogError as error:
                found.append(Finding(lesson.id, error.code, error.facts))
            except (ValueError, LookupError, TypeError, AttributeError, SyntaxError) as error:
                detail = f"{type(error).__name__}: {error}"
                found.append(Finding(lesson.id, "unreadable-lesson", {"lesson": lesson.id, "detail": detail}))
    return list({(f.lesson, f.code, repr(f.facts)): f for f in found}.values())


Faults = Iterator[tuple[str, dict[str, Any]]]


def shape(raw: Mapping[str, Any], needed: Mapping, more: Mapping, where: str) -> Faults:
    """Missing and unknown keys of a table, and values of the wrong type."""
    for key in needed:
        if key not in raw:
            yield "missing-key", {"where": where, "key": key}
    for key, value in raw.items():
        wanted = {**needed, **more}.get(key)
        if wanted is None:
            yield "unknown-key", {"where": where, "key": key}
        elif not isinstance(value, wanted) or isinstance(value, bool):
            yield "wrong-type", {"where": where, "key": key}


def both(raw: Any, where: str) -> Faults:
    """A text in both languages with the same placeholders."""
    if not isinstance(raw, Mapping):
        return
    for lang in LANGS:
        if not isinstance(raw.get(lang), str) or not raw[lang].strip():
            yield "one-language", {"where": where, "lang": lang}
    if all(isinstance(raw.get(lang), str) for lang in LANGS) and holes(raw["zh"]) != holes(raw["en"]):
        yield "placeholders", {"where": where}


def schema(lesson: Lesson) -> Faults:
    """The keys and types of lesson.toml and cards.toml."""
    raw = tomllib.loads((lesson.folder / "lesson.toml").read_text("utf-8"))
    yield from shape(raw, LESSON, LESSON_MORE, "lesson.toml")
    yield from both(raw.get("title"), "title")
    for section in raw.get("section", []):
        where = f"[{section.get('id', '?')}]"
        yield from shape(section, SECTION, SECTION_MORE, where)
        yield from both(section.get("title"), f"{where} title")
        yield from shape(section.get("stop", {}), {}, {"updates": int, "epochs": int}, f"{where} stop")
        if "ask" in section:
            yield from shape(section["ask"], {"options": list, "answer": str}, {}, f"{where} ask")
    path = lesson.folder / "cards.toml"
    if not path.is_file():
        yield "no-cards", {}
        return
    for card in tomllib.loads(path.read_text("utf-8")).get("card", []):
        where = f"cards.toml: {card.get('id', '?')}"
        yield from shape(card, CARD, CARD_MORE, where)
        for key in ("question", "answer", "why"):
            if key in card:
                yield from both(card[key], f"{where}: {key}")


def names(lesson: Lesson, known: Iterable[str]) -> Faults:
    """Folders, ids, and the lessons that this one needs."""
    if lesson.id != f"{lesson.chapter}/{lesson.folder.name}":
        yield "folder-name", {"folder": lesson.folder.name}
    for part in (lesson.chapter, lesson.folder.name):
        if not part.isidentifier() or part != part.lower():
            yield "folder-name", {"folder": part}
    for need in lesson.needs:
        if need not in known:
            yield "unknown-need", {"need": need}
    yield from kebab("section", [section.id for section in lesson.sections])
    yield from kebab("experiment", lesson.experiments())
    yield from kebab("claim", [c.id for e in lesson.experiments().values() for c in e.claims])
    for name, experiment in lesson.experiments().items():
        for kind in ("controls", "views", "actions", "channels"):
            ids = [one.id for one in getattr(experiment, kind)]
            yield from kebab(f"{name}.{kind}", [id.rpartition("/")[2] for id in ids])


def kebab(kind: str, ids: Iterable[str]) -> Faults:
    """Ids that are not kebab-case, or stand twice."""
    ids = list(ids)
    for id in dict.fromkeys(ids):
        if not KEBAB.fullmatch(id):
            yield "not-kebab", {"kind": kind, "id": id}
        if ids.count(id) > 1 and not kind.endswith("channels"):
            yield "twice", {"kind": kind, "id": id}


def experiments(lesson: Lesson) -> Faults:
    """What experiments.py declares, taken by itself."""
    used = {section.experiment for section in lesson.sections}
    told = {claim for section in lesson.sections for claim in section.claims}
    for name, experiment in lesson.experiments().items():
        if name not in used:
            yield "unused-experiment", {"experiment": name}
        if experiment.lab not in LABS:
            yield "unknown-lab", {"experiment": name, "lab": experiment.lab}
        yield from function(lesson, experiment.build)
        for control in experiment.controls:
            for value in (control.default, *getattr(control, "values", ())):
                yield from settable(experiment, name, {control.id: value})
        ids = {control.id for control in experiment.controls}
        series = {part for c in experiment.channels for part in (c.id, c.id.rpartition("/")[2])}
        for view in experiment.views:
            if view.kind not in KINDS:
                yield "unknown-kind", {"view": view.id, "kind": view.kind}
            if view.moves and view.moves not in ids:
                yield "unknown-control", {"control": view.moves, "known": ", ".join(sorted(ids))}
            for control, values in view.when.items():
                for value in values:
                    yield from settable(experiment, f"{name}: {view.id}", {control: value})
            for one in view.series:
                if one not in series:
                    yield "unknown-series", {"view": view.id, "series": one}
        for action in experiment.actions:
            yield from settable(experiment, f"{name}: {action.id}", action.set)
        for arm, settings in (experiment.arms.arms if experiment.arms else {}).items():
            yield from settable(experiment, f"{name}: {arm}", settings)
        for claim in experiment.claims:
            if claim.id not in told:
                yield "unused-claim", {"claim": claim.id}
            yield from claims(lesson, experiment, claim)


def claims(lesson: Lesson, experiment: Experiment, claim: Claim) -> Faults:
    """A claim: its kind, its arms and those of its counter, and its check."""
    if claim.kind not in CLAIM_KINDS:
        yield "claim-kind", {"claim": claim.id, "kind": claim.kind}
    if not claim.arms or list(claim.arms) != list(claim.counter):
        yield "claim-arms", {"claim": claim.id}
    elif dict(claim.arms) == dict(claim.counter):
        yield "claim-counter", {"claim": claim.id}
    for settings in (*claim.arms.values(), *claim.counter.values()):
        yield from settable(experiment, claim.id, settings)
    yield from function(lesson, claim.check)


def settable(experiment: Experiment, where: str, settings: Mapping[str, Any]) -> Faults:
    """Settings that a control cannot take."""
    for control, value in settings.items():
        try:
            (Seed() if control == "seed" else experiment.control(control)).check(value)
        except SpecError as error:
            yield "not-settable", {"where": where, "control": control, "value": value, "reason": error.code}


def function(lesson: Lesson, name: str) -> Faults:
    """A "module:function" that its file does not define."""
    module, _, wanted = name.partition(":")
    path = lesson.folder / f"{module}.py"
    if not path.is_file():
        yield "no-module", {"module": module, "path": f"{lesson.id}/{path.name}"}
    elif wanted not in defined(path):
        yield "no-function", {"module": path.name, "function": wanted}


def defined(path: Path) -> set[str]:
    """The names that the top level of a Python file binds."""
    bound: set[str] = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.Assign):
            bound |= {n.id for target in node.targets for n in ast.walk(target) if isinstance(n, ast.Name)}
        elif isinstance(node, ast.ImportFrom | ast.Import):
            bound |= {alias.asname or alias.name for alias in node.names}
    return bound


def sections(lesson: Lesson) -> Faults:
    """Each section against its experiment."""
    for section in lesson.sections:
        experiment = lesson.experiments().get(section.experiment)
        if experiment is None:
            facts = {"lesson": lesson.id, "section": section.id, "experiment": section.experiment}
            yield "unknown-experiment", {**facts, "near": ", ".join(lesson.experiments())}
            continue
        yield from references(section, experiment)
        yield from settable(experiment, section.id, section.set)
        if section.notes and not NOTES.fullmatch(section.notes):
            yield "notes-range", {"section": section.id, "notes": section.notes}
        if answer := section.ask.get("answer"):
            yield from function(lesson, answer)
        for option in section.ask.get("options", ()):
            if not KEBAB.fullmatch(str(option)) and not str(option).replace(".", "").isdecimal():
                yield "not-kebab", {"kind": "ask", "id": option}


def references(section: Section, experiment: Experiment) -> Faults:
    """Ids that the section names and its experiment lacks; more of them than the screen has room for."""
    known = {
        "show": [c.id for c in experiment.controls],
        "views": [v.id for v in experiment.views],
        "claims": [c.id for c in experiment.claims],
    }
    for key, ids in known.items():
        for id in getattr(section, key):
            if id not in ids:
                facts = {"section": section.id, "key": key, "id": id, "known": ", ".join(ids)}
                yield "unknown-reference", facts
        if len(set(getattr(section, key))) < len(getattr(section, key)):
            yield "twice", {"kind": f"{section.id}.{key}", "id": ", ".join(getattr(section, key))}
    if not section.views:
        yield "no-views", {"section": section.id}
    limits = (("show", SHOWN), ("keys", KEYS))
    for key, most in limits:
        if len(getattr(section, key)) > most:
            yield "too-many", {"section": section.id, "key": key, "most": most}
    if len(section.ask.get("options", ())) > OPTIONS:
        yield "too-many", {"section": section.id, "key": "ask.options", "most": OPTIONS}


def cards(lesson: Lesson) -> Faults:
    """Two cards a section at least, each with an id of its own and an answer."""
    all_cards = lesson.cards()
    yield from kebab("card", [card.id for card in all_cards])
    known = [section.id for section in lesson.sections]
    for card in all_cards:
        where = f"cards.toml: {card.id}"
        if card.section not in known:
            yield "unknown-section", {"lesson": lesson.id, "section": card.section, "near": ", ".join(known)}
        if not card.options and not card.answer:
            yield "missing-key", {"where": where, "key": "answer"}
        if card.options:
            counts = {len(card.options.get(lang, ())) for lang in LANGS}
            if len(counts) > 1 or not 0 <= card.right < max(counts):
                yield "card-options", {"card": card.id}
    for id in known:
        count = sum(card.section == id for card in all_cards)
        if count < 2:
            yield "few-cards", {"section": id, "count": count}
