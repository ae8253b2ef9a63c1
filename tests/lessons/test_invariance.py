"""The lesson on turning and scaling: its figures, what is drawn, and every formula that its text shows."""

import numpy as np
import pytest
from formulas import prove

from engine.augmentation import transform
from lessons import catalog
from lessons.labs import turning


@pytest.fixture(scope="module")
def lesson():
    return catalog.load().lesson("cnn/invariance")


@pytest.fixture(scope="module")
def run(lesson):
    """settings → model at the end of its story; each once."""
    kept = {}

    def go(**settings):
        key = tuple(sorted(settings.items()))
        if key not in kept:
            model = lesson.call("run:build")(lesson.experiments()["turned"].settings(settings), 1)
            model.train(model.limit)
            kept[key] = model
        return kept[key]

    return go


def test_the_figures_of_the_text(run):
    plain, copied = run(augment="none"), run(augment="rotate")
    assert plain.parameters == 1810
    assert plain.tested()["angle"][:5] == pytest.approx([0.93, 0.84, 0.56, 0.31, 0.15], abs=0.06)
    turned = copied.tested()["angle"]
    assert turned[4] > 0.7 and turned[0] < plain.tested()["angle"][0] - 0.08
    assert run(augment="scale").tested()["zoom"][0] > plain.tested()["zoom"][0] + 0.1


def test_copies_are_of_the_same_digits(run):
    task = run(augment="rotate").told
    third = len(task.y) // 3
    assert np.array_equal(task.y[:third], task.y[third : 2 * third])
    assert not np.allclose(task.x[:third], task.x[third : 2 * third])


def test_what_is_drawn_is_what_the_net_answers(run):
    model = run(augment="none")
    shown = model.turned()
    drawing = model.drawing()
    assert shown.images[0] == pytest.approx(drawing, abs=1e-6)
    assert shown.images[2] == pytest.approx(transform(drawing[None], angle=60)[0], abs=1e-6)
    answer = model.chances(shown.images[2].reshape(1, -1)).argmax()
    assert shown.captions[2] == f"=60°→{answer}"
    line = turning.PICTURES["angles"]({"none": model}, "none", ()).lines[0]
    u, v = model.fresh(60), model.told.v
    assert line.y[4] == pytest.approx((model.chances(u).argmax(axis=1) == v).mean())


def test_angle_and_zoom_act_at_once(run):
    model = run(augment="none")
    before = model.turned().images[4:]
    model.set("angle", 180)
    assert not np.allclose(model.turned().images[4:], before)
    model.set("angle", 60)


def fetched(a, b, d, e):
    """Pixels about the middle of a 5×5 picture fetched as the affine map says, x to the right, y down."""
    picture = np.arange(25.0).reshape(5, 5)
    out = np.zeros((5, 5))
    for y in range(-2, 3):
        for x in range(-2, 3):
            i, j = d * x + e * y, a * x + b * y
            if abs(i) <= 2 and abs(j) <= 2 and i == round(i) and j == round(j):
                out[y + 2, x + 2] = picture[round(i) + 2, round(j) + 2]
            elif i != round(i) or j != round(j):
                out[y + 2, x + 2] = np.nan
    return picture, out


def enlarged():
    picture, by_hand = fetched(0.5, 0, 0, 0.5)
    known = np.isfinite(by_hand)
    assert transform(picture[None], scale=2)[0][known] == pytest.approx(by_hand[known])


def quarter_turn():
    picture, by_hand = fetched(0, -1, 1, 0)
    assert transform(picture[None], angle=90)[0] == pytest.approx(by_hand)


def test_every_formula():
    prove("cnn/invariance", {"x′ = a·x + b·y + c": enlarged, "y′ = d·x + e·y + f": quarter_turn})
