"""Recurrent cells over a whole sequence: what the inputs contribute comes from a dense layer before them.

Examples go through in blocks (size 3), so that working memory does not grow with the batch.
"""

from __future__ import annotations

import numpy as np

from engine.kernel import FIRST, IN, LAST, N0, N1, N2, N3, OUT, PARAM, kernel, matrix, span
from engine.mathematics import exp, tanh


@kernel
def pick(source, target, first, count, length, t, width, n):
    """The first n numbers of position t of `count` examples, from (…, length, width), into target (count, n)."""
    for i in range(count):
        at = ((first + i) * length + t) * width
        for j in range(n):
            target[i * n + j] = source[at + j]


@kernel
def rnn_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """h_t = tanh(x_t + h_(t-1) U), or ReLU (size 2); x and h (b, l, n), U (n, n), h before the first is 0."""
    length, n, at, b, block = row[N0], row[N1], row[PARAM], ctx[LAST] - ctx[FIRST], row[N3]
    x, h = span(act, row[IN], length * n, ctx), span(act, row[OUT], length * n, ctx)
    zero, before, sums = act.dtype.type(0), scratch[: block * n], scratch[block * n : 2 * block * n]
    for first in range(0, b, block):
        count = min(block, b - first)
        for t in range(length):
            if t:
                pick(h, before, first, count, length, t - 1, n, n)
                np.dot(matrix(before, 0, count, n), matrix(theta, at, n, n), matrix(sums, 0, count, n))
            for i in range(count):
                place = ((first + i) * length + t) * n
                for j in range(n):
                    total = x[place + j] + sums[i * n + j] if t else x[place + j]
                    if row[N2]:
                        h[place + j] = zero if total < zero else total
                    else:
                        h[place + j] = tanh(total)


@kernel
def rnn_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """Through time: ∂x_t = (∂h_t + ∂x_(t+1) Uᵀ) · slope, ∂U (n, n) = Σ h_(t-1)ᵀ ∂x_t."""
    length, n, at, b, block = row[N0], row[N1], row[PARAM], ctx[LAST] - ctx[FIRST], row[N3]
    h, gh, gx = (
        span(act, row[OUT], length * n, ctx),
        span(gact, row[OUT], length * n, ctx),
        span(gact, row[IN], length * n, ctx),
    )
    zero, one, size = act.dtype.type(0), act.dtype.type(1), block * n
    before, slopes, carry, part = (
        scratch[:size],
        scratch[size : 2 * size],
        scratch[2 * size : 3 * size],
        scratch[3 * size : 3 * size + n * n],
    )
    for j in range(n * n):
        grad[at + j] = zero
    for first in range(0, b, block):
        count = min(block, b - first)
        for j in range(size):
            carry[j] = zero
        for t in range(length - 1, -1, -1):
            for i in range(count):
                place = ((first + i) * length + t) * n
                for j in range(n):
                    y = h[place + j]
                    slope = (one if y > zero else zero) if row[N2] else one - y * y
                    slopes[i * n + j] = (gh[place + j] + carry[i * n + j]) * slope
                    gx[place + j] = slopes[i * n + j]
            if t:
                pick(h, before, first, count, length, t - 1, n, n)
                np.dot(matrix(before, 0, count, n).T, matrix(slopes, 0, count, n), matrix(part, 0, n, n))
                for j in range(n * n):
                    grad[at + j] += part[j]
                np.dot(matrix(slopes, 0, count, n), matrix(theta, at, n, n).T, matrix(carry, 0, count, n))


@kernel
def sigmoid(x, one):
    """1 / (1 + e⁻ˣ)."""
    return one / (one + exp(-x))


