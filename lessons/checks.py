"""Lint of what is read: the texts of the sections, and the words of a lesson with the room of each."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from lessons import words as wordbook
from lessons.catalog import ROOT, CatalogError, Lesson, shared
from lessons.spec import Arrange, Choice, Race
from lessons.text import Block, Fold, Formula, Paragraph, SectionText, cells, plain
from lessons.words import LANGS, Words, fallback, holes

Faults = Iterator[tuple[str, dict[str, Any]]]
Wrap = Callable[[str, int], list]

COLUMN, LINES = 42, 22  # cells and rows for what is read before the run, and for what is read after it
MARKUP = re.compile(r"```|[-*+>|] |#(?!##? \S)|\d+\. |\t| {1,3}\S")
KEY = re.compile(r"[a-z]+(\.[a-z0-9]+(-[a-z0-9]+)*)+")
CARD = 38  # cells of a line of the card below the text

# The room of a word: (lines, cells), by the beginning of its key and the number of its parts.
ROOM = {
    ("control", 2): (1, 12),
    ("control", 3): (1, 14),
    ("option", 2): (1, 14),
    ("view", 2): (1, 30),
    ("view", 3): (1, 76),
    ("claim", 2): (2, CARD),
    ("action", 2): (1, 24),
    ("ask", 2): (3, CARD),
    ("ask", 3): (1, 34),
    ("look", 2): (3, CARD),
    ("series", 2): (1, 24),
    ("arm", 2): (1, 24),
    ("metric", 2): (1, 20),
    ("column", 2): (1, 16),
    ("chapter", 2): (1, 26),
}
TITLE = 48


def texts(lesson: Lesson, wrap: Wrap) -> Faults:
    """Both texts: one heading a section, in order, and no more in either half than one sees at once."""
    for lang in LANGS:
        path = lesson.folder / f"text.{lang}.md"
        if not path.is_file():
            yield "no-text", {"lesson": lesson.id, "lang": lang}
            continue
        from lessons.text import parse

        source = path.read_text("utf-8")
        parts = parse(source)
        titles = [section.title[lang] for section in lesson.sections]
        if [part.title for part in parts] != titles:
            found = " / ".join(part.title for part in parts)
            yield "headings", {"lang": lang, "found": found, "wanted": " / ".join(titles)}
        for title in titles:
            if cells(title) > TITLE:
                yield "too-wide", {"where": title, "lang": lang, "count": cells(title), "most": TITLE}
        for part in parts:
            yield from section_text(part, lang, wrap)
        for number, line in enumerate(source.splitlines(), 1):
            if not line.startswith("    ") and MARKUP.match(line):
                yield "markup", {"lang": lang, "line": number}


def section_text(part: SectionText, lang: str, wrap: Wrap) -> Faults:
    for half, blocks in (("before", part.before), ("after", part.after)):
        if not any(isinstance(block, Paragraph) for block in blocks):
            yield "no-half", {"lang": lang, "title": part.title, "half": half}
        count = rows(blocks, wrap)
        if count > LINES:
            yield "too-tall", {"lang": lang, "title": part.title, "half": half, "count": count, "most": LINES}
        for block in unfolded(blocks):
            if isinstance(block, Formula):
                for line in block.lines:
                    if cells(line) > COLUMN:
                        facts = {"formula": line, "most": COLUMN}
                        yield "wide-formula", {"lang": lang, "title": part.title, **facts}
            elif block.text.count("**") % 2 or block.text.count("`") % 2:
                yield "unbalanced", {"lang": lang, "title": part.title, "start": block.text[:24]}


def rows(blocks: tuple[Block, ...], wrap: Wrap) -> int:
    """Rows of the blocks without the blank ones between them; a fold is closed."""
    total = 0
    for block in blocks:
        match block:
            case Formula(lines=lines):
                total += len(lines)
            case Fold(title=title):
                total += len(wrap(title, COLUMN - 2))
            case Paragraph(text=text):
                total += len(wrap(plain(text), COLUMN))
    return total


def unfolded(blocks: tuple[Block, ...]) -> Iterator[Paragraph | Formula]:
    """All paragraphs and formulas, those in folds too."""
    for block in blocks:
        if isinstance(block, Fold):
            yield from block.blocks
        else:
            yield block


def wording(lesson: Lesson, wrap: Wrap) -> Faults:
    """The words of a lesson: none missing, none unused, both languages alike, each in its room."""
    own = wordbook.read(lesson.folder / "words.toml")
    words = {lang: lesson.words(lang) for lang in LANGS}
    wanted = expected(lesson)
    spoken = strings(lesson.folder)
    heads = {key.partition(".")[0] for table in (own, *shared()) for key in table}
    wanted |= {key: key for key in keys_in(spoken, heads) if key not in wanted}
    spoken = spoken | strings(ROOT / "labs")
    for key, shown in sorted(wanted.items()):
        if not words["zh"].has(key):
            yield "no-word", {"key": shown}
        else:
            yield from roomy(key, words, wrap)
    for key, leaf in sorted(own.items()):
        yield from alike(key, leaf)
        if not any(used(name, wanted, spoken) for name in (key, key.removesuffix(".read"))):
            yield "unused-word", {"key": key}


def alike(key: str, leaf: wordbook.Table) -> Faults:
    for lang in LANGS:
        if not leaf.get(lang, "").strip():
            yield "one-language", {"where": key, "lang": lang}
    if len({tuple(holes(text)) for text in leaf.values()}) > 1:
        yield "placeholders", {"where": key}


def roomy(key: str, words: dict[str, Words], wrap: Wrap) -> Faults:
    """A word that is wider or taller than its place."""
    parts = key.split(".")
    room = ROOM.get((parts[0], len(parts)))
    if room is None:
        return
    most, width = room
    for lang, book in words.items():
        text = book(key)
        count = len(wrap(text, width)) if most > 1 else cells(text)
        if count > (most if most > 1 else width):
            code = "too-many-lines" if most > 1 else "too-wide"
            yield code, {"where": key, "lang": lang, "count": count, "most": most if most > 1 else width}


def used(key: str, wanted: dict[str, str], spoken: set[str]) -> bool:
    """Whether a word is expected, or its key, its last part or its key's beginning stands in the code."""
    if key in wanted or key in {fallback(name) for name in wanted}:
        return True
    return any(part in spoken for part in (key, key.rpartition(".")[2])) or any(
        key.startswith(start) for start in spoken if start.endswith((".", "-")) and "." in start
    )


