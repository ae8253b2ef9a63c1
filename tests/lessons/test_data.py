"""The shipped data are the ones they are said to be."""

import numpy as np
import pytest

from lessons import data


def test_mnist_is_whole(monkeypatch, tmp_path):
    monkeypatch.setenv("LHYTUI_CACHE_DIR", str(tmp_path))
    x, y, x_test, y_test = data.mnist()
    assert x.shape == (60000, 784) and x_test.shape == (10000, 784) and x.dtype == np.uint8
    assert np.bincount(y).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert y.dtype == y_test.dtype == np.int64 and len(y_test) == 10000
    assert x.mean() / 255 == pytest.approx(0.1307, abs=5e-5) and x.std() / 255 == pytest.approx(
        0.3081, abs=5e-5
    )
    assert not x.flags.writeable and isinstance(x, np.memmap)


def test_mnist_is_unpacked_once(monkeypatch, tmp_path):
    monkeypatch.setenv("LHYTUI_CACHE_DIR", str(tmp_path))
    data.mnist()
    files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npy")}
    assert len(files) == 4 and not [
        path for path in tmp_path.rglob("*") if path.is_file() and path not in files
    ]
    data.mnist()
    assert files == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npy")}


def test_a_failed_unpacking_leaves_nothing_that_looks_whole(monkeypatch, tmp_path):
    monkeypatch.setattr(data.np, "save", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError):
        data.unpack(data.HERE / "mnist.npz", tmp_path)
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_births_are_every_day_of_twenty_years():
    dates, counts = data.births()
    assert len(dates) == 7305 and (np.diff(dates) == 1).all()
    assert str(np.datetime64(int(dates[0]), "D")) == "1969-01-01" and counts[[0, 1, -1]].tolist() == [
        8486,
        9002,
        9133,
    ]


@pytest.mark.parametrize(
    ("days", "train", "unseen"),
    [(1, 0.891, 1.021), (7, 0.306, 0.321), (28, 0.253, 0.271), (56, 0.237, 0.267)],
)
def test_least_squares_on_births(days, train, unseen):
    dates, counts = data.births()
    y = counts / 1000
    begin, middle, end = np.searchsorted(
        dates, np.array(["1985-01-01", "1988-01-01", "1989-01-01"], "datetime64[D]").astype(int)
    )
    lags = lambda a, b: np.column_stack([np.ones(b - a)] + [y[a - k : b - k] for k in range(1, days + 1)])
    theta = np.linalg.lstsq(lags(begin, middle), y[begin:middle], rcond=None)[0]
    assert np.abs(lags(begin, middle) @ theta - y[begin:middle]).mean() == pytest.approx(train, abs=5e-4)
    assert np.abs(lags(middle, end) @ theta - y[middle:end]).mean() == pytest.approx(unseen, abs=5e-4)


def test_cp10_has_the_lectures_optimum():
    x, y = data.cp10()
    theta = np.linalg.lstsq(np.c_[np.ones(10), x], y[:, 0], rcond=None)[0]
    assert theta == pytest.approx([-188.433, 2.66945], rel=1e-5)
