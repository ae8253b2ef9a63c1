import subprocess
import sys

import pytest
from rich.cells import cell_len

from lessons.words import Words
from lhytui import language
from lhytui.screens.course_map import GO_ON, CourseMap, Progress, next_place
from lhytui.screens.home import HomeScreen

SIZES = [(60, 16), (80, 24), (100, 30), (120, 40), (200, 60)]


def test_the_next_place_is_where_one_was_then_what_is_left(course):
    ids = lambda progress: (lambda place: place and (place[0].id, place[1].id))(next_place(course, progress))
    assert ids(Progress()) == ("basics/line", "one")
    assert ids(Progress(last=("training/rate", "two"))) == ("training/rate", "two")
    done = {("training/rate", "two"): "done", ("training/rate", "three"): "done"}
    assert ids(Progress(done, last=("training/rate", "two"))) == ("basics/line", "one")
    assert ids(Progress(last=("gone/lesson", "x"))) == ("basics/line", "one")
    everything = {(lesson.id, section.id): "done" for lesson in course.lessons for section in lesson.sections}
    assert ids(Progress(everything)) is None


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("width", [60, 79, 100, 160])
def test_no_line_is_wider_than_the_screen_and_none_keeps_a_word_key(course, lang, width):
    progress = Progress(
        {("basics/line", "one"): "done", ("basics/line", "two"): "run"},
        {"basics/line": {"crawls"}},
        {"basics/line": 3},
    )
    words = language.words(lang)
    chapters = Words([{"chapter.basics": {lang: "基本概念"}, "chapter.training": {lang: "B"}}], lang)
    page = CourseMap(course, progress, words, chapters)
    parts = [page.head(width), page.next(width, True), [page.columns(width)], page.lessons(width)]
    parts += [page.strip(course.lessons[0], width), page.details(course.lessons[1], width, 30)]
    for line in (line for part in parts for line in part):
        text = "".join(text for text, _ in line.pieces)
        assert cell_len(text) <= width and "ui." not in text and "{" not in text
    row = "".join(text for text, _ in page.lessons(width)[1].pieces)
    assert "✓●" in row and "1/2" in row and "?3" in row


def test_ascii_signs_where_others_would_be_two_cells_wide(course):
    words = language.words("en")
    progress = Progress({("basics/line", "one"): "done"}, {"basics/line": {"crawls"}}, {"basics/line": 3})
    page = CourseMap(course, progress, words, Words([], "en"), plain=True)
    lines = [*page.next(80, True), *page.lessons(80)]
    assert all(text.isascii() for line in lines for text, _ in line.pieces)


def test_details_lose_depth_rather_than_sections(course):
    page = CourseMap(course, Progress(), language.words("en"), Words([], "en"))
    for room in (4, 8, 12, 40):
        texts = [
            "".join(text for text, _ in line.pieces) for line in page.details(course.lessons[2], 60, room)
        ]
        assert sum("Section" in text for text in texts) == 3
    assert any("bottom of the valley" in text for text in texts)
    assert not any("never arrives" in text for text in texts)  # a claim is not told before it is shown


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_enter_goes_on_with_one_key_at_every_size(little, size, lang):
    app = little(HomeScreen(), lang)
    app.store.visit("training/rate", "two")
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        assert ("第3课 two" if lang == "zh" else "Section two of 3") in app.shown()
        await pilot.press("enter")
        assert app.opened == [("training/rate", "two")]


async def test_arrows_choose_lessons_and_chapters_and_enter_opens(little):
    app = little(HomeScreen())
    app.store.finish("training/rate", "one")
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        await pilot.press("right")
        assert app.screen.at == "training/rate"
        assert "Lesson rate" in app.shown() and "Section three of 3" in app.shown()
        await pilot.press("enter", "left", "down")
        assert app.opened == [("training/rate", "two")] and app.screen.at == "basics/relu"
        await pilot.press("left")
        assert app.screen.at == "basics/line"
        await pilot.press("up", "up")
        assert app.screen.at == GO_ON
        await pilot.press("end")
        assert app.screen.at == "training/rate"
        await pilot.press("home")
        assert app.screen.at == GO_ON


async def test_the_chosen_lesson_is_in_sight_on_the_smallest_screen(little):
    app = little(HomeScreen())
    async with app.run_test(size=(60, 16)) as pilot:
        await pilot.pause()
        for _ in range(4):
            await pilot.press("down")
            await pilot.pause()
            chosen = app.course.lesson(app.screen.at).title["en"]
            assert any(chosen in line for line in app.shown().split("\n"))


async def test_a_click_chooses_and_a_second_opens(little):
    app = little(HomeScreen())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        y = next(y for y, row in enumerate(app.shown().split("\n")) if "Lesson relu" in row)
        await pilot.click(offset=(10, y))
        assert app.screen.at == "basics/relu" and app.opened == []
        await pilot.click(offset=(10, y))
        assert app.opened == [("basics/relu", "one")]


async def test_due_questions_are_offered_and_counted(little):
    app = little(HomeScreen())
    app.store.finish("basics/line", "one")
    app.store.finish("basics/line", "two")
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.pause()
        assert "questions to review: 2" in app.shown() and "?2" in app.shown()
        assert "questions" in app.screen.footer_actions
        await pilot.press("down", "enter", "k")
        assert app.did == ["questions", "questions"]


async def test_progress_and_language_change_in_place(little):
    app = little(HomeScreen())
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert "0/6 sections" in app.shown()
        app.store.finish("basics/line", "one")
        app.store.meet("basics/line", "crawls")
        app.screen.refresh_progress()
        await pilot.pause()
        assert "1/6 sections" in app.shown() and "Too small a rate never arrives" in app.shown()
        app.speak("zh")
        app.screen.relabel()
        await pilot.pause()
        assert "课line" in app.shown().replace(" ", "") and "Lesson line" not in app.shown()


async def test_too_small_a_window_says_so(little):
    app = little(HomeScreen())
    async with app.run_test(size=(50, 12)) as pilot:
        await pilot.pause()
        assert "too small" in app.shown() and "50×12" in app.shown()
        await pilot.resize_terminal(80, 24)
        await pilot.pause()
        await pilot.pause()
        assert "too small" not in app.shown() and "Lesson line" in app.shown()


async def test_the_chosen_line_is_readable_in_other_themes(little):
    def light(colour):
        parts = [v / 255 / 12.92 if v <= 10 else ((v / 255 + 0.055) / 1.055) ** 2.4 for v in colour.triplet]
        return 0.05 + 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    app = little(HomeScreen())
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        for theme in ("textual-light", "gruvbox", "nord", "atom-one-light", "ansi-dark"):
            app.theme = theme
            await pilot.pause()
            style = app.screen.next._style("chosen", "dim")
            assert style.bgcolor != app.screen.next._style("", "").bgcolor
            if style.color.triplet and style.bgcolor.triplet:
                pair = sorted([light(style.color), light(style.bgcolor)])
                assert pair[1] / pair[0] > 3, theme


def test_loads_no_numbers():
    code = "import sys, lhytui.screens.home; sys.exit(bool({'numpy', 'numba', 'fsrs'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
