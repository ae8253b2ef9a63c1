"""Attention in one kernel: dot scores, softmax and the mixing of values, no score in global memory.

A thread has a query (or, for the slopes of keys and values, a key) with its sums in registers, and goes over the other
side tile by tile, in shared memory, with a running maximum (Milakov and Gimelshein 2018; Dao et al. 2022). The buffer
of the weights, which nobody reads, keeps ln Σ e^score of each query, and that of their slopes Σ y ∂y.

The kernels belong to the row of "mix"; the row before is that of "softmax", the one before that "scores-dot".
"""

from __future__ import annotations

from numba import float32

from engine.cuda.index import split, wide
from engine.cuda.kernel import ALIGN, Launch, ceil_div, cuda, helper, kernel, load4, maths, size, store4
from engine.kernel import BATCH, IN, IN2, N0, N1, N2, N3, OP, OUT
from engine.ops.registry import NUMBER

LANES = size("LANES", 128, 8)  # threads of a block at most, each with a vector of its own
KEYS = size("KEYS", 32, 4)  # vectors of the other side in shared memory at once, a multiple of 4
WIDTHS = (16, 32)  # of a head, rounded up; the sums of wider ones would not fit into registers
LEAST = float32(-1e30)  # the score of a key that is hidden
LOW = float32(-1e29)  # less than any score that counts: e^(LEAST - LOW) is 0
MOST_GROUPS = 65535  # blocks along y


def pieces(width: int):
    """How vectors of at most `width` numbers, a multiple of 4, come, meet and go: (fetch, own, give, dot, add)."""
    quads = width // 4
    slab_quads = KEYS * quads

    @helper
    def fetch(table, start, pitch, first, count, each, slab):
        """KEYS vectors from number `first` of `count` on into shared memory; 0 beyond their `each` numbers."""
        aligned = (start | pitch | each) & 3 == 0
        for quad in range(cuda.threadIdx.x, slab_quads, cuda.blockDim.x):
            r, c = quad // quads, quad % quads * 4
            place, here = start + (first + r) * pitch + c, first + r < count
            if aligned and here and c < each:
                x, y, z, w = load4(table, place)
            else:
                x = table[place] if here and c < each else float32(0)
                y = table[place + 1] if here and c + 1 < each else float32(0)
                z = table[place + 2] if here and c + 2 < each else float32(0)
                w = table[place + 3] if here and c + 3 < each else float32(0)
            store4(slab, r * width + c, x, y, z, w)

    @helper
    def own(table, start, each, here, out):
        """A vector of the thread's own into registers, zeros if it has none."""
        aligned = (start | each) & 3 == 0
        for quad in range(quads):
            c = quad * 4
            if here and aligned and c < each:
                out[c], out[c + 1], out[c + 2], out[c + 3] = load4(table, start + c)
            else:
                for e in range(4):
                    out[c + e] = table[start + c + e] if here and c + e < each else float32(0)

    @helper
    def give(table, start, each, by, sums):
        """by · sums to where the thread's vector lies."""
        aligned = (start | each) & 3 == 0
        for quad in range(quads):
            c = quad * 4
            if aligned and c < each:
                a, b = by * sums[c], by * sums[c + 1]
                store4(table, start + c, a, b, by * sums[c + 2], by * sums[c + 3])
            else:
                for e in range(4):
                    if c + e < each:
                        table[start + c + e] = by * sums[c + e]

    @helper
    def dot(slab, r, mine):
        """The product of vector r in shared memory with the thread's own, in four sums at once."""
        a, b, c, d = float32(0), float32(0), float32(0), float32(0)
        for quad in range(quads):
            x, y, z, w = load4(slab, r * width + quad * 4)
            a += x * mine[quad * 4]
            b += y * mine[quad * 4 + 1]
            c += z * mine[quad * 4 + 2]
            d += w * mine[quad * 4 + 3]
        return (a + b) + (c + d)

    @helper
    def add(sums, by, slab, r):
        """sums += by · vector r in shared memory."""
        for quad in range(quads):
            x, y, z, w = load4(slab, r * width + quad * 4)
            sums[quad * 4] += by * x
            sums[quad * 4 + 1] += by * y
            sums[quad * 4 + 2] += by * z
            sums[quad * 4 + 3] += by * w

    return fetch, own, give, dot, add


