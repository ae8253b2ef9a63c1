"""From a constant to a Transformer: each rung is a whole program, a little more than the one before.

Read from the top it is a tour of the engine.
"""

import numpy as np

from engine.analysis.hessian import hessian
from engine.decoding import greedy
from engine.network import Network
from engine.trainer import Trainer


def random(seed=0):
    return np.random.default_rng(seed)


def test_a_constant_learns_the_mean():
    y = [2.0, 4.0, 9.0]
    net = Network()
    net.loss(net.dense(net.input(1), 1), "mse")  # w·0 + b
    trainer = Trainer(net, [0, 0, 0], y, rate=0.1)
    trainer.train(100)
    np.testing.assert_allclose(trainer.predict(), 5, rtol=1e-6)


def test_a_line_finds_slope_and_height():
    x = np.linspace(-1, 1, 50)
    net = Network()
    net.loss(net.dense(net.input(1), 1, name="line"), "mse")
    trainer = Trainer(net, x, 3 * x - 1, rate=0.3, dtype="float64")
    trainer.train(200)
    np.testing.assert_allclose(trainer.theta, [3, -1], rtol=1e-9)


def test_a_sigmoid_separates_what_a_line_can():
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    net = Network()
    net.loss(net.dense(net.input(2), 1), "binary-cross-entropy")
    both = Trainer(net, corners, [0, 0, 0, 1], rate=1.0)
    both.train(500)
    assert both.evaluate()["accuracy"] == 1
    either = Trainer(net, corners, [0, 1, 1, 0], rate=1.0)  # XOR: no line does it
    either.train(500)
    assert either.evaluate()["accuracy"] < 1


def test_a_hidden_layer_solves_xor():
    net = Network()
    h = net.activation(net.dense(net.input(2), 8, init="xavier"), "tanh")
    net.loss(net.dense(h, 1), "binary-cross-entropy")
    trainer = Trainer(net, [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], optimizer="adam", rate=0.05)
    trainer.train(500)
    assert trainer.evaluate()["accuracy"] == 1


def test_its_curvature_is_known_exactly():
    net = Network()
    net.surface("quadratic", [3, -1])  # L = 3x² - y²: a saddle
    assert np.linalg.eigvalsh(hessian(Trainer(net, theta=[0, 0], dtype="float64"))).tolist() == [-2, 6]


def test_shared_weights_see_a_stroke_wherever_it_stands():
    draw, images, labels = random(), np.zeros((400, 8, 8)), np.arange(400) % 2
    for image, upright in zip(images, labels, strict=True):
        row, column = draw.integers(0, 6, 2)
        image[(slice(row, row + 3), column) if upright else (row, slice(column, column + 3))] = 1
    net = Network()
    maps = net.activation(net.convolution(net.input(64, shape=(1, 8, 8)), 2, 3), "relu")
    net.loss(net.dense(net.pool(maps, "max", 6), 2), "cross-entropy")
    trainer = Trainer(net, images[:200], labels[:200], optimizer="adam", rate=0.03)
    trainer.train(300)
    assert trainer.program.size == 2 * 9 + 2 + 2 * 2 + 2  # 26 parameters for 64 pixels
    assert trainer.evaluate(images[200:], labels[200:])["accuracy"] > 0.98


def test_depth_is_no_trouble_with_normalisation():
    angle = np.linspace(0, 1, 100)
    arms = [
        np.stack([a * np.cos(6 * a + k * np.pi), a * np.sin(6 * a + k * np.pi)], 1)
        for a in [angle]
        for k in (0, 1)
    ]
    x, y = np.concatenate(arms), np.repeat([0, 1], 100)

    def accuracy(normal):
        net = Network()
        h = net.input(2)
        for _ in range(6):
            h = net.dense(h, 16, init="xavier")
            h = net.activation(net.batch_norm(h) if normal else h, "sigmoid")
        net.loss(net.dense(h, 2), "cross-entropy")
        trainer = Trainer(net, x, y, optimizer="adam", rate=0.01, batch=50)
        trainer.train(400)
        return trainer.evaluate(mode="batch")["accuracy"]

    assert accuracy(normal=False) < 0.7 < 0.95 < accuracy(normal=True)


def sequences(count=512, length=6, words=9, seed=0):
    return random(seed).integers(1, words, (count, length))


def test_a_recurrent_net_remembers_the_first_token():
    tokens = sequences()
    net = Network()
    h = net.lstm(net.embedding(net.input(6), 9, 8), 16)
    net.loss(net.dense(net.slice(h, 5 * 16, 16), 9), "cross-entropy")  # the state after the last token
    trainer = Trainer(net, tokens, tokens[:, 0], optimizer="adam", rate=0.02, batch=32)
    trainer.train(400)
    fresh = sequences(seed=1)
    assert trainer.evaluate(fresh, fresh[:, 0])["accuracy"] > 0.95


def block(net, h, d, name, context=None, mask=None):
    """Attention and a small network at every position, each added to its input and normalised."""
    h = net.layer_norm(net.add(h, net.attention(h, f"{name}-look", context=context, mask=mask)), d)
    inner = net.activation(net.dense_each(h, 4 * d, f"{name}-first", init="he"), "relu")
    return net.layer_norm(net.add(h, net.dense_each(inner, d, f"{name}-second")), d)


def enter(net, tokens, words, d, name):
    return net.position(net.embedding(tokens, words, d, name), "learned", f"{name}-places")


def test_attention_turns_a_sequence_round():
    tokens = sequences()
    net = Network()
    h = block(net, enter(net, net.input(6), 9, 16, "words"), 16, "encoder")
    net.sequence_loss(net.dense_each(h, 9))
    trainer = Trainer(net, tokens, tokens[:, ::-1], optimizer="adam", rate=0.01, batch=32)
    trainer.train(400)
    fresh = sequences(seed=1)
    assert trainer.evaluate(fresh, fresh[:, ::-1])["accuracy"] > 0.98
    weights = trainer.predict(fresh, node=net.find("encoder-look.weights")).reshape(-1, 6, 6).mean(0)
    assert (weights.argmax(axis=1) == np.arange(6)[::-1]).all()  # each place looks at its mirror image


def test_an_encoder_and_a_decoder_write_token_by_token():
    words, length, begin = 9, 6, 0
    tokens = sequences(2048)
    answers = tokens[:, ::-1]
    written = np.column_stack([np.full(len(tokens), begin), answers[:, :-1]])  # what stands there already
    net = Network()
    both = net.input(2 * length)
    memory = block(net, enter(net, net.slice(both, 0, length), words, 16, "source"), 16, "encoder")
    h = enter(net, net.slice(both, length, length), words, 16, "target")
    h = net.layer_norm(net.add(h, net.attention(h, "past", mask="causal")), 16)  # it must not see what comes
    h = block(net, h, 16, "decoder", context=memory)
    logits = net.dense_each(h, words, "logits")
    net.sequence_loss(logits)
    trainer = Trainer(net, np.hstack([tokens, written]), answers, optimizer="adam", rate=0.01, batch=64)
    trainer.train(500)
    for source in sequences(20, seed=1):

        def after(prefix, source=source):
            row = np.zeros(length, int)
            row[: len(prefix) + 1] = [begin, *prefix]
            z = trainer.predict([[*source, *row]], node=logits).reshape(length, words)[len(prefix)]
            return z - np.log(np.exp(z).sum())

        assert list(greedy(after, limit=length).tokens) == source[::-1].tolist()
