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
def surpass(best, other, result, sign):
    """The greater of two, or with a sign of -1 the lesser; NaN counts as either."""
    for q in range(result.size):
        beyond = (sign * other[q] > sign * best[q]) | (other[q] != other[q])
        result[q] = other[q] if beyond else best[q]


@kernel
def extremes(row, x, y, scratch, sign):
    """The greatest number of each window, or with a sign of -1 the least.

    Along rows, then down: first of the windows at every place, in long loops, then of those at the strides.
    """
    h, w, oh, ow, sh, sw = row[H], row[W], row[OH], row[OW], row[SH], row[SW]
    done, spare = scratch[: h * w], scratch[h * w : 2 * h * w]
    for plane in range(y.size // (oh * ow)):
        image, length = x[plane * h * w : (plane + 1) * h * w], h * w - row[KW] + 1
        for j in range(max(1, row[KW] - 1)):  # the last of the window first, then those between
            at = j if j else row[KW] - 1
            best = done if j else image
            surpass(best[:length], image[at : at + length], done[:length], sign)
        for _ in range(1, row[KH]):
            length -= w
            surpass(done[:length], done[w : w + length], spare[:length], sign)
            done, spare = spare, done
        for i in range(oh):
            start, to = i * sh * w, y[(plane * oh + i) * ow : (plane * oh + i + 1) * ow]
            for p in range(ow):
                to[p] = done[start + p * sw]


@kernel
def credit(x, best, g, gx):
    """Add to gx the slopes whose extreme x is, once: they are taken from g."""
    zero = g.dtype.type(0)
    for q in range(best.size):
        hit = x[q] == best[q]
        gx[q] += g[q] if hit else zero
        g[q] = zero if hit else g[q]


@kernel
def extremes_backward(row, x, y, gx, gy, scratch):
    """∂x = ∂y at the first number of each window that is its extreme (as PyTorch), summed over windows."""
    h, w, oh, ow, sh, sw = row[H], row[W], row[OH], row[OW], row[SH], row[SW]
    best, g, zero = scratch[: h * w], scratch[h * w : 2 * h * w], gx.dtype.type(0)
    length = (h - row[KH]) * w + w - row[KW] + 1
    for q in range(2 * h * w):
        scratch[q] = zero
    for q in range(gx.size):
        gx[q] = zero
    for plane in range(y.size // (oh * ow)):
        for i in range(oh):
            start, line = i * sh * w, (plane * oh + i) * ow
            for p in range(ow):
                best[start + p * sw] = y[line + p]
                g[start + p * sw] = gy[line + p]
        for i in range(row[KH]):
            for j in range(row[KW]):
                at = plane * h * w + i * w + j
                credit(x[at : at + length], best[:length], g[:length], gx[at : at + length])


@kernel
def max_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y = the greatest number of each window."""
    x, y = sides(row, act, act, ctx)
    extremes(row, x, y, scratch, act.dtype.type(1))


@kernel
def min_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y = the least number of each window."""
    x, y = sides(row, act, act, ctx)
    extremes(row, x, y, scratch, act.dtype.type(-1))


@kernel
def extreme_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = ∂y where the extreme was."""
    x, y = sides(row, act, act, ctx)
    gx, gy = sides(row, gact, gact, ctx)
    extremes_backward(row, x, y, gx, gy, scratch)


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
