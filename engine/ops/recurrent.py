"""Recurrent cells over a whole sequence: what the inputs contribute comes from a dense layer before them.

The backward halves add what flows back through time to the gradient of the step before, where it lies.
"""

from __future__ import annotations

from engine.blas import product
from engine.kernel import FIRST, IN, LAST, N0, N1, N2, OUT, PARAM, TIE, kernel, place
from engine.mathematics import exp, tanh
from engine.sums import clear


@kernel
def rnn_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """h_t = tanh(x_t + h_(t-1) U), or ReLU (size 2); x and h (b, l, n), U (n, n), h before the first is 0."""
    length, n, at, b = row[N0], row[N1], row[PARAM], ctx[LAST] - ctx[FIRST]
    wide, x, h = length * n, place(row[IN], length * n, ctx), place(row[OUT], length * n, ctx)
    zero, one = act.dtype.type(0), act.dtype.type(1)
    for i in range(b * wide):
        act[h + i] = act[x + i]
    for t in range(length):
        now = h + t * n
        if t:
            product(b, n, n, one, act, now - n, wide, False, theta, at, n, False, one, act, now, wide)
        for i in range(b):
            line = act[now + i * wide : now + i * wide + n]
            for j in range(n):
                line[j] = (zero if line[j] < zero else line[j]) if row[N2] else tanh(line[j])


@kernel
def rnn_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """Through time: ∂x_t = (∂h_t + ∂x_(t+1) Uᵀ) · slope, ∂U (n, n) = Σ h_(t-1)ᵀ ∂x_t."""
    length, n, at, b = row[N0], row[N1], row[PARAM], ctx[LAST] - ctx[FIRST]
    wide, x, h = length * n, place(row[IN], length * n, ctx), place(row[OUT], length * n, ctx)
    zero, one = act.dtype.type(0), act.dtype.type(1)
    if not row[TIE]:
        clear(grad[at : at + n * n])
    for t in range(length - 1, -1, -1):
        now, into = h + t * n, x + t * n
        for i in range(b):
            start, out = now + i * wide, into + i * wide
            for j in range(n):
                y = act[start + j]
                slope = (one if y > zero else zero) if row[N2] else one - y * y
                gact[out + j] = gact[start + j] * slope
        if t:
            product(n, n, b, one, act, now - n, wide, True, gact, into, wide, False, one, grad, at, n)
            product(b, n, n, one, gact, into, wide, False, theta, at, n, True, one, gact, now - n, wide)


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
    length, n, at, b = row[N0], row[N1], row[PARAM], ctx[LAST] - ctx[FIRST]
    four, six = 4 * n, 6 * n
    wide, x, y = length * six, place(row[IN], length * four, ctx), place(row[OUT], length * six, ctx)
    zero, one = act.dtype.type(0), act.dtype.type(1)
    for i in range(b * length):
        for j in range(four):
            act[y + i * six + 2 * n + j] = act[x + i * four + j]
    for t in range(length):
        now = y + t * six
        if t:
            gates = now + 2 * n
            product(
                b, four, n, one, act, now - six, wide, False, theta, at, four, False, one, act, gates, wide
            )
        for i in range(b):
            cell = now + i * wide
            for j in range(cell, cell + n):
                enter, keep = sigmoid(act[j + 2 * n], one), sigmoid(act[j + 3 * n], one)
                new, leave = tanh(act[j + four]), sigmoid(act[j + 5 * n], one)
                c = enter * new + (keep * act[j - 5 * n] if t else zero)
                act[j], act[j + n] = leave * tanh(c), c
                act[j + 2 * n], act[j + 3 * n], act[j + four], act[j + 5 * n] = enter, keep, new, leave


@kernel
def lstm_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """Through time, from ∂(h c i f g o) (b, l, 6n): ∂x (b, l, 4n), ∂U (n, 4n) = Σ h_(t-1)ᵀ ∂x_t."""
    length, n, at, b = row[N0], row[N1], row[PARAM], ctx[LAST] - ctx[FIRST]
    four, six = 4 * n, 6 * n
    wide, x, y = length * six, place(row[IN], length * four, ctx), place(row[OUT], length * six, ctx)
    zero, one = act.dtype.type(0), act.dtype.type(1)
    if not row[TIE]:
        clear(grad[at : at + four * n])
    for t in range(length - 1, -1, -1):
        now, into = y + t * six, x + t * four
        for i in range(b):
            cell, out = now + i * wide, into + i * length * four
            for j in range(n):
                k, s = cell + j, out + j
                enter, keep, new, leave = act[k + 2 * n], act[k + 3 * n], act[k + four], act[k + 5 * n]
                bent = tanh(act[k + n])
                gc = gact[k + n] + gact[k] * leave * (one - bent * bent)
                past = act[k - 5 * n] if t else zero
                gact[s] = (gact[k + 2 * n] + gc * new) * enter * (one - enter)
                gact[s + n] = (gact[k + 3 * n] + gc * past) * keep * (one - keep)
                gact[s + 2 * n] = (gact[k + four] + gc * enter) * (one - new * new)
                gact[s + 3 * n] = (gact[k + 5 * n] + gact[k] * bent) * leave * (one - leave)
                if t:
                    gact[k - 5 * n] += gc * keep
        if t:
            narrow, back = length * four, now - six
            product(n, four, b, one, act, back, wide, True, gact, into, narrow, False, one, grad, at, four)
            product(b, n, four, one, gact, into, narrow, False, theta, at, four, True, one, gact, back, wide)


OPERATIONS = {
    "rnn": (rnn_forward, rnn_backward),
    "lstm": (lstm_forward, lstm_backward),
}
