"""Views against their payloads: every place is where it was drawn, every colour and number the tensor's."""

import math
import re

import numpy as np
import pytest

from lessons.views import Bars, Cards, Curve, Diagram, Dots, Grid, Images, Line, Node, Plane, Table
from lhytui import draw
from lhytui.draw import curve, grid, number, plane, series
from lhytui.draw.canvas import unpack
from lhytui.draw.ink import Ink

DARK = Ink.from_colours(ground="#1e1e1e", text="#e0e0e0", accent="#ffa62b")
LIGHT = Ink.from_colours(ground="#f4f4f4", text="#202020", accent="#0065b0")
WORDS = lambda key: key.removeprefix("=")


def line(x, y, **more):
    return Line(word="=loss", x=np.asarray(x, float), y=np.asarray(y, float), **more)


# places and values


@pytest.mark.parametrize("size", [(18, 5), (48, 14), (110, 30)], ids=str)
@pytest.mark.parametrize("log", [False, True])
def test_place_of_a_curve_is_the_inverse_of_its_drawing(size, log):
    payload = Curve(lines=(line(np.arange(1, 500), np.exp(-np.arange(1, 500) / 99)),), log_y=log)
    at = curve.frame(payload, *size)
    for x, y in ((3.0, 0.9), (250.0, 0.3), (480.0, 0.05)):
        column, row = at.cell(x, y)
        found = draw.place("curve", payload, *size, at.left + column, at.top + row, WORDS)
        near = at.cell(*found)
        assert near == (column, row)
        assert abs(found[0] - x) <= (at.x1 - at.x0) / at.cols


def test_a_known_point_is_drawn_where_place_says():
    payload = Plane(
        extent=(-4, 4, -2, 2), dots=(Dots(word="=d", x=np.array([1.0]), y=np.array([-1.0]), mark="cross"),)
    )
    canvas = draw.draw("plane", payload, 60, 20, DARK, WORDS)
    rows = [row.tolist() for row in canvas.chars]
    cy, cx = next((y, row.index("┼")) for y, row in enumerate(rows) if y and "┼" in row)
    x, y = draw.place("plane", payload, 60, 20, cx, cy, WORDS)
    assert abs(x - 1) <= 4 / 50 and abs(y + 1) <= 2 / 16


def test_inspecting_a_curve_tells_series_update_and_value():
    payload = Curve(
        lines=(line(np.arange(100), np.arange(100) / 4), line(np.arange(100), np.zeros(100), role="target"))
    )
    at = curve.frame(payload, 80, 20)
    column, row = at.cell(60.0, 15.0)
    told = draw.inspect("curve", payload, 80, 20, at.left + column, at.top + row, WORDS)
    x = int(re.match(r"axis\.update (\d+): loss", told).group(1))
    assert abs(x - 60) <= 1 and f"loss {number.short(x / 4, 4)}" in told


