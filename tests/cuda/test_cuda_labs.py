"""Ten updates of one experiment of each lab, on the simulated GPU and on the CPU."""

import numpy as np
import pytest

from engine.device import CUDA, Place, placed
from engine.trainer import Trainer
from lessons import catalog

COURSE = catalog.load()
CLOSE = 1e-5
# Lab: lesson, experiment, settings that keep the simulator quick.
CHOSEN = {
    "net": ("basics/deep", "fold", {}),
    "images": ("cnn/pooling", None, {}),
    "surface": ("training/momentum", "hill", {}),
    "walk": ("cnn/filters", "recover", {}),
    "seq": ("attention/graph", "edges", {}),
    "population": ("training/batch_size", "wells", {}),
    "doctor": ("guide/roadmap", "doctor", {"patient": "2"}),
}


@pytest.fixture
def small(monkeypatch):
    """Trainers in single precision, on few examples an update."""
    start = Trainer.__init__

    def begin(self, network, x=None, y=None, **options):
        start(self, network, x, y, **options | {"dtype": "float32"})
        if x is not None and self.program.nodes[0].op == "input":
            self.set("batch", min(2, self.examples))

    monkeypatch.setattr(Trainer, "__init__", begin)


@pytest.mark.parametrize("lab", CHOSEN)
def test_ten_updates(lab, small):
    name, experiment, settings = CHOSEN[lab]
    lesson = COURSE.lesson(name)
    chosen = lesson.experiments()[experiment or lesson.sections[0].experiment]
    build, place = lesson.call(chosen.build), Place(CUDA)
    settings = chosen.settings(settings)
    there, here = placed(build, place)(settings, 1), build(settings, 1)
    assert place.runs
    rows, others = np.asarray(here.train(10)), np.asarray(there.train(10))
    assert place.used == CUDA and place.error is None, place.error
    assert rows.shape == others.shape == (10, len(here.columns))
    assert np.abs(rows - others).max() < CLOSE * max(1, np.abs(rows).max())
