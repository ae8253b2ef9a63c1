"""Convolution as products whose windows are read where they lie in the image: no window matrix in memory.

y (out, b·places) = Wᵀ · windows; ∂W (in·kh·kw, out) = windows · ∂yᵀ, its long sum in parts; ∂x (in, b·h·w) =
W · the slopes that each pixel meets. With few filters or channels threads walk instead (`engine.cuda.ops.narrow`).
Unshared weights are gathered, a thread for each result.
"""

from __future__ import annotations

from numba import float32

from engine.cuda.index import split, wide
from engine.cuda.kernel import THREADS, Launch, cuda, helper, kernel, lines, over_rows, sum_block
from engine.cuda.ops.narrow import FEW, empty, narrow_forward, narrow_images, walk, walk_weights
from engine.cuda.products import (
    COUNT,
    DEEP,
    PITCH,
    QUADS,
    SIDE,
    SPAN,
    TILE,
    accumulator,
    add_parts,
    grid_of,
    load_columns,
    load_rows,
    parts_of,
    store_tile,
)
from engine.kernel import BATCH, IN, NEED, OUT, PARAM
from engine.ops.convolution import BIAS, CHANNEL, FILTERS, KH, KW, OH, OW, PH, PLACE, PW, SH, SW, C, H, W


@helper
def geometry(row):
    """(c, h, w, o, kh, kw, sh, sw, ph, pw, oh, ow) of a row of the table."""
    image = row[C], row[H], row[W], row[FILTERS]
    return *image, row[KH], row[KW], row[SH], row[SW], row[PH], row[PW], row[OH], row[OW]


@helper
def window(table, start, shape, k, column):
    """Number k (in·kh·kw) of the window at `column` (b·places) of the images from `start` on; 0 in the border."""
    c, h, w, _, kh, kw, sh, sw, ph, pw, oh, ow = shape
    channel, tap = split(k, kh * kw)
    i, j = split(tap, kw)
    example, place = split(column, oh * ow)
    u, v = split(place, ow)
    u, v = u * sh + i - ph, v * sw + j - pw
    inside = u >= 0 and u < h and v >= 0 and v < w
    return table[start + ((example * c + channel) * h + u) * w + v] if inside else float32(0)


@helper
def met(table, start, shape, k, column):
    """The slope that pixel `column` (b·h·w) meets through number k (kh·kw·out) of the kernels; 0 if through none."""
    _, h, w, o, _, kw, sh, sw, ph, pw, oh, ow = shape
    tap, channel = split(k, o)
    i, j = split(tap, kw)
    example, place = split(column, h * w)
    u, v = split(place, w)
    u, v = u + ph - i, v + pw - j
    if u < 0 or v < 0:
        return float32(0)
    down, odd = split(u, sh)
    along, even = split(v, sw)
    inside = odd == 0 and even == 0 and down < oh and along < ow
    return table[start + ((example * o + channel) * oh + down) * ow + along] if inside else float32(0)


