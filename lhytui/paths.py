"""Where the app keeps its files: settings, progress, state, and caches that may be deleted at any time."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


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
        os.environ.setdefault("NUMBA_CACHE_DIR", str(found.cache / "numba"))
        os.environ.setdefault("LHYTUI_CACHE_DIR", str(found.cache / "data"))
    return found
