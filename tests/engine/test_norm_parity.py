"""Normalisations against PyTorch: 200 updates, in training and evaluation, running statistics included."""

import numpy as np
import pytest

from engine import random
from engine.network import Network
from engine.trainer import Trainer

torch = pytest.importorskip("torch")
nn, F = torch.nn, torch.nn.functional

# More rows than are learned by heart, and no batch of two: else the path is chaotic, and rounding grows tenfold.
STEPS, ROWS, BATCH, CHANNELS, SIDE, HIDDEN = 200, 158, 8, 4, 3, 16
WIDTH = CHANNELS * SIDE * SIDE


class Twin(nn.Module):
    """dense, normalisation of an image or of features, tanh, dense, normalisation of features, dense."""

    def __init__(self, first, second, image):
        super().__init__()
        self.dense = nn.ModuleList([nn.Linear(*pair) for pair in ((5, WIDTH), (WIDTH, HIDDEN), (HIDDEN, 3))])
        self.norms, self.image = nn.ModuleList([first, second]), image

    def forward(self, x):
        h = self.dense[0](x)
        h = h.reshape(-1, CHANNELS, SIDE, SIDE) if self.image else h
        h = torch.tanh(self.norms[0](h).reshape(len(x), -1))
        return self.dense[2](self.norms[1](self.dense[1](h)))

    def flat(self):
        """θ in the engine's order, weights as (in, out)."""
        parts = []
        for k, dense in enumerate(self.dense):
            parts += [dense.weight.T, dense.bias]
            if k < 2 and self.norms[k].weight is not None:
                parts += [self.norms[k].weight, self.norms[k].bias]
        return torch.cat([part.reshape(-1) for part in parts]).detach().numpy().copy()


IMAGES = {
    "batch": (lambda net, x: net.batch_norm(x, channels=CHANNELS), lambda: nn.BatchNorm2d(CHANNELS)),
    "batch, slow": (
        lambda net, x: net.batch_norm(x, 0.03, 1e-3, False, CHANNELS),
        lambda: nn.BatchNorm2d(CHANNELS, 1e-3, 0.03, affine=False),
    ),
    "layer": (lambda net, x: net.layer_norm(x), lambda: nn.LayerNorm((CHANNELS, SIDE, SIDE))),
    "instance": (
        lambda net, x: net.instance_norm(x, channels=CHANNELS),
        lambda: nn.InstanceNorm2d(CHANNELS, affine=True),
    ),
    "group": (lambda net, x: net.group_norm(x, 2, channels=CHANNELS), lambda: nn.GroupNorm(2, CHANNELS)),
}
FEATURES = {
    "batch": (lambda net, x: net.batch_norm(x), lambda width: nn.BatchNorm1d(width)),
    "layer": (lambda net, x: net.layer_norm(x), lambda width: nn.LayerNorm(width)),
    "group": (lambda net, x: net.group_norm(x, 2), lambda width: nn.GroupNorm(2, width)),
    "group, plain": (
        lambda net, x: net.group_norm(x, 1, affine=False),
        lambda width: nn.GroupNorm(1, width, affine=False),
    ),
}


def near(found, expected, limit=1e-9):
    expected = expected.detach().numpy() if torch.is_tensor(expected) else np.asarray(expected)
    assert np.linalg.norm(found - expected) < limit * np.linalg.norm(expected)


def compare(first, second, twin, shards=1):
    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(ROWS, 5)), rng.integers(0, 3, ROWS)
    net = Network()
    h = net.activation(first(net, net.dense(net.input(5), WIDTH)), "tanh")
    net.loss(net.dense(second(net, net.dense(h, HIDDEN)), 3), "cross-entropy")
    torch.manual_seed(0)
    twin = twin.double().train()
    trainer = Trainer(
        net, x, y, dtype="float64", theta=twin.flat(), optimizer="momentum", rate=0.01, batch=BATCH,
        shuffle=False, shards=shards,
    )  # fmt: skip
    rule = torch.optim.SGD(twin.parameters(), 0.01, momentum=0.9)
    features, labels = torch.tensor(x), torch.tensor(y)
    losses, place = [], 0
    for _ in range(STEPS):
        rule.zero_grad()
        value = F.cross_entropy(twin(features[place : place + BATCH]), labels[place : place + BATCH])
        value.backward()
        rule.step()
        losses.append(value.item())
        place = place + BATCH if place + BATCH < ROWS else 0
    near(trainer.train(STEPS)[:, 0], losses)
    near(trainer.theta, twin.flat())
    running = [
        values
        for norm in twin.norms
        if getattr(norm, "running_mean", None) is not None
        for values in (norm.running_mean, norm.running_var)
    ]
    for found, expected in zip(trainer.statistics().values(), running, strict=True):
        near(found, expected)
    for mode in ("evaluate", "batch"):  # the second leaves PyTorch's running statistics moved: the last
        twin.train(mode == "batch")
        rule.zero_grad()
        out = twin(features)
        near(trainer.predict(mode=mode), out)
        value = F.cross_entropy(out, labels)
        value.backward()
        near(trainer.evaluate(mode=mode)["loss"], value)
        gradient = trainer.gradient(mode=mode)
        for k, dense in enumerate(twin.dense):
            for name, slope in (("weight", dense.weight.grad.T), ("bias", dense.bias.grad)):
                offset, shape = trainer.named()[f"dense-{k + 1}.{name}"]
                found = gradient[offset : offset + int(np.prod(shape))].reshape(shape)
                scale = np.linalg.norm(gradient)  # a bias before batch norm has none of its own
                assert np.linalg.norm(found - slope.numpy()) < 1e-9 * scale


