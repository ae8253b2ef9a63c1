"""Every operation by name: its forward and its backward half; the place here is its number in a program."""

from __future__ import annotations

from engine.ops import activation, dense, join, loss, surface

OPERATIONS = {
    "dense": (dense.dense_forward, dense.dense_backward),
    "add": (join.add_forward, join.add_backward),
    "fork": (join.fork_forward, join.fork_backward),
    "identity": (activation.identity_forward, activation.identity_backward),
    "relu": (activation.relu_forward, activation.relu_backward),
    "leaky-relu": (activation.leaky_relu_forward, activation.leaky_relu_backward),
    "sigmoid": (activation.sigmoid_forward, activation.sigmoid_backward),
    "hard-sigmoid": (activation.hard_sigmoid_forward, activation.hard_sigmoid_backward),
    "tanh": (activation.tanh_forward, activation.tanh_backward),
    "mse": (loss.mse_forward, loss.mse_backward),
    "mae": (loss.mae_forward, loss.mae_backward),
    "cross-entropy": (loss.cross_entropy_forward, loss.cross_entropy_backward),
    "binary-cross-entropy": (loss.binary_cross_entropy_forward, loss.binary_cross_entropy_backward),
    "quadratic-1d": (surface.parabola_forward, surface.parabola_backward),
    "quadratic": (surface.quadratic_forward, surface.quadratic_backward),
    "ripple-1d": (surface.ripple_forward, surface.ripple_backward),
    "himmelblau": (surface.himmelblau_forward, surface.himmelblau_backward),
    "rosenbrock": (surface.rosenbrock_forward, surface.rosenbrock_backward),
}
NUMBER = {name: number for number, name in enumerate(OPERATIONS)}
