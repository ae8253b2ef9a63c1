"""Pooling, x (b, c, h, w) → y (b, c, oh, ow): one number a window and channel; nothing is learned."""

from __future__ import annotations

from engine.kernel import IN, N0, OUT, kernel, span

C, H, W, KH, KW, SH, SW, OH, OW = range(N0, N0 + 9)


@kernel
def sides(row, x, y, ctx):
    """The shard's rows of the buffers of width c·h·w and c·oh·ow."""
    one = span(x, row[IN], row[C] * row[H] * row[W], ctx)
    return one, span(y, row[OUT], row[C] * row[OH] * row[OW], ctx)


@kernel
def extremes(row, x, y, sign):
    """The greatest number of each window, or with a sign of -1 the least; NaN counts as either."""
    h, w, sw, oh, ow = row[H], row[W], row[SW], row[OH], row[OW]
    for line in range(y.size // ow):  # b, c and oh in one
        start = (line // oh * h + line % oh * row[SH]) * w
        to = y[line * ow : (line + 1) * ow]
        for i in range(row[KH]):
            for j in range(row[KW]):
                source = x[start + i * w + j :]
                if i + j == 0:
                    for p in range(ow):
                        to[p] = source[p * sw]
                else:
                    for p in range(ow):
                        value = source[p * sw]
                        to[p] = value if sign * value > sign * to[p] or value != value else to[p]


@kernel
def extremes_backward(row, x, y, gx, gy):
    """∂x = ∂y at the first number of each window that is its extreme (as PyTorch), summed over windows."""
    h, w, sw, oh, ow = row[H], row[W], row[SW], row[OH], row[OW]
    zero = gx.dtype.type(0)
    for i in range(gx.size):
        gx[i] = zero
    for line in range(y.size // ow):
        start = (line // oh * h + line % oh * row[SH]) * w
        for p in range(ow):
            best, found = y[line * ow + p], False
            for i in range(row[KH]):
                for j in range(row[KW]):
                    at = start + i * w + p * sw + j
                    if not found and x[at] == best:
                        gx[at] += gy[line * ow + p]
                        found = True


@kernel
def max_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y = the greatest number of each window."""
    x, y = sides(row, act, act, ctx)
    extremes(row, x, y, act.dtype.type(1))


@kernel
def min_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y = the least number of each window."""
    x, y = sides(row, act, act, ctx)
    extremes(row, x, y, act.dtype.type(-1))


@kernel
def extreme_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = ∂y where the extreme was."""
    x, y = sides(row, act, act, ctx)
    gx, gy = sides(row, gact, gact, ctx)
    extremes_backward(row, x, y, gx, gy)


@kernel
def average_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y = the mean of each window."""
    x, y = sides(row, act, act, ctx)
    h, w, sw, oh, ow = row[H], row[W], row[SW], row[OH], row[OW]
    share, zero = act.dtype.type(1) / act.dtype.type(row[KH] * row[KW]), act.dtype.type(0)
    for line in range(y.size // ow):
        start = (line // oh * h + line % oh * row[SH]) * w
        to = y[line * ow : (line + 1) * ow]
        for p in range(ow):
            to[p] = zero
        for i in range(row[KH]):
            for j in range(row[KW]):
                source = x[start + i * w + j :]
                for p in range(ow):
                    to[p] += source[p * sw]
        for p in range(ow):
            to[p] *= share


@kernel
def average_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = ∂y / (kh·kw), summed over windows."""
    gx, gy = sides(row, gact, gact, ctx)
    h, w, sw, oh, ow = row[H], row[W], row[SW], row[OH], row[OW]
    share, zero = gact.dtype.type(1) / gact.dtype.type(row[KH] * row[KW]), gact.dtype.type(0)
    for i in range(gx.size):
        gx[i] = zero
    for line in range(gy.size // ow):
        start = (line // oh * h + line % oh * row[SH]) * w
        source = gy[line * ow : (line + 1) * ow]
        for i in range(row[KH]):
            for j in range(row[KW]):
                to = gx[start + i * w + j :]
                for p in range(ow):
                    to[p * sw] += share * source[p]


OPERATIONS = {
    "max-pool": (max_forward, extreme_backward),
    "min-pool": (min_forward, extreme_backward),
    "average-pool": (average_forward, average_backward),
}
