"""Keyed random numbers on the simulated GPU: the same bits as on the CPU."""

import numpy as np
import pytest

from engine import random
from engine.cuda import chance
from engine.cuda.kernel import cuda, kernel
from engine.random import u64


@kernel
def draw(stream, bits, small, even, gauss):
    for i in range(cuda.grid(1), bits.size, cuda.gridsize(1)):
        bits[i] = chance.integer(stream, u64(i))
        small[i] = chance.below(stream, u64(i), 10)
        even[i] = chance.uniform(stream, i)
        gauss[i] = chance.normal(stream, i)


@kernel
def permute(count, left, right, stream, out):
    for i in range(cuda.grid(1), count, cuda.gridsize(1)):
        out[i] = chance.permuted(i, count, (u64(left), u64(right)), stream)


def test_integers_are_the_same_bits_uniforms_and_normals_the_same_numbers():
    stream = random.stream(7, random.NOISE, 3)
    bits, small = np.zeros(40, np.uint64), np.zeros(40, np.int64)
    even, gauss = np.zeros(40, np.float32), np.zeros(40, np.float32)
    draw[2, 8](stream, bits, small, even, gauss)
    expected = random.integers(7, random.NOISE, 3, 40)
    assert (bits == expected).all()
    assert (small == [int((int(x) >> 32) * 10 >> 32) for x in expected]).all()
    assert (even == (expected >> np.uint64(40)).astype(np.float32) * np.float32(2.0**-24)).all()
    assert np.abs(gauss - random.normals(7, random.NOISE, 3, 40)).max() < 1e-6


@pytest.mark.parametrize("count", [1, 7, 30])
def test_an_epoch_has_the_same_order(count):
    left, right = random.plain(random.grid)(count)
    out = np.zeros(count, np.int64)
    permute[1, 8](count, int(left), int(right), random.stream(5, random.SHUFFLE, 2), out)
    assert (out == random.permutation(5, random.SHUFFLE, 2, count)).all()
