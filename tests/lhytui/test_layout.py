"""The plan of the lesson screen: everything has a place, nothing overlaps, nothing leaves the screen."""

import pytest

from lhytui import layout

SIZES = [(60, 16), (80, 24), (99, 30), (100, 30), (120, 40), (200, 60), (300, 90)]
VIEWS = ["a", "b", "c", "d", "e"]


def rectangles(plan):
    named = [
        getattr(plan, n) for n in ("head", "tabs", "text", "card", "hint", "timeline", "controls", "keys")
    ]
    return [r for r in (*named, *(r for _, r in plan.views)) if r.width and r.height]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("page", layout.PAGES)
@pytest.mark.parametrize("count", range(1, 6))
@pytest.mark.parametrize("still", [False, True])
def test_rectangles_tile_without_overlap(size, page, count, still):
    plan = layout.plan_screen(*size, VIEWS[:count], card_rows=7, page=page, still=still)
    taken = set()
    for rect in rectangles(plan):
        for y in range(rect.y, rect.y + rect.height):
            for x in range(rect.x, rect.x + rect.width):
                assert 0 <= x < size[0] and 0 <= y < size[1]
                assert (x, y) not in taken
                taken.add((x, y))
    rows = {y for _, y in taken}
    assert rows == set(range(size[1]))


@pytest.mark.parametrize("size", [(120, 40), (200, 60)])
def test_wide_screens_show_several_views_in_order(size):
    plan = layout.plan_screen(*size, VIEWS[:3])
    assert [id for id, _ in plan.views] == VIEWS[:3]
    assert plan.text.width in range(40, 61)


def test_enlarged_shows_one_view_alone():
    plan = layout.plan_screen(120, 40, VIEWS[:3], enlarged=True)
    assert [id for id, _ in plan.views] == ["a"]


def test_rows_above_are_never_fuller():
    for count in range(1, 5):
        for rows in layout.splits(count):
            assert sum(rows) == count and list(rows) == sorted(rows)


def test_flow_keeps_order_and_counts_what_has_no_room():
    items = [(f"c{k}", "批次", "1.1449e-6") for k in range(12)]
    chips, hidden = layout.flow(items, 80, 2)
    assert len(chips) + hidden == 12 and hidden > 0
    assert [c.id for c in chips] == [id for id, _, _ in items[: len(chips)]]
    for a in chips:
        assert a.x + a.width <= 80
        assert not any(
            b is not a and a.y == b.y and a.x < b.x + b.width and b.x < a.x + a.width for b in chips
        )
