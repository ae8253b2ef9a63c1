"""Fields that see a beak and windows that slide: the lesson's figures, and every product beside the engine's map."""

import numpy as np
import pytest
from formulas import prove

from engine.network import Network
from lessons import catalog
from lessons.data.generators.images import LECTURE_MAPS
from lessons.labs import windows

LESSON = catalog.load().lesson("cnn/receptive_field")
EXPERIMENTS = LESSON.experiments()


def model(name, updates=0, **settings):
    experiment = EXPERIMENTS[name]
    made = LESSON.call(experiment.build)(experiment.settings(settings), 1)
    made.train(updates)
    return made


@pytest.mark.parametrize(
    ("settings", "seen", "weights"),
    [
        ({}, 16, 448),
        ({"stride": 1}, 100, 2800),
        ({"stride": 2}, 25, 700),
        ({"height": 4, "width": 4, "stride": 2}, 100, 4900),
        ({"stride": 1, "channels": "red"}, 100, 1000),
        ({"stride": 1, "channels": "blue"}, 0, 1000),
        ({"width": 12, "stride": 1}, 100, 10_900),
        ({"height": 12, "width": 12, "stride": 1}, 100, 43_300),
    ],
)
def test_what_the_text_says_of_fields(settings, seen, weights):
    assert model("fields", 100, **settings).metrics() == {"seen": seen, "weights": weights}


def test_a_field_sees_the_beak_whole_only_where_it_lies_within():
    for settings in ({}, {"stride": 2}, {"height": 4, "width": 5, "stride": 2}):
        made = model("fields", 100, **settings)
        size, stride = (made.settings["height"], made.settings["width"]), made.settings["stride"]
        for place, (i, j) in enumerate(np.ndindex(10, 10)):
            inside = all(
                any(s <= at and at + 3 <= s + k for s in range(0, 12 - k + 1, stride))
                for at, k in zip((i, j), size, strict=True)
            )
            assert made.now["seen"].ravel()[place] == inside


def test_the_beak_walks_and_the_learner_takes_it():
    made = model("fields", 13)
    assert made.at == 12 and np.isfinite(made.look("seen", ()).values).sum() == 13
    lit = made.look("picture", ())
    assert lit.values.sum() == 12 and lit.values[0, 1:4, 2:5].sum() == 6 and lit.marked.sum() == 27
    made.set("place", 33)
    assert made.at == 33 and made.look("answers", ()).values[0] == pytest.approx(1)
    assert made.look("picture", ()).marked[0, 3:6, 3:6].all()
    other = model("fields")
    other.restore(made.state())
    assert (other.at, other.step) == (33, 13)


def test_another_pattern_is_no_beak():
    made = model("fields", 100, beak=(1.0,) * 9)
    assert made.metrics()["seen"] == 0 < made.answers.max() < 1


def test_the_map_of_the_lecture_comes_window_by_window():
    made = model("window", side=6)
    for place, value in enumerate(LECTURE_MAPS[0].ravel()):
        made.train(1)
        steps = made.look("numbers", ()).steps
        total = next(step.text for step in steps if step.hot)
        assert total.replace("−", "-").endswith(f"= {value}") and len(steps) == 6
        assert windows.patch(made.now["x"], *made.sight).shape == (3, 3)
        assert made.look("map", ()).values.ravel()[place] == value
    assert made.step == made.limit == 16


@pytest.mark.parametrize("fill", ["zero", "mean", "edge"])
@pytest.mark.parametrize("sizes", [(7, 3, 1, 0), (8, 2, 3, 1), (9, 5, 2, 2), (12, 7, 3, 3), (6, 1, 1, 0)])
def test_products_add_up_to_the_engines_map(sizes, fill):
    made = model(
        "window", **dict(zip(("side", "kernel", "stride", "padding"), sizes, strict=True)), fill=fill
    )
    for place in range(made.places):
        made.set("place", place)
        total = (windows.patch(made.now["x"], *made.sight) * made.now["kernel"]).sum()
        assert total == pytest.approx(made.now["map"].ravel()[place])
        seen = made.look("window", ()).marked[0]
        assert (made.now["x"][seen] == windows.patch(made.now["x"], *made.sight).ravel()).all()
    marks = sum(windows.seen(made.now["x"].shape, k, *made.sight[1:]) for k in range(made.places))
    assert (made.now["visits"] == marks).all()


def test_figures_of_strides_and_borders():
    assert model("window", 99, side=8, kernel=2, stride=3).metrics() == {"size": 3, "unseen": 28}
    zeros, edges = (
        model("window", image="flat", padding=1, fill=fill).now["map"] for fill in ("zero", "edge")
    )
    assert (zeros[1:-1, 1:-1] == -3).all() and (zeros[0] != -3).all() and (edges == -3).all()


def test_a_kernel_that_does_not_fit_says_so():
    made = model("window", side=6, kernel=7)
    assert made.limit == 0 and made.look("numbers", ()).steps[0].note == "note.no-room"
    made.look("map", ()), made.look("window", ()), made.look("visits", ())


def sides():
    for n, k, s, p in ((7, 3, 2, 0), (12, 5, 3, 2), (32, 7, 2, 3), (6, 2, 3, 1)):
        net = Network()
        node = net.convolution(net.input(n * n, shape=(1, n, n)), 1, k, stride=s, padding=p)
        assert net.nodes[node].shape[1] == (n + 2 * p - k) // s + 1 == windows.width(n, k, s, p)


def test_formulas():
    prove(
        "cnn/receptive_field",
        {
            "3·3·3 = 27": lambda: model("fields").now["inputs"] == 27,
            "(n + 2p − k)/s + 1": sides,
            "(7 + 2·0 − 3)/1 + 1 = 5": lambda: model("window").metrics()["size"] == 5,
        },
    )
