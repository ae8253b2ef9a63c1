"""The lesson on pooling and the whole net: its figures, the drawing, and every formula that its text shows."""

import numpy as np
import pytest
from formulas import prove

from lessons import catalog, spec
from lessons.data.generators.images import LECTURE_MAPS
from lessons.labs import canvas, pools


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("cnn/pooling")


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
    ("kind", "left"),
    [("max", [[[3, 0], [3, 1]], [[-1, 1], [0, 3]]]), ("min", [[[-3, -3], [-3, -2]], [[-1, -2], [-1, -4]]])],
)
def test_the_lectures_maps(kind, left):
    assert pools.pooled(LECTURE_MAPS, kind, 2).tolist() == left
    mean = LECTURE_MAPS.reshape(2, 2, 2, 2, 2).mean(axis=(2, 4))
    assert pools.pooled(LECTURE_MAPS, "average", 2) == pytest.approx(mean)


def test_what_is_drawn_of_them(run):
    shown = run("pools").lecture().values
    assert np.array_equal(shown[:4, :4], LECTURE_MAPS[0]) and np.array_equal(shown[5:, :4], LECTURE_MAPS[1])
    assert shown[1:3, 5:].tolist() == [[3, 0], [3, 1]] and shown[6:8, 5:].tolist() == [[-1, 1], [0, 3]]


def test_the_figures_of_the_text(run):
    right = {
        (t, k): run("pools", task=t, kind=k).accuracy for t in ("coarse", "fine") for k in ("none", "max")
    }
    assert right["fine", "none"] == pytest.approx(0.97, abs=0.03) and right["fine", "max"] < 0.82
    assert right["coarse", "none"] == pytest.approx(0.84, abs=0.04)
    assert right["coarse", "max"] == pytest.approx(0.93, abs=0.03)
    assert (run("pools", kind="none").numbers, run("pools").numbers) == (1152, 288)


def test_the_whole_net(run):
    model = run("whole")
    assert model.parameters == 1810 and run("whole", stack="full").parameters == 13_258
    assert [shape for _, shape, _ in model.chain()] == [
        (1, 14, 14), (6, 14, 14), (6, 7, 7), (12, 7, 7), (12, 3, 3), (10,),
    ]  # fmt: skip
    assert model.accuracy > 0.9


def test_the_drawing_is_read_and_a_stroke_changes_the_chances(lesson, run):
    model = run("whole")
    before = model.guess().values
    assert before.argmax() == 7 and before.sum() == pytest.approx(1, abs=0.01)
    control = lesson.experiments()["whole"].control("ink")
    model.set("ink", control.turned(model.settings["ink"], 6 * 14 + 4))
    assert not np.allclose(model.guess().values, before)
    assert model.canvas().values[6, 4] == 1
    model.set("ink", control.default)
    assert np.array_equal(model.guess().values, before)
    model.set("ink", (0.0,) * 196)
    assert np.allclose(np.nan_to_num(model.canvas().values.ravel()), model.told.u[0])
    model.set("ink", control.default)


def test_the_occlusion_map_is_what_covering_does(run):
    model = run("whole")
    x = model.example()
    covered = x.reshape(14, 14).copy()
    covered[2:5, 4:7] = 0
    lost = model.chances(x[None])[0, 7] - model.chances(covered.reshape(1, -1))[0, 7]
    assert model.occluded().values[3, 5] == pytest.approx(lost, abs=1e-6)


def test_maps_are_the_nets_own(run):
    model = run("whole")
    shown = model.maps().images
    found = model.feature_maps(model.example()[None])[0]
    assert shown[1:] == pytest.approx(found / (np.abs(found).max(axis=(1, 2), keepdims=True) + 1e-9))


@pytest.mark.parametrize(
    ("kinds", "count", "fault"),
    [
        (("conv", "pool", "dense"), 3, ""),
        (("dense", "conv"), 1, "fault.flat"),
        (("pool", "pool", "pool", "pool"), 3, "fault.small"),
        (("conv", "dense", "dense"), 3, ""),
    ],
)
def test_a_stack_stands_up_to_the_layer_that_cannot(kinds, count, fault):
    layers, why = canvas.legal(kinds)
    assert len(layers) == count and why == fault


def test_a_refused_layer_is_told_and_the_rest_trains(lesson):
    settings = lesson.experiments()["whole"].settings({"layers": (3, 1, 0, 0, 0)})
    model = lesson.call("run:build")(settings, 1)
    assert len(model.train(3)) == 3 and model.numbers().steps[-1].note == "fault.flat"


def test_cells_of_few_values_turn_at_a_press():
    board = spec.Cells(id="b", rows=1, cols=3, lo=-1, hi=1, step=1, default=(0, 0, 0))
    assert board.few and board.turned((0, 0, 1), 2) == (0, 0, -1) and board.turned((0, 0, 1), 0) == (1, 0, 1)
    assert not spec.Cells(id="w", rows=1, cols=1, lo=-3, hi=3, step=0.5, default=(0,)).few


def shapes(*wanted):
    model = canvas.Whole(
        {"stack": "lecture", "layers": (0,) * 5, "ink": (0.0,) * 196, "example": 0, "rate": 0.005}, 1
    )
    found = ["×".join(map(str, shape[::-1])) for _, shape, _ in model.chain()]
    at = found.index(wanted[0])
    return tuple(found[at : at + len(wanted)]) == wanted


def weights(*wanted):
    model = canvas.Whole(
        {"stack": "lecture", "layers": (0,) * 5, "ink": (0.0,) * 196, "example": 0, "rate": 0.005}, 1
    )
    sizes = [size for _, _, size in model.chain() if size]
    return tuple(sizes) == wanted and sum(sizes) == 1810


def test_every_formula():
    prove(
        "cnn/pooling",
        {
            "max(3, −1, −3, 1) = 3": lambda: max(3, -1, -3, 1) == LECTURE_MAPS[0, :2, :2].max() == 3,
            "4×4×64 → 2×2×64": lambda: pools.pooled(np.zeros((64, 4, 4)), "max", 2).shape == (64, 2, 2),
            "14×14×1 → 14×14×6 → 7×7×6": lambda: shapes("14×14×1", "14×14×6", "7×7×6"),
            "7×7×6 → 7×7×12 → 3×3×12": lambda: shapes("7×7×6", "7×7×12", "3×3×12"),
            "3·3·12 = 108": lambda: 3 * 3 * 12 == 108,
            "60 + 660 + 1090 = 1810": lambda: weights(60, 660, 1090),
        },
    )
