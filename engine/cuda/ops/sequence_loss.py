"""Cross-entropy over positions, and the mixture of a vocabulary's and a copy distribution before it; a block for
each position, softmax and loss in one kernel."""

from __future__ import annotations

from numba import float32, int64

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
    one_block,
    over_rows,
    sum_block,
)
from engine.kernel import BATCH, IN, IN2, N0, N1, N2, N3, OUT


@helper
def softmax(act, z, p, n, room):
    """p (n) = softmax(z (n)) by the threads of a block, each its own entries; (greatest z, Σ e^(z - greatest))."""
    top, mass = act[z], float32(0)
    for j in range(cuda.threadIdx.x, n, cuda.blockDim.x):
        top = act[z + j] if act[z + j] > top else top
    top = max_block(top, room)
    for j in range(cuda.threadIdx.x, n, cuda.blockDim.x):
        act[p + j] = maths.exp(act[z + j] - top)
        mass += act[p + j]
    mass = sum_block(mass, room)
    inverse = float32(1) / mass
    for j in range(cuda.threadIdx.x, n, cuda.blockDim.x):
        act[p + j] *= inverse
    return top, mass


@kernel
def cross_entropy_forward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """p (b, l, n) = softmax(z), and of each position -(1 - ε) ln p[label] - ε/n Σ ln p into `scratch`."""
    room = cuda.shared.array(THREADS, float32)
    row, b, t = rows[q], ctx[BATCH], cuda.threadIdx.x
    z, p, n = row[IN] * b, row[OUT] * b, row[N0]
    each = hyper[q, 0] / float32(n)
    for i in range(cuda.blockIdx.x, b * row[N2], cuda.gridDim.x):
        label, total = ints[i], float32(0)
        top, mass = softmax(act, z + i * n, p + i * n, n, room)
        for j in range(t, n if each > float32(0) else 0, cuda.blockDim.x):
            total += act[z + i * n + j] - top
        total = sum_block(total, room)
        if t == 0:
            cost = float32(0)
            if label >= 0:
                cost = (
                    maths.log(mass)
                    - (float32(1) - hyper[q, 0]) * (act[z + i * n + label] - top)
                    - each * total
                )
            scratch[i] = cost


