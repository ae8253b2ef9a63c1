"""Elementwise nonlinearities, x (b, n) → y (b, n); the backward half gets ∂x from ∂y. NaN passes through."""

from __future__ import annotations

from numba import float32

from engine.cuda.kernel import cuda, erf, helper, kernel, lines, maths
from engine.kernel import BATCH, IN, N0, OUT


def forwards(bend):
    """The kernel y = bend(x, hyper 0) of one nonlinearity."""

    def forward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
        row, b = rows[q], ctx[BATCH]
        x, y, slope = row[IN] * b, row[OUT] * b, hyper[q, 0]
        for i in range(cuda.grid(1), b * row[N0], cuda.gridsize(1)):
            act[y + i] = bend(act[x + i], slope)

    forward.__name__ = f"{bend.__name__}_forward"
    return kernel(forward)


def backwards(slope_of):
    """The kernel ∂x = ∂y slope_of(x, y, hyper 0) of one nonlinearity."""

    def backward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
        row, b = rows[q], ctx[BATCH]
        x, y, slope = row[IN] * b, row[OUT] * b, hyper[q, 0]
        for i in range(cuda.grid(1), b * row[N0], cuda.gridsize(1)):
            gact[x + i] = gact[y + i] * slope_of(act[x + i], act[y + i], slope)

    backward.__name__ = f"{slope_of.__name__}_backward"
    return kernel(backward)


@helper
def identity(x, slope):
    return x


@helper
def identity_slope(x, y, slope):
    return float32(1)


@helper
def relu(x, slope):
    return float32(0) if x < float32(0) else x


@helper
def relu_slope(x, y, slope):
    return float32(1) if x > float32(0) else float32(0)


@helper
def leaky_relu(x, slope):
    return slope * x if x < float32(0) else x


@helper
def leaky_relu_slope(x, y, slope):
    return float32(1) if x > float32(0) else slope


@helper
def sigmoid(x, slope):
    return float32(1) / (float32(1) + maths.exp(-x))


@helper
def sigmoid_slope(x, y, slope):
    return y * (float32(1) - y)


@helper
def hard_sigmoid(x, slope):
    line = float32(1 / 6) * x + float32(0.5)
    line = float32(0) if line < float32(0) else line
    return float32(1) if line > float32(1) else line


@helper
def hard_sigmoid_slope(x, y, slope):
    return float32(1 / 6) if float32(-3) < x < float32(3) else float32(0)


@helper
def tanh(x, slope):
    return maths.tanh(x)


@helper
def tanh_slope(x, y, slope):
    return float32(1) - y * y


@helper
def gelu(x, slope):
    return float32(0.5) * x * (float32(1) + erf(float32(0.7071067811865476) * x))


@helper
def gelu_slope(x, y, slope):
    density = float32(0.3989422804014327) * maths.exp(float32(-0.5) * x * x)
    return float32(0.5) * (float32(1) + erf(float32(0.7071067811865476) * x)) + x * density


@helper
def gelu_tanh(x, slope):
    inner = float32(1.5957691216057308) * x * (float32(1) + float32(0.044715) * x * x)
    return x / (float32(1) + maths.exp(-inner))


@helper
def gelu_tanh_slope(x, y, slope):
    square, twice = float32(0.044715) * x * x, float32(1.5957691216057308)
    s = float32(1) / (float32(1) + maths.exp(-twice * x * (float32(1) + square)))
    return s * (float32(1) + x * (float32(1) - s) * twice * (float32(1) + float32(3) * square))


@helper
def swish(x, slope):
    return x / (float32(1) + maths.exp(-x))


@helper
def swish_slope(x, y, slope):
    s = float32(1) / (float32(1) + maths.exp(-x))
    return s * (float32(1) + x * (float32(1) - s))


@helper
def tent(x, slope):
    return float32(1) - abs(float32(2) * x - float32(1))


@helper
def tent_slope(x, y, slope):
    left = float32(2) if x < float32(0.5) else float32(0)
    return float32(-2) if x > float32(0.5) else left


def pair(bend, slope_of):
    """Forward and backward plans: one launch each over the numbers of the node."""
    forward, backward = forwards(bend), backwards(slope_of)
    return (
        lambda row, batch: [lines(forward, batch * int(row[N0]))],
        lambda row, batch: [lines(backward, batch * int(row[N0]))],
    )


OPERATIONS = {
    "identity": pair(identity, identity_slope),
    "relu": pair(relu, relu_slope),
    "leaky-relu": pair(leaky_relu, leaky_relu_slope),
    "sigmoid": pair(sigmoid, sigmoid_slope),
    "hard-sigmoid": pair(hard_sigmoid, hard_sigmoid_slope),
    "tanh": pair(tanh, tanh_slope),
    "gelu": pair(gelu, gelu_slope),
    "gelu-tanh": pair(gelu_tanh, gelu_tanh_slope),
    "swish": pair(swish, swish_slope),
    "tent": pair(tent, tent_slope),
}
