"""The lesson on sharing: the lecture's figures, what is drawn, and every formula that its text shows."""

import numpy as np
import pytest
from formulas import prove

from lessons import catalog
from lessons.data.generators.images import LECTURE_FILTERS, LECTURE_IMAGE, LECTURE_MAPS
from lessons.labs import sharing
from lessons.labs.convnet import Conv, ConvNet, Dense, Pool, told


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("cnn/parameter_sharing")


@pytest.fixture(scope="module")
def run(lesson):
    """(experiment, settings) → model at the end of its story; each once."""
    kept = {}

    def go(name, **settings):
        key = (name, *sorted(settings.items()))
        if key not in kept:
            model = lesson.call("run:build")(lesson.experiments()[name].settings(settings), 1)
            model.train(model.limit)
            kept[key] = model
        return kept[key]

    return go


@pytest.mark.parametrize(
    ("net", "parameters", "left", "right"),
    [("full", 119_204, 0.83, 0.24), ("pooled", 116, 1.0, 0.94), ("apart", 8036, 0.95, 0.28)],
)
def test_taught_on_the_left(run, net, parameters, left, right):
    found = run("nets", net=net, where="left").facts()
    assert found["parameters"] == parameters and found["training"] == pytest.approx(1, abs=0.01)
    assert found["left"] == pytest.approx(left, abs=0.05) and found["right"] == pytest.approx(right, abs=0.05)


def test_a_small_full_net_as_well(run):
    found = run("nets", net="full", where="left", units=32).facts()
    assert found["parameters"] == 4772
    assert [found[k] for k in ("training", "left", "right")] == pytest.approx([1, 0.72, 0.26], abs=0.06)


def test_two_hundred_pictures_are_enough_for_the_one_that_shares(run):
    assert run("nets", net="full", units=32, examples=200).accuracy < 0.42
    assert run("nets", net="pooled", examples=200).accuracy > 0.95


def test_the_staircase(run):
    sizes = [run("nets", net=net).parameters for net in ("full", "local", "shared", "pooled")]
    right = [run("nets", net=net).accuracy for net in ("full", "local", "shared", "pooled")]
    assert sizes == [119_204, 11_204, 3284, 116]
    assert right == pytest.approx([0.64, 0.65, 0.83, 0.99], abs=0.06)


def test_filters_and_maps_are_the_nets_own(run):
    model = run("nets", net="pooled")
    shown = model.filters().images
    weights = model.trainer.theta[:72].reshape(9, 8).T.reshape(8, 3, 3)
    assert shown == pytest.approx(weights / np.abs(weights).max(axis=(1, 2), keepdims=True), abs=1e-6)
    maps = model.feature_maps(model.told.u[:1])[0]
    window = model.told.u[0].reshape(12, 12)[2:5, 4:7]
    by_hand = np.maximum((weights * window).sum(axis=(1, 2)) + model.trainer.theta[72:80], 0)
    assert maps[:, 2, 4] == pytest.approx(by_hand, abs=1e-5)
    assert model.maps().images[3] == pytest.approx(maps[3] / max(maps[3].max(), 1e-9), abs=1e-5)


def test_a_shuffle_moves_pixels_and_loses_none(run):
    plain, moved = run("nets", net="pooled").told, run("nets", net="pooled", shuffle="on").told
    assert not np.array_equal(plain.x, moved.x)
    assert np.array_equal(np.sort(plain.x, axis=1), np.sort(moved.x, axis=1))


def test_the_convnet_lab_goes_on_from_a_state():
    task = told("digits", 1, 200, 100)
    model = ConvNet({"example": 3}, 1, task, (Conv(4), Pool(), Conv(4), Pool("max", 0), Dense(8)), 20)
    model.train(8)
    kept = model.state()
    once = model.train(12)
    model.restore(kept)
    assert np.array_equal(model.train(12), once)
    assert model.guess().values.sum() == pytest.approx(1, abs=0.01)
    assert model.occlusion(model.example(), 7).shape == (14, 14)
    assert model.weights("conv-2").shape == (4, 4, 3, 3)
    assert model.feature_maps(task.u[:2], "pool-1").shape == (2, 4, 6, 6)


def test_the_forms_of_a_layer(run):
    shared = run("families", form="shared", teacher="shared")
    assert shared.outputs().reshape(4, 4) == pytest.approx(LECTURE_MAPS[0])
    assert shared.map().values == pytest.approx(LECTURE_MAPS[0])
    lost = run("families", form="full").look("nested", ()).rows
    assert [row[1] for row in lost] == [576, 144, 9]
    assert 0.7 < run("families", form="local").lost("local", "full") < 0.8
    assert 0.96 < shared.lost("shared", "full") < 1


def sweep():
    return np.array(
        [
            [(LECTURE_IMAGE[i : i + 3, j : j + 3] * LECTURE_FILTERS[0]).sum() for j in range(4)]
            for i in range(4)
        ]
    )


def places_apart():
    """The same weights on two windows: outputs of a shared layer, each by hand."""
    maps = sweep()
    return maps[0, 0] == 3 and maps[3, 3] == -1


def counted(form, number):
    return sharing.free(form) == number


def test_every_formula():
    prove(
        "cnn/parameter_sharing",
        {
            "左上: σ(w₁·x₁ + w₂·x₂ + …)": places_apart,
            "右下: σ(w₁·x₁′ + w₂·x₂′ + …)": places_apart,
            "upper left: σ(w₁·x₁ + w₂·x₂ + …)": places_apart,
            "lower right: σ(w₁·x₁′ + w₂·x₂′ + …)": places_apart,
            "8·9 + 8 + 8·4 + 4 = 116": lambda: 8 * 9 + 8 + 8 * 4 + 4 == 116,
            "y = W·x": lambda: np.array_equal(
                sharing.Families({"form": "shared", "teacher": "shared", "neuron": 0}, 1).outputs(),
                sweep().ravel(),
            ),
            "全连接: 16·36 = 576": lambda: 16 * 36 == 576 and counted("full", 576),
            "感受野: 16·9 = 144": lambda: 16 * 9 == 144 and counted("local", 144),
            "共享: 9": lambda: counted("shared", 9),
            "full: 16·36 = 576": lambda: counted("full", 576),
            "local: 16·9 = 144": lambda: counted("local", 144),
            "shared: 9": lambda: counted("shared", 9),
        },
    )
