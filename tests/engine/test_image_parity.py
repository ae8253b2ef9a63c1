"""Images against PyTorch: every layer's output and gradients, and 200 updates of a whole model."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.network import Network
from engine.trainer import Trainer

torch = pytest.importorskip("torch")
F = torch.nn.functional

few = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)
side = st.integers(1, 7)
pair = st.tuples(st.integers(1, 3), st.integers(1, 3))


@st.composite
def layers(draw):
    """An image's shape, kernel, stride and padding that fit it, and a seed."""
    shape = draw(st.tuples(st.integers(1, 4), side, side))
    padding = draw(st.tuples(st.integers(0, 2), st.integers(0, 2)))
    kernel = tuple(draw(st.integers(1, min(5, n + 2 * p))) for n, p in zip(shape[1:], padding, strict=True))
    return shape, kernel, draw(pair), padding, draw(st.integers(0, 2**31 - 1))


def compare(layer, theirs, shape, seed):
    """Output and all gradients of `layer` between a dense one that makes the image and a square error."""
    rng = np.random.default_rng(seed)
    net = Network()
    image = net.dense(net.input(5), int(np.prod(shape)), init="xavier")
    y = layer(net, image)
    net.loss(y, "mse")
    x, target = rng.normal(size=(4, 5)), rng.normal(size=(4, net.nodes[y].width))
    trainer = Trainer(net, x, target, dtype="float64", seed=2)
    start = torch.tensor(trainer.theta)
    blocks = [start[at : at + int(np.prod(s))].reshape(s) for at, s in trainer.named().values()]
    blocks = [block.clone().requires_grad_() for block in blocks]
    weight, bias, *own = blocks
    z = theirs((torch.tensor(x) @ weight + bias).reshape(4, *shape), *own)
    F.mse_loss(z.flatten(1), torch.tensor(target)).backward()
    expected = torch.cat([block.grad.ravel() for block in blocks]).numpy()
    assert net.nodes[y].shape == tuple(z.shape[1:])
    np.testing.assert_allclose(trainer.predict(node=y), z.detach().flatten(1).numpy(), rtol=1e-9, atol=1e-12)
    assert np.linalg.norm(trainer.gradient() - expected) <= 1e-9 * np.linalg.norm(expected)


def bordered(x, padding, fill):
    """x with its border, by PyTorch."""
    down, along = padding
    sides = (along, along, down, down)
    if fill == "edge":
        return F.pad(x, sides, mode="replicate")
    mean = x.mean((2, 3), keepdim=True) if fill == "mean" else 0
    return F.pad(x - mean, sides) + mean


@pytest.mark.parametrize("fill", ["zero", "edge", "mean"])
@few
@given(layers())
def test_convolution(fill, drawn):
    shape, kernel, stride, padding, seed = drawn

    def layer(net, x):
        return net.convolution(x, 3, kernel, stride=stride, padding=padding, fill=fill, shape=shape)

    def theirs(x, weight, bias):
        return F.conv2d(bordered(x, padding, fill), weight.T.reshape(3, shape[0], *kernel), bias, stride)

    compare(layer, theirs, shape, seed)


@few
@given(layers())
def test_unshared_weights(drawn):
    shape, kernel, stride, padding, seed = drawn

    def layer(net, x):
        return net.convolution(x, 2, kernel, stride=stride, padding=padding, shared=False, shape=shape)

    def theirs(x, weight, bias):
        windows = F.unfold(x, kernel, padding=padding, stride=stride)
        size = [
            (n + 2 * p - k) // s + 1 for n, p, k, s in zip(x.shape[2:], padding, kernel, stride, strict=True)
        ]
        return (torch.einsum("nkp,kop->nop", windows, weight) + bias).reshape(len(x), 2, *size)

    compare(layer, theirs, shape, seed)


@few
@given(layers())
def test_a_bias_for_each_place(drawn):
    shape, kernel, stride, padding, seed = drawn

    def layer(net, x):
        return net.convolution(x, 2, kernel, stride=stride, padding=padding, bias="place", shape=shape)

    def theirs(x, weight, bias):
        y = F.conv2d(x, weight.T.reshape(2, shape[0], *kernel), None, stride, padding)
        return y + bias.reshape(y.shape[1:])

    compare(layer, theirs, shape, seed)


