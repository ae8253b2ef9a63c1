"""The parts of the drawings: whole cells, readable colours, masks without holes, round ticks."""

import math
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from lhytui.draw import axes, number, raster
from lhytui.draw.canvas import Canvas
from lhytui.draw.ink import Ink, contrast
from lhytui.text.fit import cut, pad
from lhytui.text.wrap import fold

DARK = Ink.from_colours(ground="#1e1e1e", text="#e0e0e0", accent="#ffa62b")
LIGHT = Ink.from_colours(ground="#f4f4f4", text="#202020", accent="#0065b0")
MIXED = st.text(alphabet="ab 中文，é·→", max_size=30)


def whole(canvas):
    """Whether no wide character of the canvas is cut."""
    for row in canvas.chars.tolist():
        for x, char in enumerate(row):
            following = row[x + 1] if x + 1 < len(row) else None
            if (cell_len(char) == 2) != (following == ""):
                return False
    return True


# canvas


@given(st.lists(st.tuples(st.integers(-8, 22), st.integers(0, 2), MIXED), max_size=8))
def test_wide_characters_stay_whole_whatever_is_written_over_them(texts):
    canvas = Canvas(20, 3)
    for x, y, text in texts:
        canvas.put(x, y, text)
    assert whole(canvas)
    other = Canvas(9, 2)
    other.put(0, 0, "中文中文中")
    for x in (-3, 0, 1, 14, 18):
        canvas.blit(other, x, 1)
        assert whole(canvas)
    canvas.fill(3, 0, 4, 3, (1, 2, 3))
    canvas.paint(5, 0, np.full((3, 3), "x", object))
    assert whole(canvas)


@given(MIXED, st.integers(0, 20))
def test_cut_and_pad_keep_to_their_cells(text, width):
    assert cell_len(cut(text, width)) <= width
    assert cell_len(pad(text, width)) == cell_len(pad(text, width, right=True)) == width
    assert cell_len(text) > width or cut(text, width) == text


@given(MIXED, st.integers(2, 20))
def test_folding_loses_nothing_but_spaces(text, width):
    lines = fold(text, width)
    assert all(cell_len(part) <= width for part in lines)
    assert re.sub(r"\s", "", "".join(lines)) == re.sub(r"\s", "", text)


def test_no_line_starts_with_closing_punctuation():
    assert not any(part[0] in "，。）" for part in fold("梯度，下降（很慢）。然后，收敛。", 6))


def test_a_combining_mark_joins_its_character():
    canvas = Canvas(4, 1)
    canvas.put(0, 0, "θ\u0302x")
    assert canvas.text() == "θ\u0302x  "


def test_runs_part_where_colours_or_styles_change():
    canvas = Canvas(6, 1)
    canvas.put(0, 0, "ab", (1, 2, 3))
    canvas.put(2, 0, "中", (1, 2, 3), bg=(4, 5, 6), bold=True)
    assert canvas.row(0) == [
        ("ab", (1, 2, 3), None, 0),
        ("中", (1, 2, 3), (4, 5, 6), 1),
        ("  ", None, None, 0),
    ]


# ink


GROUNDS = ["#000000", "#1e1e1e", "#282a36", "#002b36", "#3b4252", "#777777", "#eee8d5", "#fbf1c7", "#ffffff"]


@pytest.mark.parametrize("ground", GROUNDS)
def test_series_and_text_can_be_read_on_any_ground(ground):
    ink = Ink.from_colours(ground=ground, text="#808080", accent="#0178d4")
    assert contrast(ink.text, ink.ground) >= 4.5 or ink.text in ((0, 0, 0), (255, 255, 255))
    assert all(contrast(hue, ink.ground) >= 3 for hue in ink.series)
    assert contrast(ink.accent, ink.ground) >= 3
    assert len(set(ink.series)) == 8 and len(ink.levels) == 11


@pytest.mark.parametrize("ink", [DARK, LIGHT], ids=["dark", "light"])
def test_first_hues_differ_for_the_colour_blind(ink):
    # Viénot, Brettel & Mollon 1999: linear RGB as a protanope and a deuteranope see it
    protan = np.array([[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]])
    deutan = np.array([[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]])
    linear = (np.array(ink.series[:4]) / 255) ** 2.2
    for seen in (linear, linear @ protan.T, linear @ deutan.T):
        shown = 255 * np.clip(seen, 0, 1) ** (1 / 2.2)
        gaps = [np.abs(shown[i] - shown[j]).max() for i in range(4) for j in range(i)]
        assert min(gaps) > 25


def test_levels_grow_lighter_and_the_diverging_map_is_still_at_zero():
    light = [contrast(level, (0, 0, 0)) for level in DARK.levels]
    assert light == sorted(light)
    assert tuple(DARK.signed(np.array([0.0]))[0]) == DARK.zero
    assert tuple(DARK.signed(np.array([-1.0]))[0]) == DARK.below
    assert tuple(DARK.signed(np.array([math.nan]))[0]) == DARK.ground


