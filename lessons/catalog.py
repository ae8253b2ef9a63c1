"""The course: finds the lesson folders and reads their `lesson.toml`; loads the rest on demand.

No numpy: experiments are data, only `Lesson.call` imports a lesson's code.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import threading
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from lessons import cards, text, words
from lessons.spec import Experiment, Seed

ROOT = Path(__file__).parent
_LOADING = threading.RLock()
APART = {"labs", "data", "pytorch", "__pycache__"}  # folders of the room that hold no chapter


class CatalogError(LookupError):
    """What cannot be found or read: `code` and `facts` for the sentence in the app's words."""

    def __init__(self, code: str, **facts):
        super().__init__(code, facts)
        self.code, self.facts = code, facts


@dataclass(frozen=True)
class Section:
    """One screen: a part of the text beside a setting of one of the lesson's experiments."""

    id: str
    lesson: str
    title: Mapping[str, str]
    experiment: str
    set: Mapping[str, Any] = field(default_factory=dict)
    stop: Mapping[str, int] = field(default_factory=dict)
    notes: str = ""
    show: tuple[str, ...] = ()
    views: tuple[str, ...] = ()
    ask: Mapping[str, Any] = field(default_factory=dict)
    keys: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()

    def settings(self, experiment: Experiment, changes: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The experiment's defaults, the section's settings, `changes`; the seed apart. Errors: SpecError."""
        values = {**self.set, **(changes or {})}
        return experiment.settings({k: v for k, v in values.items() if k != "seed"})

    def seed(self, experiment: Experiment) -> int:
        """The seed that the section starts with."""
        default = next((c.default for c in experiment.controls if isinstance(c, Seed)), 1)
        return int(self.set.get("seed", default))


@dataclass(frozen=True)
class Lesson:
    """One folder. `number`: its place in the course, from 1; `package`: prefix of its modules' names."""

    id: str
    chapter: str
    number: int
    order: float
    minutes: int
    needs: tuple[str, ...]
    title: Mapping[str, str]
    sections: tuple[Section, ...]
    folder: Path
    package: str

    def section(self, id: str) -> Section:
        """Errors: CatalogError("unknown-section")."""
        for section in self.sections:
            if section.id == id:
                return section
        known = [s.id for s in self.sections]
        near = get_close_matches(id, known, 3, 0.4) or known
        raise CatalogError("unknown-section", lesson=self.id, section=id, near=", ".join(near))

    def experiments(self) -> Mapping[str, Experiment]:
        """What `experiments.py` declares, by name. Errors: CatalogError("broken-experiments")."""
        try:
            return self._module("experiments").EXPERIMENTS
        except CatalogError:
            raise
        except Exception as error:  # whatever an author's file may raise
            detail = f"{type(error).__name__}: {error}"
            raise CatalogError("broken-experiments", lesson=self.id, detail=detail) from error

    def words(self, lang: str) -> words.Words:
        """The lesson's words, then those of the labs, then the glossary."""
        return words.Words([*self._words, *shared()], lang)

    def text(self, lang: str) -> dict[str, text.SectionText]:
        """The text of each section, by section id; headings and sections go together by their order."""
        parts = text.parse((self.folder / f"text.{lang}.md").read_text("utf-8"))
        return dict(zip((section.id for section in self.sections), parts, strict=False))

    def cards(self) -> tuple[cards.Card, ...]:
        return cards.read(self.folder / "cards.toml")

    def call(self, name: str) -> Callable:
        """The function that "module:function" names in the lesson's folder."""
        module, _, function = name.partition(":")
        return getattr(self._module(module), function)

    def offers(self, name: str) -> bool:
        """Whether the lesson's folder has the function "module:function"."""
        module, _, function = name.partition(":")
        return hasattr(self._module(module), function)

    @cached_property
    def _words(self) -> list[words.Table]:
        return [words.read(self.folder / "words.toml")]

    def _module(self, name: str) -> ModuleType:
        return _load(f"{self.package}.{name}", self.folder / f"{name}.py")


@dataclass(frozen=True)
class Problem:
    """A lesson folder that could not be read: `code` and `facts` as for CatalogError."""

    lesson: str
    code: str
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Course:
    lessons: tuple[Lesson, ...]
    problems: tuple[Problem, ...] = ()

    @property
    def chapters(self) -> tuple[str, ...]:
        """Chapters in the order of their first lessons."""
        return tuple(dict.fromkeys(lesson.chapter for lesson in self.lessons))

    def lesson(self, id: str) -> Lesson:
        """By id, by number, or by folder name alone. Errors: CatalogError("unknown-lesson")."""
        for lesson in self.lessons:
            if id in (lesson.id, str(lesson.number)):
                return lesson
        alone = [lesson for lesson in self.lessons if lesson.id.rpartition("/")[2] == id]
        if len(alone) == 1:
            return alone[0]
        if broken := next((p for p in self.problems if p.lesson == id), None):
            raise CatalogError(broken.code, **{**broken.facts, "lesson": id})
        near = self.near(id)
        raise CatalogError("unknown-lesson" if near else "no-such-lesson", lesson=id, near=", ".join(near))

    def near(self, id: str) -> list[str]:
        """At most three ids that resemble `id`."""
        known = [lesson.id for lesson in self.lessons]
        tails = {k.rpartition("/")[2]: k for k in known}
        close = get_close_matches(id, known, 3, 0.5)
        close += [tails[t] for t in get_close_matches(id.rpartition("/")[2], list(tails), 3, 0.5)]
        return list(dict.fromkeys(close))[:3]

    def find(self, name: str) -> tuple[Lesson, Section]:
        """LESSON or LESSON:SECTION; without a section the first one. Errors: CatalogError."""
        id, _, section = name.partition(":")
        lesson = self.lesson(id)
        return lesson, lesson.section(section) if section else lesson.sections[0]


def shared() -> list[words.Table]:
    """Words of all lessons: those of the labs, then the glossary."""
    return [words.read(ROOT / "labs" / "words.toml"), words.read(ROOT / "glossary.toml")]


def load(extra: Path | str | None = None) -> Course:
    """All lessons of the course, then those of the folder `extra` (default: $LHYTUI_COURSE), each by `order`.

    A folder that cannot be read is left out and stands in `problems`; so does a second folder of the same id.
    """
    extra = extra or os.environ.get("LHYTUI_COURSE") or None
    roots = [(ROOT, "lessons")] + ([(Path(extra).expanduser(), "lhytui_course")] if extra else [])
    found: dict[str, dict[str, Any]] = {}
    problems: list[Problem] = []
    for root, package in roots:
        if not root.is_dir():
            problems.append(Problem(str(root), "no-course", {"path": str(root)}))
            continue
        here = []
        for folder in _folders(root):
            id = f"{folder.parent.name}/{folder.name}"
            try:
                lesson = _lesson(folder, f"{package}.{folder.parent.name}.{folder.name}")
                if lesson["id"] in found or any(lesson["id"] == other["id"] for other in here):
                    raise CatalogError("duplicate-lesson", lesson=lesson["id"], path=str(folder))
                here.append(lesson)
            except CatalogError as error:
                problems.append(Problem(id, error.code, error.facts))
            except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
                problems.append(Problem(id, "unreadable-lesson", {"lesson": id, "detail": str(error)}))
        found |= {lesson["id"]: lesson for lesson in sorted(here, key=lambda one: (one["order"], one["id"]))}
    lessons = tuple(Lesson(number=k, **lesson) for k, lesson in enumerate(found.values(), 1))
    return Course(lessons, tuple(problems))


def _folders(root: Path) -> list[Path]:
    """Every chapter/lesson folder with a lesson's file in it."""
    chapters = [
        c for c in sorted(root.iterdir()) if c.is_dir() and c.name not in APART and c.name[0] not in "._"
    ]
    lessons = [f for c in chapters for f in sorted(c.iterdir()) if f.is_dir() and f.name[0] not in "._"]
    return [
        f
        for f in lessons
        if any((f / name).is_file() for name in ("lesson.toml", "experiments.py", "run.py"))
    ]


def _lesson(folder: Path, package: str) -> dict[str, Any]:
    """The fields of a Lesson but its number."""
    id = f"{folder.parent.name}/{folder.name}"
    path = folder / "lesson.toml"
    if not path.is_file():
        raise CatalogError("no-lesson-file", lesson=id)
    raw = tomllib.loads(path.read_text("utf-8"))
    try:
        id = raw.get("id", id)
        sections = tuple(_section(section, id) for section in raw.get("section", []))
        if not sections:
            raise CatalogError("no-sections", lesson=id)
        return {
            "id": id,
            "chapter": folder.parent.name,
            "order": float(raw["order"]),
            "minutes": int(raw["minutes"]),
            "needs": tuple(raw.get("needs", ())),
            "title": _both(raw["title"]),
            "sections": sections,
            "folder": folder,
            "package": package,
        }
    except KeyError as error:
        raise CatalogError("missing-key", lesson=id, key=error.args[0]) from None
    except (TypeError, ValueError, AttributeError) as error:
        raise CatalogError("wrong-type", lesson=id, detail=str(error)) from None


def _section(raw: Mapping[str, Any], lesson: str) -> Section:
    lists = {key: tuple(raw.get(key, ())) for key in ("show", "views", "keys", "claims")}
    tables = {key: dict(raw.get(key, {})) for key in ("set", "stop", "ask")}
    return Section(
        id=raw["id"],
        lesson=lesson,
        title=_both(raw["title"]),
        experiment=raw["experiment"],
        notes=raw.get("notes", ""),
        **lists,
        **tables,
    )


def _both(title: Mapping[str, str]) -> dict[str, str]:
    return {lang: title[lang] for lang in words.LANGS}


def _load(name: str, path: Path) -> ModuleType:
    """The module in the file `path`, executed once under `name`, so that caches and pickles know it again."""
    with _LOADING:  # a second thread must not see a module half executed
        module = sys.modules.get(name)
        if module is not None and getattr(module, "__file__", None) == str(path):
            return module
        if not path.is_file():
            raise CatalogError("no-module", module=name, path=str(path))
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        try:
            spec.loader.exec_module(module)
        except BaseException:
            del sys.modules[name]
            raise
        return module
