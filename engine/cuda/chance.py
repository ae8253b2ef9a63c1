"""Keyed random numbers in kernels: twins of `engine.random`, the same bits."""

from __future__ import annotations

from numba import float32

from engine import random
from engine.cuda.angles import cosine
from engine.cuda.kernel import helper, maths, twin
from engine.random import u64

mix = twin(random.mix)
key = twin(random.key, mix=mix)
integer = twin(random.integer, mix=mix)
below = twin(random.below, integer=integer)
turn = twin(random.turn)
permuted = twin(random.permuted, turn=turn)

UNIT = float32(2.0**-53)
TURN = float32(2.0**-52 * maths.pi)


@helper
def uniform(stream, i):
    """Number i of a stream as float32 in [0, 1)."""
    return float32(integer(stream, u64(i)) >> u64(40)) * float32(2.0**-24)


@helper
def normal(stream, i):
    """Number i of those that `engine.random.normals` draws, within 1e-6."""
    a = integer(stream, u64(2) * u64(i)) >> u64(11)
    b = integer(stream, u64(2) * u64(i) + u64(1)) >> u64(11)
    radius = maths.sqrt(float32(-2) * maths.log(float32(u64(1 << 53) - a) * UNIT))
    return radius * cosine(float32(b) * TURN)
