"""A border around images that is not of zeros: the nearest pixel, or the channel's mean; a block for each channel."""

from __future__ import annotations

from numba import float32

from engine.cuda.index import split, wide
from engine.cuda.kernel import THREADS, Launch, cuda, kernel, over_rows, sum_block
from engine.kernel import BATCH, IN, OUT
from engine.ops.border import MEAN, PH, PW, C, H, W


@kernel
def border_forward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y (b, c, h + 2 ph, w + 2 pw): x (b, c, h, w) in the middle of its nearest pixels, or of its channel's mean."""
    room = cuda.shared.array(THREADS, float32)
    row, b, t = rows[q], ctx[BATCH], cuda.threadIdx.x
    x, y, h, w, ph, pw, mean = row[IN] * b, row[OUT] * b, row[H], row[W], row[PH], row[PW], row[MEAN]
    high, across = h + 2 * ph, w + 2 * pw
    for plane in range(cuda.blockIdx.x, b * row[C], cuda.gridDim.x):
        source, level = x + plane * h * w, float32(0)
        for k in range(t, h * w if mean else 0, cuda.blockDim.x):
            level += act[source + k]
        level = sum_block(level, room) / float32(h * w)
        for k in range(t, high * across, cuda.blockDim.x):
            i, j = split(k, across)
            u, v = min(max(i - ph, 0), h - 1), min(max(j - pw, 0), w - 1)
            inside = u == i - ph and v == j - pw
            act[y + plane * high * across + k] = act[source + u * w + v] if inside or not mean else level


@kernel
def border_backward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = ∂y in the middle, and what the border has from it: its nearest pixels', or a share of all."""
    room = cuda.shared.array(THREADS, float32)
    row, b, t = rows[q], ctx[BATCH], cuda.threadIdx.x
    x, y, h, w, ph, pw, mean = row[IN] * b, row[OUT] * b, row[H], row[W], row[PH], row[PW], row[MEAN]
    high, across = h + 2 * ph, w + 2 * pw
    for plane in range(cuda.blockIdx.x, b * row[C], cuda.gridDim.x):
        source, outside = y + plane * high * across, float32(0)
        for k in range(t, high * across if mean else 0, cuda.blockDim.x):
            i, j = split(k, across)
            if i < ph or i >= h + ph or j < pw or j >= w + pw:
                outside += gact[source + k]
        outside = sum_block(outside, room) / float32(h * w)
        for k in range(t, h * w, cuda.blockDim.x):
            u, v = split(k, w)
            slope = outside
            for i in range(
                0 if u == 0 and not mean else u + ph, high if u == h - 1 and not mean else u + ph + 1
            ):
                for j in range(
                    0 if v == 0 and not mean else v + pw, across if v == w - 1 and not mean else v + pw + 1
                ):
                    slope += gact[source + i * across + j]
            gact[x + plane * h * w + k] = slope


def over(function):
    """A plan with a block for each channel of each image."""

    def plan(row, batch):
        grid = over_rows(function, batch * int(row[C])).grid
        return [Launch(function, grid, (wide(int((row[H] + 2 * row[PH]) * (row[W] + 2 * row[PW]))),))]

    return plan


OPERATIONS = {"border": (over(border_forward), over(border_backward))}
