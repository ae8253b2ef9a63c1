"""Time per update against PyTorch and JAX: every contender in a process of its own, pinned, in turn.

Nothing but the standard library is imported here; each contender loads what it needs in its process.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Sequence

from lhytui.bench.cases import CASES
from lhytui.bench.programs import PROGRAMS, SHARED

PEERS = ("torch", "jax")
ROUNDS = 15
COLUMNS = ("workload", "ours_us", "torch_us", "jax_us", "ratio", "threads", "least_us", "share_of_blas")
SIZES = (256, 512, 1024)  # of the square products of which the fastest is the BLAS's best


def allowed() -> list[int]:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


class Contender:
    """A process that measures one contender on demand, on the first `cores` cores that this one may use."""

    def __init__(self, name: str, case: dict, cores: int):
        source = SHARED + PROGRAMS[case["kind"]][name]
        pinned = allowed()[:cores]
        pin = (lambda: os.sched_setaffinity(0, pinned)) if hasattr(os, "sched_setaffinity") else None
        threads = {"OMP_NUM_THREADS": str(cores), "MKL_NUM_THREADS": str(cores), "JAX_PLATFORMS": "cpu"}
        path = os.pathsep.join(entry for entry in sys.path if entry)
        # A processor forced upon OpenBLAS would slow down whoever uses it and leave the others alone.
        plain = {key: value for key, value in os.environ.items() if key != "OPENBLAS_CORETYPE"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", source, json.dumps(case | {"cores": cores})],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=plain | threads | {"PYTHONPATH": path},
            preexec_fn=pin,
        )
        self.ready = self.process.stdout.readline().strip() == "ready"

    def measure(self) -> float:
        """µs per update, now."""
        self.process.stdin.write("go\n")
        self.process.stdin.flush()
        return float(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def measure(case: dict, cores: int, names: Sequence[str], rounds: int) -> dict[str, list[float]]:
    """µs per update of each contender, all measured in turn; none of one that cannot start."""
    contenders = {name: Contender(name, case, cores) for name in names}
    times = {name: [] for name, contender in contenders.items() if contender.ready}
    for _ in range(rounds):
        for name, found in times.items():
            found.append(contenders[name].measure())
    for contender in contenders.values():
        contender.close()
    return times


def blas_best(cores: int) -> float | None:
    """GFLOP/s of the fastest square product in float32 by the engine's BLAS."""
    best = []
    for size in SIZES:
        times = measure({"kind": "blas", "size": size, "updates": 1}, cores, ("ours",), 9).get("ours")
        best += [2e-3 * size**3 / min(times)] if times else []
    return max(best, default=None)


def compare(workload: str, peers: Sequence[str], rounds: int, best: dict[int, float | None]) -> dict:
    """A row of `run`; best: GFLOP/s of the BLAS by number of cores."""
    case = CASES[workload]
    medians, least = {}, {}
    for cores in best:
        for name, times in measure(case, cores, ("ours", *peers), rounds).items():
            medians.setdefault(name, {})[cores] = statistics.median(times)
            least[name, cores] = min(times)
    fastest = {name: min(found.values()) for name, found in medians.items()}
    ours, theirs = fastest.get("ours"), [fastest[name] for name in peers if name in fastest]
    threads = min(medians["ours"], key=medians["ours"].get) if ours else None
    flops, peak = case.get("flops"), best.get(threads)
    return {
        "workload": workload,
        "ours_us": ours,
        "peers": {f"{name}_us": fastest.get(name) for name in peers},
        "ratio": min(theirs) / ours if ours and theirs else None,
        "threads": threads,
        "ours_by_threads": medians.get("ours", {}),
        "least_us": least.get(("ours", threads)),
        "share_of_blas": 1e-3 * flops / ours / peak if ours and flops and peak else None,
    }


def run(peers: Sequence[str] = PEERS, rounds: int = ROUNDS, only: str | None = None) -> list[dict]:
    """A row for each workload, or for the one that is wanted; every time a median of `rounds`, in µs an update.

    ours_us, peers: each on one core and on all, the faster of the two. ratio: the fastest peer's over ours.
    threads: ours at its fastest, least_us: the least of it; ours_by_threads: ours on one core and on all.
    share_of_blas: GFLOP/s of ours as a share of those of the same BLAS's best product on as many cores; None
    where products are not what takes the time.
    """
    best = {cores: blas_best(cores) for cores in sorted({1, len(allowed())})}
    return [compare(workload, peers, rounds, best) for workload in (CASES if only is None else (only,))]


def table(rows: Sequence[dict]) -> list[str]:
    """The rows of `run` as lines below a line of COLUMNS."""
    return aligned([row | row["peers"] for row in rows], COLUMNS)


def aligned(rows: Sequence[dict], columns: Sequence[str]) -> list[str]:
    """Those columns of the rows as lines below a line of their names."""
    lines = [columns]
    for row in rows:
        cells = (row.get(column) for column in columns)
        lines.append([f"{cell:.4g}" if isinstance(cell, float) else str(cell or "-") for cell in cells])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    ]
