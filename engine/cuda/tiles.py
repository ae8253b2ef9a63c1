"""A tile of a product as a piece of a kernel: for operands and results that do not lie in plain rows."""

from __future__ import annotations

from numba import float32

from engine.cuda.kernel import cuda, helper, load4
from engine.cuda.products import DEEP, PITCH, SIDE, SLAB, SPAN, TILE


@helper
def corner():
    """(row, column) of the first of the sums that this thread has, in the whole product."""
    y, x = cuda.threadIdx.x // SIDE * SPAN, cuda.threadIdx.x % SIDE * SPAN
    return cuda.blockIdx.y * TILE + y, cuda.blockIdx.x * TILE + x


def accumulator(load_a, load_b):
    """The sums of a product of one kind: how a slice of A and one of B come into shared memory."""

    @helper
    def accumulate(a_table, a, a_shape, b_table, b, b_shape, m, n, start, stop, sums):
        """sums (SPAN, SPAN) = this thread's part of A (m, …) B (…, n), summed over start … stop - 1.

        The shapes go to the loaders, as (table, start, shape, first, last, at, stop, slab).
        """
        slab_a = cuda.shared.array(SLAB, float32)
        slab_b = cuda.shared.array(SLAB, float32)
        x, y = cuda.threadIdx.x % SIDE * SPAN, cuda.threadIdx.x // SIDE * SPAN
        top, left = cuda.blockIdx.y * TILE, cuda.blockIdx.x * TILE
        for i in range(SPAN):
            for j in range(SPAN):
                sums[i, j] = float32(0)
        for at in range(start, stop, DEEP):
            load_a(a_table, a, a_shape, top, m, at, stop, slab_a)
            load_b(b_table, b, b_shape, left, n, at, stop, slab_b)
            cuda.syncthreads()
            for deep in range(0, DEEP, 4):
                for d in range(4):  # unrolled
                    column = load4(slab_a, (deep + d) * PITCH + y)
                    line = load4(slab_b, (deep + d) * PITCH + x)
                    for i in range(SPAN):
                        for j in range(SPAN):
                            sums[i, j] += column[i] * line[j]
            cuda.syncthreads()

    return accumulate


@helper
def share_of(k, parts):
    """(first, last + 1) of a sum of k that this block's part (grid z) of `parts` takes."""
    each = (k + parts - 1) // parts
    return cuda.blockIdx.z * each, min(k, (cuda.blockIdx.z + 1) * each)


@helper
def put(out, start, pitch, m, n, by, sums):
    """C (m, n), in rows of `pitch` from entry `start` on: by · sums."""
    top, left = corner()
    for i in range(SPAN):
        for j in range(SPAN):
            if top + i < m and left + j < n:
                out[start + (top + i) * pitch + left + j] = by * sums[i, j]
