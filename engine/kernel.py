"""How kernels are compiled, cached and called by address; sets the cache folder before numba is imported."""

from __future__ import annotations

import ctypes
import functools
import hashlib
import importlib.metadata
import inspect
import os
import shutil
import sys
import sysconfig
import tempfile
import uuid
from pathlib import Path

import llvmlite.binding
import numpy as np

# Functions of these sources are compiled into those of other files.
SOURCES = Path(__file__).parent
KEPT = 3  # cache folders of other versions that stay


def cache_folder() -> Path:
    """Numba's cache folder for these sources, this Numba and this processor; older ones are dropped.

    The cache of a function does not notice a change of a helper in another file, so the folder's name does.
    """
    outer = os.environ.get("NUMBA_CACHE_DIR")
    if not outer:
        home = os.environ.get("LHYTUI_CACHE_DIR")
        home = Path(home) if home else Path(tempfile.gettempdir()) / f"lhytui-{getattr(os, 'getuid', int)()}"
        outer = home / "numba"
    outer = Path(outer)
    if outer.name.startswith("kernels-"):  # inherited from a parent process
        outer = outer.parent
    # No kernel of the CPU has anything of the GPU's in it.
    sources = [
        path for path in sorted(SOURCES.rglob("*.py")) if "cuda" not in path.relative_to(SOURCES).parts
    ]
    parts = [path.read_bytes() for path in sources]
    parts += [importlib.metadata.version("numba").encode(), llvmlite.binding.get_host_cpu_name().encode()]
    folder = outer / f"kernels-{hashlib.sha256(b''.join(parts)).hexdigest()[:12]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)
        for old in sorted(outer.glob("kernels-*"), key=lambda path: path.stat().st_mtime)[: -1 - KEPT]:
            shutil.rmtree(old, ignore_errors=True)
    except OSError:
        pass  # a read-only place: Numba then looks for one of its own
    return folder


os.environ["NUMBA_CACHE_DIR"] = str(cache_folder())

import numba  # noqa: E402
from numba import config, types  # noqa: E402
from numba.core import caching, cgutils  # noqa: E402
from numba.core.typing import signature  # noqa: E402
from numba.extending import intrinsic  # noqa: E402
from numba.np import arrayobj  # noqa: E402

JIT = not config.DISABLE_JIT


def own_name(self, number):
    """A name that no other process gives to what it compiles.

    Numba counts: two processes that compile a kernel for two types at the same time write to one file, and the
    index of one then leads to the machine code of the other.
    """
    return self._data_name_pattern.format(number=uuid.uuid4().int >> 64)


caching.IndexDataCacheFile._data_name = own_name

# Columns of a row of the operation table.
OP, WHOLE, IN, IN2, OUT, PARAM, STATE, TIE, NEED, N0, N1, N2, N3 = range(13)
COLUMNS = 24  # an operation's sizes are N0 and all that follow
# Fields of an operation's context: the row range of its shard, rows in the batch, update, seed, mode, shard.
FIRST, LAST, BATCH, STEP, SEED, MODE, SHARD = range(7)
FIELDS = 8
EVALUATE, TRAIN, BATCHWISE = range(3)  # the last: evaluation with the statistics of the batch

# Without the flags that assume finite numbers: a blow-up must show.
OPTIONS = {
    "nogil": True,
    "cache": True,
    "error_model": "numpy",
    "fastmath": {"contract", "reassoc", "nsz", "arcp"},
}
REAL = {"float32": types.float32, "float64": types.float64}
INTEGERS = types.int64[::1]
TABLE = types.int64[:, ::1]


def kernel(function):
    """Compile on demand, for one signature at a time, without the interpreter lock."""
    return numba.njit(**OPTIONS)(function)


def inlined(function):
    """A kernel that becomes part of each that calls it: where a call would take longer than the work."""
    return numba.njit(forceinline=True, **OPTIONS)(function)


def parallel(function):
    """The same with `prange` over threads."""
    return numba.njit(parallel=True, **OPTIONS)(function)


def constant(array_type) -> types.Array:
    """The type of an array that kernels only read."""
    return types.Array(array_type.dtype, array_type.ndim, array_type.layout, readonly=True)


def operation_signature(dtype: str):
    """(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx) -> nothing."""
    real = REAL[dtype][::1]
    return types.void(INTEGERS, *[real] * 7, INTEGERS, INTEGERS)


FUNCTIONS: list = []  # what addresses mean when nothing is compiled


@functools.cache
def address(function, signature) -> int:
    """Where the machine code of a kernel for one signature lies, compiled or loaded from the cache."""
    if not JIT:
        FUNCTIONS.append(function)
        return len(FUNCTIONS) - 1
    result = function.get_compile_result(signature)
    return result.library.get_pointer_to_function(result.fndesc.llvm_func_name)


