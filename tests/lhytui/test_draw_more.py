"""Histograms, cubes and rows of tokens against their payloads: bars as high as the counts, numbers as given."""

import math

import numpy as np
import pytest
from rich.cells import cell_len

from lessons.views import Cube, Hist, Strip, TokenRow, Tokens
from lhytui import draw
from lhytui.draw import cube, hist, tokens
from lhytui.draw.canvas import unpack
from lhytui.draw.ink import Ink

INK = Ink.from_colours(ground="#1e1e1e", text="#e0e0e0", accent="#ffa62b")
ASCII = INK.with_glyphs("ascii", narrow=False)
WORDS = lambda key: key.removeprefix("=")
SIZES = [(1, 1), (3, 2), (18, 5), (30, 6), (62, 14), (160, 50)]
NUMBERS = np.random.default_rng(4)
EIGHTHS = {sign: k for k, sign in enumerate(hist.LEVELS)}


def strip(name, counts, **more):
    return Strip(word=f"={name}", counts=np.asarray(counts), **more)


LAYERS = tuple(strip(f"第 {k} 层", NUMBERS.integers(0, 500, 40)) for k in range(1, 30))
CUBE = Cube(
    values=NUMBERS.normal(size=(3, 4, 5)),
    axes=("=sentence", "=token", "=feature"),
    marked=np.indices((3, 4, 5))[1] == 2,
    rows=tuple(f"=词{k}" for k in range(4)),
    cols=tuple(f"=x{k}" for k in range(5)),
    tensor="h",
    chosen=(1, 2, 3),
)
TOKENS = Tokens(
    rows=(
        TokenRow(word="=目标", tokens=tuple(f"={c}" for c in "今天天气很好我们出去玩吧")),
        TokenRow(
            word="=output",
            tokens=tuple(f"={c}" for c in "今天天空很好我门出"),
            marks=("right", "right", "right", "wrong", "now", "forced", "pad"),
            values=np.linspace(0, 1, 9),
        ),
    ),
    chosen=(1, 4),
)
PAYLOADS = {
    "hist": Hist(strips=LAYERS[:3], lo=-3, hi=3, x="=z", ticks=((0.0, "=zero"), (9.0, "=far")), chosen=1),
    "hist-many": Hist(strips=LAYERS, lo=0, hi=1e6, chosen=28),
    "hist-ghost": Hist(
        strips=(LAYERS[0], strip("第 1 层", LAYERS[1].counts, role="ghost"), strip("old", [1, 2], role="ghost")),
        lo=-1,
        hi=1,
    ),
    "hist-bad": Hist(strips=(strip("a", [math.nan, math.inf, 0]), strip("b", []), strip("c", [0, 0])), lo=0, hi=0),
    "hist-nan": Hist(strips=(strip("a", [1, 2]),), lo=math.nan, hi=math.inf, ticks=((math.nan, "=x"),)),
    "hist-empty": Hist(strips=(), lo=0, hi=1),
    "cube": CUBE,
    "cube-plain": Cube(values=NUMBERS.normal(size=(9, 20, 30)), axes=("", "", "")),
    "cube-bad": Cube(values=np.array([[[math.nan, math.inf], [-math.inf, 1e300]]]), axes=("", "", ""), diverging=False),
    "cube-empty": Cube(values=np.zeros((0, 2, 2)), axes=("=a", "=b", "=c")),
    "tokens": TOKENS,
    "tokens-long": Tokens(rows=(TokenRow(word="", tokens=("=a very long token",) * 90, values=np.full(90, -2.5)),) * 9),
    "tokens-bad": Tokens(rows=(TokenRow(word="=x", tokens=("", "= ", "=,"), values=np.array([math.nan, math.inf])),)),
    "tokens-empty": Tokens(rows=()),
}  # fmt: skip


def whole(canvas, width, height):
    """Exact size, every wide character whole."""
    assert (canvas.width, canvas.height) == (width, height)
    for cells in canvas.chars.tolist():
        for x, char in enumerate(cells):
            follows = cells[x + 1] if x + 1 < width else "edge"
            assert (cell_len(char) == 2) == (follows == ""), (x, cells)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("ink", [INK, ASCII], ids=["unicode", "ascii"])
@pytest.mark.parametrize("name", PAYLOADS)
@pytest.mark.filterwarnings("error")
def test_every_drawing_fills_its_cells(name, ink, size):
    whole(draw.draw(name.split("-")[0], PAYLOADS[name], *size, ink, WORDS, title="标题"), *size)


