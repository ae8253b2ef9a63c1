"""Every kind of view at every size, in both languages, with good and with bad numbers."""

import math

import numpy as np
import pytest
from rich.cells import cell_len

from lessons.views import (
    Bars,
    Cards,
    Curve,
    Diagram,
    Dots,
    Grid,
    Images,
    Line,
    Node,
    Numbers,
    Plane,
    Step,
    Table,
)
from lhytui import draw
from lhytui.draw.ink import Ink

INK = Ink.from_colours(ground="#1e1e1e", text="#e0e0e0", accent="#ffa62b")
SIZES = [(18, 5), (38, 10), (70, 20), (140, 40)]
NAN, INF = math.nan, math.inf
WORDS = {
    "zh": {
        "series.loss": "训练集上的损失",
        "update": "更新",
        "axis.update": "更新",
        "switch": "学习率改变",
        "long": "很长很长很长的一句中文",
    },
    "en": {
        "series.loss": "training loss",
        "update": "update",
        "axis.update": "update",
        "switch": "rate changes",
        "long": "quite a long text",
    },
}


def words(lang):
    return lambda key: key[1:] if key.startswith("=") else WORDS[lang].get(key, WORDS[lang]["long"])


def line(y, x=None, **more):
    y = np.asarray(y, float)
    return Line(
        word="series.loss",
        x=np.arange(len(y), dtype=float) if x is None else np.asarray(x, float),
        y=y,
        **more,
    )


