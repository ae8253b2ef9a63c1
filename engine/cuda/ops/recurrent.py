"""Recurrent cells: a block walks through an example's whole sequence, its threads share the width.

Back through time the columns of U are read as rows of Uᵀ, which a first launch lays into `scratch`. ∂U is a product
over all steps at once, in parts behind Uᵀ.
"""

from __future__ import annotations

from numba import float32

from engine.cuda.index import split, wide
from engine.cuda.kernel import Launch, cuda, helper, kernel, lines, load4, maths, over_rows, store4
from engine.cuda.products import (
    COUNT,
    PITCH,
    QUADS,
    SPAN,
    TILE,
    accumulator,
    add_parts,
    grid_of,
    parts_of,
    store_tile,
)
from engine.kernel import BATCH, IN, N0, N1, N2, OUT, PARAM, TIE


@helper
def load_steps(table, start, shape, first, last, at, stop, slab):
    """slab[d, c] = table[step at + d, first + c]; shape: steps that count, numbers of an example and of a step."""
    steps, example, pitch = shape
    aligned = (start | example | pitch) & 3 == 0
    for quad in range(cuda.threadIdx.x, QUADS, COUNT):
        d, c = quad // (TILE // 4), quad % (TILE // 4) * 4
        i, t = split(at + d, steps)
        j, here = first + c, at + d < stop
        place = start + i * example + t * pitch + j
        if aligned and here and j + 3 < last:
            x, y, z, w = load4(table, place)
        else:
            x = table[place] if here and j < last else float32(0)
            y = table[place + 1] if here and j + 1 < last else float32(0)
            z = table[place + 2] if here and j + 2 < last else float32(0)
            w = table[place + 3] if here and j + 3 < last else float32(0)
        store4(slab, d * PITCH + c, x, y, z, w)


over_steps = accumulator(load_steps, load_steps)


@helper
def step_weights(act, h, h_shape, gact, x, x_shape, m, n, k, parts, grad, at, keep, scratch):
    """∂U (m, n) = Σ over k steps of h_(t-1)ᵀ ∂x_t; of several parts each block's into `scratch` behind Uᵀ."""
    sums = cuda.local.array((SPAN, SPAN), float32)
    top, left, part = cuda.blockIdx.y * TILE, cuda.blockIdx.x * TILE, cuda.blockIdx.z
    share = (k + parts - 1) // parts
    start, stop = part * share, min(k, (part + 1) * share)
    over_steps(act, h, h_shape, gact, x, x_shape, top, m, left, n, start, stop, sums)
    if parts == 1:
        store_tile(sums, grad, at, n, top, m, left, n, keep, grad, -1)
    else:
        store_tile(sums, scratch, (1 + part) * m * n, n, top, m, left, n, False, grad, -1)