@kernel
def lstm_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """(i f g o) = (σ σ tanh σ)(x_t + h_(t-1) U), c_t = f c_(t-1) + i g, h_t = o tanh c_t.

    x (b, l, 4n), U (n, 4n); out come (h c i f g o) (b, l, 6n); h and c before the first are 0
    (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000).
    """
    length, n, at, b, block = row[N0], row[N1], row[PARAM], ctx[LAST] - ctx[FIRST], row[N3]
    x, y = span(act, row[IN], length * 4 * n, ctx), span(act, row[OUT], length * 6 * n, ctx)
    before, sums = scratch[: block * n], scratch[block * n : 5 * block * n]
    zero, one = act.dtype.type(0), act.dtype.type(1)
    for first in range(0, b, block):
        count = min(block, b - first)
        for j in range(4 * count * n):
            sums[j] = zero
        for t in range(length):
            if t:
                pick(y, before, first, count, length, t - 1, 6 * n, n)
                np.dot(
                    matrix(before, 0, count, n), matrix(theta, at, n, 4 * n), matrix(sums, 0, count, 4 * n)
                )
            for i in range(count):
                xi, yi = ((first + i) * length + t) * 4 * n, ((first + i) * length + t) * 6 * n
                for j in range(n):
                    s = i * 4 * n + j
                    enter = sigmoid(x[xi + j] + sums[s], one)
                    keep = sigmoid(x[xi + n + j] + sums[s + n], one)
                    new = tanh(x[xi + 2 * n + j] + sums[s + 2 * n])
                    leave = sigmoid(x[xi + 3 * n + j] + sums[s + 3 * n], one)
                    cell = enter * new + (keep * y[yi - 5 * n + j] if t else zero)
                    y[yi + j], y[yi + n + j] = leave * tanh(cell), cell
                    y[yi + 2 * n + j], y[yi + 3 * n + j] = enter, keep
                    y[yi + 4 * n + j], y[yi + 5 * n + j] = new, leave


@kernel
def lstm_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """Through time, from ∂(h c i f g o) (b, l, 6n): ∂x (b, l, 4n), ∂U (n, 4n) = Σ h_(t-1)ᵀ ∂x_t."""
    length, n, at, b, block = row[N0], row[N1], row[PARAM], ctx[LAST] - ctx[FIRST], row[N3]
    y, gy, gx = (
        span(act, row[OUT], length * 6 * n, ctx),
        span(gact, row[OUT], length * 6 * n, ctx),
        span(gact, row[IN], length * 4 * n, ctx),
    )
    zero, one, size = act.dtype.type(0), act.dtype.type(1), block * n
    before, slopes, carry, cells, part = (
        scratch[:size],
        scratch[size : 5 * size],
        scratch[5 * size : 6 * size],
        scratch[6 * size : 7 * size],
        scratch[7 * size : 7 * size + 4 * n * n],
    )
    for j in range(4 * n * n):
        grad[at + j] = zero
    for first in range(0, b, block):
        count = min(block, b - first)
        for j in range(size):
            carry[j], cells[j] = zero, zero
        for t in range(length - 1, -1, -1):
            for i in range(count):
                xi, yi = ((first + i) * length + t) * 4 * n, ((first + i) * length + t) * 6 * n
                for j in range(n):
                    s, k = i * 4 * n + j, i * n + j
                    enter, keep = y[yi + 2 * n + j], y[yi + 3 * n + j]
                    new, leave, bent = y[yi + 4 * n + j], y[yi + 5 * n + j], tanh(y[yi + n + j])
                    gh = gy[yi + j] + carry[k]
                    gc = gy[yi + n + j] + cells[k] + gh * leave * (one - bent * bent)
                    past = y[yi - 5 * n + j] if t else zero
                    slopes[s] = (gy[yi + 2 * n + j] + gc * new) * enter * (one - enter)
                    slopes[s + n] = (gy[yi + 3 * n + j] + gc * past) * keep * (one - keep)
                    slopes[s + 2 * n] = (gy[yi + 4 * n + j] + gc * enter) * (one - new * new)
                    slopes[s + 3 * n] = (gy[yi + 5 * n + j] + gh * bent) * leave * (one - leave)
                    cells[k] = gc * keep
                for j in range(4 * n):
                    gx[xi + j] = slopes[i * 4 * n + j]
            if t:
                pick(y, before, first, count, length, t - 1, 6 * n, n)
                np.dot(
                    matrix(before, 0, count, n).T, matrix(slopes, 0, count, 4 * n), matrix(part, 0, n, 4 * n)
                )
                for j in range(4 * n * n):
                    grad[at + j] += part[j]
                np.dot(
                    matrix(slopes, 0, count, 4 * n), matrix(theta, at, n, 4 * n).T, matrix(carry, 0, count, n)
                )


OPERATIONS = {
    "rnn": (rnn_forward, rnn_backward),
    "lstm": (lstm_forward, lstm_backward),
}
