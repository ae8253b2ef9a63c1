"""Attention in three steps: scores (b, h, q, k), weights (b, h, q, k), and values mixed by them (b, q, d).

Products head by head, in tiles. Where nobody looks at scores and weights, `engine.cuda.ops.fused` does all three
in one kernel.
"""

from __future__ import annotations

from numba import float32

from engine.cuda.index import split, wide
from engine.cuda.kernel import (
    THREADS,
    Launch,
    cuda,
    helper,
    kernel,
    lines,
    maths,
    max_block,
    over_rows,
    sum_block,
)
from engine.cuda.ops.fused import fuse  # noqa: F401  where one looks for it
from engine.cuda.products import (
    COUNT,
    SPAN,
    TILE,
    accumulator,
    grid_of,
    load_columns,
    load_rows,
    store_tile,
)
from engine.kernel import BATCH, IN, IN2, N0, N1, N2, N3, OUT, PARAM


def product(load_a, load_b):
    """A product of one kind, as a piece of a kernel: one head's, its operands and result parts of wider rows."""
    accumulate = accumulator(load_a, load_b)

    @helper
    def multiply(a_table, a, a_pitch, b_table, b, b_pitch, out, c, pitch, m, n, k, by):
        """C (m, n), at entry c of `out` in rows of `pitch`, = by · A (m, k) B (k, n)."""
        sums = cuda.local.array((SPAN, SPAN), float32)
        top, left = cuda.blockIdx.y * TILE, cuda.blockIdx.x * TILE
        accumulate(a_table, a, a_pitch, b_table, b, b_pitch, top, m, left, n, 0, k, sums)
        for i in range(SPAN):
            for j in range(SPAN):
                sums[i, j] *= by
        store_tile(sums, out, c, pitch, top, m, left, n, False, out, -1)

    return multiply


rows_by_rows = product(load_rows, load_rows)  # A Bᵀ
rows_by_columns = product(load_rows, load_columns)  # A B
columns_by_columns = product(load_columns, load_columns)  # Aᵀ B

MOST_GROUPS = 65535  # blocks along z


