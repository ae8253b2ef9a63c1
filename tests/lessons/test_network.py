"""The lecture's network: its numbers by hand and by the engine, decks of cards, loops against matrices."""

import numpy as np
import pytest
from formulas import prove

from engine.network import Network
from engine.trainer import Trainer
from lessons import catalog
from lessons.dl.network.experiments import OTHER, STEPS
from lessons.dl.network.run import P, Q
from lessons.labs.circuit import ONE, TOLD, forward, rows
from lessons.labs.layered import COUNTS, MOST, Tally, by_loops, by_matrix, by_vectors, examples, weights
from lessons.labs.pieces import NETWORK

LESSON = catalog.load().lesson("dl/network")
EXPERIMENTS = LESSON.experiments()
G = np.random.default_rng(5)


def model(name, action="", seed=1, **settings):
    """The section's model, after one of its actions."""
    experiment = EXPERIMENTS[name]
    done = next((one.set for one in experiment.actions if one.id == action), {})
    return LESSON.call(experiment.build)(experiment.settings({**done, **settings}), seed)


def texts(walk):
    return [step.text for step in walk.look("numbers", ()).steps]


def by_engine(x, theta):
    """(layers, neurons) outputs of the same network built with the engine."""
    net = Network()
    node, ends = net.input(2), []
    for _ in range(3):
        node = net.activation(net.dense(node, 2), "sigmoid")
        ends.append(node)
    net.loss(node, "mse")
    flat = np.concatenate(
        [part for w, b in ((r[:, :2], r[:, 2]) for r in rows(theta)) for part in (w.T.ravel(), b)]
    )
    trainer = Trainer(net, np.array([x]), np.zeros((1, 2)), theta=flat, dtype="float64")
    return np.array([trainer.predict(node=end)[0] for end in ends])


# Cards


def test_two_decks_are_kept_apart():
    walk = model("steps")
    walk.set("parts", tuple(1 if card == "layers" else 0 for card in STEPS))
    walk.set("history", (4,) + (0,) * 8)
    steps, ages = walk.look("steps", ()), walk.look("timeline", ())
    assert [bin for _, bin, _ in steps.cards].count(0) == 8 == [bin for _, bin, _ in ages.cards].count(0)
    assert walk.metrics() == {"right": 2.0} and len(steps.bins) == 3 and len(ages.bins) == 4
    before = walk.state()
    walk.set("parts", (0,) * 9)
    walk.restore(before)
    assert walk.metrics() == {"right": 2.0}


# A network as a function


@pytest.mark.parametrize("x", [ONE, (0.0, 0.0), (-2.5, 3.0)])
@pytest.mark.parametrize("theta", [NETWORK, OTHER])
def test_every_neuron_is_the_engines(x, theta):
    walk = model("function", x=x, theta=theta)
    assert walk.now["outs"][1:] == pytest.approx(by_engine(x, theta), abs=1e-12)


@pytest.mark.parametrize("x", TOLD)
def test_the_numbers_are_the_lectures(x):
    walk = model("function", x=x)
    assert np.round(walk.now["outs"][1:], 2).tolist() == [list(pair) for pair in TOLD[x]]
    assert all(row[2] == row[3] for row in walk.look("table", ()).rows)


def test_what_is_not_the_lectures_has_no_lecture_beside_it():
    for change in ({"x": (1.0, 1.0)}, {"theta": OTHER}, {"activation": "relu"}):
        assert all(row[3] is None for row in model("function", **change).look("table", ()).rows)


def test_the_neuron_in_hand_term_by_term():
    assert texts(model("function"))[0] == "z₁ = 1·1 + (−2)·(−1) + 1 = 4.00"
    walk = model("function", unit=5)
    z = -2 * walk.now["outs"][1, 0] - walk.now["outs"][1, 1]
    assert walk.now["z"][1, 1] == pytest.approx(z)
    assert texts(walk)[0] == f"z′₂ = (−2)·0.98 + (−1)·0.12 + 0 = {z:.2f}".replace("-", "−")
    assert walk.act("next") == {"unit": 6} and model("function", unit=7).act("next") == {"unit": 0}


def test_the_picture_is_the_net():
    walk = model("function", unit=3)
    diagram = walk.look("diagram", ())
    assert [node.value for node in diagram.nodes] == walk.now["outs"].ravel().tolist()
    assert {weight for *_, weight, hot in diagram.edges if hot} == {-1, 1}
    weights_ = {(a, b): w for a, b, w, _ in diagram.edges}
    assert weights_["01", "10"] == -2 and weights_["21", "31"] == 4 and len(weights_) == 12


def test_the_plane_is_the_neurons_answer():
    walk = model("function", unit=7)
    plane = walk.look("plane", ())
    xs, ys = np.linspace(-4, 4, 60), np.linspace(-4, 4, 40)
    for row, col in ((0, 0), (11, 42), (39, 59)):
        assert plane.field[row, col] == pytest.approx(by_engine((xs[col], ys[row]), NETWORK)[2, 1])


def test_another_theta_and_yet_another():
    walk = model("function")
    seen = [walk.settings["theta"]]
    for _ in range(3):
        walk.set("theta", walk.act("other")["theta"])
        seen.append(tuple(walk.settings["theta"]))
    assert len(set(seen)) == 4 and seen[1] == OTHER


def test_without_a_bend_half_way_is_half_way():
    ends = model("function", activation="identity").now["ends"]
    assert ends[2] == pytest.approx((ends[0] + ends[1]) / 2)
    assert ((P + Q) / 2).tolist() == [0, 0]


