"""`list` and `read`: the course as data and as plain text; no numbers, no screen."""

from __future__ import annotations

import json
import shutil
import sys
from argparse import Namespace
from typing import Any

from lessons import catalog
from lessons.catalog import CatalogError, Course, Lesson
from lessons.text import Block, Fold, Formula, plain
from lhytui import language

EMPTY = {"sections": [], "experiments": {}, "claims": [], "cards": 0}


def show(args: Namespace) -> int:
    """Every lesson, one a line or as a JSON array; what cannot be read stands in it with its problem."""
    course = catalog.load()
    rows = []
    for lesson in course.lessons:
        try:
            rows.append({**head(lesson), **body(lesson)})
        except CatalogError as error:
            rows.append({**head(lesson), **EMPTY, "problem": {**error.facts, "code": error.code}})
    rows += [{"id": p.lesson, **EMPTY, "problem": {**p.facts, "code": p.code}} for p in course.problems]
    if args.json:
        print(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        for lesson in course.lessons:
            marks = " ".join(section.id for section in lesson.sections)
            print(f"{lesson.number:>3}  {lesson.id:<32}  {lesson.title[args.lang]}  [{marks}]")
    for row_ in rows:
        if "problem" in row_:
            print(language.tell(row_["problem"]["code"], row_["problem"], args.lang), file=sys.stderr)
    return 0


def head(lesson: Lesson) -> dict[str, Any]:
    """What a lesson's own file says of it as a whole."""
    return {
        "id": lesson.id,
        "number": lesson.number,
        "chapter": lesson.chapter,
        "title": lesson.title,
        "minutes": lesson.minutes,
        "needs": lesson.needs,
    }


def body(lesson: Lesson) -> dict[str, Any]:
    """What a lesson holds. Errors: CatalogError."""
    experiments = lesson.experiments()
    return {
        "sections": [
            {
                "id": section.id,
                "title": section.title,
                "experiment": section.experiment,
                "notes": section.notes,
                "set": section.set,
                "show": section.show,
                "views": section.views,
                "claims": section.claims,
            }
            for section in lesson.sections
        ],
        "experiments": {
            name: {
                "lab": experiment.lab,
                "controls": [control.id for control in experiment.controls],
                "views": [view.id for view in experiment.views],
            }
            for name, experiment in experiments.items()
        },
        "claims": [
            {"id": claim.id, "kind": claim.kind, "experiment": name}
            for name, experiment in experiments.items()
            for claim in experiment.claims
        ],
        "cards": len(lesson.cards()),
    }


def read(args: Namespace) -> int:
    """The text of a lesson, or of one of its sections."""
    course: Course = catalog.load()
    lesson, chosen = course.find(args.lesson)
    sections = [chosen] if ":" in args.lesson else list(lesson.sections)
    try:
        texts = lesson.text(args.lang)
    except OSError:
        raise CatalogError("no-text", lesson=lesson.id, lang=args.lang) from None
    width = min(80, shutil.get_terminal_size().columns) if sys.stdout.isatty() else 80
    print(f"{lesson.number}. {lesson.title[args.lang]}")
    for section in sections:
        print(f"\n{section.title[args.lang]}")
        if section.id in texts:
            text = texts[section.id]
            for block in (*text.before, *text.after):
                print_block(block, width)
    return 0


def print_block(block: Block, width: int) -> None:
    from lhytui.text.wrap import wrap

    print()
    match block:
        case Formula(lines=lines):
            print("\n".join(f"    {line}" for line in lines))
        case Fold(title=title, blocks=blocks):
            print(f"▸ {title}")
            for inner in blocks:
                print_block(inner, width)
        case _:
            text = plain(block.text)
            print("\n".join(text[a:b] for a, b in wrap(text, width)))
