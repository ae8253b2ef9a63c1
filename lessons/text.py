"""The text of a section: parses `text.<lang>.md` into blocks; how they are wrapped and drawn is the app's."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

SPAN = re.compile(r"\*\*(.+?)\*\*|`([^`]+)`")


@dataclass(frozen=True)
class Paragraph:
    """Running text with inline `**strong**` and `` `code` ``; see `spans`."""

    text: str


@dataclass(frozen=True)
class Formula:
    """Lines that are never wrapped."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Fold:
    """A derivation, closed until it is opened."""

    title: str
    blocks: tuple[Paragraph | Formula, ...]


Block = Paragraph | Formula | Fold


@dataclass(frozen=True)
class SectionText:
    """What is read before the run and after it."""

    title: str
    before: tuple[Block, ...]
    after: tuple[Block, ...]


def spans(text: str) -> list[tuple[str, str]]:
    """A paragraph's pieces (text, style), style one of "", "strong", "code"."""
    pieces, at = [], 0
    for match in SPAN.finditer(text):
        if match.start() > at:
            pieces.append((text[at : match.start()], ""))
        pieces.append((match[1], "strong") if match[1] is not None else (match[2], "code"))
        at = match.end()
    return pieces + [(text[at:], "")] * (at < len(text))


def plain(text: str) -> str:
    """A paragraph without its inline marks."""
    return "".join(piece for piece, _ in spans(text))


def cells(text: str) -> int:
    """Terminal cells that `text` takes: two for wide characters, none for combining ones."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text
    )


def parse(source: str) -> list[SectionText]:
    """One SectionText per `## ` heading, in order; what stands before the first heading is left out."""
    sections = re.split(r"^## +(.*)$", source.replace("\r\n", "\n"), flags=re.MULTILINE)[1:]
    return [_section(title.strip(), body) for title, body in zip(sections[::2], sections[1::2], strict=True)]


def _section(title: str, body: str) -> SectionText:
    before, _, after = re.sub(r"^---[ \t]*$", "\f", body, count=1, flags=re.MULTILINE).partition("\f")
    return SectionText(title, tuple(_blocks(before)), tuple(_blocks(after)))


def _blocks(body: str) -> Iterator[Block]:
    start, *folds = re.split(r"^### +(.*)$", body, flags=re.MULTILINE)
    yield from _flow(start)
    for title, inner in zip(folds[::2], folds[1::2], strict=True):
        yield Fold(title.strip(), tuple(_flow(inner)))


def _flow(body: str) -> Iterator[Paragraph | Formula]:
    """Paragraphs and formulas."""
    run: list[str] = []
    indented = False
    for line in [*body.split("\n"), ""]:
        formula = line.startswith("    ") and bool(line.strip())
        if run and (not line.strip() or formula != indented):
            yield Formula(tuple(run)) if indented else Paragraph(_join(run))
            run = []
        if line.strip():
            indented = formula
            run.append(line[4:].rstrip() if formula else line.strip())


def _join(lines: list[str]) -> str:
    """Source lines put together: no space between two wide characters."""
    text = lines[0]
    for line in lines[1:]:
        wide = cells(text[-1]) == 2 or cells(line[0]) == 2
        text += line if wide else f" {line}"
    return text
