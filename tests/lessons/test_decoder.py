"""The decoder lesson: its figures, its pictures against the tensors behind them, and every formula of its text."""

import math

import numpy as np
import pytest
from formulas import prove

from lessons import catalog, proof
from lessons.data.generators.pairs import BEGIN, END, PAD


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("transformer/decoder")


@pytest.fixture(scope="module")
def trained(lesson):
    """(experiment, settings) → model at its end; the same one trains once."""
    kept = {}

    def make(name, **changes):
        key = (name, *sorted(changes.items()))
        if key not in kept:
            experiment = lesson.experiments()[name]
            kept[key] = lesson.call(experiment.build)(experiment.settings(changes), 1)
            kept[key].train(kept[key].limit)
        return kept[key]

    return make


@pytest.mark.parametrize("name", ["step-decode", "mask-toggle", "end-or-run"])
def test_claims_hold_and_their_counters_do_not(lesson, name):
    experiment = lesson.experiments()[name]
    run = proof.runner(lesson, experiment, 1)
    for claim in experiment.claims:
        assert proof.prove(lesson, claim.id, 1, run) == (True, True), claim.id


def test_what_the_text_says_about_an_error(trained):
    facts = trained("step-decode").facts()
    assert facts["changed"] == pytest.approx(0.39, abs=0.1)
    assert facts["right"] == pytest.approx(0.97, abs=0.03) and facts["right-after"] == pytest.approx(
        0.83, abs=0.06
    )
    deaf = trained("step-decode", reads="begins").facts()
    assert deaf["changed"] == 0 and deaf["right"] == deaf["right-after"]


def test_the_learner_writes_step_by_step_and_forces_an_error(trained):
    model = trained("step-decode")
    free = model.answer()[0]
    model.set("place", 0)
    shown = model.tokens().rows[-1]
    assert set(shown.tokens) == {"=·"} and model.tokens().chosen == (3, 0)
    for place in range(1, 4):
        for control, value in model.act("next").items():
            model.set(control, value)
        rows = model.tokens().rows
        assert sum(token != "=·" for token in rows[-1].tokens) == place
        assert rows[2].tokens[1 : place + 1] == rows[3].tokens[:place] and rows[2].tokens[0] == "=BEGIN"
    model.set("place", 0)
    for control, value in model.act("wrong").items():
        model.set(control, value)
    hurt = model.answer()[0]
    assert hurt[0] != free[0] and model.tokens().rows[-1].marks[0] == "forced" and model.shown() == 1
    assert model.next_token().beside is not None
    model.set("force", model.act("undo-wrong")["force"])
    model.set("place", model.act("all")["place"])
    assert model.act("begin") == {"place": 0, "force": "none"}
    assert (model.answer()[0] == free).all()


def test_pictures_are_the_tensors(trained):
    model = trained("step-decode")
    (source, _), (tokens, chances) = model.example(), model.answer()
    read = model.read(tokens[None])
    weights = model.trainer.predict(
        np.hstack([source[None], read]), node=model.net.find("past-1.weights")
    ).reshape(9, 9)
    kept = model.length()
    np.testing.assert_array_equal(model.past().values, weights[:kept, :kept].astype(float))
    np.testing.assert_allclose(
        model.tokens().rows[-1].values[:kept], chances[np.arange(kept), tokens[:kept]], rtol=1e-12
    )
    model.set("place", 1)
    np.testing.assert_array_equal(model.next_token().values, chances[1, END:])
    model.set("place", 9)


def test_what_the_text_says_about_the_mask(trained):
    off, on = trained("mask-toggle"), trained("mask-toggle", mask="on")
    assert off.facts()["known"] < 0.0006 and on.facts()["known"] == pytest.approx(0.016, abs=0.02)
    assert off.facts()["next"] == pytest.approx(0.98, abs=0.02) and off.checked()["accuracy"] == 1
    assert off.whole() == 0 and on.whole() > 0.9
    words = trained("mask-toggle", mask="on", task="sentences")
    assert words.facts()["known"] == pytest.approx(1.2, abs=0.02) and words.whole() == 1
    assert trained("mask-toggle", task="sentences").whole() == 0


