"""The lesson on cross-attention: its figures, its pictures against the tensors, every formula of its text."""

import numpy as np
import pytest
from formulas import prove

from lessons import catalog, proof
from lessons.data.generators.pairs import PAD


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("transformer/cross_attention")


@pytest.fixture(scope="module")
def trained(lesson):
    """Settings → model at its end; the same one trains once."""
    kept = {}

    def make(**changes):
        key = tuple(sorted(changes.items()))
        if key not in kept:
            settings = lesson.experiments()["cross-map"].settings(changes)
            kept[key] = lesson.call("run:build")(settings, 1)
            kept[key].train(kept[key].limit)
        return kept[key]

    return make


def test_claims_hold_and_their_counters_do_not(lesson):
    experiment = lesson.experiments()["cross-map"]
    run = proof.runner(lesson, experiment, 1)
    for claim in experiment.claims:
        assert proof.prove(lesson, claim.id, 1, run) == (True, True), claim.id


def test_the_figures_of_the_text(trained):
    facts = trained().facts()
    assert facts["line"] == pytest.approx(0.99, abs=0.03) and trained().whole() == pytest.approx(
        0.98, abs=0.06
    )
    assert facts["alike"] == pytest.approx(0.09, abs=0.005) and facts["on-zeros"] == pytest.approx(
        0.007, abs=0.01
    )
    assert trained(zeros="kept").facts()["on-zeros"] == pytest.approx(0.11, abs=0.02)
    assert trained(position="none").facts()["line"] == pytest.approx(0.42, abs=0.1)
    assert trained(memory="words").whole() == pytest.approx(0.61, abs=0.12)


def test_what_each_digit_comes_from(trained):
    for model in (trained(), trained(zeros="kept")):
        origin, u, v = model.origin(), model.task.u, model.task.v
        for places, source, target in zip(origin, u, v, strict=True):
            assert source[places[places >= 0]].tolist() == target[target > 2].tolist()
            assert (np.diff(places[places >= 0]) < 0).all()


def test_pictures_are_the_tensors(trained):
    model = trained()
    source, tokens = model.example()
    row = np.hstack([source[None], model.read(tokens[None])])
    weights = model.trainer.predict(row, node=model.net.find("cross-1.weights")).reshape(
        len(tokens), len(source)
    )
    grid = model.cross()
    rows, cols = grid.values.shape
    assert (rows, cols) == ((tokens != PAD).sum(), (source != PAD).sum())
    np.testing.assert_array_equal(grid.values, weights[:rows, :cols].astype(float))
    assert grid.values.sum(axis=1) == pytest.approx(1, abs=1e-5)  # nothing on padding
    maps = model.maps()
    assert maps.chosen == 3 and len(maps.images) == 8
    np.testing.assert_allclose(maps.images[3][:rows], weights[:rows], atol=1e-6)


def parts(trained, *names):
    model = trained()
    rows = model.entered(model.task.u, model.read(model.task.v))
    return model, *(
        model.trainer.predict(rows, node=model.net.find(name)).astype(np.float64) for name in names
    )


def projections(trained):
    """The keys and values are those of the encoder's output, the queries those of the decoder after its mask."""
    model, q, k, v = parts(trained, "cross-1.query", "cross-1.key", "cross-1.value")
    nodes = model.net.nodes
    for name, made in (("query", q), ("key", k), ("value", v)):
        origin = nodes[model.net.find(f"cross-1.{name}")].inputs[0]
        rows = model.entered(model.task.u, model.read(model.task.v))
        given = model.trainer.predict(rows, node=origin).reshape(len(rows), -1, 16)
        weight, bias = (model.parameter(f"cross-1.{name}.{part}") for part in ("weight", "bias"))
        np.testing.assert_allclose(given @ weight + bias, made.reshape(given.shape), atol=1e-3)
    keys, values = (nodes[model.net.find(f"cross-1.{name}")].inputs for name in ("key", "value"))
    assert keys == values != nodes[model.net.find("cross-1.query")].inputs


def scores(trained):
    model, q, k, weights = parts(trained, "cross-1.query", "cross-1.key", "cross-1.weights")
    s, t = model.task.sizes
    z = q.reshape(-1, t, 16) @ k.reshape(-1, s, 16).transpose(0, 2, 1) / 16**0.5
    z = np.where((model.task.u == PAD)[:, None, :], -np.inf, z)
    p = np.exp(z - z.max(axis=2, keepdims=True))
    np.testing.assert_allclose(p / p.sum(axis=2, keepdims=True), weights.reshape(z.shape), atol=1e-4)


FORMULAS = {
    "q = d·W_q, k = e·W_k, v = e·W_v": projections,
    "α′ = softmax(q·k / √16)": scores,
}


def test_every_formula_shown_is_one_that_is_evaluated(trained):
    prove("transformer/cross_attention", FORMULAS, trained)


def test_the_run_grades_only_the_question_that_was_put(lesson):
    run = proof.runner(lesson, lesson.experiments()["cross-map"], 1)
    assert lesson.call("run:where")(run({})) == "rising"
    assert lesson.call("run:where")(run({"position": "none"})) == ""
