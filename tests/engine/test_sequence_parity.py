"""Sequence layers against PyTorch's own: outputs, losses and gradients, and whole models over many updates."""

import numpy as np
import pytest

from engine.network import Network
from engine.trainer import Trainer

torch = pytest.importorskip("torch")
nn, F = torch.nn, torch.nn.functional
torch.set_num_threads(1)  # small tensors: more threads only wait

ROWS, LENGTH, OTHER, WORDS, WIDTH = 7, 5, 4, 9, 6


def close(found, expected, limit=1e-9):
    found, expected = np.ravel(found), np.ravel(expected)
    return np.linalg.norm(found - expected) <= limit * np.linalg.norm(expected)


def draw(seed=0, width=OTHER + LENGTH, positions=LENGTH, classes=WORDS):
    """Tokens (ROWS, width) with padding 0 at the end of the first OTHER, and labels with padding -1."""
    rng = np.random.default_rng(seed)
    x, y = rng.integers(1, WORDS, (ROWS, width)), rng.integers(0, classes, (ROWS, positions))
    x[::2, OTHER - 1], x[1, OTHER - 2 : OTHER] = 0, 0
    y[::3, positions - 1] = -1
    return x, y


def blocks(trainer):
    """θ as PyTorch tensors by name, each with a gradient to come."""
    theta, found = torch.tensor(trainer.theta), {}
    for name, (at, shape) in trainer.named().items():
        found[name] = theta[at : at + int(np.prod(shape))].reshape(shape).clone().requires_grad_()
    return found


def affine(h, p, name):
    return h @ p[f"{name}.weight"] + p[f"{name}.bias"]


def compare(net, x, y, forward, **loss):
    """Logits, loss and gradient of the network, and of forward(parameters, tokens) with PyTorch's loss."""
    trainer = Trainer(net, x, y, dtype="float64", seed=3)
    p = blocks(trainer)
    z = forward(p, torch.tensor(x))
    value = F.cross_entropy(z.reshape(-1, z.shape[-1]), torch.tensor(y).reshape(-1), ignore_index=-1, **loss)
    value.backward()
    assert close(trainer.predict(), z.detach().numpy())
    assert trainer.evaluate()["loss"] == pytest.approx(value.item(), rel=1e-12)
    assert close(trainer.gradient(), torch.cat([block.grad.ravel() for block in p.values()]).numpy())


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_embedding_and_loss(smoothing, reduction):
    x, y = draw()
    net = Network()
    h = net.embedding(net.slice(net.input(OTHER + LENGTH), OTHER, LENGTH), WORDS, WIDTH, "words")
    net.sequence_loss(net.dense_each(h, WORDS, "head"), smoothing, reduction)

    def forward(p, tokens):
        return affine(F.embedding(tokens[:, OTHER:], p["words.table"]), p, "head")

    compare(net, x, y, forward, label_smoothing=smoothing, reduction=reduction)


def multihead(q, kv, p, name, heads, mask=None, hidden=None):
    """nn.MultiheadAttention with the parameters of the layer of that name."""
    parts = ("query", "key", "value")
    out, weights = F.multi_head_attention_forward(
        q.transpose(0, 1), kv.transpose(0, 1), kv.transpose(0, 1), q.shape[-1], heads,
        torch.cat([p[f"{name}.{part}.weight"].T for part in parts]),
        torch.cat([p[f"{name}.{part}.bias"] for part in parts]),
        None, None, False, 0.0, p[f"{name}.weight"].T, p[f"{name}.bias"],
        attn_mask=mask, key_padding_mask=hidden, average_attn_weights=False,
    )  # fmt: skip
    return out.transpose(0, 1), weights


MASKS = {
    "none": (None, torch.ones(LENGTH, LENGTH).bool()),
    "causal": ("causal", torch.ones(LENGTH, LENGTH).tril().bool()),
    "local": (1, torch.ones(LENGTH, LENGTH).tril(1).triu(-1).bool()),
}


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("heads", [1, 2, 3])
def test_self_attention(heads, mask):
    x, y = draw(1)
    mine, its = MASKS[mask]
    net = Network()
    h = net.embedding(net.slice(net.input(OTHER + LENGTH), OTHER, LENGTH), WORDS, WIDTH, "words")
    net.sequence_loss(net.dense_each(net.attention(h, "look", heads=heads, mask=mine), WORDS, "head"))

    def forward(p, tokens):
        h = F.embedding(tokens[:, OTHER:], p["words.table"])
        return affine(multihead(h, h, p, "look", heads, ~its)[0], p, "head")

    compare(net, x, y, forward)


