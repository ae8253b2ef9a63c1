"""`check`: the lint of the course, and the layout of every section on small, usual and large screens."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator
from itertools import product

from lessons import catalog
from lessons.catalog import CatalogError, Course, Section
from lessons.check import Finding
from lessons.check import check as lint
from lessons.spec import Choice, Control, Experiment, Number
from lessons.text import cells
from lessons.words import LANGS, Words
from lhytui import language, layout
from lhytui.text.wrap import wrap
from lhytui.values import value

SIZES = ((80, 24), (120, 40), (200, 60))


def check(args: Namespace) -> int:
    """Print every fault of the course, one a line; 1 if there is any."""
    course = catalog.load()
    found = [*lint(course, wrap), *layouts(course)]
    for finding in found:
        print(f"{finding.lesson}: {tell(finding, args.lang)}")
    words = language.words(args.lang)
    print(words("check.summary", count=len(found), lessons=len(course.lessons)), file=sys.stderr)
    return 1 if found else 0


def tell(finding: Finding, lang: str) -> str:
    """The sentence of a fault: that of the lint, or that of the same error elsewhere."""
    key = f"check.{finding.code}"
    words = language.words(lang)
    return words(key, **finding.facts) if words.has(key) else language.tell(finding.code, finding.facts, lang)


def layouts(course: Course) -> Iterator[Finding]:
    """What has no room on the screen, section by section, for each size and language."""
    for lesson in course.lessons:
        try:
            known = lesson.experiments()
            books = [lesson.words(lang) for lang in LANGS]
        except (CatalogError, ValueError):
            continue  # told by the lint
        for section, book, (width, height) in product(lesson.sections, books, SIZES):
            if section.experiment in known:
                for what in overflows(section, known[section.experiment], book, width, height):
                    facts = {
                        "section": section.id,
                        "lang": book.lang,
                        "size": f"{width}×{height}",
                        "what": what,
                    }
                    yield Finding(lesson.id, "overflow", facts)


def overflows(
    section: Section, experiment: Experiment, words: Words, width: int, height: int
) -> Iterator[str]:
    """What a section has no room for: views, controls, rows of its card before or after the run."""
    ids = {control.id for control in experiment.controls}
    chips = [chip(experiment.control(id), words) for id in section.show if id in ids]
    column = max(40, min(60, round(width * 0.38))) if width >= layout.WIDE else width
    hidden = layout.flow(chips, width - 6, 2)[1]
    yield from ["controls"] * bool(hidden)
    before, after = question(section, words, column), card(section, experiment, words, column)
    for name, rows in (("question", before), ("card", after)):
        screen = (width, height, section.views, min(layout.CARD_ROWS, max(3, rows)), 2)
        pages = [layout.plan_screen(*screen, page=page) for page in layout.PAGES]
        room = max(plan.card.height for plan in pages)
        yield from [f"{name}: {rows} > {room}"] * (rows > room)
    if section.views and not any(plan.views for plan in pages):
        yield "views"


def chip(control: Control, words: Words) -> tuple[str, str, str]:
    """A control as the bar shows it, with the widest of its values."""
    values = [control.default]
    if isinstance(control, Number):
        values += [control.lo, control.hi, *control.values]
    if isinstance(control, Choice):
        values = list(control.options)
    widest = max((value(control, one, words) for one in values), key=cells)
    return control.id, words(f"control.{control.id}"), widest


def question(section: Section, words: Words, column: int) -> int:
    """Rows of the card before the run."""
    if not section.ask:
        return 0
    options = [f"{k} {words(f'ask.{section.id}.{one}')}" for k, one in enumerate(section.ask["options"], 1)]
    return sum(len(wrap(text, column - 5)) for text in (words(f"ask.{section.id}"), *options))


def card(section: Section, experiment: Experiment, words: Words, column: int) -> int:
    """Rows of the card after the run: the verdict, the actions side by side, what to look for, the claims."""
    told = [words(f"look.{section.id}"), *(words(f"claim.{claim}") for claim in section.claims)]
    actions = [f"{k} {words(f'action.{one.id}')}" for k, one in enumerate(experiment.actions, 1)]
    rows = sum(len(wrap(text, column - 5)) for text in told) + bool(section.ask)
    line = 0
    for text in actions:
        line = line + 3 + cells(text) if line and line + 3 + cells(text) <= column - 5 else cells(text)
        rows += line == cells(text)
    return rows
