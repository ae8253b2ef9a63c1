"""The walk lab by itself: what a change moves, in every picture, and going back."""

import numpy as np
import pytest

from lessons.labs.walk import Walk
from lessons.labs.written import minus, signed


class Squares(Walk):
    """x (2, 2), its square, and a quantity whose length follows a control."""

    def worked(self):
        x = np.array(self.settings["x"]).reshape(2, 2)
        return {
            "x": x,
            "squared": x**2,
            "row": x[0],
            "half": x[0] / 2,
            "long": np.zeros(self.settings["length"]),
        }


@pytest.fixture
def walk():
    return Squares({"x": (1.0, 2.0, 3.0, np.nan), "length": 2}, 1)


def test_at_first_nothing_is_lit(walk):
    assert not any(walk.moved(name).any() for name in walk.now)
    assert walk.grid("x").chosen is None and walk.table({"column.x": "row"}, "ab").chosen == -1


def test_what_a_change_moves_is_lit_and_the_rest_is_not(walk):
    walk.set("x", (1.0, 5.0, 3.0, np.nan))
    assert walk.moved("squared").tolist() == [[False, True], [False, False]]
    assert walk.hot("x") and walk.hot(("x", 1)) and not walk.hot(("x", 0), ("squared", 3))
    grid = walk.grid("squared", digits=0)
    assert grid.chosen == (0, 1) and grid.tensor == "squared" and grid.values[0, 1] == 25
    assert walk.line("x = -1", ("row", 1)).hot and not walk.line("x = -1", ("row", 0)).hot


def test_a_new_shape_is_new_all_over(walk):
    walk.set("length", 3)
    assert walk.moved("long").all() and not walk.hot("x")


def test_pictures_show_the_quantities(walk):
    table = walk.table({"column.x": "row", "column.half": "half"}, ("=a", "=b"), head="column.name")
    assert table.columns == ("column.name", "column.x", "column.half")
    assert table.rows == (("=a", 1.0, 0.5), ("=b", 2.0, 1.0))
    bars = walk.bars("row", ("=a", "=b"), beside="half", word="series.x")
    assert bars.values.tolist() == [1, 2] and bars.beside.tolist() == [0.5, 1]
    bars.values[0] = 9
    assert walk.now["row"][0] == 1
    assert walk.grid("x").values.shape == (2, 2) and walk.grid("row").values.shape == (1, 2)


def test_going_back_brings_the_numbers_back(walk):
    state = walk.state()
    walk.set("x", (7.0, 7.0, 7.0, 7.0))
    walk.restore(state)
    assert walk.now["x"][0, 0] == 1 and not walk.hot("x")
    assert walk.facts()["row"] == [1.0, 2.0]


def test_numbers_as_they_are_written():
    assert minus("-3e-05 and 1e+03") == "−3e−5 and 1e3"
    assert [signed(value, 1) for value in (1.25, -0.5)] == ["1.2", "(-0.5)"]
