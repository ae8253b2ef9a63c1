"""PyTorch's words one by one: every layer, optimizer, schedule and loss of the engine, over 20 updates."""

import numpy as np
import pytest

from engine.network import ACTIVATIONS, LOSSES, Network
from engine.ops.registry import OPERATIONS
from engine.optim import OPTIMIZERS
from engine.population import Population
from engine.schedule import SCHEDULES
from engine.trainer import Trainer

torch = pytest.importorskip("torch")

import peer  # noqa: E402

from lessons.pytorch.data import Source, source  # noqa: E402
from lessons.pytorch.lines import wrapped  # noqa: E402
from lessons.pytorch.program import Sheet, facts  # noqa: E402

torch.set_num_threads(1)
UPDATES = 20
ROWS, SIDE = 24, 6


@pytest.fixture(autouse=True)
def as_before():
    yield
    torch.set_default_dtype(torch.float32)


def program_of(found, updates=UPDATES):
    return Sheet(facts(found), Source(("x, y = None",)), "a test", '"a:test"', 1, updates, ()).write()


def same(found, monkeypatch, go=None, updates=UPDATES):
    """The program of a trainer, once it has proved to be the same."""
    program = program_of(found, updates)
    go = go or (lambda updates: found.train(updates)[:, 0])
    theta, losses = peer.run(found, program, updates, go, monkeypatch)
    assert theta < 1e-9 and losses < 1e-9, program.text
    return program.text


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def toy(**settings):
    net = Network()
    h = net.activation(net.dense(net.input(3), 6), "tanh")
    net.loss(net.dense(h, 2), "mse")
    return Trainer(
        net, numbers(ROWS, 3), numbers(ROWS, 2, seed=1), dtype="float64", **{"rate": 0.01, **settings}
    )


@pytest.mark.parametrize("l2", [0, 0.1])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers(name, l2, monkeypatch):
    settings = {"switch": 8} if name == "swats" else {}
    text = same(toy(optimizer=name, l2=l2, batch=5, **settings), monkeypatch)
    own = {"sgdw", "adam-biased", "adabound", "radam", "nesterov-ahead", "swats"}
    assert ("Optimizer):" in text) == (name in own)


CONSTANTS = [
    {"optimizer": "adam", "momentum": 0.8, "decay": 0.9, "epsilon": 1e-4},
    {"optimizer": "radam", "threshold": 5},
    {"optimizer": "adamw", "weight_decay": 0.3},
    {"optimizer": "sgdw", "weight_decay": 0.3, "momentum": 0.5},
    {"optimizer": "nadam", "psi": 0.1},
    {"optimizer": "rmsprop", "decay": 0.9, "epsilon": 1e-3},
    {"optimizer": "adabound", "bound": 0.002, "tightening": 0.5},
    {"optimizer": "adabound", "bound": 0.002, "tightening": 0.5, "schedule": "inverse-sqrt"},
    {"clip": 0.3, "l2": 0.1},
    {"noise": 0.01},
    {"noise": 0.01, "noise_decay": 0.0},
    {"lookahead": 5, "blend": 0.3, "optimizer": "momentum"},
    {"shuffle": False, "batch": 7},
    {"optimizer": "mean-rms", "schedule": ("cosine", {"updates": 30, "low": 0.1})},
]


@pytest.mark.parametrize("settings", CONSTANTS, ids=str)
def test_constants(settings, monkeypatch):
    same(toy(**settings), monkeypatch)


PLANS = [
    *(
        name
        for name in SCHEDULES
        if name not in ("drawn", "step", "cosine", "sgdr", "triangular", "one-cycle")
    ),
    ("step", {"every": 6, "gamma": 0.5}),
    ("cosine", {"updates": UPDATES, "low": 0.1}),
    ("cosine", {"updates": 12}),
    ("sgdr", {"first": 7, "low": 0.2}),
    ("sgdr", {"first": 4, "growth": 2}),
    ("sgdr", {"first": 4, "growth": 1.5}),
    ("triangular", {"up": 4, "low": 0.1}),
    ("triangular", {"up": 4, "down": 3}),
    ("one-cycle", {"updates": UPDATES}),
    ("one-cycle", {"updates": 12, "rise": 0.5, "start": 0.1, "end": 0.01}),
    ("drawn", {"updates": UPDATES, "heights": (0.1, 1, 0.5, 0)}),
    ("range-test", {"updates": UPDATES, "ratio": 100}),
    ("warm-up", {"warm": 8}),
]


