"""Randomness by key and counter: a number depends on (seed, purpose, step, index), on nothing drawn before.

All arithmetic is in uint64, cast at every step, so that it has the same bits with and without compilation.
"""

from __future__ import annotations

import numpy as np

from engine.kernel import JIT, kernel

INITIAL, SHUFFLE, NOISE, DATA, MASK = range(1, 6)  # purposes

u64 = np.uint64


@kernel
def mix(x):
    """A bijection of 64 bits that scatters (splitmix64's finaliser, Steele et al. 2014)."""
    x = (x ^ (x >> u64(30))) * u64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> u64(27))) * u64(0x94D049BB133111EB)
    return x ^ (x >> u64(31))


@kernel
def key(seed, purpose, step):
    """The key of one stream of numbers: uint64 from three whole numbers ≥ 0."""
    x = mix(u64(seed) * u64(0x9E3779B97F4A7C15) + u64(purpose))
    return mix(x ^ (u64(step) * u64(0xD1342543DE82EF95) + u64(1)))


@kernel
def integer(stream, index):
    """64 random bits, number `index` (uint64) of a stream."""
    return mix(stream + index * u64(0x9E3779B97F4A7C15))


@kernel
def below(stream, index, count):
    """A random whole number in 0 … count - 1 (count < 2³²) as uint64, number `index` of a stream."""
    return ((integer(stream, index) >> u64(32)) * u64(count)) >> u64(32)


@kernel
def turn(stream, number, x, count):
    """A whole number in 0 … count - 1 from x (uint64), another for each number: one step of `permuted`."""
    x = (x + stream + number) * u64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> u64(32))) * u64(0xD6E8FEB86659FD93)
    return ((x >> u64(32)) * count) >> u64(32)


@kernel
def grid(count):
    """(left, right) as uint64, left · right ≥ count by little: the digits that `permuted` works on."""
    left = u64(np.ceil(np.sqrt(np.float64(count))))
    return left, (u64(count) + left - u64(1)) // left


@kernel
def permuted(place, count, digits, stream):
    """Where `place` goes in the keyed permutation of 0 … count - 1, without a table: int64.

    A Feistel network on the digits of a number in the `grid` of that count, walked until it lands inside
    (Black and Rogaway 2002).
    """
    left, right = u64(digits[0]), u64(digits[1])
    x = u64(place)
    while True:
        a, b = x % left, x // left
        for k in range(3):
            a += turn(stream, u64(2 * k) << u64(32), b, left)
            a = a - left if a >= left else a
            b += turn(stream, u64(2 * k + 1) << u64(32), a, right)
            b = b - right if b >= right else b
        x = b * left + a
        if x < u64(count):
            return np.int64(x)


@kernel
def add_normals(values, scale, stream):
    """values[i] += scale · n with the number i of those that `normals` draws, within 1e-6 in float32."""
    unit, turn = values.dtype.type(2.0**-53), values.dtype.type(2.0**-52 * np.pi)
    minus_two = values.dtype.type(-2)
    for i in range(values.size):
        a = integer(stream, u64(2) * u64(i)) >> u64(11)
        b = integer(stream, u64(2) * u64(i) + u64(1)) >> u64(11)
        radius = np.sqrt(minus_two * np.log(values.dtype.type(u64(1 << 53) - a) * unit))
        values[i] += scale * radius * np.cos(values.dtype.type(b) * turn)


def plain(function):
    return function.py_func if JIT else function


def stream(seed: int, purpose: int, step: int = 0) -> np.uint64:
    """`key` for callers outside kernels."""
    with np.errstate(over="ignore"):
        x = plain(mix)(u64(seed) * u64(0x9E3779B97F4A7C15) + u64(purpose))
        return plain(mix)(x ^ (u64(step) * u64(0xD1342543DE82EF95) + u64(1)))


def integers(seed: int, purpose: int, step: int, count: int, start: int = 0) -> np.ndarray:
    """(count,) uint64: 64 random bits each."""
    index = np.arange(start, start + count, dtype=u64)
    with np.errstate(over="ignore"):
        return plain(mix)(stream(seed, purpose, step) + index * u64(0x9E3779B97F4A7C15))


def uniforms(seed: int, purpose: int, step: int, count: int, start: int = 0) -> np.ndarray:
    """(count,) float64 in [0, 1), 53 bits each."""
    return (integers(seed, purpose, step, count, start) >> u64(11)) * 2.0**-53


def normals(seed: int, purpose: int, step: int, count: int, start: int = 0) -> np.ndarray:
    """(count,) float64, mean 0 and variance 1, by Box and Muller (1958) from two uniforms each."""
    pairs = uniforms(seed, purpose, step, 2 * count, 2 * start)
    return np.sqrt(-2 * np.log1p(-pairs[::2])) * np.cos(2 * np.pi * pairs[1::2])


def permutation(seed: int, purpose: int, step: int, count: int) -> np.ndarray:
    """(count,) int64: the keyed order in which an epoch of a trainer visits its examples."""
    each = stream(seed, purpose, step)
    with np.errstate(over="ignore"):
        digits = grid(count)
        return np.array([permuted(place, count, digits, each) for place in range(count)], dtype=np.int64)
