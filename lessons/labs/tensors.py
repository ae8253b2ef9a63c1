"""Tensors of three dtypes, and arithmetic on them with PyTorch's rules; what else can be done stands in `operations`.

A tensor is small: at most MOST cells. Errors: ExpressionError, with the shapes at odds where there are some.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

MOST = 4096  # cells of a tensor
LARGEST = 2**63 - 1
KINDS = (np.dtype(np.bool_), np.dtype(np.int64), np.dtype(np.float32))  # each gives way to those after it
NAMES = dict(zip(KINDS, ("torch.bool", "torch.long", "torch.float"), strict=True))
BOOL, LONG, FLOAT = KINDS
CONSTANTS = {
    "float": FLOAT, "float32": FLOAT, "long": LONG, "int64": LONG, "bool": BOOL,
    "inf": math.inf, "nan": math.nan, "pi": math.pi,
}  # fmt: skip


class ExpressionError(ValueError):
    """Why a line has no value: `code` and `facts` for its sentence; `shapes` at odds, each with its guilty axis."""

    def __init__(self, code: str, shapes: Sequence[tuple[tuple[int, ...], int]] = (), **facts: Any):
        facts = {name: printable(fact) if isinstance(fact, str) else fact for name, fact in facts.items()}
        super().__init__(code, facts)
        self.code, self.facts, self.shapes = code, facts, tuple(shapes)


def printable(text: str) -> str:
    """Text in which nothing commands the terminal."""
    return "".join(c if c.isprintable() else "·" for c in text)


@dataclass(frozen=True, eq=False, repr=False)
class Tensor:
    """Numbers of one of KINDS; `sources`, in their shape: bit k is set where input cell k has gone into a cell."""

    values: np.ndarray
    sources: np.ndarray

    def __repr__(self) -> str:
        return f"tensor{written(self.shape)}"

    @property
    def shape(self) -> tuple[int, ...]:
        return self.values.shape

    @property
    def dtype(self) -> str:
        return NAMES[self.values.dtype]

    @property
    def strides(self) -> tuple[int, ...]:
        """Cells between neighbours along each axis, as PyTorch counts them."""
        found: list[int] = []
        for size, step in reversed(list(zip(self.shape, self.values.strides, strict=True))):
            step //= self.values.itemsize
            if size == 1 and step == 0:  # NumPy's newaxis
                step = found[0] * max(1, self.shape[len(self.shape) - len(found)]) if found else 1
            found.insert(0, step)
        return tuple(found)


def fresh(values: Any, first: int | None = None) -> Tensor:
    """A tensor of given numbers; its cells are input cells from bit `first` on, or come from nowhere."""
    values = np.asarray(values)
    if values.dtype not in KINDS:
        values = values.astype(LONG if values.dtype.kind in "iu" else FLOAT)
    bits = np.zeros(values.shape, np.uint64)
    if first is not None:
        bits = np.uint64(1) << (np.arange(values.size, dtype=np.uint64) + np.uint64(first)) % np.uint64(64)
        bits = bits.reshape(values.shape)
    return Tensor(values, bits)


def small(shape: Sequence[int]) -> tuple[int, ...]:
    """The shape, if a tensor of it is small enough."""
    if any(type(size) is not int for size in shape):
        raise ExpressionError("not-a-shape", shape=written(shape))
    if any(size < 0 for size in shape) or len(shape) > 8:
        raise ExpressionError("not-a-shape", shape=written(shape))
    if math.prod(shape) > MOST:
        raise ExpressionError("too-many-cells", shape=written(shape), most=MOST)
    return tuple(shape)


def written(shape: Sequence[Any]) -> str:
    """A shape as it is printed: (2, 3), (5,)."""
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"


def axis(dim: Any, count: int) -> int:
    """An axis counted from the front; −1 is the last."""
    if type(dim) is not int:
        raise ExpressionError("not-an-axis", dim=dim)
    if not -max(count, 1) <= dim < max(count, 1):
        raise ExpressionError("no-axis", dim=dim, count=count, last=max(count, 1) - 1)
    return dim % max(count, 1)


def axes(dim: Any, count: int) -> tuple[int, ...]:
    found = tuple(axis(one, count) for one in (dim if isinstance(dim, (tuple, list)) else (dim,)))
    if len(set(found)) < len(found):
        raise ExpressionError("axis-twice", dims=written(dim))
    return found if count else ()


def sizes(given: Sequence[Any]) -> tuple[Any, ...]:
    """The sizes in `zeros(2, 3)`, `zeros((2, 3))` and `zeros([2, 3])`."""
    if not given:
        raise TypeError
    one = given[0] if len(given) == 1 else None
    return tuple(one) if isinstance(one, (tuple, list)) else tuple(given)


def moved(x: Tensor, way: Callable[[np.ndarray], np.ndarray]) -> Tensor:
    """Cells put elsewhere, left out or repeated, none changed."""
    return Tensor(np.asarray(way(x.values)), np.asarray(way(x.sources)))


# Arithmetic


def lifted(*parts: Any) -> list[Tensor]:
    """Tensors and numbers as tensors of one dtype: of the highest kind among them."""
    for one in parts:
        if not isinstance(one, Tensor) and type(one) not in (bool, int, float):
            raise ExpressionError("no-number", value=printed(one))
    kind = KINDS[max(rank(one) for one in parts)]
    arrays = [one if isinstance(one, Tensor) else fresh(np.asarray(one)) for one in parts]
    return [Tensor(one.values.astype(kind, copy=False), one.sources) for one in arrays]


def rank(one: Any) -> int:
    if isinstance(one, Tensor):
        return KINDS.index(one.values.dtype)
    return (bool, int, float).index(type(one))


def printed(value: Any) -> str:
    """A value in a sentence, in at most 40 characters."""
    text = NAMES.get(value, str(value)) if isinstance(value, np.dtype) else str(value)
    return text if len(text) <= 40 else text[:39] + "…"


def fitted(*parts: Tensor) -> tuple[int, ...]:
    """The shape to which all are stretched: axes from the right, each equal or 1."""
    shape: tuple[int, ...] = ()
    for one in parts:
        for back in range(1, min(len(shape), one.values.ndim) + 1):
            a, b = shape[-back], one.shape[-back]
            if a != b and 1 not in (a, b):
                at = ((shape, len(shape) - back), (one.shape, one.values.ndim - back))
                raise ExpressionError("no-broadcast", at, back=back, first=a, second=b)
        shape = np.broadcast_shapes(shape, one.shape)
    return small(shape)


def joined(values: np.ndarray, *parts: Tensor) -> Tensor:
    """Results cell by cell: each comes from the cells of the parts at its place."""
    zero = np.zeros(values.shape, np.uint64)
    return Tensor(values, reduce(np.bitwise_or, (one.sources for one in parts), zero))


def binary(sign: str, work: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """An operator on numbers, tensors, or both."""

    def apply(a: Any, b: Any) -> Any:
        if not isinstance(a, Tensor) and not isinstance(b, Tensor):
            return _plain(sign, work, a, b)
        kinds = {KINDS[rank(one)] for one in (a, b) if isinstance(one, (Tensor, bool))}
        x, y = lifted(a, b)
        kind = x.values.dtype
        if (sign == "-" and BOOL in kinds) or (kind == BOOL and sign in ("//", "%", "**")):
            raise ExpressionError("wrong-kind", sign=sign, dtype=NAMES[BOOL])
        if kind == FLOAT and sign in "&|^":
            raise ExpressionError("wrong-kind", sign=sign, dtype=NAMES[FLOAT])
        fitted(x, y)
        if kind == LONG and sign in ("//", "%") and (y.values == 0).any():
            raise ExpressionError("division-by-zero")
        if kind == LONG and sign == "**" and (y.values < 0).any():
            raise ExpressionError("negative-power")
        result = np.asarray(work(x.values, y.values))
        return joined(result.astype(FLOAT) if sign == "/" else result, x, y)

    return apply


def _plain(sign: str, work: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    """Python's own arithmetic, on numbers that stay small; tuples and lists may be added."""
    if sign == "+" and type(a) is type(b) in (tuple, list):
        small_sum = a + b
        if len(small_sum) > MOST:
            raise ExpressionError("too-many-cells", shape=str(len(small_sum)), most=MOST)
        return small_sum
    for one in (a, b):
        if type(one) not in (bool, int, float):
            raise ExpressionError("no-number", value=printed(one))
    if sign == "**" and a and b and abs(b) * abs(math.log2(abs(a))) > 63:
        raise ExpressionError("large-number", part=f"{a} ** {b}")
    try:
        value = work(a, b)
    except ZeroDivisionError:
        raise ExpressionError("division-by-zero") from None
    if isinstance(value, complex):
        raise ExpressionError("not-real", part=f"{a} {sign} {b}")
    if type(value) is int and abs(value) > LARGEST:
        raise ExpressionError("large-number", part=f"{a} {sign} {b}")
    return value


