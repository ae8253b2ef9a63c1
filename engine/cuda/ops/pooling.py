"""Pooling, x (b, c, h, w) → y (b, c, oh, ow). A thread for each window, a block if the window is large; backward a
thread for each number of the image, which collects from the windows that hold it."""

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
    max_block,
    over_rows,
    size,
    sum_block,
)
from engine.kernel import BATCH, IN, OUT
from engine.ops.pooling import KH, KW, OH, OW, SH, SW, C, H, W

LARGE = size("WINDOW", 64, 16)  # numbers in a window that a block shares


@helper
def span_of(u, kernel, stride, places):
    """(first, last + 1) of the windows along an axis that hold its place u."""
    first = 0 if u < kernel else (u - kernel) // stride + 1
    return first, min(u // stride + 1, places)


def extremes(sign: int):
    """Forward kernels of the greatest number of each window (sign 1) or of the least (-1); NaN counts as either."""

    @kernel
    def extreme_forward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
        """y = the extreme of each window, a thread each."""
        row, b = rows[q], ctx[BATCH]
        x, y, h, w, kh, kw = row[IN] * b, row[OUT] * b, row[H], row[W], row[KH], row[KW]
        sh, sw, oh, ow = row[SH], row[SW], row[OH], row[OW]
        for i in range(cuda.grid(1), b * row[C] * oh * ow, cuda.gridsize(1)):
            line, along = split(i, ow)
            plane, down = split(line, oh)
            at = x + (plane * h + down * sh) * w + along * sw
            best = act[at]
            for u in range(kh):
                for v in range(kw):
                    other = act[at + u * w + v]
                    beyond = other > best if sign > 0 else other < best
                    best = other if beyond or other != other else best
            act[y + i] = best

    @kernel
    def extreme_forward_large(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
        """y = the extreme of each window, a block each."""
        room = cuda.shared.array(THREADS, float32)
        row, b, t = rows[q], ctx[BATCH], cuda.threadIdx.x
        x, y, h, w, kh, kw = row[IN] * b, row[OUT] * b, row[H], row[W], row[KH], row[KW]
        sh, sw, oh, ow, by = row[SH], row[SW], row[OH], row[OW], float32(sign)
        for i in range(cuda.blockIdx.x, b * row[C] * oh * ow, cuda.gridDim.x):
            line, along = split(i, ow)
            plane, down = split(line, oh)
            at = x + (plane * h + down * sh) * w + along * sw
            best = by * act[at]
            for k in range(t, kh * kw, cuda.blockDim.x):
                u, v = split(k, kw)
                other = by * act[at + u * w + v]
                best = other if other > best or other != other else best
            best = by * max_block(best, room)
            if t == 0:
                act[y + i] = best

    return extreme_forward, extreme_forward_large


@kernel
def extreme_backward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = ∂y at the first number of each window that is its extreme (as PyTorch), summed over windows."""
    row, b = rows[q], ctx[BATCH]
    x, y, h, w, kh, kw = row[IN] * b, row[OUT] * b, row[H], row[W], row[KH], row[KW]
    sh, sw, oh, ow = row[SH], row[SW], row[OH], row[OW]
    for i in range(cuda.grid(1), b * row[C] * h * w, cuda.gridsize(1)):
        line, v = split(i, w)
        plane, u = split(line, h)
        top, bottom = span_of(u, kh, sh, oh)
        left, right = span_of(v, kw, sw, ow)
        value, slope = act[x + i], float32(0)
        for down in range(top, bottom):
            for along in range(left, right):
                window = (plane * oh + down) * ow + along
                if act[y + window] == value:
                    start, first = x + (plane * h + down * sh) * w + along * sw, True
                    for k in range((u - down * sh) * kw + v - along * sw):
                        r, s = split(k, kw)
                        first = first and act[start + r * w + s] != value
                    slope += gact[y + window] if first else float32(0)
        gact[x + i] = slope


@kernel
def average_forward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y = the mean of each window, a thread each."""
    row, b = rows[q], ctx[BATCH]
    x, y, h, w, kh, kw = row[IN] * b, row[OUT] * b, row[H], row[W], row[KH], row[KW]
    sh, sw, oh, ow = row[SH], row[SW], row[OH], row[OW]
    share = float32(1) / float32(kh * kw)
    for i in range(cuda.grid(1), b * row[C] * oh * ow, cuda.gridsize(1)):
        line, along = split(i, ow)
        plane, down = split(line, oh)
        at, total = x + (plane * h + down * sh) * w + along * sw, float32(0)
        for u in range(kh):
            for v in range(kw):
                total += act[at + u * w + v]
        act[y + i] = total * share


@kernel
def average_forward_large(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y = the mean of each window, a block each."""
    room = cuda.shared.array(THREADS, float32)
    row, b, t = rows[q], ctx[BATCH], cuda.threadIdx.x
    x, y, h, w, kh, kw = row[IN] * b, row[OUT] * b, row[H], row[W], row[KH], row[KW]
    sh, sw, oh, ow = row[SH], row[SW], row[OH], row[OW]
    share = float32(1) / float32(kh * kw)
    for i in range(cuda.blockIdx.x, b * row[C] * oh * ow, cuda.gridDim.x):
        line, along = split(i, ow)
        plane, down = split(line, oh)
        at, total = x + (plane * h + down * sh) * w + along * sw, float32(0)
        for k in range(t, kh * kw, cuda.blockDim.x):
            u, v = split(k, kw)
            total += act[at + u * w + v]
        total = sum_block(total, room)
        if t == 0:
            act[y + i] = total * share


@kernel
def average_backward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = ∂y / (kh·kw), summed over windows."""
    row, b = rows[q], ctx[BATCH]
    x, y, h, w, kh, kw = row[IN] * b, row[OUT] * b, row[H], row[W], row[KH], row[KW]
    sh, sw, oh, ow = row[SH], row[SW], row[OH], row[OW]
    share = float32(1) / float32(kh * kw)
    for i in range(cuda.grid(1), b * row[C] * h * w, cuda.gridsize(1)):
        line, v = split(i, w)
        plane, u = split(line, h)
        top, bottom = span_of(u, kh, sh, oh)
        left, right = span_of(v, kw, sw, ow)
        slope = float32(0)
        for down in range(top, bottom):
            for along in range(left, right):
                slope += gact[y + (plane * oh + down) * ow + along]
        gact[x + i] = slope * share


def forward(small, large):
    """A plan that gives large windows a block each."""

    def plan(row, batch):
        windows, count = batch * int(row[C] * row[OH] * row[OW]), int(row[KH] * row[KW])
        if count < LARGE:
            return [lines(small, windows)]
        return [Launch(large, over_rows(large, windows).grid, (wide(count),))]

    return plan


def backward(function):
    """A plan with a thread for each number of the images."""
    return lambda row, batch: [lines(function, batch * int(row[C] * row[H] * row[W]))]


OPERATIONS = {
    "max-pool": (forward(*extremes(1)), backward(extreme_backward)),
    "min-pool": (forward(*extremes(-1)), backward(extreme_backward)),
    "average-pool": (forward(average_forward, average_forward_large), backward(average_backward)),
}