def caller(parameters: str):
    """A function (address, *parameters) for kernels that calls machine code in Numba's own convention.

    The types of the arguments must be exactly those of the signature that `address` was asked for.
    """
    if not JIT:
        return lambda address, *arguments: FUNCTIONS[address](*arguments)

    def define(context, address, *arguments):
        def generate(target, builder, signature, values):
            convention = target.call_conv
            kind = convention.get_function_type(types.none, arguments).as_pointer()
            pointer = builder.inttoptr(values[0], kind)
            status, _ = convention.call_function(builder, pointer, types.none, arguments, values[1:])
            with cgutils.if_unlikely(builder, status.is_error):
                convention.return_status_propagate(builder, status)
            return target.get_dummy_value()

        return signature(types.none, address, *arguments), generate

    names = ["context", "address", *parameters.split()]
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    define.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in names])
    return intrinsic(define)


@kernel
def place(offset, width, ctx):
    """Where a shard's rows begin in the arena, in the buffer at `offset` of `width` numbers a row."""
    return offset * ctx[BATCH] + ctx[FIRST] * width


@kernel
def span(buffer, offset, width, ctx):
    """A shard's rows in the buffer at `offset` of `width` numbers a row: flat, (last - first)·width."""
    start = place(offset, width, ctx)
    return buffer[start : start + (ctx[LAST] - ctx[FIRST]) * width]


def matrix(buffer, offset, rows, columns):
    """A (rows, columns) view of a flat buffer, as `np.dot` takes it."""
    return buffer[offset : offset + rows * columns].reshape(rows, columns)


def move(source, start, target, at, count):
    """Copy `count` numbers of one flat array into another; a loop is slow where they are few."""
    target[at : at + count] = source[start : start + count]


def borrow(value):
    """An array or a named tuple of arrays that somebody else keeps alive: nobody counts references to it.

    Counting them, with atomic instructions at every call and slice, took half the time of a tiny network.
    """
    return value


if JIT:

    @intrinsic
    def borrow(context, value):
        def bare(target, builder, kind, number):
            if isinstance(kind, types.Array):
                array = target.make_array(kind)(target, builder, number)
                array.meminfo = cgutils.get_null_value(array.meminfo.type)
                return array._getvalue()
            for place, part in enumerate(kind.types):
                inner = bare(target, builder, part, builder.extract_value(number, place))
                number = builder.insert_value(number, inner, place)
            return number

        def generate(target, builder, signature, values):
            return bare(target, builder, value, values[0])

        return signature(value, value), generate

    # `reshape` computes in double and counts references, for errors that cannot happen here.
    @intrinsic
    def matrix(context, buffer, offset, rows, columns):
        kind = types.Array(buffer.dtype, 2, "C")

        def generate(target, builder, signature, values):
            source = target.make_array(buffer)(target, builder, values[0])
            start, shape = builder.gep(source.data, [values[1]]), values[2:]
            strides = [builder.mul(shape[1], source.itemsize), source.itemsize]
            view = target.make_array(kind)(target, builder)
            arrayobj.populate_array(view, start, shape, strides, source.itemsize, meminfo=None)
            return view._getvalue()

        return signature(kind, buffer, offset, rows, columns), generate

    @intrinsic
    def move(context, source, start, target, at, count):
        def generate(to, builder, signature, values):
            one = to.make_array(source)(to, builder, values[0])
            other = to.make_array(target)(to, builder, values[2])
            here, there = builder.gep(one.data, [values[1]]), builder.gep(other.data, [values[3]])
            cgutils.raw_memmove(builder, there, here, values[4], one.itemsize)
            return to.get_dummy_value()

        return signature(types.none, source, start, target, at, count), generate


@functools.cache
def threading_layer() -> str:
    """Choose the threads under `prange`: tbb if it can be loaded, else OpenMP, and Numba's own last.

    Numba's own aborts the process when two threads enter. pip's tbb is found only once its library has been
    loaded by path.
    """
    folder = Path(sysconfig.get_paths()["data"]) / ("Library/bin" if os.name == "nt" else "lib")
    for name in ("libtbb.so.12", "libtbb.12.dylib", "tbb12.dll"):
        try:
            ctypes.CDLL(str(folder / name), mode=getattr(ctypes, "RTLD_GLOBAL", 0))
            break
        except OSError:
            continue
    for layer in ("tbb", "omp", "workqueue"):
        try:
            __import__(f"numba.np.ufunc.{layer}pool")
        except ImportError:
            continue
        config.THREADING_LAYER = layer
        return layer
    return "workqueue"


def real(dtype: str, values) -> np.ndarray:
    """An array of the run's number type, contiguous."""
    return np.ascontiguousarray(values, dtype=np.dtype(dtype))


if "numba" in sys.modules:  # imported before this module: it read the environment too early
    config.CACHE_DIR = os.environ["NUMBA_CACHE_DIR"]
