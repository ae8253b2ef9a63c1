"""Whole numbers in kernels: places taken apart cheaply, and how wide a block should be."""

from __future__ import annotations

from numba import int64, uint32

from engine.cuda.kernel import SIMULATED, THREADS, WARP, helper

if SIMULATED:

    def split(i, n):
        """(i // n, i % n) of whole numbers below 2³²."""
        return i // n, i % n

else:

    @helper
    def split(i, n):
        """(i // n, i % n) of whole numbers below 2³²: a division of 64 bits takes three times the instructions."""
        over = uint32(uint32(i) // uint32(n))
        return int64(over), int64(uint32(uint32(i) - uint32(over * uint32(n))))


def wide(count: int, most: int = THREADS) -> int:
    """Threads of a block that goes over `count` numbers: whole warps, no more than `most`."""
    return min(most, -(-count // WARP) * WARP)
