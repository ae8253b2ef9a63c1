"""Elementwise nonlinearities, x (b, n) → y (b, n); the backward half gets ∂x from ∂y. NaN passes through."""

from __future__ import annotations

from engine.kernel import IN, N0, OUT, kernel, span
from engine.mathematics import exp, tanh


@kernel
def identity_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y = x."""
    x, y = span(act, row[IN], row[N0], ctx), span(act, row[OUT], row[N0], ctx)
    for i in range(x.size):
        y[i] = x[i]


@kernel
def identity_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = ∂y."""
    gx, gy = span(gact, row[IN], row[N0], ctx), span(gact, row[OUT], row[N0], ctx)
    for i in range(gx.size):
        gx[i] = gy[i]


@kernel
def relu_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y = max(x, 0)."""
    x, y = span(act, row[IN], row[N0], ctx), span(act, row[OUT], row[N0], ctx)
    zero = act.dtype.type(0)
    for i in range(x.size):
        y[i] = zero if x[i] < zero else x[i]


@kernel
def relu_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = ∂y where x > 0."""
    gx, gy = span(gact, row[IN], row[N0], ctx), span(gact, row[OUT], row[N0], ctx)
    x = span(act, row[IN], row[N0], ctx)
    zero = act.dtype.type(0)
    for i in range(gx.size):
        gx[i] = gy[i] if x[i] > zero else zero


@kernel
def leaky_relu_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y = x, or slope·x (hyper 0) below zero."""
    x, y = span(act, row[IN], row[N0], ctx), span(act, row[OUT], row[N0], ctx)
    zero = act.dtype.type(0)
    slope = hyper[0]
    for i in range(x.size):
        y[i] = slope * x[i] if x[i] < zero else x[i]


@kernel
def leaky_relu_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = ∂y, or slope·∂y where x ≤ 0."""
    gx, gy = span(gact, row[IN], row[N0], ctx), span(gact, row[OUT], row[N0], ctx)
    x = span(act, row[IN], row[N0], ctx)
    zero = act.dtype.type(0)
    slope = hyper[0]
    for i in range(gx.size):
        gx[i] = gy[i] if x[i] > zero else slope * gy[i]


@kernel
def sigmoid_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y = 1 / (1 + e⁻ˣ)."""
    x, y = span(act, row[IN], row[N0], ctx), span(act, row[OUT], row[N0], ctx)
    one = act.dtype.type(1)
    for i in range(x.size):
        y[i] = one / (one + exp(-x[i]))


@kernel
def sigmoid_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = ∂y y (1 - y)."""
    gx, gy = span(gact, row[IN], row[N0], ctx), span(gact, row[OUT], row[N0], ctx)
    y = span(act, row[OUT], row[N0], ctx)
    one = act.dtype.type(1)
    for i in range(gx.size):
        gx[i] = gy[i] * y[i] * (one - y[i])


@kernel
def hard_sigmoid_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y = x/6 + 1/2, cut at 0 and 1 (PyTorch's slope)."""
    x, y = span(act, row[IN], row[N0], ctx), span(act, row[OUT], row[N0], ctx)
    zero = act.dtype.type(0)
    one = act.dtype.type(1)
    half = act.dtype.type(0.5)
    slope = one / act.dtype.type(6)
    for i in range(x.size):
        line = slope * x[i] + half
        line = zero if line < zero else line
        y[i] = one if line > one else line


@kernel
def hard_sigmoid_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = ∂y / 6 between the cuts."""
    gx, gy = span(gact, row[IN], row[N0], ctx), span(gact, row[OUT], row[N0], ctx)
    x = span(act, row[IN], row[N0], ctx)
    zero = act.dtype.type(0)
    limit = act.dtype.type(3)
    slope = act.dtype.type(1) / act.dtype.type(6)
    for i in range(gx.size):
        gx[i] = slope * gy[i] if -limit < x[i] < limit else zero


@kernel
def tanh_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y = tanh x."""
    x, y = span(act, row[IN], row[N0], ctx), span(act, row[OUT], row[N0], ctx)
    for i in range(x.size):
        y[i] = tanh(x[i])


@kernel
def tanh_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = ∂y (1 - y²)."""
    gx, gy = span(gact, row[IN], row[N0], ctx), span(gact, row[OUT], row[N0], ctx)
    y = span(act, row[OUT], row[N0], ctx)
    one = act.dtype.type(1)
    for i in range(gx.size):
        gx[i] = gy[i] * (one - y[i] * y[i])


OPERATIONS = {
    "identity": (identity_forward, identity_backward),
    "relu": (relu_forward, relu_backward),
    "leaky-relu": (leaky_relu_forward, leaky_relu_backward),
    "sigmoid": (sigmoid_forward, sigmoid_backward),
    "hard-sigmoid": (hard_sigmoid_forward, hard_sigmoid_backward),
    "tanh": (tanh_forward, tanh_backward),
}