def loader(read, turned: bool):
    """Slices of TILE columns and DEEP rows of read(table, start, shape, row, column); turned: A's, with k along."""

    @helper
    def load(table, start, shape, first, last, at, stop, slab):
        for place in range(cuda.threadIdx.x, 4 * QUADS, COUNT):
            # Neighbouring threads take neighbours in the image.
            d, r = (place % DEEP, place // DEEP) if turned else (place // TILE, place % TILE)
            value = float32(0)
            if first + r < last and at + d < stop:
                value = (
                    read(table, start, shape, first + r, at + d)
                    if turned
                    else read(table, start, shape, at + d, first + r)
                )
            slab[d * PITCH + r] = value

    return load


@helper
def channel_of(table, start, shape, column, filter):
    """∂y of a filter at `column` (b·places)."""
    example, place = split(column, shape[10] * shape[11])
    return table[start + (example * shape[3] + filter) * shape[10] * shape[11] + place]


windows_of = accumulator(load_columns, loader(window, False))
to_weights = accumulator(loader(window, True), loader(channel_of, False))
to_images = accumulator(load_rows, loader(met, False))


@kernel
def convolution_forward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y (b, out, places) = W (in·kh·kw, out)ᵀ · windows of x (b, in, h, w) + bias."""
    sums = cuda.local.array((SPAN, SPAN), float32)
    row, b = rows[q], ctx[BATCH]
    shape, at, y = geometry(row), row[PARAM], row[OUT] * b
    o, k, places = row[FILTERS], row[C] * row[KH] * row[KW], row[OH] * row[OW]
    top, left = cuda.blockIdx.y * TILE, cuda.blockIdx.x * TILE
    windows_of(theta, at, o, act, row[IN] * b, shape, top, o, left, b * places, 0, k, sums)
    top, left = top + cuda.threadIdx.x // SIDE * SPAN, left + cuda.threadIdx.x % SIDE * SPAN
    for j in range(SPAN):
        example, place = split(left + j, places)
        for i in range(SPAN):
            if top + i < o and left + j < b * places:
                shift = float32(0)
                if row[BIAS] == CHANNEL:
                    shift = theta[at + k * o + top + i]
                elif row[BIAS] == PLACE:
                    shift = theta[at + k * o + (top + i) * places + place]
                act[y + (example * o + top + i) * places + place] = sums[i, j] + shift


@kernel
def convolution_weights(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂W (in·kh·kw, out) = Σ windows · ∂yᵀ; of `number` parts each block's to `scratch`."""
    sums = cuda.local.array((SPAN, SPAN), float32)
    row, b = rows[q], ctx[BATCH]
    shape, o, k = geometry(row), row[FILTERS], row[C] * row[KH] * row[KW]
    top, left, part, places = (
        cuda.blockIdx.y * TILE,
        cuda.blockIdx.x * TILE,
        cuda.blockIdx.z,
        b * row[OH] * row[OW],
    )
    share = (places + number - 1) // number
    start, stop = part * share, min(places, (part + 1) * share)
    to_weights(act, row[IN] * b, shape, gact, row[OUT] * b, shape, top, k, left, o, start, stop, sums)
    if number == 1:
        store_tile(sums, grad, row[PARAM], o, top, k, left, o, False, theta, -1)
    else:
        store_tile(sums, scratch, part * k * o, o, top, k, left, o, False, theta, -1)


@kernel
def convolution_weights_end(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂W = the sum of the parts."""
    row = rows[q]
    count = row[C] * row[KH] * row[KW] * row[FILTERS]
    for i in range(cuda.grid(1), count, cuda.gridsize(1)):
        grad[row[PARAM] + i] = add_parts(number, count, scratch, i)


@kernel
def convolution_images(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x (b, in, h, w) = W · the slopes of the windows that hold each pixel."""
    sums = cuda.local.array((SPAN, SPAN), float32)
    row, b = rows[q], ctx[BATCH]
    c, area, taps, x = row[C], row[H] * row[W], row[KH] * row[KW] * row[FILTERS], row[IN] * b
    top, left = cuda.blockIdx.y * TILE, cuda.blockIdx.x * TILE
    to_images(
        theta, row[PARAM], taps, gact, row[OUT] * b, geometry(row), top, c, left, b * area, 0, taps, sums
    )
    top, left = top + cuda.threadIdx.x // SIDE * SPAN, left + cuda.threadIdx.x % SIDE * SPAN
    for j in range(SPAN):
        example, place = split(left + j, area)
        for i in range(SPAN):
            if top + i < c and left + j < b * area:
                gact[x + (example * c + top + i) * area + place] = sums[i, j]


def bias_at(unshared: bool):
    """The kernel of ∂bias = Σ ∂y, after weights that are shared or not."""

    def bias(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
        room = cuda.shared.array(THREADS, float32)
        row, b, t = rows[q], ctx[BATCH], cuda.threadIdx.x
        o, places, y = row[FILTERS], row[OH] * row[OW], row[OUT] * b
        at = row[PARAM] + row[C] * row[KH] * row[KW] * o * (places if unshared else 1)
        if row[BIAS] == CHANNEL:
            for channel in range(cuda.blockIdx.x, o, cuda.gridDim.x):
                total = float32(0)
                for i in range(t, b * places, cuda.blockDim.x):
                    example, place = split(i, places)
                    total += gact[y + (example * o + channel) * places + place]
                total = sum_block(total, room)
                if t == 0:
                    grad[at + channel] = total
        else:
            for place in range(cuda.grid(1), o * places, cuda.gridsize(1)):
                total = float32(0)
                for i in range(place, b * o * places, o * places):
                    total += gact[y + i]
                grad[at + place] = total

    bias.__name__ = "local_bias" if unshared else "convolution_bias"
    return kernel(bias)


@kernel
def local_forward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y (b, out, places) = Σ over in·kh·kw of W (in·kh·kw, out, places) · windows of x + bias (out, places)."""
    row, b = rows[q], ctx[BATCH]
    shape, x, at, y = geometry(row), row[IN] * b, row[PARAM], row[OUT] * b
    k, each, places = row[C] * row[KH] * row[KW], row[FILTERS] * row[OH] * row[OW], row[OH] * row[OW]
    for i in range(cuda.grid(1), b * each, cuda.gridsize(1)):
        example, unit = split(i, each)
        column = example * places + split(unit, places)[1]
        total = theta[at + k * each + unit] if row[BIAS] else float32(0)
        for tap in range(k):
            total += theta[at + tap * each + unit] * window(act, x, shape, tap, column)
        act[y + i] = total


@kernel
def local_weights(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂W (in·kh·kw, out, places) = Σ windows · ∂y."""
    row, b = rows[q], ctx[BATCH]
    shape, x, y = geometry(row), row[IN] * b, row[OUT] * b
    k, each, places = row[C] * row[KH] * row[KW], row[FILTERS] * row[OH] * row[OW], row[OH] * row[OW]
    for i in range(cuda.grid(1), k * each, cuda.gridsize(1)):
        tap, unit = split(i, each)
        place, total = split(unit, places)[1], float32(0)
        for example in range(b):
            total += gact[y + example * each + unit] * window(act, x, shape, tap, example * places + place)
        grad[row[PARAM] + i] = total


@kernel
def local_images(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x: of each pixel W · ∂y over the filters and windows that hold it."""
    row, b = rows[q], ctx[BATCH]
    shape, x, y, o, area = geometry(row), row[IN] * b, row[OUT] * b, row[FILTERS], row[H] * row[W]
    c, _, w, _, kh, kw, sh, sw, ph, pw, oh, ow = shape
    for i in range(cuda.grid(1), b * c * area, cuda.gridsize(1)):
        plane, place = split(i, area)
        example, channel = split(plane, c)
        u, v = split(place, w)
        total = float32(0)
        for tap in range(kh * kw):
            r, s = split(tap, kw)
            if u + ph >= r and v + pw >= s:
                down, odd = split(u + ph - r, sh)
                along, even = split(v + pw - s, sw)
                if odd == 0 and even == 0 and down < oh and along < ow:
                    at = row[PARAM] + (channel * kh * kw + tap) * o * oh * ow + down * ow + along
                    here = y + example * o * oh * ow + down * ow + along
                    for f in range(o):
                        total += theta[at + f * oh * ow] * gact[here + f * oh * ow]
        gact[x + i] = total


convolution_bias, local_bias = bias_at(False), bias_at(True)


def sizes(row, batch):
    """(in·kh·kw, filters, places in a batch, pixels of all images' channels)."""
    k, o = int(row[C] * row[KH] * row[KW]), int(row[FILTERS])
    return k, o, batch * int(row[OH] * row[OW]), batch * int(row[C] * row[H] * row[W])


def bias_plan(function, row, batch):
    if not row[BIAS]:
        return []
    _, o, places, _ = sizes(row, batch)
    if row[BIAS] == CHANNEL:
        return [Launch(function, over_rows(function, o).grid, (wide(places),))]
    return [lines(function, o * places // batch)]


def shared_forward(row, batch):
    _, o, places, _ = sizes(row, batch)
    if o <= FEW:
        return [walk(narrow_forward, places, o)]
    return [Launch(convolution_forward, grid_of(o, places), (COUNT,))]


def shared_backward(row, batch):
    k, o, places, pixels = sizes(row, batch)
    found, c = bias_plan(convolution_bias, row, batch), int(row[C])
    if empty(k, o):
        weights = walk_weights(k, o, batch)
    else:
        parts = parts_of(k, o, places)
        scratch = parts * k * o if parts > 1 else 0
        weights = Launch(convolution_weights, grid_of(k, o, parts), (COUNT,), scratch, parts)
    found.append(weights)
    if weights.scratch:
        found.append(lines(convolution_weights_end, k * o, weights.scratch, weights.number))
    if row[NEED] and c <= FEW:
        found.append(walk(narrow_images, pixels // c, c))
    elif row[NEED]:
        found.append(Launch(convolution_images, grid_of(c, pixels // c), (COUNT,)))
    return found


def unshared_forward(row, batch):
    _, o, places, _ = sizes(row, batch)
    return [lines(local_forward, o * places)]


def unshared_backward(row, batch):
    k, o, places, pixels = sizes(row, batch)
    found = bias_plan(local_bias, row, batch) + [lines(local_weights, k * o * places // batch)]
    return found + ([lines(local_images, pixels)] if row[NEED] else [])


OPERATIONS = {
    "convolution": (shared_forward, shared_backward),
    "local": (unshared_forward, unshared_backward),
}
