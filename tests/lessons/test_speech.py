"""The lesson on truncated attention and faster masks: figures, pictures, and every formula that its text shows."""

import numpy as np
import pytest
from formulas import prove

from lessons import catalog, proof
from lessons.attention.speech.experiments import LENGTH, band
from lessons.attention.speech.run import cells_of, hops, mask_of


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("attention/speech")


@pytest.fixture(scope="module")
def run(lesson):
    """Experiment, settings → Result; the same settings run once."""
    runs = {name: proof.runner(lesson, one, 1) for name, one in lesson.experiments().items()}
    return lambda name, **settings: runs[name](settings)


@pytest.fixture(scope="module")
def model(lesson):
    """Experiment, settings → model; `updates` done."""

    def make(name, updates=0, **settings):
        experiment = lesson.experiments()[name]
        found = lesson.call(experiment.build)(experiment.settings(settings), 1)
        found.train(updates)
        return found

    return make


def test_a_window_that_just_fits_is_best(run):
    share = lambda task, reach: run("truncate", task=task, reach=reach).metrics["validation-accuracy"]
    assert share("near", 1) > 0.995 and share("near", 15) > 0.995
    assert share("far", 1) == pytest.approx(0.79, abs=0.012)
    assert share("far", 4) == pytest.approx(0.79, abs=0.012)
    assert share("far", 8) == pytest.approx(0.99, abs=0.006)
    assert share("far", 15) == pytest.approx(0.93, abs=0.006)


@pytest.mark.parametrize(
    ("pattern", "cells", "layers", "first", "saw"),
    [
        ("full", 256, 1, 1.0, 0.84),
        ("local", 74, 8, 0.125, 0.68),
        ("stride", 94, 3, 0.125, 0.68),
        ("blocks", 64, 0, 0.125, 0.68),
        ("global", 96, 2, 1.0, 0.68),
    ],
)
def test_the_zoo(run, pattern, cells, layers, first, saw):
    here = run("masks", pattern=pattern)
    assert (here.facts["cells"], here.facts["hops"]) == (cells, layers)
    assert here.metrics["validation-accuracy"] == pytest.approx(first, abs=0.03)
    seen = run("masks", pattern=pattern, task="saw").metrics["validation-accuracy"]
    assert seen == pytest.approx(saw, abs=0.015)


def test_cells_are_those_of_the_network(model):
    for reach in (1, 2, 4, 8, 15):
        here = model("truncate", updates=3, reach=reach)
        weights = here.attention(here.told.u[:8])
        assert (weights > 0).any(axis=(0, 1)).sum() == here.facts()["cells"] == cells_of(LENGTH, reach)
        assert (here.maps().values == here.attention(here.example()[None])[0, 0]).all()
    here = model("masks", updates=3, pattern="global")
    for block in (1, 2):
        weights = here.attention(here.told.u[:8], block)
        assert ((weights > 0).any(axis=(0, 1)) == (here.mask().values > 0)).all()


def test_hops_are_layers_of_the_mask():
    for pattern in ("full", "local", "stride", "blocks", "global"):
        mask, count = mask_of(pattern, band()), 0
        power = np.eye(LENGTH, dtype=int)
        for layer in range(1, LENGTH + 1):
            power = np.minimum(power @ mask, 1)
            count = count or layer * int(power[-1, 0])
        assert hops(mask) == count


def test_the_learners_mask_always_lets_a_place_see_itself(model):
    here = model("masks", updates=2, pattern="own", mask=(0.0,) * LENGTH**2)
    assert (here.mask().values == np.eye(LENGTH)).all()
    assert (mask_of("own", band()) == mask_of("local", band())).all()
    assert mask_of("own", band((15, 0))).sum() == 75


def test_the_bill(model):
    here = model("truncate", reach=2)
    texts = [step.text for step in here.numbers().steps]
    assert texts == [
        "L = 1000 = 10 s",
        "L·L = 1,000,000",
        "w = 2",
        "L·(2w+1) − w·(w+1) = 4,994",
        "0.499 %",
    ]
    here.set("frames", 2000)
    assert here.numbers().steps[3].text.endswith("= 9,994") and here.cost().cursor == 2000


def window(model):
    """The formula counts the pairs that are no further apart than w."""
    for length in (5, 16, 100):
        apart = np.abs(np.subtract.outer(np.arange(length), np.arange(length)))
        for w in (1, 2, 4):
            assert length * (2 * w + 1) - w * (w + 1) == (apart <= w).sum() == cells_of(length, w)


FORMULAS = {
    "1000·1000 = 1,000,000": lambda model: cells_of(1000, 999) == 1_000_000,
    "L·(2w+1) − w·(w+1)": window,
    "16·16 = 256": lambda model: mask_of("full", band()).sum() == 256,
}


def test_every_formula_shown_is_one_that_is_evaluated(model):
    prove("attention/speech", FORMULAS, model)
