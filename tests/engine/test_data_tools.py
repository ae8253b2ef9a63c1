"""Data before training: splits that lose nothing, features on one scale, pictures moved, runs stopped in time."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import augmentation, data, random
from engine.draws import AUGMENT, Draws, normals_of, uniforms_of
from engine.errors import EngineError
from engine.stopping import EarlyStopping


def fails(code, call, *arguments, **options):
    with pytest.raises(EngineError) as caught:
        call(*arguments, **options)
    assert caught.value.code == code
    return caught.value.facts


# Numbers


def test_draws_go_on_where_they_stopped():
    d, whole = Draws(3, 40), Draws(3, 40).uniform(shape=10)
    assert (np.concatenate([d.uniform(shape=4), d.uniform(shape=6)]) == whole).all()
    d = Draws(3, 40)
    d.uniform(shape=3)
    assert (d.normal(2, 0.5, 5) == 2 + 0.5 * random.normals(3, 40, 0, 5, start=2)).all()
    assert (d.uniform(shape=2) == random.uniforms(3, 40, 0, 2, start=14)).all()


def test_integers_reach_both_ends_evenly():
    numbers = Draws(1, 40).integers(-2, 3, (20_000,))
    assert set(numbers) == {-2, -1, 0, 1, 2}
    assert np.abs(np.bincount(numbers + 2) / 20_000 - 0.2).max() < 0.01


def test_numbers_of_an_example_do_not_depend_on_its_company():
    alone = uniforms_of(7, AUGMENT, 3, [11], 4)
    together = uniforms_of(7, AUGMENT, 3, [5, 11, 0], 4)
    assert (alone[0] == together[1]).all()
    assert (together[2] == random.uniforms(7, AUGMENT, 3, 4)).all()
    assert (normals_of(7, AUGMENT, 3, [2], 4)[0] == random.normals(7, AUGMENT, 3, 4, start=8)).all()


# Splits


@settings(max_examples=30, deadline=None)
@given(st.integers(10, 200), st.floats(0, 0.45), st.floats(0, 0.45), st.booleans())
def test_a_split_loses_and_doubles_nothing(count, validation, test, shuffle):
    parts = data.split(count, validation, test, seed=2, shuffle=shuffle)
    assert sorted(np.concatenate(parts)) == list(range(count))
    for part, share in zip(parts[1:], (validation, test), strict=True):
        assert len(part) == (max(1, round(share * count)) if share else 0)
    if not shuffle:
        assert (np.diff(np.concatenate(parts)) == 1).all()


def test_a_split_depends_on_its_seed_alone():
    first, again, other = (data.split(50, 0.2, 0.2, seed)[0].tolist() for seed in (1, 1, 2))
    assert first == again != other


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 10), st.integers(10, 80), st.booleans())
def test_folds_validate_every_example_once(parts, count, shuffle):
    cuts = data.folds(count, parts, seed=3, shuffle=shuffle)
    assert sorted(np.concatenate([validation for _, validation in cuts])) == list(range(count))
    sizes = [len(validation) for _, validation in cuts]
    assert max(sizes) - min(sizes) <= 1
    for train, validation in cuts:
        assert sorted([*train, *validation]) == list(range(count))


def test_cross_validation_scores_each_fold():
    y = np.arange(12.0)
    scores = data.cross_validate(lambda train, validation: y[train].sum() + y[validation].sum(), 12, 3)
    assert scores.tolist() == [66, 66, 66]
    means = data.cross_validate(lambda train, validation: y[validation].mean(), 12, 3)
    assert means.mean() == pytest.approx(y.mean()) and len(set(means)) > 1


def test_bad_splits():
    assert fails("no-data", data.split, 0) == {}
    assert fails("not-a-share", data.split, 10, validation=1.0)["name"] == "validation"
    assert fails("not-a-share", data.split, 10, 0.6, 0.5)["name"] == "validation + test"
    assert fails("too-few", data.split, 2, 0.1, 0.1) == {"name": "examples", "count": 2, "least": 3}
    assert fails("too-few", data.folds, 10, 1)["least"] == 2
    assert fails("too-few", data.folds, 3, 4) == {"name": "examples", "count": 3, "least": 4}


# Features


def test_standardised_features_have_mean_0_and_deviation_1():
    x = np.random.default_rng(0).normal([5, -3, 200], [0.1, 2, 30], (100, 3))
    scale = data.Standardizer.fit(x)
    z = scale.apply(x)
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(z.std(axis=0), 1, rtol=1e-12)
    assert np.abs(z).max() > 1
    np.testing.assert_allclose(scale.invert(z), x, rtol=1e-12)


def test_unseen_data_are_scaled_by_the_training_data():
    scale = data.Standardizer.fit([[0.0], [2.0]])
    assert scale.apply([[1.0], [3.0], [11.0]]).tolist() == [[0], [2], [10]]


def test_a_constant_feature_stays_apart():
    x = np.column_stack([np.full(7, 0.1), np.arange(7.0)])  # the mean of seven 0.1 is not 0.1
    scale = data.Standardizer.fit(x)
    assert scale.constant.tolist() == [True, False]
    assert (scale.apply(x)[:, 0] == 0).all() and (scale.apply(x + 5)[:, 0] == 0).all()
    np.testing.assert_allclose(scale.invert(scale.apply(x)), x)
    assert fails("wrong-width", scale.apply, np.ones((2, 3)))["expected"] == 2


def test_windows_hold_the_newest_day_first():
    x, y = data.windows([10, 11, 12, 13, 14], 2)
    assert x.tolist() == [[11, 10], [12, 11], [13, 12]] and y.tolist() == [12, 13, 14]
    x, y = data.windows([10, 11, 12, 13, 14], 2, 3)
    assert x.tolist() == [[12, 11], [13, 12]] and y.tolist() == [13, 14]
    x, y = data.windows([10, 11, 12, 13, 14], 1, 0, 3)
    assert x.tolist() == [[10], [11]] and y.tolist() == [11, 12]


def test_bad_windows():
    assert fails("too-few", data.windows, [1, 2, 3], 3) == {"name": "days", "count": 3, "least": 4}
    fails("not-positive", data.windows, [1, 2, 3], 0)
    assert fails("not-finite", data.windows, [1, np.nan, 3], 1) == {"name": "series", "place": "1"}
    assert fails("wrong-axes", data.windows, np.ones((4, 2)), 1)["shape"] == (4, 2)


def test_bad_values_are_named():
    assert fails("not-finite", data.check_rows, [[1, 2], [3, np.inf]]) == {"name": "x", "place": "1, 1"}
    fails("no-data", data.check_rows, np.zeros((0, 3)))
    assert fails("not-numbers", data.check_rows, [["a", "b"]]) == {"name": "x"}
    fails("not-numbers", data.check_rows, [[1, 2], [3]])
    assert fails("wrong-axes", data.check_rows, np.ones((2, 2, 2)))["expected"] == "(N, D)"
    assert fails("out-of-range", data.check_labels, [0, 3, 1], classes=3) == {
        "name": "label",
        "value": 3,
        "hi": 2,
    }
    assert fails("out-of-range", data.check_labels, [0, -1])["value"] == -1
    assert fails("not-whole", data.check_labels, [0, 0.5])["value"] == 0.5
    assert fails("wrong-count", data.check_labels, [0, 1], 3)["expected"] == 3
    assert fails("wrong-axes", data.check_labels, [[0, 1]])["name"] == "label"


# Labels


def test_classes_are_sorted_in_their_old_order():
    y = [2, 0, 1, 0, 2]
    assert data.sort_by_class(y).tolist() == [1, 3, 2, 0, 4]


@pytest.mark.parametrize("share", [0, 0.25, 1])
def test_label_noise_changes_exactly_its_share(share):
    y = np.arange(400) % 4
    noisy = data.flip_labels(y, share, 4, seed=5)
    assert (noisy != y).sum() == 400 * share and set(noisy) <= {0, 1, 2, 3}
    assert (noisy == data.flip_labels(y, share, 4, seed=5)).all()
    if share == 1:
        assert np.bincount((noisy - y) % 4, minlength=4)[1:].min() > 100
    fails("not-a-share", data.flip_labels, y, 1.5)
    fails("too-few", data.flip_labels, [0, 0], 0.5)


# Pictures

PICTURES = np.random.default_rng(1).random((6, 2, 5, 7))


def test_whole_moves_are_exact():
    move = augmentation.transform
    assert (move(PICTURES) == PICTURES).all()
    assert (move(PICTURES, mirror=True) == PICTURES[..., ::-1]).all()
    moved = move(PICTURES, shift=(1, -2), fill=-1)
    assert (moved[..., 1:, :-2] == PICTURES[..., :-1, 2:]).all()
    assert (moved[..., 0, :] == -1).all() and (moved[..., -2:] == -1).all()
    square = PICTURES[..., :5]
    for quarters in (1, 2, 3):
        turned = np.rot90(square, quarters, axes=(-2, -1))
        np.testing.assert_allclose(move(square, angle=90 * quarters), turned, atol=1e-13)


def test_each_picture_has_its_own_move():
    both = augmentation.transform(PICTURES[:2, 0, :, :5], [[0, 0], [0, 1]], [True, False], [0, 90])
    assert (both[0] == PICTURES[0, 0, :, 4::-1]).all()
    np.testing.assert_allclose(both[1, :, 1:], np.rot90(PICTURES[1, 0, :, :5])[:, :-1], atol=1e-13)


def test_scaling_enlarges_about_the_middle():
    dot = np.zeros((1, 9, 9))
    dot[0, 3:6, 3:6] = 1
    assert augmentation.transform(dot, scale=2).sum() == pytest.approx(36, rel=0.1)
    assert augmentation.transform(dot, scale=0.5).sum() < 4
    large = augmentation.transform(dot, scale=2)[0]
    assert (large == large[::-1]).all() and (large == large.T).all()
    middle = augmentation.transform(np.ones((1, 9, 9)), angle=33, scale=3)
    np.testing.assert_allclose(middle, 1)


def test_turning_there_and_back_is_near():
    y, x = np.mgrid[-1:1:21j, -1:1:21j]
    smooth = np.exp(-4 * (x - 0.2) ** 2 - 6 * y**2)[None]
    back = augmentation.transform(augmentation.transform(smooth, angle=25), angle=-25)
    np.testing.assert_allclose(back[0, 6:-6, 6:-6], smooth[0, 6:-6, 6:-6], atol=0.05)


ALL = {"shift": 2, "mirror": True, "rotate": 15, "scale": (0.8, 1.25), "noise": 0.1}


def test_augmentation_is_keyed_by_seed_step_and_picture():
    draw = lambda places, **key: augmentation.augment(PICTURES[places], places, **ALL, **key)
    whole = draw([0, 1, 2, 3], seed=1, step=4)
    assert (draw([3, 1], seed=1, step=4) == whole[[3, 1]]).all()
    assert (draw([0, 1, 2, 3], seed=1, step=5) != whole).any()
    assert (draw([0, 1, 2, 3], seed=2, step=4) != whole).any()


def test_augmentation_stays_in_its_bounds():
    dots = np.zeros((400, 9, 9))
    dots[:, 4, 4] = 1
    moved = augmentation.augment(dots, np.arange(400), shift=2)
    places = {(int(r), int(c)) for _, r, c in np.argwhere(moved == 1)}
    assert places == {(r, c) for r in range(2, 7) for c in range(2, 7)}
    right = np.zeros((400, 3, 3))
    right[:, 1, 2] = 1
    mirrored = augmentation.augment(right, np.arange(400), mirror=True)[:, 1, 0].mean()
    assert mirrored == pytest.approx(0.5, abs=0.08)
    assert (augmentation.augment(right, np.arange(400)) == right).all()


def test_jitter_has_its_deviation():
    noisy = augmentation.jitter(np.zeros((300, 50)), np.arange(300), 0.2)
    assert noisy.std() == pytest.approx(0.2, rel=0.02) and noisy.mean() == pytest.approx(0, abs=0.01)
    assert abs(np.corrcoef(noisy[0], noisy[1])[0, 1]) < 0.5


def test_bad_pictures():
    assert fails("wrong-axes", augmentation.transform, np.ones((4, 4)))["name"] == "images"
    fails("not-positive", augmentation.transform, PICTURES, scale=0)
    fails("not-positive", augmentation.augment, PICTURES, range(6), scale=(1.2, 0.8))
    fails("wrong-count", augmentation.augment, PICTURES, range(5))
    fails("not-finite", augmentation.transform, np.full((1, 2, 2), np.nan))


# Stopping


def test_stopping_waits_for_its_patience():
    watch = EarlyStopping(3)
    told = [watch.see(10 * k, loss, f"θ{k}") for k, loss in enumerate([5, 4, 4.5, 4.2, 3.9, 4, math.nan, 4])]
    assert told == 7 * [False] + [True]
    assert (watch.best, watch.best_step, watch.keep) == (3.9, 40, "θ4")


def test_stopping_wants_more_than_the_least_gain():
    watch = EarlyStopping(2, least=0.5)
    assert [watch.see(k, loss) for k, loss in enumerate([3, 2.6, 2.5])] == [False, False, True]
    assert watch.best == 3


def test_stopping_goes_back():
    watch = EarlyStopping(2)
    watch.see(0, 1.0)
    state = watch.state()
    assert watch.see(1, 2.0) is False and watch.see(2, 2.0) is True
    watch.restore(state)
    assert not watch.stopped and watch.best_step == 0
    fails("not-positive", EarlyStopping, 0)
