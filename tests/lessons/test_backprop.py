"""Backpropagation: every slope against the engine and against pushes, the orders, the costs, the texts."""

import numpy as np
import pytest
from formulas import prove

from engine.network import Network
from engine.trainer import Trainer
from lessons import catalog
from lessons.backprop.backprop.run import doublings, name_of, parts, two_ways
from lessons.labs.circuit import ONE, forward, rows
from lessons.labs.costs import multiplications, network, numeric, trainer
from lessons.labs.pieces import NETWORK
from lessons.labs.reverse import machine

LESSON = catalog.load().lesson("backprop/backprop")
EXPERIMENTS = LESSON.experiments()


def model(name, action="", seed=1, **settings):
    """The section's model, after one of its actions."""
    experiment = EXPERIMENTS[name]
    done = next((one.set for one in experiment.actions if one.id == action), {})
    return LESSON.call(experiment.build)(experiment.settings({**done, **settings}), seed)


def texts(walk, view):
    return [step.text for step in walk.look(view, ()).steps]


def by_engine(label=1.0, layers=3, outputs=2, x=ONE):
    """∂C/∂θ of the lecture's network in the engine, C = Σ (y − ŷ)², as {(layer, neuron, input): slope}."""
    net = Network()
    node = net.input(2)
    widths = [2] * (layers - 1) + [outputs]
    for n, width in enumerate(widths):
        node = net.activation(net.dense(node, width, name=f"d{n}"), "sigmoid")
    net.loss(node, "mse", "sum")
    flat = []
    for n, width in enumerate(widths):
        row = rows(NETWORK)[n][:width]
        flat += [row[:, :2].T.ravel(), row[:, 2]]
    wanted = np.array([[label, 1 - label][:outputs]])
    here = Trainer(net, np.array([x]), wanted, theta=np.concatenate(flat), dtype="float64")
    gradient, found = here.gradient(), {}
    for n, width in enumerate(widths):
        offset, shape = here.named()[f"d{n}.weight"]
        block = gradient[offset : offset + shape[0] * shape[1]].reshape(shape)
        found |= {(n, j, k): block[k, j] for j in range(width) for k in range(2)}
    return here.evaluate()["loss"], found


# Paths


def test_both_ways_add_up():
    for s in (-1.5, 0.0, 2.0):
        graph = two_ways(s)
        assert (
            graph.gradients()["s"] == pytest.approx(9 * s * s) == pytest.approx(graph.numeric("s"), abs=1e-6)
        )
    walk = model("paths")
    walk.train(99)
    assert walk.metrics() == {"gathered": 36, "deliveries": 4}
    assert "∂z/∂s = 12 + 24 = 36" in texts(walk, "sums")
    one = model("paths", "forgot")
    one.train(99)
    assert one.metrics()["gathered"] == 24 and one.limit == 2


@pytest.mark.parametrize(("levels", "wrong"), [(1, 2), (2, 8), (3, 48), (4, 416), (5, 5312)])
def test_what_a_recursion_that_never_waits_finds(levels, wrong):
    graph = doublings(levels)
    assert graph.gradients()["a"] == 2**levels == pytest.approx(graph.numeric("a"))
    assert graph.deliver(graph.by_paths())[0]["a"] == wrong
    assert len(graph.by_paths()) == 2 ** (levels + 1) - 2 and len(graph.edges) == 2 * levels


def test_five_doublings_step_by_step():
    walk = model("paths", "trap-five")
    assert walk.limit <= 16 and walk.metrics()["gathered"] == 0
    walk.train(99)
    assert walk.metrics() == {"gathered": 5312, "deliveries": 62}
    state = walk.state()
    walk.restore((state[0], 3))
    assert walk.step == 3 and walk.metrics()["deliveries"] == 12
    row = walk.look("trap", ()).rows[4]
    assert row == (5, 32, 32, 5312, 10, 62)
    orderly = model("paths", "in-order", levels=5)
    orderly.train(99)
    assert orderly.metrics() == {"gathered": 32, "deliveries": 10}


