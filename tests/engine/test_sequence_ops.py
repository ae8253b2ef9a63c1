"""Operations on sequences: central differences in float64, masks, tokens, padding, and a task that needs them."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import EngineError
from engine.layers.sequence import NORMALISERS, POSITIONS, SCORES, sinusoids, visible
from engine.network import Network
from engine.plane import loss_line
from engine.trainer import Trainer

few = settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)
# examples, positions of the decoder, of the encoder, heads, numbers a head, vocabulary, seed
shapes = st.tuples(
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(1, 4),
    st.integers(1, 2),
    st.integers(1, 3),
    st.integers(2, 5),
    st.integers(0, 2**31 - 1),
)


def agree(trainer, step=1e-5):
    """The gradient over the data and the one left by an update with a rate of zero, against differences."""
    theta = trainer.theta
    points = theta[:, None] + np.array([[-step, step]])
    expected = np.array(
        [np.subtract(*loss_line(trainer, k, points[k])[::-1]) / (2 * step) for k in range(theta.size)]
    )
    gradient = trainer.gradient()
    assert np.linalg.norm(gradient - expected) < 1e-6 * max(np.linalg.norm(expected), 1e-3)
    trainer.set("rate", 0.0)
    loss, norm = trainer.train(1)[0]
    assert loss == pytest.approx(trainer.evaluate()["loss"], rel=1e-12)
    assert norm == pytest.approx(np.linalg.norm(gradient), rel=1e-9)


def labels(rng, rows, length, classes):
    """(rows, length) with some padding, but not everywhere."""
    y = rng.integers(-1, classes, (rows, length))
    y[0, 0] = 0
    return y


def train(net, x, y, seed=1, **settings):
    return Trainer(net, x, y, dtype="float64", seed=seed, **settings)


@pytest.mark.parametrize("position", POSITIONS)
@few
@given(shapes)
def test_embedding_positions_and_a_layer_for_each_place(position, shape):
    rows, length, _, heads, size, v, seed = shape
    rng = np.random.default_rng(seed)
    net = Network()
    tokens = net.input(length)
    h = net.embedding(tokens, v, heads * size)
    h = net.add(net.position(h, position), net.embedding(tokens, v, heads * size, tie=h))
    first = net.dense_each(h, heads * size, init="normal")
    again = net.dense_each(net.activation(first, "tanh"), heads * size, tie=first)
    net.sequence_loss(net.dense_each(again, v), smoothing=0.1 * (seed % 2))
    agree(train(net, rng.integers(0, v, (rows, length)), labels(rng, rows, length, v), seed))


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("smoothing", [0, 0.3])
@few
@given(shapes)
def test_a_loss_over_positions(reduction, smoothing, shape):
    rows, length, _, _, size, v, seed = shape
    rng = np.random.default_rng(seed)
    net = Network()
    z = net.dense_each(net.input(length * size), v, length=length)
    net.sequence_loss(z, smoothing, reduction)
    agree(train(net, rng.normal(size=(rows, length * size)), labels(rng, rows, length, v), seed))


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize("normaliser", NORMALISERS)
@pytest.mark.parametrize("mask", [None, "causal", 1, "drawn"])
@few
@given(shapes)
def test_self_attention(score, normaliser, mask, shape):
    rows, length, _, heads, size, v, seed = shape
    rng = np.random.default_rng(seed)
    x = rng.integers(1, v, (rows, length))
    x[:, length - 1] = 0 if length > 1 else 1
    net = Network()
    tokens = net.input(length)
    h = net.position(net.embedding(tokens, v, 3), "learned")
    if mask == "drawn":
        mask = rng.integers(0, 2, (length, length)) | np.eye(length, dtype=int)
    b = net.attention(
        h,
        heads=heads,
        width=heads * size,
        score=score,
        normaliser=normaliser,
        mask=mask,
        scaled=seed % 2 == 0,
        temperature=1 + seed % 3,
        tokens=tokens if seed % 2 else None,
    )
    net.sequence_loss(net.dense_each(net.add(h, b), v))
    agree(train(net, x, labels(rng, rows, length, v), seed))


@pytest.mark.parametrize("score", SCORES)
@few
@given(shapes)
def test_attention_over_another_sequence(score, shape):
    rows, length, other, heads, size, v, seed = shape
    rng = np.random.default_rng(seed)
    net = Network()
    row = net.input(other + length)
    source, target = net.slice(row, 0, other), net.slice(row, other, length)
    memory = net.embedding(source, v, 2)
    h = net.embedding(target, v, 3)
    h = net.attention(h, "self", heads=heads, width=heads * size, mask="causal")
    h = net.attention(h, "cross", heads=heads, context=memory, width=heads * size, score=score, tokens=source)
    net.sequence_loss(net.dense_each(h, v))
    agree(train(net, rng.integers(1, v, (rows, other + length)), labels(rng, rows, length, v), seed))


@pytest.mark.parametrize("kind", ["tanh", "relu", "lstm"])
@few
@given(shapes)
def test_recurrent_layers(kind, shape):
    rows, length, _, _, size, v, seed = shape
    rng = np.random.default_rng(seed)
    net = Network()
    h = net.embedding(net.input(length), v, 2)
    h = net.lstm(h, size) if kind == "lstm" else net.rnn(h, size, activation=kind)
    net.sequence_loss(net.dense_each(h, v))
    agree(train(net, rng.integers(0, v, (rows, length)), labels(rng, rows, length, v), seed))


def test_recurrent_layers_in_several_blocks_of_examples():
    rng = np.random.default_rng(0)
    for kind in ("rnn", "lstm"):
        net = Network()
        h = net.embedding(net.input(3), 4, 2)
        h = getattr(net, kind)(h, 2)
        last = net.slice(h, 4, 2)
        net.loss(net.dense(last, 3), "cross-entropy")
        agree(train(net, rng.integers(0, 4, (70, 3)), rng.integers(0, 3, 70)))


@few
@given(shapes)
def test_gradients_of_all_that_a_cell_holds(shape):
    rows, length, _, _, size, _, seed = shape
    rng = np.random.default_rng(seed)
    net = Network()
    net.lstm(net.input(length * 2), size, "memory", length=length)
    net.loss(net.dense(net.find("memory.cells"), 2), "mse")
    agree(train(net, rng.normal(size=(rows, length * 2)), rng.normal(size=(rows, 2)), seed))


@few
@given(shapes)
def test_copying(shape):
    rows, length, other, heads, size, v, seed = shape
    rng = np.random.default_rng(seed)
    net = Network()
    row = net.input(other + length)
    source, target = net.slice(row, 0, other), net.slice(row, other, length)
    memory, h = net.embedding(source, v, 3), net.embedding(target, v, 3)
    h = net.attention(h, "cross", context=memory, heads=heads, width=heads * size, tokens=source)
    z = net.copy_softmax(net.dense_each(h, v + 1), net.find("cross.weights"), source)
    net.sequence_loss(z)
    trainer = train(net, rng.integers(1, v, (rows, other + length)), labels(rng, rows, length, v), seed)
    agree(trainer)
    mixture = np.exp(trainer.predict()).reshape(rows, length, v)
    np.testing.assert_allclose(mixture.sum(axis=2), 1, rtol=1e-12)


@few
@given(shapes)
def test_softmax_with_a_temperature(shape):
    rows, length, _, _, size, v, seed = shape
    rng = np.random.default_rng(seed)
    net = Network()
    z = net.dense_each(net.input(length * size), v, length=length)
    p = net.softmax(z, length, 0.7)
    net.loss(net.dense(p, 2), "mse")
    trainer = train(net, rng.normal(size=(rows, length * size)), rng.normal(size=(rows, 2)), seed)
    agree(trainer)
    raw = np.exp(trainer.predict(node=z).reshape(rows, length, v) / 0.7)
    expected = raw / raw.sum(axis=2, keepdims=True)
    np.testing.assert_allclose(trainer.predict(node=p), expected.reshape(rows, -1), rtol=1e-10)


def seeing(mask, tokens=False, normaliser="softmax"):
    """The weights (rows, 4, 4) of one head over random data, and the tokens."""
    rng = np.random.default_rng(2)
    x = rng.integers(1, 6, (5, 4))
    x[1, 2:], x[2, 0] = 0, 0
    net = Network()
    row = net.input(4)
    h = net.attention(
        net.embedding(row, 6, 4), "look", mask=mask, tokens=row if tokens else None, normaliser=normaliser
    )
    net.sequence_loss(h)
    return train(net, x, np.zeros((5, 4))).predict(node=net.find("look.weights")).reshape(5, 4, 4), x


@pytest.mark.parametrize("tokens", [False, True])
@pytest.mark.parametrize("mask", [None, "causal", 0, 1, 2, [[1, 0, 0, 1]] * 4])
def test_masks_hide_what_they_name(mask, tokens):
    weights, x = seeing(mask, tokens)
    shown = np.ones((4, 4)) if mask is None else visible(mask, 4, 4)
    shown = np.broadcast_to(shown, weights.shape) * ((x != 0)[:, None] if tokens else 1)
    assert (weights[shown == 0] == 0).all() and (weights[shown == 1] > 0).all()
    np.testing.assert_allclose(weights.sum(axis=2), shown.any(axis=2), rtol=1e-12)
    rectified, _ = seeing(mask, tokens, "relu")
    assert (rectified[shown == 0] == 0).all() and (rectified >= 0).all() and rectified.any()


def test_sinusoids_are_the_formula():
    table = sinusoids(5, 6)
    assert table[3, 4] == pytest.approx(np.sin(3 / 10000 ** (4 / 6)))
    assert table[3, 5] == pytest.approx(np.cos(3 / 10000 ** (4 / 6)))


def test_columns_of_a_node_and_of_its_places():
    net = Network()
    x = net.input(6)
    parts = [net.slice(x, 2, 3), net.slice(x, 1, 2, repeat=2)]
    net.loss(net.dense(x, 1), "mse")
    trainer = train(net, [[0, 1, 2, 3, 4, 5]], [0.0])
    assert [trainer.predict(node=part).tolist() for part in parts] == [[[2, 3, 4]], [[1, 2, 4, 5]]]


def test_bytes_can_be_tokens():
    net = Network()
    net.sequence_loss(net.embedding(net.input(3), 4, 4))
    x = np.array([[0, 3, 1]])
    found = [train(net, x.astype(kind), x).evaluate() for kind in (np.uint8, np.int64, float)]
    assert found[0] == found[1] == found[2]


def test_a_mean_over_all_the_data_counts_positions_not_batches():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 5, (600, 3))
    y = np.where(rng.random((600, 3)) < np.linspace(0.1, 0.9, 600)[:, None], x, -1)
    net = Network()
    z = net.embedding(net.input(3), 5, 5)
    net.sequence_loss(z)
    trainer = train(net, x, y)
    raw = trainer.predict(node=z).reshape(600, 3, 5)
    p = np.exp(raw) / np.exp(raw).sum(axis=2, keepdims=True)
    real = y >= 0
    expected = -np.log(np.take_along_axis(p, np.maximum(y, 0)[..., None], 2)[..., 0][real]).mean()
    found = trainer.evaluate()
    assert found["loss"] == pytest.approx(expected, rel=1e-12)
    assert found["accuracy"] == pytest.approx((raw.argmax(axis=2) == y)[real].mean())
    trainer.set("rate", 0.0)
    assert trainer.train(1)[0, 0] == pytest.approx(expected, rel=1e-12)
    norm = np.linalg.norm(trainer.gradient())
    assert trainer.train(1)[0, 1] == pytest.approx(norm, rel=1e-9)


def reversal(kind):
    """An encoder block over 8 digits that are to come out backwards: accuracy after 300 updates."""
    rng = np.random.default_rng(0)
    x = rng.integers(0, 10, (2000, 8))
    net = Network()
    h = net.position(net.embedding(net.input(8), 10, 32), kind)
    h = net.add(h, net.attention(h))
    h = net.add(h, net.dense_each(net.activation(net.dense_each(h, 64, init="he"), "relu"), 32))
    net.sequence_loss(net.dense_each(h, 10))
    trainer = Trainer(net, x, x[:, ::-1], optimizer="adam", rate=3e-3, batch=64)
    trainer.train(300)
    fresh = rng.integers(0, 10, (500, 8))
    return trainer.evaluate(fresh, fresh[:, ::-1])["accuracy"]


@pytest.mark.parametrize("kind", ["sinusoidal", "learned"])
def test_a_block_of_an_encoder_learns_to_reverse(kind):
    assert reversal(kind) >= 0.99


def test_without_positions_nothing_can_be_reversed():
    assert reversal("none") < 0.4


def build(shards=1, kind="attention"):
    rng = np.random.default_rng(5)
    x = rng.integers(1, 6, (53, 10))
    x[::3, 3:5] = 0
    y = np.where(rng.random((53, 5)) < 0.6, x[:, 5:], -1)
    net = Network()
    row = net.input(10)
    source, target = net.slice(row, 0, 5), net.slice(row, 5, 5)
    memory = net.embedding(source, 6, 8)
    h = net.embedding(target, 6, 8, tie=memory)
    if kind == "attention":
        memory = net.layer_norm(net.add(memory, net.attention(memory, heads=2, tokens=source)), 8)
        h = net.attention(h, heads=2, mask="causal")
    else:
        memory, h = net.lstm(memory, 8), net.rnn(h, 8)
    h = net.attention(h, "cross", context=memory, tokens=source)
    net.sequence_loss(net.copy_softmax(net.dense_each(h, 7), net.find("cross.weights"), source), 0.1)
    return train(net, x, y, optimizer="momentum", batch=13, shards=shards)


@pytest.mark.parametrize("kind", ["attention", "recurrent"])
def test_shards_agree_and_chunks_do_not_matter(kind):
    one = build(kind=kind)
    rows = one.train(12)
    for shards in (2, 3):
        other = build(shards, kind)
        found = np.concatenate((other.train(5), other.train(7)))
        np.testing.assert_allclose(found, rows, rtol=1e-11)
        np.testing.assert_allclose(other.theta, one.theta, rtol=1e-9, atol=1e-12)
        again = build(shards, kind)
        again.train(12)
        assert (again.theta == other.theta).all()


def attend(net, x, **options):
    return net.attention(net.embedding(x, 4, 6), "look", **options)


@pytest.mark.parametrize(
    ("code", "make"),
    [
        ("no-length", lambda net, x: net.dense_each(x, 2)),
        ("wrong-width", lambda net, x: net.dense_each(x, 2, length=2)),
        ("cannot-tie", lambda net, x: net.dense_each(x, 2, length=3, tie=x)),
        ("unknown-init", lambda net, x: net.dense_each(x, 2, length=3, init="ones")),
        ("not-tokens", lambda net, x: net.embedding(net.dense(x, 3), 4, 2)),
        ("wrong-slice", lambda net, x: net.slice(x, 2, 2)),
        ("unknown-position", lambda net, x: net.position(x, "random")),
        ("unknown-score", lambda net, x: attend(net, x, score="cosine")),
        ("unknown-normaliser", lambda net, x: attend(net, x, normaliser="max")),
        ("wrong-heads", lambda net, x: attend(net, x, heads=4)),
        ("wrong-mask", lambda net, x: attend(net, x, mask=np.ones((2, 3)))),
        ("all-hidden", lambda net, x: attend(net, x, mask=[[1, 1, 1], [0, 0, 0], [1, 0, 0]])),
        ("unknown-activation", lambda net, x: net.rnn(x, 2, activation="sine", length=3)),
        ("out-of-range", lambda net, x: net.sequence_loss(net.embedding(x, 4, 4), 1.0)),
        ("unknown-reduction", lambda net, x: net.sequence_loss(net.embedding(x, 4, 4), 0, "max")),
        ("unknown-node", lambda net, x: net.find("nobody")),
        ("not-positive", lambda net, x: net.softmax(x, temperature=0)),
    ],
)
def test_what_cannot_be_built(code, make):
    net = Network()
    with pytest.raises(EngineError) as caught:
        make(net, net.input(3))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("code", "x", "y"),
    [
        ("wrong-token", [[1, 2, 4]], [[0, 0, 0]]),
        ("wrong-token", [[1, -1, 2]], [[0, 0, 0]]),
        ("wrong-token", [[1, 0.5, 2]], [[0, 0, 0]]),
        ("wrong-token", [[1, np.nan, 2]], [[0, 0, 0]]),
        ("all-hidden", [[1, 2, 3], [0, 0, 0]], [[0, 0, 0]] * 2),
        ("out-of-range", [[1, 2, 3]], [[0, 6, 0]]),
        ("out-of-range", [[1, 2, 3]], [[0, -2, 0]]),
        ("wrong-width", [[1, 2, 3]], [[0, 1]]),
    ],
)
def test_data_that_no_sequence_is_made_of(code, x, y):
    net = Network()
    row = net.input(3)
    net.sequence_loss(attend(net, row, tokens=row))
    with pytest.raises(EngineError) as caught:
        Trainer(net, x, y)
    assert caught.value.code == code
    if code in ("wrong-token", "all-hidden"):
        assert "node" in caught.value.facts
