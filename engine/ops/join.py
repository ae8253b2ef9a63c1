"""Where the graph parts and joins: sums of two nodes, and nodes that are used more than once."""

from __future__ import annotations

from engine.kernel import IN, IN2, N0, N1, OUT, kernel, span


@kernel
def add_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y (b, n) = u (b, n) + v (b, n)."""
    u, v = span(act, row[IN], row[N0], ctx), span(act, row[IN2], row[N0], ctx)
    y = span(act, row[OUT], row[N0], ctx)
    for i in range(y.size):
        y[i] = u[i] + v[i]


@kernel
def add_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂u = ∂v = ∂y."""
    gy = span(gact, row[OUT], row[N0], ctx)
    gu, gv = span(gact, row[IN], row[N0], ctx), span(gact, row[IN2], row[N0], ctx)
    for i in range(gy.size):
        gu[i] = gy[i]
        gv[i] = gy[i]


@kernel
def fork_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """One copy of x (b, n) for each of its uses, one buffer after another."""
    x = span(act, row[IN], row[N0], ctx)
    for use in range(row[N1]):
        y = span(act, row[OUT] + use * row[N0], row[N0], ctx)
        for i in range(x.size):
            y[i] = x[i]


@kernel
def fork_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x (b, n) = the sum of the gradients of its uses."""
    gx = span(gact, row[IN], row[N0], ctx)
    for use in range(row[N1]):
        gy = span(gact, row[OUT] + use * row[N0], row[N0], ctx)
        for i in range(gx.size):
            gx[i] = gx[i] + gy[i] if use else gy[i]


OPERATIONS = {
    "add": (add_forward, add_backward),
    "fork": (fork_forward, fork_backward),
}
