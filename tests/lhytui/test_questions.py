import pytest

from lhytui.screens.questions import QuestionsScreen
from lhytui.screens.quiz import Quiz
from lhytui.store import Store


@pytest.fixture
def quiz(course) -> Quiz:
    reviews = Store(False).reviews
    return Quiz(reviews.of(course.lessons[0]), reviews)


def test_a_right_answer_suggests_good_and_a_wrong_one_again(quiz):
    assert quiz.options == 3 and quiz.answer(1) and quiz.right and quiz.chosen == 2
    assert quiz.undo() and quiz.stage == "asking"
    assert quiz.answer(0) and quiz.right is False and quiz.chosen == 0
    assert not quiz.answer(1)


def test_one_graded_again_comes_back_once_and_undo_takes_it_away(quiz):
    quiz.answer(0)
    assert quiz.grade(1) and len(quiz.turns) == 3 and quiz.turn.question[1].id == "free"
    assert quiz.undo() and len(quiz.turns) == 2 and quiz.stage == "grading" and quiz.reviews.dates() == {}
    quiz.grade(1)
    quiz.skip()
    assert quiz.turn.question[1].id == "bounce"
    quiz.answer(1)
    quiz.grade(1)
    assert quiz.stage == "over" and len(quiz.turns) == 3
    assert quiz.counts() == {"again": 2, "hard": 0, "good": 0, "easy": 0}
    assert quiz.undo() and quiz.undo() and quiz.stage == "asking"  # the grade, then the answer
    assert quiz.undo() and quiz.reviews.dates() == {} and quiz.at == 0 and len(quiz.turns) == 2


def test_what_cannot_happen_changes_nothing(quiz):
    assert not quiz.answer(7) and not quiz.undo()
    quiz.grade(3)
    assert quiz.stage == "asking" and quiz.reviews.dates() == {}
    quiz.answer(1)
    quiz.grade(9)
    assert quiz.stage == "grading"


def start(little, lang="en", done=True):
    app = little(QuestionsScreen(), lang)
    if done:
        app.store.finish("basics/line", "one")
        app.store.finish("basics/line", "two")
    return app


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 40), (200, 60)])
@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_a_round_by_enter_alone_shows_everything_at_every_size(little, size, lang):
    app = start(little, lang)
    card = app.course.lessons[0].cards()[0]
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        shown = app.shown()
        assert all(text in shown for text in (card.question[lang], *card.options[lang]))
        assert card.why[lang] not in shown
        await pilot.press("enter")
        await pilot.pause()
        shown = app.shown()
        assert card.why[lang] in shown and all(
            name in shown for name in app.words("ui.questions.grades").split("|")
        )
        assert "ui." not in shown
        await pilot.press("enter", "enter")
        await pilot.pause()
        assert app.course.lessons[0].cards()[1].answer[lang] in app.shown()
        await pilot.press("enter", "enter", "enter")
        await pilot.pause()
        assert app.screen.quiz.stage == "over" and len(app.store.reviews.dates()) == 2
        await pilot.press("enter")
        assert app.did == ["leave"]


async def test_digits_answer_then_grade_and_u_takes_back(little):
    app = start(little)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("2")
        await pilot.pause()
        assert "Right." in app.shown()
        await pilot.press("4")
        assert len(app.store.reviews.dates()) == 1
        await pilot.press("u")
        await pilot.pause()
        assert app.store.reviews.dates() == {} and "Right." in app.shown()
        await pilot.press("u", "down", "down", "enter")
        await pilot.pause()
        assert "Not this one." in app.shown()
        await pilot.press("0", "escape")
        assert app.screen.quiz.at == 1 and app.did == ["leave"]


async def test_brackets_are_shown_as_they_are(little):
    app = start(little)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "bounce in x[i]?" in app.shown()


async def test_the_mouse_answers_and_grades(little):
    app = start(little)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        find = lambda text: next(
            (row.index(text), y) for y, row in enumerate(app.shown().split("\n")) if text in row
        )
        await pilot.click(offset=find("noise"))
        await pilot.pause()
        assert "Not this one." in app.shown()
        await pilot.click(offset=find("2 hard"))
        assert app.store.rows("SELECT grade FROM review") == [(2,)]


async def test_nothing_due_is_said_and_enter_leaves(little):
    app = start(little, done=False)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "Nothing to review now" in app.shown()
        await pilot.press("enter")
        assert app.did == ["leave"]


async def test_the_questions_of_one_section(little, course):
    lesson = course.lessons[0]
    app = little(QuestionsScreen(lesson, lesson.sections[1]))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        assert "Why adapt the rate?" in app.shown() and len(app.screen.quiz.turns) == 1


async def test_language_changes_in_the_middle_of_a_question(little):
    app = start(little)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        await pilot.press("2")
        app.speak("zh")
        app.screen.switch_language()
        await pilot.pause()
        assert "步长是 η‖g‖。" in app.shown() and app.screen.quiz.stage == "grading"


async def test_a_long_question_scrolls(little, course):
    long = "word " * 400
    path = course.lessons[0].folder / "cards.toml"
    path.write_text(path.read_text("utf-8").replace("A step is", long), "utf-8")
    app = start(little)
    async with app.run_test(size=(60, 16)) as pilot:
        await pilot.pause()
        await pilot.press("2")
        await pilot.pause()
        assert "↓" in app.shown() and "good" in app.shown()
        for _ in range(10):
            await pilot.press("pagedown")
        await pilot.pause()
        assert "‖g‖ long." in app.shown()