@kernel
def cross_entropy_sum(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """L = mean or sum over the positions whose label is not -1; their count, too, stays in `scratch`."""
    room = cuda.shared.array(THREADS, float32)
    row, b, t = rows[q], ctx[BATCH], cuda.threadIdx.x
    total, real = float32(0), float32(0)
    for i in range(t, b * row[N2], cuda.blockDim.x):
        total += scratch[i]
        real += float32(1) if ints[i] >= 0 else float32(0)
    total = sum_block(total, room)
    real = sum_block(real, room)
    if t == 0:
        grad[grad.size - 1] = total / max(real, float32(1)) if row[N1] else total


@kernel
def count_labels(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """1 / (positions whose label is not -1) for a mean, 1 for a sum, into `scratch`."""
    room = cuda.shared.array(THREADS, float32)
    row, b, t, real = rows[q], ctx[BATCH], cuda.threadIdx.x, float32(0)
    for i in range(t, b * row[N2], cuda.blockDim.x):
        real += float32(1) if ints[i] >= 0 else float32(0)
    real = sum_block(real, room)
    if t == 0:
        scratch[0] = float32(1) / max(real, float32(1)) if row[N1] else float32(1)


@kernel
def cross_entropy_backward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂z = p - (1 - ε) 1[label] - ε/n, 0 where the label is -1."""
    row, b = rows[q], ctx[BATCH]
    z, p, n = row[IN] * b, row[OUT] * b, row[N0]
    by, each = scratch[0], hyper[q, 0] / float32(n)
    for k in range(cuda.grid(1), b * row[N2] * n, cuda.gridsize(1)):
        i, j = split(k, n)
        slope = act[p + k] - each - (float32(1) - hyper[q, 0] if ints[i] == j else float32(0))
        gact[z + k] = by * slope if ints[i] >= 0 else float32(0)


@kernel
def copy_forward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """c (b, m, v): the mean over heads of the weights w (b, h, m, n) that fall on each token (b, n)."""
    row, b = rows[q], ctx[BATCH]
    w, tokens, c, m, n = row[IN] * b, row[IN2] * b, row[OUT] * b, row[N0], row[N1]
    v, heads, each = row[N2], row[N3], float32(1) / float32(row[N3])
    for k in range(cuda.grid(1), b * m * v, cuda.gridsize(1)):
        line, token = split(k, v)
        i, r = split(line, m)
        total = float32(0)
        for a in range(heads):
            for j in range(n):
                if int64(act[tokens + i * n + j]) == token:
                    total += each * act[w + ((i * heads + a) * m + r) * n + j]
        act[c + k] = total


@kernel
def copy_backward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂w = ∂c of the token, over the heads."""
    row, b = rows[q], ctx[BATCH]
    w, tokens, c, m, n = row[IN] * b, row[IN2] * b, row[OUT] * b, row[N0], row[N1]
    v, heads, each = row[N2], row[N3], float32(1) / float32(row[N3])
    for k in range(cuda.grid(1), b * heads * m * n, cuda.gridsize(1)):
        line, j = split(k, n)
        group, r = split(line, m)
        i = split(group, heads)[0]
        gact[w + k] = each * gact[c + (i * m + r) * v + int64(act[tokens + i * n + j])]


@helper
def top_and_mass(act, z, n, room):
    """(greatest z, Σ e^(z - greatest)) of n numbers, by the threads of a block."""
    top, mass = act[z], float32(0)
    for j in range(cuda.threadIdx.x, n, cuda.blockDim.x):
        top = act[z + j] if act[z + j] > top else top
    top = max_block(top, room)
    for j in range(cuda.threadIdx.x, n, cuda.blockDim.x):
        mass += maths.exp(act[z + j] - top)
    return top, sum_block(mass, room)


@kernel
def pointer_forward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y (b, l, v) = ln(g p + (1 - g) c), p = softmax(z[: v]), g = σ(z[v]); z (b, l, v + 1), c (b, l, v)."""
    room = cuda.shared.array(THREADS, float32)
    row, b = rows[q], ctx[BATCH]
    v, one, least = row[N1], float32(1), float32(1e-30)
    for i in range(cuda.blockIdx.x, b * row[N0], cuda.gridDim.x):
        z, c, y = row[IN] * b + i * (v + 1), row[IN2] * b + i * v, row[OUT] * b + i * v
        top, mass = top_and_mass(act, z, v, room)
        inverse, g = one / mass, one / (one + maths.exp(-act[z + v]))
        for j in range(cuda.threadIdx.x, v, cuda.blockDim.x):
            mixed = g * (maths.exp(act[z + j] - top) * inverse) + (one - g) * act[c + j]
            act[y + j] = maths.log(least if mixed < least else mixed)


@kernel
def pointer_backward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """With ∂m = ∂y / (g p + (1 - g) c): ∂c = (1 - g) ∂m, ∂p = g ∂m, ∂g = Σ (p - c) ∂m."""
    room = cuda.shared.array(THREADS, float32)
    row, b, t = rows[q], ctx[BATCH], cuda.threadIdx.x
    v, one, least = row[N1], float32(1), float32(1e-30)
    for i in range(cuda.blockIdx.x, b * row[N0], cuda.gridDim.x):
        z, c, y = row[IN] * b + i * (v + 1), row[IN2] * b + i * v, row[OUT] * b + i * v
        top, mass = top_and_mass(act, z, v, room)
        inverse, g = one / mass, one / (one + maths.exp(-act[z + v]))
        mean, change = float32(0), float32(0)
        for j in range(t, v, cuda.blockDim.x):
            p = maths.exp(act[z + j] - top) * inverse
            mixed = g * p + (one - g) * act[c + j]
            slope = float32(0) if mixed < least else gact[y + j] / mixed
            mean += p * slope
            change += (p - act[c + j]) * slope
            gact[c + j] = (one - g) * slope
            gact[z + j] = slope
        mean = sum_block(mean, room)
        change = sum_block(change, room)
        for j in range(t, v, cuda.blockDim.x):
            p = maths.exp(act[z + j] - top) * inverse
            gact[z + j] = g * p * (gact[z + j] - mean)
        if t == 0:
            gact[z + v] = change * g * (one - g)


def loss_forward(row, batch):
    positions = batch * int(row[N2])
    grid = over_rows(cross_entropy_forward, positions).grid
    first = Launch(cross_entropy_forward, grid, (wide(int(row[N0])),), positions)
    return [first, one_block(cross_entropy_sum, positions)]


def loss_backward(row, batch):
    back = lines(cross_entropy_backward, batch * int(row[N2] * row[N0]))
    return [one_block(count_labels, 1), back._replace(scratch=1)]


def copied(row, batch):
    return [lines(copy_forward, batch * int(row[N0] * row[N2]))]


def copied_back(row, batch):
    return [lines(copy_backward, batch * int(row[N3] * row[N0] * row[N1]))]


def by_position(function):
    """A plan with a block for each position."""

    def plan(row, batch):
        return [Launch(function, over_rows(function, batch * int(row[N0])).grid, (wide(int(row[N1])),))]

    return plan


OPERATIONS = {
    "sequence-cross-entropy": (loss_forward, loss_backward),
    "copy": (copied, copied_back),
    "copy-softmax": (by_position(pointer_forward), by_position(pointer_backward)),
}
