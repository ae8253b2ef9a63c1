"""Where the app keeps its files: settings, progress, state, and caches that may be deleted at any time."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

ENGINE = Path(__file__).parent.parent / "engine"
KEPT = 30 * 24 * 3600  # seconds that an unused folder of compiled code is kept


@dataclass(frozen=True)
class Paths:
    config: Path
    data: Path
    state: Path
    cache: Path

    @property
    def all(self) -> dict[str, Path]:
        return {"config": self.config, "data": self.data, "state": self.state, "cache": self.cache}


def paths() -> Paths:
    """The folders of this user; $LHYTUI_HOME holds all four when it is set."""
    if home := os.environ.get("LHYTUI_HOME"):
        root = Path(home).expanduser().absolute()
        return Paths(*(root / name for name in ("config", "data", "state", "cache")))
    from platformdirs import PlatformDirs

    dirs = PlatformDirs("lhytui", appauthor=False)
    return Paths(dirs.user_config_path, dirs.user_data_path, dirs.user_state_path, dirs.user_cache_path)


def usable(folder: Path) -> bool:
    """Whether files can be written in `folder`, which is made (0700: for this user only) if it is missing."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


def prepare() -> Paths:
    """Make the folders (failures are left to whoever writes) and say in the environment where caches go.

    Call it before numba is imported. Caches already named in the environment stay as they are.
    """
    found = paths()
    for folder in found.all.values():
        usable(folder)
    if usable(found.cache):
        os.environ.setdefault("NUMBA_CACHE_DIR", str(_numba(found.cache / "numba")))
        os.environ.setdefault("LHYTUI_CACHE_DIR", str(found.cache / "data"))
    return found


def _numba(root: Path) -> Path:
    """The folder of compiled code that belongs to the engine's present source; long unused ones are dropped.

    Numba looks only at the file that a function stands in, so a changed helper elsewhere needs a new folder.
    """
    sources = sorted(ENGINE.rglob("*.py"))
    marks = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in sources]
    folder = root / hashlib.sha256(repr(marks).encode()).hexdigest()[:16]
    if not folder.is_dir() and usable(folder):
        old = time.time() - KEPT
        for other in root.iterdir():
            if other.stat().st_mtime < old:
                shutil.rmtree(other, ignore_errors=True)
    return folder