POOLS = {
    "max": F.max_pool2d,
    "average": F.avg_pool2d,
    "min": lambda x, kernel, stride: -F.max_pool2d(-x, kernel, stride),
}


@pytest.mark.parametrize("kind", POOLS)
@few
@given(layers())
def test_pool(kind, drawn):
    shape, kernel, stride, _, seed = drawn
    kernel = tuple(min(k, n) for k, n in zip(kernel, shape[1:], strict=True))

    def layer(net, x):
        return net.pool(x, kind, kernel, stride, shape=shape)

    compare(layer, lambda x: POOLS[kind](x, kernel, stride), shape, seed)


@pytest.mark.parametrize("kind", POOLS)
def test_ties(kind):
    """Where numbers are equal the gradient goes where PyTorch's does."""

    def layer(net, x):
        return net.pool(net.activation(x, "relu"), kind, 3, 2, shape=(2, 7, 6))

    compare(layer, lambda x: POOLS[kind](F.relu(x), 3, 2), (2, 7, 6), 0)


@pytest.mark.parametrize("kind", POOLS)
def test_global_pool(kind):
    def layer(net, x):
        return net.global_pool(net.convolution(x, 3, 2, shape=(2, 5, 4)), kind)

    def theirs(x, weight, bias):
        y = F.conv2d(x, weight.T.reshape(3, 2, 2, 2), bias)
        return POOLS[kind](y, y.shape[2:], 1)

    compare(layer, theirs, (2, 5, 4), 1)


def test_the_lesson_s_network_over_200_updates():
    """3×3×8, pool, 3×3×16, pool, dense on 28×28 images, with momentum, in double precision."""
    rng = np.random.default_rng(0)
    x, y = rng.random((96, 784)) * (rng.random((96, 784)) < 0.3), rng.integers(0, 10, 96)
    net = Network()
    h = net.input(784, shape=(1, 28, 28))
    for channels in (8, 16):
        h = net.pool(net.activation(net.convolution(h, channels, padding=1), "relu"))
    net.loss(net.dense(net.flatten(h), 10), "cross-entropy")
    run = {"optimizer": "momentum", "rate": 0.02, "batch": 24, "shuffle": False}
    trainer = Trainer(net, x, y, dtype="float64", seed=3, **run)
    model = torch.nn.Sequential(
        torch.nn.Conv2d(1, 8, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
        torch.nn.Conv2d(8, 16, 3, padding=1), torch.nn.ReLU(), torch.nn.MaxPool2d(2),
        torch.nn.Flatten(), torch.nn.Linear(784, 10),
    ).double()  # fmt: skip
    start = trainer.theta
    with torch.no_grad():
        for own, (at, shape) in zip(model.parameters(), trainer.named().values(), strict=True):
            block = torch.tensor(start[at : at + int(np.prod(shape))]).reshape(shape)
            own.copy_((block.T if len(shape) == 2 else block).reshape(own.shape))
    rule = torch.optim.SGD(model.parameters(), 0.02, momentum=0.9)
    images, labels, losses = torch.tensor(x).reshape(-1, 1, 28, 28), torch.tensor(y), []
    for step in range(200):
        part = slice(step % 4 * 24, step % 4 * 24 + 24)
        loss = F.cross_entropy(model(images[part]), labels[part])
        rule.zero_grad()
        loss.backward()
        rule.step()
        losses.append(loss.item())
    found = trainer.train(200)[:, 0]
    theirs = [p.detach().reshape(len(p), -1).T.ravel() for p in model.parameters()]
    expected = torch.cat(theirs).numpy()
    assert found[-1] < found[0] / 2
    assert np.linalg.norm(trainer.theta - expected) < 1e-9 * np.linalg.norm(expected)
    assert np.linalg.norm(found - losses) < 1e-9 * np.linalg.norm(losses)
