"""This machine: what it has, and how long its matrix products take, on one thread and on all, alone and in a batch."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from ctypes.util import find_library
from functools import lru_cache
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from engine.kernel import threading_layer
from engine.model import Result
from lessons import terminal
from lessons.labs.base import Still
from lessons.views import Bars, Numbers, Step, Table

LAYER = 1000  # inputs and outputs of the layer that batches go through
BATCHES = (1, 3, 10, 30, 100)
EXAMPLES = 100  # that are timed one by one and as a batch
BEST_OF = 3
TERMINAL = ("size", "colours", "signs", "glyphs", "line")


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@lru_cache(maxsize=1)
def facts() -> Mapping[str, str]:
    """What does not change while the app runs, as it is shown; "" for what cannot be found out."""
    blas = next((one for one in threadpool_info() if one["user_api"] == "blas"), {})
    folder = Path(os.environ.get("NUMBA_CACHE_DIR", ""))
    sizes = [path.stat().st_size for path in folder.rglob("*.nb?")] if folder.is_dir() else []
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0
    return {
        "cores": str(cores()),
        "memory": f"{pages / 2**30:.1f} GiB" if pages else "",
        "threading": threading_layer(),
        "blas": f"{blas.get('internal_api', '')} {'.'.join(str(blas.get('version', '')).split('.')[:3])}".strip(),
        "cache": f"{len(sizes)} · {sum(sizes) / 2**20:.0f} MiB",
        "cuda": "yes" if find_library("cuda") else "no",
    }


def seconds(work: Any) -> float:
    """The fastest of BEST_OF runs."""
    found = []
    for _ in range(BEST_OF):
        began = perf_counter()
        work()
        found.append(perf_counter() - began)
    return min(found)


@lru_cache(maxsize=2)
def matrices(size: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.Generator(np.random.PCG64(size))
    a, b = draw.standard_normal((2, size, size), np.float32)
    return a, b


def product_times(size: int) -> tuple[float, float]:
    """Seconds of a size×size product on one thread, and on all."""
    a, b = matrices(size)
    out = np.empty_like(a)
    found = []
    for threads in (1, cores()):
        with threadpool_limits(threads, user_api="blas"):
            np.matmul(a[:64, :64], b[:64, :64])  # wakes the threads
            found.append(seconds(lambda: np.matmul(a, b, out=out)))
    return found[0], found[1]


def batch_times() -> tuple[tuple[float, ...], float]:
    """Seconds for one example in each of BATCHES, and for EXAMPLES one by one; on one thread."""
    weights, inputs = matrices(LAYER)
    columns = [np.ascontiguousarray(inputs[:, k]) for k in range(EXAMPLES)]
    batches = [np.ascontiguousarray(inputs[:, :count]) for count in BATCHES]
    with threadpool_limits(1, user_api="blas"):
        each = tuple(seconds(lambda x=x: weights @ x) / x.shape[1] for x in batches)
        alone = seconds(lambda: [weights @ column for column in columns])
    return each, alone


def operations(size: int) -> int:
    """Multiplications and additions of a size×size product."""
    return 2 * size**3


def per_number(batch: int, size: int = LAYER) -> float:
    """Operations for each number fetched or stored: weights once, inputs and outputs of every example."""
    return 2 * size * size * batch / (size * size + 2 * size * batch)


class Machine(Still):
    """Times anew whenever it is built. Settings: size of the product, batch."""

    def __init__(self, settings: Mapping[str, Any], seed: int):
        super().__init__(settings, seed)
        self.one, self.all = product_times(settings["size"])
        self.each, self.alone = batch_times()

    def look(self, view: str, past: Sequence[Result]) -> Any:
        return getattr(self, view)()

    def machine(self) -> Table:
        """Each fact, what it is here, and what it means."""
        here = {**facts(), **{name: terminal.SEEN.get(name, "") for name in TERMINAL}}
        rows = tuple((f"fact.{name}", f"={value or '–'}", f"meaning.{name}") for name, value in here.items())
        return Table(columns=("column.fact", "column.here", "column.means"), rows=rows)

    def product(self) -> Bars:
        return Bars(
            labels=("bar.one", f"={cores()} ×"), values=1e3 * np.array([self.one, self.all]), word="series.ms"
        )

    def batches(self) -> Bars:
        at = BATCHES.index(self.settings["batch"])
        labels = tuple(f"={batch}" for batch in BATCHES)
        return Bars(labels=labels, values=1e6 * np.array(self.each), word="series.us", chosen=at)

    def numbers(self) -> Numbers:
        size, batch, count = self.settings["size"], self.settings["batch"], cores()
        work = operations(size)
        speed = lambda time: f"{1e3 * time:.2f} ms, {work / time / 1e9:.0f} GFLOP/s"
        products = -(-EXAMPLES // batch)
        hundred = EXAMPLES * self.each[BATCHES.index(EXAMPLES)]
        return Numbers(
            steps=(
                Step(text=f"2·{size}³ = {work:,}", note="note.operations"),
                Step(text=f"1: {speed(self.one)}", note="note.one"),
                Step(text=f"{count}: {speed(self.all)}", note="note.all"),
                Step(text=f"{1e3 * self.one:.2f} / {1e3 * self.all:.2f} = {self.one / self.all:.2f}",
                     note="note.speed-up", facts={"cores": count}),
                Step(text=f"{EXAMPLES} / {batch} → {products}", note="note.products", hot=True),
                Step(text=f"{per_number(batch):.0f}", note="note.per-number", hot=True),
                Step(text=f"{1e3 * self.alone:.1f} ms", note="note.one-by-one"),
                Step(text=f"{1e3 * hundred:.1f} ms", note="note.batch"),
            )
        )  # fmt: skip

    def metrics(self) -> Mapping[str, float]:
        return {"one-ms": 1e3 * self.one, "all-ms": 1e3 * self.all}

    def facts(self) -> Mapping[str, Any]:
        batch = self.settings["batch"]
        return {
            "operations": operations(self.settings["size"]),
            "products": -(-EXAMPLES // batch),
            "per-number": per_number(batch),
            "gain": self.alone / (EXAMPLES * self.each[BATCHES.index(EXAMPLES)]),
        }
