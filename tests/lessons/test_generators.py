"""Generated data are what their lessons say: shapes, labels worked out again, the figures that follow from them."""

import inspect

import numpy as np
import pytest

from engine.data import Standardizer, windows
from engine.statistics import accuracy, least_squares
from lessons.data import STATS, generators, pokedex, pokemon, surnames
from lessons.data.generators import curves, images, points, sequences, streams

SEEDED = {
    "xor": (40,), "spirals": (40,), "three_clusters": (40,), "far_cluster": (), "proto64": (40,), "line20": (),
    "quad_noisy": (40,), "two_scales": (), "yt_views": (), "patterns12": (40,), "go_atari": (40,), "chirps": (40,),
    "seq_saw": (40,), "seq_relations": (40,), "seq_recall": (40,), "seq_first_last": (40,), "graph8": (40,),
    "clean": (40,), "prompts": (40,), "brackets": (40,), "multi_label": (40,), "names": (40,), "copy_noise": (40,),
    "two_modes": (40,), "noise_gradients": (40,), "dates": (40,),
}  # fmt: skip


def flat(made):
    return [np.asarray(part).tolist() for part in (made if isinstance(made, tuple) else (made,))]


@pytest.mark.parametrize("name", SEEDED)
def test_a_seed_makes_its_data(name):
    make = getattr(generators, name)
    first, again, other = (flat(make(*SEEDED[name], seed)) for seed in (1, 1, 2))
    assert first == again and first != other


def test_every_seeded_set_is_tested():
    makers = {
        name
        for name in generators.__all__
        if "seed" in inspect.signature(getattr(generators, name)).parameters
    }
    assert makers - {"draws"} == set(SEEDED)


# Real data


def test_pokemon_are_whole():
    dex = pokedex()
    assert len(dex.name) == 771 and dex.stats.shape == (771, 6) and dex.number.max() == 721
    place = dex.name.index("Pikachu")
    assert dex.types[place] == ("Electric", "") and dict(zip(STATS, dex.stats[place], strict=True)) == {
        "hp": 35, "attack": 55, "defense": 40, "sp_attack": 50, "sp_defense": 50, "speed": 90,
    }  # fmt: skip
    x, y, unseen, truth = pokemon()
    assert np.bincount(y).tolist() == [79, 61] and np.bincount(truth).tolist() == [32, 36]
    assert x.shape == (140, 6) and unseen.shape == (68, 6)
    total, *_ = pokemon(("total",))
    assert (total[:, 0] == x.sum(axis=1)).all()


def test_surnames_are_of_one_language_each():
    names, language, languages = surnames()
    assert len(names) == len(set(names)) == len(language) == 8875 and len(languages) == 10
    assert languages[language[names.index("Abičić")]] == "Croatian"
    assert np.bincount(language).min() > 300


# Points


def test_xor4_and_thirteen_rows():
    x, y = generators.xor4()
    assert (y == (x[:, 0] != x[:, 1])).all()
    x, y = generators.boolean13()
    assert len(x) == 13 and x[y == 0].tolist() == [[1, 1]] and x[y == 1].sum(axis=0).tolist() == [4, 4]


@pytest.mark.parametrize("seed", range(3))
def test_numbered_classes_are_harder_than_vectors(seed):
    x, y = generators.three_clusters(300, seed)
    vectors = least_squares(x, np.eye(3)[y]).predict(x).argmax(axis=1)
    numbers = np.clip(np.round(least_squares(x, y).predict(x)), 0, 2).astype(int)
    assert accuracy(y, vectors) > 0.98 and accuracy(y, numbers) < 0.96
    assert np.bincount(y).tolist() == [100, 100, 100]


def test_far_points_are_on_the_right_side():
    x, y = generators.far_cluster(1)
    assert x.shape == (95, 2) and y[:80].sum() == 40 and (y[80:] == 1).all()
    np.testing.assert_allclose(x[80:].mean(axis=0), [8, -6], atol=0.5)
    assert generators.far_cluster(1, far=0)[0].tolist() == x[:80].tolist()


