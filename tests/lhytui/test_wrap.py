import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from lhytui.text.wrap import CLOSING, OPENING, units, wrap

MIXED = st.text(alphabet="ab1 .,()-“”‘’…—，。（）《》学习率梯度θηℓᵢ∂é\u0301·①", max_size=120)
ANY = st.text(max_size=80)
WIDTHS = st.integers(2, 60)


def lines(text: str, width: int) -> list[str]:
    return [text[start:end] for start, end in wrap(text, width)]


@given(MIXED | ANY, WIDTHS)
def test_no_line_is_wider_than_the_width(text, width):
    assert all(cell_len(line) <= width for line in lines(text, width))


@given(MIXED | ANY, WIDTHS)
def test_nothing_but_white_space_is_lost_and_the_order_is_kept(text, width):
    last = 0
    for start, end in wrap(text, width):
        assert start <= end and not text[last:start].strip()
        last = end
    assert not text[last:].strip()


@given(MIXED, WIDTHS)
def test_no_line_starts_or_ends_with_a_blank(text, width):
    assert all(line == line.strip() for line in lines(text, width))


@given(
    st.lists(
        st.sampled_from(["学习率", "梯度（下降）", "loss", "，所以", "“批次”", "。", "batch size"]),
        max_size=30,
    )
)
def test_punctuation_stays_with_its_word(parts):
    text = "θ" + "".join(parts).strip("，。")
    if any(cell_len(text[a:b]) > 24 for a, b, _ in units(text)):
        return
    for line in lines(text, 24)[1:]:
        assert line[0] not in CLOSING
    for line in lines(text, 24):
        assert line[-1] not in OPENING


@given(
    st.lists(st.sampled_from(["gradient", "descent", "loss,", "don’t", "θ", "0.01"]), min_size=1, max_size=30)
)
def test_latin_words_stay_whole(words):
    assert " ".join(lines(" ".join(words), 12)) == " ".join(words)


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("", 10, [""]),
        ("   ", 10, [""]),
        ("学习率（learning rate）太大", 13, ["学习率", "（learning", "rate）太大"]),
        ("一二三。四", 6, ["一二", "三。四"]),
        ("他说“好”。", 6, ["他说", "“好”。"]),
        ("abcdefghij", 4, ["abcd", "efgh", "ij"]),
        ("学习率", 2, ["学", "习", "率"]),
        ("学习率", 5, ["学习", "率"]),
        ("a\n\nb", 10, ["a", "", "b"]),
        ("等等……然后", 5, ["等", "等……", "然后"]),
    ],
)
def test_examples(text, width, expected):
    assert lines(text, width) == expected


def test_loads_no_textual():
    code = "import sys, lhytui.text.wrap; sys.exit('textual' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
