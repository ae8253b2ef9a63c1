"""Convolution with shared and with unshared weights, image by image: windows as a matrix, then a product.

Sizes of a row: image (in, h, w), filters, kernel, stride, border of zeros, places (oh, ow), pitch and bias. The
windows are a matrix (in·kh·kw, length) whose column i·pitch + j is the one at place (i, j). With a pitch of
the image's whole width a row of it is one stretch of the image; the columns between are of no use.
"""

from __future__ import annotations

from engine.blas import product
from engine.kernel import FIRST, IN, LAST, N0, NEED, OUT, PARAM, kernel, matrix, move, place
from engine.sums import clear

C, H, W, FILTERS, KH, KW, SH, SW, PH, PW, OH, OW, PITCH, BIAS = range(N0, N0 + 14)
CHANNEL, PLACE = 1, 2  # what has a bias of its own


@kernel
def measures(row):
    """Numbers in a kernel, columns of the window matrix, numbers in an image with its border."""
    length = (row[OH] - 1) * row[PITCH] + row[OW]
    bordered = row[C] * (row[H] + 2 * row[PH]) * (row[W] + 2 * row[PW])
    return row[C] * row[KH] * row[KW], length, bordered


@kernel
def add(number, line):
    for i in range(line.size):
        line[i] += number


