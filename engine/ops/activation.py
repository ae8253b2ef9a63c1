"""Elementwise nonlinearities, x (b, n) → y (b, n); the backward half gets ∂x from ∂y. NaN passes through."""

from __future__ import annotations

from engine.kernel import IN, N0, OUT, kernel, span
from engine.mathematics import erf, exp, tanh


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


@kernel
def gelu_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y = x Φ(x), Φ the distribution of a standard normal (Hendrycks and Gimpel 2016)."""
    x, y = span(act, row[IN], row[N0], ctx), span(act, row[OUT], row[N0], ctx)
    one, half = act.dtype.type(1), act.dtype.type(0.5)
    root = act.dtype.type(0.7071067811865476)
    for i in range(x.size):
        y[i] = half * x[i] * (one + erf(root * x[i]))


@kernel
def gelu_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = ∂y (Φ(x) + x φ(x)), φ the density."""
    gx, gy = span(gact, row[IN], row[N0], ctx), span(gact, row[OUT], row[N0], ctx)
    x = span(act, row[IN], row[N0], ctx)
    one, half = act.dtype.type(1), act.dtype.type(0.5)
    root, peak = act.dtype.type(0.7071067811865476), act.dtype.type(0.3989422804014327)
    for i in range(gx.size):
        density = peak * exp(-half * x[i] * x[i])
        gx[i] = gy[i] * (half * (one + erf(root * x[i])) + x[i] * density)


@kernel
def gelu_tanh_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y = x/2 (1 + tanh u), u = √(2/π) (x + 0.044715 x³): close to gelu; (1 + tanh u)/2 is σ(2u)."""
    x, y = span(act, row[IN], row[N0], ctx), span(act, row[OUT], row[N0], ctx)
    one, twice, cube = act.dtype.type(1), act.dtype.type(1.5957691216057308), act.dtype.type(0.044715)
    for i in range(x.size):
        y[i] = x[i] / (one + exp(-twice * x[i] * (one + cube * x[i] * x[i])))


@kernel
def gelu_tanh_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = ∂y (s + x s (1 - s) 2 ∂u), s = σ(2u), ∂u = √(2/π) (1 + 3·0.044715 x²)."""
    gx, gy = span(gact, row[IN], row[N0], ctx), span(gact, row[OUT], row[N0], ctx)
    x = span(act, row[IN], row[N0], ctx)
    one, three = act.dtype.type(1), act.dtype.type(3)
    twice, cube = act.dtype.type(1.5957691216057308), act.dtype.type(0.044715)
    for i in range(gx.size):
        square = cube * x[i] * x[i]
        s = one / (one + exp(-twice * x[i] * (one + square)))
        gx[i] = gy[i] * s * (one + x[i] * (one - s) * twice * (one + three * square))


@kernel
def swish_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y = x σ(x) (Ramachandran et al. 2017; also SiLU)."""
    x, y = span(act, row[IN], row[N0], ctx), span(act, row[OUT], row[N0], ctx)
    one = act.dtype.type(1)
    for i in range(x.size):
        y[i] = x[i] / (one + exp(-x[i]))


@kernel
def swish_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = ∂y (s + x s (1 - s)), s = σ(x)."""
    gx, gy = span(gact, row[IN], row[N0], ctx), span(gact, row[OUT], row[N0], ctx)
    x = span(act, row[IN], row[N0], ctx)
    one = act.dtype.type(1)
    for i in range(gx.size):
        s = one / (one + exp(-x[i]))
        gx[i] = gy[i] * s * (one + x[i] * (one - s))


@kernel
def tent_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y = 1 - |2x - 1|: folds 0 … 1 in two; |u| = max(u, 0) + max(-u, 0), two ReLUs."""
    x, y = span(act, row[IN], row[N0], ctx), span(act, row[OUT], row[N0], ctx)
    one, two = act.dtype.type(1), act.dtype.type(2)
    for i in range(x.size):
        y[i] = one - abs(two * x[i] - one)


@kernel
def tent_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = 2 ∂y left of the fold, -2 ∂y right of it, 0 on it."""
    gx, gy = span(gact, row[IN], row[N0], ctx), span(gact, row[OUT], row[N0], ctx)
    x = span(act, row[IN], row[N0], ctx)
    zero, two, half = act.dtype.type(0), act.dtype.type(2), act.dtype.type(0.5)
    for i in range(gx.size):
        slope = two if x[i] < half else zero
        gx[i] = gy[i] * (-two if x[i] > half else slope)


OPERATIONS = {
    "identity": (identity_forward, identity_backward),
    "relu": (relu_forward, relu_backward),
    "leaky-relu": (leaky_relu_forward, leaky_relu_backward),
    "sigmoid": (sigmoid_forward, sigmoid_backward),
    "hard-sigmoid": (hard_sigmoid_forward, hard_sigmoid_backward),
    "tanh": (tanh_forward, tanh_backward),
    "gelu": (gelu_forward, gelu_backward),
    "gelu-tanh": (gelu_tanh_forward, gelu_tanh_backward),
    "swish": (swish_forward, swish_backward),
    "tent": (tent_forward, tent_backward),
}
