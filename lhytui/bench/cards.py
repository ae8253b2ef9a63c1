"""Each operation on a graphics card: compared with the CPU, timed, held against what the card could do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lhytui.bench import aligned

CLOSE = 1e-5  # ‖ours − the CPU's‖ / ‖the CPU's‖, and in single numbers of an optimizer
COLUMNS = ("operation", "scale", "half", "gap", "kernels", "mb", "mflop", "ms", "floor_ms", "share")


def run() -> list[dict[str, Any]]:
    """A row for each half of each operation, at every size. Raises EngineError where there is no card."""
    from engine.cuda import bench

    return [row for scale in bench.scales() for row in bench.run(scale)]


def table(rows: Sequence[dict[str, Any]]) -> list[str]:
    """The rows as lines below a line of COLUMNS; share is floor_ms / ms."""
    return aligned(rows, COLUMNS)
