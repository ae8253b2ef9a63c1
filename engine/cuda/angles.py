"""sin and cos in float32 without working memory: the library's keep a table for huge angles in local memory."""

from __future__ import annotations

from numba import float32, int64

from engine.cuda.kernel import helper, maths


@helper
def quarter_turns(x):
    """(n, r): x = n π/2 + r with |r| ≤ π/4, π/2 in three parts (Cody and Waite 1980); x up to about 10⁴."""
    n = maths.floor(x * float32(0.6366197724) + float32(0.5))
    r = x - n * float32(1.5703125)
    r = r - n * float32(4.837512969970703e-4)
    return n, r - n * float32(7.549789954891882e-8)


@helper
def short_sine(r):
    """sin r, |r| ≤ π/4 (Cephes)."""
    z = r * r
    p = (float32(-1.9515295891e-4) * z + float32(8.3321608736e-3)) * z - float32(1.6666654611e-1)
    return p * z * r + r


@helper
def short_cosine(r):
    """cos r, |r| ≤ π/4 (Cephes)."""
    z = r * r
    p = (float32(2.443315711809948e-5) * z - float32(1.388731625493765e-3)) * z + float32(
        4.166664568298827e-2
    )
    return p * z * z - float32(0.5) * z + float32(1)


@helper
def turned(n, r):
    """sin(n π/2 + r) for a whole n; NaN stays NaN."""
    if not maths.isfinite(r):
        return r - r
    quarter = int64(n) & 3
    y = short_cosine(r) if quarter & 1 else short_sine(r)
    return -y if quarter & 2 else y


@helper
def sine(x):
    """sin x, within 2e-7 for |x| up to about 10⁴."""
    n, r = quarter_turns(x)
    return turned(n, r)


@helper
def cosine(x):
    """cos x, within 2e-7 for |x| up to about 10⁴."""
    n, r = quarter_turns(x)
    return turned(n + float32(1), r)
