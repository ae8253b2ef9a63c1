"""How kernels for the GPU are written: decorators, launches, sizes, and twins where the simulator has nothing."""

from __future__ import annotations

import math
import os
import sys
import threading
import types as python
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
from llvmlite import ir
from numba import config, cuda, float32
from numba.cuda import types

SIMULATED = bool(config.ENABLE_CUDASIM)
# A launch of one block is meant so, and a warning would fall onto the screen.
config.CUDA_LOW_OCCUPANCY_WARNINGS = 0

if SIMULATED:
    from numba.cuda.simulator.kernel import _get_kernel_context
    from numba.cuda.simulator.kernelapi import FakeCUDAShared
    from numba.np.numpy_support import as_dtype

    allocating, dynamic_array = threading.Lock(), FakeCUDAShared.array

    def shared_array(self, shape, dtype, alignment=None):
        """The array of the line that asks, one for all threads of a block; Numba's makes two if they ask at once."""
        if shape == 0:  # dynamic memory is one buffer from the start
            return dynamic_array(self, shape, dtype)
        caller = sys._getframe(1)
        with allocating:
            line = caller.f_code.co_filename, caller.f_lineno
            return self._allocations.setdefault(line, np.empty(shape, as_dtype(dtype)))

    FakeCUDAShared.array = shared_array

    class Simulator:
        """`cuda` for kernels and for what they call, in whatever module: the launch under way, if there is one."""

        def __getattr__(self, name):
            return getattr(_get_kernel_context() or hardware, name)

    hardware, cuda = cuda, Simulator()


def size(name: str, real: int, simulated: int) -> int:
    """A size of blocks or tiles: from the environment, else one for the hardware or one for the simulator."""
    return int(os.environ.get(f"LHYTUI_CUDA_{name}") or (simulated if SIMULATED else real))


THREADS = size("THREADS", 256, 8)  # of a block that goes over a line of numbers
BLOCKS = size("BLOCKS", 1024, 2)  # of such a grid at most: threads take every so many-th number
WARP = 32
# Of shared memory that quads are read from: without it an array begins at any multiple of 4 bytes.
ALIGN = None if SIMULATED else 16
HALTED = 7  # field of the context beyond the CPU's: loss or gradient was not finite, nothing may change
# The arguments of every kernel of an operation.
ARGUMENTS = "q number rows hyper theta grad state act gact scratch ints ctx"


class Launch(NamedTuple):
    """One kernel of an operation: how many blocks of how many threads, what working memory it needs.

    `scratch` counts float32 numbers in global memory, the same for all launches of a row; `number` is an
    argument of its own.
    """

    kernel: Callable
    grid: tuple[int, ...]
    block: tuple[int, ...]
    scratch: int = 0
    number: int = 0


Plan = Callable[[np.ndarray, int], Iterable[Launch]]  # of (row, largest batch)


KERNELS: list = []  # every kernel there is, so that a test can compile them all


def kernel(function):
    """A kernel, compiled when it is first launched."""
    KERNELS.append(function)
    return cuda.jit(function)


def helper(function):
    """A function for kernels, inlined into them."""
    return function if SIMULATED else cuda.jit(device=True, forceinline=True)(function)


def lines(function, count: int, scratch: int = 0, number: int = 0) -> Launch:
    """A launch over `count` numbers, each thread taking every gridsize-th."""
    return Launch(function, (max(1, min(BLOCKS, ceil_div(count, THREADS))),), (THREADS,), scratch, number)


def one_block(function, scratch: int = 0, number: int = 0) -> Launch:
    """A launch of a single block: sums in one fixed order."""
    return Launch(function, (1,), (THREADS,), scratch, number)


def over_rows(function, rows: int, scratch: int = 0, number: int = 0) -> Launch:
    """A launch with a block for each row, in turn if there are very many."""
    return Launch(function, (max(1, min(BLOCKS, rows)),), (THREADS,), scratch, number)


