"""Whole numbers in kernels: places taken apart cheaply, and how wide a block should be."""

from __future__ import annotations

from numba import uint32

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
        return over, uint32(uint32(i) - uint32(over * uint32(n)))


def wide(count: int) -> int:
    """Threads of a block that goes over `count` numbers: whole warps, no more than THREADS."""
    return min(THREADS, -(-count // WARP) * WARP)