def test_proto64_has_thirty_prototypes_for_all_seeds():
    sets = [generators.proto64(3000, seed, noise=0) for seed in (1, 2)]
    units = [np.round(x / np.linalg.norm(x, axis=1, keepdims=True), 6) for x, _ in sets]
    assert len(np.unique(units[0], axis=0)) == len(np.unique(np.concatenate(units), axis=0)) == 30
    assert set(sets[0][1]) == set(range(10))
    x, _ = generators.proto64(3000, 1)
    assert x.var() == pytest.approx(1.6**2 + (0.7**2 + 0.7 * 1.3 + 1.3**2) / 3, rel=0.1)


# Curves


def test_line20_starts_far_and_ends_on_the_diagonal():
    b, w = curves.LINE20_START
    for seed in range(3):
        x, y = generators.line20(seed)
        line = least_squares(x, y)
        assert np.append(line.bias, line.weight) == pytest.approx([0, 1], abs=0.2)
        assert ((b + w * x - y) ** 2).mean() == pytest.approx(1.12, abs=0.35)


def test_freestyle_between_few_points():
    """A polynomial of degree 9 through ten points, against degree 2, and against fifty points."""
    grid = np.linspace(-1, 1, 200)

    def losses(count, degree, seed):
        x, y = (part[:, 0] for part in generators.quad_noisy(count, seed))
        p = np.polynomial.Polynomial.fit(x, y, degree)
        return ((p(x) - y) ** 2).mean(), ((p(grid) - grid**2) ** 2).mean()

    few, right, many, line = (
        np.median([losses(*case, seed) for seed in range(9)], axis=0)
        for case in ((10, 9), (10, 2), (50, 9), (50, 1))
    )
    assert few[0] < 1e-12 and few[1] > 10
    assert right[1] < 0.02 and many[1] < 0.02
    assert line == pytest.approx([0.09, 0.09], abs=0.03)


@pytest.mark.parametrize("folds", range(1, 7))
def test_tents_have_two_to_the_folds_pieces(folds):
    x = np.arange(2**10 + 1) / 2**10
    y = generators.tent(x, folds)
    slopes = np.sign(np.diff(y))
    assert 1 + (np.diff(slopes) != 0).sum() == 2**folds
    assert y.min() == 0 and y.max() == 1


def test_sinc():
    x, y = generators.sinc(7)
    middle = x[:, 0] != 0
    t = 5 * np.pi * x[middle]
    np.testing.assert_allclose(y[middle], np.sin(t) / t)
    assert y[3] == 1 and x.shape == y.shape == (7, 1)


def test_two_scales_are_ill_conditioned_until_standardised():
    def condition(x):
        a = np.column_stack((x, np.ones(len(x))))
        return np.linalg.cond(a.T @ a)

    x, y = generators.two_scales(0)
    assert 0.8e6 < condition(x) < 2.5e6 and condition(Standardizer.fit(x).apply(x)) < 1.4
    line = least_squares(x, y)
    assert line.weight[:, 0] == pytest.approx([2, 0.05], rel=0.05)
    wide, same = generators.two_scales(0, ratio=1000)
    np.testing.assert_allclose(wide, x * [1, 10])
    np.testing.assert_allclose(same, y)


@pytest.mark.parametrize(("days", "train"), [(1, 0.49), (7, 0.37), (28, 0.31), (56, 0.29)])
def test_days_of_views(days, train):
    """The table of the linear models: training loss as prototyped, unseen loss a little worse."""
    unseen = []
    for seed in range(4):
        views = generators.yt_views(seed)
        x, y = windows(views, days, 0, curves.YT_TRAIN)
        line = least_squares(x, y)
        assert np.abs(line.predict(x) - y).mean() == pytest.approx(train, abs=0.025)
        x, y = windows(views, days, curves.YT_TRAIN)
        assert len(y) == 45
        unseen.append(np.abs(line.predict(x) - y).mean())
    assert train < np.mean(unseen) < train + 0.2