@pytest.mark.parametrize("name", PAYLOADS)
@pytest.mark.filterwarnings("error")
def test_every_cell_can_be_inspected(name):
    kind, payload = name.split("-")[0], PAYLOADS[name]
    for cy in range(-1, 15):
        for cx in range(-1, 63):
            told = draw.inspect(kind, payload, 62, 14, cx, cy, WORDS)
            there = draw.place(kind, payload, 62, 14, cx, cy, WORDS)
            assert isinstance(told, str) and (there is None or len(there) == 2)
            if not (0 <= cx < 62 and 0 <= cy < 14):
                assert there is None and told == ""


@pytest.mark.parametrize("name", ["hist", "cube", "tokens"])
def test_ascii_drawings_hold_no_ambiguous_sign(name):
    text = draw.draw(name, PAYLOADS[name], 62, 14, ASCII, WORDS).text()
    ours = {c for c in text if not c.isascii() and cell_len(c) == 1}
    assert not ours


# Histograms


def heights(canvas, at, band):
    """Eighths of a cell that each column of a band is filled up to."""
    _, _, y, tall = band
    found = []
    for x in range(at.left, at.left + at.cols):
        level = 0
        for row in range(y, y + tall):
            sign, ground = (unpack(int(c[row, x])) for c in (canvas.fg, canvas.bg))
            level += 8 * (ground == INK.hue(0)) or EIGHTHS.get(canvas.chars[row, x], 0) * (sign == INK.hue(0))
        found.append(level)
    return found


@pytest.mark.parametrize(
    ("size", "bins"), [((62, 14), 40), ((62, 14), 7), ((160, 50), 40), ((40, 9), 90)], ids=str
)
def test_bars_are_as_high_as_the_counts(size, bins):
    counts = np.random.default_rng(bins).integers(0, 200, bins)
    payload = Hist(strips=(strip("a", counts), strip("b", counts[::-1])), lo=0, hi=1)
    canvas = draw.draw("hist", payload, *size, INK, WORDS)
    at = hist._arrange(payload, *size, WORDS)
    for band, given in zip(at.bands, (counts, counts[::-1]), strict=True):
        wanted = hist.columns(given, at.cols)
        tall = 8 * band[3]
        drawn = heights(canvas, at, band)
        assert drawn == pytest.approx(np.rint(wanted / wanted.max() * tall), abs=1)
        assert [d > 0 for d in drawn] == [w > 0 for w in wanted]


def test_no_count_is_lost_where_bins_are_more_than_columns():
    counts = NUMBERS.integers(0, 99, 101)
    assert hist.columns(counts, 30).sum() == pytest.approx(counts.sum())
    assert set(hist.columns(counts, 303)) == set(counts)


def test_many_layers_in_few_rows_are_shades_by_count():
    counts = [0, 1, 2, 4]
    payload = Hist(strips=tuple(strip(k, counts) for k in range(4)), lo=0, hi=1)
    canvas = draw.draw("hist", payload, 30, 6, INK, WORDS)
    at = hist._arrange(payload, 30, 6, WORDS)
    assert [band[3] for band in at.bands] == [1] * 4
    for _, _, y, _ in at.bands:
        row = [unpack(int(c)) for c in canvas.bg[y, at.left : at.left + at.cols]]
        seen = list(dict.fromkeys(row))
        away = [sum(abs(a - b) for a, b in zip(c or INK.ground, INK.ground, strict=True)) for c in seen]
        assert len(seen) == 4 and away == sorted(away) and seen[0] is None and seen[-1] == INK.hue(0)


def test_a_ghost_stands_behind_the_strip_of_its_name():
    payload = PAYLOADS["hist-ghost"]
    at = hist._arrange(payload, 62, 14, WORDS)
    assert [band[:2] for band in at.bands] == [(0, 1), (2, -1)]
    told = draw.inspect("hist", payload, 62, 14, at.left, at.bands[0][2], WORDS)
    assert f"{LAYERS[0].counts[0]} / " in told and f"({LAYERS[1].counts[0]} / " in told


def test_the_chosen_strip_stays_in_sight():
    payload = PAYLOADS["hist-many"]
    at = hist._arrange(payload, 40, 8, WORDS)
    assert 28 in [band[0] for band in at.bands] and at.hidden == 29 - len(at.bands)