T = np.arange(600.0)
NOISE = np.random.default_rng(3).standard_normal(600)
FIELD = np.add.outer(np.linspace(-3, 3, 31) ** 2, 0.1 * np.linspace(-9, 9, 41) ** 2)
NODES = tuple(
    Node(id=str(k), x=k % 3 / 2, y=k // 3 / 2, label="long", value=k / 7, hot=k == 4) for k in range(9)
)

PAYLOADS = {
    "curve": Curve(
        lines=(
            line(np.exp(-T / 90) + 0.1 * NOISE),
            line(np.exp(-T / 90), role="smooth"),
            line(np.exp(-T[::50] / 90), T[::50], role="validation"),
            line([0.2, 0.2], [0, 600], role="target"),
            line(np.exp(-T / 50), role="ghost"),
        ),
        dots=(
            Dots(word="long", x=T[:9], y=T[:9], group=np.arange(9)),
            Dots(word="long", x=T[:1], y=T[:1], mark="best"),
        ),
        cursor=300.0,
        ticks=((100.0, "switch"), (590.0, "switch")),
        y="long",
    ),
    "curve-log": Curve(lines=(line(1e6 * np.exp(-T / 20)),), log_y=True, log_x=True),
    "curve-empty": Curve(lines=()),
    "curve-no-points": Curve(lines=(line([]),)),
    "curve-one": Curve(lines=(line([0.5]),), cursor=0.0),
    "curve-constant": Curve(lines=(line(np.full(50, 7.0)),)),
    "curve-nan": Curve(lines=(line(np.full(50, NAN)), line(np.full(50, INF)), line(np.full(50, -INF)))),
    "curve-mixed": Curve(lines=(line([1, NAN, 2, INF, 3, -INF, 4]), line([1, 2, 3], [NAN, 1, INF]))),
    "curve-diverged": Curve(lines=(line([*np.exp(T[:500]), INF]), line(np.exp(-T / 99)))),
    "curve-huge": Curve(lines=(line([-1e308, 0, 1e308]),), limits=(None, None, 0.0, None)),
    "curve-tiny": Curve(lines=(line([1e-300, 2e-300, 1e-308]),), log_y=True),
    "curve-negative-log": Curve(lines=(line([-1, -2, 0]),), log_y=True),
    "curve-offset": Curve(lines=(line(1e9 + T / 1e3),)),
    "plane": Plane(
        extent=(-9, 9, -3, 3),
        field=FIELD,
        paths=(
            line(2 * np.cos(T / 9), 8 * np.sin(T / 7)),
            line([0, 99, NAN, 1], [0, 99, 1, INF], role="path"),
        ),
        dots=(
            Dots(word="long", x=T[:9], y=np.zeros(9), group=np.arange(9)),
            Dots(word="long", x=np.array([0.0]), y=np.array([0.0]), mark="best"),
        ),
        x="update",
        y="long",
        cursor=(0.0, 0.0),
    ),
    "plane-class": Plane(extent=(0, 1, 0, 1), field=np.arange(12).reshape(3, 4) % 3, scale="class"),
    "plane-chance": Plane(extent=(0, 1, 0, 1), field=np.linspace(0, 1, 12).reshape(3, 4), scale="class"),
    "plane-log": Plane(extent=(0, 1, 0, 1), field=np.logspace(-9, 9, 12).reshape(3, 4), scale="log"),
    "plane-nan": Plane(extent=(0, 1, 0, 1), field=np.full((4, 4), NAN), paths=(line([NAN, NAN]),)),
    "plane-mixed": Plane(extent=(0, 1, 0, 1), field=np.array([[NAN, INF], [-INF, 1e308]]), scale="linear"),
    "plane-constant": Plane(extent=(0, 0, 5, 5), field=np.ones((1, 1)), cursor=(NAN, 0.0)),
    "plane-bare": Plane(extent=(-1, 1, -1, 1)),
    "table": Table(
        columns=("long", "series.loss", "column.lecture", "switch", "long"),
        rows=((1, 0.5, 0.25, "long", None), (1000, NAN, -INF, "=x", 1e-9), ("long", None, 3.0, "=", 1e300))
        * 9,
        bar=1,
        chosen=20,
    ),
    "table-empty": Table(columns=("long", "update"), rows=()),
    "table-none": Table(columns=(), rows=()),
    "bars": Bars(
        labels=("long", "=x", "update", "switch"),
        values=np.array([0.5, -0.2, NAN, INF]),
        beside=np.array([0.4, NAN, 0.1, -INF]),
        word="long",
        beside_word="long",
        chosen=1,
    ),
    "bars-many": Bars(labels=("long",) * 50, values=np.arange(50) - 25.0, chosen=45),
    "bars-empty": Bars(labels=(), values=np.array([])),
    "bars-zero": Bars(labels=("=a", "=b"), values=np.zeros(2)),
    "numbers": Numbers(
        steps=(
            Step(text="w ← w − η·∂L/∂w = 0.5 − 0.1·(−0.499) = 0.550", note="long", hot=True),
            Step(text="这一步的算式里有中文字", note="long"),
            Step(text=""),
        )
        * 5
    ),
    "numbers-empty": Numbers(steps=()),
    "grid": Grid(
        values=np.arange(30).reshape(5, 6) / 7 - 2,
        rows=("long",) * 5,
        cols=("long",) * 6,
        tensor="W",
        chosen=(4, 5),
    ),
    "grid-large": Grid(values=np.sin(np.arange(6000.0)).reshape(60, 100), chosen=(59, 99), diverging=False),
    "grid-bad": Grid(values=np.array([[NAN, INF], [-INF, 1e300]])),
    "grid-zero": Grid(values=np.zeros((1, 1)), diverging=False),
    "grid-empty": Grid(values=np.zeros((0, 3))),
    "images": Images(
        images=np.arange(9 * 784).reshape(9, 28, 28).astype(np.uint8), captions=("long",) * 9, chosen=8
    ),
    "images-signed": Images(images=np.sin(np.arange(75.0)).reshape(3, 5, 5), diverging=True),
    "images-bad": Images(images=np.full((2, 3, 3), NAN), diverging=True),
    "images-large": Images(images=np.zeros((1, 500, 300))),
    "images-empty": Images(images=np.zeros((0, 28, 28))),
    "cards": Cards(
        bins=("long", "update", "switch"),
        cards=(("long", 0, 0), ("long", 1, 1), ("switch", 2, 1), ("=x", 3, 0)) * 6,
        chosen=20,
    ),
    "cards-empty": Cards(bins=(), cards=()),
    "diagram": Diagram(
        nodes=NODES,
        edges=(("0", "4", 0.5, True), ("1", "5", None, False), ("8", "8", 1, False), ("x", "1", 1, True)),
    ),
    "diagram-bad": Diagram(
        nodes=(Node(id="a", x=NAN, y=5, label="", value=NAN),), edges=(("a", "a", NAN, False),)
    ),
    "diagram-empty": Diagram(nodes=()),
}


def kind(name):
    return name.split("-")[0]


def check_cells(canvas, width, height):
    """Exact size; every wide character whole; runs that fill the row."""
    assert (canvas.width, canvas.height) == (width, height)
    for y in range(height):
        cells = canvas.chars[y].tolist()
        for x, char in enumerate(cells):
            follows = cells[x + 1] if x + 1 < width else "edge"
            assert (cell_len(char) == 2) == (follows == ""), (x, y, cells)
        runs = canvas.row(y)
        assert sum(cell_len(text) for text, *_ in runs) == width
        for _, fg, bg, style in runs:
            assert fg is None or len(fg) == 3
            assert bg is None or len(bg) == 3
            assert style in (0, 1, 2, 3)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("name", PAYLOADS)
@pytest.mark.filterwarnings("error")
def test_every_view_fills_its_cells(name, size):
    for lang in ("zh", "en"):
        canvas = draw.draw(kind(name), PAYLOADS[name], *size, INK, words(lang), title=WORDS[lang]["long"])
        check_cells(canvas, *size)


@pytest.mark.parametrize("name", PAYLOADS)
@pytest.mark.filterwarnings("error")
def test_every_cell_can_be_inspected(name):
    width, height = 38, 10
    for cy in range(-1, height + 1):
        for cx in range(-1, width + 1, 3):
            told = draw.inspect(kind(name), PAYLOADS[name], width, height, cx, cy, words("zh"))
            there = draw.place(kind(name), PAYLOADS[name], width, height, cx, cy, words("zh"))
            assert isinstance(told, str)
            assert there is None or len(there) == 2
            if not (0 <= cx < width and 0 <= cy < height):
                assert there is None and told == ""


@pytest.mark.parametrize("size", [(1, 1), (3, 2), (5, 3), (9, 1), (1, 9), (200, 60)], ids=str)
@pytest.mark.parametrize(
    "name", ["curve", "plane", "table", "bars", "numbers", "grid", "images", "cards", "diagram"]
)
def test_sizes_beyond_the_promised_ones_do_not_fail(name, size):
    check_cells(draw.draw(name, PAYLOADS[name], *size, INK, words("zh"), title="标题"), *size)


@pytest.mark.parametrize(
    "name", ["curve", "plane", "table", "bars", "numbers", "grid", "images", "cards", "diagram"]
)
def test_ascii_drawings_hold_no_ambiguous_sign(name):
    plain = INK.with_glyphs("ascii", narrow=False)
    payload = PAYLOADS[name]
    canvas = draw.draw(name, payload, 70, 20, plain, lambda key: "word", title="title")
    allowed = "w←−η·∂L/中文字这一步的算式里有" if name == "numbers" else "∞"
    strange = {c for c in canvas.text() if not c.isascii() and c not in allowed}
    assert not strange


def test_a_payload_is_drawn_by_its_own_class():
    table = draw.draw("tokens", PAYLOADS["table"], 60, 12, INK, words("en"))
    assert table.text() == draw.draw("table", PAYLOADS["table"], 60, 12, INK, words("en")).text()


def test_no_payload_shows_the_title():
    canvas = draw.draw("curve", None, 30, 5, INK, words("en"), title="loss")
    assert "loss" in canvas.text().splitlines()[0]
    assert draw.inspect("curve", None, 30, 5, 3, 3, words("en")) == ""
    assert draw.place("curve", None, 30, 5, 3, 3) is None


def test_drawing_changes_no_payload():
    before = FIELD.copy(), NOISE.copy()
    for name, payload in PAYLOADS.items():
        draw.draw(kind(name), payload, 70, 20, INK, words("en"))
    assert np.array_equal(before[0], FIELD) and np.array_equal(before[1], NOISE)
