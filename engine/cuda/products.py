"""Matrix products: tiles in shared memory, a square of sums in each thread's registers.

C (m, n) = A (m, k) B (k, n), in a grid of tiles of TILE × TILE; a thread has SPAN × SPAN sums, so a block has
(TILE / SPAN)² threads. A slice of DEEP columns of A and rows of B is loaded, 128 bits a thread where offsets and
widths are multiples of 4, then multiplied. A long sum over few tiles is split among blocks (grid z), each leaving
its part in `scratch`, for `add_parts` to add up in their order.
"""

from __future__ import annotations

from numba import float32

from engine.cuda.kernel import ALIGN, THREADS, ceil_div, cuda, helper, load4, size, store4

TILE = size("TILE", 64, 8)  # rows and columns of a block's tile
DEEP = size("DEEP", 16, 8)  # of the sum, loaded at once; TILE * DEEP / 4 loads are shared by the threads
SPAN = 4  # rows and columns of a thread: a quad in each direction
SIDE = TILE // SPAN  # threads along a tile
COUNT = SIDE * SIDE  # of a block
PITCH = TILE + 4  # of a row of the slices: keeps quads aligned, spreads the banks
BUSY = size("BUSY", 128, 4)  # blocks that keep a card at work
QUADS = TILE * DEEP // 4  # of a slice
SLAB = DEEP * PITCH  # numbers of a slice in shared memory


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


@helper
def multiply_quads(slab_a, a, slab_b, b, sums):
    """sums (SPAN, SPAN) += a quad of A's column times a quad of B's row, from shared memory."""
    column, line = load4(slab_a, a), load4(slab_b, b)
    for i in range(SPAN):
        for j in range(SPAN):
            sums[i, j] += column[i] * line[j]


def accumulator(load_a, load_b):
    """The middle of a product of one kind: how a slice of A and one of B come into shared memory."""

    @helper
    def accumulate(a_table, a, a_pitch, b_table, b, b_pitch, top, m, left, n, start, stop, sums):
        """A thread's SPAN × SPAN sums of the tile at (top, left), over columns start … stop - 1 of A; the pitches
        are for the loaders alone."""
        slab_a = cuda.shared.array(SLAB, float32, alignment=ALIGN)
        slab_b = cuda.shared.array(SLAB, float32, alignment=ALIGN)
        x, y = cuda.threadIdx.x % SIDE * SPAN, cuda.threadIdx.x // SIDE * SPAN
        for i in range(SPAN):
            for j in range(SPAN):
                sums[i, j] = float32(0)
        for at in range(start, stop, DEEP):
            load_a(a_table, a, a_pitch, top, m, at, stop, slab_a)
            load_b(b_table, b, b_pitch, left, n, at, stop, slab_b)
            cuda.syncthreads()
            for d in range(0, DEEP, 4):  # by hand: the compiler would take one at a time
                multiply_quads(slab_a, d * PITCH + y, slab_b, d * PITCH + x, sums)
                multiply_quads(slab_a, (d + 1) * PITCH + y, slab_b, (d + 1) * PITCH + x, sums)
                multiply_quads(slab_a, (d + 2) * PITCH + y, slab_b, (d + 2) * PITCH + x, sums)
                multiply_quads(slab_a, (d + 3) * PITCH + y, slab_b, (d + 3) * PITCH + x, sums)
            cuda.syncthreads()

    return accumulate


@helper
def store_tile(sums, out, c, pitch, top, m, left, n, keep, theta, bias):
    """A thread's sums into C at entry c of `out` in rows of `pitch`, or added to it with `keep`, + θ from entry
    `bias` on unless that is below 0."""
    x, y = left + cuda.threadIdx.x % SIDE * SPAN, top + cuda.threadIdx.x // SIDE * SPAN
    if bias >= 0:
        for j in range(SPAN):
            b = theta[bias + x + j] if x + j < n else float32(0)
            for i in range(SPAN):
                sums[i, j] += b
    aligned = (c | pitch) & 3 == 0
    for i in range(SPAN):
        if y + i < m:
            place = c + (y + i) * pitch + x
            if aligned and not keep and x + 3 < n:
                store4(out, place, sums[i, 0], sums[i, 1], sums[i, 2], sums[i, 3])
            else:
                for j in range(SPAN):
                    if x + j < n:
                        before = out[place + j] if keep else float32(0)
                        out[place + j] = before + sums[i, j]


def multiplier(load_a, load_b):
    """The product of one kind, from its tiles to its end."""
    accumulate = accumulator(load_a, load_b)

    @helper
    def multiply(a_table, a, a_pitch, b_table, b, b_pitch, out, c, m, n, k, parts, keep, theta, bias):
        """C, at entry c of `out` in rows of n, = A B as `store_tile` has it; part z of `parts` of the sum lies m·n·z
        further on."""
        sums = cuda.local.array((SPAN, SPAN), float32)
        left, top, part = cuda.blockIdx.x * TILE, cuda.blockIdx.y * TILE, cuda.blockIdx.z
        share = ((k + parts - 1) // parts + DEEP - 1) // DEEP * DEEP  # so that quads stay aligned
        start, stop = part * share, min(k, (part + 1) * share)
        accumulate(a_table, a, a_pitch, b_table, b, b_pitch, top, m, left, n, start, stop, sums)
        store_tile(sums, out, c + part * m * n, n, top, m, left, n, keep, theta, bias)

    return multiply


@helper
def add_parts(parts, count, scratch, i):
    """Entry i of the sum of `parts` products of `count` numbers each, left in `scratch`."""
    total = scratch[i]
    for part in range(1, parts):
        total += scratch[part * count + i]
    return total


MOST_PARTS = 32  # of a sum


def parts_of(m: int, n: int, k: int) -> int:
    """Into how many parts a sum of k is cut, so that few tiles keep a whole card at work."""
    tiles = ceil_div(m, TILE) * ceil_div(n, TILE)
    return max(1, min(MOST_PARTS, BUSY // tiles, k // (4 * DEEP)))


def grid_of(m: int, n: int, parts: int = 1) -> tuple[int, int, int]:
    """The blocks of a product C (m, n)."""
    return ceil_div(n, TILE), ceil_div(m, TILE), parts


WIDE = min(32, THREADS)  # columns of a block that sums columns
LANES = THREADS // WIDE  # threads for one of them


@helper
def sum_columns(table, start, m, n, out, c, parts, keep):
    """Σ over the m rows of a table (m, n) into n entries of `out` from c on; part y of the rows lies n·y further on."""
    room = cuda.shared.array(THREADS, float32)
    lane, part = cuda.threadIdx.x // WIDE, cuda.blockIdx.y
    j = cuda.blockIdx.x * WIDE + cuda.threadIdx.x % WIDE
    share, total = (m + parts - 1) // parts, float32(0)
    if j < n:
        for i in range(part * share + lane, min(m, (part + 1) * share), LANES):
            total += table[start + i * n + j]
    room[cuda.threadIdx.x] = total
    cuda.syncthreads()
    if lane == 0 and j < n:
        for other in range(1, LANES):
            total += room[other * WIDE + cuda.threadIdx.x]
        place = c + part * n + j
        out[place] = out[place] + total if keep else total


def column_parts(m: int) -> int:
    """Into how many parts the rows of a table are cut."""
    return max(1, min(MOST_PARTS, m // 256))


def columns_grid(n: int, parts: int) -> tuple[int, int]:
    """The blocks that sum columns."""
    return ceil_div(n, WIDE), parts
