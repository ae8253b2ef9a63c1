"""Share strings: what is written is what is read."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lhytui import share

HOME = {"rate": 0.1, "depth": 2, "kind": "a", "name": "", "point": (0.0, 1.0)}
VALUES = st.fixed_dictionaries(
    {
        "rate": st.floats(allow_nan=False, allow_infinity=False),
        "depth": st.integers(-(10**6), 10**6),
        "kind": st.sampled_from("abc"),
        "name": st.text(st.characters(codec="utf-8"), max_size=12),
        "point": st.tuples(st.floats(-5, 5), st.floats(-5, 5)),
    }
)


@given(VALUES, st.integers(0, 2**31 - 1))
def test_round_trip(values, seed):
    line = share.write("a/b", "c", HOME, values, seed, longest=None)
    assert re.fullmatch(r"[\w/:?=&.,~%+-]*", line, re.ASCII)
    read = share.parse(line)
    assert (read.name, read.seed, read.log) == ("a/b:c", seed, ())
    for name, value in values.items():
        if HOME[name] == value:
            assert name not in read.changes
        elif isinstance(value, tuple):
            assert tuple(map(float, read.changes[name].split(","))) == value
        else:
            assert type(value)(read.changes[name]) == value


@given(st.lists(st.tuples(st.integers(0, 10**6), st.just("rate"), st.floats(0, 1)), max_size=4))
def test_the_log_is_carried(log):
    log = sorted(log)
    read = share.parse(share.write("a/b", "c", HOME, HOME, 1, log, longest=None))
    assert [(update, control, float(text)) for update, control, text in read.log] == log


def test_only_what_differs_is_written():
    assert share.write("a/b", "c", HOME, HOME) == "a/b:c?"
    assert share.write("a/b", "c", HOME, {**HOME, "rate": 1e-7}, 3) == "a/b:c?rate=1e-07&seed=3"


def test_it_has_a_limit():
    log = [(n, "rate", 0.123456789) for n in range(20)]
    with pytest.raises(share.ShareError) as caught:
        share.write("a/b", "c", HOME, HOME, 1, log)
    assert caught.value.code == "share-too-long" and caught.value.facts["count"] > share.LONGEST


WRONG = (
    *("", "a/b:c", "?rate=1", "a/b?rate", "a/b?=1", "a/b?seed=x", "a/b?at=5", "a/b?name=%ff"),
    *("a/b?at=x~rate~1", "a/b?at=5~rate~1&at=3~rate~2", "a/b?at=-1~rate~1"),
)


@pytest.mark.parametrize("line", WRONG)
def test_what_cannot_be_read_is_told(line):
    with pytest.raises(share.ShareError) as caught:
        share.parse(line)
    assert caught.value.code == "share-unreadable"
