"""The lesson on Go and other uses: its figures, what is drawn, and every formula that its text shows."""

import numpy as np
import pytest
from formulas import prove

from engine.network import Network
from engine.program import Program
from lessons import catalog
from lessons.labs import board


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("cnn/alphago")


@pytest.fixture(scope="module")
def run(lesson):
    """(experiment, settings) → model at the end of its story; each once."""
    kept = {}

    def go(name, **settings):
        key = (name, *sorted(settings.items()))
        if key not in kept:
            model = lesson.call("run:build")(lesson.experiments()[name].settings(settings), 1)
            model.train(model.limit)
            kept[key] = model
        return kept[key]

    return go


def test_a_capture_is_the_last_liberty_of_white():
    boards, moves = board.motifs()
    assert boards.shape == (49, 9, 9)
    for one, move in zip(boards, moves, strict=True):
        assert np.flatnonzero(board.captures(one[None])[0]).tolist() == [move]


def test_every_problem_has_one_answer_and_four_turns():
    x, y, u, v = board.problems(1)
    for boards, moves in ((x, y), (u, v)):
        points = board.captures(boards).reshape(len(boards), -1)
        assert (points.sum(axis=1) == 1).all() and (points.argmax(axis=1) == moves).all()
    quarter = len(x) // 4
    assert np.array_equal(np.rot90(x[:quarter], 1, (1, 2)), x[quarter : 2 * quarter])


def test_the_figures_of_the_text(run):
    plain, full = run("go", net="plain"), run("go", net="full")
    assert plain.parameters == 2313
    assert plain.accuracy > 0.9 and plain.follows() > 0.9
    assert full.accuracy < 0.4 and full.follows() < 0.4
    assert run("go", net="pooled").accuracy + 0.25 < run("go", net="dense").accuracy


def chosen(model):
    return divmod(int(model.answer().images[1].argmax()), 9)


def test_the_move_follows_the_stones(run):
    model = run("go", net="plain")
    kept = model.settings["board"]
    assert chosen(model) == (4, 5)
    model.set("board", model.act("right")["board"])
    assert chosen(model) == (4, 6)
    model.set("board", model.act("down")["board"])
    assert chosen(model) == (5, 6)
    model.set("board", kept)


def test_what_is_drawn_is_the_nets_own(run):
    model = run("go", net="plain")
    z = model.trainer.predict(board.planes(model.board), node=model.logits)[0].astype(float)
    assert model.answer().images[1].ravel() == pytest.approx(np.exp(z) / np.exp(z).sum(), abs=1e-5)
    assert model.answer().captions[1].startswith("=(5,6)")
    assert np.array_equal(model.thinned().values, model.stones().values[::2, ::2], equal_nan=True)


def test_the_shapes_of_a_field(run):
    tall, wide = run("sound", field="tall"), run("sound", field="wide")
    assert tall.parameters == wide.parameters == 654
    assert tall.accuracy > 0.95 and wide.accuracy < 0.6
    filters = tall.filters().images
    weights = tall.trainer.theta[: 160 * 4].reshape(160, 4).T.reshape(4, 20, 8)[:, ::-1]
    assert filters == pytest.approx(weights / np.abs(weights).max(axis=(1, 2), keepdims=True), abs=1e-5)


def alphago():
    """Parameters of the lecture's net, counted by the engine."""
    net = Network()
    x = net.input(48 * 361, shape=(48, 19, 19))
    x = net.convolution(x, 192, 5, padding=2)
    for _ in range(11):
        x = net.convolution(x, 192, 3, padding=1)
    net.loss(net.convolution(x, 1, 1, bias="place"), "cross-entropy")
    sizes = [b.parameter.shape for b in Program(net).blocks.values()]
    return Program(net).size, int(np.prod(sizes[0])), sum(int(np.prod(s)) for s in sizes[2:24:2])


def test_every_formula():
    size, first, hidden = alphago()
    assert size == 3_882_793
    prove(
        "cnn/alphago",
        {
            "5·5·48·192 = 230400": lambda: first == 5 * 5 * 48 * 192 == 230_400,
            "11·3·3·192·192 = 3649536": lambda: hidden == 11 * 9 * 192 * 192 == 3_649_536,
            "20·8 = 160": lambda: np.prod(board.FIELDS["tall"]) == 160,
            "4·40 = 160": lambda: np.prod(board.FIELDS["wide"]) == 160,
            "13·13 = 169": lambda: np.prod(board.FIELDS["square"]) == 169,
        },
    )
