"""Number types: nothing in double in the kernels of float32 runs, and polynomials as exact as they claim."""

import numpy as np
import pytest

from engine.kernel import JIT, OPTIONS, REAL, kernel, operation_signature
from engine.mathematics import exp, tanh
from engine.ops.registry import OPERATIONS
from engine.optim import OPTIMIZERS, adjust_signature, follow_signature, optimizer_signature
from engine.optimizers import wrap

numba = pytest.importorskip("numba")
pytestmark = pytest.mark.skipif(not JIT, reason="looks at compiled code")


def code(function, signature) -> str:
    """The optimised LLVM code of a kernel, compiled anew: what comes from the cache has none."""
    fresh = numba.njit(signature, **OPTIONS | {"cache": False})(function.py_func)
    return "".join(fresh.inspect_llvm().values())


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("half", [0, 1], ids=["forward", "backward"])
def test_no_double_in_operations(name, half):
    assert "double" not in code(OPERATIONS[name][half], operation_signature("float32"))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_no_double_in_optimizers(name):
    chosen = OPTIMIZERS[name]
    for step in filter(None, (chosen.update, chosen.lead, chosen.settle)):
        assert "double" not in code(step, optimizer_signature("float32"))


@pytest.mark.parametrize(("step", "sign"), [(wrap.adjust, adjust_signature), (wrap.follow, follow_signature)])
def test_no_double_around_optimizers(step, sign):
    text = code(step, sign("float32"))
    assert "double" not in text and "float" in text


def test_the_search_finds_a_double():
    @kernel
    def scaled(x):
        for i in range(x.size):
            x[i] = x[i] * 0.9

    assert "double" in code(scaled, numba.types.void(REAL["float32"][::1]))


@kernel
def each_exp(x, y):
    for i in range(x.size):
        y[i] = exp(x[i])


@kernel
def each_tanh(x, y):
    for i in range(x.size):
        y[i] = tanh(x[i])


@pytest.mark.parametrize(("mine", "library"), [(each_exp, np.exp), (each_tanh, np.tanh)])
def test_polynomials(mine, library):
    x = np.concatenate(
        (np.linspace(-86, 86, 400_001), np.geomspace(1e-30, 1, 1001), -np.geomspace(1e-30, 1, 1001))
    )
    x = x.astype(np.float32)
    y = np.zeros_like(x)
    mine(x, y)
    exact = library(x.astype(np.float64))
    assert (np.abs(y - exact) <= 4e-7 * np.abs(exact)).all()
    edges = np.array([-np.inf, -1e30, 1e30, np.inf, np.nan, 0], np.float32)
    y = np.zeros_like(edges)
    mine(edges, y)
    assert np.isnan(y[4]) and np.isfinite(y[:4]).all()
    assert y[5] == library(0.0) and (np.diff(y[[0, 5, 3]]) > 0).all()
    wide = np.linspace(-5, 5, 101)
    y = np.zeros_like(wide)
    mine(wide, y)
    np.testing.assert_allclose(y, library(wide), rtol=1e-15)