def test_the_graph_shows_what_has_arrived():
    walk = model("paths")
    assert [node.value for node in walk.look("graph", ()).nodes] == [None, None, None, 1]
    walk.train(3)
    diagram = walk.look("graph", ())
    assert [node.value for node in diagram.nodes] == [12, 6, 4, 1]
    assert [node.label for node in diagram.nodes] == ["=s 2", "=x 4", "=y 6", "=z 24"]
    assert [weight for _, _, weight, hot in diagram.edges if hot] == [6, 4, 3]
    tangent = walk.look("slope", ()).lines[1]
    assert np.ptp(tangent.y) / np.ptp(tangent.x) == pytest.approx(12)


# The forward pass


@pytest.mark.parametrize("wire", range(12))
def test_a_tag_is_the_input_and_the_slope(wire):
    walk = model("tags", wire=wire, x=(0.5, -2.0))
    layer, neuron, source = parts(wire)
    outs = forward((0.5, -2.0), NETWORK)[1]
    assert walk.metrics()["tag"] == outs[layer, source] == pytest.approx(walk.pushed, abs=1e-8)
    line = walk.look("line", ()).lines[0]
    assert np.polyfit(line.x, line.y, 1)[0] == pytest.approx(outs[layer, source])
    assert walk.look("tags", ()).values[wire // 2, source] == outs[layer, source]
    diagram = walk.look("wires", ())
    hot = [edge for edge in diagram.edges if edge[3]]
    assert len(hot) == 1 and hot[0][2] == rows(NETWORK)[layer, neuron, source]
    assert next(node.value for node in diagram.nodes if node.hot) == outs[layer, source]


def test_the_lectures_three_wires():
    assert [name_of(EXPERIMENTS["tags"].actions[k].set["wire"]) for k in range(3)] == [
        "x₂ → a₁", "a₂ → a′₁", "a′₂ → y₁",
    ]  # fmt: skip
    assert [row[1] for row in model("tags").look("table", ()).rows] == ["=−1.00", "=0.12", "=0.11"]
    assert texts(model("tags"), "numbers")[1:4] == [
        "z₁ = w·(−1) + 1·1 + 1",
        "w = −2: z₁ = 4.00",
        "∂z₁/∂w = −1.00",
    ]
    assert model("tags", wire=11).act("next") == {"wire": 0}
    assert texts(model("tags", "third"), "numbers")[-1] == "0.11"
    assert (
        len(texts(model("tags", x=(0.0, 0.0)), "numbers"))
        == 6
        == len(texts(model("tags", wire=0), "numbers"))
    )


# The backward pass


@pytest.mark.parametrize("label", [0.0, 0.25, 1.0])
def test_slopes_are_the_engines(label):
    for net, layers, outputs in (("2-2-1", 2, 1), ("2-2-2-2", 3, 2)):
        graph = machine(net, ONE, label)
        cost, slopes = by_engine(label, layers, outputs)
        assert graph.values["C"] == pytest.approx(cost)
        assert graph.gradients()["w"] == pytest.approx(slopes[0, 0, 0], rel=1e-9)
        assert graph.gradients()["z1"] * ONE[1] == pytest.approx(slopes[0, 0, 1], rel=1e-9)
    deltas = graph.gradients()
    assert deltas["″1"] * forward(ONE, NETWORK)[1][2, 0] == pytest.approx(slopes[2, 0, 0], rel=1e-9)


def play(walk, *edges):
    for k in edges:
        for control, value in walk.act(f"edge-{k}").items():
            walk.set(control, value)
    return walk


def test_too_early_already_and_nothing_are_refused():
    walk = model("machine")
    for edges, why in (((7,), "too-early"), ((9,), "nothing"), ((1, 1), "already")):
        play(walk, *edges)
        assert walk.settings["slip"] == edges[-1]
        assert f"note.{why}" in [step.note for step in walk.look("sent", ()).steps if step.hot]
    play(walk, 2)
    assert walk.settings["slip"] == 0 and walk.metrics()["used"] == 2


@pytest.mark.parametrize(
    ("net", "edges"), [("2-2-1", (1, 2, 3, 6, 7)), ("2-2-2-2", (2, 1, 4, 3, 5, 6, 8, 7, 9))]
)
def test_the_way_back_to_w(net, edges):
    walk = play(model("machine", net=net), *edges)
    right = machine(net, ONE, 1.0).gradients()["w"]
    assert walk.metrics() == {"used": len(edges), "found": pytest.approx(right)}
    steps = walk.look("sent", ()).steps
    assert steps[-1].note == "note.done" and f"{right:.3g}".replace("-", "−") in steps[-1].text
    diagram = walk.look("machine", ())
    assert next(node.value for node in diagram.nodes if node.id == "w") == pytest.approx(right)
    assert sum(hot for *_, hot in diagram.edges) == len(edges)
    assert sum(bool(mark) for mark in diagram.marks) == {"2-2-1": 7, "2-2-2-2": 9}[net]


def test_a_half_complete_number_passes_nothing_on():
    walk = play(model("machine", net="2-2-2-2"), 1, 2, 3)
    assert walk.act("edge-8") == {"slip": 8}
    assert play(walk, 5).act("edge-8")["slip"] == 0


def test_the_edges_of_one_net_are_not_those_of_the_other():
    walk = play(model("machine"), 1, 2, 3)
    other = model("machine", **{**walk.settings, "net": "2-2-2-2"})
    assert other.metrics()["used"] == 0 and play(other, 1).metrics()["used"] == 1


def test_the_figures_of_the_text():
    walk = model("machine", net="2-2-2-2")
    rows_ = {row[0]: row[1:] for row in walk.look("orders", ()).rows}
    assert [round(v, 3) for v in rows_["=w"]] == [-0.007, -0.007, -0.021]
    assert round(walk.facts()["amplifiers"][0], 3) == 0.018
    assert model("machine").facts()["by-path-off"] == 0
    assert model("machine", forget="slopes").facts()["off"] > 1e-3
    bars = walk.look("amplifiers", ())
    assert bars.values.max() <= 0.25 and len(bars.values) == 6


# What it costs


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_gradients_fade_with_sigmoid(seed):
    fading, alive = model("cost", "fading", seed), model("cost", "alive", seed)
    assert fading.ratio < 1e-5 and alive.ratio > 1e-2
    here = trainer(10, 16, "sigmoid", seed)
    offset, shape = here.named()["hidden-1.weight"]
    first = here.gradient()[offset : offset + shape[0] * shape[1]]
    assert fading.now["norms"][0] == pytest.approx(np.linalg.norm(first))
    lines = {line.word: line.y for line in fading.look("fade", ()).lines}
    assert lines["option.relu"].tolist() == alive.now["norms"].tolist()


@pytest.mark.parametrize(("depth", "width"), [(1, 2), (2, 30), (10, 16)])
def test_there_and_back_is_less_than_three_passes(depth, width):
    forward_, backward = multiplications(depth, width)
    sizes = [node.sizes[:2] for node in network(depth, width, "relu").nodes if node.op == "dense"]
    assert forward_ == sum(a * b for a, b in sizes) and backward == 2 * forward_ - sizes[0][0] * sizes[0][1]
    assert (forward_ + backward) / forward_ < 3


def test_pushing_every_parameter():
    here = trainer(2, 4, "sigmoid", 1)
    found, passes = numeric(here)
    assert passes == here.program.size + 1
    assert np.abs(found - here.gradient()).max() < 1e-5


def test_a_push_can_be_too_large_and_too_small():
    off = {
        name: model("cost", name, depth=2, width=4).metrics()["error"] for name in ("coarse", "usual", "fine")
    }
    assert off["usual"] < 1e-7 < 1e-5 < off["fine"] and off["coarse"] > 1e-3
    curve = model("cost", depth=2, width=4).look("pushes", ())
    assert 1e-7 < curve.lines[0].x[curve.lines[0].y.argmin()] < 1e-3


def test_a_narrow_tower_of_relus_is_dead():
    walk = model("cost", depth=20, width=2, activation="relu")
    assert np.isnan(walk.ratio) and np.isfinite(walk.metrics()["error"])
    assert "note.dead" in [step.note for step in walk.look("work", ()).steps]


def test_updates_at_once_are_gradient_descents():
    here = trainer(3, 16, "sigmoid", 1)
    before = here.theta
    at_once, in_turn = model("cost", depth=3), model("cost", depth=3, update="in-turn")
    assert at_once.now["moved"] == 0 and in_turn.now["moved"] > 1e-4
    assert here.theta.tolist() == before.tolist()


def test_measuring_goes_from_small_to_large():
    walk = model("cost", depth=2, width=4)
    passes = walk.train(99)[:, 0]
    assert passes.tolist() == sorted(passes) and passes[-1] == 1052
    table = walk.look("clock", ()).rows
    assert [row[1] - row[0] for row in table] == [1] * 6
    state = walk.state()
    again = model("cost", depth=2, width=4)
    again.restore(state)
    assert again.look("clock", ()).rows == table
    assert all(len(line.x) == 6 for line in walk.look("times", ()).lines)
    assert again.look("learning", ()).lines[1].y.tolist() == walk.look("learning", ()).lines[1].y.tolist()


def test_training_is_the_same_after_a_step_back():
    walk = model("cost", depth=3, width=4)
    walk.train(2)
    state = walk.state()
    walk.train(3)
    end = dict(walk.losses)
    walk.restore(state)
    assert walk.step == 2 and len(walk.losses["relu"]) == 41
    walk.train(3)
    assert walk.losses == end
    x, y = walk.learners["relu"].data
    here = Trainer(
        network(3, 4, "relu"), x, y, dtype="float64", seed=1, optimizer="momentum", rate=0.03, batch=16
    )
    assert end["relu"][1] == pytest.approx(here.train(10)[:, 0].mean())


def test_formulas():
    graph = two_ways(2.0)
    deep, z = machine("2-2-2-2", ONE, 1.0), forward(ONE, NETWORK)[0]
    x, y, s = graph.values["x"], graph.values["y"], graph.values["s"]
    sigma = lambda v: 1 / (1 + np.exp(-v))
    bend = lambda v: sigma(v) * (1 - sigma(v))
    deltas = deep.gradients()
    w3, w4 = rows(NETWORK)[1, 0, 0], rows(NETWORK)[1, 1, 0]

    def summed():
        """The gradient of a sum is the sum of the gradients, example by example."""
        here = trainer(1, 3, "sigmoid", 1)
        xs, ys = here.data
        each = [here.gradient(xs[n : n + 1], ys[n : n + 1]) for n in range(len(xs))]
        return np.allclose(np.mean(each, axis=0), here.gradient())

    def pushed():
        h = 1e-6
        plain, more = (deep.forward({"w": 1 + step})["C"] for step in (0, h))
        return abs((more - plain) / h - deltas["w"]) < 1e-6

    chain = lambda: graph.deliver([0, 3])[1][-1] == graph.slopes[0] * graph.slopes[3]
    weigh = lambda: z[0, 0] == 1 * 1 + -2 * -1 + 1
    prove(
        LESSON.id,
        {
            "∂L/∂w = Σₙ ∂Cⁿ/∂w": summed,
            "dz/dx = dz/dy · dy/dx": chain,
            "dz/ds = ∂z/∂x·dx/ds + ∂z/∂y·dy/ds": lambda: graph.gradients()["s"] == y * 2 * s + x * 3 == 36,
            "∂C/∂w = ∂z/∂w · ∂C/∂z": lambda: np.isclose(deltas["w"], ONE[0] * deltas["z1"]),
            "z = w₁·x₁ + w₂·x₂ + b": weigh,
            "∂z/∂w₁ = x₁": lambda: model("tags", wire=0).pushed == pytest.approx(ONE[0]),
            "∂C/∂z = σ′(z)·(w₃·∂C/∂z′ + w₄·∂C/∂z″)": lambda: np.isclose(
                deep.numeric("z1"), bend(z[0, 0]) * (w3 * deltas["′1"] + w4 * deltas["′2"]), atol=1e-8
            ),
            "σ′(z) = σ(z)·(1 − σ(z))": lambda: all(
                abs((sigma(v + 1e-6) - sigma(v - 1e-6)) / 2e-6 - bend(v)) < 1e-8 for v in (-2.0, 0.0, 4.0)
            ),
            "∂C/∂w = a·∂C/∂z": lambda: np.isclose(
                by_engine()[1][2, 0, 0], forward(ONE, NETWORK)[1][2, 0] * deltas["″1"]
            ),
            "∂C/∂w ≈ (C(w + h) − C(w)) / h": pushed,
        },
    )  # fmt: skip