@pytest.mark.parametrize("plan", PLANS, ids=str)
def test_schedules(plan, monkeypatch):
    same(toy(schedule=plan, optimizer="momentum"), monkeypatch)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("loss", LOSSES)
def test_losses(loss, reduction, monkeypatch):
    net = Network()
    net.loss(net.dense(net.activation(net.dense(net.input(3), 5), "tanh"), 4), loss, reduction)
    labels = np.random.default_rng(1).integers(0, 4, ROWS)
    y = labels if LOSSES[loss] == "labels" else np.eye(4)[labels]
    same(Trainer(net, numbers(ROWS, 3), y, dtype="float64", rate=0.02), monkeypatch)


@pytest.mark.parametrize("kind", ACTIVATIONS)
def test_activations(kind, monkeypatch):
    net = Network()
    h = net.activation(net.dense(net.input(3), 6), kind)
    net.loss(net.dense(net.add(h, net.activation(h, kind)), 2), "mse")
    trainer = Trainer(net, numbers(ROWS, 3), numbers(ROWS, 2), dtype="float64", rate=0.01)
    theta, losses = peer.run(trainer, program_of(trainer), 9, lambda n: trainer.train(n)[:, 0], monkeypatch)
    # PyTorch's hard sigmoid has a sixth in single precision.
    assert max(theta, losses) < (1e-6 if kind == "hard-sigmoid" else 1e-9)


IMAGES = {
    "convolution": lambda net, x: net.convolution(x, 3, (3, 2), stride=(2, 1), padding=(1, 0)),
    "no bias": lambda net, x: net.convolution(x, 3, bias=False),
    "a bias for each place": lambda net, x: net.convolution(x, 2, padding=1, bias="place", init="xavier"),
    "edge": lambda net, x: net.convolution(x, 2, padding=1, fill="edge"),
    "mean": lambda net, x: net.convolution(x, 2, padding=1, fill="mean"),
    "unshared": lambda net, x: net.convolution(x, 2, 3, shared=False),
    "max": lambda net, x: net.pool(net.convolution(x, 2), "max", 2, 1),
    "min": lambda net, x: net.pool(net.convolution(x, 2), "min", 2),
    "average": lambda net, x: net.global_pool(net.convolution(x, 2), "average"),
    "batch norm": lambda net, x: net.batch_norm(net.convolution(x, 2), momentum=0.2, affine=False),
    "layer norm": lambda net, x: net.layer_norm(net.convolution(x, 2)),
    "instance norm": lambda net, x: net.instance_norm(net.convolution(x, 2)),
    "group norm": lambda net, x: net.group_norm(net.convolution(x, 4), 2, epsilon=1e-3),
    "flat": lambda net, x: net.group_norm(net.dense(x, 8), 2, channels=4),
    "dropout": lambda net, x: net.dense(net.dropout(net.dropout(x, 0.2), 0.5), 4),
    "tied": lambda net, x: net.dense(
        net.activation(net.dense(net.dense(x, 4, "one"), 4, "two"), "tanh"), 4, tie=4
    ),
    "softmax": lambda net, x: net.softmax(net.dense(x, 6), groups=2, temperature=0.5),
}


@pytest.mark.parametrize("layer", IMAGES)
def test_images(layer, monkeypatch):
    net = Network()
    x = net.input(2 * SIDE * SIDE, shape=(2, SIDE, SIDE))
    if layer == "tied":
        h = net.dense(net.dense(x, 4, "one"), 4, "two")
        h = net.dense(net.activation(h, "tanh"), 4, tie=net.find("two"))
    else:
        h = IMAGES[layer](net, x)
    net.loss(net.dense(h, 3, "output"), "cross-entropy")
    y = np.random.default_rng(2).integers(0, 3, ROWS)
    same(Trainer(net, numbers(ROWS, 2 * SIDE * SIDE), y, dtype="float64", rate=0.01, batch=8), monkeypatch)


WORDS, WIDTH, LENGTH, OTHER = 7, 6, 5, 4


def block(net, h, **more):
    h = net.layer_norm(net.add(h, net.attention(h, "look", **more)), WIDTH)
    inner = net.activation(net.dense_each(h, 9), "relu")
    return net.layer_norm(net.add(h, net.dense_each(inner, WIDTH)), WIDTH)


