"""Tensors made from sizes, layers and losses, and the names under which all of it is called."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from lessons.labs.operations import METHODS, cat, softmax, stack, turned, where
from lessons.labs.tensors import (
    BINARY,
    FLOAT,
    KINDS,
    LONG,
    MOST,
    ExpressionError,
    Tensor,
    fitted,
    fresh,
    joined,
    kind_of,
    lifted,
    matmul,
    moved,
    printed,
    rank,
    sizes,
    small,
    tensor,
)


def filled(value: float, kind: np.dtype = FLOAT) -> Callable[..., Tensor]:
    def make(*size: Any, dtype: Any = None) -> Tensor:
        return fresh(np.full(small(sizes(size)), value, kind if dtype is None else kind_of(dtype)))

    return make


def full(size: Any, fill_value: Any, dtype: Any = None) -> Tensor:
    kind = KINDS[rank(fill_value)] if type(fill_value) in (bool, int, float) else None
    if kind is None:
        raise ExpressionError("no-number", value=printed(fill_value))
    return fresh(np.full(small(sizes((size,))), fill_value, kind if dtype is None else kind_of(dtype)))


def arange(*ends: Any, dtype: Any = None) -> Tensor:
    for one in ends:
        if type(one) not in (int, float) or not math.isfinite(one):
            raise ExpressionError("no-number", value=printed(one))
    start, stop, step = (0, *ends, 1) if len(ends) == 1 else (*ends, 1) if len(ends) == 2 else ends
    if step == 0 or (stop - start) / step < 0:
        raise ExpressionError("no-range", start=start, stop=stop, step=step)
    if (stop - start) / step > MOST:
        raise ExpressionError("too-many-cells", shape=str(stop), most=MOST)
    kind = LONG if all(type(one) is int for one in ends) else FLOAT
    return fresh(np.arange(start, stop, step).astype(kind if dtype is None else kind_of(dtype)))


def eye(n: Any, m: Any = None) -> Tensor:
    rows, columns = small((n, n if m is None else m))
    return fresh(np.eye(rows, columns, dtype=FLOAT))


def like(value: float) -> Callable[..., Tensor]:
    return lambda x: fresh(np.full_like(x.values, value))


# Losses and layers


def cross_entropy(input: Tensor, target: Tensor) -> Tensor:
    """The mean of −ln softmax at the labels; labels are whole numbers."""
    if not isinstance(input, Tensor) or not isinstance(target, Tensor) or input.values.dtype != FLOAT:
        raise ExpressionError("wrong-kind", sign="cross_entropy", dtype=getattr(input, "dtype", "–"))
    if input.values.ndim != 2 or target.shape != input.shape[:1]:
        raise ExpressionError("no-labels", ((input.shape, 0), (target.shape, 0)))
    if target.values.dtype != LONG:
        raise ExpressionError("float-labels", dtype=target.dtype)
    if ((target.values < 0) | (target.values >= input.shape[1])).any():
        raise ExpressionError("no-class", count=input.shape[1])
    chances = softmax(input, 1).values
    return _mean(-np.log(chances[np.arange(len(chances)), target.values]), input, target)


def mse_loss(input: Tensor, target: Tensor) -> Tensor:
    """The mean of the squared differences; whole numbers beside real ones are made real."""
    for one in (input, target):
        if not isinstance(one, Tensor):
            raise ExpressionError("no-number", value=printed(one))
    x, y = lifted(input, target)
    if x.values.dtype != FLOAT:
        raise ExpressionError("mean-of-whole", dtype=x.dtype)
    fitted(x, y)
    return _mean((x.values - y.values) ** 2, x, y)


def _mean(values: np.ndarray, *parts: Tensor) -> Tensor:
    """The mean of all, which comes from all cells of the parts."""
    bits = reduce(np.bitwise_or, (np.bitwise_or.reduce(one.sources.ravel()) for one in parts))
    mean = values.sum(dtype=FLOAT) / np.float32(values.size)
    return Tensor(np.asarray(mean, FLOAT), np.asarray(bits, np.uint64))


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x Wᵀ + b, as nn.Linear has it: weight (out, in)."""
    product = matmul(input, turned(weight))
    return product if bias is None else BINARY["+"](product, bias)


def one_hot(labels: Tensor, num_classes: Any) -> Tensor:
    if labels.values.dtype != LONG:
        raise ExpressionError("float-labels", dtype=labels.dtype)
    small((*labels.shape, num_classes))
    if ((labels.values < 0) | (labels.values >= num_classes)).any():
        raise ExpressionError("no-class", count=num_classes)
    return joined(np.eye(num_classes, dtype=LONG)[labels.values], moved(labels, lambda v: v[..., None]))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "tensor": tensor, "zeros": filled(0), "ones": filled(1), "full": full, "arange": arange, "eye": eye,
    "zeros_like": like(0), "ones_like": like(1), "cat": cat, "stack": stack, "where": where,
    **{name: METHODS[name] for name in METHODS
       if name not in ("view", "expand", "repeat", "float", "long", "bool", "to", "dim", "size", "stride",
                       "is_contiguous", "item", "contiguous")},
}  # fmt: skip
FUNCTIONAL: dict[str, Callable[..., Any]] = {
    "relu": METHODS["relu"], "softmax": softmax, "one_hot": one_hot, "linear": linear,
    "cross_entropy": cross_entropy, "mse_loss": mse_loss,
}  # fmt: skip
