"""`check`: the lint of the course, and the layout of every section on small, usual and large screens."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator

from lessons import catalog
from lessons.catalog import CatalogError, Course
from lessons.check import Finding
from lessons.check import check as lint
from lessons.words import LANGS
from lhytui import language
from lhytui.text.wrap import wrap

SIZES = ((80, 24), (120, 40), (200, 60))
PAGES = ("text", "experiment", "questions")


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
    """What does not fit on the screen, section by section."""
    try:
        from lhytui.layout import plan
    except ImportError:
        return
    for lesson in course.lessons:
        try:
            known = lesson.experiments()
        except CatalogError:
            continue
        for section in lesson.sections:
            if section.experiment not in known:
                continue
            for lang in LANGS:
                words = lesson.words(lang)
                for width, height in SIZES:
                    for page in PAGES:
                        made = plan(section, known[section.experiment], words, width, height, page)
                        for what in made.overflows:
                            facts = {
                                "section": section.id,
                                "lang": lang,
                                "size": f"{width}×{height}",
                                "what": what,
                            }
                            yield Finding(lesson.id, "overflow", facts)