def block_before(net, h):
    h = net.add(h, net.attention(net.layer_norm(h, WIDTH), "look", heads=3, mask="causal"))
    inner = net.activation(net.dense_each(net.layer_norm(h, WIDTH), 9), "gelu")
    return net.add(h, net.dense_each(inner, WIDTH))


ENCODERS = {
    "each": lambda net, h: net.activation(net.dense_each(h, 8), "relu"),
    "sinusoids": lambda net, h: net.position(h, "sinusoidal"),
    "learned places": lambda net, h: net.position(h, "learned", std=0.3),
    "rnn": lambda net, h: net.rnn(h, 5),
    "rnn, relu": lambda net, h: net.rnn(h, 5, activation="relu"),
    "lstm": lambda net, h: net.lstm(h, 5),
    "attention": lambda net, h: net.attention(h, "look", heads=2),
    "causal": lambda net, h: net.attention(h, "look", mask="causal"),
    "local": lambda net, h: net.attention(h, "look", mask=1),
    "any mask": lambda net, h: net.attention(h, "look", mask=np.random.default_rng(3).random((5, 5)) < 0.7),
    "additive": lambda net, h: net.attention(h, "look", score="additive", mask="causal"),
    "additive heads": lambda net, h: net.attention(h, "look", score="additive", heads=2),
    "relu weights": lambda net, h: net.attention(h, "look", normaliser="relu", heads=3, mask="causal"),
    "unscaled": lambda net, h: net.attention(h, "look", scaled=False, bias=False),
    "temperature": lambda net, h: net.attention(h, "look", temperature=2.0, width=4, output=False),
    "block": block,
    "block, local": lambda net, h: block(net, h, mask=1, heads=2),
    "two blocks": lambda net, h: net.activation(block(net, h), "tanh"),
    "block, norm before": block_before,
    "batch norm": lambda net, h: net.batch_norm(net.add(h, net.attention(h, "look"))),
    "layer norm of all": lambda net, h: net.layer_norm(h),
}


@pytest.mark.parametrize("layer", ENCODERS)
def test_sequences(layer, monkeypatch):
    net = Network()
    h = ENCODERS[layer](net, net.embedding(net.input(LENGTH), WORDS, WIDTH, "words"))
    net.sequence_loss(net.dense_each(h, 3, "output", length=LENGTH), smoothing=0.1 * (layer == "each"))
    rng = np.random.default_rng(5)
    x, y = rng.integers(0, WORDS, (ROWS, LENGTH)), rng.integers(-1, 3, (ROWS, LENGTH))
    trainer = Trainer(net, x, y, dtype="float64", rate=0.05, batch=10, optimizer="momentum")
    text = same(trainer, monkeypatch)
    assert ("TransformerEncoderLayer" in text) == ("block" in layer)


@pytest.mark.parametrize("kind", ["layer", "copy", "wide"])
def test_two_sequences(kind, monkeypatch):
    """A decoder that looks at what the encoder made of a padded source, and one that copies from it."""
    net = Network()
    row = net.input(OTHER + LENGTH)
    source, target = net.slice(row, 0, OTHER), net.slice(row, OTHER, LENGTH)
    wide = WIDTH + 2 * (kind == "wide")
    memory = block(net, net.embedding(source, WORDS, WIDTH, "source"), tokens=source) if kind != "wide" else (
        net.embedding(source, WORDS, wide, "source")
    )  # fmt: skip
    h = net.embedding(target, WORDS, WIDTH, "target")
    h = net.layer_norm(net.add(h, net.attention(h, "own", heads=2, mask="causal")), WIDTH)
    h = net.layer_norm(net.add(h, net.attention(h, "over", heads=2, context=memory, tokens=source)), WIDTH)
    inner = net.activation(net.dense_each(h, 9), "relu")
    h = net.layer_norm(net.add(h, net.dense_each(inner, WIDTH)), WIDTH)
    if kind == "copy":
        net.sequence_loss(net.copy_softmax(net.dense_each(h, WORDS + 1), net.find("over.weights"), source))
    else:
        net.sequence_loss(net.dense_each(h, WORDS))
    rng = np.random.default_rng(6)
    x, y = rng.integers(1, WORDS, (ROWS, OTHER + LENGTH)), rng.integers(0, WORDS, (ROWS, LENGTH))
    x[::2, OTHER - 1] = 0
    text = same(Trainer(net, x, y, dtype="float64", rate=0.05, batch=10), monkeypatch)
    assert ("TransformerDecoderLayer" in text) == (kind == "layer")