def compare(a: Any, b: Any, sign: str) -> Any:
    """<, <=, >, >=, == or !=: cell by cell, or of two plain values."""
    work = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal,
            "==": np.equal, "!=": np.not_equal}[sign]  # fmt: skip
    if not isinstance(a, Tensor) and not isinstance(b, Tensor):
        plain = (bool, int, float)
        if sign in ("==", "!="):
            return (a == b) == (sign == "==")
        if type(a) not in plain or type(b) not in plain:
            raise ExpressionError("no-number", value=printed(a if type(a) not in plain else b))
        return bool(work(a, b))
    x, y = lifted(a, b)
    fitted(x, y)
    return joined(np.asarray(work(x.values, y.values)), x, y)


def negate(x: Any) -> Any:
    if not isinstance(x, Tensor):
        return _plain("-", operator.sub, 0, x) if type(x) is not float else -x
    if x.values.dtype == BOOL:
        raise ExpressionError("wrong-kind", sign="-", dtype=x.dtype)
    return Tensor(np.asarray(-x.values), x.sources)


def turn(x: Any) -> Any:
    """~x: not, or all bits turned."""
    if not isinstance(x, Tensor):
        raise ExpressionError("no-number", value=printed(x))
    if x.values.dtype == FLOAT:
        raise ExpressionError("wrong-kind", sign="~", dtype=x.dtype)
    return Tensor(np.asarray(~x.values), x.sources)