def test_views_have_their_weeks_and_new_years():
    views = generators.yt_views(1)
    day = np.datetime64("2017-01-01") + np.arange(1506)
    week = (day.astype("datetime64[D]").astype(int) + 3) % 7  # Monday 0
    mean = np.array([views[week == k].mean() for k in range(7)])
    assert set(np.argsort(mean)[:2]) == {4, 5} and mean[[4, 5]].max() < 0.8 * mean[[0, 1, 2, 3, 6]].min()
    # Undo all but the moods: what is left is calm, save the dips.
    t = np.arange(1506)
    level = (2.6 + 2 * (t / 1506) ** 1.5) * (1 + 0.22 * np.sin(2 * np.pi * (t - 40) / 182.5))
    calm = views / level / np.array([1.06, 1.08, 1.07, 1.03, 0.72, 0.74, 1.02])[week]
    dips = np.concatenate([np.arange(k, k + 4) for k in (26, 411, 765, 1119, 1502)])
    assert np.log(np.delete(calm, dips)).mean() == pytest.approx(0, abs=0.05)
    assert calm[dips].mean() == pytest.approx(0.71 * np.delete(calm, dips).mean(), rel=0.12)


# Pictures


def test_the_lectures_maps():
    for kernel, wanted in zip(images.LECTURE_FILTERS, images.LECTURE_MAPS, strict=True):
        seen = np.lib.stride_tricks.sliding_window_view(images.LECTURE_IMAGE, (3, 3))
        assert ((seen * kernel).sum(axis=(2, 3)) == wanted).all()
    assert images.LECTURE_IMAGE.sum(axis=1).tolist() == [2, 2, 2, 2, 2, 2]


@pytest.mark.parametrize(("where", "columns"), [("left", (0, 5)), ("right", (6, 11)), ("any", (0, 11))])
def test_patterns_lie_where_they_should(where, columns):
    x, y = generators.patterns12(400, 1, where, noise=0)
    assert x.shape == (400, 12, 12) and set(y) == {0, 1, 2, 3}
    filled = np.flatnonzero(x.any(axis=(0, 1)))
    assert (filled.min(), filled.max()) == columns
    seen = np.lib.stride_tricks.sliding_window_view(x, (3, 3), axis=(1, 2))
    for kind, pattern in enumerate(images.PATTERNS):
        assert (seen[y == kind] == pattern).all(axis=(3, 4)).any(axis=(1, 2)).all()
    noisy, _ = generators.patterns12(400, 1, where)
    assert (noisy - x).std() == pytest.approx(0.15, rel=0.05)
    assert set(generators.patterns12(50, 1, kinds=(2, 3))[1]) == {0, 1}


def groups(board):
    """Liberties by walking, stone by stone."""
    out = np.full(board.shape, -1)
    size = len(board)
    near = lambda r, c: [
        (r + a, c + b)
        for a, b in ((0, 1), (1, 0), (0, -1), (-1, 0))
        if 0 <= r + a < size and 0 <= c + b < size
    ]
    for start in zip(*np.nonzero(board), strict=True):
        seen, todo, free = {start}, [start], set()
        while todo:
            for place in near(*todo.pop()):
                if board[place] == 0:
                    free.add(place)
                elif board[place] == board[start] and place not in seen:
                    seen.add(place)
                    todo.append(place)
        out[start] = len(free)
    return out


def test_stones_in_atari_against_a_walk():
    boards, atari = generators.go_atari(40, 3)
    assert set(np.unique(boards)) == {-1, 0, 1} and boards.dtype == np.int8
    for board, found in zip(boards, atari, strict=True):
        count = groups(board)
        assert (images.liberties(board[None])[0] == count).all()
        assert (count[board != 0] > 0).all() and ((count == 1) == found).all()
    assert 0.01 < atari.mean() < 0.1


def test_chirps_rise_or_fall():
    x, y = generators.chirps(60, 1, noise=0)
    assert x.shape == (60, 20, 40) and (x.sum(axis=2) == 1).all()
    frame = x.argmax(axis=2)
    assert ((np.diff(frame, axis=1) >= 0).all(axis=1) == (y == 1)).all()
    assert (np.ptp(frame, axis=1) == 7).all() and 0.3 < y.mean() < 0.7


# Sequences