def test_one_net_of_a_population(monkeypatch):
    y = np.array([0, 1, 1, 0.0])[:, None]
    found = Population((2, 3, 1), 5, numbers(4, 2), y, dtype="float64", rate=0.1, threads=False)
    same(found, monkeypatch, lambda updates: found.train(updates, every=1)[:, 0])


def test_a_θ_that_was_given():
    """Few numbers are written out, many are fetched, and blocks that were drawn keep their rule."""
    few = toy(theta=np.arange(38.0))
    assert "theta[18:24]" in program_of(few).text or "theta.split" in program_of(few).text
    net = Network()
    net.loss(net.dense(net.input(1), 1), "mse")
    text = program_of(Trainer(net, numbers(9, 1), numbers(9, 1), theta=(2.5, -1))).text
    names = peer.names_of(program_of(Trainer(net, numbers(9, 1), numbers(9, 1), theta=(2.5, -1))))
    assert "2.5" in text and "examples" not in text
    assert [p.item() for p in peer.make(names).parameters()] == [2.5, -1]


def test_where_data_come_from():
    from lessons.data import generators, mnist
    from lessons.data.origin import recorded

    with recorded() as calls:
        x, y = generators.spirals(50, 3, arms=3)
    found = source(x.astype(np.float32), y, calls, "x, y = other")
    assert found.lines == ("x, y = generators.spirals(count=50, seed=3, arms=3)",)
    assert source(x[:20], y[:20, None].astype(float), calls, "").lines[1] == "x, y = x[:20], y[:20]"
    assert source(x + 1, y, calls, "x, y = other").lines == ("x, y = other",)
    digits = mnist()
    assert source(digits[0][:100], digits[1][:100], (), "").lines[0] == "x, y, _, _ = mnist()"
    assert source(np.ones((2, 1)), np.zeros(2), (), "").whole


def test_lines_are_broken_at_commas():
    line = f"f({', '.join(['argument'] * 20)})"
    assert max(map(len, wrapped(line))) <= 88 and " ".join(part.strip() for part in wrapped(line)) == (
        line.replace("f(", "f( ").replace(")", " )")
    )


def test_every_operation_of_a_network_has_its_word():
    from lessons.pytorch.parts import PARTS

    phrases = {"scores-dot", "scores-additive", "rectified", "mix", "rnn", "lstm", "copy", "copy-softmax"}
    ends = {*LOSSES, "sequence-cross-entropy"}
    surfaces = {"quadratic-1d", "quadratic", "ripple-1d", "himmelblau", "rosenbrock", "stream", "formula"}
    # A fork is the engine's own; penalties are added to no lesson's loss.
    assert set(OPERATIONS) == {*PARTS, *phrases, *ends, *surfaces, "fork", "penalty"}


SURFACES = [
    ("quadratic-1d", (2, -1, 0.5), (1.5,)),
    ("quadratic", (0.5, 2, -1, 0, 3, 0), (1.0, -1.0)),
    ("ripple-1d", (), (3.0,)),
    ("himmelblau", (), (0.3, 0.4)),
    ("rosenbrock", (), (-0.3, 0.4)),
    *((text, (), (0.6, -0.8)) for text in (
        "x^2 + 3*sin(y)", "-x^2 - -(y - 2)^3 / 4", "2^x * exp(-y) - (x - (y - 1))", "tanh(x*y)*sqrt(2) + abs(y)/pi",
        "(x + y)*(x - y)^2", "x - y - (x - y)", "ln(x^2 + 1)",
    )),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "coefficients", "start"), SURFACES, ids=[kind for kind, *_ in SURFACES])
def test_surfaces(kind, coefficients, start, monkeypatch):
    from engine.network import SURFACES as KNOWN
    from lessons.pytorch.surfaces import Analytic

    net = Network()
    if kind in KNOWN:
        net.surface(kind, coefficients)
    else:
        net.formula(kind)
    settings = {"optimizer": "momentum", "rate": 0.002, "noise": 0.01}
    trainer = Trainer(net, theta=start, dtype="float64", **settings)
    program = Analytic(facts(trainer), "a test", "", 1, UPDATES, ()).write()
    theta, losses = peer.run(trainer, program, UPDATES, lambda n: trainer.train(n)[:, 0], monkeypatch)
    assert theta < 1e-9 and losses < 1e-9, program.text
