"""The lesson on the encoder: its map, the stages of a block, where the norm stands, and every formula of its text."""

import numpy as np
import pytest
from formulas import prove

from lessons import catalog, proof
from lessons.labs.blocks import STAGES
from lessons.transformer.encoder.run import BOXES, PARTS, sizes

LENGTH, WIDTH = 8, 16


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("transformer/encoder")


@pytest.fixture(scope="module")
def model(lesson):
    """Experiment, settings → model with `updates` done."""

    def make(name, updates=0, **settings):
        experiment = lesson.experiments()[name]
        found = lesson.call(experiment.build)(experiment.settings(settings), 1)
        found.train(updates)
        return found

    return make


def test_every_box_is_drawn_and_tells_its_lesson(model):
    shown = model("map").map()
    assert [node.id for node in shown.nodes] == list(BOXES) == list(PARTS)
    chapters = {"attention", "transformer"}
    for box, (parts, there, _) in PARTS.items():
        assert set(parts) <= set(BOXES) and there.partition("/")[0] in chapters
        steps = model("map", pick=BOXES.index(box)).meaning().steps
        assert steps[-1].text == f"g: {there}"
    known = {lesson.id for lesson in catalog.load().lessons}
    assert "transformer/encoder" in known


def test_the_map_counts_real_parameters(model):
    values = {node.id: node.value for node in model("map").map().nodes}
    assert sum(value or 0 for value in values.values()) == 31501
    assert values["attention"] == 4224 and values["feed"] == 8352 and values["source"] is None


def test_one_bridge_leads_from_the_encoder_to_the_decoder(model):
    crossing = [e for e in model("map").map().edges if BOXES.index(e[0]) < 7 <= BOXES.index(e[1])]
    assert [edge[:2] for edge in crossing] == [("memory", "cross")]
    assert model("map", pick=BOXES.index("source"), bridge="off").reached() == BOXES[1:7]
    written = model("map", pick=BOXES.index("written")).reached()
    assert not set(written) & set(BOXES[:7])


def stages(here):
    return {stage: here.values(stage, here.example()[None])[0] for stage in ("in", *STAGES)}


def normed(h, here, name):
    gamma, beta = here.gamma(name)
    variance = h.var(axis=1, keepdims=True) + 1e-5
    return gamma * (h - h.mean(axis=1, keepdims=True)) / np.sqrt(variance) + beta


def test_the_walk_is_the_networks(model):
    here = model("block", 60, example=3, place=5)
    at = stages(here)
    assert at["sum"] == pytest.approx(at["in"] + at["mix"], abs=1e-5)
    assert at["norm"] == pytest.approx(normed(at["sum"], here, "norm-1"), abs=1e-4)
    first, second = here.parameter("feed-1.weight"), here.parameter("back-1.weight")
    hidden = np.maximum(at["norm"] @ first + here.parameter("feed-1.bias"), 0)
    assert at["inner"] == pytest.approx(hidden @ second + here.parameter("back-1.bias"), abs=1e-4)
    assert at["out"] == pytest.approx(normed(at["norm"] + at["inner"], here, "leave-1"), abs=1e-4)
    shown = here.walk().steps
    assert len(shown) == 7 and f"({at['in'][5][0]:.2f}".replace("-", "−") in shown[0].text
    assert here.vector().values == pytest.approx(np.stack([v[5] for v in at.values()]))
    assert here.spread().values == pytest.approx([v[5].std() for v in at.values()])
    assert here.spread().beside == pytest.approx([v[5].mean() for v in at.values()])


def test_left_out_stages_are_not_told_twice(model):
    assert list(model("block", add="off", norm="none").journey()) == ["in", "mix", "inner"]


def test_attention_is_drawn_as_it_is(model):
    here = model("block", 20)
    weights = here.trainer.predict(here.example()[None], node=here.net.find("look-1.weights"))
    assert here.maps().values == pytest.approx(weights.reshape(LENGTH, LENGTH))