@helper
def hidden(soft, real, act, tokens, i, k, n):
    """Whether no query of example i sees key k: there is none, or its token is padding; `real`: the softmax's reals."""
    none = k >= n
    if soft[N3] and not none:
        none = act[tokens + i * n + k] == real[1]
    return none


@helper
def fetch_shade(soft, real, act, tokens, i, first, n, shade):
    """LEAST for the keys of a tile that are hidden, 0 for the others, into shared memory."""
    for j in range(cuda.threadIdx.x, KEYS, cuda.blockDim.x):
        shade[j] = LEAST if hidden(soft, real, act, tokens, i, first + j, n) else float32(0)


@helper
def fetch_pairs(act, gact, place, first, m, totals, levels):
    """ln Σ e^score and Σ y ∂y of the queries of a tile, into shared memory."""
    for r in range(cuda.threadIdx.x, KEYS, cuda.blockDim.x):
        here = first + r < m
        totals[r] = act[place + first + r] if here else float32(0)
        levels[r] = gact[place + first + r] if here else float32(0)


@helper
def greater(a, b):
    return a if a > b else b


def kernels(width: int):
    """The kernels for heads of at most `width` numbers: forward, ∂q, ∂k, ∂v."""
    fetch, own, give, dot, add = pieces(width)
    slab = KEYS * width

    def attend(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
        """y (b, m, d) = softmax(scale · q kᵀ / temperature) v, four keys at a time."""
        keys = cuda.shared.array(slab, float32, alignment=ALIGN)
        values = cuda.shared.array(slab, float32, alignment=ALIGN)
        shade = cuda.shared.array(KEYS, float32, alignment=ALIGN)
        query = cuda.local.array(width, float32)
        sums = cuda.local.array(width, float32)
        row, soft, dots, b, real = rows[q], rows[q - 1], rows[q - 2], ctx[BATCH], hyper[q - 1]
        m, n, d, heads, masked = row[N0], row[N1], row[N2], row[N3], soft[N2] != 0
        each, by, tokens = d // heads, real[0] * hyper[q - 2, 0], soft[IN2] * b
        r = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
        for z in range(cuda.blockIdx.y, b * heads, cuda.gridDim.y):
            i, a = split(z, heads)
            mine, other = (i * m + r) * d + a * each, i * n * d + a * each
            own(act, dots[IN] * b + mine, each, r < m, query)
            for c in range(width):
                sums[c] = float32(0)
            top, mass = LOW, float32(0)
            for first in range(0, n, KEYS):
                cuda.syncthreads()
                fetch(act, dots[IN2] * b + other, d, first, n, each, keys)
                fetch(act, row[IN2] * b + other, d, first, n, each, values)
                fetch_shade(soft, real, act, tokens, i, first, n, shade)
                cuda.syncthreads()
                for j in range(0, min(KEYS, n - first) if r < m else 0, 4):
                    s0, s1, s2, s3 = load4(shade, j)
                    s0, s1 = s0 + by * dot(keys, j, query), s1 + by * dot(keys, j + 1, query)
                    s2, s3 = s2 + by * dot(keys, j + 2, query), s3 + by * dot(keys, j + 3, query)
                    if masked:
                        line, k, last = 2 + r * n, first + j, n - 1
                        s0 = s0 if real[line + k] != float32(0) else LEAST
                        s1 = s1 if real[line + min(k + 1, last)] != float32(0) else LEAST
                        s2 = s2 if real[line + min(k + 2, last)] != float32(0) else LEAST
                        s3 = s3 if real[line + min(k + 3, last)] != float32(0) else LEAST
                    now = greater(greater(greater(s0, s1), greater(s2, s3)), top)
                    fade, top = maths.exp(top - now), now
                    p0, p1 = maths.exp(s0 - top), maths.exp(s1 - top)
                    p2, p3 = maths.exp(s2 - top), maths.exp(s3 - top)
                    mass = mass * fade + ((p0 + p1) + (p2 + p3))
                    for c in range(width):
                        sums[c] *= fade
                    add(sums, p0, values, j)
                    add(sums, p1, values, j + 1)
                    add(sums, p2, values, j + 2)
                    add(sums, p3, values, j + 3)
            if r < m:
                inverse = float32(0) if mass == float32(0) else float32(1) / mass
                give(act, row[OUT] * b + mine, each, inverse, sums)
                act[row[IN] * b + z * m + r] = top + maths.log(mass)

    def attend_queries(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
        """∂q = scale · ∂s k with ∂s = p (∂p - Σ y ∂y) / temperature, p and ∂p = ∂y v computed anew."""
        keys = cuda.shared.array(slab, float32, alignment=ALIGN)
        values = cuda.shared.array(slab, float32, alignment=ALIGN)
        shade = cuda.shared.array(KEYS, float32, alignment=ALIGN)
        query = cuda.local.array(width, float32)
        slope = cuda.local.array(width, float32)
        sums = cuda.local.array(width, float32)
        row, soft, dots, b, real = rows[q], rows[q - 1], rows[q - 2], ctx[BATCH], hyper[q - 1]
        m, n, d, heads, masked = row[N0], row[N1], row[N2], row[N3], soft[N2] != 0
        each, by, tokens = d // heads, real[0] * hyper[q - 2, 0], soft[IN2] * b
        r = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
        for z in range(cuda.blockIdx.y, b * heads, cuda.gridDim.y):
            i, a = split(z, heads)
            mine, other = (i * m + r) * d + a * each, i * n * d + a * each
            own(act, dots[IN] * b + mine, each, r < m, query)
            own(gact, row[OUT] * b + mine, each, r < m, slope)
            level, total = float32(0), float32(0)
            for c in range(width):
                if r < m and c < each:
                    level += slope[c] * act[row[OUT] * b + mine + c]
                sums[c] = float32(0)
            if r < m:
                total = act[row[IN] * b + z * m + r]
                gact[row[IN] * b + z * m + r] = level
            for first in range(0, n, KEYS):
                cuda.syncthreads()
                fetch(act, dots[IN2] * b + other, d, first, n, each, keys)
                fetch(act, row[IN2] * b + other, d, first, n, each, values)
                fetch_shade(soft, real, act, tokens, i, first, n, shade)
                cuda.syncthreads()
                for j in range(min(KEYS, n - first) if r < m else 0):
                    shown = shade[j] == float32(0)
                    if masked:
                        shown = shown and real[2 + r * n + first + j] != float32(0)
                    p = maths.exp(by * dot(keys, j, query) - total)
                    p = p * (dot(values, j, slope) - level)
                    add(sums, p if shown else float32(0), keys, j)
            if r < m:
                give(gact, dots[IN] * b + mine, each, by, sums)

    def attend_keys(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
        """∂k = scale · ∂sᵀ q; a thread has a key and goes over the queries."""
        queries = cuda.shared.array(slab, float32, alignment=ALIGN)
        slopes = cuda.shared.array(slab, float32, alignment=ALIGN)
        totals = cuda.shared.array(KEYS, float32, alignment=ALIGN)
        levels = cuda.shared.array(KEYS, float32, alignment=ALIGN)
        key = cuda.local.array(width, float32)
        value = cuda.local.array(width, float32)
        sums = cuda.local.array(width, float32)
        row, soft, dots, b, real = rows[q], rows[q - 1], rows[q - 2], ctx[BATCH], hyper[q - 1]
        m, n, d, heads, masked = row[N0], row[N1], row[N2], row[N3], soft[N2] != 0
        each, by, tokens = d // heads, real[0] * hyper[q - 2, 0], soft[IN2] * b
        j = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
        for z in range(cuda.blockIdx.y, b * heads, cuda.gridDim.y):
            i, a = split(z, heads)
            mine, other = (i * n + j) * d + a * each, i * m * d + a * each
            own(act, dots[IN2] * b + mine, each, j < n, key)
            own(act, row[IN2] * b + mine, each, j < n, value)
            none = hidden(soft, real, act, tokens, i, j, n)
            for c in range(width):
                sums[c] = float32(0)
            for first in range(0, m, KEYS):
                cuda.syncthreads()
                fetch(act, dots[IN] * b + other, d, first, m, each, queries)
                fetch(gact, row[OUT] * b + other, d, first, m, each, slopes)
                fetch_pairs(act, gact, row[IN] * b + z * m, first, m, totals, levels)
                cuda.syncthreads()
                for r in range(0 if none else min(KEYS, m - first)):
                    shown = True
                    if masked:
                        shown = real[2 + (first + r) * n + j] != float32(0)
                    p = maths.exp(by * dot(queries, r, key) - totals[r])
                    p = p * (dot(slopes, r, value) - levels[r])
                    add(sums, p if shown else float32(0), queries, r)
            if j < n:
                give(gact, dots[IN2] * b + mine, each, by, sums)

    def attend_values(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
        """∂v = pᵀ ∂y; a thread has a key and goes over the queries."""
        queries = cuda.shared.array(slab, float32, alignment=ALIGN)
        slopes = cuda.shared.array(slab, float32, alignment=ALIGN)
        totals = cuda.shared.array(KEYS, float32, alignment=ALIGN)
        levels = cuda.shared.array(KEYS, float32, alignment=ALIGN)
        key = cuda.local.array(width, float32)
        sums = cuda.local.array(width, float32)
        row, soft, dots, b, real = rows[q], rows[q - 1], rows[q - 2], ctx[BATCH], hyper[q - 1]
        m, n, d, heads, masked = row[N0], row[N1], row[N2], row[N3], soft[N2] != 0
        each, by, tokens = d // heads, real[0] * hyper[q - 2, 0], soft[IN2] * b
        j = cuda.blockIdx.x * cuda.blockDim.x + cuda.threadIdx.x
        for z in range(cuda.blockIdx.y, b * heads, cuda.gridDim.y):
            i, a = split(z, heads)
            mine, other = (i * n + j) * d + a * each, i * m * d + a * each
            own(act, dots[IN2] * b + mine, each, j < n, key)
            none = hidden(soft, real, act, tokens, i, j, n)
            for c in range(width):
                sums[c] = float32(0)
            for first in range(0, m, KEYS):
                cuda.syncthreads()
                fetch(act, dots[IN] * b + other, d, first, m, each, queries)
                fetch(gact, row[OUT] * b + other, d, first, m, each, slopes)
                fetch_pairs(act, gact, row[IN] * b + z * m, first, m, totals, levels)
                cuda.syncthreads()
                for r in range(0 if none else min(KEYS, m - first)):
                    shown = True
                    if masked:
                        shown = real[2 + (first + r) * n + j] != float32(0)
                    p = maths.exp(by * dot(queries, r, key) - totals[r])
                    add(sums, p if shown else float32(0), slopes, r)
            if j < n:
                give(gact, row[IN2] * b + mine, each, float32(1), sums)

    found = attend, attend_queries, attend_keys, attend_values
    for function in found:
        function.__name__ += f"_{width}"
    return tuple(kernel(function) for function in found)


KERNELS = {width: kernels(width) for width in WIDTHS}


def over(function, count: int, groups: int) -> Launch:
    """A thread for each of `count` queries or keys of so many heads of examples."""
    threads = wide(count, LANES)
    return Launch(function, (ceil_div(count, threads), min(groups, MOST_GROUPS)), (threads,))


def fuse(rows, live: int, batch: int) -> dict:
    """{row: (launches forward, launches backward)} for attention whose scores and weights only its own rows read."""
    found, chain = {}, [NUMBER[name] for name in ("scores-dot", "softmax", "mix")]
    for q in range(2, live):
        dots, soft, mix = rows[q - 2], rows[q - 1], rows[q]
        inner = (dots[OUT], soft[OUT])
        if [row[OP] for row in (dots, soft, mix)] != chain or (soft[IN], mix[IN]) != inner:
            continue
        width = next((width for width in WIDTHS if mix[N2] // mix[N3] <= width), None)
        others = [row for p, row in enumerate(rows[:live]) if p not in (q - 2, q - 1, q)]
        seen = any(row[column] in inner for row in others for column in (IN, IN2))
        if width and not seen:
            forward, queries, keys, values = KERNELS[width]
            m, n, groups = int(mix[N0]), int(mix[N1]), batch * int(mix[N3])
            back = [over(queries, m, groups), over(keys, n, groups), over(values, n, groups)]
            found |= {q - 2: ([], []), q - 1: ([], []), q: ([over(forward, m, groups)], back)}
    return found