def matmul(a: Any, b: Any) -> Tensor:
    """The matrix product; vectors are rows on the left, columns on the right."""
    for one in (a, b):
        if not isinstance(one, Tensor) or one.values.ndim == 0:
            raise ExpressionError("no-matrix", value=printed(one))
    if a.values.dtype != b.values.dtype:
        raise ExpressionError("two-kinds", first=a.dtype, second=b.dtype)
    if a.values.dtype == BOOL:
        raise ExpressionError("wrong-kind", sign="@", dtype=a.dtype)
    across, down = a.values.ndim - 1, max(0, b.values.ndim - 2)
    if a.shape[across] != b.shape[down]:
        at = ((a.shape, across), (b.shape, down))
        raise ExpressionError("no-product", at, first=a.shape[across], second=b.shape[down])
    x = a.values[None] if across == 0 else a.values
    y = b.values[:, None] if b.values.ndim == 1 else b.values
    s, t = a.sources.reshape(x.shape), b.sources.reshape(y.shape)
    if x.ndim > 2 or y.ndim > 2:
        fitted(fresh(np.zeros(x.shape[:-2])), fresh(np.zeros(y.shape[:-2])))
    outer = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    small((*outer, x.shape[-2], y.shape[-1]))
    values = np.matmul(x, y)
    pairs = s[..., :, :, None] | t[..., None, :, :]
    bits = np.bitwise_or.reduce(pairs, axis=-2)
    shape = (*outer, *values.shape[-2:][across == 0 : 2 - (b.values.ndim == 1)])
    return Tensor(values.reshape(shape), bits.reshape(shape))


BINARY = {
    sign: binary(sign, work)
    for sign, work in {
        "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
        "//": operator.floordiv, "%": operator.mod, "**": operator.pow,
        "&": operator.and_, "|": operator.or_, "^": operator.xor,
    }.items()
} | {"@": matmul}  # fmt: skip


def each(work: Callable[[np.ndarray], Any], whole: bool = False) -> Callable[[Tensor], Tensor]:
    """A function of every cell; `whole`: whole numbers stay whole."""

    def apply(x: Tensor) -> Tensor:
        kind = x.values.dtype
        if whole and kind == BOOL:
            raise ExpressionError("wrong-kind", sign=work.__name__, dtype=x.dtype)
        values = x.values if whole and kind == LONG else x.values.astype(FLOAT)
        return Tensor(np.asarray(work(values)), x.sources)

    return apply


# Numbers written out


def tensor(data: Any, dtype: Any = None) -> Tensor:
    """Nested lists of numbers."""

    def shape_of(part: Any) -> tuple[int, ...]:
        if type(part) in (bool, int, float):
            return ()
        if not isinstance(part, (list, tuple)):
            raise ExpressionError("no-number", value=printed(part))
        inner = {shape_of(one) for one in part}
        if len(inner) > 1:
            raise ExpressionError("ragged")
        return (len(part), *(inner.pop() if inner else ()))

    shape_of(data)
    values = np.asarray(data)
    kind = BOOL if values.dtype == bool else LONG if values.dtype.kind in "iu" else FLOAT
    if not values.size:
        kind = FLOAT
    return fresh(values.astype(kind if dtype is None else kind_of(dtype)))


def kind_of(dtype: Any) -> np.dtype:
    if not isinstance(dtype, np.dtype):
        raise ExpressionError("no-dtype", value=printed(dtype))
    return dtype
