"""Sums over a few numbers, as of one position or one row of weights, in eight parts at once.

A loop of that length alone is not vectorised, and each addition would wait for the one before it.
"""

from __future__ import annotations

from engine.kernel import inlined


@inlined
def add_up(x):
    """Σ x."""
    a = b = c = d = e = f = g = h = x.dtype.type(0)
    whole = x.size // 8 * 8
    for j in range(0, whole, 8):
        a += x[j]
        b += x[j + 1]
        c += x[j + 2]
        d += x[j + 3]
        e += x[j + 4]
        f += x[j + 5]
        g += x[j + 6]
        h += x[j + 7]
    for j in range(whole, x.size):
        a += x[j]
    return ((a + b) + (c + d)) + ((e + f) + (g + h))


@inlined
def products(x, y):
    """Σ x y."""
    a = b = c = d = e = f = g = h = x.dtype.type(0)
    whole = x.size // 8 * 8
    for j in range(0, whole, 8):
        a += x[j] * y[j]
        b += x[j + 1] * y[j + 1]
        c += x[j + 2] * y[j + 2]
        d += x[j + 3] * y[j + 3]
        e += x[j + 4] * y[j + 4]
        f += x[j + 5] * y[j + 5]
        g += x[j + 6] * y[j + 6]
        h += x[j + 7] * y[j + 7]
    for j in range(whole, x.size):
        a += x[j] * y[j]
    return ((a + b) + (c + d)) + ((e + f) + (g + h))


@inlined
def greatest(x):
    """The largest number, of those that are numbers."""
    a = b = c = d = x[0]
    whole = x.size // 4 * 4
    for j in range(0, whole, 4):
        a = x[j] if x[j] > a else a
        b = x[j + 1] if x[j + 1] > b else b
        c = x[j + 2] if x[j + 2] > c else c
        d = x[j + 3] if x[j + 3] > d else d
    for j in range(whole, x.size):
        a = x[j] if x[j] > a else a
    a, c = b if b > a else a, d if d > c else c
    return c if c > a else a


@inlined
def center(x, mean, out):
    """out = x - mean."""
    for j in range(x.size):
        out[j] = x[j] - mean


@inlined
def clear(numbers):
    """Zeros."""
    for j in range(numbers.size):
        numbers[j] = numbers.dtype.type(0)