def test_cross_attention_with_padding_and_its_weights():
    x, y = draw(2)
    net = Network()
    row = net.input(OTHER + LENGTH)
    source, target = net.slice(row, 0, OTHER), net.slice(row, OTHER, LENGTH)
    table = net.embedding(source, WORDS, WIDTH, "words")
    h = net.embedding(target, WORDS, WIDTH, tie=table)
    h = net.attention(h, "look", heads=2, context=table, tokens=source)
    net.sequence_loss(net.dense_each(h, WORDS, "head"))

    def look(p, tokens):
        source, target = tokens[:, :OTHER], tokens[:, OTHER:]
        table = p["words.table"]
        return multihead(table[target], table[source], p, "look", 2, hidden=source == 0)

    compare(net, x, y, lambda p, tokens: affine(look(p, tokens)[0], p, "head"))
    trainer = Trainer(net, x, y, dtype="float64", seed=3)
    weights = look(blocks(trainer), torch.tensor(x))[1].detach().numpy()
    assert close(trainer.predict(node=net.find("look.weights")), weights)


@pytest.mark.parametrize("normaliser", ["softmax", "relu"])
@pytest.mark.parametrize("score", ["dot", "additive"])
def test_scores_and_normalisers(score, normaliser):
    x, y = draw(4)
    net = Network()
    h = net.embedding(net.slice(net.input(OTHER + LENGTH), OTHER, LENGTH), WORDS, WIDTH, "words")
    h = net.attention(h, "look", score=score, normaliser=normaliser, scaled=False, mask="causal")
    net.sequence_loss(net.dense_each(h, WORDS, "head"))

    def forward(p, tokens):
        h = p["words.table"][tokens[:, OTHER:]]
        q, k, v = (affine(h, p, f"look.{part}") for part in ("query", "key", "value"))
        if score == "dot":
            s = q @ k.transpose(1, 2)
        else:
            s = torch.tanh(q[:, :, None] + k[:, None]) @ p["look.scores.vector"]
        s = s.masked_fill(~MASKS["causal"][1], -torch.inf)
        w = torch.softmax(s, 2) if normaliser == "softmax" else torch.relu(s)
        return affine(affine(w @ v, p, "look"), p, "head")

    compare(net, x, y, forward)


@pytest.mark.parametrize("kind", ["tanh", "relu", "lstm"])
def test_recurrent_layers(kind):
    x, y = draw(5)
    net = Network()
    h = net.embedding(net.slice(net.input(OTHER + LENGTH), OTHER, LENGTH), WORDS, WIDTH, "words")
    h = net.lstm(h, 8, "memory") if kind == "lstm" else net.rnn(h, 8, "memory", activation=kind)
    net.sequence_loss(net.dense_each(h, WORDS, "head"))
    inner = "memory.cells" if kind == "lstm" else "memory"
    cell = nn.LSTM if kind == "lstm" else lambda *sizes, **how: nn.RNN(*sizes, nonlinearity=kind, **how)

    def forward(p, tokens):
        layer = cell(WIDTH, 8, batch_first=True).double()
        bias = p["memory.input.bias"]
        its = {"weight_ih_l0": p["memory.input.weight"].T, "weight_hh_l0": p[f"{inner}.weight"].T}
        its |= {"bias_ih_l0": bias, "bias_hh_l0": torch.zeros_like(bias)}
        h, _ = torch.func.functional_call(layer, its, p["words.table"][tokens[:, OTHER:]])
        return affine(h, p, "head")

    compare(net, x, y, forward)


def test_copying():
    x, y = draw(6)
    net = Network()
    row = net.input(OTHER + LENGTH)
    source, target = net.slice(row, 0, OTHER), net.slice(row, OTHER, LENGTH)
    memory = net.embedding(source, WORDS, WIDTH, "words")
    h = net.embedding(target, WORDS, WIDTH, tie=memory)
    h = net.attention(h, "look", heads=2, context=memory, tokens=source)
    z = net.dense_each(h, WORDS + 1, "head")
    net.sequence_loss(net.copy_softmax(z, net.find("look.weights"), source))

    def forward(p, tokens):
        source, target = tokens[:, :OTHER], tokens[:, OTHER:]
        h, weights = multihead(
            p["words.table"][target], p["words.table"][source], p, "look", 2, hidden=source == 0
        )
        z = affine(h, p, "head")
        gate = torch.sigmoid(z[..., -1:])
        copied = weights.mean(1) @ F.one_hot(source, WORDS).double()
        return torch.log(gate * torch.softmax(z[..., :-1], 2) + (1 - gate) * copied)

    compare(net, x, y, forward)


