"""Every operation by name: its forward and its backward half; the place here is its number in a program."""

from __future__ import annotations

from engine.ops import (
    activation,
    attention,
    border,
    convolution,
    dense,
    dropout,
    embedding,
    formula,
    join,
    loss,
    norm,
    penalty,
    pooling,
    position,
    recurrent,
    sequence_loss,
    surface,
)

FAMILIES = (
    dense,
    border,
    convolution,
    pooling,
    join,
    activation,
    norm,
    dropout,
    loss,
    penalty,
    surface,
    formula,
    embedding,
    position,
    attention,
    recurrent,
    sequence_loss,
)
OPERATIONS = {name: pair for family in FAMILIES for name, pair in family.OPERATIONS.items()}
NUMBER = {name: number for number, name in enumerate(OPERATIONS)}
# Operations that call the BLAS.
PRODUCTS = {"dense", "dense-each", "rnn", "lstm", "scores-dot", "mix", "convolution"}
