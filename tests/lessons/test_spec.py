"""The vocabulary by itself: what a press of ← or → does to a number."""

import pytest

from lessons.spec import Number

NUMBERS = (
    Number(id="linear", lo=-10, hi=10, default=0, steps=40),
    Number(id="thirds", lo=-1, hi=1, default=0, steps=6),
    Number(id="log", lo=1e-7, hi=10, default=1, scale="log", steps=24),
    Number(id="whole", lo=-3, hi=9, default=0, scale="integer", steps=12),
    Number(id="named", lo=-5, hi=5, default=0, values=(-5, -0.1, 0, 1e-9, 5)),
)


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number.id)
def test_each_press_is_one_stop_there_and_back(number):
    stops = number.stops()
    assert [number.move(stop, 1) for stop in stops] == [*stops[1:], stops[-1]]
    assert [number.move(stop, -1) for stop in stops] == [stops[0], *stops[:-1]]
    assert number.move(stops[0], 2) == stops[2] and number.move(stops[-1], -2) == stops[-3]


def test_from_between_two_stops_to_the_next():
    assert NUMBERS[0].move(-2.8, 1) == -2.5 and NUMBERS[0].move(-2.8, -1) == -3
    assert NUMBERS[0].move(-3 * (1 - 1e-12), 1) == -2.5