def turned(times: int):
    """The kernel that lays Uᵀ (times·n, n) of U (n, times·n) into `scratch`."""

    def turn(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
        row = rows[q]
        n, at = row[N1], row[PARAM]
        for i in range(cuda.grid(1), times * n * n, cuda.gridsize(1)):
            k, j = split(i, n)
            scratch[i] = theta[at + j * times * n + k]

    turn.__name__ = "turn_rnn" if times == 1 else "turn_lstm"
    return kernel(turn)


def summed(times: int):
    """The kernel of ∂U = the sum of its parts, which lie in `scratch` behind Uᵀ."""

    def weights_end(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
        row = rows[q]
        count, at = times * row[N1] * row[N1], row[PARAM]
        for i in range(cuda.grid(1), count, cuda.gridsize(1)):
            total = add_parts(number, count, scratch, count + i)
            grad[at + i] = grad[at + i] + total if row[TIE] else total

    weights_end.__name__ = "rnn_weights_end" if times == 1 else "lstm_weights_end"
    return kernel(weights_end)


@kernel
def rnn_forward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """h_t = tanh(x_t + h_(t-1) U), or ReLU (size 2); x and h (b, l, n), U (n, n), h before the first is 0."""
    row, b = rows[q], ctx[BATCH]
    length, n, at = row[N0], row[N1], row[PARAM]
    for i in range(cuda.blockIdx.x, b, cuda.gridDim.x):
        x, h = row[IN] * b + i * length * n, row[OUT] * b + i * length * n
        for t in range(length):
            now = h + t * n
            for j in range(cuda.threadIdx.x, n, cuda.blockDim.x):
                total = act[x + t * n + j]
                for k in range(n if t else 0):
                    total += act[now - n + k] * theta[at + k * n + j]
                if row[N2]:
                    act[now + j] = float32(0) if total < float32(0) else total
                else:
                    act[now + j] = maths.tanh(total)
            cuda.syncthreads()


@kernel
def rnn_slopes(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """Through time: ∂x_t = (∂h_t + ∂x_(t+1) Uᵀ) · slope; what flows back is added to ∂h where it lies."""
    row, b, one, zero = rows[q], ctx[BATCH], float32(1), float32(0)
    length, n = row[N0], row[N1]
    for i in range(cuda.blockIdx.x, b, cuda.gridDim.x):
        x, h = row[IN] * b + i * length * n, row[OUT] * b + i * length * n
        for back in range(length):
            t = length - 1 - back
            now, into = h + t * n, x + t * n
            for j in range(cuda.threadIdx.x, n, cuda.blockDim.x):
                y = act[now + j]
                slope = (one if y > zero else zero) if row[N2] else one - y * y
                gact[into + j] = gact[now + j] * slope
            cuda.syncthreads()
            for j in range(cuda.threadIdx.x, n if t else 0, cuda.blockDim.x):
                total = gact[now - n + j]
                for k in range(n):
                    total += gact[into + k] * scratch[k * n + j]
                gact[now - n + j] = total
            cuda.syncthreads()


@kernel
def rnn_weights(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂U (n, n) = Σ h_(t-1)ᵀ ∂x_t, in `number` parts."""
    row, b = rows[q], ctx[BATCH]
    length, n = row[N0], row[N1]
    h, x, shape = row[OUT] * b, row[IN] * b + n, (length - 1, length * n, n)
    k, keep = b * (length - 1), row[TIE] != 0
    step_weights(act, h, shape, gact, x, shape, n, n, k, number, grad, row[PARAM], keep, scratch)


@helper
def sigmoid(x):
    return float32(1) / (float32(1) + maths.exp(-x))


@kernel
def lstm_forward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """(i f g o) = (σ σ tanh σ)(x_t + h_(t-1) U), c_t = f c_(t-1) + i g, h_t = o tanh c_t.

    x (b, l, 4n), U (n, 4n); out come (h c i f g o) (b, l, 6n); h and c before the first are 0.
    """
    row, b = rows[q], ctx[BATCH]
    length, n, at = row[N0], row[N1], row[PARAM]
    for i in range(cuda.blockIdx.x, b, cuda.gridDim.x):
        x, y = row[IN] * b + i * length * 4 * n, row[OUT] * b + i * length * 6 * n
        for t in range(length):
            now, into = y + t * 6 * n, x + t * 4 * n
            for j in range(cuda.threadIdx.x, n, cuda.blockDim.x):
                enter, keep, new, leave = (
                    act[into + j],
                    act[into + n + j],
                    act[into + 2 * n + j],
                    act[into + 3 * n + j],
                )
                for k in range(n if t else 0):
                    h, u = act[now - 6 * n + k], at + 4 * k * n + j
                    enter += h * theta[u]
                    keep += h * theta[u + n]
                    new += h * theta[u + 2 * n]
                    leave += h * theta[u + 3 * n]
                enter, keep, new, leave = sigmoid(enter), sigmoid(keep), maths.tanh(new), sigmoid(leave)
                c = enter * new
                if t:
                    c += keep * act[now - 5 * n + j]
                act[now + j], act[now + n + j] = leave * maths.tanh(c), c
                act[now + 2 * n + j], act[now + 3 * n + j] = enter, keep
                act[now + 4 * n + j], act[now + 5 * n + j] = new, leave
            cuda.syncthreads()


@kernel
def lstm_slopes(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """Through time, from ∂(h c i f g o) (b, l, 6n): ∂x (b, l, 4n)."""
    row, b, one = rows[q], ctx[BATCH], float32(1)
    length, n = row[N0], row[N1]
    for i in range(cuda.blockIdx.x, b, cuda.gridDim.x):
        x, y = row[IN] * b + i * length * 4 * n, row[OUT] * b + i * length * 6 * n
        for back in range(length):
            t = length - 1 - back
            now, into = y + t * 6 * n, x + t * 4 * n
            for j in range(cuda.threadIdx.x, n, cuda.blockDim.x):
                k, s = now + j, into + j
                enter, keep, new, leave = act[k + 2 * n], act[k + 3 * n], act[k + 4 * n], act[k + 5 * n]
                bent = maths.tanh(act[k + n])
                gc = gact[k + n] + gact[k] * leave * (one - bent * bent)
                past = float32(0)
                if t:
                    past = act[k - 5 * n]
                gact[s] = (gact[k + 2 * n] + gc * new) * enter * (one - enter)
                gact[s + n] = (gact[k + 3 * n] + gc * past) * keep * (one - keep)
                gact[s + 2 * n] = (gact[k + 4 * n] + gc * enter) * (one - new * new)
                gact[s + 3 * n] = (gact[k + 5 * n] + gact[k] * bent) * leave * (one - leave)
                if t:
                    gact[k - 5 * n] += gc * keep
            cuda.syncthreads()
            for j in range(cuda.threadIdx.x, n if t else 0, cuda.blockDim.x):
                total = gact[now - 6 * n + j]
                for k in range(4 * n):
                    total += gact[into + k] * scratch[k * n + j]
                gact[now - 6 * n + j] = total
            cuda.syncthreads()


@kernel
def lstm_weights(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂U (n, 4n) = Σ h_(t-1)ᵀ ∂x_t, in `number` parts."""
    row, b = rows[q], ctx[BATCH]
    length, n = row[N0], row[N1]
    h, x, k = row[OUT] * b, row[IN] * b + 4 * n, b * (length - 1)
    h_shape, x_shape = (length - 1, length * 6 * n, 6 * n), (length - 1, length * 4 * n, 4 * n)
    keep = row[TIE] != 0
    step_weights(act, h, h_shape, gact, x, x_shape, n, 4 * n, k, number, grad, row[PARAM], keep, scratch)


def forward(function):
    """A plan with a block for each example."""

    def plan(row, batch):
        return [Launch(function, over_rows(function, batch).grid, (wide(int(row[N1])),))]

    return plan


def backward(times: int, slopes, weights):
    """A plan: Uᵀ, then through time, then ∂U (n, times·n)."""
    turn, end = turned(times), summed(times)

    def plan(row, batch):
        length, n = int(row[N0]), int(row[N1])
        count = times * n * n
        parts = parts_of(n, times * n, batch * (length - 1))
        scratch = count * (1 + parts)
        found = [lines(turn, count, scratch)]
        found.append(Launch(slopes, over_rows(slopes, batch).grid, (wide(n),), scratch))
        found.append(Launch(weights, grid_of(n, times * n, parts), (COUNT,), scratch, parts))
        return found + ([lines(end, count, scratch, parts)] if parts > 1 else [])

    return plan


OPERATIONS = {
    "rnn": (forward(rnn_forward), backward(1, rnn_slopes, rnn_weights)),
    "lstm": (forward(lstm_forward), backward(4, lstm_slopes, lstm_weights)),
}