@helper
def group_of(z, heads, length, d):
    """Where the columns of head z mod h of example z // h begin in a buffer (b, length, d)."""
    i, a = split(z, heads)
    return i * length * d + a * (d // heads)


@kernel
def dot_forward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """s (b, h, m, n) = scale (hyper 0) · q (b, m, d) k (b, n, d)ᵀ, head by head."""
    row, b = rows[q], ctx[BATCH]
    m, n, d, heads = row[N0], row[N1], row[N2], row[N3]
    for z in range(cuda.blockIdx.z, b * heads, cuda.gridDim.z):
        left, right = row[IN] * b + group_of(z, heads, m, d), row[IN2] * b + group_of(z, heads, n, d)
        rows_by_rows(
            act, left, d, act, right, d, act, row[OUT] * b + z * m * n, n, m, n, d // heads, hyper[q, 0]
        )


@kernel
def dot_queries(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂q = scale · ∂s k."""
    row, b = rows[q], ctx[BATCH]
    m, n, d, heads = row[N0], row[N1], row[N2], row[N3]
    for z in range(cuda.blockIdx.z, b * heads, cuda.gridDim.z):
        left, right = row[IN] * b + group_of(z, heads, m, d), row[IN2] * b + group_of(z, heads, n, d)
        rows_by_columns(
            gact, row[OUT] * b + z * m * n, n, act, right, d, gact, left, d, m, d // heads, n, hyper[q, 0]
        )


@kernel
def dot_keys(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂k = scale · ∂sᵀ q."""
    row, b = rows[q], ctx[BATCH]
    m, n, d, heads = row[N0], row[N1], row[N2], row[N3]
    for z in range(cuda.blockIdx.z, b * heads, cuda.gridDim.z):
        left, right = row[IN] * b + group_of(z, heads, m, d), row[IN2] * b + group_of(z, heads, n, d)
        columns_by_columns(
            gact, row[OUT] * b + z * m * n, n, act, left, d, gact, right, d, n, d // heads, m, hyper[q, 0]
        )


@kernel
def additive_forward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """s_ij (b, h, m, n) = scale (hyper 0) · Σ v tanh(q_i + k_j), v (d) in θ."""
    row, b = rows[q], ctx[BATCH]
    m, n, d, heads = row[N0], row[N1], row[N2], row[N3]
    s, each = row[OUT] * b, d // heads
    for index in range(cuda.grid(1), b * heads * m * n, cuda.gridsize(1)):
        line, j = split(index, n)
        z, r = split(line, m)
        left = row[IN] * b + group_of(z, heads, m, d) + r * d
        right = row[IN2] * b + group_of(z, heads, n, d) + j * d
        v, total = row[PARAM] + split(z, heads)[1] * each, float32(0)
        for c in range(each):
            total += theta[v + c] * maths.tanh(act[left + c] + act[right + c])
        act[s + index] = hyper[q, 0] * total


@kernel
def additive_queries(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂q_i = Σ_j ∂s v (1 - tanh²); Σ_j ∂s tanh (b·m, d), whose sum over positions is ∂v, into `scratch`."""
    row, b = rows[q], ctx[BATCH]
    m, n, d, heads = row[N0], row[N1], row[N2], row[N3]
    x, k, s, one = row[IN] * b, row[IN2] * b, row[OUT] * b, float32(1)
    for index in range(cuda.grid(1), b * m * d, cuda.gridsize(1)):
        place, c = split(index, d)
        i, r = split(place, m)
        scores = s + ((i * heads + split(c, d // heads)[0]) * m + r) * n
        number_q, slope, bend = act[x + index], float32(0), float32(0)
        for j in range(n):
            bent, g = maths.tanh(number_q + act[k + (i * n + j) * d + c]), gact[scores + j]
            slope += g * (one - bent * bent)
            bend += g * bent
        gact[x + index] = hyper[q, 0] * theta[row[PARAM] + c] * slope
        scratch[index] = hyper[q, 0] * bend


@kernel
def additive_keys(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂k_j = Σ_i ∂s v (1 - tanh²)."""
    row, b = rows[q], ctx[BATCH]
    m, n, d, heads = row[N0], row[N1], row[N2], row[N3]
    x, k, s, one = row[IN] * b, row[IN2] * b, row[OUT] * b, float32(1)
    for index in range(cuda.grid(1), b * n * d, cuda.gridsize(1)):
        place, c = split(index, d)
        i, j = split(place, n)
        scores = s + (i * heads + split(c, d // heads)[0]) * m * n + j
        number_k, slope = act[k + index], float32(0)
        for r in range(m):
            bent = maths.tanh(act[x + (i * m + r) * d + c] + number_k)
            slope += gact[scores + r * n] * (one - bent * bent)
        gact[k + index] = hyper[q, 0] * theta[row[PARAM] + c] * slope


@kernel
def additive_vector(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂v (d): the columns of what `additive_queries` left, a block each."""
    room = cuda.shared.array(THREADS, float32)
    row, b = rows[q], ctx[BATCH]
    d, count = row[N2], b * row[N0]
    for c in range(cuda.blockIdx.x, d, cuda.gridDim.x):
        total = float32(0)
        for i in range(cuda.threadIdx.x, count, cuda.blockDim.x):
            total += scratch[i * d + c]
        total = sum_block(total, room)
        if cuda.threadIdx.x == 0:
            grad[row[PARAM] + c] = total


@helper
def visible(row, q, hyper, act, tokens, r, j):
    """Whether key j shows in row r of the weights (b, rows, n): by the mask, and by its token."""
    n, mask = row[N0], row[N2]
    shown = True
    if mask:
        shown = hyper[q, 2 + split(r, mask)[1] * n + j] != float32(0)
    if row[N3]:
        shown = shown and act[tokens + split(r, row[N1])[0] * n + j] != hyper[q, 1]
    return shown


@kernel
def softmax_forward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """p = softmax(x / temperature) over the last axis, x and p (b, r, n), 0 for keys that are hidden; a block a row."""
    room = cuda.shared.array(THREADS, float32)
    row, b = rows[q], ctx[BATCH]
    n, tokens, least = row[N0], row[IN2] * b, float32(-1e30)
    for r in range(cuda.blockIdx.x, b * row[N1], cuda.gridDim.x):
        x, p, top, mass = row[IN] * b + r * n, row[OUT] * b + r * n, least, float32(0)
        for j in range(cuda.threadIdx.x, n, cuda.blockDim.x):
            value = least
            if visible(row, q, hyper, act, tokens, r, j):
                value = act[x + j] * hyper[q, 0]
            act[p + j] = value
            top = value if value > top else top
        top = max_block(top, room)
        for j in range(cuda.threadIdx.x, n, cuda.blockDim.x):
            value = float32(0)
            if visible(row, q, hyper, act, tokens, r, j):
                value = maths.exp(act[p + j] - top)
            act[p + j] = value
            mass += value
        mass = sum_block(mass, room)
        inverse = float32(0) if mass == float32(0) else float32(1) / mass
        for j in range(cuda.threadIdx.x, n, cuda.blockDim.x):
            act[p + j] *= inverse


@kernel
def softmax_backward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = p (∂p - Σ p ∂p) / temperature."""
    room = cuda.shared.array(THREADS, float32)
    row, b = rows[q], ctx[BATCH]
    n = row[N0]
    for r in range(cuda.blockIdx.x, b * row[N1], cuda.gridDim.x):
        x, p, mean = row[IN] * b + r * n, row[OUT] * b + r * n, float32(0)
        for j in range(cuda.threadIdx.x, n, cuda.blockDim.x):
            mean += act[p + j] * gact[p + j]
        mean = sum_block(mean, room)
        for j in range(cuda.threadIdx.x, n, cuda.blockDim.x):
            gact[x + j] = hyper[q, 0] * act[p + j] * (gact[p + j] - mean)


@kernel
def rectified_forward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """p = max(x / temperature, 0), x and p (b, r, n), 0 for keys that are hidden as in softmax."""
    row, b = rows[q], ctx[BATCH]
    x, p, tokens, zero = row[IN] * b, row[OUT] * b, row[IN2] * b, float32(0)
    for index in range(cuda.grid(1), b * row[N1] * row[N0], cuda.gridsize(1)):
        r, j = split(index, row[N0])
        value = zero if act[x + index] < zero else act[x + index] * hyper[q, 0]
        act[p + index] = value if visible(row, q, hyper, act, tokens, r, j) else zero


@kernel
def rectified_backward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = ∂p / temperature where p > 0."""
    row, b = rows[q], ctx[BATCH]
    x, p, zero = row[IN] * b, row[OUT] * b, float32(0)
    for index in range(cuda.grid(1), b * row[N1] * row[N0], cuda.gridsize(1)):
        gact[x + index] = hyper[q, 0] * gact[p + index] if act[p + index] > zero else zero


@kernel
def mix_forward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y (b, m, d) = w (b, h, m, n) v (b, n, d), head by head."""
    row, b = rows[q], ctx[BATCH]
    m, n, d, heads = row[N0], row[N1], row[N2], row[N3]
    for z in range(cuda.blockIdx.z, b * heads, cuda.gridDim.z):
        v, y = row[IN2] * b + group_of(z, heads, n, d), row[OUT] * b + group_of(z, heads, m, d)
        rows_by_columns(act, row[IN] * b + z * m * n, n, act, v, d, act, y, d, m, d // heads, n, float32(1))


@kernel
def mix_weights(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂w = ∂y vᵀ."""
    row, b = rows[q], ctx[BATCH]
    m, n, d, heads = row[N0], row[N1], row[N2], row[N3]
    for z in range(cuda.blockIdx.z, b * heads, cuda.gridDim.z):
        v, y = row[IN2] * b + group_of(z, heads, n, d), row[OUT] * b + group_of(z, heads, m, d)
        rows_by_rows(gact, y, d, act, v, d, gact, row[IN] * b + z * m * n, n, m, n, d // heads, float32(1))


@kernel
def mix_values(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂v = wᵀ ∂y."""
    row, b = rows[q], ctx[BATCH]
    m, n, d, heads = row[N0], row[N1], row[N2], row[N3]
    for z in range(cuda.blockIdx.z, b * heads, cuda.gridDim.z):
        v, y = row[IN2] * b + group_of(z, heads, n, d), row[OUT] * b + group_of(z, heads, m, d)
        columns_by_columns(
            act, row[IN] * b + z * m * n, n, gact, y, d, gact, v, d, n, d // heads, m, float32(1)
        )


def per_head(function, m: int, n: int, groups: int) -> Launch:
    """A product C (m, n) for each of so many heads of examples."""
    return Launch(function, grid_of(m, n, min(groups, MOST_GROUPS)), (COUNT,))


def shape(row, batch):
    """(m, n, numbers of a head, heads in a batch)."""
    return int(row[N0]), int(row[N1]), int(row[N2] // row[N3]), batch * int(row[N3])


def scores(row, batch):
    m, n, _, groups = shape(row, batch)
    return [per_head(dot_forward, m, n, groups)]


def scores_back(row, batch):
    m, n, each, groups = shape(row, batch)
    return [per_head(dot_queries, m, each, groups), per_head(dot_keys, n, each, groups)]


def additive(row, batch):
    m, n, _, groups = shape(row, batch)
    return [lines(additive_forward, groups * m * n)]


def additive_back(row, batch):
    m, n, d = int(row[N0]), int(row[N1]), int(row[N2])
    vector = Launch(additive_vector, over_rows(additive_vector, d).grid, (wide(batch * m),), batch * m * d)
    return [
        lines(additive_queries, batch * m * d, batch * m * d),
        lines(additive_keys, batch * n * d),
        vector,
    ]


def mixed(row, batch):
    m, _, each, groups = shape(row, batch)
    return [per_head(mix_forward, m, each, groups)]


def mixed_back(row, batch):
    m, n, each, groups = shape(row, batch)
    return [per_head(mix_weights, m, n, groups), per_head(mix_values, n, each, groups)]


def by_row(function):
    """A plan with a block for each row of the weights."""

    def plan(row, batch):
        return [Launch(function, over_rows(function, batch * int(row[N1])).grid, (wide(int(row[N0])),))]

    return plan


def by_weight(function):
    """A plan with a thread for each weight."""
    return lambda row, batch: [lines(function, batch * int(row[N1] * row[N0]))]


OPERATIONS = {
    "scores-dot": (scores, scores_back),
    "scores-additive": (additive, additive_back),
    "softmax": (by_row(softmax_forward), by_row(softmax_backward)),
    "rectified": (by_weight(rectified_forward), by_weight(rectified_backward)),
    "mix": (mixed, mixed_back),
}
