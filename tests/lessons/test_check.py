"""The lint: a clean lesson has no finding, and each fault has its own."""

import pytest

from lessons import catalog
from lessons.check import check

LONG = "word " * 200

FAULTS = [
    ("lesson.toml", 'show = ["x"]', 'show = ["x"]\ncolour = "red"', "unknown-key"),
    ("lesson.toml", 'notes = "L21"', "", "missing-key"),
    ("lesson.toml", 'notes = "L21"', "notes = 21", "wrong-type"),
    ("lesson.toml", 'notes = "L21"', 'notes = "line 21"', "notes-range"),
    ("lesson.toml", 'show = ["x"]', 'show = ["y"]', "unknown-reference"),
    ("lesson.toml", 'views = ["work"]', 'views = ["works"]', "unknown-reference"),
    ("lesson.toml", 'views = ["work"]', "views = []", "no-views"),
    ("lesson.toml", 'views = ["work"]', 'views = ["work", "work"]', "twice"),
    ("lesson.toml", 'claims = ["positive"]', 'claims = ["negative"]', "unknown-reference"),
    ("lesson.toml", 'claims = ["positive"]', "claims = []", "unused-claim"),
    ("lesson.toml", 'experiment = "square"', 'experiment = "cube"', "unknown-experiment"),
    ("lesson.toml", 'show = ["x"]', 'keys = ["1", "2", "3", "4"]', "too-many"),
    ("lesson.toml", 'show = ["x"]', "set = { x = 9 }", "not-settable"),
    ("lesson.toml", 'show = ["x"]', 'ask = { options = ["a", "b"], answer = "run:nope" }', "no-function"),
    ("lesson.toml", '"toys/fall"', '"toys/fell"', "unknown-need"),
    ("lesson.toml", 'id = "numbers"', 'id = "Numbers"', "not-kebab"),
    ("lesson.toml", "order = 20", 'order = 20\nid = "toys/squares"', "folder-name"),
    ("experiments.py", "hi=3.0, default=2.0", "hi=3.0, default=4.0", "not-settable"),
    ("experiments.py", 'lab="walk"', 'lab="stroll"', "unknown-lab"),
    ("experiments.py", 'kind="numbers"', 'kind="digits"', "unknown-kind"),
    ("experiments.py", 'kind="numbers"', 'kind="numbers", moves="y"', "unknown-control"),
    ("experiments.py", 'kind="numbers"', 'kind="curve", series=("loss",)', "unknown-series"),
    ("experiments.py", 'check="run:positive"', 'check="run:negative"', "no-function"),
    ("experiments.py", 'check="run:positive"', 'check="walk:positive"', "no-module"),
    ("experiments.py", 'kind="exact"', 'kind="true"', "claim-kind"),
    ("experiments.py", 'counter={"x": {"x": 0.0}}', 'counter={"y": {"x": 0.0}}', "claim-arms"),
    ("experiments.py", 'counter={"x": {"x": 0.0}}', 'counter={"x": {}}', "claim-counter"),
    ("experiments.py", 'counter={"x": {"x": 0.0}}', 'counter={"x": {"x": 7.0}}', "not-settable"),
    ("experiments.py", "EXPERIMENTS", "import nothing_like_it\n\nEXPERIMENTS", "broken-experiments"),
    ("words.toml", 'work = { zh = "算式", en = "the sum" }', "", "no-word"),
    ("words.toml", 'numbers = { zh = "改一改 x。", en = "Change x." }', "", "no-word"),
    ("words.toml", 'zh = "算式", ', "", "one-language"),
    ("words.toml", "算式", "算式 {x}", "placeholders"),
    ("words.toml", "the sum", "the sum of all the numbers that there are", "too-wide"),
    ("words.toml", "the square is positive", "the square is positive " * 5, "too-many-lines"),
    ("words.toml", "[view]", '[view]\nnobody-asks = { zh = "别的", en = "other" }', "unused-word"),
    ("words.toml", "[view]", "[view", "unreadable-lesson"),
    ("text.en.md", "## Work it out", "## Work", "headings"),
    ("text.en.md", "What is the square?", "", "no-half"),
    ("text.en.md", "What is the square?", LONG, "too-tall"),
    ("text.en.md", "Never negative.", LONG, "too-tall"),
    ("text.en.md", "Never negative.", f"Never.\n\n    {'x' * 43}", "wide-formula"),
    ("text.en.md", "Never negative.", f"Never.\n\n### Why\n\n    {'x' * 43}", "wide-formula"),
    ("text.en.md", "Never negative.", "- never\n- negative", "markup"),
    ("text.en.md", "Never negative.", "```\nnever\n```", "markup"),
    ("text.en.md", "Never negative.", "Never **negative.", "unbalanced"),
    ("cards.toml", 'section = "numbers"', 'section = "letters"', "few-cards"),
    ("cards.toml", 'section = "numbers"', 'section = "letters"', "unknown-section"),
    ("cards.toml", 'id = "numbers-2"', 'id = "numbers-1"', "twice"),
    ("cards.toml", 'id = "numbers-2"', 'id = "Numbers 2"', "not-kebab"),
    ("cards.toml", "right = 0", "right = 2", "card-options"),
    ("cards.toml", 'en = ["true", "false"]', 'en = ["true"]', "card-options"),
    ("cards.toml", "right = 0", "wrong = 0", "unknown-key"),
    ("cards.toml", 'zh = "试一试就知道。", ', "", "one-language"),
]


def course(toys):
    """The toys alone: what the first course holds is not looked at here."""
    whole = catalog.load(toys)
    lessons = tuple(lesson for lesson in whole.lessons if lesson.chapter == "toys")
    return catalog.Course(lessons, whole.problems)


def codes(toys):
    return {finding.code for finding in check(course(toys)) if finding.lesson.startswith("toys/")}


def test_a_clean_course_has_no_findings(toys):
    assert codes(toys) == set()


@pytest.mark.parametrize(
    ("file", "old", "new", "code"), FAULTS, ids=[f"{f[3]}-{k}" for k, f in enumerate(FAULTS)]
)
def test_a_fault_is_found(toys, file, old, new, code):
    path = toys / "toys" / "square" / file
    source = path.read_text("utf-8")
    assert old in source
    path.write_text(source.replace(old, new), "utf-8")
    assert code in codes(toys)


@pytest.mark.parametrize(
    ("file", "code"), [("text.zh.md", "no-text"), ("cards.toml", "no-cards"), ("run.py", "no-module")]
)
def test_a_missing_file_is_found(toys, file, code):
    (toys / "toys" / "square" / file).unlink()
    assert code in codes(toys)


def test_lines_are_broken_by_the_function_given(toys):
    calls = []

    def wrap(text, width):
        calls.append((text, width))
        return [text] * 30

    found = [f for f in check(course(toys), wrap) if f.lesson == "toys/square"]
    assert ("What is the square?", 42) in calls
    assert {f.code for f in found} == {"too-tall", "too-many-lines"}
