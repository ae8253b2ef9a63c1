"""Writing files so that a crash, a full disk or a second copy of the app never costs what was there."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


def write(path: Path, text: str) -> None:
    """Replace the file at once: readers see the old text or the new one, never a part. Errors: OSError."""
    from tempfile import mkstemp

    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def set_aside(path: Path, tails: Iterable[str] = ("",)) -> Path:
    """Rename a damaged file, companions `path + tail` too, to the first free damaged-<n>. Errors: OSError."""
    count = 1
    while os.path.lexists(aside := path.with_name(f"{path.name}.damaged-{count}")):
        count += 1
    for tail in tails:
        source = Path(f"{path}{tail}")
        if source.exists():
            source.rename(f"{aside}{tail}")
    return aside