def test_saw_again():
    x, y = generators.seq_saw(200, 1)
    anywhere = generators.seq_saw(200, 1, where="anywhere")
    assert (anywhere[0] == x).all()
    for row, label, other in zip(x, y, anywhere[1], strict=True):
        assert label.tolist() == [int(s in row[:k]) for k, s in enumerate(row)]
        assert other.tolist() == [int((row == s).sum() > 1) for s in row]
    x, y = generators.seq_saw(4000, 1)
    assert 1 - y.mean() == pytest.approx(0.656, abs=0.01)
    # The most that a position alone can tell.
    new = (7 / 8) ** np.arange(8)
    best = np.maximum(y.mean(axis=0), 1 - y.mean(axis=0)).mean()
    assert best == pytest.approx(np.maximum(new, 1 - new).mean(), abs=0.01)


def test_two_relations_are_both_in_the_label():
    x, y = generators.seq_relations(200, 1)
    for row, label in zip(x, y, strict=True):
        wanted = [int(s in row[:k]) + 2 * int(k > 0 and row[k - 1] >= 4) for k, s in enumerate(row)]
        assert label.tolist() == wanted


@pytest.mark.parametrize("distance", [1, 16])
def test_recall_at_a_distance(distance):
    x, y = generators.seq_recall(300, 1, distance=distance)
    assert (y[:, :distance] == 0).all()
    assert (y[:, distance:] == (x[:, distance:] == x[:, :-distance])).all()
    assert y[:, distance:].mean() == pytest.approx(0.5 + 0.5 / 8, abs=0.03)


def test_the_last_asks_for_the_first():
    x, y = generators.seq_first_last(100, 1, length=20)
    assert x.shape == (100, 20) and (y == x[:, 0]).all() and len(set(y)) == 8


def test_a_node_follows_its_neighbours():
    joined = sequences.adjacency()
    assert (joined.sum(axis=0) == 3).all() and (joined == joined.T).all()
    x, y = generators.graph8(100, 1)
    for bits, labels in zip(x, y, strict=True):
        assert labels.tolist() == [int(bits[joined[k]].sum() >= 2) for k in range(8)]
    alone, same = generators.graph8(50, 1, edges=())
    assert (alone == same).all()
    x, y = generators.graph8(50, 1, edges=((0, 1), (0, 2)))
    assert (y[:, 1] == x[:, 0]).all() and (y[x[:, 1] == x[:, 2], 0] == x[x[:, 1] == x[:, 2], 1]).all()


# Streams


def test_the_lectures_tree_sums_to_one():
    for prefix in ((), (0,), (1,), (0, 1), (1, 1)):
        assert np.exp(generators.lecture_tree(prefix)).sum() == pytest.approx(1)


def test_a_rare_gradient_moves_31_steps():
    g = generators.spikes(3000)
    assert np.flatnonzero(g != 1).tolist() == [999, 1999, 2999] and g[999] == 1e5
    g = generators.spikes(100_999, period=0, first=100_999)
    assert (g[:-1] == 1).all() and g[-1] == 1e5
    # RMSProp's v at rest is 1; the spike moves √(1/(1 - 0.999)) rates, the next gradient hardly any.
    v = 0.999 + 0.001 * g[-1] ** 2
    assert g[-1] / v**0.5 == pytest.approx(31.62, abs=0.01)
    assert 1 / (0.999 * v + 0.001) ** 0.5 == pytest.approx(3.16e-4, rel=0.01)
    assert generators.spikes(4, 1000, 0, 1).tolist() == [1000, 1, 1, 1]


def test_reddis_stream_misleads_adam():
    def run(keep):
        x, v, top = 0.0, 0.0, 0.0
        for t, g in enumerate(generators.reddi(6000), 1):
            v = 0.1 * v + 0.9 * g * g
            top = max(v, top) if keep else v
            x = float(np.clip(x - 0.5 / t**0.5 * g / top**0.5, -1, 1))
        return x

    assert generators.reddi(6).tolist() == [3, -1, -1, 3, -1, -1]
    assert run(keep=False) > 0.95 and run(keep=True) < -0.95


def test_noise_gradients_have_their_scales():
    g = generators.noise_gradients(5000, 1)
    np.testing.assert_allclose(g.std(axis=0), [10, 0.1], rtol=0.03)
    assert (
        np.abs(g.mean(axis=0)) < [0.5, 0.005]
    ).all() and streams.noise_gradients is generators.noise_gradients


def test_numbers_of_data_sets_differ():
    first = [points.drawn(1, number).uniform() for number in range(10, 61)]
    assert len(set(map(float, first))) == 51
