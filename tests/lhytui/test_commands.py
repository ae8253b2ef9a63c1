"""The key table: no key twice on a screen, every command has words and a deed."""

from collections import Counter

import pytest

from lhytui import language
from lhytui.commands import COMMANDS, bindings


@pytest.mark.parametrize("where", ["lesson", "home"])
def test_no_key_does_two_things(where):
    keys = Counter(key for key, _ in bindings(where))
    assert [key for key, count in keys.items() if count > 1] == []


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_command_has_words(lang):
    words = language.words(lang)
    for command in COMMANDS:
        assert words.has(f"command.{command.id}"), command.id
        assert words.has(f"command.{command.id}.help"), command.id


def test_every_lesson_command_does_something():
    from lhytui.app import LhyApp
    from lhytui.screens.lesson import LessonScreen

    for command in COMMANDS:
        name = "do_" + command.id.replace("-", "_")
        assert hasattr(LessonScreen, name) or hasattr(LhyApp, name), command.id


def test_no_action_has_only_a_letter_without_palette():
    """Every command that a letter does stands in the palette, too."""
    letters = {c.id for c in COMMANDS if all(len(k) == 1 and k.isalpha() for k in c.keys)}
    from lhytui import palette

    skipped = {"palette", "digit", "up", "down", "left", "right", "enter"}
    assert letters and not letters & skipped and hasattr(palette, "Commands")