# raster


def test_graph_draws_every_extreme_of_many_points():
    rng = np.random.default_rng(0)
    u, v = np.sort(rng.uniform(0, 40, 5000)), rng.uniform(0, 32, 5000)
    mask = raster.graph(u, v, (32, 40))
    for column in range(40):
        inside = v[(u >= column) & (u < column + 1)]
        rows = np.flatnonzero(mask[:, column])
        assert rows[0] == math.floor(inside.min()) and rows[-1] == math.floor(inside.max())


def test_a_steep_line_is_connected():
    mask = raster.graph(np.array([0.5, 3.5]), np.array([0.5, 27.5]), (28, 4))
    assert mask.any(axis=1).all() and mask.any(axis=0).all()


def test_graph_and_path_agree_on_a_line():
    u, v = np.array([0.0, 40.0]), np.array([3.0, 19.0])
    graph, path = raster.graph(u, v, (32, 40)), raster.path(u, v, (32, 40))
    assert np.abs(graph.argmax(axis=0) - path.argmax(axis=0)).max() <= 1


def test_gaps_stay_empty_and_lonely_points_are_drawn():
    v = np.array([4, 4, math.nan, 4, math.inf, 4.0])
    for draw_line in (raster.graph, raster.path):
        with np.errstate(all="ignore"):
            mask = draw_line(np.array([0.5, 3.5, 6.5, 9.5, 12.5, 15.5]), v, (8, 16))
        assert mask[4, :4].all() and mask[4, 9] and mask[4, 15]
        assert not mask[:, 5:9].any() and not mask[:, 11:15].any()


def test_path_is_clipped_at_the_edges_and_keeps_its_slope():
    with np.errstate(all="ignore"):
        mask = raster.path(np.array([-1e6, 1e6 + 20]), np.array([-1e6, 1e6 + 20]), (20, 20))
    assert np.array_equal(np.argwhere(mask), np.array([[k, k] for k in range(20)]))


def test_dashes_tell_lines_apart_without_colour():
    patterns = [raster.sample(name, 6, "braille") for name in raster.PATTERNS]
    assert len(set(patterns)) == len(patterns)


def test_glyph_sets_show_the_same_cells():
    mask = np.zeros((8, 8), bool)
    mask[0, 0] = mask[7, 7] = mask[3, 4] = True
    code = raster.codes(mask)
    filled = {name: (raster.glyphs(code, name) != " ").tolist() for name in raster.GLYPHS}
    assert filled["braille"] == filled["quadrant"] == filled["ascii"]
    assert raster.glyphs(code)[1, 0] == "⡀" and raster.glyphs(code)[0, 3] == "⠈"


# numbers and ticks


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.04021, "0.0402"), (12.34, "12.3"), (1500, "1500"), (15000, "15k"), (2.5e-7, "2.5e-7")],
)
def test_short_numbers(value, text):
    assert number.short(value) == text
    assert number.short(-value) == (f"-{text}" if value else text)


@pytest.mark.parametrize(
    ("lo", "hi", "labels"),
    [
        (0, 4400, ["0", "1k", "2k", "3k", "4k"]),
        (0, 2.6, ["0", "0.5", "1", "1.5", "2", "2.5"]),
        (0, 4.1e-7, ["0", "1e-7", "2e-7", "3e-7", "4e-7"]),
        (-10, 10, ["-10", "-5", "0", "5", "10"]),
        (1000, 1002.2, ["1000", "1000.5", "1001", "1001.5", "1002"]),
    ],
)
def test_ticks_are_round_and_few(lo, hi, labels):
    assert [text for _, text in axes.linear_ticks(lo, hi, 6)] == labels


@given(st.floats(-1e300, 1e300), st.floats(0, 1e300), st.integers(1, 15))
def test_ticks_lie_inside_and_differ(lo, span, most):
    lo, hi = axes.widen(lo, lo + span, 0)
    ticks = axes.linear_ticks(lo, hi, most)
    assert 1 <= len(ticks) <= axes.MOST_TICKS + 1
    slack = 1e-6 * (hi - lo)
    assert all(lo - slack <= value <= hi + slack for value, _ in ticks)
    if hi - lo > 1e-3 * max(abs(lo), abs(hi)):
        assert len({text for _, text in ticks}) == len(ticks)


def test_log_ticks_are_powers_of_ten():
    assert [text for _, text in axes.log_ticks(-7, 3, 5)] == ["1e-6", "0.001", "1", "1k"]
    assert [text for _, text in axes.log_ticks(0.1, 0.9, 5)] == ["2", "5"]


def test_columns_agree_in_their_digits():
    assert number.column([0.9912, 0.98, 0.5]) == ["0.991", "0.980", "0.500"]
    assert number.column([4, 64, 1000]) == ["4", "64", "1000"]
    assert number.column([1e-7, 0.1]) == ["1e-7", "0.1"]
