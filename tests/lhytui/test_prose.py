import pytest
from rich.cells import cell_len
from textual.app import App
from textual.geometry import Offset
from textual.selection import Selection

from lessons.text import Fold, Formula, Paragraph
from lhytui.text.rows import lay
from lhytui.widgets.prose import Prose

TEXT = (
    Paragraph("A **small batch** gives `x[i]` noise, and the noise helps the training out of a bad place."),
    Formula(("θ ← θ − η · g", "g = ∇L(θ)")),
    Fold("Why it helps", (Paragraph("Because 批次越小，噪声越大。"), Formula(("a = b",)))),
    Paragraph("学习率（learning rate）太大，loss 会来回跳，最后发散。"),
)


class Reader(App):
    CSS = "Prose { width: 44; height: 12; }"

    def compose(self):
        yield Prose(TEXT)

    @property
    def prose(self) -> Prose:
        return self.query_one(Prose)

    def seen(self) -> list[str]:
        return [self.prose.render_line(y).text for y in range(self.prose.size.height)]


def test_rows_keep_marks_formulas_and_folds():
    rows = lay(TEXT, 40)
    texts = [row.text for row in rows]
    assert "  θ ← θ − η · g" in texts and "  g = ∇L(θ)" in texts
    assert "▸ Why it helps" in texts and not any("Because" in text for text in texts)
    assert not any("**" in text or "`" in text for text in texts)
    marked = {row.text[a:b]: kind for row in rows for a, b, kind in row.spans}
    assert marked["small batch"] == "strong" and marked["x[i]"] == "code"
    opened = [row.text for row in lay(TEXT, 40, {2})]
    assert "▾ Why it helps" in opened and "    a = b" in opened


@pytest.mark.parametrize("width", [12, 25, 40, 76])
def test_no_row_is_wider_than_its_room(width):
    assert all(cell_len(row.text) <= width + 2 for row in lay(TEXT, width, {2}, left=2))


async def test_every_segment_has_a_ground_and_every_line_the_full_width():
    async with Reader().run_test() as pilot:
        prose = pilot.app.prose
        for y in range(prose.size.height):
            strip = prose.render_line(y)
            assert strip.cell_length == prose.size.width
            assert all(segment.style and segment.style.bgcolor for segment in strip)


async def test_says_how_much_is_below_and_pages_to_the_end():
    async with Reader().run_test() as pilot:
        prose = pilot.app.prose
        prose.show(TEXT * 6)
        await pilot.pause()
        total, height = prose.virtual_size.height, prose.size.height
        assert pilot.app.seen()[-1].strip() == f"↓ {total - height + 1}"
        read = [line.strip() for line in pilot.app.seen()]
        for _ in range(20):
            prose.page_down()
            read += [line.strip() for line in pilot.app.seen()]
        assert "↓" not in pilot.app.seen()[-1] and prose.below == 0
        assert {row.text.strip() for row in lay(TEXT * 6, 40)} <= set(read)
        prose.page_up()
        assert prose.scroll_offset.y == total - height - (height - 2)


async def test_a_fold_opens_by_click_and_by_method():
    async with Reader().run_test() as pilot:
        y = next(y for y, line in enumerate(pilot.app.seen()) if "▸ Why it helps" in line)
        await pilot.click(Prose, offset=(4, y))
        assert any("▾ Why" in line for line in pilot.app.seen())
        assert pilot.app.prose.toggle_fold()
        assert any("▸ Why" in line for line in pilot.app.seen())
        pilot.app.prose.show(TEXT[:1])
        assert not pilot.app.prose.toggle_fold()


async def test_another_language_keeps_the_place():
    async with Reader().run_test() as pilot:
        prose = pilot.app.prose
        prose.show([Paragraph(f"{k} " + "word " * 60) for k in range(20)])
        await pilot.pause()
        prose._go(7)
        prose.show([Paragraph(f"{k} " + "字" * 90) for k in range(20)], keep=True)
        assert pilot.app.seen()[1].strip().startswith("7 ")


async def test_the_selection_is_the_text_without_margin():
    async with Reader().run_test() as pilot:
        prose = pilot.app.prose
        text, _ = prose.get_selection(Selection(None, None))
        assert text.split("\n")[1].startswith("A small batch gives x[i]")
        pilot.app.screen.selections = {prose: Selection(Offset(2, 1), Offset(9, 1))}
        await pilot.pause()
        chosen = [s.text for s in prose.render_line(1) if s.style.bgcolor != prose.rich_style.bgcolor]
        assert "".join(chosen) == "A small"
        assert prose.get_selection(Selection(Offset(2, 1), Offset(9, 1)))[0] == "A small"


async def test_a_new_theme_recolours_the_text():
    async with Reader().run_test() as pilot:
        before = pilot.app.prose.render_line(1)
        pilot.app.theme = "textual-light"
        await pilot.pause()
        after = pilot.app.prose.render_line(1)
        assert before.text == after.text
        assert {s.style.bgcolor for s in before}.isdisjoint(s.style.bgcolor for s in after)