@pytest.mark.parametrize("ink", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("scale", ["level", "linear", "log"])
def test_plane_pixels_are_the_level_colours_of_the_field(ink, scale):
    field = np.add.outer(np.linspace(-2, 2, 24) ** 2, np.linspace(-3, 3, 50) ** 2) + 0.1
    payload = Plane(extent=(-3, 3, -2, 2), field=field, scale=scale)
    at = plane.frame(payload, 60, 20)
    field = plane.resample(field, 2 * at.rows, at.cols, smooth=True)
    payload = Plane(extent=(-3, 3, -2, 2), field=field, scale=scale)
    canvas = draw.draw("plane", payload, 60, 20, ink, WORDS)
    grades = plane.grade(field, plane.edges(field, scale))
    assert grades.min() == 0 and grades.max() == 10
    if scale == "level":
        counts = np.bincount(grades.ravel())
        assert counts.max() - counts.min() <= 0.02 * field.size
    for row in range(at.rows):
        for column in range(at.cols):
            x, y = at.left + column, at.top + row
            upper, lower = (grades[2 * (at.rows - row) - k, column] for k in (1, 2))
            assert unpack(int(canvas.bg[y, x])) == ink.levels[lower]
            if upper != lower:
                assert canvas.chars[y, x] == "▀" and unpack(int(canvas.fg[y, x])) == ink.levels[upper]


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_fields_with_the_same_levels_give_the_same_value_the_same_colour(scale):
    low, high = np.linspace(0.1, 1, 240).reshape(12, 20), np.linspace(0.5, 2, 240).reshape(12, 20)
    low[6, 10] = high[6, 10] = 0.8
    own, fixed = (
        [plane.pixels(Plane(extent=(0, 1, 0, 1), field=field, scale=scale, levels=levels), 12, 20, DARK)
         for field in (low, high)]
        for levels in (None, (0.1, 2.0))
    )  # fmt: skip
    assert fixed[0][5, 10].tolist() == fixed[1][5, 10].tolist()
    assert own[0][5, 10].tolist() != own[1][5, 10].tolist()
    flat = np.full((12, 20), 2.0)
    pixels = plane.pixels(
        Plane(extent=(0, 1, 0, 1), field=flat, scale=scale, levels=(0.1, 2.0)), 12, 20, DARK
    )
    assert np.unique(pixels.reshape(-1, 3), axis=0).tolist() == [list(DARK.levels[10])]


def test_path_cells_stand_on_the_mean_colour_of_the_field():
    field = np.linspace(0, 1, 400).reshape(20, 20)
    paths = (line([0, 1], [0.1, 0.9], role="path"),)
    bare = draw.draw("plane", Plane(extent=(0, 1, 0, 1), field=field), 40, 16, DARK, WORDS)
    with_path = draw.draw("plane", Plane(extent=(0, 1, 0, 1), field=field, paths=paths), 40, 16, DARK, WORDS)
    inked = [
        (y, x) for y, x in np.argwhere(with_path.chars != bare.chars) if y and with_path.chars[y, x] > "⠀"
    ]
    assert len(inked) > 20
    for y, x in inked:
        upper = unpack(int(bare.fg[y, x])) if bare.chars[y, x] == "▀" else unpack(int(bare.bg[y, x]))
        mean = tuple(
            (a + b) // 2 for a, b in zip(upper or (0, 0, 0), unpack(int(bare.bg[y, x])), strict=True)
        )
        assert unpack(int(with_path.bg[y, x])) == mean


def test_regions_of_two_classes_differ_in_hue():
    field = np.zeros((10, 10))
    field[:, 5:] = 1
    rgb = plane.pixels(Plane(extent=(0, 1, 0, 1), field=field, scale="class"), 10, 10, DARK)
    left, right = rgb[0, 0].astype(int), rgb[0, 9].astype(int)
    assert left[2] > left[0] and right[0] > right[2]


@pytest.mark.parametrize("size", [(40, 8), (70, 20), (140, 40)], ids=str)
def test_grid_numbers_are_the_tensors(size):
    values = np.round(np.random.default_rng(1).normal(size=(4, 5)), 2)
    payload = Grid(values=values, tensor="W", rows=("=a", "=b", "=c", "=d"))
    canvas = draw.draw("grid", payload, *size, DARK, WORDS)
    found = [
        float(text) for text in re.findall(r"-?\d*\.\d+|-?\d+", "\n".join(canvas.text().splitlines()[1:]))
    ]
    assert found == values.ravel().tolist()
    at = grid._arrange(payload, *size, WORDS)
    for i in range(4):
        for j in range(5):
            cx, cy = at.left + j * at.wide + at.wide // 2, at.top + i * at.tall
            assert draw.place("grid", payload, *size, cx, cy, WORDS) == (i, j)
            assert f"W[{i}, {j}] = {values[i, j]:.5g}" in draw.inspect("grid", payload, *size, cx, cy, WORDS)


def test_an_image_is_its_pixels():
    image = np.arange(64, dtype=np.uint8).reshape(1, 8, 8) * 4
    canvas = draw.draw("images", Images(images=image), 9, 5, DARK, WORDS)
    for i in range(8):
        for j in range(8):
            cell = (1 + i // 2, j)
            same = canvas.chars[cell] == " "
            packed = canvas.bg[cell] if i % 2 or same else canvas.fg[cell]
            assert unpack(int(packed)) == (image[0, i, j],) * 3
    assert draw.inspect("images", Images(images=image, tensor="x"), 9, 5, 3, 2, WORDS) == "x[0, 2, 3] = 76"


def test_many_images_shrink_and_the_rest_is_counted():
    images = np.zeros((30, 28, 28), np.uint8)
    canvas = draw.draw("images", Images(images=images), 60, 16, DARK, WORDS, title="t")
    assert re.search(r"\+\d+", canvas.text().splitlines()[0])
    shown = {
        draw.place("images", Images(images=images), 60, 16, x, y, WORDS) for x in range(60) for y in range(16)
    }
    shown.discard(None)
    assert len(shown) + int(re.search(r"\+(\d+)", canvas.text()).group(1)) == 30 and len(shown) >= 4


def test_table_bars_and_columns_give_way_to_the_width():
    payload = Table(columns=("=a", "=b", "=c"), rows=((1, 0.5, 0.25), (2, 1.0, 0.125)), bar=1)
    wide = draw.draw("table", payload, 60, 6, DARK, WORDS).text()
    middle = draw.draw("table", payload, 18, 6, DARK, WORDS).text()
    narrow = draw.draw("table", payload, 12, 6, DARK, WORDS).text()
    assert "█" in wide and "0.250" in wide
    assert "█" not in middle and "0.250" in middle
    assert "0.50" in narrow and "0.250" not in narrow
    assert draw.place("table", payload, 60, 6, 2, 3, WORDS) == (1, 0)
    assert draw.inspect("table", payload, 60, 6, 5, 3, WORDS) == "a 2  b: 1"


def test_the_chosen_row_stays_in_sight():
    payload = Table(columns=("=n",), rows=tuple((k,) for k in range(100)), chosen=70)
    assert re.search(r"\b70\b", draw.draw("table", payload, 30, 8, DARK, WORDS).text())


def test_bars_are_as_long_as_their_values():
    payload = Bars(labels=("=a", "=b", "=c"), values=np.array([1.0, 0.5, 0.25]))
    rows = draw.draw("bars", payload, 60, 4, DARK, WORDS).text().splitlines()[1:]
    assert [row.count("█") for row in rows] == [rows[0].count("█") // k for k in (1, 2, 4)]
    assert draw.place("bars", payload, 60, 4, 30, 2, WORDS) == (1, 0)


def test_nothing_has_no_bar_wherever_zero_stands():
    for least in (0.0, -1.0, -2.7):
        payload = Bars(labels=("=a", "=b", "=c"), values=np.array([least, 0.0, 4.0]))
        row = draw.draw("bars", payload, 50, 6, DARK, WORDS).text().splitlines()
        assert "b" in row[3] and not set(row[3]) & set("▏▎▍▌▋▊▉█")


def test_cards_are_found_where_they_lie():
    payload = Cards(bins=("=left", "=right"), cards=(("=one", 1, 1), ("=two", 2, 1), ("=three", 0, 0)))
    canvas = draw.draw("cards", payload, 40, 8, DARK, WORDS)
    for card, (name, bin) in enumerate((("one", 1), ("two", 2), ("three", 0))):
        y, row = next((y, row) for y, row in enumerate(canvas.text().splitlines()) if name in row)
        assert draw.place("cards", payload, 40, 8, row.index(name), y, WORDS) == (card, bin)
    assert "✓ one" in canvas.text() and "✗ two" in canvas.text()


def test_diagram_prints_nodes_and_weights():
    nodes = (Node(id="a", x=0, y=0.5, label="=in", value=0.5), Node(id="b", x=1, y=0.5, label="=out"))
    payload = Diagram(nodes=nodes, edges=(("a", "b", -0.25, True),))
    canvas = draw.draw("diagram", payload, 40, 9, DARK, WORDS)
    assert all(text in canvas.text() for text in ("in", "out", "0.5", "-0.25"))
    y, row = next((y, row) for y, row in enumerate(canvas.text().splitlines()) if "out" in row)
    assert draw.place("diagram", payload, 40, 9, row.index("out"), y, WORDS) == (1, 0)


def test_diagram_marks_edges_and_keeps_twins_apart():
    nodes = (Node(id="a", x=0, y=0.5, label="=in", value=0.98201), Node(id="b", x=1, y=0.5, label="=out"))
    twins = Diagram(
        nodes=nodes,
        edges=(("a", "b", 1.0, True), ("a", "b", None, False)),
        marks=("①", "②"),
        digits=2,
    )
    rows = draw.draw("diagram", twins, 40, 9, DARK, WORDS).text().splitlines()
    first, second = (next(y for y, row in enumerate(rows) if mark in row) for mark in twins.marks)
    assert first != second and "① 1" in rows[first] and any(" 0.98 " in row for row in rows)
    near = (nodes[0], Node(id="b", x=1, y=0.5, label="=out"))
    tight = Diagram(nodes=near, edges=(("a", "b", 0.125, True),), marks=("[7]",))
    assert "[7] 0.12" in draw.draw("diagram", tight, 26, 9, DARK, WORDS).text()
    assert "[7]" in (text := draw.draw("diagram", tight, 18, 9, DARK, WORDS).text()) and "0.12" not in text
    one = draw.draw("diagram", Diagram(nodes=nodes, edges=twins.edges[1:]), 40, 9, DARK, WORDS)
    assert sum("⠒" in row or "⠤" in row or "⠉" in row for row in one.text().splitlines()) == 1


# curves


def test_lines_differ_without_colour():
    looks = series.dress([line([0], [0], hue=k % 4) for k in range(7)], DARK)
    assert len({look.pattern for look in looks}) == 7


def test_one_hue_has_one_colour_in_every_view():
    one = series.dress([line([0], [0], hue=3)], DARK)[0]
    assert one.colour == DARK.hue(3)
    assert (
        series.dress([line([0], [0], hue=3, role="validation"), line([0], [0], hue=3)], DARK)[1].colour
        == one.colour
    )


def test_a_runaway_line_does_not_hide_the_others():
    t = np.arange(300.0)
    calm, wild = line(t, np.exp(-t / 50)), line(t, np.exp(np.minimum(t, 200)))
    _, (_, top) = curve.limits(Curve(lines=(calm, wild)))
    assert 1 <= top < 3
    canvas = draw.draw("curve", Curve(lines=(calm, wild)), 70, 20, DARK, WORDS)
    assert "▲" in canvas.text()


def test_divergence_is_marked():
    y = np.r_[np.linspace(1, 2, 50), math.inf]
    assert "∞" in draw.draw("curve", Curve(lines=(line(np.arange(51), y),)), 70, 20, DARK, WORDS).text()
    y = np.r_[np.linspace(1, 2, 50), np.full(9, math.nan), 2]  # a gap is no divergence
    assert "∞" not in draw.draw("curve", Curve(lines=(line(np.arange(60), y),)), 70, 20, DARK, WORDS).text()


def test_few_huge_first_values_are_cut_off():
    y = np.r_[1e6, 1e5, 1 + np.sin(np.arange(400.0))]
    _, (_, top) = curve.limits(Curve(lines=(line(np.arange(402), y),)))
    assert top < 10


def test_the_last_value_is_printed_in_the_colour_of_its_line():
    payload = Curve(lines=(line(np.arange(50), np.linspace(1, 0.123, 50), hue=2),))
    canvas = draw.draw("curve", payload, 70, 20, DARK, WORDS)
    y, row = next((y, row) for y, row in enumerate(canvas.text().splitlines()) if "0.123" in row)
    assert unpack(int(canvas.fg[y, row.index("0.123")])) == DARK.hue(2)


def test_legend_names_every_line_or_counts_the_rest():
    lines = tuple(Line(word=f"=optimizer {k}", x=np.arange(9.0), y=np.arange(9.0), hue=k) for k in range(6))
    for width in (18, 30, 48, 80, 140):
        first = (
            draw.draw("curve", Curve(lines=lines), width, 12, DARK, WORDS, title="loss")
            .text()
            .splitlines()[0]
        )
        named = len(re.findall(r"opt|o…", first))
        rest = re.search(r"\+(\d)", first)
        assert named + (int(rest.group(1)) if rest else 0) == 6 or width < 24
