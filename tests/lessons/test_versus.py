"""Attention against CNN and RNN: figures, pictures and every formula that the text shows."""

import numpy as np
import pytest
from formulas import prove

from lessons import catalog, proof
from lessons.labs.patches import ACROSS, KERNEL, PATCHES, SIDE, cut
from lessons.spec import SpecError


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("attention/versus")


@pytest.fixture(scope="module")
def model(lesson):
    """Experiment, settings → model; `updates` done."""

    def make(name, updates=0, **settings):
        experiment = lesson.experiments()[name]
        found = lesson.call(experiment.build)(experiment.settings(settings), 1)
        found.train(updates)
        return found

    return make


@pytest.fixture(scope="module")
def run(lesson):
    """Experiment, settings → share right at the end."""
    runs = {name: proof.runner(lesson, one, 1) for name, one in lesson.experiments().items()}
    return lambda name, **settings: runs[name](settings).metrics["validation-accuracy"]


def test_attention_needs_the_pictures_that_a_cnn_does_not(run):
    share = lambda model, count: run("images", model=model, count=count)
    assert share("cnn", 50) == pytest.approx(0.98, abs=0.01)
    assert share("attention", 50) == pytest.approx(0.38, abs=0.06)
    assert share("attention", 200) == pytest.approx(0.70, abs=0.05)
    assert share("attention", 1000) == pytest.approx(0.94, abs=0.03)
    assert share("attention", 5000) == pytest.approx(0.94, abs=0.03)


def test_the_first_of_many_is_remembered_by_attention_alone(run):
    share = lambda model, length: run("memory", model=model, length=length)
    assert min(share(kind, 4) for kind in ("rnn", "lstm", "attention")) > 0.98
    assert share("rnn", 16) < 0.2 and share("lstm", 16) < 0.4
    assert share("attention", 16) == share("attention", 32) == 1


def test_parameters_named_in_the_text(model):
    assert model("images", model="cnn").facts()["parameters"] == 116
    assert model("images", model="attention").facts()["parameters"] == 4084


def test_a_patch_is_four_neighbouring_pixels():
    x = np.arange(SIDE * SIDE, dtype=float).reshape(1, SIDE, SIDE)
    patches = cut(x).reshape(PATCHES, 4)
    assert patches[0].tolist() == [0, 1, 12, 13] and patches[ACROSS + 1].tolist() == [26, 27, 38, 39]


def test_what_is_drawn_is_the_networks(model):
    here = model("images", updates=10, model="attention", patch=9)
    weights = here.trainer.predict(cut(here.fresh), node=here.net.find("look.weights"))
    mean = weights.reshape(-1, PATCHES, PATCHES).astype(float).mean(axis=0)
    assert here.field().values == pytest.approx(mean[9].reshape(ACROSS, ACROSS), abs=1e-6)
    assert here.field().chosen == (1, 3)
    assert (model("images", model="cnn", patch=35).field().values[9:, 9:] == 1).all()
    images = here.images()
    assert (images.images == here.fresh[: len(images.images)]).all()
    wrong = np.array(["→" in name for name in images.captions])
    assert (wrong == (here.guesses() != here.labels[: len(wrong)])).all()


def test_a_column_of_tokens_is_a_sequence(model):
    here = model("memory", updates=5, model="rnn", length=8)
    first, last, answer = here.tokens().rows
    x = here.told.u[:12]
    assert first.tokens == tuple(here.told.token(t) for t in x[:, 0])
    assert last.tokens == tuple(here.told.token(t) for t in x[:, -1])
    logits = here.trainer.predict(x, node=here.logits).reshape(12, 8, 8)[:, -1]
    assert answer.tokens == tuple(here.told.token(t) for t in logits.argmax(axis=1))


def test_a_count_is_in_range(lesson):
    with pytest.raises(SpecError):
        lesson.experiments()["images"].settings({"count": 9000})


def convolution(model):
    """Nine heads, each with all its weight on one neighbour, make the convolution."""
    here = model("images", updates=3, model="cnn")
    offset, shape = here.trainer.named()["filters.weight"]
    filters = here.trainer.theta[offset : offset + int(np.prod(shape))].reshape(shape)
    bias = here.trainer.theta[here.trainer.named()["filters.bias"][0] :][: shape[1]]
    a, out = here.fresh[0].reshape(-1, 1), SIDE - KERNEL + 1
    b = np.zeros((out * out, shape[1]))
    for head in range(KERNEL**2):
        weights = np.zeros((out * out, SIDE * SIDE))
        for i in range(out * out):
            row, column = i // out + head // KERNEL, i % out + head % KERNEL
            weights[i, row * SIDE + column] = 1
        b += weights @ a @ filters[head][None]
    maps = here.trainer.predict(here.fresh[:1].reshape(1, -1), node=here.net.find("filters"))
    assert pytest.approx(b + bias, abs=1e-4) == maps.reshape(shape[1], -1).T


def recurrence(model):
    here = model("memory", updates=3, model="rnn", length=8)
    x = here.told.u[:4]
    words = here.trainer.predict(x, node=here.net.find("words")).reshape(4, 8, -1)
    states = here.trainer.predict(x, node=here.net.find("memory")).reshape(4, 8, -1)
    w, b, u = (here.parameter(f"memory{name}") for name in (".input.weight", ".input.bias", ".weight"))
    h = np.zeros_like(states[:, 0])
    for t in range(8):
        h = np.tanh(words[:, t] @ w + b + h @ u)
        assert states[:, t] == pytest.approx(h, abs=1e-4)


def mixture(model):
    here = model("memory", updates=3, model="attention", length=8)
    x = here.told.u[:4]
    v = here.trainer.predict(x, node=here.net.find("look-1.value")).reshape(4, 8, -1)
    mix = here.trainer.predict(x, node=here.net.find("look-1.mix")).reshape(4, 8, -1)
    assert mix == pytest.approx(here.attention(x)[:, 0] @ v, abs=1e-4)


FORMULAS = {
    "bⁱ = Σₕ Wʰ·aʲ , j = i + δₕ": convolution,
    "hₜ = tanh(xₜ·W + b + hₜ₋₁·U)": recurrence,
    "b = Σⱼ α′ⱼ·vʲ": mixture,
}


def test_every_formula_shown_is_one_that_is_evaluated(model):
    prove("attention/versus", FORMULAS, model)
