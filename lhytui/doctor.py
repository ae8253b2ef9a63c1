"""`doctor`: this machine and the installation, as the app sees them."""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
from argparse import Namespace
from collections.abc import Iterator
from importlib import metadata, util
from typing import Any

from engine.errors import EngineError
from lessons import catalog
from lhytui import __version__, language, paths

NEEDED = ("textual", "numpy", "numba", "scipy", "plotext", "threadpoolctl", "platformdirs", "fsrs")
OPTIONAL = ("tbb", "numba-cuda", "torch", "jax")


def report(args: Namespace) -> int:
    """Print what was found; 4 if something that the app cannot do without is missing."""
    found = examine(args.lang)
    if args.json:
        print(json.dumps(found, ensure_ascii=False, indent=1))
    else:
        for line in lines(found, args.lang):
            print(line)
    words = language.words(args.lang)
    for what in found["problems"]:
        print(words("doctor.problem", what=what), file=sys.stderr)
    if not found["problems"]:
        print(words("doctor.fine"), file=sys.stderr)
    return 4 if found["problems"] else 0


def examine(lang: str) -> dict[str, Any]:
    """Everything as JSON; `problems` names what is missing or cannot be written."""
    packages = {name: version(name) for name in (*NEEDED, *OPTIONAL)}
    folders = {
        name: {"path": str(folder), "usable": paths.usable(folder)}
        for name, folder in paths.paths().all.items()
    }
    course = catalog.load()
    problems = [name for name in NEEDED if packages[name] is None]
    problems += [str(one["path"]) for one in folders.values() if not one["usable"]]
    problems += [language.tell(p.code, p.facts, lang) for p in course.problems]
    size = shutil.get_terminal_size()
    return {
        "lhytui": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processors": processors(),
        "packages": packages,
        "threading": threading_layers(),
        "cuda": cuda(lang),
        "terminal": {
            "tty": sys.stdout.isatty(),
            "size": [size.columns, size.lines],
            "term": os.environ.get("TERM", ""),
            "colour": os.environ.get("COLORTERM", ""),
            "tmux": "TMUX" in os.environ,
            "ssh": "SSH_CONNECTION" in os.environ,
        },
        "locale": os.environ.get("LC_ALL") or os.environ.get("LANG") or "",
        "language": lang,
        "folders": folders,
        "course": {
            "lessons": len(course.lessons),
            "sections": sum(len(one.sections) for one in course.lessons),
        },
        "problems": problems,
    }


def cuda(lang: str) -> dict[str, Any]:
    """Which `numba.cuda` this Python has, the card, and why there is none: from the engine's own look."""
    found = {"numba.cuda": None, "maintained": version("numba-cuda") is not None, "device": None, "why": None}
    try:
        from engine.cuda import device
    except ImportError as error:
        return found | {"why": language.tell("cuda-not-installed", {"detail": str(error)}, lang, "engine")}
    found["numba.cuda"] = device.package()
    try:
        card = device.find()
        found["device"] = f"{card['name']} {card['capability'][0]}.{card['capability'][1]}"
    except EngineError as error:
        found["why"] = language.sentence(error, lang)
    return found


def processors() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def threading_layers() -> list[str]:
    """Numba's threading layers that are on this machine, the best one first."""
    numba = util.find_spec("numba")
    if numba is None or not numba.submodule_search_locations:
        return []
    pools = os.path.join(numba.submodule_search_locations[0], "np", "ufunc")
    built = os.listdir(pools) if os.path.isdir(pools) else []
    has = {
        "tbb": version("tbb") is not None and any(name.startswith("tbbpool") for name in built),
        "omp": any(name.startswith("omppool") for name in built),
        "workqueue": any(name.startswith("workqueue") for name in built),
    }
    return [name for name, there in has.items() if there]


def lines(found: dict[str, Any], lang: str) -> Iterator[str]:
    """One line a fact; the problems are told on stderr."""
    words = language.words(lang)
    for name, value in found.items():
        if name == "problems":
            continue
        label = words(f"doctor.{name}")
        if not isinstance(value, dict):
            yield f"{label}: {value if not isinstance(value, list) else ', '.join(map(str, value))}"
            continue
        yield f"{label}:"
        for key, inner in value.items():
            shown = f"{inner['path']} {'✓' if inner['usable'] else '✗'}" if isinstance(inner, dict) else inner
            yield f"  {key}: {'–' if shown is None else shown}"
