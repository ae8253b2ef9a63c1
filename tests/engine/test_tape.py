"""What is on a tape stays on it, for whoever reads while it is written."""

import threading

import numpy as np
import pytest

from engine.tape import Tape


def rows(start, count, width=2):
    return (np.arange(start, start + count)[:, None] * 10.0 + np.arange(width)).astype(float)


def test_columns_hold_what_was_appended_however_it_was_cut():
    tape = Tape(("loss", "norm"))
    at = 0
    for count in (1, 0, 7, 300, 1, 1000):
        tape.append(rows(at, count))
        at += count
    assert len(tape) == at
    assert np.array_equal(tape.column("loss"), rows(0, at)[:, 0])
    assert np.array_equal(tape.column("norm"), rows(0, at)[:, 1])


def test_a_column_cannot_be_written_and_an_unknown_one_is_an_error():
    tape = Tape(("loss",))
    tape.append(rows(0, 3, 1))
    with pytest.raises(ValueError):
        tape.column("loss")[0] = 1
    with pytest.raises(KeyError):
        tape.column("los")


def test_cut_and_copy_never_change_what_others_hold():
    tape = Tape(("loss", "norm"))
    tape.append(rows(0, 500))
    seen, kept = tape.column("loss"), tape.copy()
    before = seen.copy()
    tape.cut(100)
    tape.append(rows(7000, 600))
    kept.append(rows(500, 20))
    assert np.array_equal(seen, before)
    assert np.array_equal(kept.column("loss"), rows(0, 520)[:, 0])
    assert np.array_equal(tape.column("loss"), np.r_[rows(0, 100)[:, 0], rows(7000, 600)[:, 0]])
    assert (len(tape), len(kept)) == (700, 520)


def test_sparse_series_are_measured_once_per_update_and_cut_with_the_run():
    tape = Tape(("loss",))
    for step in (0, 50, 50, 100):
        tape.add_sparse(step, {"accuracy": step / 100})
        tape.append(rows(step, 50, 1))
    steps, values = tape.sparse("accuracy")
    assert steps.tolist() == [0, 50, 100] and values.tolist() == [0, 0.5, 1]
    copy = tape.copy()
    tape.cut(50)
    assert tape.sparse("accuracy")[0].tolist() == [0, 50]
    assert tape.measured(50) and not tape.measured(100)
    assert copy.sparse("accuracy")[0].tolist() == [0, 50, 100]
    assert tape.sparse("nothing")[0].size == 0


def test_seconds_grow_with_the_updates_and_go_back_with_a_cut():
    tape = Tape(("loss",))
    tape.append(rows(0, 4, 1), 2.0)
    tape.append(rows(4, 2, 1), 1.0)
    assert tape.seconds().tolist() == [0, 0.5, 1, 1.5, 2, 2.5]
    tape.cut(3)
    tape.append(rows(3, 1, 1), 5.0)
    tape.append(rows(4, 1, 1), 5.0)
    assert tape.seconds().tolist() == [0, 0.5, 1, 1.5, 6.5]


def test_arms_of_a_sweep_have_their_own_update_numbers():
    tape = Tape(("a/loss", "b/loss"))
    nan = float("nan")
    tape.add_sparse(0, {"a/accuracy": 1})
    tape.append([[1, nan], [2, nan], [3, nan]], 3.0, {"a": (0, 3, 3.0)})
    tape.add_sparse(3, {"a/accuracy": 2, "b/accuracy": 3})
    tape.append([[nan, 4], [nan, 5]], 1.0, {"b": (0, 2, 1.0)})
    assert tape.arms == ("a", "b")
    assert tape.column("a/loss").tolist() == [1, 2, 3] and tape.column("b/loss").tolist() == [4, 5]
    assert tape.sparse("b/accuracy")[0].tolist() == [0]
    assert tape.seconds("b").tolist() == [0, 0.5]
    part = tape.part("b")
    assert part.columns == ("loss",) and part.column("loss").tolist() == [4, 5] and len(part) == 2
    assert part.sparse("accuracy")[1].tolist() == [3]
    tape.cut(4)
    assert tape.column("b/loss").tolist() == [4] and part.column("loss").tolist() == [4, 5]
    tape.cut(2)
    assert tape.column("a/loss").tolist() == [1, 2] and tape.column("b/loss").tolist() == []
    tape.append([[nan, 9]], 1.0, {"b": (0, 1, 1.0)})
    assert tape.column("b/loss").tolist() == [9] and tape.sparse("b/accuracy")[0].size == 0


def test_a_reader_never_sees_a_row_half_written():
    tape, stop, wrong = Tape(("a", "b")), threading.Event(), []

    def read():
        while not stop.is_set():
            a, b, seconds = tape.column("a"), tape.column("b"), tape.seconds()
            n = min(len(a), len(b))
            steps, values = tape.sparse("s")
            if not np.array_equal(a[:n] + 1, b[:n]) or not np.array_equal(a, np.arange(len(a)) * 10.0):
                wrong.append(n)
            if len(steps) != len(values) or not np.array_equal(steps, values) or (np.diff(seconds) < 0).any():
                wrong.append(-1)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for block in range(400):
        tape.append(rows(block * 50, 50), 1.0)
        tape.add_sparse(block, {"s": block})
        if block % 100 == 99:
            tape.copy().append(rows(0, 10))
    stop.set()
    for reader in readers:
        reader.join()
    assert not wrong
