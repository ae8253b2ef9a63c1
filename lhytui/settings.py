"""What the user has chosen for the whole app: a TOML file that may be edited by hand.

Each field of `Settings` carries its own schema in its metadata: `options`, or the bounds `lo` and `hi`.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from lhytui import files

Notice = tuple[str, dict[str, Any]]


def _one_of(*options: str) -> Any:
    return field(default=options[0], metadata={"options": options})


def _between(default: float, lo: float, hi: float) -> Any:
    return field(default=default, metadata={"lo": lo, "hi": hi})


@dataclass
class Settings:
    """`theme` names a Textual theme, checked by the app; `last` is LESSON:SECTION, where the learner was."""

    language: str = _one_of("auto", "zh", "en")
    theme: str = "textual-dark"
    glyphs: str = _one_of("auto", "braille", "quadrant", "ascii")
    speed: float = _between(1.0, 0.125, 64.0)
    frames: int = _between(25, 1, 60)
    device: str = _one_of("cpu", "cuda")
    path: Path | None = field(default=None, compare=False, metadata={"kept": False})
    notices: list[Notice] = field(default_factory=list, compare=False, metadata={"kept": False})

    def change(self, **values: Any) -> bool:
        """Set the values that pass the schema and save; False when one did not, or nothing could be saved."""
        good = {name: value for name, value in values.items() if check(name, value)}
        for name, value in good.items():
            setattr(self, name, value)
        return self.save() and len(good) == len(values)

    def save(self) -> bool:
        """Write what differs from the file, keep its other lines. False, and one notice, when it cannot."""
        if self.path is None:
            return False
        try:
            text = _read(self.path)
            if _parse(text) is None:
                files.set_aside(self.path)
            files.write(self.path, _edit(text, self.values()))
        except OSError:
            self._notice("settings-not-saved")
            return False
        return True

    def values(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in KEPT}

    def _notice(self, code: str, **facts: Any) -> None:
        if all(code != known for known, _ in self.notices):
            self.notices.append((code, {"path": str(self.path), **facts}))


KEPT = {f.name: f for f in fields(Settings) if f.metadata.get("kept", True)}


def check(name: str, value: Any) -> bool:
    """Whether `value` may stand under `name`."""
    entry = KEPT.get(name)
    if entry is None:
        return False
    if "lo" in entry.metadata:
        kinds = (int,) if isinstance(entry.default, int) else (int, float)
        number = isinstance(value, kinds) and not isinstance(value, bool)
        return number and entry.metadata["lo"] <= value <= entry.metadata["hi"]
    if type(value) is not type(entry.default):
        return False
    return value in entry.metadata.get("options", (value,))


def load(folder: Path | None = None) -> Settings:
    """The settings of this user; what is missing or damaged is at its default and stands in `notices`."""
    if folder is None:
        from lhytui.paths import paths

        folder = paths().config
    settings = Settings(path=folder / "settings.toml")
    try:
        values = _parse(_read(settings.path))
    except OSError:
        values = {}
    if values is None:
        settings._notice("settings-damaged")
        return settings
    for name in KEPT.keys() & values.keys():
        if check(name, values[name]):
            setattr(settings, name, values[name])
    if bad := [name for name in KEPT if name in values and not check(name, values[name])]:
        settings._notice("settings-bad-values", keys=", ".join(bad))
    return settings


def _read(path: Path) -> bytes:
    """What the file holds, nothing if there is no file. Errors: OSError."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return b""


def _parse(text: bytes) -> dict[str, Any] | None:
    """The values of a file, None of a damaged one."""
    try:
        return tomllib.loads(text.decode("utf-8"))
    except ValueError:
        return None


def _edit(old: bytes, values: dict[str, Any]) -> str:
    """The file's text with `values` in it: changed lines replaced, new ones put before the first table."""
    known = _parse(old)
    text = "" if known is None else old.decode("utf-8")
    known = known or {}
    head, table, tail = re.match(r"(.*?)(^\s*\[|\Z)(.*)", text, re.DOTALL | re.MULTILINE).groups()
    for name, value in values.items():
        line = f"{name} = {_toml(value)}"
        if name in known:
            if known[name] != value:
                head = re.sub(
                    rf"^[ \t]*{name}[ \t]*=.*$", lambda _, line=line: line, head, flags=re.MULTILINE
                )
        elif value != KEPT[name].default:
            head = head + ("\n" if head and not head.endswith("\n") else "") + line + "\n"
    result = head + table + tail
    if _holds(result, known | values):
        return result
    return "".join(f"{name} = {_toml(value)}\n" for name, value in values.items())


def _holds(text: str, wanted: dict[str, Any]) -> bool:
    found = _parse(text.encode())
    return found is not None and all(
        found.get(name, KEPT[name].default if name in KEPT else None) == value
        for name, value in wanted.items()
    )


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