@kernel
def pad(row, x, plane):
    """x (in, h, w) inside of plane (in, h + 2 ph, w + 2 pw), which comes cleared."""
    h, w, ph, pw = row[H], row[W], row[PH], row[PW]
    for line in range(row[C] * h):
        move(x, line * w, plane, ((line // h) * (h + 2 * ph) + ph + line % h) * (w + 2 * pw) + pw, w)


@kernel
def unpad(row, gplane, gx):
    """∂x (in, h, w) from the gradient of the image with its border of zeros."""
    h, w, ph, pw = row[H], row[W], row[PH], row[PW]
    for line in range(row[C] * h):
        move(gplane, ((line // h) * (h + 2 * ph) + ph + line % h) * (w + 2 * pw) + pw, gx, line * w, w)


@kernel
def unfold(row, plane, windows):
    """The window matrix (in·kh·kw, length) of an image with its border."""
    high, wide = row[H] + 2 * row[PH], row[W] + 2 * row[PW]
    _, length, _ = measures(row)
    at, sw, ow = 0, row[SW], row[OW]
    for c in range(row[C]):
        for i in range(row[KH]):
            for j in range(row[KW]):
                start = (c * high + i) * wide + j
                if row[PITCH] == wide and row[SH] == 1 and sw == 1:
                    move(plane, start, windows, at, length)
                else:
                    for u in range(row[OH]):
                        first, to = start + u * row[SH] * wide, windows[at + u * ow : at + u * ow + ow]
                        for v in range(ow):
                            to[v] = plane[first + v * sw]
                at += length


@kernel
def fold(row, gwindows, gplane):
    """The gradient of an image with its border: the sum of those of its windows."""
    high, wide = row[H] + 2 * row[PH], row[W] + 2 * row[PW]
    _, length, _ = measures(row)
    at, sw, ow = 0, row[SW], row[OW]
    clear(gplane)
    for c in range(row[C]):
        for i in range(row[KH]):
            for j in range(row[KW]):
                start = (c * high + i) * wide + j
                if row[PITCH] == wide and row[SH] == 1 and sw == 1:
                    source, to = gwindows[at : at + length], gplane[start : start + length]
                    for q in range(length):
                        to[q] += source[q]
                else:
                    for u in range(row[OH]):
                        first, source = start + u * row[SH] * wide, gwindows[at + u * ow : at + u * ow + ow]
                        for v in range(ow):
                            gplane[first + v * sw] += source[v]
                at += length


@kernel
def gather_windows(row, x, n, plane, windows):
    """The window matrix of image n of x (b, in, h, w); `plane` is working memory."""
    size = row[C] * row[H] * row[W]
    image, bordered = x[n * size : (n + 1) * size], row[PH] > 0 or row[PW] > 0
    if bordered:
        pad(row, image, plane)
    unfold(row, plane if bordered else image, windows)


@kernel
def scatter_windows(row, gwindows, gplane, gx, n):
    """∂ of image n of x (b, in, h, w) from that of its window matrix; `gplane` is working memory."""
    size = row[C] * row[H] * row[W]
    image, bordered = gx[n * size : (n + 1) * size], row[PH] > 0 or row[PW] > 0
    fold(row, gwindows, gplane if bordered else image)
    if bordered:
        unpad(row, gplane, image)


@kernel
def spread(row, gy, wide):
    """∂y (out, oh, ow) at its places among the columns of the window matrix: (out, length), else 0."""
    _, length, _ = measures(row)
    zero = gy.dtype.type(0)
    ow, pitch = row[OW], row[PITCH]
    for o in range(row[FILTERS]):
        for i in range(row[OH]):
            at = o * length + i * pitch
            move(gy, (o * row[OH] + i) * ow, wide, at, ow)
            for j in range(at + ow, at + pitch if i + 1 < row[OH] else at + ow):
                wide[j] = zero


@kernel
def add_bias(row, theta, at, y):
    """y (b, out·places) + bias (out·places)."""
    each = row[FILTERS] * row[OH] * row[OW]
    bias = theta[at : at + each]
    for start in range(0, y.size, each):
        image = y[start : start + each]
        for p in range(each):
            image[p] += bias[p]


@kernel
def bias_gradient(row, gy, grad, at):
    """∂bias (out) or (out, places) = Σ ∂y (b, out, places)."""
    places = row[OH] * row[OW]
    each, zero = row[FILTERS] * places, grad.dtype.type(0)
    if row[BIAS] == PLACE:
        sums = grad[at : at + each]
        clear(sums)
        for start in range(0, gy.size, each):
            image = gy[start : start + each]
            for p in range(each):
                sums[p] += image[p]
    elif row[BIAS] == CHANNEL:
        for o in range(row[FILTERS]):
            total = zero
            for start in range(0, gy.size, each):
                line = gy[start + o * places : start + (o + 1) * places]
                for p in range(places):
                    total += line[p]
            grad[at + o] = total


@kernel
def turn(weight, turned):
    """The transpose of weight (k, out), which saves the product from doing it for every image."""
    k, o = weight.shape
    for i in range(k):
        for c in range(o):
            turned[c * k + i] = weight[i, c]


@kernel
def convolution_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y (b, out, oh, ow) = W (in·kh·kw, out)ᵀ · windows of x (b, in, h, w) + bias (LeCun et al. 1989)."""
    b, o, ow, places = ctx[LAST] - ctx[FIRST], row[FILTERS], row[OW], row[OH] * row[OW]
    k, length, bordered = measures(row)
    x, zero, one = act[place(row[IN], row[C] * row[H] * row[W], ctx) :], act.dtype.type(0), act.dtype.type(1)
    first, seen = place(row[OUT], o * places, ctx), bordered
    made, turned = seen + k * length, seen + (k + o) * length
    plane, windows, wide = scratch[:bordered], scratch[seen:made], scratch[made:turned]
    turn(matrix(theta, row[PARAM], k, o), scratch[turned : turned + k * o])
    clear(plane)
    for n in range(b):
        gather_windows(row, x, n, plane, windows)
        product(
            o, length, k, one, scratch, turned, k, False, scratch, seen, length, False, zero, scratch, made, length
        )  # fmt: skip
        for c in range(o):
            start = first + (n * o + c) * places
            for i in range(row[OH]):
                move(wide, c * length + i * row[PITCH], act, start + i * ow, ow)
            if row[BIAS] == CHANNEL:
                add(theta[row[PARAM] + k * o + c], act[start : start + places])
    if row[BIAS] == PLACE:
        add_bias(row, theta, row[PARAM] + k * o, act[first : first + b * o * places])


@kernel
def convolution_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂W = Σ windows · ∂yᵀ, ∂bias = Σ ∂y, ∂windows = W · ∂y, which ∂x sums."""
    b, o, places, at = ctx[LAST] - ctx[FIRST], row[FILTERS], row[OH] * row[OW], row[PARAM]
    k, length, bordered = measures(row)
    size, zero, one = row[C] * row[H] * row[W], act.dtype.type(0), act.dtype.type(1)
    start, first = place(row[IN], size, ctx), place(row[OUT], o * places, ctx)
    x, gx, gy = act[start : start + b * size], gact[start : start + b * size], gact[first:]
    seen, slopes = bordered, bordered + k * length  # where windows and ∂y begin in `scratch`
    plane, windows, wide = scratch[:bordered], scratch[seen:slopes], scratch[slopes : slopes + o * length]
    gplane = scratch[slopes + o * length + k * o :][:bordered]
    bias_gradient(row, gy[: b * o * places], grad, at + k * o)
    clear(plane)
    for n in range(b):
        gather_windows(row, x, n, plane, windows)
        spread(row, gy[n * o * places : (n + 1) * o * places], wide)
        kept = one if n else zero
        product(
            k, o, length, one, scratch, seen, length, False, scratch, slopes, length, True, kept, grad, at, o
        )
        if row[NEED]:
            product(
                k, length, o, one, theta, at, o, False, scratch, slopes, length, False, zero, scratch, seen, length
            )  # fmt: skip
            scatter_windows(row, windows, gplane, gx, n)


@kernel
def local_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y (b, out, places) = Σ over in·kh·kw of W (in·kh·kw, out, places) · windows of x + bias (out, places)."""
    b, o, places = ctx[LAST] - ctx[FIRST], row[FILTERS], row[OH] * row[OW]
    k, _, bordered = measures(row)
    x = act[place(row[IN], row[C] * row[H] * row[W], ctx) :]
    first = place(row[OUT], o * places, ctx)
    y = act[first : first + b * o * places]
    plane, windows = scratch[:bordered], scratch[bordered : bordered + k * places]
    clear(y)
    clear(plane)
    for n in range(b):
        gather_windows(row, x, n, plane, windows)
        for i in range(k):
            window = windows[i * places : (i + 1) * places]
            for c in range(o):
                at = row[PARAM] + (i * o + c) * places
                weight = theta[at : at + places]
                line = y[(n * o + c) * places : (n * o + c + 1) * places]
                for p in range(places):
                    line[p] += weight[p] * window[p]
    if row[BIAS]:
        add_bias(row, theta, row[PARAM] + k * o * places, y)


@kernel
def local_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂W (in·kh·kw, out, places) = Σ windows · ∂y, ∂bias = Σ ∂y, ∂windows = Σ over out of W · ∂y."""
    b, o, places = ctx[LAST] - ctx[FIRST], row[FILTERS], row[OH] * row[OW]
    k, _, bordered = measures(row)
    size, start = row[C] * row[H] * row[W], place(row[IN], row[C] * row[H] * row[W], ctx)
    first = place(row[OUT], o * places, ctx)
    x, gx, gy = act[start:], gact[start : start + b * size], gact[first : first + b * o * places]
    plane, windows = scratch[:bordered], scratch[bordered : bordered + k * places]
    gplane = scratch[bordered + k * places : 2 * bordered + k * places]
    bias_gradient(row, gy, grad, row[PARAM] + k * o * places)
    clear(grad[row[PARAM] : row[PARAM] + k * o * places])
    clear(plane)
    for n in range(b):
        gather_windows(row, x, n, plane, windows)
        for i in range(k):
            window = windows[i * places : (i + 1) * places]
            for c in range(o):
                at = row[PARAM] + (i * o + c) * places
                gw, line = grad[at : at + places], gy[(n * o + c) * places : (n * o + c + 1) * places]
                for p in range(places):
                    gw[p] += line[p] * window[p]
        if row[NEED]:
            clear(windows)
            for i in range(k):
                gwindow = windows[i * places : (i + 1) * places]
                for c in range(o):
                    at = row[PARAM] + (i * o + c) * places
                    weight = theta[at : at + places]
                    line = gy[(n * o + c) * places : (n * o + c + 1) * places]
                    for p in range(places):
                        gwindow[p] += weight[p] * line[p]
            scatter_windows(row, windows, gplane, gx, n)


OPERATIONS = {
    "convolution": (convolution_forward, convolution_backward),
    "local": (local_forward, local_backward),
}
