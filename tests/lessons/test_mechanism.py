"""Attention by hand: every number on the screen is the engine's, the figures and formulas of the text."""

import numpy as np
import pytest
from formulas import prove

from engine.layers.sequence import visible
from engine.network import Network
from engine.trainer import Trainer
from lessons import catalog
from lessons.attention.mechanism.run import OTHERS, VECTOR, WK, WQ, WV, largest
from lessons.labs.attend import attend, shares
from lessons.labs.influence import COUNT, REACH
from lessons.labs.matrices import STAGES

LESSON = catalog.load().lesson("attention/mechanism")
EXPERIMENTS = LESSON.experiments()
G = np.random.default_rng(3)


def model(name, action="", seed=1, **settings):
    """The section's model, after one of its actions."""
    experiment = EXPERIMENTS[name]
    done = next((one.set for one in experiment.actions if one.id == action), {})
    return LESSON.call(experiment.build)(experiment.settings({**done, **settings}), seed)


def texts(walk):
    return [step.text for step in walk.look("numbers", ()).steps]


# The lab


@pytest.mark.parametrize("normaliser", ["softmax", "relu"])
@pytest.mark.parametrize("score", ["dot", "additive"])
@pytest.mark.parametrize("outer", [1, 3, 5])
def test_attention_of_any_widths(score, normaliser, outer):
    a, wq, wk, wv, w = (G.normal(size=size) for size in ((4, 3), (3, 3), (3, 3), (3, outer), 3))
    found = attend(a, wq, wk, wv, score=score, vector=w, normaliser=normaliser)
    q, k, v = a @ wq, a @ wk, a @ wv
    alpha = q @ k.T if score == "dot" else np.tanh(q[:, None] + k) @ w
    assert np.allclose(found.alpha, alpha) and np.allclose(found.weights, shares(alpha, normaliser))
    assert np.allclose(found.b, shares(alpha, normaliser) @ v) and found.v.shape == (4, outer)


def test_attention_scaled_masked_and_of_many():
    a, w = G.normal(size=(5, 4, 3)), np.eye(3)
    found = attend(a, w, w, w, scaled=True, mask="causal")
    alpha = np.where(visible("causal", 4, 4) > 0, a @ a.transpose(0, 2, 1) / np.sqrt(3), -np.inf)
    assert found.b.shape == (5, 4, 3) and np.allclose(found.weights, shares(alpha, "softmax"))


# The sections


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_who_hears_whom(seed):
    apart = np.subtract.outer(np.arange(COUNT), np.arange(COUNT))
    heard = lambda **settings: model("influence", seed=seed, **settings).look("influence", ()).values > 0
    for blocks in range(1, 6):
        assert (heard(layer="window", blocks=blocks) == (abs(apart) <= REACH * blocks)).all()
    assert heard(layer="window", blocks=5).all() and not heard(layer="window", blocks=4).all()
    assert (heard(layer="fc", blocks=5) == np.eye(COUNT)).all()
    assert heard(layer="attention").all() and (heard(layer="causal") == (apart >= 0)).all()


def test_the_picture_of_the_input_in_hand():
    walk = model("influence", "window", place=2)
    diagram, moved = walk.look("diagram", ()), walk.look("influence", ()).values
    assert {(a, b) for a, b, _, _ in diagram.edges} == {("a2", "b1"), ("a2", "b2"), ("a2", "b3")}
    assert [node.value for node in diagram.nodes[:COUNT]] == moved[:, 2].tolist()
    change = walk.look("change", ()).values
    assert np.allclose(np.linalg.norm(change, axis=1), moved[:, 2])


def test_relevance_of_the_text():
    near, far, additive, turned = (
        model("relevance", one).now for one in ("near", "far", "additive", "turned")
    )
    assert np.allclose(far["alpha"], 5 * near["alpha"]) and np.abs(additive["alpha"]).max() < 2
    assert near["alpha"].argmax() == near["cosines"].argmax() == 0 == turned["cosines"].argmax()
    assert turned["alpha"].argmax() == 1
    assert abs(turned["q"] @ near["q"]) < 1e-12
    assert round(largest(1, 256, False), 2) == 0.96 and 0.45 < largest(1, 256, True) < 0.55


@pytest.mark.parametrize("score", ["dot", "additive"])
def test_the_ground_of_the_plane_is_the_score(score):
    walk = model("relevance", score=score, at=(1.5, -0.5))
    plane = walk.look("plane", ())
    k = np.array(OTHERS[-1])
    for row, col in ((0, 0), (13, 50), (39, 59)):
        q = np.array([np.linspace(-3.5, 3.5, 60)[col], np.linspace(-3.5, 3.5, 40)[row]])
        wanted = q @ k if score == "dot" else VECTOR @ np.tanh(q + k)
        assert plane.field[row, col] == pytest.approx(wanted)
    assert plane.cursor == (1.5, -0.5) and [line.x[1] for line in plane.paths[1:]] == [k[0] for k in OTHERS]
    assert walk.look("scores", ()).values.tolist() == walk.now["alpha"].tolist()


def test_scores_in_many_dimensions_spread_by_the_root():
    q, k = G.normal(size=(2, 4000, 256))
    assert np.std((q * k).sum(axis=1)) == pytest.approx(np.sqrt(256), rel=0.05)


def test_one_sum_of_the_text():
    plain, pushed, relu = (model("by-hand", one) for one in ("plain", "push", "relu"))
    assert round(plain.metrics()["distance"], 2) == 1.42 and pushed.metrics()["distance"] < 0.01
    assert relu.now["alpha"][0].tolist() == [1, 0, 2, -1] and relu.now["weights"][0].tolist() == [1, 0, 2, 0]
    assert relu.metrics()["shares"] == 3 and "α₁₄ = q¹·k⁴ = 1·(−1) + 0·0 + 0·2 = −1" in texts(relu)
    assert "α₁₃ = q¹·k³ + 10 = 1·2 + 0·1 + 0·(−1) + 10 = 12" in texts(pushed)


