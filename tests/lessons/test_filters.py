"""Filters found back, fields that grow, one map in two stories: the lesson's figures, each number the engine's own."""

import numpy as np
import pytest
from formulas import prove

from engine.network import Network
from engine.trainer import Trainer
from lessons import catalog
from lessons.data.generators.images import LECTURE_FILTERS, LECTURE_IMAGE, LECTURE_MAPS
from lessons.labs import windows

LESSON = catalog.load().lesson("cnn/filters")
EXPERIMENTS = LESSON.experiments()
FLAT = (1.0,) * 36


def model(name, updates=0, **settings):
    experiment = EXPERIMENTS[name]
    made = LESSON.call(experiment.build)(experiment.settings(settings), 1)
    made.train(updates)
    return made


@pytest.fixture(scope="module")
def learned():
    return model("recover", 900)


def test_noise_becomes_the_lectures_filters(learned):
    first = model("recover")
    assert first.gap > 1 and learned.gap < 0.02
    assert np.abs(learned.maps - LECTURE_MAPS).max() < 0.02
    assert model("recover", 900, image=tuple(float(k == 14) for k in range(36))).gap < 1e-4


def test_an_all_bright_picture_tells_only_the_sum():
    made = model("recover", 900, image=FLAT)
    assert made.trainer.evaluate()["loss"] < 1e-9 and made.gap > 0.5
    assert made.learned.sum(axis=(1, 2)) == pytest.approx((-3, -3), abs=1e-4)


@pytest.mark.parametrize("which", ["1", "2"])
def test_what_is_on_the_screen_is_the_tensor(learned, which):
    learned.set("which", which)
    shown = learned.look("filters", ()).images
    offset, shape = learned.trainer.named()["conv-1.weight"]
    weights = learned.trainer.theta[offset : offset + 18].reshape(shape)
    assert shown[:2].reshape(2, 9) == pytest.approx(weights.T)
    assert (shown[2:] == LECTURE_FILTERS).all()
    grid = learned.look("map", ()).values
    assert (learned.look("wanted", ()).values == LECTURE_MAPS[int(which) - 1]).all()
    for place, (i, j) in enumerate(np.ndindex(4, 4)):
        learned.set("pixel", place)
        picture = learned.look("picture", ())
        patch = picture.values[0, i : i + 3, j : j + 3]
        assert picture.marked[0, i : i + 3, j : j + 3].all() and picture.marked.sum() == 9
        assert (patch * shown[int(which) - 1]).sum() == pytest.approx(grid[i, j], abs=1e-5)
        total = next(step.text for step in learned.look("numbers", ()).steps if step.hot)
        assert float(total.split(" = ")[1].replace("−", "-")) == pytest.approx(grid[i, j], abs=0.006)


@pytest.mark.parametrize(
    ("settings", "fields"),
    [
        ({"layers": 6}, [3, 5, 7, 9, 11, 13]),
        ({"halve": "stride"}, [3, 7, 15]),
        ({"halve": "pool"}, [4, 10, 18]),
        ({"layers": 1, "kernel": 5}, [5]),
        ({"kernel": 1}, [1, 1, 1]),
        ({"layers": 2, "kernel": 5, "halve": "stride"}, [5, 13]),
    ],
)
def test_fields_of_one_cell(settings, fields):
    assert model("grow", **settings).facts()["fields"] == fields


@pytest.mark.parametrize("halve", ["none", "stride", "pool"])
@pytest.mark.parametrize("place", [0, 4, 5])
def test_a_pixel_matters_where_the_picture_says_so(halve, place):
    """The ways that are drawn are the change of a real net of ones, when one pixel is lit."""
    made = model("grow", 2, layers=2, halve=halve, place=place)
    side = len(made.look("image", ()).values)
    net = Network()
    node = net.input(side * side, shape=(1, side, side))
    for _ in range(2):
        node = net.convolution(node, 1, 3, stride=2 if halve == "stride" else 1, bias=False)
        if halve == "pool":
            node = net.pool(node, "average")
    net.loss(node, "mse")
    x = np.eye(side * side)
    out = Trainer(net, x, np.zeros((len(x), 9)), theta=np.ones(18), dtype="float64").predict()
    ways = out[:, place].reshape(side, side) * (16 if halve == "pool" else 1)
    assert made.look("image", ()).values == pytest.approx(ways)


def test_the_field_grows_step_by_step_around_one_place():
    made = model("grow", layers=6)
    for side in (1, 3, 5, 7, 9, 11, 13):
        lit = made.look("image", ()).values > 0
        assert lit.sum() == side**2 and lit[7, 7] and made.metrics()["field"] == side
        made.train(1)
    ways = model("grow", 3).look("image", ()).values
    assert ways.max() == ways[4, 4] == 49 and ways[1, 1] == 1


@pytest.mark.parametrize("filter", ["1", "2"])
@pytest.mark.parametrize("bias", ["0", "1"])
def test_two_stories_one_map(filter, bias):
    made = model("stories", 16, filter=filter, bias=bias)
    wanted = LECTURE_MAPS[int(filter) - 1] + int(bias)
    assert (made.look("neurons", ()).values == wanted).all() and (
        made.look("sweep", ()).values == wanted
    ).all()
    assert not made.look("difference", ()).values.any()
    for place, value in enumerate(wanted.ravel()):
        made.set("place", place)
        ends = [step.text for step in made.look("numbers", ()).steps if step.hot]
        assert len(ends) == 2 and ends[0] == ends[1]
        assert ends[0].replace("−", "-").endswith(f"= {value}")


def test_weights_of_their_own_do_not_agree():
    made = model("stories", 16, weights="own")
    assert made.metrics()["apart"] > 1 and made.now["parameters"] == 144
    patches = [windows.patch(LECTURE_IMAGE, k, (3, 3), 4) for k in range(16)]
    sums = [(patch * own).sum() for patch, own in zip(patches, made.now["each"], strict=True)]
    assert made.look("neurons", ()).values.ravel() == pytest.approx(sums)


def upper_left():
    made = model("stories")
    terms = (windows.patch(LECTURE_IMAGE, 0, (3, 3), 4) * made.now["kernel"])[np.eye(3, dtype=bool)]
    return terms.tolist() == [1, 1, 1] and made.now["sweep"][0, 0] == 3


def deep_filter():
    return windows.parameters((64, 4, 4), 1, (3, 3), bias=False) == 3 * 3 * 64


def odd_sides():
    return all(model("grow", layers=n).facts()["fields"][-1] == 2 * n + 1 for n in range(1, 7))


def neuron():
    made, w, x = model("stories", bias="1"), LECTURE_FILTERS[0].ravel(), LECTURE_IMAGE[1:4, 2:5].ravel()
    assert made.now["neurons"][1, 2] == sum(a * b for a, b in zip(w, x, strict=True)) + 1


def test_formulas():
    grown = model("grow").facts()["fields"]
    prove(
        "cnn/filters",
        {
            "1 + 1 + 1 = 3": upper_left,
            "3·3·64 = 576": deep_filter,
            "3 + (3 − 1)·1 = 5": lambda: grown[1] == 5,
            "5 + (3 − 1)·1 = 7": lambda: grown[2] == 7,
            "2n + 1": odd_sides,
            "y = w₁x₁ + w₂x₂ + … + w₉x₉ + b": neuron,
            "16·9 = 144": lambda: windows.parameters((1, 6, 6), 1, (3, 3), bias=False, shared=False) == 144,
        },
    )
