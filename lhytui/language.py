"""The language of the app, its own words, and the sentence for an error."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from engine.errors import EngineError
from lessons.words import LANGS, Words, read


def choose(flag: str | None = None) -> str:
    """The language asked for, else that of the settings file, else that of the locale."""
    if flag:
        return flag
    from lhytui.settings import load

    chosen = load().language
    if chosen in LANGS:
        return chosen
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or ""
    return "zh" if locale.lower().startswith("zh") else "en"


@cache
def words(lang: str) -> Words:
    """The app's own words."""
    return Words([read(Path(__file__).parent / "words.toml")], lang)


def sentence(error: Exception, lang: str) -> str:
    """One sentence for an error with a `code` and `facts`; any other error by its type and message."""
    code = getattr(error, "code", None)
    if not isinstance(code, str):
        return words(lang)("error.unexpected", kind=type(error).__name__, detail=str(error) or "–")
    room = "engine" if isinstance(error, EngineError) else "error"
    return tell(code, getattr(error, "facts", {}), lang, room)


def tell(code: str, facts: Mapping[str, Any], lang: str, room: str = "error") -> str:
    """The sentence `room.code` with its facts; a code without words shows itself and its facts."""
    say = words(lang)
    if say.has(f"{room}.{code}"):
        return say(f"{room}.{code}", **facts)
    detail = ", ".join(f"{name}={value}" for name, value in facts.items())
    return say("error.unexpected", kind=code, detail=detail or "–")