def test_every_weight_has_its_pixel(model):
    here = model("block", 20)
    theta = here.trainer.theta
    assert theta.size == 3672
    assert here.weights().images.ravel()[: theta.size] == pytest.approx(theta)
    assert not here.weights().images.ravel()[theta.size :].any()


def test_figures_of_the_text(lesson, model):
    """Shares and lengths that both texts name, seed 1."""
    experiment = lesson.experiments()
    block = proof.runner(lesson, experiment["block"], 1)
    assert block({}).facts["lengths"][0] == pytest.approx(5.85, abs=0.05)
    assert block({"norm": "none"}).facts["lengths"] == pytest.approx([5.8, 18.8], abs=0.15)
    bare = block({"blocks": 4, "add": "off"}).metrics["validation-accuracy"]
    assert (
        bare == pytest.approx(0.28, abs=0.02)
        and block({"norm": "batch"}).metrics["validation-accuracy"] > 0.99
    )
    soon = model("block", 200)
    assert soon.checked()["accuracy"] > 0.99
    variants = proof.runner(lesson, experiment["variants"], 1)
    post, pre = (variants({"order": order}) for order in ("post", "pre"))
    assert post.metrics["validation-accuracy"] == pytest.approx(0.13, abs=0.01)
    assert post.facts["slopes"][-1] == pytest.approx(0.27, abs=0.005)
    assert pre.facts["slopes"][-1] == pytest.approx(0.15, abs=0.005)
    assert variants({"rate": 0.003}).metrics["validation-accuracy"] > 0.95
    assert variants({"blocks": 2}).metrics["validation-accuracy"] > 0.95
    assert variants({"blocks": 8, "warm": "on"}).metrics["validation-accuracy"] < 0.6


def mixes(model):
    """Weights of the values; the engine's output projection W_o follows, b = W_o·Σ α′v."""
    here = model("block", 30)
    x = here.example()[None]
    tell = lambda name: here.trainer.predict(x, node=here.net.find(name))[0]
    weights, v = tell("look-1.weights").reshape(LENGTH, LENGTH), tell("look-1.value").reshape(LENGTH, WIDTH)
    mixed = tell("look-1.mix").reshape(LENGTH, WIDTH)
    return np.allclose(weights @ v, mixed, atol=1e-5)


def added(model):
    here = model("block", 30)
    at = stages(here)
    return np.allclose(at["norm"], normed(at["in"] + at["mix"], here, "norm-1"), atol=1e-4)


def fed(model):
    here = model("block", 30)
    at = stages(here)
    return np.allclose(at["out"], normed(at["norm"] + at["inner"], here, "leave-1"), atol=1e-4)


def ordered(order):
    """Whether the vectors after the first sum are what the order says."""

    def check(model):
        here = model("variants", 10, order=order)
        at = stages(here)
        entered = at["in"] if order == "post" else normed(at["in"], here, "enter-1")
        x = here.example()[None]
        told = here.trainer.predict(x, node=here.net.find("look-1.query"))[0].reshape(LENGTH, WIDTH)
        weight, bias = here.parameter("look-1.query.weight"), here.parameter("look-1.query.bias")
        assert told == pytest.approx(entered @ weight + bias, abs=1e-4)
        total = at["norm"] if order == "post" else at["sum"]
        return np.allclose(at["total"], total + at["inner"], atol=1e-5)

    return check


FORMULAS = {
    "4d² + 4d = 4224": lambda model: 4 * 32**2 + 4 * 32 == 4224 == sizes(4)["attention"],
    "2·4d² + 5d = 8352": lambda model: 2 * 4 * 32**2 + 5 * 32 == 8352 == sizes(4)["feed"],
    "b = Σⱼ α′ⱼ·vʲ": mixes,
    "x = norm(a + b)": added,
    "y = norm(x + W₂·relu(W₁·x))": fed,
    "x′ = (x − m) / σ": lambda model: model("block").uneven() < 2e-3,
    "post: h ← norm(h + f(h))": ordered("post"),
    "pre: h ← h + f(norm(h))": ordered("pre"),
}


def test_every_formula_shown_is_one_that_is_evaluated(model):
    prove("transformer/encoder", FORMULAS, model)
