"""What can be done with a tensor: along an axis, its cells put elsewhere or taken out, its dtype changed."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from lessons.labs.tensors import (
    BINARY,
    BOOL,
    FLOAT,
    LONG,
    MOST,
    ExpressionError,
    Tensor,
    axes,
    axis,
    each,
    fitted,
    fresh,
    kind_of,
    lifted,
    matmul,
    moved,
    printed,
    sizes,
    small,
    tensor,
    written,
)


class Extremes(NamedTuple):
    """What `max(dim=…)` gives: the largest entries, and where they stand."""

    values: Tensor
    indices: Tensor


# Along an axis


def reduced(work: Callable[..., Any], kind: np.dtype | None = None) -> Callable[..., Tensor]:
    """A function of the cells along some axes, or of all; `kind`: what dtype they are taken in."""

    def apply(x: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
        across = tuple(range(x.values.ndim)) if dim is None else axes(dim, x.values.ndim)
        values = x.values if kind is None else x.values.astype(kind, copy=False)
        options = {"axis": across, "keepdims": flag(keepdim)}
        bits = np.bitwise_or.reduce(x.sources, **options)
        return Tensor(np.asarray(work(values, **options)), np.asarray(bits, np.uint64))

    return apply


def flag(value: Any) -> bool:
    """True or False, and nothing that could pass for them."""
    if type(value) is not bool:
        raise TypeError
    return value


def total(x: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    """Whole numbers and truths add up to a whole number."""
    kind = FLOAT if x.values.dtype == FLOAT else LONG
    return reduced(np.sum, kind)(x, dim, keepdim)


def mean(x: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
    if x.values.dtype != FLOAT:
        raise ExpressionError("mean-of-whole", dtype=x.dtype)
    found = reduced(np.sum)(x, dim, keepdim)
    count = x.values.size // found.values.size if found.values.size else 0
    return Tensor(np.asarray(found.values / np.float32(count)), found.sources)


def extreme(work: Callable[..., Any], where: Callable[..., Any]) -> Callable[..., Any]:
    """max or min: of all cells, or along one axis with the places; or of two tensors, cell by cell."""

    def apply(x: Tensor, dim: Any = None, keepdim: bool = False) -> Any:
        if dim is None:
            _filled(x, None, work.__name__)
            return reduced(work)(x)
        if not x.values.ndim:
            axis(dim, 0)
            return Extremes(x, fresh(np.zeros((), np.int64)))
        return Extremes(_along(x, dim, keepdim, work), place(where)(x, dim, keepdim))

    return apply


def place(where: Callable[..., Any]) -> Callable[..., Tensor]:
    """argmax or argmin."""

    def apply(x: Tensor, dim: Any = None, keepdim: bool = False) -> Tensor:
        if x.values.dtype == BOOL:
            raise ExpressionError("wrong-kind", sign=where.__name__, dtype=x.dtype)
        at = None if dim is None or not x.values.ndim else axis(dim, x.values.ndim)
        if dim is not None:
            axis(dim, x.values.ndim)
        _filled(x, at, where.__name__)
        options = {"axis": at, "keepdims": flag(keepdim)}
        bits = np.bitwise_or.reduce(x.sources, axis=tuple(range(x.values.ndim)) if at is None else at,
                                    keepdims=flag(keepdim))  # fmt: skip
        return Tensor(np.asarray(where(x.values, **options), np.int64), np.asarray(bits, np.uint64))

    return apply


def _along(x: Tensor, dim: Any, keepdim: bool, work: Callable[..., Any]) -> Tensor:
    at = axis(dim, x.values.ndim)
    _filled(x, at, work.__name__)
    return reduced(work)(x, at, keepdim)


def _filled(x: Tensor, at: int | None, name: str) -> None:
    if (x.values.size if at is None else x.shape[at]) == 0:
        raise ExpressionError("no-cells", name=name)


def cumulated(x: Tensor, dim: Any) -> Tensor:
    at = axis(dim, x.values.ndim)
    if not x.values.ndim:
        return x
    kind = FLOAT if x.values.dtype == FLOAT else LONG
    return Tensor(np.cumsum(x.values.astype(kind), axis=at), np.bitwise_or.accumulate(x.sources, axis=at))


def softmax(x: Tensor, dim: Any) -> Tensor:
    if x.values.dtype != FLOAT:
        raise ExpressionError("wrong-kind", sign="softmax", dtype=x.dtype)
    at = axis(dim, x.values.ndim)
    if not x.values.size or not x.values.ndim:
        return Tensor(np.ones_like(x.values), x.sources)
    grown = np.exp(x.values - x.values.max(axis=at, keepdims=True))
    bits = np.bitwise_or.reduce(x.sources, axis=at, keepdims=True)
    return Tensor(grown / grown.sum(axis=at, keepdims=True), np.broadcast_to(bits, x.shape))


# Cells put elsewhere


def transpose(x: Tensor, dim0: Any, dim1: Any) -> Tensor:
    a, b = axis(dim0, x.values.ndim), axis(dim1, x.values.ndim)
    return x if not x.values.ndim else moved(x, lambda v: v.swapaxes(a, b))


def turned(x: Tensor) -> Tensor:
    return moved(x, np.transpose)


def turned_matrix(x: Tensor) -> Tensor:
    if x.values.ndim > 2:
        raise ExpressionError("matrices-only", name="t", count=x.values.ndim)
    return turned(x)


def permute(x: Tensor, *dims: Any) -> Tensor:
    order = sizes(dims)
    if len(order) != x.values.ndim:
        raise ExpressionError("wrong-order", dims=written(order), count=x.values.ndim)
    order = axes(order, x.values.ndim)
    return moved(x, lambda v: v.transpose(order))


def squeeze(x: Tensor, dim: Any = None) -> Tensor:
    """Without the axes of size 1: all of them, or those named that are."""
    named = range(x.values.ndim) if dim is None else axes(dim, x.values.ndim)
    out = tuple(k for k in named if x.shape[k] == 1)
    return moved(x, lambda v: v.squeeze(out)) if out else x


def unsqueeze(x: Tensor, dim: Any) -> Tensor:
    at = axis(dim, x.values.ndim + 1)
    return moved(x, lambda v: np.expand_dims(v, at))


def shaped(x: Tensor, wanted: Sequence[Any]) -> tuple[int, ...]:
    """The shape with −1 worked out; it must have as many cells."""
    count, rest = x.values.size, [k for k, size in enumerate(wanted) if type(size) is int and size == -1]
    if len(rest) > 1:
        raise ExpressionError("two-unknown", shape=written(wanted))
    known = small(tuple(size for k, size in enumerate(wanted) if k not in rest))
    product = math.prod(known)
    if rest and product and count % product == 0:
        return tuple(count // product if k in rest else size for k, size in enumerate(wanted))
    if rest or product != count:
        facts = {"shape": written(x.shape), "wanted": written(wanted), "count": count, "product": product}
        raise ExpressionError("no-reshape", ((x.shape, -1), (tuple(wanted), -1)), **facts)
    return tuple(wanted)


def reshape(x: Tensor, *wanted: Any) -> Tensor:
    shape = shaped(x, sizes(wanted))
    return moved(x, lambda v: v.reshape(shape))


def view(x: Tensor, *wanted: Any) -> Tensor:
    """A reshape that copies nothing; where the strides forbid that, an error."""
    found = reshape(x, *wanted)
    if x.values.size and not np.shares_memory(x.values, found.values):
        raise ExpressionError("no-view", strides=written(x.strides))
    return found


def flatten(x: Tensor, start_dim: Any = 0, end_dim: Any = -1) -> Tensor:
    a, b = axis(start_dim, x.values.ndim), axis(end_dim, x.values.ndim)
    if a > b:
        raise ExpressionError("wrong-order", dims=f"{start_dim}, {end_dim}", count=x.values.ndim)
    shape = (*x.shape[:a], math.prod(x.shape[a : b + 1]), *x.shape[b + 1 :])
    return moved(x, lambda v: v.reshape(shape))


def expand(x: Tensor, *wanted: Any) -> Tensor:
    """Stretched without a copy; −1 keeps an axis."""
    shape, lead = list(sizes(wanted)), len(sizes(wanted)) - x.values.ndim
    if lead < 0:
        raise ExpressionError("no-expand", ((x.shape, 0), (tuple(shape), 0)), shape=written(shape))
    shape = [x.shape[k - lead] if size == -1 and k >= lead else size for k, size in enumerate(shape)]
    shape = small(shape)
    for k, size in enumerate(x.shape):
        if size not in (1, shape[lead + k]):
            raise ExpressionError("no-expand", ((x.shape, k), (shape, lead + k)), shape=written(shape))
    return moved(x, lambda v: np.broadcast_to(v, shape))


def repeat(x: Tensor, *times: Any) -> Tensor:
    counts = small(sizes(times))
    if len(counts) < x.values.ndim:
        raise ExpressionError("wrong-order", dims=written(counts), count=x.values.ndim)
    lead = (1,) * (len(counts) - x.values.ndim)
    small(tuple(a * b for a, b in zip((*lead, *x.shape), counts, strict=True)))
    return moved(x, lambda v: np.tile(v, counts))


def flip(x: Tensor, *dims: Any) -> Tensor:
    across = axes(sizes(dims), x.values.ndim)
    return moved(x, lambda v: np.flip(v, across).copy())


def several(parts: Any) -> list[Tensor]:
    """The tensors of a list, of one dtype."""
    if not isinstance(parts, (tuple, list)) or not parts or not all(isinstance(one, Tensor) for one in parts):
        raise ExpressionError("no-list")
    return lifted(*parts)


def cat(tensors: Any, dim: Any = 0) -> Tensor:
    parts = several(tensors)
    at = axis(dim, parts[0].values.ndim)
    for one in parts:
        if not one.values.ndim or one.values.ndim != parts[0].values.ndim:
            shapes = ((parts[0].shape, -1), (one.shape, -1))
            raise ExpressionError("axes-differ", shapes)
        for k in range(one.values.ndim):
            if k != at and one.shape[k] != parts[0].shape[k]:
                raise ExpressionError("no-cat", ((parts[0].shape, k), (one.shape, k)), dim=dim, axis=k)
    small((sum(one.values.size for one in parts),))
    arrays = ([one.values for one in parts], [one.sources for one in parts])
    return Tensor(*(np.concatenate(many, axis=at) for many in arrays))


def stack(tensors: Any, dim: Any = 0) -> Tensor:
    parts = several(tensors)
    for one in parts:
        if one.shape != parts[0].shape:
            raise ExpressionError("no-stack", ((parts[0].shape, -1), (one.shape, -1)))
    return cat([unsqueeze(one, dim) for one in parts], dim)


def where(condition: Any, a: Any, b: Any) -> Tensor:
    if not isinstance(condition, Tensor) or condition.values.dtype != BOOL:
        raise ExpressionError("no-mask", value=printed(condition))
    x, y = lifted(a, b)
    fitted(condition, x, y)
    return Tensor(
        *(np.where(condition.values, *pair) for pair in ((x.values, y.values), (x.sources, y.sources)))
    )


# Cells taken out


def index(x: Any, at: Any) -> Any:
    """x[at]: whole numbers, slices, None, …, lists of whole numbers, masks."""
    if isinstance(x, (tuple, list)):
        if not (type(at) is int or isinstance(at, slice)):
            raise ExpressionError("not-an-axis", dim=printed(at))
        if type(at) is int and not -len(x) <= at < len(x):
            raise ExpressionError("no-entry", index=at, size=len(x), axis=0)
        return x[at]
    if not isinstance(x, Tensor):
        raise ExpressionError("no-methods", part=printed(x))
    found = tuple(_item(one) for one in (at if isinstance(at, tuple) else (at,)))
    listed = [one.size for one in found if isinstance(one, np.ndarray)]
    longest = max(listed, default=1)
    if longest * max(1, x.values.size) > 16 * MOST:
        raise ExpressionError("too-many-cells", shape=written(x.shape), most=MOST)
    try:
        result = moved(x, lambda v: np.array(v[found], order="C") if listed else np.asarray(v[found]))
    except IndexError as error:
        told = re.search(r"index (-?\d+) is out of bounds for axis (\d+) with size (\d+)", str(error))
        if told:
            where, dim, size = map(int, told.groups())
            raise ExpressionError("no-entry", ((x.shape, dim),), index=where, axis=dim, size=size) from None
        raise ExpressionError("bad-index", shape=written(x.shape)) from None
    small(result.shape)
    return result


def _item(one: Any) -> Any:
    if isinstance(one, slice):
        for end in (one.start, one.stop, one.step):
            if end is not None and type(end) is not int:
                raise ExpressionError("not-an-axis", dim=printed(end))
        if one.step is not None and one.step <= 0:
            raise ExpressionError("backward-slice", step=one.step)
        return one
    if isinstance(one, list):
        one = tensor(one)
    if isinstance(one, Tensor):
        if one.values.dtype == FLOAT:
            raise ExpressionError("index-kind", dtype=one.dtype)
        return one.values
    if one is None or one is Ellipsis or type(one) is int:
        return one
    raise ExpressionError("not-an-axis", dim=printed(one))


def cast(x: Tensor, kind: Any) -> Tensor:
    """Another dtype; 'cpu' is where everything lies, 'cuda' is not here."""
    if isinstance(kind, str):
        if kind == "cpu":
            return x
        raise ExpressionError("no-cuda", device=kind)
    return Tensor(x.values.astype(kind_of(kind)), x.sources)


def single(x: Tensor) -> Any:
    if x.values.size != 1:
        raise ExpressionError("not-one-cell", shape=written(x.shape))
    return x.values.reshape(()).item()


def relu(v: np.ndarray) -> np.ndarray:
    return np.maximum(v, 0)


def sigmoid(v: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-v))


ATTRIBUTES: dict[str, Callable[[Tensor], Any]] = {
    "shape": lambda x: x.shape,
    "dtype": lambda x: x.values.dtype,
    "ndim": lambda x: x.values.ndim,
    "T": turned,
}
METHODS: dict[str, Callable[..., Any]] = {
    "transpose": transpose, "t": turned_matrix, "permute": permute, "squeeze": squeeze, "unsqueeze": unsqueeze,
    "reshape": reshape, "view": view, "flatten": flatten, "expand": expand, "repeat": repeat, "flip": flip,
    "sum": total, "mean": mean, "max": extreme(np.max, np.argmax), "min": extreme(np.min, np.argmin),
    "argmax": place(np.argmax), "argmin": place(np.argmin), "prod": reduced(np.prod), "cumsum": cumulated,
    "any": reduced(np.any, BOOL), "all": reduced(np.all, BOOL), "softmax": softmax,
    "abs": each(np.abs, whole=True), "exp": each(np.exp), "log": each(np.log), "sqrt": each(np.sqrt),
    "tanh": each(np.tanh), "sigmoid": each(sigmoid), "relu": each(relu, whole=True),
    "pow": BINARY["**"], "matmul": matmul, "clone": lambda x: moved(x, np.copy),
    "contiguous": lambda x: moved(x, np.ascontiguousarray) if x.values.ndim else x,
    "float": lambda x: cast(x, FLOAT), "long": lambda x: cast(x, LONG), "bool": lambda x: cast(x, BOOL),
    "to": cast, "numel": lambda x: x.values.size, "dim": lambda x: x.values.ndim,
    "size": lambda x, dim=None: x.shape if dim is None else x.shape[axis(dim, x.values.ndim)],
    "stride": lambda x: x.strides, "is_contiguous": lambda x: bool(x.values.flags.c_contiguous),
    "item": single,
}  # fmt: skip
