"""A cost on what a layer gives out, beside the loss: its row stands after the loss's and adds to it."""

from __future__ import annotations

from engine.kernel import BATCH, IN, N0, N1, N2, kernel, span


@kernel
def penalty_forward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """L ← L + λ · mean over the examples and their rows of Σ c w; w (b, rows, n) in runs of c (size 1), λ is
    hyper 0 and c what follows (guided attention: Tachibana et al. 2018)."""
    w, total = span(act, row[IN], row[N0], ctx), act.dtype.type(0)
    for start in range(0, w.size, row[N1]):
        for j in range(row[N1]):
            total += hyper[1 + j] * w[start + j]
    grad[-1] += hyper[0] * total / act.dtype.type(ctx[BATCH] * row[N2])


@kernel
def penalty_backward(row, hyper, theta, grad, state, act, gact, scratch, ints, ctx):
    """∂w = λ c / (b · rows)."""
    gw = span(gact, row[IN], row[N0], ctx)
    by = hyper[0] / gact.dtype.type(ctx[BATCH] * row[N2])
    for start in range(0, gw.size, row[N1]):
        for j in range(row[N1]):
            gw[start + j] = by * hyper[1 + j]


OPERATIONS = {"penalty": (penalty_forward, penalty_backward)}
