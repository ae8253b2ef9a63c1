"""The course as folders: what is found, in which order, and what a broken folder does."""

import pytest

from lessons import catalog, text
from lessons.catalog import CatalogError
from lessons.spec import SpecError
from lessons.text import Fold, Formula, Paragraph


@pytest.fixture
def course(toys):
    return catalog.load(toys)


@pytest.fixture
def fall(course):
    return course.lesson("toys/fall")


def code_of(call, *args):
    with pytest.raises(CatalogError) as caught:
        call(*args)
    return caught.value.code


def test_lessons_have_their_place(course):
    assert [lesson.number for lesson in course.lessons] == list(range(1, len(course.lessons) + 1))
    own = [lesson for lesson in course.lessons if lesson.package.startswith("lessons.")]
    assert own == sorted(own, key=lambda lesson: lesson.order)
    assert [lesson.id for lesson in course.lessons[len(own) :]] == ["toys/fall", "toys/square"]


def test_find_by_id_number_and_folder(course, fall):
    for name in ("toys/fall", "fall", str(fall.number)):
        assert course.find(name) == (fall, fall.sections[0])
        assert course.find(f"{name}:too-large") == (fall, fall.sections[1])


def test_what_is_not_there(course):
    assert code_of(course.find, "toys/fal") == "unknown-lesson"
    assert code_of(course.find, "qqqq") == "no-such-lesson"
    assert code_of(course.find, "toys/fall:nope") == "unknown-section"
    assert course.near("toys/fal")[0] == "toys/fall"


def test_a_section_sets_its_experiment(fall):
    bowl = fall.experiments()["bowl"]
    home, large = fall.sections
    assert home.settings(bowl) == {"rate": 0.1, "start": 3.0, "noise": "off"}
    assert large.settings(bowl) == {"rate": 1.5, "start": 3.0, "noise": "off"}
    assert large.settings(bowl, {"rate": 0.2, "seed": 5})["rate"] == 0.2
    assert home.seed(bowl) == 1
    with pytest.raises(SpecError):
        home.settings(bowl, {"rate": 100})


def test_modules_are_loaded_once_and_named(fall):
    build = fall.call("run:build")
    assert build is fall.call("run:build") and build.__module__ == "lhytui_course.toys.fall.run"
    assert code_of(fall.call, "nothing:build") == "no-module"


def test_words_of_a_lesson_come_before_the_shared_ones(fall):
    en = fall.words("en")
    assert (en("claim.arrives"), en("control.rate"), en("chapter.toys")) == (
        "rate 0.1 arrives",
        "rate",
        "Toys",
    )
    assert fall.words("zh")("control.noise.on") == "开"


def test_texts_go_with_their_sections(fall):
    english, chinese = fall.text("en"), fall.text("zh")
    assert list(english) == list(chinese) == ["one-rate", "too-large"]
    part = english["one-rate"]
    assert part.before == (Paragraph("Think first, then **run** it with `space`."), Formula(("θ ← θ − η·g",)))
    assert isinstance(part.after[1], Fold) and part.after[1].title == "Why"
    assert english["too-large"].after == (Paragraph("It diverges."),)


def test_cards(fall):
    first = fall.cards()[0]
    assert (first.id, first.section, first.right) == ("one-rate-1", "one-rate", 0)
    assert first.options["zh"] == ["对", "错"] and fall.cards()[1].right == -1


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("order = 20", "order =", "unreadable-lesson"),
        ("order = 20", "", "missing-key"),
        ("order = 20", 'order = "late"', "wrong-type"),
        ('experiment = "square"', "", "missing-key"),
        ("order = 20\n", 'order = 20\nid = "toys/fall"\n', "duplicate-lesson"),
        ("[[section]]", "[[part]]", "no-sections"),
        (', en = "Squares"', "", "missing-key"),
    ],
)
def test_a_broken_folder_is_a_problem_and_no_more(toys, old, new, code):
    path = toys / "toys" / "square" / "lesson.toml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    course = catalog.load(toys)
    assert code in [problem.code for problem in course.problems]
    assert course.lesson("toys/fall").id == "toys/fall"
    assert "toys/square" not in [lesson.id for lesson in course.lessons]


def test_a_folder_without_its_file_is_a_problem(toys):
    (toys / "toys" / "square" / "lesson.toml").unlink()
    assert ("toys/square", "no-lesson-file") in [(p.lesson, p.code) for p in catalog.load(toys).problems]


def test_experiments_that_fail_are_told(toys):
    (toys / "toys" / "square" / "experiments.py").write_text("EXPERIMENTS = {1: 2}[3]\n")
    assert code_of(catalog.load(toys).lesson("square").experiments) == "broken-experiments"


def test_a_course_that_is_not_there_is_a_problem(tmp_path):
    assert "no-course" in [problem.code for problem in catalog.load(tmp_path / "nowhere").problems]


def test_spans_and_plain_text():
    assert text.spans("a **b** `c*d` e") == [
        ("a ", ""),
        ("b", "strong"),
        (" ", ""),
        ("c*d", "code"),
        (" e", ""),
    ]
    assert text.plain("**x**`y`") == "xy"


def test_source_lines_join_as_each_script_wants():
    (part,) = text.parse("## T\n\none\ntwo\n\n中文\n接着\nend\n")
    assert part.before == (Paragraph("one two"), Paragraph("中文接着end"))


def test_a_second_rule_is_no_third_half():
    (part,) = text.parse("## T\na\n---\nb\n---\nc\n")
    assert part.before == (Paragraph("a"),) and part.after[0].text.startswith("b")