# Loops and matrices


@pytest.mark.parametrize("width", [2, 16])
@pytest.mark.parametrize("count", [1, 5])
def test_three_ways_agree_and_are_counted(width, count):
    layers, x = weights(width, 3), examples(width, count, 3)
    tallies = [Tally() for _ in range(3)]
    outputs = [way(layers, x, t) for way, t in zip((by_loops, by_vectors, by_matrix), tallies, strict=True)]
    assert all(np.allclose(one, outputs[0], atol=1e-12) for one in outputs)
    assert {t.multiplications for t in tallies} == {3 * width**2 * count}
    assert [t.calls for t in tallies] == [3 * width**2 * count, 3 * count, 3]


def test_the_first_column_is_the_lectures():
    walk = model("matrices")
    assert walk.now["z0"].ravel().tolist() == [4, -2]
    assert texts(walk)[:3] == [
        "z₁ = 1·1 + (−2)·(−1) + 1 = 4", "z₂ = (−1)·1 + 1·(−1) + 0 = −2", "σ(4, −2) = (0.98, 0.12)",
    ]  # fmt: skip
    assert walk.now["a2"].ravel() == pytest.approx(forward(ONE, NETWORK)[1][-1])
    assert [walk.act("next")["layer"], model("matrices", layer=2).act("next")["layer"]] == [1, 0]


@pytest.mark.parametrize("action", ["", "many", "wide"])
def test_the_matrices_in_sight(action):
    walk = model("matrices", action, layer=1)
    grid = walk.look("factors", ())
    at = [k for k, name in enumerate(grid.cols) if name != "="]
    assert [grid.cols[k] for k in at] == ["=W", "=X", "=b", "=Z"]
    w, z = walk.now["w1"], walk.now["z1"]
    assert grid.values[0, at[0]] == w[0, 0] and grid.values[-1, at[3]] == z[min(4, len(z)) - 1, 0]


def test_the_counts_of_the_text():
    many = {way: model("matrices", count=4096, way=way).facts() for way in ("loops", "vectors", "matrix")}
    assert {facts["multiplications"] for facts in many.values()} == {49152}
    assert [facts["calls"] for facts in many.values()] == [49152, 12288, 3]


def test_a_slip_is_silent_and_wrong():
    right, wrong = model("matrices"), model("matrices", "slip")
    assert right.metrics()["apart"] < 1e-12 and wrong.metrics()["apart"] > 0.05


def test_measuring_fills_the_table():
    walk = model("matrices")
    rows_ = walk.train(99)
    assert rows_[:, 0].tolist() == [12 * count for count in COUNTS[1:]] and (rows_[:, 1] == 3).all()
    table = walk.look("clock", ()).rows
    assert [row[0] for row in table] == list(COUNTS) and all(min(row[1:4]) >= 0 for row in table)
    curve = walk.look("times", ())
    assert all(len(line.x) == len(COUNTS) and np.isfinite(line.y).all() for line in curve.lines)
    state = walk.state()
    again = model("matrices")
    again.restore(state)
    assert again.step == walk.step == walk.limit and again.look("clock", ()).rows == table


def test_what_takes_too_long_is_not_measured():
    walk = model("matrices", "wide")
    walk.train(3)
    assert MOST < 64 * 3 * 64**2 and walk.look("clock", ()).rows[-1][1] is None
    assert "calls" not in model("matrices", width="64", way="loops", count=4096).facts()


def test_formulas():
    w = [r[:, :2] for r in rows(NETWORK)]
    b = [r[:, 2] for r in rows(NETWORK)]
    sigma = lambda z: 1 / (1 + np.exp(-np.asarray(z)))
    x = np.array(ONE)
    z, outs = forward(ONE, NETWORK)
    upper = lambda: 1 * 1 + -2 * -1 + 1 == z[0, 0] == 4 and w[0][0].tolist() == [1, -2] and b[0][0] == 1
    lower = lambda: -1 * 1 + 1 * -1 + 0 == z[0, 1] == -2 and w[0][1].tolist() == [-1, 1] and b[0][1] == 0
    weigh = lambda: z[0, 0] == w[0][0, 0] * x[0] + w[0][0, 1] * x[1] + b[0][0]
    prove(
        LESSON.id,
        {
            "z = w₁x₁ + w₂x₂ + b": weigh,
            "a = σ(z)": lambda: np.allclose(outs[1], by_engine(ONE, NETWORK)[0]),
            "z = w₁·x₁ + w₂·x₂ + b": weigh,
            "σ(z) = 1 / (1 + e⁻ᶻ)": lambda: np.allclose(outs[1], 1 / (1 + np.exp(-z[0]))),
            "3·(2·2 + 2) = 18": lambda: 3 * (2 * 2 + 2) == 18 == len(NETWORK),
            "┌ 1 −2┐ ┌ 1┐ ┌1┐ ┌ 4┐": upper,
            "└−1 1┘·└−1┘ + └0┘ = └−2┘": lower,
            "a = σ(W·x + b)": lambda: np.allclose(outs[1], sigma(w[0] @ x + b[0])),
            "y = σ(W³σ(W²σ(W¹x + b¹) + b²) + b³)": lambda: np.allclose(
                by_engine(ONE, NETWORK)[2], sigma(w[2] @ sigma(w[1] @ sigma(w[0] @ x + b[0]) + b[1]) + b[2])
            ),
        },
    )  # fmt: skip
