"""Every formula line that a lesson shows is one that a test evaluates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from lessons import catalog
from lessons.text import Fold, Formula

LANGUAGES = ("zh", "en")
WIDE = str.maketrans({"，": ", ", "；": "; ", "：": ": ", "（": " (", "）": ") ", "。": ". "})


def shown(lesson: catalog.Lesson, lang: str) -> Iterator[str]:
    """The formula lines of the lesson's text, folds included, one space between words."""
    for text in lesson.text(lang).values():
        blocks = [*text.before, *text.after]
        blocks += [block for fold in blocks if isinstance(fold, Fold) for block in fold.blocks]
        yield from (spaced(line) for block in blocks if isinstance(block, Formula) for line in block.lines)


def spaced(line: str) -> str:
    """The line with one space between words and ASCII punctuation in place of the full-width."""
    return " ".join(line.translate(WIDE).split())


def prove(lesson_id: str, formulas: dict[str, Callable[..., Any] | None], *extra: Any) -> None:
    """Evaluate each line of `formulas` as function(*extra), which asserts or returns whether the line is true.

    The keys are exactly the formula lines of the lesson, in either language; a value of None stands for
    a line that says nothing by itself, such as the head of a table.
    """
    lesson = catalog.load().lesson(lesson_id)
    proofs = {spaced(line): check for line, check in formulas.items()}
    lines = {line: lang for lang in LANGUAGES for line in shown(lesson, lang)}
    unproved = [f"{lang}: {line}" for line, lang in lines.items() if line not in proofs]
    assert not unproved, f"shown, never evaluated: {unproved}"
    assert set(proofs) <= set(lines), f"evaluated, never shown: {sorted(set(proofs) - set(lines))}"
    for line, check in proofs.items():
        held = check(*extra) if check is not None else None
        assert held is None or bool(held), line
