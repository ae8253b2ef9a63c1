"""Convolution with few filters or channels, where tiles would stand mostly empty: a thread has eight of them at one
place, or four of them at one weight, and walks through its window, its filters or its images."""

from __future__ import annotations

from numba import float32

from engine.cuda.index import split
from engine.cuda.kernel import ALIGN, THREADS, Launch, ceil_div, cuda, helper, kernel, lines, load4, size
from engine.cuda.products import TILE
from engine.kernel import BATCH, IN, OUT, PARAM
from engine.ops.convolution import BIAS, CHANNEL, FILTERS, KH, KW, OH, OW, PH, PLACE, PW, SH, SW, C, H, W

FEW = size("FEW", 32, 8)  # filters, or channels, that are walked through
EMPTY = 3  # times that tiles are larger than the weights that they hold, from which on threads walk
EIGHT = 8  # filters or channels of a thread
PARTS = size("SHARES", 64, 2)  # into which the images of a batch are dealt
QUADS = 4 * THREADS


@helper
def load_eight(table, start, count, aligned, out):
    """`count` neighbours, eight at most, into registers, zeros behind them."""
    if aligned and count >= EIGHT:
        out[0], out[1], out[2], out[3] = load4(table, start)
        out[4], out[5], out[6], out[7] = load4(table, start + 4)
    else:
        for e in range(EIGHT):
            out[e] = table[start + e] if e < count else float32(0)


