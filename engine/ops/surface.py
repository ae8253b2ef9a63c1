"""Losses that are formulas of θ itself: θ (2) = x, y, or θ (1) = x; `hyper` holds coefficients a, b, c …"""

from __future__ import annotations

from engine.kernel import N0, N1, PARAM, STEP, kernel
from engine.mathematics import exp


@kernel
def parabola_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """L = a x² + b x + c."""
    x = theta[row[PARAM]]
    grad[-1] = (hyper[0] * x + hyper[1]) * x + hyper[2]


@kernel
def parabola_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = 2 a x + b."""
    at = row[PARAM]
    grad[at] = theta.dtype.type(2) * hyper[0] * theta[at] + hyper[1]


@kernel
def quadratic_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """L = a x² + b y² + c x y + d x + e y + f."""
    x, y = theta[row[PARAM]], theta[row[PARAM] + 1]
    grad[-1] = hyper[0] * x * x + hyper[1] * y * y + hyper[2] * x * y + hyper[3] * x + hyper[4] * y + hyper[5]


@kernel
def quadratic_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = 2 a x + c y + d, ∂y = 2 b y + c x + e."""
    at, two = row[PARAM], theta.dtype.type(2)
    x, y = theta[at], theta[at + 1]
    grad[at] = two * hyper[0] * x + hyper[2] * y + hyper[3]
    grad[at + 1] = two * hyper[1] * y + hyper[2] * x + hyper[4]


@kernel
def ripple_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """L = a (x - b)² - c e^(-((x - d)/e)²) - f e^(-((x - g)/h)²): a bowl with two dents."""
    x = theta[row[PARAM]]
    u, v = (x - hyper[3]) / hyper[4], (x - hyper[6]) / hyper[7]
    bowl = hyper[0] * (x - hyper[1]) * (x - hyper[1])
    grad[-1] = bowl - hyper[2] * exp(-u * u) - hyper[5] * exp(-v * v)


@kernel
def ripple_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = 2 a (x - b) + 2 c u/e e^(-u²) + 2 f v/h e^(-v²), u = (x - d)/e, v = (x - g)/h."""
    at, two = row[PARAM], theta.dtype.type(2)
    x = theta[at]
    u, v = (x - hyper[3]) / hyper[4], (x - hyper[6]) / hyper[7]
    dents = hyper[2] * u / hyper[4] * exp(-u * u) + hyper[5] * v / hyper[7] * exp(-v * v)
    grad[at] = two * (hyper[0] * (x - hyper[1]) + dents)


@kernel
def himmelblau_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """L = (x² + y - a)² + (x + y² - b)² (Himmelblau 1972): four minima."""
    x, y = theta[row[PARAM]], theta[row[PARAM] + 1]
    u, v = x * x + y - hyper[0], x + y * y - hyper[1]
    grad[-1] = u * u + v * v


@kernel
def himmelblau_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = 4 x u + 2 v, ∂y = 2 u + 4 y v, u = x² + y - a, v = x + y² - b."""
    at, two = row[PARAM], theta.dtype.type(2)
    x, y = theta[at], theta[at + 1]
    u, v = x * x + y - hyper[0], x + y * y - hyper[1]
    grad[at] = two * (two * x * u + v)
    grad[at + 1] = two * (u + two * y * v)


@kernel
def rosenbrock_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """L = (a - x)² + b (y - x²)² (Rosenbrock 1960): a bent valley."""
    x, y = theta[row[PARAM]], theta[row[PARAM] + 1]
    u, v = hyper[0] - x, y - x * x
    grad[-1] = u * u + hyper[1] * v * v


@kernel
def rosenbrock_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = -2 (a - x) - 4 b x v, ∂y = 2 b v, v = y - x²."""
    at, two = row[PARAM], theta.dtype.type(2)
    x, y = theta[at], theta[at + 1]
    u, v = hyper[0] - x, y - x * x
    grad[at] = -two * u - two * two * hyper[1] * x * v
    grad[at + 1] = two * hyper[1] * v


@kernel
def stream_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """L = Σ gᵢ θᵢ with the gradient g (p) of this update, from a stream (n, p) that begins anew after n."""
    at, start, total = row[PARAM], ctx[STEP] % row[N0] * row[N1], theta.dtype.type(0)
    for i in range(row[N1]):
        total += hyper[start + i] * theta[at + i]
    grad[-1] = total


@kernel
def stream_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂θᵢ = gᵢ."""
    at, start = row[PARAM], ctx[STEP] % row[N0] * row[N1]
    for i in range(row[N1]):
        grad[at + i] = hyper[start + i]


OPERATIONS = {
    "quadratic-1d": (parabola_forward, parabola_backward),
    "quadratic": (quadratic_forward, quadratic_backward),
    "ripple-1d": (ripple_forward, ripple_backward),
    "himmelblau": (himmelblau_forward, himmelblau_backward),
    "rosenbrock": (rosenbrock_forward, rosenbrock_backward),
    "stream": (stream_forward, stream_backward),
}
