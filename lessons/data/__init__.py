"""Real data of the lessons: `births`, `mnist`, `cp10`, `pokemon`, `surnames`; origin and terms in README.md."""

from __future__ import annotations

import csv
import os
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from lessons.data.origin import origin

HERE = Path(__file__).parent


def cache_folder() -> Path:
    """The folder for unpacked data: $LHYTUI_CACHE_DIR, else this user's own among the temporary files."""
    given = os.environ.get("LHYTUI_CACHE_DIR")
    user = os.getuid() if hasattr(os, "getuid") else os.environ.get("USERNAME", "user")
    return Path(given) if given else Path(tempfile.gettempdir()) / f"lhytui-{user}"


def unpack(archive: Path, folder: Path) -> Path:
    """Each array of an npz archive as `name.npy` in a folder named after the archive, written once.

    A file is renamed into place when it is whole, so two processes or a full disk leave no broken array.
    """
    target = folder / f"{archive.stem}-{archive.stat().st_size}"
    with np.load(archive) as arrays:
        names = arrays.files
        if not all((target / f"{name}.npy").exists() for name in names):
            target.mkdir(parents=True, exist_ok=True)
            for name in names:
                handle, part = tempfile.mkstemp(dir=target)
                try:
                    with os.fdopen(handle, "wb") as file:
                        np.save(file, arrays[name])
                    os.replace(part, target / f"{name}.npy")
                except BaseException:
                    Path(part).unlink(missing_ok=True)
                    raise
    return target


@origin
def mnist() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Handwritten digits: x_train (60000, 784) uint8, y_train (60000,) int64, then the test's.

    The pictures are memory-mapped and read-only; 0 is black, 255 white.
    """
    folder = unpack(HERE / "mnist.npz", cache_folder())
    parts = []
    for half in ("train", "test"):
        images = np.load(folder / f"x_{half}.npy", mmap_mode="r")
        labels = np.load(folder / f"y_{half}.npy")
        parts += [images.reshape(len(images), -1), labels.astype(np.int64, copy=False)]
    return tuple(parts)


@lru_cache(maxsize=1)
def births() -> tuple[np.ndarray, np.ndarray]:
    """Births per day in the United States: dates (7305,) int64 in days since 1970, counts (7305,) float64."""
    rows = (HERE / "us_births.csv").read_text("ascii").split()[1:]
    dates = np.array([row[:10] for row in rows], "datetime64[D]").astype(np.int64)
    counts = np.array([row[11:] for row in rows], np.float64)
    dates.flags.writeable = counts.flags.writeable = False
    return dates, counts


@origin
def cp10() -> tuple[np.ndarray, np.ndarray]:
    """Combat points of ten Pokémon before, x (10, 1), and after they evolve, y (10, 1), float64."""
    x = [338.0, 333, 328, 207, 226, 25, 179, 60, 208, 606]
    y = [640.0, 633, 619, 393, 428, 27, 193, 66, 226, 1591]
    return np.array(x)[:, None], np.array(y)[:, None]


STATS = ("hp", "attack", "defense", "sp_attack", "sp_defense", "speed")


class Pokedex(NamedTuple):
    """Rows of pokemon.csv: number and the six STATS as float64 (n, 6), name and types as tuples of text."""

    number: np.ndarray
    name: tuple[str, ...]
    types: tuple[tuple[str, str], ...]
    stats: np.ndarray


@lru_cache(maxsize=1)
def pokedex() -> Pokedex:
    """All 771 Pokémon, in the order of their numbers; the second type is empty where there is none."""
    with (HERE / "pokemon.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    number = np.array([int(row["num"]) for row in rows])
    stats = np.array([[float(row[stat]) for stat in STATS] for row in rows])
    number.flags.writeable = stats.flags.writeable = False
    types = tuple((row["type1"], row["type2"]) for row in rows)
    return Pokedex(number, tuple(row["name"] for row in rows), types, stats)


@origin
def pokemon(
    stats: tuple[str, ...] = STATS, first: str = "Water", second: str = "Normal"
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Two first types by their stats: x_train (n, D) float64, y_train (n,) int64, 0 for `first`, then the test's.

    Numbers below 400 train. `stats` may also name total, the sum of the six.
    """
    all_ = pokedex()
    table = dict(zip(STATS, all_.stats.T, strict=True), total=all_.stats.sum(axis=1))
    type1 = np.array([types[0] for types in all_.types])
    x, parts = np.stack([table[stat] for stat in stats], axis=1), []
    for half in (all_.number < 400, all_.number >= 400):
        chosen = half & ((type1 == first) | (type1 == second))
        parts += [x[chosen], (type1[chosen] == second).astype(np.int64)]
    return tuple(parts)


@lru_cache(maxsize=1)
def surnames() -> tuple[tuple[str, ...], np.ndarray, tuple[str, ...]]:
    """Surnames (8875), the language of each (8875,) int64, and the languages' ten names, in alphabetical order."""
    with (HERE / "surnames.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    languages = tuple(sorted({row["language"] for row in rows}))
    label = np.array([languages.index(row["language"]) for row in rows])
    label.flags.writeable = False
    return tuple(row["surname"] for row in rows), label, languages