def transformer(before: bool):
    """Encoder and decoder of two blocks each, with masks and padding; layer norm before or after each part."""
    net = Network()
    row = net.input(OTHER + LENGTH)
    source, target = net.slice(row, 0, OTHER), net.slice(row, OTHER, LENGTH)

    def join(h, name, part):
        inner = net.layer_norm(h, WIDTH, name=f"{name}.norm") if before else h
        h = net.add(h, part(inner, name))
        return h if before else net.layer_norm(h, WIDTH, name=f"{name}.norm")

    def feed(h, name):
        h = net.activation(net.dense_each(h, 8, f"{name}.first", init="he"), "tanh")
        return net.dense_each(h, WIDTH, f"{name}.second")

    memory = net.position(net.embedding(source, WORDS, WIDTH, "source"), "sinusoidal")
    for n in range(2):
        memory = join(memory, f"look-{n}", lambda h, name: net.attention(h, name, heads=2, tokens=source))
        memory = join(memory, f"think-{n}", feed)
    h = net.position(net.embedding(target, WORDS, WIDTH, "target"), "learned", "places")
    for n in range(2):
        h = join(h, f"back-{n}", lambda h, name: net.attention(h, name, heads=2, mask="causal"))
        h = join(
            h, f"over-{n}", lambda h, name: net.attention(h, name, heads=2, context=memory, tokens=source)
        )
        h = join(h, f"write-{n}", feed)
    net.sequence_loss(net.dense_each(h, WORDS, "head"), 0.1)
    return net


def peer(p, tokens, before: bool):
    """The same model by PyTorch."""
    source, target = tokens[:, :OTHER], tokens[:, OTHER:]
    hidden, causal = source == 0, ~MASKS["causal"][1]

    def join(h, name, part):
        def norm(x):
            return F.layer_norm(x, (WIDTH,), p[f"{name}.norm.gamma"], p[f"{name}.norm.beta"])

        return h + part(norm(h), name) if before else norm(h + part(h, name))

    def feed(h, name):
        return affine(torch.tanh(affine(h, p, f"{name}.first")), p, f"{name}.second")

    place, column = torch.arange(OTHER)[:, None].double(), torch.arange(WIDTH).double()
    angle = place / 10000 ** (column // 2 * 2 / WIDTH)
    memory = p["source.table"][source] + torch.where(column % 2 == 1, angle.cos(), angle.sin())
    for n in range(2):
        memory = join(memory, f"look-{n}", lambda h, name: multihead(h, h, p, name, 2, hidden=hidden)[0])
        memory = join(memory, f"think-{n}", feed)
    h = p["target.table"][target] + p["places.table"]
    for n in range(2):
        h = join(h, f"back-{n}", lambda h, name: multihead(h, h, p, name, 2, causal)[0])
        h = join(h, f"over-{n}", lambda h, name: multihead(h, memory, p, name, 2, hidden=hidden)[0])
        h = join(h, f"write-{n}", feed)
    return affine(h, p, "head")


@pytest.mark.parametrize("before", [True, False], ids=["pre-norm", "post-norm"])
def test_an_encoder_and_decoder_over_many_updates(before):
    x, y = draw(7)
    net = transformer(before)
    compare(net, x, y, lambda p, tokens: peer(p, tokens, before), label_smoothing=0.1)
    trainer = Trainer(net, x, y, dtype="float64", seed=3, optimizer="momentum", rate=0.02)
    p = blocks(trainer)
    rule, losses = torch.optim.SGD(p.values(), 0.02, momentum=0.9), []
    for _ in range(200):
        z = peer(p, torch.tensor(x), before)
        value = F.cross_entropy(
            z.reshape(-1, WORDS), torch.tensor(y).reshape(-1), ignore_index=-1, label_smoothing=0.1
        )
        rule.zero_grad()
        value.backward()
        rule.step()
        losses.append(value.item())
    assert close(trainer.train(200)[:, 0], losses)
    assert close(trainer.theta, torch.cat([block.detach().ravel() for block in p.values()]).numpy())
