"""A picture as a tensor: the figures of the lesson, and every number on the screen beside the picture's own."""

import numpy as np
import pytest
from formulas import prove

from engine.network import Network
from engine.trainer import Trainer
from lessons import catalog

LESSON = catalog.load().lesson("cnn/image")
EXPERIMENT = LESSON.experiments()["count"]


def model(**settings):
    return LESSON.call(EXPERIMENT.build)(EXPERIMENT.settings(settings), 1)


@pytest.mark.parametrize(
    ("settings", "counts"),
    [
        ({}, (30_000_000, 17_280_000, 1728)),
        ({"channels": "1"}, (10_000_000, 5_760_000, 576)),
        ({"side": 28}, (2_352_000, 1_354_752, 1728)),
        ({"side": 224}, (150_528_000, 86_704_128, 1728)),
        ({"side": 8, "kernel": 11, "neurons": 1}, (192, 1_486_848, 23_232)),
    ],
)
def test_weights_of_the_first_layer(settings, counts):
    assert tuple(model(**settings).metrics().values()) == counts


def test_the_counts_are_those_of_nets_that_run():
    c, n, o, k = 3, 8, 4, 3
    made = model(side=n, neurons=10, filters=o)
    for shared, name in ((True, "shared"), (False, "local")):
        net = Network()
        node = net.convolution(
            net.input(c * n * n, shape=(c, n, n)), o, k, padding=1, bias=False, shared=shared
        )
        net.loss(node, "mse")
        trainer = Trainer(net, np.zeros((1, c * n * n)), np.zeros((1, o * n * n)))
        assert trainer.theta.size == made.metrics()[name]


@pytest.mark.parametrize("channels", ["1", "3"])
@pytest.mark.parametrize("side", [8, 28, 100])
def test_a_number_in_hand_is_the_one_in_the_row(side, channels):
    made = model(side=side, channels=channels)
    row = made.picture.ravel()
    for pixel in (0, 7, 24, 40, 74):
        made.set("pixel", pixel)
        cube, line = made.look("tensor", ()), made.look("numbers", ()).steps[1].text
        at, value = line.removeprefix("x[").split("] = ")
        assert row[int(at)] == int(value) == cube.values[cube.chosen]
        c, i, j = cube.chosen
        where = c * side**2 + int(cube.rows[i][1:]) * side + int(cube.cols[j][1:])
        assert where == int(at) and cube.marked[:, i, j].all() and cube.marked.sum() == int(channels)


def test_at_the_beak_several_colours_meet():
    piece = model().look("tensor", ()).values
    assert len({tuple(pixel) for pixel in piece.reshape(3, -1).T}) >= 3
    assert (model().look("pictures", ()).images == model().picture).all()


def test_bars_are_powers_of_ten():
    assert model().look("weights", ()).values == pytest.approx((7.4771, 7.2375, 3.2375), abs=1e-4)


def test_formulas():
    prove(
        "cnn/image",
        {
            "100·100·3 = 30,000": lambda: model().now["numbers"] == 30_000,
            "30,000·1,000 = 3×10⁷": lambda: model().now["full"] == 3e7,
            "3·3·3·64 = 1,728": lambda: model().now["shared"] == 1728,
        },
    )