def test_tick_labels_stand_under_their_values():
    payload = Hist(strips=(strip("a", range(60)),), lo=-3, hi=3, ticks=((1.0, "=here"),))
    canvas = draw.draw("hist", payload, 90, 12, INK, WORDS)
    at = hist._arrange(payload, 90, 12, WORDS)
    labels = "".join(canvas.chars[at.axis].tolist())
    for value in (-2, 0, 2):
        x = labels.rindex(str(value)) + len(str(value)) - 1
        assert abs(payload.lo + (x + 0.5 - at.left) / at.cols * 6 - value) < 0.1
    marked = [x for x in range(90) if canvas.chars[1, x] == "╎"]
    assert len(marked) == 1 and abs(-3 + (marked[0] + 0.5 - at.left) / at.cols * 6 - 1) < 0.1


# Cubes


def test_every_number_of_a_cube_is_drawn_in_its_cell():
    canvas = draw.draw("cube", CUBE, 120, 20, INK, WORDS)
    at = cube._arrange(CUBE, 120, 20, WORDS)
    assert at.numbers and at.shown == 3
    for s in range(3):
        x, y = at.corner(s)
        for i in range(4):
            for j in range(5):
                row = y + i * at.tall + (at.tall - 1) // 2
                text = "".join(canvas.chars[row, x + j * at.wide : x + (j + 1) * at.wide].tolist())
                assert float(text) == pytest.approx(CUBE.values[s, i, j], abs=0.051)
                told = draw.inspect("cube", CUBE, 120, 20, x + j * at.wide, row, WORDS)
                assert told.startswith(f"h[{s}, {i}, {j}] = {CUBE.values[s, i, j]:.5g}")


def test_marked_cells_are_nearer_to_the_accent_than_any_other():
    rgb = cube.grounds(CUBE, INK).astype(float)
    away = np.abs(rgb - np.array(INK.accent)).sum(-1)
    assert away[CUBE.marked].max() < away[~CUBE.marked].min()


@pytest.mark.parametrize("size", [(30, 6), (62, 14), (160, 50)], ids=str)
def test_the_chosen_slice_of_many_is_shown(size):
    payload = Cube(values=np.zeros((40, 8, 8)), axes=("=s", "=r", "=c"), chosen=(39, 7, 7))
    at = cube._arrange(payload, *size, WORDS)
    assert at.first + at.shown == 40 and at.row + at.rows == 8 and at.col + at.cols == 8


# Tokens


def test_tokens_of_one_place_stand_in_one_column():
    at = tokens._arrange(TOKENS, 80, 10, WORDS)
    canvas = draw.draw("tokens", TOKENS, 80, 10, INK, WORDS)
    for i, y, _ in at.lines:
        row = TOKENS.rows[i]
        for j, token in enumerate(row.tokens):
            x, size = at.spots[j]
            assert token[1:] in "".join(canvas.chars[y, x : x + size].tolist())
            assert draw.place("tokens", TOKENS, 80, 10, x, y, WORDS) == (i, j)


def test_marks_are_told_by_a_sign_too():
    for ink, signs in ((INK, "✓✓✓✗▸!·"), (ASCII, "+++x>!.")):
        canvas = draw.draw("tokens", TOKENS, 80, 10, ink, WORDS)
        at = tokens._arrange(TOKENS, 80, 10, WORDS)
        y = at.lines[1][1]
        assert "".join(canvas.chars[y, x] for x, _ in at.spots[:7]) == signs


def test_values_are_written_below_and_shade_the_tokens():
    canvas = draw.draw("tokens", TOKENS, 80, 10, INK, WORDS)
    at = tokens._arrange(TOKENS, 80, 10, WORDS)
    y = at.lines[1][1]
    for j, value in enumerate(TOKENS.rows[1].values):
        x, size = at.spots[j]
        assert float("".join(canvas.chars[y + 1, x : x + size].tolist())) == pytest.approx(value, abs=0.0051)
    light = [sum(c) for c in tokens.shades(TOKENS.rows[1], INK)]
    assert light == sorted(light) and len(set(light)) == 9


def test_of_many_tokens_those_around_the_cursor_are_shown():
    row = TokenRow(word="=x", tokens=tuple(f"={k}" for k in range(100)))
    for place in (0, 50, 99):
        payload = Tokens(rows=(row,), chosen=(0, place))
        at = tokens._arrange(payload, 40, 5, WORDS)
        assert at.first <= place < at.first + len(at.spots)
        assert (at.before, at.after) == (place > 0, place < 99)
        text = draw.draw("tokens", payload, 40, 5, INK, WORDS).text().splitlines()[1]
        assert text.count("…") == at.before + at.after and str(place) in text