def ceil_div(a: int, b: int) -> int:
    return -(-a // b)


def signature():
    """The types of ARGUMENTS: every kernel of an operation is compiled for these."""
    real, whole = types.float32[::1], types.int64[::1]
    tables = types.int64[:, ::1], types.float32[:, ::1]
    return types.void(types.int64, types.int64, *tables, *[real] * 6, whole, whole)


# Mathematics: `maths.exp(x)` and the like keep float32, in kernels as in the simulator.

NAMES = ("sqrt", "exp", "expm1", "log", "log1p", "cos", "sin", "tanh", "floor", "ceil")
if SIMULATED:
    maths = np
else:
    maths = python.ModuleType("maths")
    for _name in NAMES:
        setattr(maths, _name, getattr(math, _name))
    maths.isfinite, maths.isnan = math.isfinite, math.isnan
    for _name in ("float32", "int64", "uint64", "int32", "uint32", "pi"):
        setattr(maths, _name, getattr(np, _name))


@helper
def erf(x):
    """2/√π ∫₀ˣ e^(-t²) dt."""
    return float32(math.erf(x))


def twin(function, **names):
    """A CPU kernel's source as a function for kernels of the GPU: the same bits by construction.

    `names` are the twins of the functions that it calls; its `np` becomes `maths`.
    """
    source = getattr(function, "py_func", function)
    scope = {**source.__globals__, "np": maths, **names}
    return helper(python.FunctionType(source.__code__, scope, source.__name__, source.__defaults__))


# What the simulator lacks, behind one helper each.

if SIMULATED:

    def load4(array, i):
        """Four neighbours from entry i on, a multiple of 4."""
        assert i % 4 == 0
        return array[i], array[i + 1], array[i + 2], array[i + 3]

    def store4(array, i, a, b, c, d):
        """Four neighbours from entry i on, a multiple of 4, written."""
        assert i % 4 == 0
        array[i], array[i + 1], array[i + 2], array[i + 3] = a, b, c, d

    def sum_block(x, room):
        """Σ x over the threads of a block, for all of them; `room` is shared, with an entry a thread.

        Added up in the same order every time. All threads must come here.
        """
        room[cuda.threadIdx.x] = x
        cuda.syncthreads()
        total = room[0]
        for t in range(1, cuda.blockDim.x):
            total = total + room[t]
        cuda.syncthreads()
        return total

    def max_block(x, room):
        """The largest x over the threads of a block, for all of them, NaN if there is one."""
        room[cuda.threadIdx.x] = x
        cuda.syncthreads()
        top = room[0]
        for t in range(1, cuda.blockDim.x):
            top = room[t] if room[t] > top or room[t] != room[t] else top
        cuda.syncthreads()
        return top

else:
    from numba.cuda import cgutils
    from numba.cuda.extending import intrinsic
    from numba.cuda.typing import signature as typed

    def _quad(target, builder, kind, values):
        """A pointer to four aligned float32 at an entry of a flat array."""
        array = target.make_array(kind)(target, builder, values[0])
        place = builder.gep(array.data, [values[1]])
        four = ir.VectorType(ir.FloatType(), 4)
        return builder.bitcast(place, four.as_pointer(place.type.addrspace)), four

    @intrinsic
    def load4(context, array, i):
        """Four neighbours from entry i on, in one access of 128 bits: i must be a multiple of 4."""

        def generate(target, builder, signature, values):
            pointer, _ = _quad(target, builder, signature.args[0], values)
            found = builder.load(pointer)
            found.align = 16
            parts = [builder.extract_element(found, ir.Constant(ir.IntType(32), k)) for k in range(4)]
            return cgutils.pack_array(builder, parts)

        return typed(types.UniTuple(types.float32, 4), array, i), generate

    @intrinsic
    def store4(context, array, i, a, b, c, d):
        """Four neighbours from entry i on, written in one access of 128 bits: i must be a multiple of 4."""

        def generate(target, builder, signature, values):
            pointer, four = _quad(target, builder, signature.args[0], values)
            vector = ir.Constant(four, ir.Undefined)
            for k in range(4):
                vector = builder.insert_element(vector, values[2 + k], ir.Constant(ir.IntType(32), k))
            stored = builder.store(vector, pointer)
            stored.align = 16
            return target.get_dummy_value()

        return typed(types.none, array, i, a, b, c, d), generate

    @helper
    def sum_block(x, room):
        """Σ x over the threads of a block, for all of them; `room` is shared, with an entry a warp at least.

        Shuffles inside each warp, then the first warp adds up the warps: the same order every time. All
        threads must come here; a block has whole warps.
        """
        t = cuda.threadIdx.x
        for step in (16, 8, 4, 2, 1):
            x += cuda.shfl_down_sync(0xFFFFFFFF, x, step)
        if t % WARP == 0:
            room[t // WARP] = x
        cuda.syncthreads()
        warps = cuda.blockDim.x // WARP
        x = room[0]
        for w in range(1, warps):
            x += room[w]
        cuda.syncthreads()
        return x

    @helper
    def max_block(x, room):
        """The largest x over the threads of a block, for all of them, NaN if there is one."""
        t = cuda.threadIdx.x
        for step in (16, 8, 4, 2, 1):
            other = cuda.shfl_down_sync(0xFFFFFFFF, x, step)
            x = other if other > x or other != other else x
        if t % WARP == 0:
            room[t // WARP] = x
        cuda.syncthreads()
        warps = cuda.blockDim.x // WARP
        x = room[0]
        for w in range(1, warps):
            x = room[w] if room[w] > x or room[w] != room[w] else x
        cuda.syncthreads()
        return x
