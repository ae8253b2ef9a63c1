"""Matrix products in kernels: blocks of flat buffers, row after row, through the BLAS that SciPy brings."""

from __future__ import annotations

import functools

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.typing import signature
from numba.extending import intrinsic
from numba.np.linalg import ensure_blas, get_blas_kind

from engine.kernel import JIT


@functools.cache
def hold_blas():
    """Keep every BLAS at one thread: shards are the parallelism, and two thread pools fight for the cores."""
    import scipy.linalg.cython_blas  # noqa: F401  the BLAS that kernels call
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1, user_api="blas")


def block(buffer, at, stride, rows, columns):
    """(rows, columns) of a flat buffer from `at` on, `stride` numbers from row to row."""
    step = buffer.itemsize
    return np.lib.stride_tricks.as_strided(buffer[at:], (rows, columns), (stride * step, step))


def product(
    m, n, k, alpha, a, a_at, a_stride, a_turned, b, b_at, b_stride, b_turned, beta, c, c_at, c_stride
):
    """C (m, n) ← α A (m, k) B (k, n) + β C, each a block of a flat buffer; β = 0: C is not read.

    Turned: the buffer holds the transpose, (k, m) for A, (n, k) for B. α and β have the buffers' type.
    Straight to the BLAS, which takes blocks of wider rows: `np.dot` would need them copied.
    """
    left = block(a, a_at, a_stride, k, m).T if a_turned else block(a, a_at, a_stride, m, k)
    right = block(b, b_at, b_stride, n, k).T if b_turned else block(b, b_at, b_stride, k, n)
    out = block(c, c_at, c_stride, m, n)
    out[:] = alpha * (left @ right) + (beta * out if beta else 0)


if JIT:

    @intrinsic
    def product(
        context, m, n, k, alpha, a, a_at, a_stride, a_turned, b, b_at, b_stride, b_turned, beta, c, c_at, c_stride
    ):  # fmt: skip
        names = (
            m,
            n,
            k,
            alpha,
            a,
            a_at,
            a_stride,
            a_turned,
            b,
            b_at,
            b_stride,
            b_turned,
            beta,
            c,
            c_at,
            c_stride,
        )
        letter, whole = ir.IntType(8), ir.IntType(64)
        kind = letter(ord(get_blas_kind(c.dtype)))

        def generate(target, builder, signature, values):
            ensure_blas()

            def slot(number):
                place = cgutils.alloca_once_value(builder, number)
                return builder.bitcast(place, cgutils.voidptr_t)

            def start(array, number, at):
                data = target.make_array(array)(target, builder, number).data
                return builder.bitcast(builder.gep(data, [at]), cgutils.voidptr_t)

            def letters(turned):
                yes = cgutils.is_not_null(builder, turned)
                return builder.select(yes, letter(ord("t")), letter(ord("n")))

            (
                m,
                n,
                k,
                alpha,
                x,
                x_at,
                x_stride,
                x_turned,
                y,
                y_at,
                y_stride,
                y_turned,
                beta,
                z,
                z_at,
                z_stride,
            ) = values
            form = [letter] * 3 + [whole] * 3 + [cgutils.voidptr_t] * 2 + [whole, cgutils.voidptr_t, whole]
            form += [cgutils.voidptr_t] * 2 + [whole]
            gemm = cgutils.get_or_insert_function(
                builder.module, ir.FunctionType(ir.IntType(32), form), "numba_xxgemm"
            )
            # The BLAS counts by columns: it is given Cᵀ = Bᵀ Aᵀ.
            builder.call(
                gemm,
                (kind, letters(y_turned), letters(x_turned), n, m, k, slot(alpha), start(b, y, y_at), y_stride,
                 start(a, x, x_at), x_stride, slot(beta), start(c, z, z_at), z_stride),
            )  # fmt: skip
            return target.get_dummy_value()

        return signature(types.none, *names), generate