@pytest.mark.parametrize("kind", IMAGES)
def test_images(kind):
    mine, its = IMAGES[kind]
    torch.manual_seed(1)
    compare(mine, FEATURES["batch"][0], Twin(its(), nn.BatchNorm1d(HIDDEN), True))


@pytest.mark.parametrize("kind", FEATURES)
def test_features(kind):
    mine, its = FEATURES[kind]
    torch.manual_seed(1)
    compare(mine, mine, Twin(its(WIDTH), its(HIDDEN), False))


@pytest.mark.parametrize("shards", [2, 3])
def test_on_shards(shards):
    (mine, its), other = IMAGES["batch"], FEATURES["layer"]
    torch.manual_seed(1)
    compare(mine, other[0], Twin(its(), other[1](HIDDEN), True), shards)


def test_layer_norm_over_the_tokens_of_a_row():
    rng = np.random.default_rng(0)
    net = Network()
    h = net.layer_norm(net.input(12), 4)
    net.loss(h, "mse", "sum")
    x, y, theta = rng.normal(size=(5, 12)), rng.normal(size=(5, 12)), rng.normal(size=8)
    trainer = Trainer(net, x, y, dtype="float64", theta=theta)
    gamma, beta = torch.tensor(theta.reshape(2, 4)).requires_grad_()
    gamma.retain_grad(), beta.retain_grad()
    out = F.layer_norm(torch.tensor(x.reshape(5, 3, 4)), (4,), gamma, beta)
    ((out - torch.tensor(y.reshape(5, 3, 4))) ** 2).sum().backward()
    near(trainer.predict(node=h), out.reshape(5, 12))
    near(trainer.gradient(), torch.cat((gamma.grad, beta.grad)))


def masks(seed, layer, step, rows, width, p):
    """(rows, width) what dropout multiplies with, drawn again in plain NumPy."""
    with np.errstate(over="ignore"):
        stream = random.plain(random.integer)(random.stream(seed, random.MASK, step), np.uint64(layer))
        at = stream + np.arange(rows * width, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        bits = random.plain(random.mix)(at) >> np.uint64(40)
    return torch.tensor((bits >= int(p * 2**24)).reshape(rows, width) / (1 - p))


@pytest.mark.parametrize("shards", [1, 3])
def test_dropout(shards):
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(ROWS, 5)), rng.normal(size=(ROWS, 2))
    net = Network()
    h = net.dropout(net.activation(net.dense(net.dropout(net.input(5), 0.2), 9), "tanh"), 0.5)
    net.loss(net.dense(h, 2), "mse")
    trainer = Trainer(net, x, y, dtype="float64", rate=0.1, batch=BATCH, shuffle=False, seed=6, shards=shards)
    theta = torch.tensor(trainer.theta)
    parameters = [
        theta[at : at + int(np.prod(shape))].reshape(shape).clone().requires_grad_()
        for at, shape in trainer.named().values()
    ]
    rule = torch.optim.SGD(parameters, 0.1)
    features, targets = torch.tensor(x), torch.tensor(y)
    losses, place = [], 0
    for step in range(STEPS):
        rows = features[place : place + BATCH]
        w, b, v, c = parameters
        h = torch.tanh((rows * masks(6, 1, step, len(rows), 5, 0.2)) @ w + b)
        out = (h * masks(6, 2, step, len(rows), 9, 0.5)) @ v + c
        value = F.mse_loss(out, targets[place : place + BATCH])
        rule.zero_grad()
        value.backward()
        rule.step()
        losses.append(value.item())
        place = place + BATCH if place + BATCH < ROWS else 0
    near(trainer.train(STEPS)[:, 0], losses)
    near(trainer.theta, torch.cat([p.detach().reshape(-1) for p in parameters]))
