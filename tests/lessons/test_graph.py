"""The lesson on graphs: its figures, its pictures and every formula that its text shows."""

import numpy as np
import pytest
from formulas import prove

from lessons import catalog, proof
from lessons.attention.graph.experiments import CUBE, RING, matrix
from lessons.attention.graph.run import CASES, joined, majority
from lessons.data.generators import graph8
from lessons.data.generators.sequences import EDGES

NODES = 8


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("attention/graph")


@pytest.fixture(scope="module")
def run(lesson):
    return proof.runner(lesson, lesson.experiments()["edges"], 1)


@pytest.fixture(scope="module")
def model(lesson):
    """Settings → model; `updates` done."""
    experiment = lesson.experiments()["edges"]

    def make(updates=0, **settings):
        found = lesson.call(experiment.build)(experiment.settings(settings), 1)
        found.train(updates)
        return found

    return make


def test_eight_cases_are_enough_along_edges_and_128_without(run):
    share = lambda **settings: run(settings).metrics["validation-accuracy"]
    assert share(arm="masked") == 1 and share(arm="full") == pytest.approx(0.62, abs=0.05)
    assert share(arm="named") == pytest.approx(0.75, abs=0.04)
    found = run({"arm": "full", "samples": "128"})
    assert found.metrics["validation-accuracy"] == pytest.approx(0.99, abs=0.011)
    assert found.facts["on-edges"] == pytest.approx(0.9, abs=0.04)


def test_the_labels_are_the_generators():
    assert CUBE == EDGES
    for edges in (CUBE, RING):
        x, y = graph8(50, 3, edges)
        assert (majority(np.array(matrix(edges)).reshape(NODES, NODES) > 0, x) == y).all()


def test_either_cell_of_an_edge_changes_it():
    for a, b in ((0, 1), (1, 0), (0, 2)):
        cells = np.array(matrix(CUBE))
        cells[a * NODES + b] = 1 - cells[a * NODES + b]
        edges = joined(tuple(cells))
        assert (edges == edges.T).all() and edges[a, b] == edges[b, a] == bool(cells[a * NODES + b])
        assert (edges != joined(matrix(CUBE))).sum() == 2
    assert not joined((1.0,) * 64).diagonal().any()
    assert (joined(matrix(RING)) == np.array(matrix(RING)).reshape(8, 8)).all()


def test_a_node_without_edges_answers_itself(model):
    here = model(updates=5, arm="masked", edges=(0.0,) * 64)
    assert (here.told.y == here.told.x).all() and (here.maps().values == np.eye(NODES)).all()
    assert not here.diagram().edges


def test_what_is_drawn_is_the_networks(model):
    here = model(updates=60, arm="masked", example=7)
    x = here.told.u[7]
    weights = here.trainer.predict(x[None], node=here.net.find("look-1.weights")).reshape(NODES, NODES)
    assert (here.maps().values == weights.astype(float)).all()
    assert (weights[~here.edges_on] == 0).all()
    diagram = here.diagram()
    assert [node.value for node in diagram.nodes] == x.tolist() and len(diagram.edges) == len(CUBE)
    guess = here.trainer.predict(x[None]).reshape(NODES, 2).argmax(axis=1)
    assert [node.hot for node in diagram.nodes] == (guess != majority(here.edges_on, x[None])[0]).tolist()


def softmax(model):
    """The weights are softmax of the scores over the neighbours alone."""
    here = model(updates=20, arm="masked")
    x = here.told.u[:4]
    scores = here.trainer.predict(x, node=here.net.find("look-1.scores")).reshape(4, NODES, NODES)
    e = np.exp(scores.astype(float)) * here.edges_on
    assert here.attention(x)[:, 0] == pytest.approx(e / e.sum(axis=2, keepdims=True), abs=1e-5)


FORMULAS = {
    "α′ᵢⱼ = exp(αᵢⱼ) / Σₖ exp(αᵢₖ)": softmax,
    "2⁸ = 256": lambda model: 2**NODES == 256 == len(np.unique(CASES, axis=0)),
}


def test_every_formula_shown_is_one_that_is_evaluated(model):
    prove("attention/graph", FORMULAS, model)