@pytest.mark.parametrize("normaliser", ["softmax", "relu"])
def test_what_is_on_the_screen_is_the_engines(normaliser):
    walk = model("by-hand", normaliser=normaliser, place=2)
    found = attend(np.array(walk.settings["inputs"]).reshape(4, 3), WQ, WK, WV, normaliser=normaliser)
    assert walk.look("weights", ()).values.tolist() == found.weights.tolist()
    assert walk.look("mix", ()).values.tolist() == found.b[2].tolist()
    assert walk.look("mix", ()).beside.tolist() == found.v[2].tolist()
    walk.set("push", 2)
    assert np.allclose(walk.now["weights"][[0, 1, 3]], found.weights[[0, 1, 3]])
    assert any(step.hot for step in walk.look("numbers", ()).steps)
    assert walk.act("next") == {"place": 3}


def test_matrices_of_the_text():
    four, eight, misfit = model("matrices"), model("matrices", "twice"), model("matrices", "misfit")
    assert [four.metrics()[name] for name in ("weights", "projections", "pairs")] == [21, 84, 80]
    assert [eight.metrics()[name] for name in ("weights", "projections", "pairs")] == [21, 168, 320]
    assert "A = Kᵀ·Q: 4×2 · 3×4, 2 ≠ 3" in texts(misfit) and np.isnan(misfit.look("result", ()).values).all()
    assert np.allclose(four.now["A′"].sum(axis=0), 1) and not np.allclose(four.now["A′"].sum(axis=1), 1)


@pytest.mark.parametrize("stage", range(len(STAGES)))
@pytest.mark.parametrize("layout", ["columns", "rows"])
def test_every_step_in_both_layouts(layout, stage):
    walk, name = model("matrices", layout=layout, stage=stage, length=5, dv=4), STAGES[stage]
    other = model("matrices", layout="rows" if layout == "columns" else "columns", length=5, dv=4)
    assert np.array_equal(walk.look("result", ()).values, other.now[name].T)
    parts = [walk.now[part] for part in walk.how().get(name, ())]
    if len(parts) == 2:
        assert np.allclose(parts[0] @ parts[1], walk.now[name])
        grid = walk.look("factors", ())
        assert np.array_equal(grid.values[: len(parts[0]), : parts[0].shape[1]], parts[0])
        assert grid.cols[parts[0].shape[1] + 1] == "=" + walk.how()[name][1]
    assert walk.act("next") == {"stage": (stage + 1) % 7}


def test_formulas():
    a = G.normal(size=(4, 3))
    wq, wk, wv = (G.normal(size=(3, 3)) for _ in range(3))
    w = G.normal(size=3)
    dot, additive = attend(a, wq, wk, wv), attend(a, wq, wk, wv, score="additive", vector=w)
    by = model("matrices").now
    softmax = lambda m, axis: np.exp(m) / np.exp(m).sum(axis=axis, keepdims=True)

    def whole():
        net = Network()
        net.loss(net.attention(net.input(12), "look", length=4, bias=False, output=False), "mse")
        theta = np.concatenate([wq.ravel(), wk.ravel(), wv.ravel()])
        trainer = Trainer(net, np.zeros((1, 12)), np.zeros((1, 12)), theta=theta, dtype="float64")
        b = trainer.predict(a.reshape(1, -1), node=net.find("look")).reshape(4, 3)
        return np.allclose(b, softmax(a @ wq @ (a @ wk).T / np.sqrt(3), 1) @ (a @ wv))

    block = lambda: dot.b.shape == a.shape
    prove(
        LESSON.id,
        {
            "b¹, b², … = 自注意力(a¹, a², …)": block,
            "b¹, b², … = attention(a¹, a², …)": block,
            "q¹ = W_q·a¹, k⁴ = W_k·a⁴": lambda: (
                np.allclose(dot.q[0], wq.T @ a[0]) and np.allclose(dot.k[3], wk.T @ a[3])
            ),
            "α₁₄ = q¹·k⁴": lambda: np.isclose(dot.alpha[0, 3], dot.q[0] @ dot.k[3]),
            "α₁₄ = w·tanh(q¹ + k⁴)": lambda: np.isclose(
                additive.alpha[0, 3], w @ np.tanh(dot.q[0] + dot.k[3])
            ),
            "√256 = 16": lambda: np.sqrt(256) == 16,
            "α′₁ⱼ = e^α₁ⱼ / Σₖ e^α₁ₖ": lambda: np.allclose(dot.weights[0], softmax(dot.alpha[0], 0)),
            "vʲ = W_v·aʲ": lambda: all(np.allclose(dot.v[j], wv.T @ a[j]) for j in range(4)),
            "b¹ = Σⱼ α′₁ⱼ·vʲ": lambda: np.allclose(
                dot.b[0], sum(dot.weights[0, j] * dot.v[j] for j in range(4))
            ),
            "Q = W_q·I, K = W_k·I, V = W_v·I": lambda: all(
                np.allclose(by[m], by[w] @ by["I"]) for m, w in zip("QKV", ("W_q", "W_k", "W_v"), strict=True)
            ),
            "A = KᵀQ": lambda: np.allclose(by["A"], by["K"].T @ by["Q"]),
            "A′ = softmax(A)": lambda: np.allclose(by["A′"], softmax(by["A"], 0)),
            "O = VA′": lambda: np.allclose(by["O"], by["V"] @ by["A′"]),
            "O = softmax(QKᵀ/√d)·V": whole,
        },
    )
