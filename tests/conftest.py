"""A small second course, and the command line run on it in a process of its own."""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples in every run; HYPOTHESIS_PROFILE=explore draws new ones.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("explore", deadline=None, max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

# A chaotic run ends in other digits where products are rounded otherwise. The figures of the texts are those of the
# BLAS kernels that every x86-64 processor of today can run, so tests use these before anything loads NumPy.
if platform.machine().lower() in ("x86_64", "amd64"):
    os.environ.setdefault("OPENBLAS_CORETYPE", "Haswell")

COURSE = Path(__file__).parent / "course"


@pytest.fixture
def toys(tmp_path):
    """A copy of the toy course that a test may change."""
    return Path(shutil.copytree(COURSE, tmp_path / "course", ignore=shutil.ignore_patterns("__pycache__")))


@pytest.fixture
def lhytui(tmp_path):
    """Calls the command line: lhytui("run", "toys/fall", …) → CompletedProcess, texts decoded."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LHYTUI", "NUMBA", "LC_", "LANG"))}
    env = {**kept, "LHYTUI_HOME": str(tmp_path / "home"), "LHYTUI_COURSE": str(COURSE), "LANG": "C.UTF-8"}

    def call(*args, course=COURSE, **changes):
        return subprocess.run(
            [sys.executable, "-m", "lhytui", *args],
            env={**env, "LHYTUI_COURSE": str(course), **changes},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=300,
        )

    return call
