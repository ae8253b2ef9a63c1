"""Trajectories against PyTorch: 100 updates of every optimizer with every loss."""

import numpy as np
import pytest

from engine.network import ACTIVATIONS, LOSSES
from engine.trainer import Trainer

torch = pytest.importorskip("torch")
F = torch.nn.functional

STEPS, ROWS, BATCH, WIDTHS = 100, 37, 10, (3, 8, 8, 4)
RATES = {"sgd": 0.05, "momentum": 0.02, "adam": 0.01, "mean-rms": 0.01, "adagrad": 0.05, "rmsprop": 0.01}
TORCH = {
    "sgd": lambda p, rate, l2: torch.optim.SGD(p, rate, weight_decay=l2),
    "momentum": lambda p, rate, l2: torch.optim.SGD(p, rate, momentum=0.9, weight_decay=l2),
    "adam": lambda p, rate, l2: torch.optim.Adam(p, rate, weight_decay=l2),
    # The mean of past squares is Adagrad's sum over t: its rate, times √t.
    "mean-rms": lambda p, rate, l2: torch.optim.Adagrad(p, rate, eps=1e-30, weight_decay=l2),
    "adagrad": lambda p, rate, l2: torch.optim.Adagrad(p, rate, weight_decay=l2),
    "rmsprop": lambda p, rate, l2: torch.optim.RMSprop(p, rate, weight_decay=l2),
}
LOSS = {
    "mse": F.mse_loss,
    "mae": F.l1_loss,
    "cross-entropy": F.cross_entropy,
    "binary-cross-entropy": F.binary_cross_entropy_with_logits,
}
SHAPE = {
    "identity": lambda x: x,
    "relu": F.relu,
    "leaky-relu": F.leaky_relu,
    "sigmoid": torch.sigmoid,
    "hard-sigmoid": lambda x: F.relu6(x + 3) / 6,  # F.hardsigmoid, which has a sixth in float32 only
    "tanh": torch.tanh,
    "gelu": F.gelu,
    "gelu-tanh": lambda x: F.gelu(x, approximate="tanh"),
    "swish": F.silu,
    "tent": lambda x: 1 - (F.relu(2 * x - 1) + F.relu(1 - 2 * x)),
}


def trajectory(trainer, x, y, loss, activation, optimizer, l2=0.0, reduction="mean"):
    """Losses of 100 updates and the last θ, by PyTorch, from the trainer's θ on the same batches in order."""
    kind = getattr(torch, trainer.dtype)
    start = torch.tensor(trainer.theta)
    blocks = trainer.named().values()
    parameters = [
        start[at : at + int(np.prod(shape))].reshape(shape).clone().requires_grad_() for at, shape in blocks
    ]
    rule = TORCH[optimizer](parameters, RATES[optimizer], l2)
    x, y = (
        torch.tensor(x, dtype=kind),
        torch.tensor(y) if y.dtype.kind == "i" else torch.tensor(y, dtype=kind),
    )
    losses, place = [], 0
    for step in range(STEPS):
        if optimizer == "mean-rms":
            rule.param_groups[0]["lr"] = RATES[optimizer] * (step + 1) ** 0.5
        h, rows = x[place : place + BATCH], y[place : place + BATCH]
        place = place + BATCH if place + BATCH < len(x) else 0
        for layer in range(len(parameters) // 2):
            h = SHAPE[activation](h) if layer else h
            h = h @ parameters[2 * layer] + parameters[2 * layer + 1]
        value = LOSS[loss](h, rows, reduction=reduction)
        rule.zero_grad()
        value.backward()
        rule.step()
        losses.append(value.item())
    return np.array(losses), torch.cat([p.detach().ravel() for p in parameters]).numpy()


def compare(build, draw, dtype, optimizer, loss, activation, l2=0.0, reduction="mean"):
    x, y = draw(loss, ROWS, WIDTHS)
    run = {"optimizer": optimizer, "rate": RATES[optimizer], "l2": l2, "batch": BATCH, "shuffle": False}
    trainer = Trainer(build(loss, activation, WIDTHS, reduction), x, y, dtype=dtype, seed=5, **run)
    losses, theta = trajectory(trainer, x, y, loss, activation, optimizer, l2, reduction)
    found = trainer.train(STEPS)[:, 0]
    distance = np.linalg.norm(trainer.theta - theta) / np.linalg.norm(theta)
    return max(distance, np.linalg.norm(found - losses) / np.linalg.norm(losses))


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("optimizer", TORCH)
def test_every_optimizer_with_every_loss(build, draw, optimizer, loss, activation):
    assert compare(build, draw, "float64", optimizer, loss, activation) < 1e-9
    if not (activation == "relu" and loss == "mae" and optimizer in ("adam", "rmsprop")):
        # There PyTorch itself differs as much between its two precisions.
        assert compare(build, draw, "float32", optimizer, loss, activation) < 1e-4


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation(build, draw, activation):
    assert compare(build, draw, "float64", "momentum", "cross-entropy", activation) < 1e-9
    assert compare(build, draw, "float32", "momentum", "cross-entropy", activation) < 1e-4


@pytest.mark.parametrize("optimizer", TORCH)
def test_weight_decay(build, draw, optimizer):
    assert compare(build, draw, "float64", optimizer, "mse", "sigmoid", l2=0.01) < 1e-9


@pytest.mark.parametrize("loss", LOSSES)
def test_sums(build, draw, loss):
    assert compare(build, draw, "float64", "adam", loss, "tanh", reduction="sum") < 1e-9
