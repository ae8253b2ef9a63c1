"""Where the graph parts and joins: sums of two nodes, and nodes that are used more than once."""

from __future__ import annotations

from engine.cuda.kernel import cuda, kernel, lines
from engine.kernel import BATCH, IN, IN2, N0, N1, OUT


@kernel
def add_forward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y (b, n) = u (b, n) + v (b, n)."""
    row, b = rows[q], ctx[BATCH]
    u, v, y = row[IN] * b, row[IN2] * b, row[OUT] * b
    for i in range(cuda.grid(1), b * row[N0], cuda.gridsize(1)):
        act[y + i] = act[u + i] + act[v + i]


@kernel
def add_backward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂u = ∂v = ∂y."""
    row, b = rows[q], ctx[BATCH]
    u, v, y = row[IN] * b, row[IN2] * b, row[OUT] * b
    for i in range(cuda.grid(1), b * row[N0], cuda.gridsize(1)):
        slope = gact[y + i]
        gact[u + i] = slope
        gact[v + i] = slope


@kernel
def fork_forward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """One copy of x (b, n) for each of its uses, one buffer after another."""
    row, b = rows[q], ctx[BATCH]
    x, y, count = row[IN] * b, row[OUT] * b, b * row[N0]
    for i in range(cuda.grid(1), count, cuda.gridsize(1)):
        for use in range(row[N1]):
            act[y + use * count + i] = act[x + i]


@kernel
def fork_backward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x (b, n) = the sum of the gradients of its uses."""
    row, b = rows[q], ctx[BATCH]
    x, y, count = row[IN] * b, row[OUT] * b, b * row[N0]
    for i in range(cuda.grid(1), count, cuda.gridsize(1)):
        total = gact[y + i]
        for use in range(1, row[N1]):
            total += gact[y + use * count + i]
        gact[x + i] = total


def over(function):
    """A plan with one launch over the numbers of a node."""
    return lambda row, batch: [lines(function, batch * int(row[N0]))]


OPERATIONS = {
    "add": (over(add_forward), over(add_backward)),
    "fork": (over(fork_forward), over(fork_backward)),
}
