"""The lesson on positional encoding: its figures, its pictures and every formula that its text shows."""

from math import comb

import numpy as np
import pytest
from formulas import prove

from engine.layers.sequence import sinusoids
from lessons import catalog, proof

LENGTH, WIDTH, SYMBOLS = 8, 16, 8


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("attention/position")


@pytest.fixture(scope="module")
def run(lesson):
    return proof.runner(lesson, lesson.experiments()["places"], 1)


@pytest.fixture(scope="module")
def model(lesson):
    """Settings → model; `updates` done."""
    experiment = lesson.experiments()["places"]

    def make(updates=0, **settings):
        found = lesson.call(experiment.build)(experiment.settings(settings), 1)
        found.train(updates)
        return found

    return make


def ceiling():
    """Of labels right at best by one who knows how often a token occurs, but no order."""
    others = SYMBOLS - 1
    times = {
        n: comb(LENGTH - 1, n - 1) * others ** (LENGTH - n) / SYMBOLS ** (LENGTH - 1) for n in range(1, 9)
    }
    return sum(p * max(1 / n, (n - 1) / n) for n, p in times.items())


def test_no_places_means_a_ceiling_that_is_reached_and_not_passed(run):
    stands = run({}).metrics["validation-accuracy"]
    assert ceiling() == pytest.approx(0.736, abs=5e-4) and stands == pytest.approx(0.74, abs=5e-3)
    assert (7 / 8) ** np.arange(8) @ np.ones(8) / 8 == pytest.approx(0.656, abs=5e-4)
    assert run({"position": "learned"}).metrics["validation-accuracy"] > 0.99
    reversing = {"task": "reverse", "position": "none"}
    assert run(reversing).metrics["validation-accuracy"] == pytest.approx(0.35, abs=0.015)


def test_what_is_drawn_is_the_networks(model):
    here = model(updates=40, position="learned", shuffle=3, example=5)
    x = here.shuffled()
    assert sorted(x) == sorted(here.told.u[5]) and (x != here.told.u[5]).any()
    weights = here.trainer.predict(x[None], node=here.net.find("look-1.weights")).reshape(LENGTH, LENGTH)
    assert (here.maps().values == weights.astype(float)).all()
    assert here.maps().values.sum(axis=1) == pytest.approx(1, abs=1e-5)
    offset, shape = here.trainer.named()["places.table"]
    e = here.trainer.theta[offset : offset + LENGTH * WIDTH].reshape(shape)
    assert (here.codes().values == e).all() and here.products().values == pytest.approx(e @ e.T, abs=1e-4)
    logits = here.trainer.predict(x[None]).reshape(LENGTH, 2)
    assert here.tokens().rows[-1].tokens == tuple(f"={k}" for k in logits.argmax(axis=1))


def test_shuffling_without_places_moves_answers_along(model):
    plain, placed = (model(updates=40, position=kind, shuffle=2) for kind in ("none", "learned"))
    *_, along, now = plain.tokens().rows
    assert along.tokens == now.tokens and set(now.marks) == {"right"}
    assert plain.moved() < 1e-4 < 0.1 < placed.moved()


def test_the_shuffle_key_goes_round(model):
    here = model()
    for _ in range(24):
        here.set("shuffle", here.act("shuffle")["shuffle"])
    assert here.settings["shuffle"] == 0


def added(model):
    here = model(position="sinusoidal")
    x = here.told.u[:3]
    words = here.trainer.predict(x, node=here.net.find("words"))
    placed = here.trainer.predict(x, node=here.net.find("places"))
    assert placed - words == pytest.approx(np.tile(sinusoids(LENGTH, WIDTH).ravel(), (3, 1)), abs=1e-5)


def table(model):
    """p / 10000^(2i/d) for each place and pair, with the place's row of the engine's table."""
    e = model(position="sinusoidal").positions()
    return e, np.arange(LENGTH)[:, None] / 10000 ** (2 * np.arange(WIDTH // 2) / WIDTH)


def even(model):
    e, angle = table(model)
    assert e[:, 0::2] == pytest.approx(np.sin(angle))


def odd(model):
    e, angle = table(model)
    assert e[:, 1::2] == pytest.approx(np.cos(angle))


def distance(model):
    e, angle = table(model)
    for p in range(LENGTH):
        for q in range(LENGTH):
            assert e[p] @ e[q] == pytest.approx(np.cos(angle[p] - angle[q]).sum())


FORMULAS = {
    "aⁱ ← aⁱ + eⁱ": added,
    "Σₙ P(n)·max(1/n, (n−1)/n) = 0.736": lambda model: round(ceiling(), 3) == 0.736,
    "e(p, 2i) = sin(p / 10000^(2i/d))": even,
    "e(p, 2i+1) = cos(p / 10000^(2i/d))": odd,
    "eᵖ·e^q = Σᵢ cos((p−q) / 10000^(2i/d))": distance,
}


def test_every_formula_shown_is_one_that_is_evaluated(model):
    prove("attention/position", FORMULAS, model)
