"""The lesson on several heads: its figures, its pictures and every formula that its text shows."""

import numpy as np
import pytest
from formulas import prove

from lessons import catalog, proof

LENGTH, WIDTH = 8, 16


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("attention/multi_head")


@pytest.fixture(scope="module")
def run(lesson):
    return proof.runner(lesson, lesson.experiments()["heads"], 1)


@pytest.fixture(scope="module")
def model(lesson):
    """Settings → model; `updates` done."""
    experiment = lesson.experiments()["heads"]

    def make(updates=0, **settings):
        found = lesson.call(experiment.build)(experiment.settings(settings), 1)
        found.train(updates)
        return found

    return make


def test_two_heads_learn_what_one_is_slow_at(run):
    share = {heads: run({"heads": heads}).metrics["validation-accuracy"] for heads in ("1", "2", "4")}
    assert share["1"] == pytest.approx(0.76, abs=0.02)
    assert share["2"] == pytest.approx(1.0, abs=0.01) and share["4"] == pytest.approx(0.92, abs=0.02)
    facts = run({"heads": "2"}).facts
    assert max(facts["before"]) == pytest.approx(0.93, abs=0.03)
    assert max(facts["same"]) == pytest.approx(0.81, abs=0.03)


def test_heads_are_free(model):
    assert {model(heads=heads).facts()["parameters"] for heads in ("1", "2", "4")} == {2548}


def test_what_is_drawn_is_the_networks(model):
    here = model(updates=30, heads="2", example=3)
    x = here.told.u[3]
    weights = here.trainer.predict(x[None], node=here.net.find("look-1.weights")).reshape(2, LENGTH, LENGTH)
    values = here.maps().values
    assert np.isnan(values[:, LENGTH]).all()
    assert (values[:, :LENGTH] == weights[0]).all() and (values[:, LENGTH + 1 :] == weights[1]).all()


def test_relations_are_counted_as_they_are_said(model):
    here = model(updates=30, heads="2")
    u = here.told.u[:256]
    weights = here.attention(u)
    same = [
        sum(weights[n, 1, i, j] for j in range(i) if u[n, j] == u[n, i])
        for n in range(len(u))
        for i in range(LENGTH)
        if u[n, i] in u[n, :i]
    ]
    before = [weights[n, 1, i, i - 1] for n in range(len(u)) for i in range(1, LENGTH)]
    assert here.kinds().values[1] == pytest.approx([np.mean(before), np.mean(same)], abs=1e-5)


def test_labels_are_both_relations(model):
    here = model()
    x, y = here.told.u, here.told.v
    for row, labels in zip(x[:20], y[:20], strict=True):
        for i, label in enumerate(labels):
            assert label == (row[i] in row[:i]) + 2 * (i > 0 and row[i - 1] >= 4)


def parts(model, name):
    """A node of the attention for some sequences, cut into heads: (N, LENGTH, 2, 8)."""
    here = model(updates=10, heads="2")
    x = here.told.u[:5]
    return here, x, here.trainer.predict(x, node=here.net.find(name)).reshape(5, LENGTH, 2, -1)


def scores(model):
    """Scores are products of one head's query and key, over √8."""
    here, x, q = parts(model, "look-1.query")
    _, _, k = parts(model, "look-1.key")
    found = here.trainer.predict(x, node=here.net.find("look-1.scores")).reshape(5, 2, LENGTH, LENGTH)
    assert found * np.sqrt(8) == pytest.approx(np.einsum("nihd,njhd->nhij", q, k), abs=1e-4)


def joined(model):
    """The output is the heads' mixtures joined, times one matrix."""
    here, x, mix = parts(model, "look-1.mix")
    _, _, v = parts(model, "look-1.value")
    assert mix == pytest.approx(np.einsum("nhij,njhd->nihd", here.attention(x), v), abs=1e-4)
    out = here.trainer.predict(x, node=here.net.find("look-1")).reshape(5, LENGTH, WIDTH)
    together = mix.reshape(5, LENGTH, WIDTH) @ here.parameter("look-1.weight")
    assert out == pytest.approx(together + here.parameter("look-1.bias"), abs=1e-4)


FORMULAS = {
    "αʰᵢⱼ = q^{i,h}·k^{j,h}": scores,
    "αʰᵢⱼ = q^{i,h}·k^{j,h} / √8": scores,
    "bⁱ = Wᴼ·[b^{i,1}; b^{i,2}]": joined,
}


def test_every_formula_shown_is_one_that_is_evaluated(model):
    prove("attention/multi_head", FORMULAS, model)