def test_what_the_text_says_about_the_end(lesson, trained):
    arms = {name: trained("end-or-run", end=name) for name in ("own", "shared", "none")}
    assert arms["none"].facts()["endless"] == 1
    assert arms["own"].facts()["stops"] > 0.95 and arms["shared"].facts()["stops"] > 0.95
    curve = lesson.call("run:own")("end-or-run", {})["ending"](arms, "own", ())
    assert len(curve.lines[2].x) == 12 and curve.lines[2].y.max() < 0.1
    place = int(curve.ticks[0][0])
    assert curve.lines[0].y[place - 1] > 0.5 and curve.lines[0].y[: place - 1].max(initial=0) < 0.5
    model = arms["own"]
    np.testing.assert_array_equal(curve.lines[0].y, model.answer()[1][: model.length(), END])


@pytest.mark.parametrize(
    ("name", "action", "control", "value"),
    [("step-decode", "begin", "place", 0), ("mask-toggle", "look-masked", "mask", "on")],
)
def test_an_action_only_looks(lesson, name, action, control, value):
    """It changes what is seen, and the run stays where it is."""
    experiment = lesson.experiments()[name]
    chosen = next(one for one in experiment.actions if one.id == action)
    model = lesson.call(experiment.build)(experiment.settings({}), 1)
    assert not chosen.set and model.act(action)[control] == value
    assert control in model.looks or control in experiment.arms.arms["on"]


def greedy(trained):
    """Each token written is the likeliest after those before it."""
    model = trained("step-decode")
    source, (tokens, _) = model.example()[0], model.answer()
    after = model.following(source)
    written = tuple(tokens[: model.length()].tolist())
    assert all(after(written[:t]).argmax() == written[t] for t in range(len(written)))
    assert model.read(tokens[None])[0, 0] == BEGIN


def masked(trained):
    weights = trained("mask-toggle", mask="on").past().values
    assert (weights[np.triu_indices(len(weights), 1)] == 0).all()
    assert weights.sum(axis=1) == pytest.approx(1, abs=1e-5)


def stopping(trained):
    """P(END) after the whole answer, over fresh strings."""
    model = trained("end-or-run", end="own")
    u, v = model.task.u, model.task.v
    chances = model.chances(u, model.read(v))[:, :, END]
    assert chances[v == END].mean() > 0.95 and chances[(v != END) & (v != PAD)].mean() < 0.05


def noun_phrase(trained):
    assert math.log(3) + math.log(3) + math.log(4) == pytest.approx(3.58, abs=0.005)
    verb = math.log(2) + (math.log(3) + math.log(3)) / 2 + (2 * math.log(3) + math.log(4)) / 2
    assert verb == pytest.approx(3.58, abs=0.005)


def floor(trained):
    """Nobody can be below it on fresh sentences, and the masked model is nearly there."""
    v = trained("mask-toggle", mask="on", task="sentences").task.v
    assert (v != PAD).sum(axis=1).mean() == pytest.approx(6, abs=0.3)
    return round(2 * 3.58 / 6, 2) == 1.19


FORMULAS = {
    "yₜ = argmax P(y | x, BEGIN, y₁ … yₜ₋₁)": greedy,
    "α′ᵢⱼ = 0, j > i": masked,
    "P(END | x, BEGIN, y₁ … yₙ) → 1": stopping,
    "ln 3 + ln 3 + ln 4 = 3.58": noun_phrase,
    "2 · 3.58 / 6 = 1.19": floor,
}


def test_every_formula_shown_is_one_that_is_evaluated(trained):
    prove("transformer/decoder", FORMULAS, trained)


def test_the_run_grades_only_the_question_that_was_put(lesson):
    experiment = lesson.experiments()["mask-toggle"]
    run = proof.runner(lesson, experiment, 1)
    assert (
        lesson.call("run:unmasked")(run({})) == "none"
        and lesson.call("run:unmasked")(run({"mask": "on"})) == ""
    )
