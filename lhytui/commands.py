"""The one table that names keys: it feeds the bindings, the footer, the help and the command palette.

Words: `command.<id>` (one or two words for the footer and palette) and `command.<id>.help` (a sentence).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    """`keys` as Textual names them, the first one is shown as `cap`; `where`: lesson, home or both."""

    id: str
    keys: tuple[str, ...]
    cap: str
    group: str  # run | change | look | go | app
    where: str = "lesson"
    foot: int = 0  # place in the footer, 0: not in the footer


def digits() -> tuple[str, ...]:
    return tuple("1234567890")


COMMANDS = (
    Command("enter", ("enter",), "enter", "run", "both", 1),
    Command("play", ("space",), "space", "run", "lesson", 2),
    Command("digit", digits(), "1–9", "change", "lesson", 3),
    Command("up", ("up",), "↑", "change", "both"),
    Command("down", ("down",), "↓", "change", "both", 4),
    Command("left", ("left",), "←", "change", "both"),
    Command("right", ("right",), "→", "change", "both", 5),
    Command("pane", ("tab",), "tab", "look", "lesson", 6),
    Command("pane-back", ("shift+tab",), "shift+tab", "look"),
    Command("back", ("comma", "fullwidth_comma"), ",", "run", "lesson", 8),
    Command("forward", ("full_stop", "ideographic_full_stop"), ".", "run"),
    Command("epoch-back", ("less_than_sign", "left_double_angle_bracket"), "<", "run"),
    Command("epoch-forward", ("greater_than_sign", "right_double_angle_bracket"), ">", "run"),
    Command("slower", ("minus", "fullwidth_hyphen-minus"), "−", "run", "lesson", 9),
    Command("faster", ("plus", "equals_sign", "fullwidth_plus_sign", "fullwidth_equals_sign"), "+", "run"),
    Command("finish", ("f",), "f", "run"),
    Command("again", ("r",), "r", "run", "lesson", 10),
    Command("reseed", ("s",), "s", "run"),
    Command("defaults", ("d",), "d", "run"),
    Command("undo", ("u",), "u", "run", "lesson", 13),
    Command("next", ("n",), "n", "go", "lesson", 11),
    Command("previous", ("b",), "b", "go"),
    Command("page-up", ("pageup",), "pgup", "look", "both"),
    Command("page-down", ("pagedown",), "pgdn", "look", "both"),
    Command("first", ("home",), "home", "run", "both"),
    Command("last", ("end",), "end", "run", "both"),
    Command("view", ("v",), "v", "look"),
    Command("enlarge", ("z",), "z", "look"),
    Command("inspect", ("i",), "i", "look"),
    Command("page", ("t",), "t", "look", "lesson", 7),
    Command("controls", ("o",), "o", "change"),
    Command("ghosts", ("c",), "c", "look"),
    Command("questions", ("k",), "k", "go", "both", 14),
    Command("code", ("x",), "x", "look", "lesson", 12),
    Command("copy", ("y",), "y", "app"),
    Command("goto", ("g",), "g", "go", "both"),
    Command("search", ("slash", "fullwidth_solidus", "ideographic_comma"), "/", "go", "both"),
    Command("language", ("l",), "l", "app", "both"),
    Command("palette", ("colon", "fullwidth_colon", "ctrl+p"), ":", "app", "both"),
    Command("help", ("question_mark", "fullwidth_question_mark", "f1"), "?", "app", "both", 99),
    Command("leave", ("escape", "q"), "esc", "app", "both"),
    Command("quit", ("ctrl+q",), "ctrl+q", "app", "both"),
)

BY_ID = {command.id: command for command in COMMANDS}


def bindings(where: str) -> list[tuple[str, str]]:
    """(key, action) for a screen: every command that acts there, as the action `do('<id>', '<key>')`."""
    return [
        (key, f"do({command.id!r}, {key!r})")
        for command in COMMANDS
        if command.where in (where, "both")
        for key in command.keys
    ]
