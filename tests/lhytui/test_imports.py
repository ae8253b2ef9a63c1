"""The rooms: who may import whom, and what each command leaves unloaded."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("textual", "numpy", "numba")

WALK = """
import importlib, pkgutil
def walk(*names, but=()):
    for name in names:
        package = importlib.import_module(name)
        for found in pkgutil.walk_packages(package.__path__, name + "."):
            if not found.name.startswith(tuple(but)) and not found.name.endswith("__main__"):
                importlib.import_module(found.name)
"""


def loaded(code, roots, **env):
    """Which of `roots` are in sys.modules after `code` has run in a new process."""
    ask = f"\nimport sys\nprint(*(name for name in {roots!r} if name in sys.modules), file=sys.__stderr__)"
    done = subprocess.run(
        [sys.executable, "-c", WALK + code + ask], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stderr.splitlines()[-1].split()


@pytest.mark.parametrize("command", ["--version", "--help", "list --json", "list", "check", "read {lesson}"])
def test_commands_that_load_no_numbers_and_no_screen(command, toys, tmp_path):
    words = command.format(lesson="toys/fall").split()
    code = f"""
import os
os.environ["LHYTUI_COURSE"], os.environ["LHYTUI_HOME"] = {str(toys)!r}, {str(tmp_path)!r}
from lhytui.cli import main
main({words!r})
"""
    assert loaded(code, HEAVY) == []


def test_what_a_run_loads(toys, tmp_path):
    code = f"""
import os
os.environ["LHYTUI_COURSE"], os.environ["LHYTUI_HOME"] = {str(toys)!r}, {str(tmp_path)!r}
from lhytui.cli import main
assert main(["run", "toys/fall"]) == 0
"""
    assert loaded(code, ("numpy", "textual", "plotext")) == ["numpy"]


def test_the_engine_loads_no_other_room():
    assert (
        loaded("walk('engine', but=('engine.cuda',))", ("lessons", "lhytui", "textual", "rich", "plotext"))
        == []
    )


@pytest.mark.parametrize("asked", [False, True])
def test_cuda_is_loaded_only_when_asked_for(asked, tmp_path):
    words = ["run", "training/batch_size", "--steps", "1", *(["--device", "cuda"] if asked else [])]
    code = f"""
import os
os.environ["LHYTUI_HOME"] = {str(tmp_path)!r}
os.environ.pop("LHYTUI_COURSE", None)
from lhytui.cli import main
assert main({words!r}) == 0
"""
    found = loaded(code, ("engine.cuda", "numba_cuda", "numba.cuda.cudadrv.driver", "cuda.bindings"))
    assert found == [] if not asked else "engine.cuda" in found


def test_sessions_and_tapes_load_no_numba():
    assert loaded("import engine.session, engine.tape, engine.model", ("numba",)) == []


def test_the_lessons_load_no_app():
    code = """
walk("lessons")
from lessons import catalog
for lesson in catalog.load().lessons:
    for module in ("experiments", "run"):
        lesson._module(module)
"""
    assert loaded(code, ("lhytui", "textual", "rich", "plotext")) == []


def test_experiments_are_data():
    code = """
from lessons import catalog, cards, check, checks, text, words
for lesson in catalog.load().lessons:
    lesson.experiments()
    lesson.cards()
"""
    assert loaded(code, ("numpy", "numba", "engine")) == []


def test_the_app_loads_no_kernel():
    kernels = ("numba", "engine.kernel", "engine.ops", "engine.interpreter", "engine.optim")
    assert loaded("walk('lhytui')", kernels) == []


def test_import_contracts():
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout
