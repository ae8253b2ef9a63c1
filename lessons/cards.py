"""Questions to learn by: `cards.toml` of a lesson."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Card:
    """A question of a section, texts as {"zh": …, "en": …}; `right` is the index of the true option."""

    id: str
    section: str
    question: Mapping[str, str]
    answer: Mapping[str, str]
    why: Mapping[str, str]
    options: Mapping[str, list[str]]
    right: int


def read(path: Path) -> tuple[Card, ...]:
    """The cards of one file in order; none if there is no file. Errors: TOMLDecodeError, KeyError."""
    if not path.is_file():
        return ()
    return tuple(
        Card(
            id=card["id"],
            section=card["section"],
            question=card["question"],
            answer=card.get("answer", {}),
            why=card.get("why", {}),
            options=card.get("options", {}),
            right=card.get("right", -1),
        )
        for card in tomllib.loads(path.read_text("utf-8")).get("card", [])
    )
