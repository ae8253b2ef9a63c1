"""Fully connected layers: three products of tiles (`engine.cuda.products`).

Where few tiles have long sums, the parts of a sum go to `scratch` and a second launch adds them up.
"""

from __future__ import annotations

from engine.cuda.kernel import THREADS, Launch, cuda, kernel, lines
from engine.cuda.products import (
    COUNT,
    add_parts,
    column_parts,
    columns_grid,
    grid_of,
    load_columns,
    load_rows,
    multiplier,
    parts_of,
    sum_columns,
)
from engine.kernel import BATCH, IN, N0, N1, N2, N3, NEED, OUT, PARAM, TIE

forwards = multiplier(load_rows, load_columns)  # x W
to_weights = multiplier(load_columns, load_columns)  # xᵀ ∂y
to_inputs = multiplier(load_rows, load_rows)  # ∂y Wᵀ


@kernel
def dense_forward(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y (b, n) = x (b, k) W (k, n) + bias (n), for every position of an example (size 3, if not 0)."""
    row, b = rows[q], ctx[BATCH]
    k, n, at, m = row[N0], row[N1], row[PARAM], b * max(1, row[N3])
    alone = number == 1
    out, y = (act if alone else scratch), (row[OUT] * b if alone else 0)
    bias = at + k * n if row[N2] and alone else -1
    forwards(act, row[IN] * b, k, theta, at, n, out, y, m, n, k, number, False, theta, bias)


@kernel
def dense_forward_end(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """y = the sum of the parts + bias."""
    row, b = rows[q], ctx[BATCH]
    k, n, at, m = row[N0], row[N1], row[PARAM], b * max(1, row[N3])
    y, bias = row[OUT] * b, at + k * n
    for i in range(cuda.grid(1), m * n, cuda.gridsize(1)):
        total = add_parts(number, m * n, scratch, i)
        act[y + i] = total + theta[bias + i % n] if row[N2] else total


@kernel
def dense_weights(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂W (k, n) = xᵀ ∂y, added where another row has written before."""
    row, b = rows[q], ctx[BATCH]
    k, n, at, m = row[N0], row[N1], row[PARAM], b * max(1, row[N3])
    x, y = row[IN] * b, row[OUT] * b
    alone = number == 1
    out, c, keep = (grad if alone else scratch), (at if alone else 0), alone and row[TIE] != 0
    to_weights(act, x, k, gact, y, n, out, c, k, n, m, number, keep, theta, -1)


@kernel
def dense_weights_end(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂W = the sum of the parts."""
    row = rows[q]
    at, count = row[PARAM], row[N0] * row[N1]
    for i in range(cuda.grid(1), count, cuda.gridsize(1)):
        total = add_parts(number, count, scratch, i)
        grad[at + i] = grad[at + i] + total if row[TIE] else total


@kernel
def dense_biases(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂bias (n) = Σ ∂y."""
    row, b = rows[q], ctx[BATCH]
    n, at, m, y = row[N1], row[PARAM] + row[N0] * row[N1], b * max(1, row[N3]), row[OUT] * b
    alone = number == 1
    out, c, keep = (grad if alone else scratch), (at if alone else 0), alone and row[TIE] != 0
    sum_columns(gact, y, m, n, out, c, number, keep)


@kernel
def dense_biases_end(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂bias = the sum of the parts."""
    row = rows[q]
    n, at = row[N1], row[PARAM] + row[N0] * row[N1]
    for i in range(cuda.grid(1), n, cuda.gridsize(1)):
        total = add_parts(number, n, scratch, i)
        grad[at + i] = grad[at + i] + total if row[TIE] else total


@kernel
def dense_inputs(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x (b, k) = ∂y Wᵀ."""
    row, b = rows[q], ctx[BATCH]
    k, n, at, m = row[N0], row[N1], row[PARAM], b * max(1, row[N3])
    x, y = row[IN] * b, row[OUT] * b
    alone = number == 1
    out, c = (gact if alone else scratch), (x if alone else 0)
    to_inputs(gact, y, n, theta, at, n, out, c, m, k, n, number, False, theta, -1)


@kernel
def dense_inputs_end(q, number, rows, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂x = the sum of the parts."""
    row, b = rows[q], ctx[BATCH]
    x, count = row[IN] * b, b * max(1, row[N3]) * row[N0]
    for i in range(cuda.grid(1), count, cuda.gridsize(1)):
        gact[x + i] = add_parts(number, count, scratch, i)


def product_plan(product, end, m, n, k):
    """The launches of C (m, n), a sum of k: one of tiles, and one that adds up parts if there are any."""
    parts = parts_of(m, n, k)
    scratch = m * n * parts if parts > 1 else 0
    found = [Launch(product, grid_of(m, n, parts), (COUNT,), scratch, parts)]
    return found + ([lines(end, m * n, number=parts)] if parts > 1 else [])


def forward_plan(row, batch):
    k, n, m = int(row[N0]), int(row[N1]), batch * max(1, int(row[N3]))
    return product_plan(dense_forward, dense_forward_end, m, n, k)


def backward_plan(row, batch):
    k, n, m = int(row[N0]), int(row[N1]), batch * max(1, int(row[N3]))
    found = product_plan(dense_weights, dense_weights_end, k, n, m)
    if row[N2]:
        parts = column_parts(m)
        grid = columns_grid(n, parts)
        found.append(Launch(dense_biases, grid, (THREADS,), n * parts if parts > 1 else 0, parts))
        found += [lines(dense_biases_end, n, number=parts)] if parts > 1 else []
    if row[NEED]:
        found += product_plan(dense_inputs, dense_inputs_end, m, k, n)
    return found


OPERATIONS = {
    "dense": (forward_plan, backward_plan),
    "dense-each": (forward_plan, backward_plan),
}