@kernel
def narrow_forward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y (b, out, places) = W (in·kh·kw, out)ᵀ · windows of x (b, in, h, w) + bias, a thread for eight filters."""
    sums = cuda.local.array(EIGHT, float32)
    weights = cuda.local.array(EIGHT, float32)
    row, b = rows[q], ctx[BATCH]
    x, y, at, o, channels, h, w = row[IN] * b, row[OUT] * b, row[PARAM], row[FILTERS], row[C], row[H], row[W]
    kh, kw, oh, ow, bias = row[KH], row[KW], row[OH], row[OW], row[BIAS]
    places, taps = oh * ow, kh * kw
    columns, aligned, behind = b * places, (at | o) & 3 == 0, at + channels * taps * o
    for index in range(cuda.grid(1), columns * ((o + EIGHT - 1) // EIGHT), cuda.gridsize(1)):
        group, column = split(index, columns)
        example, place = split(column, places)
        down, along = split(place, ow)
        top, left, first = down * row[SH] - row[PH], along * row[SW] - row[PW], group * EIGHT
        for e in range(EIGHT):
            sums[e] = float32(0)
        for c in range(channels):
            image, line = x + (example * channels + c) * h * w, at + c * taps * o + first
            for i in range(kh):
                u = top + i
                for j in range(kw):
                    v, number_here = left + j, float32(0)
                    if u >= 0 and u < h and v >= 0 and v < w:
                        number_here = act[image + u * w + v]
                    load_eight(theta, line, o - first, aligned, weights)
                    for e in range(EIGHT):
                        sums[e] += number_here * weights[e]
                    line += o
        for e in range(EIGHT):
            if first + e < o:
                shift = float32(0)
                if bias == CHANNEL:
                    shift = theta[behind + first + e]
                elif bias == PLACE:
                    shift = theta[behind + (first + e) * places + place]
                act[y + (example * o + first + e) * places + place] = sums[e] + shift


@kernel
def narrow_images(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x (b, in, h, w), eight channels of a pixel a thread: W · ∂y over the windows that hold it."""
    sums = cuda.local.array(EIGHT, float32)
    row, b = rows[q], ctx[BATCH]
    x, y, at, o, channels, h, w = row[IN] * b, row[OUT] * b, row[PARAM], row[FILTERS], row[C], row[H], row[W]
    kh, kw, oh, ow, sh, sw = row[KH], row[KW], row[OH], row[OW], row[SH], row[SW]
    area, places, each = h * w, oh * ow, kh * kw * o
    pixels, aligned = b * area, (at | o) & 3 == 0
    for index in range(cuda.grid(1), pixels * ((channels + EIGHT - 1) // EIGHT), cuda.gridsize(1)):
        group, pixel = split(index, pixels)
        example, place = split(pixel, area)
        u, v = split(place, w)
        first = group * EIGHT
        for e in range(EIGHT):
            sums[e] = float32(0)
        for i in range(kh):
            for j in range(kw):
                r, s = u + row[PH] - i, v + row[PW] - j
                if r >= 0 and s >= 0:
                    down, odd = split(r, sh)
                    along, even = split(s, sw)
                    if odd == 0 and even == 0 and down < oh and along < ow:
                        slopes = y + example * o * places + down * ow + along
                        weights = at + (i * kw + j) * o
                        for f in range(0, o if aligned else 0, 4):
                            g0, g1 = gact[slopes + f * places], gact[slopes + (f + 1) * places]
                            g2, g3 = gact[slopes + (f + 2) * places], gact[slopes + (f + 3) * places]
                            for e in range(EIGHT):
                                line = weights + min(first + e, channels - 1) * each
                                w0, w1, w2, w3 = load4(theta, line + f)
                                sums[e] += g0 * w0
                                sums[e] += g1 * w1
                                sums[e] += g2 * w2
                                sums[e] += g3 * w3
                        for f in range(0 if aligned else o):
                            g = gact[slopes + f * places]
                            for e in range(EIGHT):
                                sums[e] += g * theta[weights + min(first + e, channels - 1) * each + f]
        for e in range(EIGHT):
            if first + e < channels:
                gact[x + (example * channels + first + e) * area + place] = sums[e]


@helper
def lanes_of(k, o):
    """(quads of weights, those that a block has side by side, shares of the images' lines that it has of each)."""
    quads = k * ((o + 3) // 4)
    lanes = min(quads, cuda.blockDim.x)
    return quads, lanes, cuda.blockDim.x // lanes


@kernel
def narrow_weights(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂W (in·kh·kw, out) over the images of each of `number` parts into `scratch`, a thread for four filters."""
    room = cuda.shared.array(QUADS, float32, alignment=ALIGN)
    row, b, t = rows[q], ctx[BATCH], cuda.threadIdx.x
    x, y, o, channels, h, w = row[IN] * b, row[OUT] * b, row[FILTERS], row[C], row[H], row[W]
    oh, ow, sh, sw, k = row[OH], row[OW], row[SH], row[SW], row[C] * row[KH] * row[KW]
    quads, lanes, shares = lanes_of(k, o)
    share, lane = split(t, lanes)
    quad = cuda.blockIdx.x * lanes + lane
    weight, f = split(quad, (o + 3) // 4)
    channel, tap = split(weight, row[KH] * row[KW])
    i, j = split(tap, row[KW])
    top, left, f = i - row[PH], j - row[PW], f * 4
    # Filters beyond the last are counted as the last one and not written.
    f1, f2, f3 = min(f + 1, o - 1), min(f + 2, o - 1), min(f + 3, o - 1)
    s0, s1, s2, s3 = float32(0), float32(0), float32(0), float32(0)
    for example in range(cuda.blockIdx.y, b if quad < quads and share < shares else 0, number):
        image, slopes = x + (example * channels + channel) * h * w, y + example * o * oh * ow
        for down in range(share, oh, shares):
            u = down * sh + top
            for along in range(ow if u >= 0 and u < h else 0):
                v, place = along * sw + left, slopes + down * ow + along
                if v >= 0 and v < w:
                    value = act[image + u * w + v]
                    s0 += value * gact[place + f * oh * ow]
                    s1 += value * gact[place + f1 * oh * ow]
                    s2 += value * gact[place + f2 * oh * ow]
                    s3 += value * gact[place + f3 * oh * ow]
    room[4 * t], room[4 * t + 1], room[4 * t + 2], room[4 * t + 3] = s0, s1, s2, s3
    cuda.syncthreads()
    if share == 0 and quad < quads:
        for other in range(1, shares):
            place = 4 * (other * lanes + lane)
            s0, s1 = s0 + room[place], s1 + room[place + 1]
            s2, s3 = s2 + room[place + 2], s3 + room[place + 3]
        out = (cuda.blockIdx.y * k + weight) * o + f
        scratch[out] = s0
        if f + 1 < o:
            scratch[out + 1] = s1
        if f + 2 < o:
            scratch[out + 2] = s2
        if f + 3 < o:
            scratch[out + 3] = s3


def empty(m: int, n: int) -> bool:
    """Whether tiles would be much larger than the m × n numbers of a product."""
    return ceil_div(m, TILE) * ceil_div(n, TILE) * TILE * TILE >= EMPTY * m * n


def walk(function, places: int, count: int) -> Launch:
    """A thread for each place and eight of its filters or channels."""
    return lines(function, places * ceil_div(count, EIGHT))


def walk_weights(k: int, o: int, batch: int) -> Launch:
    """A thread for each four weights of each part of the batch."""
    quads, parts = k * ceil_div(o, 4), min(batch, PARTS)
    grid = ceil_div(quads, min(quads, THREADS)), parts
    return Launch(narrow_weights, grid, (THREADS,), parts * k * o, parts)