def expected(lesson: Lesson) -> dict[str, str]:
    """The keys that the lesson's declarations ask for, each with the key to report when it is missing."""
    keys: list[str] = [f"chapter.{lesson.chapter}"]
    either: dict[str, str] = {}
    english = lesson.words("en")
    for experiment in lesson.experiments().values():
        for control in experiment.controls:
            keys.append(f"control.{control.id}")
            if isinstance(control, Choice):
                keys += [f"control.{control.id}.{option}" for option in control.options]
            if isinstance(control, Arrange):
                for kind, ids in (("card", control.cards), ("bin", control.bins)):
                    for one in ids:
                        names = (f"{kind}.{one}", f"control.{control.id}.{one}", f"option.{one}")
                        either[next((name for name in names if english.has(name)), names[0])] = names[0]
        for view in experiment.views:
            keys += [f"view.{view.id}"]
            own, general = f"view.{view.id}.read", f"view.{view.kind}.read"
            either[own if english.has(own) else general] = own
            if not isinstance(experiment.arms, Race):
                keys += [f"series.{one}" for one in view.series]
        if isinstance(experiment.arms, Race):
            keys += [f"arm.{arm}" for arm in experiment.arms.arms]
        keys += [f"claim.{claim.id}" for claim in experiment.claims]
        keys += [f"action.{action.id}" for action in experiment.actions]
    for section in lesson.sections:
        keys.append(f"look.{section.id}")
        if section.ask:
            keys += [f"ask.{section.id}", *(f"ask.{section.id}.{o}" for o in section.ask.get("options", ()))]
    return {**{key: key for key in keys}, **either}


def common(lessons: Iterable[Lesson]) -> Faults:
    """Words that the labs name: they stand in the labs' own words, in the glossary, or in a lesson."""
    tables = shared()
    heads = {key.partition(".")[0] for table in tables for key in table}
    words = Words([*tables, *(_own(lesson) for lesson in lessons)], "en")
    for key in keys_in(strings(ROOT / "labs"), heads):
        if not words.has(key):
            yield "no-word", {"key": key}
    for table in tables:
        for key, leaf in sorted(table.items()):
            yield from alike(key, leaf)


def _own(lesson: Lesson) -> wordbook.Table:
    """A lesson's words, none if they cannot be read (which its own lint tells)."""
    try:
        return wordbook.read(lesson.folder / "words.toml")
    except ValueError:
        return {}


def keys_in(spoken: set[str], heads: set[str]) -> list[str]:
    """The strings that look like keys of words."""
    return sorted(key for key in spoken if KEY.fullmatch(key) and key.partition(".")[0] in heads)


@cache
def strings(folder: Path) -> set[str]:
    """Every string in the Python files of a folder; pieces of f-strings too."""
    found: set[str] = set()
    for path in folder.rglob("*.py"):
        try:
            tree = ast.parse(path.read_text("utf-8"))
        except SyntaxError as error:
            raise CatalogError("unreadable-lesson", lesson=path.name, detail=str(error)) from None
        found |= {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    return found
