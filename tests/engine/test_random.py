"""Keyed randomness: the same bits with and without compilation, good enough to shuffle and to start with."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from engine import random

TELL = """
import json
from engine import random
numbers = {
    "integers": [hex(int(v)) for v in random.integers(7, random.NOISE, 3, 5)],
    "kernel": [hex(int(random.integer(random.stream(7, random.NOISE, 3), random.u64(k)))) for k in range(5)],
    "key": hex(int(random.key(2**31 - 1, random.DATA, 12))),
    "below": [int(random.below(random.stream(7, random.DATA), random.u64(k), 1000)) for k in range(50)],
    "uniforms": [v.hex() for v in random.uniforms(7, random.DATA, 0, 5).tolist()],
    "normals": random.normals(7, random.DATA, 0, 5).tolist(),
    "orders": [random.permutation(5, 2, e, n).tolist() for n in (1, 2, 3, 7, 64, 101) for e in (0, 9)],
}
print(json.dumps(numbers))
"""


def test_bits_with_and_without_compilation():
    def tell(off):
        environment = dict(os.environ, NUMBA_DISABLE_JIT=off, PYTHONWARNINGS="ignore")
        done = subprocess.run(
            [sys.executable, "-c", TELL], env=environment, capture_output=True, text=True, check=True
        )
        return json.loads(done.stdout)

    compiled, plain = tell("0"), tell("1")
    np.testing.assert_allclose(compiled.pop("normals"), plain.pop("normals"), atol=1e-6)
    assert compiled == plain
    assert compiled["integers"] == compiled["kernel"]


def test_a_stream_is_seekable():
    whole = random.normals(3, random.NOISE, 4, 100)
    assert (random.normals(3, random.NOISE, 4, 60, start=40) == whole[40:]).all()
    different = [random.integers(s, p, t, 4).tolist() for s in (1, 2) for p in (1, 2) for t in (0, 1)]
    assert len({number for numbers in different for number in numbers}) == 32


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 10, 97, 1096])
def test_an_order_is_a_permutation_that_changes_with_the_epoch(count):
    orders = [random.permutation(1, random.SHUFFLE, epoch, count) for epoch in range(8)]
    for order in orders:
        assert sorted(order) == list(range(count))
    if count > 9:
        assert len({tuple(order) for order in orders}) == 8


@pytest.mark.parametrize("count", [3, 4, 6])
def test_orders_of_few_are_about_equally_frequent(count):
    epochs = 4000
    orders = np.array([random.permutation(2, random.SHUFFLE, epoch, count) for epoch in range(epochs)])
    for place in range(count):
        shares = np.bincount(orders[:, place], minlength=count) / epochs
        assert np.abs(shares - 1 / count).max() < 0.05
    if count < 5:
        kinds, times = np.unique(orders, axis=0, return_counts=True)
        assert len(kinds) == [0, 1, 2, 6, 24][count]
        assert times.min() > 0.5 * epochs / len(kinds) and times.max() < 2 * epochs / len(kinds)


def test_moments():
    u, n = random.uniforms(1, random.NOISE, 0, 100_000), random.normals(1, random.NOISE, 0, 100_000)
    assert u.min() >= 0 and u.max() < 1
    assert u.mean() == pytest.approx(0.5, abs=0.005) and u.var() == pytest.approx(1 / 12, abs=0.002)
    assert n.mean() == pytest.approx(0, abs=0.015) and n.std() == pytest.approx(1, abs=0.01)
    assert (n**4).mean() == pytest.approx(3, abs=0.12)
    assert abs(np.corrcoef(n[:-1], n[1:])[0, 1]) < 0.015
