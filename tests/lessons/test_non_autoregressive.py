"""The lesson on writing at once: its figures, its pictures against what was drawn, every formula of its text."""

import math

import numpy as np
import pytest
from formulas import prove

from lessons import catalog, proof


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("transformer/non_autoregressive")


@pytest.fixture(scope="module")
def trained(lesson):
    """task → {arm: model at its end}."""
    kept = {}

    def make(task):
        if task not in kept:
            experiment = lesson.experiments()["at-vs-nat"]
            kept[task] = {
                name: lesson.call("run:build")(experiment.settings({"decoder": name, "task": task}), 1)
                for name in ("nat", "at")
            }
            for model in kept[task].values():
                model.train(model.limit)
        return kept[task]

    return make


def test_claims_hold_and_their_counters_do_not(lesson):
    experiment = lesson.experiments()["at-vs-nat"]
    run = proof.runner(lesson, experiment, 1)
    for claim in experiment.claims:
        assert proof.prove(lesson, claim.id, 1, run) == (True, True), claim.id


def test_the_figures_of_the_text(trained):
    nat, at = trained("modes").values()
    assert nat.facts()["mixed"] == pytest.approx(0.48, abs=0.06) and at.facts()["mixed"] < 0.02
    assert (nat.count(nat.example()[0]), at.count(at.example()[0])) == (1, 3)
    nat, at = trained("digits").values()
    assert nat.whole() == pytest.approx(0.98, abs=0.06) and at.whole() == pytest.approx(0.95, abs=0.06)
    assert at.count(at.example()[0]) == at.length() > nat.count(nat.example()[0]) == 1


def test_pictures_show_what_was_drawn(lesson, trained):
    models, pictures = trained("modes"), lesson.call("run:own")("at-vs-nat", {})
    rows = pictures["tokens"](models, "nat", ()).rows
    for row, model in zip(rows[2:], models.values(), strict=True):
        said = model.drawn(np.resize(model.example()[0], (12, 1)), 61)
        assert row.tokens == tuple("=" + "".join(model.task.words[t] for t in answer[:2]) for answer in said)
        assert all(
            (mark == "right") == (token in rows[1].tokens)
            for token, mark in zip(row.tokens, row.marks, strict=True)
        )
    bars = pictures["shares"](models, "nat", ())
    assert bars.values.tolist() == models["nat"].kinds().tolist() and bars.beside.sum() > 0.95
    table = pictures["standings"](models, "at", ())
    assert table.chosen == 1 and [row[1] for row in table.rows] == [1, 3]
    assert len(pictures["tokens"](trained("digits"), "nat", ()).rows) == 4


def halves(trained):
    """Each place by itself: half and half; so the hybrids together are half of all."""
    nat = trained("modes")["nat"]
    source = np.unique(nat.task.source, axis=0)
    p = nat.chances(source, nat.read(np.zeros((4, 3), int)))
    for row, (first,) in zip(p, source, strict=True):
        a, b = row[:2, first], row[:2, first + 1]
        assert a + b == pytest.approx(1, abs=0.02) and a == pytest.approx(0.5, abs=0.12)
        assert a[0] * a[1] + b[0] * b[1] == pytest.approx(0.5, abs=0.05)


def lowest(name, value):
    def check(trained):
        loss = trained("modes")[name].trainer.evaluate()["loss"]
        assert value == pytest.approx(math.log(2) / 3 * (2 if name == "nat" else 1), abs=5e-4)
        return value - 0.01 < loss < value + 0.03

    return check


FORMULAS = {
    "P(AA) + P(BB) = ½·½ + ½·½ = ½": halves,
    "ln 2 / 3 = 0.231": lowest("at", 0.231),
    "2 · ln 2 / 3 = 0.462": lowest("nat", 0.462),
}


def test_every_formula_shown_is_one_that_is_evaluated(trained):
    prove("transformer/non_autoregressive", FORMULAS, trained)


def test_the_run_grades_only_the_question_that_was_put(lesson):
    run = proof.runner(lesson, lesson.experiments()["at-vs-nat"], 1)
    assert lesson.call("run:how_often")(run({})) == "half"
    assert lesson.call("run:how_often")(run({"decoder": "at"})) == ""
