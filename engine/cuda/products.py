"""Matrix products: tiles in shared memory, a square of sums in each thread's registers.

C (m, n) = A (m, k) B (k, n), in a grid of tiles of TILE × TILE; a thread has SPAN × SPAN sums, so a block has
(TILE / SPAN)² threads. A slice of DEEP columns of A and rows of B is loaded, 128 bits a thread where offsets and widths are
multiples of 4, then multiplied. A long sum over few tiles is split among blocks (grid z), each leaving its part in
`scratch`; `gather_parts` adds them up in their order.
"""

from __future__ import annotations

from numba import cuda, float32

from engine.cuda.kernel import helper, load4, size, store4

TILE = size("TILE", 64, 8)  # rows and columns of a block's tile
DEEP = size("DEEP", 16, 8)  # of the sum, loaded at once; TILE * DEEP / 4 loads are shared by the threads
SPAN = 4  # rows and columns of a thread: a quad in each direction
SIDE = TILE // SPAN  # threads along a tile
COUNT = SIDE * SIDE  # of a block
PITCH = TILE + 4  # of a row of the slices: keeps quads aligned, spreads the banks
QUADS = TILE * DEEP // 4  # of a slice


@helper
def load_rows(table, start, pitch, first, last, at, stop, slab):
    """slab[d, r] = table[first + r, at + d]: a slice of TILE rows and DEEP columns, turned; 0 outside."""
    aligned = (start | pitch) & 3 == 0
    for quad in range(cuda.threadIdx.x, QUADS, COUNT):
        r, d = quad // (DEEP // 4), quad % (DEEP // 4) * 4
        i, j = first + r, at + d
        if aligned and i < last and j + 3 < stop:
            a, b, c, e = load4(table, start + i * pitch + j)
        else:
            line = start + i * pitch + j
            a = table[line] if i < last and j < stop else float32(0)
            b = table[line + 1] if i < last and j + 1 < stop else float32(0)
            c = table[line + 2] if i < last and j + 2 < stop else float32(0)
            e = table[line + 3] if i < last and j + 3 < stop else float32(0)
        slab[d * PITCH + r] = a
        slab[(d + 1) * PITCH + r] = b
        slab[(d + 2) * PITCH + r] = c
        slab[(d + 3) * PITCH + r] = e


@helper
def load_columns(table, start, pitch, first, last, at, stop, slab):
    """slab[d, c] = table[at + d, first + c]: a slice of DEEP rows and TILE columns; 0 outside."""
    aligned = (start | pitch) & 3 == 0
    for quad in range(cuda.threadIdx.x, QUADS, COUNT):
        d, r = quad // (TILE // 4), quad % (TILE // 4) * 4
        i, j = at + d, first + r
        if aligned and i < stop and j + 3 < last:
            a, b, c, e = load4(table, start + i * pitch + j)
        else:
            line = start + i * pitch + j
            a = table[line] if i < stop and j < last else float32(0)
            b = table[line + 1] if i < stop and j + 1 < last else float32(0)
            c = table[line + 2] if i < stop and j + 2 < last else float32(0)
            e = table[line + 3] if i < stop and j + 3 < last else float32(0)
        store4(slab, d * PITCH + r, a, b, c, e)
