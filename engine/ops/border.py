"""A border around images that is not of zeros: the nearest pixel, or the mean of the channel."""

from __future__ import annotations

from engine.kernel import IN, N0, OUT, kernel, span

C, H, W, PH, PW, MEAN = range(N0, N0 + 6)


@kernel
def border_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y (b, c, h + 2 ph, w + 2 pw): x (b, c, h, w) in the middle of its nearest pixels, or of its channel's mean."""
    h, w, ph, pw = row[H], row[W], row[PH], row[PW]
    high, wide = h + 2 * ph, w + 2 * pw
    x, y = span(act, row[IN], row[C] * h * w, ctx), span(act, row[OUT], row[C] * high * wide, ctx)
    for c in range(x.size // (h * w)):
        image, plane = x[c * h * w : (c + 1) * h * w], y[c * high * wide : (c + 1) * high * wide]
        mean = act.dtype.type(0)
        for k in range(image.size if row[MEAN] else 0):
            mean += image[k]
        mean /= act.dtype.type(h * w)
        for i in range(high):
            near = min(max(i - ph, 0), h - 1)
            for j in range(wide):
                across = min(max(j - pw, 0), w - 1)
                inside = near == i - ph and across == j - pw
                plane[i * wide + j] = image[near * w + across] if inside or not row[MEAN] else mean


@kernel
def border_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = ∂y in the middle, and what the border has from it: its nearest pixels', or a share of all."""
    h, w, ph, pw = row[H], row[W], row[PH], row[PW]
    high, wide = h + 2 * ph, w + 2 * pw
    gx, gy = span(gact, row[IN], row[C] * h * w, ctx), span(gact, row[OUT], row[C] * high * wide, ctx)
    for k in range(gx.size):
        gx[k] = 0
    for c in range(gx.size // (h * w)):
        image, plane = gx[c * h * w : (c + 1) * h * w], gy[c * high * wide : (c + 1) * high * wide]
        outside = gact.dtype.type(0)
        for i in range(high):
            near = min(max(i - ph, 0), h - 1)
            for j in range(wide):
                across, g = min(max(j - pw, 0), w - 1), plane[i * wide + j]
                if row[MEAN] and (near != i - ph or across != j - pw):
                    outside += g
                else:
                    image[near * w + across] += g
        outside /= gact.dtype.type(h * w)
        for k in range(image.size):
            image[k] += outside


OPERATIONS = {"border": (border_forward, border_backward)}
