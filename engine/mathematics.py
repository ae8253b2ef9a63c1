"""exp, tanh, erf for kernels: polynomials that vectorise in float32, the library's in float64."""

from __future__ import annotations

import math

import numpy as np
from llvmlite import ir
from numba import types
from numba.core.typing import signature
from numba.extending import intrinsic, overload

from engine.kernel import OPTIONS

single = np.float32


@intrinsic
def power_of_two(context, exponent):
    """2ⁿ for a whole n in -126 … 127 that comes as float32: its bits, put together."""

    def generate(target, builder, signature, values):
        word = ir.IntType(32)
        whole = builder.fptosi(values[0], word)
        bits = builder.shl(builder.add(whole, ir.Constant(word, 127)), ir.Constant(word, 23))
        return builder.bitcast(bits, ir.FloatType())

    return signature(types.float32, exponent), generate


def exp(x):
    """eˣ; in float32 cut at e⁻⁸⁷ and e⁸⁷, relative error below 2e-7. NaN stays NaN."""
    return np.exp(x)


def tanh(x):
    """tanh x; in float32 with an error below 4e-7 of its value. NaN stays NaN."""
    return np.tanh(x)


def erf(x):
    """2/√π ∫₀ˣ e^(-t²) dt; in float32 with an error below 4e-7 of its value. NaN stays NaN."""
    return math.erf(x)


def exp_single(x):
    # Cephes expf: x = n ln 2 + r with ln 2 in two parts, then a polynomial in r.
    x = single(-87.0) if x < single(-87.0) else x
    x = single(87.0) if x > single(87.0) else x
    n = np.floor(x * single(1.44269504) + single(0.5))
    r = x - n * single(0.693359375) + n * single(2.12194440e-4)
    p = single(1.9875691500e-4)
    p = p * r + single(1.3981999507e-3)
    p = p * r + single(8.3334519073e-3)
    p = p * r + single(4.1665795894e-2)
    p = p * r + single(1.6666665459e-1)
    p = p * r + single(5.0000001201e-1)
    return (p * r * r + r + single(1.0)) * power_of_two(n)


def tanh_single(x):
    # Eigen's rational minimax approximation: odd polynomial of degree 13 over even one of degree 6.
    x = single(-7.90531110763549805) if x < single(-7.90531110763549805) else x
    x = single(7.90531110763549805) if x > single(7.90531110763549805) else x
    z = x * x
    p = single(-2.76076847742355e-16)
    p = p * z + single(2.00018790482477e-13)
    p = p * z + single(-8.60467152213735e-11)
    p = p * z + single(5.12229709037114e-08)
    p = p * z + single(1.48572235717979e-05)
    p = p * z + single(6.37261928875436e-04)
    p = p * z + single(4.89352455891786e-03)
    q = single(1.19825839466702e-06)
    q = q * z + single(1.18534705686654e-04)
    q = q * z + single(2.26843463243900e-03)
    q = q * z + single(4.89352518554385e-03)
    return x * p / q


def erf_single(x):
    # Eigen's rational minimax approximation: odd polynomial of degree 13 over even one of degree 8.
    x = single(-4.0) if x < single(-4.0) else x
    x = single(4.0) if x > single(4.0) else x
    z = x * x
    p = single(-2.72614225801306e-10)
    p = p * z + single(2.77068142495902e-08)
    p = p * z + single(-2.10102402082508e-06)
    p = p * z + single(-5.69250639462346e-05)
    p = p * z + single(-7.34990630326855e-04)
    p = p * z + single(-2.95459980854025e-03)
    p = p * z + single(-1.60960333262415e-02)
    q = single(-1.45660718464996e-05)
    q = q * z + single(-2.13374055278905e-04)
    q = q * z + single(-1.68282697438203e-03)
    q = q * z + single(-7.37332916720468e-03)
    q = q * z + single(-1.42647390514189e-02)
    return x * p / q


def compiled(single_precision, library):
    """The implementation that an argument of this type gets inside kernels."""
    return lambda x: single_precision if x == types.float32 else library


inline = {name: OPTIONS[name] for name in ("nogil", "error_model", "fastmath")}
overload(exp, jit_options=inline)(compiled(exp_single, lambda x: np.exp(x)))
overload(tanh, jit_options=inline)(compiled(tanh_single, lambda x: np.tanh(x)))
overload(erf, jit_options=inline)(compiled(erf_single, lambda x: math.erf(x)))
